// The languages of the page: what can be practised, and what the learner may speak already.

/** Every language by its wire name, with its BCP-47 tag and its own name. */
export const LANGUAGES = [
  { name: "english", tag: "en", label: "English" },
  { name: "spanish", tag: "es", label: "Español" },
  { name: "french", tag: "fr", label: "Français" },
  { name: "german", tag: "de", label: "Deutsch" },
  { name: "italian", tag: "it", label: "Italiano" },
  { name: "portuguese", tag: "pt", label: "Português" },
  { name: "chinese", tag: "zh", label: "中文" },
  { name: "japanese", tag: "ja", label: "日本語" },
];

/** What is practised by who has chosen nothing yet, the first that they don't speak. */
const FIRST = ["french", "spanish"];

/** The BCP-47 tag of a wire name or tag; empty when unknown. */
export function tagOf(language) {
  const text = String(language ?? "").toLowerCase();
  const primary = text.split(/[-_]/)[0];
  return LANGUAGES.find(({ name, tag }) => name === text || tag === primary)?.tag ?? "";
}

/** The wire name of the browser's own language; English when we don't know it. */
export function browserLanguage(tag = globalThis.navigator?.language) {
  const primary = String(tag ?? "")
    .toLowerCase()
    .split("-")[0];
  return LANGUAGES.find((language) => language.tag === primary)?.name ?? "english";
}

/** The wire name of the language to practise at first, for a speaker of another. */
export function firstLanguage(native) {
  return FIRST.find((name) => name !== native);
}

/** "French": the name as this page, which is in English, says it. */
export function displayName(name) {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** "French": the language of a BCP-47 tag, as this page says it. */
export function tagName(tag) {
  return new Intl.DisplayNames("en", { type: "language" }).of(tag);
}

/** "French": any wire name or tag as this page says it; as it is written when it is none that we know. */
export function languageName(language) {
  const tag = tagOf(language);
  return displayName(LANGUAGES.find((known) => known.tag === tag)?.name ?? String(language ?? ""));
}

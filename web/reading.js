// A line of a past conversation, as its history tells it.

import { element } from "./element.js";
import { tagName } from "./languages.js";
import { typeset } from "./typography.js";

/** A message of document 000 as an entry of a list; `names` by sender, `tag` of the language that was practised. */
export function line({ sender, content, interrupted, translation, translation_language, analysis, audio_url }, { names, tag }) {
  const scores = [
    ["grammar", analysis?.grammar_score],
    ["pronunciation", analysis?.pronunciation_score],
  ].filter(([, points]) => Number.isFinite(points));
  // How it was said, in the learner's own language.
  const delivery = [analysis?.fluency?.feedback, analysis?.intonation?.feedback].filter(Boolean).join(" ");
  const corrections = (analysis?.errors ?? []).filter(({ suggestion }) => suggestion);
  return element(
    "li",
    {
      class: "bubble",
      "data-role": sender === "user" ? "learner" : "agent",
      "data-final": "true",
      "data-interrupted": String(Boolean(interrupted)),
    },
    element("span", { class: "who" }, names[sender] ?? sender),
    element("p", { class: "text", lang: tag }, typeset(content, tag)),
    ...corrections.map(({ word, suggestion }) =>
      element("p", { class: "correction" }, word && element("b", { lang: tag }, word), word && " · ", suggestion),
    ),
    scores.length > 0 &&
      element("p", { class: "note" }, scores.map(([name, points]) => `${name} ${points} of 100`).join(", ")),
    delivery && element("p", { class: "note" }, delivery),
    audio_url && element("audio", { controls: true, preload: "none", src: here(audio_url), "aria-label": "Hear it" }),
    translation && meaning(translation, translation_language),
  );
}

/** The same path where this page comes from: by another name of the server, the policy of the page would forbid it. */
function here(url) {
  return new URL(url, location.href).pathname;
}

function meaning(translation, tag) {
  return element(
    "details",
    {},
    element("summary", {}, "Translate"),
    element("p", { class: "translation", lang: tag ?? null }, tag && tag !== "en" ? `In ${tagName(tag)}: ` : "", translation),
  );
}

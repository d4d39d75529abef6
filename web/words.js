// Words that the tutor teaches: where they stand in a text, and which a conversation brought. No DOM.

/** Cuts a text into `[{text, taught}]`: whole words of `words` are taught, whatever their case; the longest wins. */
export function mark(text, words) {
  const wanted = words.filter(Boolean).sort((a, b) => b.length - a.length);
  if (wanted.length === 0) return text ? [{ text, taught: false }] : [];
  // Writing systems without spaces have no word boundaries to look for.
  const letter = String.raw`(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\p{L}\p{M}\p{N}]`;
  const pattern = new RegExp(`(?<!${letter})(?:${wanted.map(escape).join("|")})(?!${letter})`, "giu");
  const parts = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(pattern)) {
    if (index > end) parts.push({ text: text.slice(end, index), taught: false });
    parts.push({ text: found, taught: true });
    end = index + found.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), taught: false });
  return parts;
}

/**
 * Cuts a text into `[{text, taught, meaning}]` as `mark` does, and by what its parts mean: `meanings` are `{start, end, ...}`, and of
 * those of a place the first counts; null where nothing is known.
 */
export function pieces(text, words, meanings) {
  const at = (index) => meanings.find(({ start, end }) => start <= index && index < end) ?? null;
  const cuts = new Set([0, text.length]);
  for (const { start, end } of meanings) if (end <= text.length) cuts.add(start).add(end);
  let place = 0;
  for (const part of mark(text, words)) {
    cuts.add(place);
    place += part.text.length;
  }
  const taught = mark(text, words).flatMap(({ text: part, taught: is }) => Array.from({ length: part.length }, () => is));
  const edges = [...cuts].sort((a, b) => a - b);
  return edges
    .slice(0, -1)
    .map((start, index) => ({ text: text.slice(start, edges[index + 1]), taught: taught[start], meaning: at(start) }));
}

/** The words of all lines, each once, in the order in which they came: `[{word, meaning}]`. */
export function wordsOf(lines) {
  const words = new Map();
  for (const { insights } of lines) {
    for (const { word, meaning } of insights?.words ?? []) {
      const key = word.toLowerCase();
      if (!words.get(key)?.meaning) words.set(key, { word, meaning });
    }
  }
  return [...words.values()];
}

/** A word as a pattern: any white space and either apostrophe will do. */
function escape(word) {
  return word
    .replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")
    .replace(/\s+/g, "\\s+")
    .replace(/['’]/g, "['’]");
}

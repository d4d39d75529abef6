// What there is to learn from a reply: its new words with their meanings, its grammar, and what to know about the place.

import { typeset } from "./typography.js";

/** Draws `{words, grammar, notes}` into `box`; `language` is the tag of the words. */
export function drawNotes(box, { words, grammar, notes }, language) {
  const sections = [
    ["New words", words.map((word) => wordEntry(word, language))],
    ["Grammar", grammar.map(textEntry)],
    ["Good to know", notes.map(textEntry)],
  ];
  box.replaceChildren(
    ...sections
      .filter(([, entries]) => entries.length > 0)
      .flatMap(([title, entries]) => {
        const heading = document.createElement("strong");
        heading.textContent = title;
        const list = document.createElement("ul");
        list.append(...entries);
        return [heading, list];
      }),
  );
}

/** A list entry of a word and its meaning, where that is known and another word; `tag` is the language of the meaning. */
export function wordEntry({ word, meaning, tag = "en" }, language) {
  const item = document.createElement("li");
  const term = document.createElement("span");
  term.lang = language;
  term.textContent = typeset(word, language);
  item.append(term);
  // "dessert" is "dessert".
  if (meaning && meaning.toLowerCase() !== word.toLowerCase()) {
    const amount = document.createElement("b");
    amount.lang = tag;
    amount.textContent = meaning;
    item.append(document.createElement("i"), amount);
  }
  return item;
}

/** A correction as what a paragraph holds: the words that were said, those that belong in their place, and why. */
export function correctionParts({ word, right, advice }, language) {
  const part = (name, text) => {
    const made = document.createElement(name);
    made.lang = language;
    made.textContent = typeset(text, language);
    return made;
  };
  const parts = word ? [right ? part("s", word) : part("b", word)] : [];
  if (right) parts.push(part("b", right));
  if (advice) parts.push(advice);
  return parts.flatMap((entry, index) => (index ? [index === 1 && right && word ? " → " : " · ", entry] : [entry]));
}

function textEntry(text) {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}

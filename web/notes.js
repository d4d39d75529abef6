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

/** A list entry of a word and its meaning, where that is known. */
export function wordEntry({ word, meaning }, language) {
  const item = document.createElement("li");
  const term = document.createElement("span");
  term.lang = language;
  term.textContent = typeset(word, language);
  item.append(term);
  if (meaning) {
    const amount = document.createElement("b");
    amount.lang = "en";
    amount.textContent = meaning;
    item.append(document.createElement("i"), amount);
  }
  return item;
}

function textEntry(text) {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}

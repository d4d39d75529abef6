import assert from "node:assert/strict";
import test from "node:test";

import { typeset } from "./typography.js";
import { mark, pieces, wordsOf } from "./words.js";

const taught = (text, words) => mark(text, words).map(({ text, taught }) => (taught ? `[${text}]` : text)).join("");

test("taught words are marked as whole words, whatever their case, the longest first", () => {
  assert.equal(taught("L'Addition, par carte ou cartes ?", ["l'addition", "carte", "par carte"]), "[L'Addition], [par carte] ou cartes ?");
  assert.equal(taught("l’addition", ["l'addition"]), "[l’addition]");
  assert.equal(taught("à côté", ["c", "ôté"]), "à côté");
  assert.equal(taught("une serveuse", []), "une serveuse");
  assert.deepEqual(mark("", ["x"]), []);
});

test("words of writing systems without spaces are marked wherever they stand", () => {
  assert.equal(taught("你喜欢旅行吗", ["旅行"]), "你喜欢[旅行]吗");
});

test("a word that is no letter is taken literally", () => {
  assert.equal(taught("a+b (c) c", ["(c)", "a+b"]), "[a+b] [(c)] c");
});

test("the words of a conversation are told once each, with their meaning once it is known", () => {
  const lines = [
    { insights: { words: [{ word: "Dessert", meaning: "" }] } },
    { insights: null },
    { insights: { words: [{ word: "dessert", meaning: "dessert" }, { word: "boire", meaning: "to drink" }] } },
  ];
  assert.deepEqual(wordsOf(lines), [
    { word: "dessert", meaning: "dessert" },
    { word: "boire", meaning: "to drink" },
  ]);
});

test("no French line breaks before its punctuation", () => {
  assert.equal(typeset("Vraiment ? Oui ! Bien ; voici : « du thé ».", "fr"), "Vraiment\u202f? Oui\u202f! Bien\u202f; voici\u00a0: «\u00a0du thé\u00a0».");
  assert.equal(typeset("à 19:30, non?", "fr"), "à 19:30, non?");
});

test("other languages are set as they are written", () => {
  assert.equal(typeset("Really ? « yes »", "en"), "Really ? « yes »");
});

test("a text is cut where its meanings begin and end, and a word's own counts before its line's", () => {
  const text = "Oui. L'addition ?";
  const word = { start: 5, end: 15, word: "l'addition", meaning: "the bill", tag: "en" };
  const lines = [
    { start: 0, end: 4, word: "", meaning: "Yes.", tag: "en" },
    { start: 5, end: 17, word: "", meaning: "The bill?", tag: "en" },
  ];
  const cut = pieces(text, ["l'addition"], [word, ...lines]);
  assert.deepEqual(
    cut.map(({ text: part, taught, meaning }) => [part, taught, meaning?.meaning ?? null]),
    [
      ["Oui.", false, "Yes."],
      [" ", false, null],
      ["L'addition", true, "the bill"],
      [" ?", false, "The bill?"],
    ],
  );
  assert.equal(cut.map(({ text: part }) => part).join(""), text);
  assert.deepEqual(pieces("", [], [word]), []);
  assert.deepEqual(pieces("Oui", [], [word]), [{ text: "Oui", taught: false, meaning: null }]);
});

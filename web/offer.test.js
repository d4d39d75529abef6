import assert from "node:assert/strict";
import test from "node:test";

import { UNKNOWN, advice, groups, isTyped, label } from "./offer.js";

const whole = { scenarios: 2, recognition: "acoustic", voice: true, translated_into: "en" };
const french = { id: "french", name: "French", ...whole };
const english = { id: "english", name: "English", ...whole };
const spanish = { id: "spanish", name: "Spanish", ...whole };
const japanese = { id: "japanese", name: "Japanese", ...whole, scenarios: 0, recognition: null };
const chinese = { ...japanese, id: "chinese", name: "Chinese", voice: false };

test("languages without scenes stand apart, and say what one does without", () => {
  const shown = groups([english, japanese, french, chinese]).map(({ title, offers }) => [title, ...offers.map(label)]);
  assert.deepEqual(shown, [
    ["Scenes and free conversation", "English", "French"],
    ["Free conversation", "Japanese · you type", "Chinese · in writing"],
  ]);
  assert.equal(label({ ...french, voice: false }), "French · no voice");
});

test("as long as nothing is known of the languages all are offered, and nothing is said of them", () => {
  const [{ offers }, ...others] = groups(UNKNOWN);
  assert.deepEqual(others, []);
  assert.equal(offers.length, 8);
  assert.equal(label(offers[0]), "English");
  assert.equal(isTyped(offers[0]), false);
  assert.equal(advice(offers[2], offers[1]), "");
});

test("the choice says which translations it gives", () => {
  assert.equal(advice(french, english), "");
  assert.equal(advice(french, spanish), "Translations are in English; there are none into Spanish yet.");
  assert.equal(advice(english, spanish), "There are no translations into Spanish yet.");
  assert.equal(advice(french, french), "There are no translations into the language that you practise.");
  assert.equal(advice(french, { ...spanish, translated_into: "es" }), "");
  assert.equal(
    advice(french, { ...spanish, translated_into: null }),
    "Translations are in Spanish where there are any, and else in English.",
  );
});

test("the choice says what one does without", () => {
  assert.equal(
    advice(japanese, english),
    "There are no scenes in Japanese yet: it is free conversation. The tutor speaks; your part is typed.",
  );
  assert.equal(
    advice(chinese, english),
    "There are no scenes in Chinese yet: it is free conversation. It is held in writing.",
  );
  assert.equal(advice({ ...french, voice: false }, english), "The tutor has no voice in it and writes.");
});

import assert from "node:assert/strict";
import test from "node:test";

import { hintsOf, words } from "./stage.js";

test("suggestions are texts, with what they mean where that is known", () => {
  const replies = [
    { text: "Oui", translation: "Yes", translation_language: "en" },
    "Non",
    { grade: "beginning", text: "Merci", translation: null },
    null,
    { translation: "Nothing to say" },
    { text: "a fourth" },
  ];
  assert.deepEqual(hintsOf({ replies }), [
    { grade: "whole", text: "Oui", translation: "Yes", tag: "en" },
    { grade: "whole", text: "Non", translation: "", tag: "" },
    { grade: "beginning", text: "Merci", translation: "", tag: "" },
  ]);
  assert.deepEqual(hintsOf({}), []);
});

test("what is said of the turn fits the microphone", () => {
  const title = (state) => words({ activity: "listening", hold: false, microphone: "on", ...state })[0];
  assert.equal(title({}), "Listening");
  assert.equal(title({ hold: true }), "Taking your time");
  assert.equal(title({ microphone: "none" }), "Your turn");
  assert.equal(title({ activity: "speaking", hold: true }), "Speaking");
  assert.equal(title({ activity: "unheard of" }), "");
});

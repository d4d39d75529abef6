import assert from "node:assert/strict";
import test from "node:test";

import * as notices from "./notices.js";

test("what the server says is told in sentences", () => {
  for (const [said, told] of [
    ["your words could not be recognised", "Your words could not be recognised."],
    ["No room for one more call.", "No room for one more call."],
    ["really?", "Really?"],
    ["“topic” is too “long.”", "“topic” is too “long.”"],
    ["école fermée ", "École fermée."],
    ["", ""],
    [undefined, ""],
  ]) {
    assert.equal(notices.sentence(said), told);
  }
});

test("every notice that quotes the server quotes it so", () => {
  const reason = { message: "the server is full", code: "FULL", retryAfter: 7 };
  const quoting = ["noMenu", "notStarted", "tutorError", "connectionLost", "noSummary"];
  for (const name of quoting) assert.match(notices[name](reason).text, /^The server is full\.( |$)/, name);
  assert.equal(notices.tutorError({ code: "REPLY_FAILED" }).text, "REPLY_FAILED.");
  assert.equal(notices.tutorError({ code: "RECOGNITION_UNAVAILABLE" }).title, "Please type");
  assert.equal(notices.connectionLost(null).text, "The server could not be reached for a while.");
});

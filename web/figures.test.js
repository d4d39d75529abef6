import assert from "node:assert/strict";
import test from "node:test";

import { NOT_MEASURED, change, counted, day, duration, moment, score, title } from "./figures.js";

test("what was not measured is said so, and a zero is a measure", () => {
  assert.equal(score(null), NOT_MEASURED);
  assert.equal(score(undefined), NOT_MEASURED);
  assert.equal(score(0), "0 of 100");
  assert.equal(change(null), NOT_MEASURED);
  assert.equal(change(0), "±0");
  assert.equal(change(8.5), "+8.5");
  assert.equal(change(-15, "%"), "−15%");
});

test("amounts are counted in their unit", () => {
  assert.equal(counted(1, "word"), "1 word");
  assert.equal(counted(1240, "word"), "1,240 words");
  assert.equal(counted(0, "day"), "0 days");
  assert.equal(duration(0), "0 min");
  assert.equal(duration(59), "59 min");
  assert.equal(duration(60), "1 h");
  assert.equal(duration(1240), "20 h 40 min");
});

test("a moment has the day of its time zone", () => {
  assert.equal(day("2024-03-15T23:30:00Z", "Asia/Tokyo"), "16 March 2024");
  assert.equal(day("2024-03-15T23:30:00Z", "UTC"), "15 March 2024");
  assert.equal(moment("2024-03-15T14:05:00Z", "UTC"), "15 Mar 2024, 14:05");
  assert.equal(day("no moment"), "");
});

test("ids are read as words", () => {
  assert.equal(title("first_restaurant_conversation"), "First restaurant conversation");
  assert.equal(title(""), "");
});

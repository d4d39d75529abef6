import assert from "node:assert/strict";
import test from "node:test";

import { items } from "./bill.js";
import { breakdown, medianTotal } from "./latency.js";

test("the parts and what is left of them add up to the total", () => {
  const rows = breakdown({ end_of_turn: 180, stt: 21, llm: 2, tts: 34, total: 241 });
  assert.deepEqual(
    rows.map(({ name, ms }) => [name, ms]),
    [
      ["end_of_turn", 180],
      ["stt", 21],
      ["llm", 2],
      ["tts", 34],
      ["rest", 4],
      ["total", 241],
    ],
  );
});

test("parts that were not measured are not shown", () => {
  assert.deepEqual(
    breakdown({ end_of_turn: 180, stt: null, total: 180 }).map(({ name }) => name),
    ["end_of_turn", "total"],
  );
});

test("the median is the middle one, or between the two in the middle", () => {
  assert.equal(medianTotal([{ total: 300 }, { total: 100 }, { total: 200 }]), 200);
  assert.equal(medianTotal([{ total: 100 }, { total: 200 }, {}]), 150);
  assert.equal(medianTotal([]), null);
});

test("only what was measured has a row, and a zero is a measure; one line says what wasn't", () => {
  const { rows, unmeasured } = items({
    summary: {
      duration_minutes: 0,
      total_messages: 0,
      performance: { grammar_score: null, vocabulary_growth: 0, confidence_improvement: 4 },
    },
  });
  assert.deepEqual(
    rows.map(({ label, value }) => `${label}: ${value}`),
    ["Time together: under a minute", "Lines exchanged: 0", "Words used for the first time: 0", "Confidence: +4 in fluency as you went on"],
  );
  assert.equal(unmeasured, "Not measured yet: grammar, pronunciation and experience.");
});

test("where everything was measured nothing is said about it", () => {
  const performance = {
    grammar_score: 90,
    pronunciation_score: 0,
    vocabulary_growth: 3,
    confidence_improvement: -1,
  };
  const { rows, unmeasured } = items({ duration_minutes: 2, total_messages: 4, xp_earned: 8, performance });
  assert.equal(rows.length, 7);
  assert.equal(rows[3].value, "0 of 100");
  assert.equal(rows[5].value, "\u22121 in fluency as you went on");
  assert.equal(unmeasured, "");
});

import assert from "node:assert/strict";
import test from "node:test";

import { labelled, measures, place, steps, ticks } from "./series.js";

const period = (start, end) => ({ start_date: `${start}T00:00:00Z`, end_date: `${end}T23:59:59Z` });
const entry = (date, xp) => ({ date, xp, minutes: xp / 4, conversations: 1 });

test("a week has all its days, also those on which nothing happened", () => {
  const { unit, steps: days } = steps({
    ...period("2024-03-08", "2024-03-15"),
    daily_breakdown: [entry("2024-03-08", 120), entry("2024-03-15", 40)],
  });
  assert.equal(unit, "day");
  assert.deepEqual(
    days.map(({ from, to, xp }) => [from, to, xp]),
    ["08", "09", "10", "11", "12", "13", "14", "15"].map((day, index) => [
      `2024-03-${day}`,
      `2024-03-${day}`,
      [120, 0, 0, 0, 0, 0, 0, 40][index],
    ]),
  );
});

test("a year is gathered by weeks and adds up to what its days did; the last week may be short", () => {
  const daily_breakdown = [entry("2023-03-16", 4), entry("2023-03-22", 8), entry("2023-03-23", 16), entry("2024-03-15", 32)];
  const { unit, steps: weeks } = steps({ ...period("2023-03-16", "2024-03-15"), daily_breakdown });
  assert.equal(unit, "week");
  assert.equal(weeks.length, 53);
  assert.deepEqual([weeks[0].xp, weeks[1].xp, weeks[52].xp], [12, 16, 32]);
  assert.deepEqual([weeks[52].from, weeks[52].to], ["2024-03-14", "2024-03-15"]);
  assert.equal(weeks.reduce((sum, { xp }) => sum + xp, 0), 60);
});

test("many years are gathered by months of the calendar", () => {
  const { unit, steps: months } = steps({
    ...period("2020-01-31", "2024-03-15"),
    daily_breakdown: [entry("2020-01-31", 4), entry("2020-02-29", 8), entry("2024-03-01", 16)],
  });
  assert.equal(unit, "month");
  assert.deepEqual(months[0], { from: "2020-01-31", to: "2020-01-31", xp: 4, minutes: 1, conversations: 1 });
  assert.deepEqual([months[1].from, months[1].to, months[1].xp], ["2020-02-01", "2020-02-29", 8]);
  assert.deepEqual([months.at(-1).from, months.at(-1).to, months.at(-1).xp], ["2024-03-01", "2024-03-15", 16]);
});

test("what lies outside the period, and an empty one, change nothing", () => {
  const { steps: days } = steps({
    ...period("2024-03-08", "2024-03-08"),
    daily_breakdown: [entry("2024-03-07", 4), entry("2024-03-09", 4)],
  });
  assert.deepEqual(days, [{ from: "2024-03-08", to: "2024-03-08", xp: 0, minutes: 0, conversations: 0 }]);
});

test("only what was measured is a measure, and zero is one", () => {
  const daily = [
    { date: "2024-03-08", grammar_score: null },
    { date: "2024-03-09", grammar_score: 0 },
    { date: "2024-03-10", grammar_score: 78 },
  ];
  assert.deepEqual(measures(daily, "grammar_score"), [
    { date: "2024-03-09", value: 0 },
    { date: "2024-03-10", value: 78 },
  ]);
  assert.deepEqual(measures(daily, "pronunciation_score"), []);
});

test("a day stands where it belongs in its period", () => {
  const week = period("2024-03-08", "2024-03-15");
  assert.equal(place("2024-03-08", week), 0);
  assert.equal(place("2024-03-15", week), 1);
  assert.equal(place("2024-03-08", period("2024-03-08", "2024-03-08")), 0.5);
});

test("a scale has round whole numbers and room for the most", () => {
  assert.deepEqual(ticks(0), [0, 1]);
  assert.deepEqual(ticks(1), [0, 1]);
  assert.deepEqual(ticks(3), [0, 1, 2, 3]);
  assert.deepEqual(ticks(100), [0, 50, 100]);
  assert.deepEqual(ticks(840), [0, 500, 1000]);
  for (let most = 0; most < 5000; most += 7) {
    const scale = ticks(most);
    assert.ok(scale.at(-1) >= most && scale.length >= 2 && scale.length <= 6, `${most}: ${scale}`);
    assert.ok(scale.every(Number.isInteger), `${most}: ${scale}`);
  }
});

test("as many labels as there is room for, today's always among them", () => {
  assert.deepEqual(labelled(8, 8), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(labelled(8, 4), [1, 3, 5, 7]);
  assert.deepEqual(labelled(31, 6), [0, 6, 12, 18, 24, 30]);
  assert.deepEqual(labelled(1, 0), [0]);
  assert.deepEqual(labelled(0, 5), []);
});

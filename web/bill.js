// The summary at the end, laid out as the bill of the evening.

import { title } from "./figures.js";
import { correctionParts, wordEntry } from "./notes.js";

/** What a summary may hold: the label, where it stands, and how it is said. */
const ROWS = [
  ["Time together", ({ duration_minutes }) => duration_minutes, duration],
  ["Lines exchanged", ({ total_messages }) => total_messages, String],
  ["Grammar", ({ performance }) => performance?.grammar_score, score],
  ["Pronunciation", ({ performance }) => performance?.pronunciation_score, score],
  ["Words used for the first time", ({ performance }) => performance?.vocabulary_growth, String],
  ["Confidence", ({ performance }) => performance?.confidence_improvement, fluency],
  ["Experience", ({ xp_earned }) => xp_earned, (xp) => `${xp} XP`],
];

/**
 * `{rows: [{label, value}], unmeasured}` of a summary (`POST .../end`, or the `summary` event): the rows that were measured,
 * and a sentence about those that weren't, if any.
 */
export function items(response) {
  const summary = response?.summary ?? response ?? {};
  const isMeasured = ([, find]) => Number.isFinite(find(summary));
  const rows = ROWS.filter(isMeasured).map(([label, find, words]) => ({ label, value: words(find(summary)) }));
  return { rows, unmeasured: sentence(ROWS.filter((row) => !isMeasured(row)).map(([label]) => label)) };
}

/** Draws a summary and the words that were met, or that it is still awaited, into the elements of the bill. */
export function drawBill({ rows, note, achievements, corrections, words, next }, response, { met = [], language = "", medals = {} } = {}) {
  const { rows: measured, unmeasured } = items(response);
  rows.replaceChildren(...measured.map(row));
  note.hidden = !unmeasured;
  note.textContent = unmeasured;
  list(
    words,
    met.map((word) => wordEntry(word, language)),
  );
  const wrong = response?.summary?.corrections ?? response?.corrections ?? [];
  list(
    corrections,
    wrong.map(({ wrong: word, right, explanation: advice }) => {
      const item = document.createElement("li");
      item.append(...correctionParts({ word, right, advice }, language));
      return item;
    }),
  );
  const earned = response?.summary?.achievements ?? response?.achievements ?? [];
  list(
    achievements,
    earned.map((entry) => {
      const id = entry?.id ?? entry;
      return textEntry(medals[id] ?? entry?.name ?? title(id));
    }),
  );
  list(next, (response?.next_recommendations ?? []).map(textEntry));
}

function sentence(labels) {
  if (labels.length === 0) return "";
  const names = new Intl.ListFormat("en-GB").format(labels.map((label) => label.toLowerCase()));
  return `Not measured yet: ${names}.`;
}

function score(points) {
  return `${points} of 100`;
}

function duration(minutes) {
  if (minutes < 1) return "under a minute";
  const whole = Math.round(minutes);
  return whole === 1 ? "1 minute" : `${whole} minutes`;
}

/** How much more fluent the second half was than the first. */
function fluency(points) {
  const sign = points > 0 ? "+" : points < 0 ? "\u2212" : "";
  return `${sign}${Math.abs(points)} in fluency as you went on`;
}

function row({ label, value }) {
  const item = document.createElement("li");
  const what = document.createElement("span");
  what.textContent = label;
  const amount = document.createElement("b");
  amount.textContent = value;
  item.append(what, document.createElement("i"), amount);
  return item;
}

function list(section, entries) {
  section.hidden = entries.length === 0;
  section.querySelector("ul").replaceChildren(...entries);
}

function textEntry(text) {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}

// The summary at the end, laid out as the bill of the evening.

/** `[{label, value, measured}]` of a summary (`POST .../end`, or the `summary` event). What wasn't measured says so. */
export function items(response) {
  const summary = response?.summary ?? response ?? {};
  const performance = summary.performance ?? {};
  const rows = [
    ["Time together", summary.duration_minutes, duration],
    ["Lines exchanged", summary.total_messages, String],
    ["Grammar", performance.grammar_score, (score) => `${score} of 100`],
    ["Pronunciation", performance.pronunciation_score, (score) => `${score} of 100`],
    ["New words", performance.vocabulary_growth, String],
    ["Confidence", performance.confidence_improvement, signed],
    ["Experience", summary.xp_earned, (xp) => `${xp} XP`],
  ];
  return rows.map(([label, value, words]) => {
    const measured = Number.isFinite(value);
    return { label, value: measured ? words(value) : "not measured", measured };
  });
}

/** Draws a summary, or that it is still awaited, into the elements of the bill. */
export function drawBill({ rows, achievements, next }, response) {
  rows.replaceChildren(...items(response).map(row));
  const earned = response?.summary?.achievements ?? response?.achievements ?? [];
  list(
    achievements,
    earned.map((entry) => title(entry?.name ?? entry)),
  );
  list(next, response?.next_recommendations ?? []);
}

function duration(minutes) {
  if (minutes < 1) return "under a minute";
  const whole = Math.round(minutes);
  return whole === 1 ? "1 minute" : `${whole} minutes`;
}

function signed(points) {
  return points > 0 ? `+${points}` : String(points);
}

/** "first_restaurant_conversation" as words. */
function title(id) {
  const words = String(id).replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function row({ label, value, measured }) {
  const item = document.createElement("li");
  item.dataset.measured = String(measured);
  const what = document.createElement("span");
  what.textContent = label;
  const amount = document.createElement("b");
  amount.textContent = value;
  item.append(what, document.createElement("i"), amount);
  return item;
}

function list(section, entries) {
  section.hidden = entries.length === 0;
  section.querySelector("ul").replaceChildren(
    ...entries.map((entry) => {
      const item = document.createElement("li");
      item.textContent = entry;
      return item;
    }),
  );
}

// A turn's latency, part by part: from the last thing the learner said to the tutor's first sound.

/** The parts in the order in which they pass, with what they mean to a person. */
const PARTS = [
  ["end_of_turn", "Sure that you had finished"],
  ["stt", "Understanding"],
  ["llm", "Choosing the words"],
  ["tts", "Finding the voice"],
];

/** `[{name, label, ms}]` of a `latency` event: the parts that were measured, what is left of the total, and the total. */
export function breakdown(event) {
  const parts = PARTS.filter(([name]) => Number.isFinite(event[name])).map(([name, label]) => ({
    name,
    label,
    ms: event[name],
  }));
  const known = parts.reduce((sum, { ms }) => sum + ms, 0);
  if (!Number.isFinite(event.total)) return parts;
  const rest = event.total - known;
  if (rest >= 1) parts.push({ name: "rest", label: "Everything else", ms: rest });
  return [...parts, { name: "total", label: "In all", ms: event.total }];
}

/** The middle of the totals, in ms; null without any. */
export function medianTotal(events) {
  const totals = events
    .map(({ total }) => total)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  if (totals.length === 0) return null;
  const middle = totals.length >> 1;
  return totals.length % 2 ? totals[middle] : (totals[middle - 1] + totals[middle]) / 2;
}

/** Draws the last turn into a list of rows, and the median of all into `note`. */
export function drawLatency({ rows, note }, events) {
  const last = events.at(-1);
  if (!last) {
    rows.replaceChildren();
    note.textContent = "After your first answer, this shows how long each part of the reply took.";
    return;
  }
  rows.replaceChildren(...breakdown(last).map((part) => row(part, last.total)));
  const many =
    events.length > 1 ? ` The median of ${events.length} turns: ${Math.round(medianTotal(events) ?? 0)} ms.` : "";
  note.textContent = `From your last word to the first of the reply, in the last turn.${many}`;
}

function row({ name, label, ms }, total) {
  const item = document.createElement("li");
  item.dataset.part = name;
  const what = document.createElement("span");
  what.textContent = label;
  const value = document.createElement("b");
  value.textContent = `${Math.round(ms)} ms`;
  const leader = document.createElement("i");
  item.append(what, leader, value);
  if (name !== "total" && total > 0) item.style.setProperty("--share", String(Math.min(1, ms / total)));
  return item;
}

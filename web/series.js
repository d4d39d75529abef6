// Series for charts: every day of a period, gathered into as many steps as a chart can show, and the scale beside them. No DOM.

const DAY = 86_400_000;
/** More steps than this are too thin to tell apart. */
const MOST_STEPS = 62;

/**
 * `{unit: "day" | "week" | "month", steps: [{from, to, xp, minutes, conversations}]}` of a progress document: its daily breakdown
 * has only days on which something happened, a chart shows the others, too. Dates are `2024-03-08`, both ends belong to a step.
 */
export function steps({ start_date, end_date, daily_breakdown = [] }) {
  const first = date(start_date);
  const last = date(end_date);
  const days = (last - first) / DAY + 1;
  const unit = days <= MOST_STEPS ? "day" : days <= 7 * MOST_STEPS ? "week" : "month";
  const made = [];
  for (let from = first; from <= last; ) {
    const next = after(from, unit);
    made.push({ from: text(from), to: text(Math.min(next - DAY, last)), xp: 0, minutes: 0, conversations: 0 });
    from = next;
  }
  for (const { date: happened, xp, minutes, conversations } of daily_breakdown) {
    const step = made.find(({ to }) => happened <= to);
    if (!step || happened < step.from) continue;
    step.xp += xp;
    step.minutes += minutes;
    step.conversations += conversations;
  }
  return { unit, steps: made };
}

/** The measures of one kind, in order: `[{date, value}]` for `key` in a daily breakdown; days without one are left out. */
export function measures(daily_breakdown, key) {
  return daily_breakdown
    .filter((entry) => Number.isFinite(entry[key]))
    .map((entry) => ({ date: entry.date, value: entry[key] }));
}

/** Where a day stands in a period, 0 to 1. */
export function place(day, { start_date, end_date }) {
  const first = date(start_date);
  const last = date(end_date);
  return last > first ? (date(day) - first) / (last - first) : 0.5;
}

/** Round numbers from 0 up to at least `most`, about `wanted` of them above 0: whole ones, since nothing here is in parts. */
export function ticks(most, wanted = 4) {
  const rough = Math.max(most, 1) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].find((factor) => factor * power >= rough) * power);
  const number = Math.max(1, Math.ceil(most / step));
  return Array.from({ length: number + 1 }, (_, index) => index * step);
}

/** Which of `number` labels to show where there is room for `most`: every so many, the last one always. */
export function labelled(number, most) {
  const every = Math.max(1, Math.ceil(number / Math.max(1, most)));
  return Array.from({ length: number }, (_, index) => index).filter((index) => (number - 1 - index) % every === 0);
}

function after(from, unit) {
  if (unit === "day") return from + DAY;
  if (unit === "week") return from + 7 * DAY;
  const then = new Date(from);
  return Date.UTC(then.getUTCFullYear(), then.getUTCMonth() + 1, 1);
}

/** The day of a date or a moment, all of which are in UTC, in ms. */
function date(iso) {
  return Date.parse(`${String(iso).slice(0, 10)}T00:00:00Z`);
}

function text(ms) {
  return new Date(ms).toISOString().slice(0, 10);
}

// Figures in words. No DOM.

/** What stands where nothing was measured: never a zero. */
export const NOT_MEASURED = "not measured yet";

const NUMBER = new Intl.NumberFormat("en-GB");

/** "1,240" */
export function count(number) {
  return NUMBER.format(number);
}

/** "1 word", "1,240 words"; `many` is for plurals that take more than an s. */
export function counted(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** "25 min", "3 h 5 min" */
export function duration(minutes) {
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return `${count(Math.floor(minutes / 60))} h${rest > 0 ? ` ${rest} min` : ""}`;
}

/** "82 of 100", or that it wasn't measured. */
export function score(points) {
  return Number.isFinite(points) ? `${points} of 100` : NOT_MEASURED;
}

/** "+6", "−3", "±0", or that it wasn't measured; `unit` follows the number. */
export function change(points, unit = "") {
  if (!Number.isFinite(points)) return NOT_MEASURED;
  const sign = points > 0 ? "+" : points < 0 ? "−" : "±";
  return `${sign}${NUMBER.format(Math.abs(points))}${unit}`;
}

/** "15 March 2024": the day of a moment (ISO 8601), in a time zone, or else where the browser is. */
export function day(moment, timeZone) {
  return format(moment, { day: "numeric", month: "long", year: "numeric" }, timeZone);
}

/** "15 Mar 2024, 14:05": a moment, in a time zone, or else where the browser is. */
export function moment(iso, timeZone) {
  const parts = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" };
  return format(iso, parts, timeZone);
}

/** "first_restaurant_conversation" as words. */
export function title(id) {
  const words = String(id).replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function format(iso, parts, timeZone) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  return new Intl.DateTimeFormat("en-GB", { ...parts, timeZone }).format(date);
}

// What a form says of what became of it.

import { sentence } from "./notices.js";

/** Says a sentence in `line`. */
export function say(line, text) {
  line.dataset.tone = "note";
  line.textContent = text;
}

/** Runs `act` for the form or the button `from`, which waits meanwhile; what fails is said in `line`. */
export async function attempt(line, from, act) {
  const buttons = from.tagName === "BUTTON" ? [from] : [...from.querySelectorAll("button")];
  if (buttons.some((button) => button.disabled)) return;
  for (const button of buttons) button.disabled = true;
  say(line, "");
  try {
    await act();
  } catch (error) {
    if (!("status" in error)) console.error(error);
    line.dataset.tone = "error";
    line.textContent = "status" in error ? sentence(error.message) : "Something in this page went wrong.";
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

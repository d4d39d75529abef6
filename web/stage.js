// Draws the conversation while it lasts: what the tutor does, the buttons that fit, suggestions, notices. No wiring.

import { tagName, tagOf } from "./languages.js";
import { typeset } from "./typography.js";

const ACTIVITIES = {
  idle: ["", ""],
  connecting: ["Connecting", "Your table is being laid."],
  listening: ["Listening", "Speak whenever you like."],
  thinking: ["Thinking", ""],
  speaking: ["Speaking", "You may interrupt at any time."],
  reconnecting: ["Reconnecting", "The line dropped. Getting it back; your conversation is kept."],
  ended: ["Ended", ""],
};

/** What to say of an activity: `[title, advice]`. */
export function words({ activity, hold, microphone }) {
  const [title, advice] = ACTIVITIES[activity] ?? ACTIVITIES.idle;
  if (activity !== "listening") return [title, advice];
  if (hold) return ["Taking your time", "Nobody cuts in. Press again when you are ready."];
  if (microphone === "none") return ["Your turn", "Type your answer below."];
  if (microphone === "muted") return ["Your turn", "Your microphone is off. Switch it on, or type."];
  return [title, advice];
}

/** Draws into the elements of the stage, found by id; `say(text)` answers with a suggestion, `begin(text)` begins to. */
export class Stage {
  #page;
  #say;
  #begin;

  constructor(page, say, begin) {
    this.#page = page;
    this.#say = say;
    this.#begin = begin;
  }

  /** Draws what changed. */
  draw(state, before) {
    const page = this.#page;
    const [title, advice] = words(state);
    page.state.dataset.state = state.activity;
    write(page.stateTitle, title);
    write(page.stateAdvice, advice);
    page.dial.dataset.state = state.hold && state.activity === "listening" ? "hold" : state.activity;
    this.#drawMicrophone(state);
    const up = ["listening", "thinking", "speaking"].includes(state.activity);
    // aria-disabled keeps the focus where it is when the tutor stops speaking.
    page.interrupt.setAttribute(
      "aria-disabled",
      String(state.activity !== "speaking" && state.activity !== "thinking"),
    );
    page.hold.setAttribute("aria-pressed", String(state.hold));
    page.hold.setAttribute("aria-disabled", String(!up));
    if (state.hints !== before.hints) this.#drawHints(state);
  }

  #drawMicrophone({ microphone, devices, device, choice }) {
    const { mute, muteLabel, deviceField, deviceSelect } = this.#page;
    const none = microphone === "none";
    mute.dataset.microphone = microphone;
    mute.setAttribute("aria-label", none ? "Use the microphone" : "Microphone");
    mute.setAttribute("aria-pressed", String(microphone === "on"));
    // Where nobody would understand what is said, nothing is to be said.
    mute.disabled = Boolean(choice?.typed);
    const state = none ? "Use the microphone" : microphone === "muted" ? "Microphone is off" : "";
    write(muteLabel, mute.disabled ? "This language is typed" : state);
    deviceField.hidden = none || devices.length < 2;
    if (
      deviceSelect.length !== devices.length ||
      devices.some(({ label }, index) => deviceSelect[index].text !== label)
    ) {
      deviceSelect.replaceChildren(...devices.map(({ deviceId, label }) => new Option(label, deviceId)));
    }
    if (device) deviceSelect.value = device;
  }

  #drawHints({ hints, choice }) {
    this.#page.hints.hidden = hints.length === 0;
    // A meaning in another language than one's own should not come as a surprise.
    const foreign = hints.find(({ tag }) => tag && tag !== tagOf(choice?.native))?.tag;
    write(this.#page.hintsTitle, foreign ? `You could say (meanings in ${tagName(foreign)})` : "You could say");
    this.#page.hintList.replaceChildren(
      ...hints.map(({ grade, text, translation, tag }) => {
        const item = document.createElement("li");
        const button = document.createElement("button");
        button.type = "button";
        button.dataset.grade = grade;
        const answer = document.createElement("span");
        answer.lang = choice?.tag ?? "";
        answer.textContent = typeset(text, choice?.tag);
        button.append(answer);
        if (translation) {
          const meaning = document.createElement("small");
          meaning.lang = tag;
          meaning.textContent = translation;
          button.append(meaning);
        }
        button.addEventListener("click", () => {
          if (grade === "beginning") this.#begin(text.replace(/…$/, ""));
          else this.#say(text);
        });
        item.append(button);
        return item;
      }),
    );
  }
}

/** Suggestions of a `hint` event, each with how much it gives away, as text with or without a translation and its language's tag. */
export function hintsOf({ replies = [] }) {
  return replies
    .map((reply) => (typeof reply === "string" ? { text: reply } : (reply ?? {})))
    .map(({ grade, text, translation, translation_language: tag }) => ({
      grade: grade ?? "whole",
      text,
      translation: translation ?? "",
      tag: tag ?? "",
    }))
    .filter(({ text }) => text)
    .slice(0, 3);
}

/** Writes only what changed, so that live regions don't repeat themselves. */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

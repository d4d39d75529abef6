// The one place for what the page knows. Views subscribe and draw; only app.js changes it.

/** What the page knows at the start, and again after "start again". */
export const initial = Object.freeze({
  /** "menu", "live" or "summary". */
  phase: "menu",
  /** The menu: null, "permission" (the browser asks) or "joining". */
  busy: null,
  /** The call: "idle", "connecting", "listening", "thinking", "speaking", "reconnecting" or "ended". */
  activity: "idle",
  /** The conversation as the server made it, or null. */
  conversation: null,
  /** The menu: the place of a conversation that was left open (`Bookmark`), or null. */
  left: null,
  /**
   * What the learner chose: {topic, title, language, difficulty, native, correction, typed, written}: when mistakes are told, whether they
   * type since nobody would understand them, and whether the tutor has no voice.
   */
  choice: null,
  /** "on", "muted" or "none". */
  microphone: "none",
  /** Every microphone: {deviceId, label}. */
  devices: [],
  /** The id of the microphone in use; empty for the browser's choice. */
  device: "",
  /** Whether the learner asked for time to think. */
  hold: false,
  /** Suggested answers: {grade, text, translation, tag}; `grade` is "beginning", "short" or "whole". */
  hints: [],
  /** The words that the conversation brought: {word, meaning}. */
  words: [],
  /** Each turn's breakdown in ms, oldest first. */
  latencies: [],
  /** The summary, or null while it is awaited. */
  summary: null,
  /** What achievements are called, by their ids. */
  medals: {},
  /** What to tell the learner: {title, text, tone: "error" or "note", actions}. */
  notice: null,
});

/** Holds the state and tells those who watch it. */
export class Store {
  #state = initial;
  #watchers = [];

  /** The present state; never change it in place. */
  get state() {
    return this.#state;
  }

  /** Changes some of it. */
  update(changes) {
    const before = this.#state;
    this.#state = { ...before, ...changes };
    for (const watcher of this.#watchers) watcher(this.#state, before);
  }

  /** Calls `draw(state, before)` now and after every change. */
  watch(draw) {
    this.#watchers.push(draw);
    draw(this.#state, {});
  }
}

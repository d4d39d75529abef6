// The tutor's voice out, and both levels for the eye.

import { Meter } from "./meter.js";

/** A microphone that gives nothing at all for this long is worth a word, in ms. */
const DEAD_AFTER = 6000;

/** Plays the tutor through `audio` and shows the levels on `dial` (`--heard`, `--spoken`, 0 to 1). */
export class Sound {
  #audio;
  #dial;
  #onDead;
  #context = null;
  #heard = null;
  #spoken = null;
  #frame = 0;
  #told = false;

  /** `onDead(true)` tells of a microphone that stays silent like a cut wire, `onDead(false)` that something comes after all. */
  constructor(audio, dial, onDead) {
    this.#audio = audio;
    this.#dial = dial;
    this.#onDead = onDead;
  }

  /** Wakes the audio system; browsers want this inside a press of a button. */
  wake() {
    if (!globalThis.AudioContext) return;
    if (!this.#context) {
      this.#context = new AudioContext();
      this.#heard = new Meter(this.#context);
      this.#spoken = new Meter(this.#context);
    }
    this.#context.resume().catch(() => {});
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame((now) => this.#show(now));
  }

  /** Follows the learner's microphone, or none. */
  listen(stream) {
    if (this.#told) this.#onDead(false);
    this.#told = false;
    this.#heard?.follow(stream);
  }

  /** Plays the tutor; rejects where the browser wants another press first. */
  play(stream) {
    this.#audio.srcObject = stream;
    this.#spoken?.follow(stream);
    return this.#audio.play();
  }

  /** Stops both. */
  stop() {
    cancelAnimationFrame(this.#frame);
    this.#heard?.follow(null);
    this.#spoken?.follow(null);
    this.#audio.srcObject = null;
    this.#context?.suspend().catch(() => {});
  }

  #show(now) {
    this.#dial.style.setProperty("--heard", this.#heard.read(now).toFixed(3));
    this.#dial.style.setProperty("--spoken", this.#spoken.read(now).toFixed(3));
    const silence = this.#heard.deadFor(now);
    const isDead = silence > DEAD_AFTER || (this.#told && silence > 0);
    if (isDead !== this.#told) {
      this.#told = isDead;
      this.#onDead(isDead);
    }
    this.#frame = requestAnimationFrame((next) => this.#show(next));
  }
}

// How loud the learner and the tutor are right now, for the eye.

const FLOOR_DB = -60;
const CEILING_DB = -10;
/** Below this a microphone gives nothing at all: muted by a switch or by the system. */
const DEAD_DB = -85;

/** Follows one stream's level, 0 to 1. */
export class Meter {
  #context;
  #source = null;
  #analyser;
  #samples;
  #level = 0;
  #deadSince = null;

  constructor(context) {
    this.#context = context;
    this.#analyser = context.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
  }

  /** Follows another stream, or none. */
  follow(stream) {
    this.#source?.disconnect();
    this.#source = stream?.getAudioTracks().length ? this.#context.createMediaStreamSource(stream) : null;
    this.#source?.connect(this.#analyser);
    this.#level = 0;
    this.#deadSince = null;
  }

  /** The present level; `now` in ms. It rises at once and falls smoothly. */
  read(now) {
    if (!this.#source || this.#context.state !== "running") return 0;
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    const db = 10 * Math.log10(sum / this.#samples.length + 1e-12);
    this.#deadSince = db < DEAD_DB ? (this.#deadSince ?? now) : null;
    const level = Math.min(1, Math.max(0, (db - FLOOR_DB) / (CEILING_DB - FLOOR_DB)));
    this.#level = Math.max(level, this.#level * 0.88);
    return this.#level;
  }

  /** For how long not a sound has come, in ms. */
  deadFor(now) {
    return this.#deadSince === null ? 0 : now - this.#deadSince;
  }
}

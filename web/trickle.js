// Trickling candidates: those that appear close together go to the server in one request, one request at a time.

import { fragment } from "./sdp.js";

/** Candidates that appear within this time go in one request, in ms. */
const GATHER = 30;

/** The candidates of one ICE session. */
export class Trickle {
  #description;
  #resource;
  #waiting = [];
  #complete = false;
  #timer = null;
  #sending = false;
  #stopped = false;

  /** `description` is the local one, `resource` where its fragments go. */
  constructor(description, resource) {
    this.#description = description;
    this.#resource = resource;
  }

  /** Adds a candidate; an empty one says that there are no more. */
  add(candidate) {
    if (candidate) this.#waiting.push(candidate);
    else this.#complete = true;
    if (!this.#sending) this.#timer ??= setTimeout(() => this.#flush(), GATHER);
  }

  /** Sends nothing more. */
  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #flush() {
    this.#sending = true;
    this.#timer = null;
    try {
      while (!this.#stopped && (this.#waiting.length > 0 || this.#complete)) {
        const complete = this.#complete;
        this.#complete = false;
        await this.#resource.trickle(fragment(this.#description, this.#waiting.splice(0), complete));
      }
    } catch {
      // A server that takes no candidates still learns ours from the checks that we send it.
      this.stop();
    } finally {
      this.#sending = false;
    }
  }
}

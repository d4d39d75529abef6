// Where the learner is: the conversation that is open in this tab, so that a page that is loaded again finds it. No DOM.

const KEY = "colloquy.open";

/** Keeps one conversation in `storage`, which should last as long as the tab. */
export class Bookmark {
  #storage;

  constructor(storage) {
    this.#storage = storage;
  }

  /** `{id, tutor, choice, spoken, correction, insights}` of the open conversation, or null. */
  get place() {
    try {
      const place = JSON.parse(this.#storage.getItem(KEY));
      return typeof place?.id === "string" && place.choice ? { insights: {}, ...place } : null;
    } catch {
      return null;
    }
  }

  /** Keeps the place; what was learnt in the same conversation before stays. */
  keep({ id, tutor, choice, spoken, correction }) {
    const { place } = this;
    const insights = place?.id === id ? place.insights : {};
    this.#write({ id, tutor, choice, spoken, correction, insights });
  }

  /** Keeps what there is to learn from the lines of the conversation, which its history doesn't hold. */
  learn(lines) {
    const { place } = this;
    if (!place) return;
    const learnt = lines.filter(({ id, insights }) => id && insights);
    this.#write({ ...place, insights: Object.fromEntries(learnt.map(({ id, insights }) => [id, insights])) });
  }

  /** There is nothing to come back to. */
  forget() {
    this.#storage.removeItem(KEY);
  }

  #write(place) {
    try {
      this.#storage.setItem(KEY, JSON.stringify(place));
    } catch {
      // A full storage costs the way back, not the conversation.
    }
  }
}

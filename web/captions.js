// What was said, as a list of lines folded from the server's events. Pure: the page only draws it.

/** Turns of one conversation, oldest first; `onChange(line, "added" | "changed" | "removed")` hears of every change. */
export class Captions {
  /**
   * Lines `{key, id, role: "agent" | "learner", text, translation, final, interrupted, recast, corrections, insights, meanings}`; `id` is the
   * server's, null for what was typed and not yet confirmed. `translation` is null or `{text, tag}`, its tag empty where the
   * server doesn't know it; `insights` is null or `{words: [{word, meaning}], grammar, notes}`. `corrections` are what was found in a
   * learner's words, `{word, right, advice}`, what belongs in the place of `word` empty where there is only advice; `recast` is the one
   * of them that the tutor said in the right form, or null. `meanings` are of parts of a tutor's text, `{start, end, word, meaning, tag}`, those
   * of words before those of whole lines, whose `word` is empty.
   */
  lines = [];
  #onChange;
  #nextKey = 0;

  constructor(onChange = () => {}) {
    this.#onChange = onChange;
  }

  /** Takes a server event; those that are no captions change nothing. */
  handle(event) {
    if (event.type === "transcript") this.#transcript(event);
    else if (event.type === "ai_response") this.#response(event);
    else if (event.type === "translation") this.#translation(event);
    else if (event.type === "analysis") this.#analysis(event);
  }

  /** Shows at once what was typed; the server's transcript of it takes its place. */
  typed(text) {
    this.#add({ role: "learner", text, typed: true });
  }

  /**
   * Fills in what was missed while the connection was down, from the server's history (`messages` of document 000): lines that we
   * lack are put where they belong; a reply that was cut meanwhile is cut here too; the others that we have stay. `insights` by
   * message id are what the history doesn't keep.
   */
  catchUp(messages, insights = {}) {
    let at = 0;
    for (const { id, sender, content, interrupted = false, ...message } of messages) {
      // A client's own notes were never said.
      if (sender !== "ai" && sender !== "user") continue;
      const translation = translationOf(message);
      const role = sender === "ai" ? "agent" : "learner";
      const same = (line) =>
        line.id ? line.id === id || (line.role === role && line.text === content) : line.text === content;
      const found = this.lines.findIndex((line, index) => index >= at && same(line));
      if (found >= 0) {
        const line = this.lines[found];
        const cut = line.id === id && interrupted ? { text: content, interrupted, insights: null } : {};
        this.#change(line, { id: line.id ?? id, final: true, translation: translation ?? line.translation, ...cut });
        at = found + 1;
      } else if (content && !this.lines.some((line) => line.id === id)) {
        this.#add({ id, role, text: content, translation, interrupted, final: true, insights: insights[id] ?? null }, at);
        at += 1;
      }
    }
  }

  /** Forgets everything. */
  clear() {
    for (const line of this.lines.splice(0)) this.#onChange(line, "removed");
  }

  #transcript({ id, text = "", is_final = true }) {
    const role = "learner";
    let line = this.#find(id, role);
    if (!line && is_final) line = this.lines.find((open) => open.typed && !open.final && sameWords(open.text, text));
    if (!line && !id) line = this.lines.findLast((open) => open.role === role && !open.final && !open.typed);
    if (is_final && !text.trim()) {
      if (line) this.#remove(line);
    } else if (!line) {
      this.#add({ id: id ?? null, role, text, final: is_final });
    } else if (!line.final || is_final) {
      // A partial result that arrives after the final one is stale.
      this.#change(line, { id: id ?? line.id, text, final: is_final });
    }
  }

  #response({ id, text = "", interrupted = false, ...event }) {
    const translation = translationOf(event);
    const insights = insightsOf(event);
    if (event.correction) this.#recast(event.correction);
    // The turn that it answers is over, whether or not its transcript was confirmed.
    for (const open of this.lines) if (open.typed && !open.final) this.#change(open, { final: true });
    const line = this.#find(id, "agent");
    if (!text.trim()) {
      // Cut before a word of it was heard: it was never said.
      if (line) this.#remove(line);
    } else if (line) {
      // What belongs to the words that were not heard goes with them.
      const kept = interrupted ? { translation: null, insights: null } : line;
      this.#change(line, {
        text,
        interrupted,
        translation: translation ?? kept.translation,
        insights: insights ?? kept.insights,
        meanings: meaningsOf(event),
      });
    } else {
      this.#add({ id: id ?? null, role: "agent", text, translation, interrupted, final: true, insights, meanings: meaningsOf(event) });
    }
  }

  #translation({ id, ...event }) {
    const line = this.lines.findLast((candidate) => candidate.id === id);
    if (line) this.#change(line, { translation: translationOf(event) });
  }

  #analysis({ id, errors = [] }) {
    const line = this.#find(id, "learner");
    const corrections = errors.map(correctionOf).filter(({ right, advice }) => right || advice);
    if (line) this.#change(line, { corrections });
  }

  #recast({ message_id: id, wrong: word = "", right = "", explanation: advice = "" }) {
    const line = this.#find(id, "learner");
    if (line) this.#change(line, { recast: { word, right, advice } });
  }

  #find(id, role) {
    return id ? this.lines.findLast((line) => line.id === id && line.role === role) : undefined;
  }

  #add(line, at = this.lines.length) {
    const blank = {
      id: null,
      translation: null,
      final: false,
      interrupted: false,
      recast: null,
      corrections: [],
      insights: null,
      meanings: [],
      typed: false,
    };
    const added = { ...blank, ...line, key: `line-${this.#nextKey++}` };
    this.lines.splice(at, 0, added);
    this.#onChange(added, "added");
  }

  #change(line, changes) {
    Object.assign(line, changes);
    this.#onChange(line, "changed");
  }

  #remove(line) {
    this.lines.splice(this.lines.indexOf(line), 1);
    this.#onChange(line, "removed");
  }
}

function translationOf({ translation, translation_language: tag }) {
  return translation ? { text: translation, tag: tag ?? "" } : null;
}

/** What is wrong with a word: in grammar other words belong in its place, in pronunciation there is advice. */
function correctionOf({ type, word = "", suggestion = "", explanation = "" }) {
  return type === "pronunciation"
    ? { word, right: "", advice: suggestion }
    : { word, right: suggestion, advice: explanation };
}

/** What parts of a reply mean: each word in the language that it is explained in, its lines in that of the translation. */
function meaningsOf({ glossary = [], lines = [], translation_language: tag }) {
  const words = glossary.map(({ start, end, word, meaning, meaning_language }) => ({
    ...{ start, end, word, meaning },
    tag: meaning_language ?? "",
  }));
  const whole = lines.map(({ start, end, translation }) => ({ start, end, word: "", meaning: translation, tag: tag ?? "" }));
  return [...words, ...whole].filter(({ start, end }) => Number.isInteger(start) && end > start);
}

/** What there is to learn from a reply; null where there is nothing. */
function insightsOf({ new_vocabulary = [], glossary = [], grammar_patterns: grammar = [], cultural_notes: notes = [] }) {
  const meanings = new Map(
    glossary.map(({ word, meaning, meaning_language: tag }) => [word, { meaning, ...(tag && { tag }) }]),
  );
  const words = new_vocabulary.map((word) => ({ word, meaning: "", ...meanings.get(word) }));
  return words.length + grammar.length + notes.length > 0 ? { words, grammar, notes } : null;
}

function sameWords(left, right) {
  const words = (text) =>
    text
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu)
      ?.join(" ") ?? "";
  return words(left) === words(right);
}

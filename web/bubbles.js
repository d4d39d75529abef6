// Draws the captions: a bubble a line, its translation on tap.

/** Draws into `list`; finished lines are also read out through `announcer`. `findTranslation(line)` looks one up, or gives null. */
export class Bubbles {
  #list;
  #announcer;
  #findTranslation;
  #elements = new Map();
  #language = "";
  #names = { agent: "Tutor", learner: "You" };
  #translatable = true;
  /** Whether the end is in view: only then do new lines scroll the list. */
  #follows = true;

  constructor(list, announcer, findTranslation) {
    this.#list = list;
    this.#announcer = announcer;
    this.#findTranslation = findTranslation;
    let before = 0;
    list.addEventListener("scroll", () => {
      // Only the reader scrolls up: a list that grows or shrinks keeps its place.
      const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 48;
      if (atEnd || list.scrollTop < before) this.#follows = atEnd;
      before = list.scrollTop;
    });
    // Suggestions and keyboards that slide in make the list smaller.
    new ResizeObserver(() => this.#follow()).observe(list);
  }

  /** Sets the BCP-47 tag of what is spoken, the tutor's name, and whether there is anything to translate to. */
  begin({ language, tutor, translatable }) {
    this.#language = language;
    this.#names = { ...this.#names, agent: tutor || "Tutor" };
    this.#translatable = translatable;
    this.#announcer.replaceChildren();
    this.#follows = true;
  }

  /** Follows `Captions`: call it for every change. `next` is the line that comes after a new one, if any. */
  draw(line, change, next) {
    if (change === "removed") {
      this.#elements.get(line.key)?.remove();
      this.#elements.delete(line.key);
      return;
    }
    if (change === "added") {
      const bubble = this.#build(line);
      this.#elements.set(line.key, bubble);
      this.#list.insertBefore(bubble, this.#elements.get(next?.key) ?? null);
    }
    const bubble = this.#elements.get(line.key);
    const wasFinal = bubble.dataset.final === "true";
    this.#fill(bubble, line);
    if (line.final && (!wasFinal || change === "added")) this.#announce(line);
    this.#follow();
  }

  #build(line) {
    const bubble = element("li", "bubble");
    bubble.dataset.role = line.role;
    const text = element("p", "text");
    text.lang = this.#language;
    const translation = element("p", "translation");
    translation.id = `${line.key}-translation`;
    translation.hidden = true;
    const button = element("button", "translate");
    button.type = "button";
    button.textContent = "Translate";
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-controls", translation.id);
    button.addEventListener("click", () => this.#toggle(line, button, translation));
    const correction = element("p", "correction");
    correction.hidden = true;
    const who = element("span", "who");
    who.textContent = this.#names[line.role];
    bubble.append(who, text, correction, translation, button);
    return bubble;
  }

  #fill(bubble, line) {
    bubble.dataset.final = String(line.final);
    bubble.dataset.interrupted = String(line.interrupted);
    bubble.querySelector(".text").textContent = line.text;
    const translation = bubble.querySelector(".translation");
    if (line.translation) translation.textContent = line.translation;
    bubble.querySelector(".translate").hidden = !line.final || !line.text || !this.#translatable;
    // One correction a turn, as a tutor in a room would.
    const [first] = line.corrections;
    const correction = bubble.querySelector(".correction");
    correction.hidden = !first;
    if (first) {
      const word = element("b");
      word.lang = this.#language;
      word.textContent = first.word;
      correction.replaceChildren(...(first.word ? [word, " · "] : []), first.suggestion);
    }
  }

  async #toggle(line, button, translation) {
    const open = translation.hidden;
    translation.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Hide translation" : "Translate";
    if (!open || line.translation) return;
    translation.textContent = "Looking it up…";
    const found = await this.#findTranslation(line).catch(() => null);
    if (!line.translation) translation.textContent = found || "There is no translation of this line.";
  }

  #follow() {
    if (this.#follows) this.#list.scrollTop = this.#list.scrollHeight;
  }

  #announce(line) {
    if (!line.text) return;
    const entry = element("p");
    entry.append(`${this.#names[line.role]}: `);
    const text = element("span");
    text.lang = this.#language;
    text.textContent = line.text;
    entry.append(text);
    this.#announcer.append(entry);
    while (this.#announcer.childElementCount > 6) this.#announcer.firstElementChild.remove();
  }
}

function element(name, className = "") {
  const made = document.createElement(name);
  made.className = className;
  return made;
}

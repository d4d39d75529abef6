// Draws the captions: a bubble a line, its translation and what there is to learn from it on tap.

import { tagName } from "./languages.js";
import { correctionParts, drawNotes } from "./notes.js";
import { typeset } from "./typography.js";
import { pieces } from "./words.js";

/** Draws into `list`; finished lines are also read out through `announcer`. */
export class Bubbles {
  #list;
  #announcer;
  #elements = new Map();
  #language = "";
  #native = "";
  #names = { agent: "Tutor", learner: "You" };
  #sayAgain;
  #isVoiced = true;
  /** Whether the end is in view: only then do new lines scroll the list. */
  #follows = true;

  /** `sayAgain(line)` has a line of the tutor's said again, slowly. */
  constructor(list, announcer, sayAgain) {
    this.#sayAgain = sayAgain;
    this.#list = list;
    this.#announcer = announcer;
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

  /** Sets the BCP-47 tags of what is spoken and of the learner's own language, the tutor's name, and whether it has a voice. */
  begin({ language, native, tutor, isVoiced }) {
    this.#isVoiced = isVoiced;
    this.#language = language;
    this.#native = native;
    this.#names = { ...this.#names, agent: tutor || "Tutor" };
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
    const gloss = element("p", "gloss");
    gloss.setAttribute("role", "status");
    gloss.hidden = true;
    const correction = element("p", "correction");
    correction.hidden = true;
    const who = element("span", "who");
    who.textContent = this.#names[line.role];
    const translation = element("p", "translation");
    translation.id = `${line.key}-translation`;
    const notes = element("div", "notes");
    notes.id = `${line.key}-notes`;
    const tools = element("div", "tools");
    tools.append(
      this.#again(line),
      this.#switch("translate", translation, "Translate", "Hide translation"),
      this.#switch("learn", notes, "Notes", "Hide notes"),
    );
    bubble.append(who, text, gloss, correction, tools, translation, notes);
    return bubble;
  }

  /** Shows what a part of the text means when it is tapped. */
  #explain(part, { word, meaning, tag }, bubble) {
    part.classList.add(word ? "glossed" : "in-line");
    const show = () => {
      const gloss = bubble.querySelector(".gloss");
      const term = element("b");
      term.lang = this.#language;
      term.textContent = typeset(word, this.#language);
      const said = element("span");
      said.lang = tag;
      said.textContent = meaning;
      gloss.replaceChildren(...(word ? [term, " · "] : []), said);
      gloss.hidden = false;
      gloss.scrollIntoView({ block: "nearest" });
    };
    part.addEventListener("click", show);
    if (!word) return;
    part.role = "button";
    part.tabIndex = 0;
    part.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      show();
    });
  }

  #again(line) {
    const button = element("button", "again");
    button.type = "button";
    button.textContent = "Slowly";
    button.title = "Hear it again, more slowly";
    button.addEventListener("click", () => this.#sayAgain(line));
    return button;
  }

  /** A button that opens and closes `panel`. */
  #switch(name, panel, closed, opened) {
    panel.hidden = true;
    const button = element("button", name);
    button.type = "button";
    button.textContent = closed;
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-controls", panel.id);
    button.addEventListener("click", () => {
      panel.hidden = !panel.hidden;
      button.setAttribute("aria-expanded", String(!panel.hidden));
      button.textContent = panel.hidden ? closed : opened;
      if (!panel.hidden) panel.scrollIntoView({ block: "nearest" });
    });
    return button;
  }

  #fill(bubble, line) {
    bubble.dataset.final = String(line.final);
    bubble.dataset.interrupted = String(line.interrupted);
    const words = line.insights?.words.map(({ word }) => word) ?? [];
    bubble.querySelector(".text").replaceChildren(
      ...pieces(line.text, words, line.meanings).map(({ text, taught, meaning }) => {
        const part = typeset(text, this.#language);
        if (!taught && !meaning) return part;
        const word = element(taught ? "mark" : "span");
        word.textContent = part;
        if (meaning) this.#explain(word, meaning, bubble);
        return word;
      }),
    );
    bubble.querySelector(".again").hidden = !(line.role === "agent" && line.id && line.final && this.#isVoiced);
    this.#fillTranslation(bubble, line);
    const notes = bubble.querySelector(".notes");
    if (line.insights) drawNotes(notes, line.insights, this.#language);
    offer(bubble.querySelector(".learn"), notes, Boolean(line.insights));
    // One correction a turn, as a tutor in a room would.
    const first = line.recast ?? line.corrections[0];
    const correction = bubble.querySelector(".correction");
    correction.hidden = !first;
    if (first) correction.replaceChildren(...correctionParts(first, this.#language));
  }

  #fillTranslation(bubble, { final, translation }) {
    const panel = bubble.querySelector(".translation");
    offer(bubble.querySelector(".translate"), panel, final && Boolean(translation));
    if (!translation) return;
    const { text, tag } = translation;
    const words = element("span");
    words.lang = tag;
    words.textContent = typeset(text, tag);
    panel.replaceChildren(words);
    // A translation into another language than one's own should not come as a surprise.
    if (tag && tag !== this.#native) {
      const label = element("small");
      label.textContent = `In ${tagName(tag)}:`;
      panel.prepend(label, " ");
    }
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

/** Shows a panel's button, or hides both. */
function offer(button, panel, isThere) {
  button.hidden = !isThere;
  if (!isThere && !panel.hidden) button.click();
}

function element(name, className = "") {
  const made = document.createElement(name);
  made.className = className;
  return made;
}

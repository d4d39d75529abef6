// The menu: what the learner chooses before a conversation. Remembers the choice for the next visit.

import { LANGUAGES, PRACTISED, browserLanguage, displayName } from "./languages.js";

const CHOICE_KEY = "colloquy.choice";
/** The value of the scenario that stands for a topic of the learner's own. */
const OWN_TOPIC = "own";

/** Draws the form `root`; `findTopics(language, level)` gives the topics of a language. */
export class Menu {
  #form;
  #storage;
  #findTopics;
  #topics = new Map();
  #asked = 0;

  constructor(form, storage, findTopics) {
    this.#form = form;
    this.#storage = storage;
    this.#findTopics = findTopics;
    const { language, native, scenario } = form.elements;
    language.append(...PRACTISED.map((name) => new Option(displayName(name), name)));
    native.append(...LANGUAGES.map(({ name, label }) => new Option(label, name)));
    this.#restore();
    language.addEventListener("change", () => this.load());
    form.addEventListener("change", ({ target }) => {
      if (target.name === "level") this.load();
      this.#save();
    });
    scenario.addEventListener("change", () => this.#describe());
  }

  /** `{topic, title, language, difficulty, native}`, or null where something is missing; then the field says so. */
  choice() {
    const { language, native, level, scenario, topic } = this.#form.elements;
    if (!this.#form.reportValidity()) return null;
    const own = scenario.value === OWN_TOPIC;
    const text = topic.value.trim();
    return {
      topic: own ? text : scenario.value,
      title: own ? text : (this.#topics.get(scenario.value)?.name ?? scenario.value),
      language: language.value,
      difficulty: level.value,
      native: native.value,
    };
  }

  /** Loads the scenarios of the chosen language. Throws what `findTopics` throws; a topic of one's own can still be chosen. */
  async load() {
    const { language, level } = this.#form.elements;
    const asked = ++this.#asked;
    try {
      const { categories = [] } = await this.#findTopics(language.value, level.value);
      if (asked === this.#asked) this.#list(categories);
    } catch (error) {
      if (asked === this.#asked) this.#list([]);
      this.#form.dispatchEvent(new CustomEvent("topicsfailed", { detail: error }));
    }
  }

  #list(categories) {
    const { scenario } = this.#form.elements;
    const wanted = scenario.value || this.#remembered().scenario;
    this.#topics = new Map(categories.flatMap(({ topics }) => topics).map((topic) => [topic.id, topic]));
    const groups = categories.map(({ name, topics }) => {
      const group = document.createElement("optgroup");
      group.label = name;
      group.append(...topics.map((topic) => new Option(topic.name, topic.id)));
      return group;
    });
    scenario.replaceChildren(...groups, new Option("Something else…", OWN_TOPIC));
    const known = wanted === OWN_TOPIC || this.#topics.has(wanted);
    const first = this.#topics.has("restaurant") ? "restaurant" : scenario.options[0]?.value;
    scenario.value = known ? wanted : (first ?? OWN_TOPIC);
    this.#describe();
  }

  #describe() {
    const { scenario, topic } = this.#form.elements;
    const own = scenario.value === OWN_TOPIC;
    this.#form.querySelector("#own-topic").hidden = !own;
    topic.required = own;
    const chosen = this.#topics.get(scenario.value);
    const minutes = chosen?.duration_minutes ? ` About ${chosen.duration_minutes} minutes.` : "";
    this.#form.querySelector("#description").textContent = chosen
      ? `${(chosen.description ?? "").replace(/([^.!?])$/, "$1.")}${minutes}`
      : "Anything you like: your work, a film, the weekend.";
  }

  #restore() {
    const { language, native, level, topic } = this.#form.elements;
    const { language: chosen, native: spoken, level: step, topic: text } = this.#remembered();
    native.value = LANGUAGES.some(({ name }) => name === spoken) ? spoken : browserLanguage();
    // Nobody comes to practise what they speak already.
    const fallback = PRACTISED.find((name) => name !== native.value);
    language.value = PRACTISED.includes(chosen) ? chosen : fallback;
    if (step) level.value = step;
    topic.value = text ?? "";
  }

  #remembered() {
    try {
      return JSON.parse(this.#storage.getItem(CHOICE_KEY)) ?? {};
    } catch {
      return {};
    }
  }

  #save() {
    const { language, native, level, scenario, topic } = this.#form.elements;
    const choice = {
      language: language.value,
      native: native.value,
      level: level.value,
      scenario: scenario.value,
      topic: topic.value,
    };
    this.#storage.setItem(CHOICE_KEY, JSON.stringify(choice));
  }
}

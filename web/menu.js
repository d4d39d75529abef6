// The menu: what the learner chooses before a conversation. Remembers the choice for the next visit.

import { LANGUAGES, browserLanguage, firstLanguage } from "./languages.js";
import { UNKNOWN, advice, groups, isTyped, label } from "./offer.js";

const CHOICE_KEY = "colloquy.choice";
/** The value of the scenario that stands for a topic of the learner's own. */
const OWN_TOPIC = "own";

/** Draws the form `root` with what `api` knows of topics and languages. */
export class Menu {
  #form;
  #storage;
  #api;
  #offers = UNKNOWN;
  #topics = new Map();
  #asked = 0;

  constructor(form, storage, api) {
    this.#form = form;
    this.#storage = storage;
    this.#api = api;
    const { language, native, scenario } = form.elements;
    native.append(...LANGUAGES.map(({ name, label }) => new Option(label, name)));
    this.#restore();
    language.addEventListener("change", () => {
      this.#advise();
      this.#loadTopics();
    });
    native.addEventListener("change", () => this.#advise());
    form.addEventListener("change", ({ target }) => {
      if (target.name === "level") this.#loadTopics();
      this.#save();
    });
    scenario.addEventListener("change", () => this.#describe());
  }

  /** `{topic, title, language, difficulty, native, correction, typed, written}`, or null where something is missing; then the field says so. */
  choice() {
    const { language, native, level, scenario, topic, correction } = this.#form.elements;
    if (!this.#form.reportValidity()) return null;
    const own = scenario.value === OWN_TOPIC;
    const text = topic.value.trim();
    return {
      topic: own ? text : scenario.value,
      title: own ? text : (this.#topics.get(scenario.value)?.name ?? scenario.value),
      language: language.value,
      difficulty: level.value,
      native: native.value,
      correction: correction.value,
      typed: isTyped(this.#offer(language.value)),
      written: this.#offer(language.value).voice === false,
    };
  }

  /** Loads what there is; what can't be loaded is told by the event `topicsfailed`, and a topic of one's own can be chosen. */
  async load() {
    await Promise.all([this.#loadTopics(), this.#loadLanguages()]);
  }

  async #loadTopics() {
    const { language, level } = this.#form.elements;
    const asked = ++this.#asked;
    try {
      const { categories = [] } = await this.#api.topics(language.value, level.value);
      if (asked === this.#asked) this.#list(categories);
    } catch (error) {
      if (asked === this.#asked) this.#list([]);
      this.#form.dispatchEvent(new CustomEvent("topicsfailed", { detail: error }));
    }
  }

  async #loadLanguages() {
    try {
      const { languages = [] } = await this.#api.languages();
      if (languages.length > 0) this.#offers = languages;
      this.#listLanguages(this.#form.elements.language.value);
    } catch {
      // Without it the menu says less about them; a server that is away is told of by the topics.
    }
  }

  #offer(name) {
    return this.#offers.find(({ id }) => id === name) ?? { id: name };
  }

  #listLanguages(chosen) {
    const { language } = this.#form.elements;
    language.replaceChildren(
      ...groups(this.#offers).map(({ title, offers }) => {
        const group = document.createElement("optgroup");
        group.label = title;
        group.append(...offers.map((offer) => new Option(label(offer), offer.id)));
        return group;
      }),
    );
    language.value = this.#offer(chosen).id;
    if (language.selectedIndex < 0) language.selectedIndex = 0;
    if (language.value !== chosen) this.#loadTopics();
    this.#advise();
  }

  /** Says what the languages together give, and whether one talks or types. */
  #advise() {
    const { language, native } = this.#form.elements;
    const offer = this.#offer(language.value);
    this.#form.querySelector("#advice").textContent = advice(offer, this.#offer(native.value));
    this.#form.dataset.typed = String(isTyped(offer));
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
    const list = document.createElement("select");
    list.append(...groups, new Option("Something else…", OWN_TOPIC));
    // A list that somebody may be reading is not exchanged for the same.
    if (list.innerHTML === scenario.innerHTML) {
      this.#describe();
      return;
    }
    scenario.replaceChildren(...list.children);
    const known = wanted === OWN_TOPIC || this.#topics.has(wanted);
    const first = this.#topics.has("restaurant") ? "restaurant" : scenario.options[0]?.value;
    scenario.value = known ? wanted : (first ?? OWN_TOPIC);
    this.#describe();
  }

  #describe() {
    const { scenario, topic, level } = this.#form.elements;
    const own = scenario.value === OWN_TOPIC;
    this.#form.querySelector("#own-topic").hidden = !own;
    topic.required = own;
    const chosen = this.#topics.get(scenario.value);
    const minutes = chosen?.duration_minutes ? ` About ${chosen.duration_minutes} minutes.` : "";
    // None is listed below the level that it is written for.
    const harder = chosen?.difficulty && chosen.difficulty !== level.value ? ` It suits ${chosen.difficulty} learners best.` : "";
    this.#form.querySelector("#description").textContent = chosen
      ? `${(chosen.description ?? "").replace(/([^.!?])$/, "$1.")}${minutes}${harder}`
      : "Anything you like: your work, a film, the weekend.";
  }

  #restore() {
    const { native, level, topic, correction } = this.#form.elements;
    const { language: chosen, native: spoken, level: step, topic: text, correction: corrected } = this.#remembered();
    native.value = LANGUAGES.some(({ name }) => name === spoken) ? spoken : browserLanguage();
    // Nobody comes to practise what they speak already.
    this.#listLanguages(LANGUAGES.some(({ name }) => name === chosen) ? chosen : firstLanguage(native.value));
    if (step) level.value = step;
    topic.value = text ?? "";
    correction.value = corrected ?? "";
    if (correction.selectedIndex < 0) correction.selectedIndex = 0;
  }

  #remembered() {
    try {
      return JSON.parse(this.#storage.getItem(CHOICE_KEY)) ?? {};
    } catch {
      return {};
    }
  }

  #save() {
    const { language, native, level, scenario, topic, correction } = this.#form.elements;
    const choice = {
      language: language.value,
      native: native.value,
      level: level.value,
      scenario: scenario.value,
      topic: topic.value,
      correction: correction.value,
    };
    this.#storage.setItem(CHOICE_KEY, JSON.stringify(choice));
  }
}

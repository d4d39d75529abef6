// Settings: who somebody is, and what they practise.

import { element } from "./element.js";
import { title } from "./figures.js";
import { LANGUAGES, tagOf } from "./languages.js";
import { fillLanguages } from "./rows.js";
import { attempt, say } from "./said.js";

const LEVELS = [
  ["beginner", "Beginner"],
  ["intermediate", "Intermediate"],
  ["advanced", "Advanced"],
];
/** Fields of the profile itself; the others are preferences. */
const OWN = ["name", "time_zone"];

/** The section; `load` fills it in. */
export class Profile {
  #api;
  #form;
  #said;
  #kept = {};

  constructor(root, { api }) {
    this.root = root;
    this.#api = api;
    this.#form = root.querySelector("form");
    this.#said = root.querySelector(".said");
    this.#form.onsubmit = (event) => {
      event.preventDefault();
      attempt(this.#said, this.#form, () => this.#save());
    };
    this.#form.elements.time_zone.onchange = () => this.#advise();
  }

  /** Shows what the server knows. */
  async load() {
    this.#show(await this.#api.read("/v1/users/me"));
  }

  #show({ name, email, time_zone, preferences }) {
    const { elements } = this.#form;
    const { target_language: target, native_language: native, proficiency_level: level, daily_goal } = preferences;
    fillLanguages(elements.target_language, LANGUAGES);
    fillLanguages(elements.native_language, LANGUAGES);
    elements.proficiency_level.replaceChildren(...LEVELS.map(([value, label]) => new Option(label, value)));
    elements.time_zone.replaceChildren(...zones().map((zone) => new Option(zone.replaceAll("_", " "), zone)));
    elements.name.value = name;
    elements.email.value = email ?? "";
    elements.email.closest(".field").hidden = !email;
    choose(elements.time_zone, time_zone);
    choose(elements.target_language, named(target));
    choose(elements.native_language, named(native));
    choose(elements.proficiency_level, level, title(level));
    elements.daily_goal.value = daily_goal;
    this.#kept = this.#values();
    this.#advise();
  }

  /** Sends what was changed. */
  async #save() {
    const changed = Object.entries(this.#values()).filter(([name, value]) => value !== this.#kept[name]);
    const own = changed.filter(([name]) => OWN.includes(name));
    const preferences = changed.filter(([name]) => !OWN.includes(name));
    if (own.length > 0) await this.#api.write("PATCH", "/v1/users/me", Object.fromEntries(own));
    if (preferences.length > 0) await this.#api.write("PATCH", "/v1/users/me/preferences", Object.fromEntries(preferences));
    await this.load();
    say(this.#said, "Saved.");
  }

  #values() {
    const values = Object.fromEntries(new FormData(this.#form));
    return { ...values, daily_goal: Number(values.daily_goal) };
  }

  /** A streak counts the days of this zone: one that isn't the browser's should be meant. */
  #advise() {
    const { time_zone: select } = this.#form.elements;
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const note = this.root.querySelector("#zone-note");
    note.replaceChildren("Your streak counts days of this zone. ");
    if (!here || here === select.value) return;
    const use = () => {
      choose(select, here);
      this.#advise();
      select.focus();
    };
    note.append(
      `Your browser is in ${here.replaceAll("_", " ")}. `,
      element("button", { type: "button", class: "plain", onclick: use, "data-testid": "use-zone" }, "Use that"),
    );
  }
}

/** Every time zone that the browser knows. */
function zones() {
  return ["UTC", ...(Intl.supportedValuesOf?.("timeZone") ?? []).filter((zone) => zone !== "UTC")];
}

/** Chooses a value, which may be one that the list lacks. */
function choose(select, value, label = value) {
  select.value = value;
  if (select.value === value) return;
  select.append(new Option(label, value));
  select.value = value;
}

/** The name in the list of a language, however it was written. */
function named(language) {
  const tag = tagOf(language);
  return LANGUAGES.find((known) => known.tag === tag)?.name ?? language;
}

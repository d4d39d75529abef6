// Settings: applications that were let in.

import { ask } from "./dialog.js";
import { element } from "./element.js";
import { day } from "./figures.js";
import { MAY } from "./keys.js";
import { attempt, say } from "./said.js";

/** The section; `load` fills it in. */
export class Applications {
  #api;
  #said;
  #list;

  constructor(root, { api }) {
    this.root = root;
    this.#api = api;
    this.#said = root.querySelector("#applications-said");
    this.#list = root.querySelector("#application-list");
  }

  /** Shows those that there are. */
  async load() {
    const { applications } = await this.#api.read("/v1/users/me/applications");
    const none = element("li", { class: "empty" }, "There are none.");
    const entries = applications.map((application) => this.#entry(application));
    this.#list.replaceChildren(...(entries.length > 0 ? entries : [none]));
  }

  #entry({ id, name, scopes, since }) {
    const may = new Intl.ListFormat("en-GB").format(scopes.map((scope) => MAY[scope] ?? scope));
    const revoke = element(
      "button",
      { type: "button", class: "quiet small danger", "aria-label": `Shut ${name} out`, "data-testid": "shut-out" },
      "Shut out",
    );
    revoke.onclick = () => attempt(this.#said, revoke, () => this.#shutOut(id, name));
    const about = element("p", { class: "note" }, `For ${may}. Let in on ${day(since)}.`);
    return element("li", { class: "row", "data-id": id }, element("div", {}, element("strong", {}, name), about), revoke);
  }

  async #shutOut(id, name) {
    const text = "It can't do anything for you from then on, until you let it in again.";
    if (!(await ask({ title: `Shut “${name}” out?`, text, action: "Shut out" }))) return;
    await this.#api.write("DELETE", `/v1/users/me/applications/${encodeURIComponent(id)}`);
    await this.load();
    say(this.#said, `“${name}” is shut out.`);
  }
}

// Settings: keys for programs.

import { ask } from "./dialog.js";
import { element } from "./element.js";
import { day } from "./figures.js";
import { attempt, say } from "./said.js";
import { showOnce } from "./secret.js";

const DAY = 86_400_000;
/** What scopes open. */
export const MAY = {
  read_profile: "your profile",
  manage_conversations: "your conversations",
  read_progress: "your progress",
  admin: "everything, as an administrator",
};

/** The section; `load` fills it in. */
export class Keys {
  #api;
  #form;
  #said;
  #list;

  constructor(root, { api }) {
    this.root = root;
    this.#api = api;
    this.#form = root.querySelector("form");
    this.#said = root.querySelector("#keys-said");
    this.#list = root.querySelector("#key-list");
    this.#form.onsubmit = (event) => {
      event.preventDefault();
      attempt(this.#said, this.#form, () => this.#generate());
    };
  }

  /** Shows the keys that there are. */
  async load() {
    const { api_keys: keys } = await this.#api.read("/v1/api-keys");
    const none = element("li", { class: "empty" }, "There are none.");
    this.#list.replaceChildren(...(keys.length > 0 ? keys.map((key) => this.#entry(key)) : [none]));
  }

  async #generate() {
    const values = new FormData(this.#form);
    const scopes = values.getAll("scope");
    if (scopes.length === 0) {
      say(this.#said, "Choose what the key may do.");
      return;
    }
    const days = Number(values.get("days"));
    const expires = days > 0 ? { expires_at: new Date(Date.now() + days * DAY).toISOString() } : {};
    const { key, name } = await this.#api.write("POST", "/v1/api-keys", { name: values.get("name"), scopes, ...expires });
    this.#form.reset();
    this.#form.closest("details").open = false;
    await this.load();
    showOnce(this.root.querySelector("#new-key"), {
      title: `Your key “${name}”`,
      text: "Copy it now and keep it in a safe place: it is shown only this once.",
      value: key,
      testid: "shown-key",
    });
  }

  #entry({ id, name, prefix, scopes, origin, created_at, expires_at }) {
    const may = new Intl.ListFormat("en-GB").format(scopes.map((scope) => MAY[scope] ?? scope));
    const until = expires_at ? ` Valid until ${day(expires_at)}.` : "";
    const isOver = expires_at && Date.parse(expires_at) <= Date.now();
    const revoke = element(
      "button",
      { type: "button", class: "quiet small danger", "aria-label": `Revoke ${name}`, "data-testid": "revoke-key" },
      "Revoke",
    );
    revoke.onclick = () => attempt(this.#said, revoke, () => this.#revoke(id, name));
    const isConfigured = origin === "configured";
    return element(
      "li",
      { class: "row", "data-id": id },
      element(
        "div",
        {},
        element("strong", {}, name),
        " ",
        element("code", {}, `${prefix}…`),
        element("p", { class: "note" }, `For ${may}. Made on ${day(created_at)}.${isOver ? " It is not valid any more." : until}`),
        isConfigured && element("p", { class: "note" }, "It comes from the server's own settings."),
      ),
      !isConfigured && revoke,
    );
  }

  async #revoke(id, name) {
    const text = "Programs that use it are refused from then on. This can't be taken back.";
    if (!(await ask({ title: `Revoke “${name}”?`, text, action: "Revoke" }))) return;
    await this.#api.write("DELETE", `/v1/api-keys/${encodeURIComponent(id)}`);
    await this.load();
    say(this.#said, `“${name}” is revoked.`);
  }
}

// Settings: who is told of what happens, and what came of it.

import { ask } from "./dialog.js";
import { element } from "./element.js";
import { counted, moment } from "./figures.js";
import { sentence } from "./notices.js";
import { attempt, say } from "./said.js";
import { showOnce } from "./secret.js";

/** So many deliveries are shown. */
const SHOWN = 20;

/** The section; `load` fills it in. */
export class Webhooks {
  #api;
  #form;
  #said;
  #list;

  constructor(root, { api }) {
    this.root = root;
    this.#api = api;
    this.#form = root.querySelector("form");
    this.#said = root.querySelector("#webhooks-said");
    this.#list = root.querySelector("#webhook-list");
    this.#form.onsubmit = (event) => {
      event.preventDefault();
      attempt(this.#said, this.#form, () => this.#add());
    };
  }

  /** Shows the webhooks that there are. */
  async load() {
    const { webhooks } = await this.#api.read("/v1/webhooks");
    const none = element("li", { class: "empty" }, "There are none.");
    this.#list.replaceChildren(...(webhooks.length > 0 ? webhooks.map((webhook) => this.#entry(webhook)) : [none]));
  }

  async #add() {
    const values = new FormData(this.#form);
    const events = values.getAll("event");
    if (events.length === 0) {
      say(this.#said, "Choose the events that it shall be told of.");
      return;
    }
    const { secret, url } = await this.#api.write("POST", "/v1/webhooks", { url: values.get("url").trim(), events });
    this.#form.reset();
    this.#form.closest("details").open = false;
    await this.load();
    showOnce(this.root.querySelector("#new-secret"), {
      title: "The webhook's secret",
      text: `What is sent to ${url} is signed with it. Copy it now: it is shown only this once.`,
      value: secret,
      testid: "shown-secret",
    });
  }

  #entry(webhook) {
    const { id, url, events, active, disabled_because } = webhook;
    const path = `/v1/webhooks/${encodeURIComponent(id)}`;
    const toggle = this.#button(active ? "Pause" : "Resume", "toggle-webhook", async () => {
      await this.#api.write("PATCH", path, { active: !active });
      await this.load();
      say(this.#said, active ? "Nothing is sent to it now." : "It is told again from now on.");
    });
    const remove = this.#button("Delete", "delete-webhook", async () => {
      const text = `Nothing is sent to ${url} from then on, and what was sent is forgotten.`;
      if (!(await ask({ title: "Delete this webhook?", text, action: "Delete" }))) return;
      await this.#api.write("DELETE", path);
      await this.load();
      say(this.#said, "The webhook is deleted.");
    });
    remove.classList.add("danger");
    const state = active ? "" : disabled_because ? ` Switched off: ${sentence(disabled_because)}` : " Paused.";
    return element(
      "li",
      { "data-id": id },
      element(
        "div",
        { class: "row" },
        element("div", {}, element("strong", {}, url), element("p", { class: "note" }, `${events.join(", ")}.${state}`)),
        toggle,
        remove,
      ),
      this.#deliveries(path),
    );
  }

  /** What was sent: looked up when it is opened. */
  #deliveries(path) {
    const list = element("ul", {});
    const note = element("p", { class: "note", role: "status" });
    const look = async () => {
      const { deliveries, total } = await this.#api.read(`${path}/deliveries?limit=${SHOWN}`);
      const latest = total > deliveries.length ? ` These are the latest ${deliveries.length}.` : "";
      note.textContent = total === 0 ? "Nothing has been sent yet." : `${counted(total, "delivery", "deliveries")}.${latest}`;
      list.replaceChildren(...deliveries.map((delivery) => this.#delivery(delivery, look)));
    };
    const again = this.#button("Look again", "look-again", look);
    const details = element(
      "details",
      { class: "deliveries" },
      element("summary", { "data-testid": "open-deliveries" }, "What was sent"),
      note,
      list,
      again,
    );
    details.ontoggle = () => details.open && attempt(this.#said, again, look);
    return details;
  }

  #delivery({ id, event, status, attempts, next_attempt_at, response_status, error, replay_of, created_at }, look) {
    const replay = this.#button("Replay", "replay", async () => {
      await this.#api.write("POST", `/v1/webhooks/deliveries/${encodeURIComponent(id)}/replay`);
      await look();
    });
    const parts = [
      `${moment(created_at)}${replay_of ? ", a replay" : ""}: ${status}`,
      response_status ? `, answered with ${response_status}` : "",
      attempts > 1 ? `, after ${attempts} attempts` : "",
      error ? ` (${error})` : "",
      next_attempt_at ? `. Next attempt: ${moment(next_attempt_at)}` : "",
    ];
    return element(
      "li",
      { class: "row", "data-status": status },
      element("div", {}, element("code", {}, event), element("p", { class: "note" }, `${parts.join("")}.`)),
      replay,
    );
  }

  #button(label, testid, act) {
    const button = element("button", { type: "button", class: "quiet small", "data-testid": testid }, label);
    button.onclick = () => attempt(this.#said, button, act);
    return button;
  }
}

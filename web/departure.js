// Settings: what somebody takes along, and how they go.

import { ask } from "./dialog.js";
import { element } from "./element.js";
import { entrance } from "./nav.js";
import { drawNotice } from "./notice.js";
import { attempt, say } from "./said.js";

/** The section; both need a sign-in of a few minutes ago. */
export class Departure {
  #api;
  #user;
  #said;

  constructor(root, { api, user }) {
    this.root = root;
    this.#api = api;
    this.#user = user;
    this.#said = root.querySelector(".said");
    this.#wire(root.querySelector("#export"), () => this.#export());
    this.#wire(root.querySelector("#delete"), () => this.#leave());
  }

  /** There is nothing to load. */
  async load() {}

  #wire(button, act) {
    const again = this.root.querySelector("#again");
    button.onclick = () =>
      attempt(this.#said, button, async () => {
        drawNotice(again, null);
        try {
          await act();
        } catch (error) {
          if (error.status !== 403) throw error;
          const actions = [{ label: "Sign in again", href: entrance("/login") }];
          const text = "It has been a while since you typed your password. Sign in again, then come back here.";
          drawNotice(again, { title: "Is it you?", text, actions });
        }
      });
  }

  async #export() {
    const headers = { Accept: "application/zip" };
    const response = await this.#api.request("/v1/users/me/export", { headers });
    const url = URL.createObjectURL(await response.blob());
    element("a", { href: url, download: "colloquy-export.zip" }).click();
    // The download has its own hold on it by then.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    say(this.#said, "Your things are on their way.");
  }

  async #leave() {
    const { email } = this.#user;
    const isMeant = await ask({
      title: "Delete your account?",
      text: "Everything that belongs to you is removed, here and in all boards. This can't be taken back.",
      action: "Delete my account",
      expected: { label: `Type ${email} to go on`, value: email },
    });
    if (!isMeant) return;
    await this.#api.write("DELETE", "/v1/users/me");
    location.assign("/");
  }
}

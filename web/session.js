// Who is signed in in this browser. The cookie says so, which no script can read: the server is asked, and gives short-lived
// tokens for it. No DOM.

import { respond } from "./refusal.js";

/** A token that ends within this is as good as ended, in ms. */
const MARGIN = 30_000;

/** The session of one page. */
export class Session {
  #fetch;
  #now;
  #shown = null;
  #minting = null;
  #token = null;

  constructor({ fetch = (...request) => globalThis.fetch(...request), now = Date.now } = {}) {
    this.#fetch = fetch;
    this.#now = now;
  }

  /** `{signed_in, signed_in_at, csrf_token, user: {id, name, email, role}}`, asked once; all but the first only when signed in. */
  async state() {
    this.#shown ??= this.#show();
    try {
      return await this.#shown;
    } catch (error) {
      this.#shown = null;
      throw error;
    }
  }

  /** An access token of who is signed in, or null. Requests that start together share one. */
  async token() {
    if (this.current) return this.current;
    this.#minting ??= this.#mint().finally(() => {
      this.#minting = null;
    });
    return this.#minting;
  }

  /** The token that is at hand, or null. */
  get current() {
    return this.#token && this.#token.ends > this.#now() + MARGIN ? this.#token.text : null;
  }

  /** The token was refused, or what is known of the person has changed: the server is asked anew. */
  forget() {
    this.#token = null;
    this.#shown = null;
  }

  async #show() {
    return (await respond(this.#fetch("/session"))).json();
  }

  async #mint() {
    const { signed_in, csrf_token } = await this.state();
    if (!signed_in) return null;
    const response = await respond(
      this.#fetch("/session/token", {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf_token },
        body: "{}",
      }),
      // They signed out meanwhile, or in again, in another tab.
      [401, 403],
    );
    if (!response.ok) {
      this.#shown = Promise.resolve({ signed_in: false });
      return null;
    }
    const { access_token, expires_in } = await response.json();
    this.#token = { text: access_token, ends: this.#now() + expires_in * 1000 };
    return access_token;
  }
}

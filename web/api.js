// The control plane: the credential of whoever is signed in, or else a guest's, and REST calls with it. No DOM.

import { ApiError, respond } from "./refusal.js";

const TOKEN_KEY = "colloquy.guest";
/**
 * Talks to one server, as who is signed in by `session`, or else as one guest; `storage` keeps the guest's token between visits.
 * Without `admits`, nobody becomes a guest by it: where there is no credential, requests are refused. `origin` is a promise of
 * where the server is, empty for where the page came from.
 */
export class Api {
  #storage;
  #session;
  #admits;
  #origin;
  #found;
  #minting = null;
  #isUser = false;

  constructor(storage, { session = null, admits = true, origin = Promise.resolve("") } = {}) {
    this.#origin = "";
    this.#found = origin.then((found) => {
      this.#origin = found;
    });
    this.#storage = storage;
    this.#session = session;
    this.#admits = admits;
  }

  /** What a path has to say. */
  read(path) {
    return this.#json(path);
  }

  /** Sends a body, if any, by a method; gives what is answered, null for nothing. */
  async write(method, path, body) {
    const options = body === undefined ? { method } : { ...post(body), method };
    const response = await this.request(path, options);
    return response.status === 204 ? null : response.json();
  }

  /** The guest of this browser, `{guest_id, access_token, expires}`, or null. */
  get guest() {
    try {
      const guest = JSON.parse(this.#storage.getItem(TOKEN_KEY));
      return guest?.expires > Date.now() + 60_000 ? guest : null;
    } catch {
      return null;
    }
  }

  /** The guest is somebody else by now, or nobody. */
  forgetGuest() {
    this.#storage.removeItem(TOKEN_KEY);
  }

  /** The scenarios of a language, grouped by category. */
  topics(language, level) {
    return this.#json(`/v1/content/topics?${new URLSearchParams({ language, level })}`);
  }

  /** The languages that can be practised, and what can be done in each. */
  languages() {
    return this.#json("/v1/content/languages");
  }

  /** Creates a conversation. */
  createConversation(request) {
    return this.#json("/v1/conversations", post(request));
  }

  /** What was said so far, as the server keeps it. */
  messages(conversation) {
    return this.#json(`/v1/conversations/${encodeURIComponent(conversation)}/messages`);
  }

  /** Ends a conversation and gives its summary; ending twice gives the same summary. */
  end(conversation) {
    return this.#json(`/v1/conversations/${encodeURIComponent(conversation)}/end`, post({}));
  }

  /**
   * An authorised request. A token that the server doesn't take any more is replaced once; after that a refusal is an `ApiError`.
   */
  async request(path, options = {}) {
    await this.#found;
    const token = await this.#token();
    const response = await respond(this.#send(path, options, token), [401]);
    if (response.status !== 401) return response;
    this.#forget(token);
    return respond(this.#send(path, options, await this.#token()));
  }

  /** A last request from a page that is going away: nobody waits for its answer. */
  depart(path, options) {
    const token = this.#isUser ? this.#session.current : this.guest?.access_token;
    if (token) this.#send(path, { ...options, keepalive: true }, token).catch(() => {});
  }

  async #json(path, options) {
    return (await this.request(path, options)).json();
  }

  #send(path, options, token) {
    return fetch(`${this.#origin}${path}`, { ...options, headers: { ...options.headers, Authorization: `Bearer ${token}` } });
  }

  /** The token of who is signed in, the stored one, or a new guest's. Requests that start together share one guest. */
  async #token() {
    const own = await this.#session?.token();
    const wasUser = this.#isUser;
    this.#isUser = Boolean(own);
    if (own) return own;
    // Whoever was signed in doesn't go on as somebody else without knowing.
    if (wasUser) throw new ApiError(401, "UNAUTHORIZED", "You are not signed in any more.");
    if (this.guest) return this.guest.access_token;
    if (!this.#admits) throw new ApiError(401, "UNAUTHORIZED", "You are not signed in.");
    this.#minting ??= this.#mint().finally(() => {
      this.#minting = null;
    });
    return this.#minting;
  }

  async #mint() {
    const { guest_id, access_token, expires_in } = await (
      await respond(fetch(`${this.#origin}/v1/guests`, post({})))
    ).json();
    const expires = Date.now() + (expires_in ?? 3600) * 1000;
    this.#storage.setItem(TOKEN_KEY, JSON.stringify({ guest_id, access_token, expires }));
    return access_token;
  }

  #forget(token) {
    if (token === this.guest?.access_token) this.forgetGuest();
    else this.#session?.forget();
  }
}

function post(body) {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

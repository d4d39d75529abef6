// The control plane: a guest's credential and the few REST calls that a conversation needs. No DOM.

const TOKEN_KEY = "colloquy.guest";
const UNREACHABLE = "The server can't be reached. Check your connection and try again.";

/** A request that the server refused, or that never reached it (`status` 0). */
export class ApiError extends Error {
  constructor(status, code, message, retryAfter = null) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    /** Seconds to wait before trying again, when the server said so. */
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may succeed later. */
  get temporary() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Talks to one server as one guest; `storage` keeps the guest's token between visits. */
export class Api {
  #storage;
  #minting = null;

  constructor(storage) {
    this.#storage = storage;
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
    let response = await this.#fetch(path, options, await this.#token());
    if (response.status === 401) {
      this.#forget();
      response = await this.#fetch(path, options, await this.#token());
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }

  /** A last request from a page that is going away: nobody waits for its answer. */
  depart(path, options) {
    const token = this.#stored();
    if (!token) return;
    const headers = { ...options.headers, Authorization: `Bearer ${token}` };
    fetch(path, { ...options, headers, keepalive: true }).catch(() => {});
  }

  async #json(path, options) {
    return (await this.request(path, options)).json();
  }

  async #fetch(path, options, token) {
    try {
      return await fetch(path, { ...options, headers: { ...options.headers, Authorization: `Bearer ${token}` } });
    } catch {
      throw new ApiError(0, "UNREACHABLE", UNREACHABLE);
    }
  }

  /** The stored token, or a new guest's. Requests that start together share one guest. */
  async #token() {
    const stored = this.#stored();
    if (stored) return stored;
    this.#minting ??= this.#mint().finally(() => {
      this.#minting = null;
    });
    return this.#minting;
  }

  async #mint() {
    let response;
    try {
      response = await fetch("/v1/guests", post({}));
    } catch {
      throw new ApiError(0, "UNREACHABLE", UNREACHABLE);
    }
    if (!response.ok) throw await refusal(response);
    const { access_token, expires_in } = await response.json();
    const expires = Date.now() + (expires_in ?? 3600) * 1000;
    this.#storage.setItem(TOKEN_KEY, JSON.stringify({ access_token, expires }));
    return access_token;
  }

  #stored() {
    try {
      const { access_token, expires } = JSON.parse(this.#storage.getItem(TOKEN_KEY)) ?? {};
      return expires > Date.now() + 60_000 ? access_token : null;
    } catch {
      return null;
    }
  }

  #forget() {
    this.#storage.removeItem(TOKEN_KEY);
  }
}

function post(body) {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

async function refusal(response) {
  const { code, message } = (await response.json().catch(() => null))?.error ?? {};
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  const retryAfter = Number.isFinite(seconds) ? seconds : null;
  return new ApiError(response.status, code ?? "HTTP_ERROR", message ?? words(response.status), retryAfter);
}

function words(status) {
  if (status === 404) return "This conversation isn't there any more.";
  if (status === 410) return "This conversation has ended.";
  if (status === 429) return "That was a lot at once. Please wait a moment and try again.";
  if (status === 503) return "Every table is taken at the moment. Please try again shortly.";
  if (status >= 500) return "The server had a problem. Please try again.";
  return `The server refused the request (${status}).`;
}

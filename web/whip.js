// WHIP (RFC 9725): one HTTP resource for one peer of a conversation. No DOM, no WebRTC.

import { iceServers } from "./sdp.js";

const FRAGMENT = "application/trickle-ice-sdpfrag";

/** A joined peer's resource: made by `Whip.join`, gone after `leave`. */
class Resource {
  #api;
  #url;
  #etag;

  constructor(api, response, answer) {
    this.#api = api;
    this.#url = response.headers.get("Location");
    this.#etag = response.headers.get("ETag");
    /** The server's SDP answer. */
    this.answer = answer;
    /** The ICE servers to use, as `RTCIceServer`s; mostly none. */
    this.iceServers = iceServers(response.headers.get("Link"));
  }

  /** Tells the server of more candidates of the present ICE session; one that names no session wants none. */
  async trickle(body) {
    if (this.#etag) await this.#api.request(this.#url, this.#patch(this.#etag, body));
  }

  /** Restarts ICE: the new credentials in, the server's fragment out. */
  async restart(body) {
    // Any ICE session may be replaced by a restart, hence `*`.
    const response = await this.#api.request(this.#url, this.#patch("*", body));
    this.#etag = response.headers.get("ETag") ?? this.#etag;
    return response.text();
  }

  /** Leaves, also from a page that is being closed. */
  leave() {
    this.#api.depart(this.#url, { method: "DELETE" });
  }

  #patch(match, body) {
    return { method: "PATCH", headers: { "Content-Type": FRAGMENT, "If-Match": match }, body };
  }
}

/** The WHIP endpoints of the server's conversations. */
export class Whip {
  #api;

  constructor(api) {
    this.#api = api;
  }

  /** Hands in an offer; gives the peer's resource with the answer, or an `ApiError`. */
  async join(conversation, offer) {
    const response = await this.#api.request(`/v1/conversations/${encodeURIComponent(conversation)}/whip`, {
      method: "POST",
      headers: { "Content-Type": "application/sdp" },
      body: offer,
    });
    return new Resource(this.#api, response, await response.text());
  }
}

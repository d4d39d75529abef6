// The live call: one peer connection at a time to one conversation, kept up by itself. WebRTC and WHIP, no DOM.

import { askingAgain, fragment, restartedAnswer } from "./sdp.js";
import { Trickle } from "./trickle.js";

/** How long a connection may be silent before we act, in ms: many come back by themselves. */
const PATIENCE = 2000;
/** How long a joined peer may take to connect, in ms. */
const CONNECT_WITHIN = 10_000;
/** How long an ICE restart may take, in ms. */
const RESTART_WITHIN = 5000;
/** Pauses between attempts to join again, in ms; after the last one the call is given up. */
const BACKOFF = [0, 500, 1000, 2000, 4000, 8000, 8000, 8000, 15_000];
/** Messages that may wait for the data channel. */
const OUTBOX = 20;

/**
 * States: `idle` -> `connecting` -> `connected` <-> `reconnecting` -> `closed`. Events: `status` (detail: the state),
 * `open` (the data channel), `message` (detail: a server event), `stream` (detail: the remote `MediaStream`), `lost` (detail: the
 * error that ended the call).
 */
export class Call extends EventTarget {
  /** The present `RTCPeerConnection`, or null. */
  pc = null;
  /** The present state. */
  status = "idle";

  #whip;
  #conversation = null;
  #track = null;
  #sender = null;
  #channel = null;
  #resource = null;
  #wanted = false;
  #recovering = false;
  #patience = null;
  #outbox = [];
  #candidates = null;
  #wake = null;

  constructor(whip) {
    super();
    this.#whip = whip;
  }

  /** Joins a conversation. Without a track nothing is sent until `useTrack`. Throws what `Whip.join` throws. */
  async join(conversation, track) {
    // What was typed while the line was down still belongs to the same conversation.
    if (conversation !== this.#conversation) this.#outbox = [];
    this.#conversation = conversation;
    this.#track = track;
    this.#wanted = true;
    this.#become("connecting");
    try {
      await this.#connect();
    } catch (error) {
      this.leave();
      throw error;
    }
    if (!(await this.#settled(CONNECT_WITHIN))) this.#recover();
  }

  /** Sends another track, or none, without a new negotiation. */
  async useTrack(track) {
    this.#track = track;
    await this.#sender?.replaceTrack(track);
  }

  /** Sends an event; while the channel is down it waits, the oldest making room. */
  send(message) {
    const text = JSON.stringify(message);
    if (this.#channel?.readyState === "open") {
      this.#channel.send(text);
      return;
    }
    this.#outbox.push(text);
    if (this.#outbox.length > OUTBOX) this.#outbox.shift();
  }

  /** The conversation is about to end: a lost connection is no fault from here on. */
  expectEnd() {
    this.#wanted = false;
    this.#wake?.();
  }

  /** Leaves; the conversation stays and may be joined again. */
  leave() {
    this.expectEnd();
    this.#drop();
    this.#become("closed");
  }

  /** The network came back: don't wait for the next attempt. */
  networkChanged() {
    this.#wake?.();
    if (this.status === "connected" && this.pc?.connectionState !== "connected") this.#recover();
  }

  // ---- one peer ----

  async #connect() {
    this.#drop();
    const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    this.pc = pc;
    // Without a track the line stays open both ways, so that a microphone can join later by replaceTrack.
    this.#sender = pc.addTransceiver(this.#track ?? "audio", { direction: "sendrecv" }).sender;
    this.#watch(pc);
    this.#openChannel(pc);
    const offer = await pc.createOffer();
    const asking = { type: "offer", sdp: askingAgain(offer.sdp) };
    const resource = await this.#whip.join(this.#conversation, asking.sdp);
    if (this.pc !== pc) {
      resource.leave();
      return;
    }
    this.#resource = resource;
    // Gathering starts with setLocalDescription: the ICE servers that the answer brought come in time.
    if (resource.iceServers.length > 0) {
      pc.setConfiguration({ ...pc.getConfiguration(), iceServers: resource.iceServers });
    }
    // A browser that insists on its own words does without: whatever else was answered holds for both.
    await pc.setLocalDescription(asking).catch(() => pc.setLocalDescription(offer));
    await pc.setRemoteDescription({ type: "answer", sdp: resource.answer });
  }

  #drop() {
    clearTimeout(this.#patience);
    this.#candidates?.stop();
    this.#candidates = null;
    this.#resource?.leave();
    this.#resource = null;
    const pc = this.pc;
    this.pc = this.#channel = this.#sender = null;
    pc?.close();
  }

  #watch(pc) {
    pc.ontrack = ({ track, streams }) => this.#emit("stream", streams[0] ?? new MediaStream([track]));
    pc.onicecandidate = ({ candidate }) => {
      if (this.pc !== pc) return;
      this.#candidates ??= new Trickle(pc.localDescription.sdp, this.#resource);
      this.#candidates.add(candidate?.candidate ?? "");
    };
    pc.onconnectionstatechange = () => {
      if (this.pc !== pc) return;
      clearTimeout(this.#patience);
      if (pc.connectionState === "connected") this.#become("connected");
      else if (pc.connectionState === "disconnected") this.#patience = setTimeout(() => this.#recover(), PATIENCE);
      else if (pc.connectionState === "failed" || pc.connectionState === "closed") this.#recover();
    };
  }

  #openChannel(pc) {
    const channel = pc.createDataChannel("events");
    this.#channel = channel;
    channel.onopen = () => {
      for (const text of this.#outbox.splice(0)) channel.send(text);
      this.#emit("open");
    };
    channel.onclose = () => {
      if (this.pc === pc) this.#recover();
    };
    channel.onmessage = ({ data }) => {
      const message = parse(data);
      if (this.pc === pc && message) this.#emit("message", message);
    };
  }

  // ---- keeping it up ----

  /** Restarts ICE; where that fails, joins again. One attempt at a time. */
  async #recover() {
    if (!this.#wanted || this.#recovering) return;
    this.#recovering = true;
    this.#become("reconnecting");
    try {
      if (await this.#restart()) return;
      await this.#rejoin();
    } finally {
      this.#recovering = false;
    }
  }

  /** Whether the present peer is connected again over new paths. */
  async #restart() {
    const { pc } = this;
    if (this.#channel?.readyState !== "open" || !this.#resource || pc.connectionState === "closed") return false;
    try {
      this.#candidates?.stop();
      this.#candidates = null;
      const offer = await pc.createOffer({ iceRestart: true });
      // Not applied yet: the server must know the new credentials before the first candidate is trickled.
      const answer = restartedAnswer(pc.remoteDescription.sdp, await this.#resource.restart(fragment(offer.sdp)));
      if (!answer || this.pc !== pc || !this.#wanted) return false;
      const asking = { type: "offer", sdp: askingAgain(offer.sdp) };
      await pc.setLocalDescription(asking).catch(() => pc.setLocalDescription(offer));
      await pc.setRemoteDescription({ type: "answer", sdp: answer });
    } catch {
      return false;
    }
    return this.#settled(RESTART_WITHIN);
  }

  async #rejoin() {
    let failure = null;
    for (const pause of BACKOFF) {
      await this.#pause(Math.max(pause, (failure?.retryAfter ?? 0) * 1000));
      if (!this.#wanted) return;
      try {
        await this.#connect();
        if (await this.#settled(CONNECT_WITHIN)) return;
        failure = null;
      } catch (error) {
        failure = error;
        if (error.temporary === false) break;
      }
      if (!this.#wanted) return;
    }
    this.leave();
    this.#emit("lost", failure);
  }

  /** Waits until the peer is connected; false after `within` ms or when it failed. */
  #settled(within) {
    const { pc } = this;
    return new Promise((resolve) => {
      const done = (connected) => {
        clearTimeout(deadline);
        pc?.removeEventListener("connectionstatechange", look);
        if (connected) this.#become("connected");
        resolve(connected);
      };
      const deadline = setTimeout(done, within, false);
      const look = () => {
        if (pc.connectionState === "connected") done(true);
        else if (pc.connectionState === "failed" || pc.connectionState === "closed") done(false);
      };
      if (!pc || this.pc !== pc) return done(false);
      // Right after a restart the state may still be the old failure: only a change to it counts.
      if (pc.connectionState === "connected") return done(true);
      pc.addEventListener("connectionstatechange", look);
    });
  }

  #pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #become(status) {
    if (status === this.status) return;
    this.status = status;
    this.#emit("status", status);
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** A server event; null for what isn't one. */
function parse(data) {
  try {
    const message = JSON.parse(data);
    return typeof message?.type === "string" ? message : null;
  } catch {
    return null;
  }
}

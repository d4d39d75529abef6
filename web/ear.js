// The learner's microphone for as long as a conversation lasts: opened, changed, muted, closed.

import { microphones, openMicrophone } from "./microphone.js";
import * as notices from "./notices.js";

/** Holds the one open microphone, sends it over `call`, shows it on `sound`, and keeps `store` up to date. */
export class Ear {
  #stream = null;
  #store;
  #call;
  #sound;

  constructor(store, call, sound) {
    this.#store = store;
    this.#call = call;
    this.#sound = sound;
    navigator.mediaDevices?.addEventListener("devicechange", async () => {
      if (this.#stream) store.update({ devices: await microphones() });
    });
  }

  /** What to send, or null. */
  get track() {
    return this.#stream?.getAudioTracks()[0] ?? null;
  }

  /**
   * Opens a microphone before a call, the one in use last if it is there. False if nobody wants it any more when it is open
   * (`isWanted()`); throws what `explain` explains.
   */
  async open(isWanted) {
    const opened = await openMicrophone(this.#store.state.device);
    if (!isWanted()) {
      stop(opened);
      return false;
    }
    this.#stream = opened;
    this.#watch();
    return true;
  }

  /** Opens a microphone during the call, the first or another one. */
  async use(deviceId = this.#store.state.device) {
    const before = this.#stream;
    try {
      const opened = await openMicrophone(deviceId);
      if (this.#store.state.phase !== "live") {
        stop(opened);
        return;
      }
      this.#stream = opened;
    } catch (error) {
      this.#store.update({ notice: notices.noMicrophone(error) });
      return;
    }
    stop(before);
    this.#watch();
    this.#sound.wake();
    this.listen();
    await this.#call.useTrack(this.track);
    this.#store.update({ microphone: "on", notice: null });
  }

  /** Shows its level from now on. */
  listen() {
    this.#sound.listen(this.#stream);
  }

  /** Mutes it, or not any more; opens one where there is none. */
  toggle() {
    const { track } = this;
    if (!track) {
      this.use();
      return;
    }
    track.enabled = !track.enabled;
    if (track.enabled) this.listen();
    this.#store.update({ microphone: track.enabled ? "on" : "muted" });
  }

  /** Closes it. */
  close() {
    stop(this.#stream);
    this.#stream = null;
    this.#store.update({ microphone: "none" });
  }

  async #watch() {
    const stream = this.#stream;
    this.track.onended = () => {
      if (this.#stream !== stream) return;
      this.close();
      this.listen();
      this.#call.useTrack(null);
      this.#store.update({ notice: notices.microphoneGone(() => this.use()) });
    };
    this.#store.update({ device: this.track.getSettings().deviceId ?? "", devices: await microphones() });
  }
}

function stop(stream) {
  for (const track of stream?.getTracks() ?? []) {
    track.onended = null;
    track.stop();
  }
}

import assert from "node:assert/strict";
import test from "node:test";

import { Call } from "./call.js";

// Node 18, Debian 12's, has no such class; every browser has.
globalThis.CustomEvent ??= class extends Event {
  constructor(type, { detail = null } = {}) {
    super(type);
    this.detail = detail;
  }
};

const sdp = (ufrag) =>
  `v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:${ufrag}\r\na=ice-pwd:${ufrag}-password\r\n`;

/** A peer connection that connects as soon as it has both descriptions, and fails when told. */
class Peer extends EventTarget {
  static made = [];
  connectionState = "new";
  #offers = 0;

  constructor() {
    super();
    Peer.made.push(this);
    this.name = `peer${Peer.made.length}`;
  }
  addTransceiver = () => ({ sender: { replaceTrack: async () => {} } });
  createDataChannel = () =>
    (this.channel = { readyState: "connecting", sent: [], send: (text) => this.channel.sent.push(text) });
  createOffer = async () => ({ type: "offer", sdp: sdp(`${this.name}.${++this.#offers}`) });
  setLocalDescription = async (description) => (this.localDescription = description);
  async setRemoteDescription(description) {
    this.remoteDescription = description;
    this.become("connected");
    if (this.channel.readyState !== "connecting") return;
    this.channel.readyState = "open";
    this.channel.onopen();
  }
  become(state) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
    this.dispatchEvent(new Event("connectionstatechange"));
  }
  close() {
    this.connectionState = "closed";
  }
}

/** A server whose refusals are set by `refuse`; notes what it is asked. */
class Server {
  asked = [];
  refuse = {};

  async join(conversation, offer) {
    const ufrag = offer.match(/ufrag:(.*)/)[1];
    this.asked.push(`join ${conversation} ${ufrag}`);
    if (this.refuse.join) throw this.refuse.join;
    return {
      answer: sdp("server"),
      iceServers: [],
      trickle: async () => {},
      restart: async (body) => {
        this.asked.push(`restart ${body.match(/ufrag:(.*)/)[1]}`);
        if (this.refuse.restart) throw this.refuse.restart;
        return sdp("again");
      },
      leave: () => this.asked.push(`leave ${ufrag}`),
    };
  }
}

async function joined() {
  globalThis.RTCPeerConnection = Peer;
  Peer.made = [];
  const server = new Server();
  const call = new Call(server);
  const seen = [];
  call.addEventListener("status", ({ detail }) => seen.push(detail));
  await call.join("conv_1", null);
  return { server, call, seen };
}

const status = (call, wanted) =>
  new Promise((resolve) => call.addEventListener("status", ({ detail }) => detail === wanted && resolve()));

test("a failed connection is mended by an ICE restart, over the same resource", async () => {
  const { server, call, seen } = await joined();
  const back = status(call, "connected");
  call.pc.become("failed");
  await back;
  assert.deepEqual(server.asked, ["join conv_1 peer1.1", "restart peer1.2"]);
  assert.match(call.pc.remoteDescription.sdp, /a=ice-ufrag:again\r\n/);
  assert.deepEqual(seen, ["connecting", "connected", "reconnecting", "connected"]);
  call.leave();
});

test("where the restart is refused the same conversation is joined again, and what waited is sent", async () => {
  const { server, call } = await joined();
  server.refuse.restart = new Error("404");
  const back = status(call, "connected");
  Peer.made[0].channel.readyState = "closed";
  call.send({ type: "text", content: "encore là" });
  Peer.made[0].channel.readyState = "open";
  call.pc.become("failed");
  await back;
  assert.deepEqual(server.asked, ["join conv_1 peer1.1", "restart peer1.2", "leave peer1.1", "join conv_1 peer2.1"]);
  assert.deepEqual(Peer.made[1].channel.sent, ['{"type":"text","content":"encore là"}']);
  call.leave();
});

test("a conversation that is over is not asked for again", async () => {
  const { server, call, seen } = await joined();
  const gone = Object.assign(new Error("ended"), { status: 410, temporary: false });
  server.refuse = { restart: gone, join: gone };
  const lost = new Promise((resolve) => call.addEventListener("lost", ({ detail }) => resolve(detail)));
  call.pc.become("failed");
  assert.equal(await lost, gone);
  assert.deepEqual(server.asked, ["join conv_1 peer1.1", "restart peer1.2", "leave peer1.1", "join conv_1 peer2.1"]);
  assert.deepEqual(seen, ["connecting", "connected", "reconnecting", "closed"]);
});

test("after the end a lost connection is no fault", async () => {
  const { server, call, seen } = await joined();
  call.expectEnd();
  call.pc.become("failed");
  call.leave();
  assert.deepEqual(server.asked, ["join conv_1 peer1.1", "leave peer1.1"]);
  assert.deepEqual(seen, ["connecting", "connected", "closed"]);
});

test("messages that are none are dropped", async () => {
  const { call } = await joined();
  const heard = [];
  call.addEventListener("message", ({ detail }) => heard.push(detail.type));
  for (const data of ["", "{", "null", "7", '{"type":3}', '{"type":"state","state":"listening"}'])
    Peer.made[0].channel.onmessage({ data });
  assert.deepEqual(heard, ["state"]);
  call.leave();
});

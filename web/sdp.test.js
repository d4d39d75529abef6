import assert from "node:assert/strict";
import test from "node:test";

import { askingAgain, fragment, iceServers, restartedAnswer } from "./sdp.js";

const OFFER = [
  "v=0",
  "o=- 1 2 IN IP4 127.0.0.1",
  "s=-",
  "t=0 0",
  "a=group:BUNDLE 0 1",
  "m=audio 42203 UDP/TLS/RTP/SAVPF 111 63",
  "c=IN IP4 0.0.0.0",
  "a=ice-ufrag:EsAw",
  "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
  "a=mid:0",
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
  "a=ice-ufrag:EsAw",
  "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
  "a=mid:1",
  "",
].join("\r\n");

test("a fragment names the offerer-tagged section, its credentials and the candidates", () => {
  const candidates = ["candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host"];
  assert.equal(
    fragment(OFFER, candidates, true),
    [
      "a=group:BUNDLE 0 1",
      "m=audio 9 UDP/TLS/RTP/SAVPF 111 63",
      "a=mid:0",
      "a=ice-ufrag:EsAw",
      "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
      "a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host",
      "a=end-of-candidates",
      "",
    ].join("\r\n"),
  );
});

test("a restart changes credentials and candidates of the answer and nothing else", () => {
  const answer = [
    "v=0",
    "a=group:BUNDLE 0 1",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111",
    "a=mid:0",
    "a=ice-ufrag:old",
    "a=ice-pwd:oldoldoldoldoldoldoldo",
    "a=candidate:1 1 udp 1 192.0.2.9 1 typ host",
    "a=end-of-candidates",
    "a=setup:passive",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    "a=mid:1",
    "a=ice-ufrag:old",
    "a=ice-pwd:oldoldoldoldoldoldoldo",
    "a=setup:passive",
    "",
  ].join("\r\n");
  const fresh =
    "a=ice-ufrag:new\r\na=ice-pwd:newnewnewnewnewnewnewn\r\nm=audio 9 X 111\r\na=mid:0\r\na=candidate:7 1 udp 1 192.0.2.7 7 typ host\r\n";
  assert.equal(
    restartedAnswer(answer, fresh),
    [
      "v=0",
      "a=group:BUNDLE 0 1",
      "m=audio 9 UDP/TLS/RTP/SAVPF 111",
      "a=mid:0",
      "a=candidate:7 1 udp 1 192.0.2.7 7 typ host",
      "a=ice-ufrag:new",
      "a=ice-pwd:newnewnewnewnewnewnewn",
      "a=setup:passive",
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
      "a=mid:1",
      "a=ice-ufrag:new",
      "a=ice-pwd:newnewnewnewnewnewnewn",
      "a=setup:passive",
      "",
    ].join("\r\n"),
  );
});

test("a fragment without credentials restarts nothing", () => {
  assert.equal(restartedAnswer(OFFER, "m=audio 9 X 0\r\na=mid:0\r\n"), null);
  assert.equal(restartedAnswer(OFFER, ""), null);
});

test("ice servers are read from Link headers, and only those", () => {
  assert.deepEqual(
    iceServers(
      '<stun:stun.example.net>; rel="ice-server", </style.css>; rel=preload, ' +
        '<turns:turn.example.net:443?transport=tcp>; rel="ice-server"; username="a,b"; credential="p\\"w;<x>"; credential-type="password"',
    ),
    [
      { urls: "stun:stun.example.net" },
      { urls: "turns:turn.example.net:443?transport=tcp", username: "a,b", credential: 'p"w;<x>' },
    ],
  );
  for (const link of [null, "", "<", '<https://example.net>; rel="ice-server"', "<stun:x>; rel=next"]) {
    assert.deepEqual(iceServers(link), [], String(link));
  }
});

test("an offer asks for lost audio again, once", () => {
  const opus = "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\na=rtpmap:111 opus/48000/2\r\n";
  const rest = "a=rtcp-fb:111 transport-cc\r\na=rtpmap:63 red/48000/2\r\n";
  const asking = opus + "a=rtcp-fb:111 nack\r\n" + rest;
  assert.equal(askingAgain(opus + rest), asking);
  assert.equal(askingAgain(asking), asking);
  assert.equal(askingAgain(OFFER), OFFER);
});

// The pieces of SDP that WHIP needs beside whole offers and answers: trickled candidates and ICE restarts as
// `application/trickle-ice-sdpfrag` (RFC 8840, RFC 9725 section 4.3), and ICE servers from Link headers (section 4.6). Pure.

const lines = (sdp) => sdp.split(/\r?\n/).filter(Boolean);
const value = (sdp, prefix) =>
  lines(sdp)
    .find((line) => line.startsWith(prefix))
    ?.slice(prefix.length) ?? null;

/** The ICE user name fragment and password of a description or fragment; null where absent. */
export function iceCredentials(sdp) {
  return { ufrag: value(sdp, "a=ice-ufrag:"), pwd: value(sdp, "a=ice-pwd:") };
}

/**
 * A description of ours that agrees to ask for lost audio again, and to send again what is asked for (generic NACK, RFC 4585):
 * browsers can, but offer it for video only.
 */
export function askingAgain(sdp) {
  return sdp.replace(/^a=rtpmap:(\d+) opus\/48000\/2(\r?\n)/gim, (line, format, end) => {
    const nack = `a=rtcp-fb:${format} nack`;
    return lines(sdp).includes(nack) ? line : line + nack + end;
  });
}

/**
 * A fragment that adds `candidates` (lines without `a=`) to the bundled transport of `description`, or, with none, that only
 * announces its credentials. `complete` says that no more will follow.
 */
export function fragment(description, candidates = [], complete = false) {
  const { ufrag, pwd } = iceCredentials(description);
  const media = lines(description).find((line) => line.startsWith("m="));
  const out = [];
  const group = value(description, "a=group:BUNDLE");
  if (group) out.push(`a=group:BUNDLE${group}`);
  // The port says nothing in a fragment (RFC 8840, section 9.2): the discard port stands for it.
  out.push(
    media.replace(/^(m=\w+) \d+/, "$1 9"),
    `a=mid:${value(description, "a=mid:") ?? "0"}`,
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${pwd}`,
  );
  for (const candidate of candidates) out.push(`a=${candidate.replace(/^a=/, "")}`);
  if (complete) out.push("a=end-of-candidates");
  return out.join("\r\n") + "\r\n";
}

/**
 * The answer to an ICE restart: the former answer with the credentials and candidates of the server's fragment in place of
 * its own. Null when the fragment carries no credentials.
 */
export function restartedAnswer(answer, sdpFragment) {
  const { ufrag, pwd } = iceCredentials(sdpFragment);
  if (!ufrag || !pwd) return null;
  const isCandidate = (line) => line.startsWith("a=candidate:") || line === "a=end-of-candidates";
  const candidates = lines(sdpFragment).filter(isCandidate);
  const out = [];
  for (const line of lines(answer)) {
    if (isCandidate(line) || line.startsWith("a=ice-pwd:")) continue;
    if (line.startsWith("a=ice-ufrag:")) {
      out.push(`a=ice-ufrag:${ufrag}`, `a=ice-pwd:${pwd}`);
    } else {
      out.push(line);
    }
    // With BUNDLE there is one transport, described in the first media section.
    if (line.startsWith("a=mid:")) out.push(...candidates.splice(0));
  }
  return out.join("\r\n") + "\r\n";
}

/** `RTCIceServer`s from a Link header field such as `<stun:stun.example.net>; rel="ice-server"`. */
export function iceServers(link) {
  const servers = [];
  for (const match of (link ?? "").matchAll(/<([^>]*)>((?:[^",<]|"(?:[^"\\]|\\.)*")*)/g)) {
    const parameters = {};
    for (const [, name, quoted, token] of match[2].matchAll(
      /;\s*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]+))/g,
    )) {
      parameters[name.toLowerCase()] = quoted?.replace(/\\(.)/g, "$1") ?? token;
    }
    if (!(parameters.rel ?? "").split(/\s+/).includes("ice-server") || !/^(stun|turn)s?:/.test(match[1])) continue;
    const server = { urls: match[1] };
    if (parameters.username !== undefined) server.username = parameters.username;
    if (parameters.credential !== undefined) server.credential = parameters.credential;
    servers.push(server);
  }
  return servers;
}

import assert from "node:assert/strict";
import test from "node:test";

import { Session } from "./session.js";

const answer = (status, body) => ({ ok: status < 400, status, json: async () => body, headers: new Headers() });

/** A server with a person who is signed in until `out`; counts what it is asked. */
function server() {
  const asked = [];
  const it = { out: false, asked };
  it.fetch = async (path, { headers } = {}) => {
    asked.push(path);
    if (path === "/session") return answer(200, it.out ? { signed_in: false } : { signed_in: true, csrf_token: "c" });
    if (it.out || headers["X-CSRF-Token"] !== "c") return answer(401, { error: { message: "no" } });
    return answer(200, { access_token: `token ${asked.length}`, expires_in: 600 });
  };
  return it;
}

test("requests that start together share one token, and it is used until it ends", async () => {
  const { fetch, asked } = server();
  let now = 0;
  const session = new Session({ fetch, now: () => now });
  const tokens = await Promise.all([session.token(), session.token()]);
  assert.deepEqual(tokens, ["token 2", "token 2"]);
  now = 560_000;
  assert.equal(await session.token(), "token 2");
  now = 571_000;
  assert.equal(session.current, null);
  assert.equal(await session.token(), "token 3");
  assert.deepEqual(asked, ["/session", "/session/token", "/session/token"]);
});

test("who isn't signed in, or not any more, has no token and is not asked about again", async () => {
  const it = server();
  const session = new Session({ fetch: it.fetch, now: () => 0 });
  assert.equal((await session.state()).signed_in, true);
  it.out = true;
  assert.equal(await session.token(), null);
  assert.equal((await session.state()).signed_in, false);
  assert.equal(await session.token(), null);
  assert.deepEqual(it.asked, ["/session", "/session/token"]);
});

test("a token that was refused is replaced", async () => {
  const { fetch } = server();
  const session = new Session({ fetch, now: () => 0 });
  assert.equal(await session.token(), "token 2");
  session.forget();
  assert.equal(await session.token(), "token 4");
});

test("a server that is away is told of, and asked again the next time", async () => {
  const it = server();
  let isAway = true;
  const session = new Session({
    fetch: async (...request) => {
      if (isAway) throw new TypeError("failed to fetch");
      return it.fetch(...request);
    },
    now: () => 0,
  });
  await assert.rejects(session.token(), { status: 0, temporary: true });
  isAway = false;
  assert.equal(await session.token(), "token 2");
});

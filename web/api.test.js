import assert from "node:assert/strict";
import test from "node:test";

import { Api } from "./api.js";

/** Storage that lasts for a test. */
const storage = () => {
  const values = new Map();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => values.set(key, value),
    removeItem: (key) => values.delete(key),
  };
};

/** Somebody's session: `tokens` in turn, null once they are out. */
const session = (...tokens) => ({
  token: async () => tokens[0] ?? null,
  forget: () => tokens.shift(),
});

/** Answers 200 to `good` tokens and 401 to others; each guest is a new one. Gives the tokens that were shown. */
function serve(t, good) {
  const shown = [];
  let guests = 0;
  const answer = (status, body) => ({ ok: status < 400, status, json: async () => body, headers: new Headers() });
  t.mock.method(globalThis, "fetch", async (path, { headers }) => {
    if (path === "/v1/guests") {
      guests += 1;
      return answer(201, { guest_id: `user_${guests}`, access_token: `guest ${guests}`, expires_in: 3600 });
    }
    const token = headers.Authorization.replace("Bearer ", "");
    shown.push(token);
    return good.includes(token) ? answer(200, {}) : answer(401, { error: { code: "UNAUTHORIZED", message: "no" } });
  });
  return shown;
}

test("requests that start together share one guest, who is kept", async (t) => {
  const shown = serve(t, ["guest 1"]);
  const kept = storage();
  const api = new Api(kept);
  await Promise.all([api.read("/a"), api.read("/b")]);
  await new Api(kept).read("/c");
  assert.deepEqual(shown, ["guest 1", "guest 1", "guest 1"]);
  assert.equal(api.guest.guest_id, "user_1");
});

test("a guest who isn't known any more is replaced once", async (t) => {
  const shown = serve(t, ["guest 2"]);
  await new Api(storage()).read("/a");
  assert.deepEqual(shown, ["guest 1", "guest 2"]);
});

test("where nobody is admitted nobody becomes a guest", async (t) => {
  const shown = serve(t, []);
  const api = new Api(storage(), { session: session(), admits: false });
  await assert.rejects(api.read("/a"), { status: 401 });
  assert.deepEqual(shown, []);
  assert.equal(api.guest, null);
});

test("who is signed in is no guest, and an old token of theirs is replaced", async (t) => {
  const shown = serve(t, ["guest 1", "new"]);
  const kept = storage();
  await new Api(kept).read("/a");
  await new Api(kept, { session: session("old", "new") }).read("/b");
  assert.deepEqual(shown, ["guest 1", "old", "new"]);
});

test("who was signed out meanwhile is told so before they go on as a guest", async (t) => {
  const shown = serve(t, ["guest 1"]);
  const kept = storage();
  await new Api(kept).read("/a");
  const api = new Api(kept, { session: session("old") });
  await assert.rejects(api.read("/b"), { status: 401 });
  await api.read("/c");
  assert.deepEqual(shown, ["guest 1", "old", "guest 1"]);
});

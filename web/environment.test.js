import assert from "node:assert/strict";
import test from "node:test";

import { Api } from "./api.js";
import { apiOrigin, environment, trace } from "./environment.js";
import { Store } from "./state.js";

test("the API is where the page came from, unless the operator named another place", async () => {
  const told = (body, ok = true) => environment(async () => ({ ok, json: async () => body }));
  assert.equal(apiOrigin(await told({ api_url: "http://localhost:8000" })), "");
  assert.equal(apiOrigin(await told({ api_url: "https://api.example.com/" })), "https://api.example.com");
  assert.equal(apiOrigin(await told({}, false)), "");
  assert.equal(apiOrigin(await environment(() => Promise.reject(new TypeError("offline")))), "");
});

test("requests go to the place that was named, a new guest's first one among them", async (t) => {
  const asked = [];
  t.mock.method(globalThis, "fetch", async (url) => {
    asked.push(url);
    const body = { guest_id: "user_1", access_token: "a", expires_in: 3600 };
    return { ok: true, status: 200, json: async () => body, headers: new Headers() };
  });
  const storage = { getItem: () => null, setItem: () => {}, removeItem: () => {} };
  await new Api(storage, { origin: Promise.resolve("https://api.example.com") }).read("/v1/users/me");
  assert.deepEqual(asked, ["https://api.example.com/v1/guests", "https://api.example.com/v1/users/me"]);
});

test("what changes is told to the console", () => {
  const told = [];
  const store = new Store();
  trace(store, (_, changes) => told.push(changes));
  store.update({ activity: "listening" });
  store.update({ activity: "listening" });
  assert.deepEqual(told.slice(1), [{ activity: "listening" }]);
});

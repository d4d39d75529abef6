// The page of settings: each section is a module of its own.

import { Applications } from "./applications.js";
import { Departure } from "./departure.js";
import { Keys } from "./keys.js";
import { Profile } from "./profile.js";
import { invite, run } from "./visitor.js";
import { Webhooks } from "./webhooks.js";

const get = (id) => document.getElementById(id);

run(async (visitor) => {
  const { kind } = visitor;
  const sections = [];
  if (kind !== "stranger") sections.push(new Profile(get("profile"), visitor));
  if (kind === "user") {
    sections.push(new Keys(get("keys"), visitor), new Webhooks(get("webhooks"), visitor), new Applications(get("applications"), visitor));
    sections.push(new Departure(get("account"), visitor));
  } else {
    const text = "API keys and webhooks belong to an account, and so do settings that are kept.";
    invite(get("invitation"), "You are here as a guest", text);
  }
  get("contents").hidden = kind !== "user";
  await Promise.all(sections.map((section) => section.load()));
  for (const { root } of sections) root.hidden = false;
  // What the address names was not there when the browser looked.
  if (location.hash.length > 1) get(location.hash.slice(1))?.scrollIntoView();
});

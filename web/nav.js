// The way from page to page, and who is signed in.

import { element } from "./element.js";

const PAGES = [
  ["/", "Talk"],
  ["/progress", "Progress"],
  ["/achievements", "Achievements"],
  ["/leaderboard", "Leaderboard"],
  ["/history", "History"],
];

/** Draws the links into `#nav`; those of an account when `session` has told whether there is one. */
export async function drawNav(session) {
  const nav = document.getElementById("nav");
  const account = element("li", { class: "account", "data-testid": "account" });
  const links = PAGES.map(([path, title]) => element("li", {}, link(path, title)));
  nav.replaceChildren(element("ul", {}, ...links, account));
  try {
    const state = await session.state();
    account.replaceChildren(...(state.signed_in ? signedIn(state) : signedOut()));
  } catch {
    // What the page is for tells that the server is away.
  }
}

/** Where to sign in or up, to come back to this page. */
export function entrance(path) {
  const here = location.pathname + location.hash;
  return `${path}?return_to=${encodeURIComponent(here)}`;
}

function signedIn({ user, csrf_token }) {
  const out = element("button", { type: "submit", class: "plain", "data-testid": "sign-out" }, "Sign out");
  const token = element("input", { type: "hidden", name: "form_token", value: csrf_token });
  return [
    link("/settings", "Settings", { title: user.email }),
    element("form", { method: "post", action: "/logout" }, token, out),
  ];
}

function signedOut() {
  return [
    link("/settings", "Settings"),
    element("a", { href: entrance("/login"), "data-testid": "sign-in" }, "Sign in"),
    element("a", { href: entrance("/signup"), class: "join", "data-testid": "sign-up" }, "Sign up"),
  ];
}

function link(path, title, attributes = {}) {
  const current = location.pathname === path ? "page" : null;
  return element("a", { href: path, "aria-current": current, ...attributes }, title);
}

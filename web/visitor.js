// Who looks at a page of the dashboard, and with what they may read.

import { Api } from "./api.js";
import { apiOrigin, environment } from "./environment.js";
import { drawNav, entrance } from "./nav.js";
import { drawNotice } from "./notice.js";
import { sentence } from "./notices.js";
import { Session } from "./session.js";
import { storageOf } from "./storage.js";

/**
 * Draws the way to the other pages, and tells who is there: `{api, session, user, kind}`. `kind` is "user", "guest" for who has
 * talked without an account, and "stranger" for who hasn't: looking at a page makes nobody a guest.
 */
export async function receive() {
  const session = new Session();
  drawNav(session);
  const api = new Api(storageOf("localStorage"), {
    session,
    admits: false,
    origin: environment().then(apiOrigin),
  });
  const { signed_in, user = null } = await session.state();
  return { api, session, user, kind: signed_in ? "user" : api.guest ? "guest" : "stranger" };
}

/** Runs a page: `show(visitor)` draws it; what fails is told in `#notice`, with a way to try again. */
export async function run(show) {
  untell();
  try {
    await attempt(show);
  } catch (error) {
    tell(error, () => run(show));
  } finally {
    document.querySelector("main").setAttribute("aria-busy", "false");
  }
}

async function attempt(show) {
  try {
    await show(await receive());
  } catch (error) {
    if (error.status !== 401) throw error;
    // They are somebody else by now: signed out elsewhere, or a guest whose things were claimed.
    await show(await receive());
  }
}

/** Tells in `#notice` that something failed, with a way to do it again if that may help. */
export function tell(error, again = null) {
  const box = document.getElementById("notice");
  const isGone = error.status === 401;
  const wait = error.retryAfter ? ` Try again in ${error.retryAfter} seconds.` : "";
  if (!("status" in error)) console.error(error);
  drawNotice(box, {
    tone: "error",
    title: isGone ? "You are signed out" : "That did not work",
    text: "status" in error ? sentence(error.message) + wait : "Something in this page went wrong.",
    actions: isGone
      ? [{ label: "Sign in", href: entrance("/login") }]
      : again
        ? [{ label: "Try again", act: again }]
        : [],
  });
  box.scrollIntoView({ block: "nearest" });
}

/** Takes back what `tell` told. */
export function untell() {
  drawNotice(document.getElementById("notice"), null);
}

/** Invites who has no account, in `box`: `text` says what they would get. */
export function invite(box, title, text) {
  drawNotice(box, {
    title,
    text,
    actions: [
      { label: "Create an account", href: entrance("/signup") },
      { label: "Sign in", href: entrance("/login") },
    ],
  });
}

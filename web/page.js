// The page's elements, and drawing the state into those that are no view of their own.

import { drawBill } from "./bill.js";
import { displayName } from "./languages.js";
import { drawLatency } from "./latency.js";
import { drawNotice } from "./notice.js";

const camel = (id) => id.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());

/** Every element that has an id, by that id in camel case. */
export const page = Object.fromEntries(
  [...document.querySelectorAll("[id]")].map((element) => [camel(element.id), element]),
);

const BUSY = {
  permission: "Your browser asks for the microphone. Choose “Allow”.",
  joining: "Your table is being laid…",
};

/** Draws what changed. */
export function drawPage(state, before) {
  document.body.dataset.phase = state.phase;
  page.menu.hidden = state.phase !== "menu";
  page.live.hidden = state.phase === "menu";
  page.summary.hidden = state.phase !== "summary";
  page.stage.hidden = state.phase !== "live";
  page.talk.setAttribute("aria-disabled", String(Boolean(state.busy)));
  page.typeOnly.disabled = state.busy === "joining";
  page.talkNote.textContent = BUSY[state.busy] ?? "";
  if (state.notice !== before.notice || state.phase !== before.phase) {
    drawNotice(page.menuNotice, state.phase === "menu" ? state.notice : null);
    drawNotice(page.liveNotice, state.phase === "menu" ? null : state.notice);
    // On a phone the menu is longer than the window.
    if (state.phase === "menu" && state.notice) page.menuNotice.scrollIntoView({ block: "nearest" });
  }
  page.resume.hidden = !state.left;
  if (state.left && state.left !== before.left) drawLeft(state.left);
  if (state.conversation && state.conversation !== before.conversation) drawHead(state);
  if (state.phase === "live" && before.phase === "menu") page.liveTitle.focus();
  if (state.latencies !== before.latencies) {
    drawLatency({ rows: page.latencyRows, note: page.latencyNote }, state.latencies);
  }
  page.summaryWait.hidden = Boolean(state.summary) || Boolean(state.notice);
  page.billBody.hidden = !state.summary;
  const isNew = (part) => state[part] !== before[part];
  if (state.summary && ["summary", "words", "medals"].some(isNew)) {
    const { billRows: rows, billNote: note, achievements, corrections, words, next } = page;
    drawBill({ rows, note, achievements, corrections, words, next }, state.summary, {
      met: state.words,
      language: state.choice?.tag,
      medals: state.medals,
    });
  }
}

function drawLeft({ choice, tutor }) {
  page.resumeWhat.textContent = `“${choice.title}”, in ${displayName(choice.language)}${tutor ? ` with ${tutor}` : ""}.`;
}

function drawHead({ conversation, choice }) {
  const tutor = conversation.ai_persona?.name;
  page.liveTitle.textContent = choice.title;
  page.liveWith.textContent = `${tutor ? `with ${tutor} · ` : ""}${displayName(choice.language)}`;
}

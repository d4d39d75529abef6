// The page of past conversations: a list, and one of them to read and hear again (`#conv_...`).

import { Bookmark } from "./bookmark.js";
import { offerClaim } from "./claiming.js";
import { element } from "./element.js";
import { NOT_MEASURED, count, duration, moment, score, title } from "./figures.js";
import { browserLanguage, languageName, tagOf } from "./languages.js";
import { line } from "./reading.js";
import { leader } from "./rows.js";
import { storageOf } from "./storage.js";
import { invite, run, tell, untell } from "./visitor.js";

const PAGE = 20;

const get = (id) => document.getElementById(id);
/** Conversations by id, as far as they were listed. */
const known = new Map();
let cursor = null;

run(async (visitor) => {
  const { api, kind } = visitor;
  if (kind !== "user") {
    const text =
      kind === "guest"
        ? "These conversations are kept for this browser only. With an account they stay yours."
        : "Your conversations will be listed here. With an account they are kept.";
    invite(get("invitation"), "You are here as a guest", text);
  }
  if (kind === "stranger") return;
  known.clear();
  cursor = null;
  get("conversations").replaceChildren();
  await more(api);
  get("more").onclick = () => more(api).catch((error) => tell(error, () => get("more").click()));
  const open = () => show(api).catch((error) => tell(error, open));
  window.onhashchange = open;
  await show(api);
  await offerClaim(get("claim"), visitor, () => location.reload());
});

async function more(api) {
  const query = new URLSearchParams({ limit: PAGE, ...(cursor ? { cursor } : {}) });
  const { conversations, next_cursor } = await api.read(`/v1/conversations?${query}`);
  cursor = next_cursor;
  for (const conversation of conversations) known.set(conversation.id, conversation);
  const items = conversations.map(entry);
  get("conversations").append(...items);
  get("more").hidden = !cursor;
  get("list-note").replaceChildren(
    ...(known.size === 0 ? ["There are none yet. ", element("a", { href: "/" }, "Sit down and talk.")] : []),
  );
  // What was pressed may be gone.
  if (query.has("cursor")) items[0]?.querySelector("a").focus();
}

/** Shows the conversation that the address names, or else the list. */
async function show(api) {
  const id = location.hash.slice(1);
  const isList = !/^[\w-]+$/.test(id);
  get("list").hidden = !isList;
  get("reading").hidden = true;
  untell();
  if (isList) return;
  const told = await api.read(`/v1/conversations/${encodeURIComponent(id)}/messages`);
  if (location.hash.slice(1) !== id) return;
  drawReading(api, id, told);
}

function drawReading(api, id, { status, messages, summary }) {
  const conversation = known.get(id) ?? {};
  const { topic = "", ai_persona: persona, language = "" } = conversation;
  get("reading").hidden = false;
  get("reading-title").textContent = topic ? title(topic) : "A conversation";
  get("reading-note").textContent = conversation.id ? about(conversation) : "";
  get("measures").replaceChildren(
    leader("Time together", length(summary.duration_minutes)),
    leader("Lines", count(summary.total_messages)),
    leader("Grammar", score(summary.avg_grammar_score)),
    leader("Pronunciation", score(summary.avg_pronunciation_score)),
  );
  const names = { ai: persona?.name ?? "Tutor", user: "You", system: "Note" };
  get("lines").replaceChildren(...messages.map((message) => line(message, { names, tag: tagOf(language) })));
  get("resume").hidden = status !== "active" || !conversation.id;
  get("resume").onclick = () => resume(conversation);
  get("reading-title").focus();
}

/** Leaves a mark where the talk page finds it, and goes there. */
function resume({ id, topic, language, difficulty, ai_persona, context }) {
  const native = context?.native_language ?? browserLanguage();
  const choice = { topic, title: title(topic), language: languageName(language).toLowerCase(), difficulty, native };
  new Bookmark(storageOf("sessionStorage")).keep({ id, tutor: ai_persona?.name, choice, spoken: false });
  location.assign("/");
}

function entry(conversation) {
  return element(
    "li",
    {},
    element(
      "a",
      { href: `#${conversation.id}` },
      element("strong", {}, title(conversation.topic)),
      element("span", { class: "note" }, about(conversation)),
      conversation.status === "active" && element("em", {}, "Still open"),
    ),
  );
}

function length(minutes) {
  if (!Number.isFinite(minutes)) return NOT_MEASURED;
  return minutes === 0 ? "under a minute" : duration(minutes);
}

/** "French, beginner, with Marie. 15 Mar 2024, 14:05" */
function about({ language, difficulty, ai_persona, created_at }) {
  const tutor = ai_persona?.name ? `, with ${ai_persona.name}` : "";
  return `${languageName(language)}, ${title(difficulty).toLowerCase()}${tutor}. ${moment(created_at)}`;
}

// The page of who practised most.

import { element } from "./element.js";
import { count, counted } from "./figures.js";
import { LANGUAGES } from "./languages.js";
import { fillLanguages } from "./rows.js";
import { standing } from "./standing.js";
import { invite, run, tell, untell } from "./visitor.js";

/** So many are shown. */
const SHOWN = 50;

const get = (id) => document.getElementById(id);
let asked = 0;

run(async (visitor) => {
  const { kind } = visitor;
  if (kind !== "user") {
    const text = "Only who has an account stands on it, with a name that is abbreviated.";
    invite(get("invitation"), "The leaderboard is for members", text);
  }
  if (kind === "stranger") return;
  fillLanguages(get("language"), LANGUAGES, "All languages");
  get("choice").hidden = false;
  get("choice").onchange = () => load(visitor).catch((error) => tell(error, () => get("choice").onchange()));
  await load(visitor);
});

async function load({ api, user, kind }) {
  const mine = ++asked;
  const { type, language } = Object.fromEntries(new FormData(get("choice")));
  const query = new URLSearchParams({ type, limit: SHOWN, ...(language ? { language } : {}) });
  const board = await api.read(`/v1/leaderboards?${query}`);
  if (mine !== asked) return;
  untell();
  get("board").hidden = false;
  get("standing").textContent = kind === "user" ? standing(board) : "Guests don't stand on the leaderboard.";
  get("span").textContent = `${board.period}, days in UTC`;
  const [, body] = get("leaders").querySelectorAll("thead, tbody");
  get("leaders").hidden = board.leaders.length === 0;
  body.replaceChildren(...board.leaders.map((leader) => row(leader, user)));
}

function row({ rank, user: { id, name, level }, xp, conversations, streak }, self) {
  const isSelf = id === self?.id;
  return element(
    "tr",
    { "aria-current": isSelf ? "true" : null },
    element("td", {}, String(rank)),
    element("th", { scope: "row" }, isSelf ? `${name} (you)` : name, element("small", {}, `Level ${level}`)),
    element("td", {}, count(xp)),
    element("td", {}, count(conversations)),
    element("td", {}, counted(streak, "day")),
  );
}

// The page of what somebody's conversations came to.

import { bars, gauge, lines } from "./chart.js";
import { element } from "./element.js";
import { NOT_MEASURED, change, count, counted, day, duration, score, title } from "./figures.js";
import { LANGUAGES, languageName, tagOf } from "./languages.js";
import { fillLanguages, leader } from "./rows.js";
import { measures, place, steps } from "./series.js";
import { invite, run, tell, untell } from "./visitor.js";

/** So many words are shown of a deck. */
const SHOWN = 12;

const get = (id) => document.getElementById(id);
let asked = 0;

run(async ({ api, kind }) => {
  if (kind !== "user") {
    const text =
      kind === "guest"
        ? "What you see was done in this browser. With an account it is kept, and follows you to any other."
        : "Hold a conversation, and what came of it is shown here. With an account it is kept.";
    invite(get("invitation"), "You are here as a guest", text);
  }
  if (kind === "stranger") return;
  fillLanguages(get("language"), LANGUAGES, "All languages");
  get("choice").hidden = false;
  get("choice").onchange = () => load(api).catch((error) => tell(error, () => get("choice").onchange()));
  await load(api);
});

async function load(api) {
  const mine = ++asked;
  const { period, language } = Object.fromEntries(new FormData(get("choice")));
  const inLanguage = language ? { language } : {};
  const [progress, deck] = await Promise.all([
    api.read(`/v1/users/me/progress?${new URLSearchParams({ period, ...inLanguage })}`),
    api.read(`/v1/users/me/vocabulary?${new URLSearchParams({ limit: SHOWN, ...inLanguage })}`),
  ]);
  if (mine !== asked) return;
  untell();
  get("progress").hidden = false;
  drawSums(progress);
  drawDays(progress);
  drawSkills(progress);
  drawWords(progress.skill_breakdown.vocabulary, deck);
}

function drawSums({ start_date, end_date, overall_stats: stats, xp_total, skill_breakdown }) {
  get("span").textContent = `${day(start_date, "UTC")} to ${day(end_date, "UTC")}`;
  const level = skill_breakdown.fluency.complexity_level;
  get("sums").replaceChildren(
    leader("Conversations completed", count(stats.conversations_completed)),
    leader("Time", duration(stats.total_time_minutes)),
    leader("Experience", `${count(stats.xp_earned)} XP`),
    leader("Experience since the beginning", `${count(xp_total)} XP`),
    leader("Days in a row", counted(stats.streak_days, "day")),
    leader("Improvement", change(stats.proficiency_improvement)),
    leader("Level of your words", level ? title(level).toLowerCase() : NOT_MEASURED),
  );
}

function drawDays(progress) {
  const { unit, steps: all } = steps(progress);
  if (all.every(({ xp, minutes }) => xp === 0 && minutes === 0)) {
    get("days").replaceChildren(
      element("p", { class: "empty" }, "Nothing was practised in this time. ", element("a", { href: "/" }, "Sit down and talk.")),
    );
    return;
  }
  const columns = (key) =>
    all.map((step) => ({ label: short(step.from, unit), name: named(step, unit), value: step[key] }));
  get("days").replaceChildren(
    bars({ title: "Experience", unit: `XP a ${unit}`, columns: columns("xp"), say: (xp) => `${count(xp)} XP` }),
    bars({ title: "Time", unit: `minutes a ${unit}`, columns: columns("minutes"), say: duration }),
  );
}

function drawSkills(progress) {
  const { grammar, pronunciation, fluency, vocabulary } = progress.skill_breakdown;
  get("skills").replaceChildren(
    skill("Grammar", grammar.current_score, grammar.improvement),
    skill("Pronunciation", pronunciation.current_score, pronunciation.improvement),
    skill("Confidence", fluency.conversation_confidence),
    skill("Words that you would recall", vocabulary.retention_rate),
  );
  const daily = progress.daily_breakdown;
  const drawn = [
    ["Grammar", "grammar_score"],
    ["Pronunciation", "pronunciation_score"],
  ].map(([name, key]) => ({
    name,
    points: measures(daily, key).map(({ date, value }) => ({ place: place(date, progress), name: day(date, "UTC"), value })),
  }));
  const isMeasured = drawn.some(({ points }) => points.length > 0);
  const ends = [day(progress.start_date, "UTC"), day(progress.end_date, "UTC")];
  get("scores").replaceChildren(
    ...(isMeasured ? [lines({ title: "Scores", unit: "of 100, by day", lines: drawn, ends, say: score })] : []),
  );
  const areas = [
    ["Going well", [...grammar.strong_areas, ...pronunciation.strong_areas]],
    ["Worth practising", [...grammar.weak_areas, ...pronunciation.weak_areas]],
  ].filter(([, names]) => names.length > 0);
  get("areas").replaceChildren(
    ...areas.map(([what, names]) =>
      element("p", {}, element("strong", {}, `${what}: `), `${names.map((name) => title(name).toLowerCase()).join(", ")}.`),
    ),
  );
}

function skill(name, points, improvement = null) {
  const isKnown = Number.isFinite(points);
  return element(
    "li",
    { "data-measured": String(isKnown) },
    element(
      "p",
      {},
      element("span", {}, name),
      element(
        "span",
        {},
        Number.isFinite(improvement) && element("small", {}, gain(improvement), " "),
        element("b", { class: isKnown ? null : "missing" }, score(points)),
      ),
    ),
    gauge(points),
  );
}

function gain(points) {
  if (points === 0) return "unchanged";
  return points > 0 ? `gained ${points}` : `lost ${-points}`;
}

function drawWords(vocabulary, deck) {
  const categories = Object.entries(vocabulary.categories).sort(([, a], [, b]) => b - a);
  get("vocabulary").replaceChildren(
    leader("Words met", count(vocabulary.words_learned)),
    ...categories.map(([name, words]) => leader(`of these, ${title(name).toLowerCase()}`, count(words))),
    leader("Words that came up again", count(vocabulary.words_reviewed)),
  );
  const language = languageName(deck.language);
  if (deck.total_words === 0) {
    get("deck").replaceChildren(
      element("p", { class: "empty" }, `There are no words in ${language} yet. They gather as you talk.`),
    );
    return;
  }
  const row = ({ word, recall, is_due, due_at }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row", lang: tagOf(deck.language) }, word),
      element("td", {}, `${recall} of 100`),
      element("td", {}, is_due ? "now" : day(due_at)),
    );
  const heads = ["Word", "Chance to recall it", "Due again"].map((head) => element("th", { scope: "col" }, head));
  const due = deck.due_words > 0 ? `, ${counted(deck.due_words, "of them", "of them")} due` : "";
  get("deck").replaceChildren(
    element(
      "div",
      { class: "wide" },
      element(
        "table",
        {},
        element("caption", { class: "note" }, `Your deck: ${counted(deck.total_words, "word")} in ${language}${due}.`),
        element("thead", {}, element("tr", {}, ...heads)),
        element("tbody", {}, ...deck.words.map(row)),
      ),
    ),
  );
}

/** "15 Mar", or "Mar 24" for months: a label of the axis. */
function short(date, unit) {
  const parts = unit === "month" ? { month: "short", year: "2-digit" } : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat("en-GB", { ...parts, timeZone: "UTC" }).format(new Date(date));
}

function named({ from, to }, unit) {
  return unit === "day" ? day(from, "UTC") : `${day(from, "UTC")} to ${day(to, "UTC")}`;
}

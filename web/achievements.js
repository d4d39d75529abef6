// The page of what somebody has earned, and what there is yet to earn.

import { gauge } from "./chart.js";
import { element } from "./element.js";
import { count, counted, day } from "./figures.js";
import { invite, run } from "./visitor.js";

const get = (id) => document.getElementById(id);

run(async ({ api, kind }) => {
  if (kind !== "user") {
    const text =
      kind === "guest"
        ? "What you earn in this browser is yours for good with an account."
        : "Achievements come with conversations. With an account they are kept.";
    invite(get("invitation"), "You are here as a guest", text);
  }
  if (kind === "stranger") return;
  const { achievements, available_achievements, total_xp_from_achievements } = await api.read("/v1/users/me/achievements");
  get("earned").hidden = false;
  get("earned-note").textContent =
    achievements.length > 0
      ? `${counted(achievements.length, "achievement")}, worth ${count(total_xp_from_achievements)} XP.`
      : "Nothing yet: the first one comes with your first conversation.";
  get("earned-list").replaceChildren(...achievements.map(medal));
  get("available").hidden = available_achievements.length === 0;
  // What is nearest comes first.
  const part = ({ progress: { current, required } }) => current / required;
  get("available-list").replaceChildren(...available_achievements.sort((a, b) => part(b) - part(a)).map(medal));
});

function medal({ id, name, description, icon, xp_reward, earned_at, progress }) {
  const note = earned_at
    ? element("p", { class: "note" }, "Earned on ", element("time", { datetime: earned_at }, day(earned_at)))
    : element("p", { class: "note" }, `${count(progress.current)} of ${count(progress.required)}`);
  return element(
    "li",
    { "data-id": id },
    element("span", { class: "icon", "aria-hidden": "true" }, icon),
    element("h3", {}, name),
    element("b", {}, `${count(xp_reward)} XP`),
    element("p", {}, description),
    progress && gauge(progress.current, progress.required),
    note,
  );
}

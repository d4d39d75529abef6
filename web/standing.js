// Where somebody stands on a leaderboard, in words. No DOM.

import { count } from "./figures.js";

/** A sentence or two about the viewer's own place on a board (`GET /v1/leaderboards`). */
export function standing({ user_rank: rank, total_participants: total, user_stats }) {
  if (total === 0) return "Nobody has practised in this time yet. The first place is free.";
  if (rank === null) return `${others(total)} You will stand here once you have earned XP in this time.`;
  const place = `You are in place ${count(rank)} of ${count(total)}, with ${count(user_stats.xp)} XP.`;
  if (rank === 1 || !Number.isFinite(user_stats.xp_to_next_rank)) return place;
  return `${place} ${count(user_stats.xp_to_next_rank)} XP more, and you are a place further up.`;
}

function others(total) {
  return total === 1 ? "One person has practised." : `${count(total)} people have practised.`;
}

import assert from "node:assert/strict";
import test from "node:test";

import { standing } from "./standing.js";

test("a place is told with what the next one takes", () => {
  const board = { user_rank: 12, total_participants: 1156, user_stats: { xp: 1890, xp_to_next_rank: 150 } };
  assert.equal(
    standing(board),
    "You are in place 12 of 1,156, with 1,890 XP. 150 XP more, and you are a place further up.",
  );
});

test("nobody is in front of the first", () => {
  const board = { user_rank: 1, total_participants: 3, user_stats: { xp: 54, xp_to_next_rank: null } };
  assert.equal(standing(board), "You are in place 1 of 3, with 54 XP.");
});

test("who has no place yet is told so, and an empty board invites", () => {
  const stats = { xp: 0, xp_to_next_rank: null };
  assert.match(standing({ user_rank: null, total_participants: 1, user_stats: stats }), /^One person .* once you have earned XP/);
  assert.match(standing({ user_rank: null, total_participants: 0, user_stats: stats }), /first place is free/);
});

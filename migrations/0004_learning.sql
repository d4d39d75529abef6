-- What came of a conversation, one row for each that was ended: progress, achievements and boards are computed from these. A
-- conversation that is deleted leaves its numbers. Means are kept as sum and count.
CREATE TABLE practices (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    conversation_id TEXT UNIQUE REFERENCES conversations (id) ON DELETE SET NULL,
    language TEXT NOT NULL,
    scenario TEXT,
    category TEXT,
    minutes BIGINT NOT NULL,
    messages BIGINT NOT NULL,
    turns BIGINT NOT NULL,
    grammar_sum BIGINT NOT NULL,
    grammar_count BIGINT NOT NULL,
    pronunciation_sum BIGINT NOT NULL,
    pronunciation_count BIGINT NOT NULL,
    perfect_pronunciations BIGINT NOT NULL,
    perfect_run BIGINT NOT NULL,
    complexity_sum BIGINT NOT NULL,
    complexity_count BIGINT NOT NULL,
    response_sum BIGINT NOT NULL,
    response_count BIGINT NOT NULL,
    areas TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Holds what a profile sums up.
CREATE INDEX practices_by_user ON practices (user_id, created_at, minutes);
CREATE INDEX practices_by_language ON practices (user_id, language, created_at);

-- Days on which someone practised, in their own time zone of that moment; each row carries the streak as it stood then.
CREATE TABLE practice_days (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    practised_at BIGINT NOT NULL,
    date TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    streak BIGINT NOT NULL,
    freezes BIGINT NOT NULL,
    PRIMARY KEY (user_id, practised_at)
);

CREATE TABLE achievements (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    achievement_id TEXT NOT NULL,
    conversation_id TEXT REFERENCES conversations (id) ON DELETE SET NULL,
    xp_reward BIGINT NOT NULL,
    earned_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, achievement_id)
);

CREATE INDEX achievements_by_conversation ON achievements (conversation_id);

-- The deck of a person in a language. `word` is what is compared, `shown` what was met; `memory` is FSRS's.
CREATE TABLE vocabulary (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    language TEXT NOT NULL,
    word TEXT NOT NULL,
    shown TEXT NOT NULL,
    category TEXT,
    memory TEXT NOT NULL,
    reviews BIGINT NOT NULL,
    uses BIGINT NOT NULL,
    first_met_at BIGINT NOT NULL,
    last_reviewed_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, language, word)
);

CREATE INDEX vocabulary_by_due ON vocabulary (user_id, language, due_at, word);
CREATE INDEX vocabulary_by_age ON vocabulary (user_id, first_met_at);

-- Each time that a word of the deck came up again. `rating` is FSRS's, 1 to 4.
CREATE TABLE vocabulary_reviews (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    conversation_id TEXT REFERENCES conversations (id) ON DELETE SET NULL,
    language TEXT NOT NULL,
    word TEXT NOT NULL,
    rating BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX vocabulary_reviews_by_user ON vocabulary_reviews (user_id, created_at, language);
CREATE INDEX vocabulary_reviews_by_conversation ON vocabulary_reviews (conversation_id);

-- XP by language, for boards.
ALTER TABLE xp_ledger ADD COLUMN language TEXT NOT NULL DEFAULT '';

CREATE INDEX xp_ledger_sums ON xp_ledger (user_id, created_at, language, amount);
CREATE INDEX xp_ledger_by_age ON xp_ledger (created_at);

-- By what an integration finds its conversations again (row 0.107): `assignment_id`, `challenge_id`, `student_id`,
-- `team_member` of their context.
CREATE TABLE conversation_labels (
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (conversation_id, name)
);

CREATE INDEX conversation_labels_by_value ON conversation_labels (name, value, conversation_id);

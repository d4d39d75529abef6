-- One dialect that SQLite and PostgreSQL both take: TEXT and BIGINT only. Times are UTC milliseconds, flags are 0 or 1,
-- documents are JSON in TEXT.

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'guest')),
    email TEXT UNIQUE,
    name TEXT NOT NULL,
    preferences TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_active BIGINT NOT NULL
);

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT NOT NULL UNIQUE,
    prefix TEXT NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('configured', 'issued')),
    created_at BIGINT NOT NULL
);

CREATE INDEX api_keys_by_user ON api_keys (user_id, created_at, id);

CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    owner_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    status TEXT NOT NULL CHECK (status IN ('active', 'completed')),
    topic TEXT NOT NULL,
    language TEXT NOT NULL,
    requested_language TEXT NOT NULL,
    native_language TEXT NOT NULL,
    difficulty TEXT NOT NULL,
    scenario TEXT,
    persona TEXT NOT NULL,
    context TEXT NOT NULL,
    progress TEXT,
    topics_covered TEXT NOT NULL,
    feedback TEXT,
    ending TEXT,
    created_at BIGINT NOT NULL,
    last_turn_at BIGINT NOT NULL,
    ended_at BIGINT
);

CREATE INDEX conversations_by_owner ON conversations (owner_id, created_at, id);

CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    sender TEXT NOT NULL CHECK (sender IN ('ai', 'user')),
    content TEXT NOT NULL,
    translation TEXT,
    interrupted BIGINT NOT NULL DEFAULT 0,
    analysis TEXT,
    latency TEXT,
    created_at BIGINT NOT NULL
);

CREATE INDEX messages_by_conversation ON messages (conversation_id, created_at, id);

-- Append-only; at most one entry a conversation and reason.
CREATE TABLE xp_ledger (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    conversation_id TEXT REFERENCES conversations (id) ON DELETE SET NULL,
    reason TEXT NOT NULL,
    amount BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (conversation_id, reason)
);

CREATE INDEX xp_ledger_by_user ON xp_ledger (user_id, created_at, id);

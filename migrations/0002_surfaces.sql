-- Conversations of every surface stand in one table. `surface` is the document through which one was made: 'platform'
-- (000 and the page), 'tutor' (001), 'session' (002), 'flat' (003), 'socket' (004).
ALTER TABLE conversations ADD COLUMN surface TEXT NOT NULL DEFAULT 'platform';

-- Messages may be a client's own notes ('system'), carry sound, and what there is to learn from them. SQLite can't change a
-- CHECK, so the table is made anew.
CREATE TABLE messages_of_all (
    id TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    sender TEXT NOT NULL CHECK (sender IN ('ai', 'user', 'system')),
    content TEXT NOT NULL,
    translation TEXT,
    interrupted BIGINT NOT NULL DEFAULT 0,
    analysis TEXT,
    insights TEXT,
    latency TEXT,
    audio_url TEXT,
    created_at BIGINT NOT NULL
);

INSERT INTO messages_of_all (id, conversation_id, sender, content, translation, interrupted, analysis, latency, created_at)
SELECT id, conversation_id, sender, content, translation, interrupted, analysis, latency, created_at FROM messages;

DROP TABLE messages;

ALTER TABLE messages_of_all RENAME TO messages;

CREATE INDEX messages_by_conversation ON messages (conversation_id, created_at, id);

-- What happened that others may want to know: written in the transaction that made it happen, sent from here.
CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    dispatched_at BIGINT
);

CREATE INDEX outbox_by_age ON outbox (dispatched_at, created_at, id);

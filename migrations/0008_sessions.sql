-- Sessions of document 002: conversations that are over after half an hour of silence. `has_own_guest` marks one that was begun
-- without a credential: its owner is a guest made for it alone, who goes with it. `audio_counter` numbers the tutor's replies.
CREATE TABLE sessions (
    conversation_id TEXT PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
    has_own_guest BIGINT NOT NULL,
    audio_counter BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    last_activity BIGINT NOT NULL
);

CREATE INDEX sessions_by_activity ON sessions (last_activity, conversation_id);

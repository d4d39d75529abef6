-- Guests of document 003, who name themselves, or are named by the server: a name that is hard to guess is their credential.
CREATE TABLE flat_guests (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL
);

-- What document 003 keeps of a conversation beside what all keep: in the words and numbers of its clients.
-- `message_offset` is what a client's own count differs by from what is stored.
CREATE TABLE flat_conversations (
    conversation_id TEXT PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
    target_language_id TEXT NOT NULL,
    title TEXT,
    mode TEXT NOT NULL CHECK (mode IN ('traditional', 'realtime')),
    voice TEXT,
    scenario_id TEXT,
    is_onboarding BIGINT NOT NULL,
    ended_at BIGINT,
    duration_seconds BIGINT,
    message_offset BIGINT NOT NULL DEFAULT 0,
    audio_seconds TEXT,
    comfort_rating BIGINT,
    engagement_level TEXT CHECK (engagement_level IN ('low', 'medium', 'high'))
);

-- One sitting of a conversation at a device.
CREATE TABLE flat_sessions (
    id TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    device_type TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    duration_seconds BIGINT,
    audio_seconds TEXT,
    comfort_rating BIGINT,
    engagement_level TEXT,
    was_extended BIGINT NOT NULL DEFAULT 0,
    extensions_used BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX flat_sessions_by_conversation ON flat_sessions (conversation_id, started_at, id);

-- How good each stay in a call was, for those who run the server.
CREATE TABLE call_records (
    id TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    joined_at BIGINT NOT NULL,
    left_at BIGINT NOT NULL,
    -- The lower opinion score of both ways, in hundredths; null where there was too little to judge.
    score BIGINT,
    -- All that was measured, as JSON.
    quality TEXT NOT NULL
);
CREATE INDEX call_records_by_conversation ON call_records (conversation_id, joined_at);

-- All conversations, the newest first.
CREATE INDEX conversations_by_creation ON conversations (created_at, id);

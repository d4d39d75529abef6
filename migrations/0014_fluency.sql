-- Fluency scores of what was said in a conversation, 0 to 100.
ALTER TABLE practices ADD COLUMN fluency_sum BIGINT NOT NULL DEFAULT 0;
ALTER TABLE practices ADD COLUMN fluency_count BIGINT NOT NULL DEFAULT 0;

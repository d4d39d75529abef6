-- Which organisation gave the conversation that an event tells of: it may hear of that, and of no other.
ALTER TABLE outbox ADD COLUMN organisation_id TEXT REFERENCES organisations (id) ON DELETE SET NULL;

CREATE INDEX outbox_by_organisation ON outbox (organisation_id);

-- Replays that wait are counted for each owner.
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (webhook_id, status);

-- Holds what a profile sums up, now that conversations without a turn are left out.
CREATE INDEX practices_sums ON practices (user_id, turns, minutes);

-- FSRS's stability out of `memory`, in millionths of a day: what recall is reckoned from, of a whole deck at once.
ALTER TABLE vocabulary ADD COLUMN stability BIGINT NOT NULL DEFAULT 0;

CREATE INDEX vocabulary_by_stability ON vocabulary (user_id, language, stability, last_reviewed_at);

-- What is still to be done to rows that were there before, where SQL can't read what is in them. The program does it at its next
-- start, and takes it off this list.
CREATE TABLE data_migrations (
    name TEXT PRIMARY KEY
);

-- Conversations are found by the `due_date` of their context, too.
INSERT INTO data_migrations (name) VALUES ('due_date_labels'), ('vocabulary_stability');

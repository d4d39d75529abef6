-- A key that was made with another key dies with it.
ALTER TABLE api_keys ADD COLUMN parent_id TEXT REFERENCES api_keys (id) ON DELETE CASCADE;

CREATE INDEX api_keys_by_parent ON api_keys (parent_id);

-- Nobody verifies addresses: an invitation to one is accepted with a secret that the inviter was told, kept as SHA-256. Those of
-- before have none, so nobody could accept them any more.
ALTER TABLE organisation_invitations ADD COLUMN token_hash TEXT;

DELETE FROM organisation_invitations WHERE email IS NOT NULL;

-- Guests who are never heard of again are removed.
CREATE INDEX users_by_silence ON users (kind, last_active, id);

-- Which delivery one repeats, as long as that one is kept. SQLite can't add a reference to a column that is there.
ALTER TABLE webhook_deliveries ADD COLUMN original_id TEXT REFERENCES webhook_deliveries (id) ON DELETE SET NULL;

UPDATE webhook_deliveries SET original_id = replay_of WHERE replay_of IN (SELECT id FROM webhook_deliveries);

ALTER TABLE webhook_deliveries DROP COLUMN replay_of;

ALTER TABLE webhook_deliveries RENAME COLUMN original_id TO replay_of;

CREATE INDEX webhook_deliveries_by_original ON webhook_deliveries (replay_of);

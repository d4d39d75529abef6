-- Answers to requests that must not be done twice. `scope` is whose key it is, `key_hash` the SHA-256 of the key; the answer
-- is encrypted with what only the key itself gives. Without a status, the request is under way until `locked_until`.
CREATE TABLE idempotency_keys (
    scope TEXT NOT NULL,
    key_hash TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    locked_until BIGINT NOT NULL,
    status BIGINT,
    answer TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (scope, key_hash)
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

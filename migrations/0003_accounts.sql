-- What a person is and may do, beside who they are. A guest whose things went to a user keeps a row that says to whom.
ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin'));
ALTER TABLE users ADD COLUMN avatar_url TEXT;
ALTER TABLE users ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC';
ALTER TABLE users ADD COLUMN plan TEXT NOT NULL DEFAULT 'free';
ALTER TABLE users ADD COLUMN subscription_status TEXT NOT NULL DEFAULT 'active';
ALTER TABLE users ADD COLUMN subscription_expires_at BIGINT;
ALTER TABLE users ADD COLUMN claimed_by TEXT REFERENCES users (id) ON DELETE CASCADE;

CREATE INDEX users_by_age ON users (created_at, id);
CREATE INDEX users_by_claimer ON users (claimed_by);

-- Argon2id in the PHC string format. Whoever has no row can't sign in with a password.
CREATE TABLE passwords (
    user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);

-- An organisation acts through an account of its own, which its keys speak for.
CREATE TABLE organisations (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE organisation_members (
    organisation_id TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('owner', 'member')),
    joined_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, user_id)
);

CREATE INDEX organisation_members_by_user ON organisation_members (user_id, joined_at, organisation_id);

-- To a person who has an account (user_id), or to an address that may get one (email).
CREATE TABLE organisation_invitations (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    email TEXT,
    role TEXT NOT NULL CHECK (role IN ('owner', 'member')),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    UNIQUE (organisation_id, user_id),
    UNIQUE (organisation_id, email)
);

CREATE INDEX organisation_invitations_by_user ON organisation_invitations (user_id);
CREATE INDEX organisation_invitations_by_email ON organisation_invitations (email);

-- Which organisation's key made a conversation: that organisation may read it while its owner is a member.
ALTER TABLE conversations ADD COLUMN organisation_id TEXT REFERENCES organisations (id) ON DELETE SET NULL;

CREATE INDEX conversations_by_organisation ON conversations (organisation_id, created_at, id);

-- Applications that ask people to let them in (RFC 6749). One without a secret is a public client.
CREATE TABLE clients (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    secret_hash TEXT,
    redirect_uris TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX clients_by_age ON clients (created_at, id);

-- What a person has allowed: an application, or (without a client) a browser of theirs that is signed in. Every token names
-- its grant and dies with it.
CREATE TABLE grants (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id TEXT REFERENCES clients (id) ON DELETE CASCADE,
    scopes TEXT NOT NULL,
    signed_in_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE INDEX grants_by_user ON grants (user_id, created_at, id);
CREATE INDEX grants_by_client ON grants (client_id);
CREATE INDEX grants_by_age ON grants (created_at);

-- Secrets of every kind are stored as SHA-256 in hexadecimal. What was used stays until it expires, to notice its reuse.
CREATE TABLE authorization_codes (
    hash TEXT PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    redirect_uri TEXT NOT NULL,
    code_challenge TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE INDEX authorization_codes_by_grant ON authorization_codes (grant_id);
CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expires_at);

CREATE TABLE refresh_tokens (
    hash TEXT PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE INDEX refresh_tokens_by_grant ON refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

CREATE TABLE browser_sessions (
    hash TEXT PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL
);

CREATE INDEX browser_sessions_by_grant ON browser_sessions (grant_id);
CREATE INDEX browser_sessions_by_expiry ON browser_sessions (expires_at);

-- A key that an application made dies with what the application was allowed.
ALTER TABLE api_keys ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN scopes TEXT NOT NULL DEFAULT 'read_profile manage_conversations read_progress';
ALTER TABLE api_keys ADD COLUMN expires_at BIGINT;
ALTER TABLE api_keys ADD COLUMN organisation_id TEXT REFERENCES organisations (id) ON DELETE CASCADE;
ALTER TABLE api_keys ADD COLUMN grant_id TEXT REFERENCES grants (id) ON DELETE CASCADE;

CREATE INDEX api_keys_by_organisation ON api_keys (organisation_id);
CREATE INDEX api_keys_by_grant ON api_keys (grant_id);

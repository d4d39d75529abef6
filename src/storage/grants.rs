//! What people have allowed, and the codes and refresh tokens that it is carried by. Only their hashes are kept.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::api_keys::scopes;
use super::{Database, StorageError};
use crate::accounts::scope::Scopes;
use crate::clock::Timestamp;
use crate::ids::{ClientId, GrantId, UserId};

/// What a person has allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Which one. Every token of it names it.
    pub id: GrantId,
    /// Who allowed it.
    pub user_id: UserId,
    /// Which application; `None` for a browser that is signed in.
    pub client_id: Option<ClientId>,
    /// What it may do.
    pub scopes: Scopes,
    /// When the person last showed who they are.
    pub signed_in_at: Timestamp,
    /// When it was allowed.
    pub created_at: Timestamp,
    /// When it ended.
    pub revoked_at: Option<Timestamp>,
}

/// An authorization code, by its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationCode {
    /// SHA-256 of the code, in hexadecimal.
    pub hash: String,
    /// What it stands for.
    pub grant: Grant,
    /// Where it was sent.
    pub redirect_uri: String,
    /// SHA-256 of what its owner must show, in URL-safe base64 (RFC 7636, `S256`).
    pub code_challenge: String,
    /// From when on it is void.
    pub expires_at: Timestamp,
    /// Whether it was exchanged already.
    pub is_used: bool,
}

/// A refresh token, by its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// SHA-256 of the token, in hexadecimal.
    pub hash: String,
    /// What it stands for.
    pub grant: Grant,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is void.
    pub expires_at: Timestamp,
    /// Whether another has taken its place.
    pub is_used: bool,
}

/// A refresh token to be kept.
#[derive(Clone, Debug)]
pub struct NewRefreshToken {
    /// SHA-256 of it, in hexadecimal.
    pub hash: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is void.
    pub expires_at: Timestamp,
}

impl Grant {
    /// Reads what `with_grant!` selects.
    pub(super) fn from_row(row: &AnyRow) -> Result<Self, StorageError> {
        let client_id: Option<String> = row.try_get("grant_client_id")?;
        let revoked_at: Option<i64> = row.try_get("grant_revoked_at")?;
        Ok(Self {
            id: GrantId::from_text(row.try_get::<String, _>("grant_id")?),
            user_id: UserId::from_text(row.try_get::<String, _>("grant_user_id")?),
            client_id: client_id.map(ClientId::from_text),
            scopes: scopes(row, "grant_scopes")?,
            signed_in_at: Timestamp::from_millis(row.try_get("grant_signed_in_at")?),
            created_at: Timestamp::from_millis(row.try_get("grant_created_at")?),
            revoked_at: revoked_at.map(Timestamp::from_millis),
        })
    }
}

/// A statement that reads rows together with their grants.
macro_rules! with_grant {
    ($columns:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $columns,
            ", grants.id AS grant_id, grants.user_id AS grant_user_id, grants.client_id AS grant_client_id, ",
            "grants.scopes AS grant_scopes, grants.signed_in_at AS grant_signed_in_at, ",
            "grants.created_at AS grant_created_at, grants.revoked_at AS grant_revoked_at ",
            $rest
        )
    };
}
pub(super) use with_grant;

impl Database {
    /// Adds a grant and the code that it is fetched with.
    pub async fn add_authorization_code(&self, code: &AuthorizationCode) -> Result<(), StorageError> {
        let mut transaction = self.pool.begin().await?;
        insert_grant(&mut transaction, &code.grant).await?;
        sqlx::query(
            "INSERT INTO authorization_codes (hash, grant_id, redirect_uri, code_challenge, expires_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(&code.hash)
        .bind(code.grant.id.as_str())
        .bind(&code.redirect_uri)
        .bind(&code.code_challenge)
        .bind(code.expires_at.as_millis())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The code of that hash.
    pub async fn authorization_code(&self, hash: &str) -> Result<Option<AuthorizationCode>, StorageError> {
        let row = sqlx::query(with_grant!(
            "codes.*",
            "FROM authorization_codes AS codes JOIN grants ON grants.id = codes.grant_id WHERE codes.hash = $1"
        ))
        .bind(hash)
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            let used_at: Option<i64> = row.try_get("used_at")?;
            Ok(AuthorizationCode {
                hash: row.try_get("hash")?,
                grant: Grant::from_row(&row)?,
                redirect_uri: row.try_get("redirect_uri")?,
                code_challenge: row.try_get("code_challenge")?,
                expires_at: Timestamp::from_millis(row.try_get("expires_at")?),
                is_used: used_at.is_some(),
            })
        })
        .transpose()
    }

    /// Uses up a code, and keeps the refresh token that it is exchanged for. Of several at once, one succeeds.
    pub async fn use_authorization_code(
        &self,
        code: &AuthorizationCode,
        refresh: &NewRefreshToken,
    ) -> Result<bool, StorageError> {
        let mut transaction = self.pool.begin().await?;
        let used = sqlx::query("UPDATE authorization_codes SET used_at = $2 WHERE hash = $1 AND used_at IS NULL")
            .bind(&code.hash)
            .bind(refresh.created_at.as_millis())
            .execute(&mut *transaction)
            .await?;
        if used.rows_affected() == 0 {
            return Ok(false);
        }
        insert_refresh_token(&mut transaction, &code.grant.id, refresh).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The refresh token of that hash.
    pub async fn refresh_token(&self, hash: &str) -> Result<Option<RefreshToken>, StorageError> {
        let row = sqlx::query(with_grant!(
            "tokens.*",
            "FROM refresh_tokens AS tokens JOIN grants ON grants.id = tokens.grant_id WHERE tokens.hash = $1"
        ))
        .bind(hash)
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            let used_at: Option<i64> = row.try_get("used_at")?;
            Ok(RefreshToken {
                hash: row.try_get("hash")?,
                grant: Grant::from_row(&row)?,
                created_at: Timestamp::from_millis(row.try_get("created_at")?),
                expires_at: Timestamp::from_millis(row.try_get("expires_at")?),
                is_used: used_at.is_some(),
            })
        })
        .transpose()
    }

    /// Puts another refresh token in the place of one. Of several at once, one succeeds.
    pub async fn rotate_refresh_token(&self, old: &RefreshToken, new: &NewRefreshToken) -> Result<bool, StorageError> {
        let mut transaction = self.pool.begin().await?;
        let used = sqlx::query("UPDATE refresh_tokens SET used_at = $2 WHERE hash = $1 AND used_at IS NULL")
            .bind(&old.hash)
            .bind(new.created_at.as_millis())
            .execute(&mut *transaction)
            .await?;
        if used.rows_affected() == 0 {
            return Ok(false);
        }
        insert_refresh_token(&mut transaction, &old.grant.id, new).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Ends what a person had allowed: its tokens are void at once, and so are the keys that the application made.
    pub async fn revoke_grant(&self, id: &GrantId, now: Timestamp) -> Result<(), StorageError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("UPDATE grants SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
            .bind(id.as_str())
            .bind(now.as_millis())
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM api_keys WHERE grant_id = $1")
            .bind(id.as_str())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Forgets what has expired before that moment, answers that were given before it, and grants that nothing is left of.
    pub async fn forget_expired(&self, before: Timestamp) -> Result<(), StorageError> {
        for statement in [
            "DELETE FROM authorization_codes WHERE expires_at < $1",
            "DELETE FROM refresh_tokens WHERE expires_at < $1",
            "DELETE FROM browser_sessions WHERE expires_at < $1",
            "DELETE FROM organisation_invitations WHERE expires_at < $1",
            "DELETE FROM idempotency_keys WHERE created_at < $1",
            "DELETE FROM grants WHERE created_at < $1 \
             AND NOT EXISTS (SELECT 1 FROM authorization_codes AS codes WHERE codes.grant_id = grants.id) \
             AND NOT EXISTS (SELECT 1 FROM refresh_tokens AS tokens WHERE tokens.grant_id = grants.id) \
             AND NOT EXISTS (SELECT 1 FROM browser_sessions AS sessions WHERE sessions.grant_id = grants.id)",
        ] {
            sqlx::query(statement)
                .bind(before.as_millis())
                .execute(&self.pool)
                .await?;
        }
        Ok(())
    }
}

/// Adds a grant as part of a transaction.
pub(super) async fn insert_grant(connection: &mut AnyConnection, grant: &Grant) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO grants (id, user_id, client_id, scopes, signed_in_at, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(grant.id.as_str())
    .bind(grant.user_id.as_str())
    .bind(grant.client_id.as_ref().map(ClientId::as_str))
    .bind(grant.scopes.to_string())
    .bind(grant.signed_in_at.as_millis())
    .bind(grant.created_at.as_millis())
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_refresh_token(
    connection: &mut AnyConnection,
    grant: &GrantId,
    token: &NewRefreshToken,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO refresh_tokens (hash, grant_id, created_at, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(&token.hash)
        .bind(grant.as_str())
        .bind(token.created_at.as_millis())
        .bind(token.expires_at.as_millis())
        .execute(connection)
        .await?;
    Ok(())
}

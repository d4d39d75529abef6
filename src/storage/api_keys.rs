//! API keys: only their hashes are kept.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::direct::Argument::{Number, Text};
use super::ending::lock_learner;
use super::record::Record;
use super::transcript::{State, is_at};
use super::users::User;
use super::{Database, StorageError, corrupt};
use crate::accounts::scope::Scopes;
use crate::clock::Timestamp;
use crate::ids::{ApiKeyId, GrantId, OrganisationId, UserId};

/// What is kept of a key, beside its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Which one; not the key itself.
    pub id: ApiKeyId,
    /// For whom it speaks: a person, or the account of an organisation.
    pub user_id: UserId,
    /// What its owner calls it.
    pub name: String,
    /// Its first letters, to tell keys apart.
    pub prefix: String,
    /// What it is good for.
    pub scopes: Scopes,
    /// The organisation that it belongs to.
    pub organisation_id: Option<OrganisationId>,
    /// What it dies with: what the application that made it was allowed.
    pub grant_id: Option<GrantId>,
    /// The key that it was made with, with which it dies, too.
    pub parent_id: Option<ApiKeyId>,
    /// Whether it comes from `API_KEYS`.
    pub is_configured: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is void.
    pub expires_at: Option<Timestamp>,
}

/// A key that someone showed, and for whom it speaks.
#[derive(Clone, Debug)]
pub struct KeyHolder {
    /// For whom.
    pub user: User,
    /// The key.
    pub key_id: ApiKeyId,
    /// SHA-256 of it, in hexadecimal.
    pub hash: String,
    /// What it is good for.
    pub scopes: Scopes,
    /// The organisation that it belongs to.
    pub organisation_id: Option<OrganisationId>,
    /// What the application that made it was allowed.
    pub grant_id: Option<GrantId>,
}

/// What became of a key that was to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addition {
    /// It is there.
    Added,
    /// Its user has as many as there may be.
    TooMany,
    /// The key that it was made with is void.
    Orphaned,
}

impl ApiKey {
    fn from_row(row: &AnyRow) -> Result<Self, StorageError> {
        let origin: String = row.try_get("origin")?;
        let organisation_id: Option<String> = row.try_get("organisation_id")?;
        let grant_id: Option<String> = row.try_get("grant_id")?;
        let parent_id: Option<String> = row.try_get("parent_id")?;
        let expires_at: Option<i64> = row.try_get("expires_at")?;
        Ok(Self {
            id: ApiKeyId::from_text(row.try_get::<String, _>("id")?),
            user_id: UserId::from_text(row.try_get::<String, _>("user_id")?),
            name: row.try_get("name")?,
            prefix: row.try_get("prefix")?,
            scopes: scopes(row, "scopes")?,
            organisation_id: organisation_id.map(OrganisationId::from_text),
            grant_id: grant_id.map(GrantId::from_text),
            parent_id: parent_id.map(ApiKeyId::from_text),
            is_configured: origin == "configured",
            created_at: Timestamp::from_millis(row.try_get("created_at")?),
            expires_at: expires_at.map(Timestamp::from_millis),
        })
    }
}

/// Reads scopes out of a TEXT column.
pub(super) fn scopes(row: &(impl Record + ?Sized), column: &'static str) -> Result<Scopes, StorageError> {
    let text = row.text(column)?;
    Scopes::parse(&text).map_err(|scope| corrupt(column, &scope))
}

impl Database {
    /// For whom the key of that hash speaks, unless it has expired, or what its maker was allowed was taken back. One lookup,
    /// since every request with a key makes it; it tells, too, whether a conversation of theirs is in that state.
    pub async fn key_holder(
        &self,
        hash: &str,
        state: Option<State<'_>>,
        now: Timestamp,
    ) -> Result<Option<(KeyHolder, bool)>, StorageError> {
        macro_rules! statement {
            ($more:expr) => {
                concat!(
                    "SELECT users.*, api_keys.id AS key_id, api_keys.hash AS key_hash, api_keys.scopes AS key_scopes, ",
                    "api_keys.organisation_id AS key_organisation_id, api_keys.grant_id AS key_grant_id",
                    $more,
                    " FROM api_keys JOIN users ON users.id = api_keys.user_id ",
                    "LEFT JOIN grants ON grants.id = api_keys.grant_id ",
                    "WHERE api_keys.hash = $1 AND (api_keys.expires_at IS NULL OR api_keys.expires_at > $2) ",
                    "AND grants.revoked_at IS NULL"
                )
            };
        }
        let read = |row: &dyn Record| {
            let organisation_id = row.optional_text("key_organisation_id")?;
            let grant_id = row.optional_text("key_grant_id")?;
            Ok(KeyHolder {
                user: User::from_row(row)?,
                key_id: ApiKeyId::from_text(row.text("key_id")?),
                hash: row.text("key_hash")?,
                scopes: scopes(row, "key_scopes")?,
                organisation_id: organisation_id.map(OrganisationId::from_text),
                grant_id: grant_id.map(GrantId::from_text),
            })
        };
        let statements = [statement!(""), statement!(is_at!("$3", "$4"))];
        self.read_asking(statements, &[Text(hash), Number(now.as_millis())], state, read)
            .await
    }

    /// Adds a key unless its user has `most` already, or the key that it was made with is gone.
    pub async fn add_api_key(&self, key: &ApiKey, hash: &str, most: i64) -> Result<Addition, StorageError> {
        let mut transaction = self.pool.begin().await?;
        // Others who add or remove keys of this user wait.
        lock_learner(&mut transaction, &key.user_id).await?;
        if let Some(parent) = &key.parent_id {
            let found = sqlx::query("SELECT id FROM api_keys WHERE id = $1")
                .bind(parent.as_str())
                .fetch_optional(&mut *transaction)
                .await?;
            if found.is_none() {
                return Ok(Addition::Orphaned);
            }
        }
        let done = sqlx::query(
            "INSERT INTO api_keys (id, user_id, name, hash, prefix, scopes, organisation_id, grant_id, parent_id, origin, \
             created_at, expires_at) \
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, 'issued', CAST($10 AS BIGINT), CAST($11 AS BIGINT) \
             WHERE (SELECT COUNT(*) FROM api_keys WHERE user_id = $2) < $12",
        )
        .bind(key.id.as_str())
        .bind(key.user_id.as_str())
        .bind(&key.name)
        .bind(hash)
        .bind(&key.prefix)
        .bind(key.scopes.to_string())
        .bind(key.organisation_id.as_ref().map(OrganisationId::as_str))
        .bind(key.grant_id.as_ref().map(GrantId::as_str))
        .bind(key.parent_id.as_ref().map(ApiKeyId::as_str))
        .bind(key.created_at.as_millis())
        .bind(key.expires_at.map(Timestamp::as_millis))
        .bind(most)
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(Addition::TooMany);
        }
        transaction.commit().await?;
        Ok(Addition::Added)
    }

    /// The key of that id, if it is that user's.
    pub async fn api_key(&self, user: &UserId, id: &ApiKeyId) -> Result<Option<ApiKey>, StorageError> {
        let row = sqlx::query("SELECT * FROM api_keys WHERE id = $1 AND user_id = $2")
            .bind(id.as_str())
            .bind(user.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(ApiKey::from_row).transpose()
    }

    /// For whom the key of that id speaks.
    pub async fn api_key_holder(&self, id: &ApiKeyId) -> Result<Option<UserId>, StorageError> {
        let row = sqlx::query("SELECT user_id FROM api_keys WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| Ok(UserId::from_text(row.try_get::<String, _>("user_id")?)))
            .transpose()
    }

    /// All keys of a user, the oldest first.
    pub async fn api_keys(&self, user: &UserId) -> Result<Vec<ApiKey>, StorageError> {
        let rows = sqlx::query("SELECT * FROM api_keys WHERE user_id = $1 ORDER BY created_at, id")
            .bind(user.as_str())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(ApiKey::from_row).collect()
    }

    /// Removes a key of a user, and all that were made with it; tells whether there was one.
    pub async fn remove_api_key(&self, user: &UserId, id: &ApiKeyId) -> Result<bool, StorageError> {
        let mut transaction = self.pool.begin().await?;
        lock_learner(&mut transaction, user).await?;
        let done = sqlx::query("DELETE FROM api_keys WHERE id = $1 AND user_id = $2")
            .bind(id.as_str())
            .bind(user.as_str())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Makes the configured keys exactly these: others of that origin are void from now on, and what was made with them. A key
    /// that was there before stays what it is.
    pub async fn replace_configured_keys(&self, keys: &[ConfiguredHash], now: Timestamp) -> Result<(), StorageError> {
        // Read before the transaction: SQLite lets nobody write who has read, while somebody else writes.
        let rows = sqlx::query("SELECT hash FROM api_keys WHERE origin = 'configured'")
            .fetch_all(&self.pool)
            .await?;
        let mut transaction = self.pool.begin().await?;
        for row in rows {
            let hash: String = row.try_get("hash")?;
            if keys.iter().all(|key| key.hash != hash) {
                sqlx::query("DELETE FROM api_keys WHERE origin = 'configured' AND hash = $1")
                    .bind(hash)
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        for key in keys {
            sqlx::query("DELETE FROM api_keys WHERE origin = 'configured' AND hash = $1 AND user_id <> $2")
                .bind(&key.hash)
                .bind(key.user_id.as_str())
                .execute(&mut *transaction)
                .await?;
            sqlx::query(
                "INSERT INTO api_keys (id, user_id, hash, prefix, name, scopes, origin, created_at) \
                 VALUES ($1, $2, $3, $4, 'API_KEYS', $5, 'configured', $6) ON CONFLICT (hash) DO NOTHING",
            )
            .bind(ApiKeyId::new().as_str())
            .bind(key.user_id.as_str())
            .bind(&key.hash)
            .bind(&key.prefix)
            .bind(Scopes::PERSONAL.to_string())
            .bind(now.as_millis())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// A key of the configuration, as it is stored.
#[derive(Clone, Debug)]
pub struct ConfiguredHash {
    /// Whose it is.
    pub user_id: UserId,
    /// SHA-256 of the key, in hexadecimal.
    pub hash: String,
    /// Its first letters, to tell keys apart.
    pub prefix: String,
}

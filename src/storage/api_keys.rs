//! API keys: only their hashes are kept.

use sqlx::Row;

use super::{Database, StorageError};
use crate::clock::Timestamp;
use crate::ids::{ApiKeyId, UserId};

/// What is kept of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// Whose it is.
    pub user_id: UserId,
    /// SHA-256 of the key, in hexadecimal.
    pub hash: String,
}

impl Database {
    /// The key of that hash.
    pub async fn api_key(&self, hash: &str) -> Result<Option<StoredKey>, StorageError> {
        let row = sqlx::query("SELECT user_id, hash FROM api_keys WHERE hash = $1")
            .bind(hash)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| {
            Ok(StoredKey {
                user_id: UserId::from_text(row.try_get::<String, _>("user_id")?),
                hash: row.try_get("hash")?,
            })
        })
        .transpose()
    }

    /// Makes the configured keys exactly these: others of that origin are void from now on.
    pub async fn replace_configured_keys(&self, keys: &[ConfiguredHash], now: Timestamp) -> Result<(), StorageError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("DELETE FROM api_keys WHERE origin = 'configured'")
            .execute(&mut *transaction)
            .await?;
        for key in keys {
            sqlx::query(
                "INSERT INTO api_keys (id, user_id, hash, prefix, origin, created_at) \
                 VALUES ($1, $2, $3, $4, 'configured', $5) ON CONFLICT (hash) DO NOTHING",
            )
            .bind(ApiKeyId::new().as_str())
            .bind(key.user_id.as_str())
            .bind(&key.hash)
            .bind(&key.prefix)
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

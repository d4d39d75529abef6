//! Applications that ask people to let them in.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::api_keys::scopes;
use super::{Database, StorageError, document, text};
use crate::accounts::scope::Scopes;
use crate::clock::Timestamp;
use crate::ids::ClientId;

/// An application that is registered (RFC 6749 section 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Which one.
    pub id: ClientId,
    /// What people know it as.
    pub name: String,
    /// SHA-256 of its secret, in hexadecimal; a public client has none.
    pub secret_hash: Option<String>,
    /// Where people may be sent back to.
    pub redirect_uris: Vec<String>,
    /// What it may ask for.
    pub scopes: Scopes,
    /// When it was registered.
    pub created_at: Timestamp,
}

impl Client {
    fn from_row(row: &AnyRow) -> Result<Self, StorageError> {
        Ok(Self {
            id: ClientId::from_text(row.try_get::<String, _>("id")?),
            name: row.try_get("name")?,
            secret_hash: row.try_get("secret_hash")?,
            redirect_uris: document(row, "redirect_uris")?,
            scopes: scopes(row, "scopes")?,
            created_at: Timestamp::from_millis(row.try_get("created_at")?),
        })
    }
}

impl Database {
    /// Adds an application.
    pub async fn add_client(&self, client: &Client) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO clients (id, name, secret_hash, redirect_uris, scopes, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(client.id.as_str())
        .bind(&client.name)
        .bind(client.secret_hash.as_deref())
        .bind(text(&client.redirect_uris))
        .bind(client.scopes.to_string())
        .bind(client.created_at.as_millis())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The application of that id.
    pub async fn client(&self, id: &ClientId) -> Result<Option<Client>, StorageError> {
        let row = sqlx::query("SELECT * FROM clients WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(Client::from_row).transpose()
    }

    /// All applications, the oldest first; at most 1000.
    pub async fn clients(&self) -> Result<Vec<Client>, StorageError> {
        let rows = sqlx::query("SELECT * FROM clients ORDER BY created_at, id LIMIT 1000")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(Client::from_row).collect()
    }

    /// Removes an application and whatever people had allowed it; tells whether there was one.
    pub async fn remove_client(&self, id: &ClientId) -> Result<bool, StorageError> {
        let done = sqlx::query("DELETE FROM clients WHERE id = $1")
            .bind(id.as_str())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

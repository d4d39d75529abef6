//! Applications that people have let in, as those people see them.

use sqlx::Row;

use super::api_keys::scopes;
use super::{Database, StorageError};
use crate::accounts::scope::Scopes;
use crate::clock::Timestamp;
use crate::ids::{ClientId, UserId};

/// An application that a person has let in, however often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Which one.
    pub client_id: ClientId,
    /// What it is called.
    pub name: String,
    /// All that it may do.
    pub scopes: Scopes,
    /// When it was let in first, of the times that still count.
    pub since: Timestamp,
}

impl Database {
    /// The applications that a user has let in and that can still come in, the one that was let in first first.
    pub async fn applications(&self, user: &UserId, now: Timestamp) -> Result<Vec<Application>, StorageError> {
        let rows = sqlx::query(
            "SELECT clients.id AS client_id, clients.name AS client_name, grants.scopes AS grant_scopes, \
             grants.created_at AS granted_at \
             FROM grants JOIN clients ON clients.id = grants.client_id \
             WHERE grants.user_id = $1 AND grants.revoked_at IS NULL AND EXISTS \
              (SELECT 1 FROM refresh_tokens AS tokens WHERE tokens.grant_id = grants.id \
               AND tokens.used_at IS NULL AND tokens.expires_at > $2) \
             ORDER BY grants.created_at, grants.id",
        )
        .bind(user.as_str())
        .bind(now.as_millis())
        .fetch_all(&self.pool)
        .await?;
        let mut applications: Vec<Application> = Vec::new();
        for row in rows {
            let client_id = ClientId::from_text(row.try_get::<String, _>("client_id")?);
            let granted = scopes(&row, "grant_scopes")?;
            match applications.iter_mut().find(|known| known.client_id == client_id) {
                Some(known) => known.scopes = granted.iter().fold(known.scopes, |all, scope| all.with(scope)),
                None => applications.push(Application {
                    client_id,
                    name: row.try_get("client_name")?,
                    scopes: granted,
                    since: Timestamp::from_millis(row.try_get("granted_at")?),
                }),
            }
        }
        Ok(applications)
    }

    /// Ends all that a user has allowed an application: its tokens are void at once, and so are the keys that it made. Tells
    /// whether there was anything to end.
    pub async fn revoke_application(
        &self,
        user: &UserId,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let mut transaction = self.pool.begin().await?;
        let revoked = sqlx::query(
            "UPDATE grants SET revoked_at = $3 WHERE user_id = $1 AND client_id = $2 AND revoked_at IS NULL",
        )
        .bind(user.as_str())
        .bind(client.as_str())
        .bind(now.as_millis())
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "DELETE FROM api_keys WHERE grant_id IN (SELECT id FROM grants WHERE user_id = $1 AND client_id = $2)",
        )
        .bind(user.as_str())
        .bind(client.as_str())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(revoked.rows_affected() > 0)
    }
}

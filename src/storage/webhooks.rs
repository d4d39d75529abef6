//! Webhooks: who wants to hear of what, and where.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::ending::lock_learner;
use super::{Database, StorageError, document, text};
use crate::clock::Timestamp;
use crate::ids::{UserId, WebhookId};

/// A webhook.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Which one.
    pub id: WebhookId,
    /// Whose: a person's, or the account's of an organisation.
    pub user_id: UserId,
    /// Where to.
    pub url: String,
    /// Names of events.
    pub events: Vec<String>,
    /// What it is signed with.
    pub secret: String,
    /// Whether anything is sent.
    pub is_active: bool,
    /// Why it was switched off, if not by its owner.
    pub disabled_because: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What shall be changed.
#[derive(Clone, Debug, Default)]
pub struct WebhookChange {
    /// Where to.
    pub url: Option<String>,
    /// Names of events.
    pub events: Option<Vec<String>>,
    /// Whether anything is sent.
    pub is_active: Option<bool>,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Webhook({} of {} to {})", self.id, self.user_id, self.url)
    }
}

impl Webhook {
    fn from_row(row: &AnyRow) -> Result<Self, StorageError> {
        Ok(Self {
            id: WebhookId::from_text(row.try_get::<String, _>("id")?),
            user_id: UserId::from_text(row.try_get::<String, _>("user_id")?),
            url: row.try_get("url")?,
            events: document(row, "events")?,
            secret: row.try_get("secret")?,
            is_active: row.try_get::<i64, _>("active")? != 0,
            disabled_because: row.try_get("disabled_because")?,
            created_at: Timestamp::from_millis(row.try_get("created_at")?),
            updated_at: Timestamp::from_millis(row.try_get("updated_at")?),
        })
    }
}

impl Database {
    /// Adds a webhook, unless its owner has `most` already; whether it was added.
    pub async fn add_webhook(&self, webhook: &Webhook, most: i64) -> Result<bool, StorageError> {
        let mut transaction = self.pool.begin().await?;
        // Others who count this owner's wait.
        lock_learner(&mut transaction, &webhook.user_id).await?;
        let added = sqlx::query(
            "INSERT INTO webhooks (id, user_id, url, events, secret, active, created_at, updated_at) \
             SELECT $1, $2, $3, $4, $5, CAST($6 AS BIGINT), CAST($7 AS BIGINT), CAST($8 AS BIGINT) \
             WHERE (SELECT COUNT(*) FROM webhooks WHERE user_id = $2) < $9",
        )
        .bind(webhook.id.as_str())
        .bind(webhook.user_id.as_str())
        .bind(&webhook.url)
        .bind(text(&webhook.events))
        .bind(&webhook.secret)
        .bind(i64::from(webhook.is_active))
        .bind(webhook.created_at.as_millis())
        .bind(webhook.updated_at.as_millis())
        .bind(most)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        transaction.commit().await?;
        Ok(added == 1)
    }

    /// Someone's webhooks, the oldest first.
    pub async fn webhooks(&self, owner: &UserId) -> Result<Vec<Webhook>, StorageError> {
        let rows = sqlx::query("SELECT * FROM webhooks WHERE user_id = $1 ORDER BY created_at, id")
            .bind(owner.as_str())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(Webhook::from_row).collect()
    }

    /// The webhook of that id.
    pub async fn webhook(&self, id: &WebhookId) -> Result<Option<Webhook>, StorageError> {
        let row = sqlx::query("SELECT * FROM webhooks WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(Webhook::from_row).transpose()
    }

    /// Keeps a changed webhook.
    pub async fn update_webhook(&self, webhook: &Webhook) -> Result<(), StorageError> {
        sqlx::query(
            "UPDATE webhooks SET url = $2, events = $3, active = $4, disabled_because = $5, updated_at = $6 WHERE id = $1",
        )
        .bind(webhook.id.as_str())
        .bind(&webhook.url)
        .bind(text(&webhook.events))
        .bind(i64::from(webhook.is_active))
        .bind(webhook.disabled_because.as_deref())
        .bind(webhook.updated_at.as_millis())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Deletes a webhook and its deliveries.
    pub async fn delete_webhook(&self, id: &WebhookId) -> Result<(), StorageError> {
        sqlx::query("DELETE FROM webhooks WHERE id = $1")
            .bind(id.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

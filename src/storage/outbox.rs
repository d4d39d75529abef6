//! Events that others may want to know of: kept in the transaction that made them happen, so that neither is lost without
//! the other (transactional outbox).

use serde_json::Value;
use sqlx::AnyConnection;

use super::{Database, StorageError, text};
use crate::clock::Timestamp;
use crate::ids::{EventId, OrganisationId, UserId};

/// Something that happened to a user.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxEvent {
    /// Whom it concerns.
    pub user_id: UserId,
    /// `conversation.completed`, `user.progress.updated`
    pub event: &'static str,
    /// The `data` of document 000's webhook.
    pub data: Value,
    /// Which organisation gave the conversation that it tells of, if one did.
    pub organisation_id: Option<OrganisationId>,
    /// When it happened.
    pub at: Timestamp,
}

/// Keeps an event as part of the transaction of `connection`.
pub async fn enqueue(connection: &mut AnyConnection, event: &OutboxEvent) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO outbox (id, user_id, event, payload, organisation_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(EventId::new().as_str())
    .bind(event.user_id.as_str())
    .bind(event.event)
    .bind(text(&event.data))
    .bind(event.organisation_id.as_ref().map(OrganisationId::as_str))
    .bind(event.at.as_millis())
    .execute(connection)
    .await?;
    Ok(())
}

impl Database {
    /// Keeps an event that goes with no other change.
    pub async fn announce(&self, event: &OutboxEvent) -> Result<(), StorageError> {
        let mut connection = self.pool.acquire().await?;
        enqueue(&mut connection, event).await?;
        Ok(())
    }
}

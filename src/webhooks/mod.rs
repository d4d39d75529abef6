//! Webhooks: telling others what has happened, at least once, however often either side goes away.
//!
//! | module | what lives there |
//! |---|---|
//! | [`destination`] | where they may go |
//! | [`signature`] | how they are signed |
//! | [`schedule`] | when they are tried again |
//! | [`sender`] | one attempt over HTTP |
//! | [`dispatch`] | from the outbox to the attempts |

pub mod destination;
pub mod dispatch;
pub mod schedule;
pub mod sender;
pub mod signature;

use std::sync::Arc;

use ipnet::IpNet;
use prometheus_client::registry::Registry;

use crate::clock::Timestamp;
use crate::config::WebhooksConfig;
use crate::ids::{DeliveryId, UserId, WebhookId};
use crate::storage::deliveries::{Delivery, DeliveryStatus};
use crate::storage::webhooks::{Webhook, WebhookChange};
use crate::storage::{Database, StorageError};
use destination::DestinationError;
use dispatch::{DispatchMetrics, Dispatcher};
use sender::{HttpSender, SenderError};

/// The events that there are.
pub const EVENTS: [&str; 2] = ["user.progress.updated", CONVERSATION_COMPLETED];
/// Tells of one conversation: what it was about, and how it went.
pub const CONVERSATION_COMPLETED: &str = "conversation.completed";
/// Webhooks that one person may have.
pub const MOST: i64 = 20;
/// Deliveries of one person that may wait to be sent again.
pub const MOST_REPLAYS: i64 = 100;

/// All webhooks; clones share them.
#[derive(Clone, Debug)]
pub struct Webhooks {
    database: Database,
    allow: Arc<[IpNet]>,
}

/// Why something can't be done with a webhook.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// There is none of that id, or it is someone else's.
    #[error("there is no such webhook")]
    NotFound,
    /// The same of a delivery.
    #[error("there is no such delivery")]
    NoDelivery,
    /// Nothing may be sent there.
    #[error(transparent)]
    Destination(#[from] DestinationError),
    /// None of [`EVENTS`], or none at all.
    #[error("must name some of {}", EVENTS.join(", "))]
    Events,
    /// There are [`MOST`] already.
    #[error("there may be {MOST} webhooks at most")]
    TooMany,
    /// [`MOST_REPLAYS`] wait already.
    #[error("{MOST_REPLAYS} deliveries wait to be sent again already")]
    TooManyReplays,
    /// Nobody could look.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Webhooks {
    /// Webhooks in a database.
    pub fn new(database: Database, config: &WebhooksConfig) -> Self {
        Self {
            database,
            allow: config.allow.clone().into(),
        }
    }

    /// Sends from now on.
    ///
    /// # Errors
    /// When HTTPS can't be spoken.
    pub fn start(&self, registry: &mut Registry) -> Result<Dispatcher, SenderError> {
        let sender = HttpSender::new(&self.allow)?;
        let metrics = DispatchMetrics::register(registry);
        Ok(Dispatcher::start(self.database.clone(), Arc::new(sender), metrics))
    }

    /// Makes a webhook with a secret of its own.
    ///
    /// # Errors
    /// When nothing may be sent there, an event is unknown, or there are too many.
    pub async fn create(
        &self,
        owner: &UserId,
        url: &str,
        events: Vec<String>,
        now: Timestamp,
    ) -> Result<Webhook, WebhookError> {
        let webhook = Webhook {
            id: WebhookId::new(),
            user_id: owner.clone(),
            url: destination::check(url, &self.allow)?.to_string(),
            events: known(events)?,
            secret: signature::new_secret(),
            is_active: true,
            disabled_because: None,
            created_at: now,
            updated_at: now,
        };
        if !self.database.add_webhook(&webhook, MOST).await? {
            return Err(WebhookError::TooMany);
        }
        Ok(webhook)
    }

    /// Someone's webhooks, the oldest first.
    ///
    /// # Errors
    /// When storage can't be read.
    pub async fn of(&self, owner: &UserId) -> Result<Vec<Webhook>, WebhookError> {
        Ok(self.database.webhooks(owner).await?)
    }

    /// One of someone's webhooks.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn owned(&self, owner: &UserId, id: &WebhookId) -> Result<Webhook, WebhookError> {
        let webhook = self.database.webhook(id).await?;
        webhook
            .filter(|webhook| webhook.user_id == *owner)
            .ok_or(WebhookError::NotFound)
    }

    /// Changes what is named.
    ///
    /// # Errors
    /// As of [`create`](Self::create), and when there is none of that id.
    pub async fn change(
        &self,
        owner: &UserId,
        id: &WebhookId,
        change: WebhookChange,
        now: Timestamp,
    ) -> Result<Webhook, WebhookError> {
        // Someone else's is as good as none, whatever shall be changed of it.
        self.owned(owner, id).await?;
        let url = change
            .url
            .map(|url| destination::check(&url, &self.allow))
            .transpose()?;
        let change = WebhookChange {
            url: url.map(|url| url.to_string()),
            events: change.events.map(known).transpose()?,
            is_active: change.is_active,
        };
        // Only what is named: what became of it meanwhile stays.
        let changed = self.database.change_webhook(owner, id, &change, now).await?;
        changed.ok_or(WebhookError::NotFound)
    }

    /// Deletes one, and what was to be sent to it.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn delete(&self, owner: &UserId, id: &WebhookId) -> Result<(), WebhookError> {
        self.owned(owner, id).await?;
        Ok(self.database.delete_webhook(id).await?)
    }

    /// What was and is to be sent to one, the newest first, and how many there are.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn deliveries(
        &self,
        owner: &UserId,
        id: &WebhookId,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<Delivery>, i64), WebhookError> {
        self.owned(owner, id).await?;
        Ok(self.database.deliveries(id, limit, offset).await?)
    }

    /// Sends something again, at once, whatever became of it.
    ///
    /// # Errors
    /// When there is none of that id, or too much is waiting to be sent again.
    pub async fn replay(&self, owner: &UserId, id: &DeliveryId, now: Timestamp) -> Result<Delivery, WebhookError> {
        let sent = self.database.delivery(id).await?.ok_or(WebhookError::NoDelivery)?;
        let webhook = self.database.webhook(&sent.webhook_id).await?;
        webhook
            .filter(|webhook| webhook.user_id == *owner)
            .ok_or(WebhookError::NoDelivery)?;
        let again = Delivery {
            id: DeliveryId::new(),
            status: DeliveryStatus::Pending,
            attempts: 0,
            due_at: now,
            response_status: None,
            error: None,
            replay_of: Some(sent.id),
            created_at: now,
            finished_at: None,
            ..sent
        };
        if !self.database.add_replay(&again, owner, MOST_REPLAYS).await? {
            return Err(WebhookError::TooManyReplays);
        }
        Ok(again)
    }
}

fn known(events: Vec<String>) -> Result<Vec<String>, WebhookError> {
    let is_known = |event: &String| EVENTS.contains(&event.as_str());
    if events.is_empty() || !events.iter().all(is_known) {
        return Err(WebhookError::Events);
    }
    // In one order, each once.
    let chosen = EVENTS
        .iter()
        .filter(|event| events.iter().any(|chosen| chosen == *event));
    Ok(chosen.map(|event| (*event).to_owned()).collect())
}

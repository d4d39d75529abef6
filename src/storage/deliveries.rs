//! What is to be sent to webhooks, and what came of it.

use serde::Serialize;
use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::{Database, StorageError, corrupt, document, text};
use crate::clock::Timestamp;
use crate::ids::{DeliveryId, EventId, UserId, WebhookId};
use crate::webhooks::CONVERSATION_COMPLETED;
use crate::webhooks::schedule::{Next, Outcome};

/// Something that is sent to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Which one.
    pub id: DeliveryId,
    /// Where to.
    pub webhook_id: WebhookId,
    /// What happened.
    pub event_id: String,
    /// Its name.
    pub event: String,
    /// JSON, as it is signed and sent.
    pub body: String,
    /// Whether it has arrived.
    pub status: DeliveryStatus,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next, if it is.
    pub due_at: Timestamp,
    /// The status of the last answer.
    pub response_status: Option<u16>,
    /// What went wrong last.
    pub error: Option<String>,
    /// What it repeats.
    pub replay_of: Option<DeliveryId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it arrived, or was given up.
    pub finished_at: Option<Timestamp>,
}

/// Whether something has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryStatus {
    /// Not yet.
    Pending,
    /// Yes.
    Delivered,
    /// No, and it won't.
    Failed,
}

/// A delivery that is due.
#[derive(Clone, Debug)]
pub struct Due {
    /// Where to.
    pub webhook_id: WebhookId,
    /// Whose webhook that is.
    pub owner: UserId,
    id: DeliveryId,
    leased_until: i64,
}

/// Who has enough under way, and waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crowded {
    /// Webhooks.
    pub webhooks: Vec<WebhookId>,
    /// People, with all their webhooks.
    pub owners: Vec<UserId>,
}

/// A delivery that nobody else sends for now.
#[derive(Clone)]
pub struct Claimed {
    /// What to send.
    pub delivery: Delivery,
    /// Where to.
    pub url: String,
    /// What to sign it with.
    pub secret: String,
    /// Whether the webhook is still on.
    pub is_active: bool,
    /// Until when nobody else sends it.
    pub leased_until: Timestamp,
}

/// What came of an attempt, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    status: DeliveryStatus,
    attempts: u32,
    due_at: Timestamp,
    response_status: Option<u16>,
    error: Option<String>,
    finished_at: Option<Timestamp>,
    /// Whether nothing more shall be sent to the webhook.
    disables: bool,
}

/// The body of document 000's webhooks.
#[derive(Serialize)]
struct Body<'a> {
    event: &'a str,
    timestamp: Timestamp,
    data: &'a Value,
}

/// Deliveries kept of one webhook beside those that are pending.
const KEPT_OF_ONE: i64 = 1000;

impl DeliveryStatus {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    fn parse(text: &str) -> Result<Self, StorageError> {
        match text {
            "pending" => Ok(Self::Pending),
            "delivered" => Ok(Self::Delivered),
            "failed" => Ok(Self::Failed),
            other => Err(corrupt("status", other)),
        }
    }
}

impl Record {
    /// What came of the `attempts`th attempt.
    pub fn of(outcome: &Outcome, next: Next, attempts: u32, now: Timestamp) -> Self {
        let (response_status, error) = match outcome {
            Outcome::Delivered { status } => (Some(*status), None),
            Outcome::Gone => (Some(410), Some("the answer was 410 Gone".to_owned())),
            Outcome::Failed { status, error, .. } => (*status, Some(error.clone())),
        };
        let (status, due_at) = match next {
            Next::Done => (DeliveryStatus::Delivered, now),
            Next::Retry(at) => (DeliveryStatus::Pending, at),
            Next::GiveUp | Next::Disable => (DeliveryStatus::Failed, now),
        };
        Self {
            status,
            attempts,
            due_at,
            response_status,
            error,
            finished_at: (status != DeliveryStatus::Pending).then_some(now),
            disables: next == Next::Disable,
        }
    }

    /// Nothing was sent, since the webhook was switched off meanwhile.
    pub fn switched_off(attempts: u32, now: Timestamp) -> Self {
        Self {
            status: DeliveryStatus::Failed,
            attempts,
            due_at: now,
            response_status: None,
            error: Some("the webhook was switched off".to_owned()),
            finished_at: Some(now),
            disables: false,
        }
    }
}

impl Delivery {
    fn from_row(row: &AnyRow) -> Result<Self, StorageError> {
        let status: String = row.try_get("status")?;
        let response_status: Option<i64> = row.try_get("response_status")?;
        let replay_of: Option<String> = row.try_get("replay_of")?;
        let finished_at: Option<i64> = row.try_get("finished_at")?;
        Ok(Self {
            id: DeliveryId::from_text(row.try_get::<String, _>("id")?),
            webhook_id: WebhookId::from_text(row.try_get::<String, _>("webhook_id")?),
            event_id: row.try_get("event_id")?,
            event: row.try_get("event")?,
            body: row.try_get("body")?,
            status: DeliveryStatus::parse(&status)?,
            attempts: u32::try_from(row.try_get::<i64, _>("attempts")?).unwrap_or(u32::MAX),
            due_at: Timestamp::from_millis(row.try_get("due_at")?),
            response_status: response_status.and_then(|status| u16::try_from(status).ok()),
            error: row.try_get("error")?,
            replay_of: replay_of.map(DeliveryId::from_text),
            created_at: Timestamp::from_millis(row.try_get("created_at")?),
            finished_at: finished_at.map(Timestamp::from_millis),
        })
    }
}

impl Database {
    /// Makes deliveries of at most `limit` events of the outbox, for everyone who wants to hear of them: whom they concern,
    /// and the organisations that those belong to. Of a conversation, only the organisation hears that gave it. Answers how
    /// many events there were.
    pub async fn fan_out(&self, limit: i64, now: Timestamp) -> Result<i64, StorageError> {
        let events = sqlx::query("SELECT id FROM outbox WHERE dispatched_at IS NULL ORDER BY created_at, id LIMIT $1")
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        for event in &events {
            self.fan_out_one(&EventId::from_text(event.try_get::<String, _>("id")?), now)
                .await?;
        }
        Ok(i64::try_from(events.len()).unwrap_or(i64::MAX))
    }

    async fn fan_out_one(&self, id: &EventId, now: Timestamp) -> Result<(), StorageError> {
        let mut transaction = self.pool.begin().await?;
        // Of all who see the event, one makes the deliveries.
        let taken = sqlx::query("UPDATE outbox SET dispatched_at = $2 WHERE id = $1 AND dispatched_at IS NULL")
            .bind(id.as_str())
            .bind(now.as_millis())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        if taken == 0 {
            return Ok(());
        }
        let event =
            sqlx::query("SELECT user_id, event, payload, organisation_id, created_at FROM outbox WHERE id = $1")
                .bind(id.as_str())
                .fetch_one(&mut *transaction)
                .await?;
        let user_id: String = event.try_get("user_id")?;
        let name: String = event.try_get("event")?;
        let giver: Option<String> = event.try_get("organisation_id")?;
        let body = text(&Body {
            event: &name,
            timestamp: Timestamp::from_millis(event.try_get("created_at")?),
            data: &document(&event, "payload")?,
        });
        let webhooks = sqlx::query(
            "SELECT id, events FROM webhooks WHERE active = 1 AND (user_id = $1 OR user_id IN \
             (SELECT organisations.account_id FROM organisation_members \
             JOIN organisations ON organisations.id = organisation_members.organisation_id \
             WHERE organisation_members.user_id = $1 AND ($2 = 0 OR organisations.id = $3))) ORDER BY created_at, id",
        )
        .bind(&user_id)
        .bind(i64::from(name == CONVERSATION_COMPLETED))
        .bind(giver.unwrap_or_default())
        .fetch_all(&mut *transaction)
        .await?;
        for webhook in &webhooks {
            let events: Vec<String> = document(webhook, "events")?;
            if !events.contains(&name) {
                continue;
            }
            sqlx::query(
                "INSERT INTO webhook_deliveries (id, webhook_id, event_id, event, body, status, due_at, created_at) \
                 VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7)",
            )
            .bind(DeliveryId::new().as_str())
            .bind(webhook.try_get::<String, _>("id")?)
            .bind(id.as_str())
            .bind(&name)
            .bind(&body)
            .bind(now.as_millis())
            .bind(now.as_millis())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Adds a delivery that repeats another, unless `most` of its owner wait already; whether it was added.
    pub async fn add_replay(&self, delivery: &Delivery, owner: &UserId, most: i64) -> Result<bool, StorageError> {
        let added = sqlx::query(
            "INSERT INTO webhook_deliveries (id, webhook_id, event_id, event, body, status, due_at, replay_of, created_at) \
             SELECT $1, $2, $3, $4, $5, $6, CAST($7 AS BIGINT), $8, CAST($9 AS BIGINT) \
             WHERE (SELECT COUNT(*) FROM webhooks w JOIN webhook_deliveries d ON d.webhook_id = w.id \
             WHERE w.user_id = $10 AND d.status = 'pending' AND d.replay_of IS NOT NULL) < $11",
        )
        .bind(delivery.id.as_str())
        .bind(delivery.webhook_id.as_str())
        .bind(&delivery.event_id)
        .bind(&delivery.event)
        .bind(&delivery.body)
        .bind(delivery.status.as_str())
        .bind(delivery.due_at.as_millis())
        .bind(delivery.replay_of.as_ref().map(DeliveryId::as_str))
        .bind(delivery.created_at.as_millis())
        .bind(owner.as_str())
        .bind(most)
        .execute(&self.pool)
        .await?
        .rows_affected();
        Ok(added == 1)
    }

    /// What is due and nobody is sending, what has waited longest first, but for those who have enough under way.
    pub async fn due_deliveries(
        &self,
        crowded: &Crowded,
        limit: i64,
        now: Timestamp,
    ) -> Result<Vec<Due>, StorageError> {
        let places = |from: usize, count: usize| -> String {
            let places: Vec<String> = (from..from + count).map(|number| format!("${number}")).collect();
            places.join(", ")
        };
        let mut statement = "SELECT d.id, d.webhook_id, d.leased_until, w.user_id FROM webhook_deliveries d \
                             JOIN webhooks w ON w.id = d.webhook_id \
                             WHERE d.status = 'pending' AND d.due_at <= $1 AND d.leased_until <= $1"
            .to_owned();
        let Crowded { webhooks, owners } = crowded;
        for (column, from, count) in [
            ("d.webhook_id", 3, webhooks.len()),
            ("w.user_id", 3 + webhooks.len(), owners.len()),
        ] {
            if count > 0 {
                statement += &format!(" AND {column} NOT IN ({})", places(from, count));
            }
        }
        statement += " ORDER BY d.due_at, d.id LIMIT $2";
        // Only the number of places varies.
        let mut query = sqlx::query(AssertSqlSafe(statement))
            .persistent(false)
            .bind(now.as_millis())
            .bind(limit);
        for id in webhooks.iter().map(WebhookId::as_str) {
            query = query.bind(id);
        }
        for id in owners.iter().map(UserId::as_str) {
            query = query.bind(id);
        }
        let rows = query.fetch_all(&self.pool).await?;
        let due = |row: &AnyRow| {
            Ok(Due {
                webhook_id: WebhookId::from_text(row.try_get::<String, _>("webhook_id")?),
                owner: UserId::from_text(row.try_get::<String, _>("user_id")?),
                id: DeliveryId::from_text(row.try_get::<String, _>("id")?),
                leased_until: row.try_get("leased_until")?,
            })
        };
        rows.iter().map(due).collect()
    }

    /// Takes a delivery until that moment; `None` if somebody else was quicker.
    pub async fn claim_delivery(&self, due: Due, until: Timestamp) -> Result<Option<Claimed>, StorageError> {
        let taken = sqlx::query(
            "UPDATE webhook_deliveries SET leased_until = $2 \
             WHERE id = $1 AND status = 'pending' AND leased_until = $3",
        )
        .bind(due.id.as_str())
        .bind(until.as_millis())
        .bind(due.leased_until)
        .execute(&self.pool)
        .await?
        .rows_affected();
        if taken == 0 {
            return Ok(None);
        }
        let row = sqlx::query(
            "SELECT webhook_deliveries.*, webhooks.url, webhooks.secret, webhooks.active FROM webhook_deliveries \
             JOIN webhooks ON webhooks.id = webhook_deliveries.webhook_id WHERE webhook_deliveries.id = $1",
        )
        .bind(due.id.as_str())
        .fetch_optional(&self.pool)
        .await?;
        let claimed = |row: AnyRow| {
            Ok(Claimed {
                delivery: Delivery::from_row(&row)?,
                url: row.try_get("url")?,
                secret: row.try_get("secret")?,
                is_active: row.try_get::<i64, _>("active")? != 0,
                leased_until: until,
            })
        };
        row.map(claimed).transpose()
    }

    /// Keeps what came of an attempt by whoever has the delivery until then; false if somebody else has taken it since, whose
    /// attempt counts.
    pub async fn record_attempt(
        &self,
        delivery: &Delivery,
        leased_until: Timestamp,
        record: &Record,
    ) -> Result<bool, StorageError> {
        let mut transaction = self.pool.begin().await?;
        let kept = sqlx::query(
            "UPDATE webhook_deliveries SET status = $2, attempts = $3, due_at = $4, leased_until = 0, \
             response_status = $5, error = $6, finished_at = $7 WHERE id = $1 AND leased_until = $8",
        )
        .bind(delivery.id.as_str())
        .bind(record.status.as_str())
        .bind(i64::from(record.attempts))
        .bind(record.due_at.as_millis())
        .bind(record.response_status.map(i64::from))
        .bind(record.error.as_deref())
        .bind(record.finished_at.map(Timestamp::as_millis))
        .bind(leased_until.as_millis())
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if kept == 0 {
            return Ok(false);
        }
        if record.disables {
            sqlx::query("UPDATE webhooks SET active = 0, disabled_because = $2 WHERE id = $1")
                .bind(delivery.webhook_id.as_str())
                .bind(record.error.as_deref())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// The delivery of that id.
    pub async fn delivery(&self, id: &DeliveryId) -> Result<Option<Delivery>, StorageError> {
        let row = sqlx::query("SELECT * FROM webhook_deliveries WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(Delivery::from_row).transpose()
    }

    /// What was and is to be sent to a webhook, the newest first, and how many there are.
    pub async fn deliveries(
        &self,
        webhook: &WebhookId,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<Delivery>, i64), StorageError> {
        let rows = sqlx::query(
            "SELECT * FROM webhook_deliveries WHERE webhook_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3",
        )
        .bind(webhook.as_str())
        .bind(limit)
        .bind(offset)
        .fetch_all(&self.pool)
        .await?;
        let total = sqlx::query("SELECT COUNT(*) AS total FROM webhook_deliveries WHERE webhook_id = $1")
            .bind(webhook.as_str())
            .fetch_one(&self.pool)
            .await?;
        let deliveries = rows.iter().map(Delivery::from_row).collect::<Result<_, _>>()?;
        Ok((deliveries, total.try_get("total")?))
    }

    /// Forgets events and deliveries that were over before that moment, and of each webhook all but the newest.
    pub async fn prune_deliveries(&self, before: Timestamp) -> Result<(), StorageError> {
        sqlx::query("DELETE FROM outbox WHERE dispatched_at < $1")
            .bind(before.as_millis())
            .execute(&self.pool)
            .await?;
        sqlx::query("DELETE FROM webhook_deliveries WHERE finished_at < $1")
            .bind(before.as_millis())
            .execute(&self.pool)
            .await?;
        let crowded = sqlx::query(
            "SELECT webhook_id FROM webhook_deliveries WHERE finished_at IS NOT NULL \
             GROUP BY webhook_id HAVING COUNT(*) > $1",
        )
        .bind(KEPT_OF_ONE)
        .fetch_all(&self.pool)
        .await?;
        for row in &crowded {
            sqlx::query(
                "DELETE FROM webhook_deliveries WHERE webhook_id = $1 AND finished_at IS NOT NULL AND id NOT IN \
                 (SELECT id FROM webhook_deliveries WHERE webhook_id = $1 AND finished_at IS NOT NULL \
                 ORDER BY created_at DESC, id DESC LIMIT $2)",
            )
            .bind(row.try_get::<String, _>("webhook_id")?)
            .bind(KEPT_OF_ONE)
            .execute(&self.pool)
            .await?;
        }
        Ok(())
    }
}

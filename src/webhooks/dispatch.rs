//! From the outbox to the attempts. Everything that is to be done stands in the database, so that whoever starts next goes on.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::schedule::{Outcome, next};
use super::sender::{Sender, Shipment};
use crate::clock::Timestamp;
use crate::ids::WebhookId;
use crate::storage::deliveries::{Claimed, Record};
use crate::storage::{Database, StorageError};

/// The task that sends. Dropping it stops nothing; [`stop`](Self::stop) does.
#[derive(Debug)]
pub struct Dispatcher {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// What is counted about webhooks.
#[derive(Clone, Debug, Default)]
pub struct DispatchMetrics {
    attempts: Family<OutcomeLabels, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

/// How often the outbox is looked into.
const EVERY: Duration = Duration::from_secs(1);
/// Attempts at once.
const AT_ONCE: usize = 16;
/// Of one webhook: a slow one shall not hold up the others.
const AT_ONCE_OF_ONE: usize = 4;
/// Events taken out of the outbox, and deliveries looked at, at once.
const BATCH: i64 = 64;
/// How long an attempt belongs to whoever makes it. If it dies, somebody makes it again after that.
const LEASE: Duration = Duration::from_secs(30);
/// How often what is old is forgotten.
const PRUNE_EVERY: Duration = Duration::from_secs(60 * 60);
/// How long what is over is kept.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How long attempts under way may take when the program stops.
const GOODBYE: Duration = Duration::from_secs(3);

impl DispatchMetrics {
    /// Metrics that are part of the registry.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.sub_registry_with_prefix("webhooks").register(
            "attempts",
            "Attempts to send a webhook",
            metrics.attempts.clone(),
        );
        metrics
    }

    fn count(&self, outcome: &Outcome) {
        let outcome = match outcome {
            Outcome::Delivered { .. } => "delivered",
            Outcome::Gone => "gone",
            Outcome::Failed { .. } => "failed",
        };
        self.attempts.get_or_create(&OutcomeLabels { outcome }).inc();
    }
}

impl Dispatcher {
    /// Sends what there is to send from now on.
    pub fn start(database: Database, sender: Arc<dyn Sender>, metrics: DispatchMetrics) -> Self {
        let (stop, stopped) = watch::channel(false);
        let round = Round {
            database,
            sender,
            metrics,
        };
        let task = tokio::spawn(run(round, stopped));
        Self { stop, task }
    }

    /// Begins no more attempts, and waits a moment for those under way.
    pub async fn stop(self) {
        // It has ended already if nobody listens.
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}

#[derive(Clone)]
struct Round {
    database: Database,
    sender: Arc<dyn Sender>,
    metrics: DispatchMetrics,
}

async fn run(round: Round, mut stopped: watch::Receiver<bool>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut under_way = JoinSet::new();
    let mut busy: HashMap<WebhookId, usize> = HashMap::new();
    let mut is_away = false;
    let mut pruned_at: Option<Timestamp> = None;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            Some(done) = under_way.join_next(), if !under_way.is_empty() => {
                if let Ok(webhook) = done {
                    release(&mut busy, &webhook);
                }
            }
            _ = stopped.changed() => break,
        }
        let now = Timestamp::now();
        let begun = round.begin(&mut busy, under_way.len(), now).await;
        match begun {
            Ok(claimed) => {
                is_away = false;
                for claimed in claimed {
                    let round = round.clone();
                    under_way.spawn(async move {
                        let webhook = claimed.delivery.webhook_id.clone();
                        round.attempt(claimed, Timestamp::now(), rand::random()).await;
                        webhook
                    });
                }
            }
            // Said once: it is tried again every second.
            Err(error) if !is_away => {
                is_away = true;
                tracing::warn!(%error, "webhooks wait for the database");
            }
            Err(_) => {}
        }
        if pruned_at.is_none_or(|at| now.since(at) >= PRUNE_EVERY) {
            pruned_at = Some(now);
            if let Err(error) = round.database.prune_deliveries(now.earlier(KEPT)).await {
                tracing::warn!(%error, "old deliveries can't be forgotten");
            }
        }
    }
    let finish = async { while under_way.join_next().await.is_some() {} };
    if timeout(GOODBYE, finish).await.is_err() {
        tracing::info!("some webhooks were cut off; they are sent again");
    }
}

fn release(busy: &mut HashMap<WebhookId, usize>, webhook: &WebhookId) {
    if let Some(count) = busy.get_mut(webhook) {
        *count -= 1;
        if *count == 0 {
            busy.remove(webhook);
        }
    }
}

impl Round {
    /// Empties the outbox, and claims what is due, as much as there is room for.
    async fn begin(
        &self,
        busy: &mut HashMap<WebhookId, usize>,
        under_way: usize,
        now: Timestamp,
    ) -> Result<Vec<Claimed>, StorageError> {
        while self.database.fan_out(BATCH, now).await? >= BATCH {}
        let mut claimed = Vec::new();
        if under_way >= AT_ONCE {
            return Ok(claimed);
        }
        for due in self.database.due_deliveries(BATCH, now).await? {
            if under_way + claimed.len() >= AT_ONCE {
                break;
            }
            let of_one = busy.get(&due.webhook_id).copied().unwrap_or_default();
            if of_one >= AT_ONCE_OF_ONE {
                continue;
            }
            let webhook = due.webhook_id.clone();
            if let Some(one) = self.database.claim_delivery(due, now.plus(LEASE)).await? {
                *busy.entry(webhook).or_default() += 1;
                claimed.push(one);
            }
        }
        Ok(claimed)
    }

    /// Makes one attempt, and keeps what came of it.
    async fn attempt(&self, claimed: Claimed, now: Timestamp, jitter: f64) {
        let Claimed {
            delivery,
            url,
            secret,
            is_active,
        } = claimed;
        let attempts = delivery.attempts + 1;
        let shipment = Shipment {
            url,
            secret,
            event_id: delivery.event_id.clone(),
            body: delivery.body.clone(),
        };
        let record = if is_active {
            let outcome = self.sender.send(&shipment, now).await;
            self.metrics.count(&outcome);
            let then = next(&outcome, attempts, now, jitter);
            tracing::debug!(delivery = %delivery.id, webhook = %delivery.webhook_id, attempts, ?outcome, "webhook sent");
            Record::of(&outcome, then, attempts, now)
        } else {
            Record::switched_off(delivery.attempts, now)
        };
        if let Err(error) = self.database.record_attempt(&delivery, &record).await {
            tracing::warn!(delivery = %delivery.id, %error, "what came of a webhook is not kept; it is sent again");
        }
    }
}

#[cfg(test)]
mod tests;

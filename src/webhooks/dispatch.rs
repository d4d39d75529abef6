//! From the outbox to the attempts. Everything that is to be done stands in the database, so that whoever starts next goes on.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use tokio::sync::watch;
use tokio::task::{Id, JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::schedule::{Outcome, next};
use super::sender::{Sender, Shipment};
use crate::clock::Timestamp;
use crate::ids::{UserId, WebhookId};
use crate::storage::deliveries::{Claimed, Crowded, Record};
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
/// Attempts at once. They wait for others most of the time.
const AT_ONCE: usize = 64;
/// Of one webhook: a slow one shall not hold up the others.
const AT_ONCE_OF_ONE: usize = 4;
/// Of all webhooks of one owner, for the same reason.
const AT_ONCE_OF_OWNER: usize = 8;
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

/// What is under way.
#[derive(Clone, Debug, Default)]
struct Load {
    total: usize,
    webhooks: HashMap<WebhookId, usize>,
    owners: HashMap<UserId, usize>,
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
    let mut load = Load::default();
    // Whose attempt each task makes: known also of one that panics.
    let mut made_for: HashMap<Id, (WebhookId, UserId)> = HashMap::new();
    let mut is_away = false;
    let mut pruned_at: Option<Timestamp> = None;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            Some(done) = under_way.join_next_with_id(), if !under_way.is_empty() => {
                let task = match &done {
                    Ok((task, ())) => *task,
                    Err(error) => error.id(),
                };
                if let Some((webhook, owner)) = made_for.remove(&task) {
                    load.remove(&webhook, &owner);
                }
            }
            _ = stopped.changed() => break,
        }
        let now = Timestamp::now();
        let begun = round.begin(&mut load, now).await;
        match begun {
            Ok(claimed) => {
                is_away = false;
                for (claimed, owner) in claimed {
                    let round = round.clone();
                    let webhook = claimed.delivery.webhook_id.clone();
                    let attempt = async move { round.attempt(claimed, Timestamp::now, rand::random()).await };
                    made_for.insert(under_way.spawn(attempt).id(), (webhook, owner));
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

impl Load {
    fn has_room_for(&self, webhook: &WebhookId, owner: &UserId) -> bool {
        self.total < AT_ONCE
            && self.webhooks.get(webhook).is_none_or(|count| *count < AT_ONCE_OF_ONE)
            && self.owners.get(owner).is_none_or(|count| *count < AT_ONCE_OF_OWNER)
    }

    fn add(&mut self, webhook: &WebhookId, owner: &UserId) {
        self.total += 1;
        *self.webhooks.entry(webhook.clone()).or_default() += 1;
        *self.owners.entry(owner.clone()).or_default() += 1;
    }

    fn remove(&mut self, webhook: &WebhookId, owner: &UserId) {
        self.total -= 1;
        one_less(&mut self.webhooks, webhook);
        one_less(&mut self.owners, owner);
    }

    fn crowded(&self) -> Crowded {
        Crowded {
            webhooks: those_with(&self.webhooks, AT_ONCE_OF_ONE),
            owners: those_with(&self.owners, AT_ONCE_OF_OWNER),
        }
    }
}

fn one_less<T: Eq + Hash>(counts: &mut HashMap<T, usize>, of: &T) {
    if let Some(count) = counts.get_mut(of) {
        *count -= 1;
        if *count == 0 {
            counts.remove(of);
        }
    }
}

fn those_with<T: Clone>(counts: &HashMap<T, usize>, least: usize) -> Vec<T> {
    let those = counts.iter().filter(|(_, count)| **count >= least);
    those.map(|(of, _)| of.clone()).collect()
}

impl Round {
    /// Empties the outbox, and claims what is due, as much as there is room for; with each, whose it is.
    async fn begin(&self, load: &mut Load, now: Timestamp) -> Result<Vec<(Claimed, UserId)>, StorageError> {
        while self.database.fan_out(BATCH, now).await? >= BATCH {}
        let mut claimed = Vec::new();
        while load.total < AT_ONCE {
            let found = self.database.due_deliveries(&load.crowded(), BATCH, now).await?;
            if found.is_empty() {
                break;
            }
            // Whatever is not claimed here is somebody else's now, or of someone who is crowded by now: not found again.
            for due in found {
                let (webhook, owner) = (due.webhook_id.clone(), due.owner.clone());
                if !load.has_room_for(&webhook, &owner) {
                    continue;
                }
                match self.database.claim_delivery(due, now.plus(LEASE)).await {
                    Ok(Some(one)) => {
                        load.add(&webhook, &owner);
                        claimed.push((one, owner));
                    }
                    Ok(None) => {}
                    // What is claimed already is sent all the same.
                    Err(_) if !claimed.is_empty() => return Ok(claimed),
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(claimed)
    }

    /// Makes one attempt, and keeps what came of it.
    async fn attempt(&self, claimed: Claimed, clock: impl Fn() -> Timestamp, jitter: f64) {
        let Claimed {
            delivery,
            url,
            secret,
            is_active,
            leased_until,
        } = claimed;
        let attempts = delivery.attempts + 1;
        let shipment = Shipment {
            url,
            secret,
            event_id: delivery.event_id.clone(),
            body: delivery.body.clone(),
        };
        let record = if is_active {
            let outcome = self.sender.send(&shipment, clock()).await;
            self.metrics.count(&outcome);
            // Whoever took long to refuse is left alone for as long as anyone else.
            let now = clock();
            let then = next(&outcome, attempts, now, jitter);
            tracing::debug!(delivery = %delivery.id, webhook = %delivery.webhook_id, attempts, ?outcome, "webhook sent");
            Record::of(&outcome, then, attempts, now)
        } else {
            Record::switched_off(delivery.attempts, clock())
        };
        match self.database.record_attempt(&delivery, leased_until, &record).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::debug!(delivery = %delivery.id, "an attempt took so long that somebody else made another")
            }
            Err(error) => {
                tracing::warn!(delivery = %delivery.id, %error, "what came of a webhook is not kept; it is sent again");
            }
        }
    }
}

#[cfg(test)]
mod tests;

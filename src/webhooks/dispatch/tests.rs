//! In simulated time, against a sender that follows a script.

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::*;
use crate::ids::UserId;
use crate::storage::deliveries::{Delivery, DeliveryStatus};
use crate::storage::outbox::OutboxEvent;
use crate::storage::tests::database;
use crate::storage::users::User;
use crate::storage::webhooks::Webhook;
use crate::webhooks::schedule::ATTEMPTS;
use crate::webhooks::signature;

#[derive(Default)]
struct Scripted {
    outcomes: Mutex<VecDeque<Outcome>>,
    sent: Mutex<Vec<(Shipment, Timestamp)>>,
}

#[async_trait]
impl Sender for Scripted {
    async fn send(&self, shipment: &Shipment, now: Timestamp) -> Outcome {
        self.sent.lock().unwrap().push((shipment.clone(), now));
        let next = self.outcomes.lock().unwrap().pop_front();
        next.unwrap_or(Outcome::Delivered { status: 200 })
    }
}

fn failed() -> Outcome {
    Outcome::Failed {
        status: Some(503),
        error: "the answer was 503".to_owned(),
        retry_after: None,
    }
}

/// A database with one person and one webhook, and what sends from it.
struct Scene {
    round: Round,
    sender: Arc<Scripted>,
    webhook: Webhook,
    _dir: tempfile::TempDir,
}

const NOON: Timestamp = Timestamp::from_millis(1_710_514_800_000);

impl Scene {
    async fn new(events: &[&str], outcomes: Vec<Outcome>) -> Self {
        let (database, dir) = database().await;
        let user = User::with_email("ann@example.com", NOON);
        database.add_user(&user).await.unwrap();
        let webhook = webhook_of(&user.id, events);
        assert!(database.add_webhook(&webhook, 20).await.unwrap());
        let sender = Arc::new(Scripted {
            outcomes: Mutex::new(outcomes.into()),
            ..Scripted::default()
        });
        Self {
            round: Round {
                database,
                sender: sender.clone(),
                metrics: DispatchMetrics::default(),
            },
            sender,
            webhook,
            _dir: dir,
        }
    }

    async fn announce(&self, event: &'static str, data: Value) {
        let event = OutboxEvent {
            user_id: self.webhook.user_id.clone(),
            event,
            data,
            organisation_id: None,
            at: NOON,
        };
        self.round.database.announce(&event).await.unwrap();
    }

    /// Does everything that is due, and answers how many attempts that took.
    async fn run(&self, now: Timestamp) -> usize {
        let claimed = self.round.begin(&mut HashMap::new(), 0, now).await.unwrap();
        let attempts = claimed.len();
        for claimed in claimed {
            self.round.attempt(claimed, now, 0.5).await;
        }
        attempts
    }

    async fn deliveries(&self) -> Vec<Delivery> {
        let (deliveries, total) = self.round.database.deliveries(&self.webhook.id, 100, 0).await.unwrap();
        assert_eq!(i64::try_from(deliveries.len()).unwrap(), total);
        deliveries
    }

    fn sent(&self) -> Vec<(Shipment, Timestamp)> {
        self.sender.sent.lock().unwrap().clone()
    }
}

fn webhook_of(owner: &UserId, events: &[&str]) -> Webhook {
    Webhook {
        id: WebhookId::new(),
        user_id: owner.clone(),
        url: "https://example.com/hook".to_owned(),
        events: events.iter().map(|event| (*event).to_owned()).collect(),
        secret: signature::new_secret(),
        is_active: true,
        disabled_because: None,
        created_at: NOON,
        updated_at: NOON,
    }
}

#[tokio::test]
async fn an_event_is_sent_once_to_whoever_selected_it_with_the_documents_body() {
    let scene = Scene::new(&["conversation.completed"], Vec::new()).await;
    scene
        .announce("conversation.completed", json!({"conversation_id": "conv_1"}))
        .await;
    scene.announce("user.progress.updated", json!({})).await;
    assert_eq!(scene.run(NOON).await, 1);
    assert_eq!(scene.run(NOON.plus(Duration::from_secs(60))).await, 0);
    let sent = scene.sent();
    assert_eq!(
        sent[0].0.body,
        r#"{"event":"conversation.completed","timestamp":"2024-03-15T15:00:00Z","data":{"conversation_id":"conv_1"}}"#
    );
    assert!(sent[0].0.event_id.starts_with("evt_"));
    let deliveries = scene.deliveries().await;
    assert_eq!(deliveries.len(), 1);
    assert_eq!(deliveries[0].status, DeliveryStatus::Delivered);
    assert_eq!(deliveries[0].response_status, Some(200));
}

#[tokio::test]
async fn what_fails_is_tried_along_the_schedule_with_the_same_id_and_then_given_up() {
    let scene = Scene::new(&["conversation.completed"], vec![failed(); 20]).await;
    scene.announce("conversation.completed", json!({})).await;
    let mut now = NOON;
    // Every second would do, too; only when something is due is it done.
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            assert_eq!(scene.run(now.earlier(Duration::from_millis(1))).await, 0);
        }
        assert_eq!(scene.run(now).await, 1);
        let delivery = scene.deliveries().await.remove(0);
        now = delivery.due_at;
    }
    let sent = scene.sent();
    assert_eq!(sent.len(), 10);
    assert!(sent.iter().all(|(shipment, _)| *shipment == sent[0].0));
    let hours = sent[9].1.since(NOON).as_secs() / 3600;
    assert_eq!(hours, 75);
    let delivery = scene.deliveries().await.remove(0);
    assert_eq!(delivery.status, DeliveryStatus::Failed);
    assert_eq!(delivery.attempts, ATTEMPTS);
    assert_eq!(scene.run(now.plus(KEPT)).await, 0);
}

#[tokio::test]
async fn whoever_is_gone_gets_nothing_more() {
    let scene = Scene::new(&["conversation.completed"], vec![Outcome::Gone]).await;
    scene.announce("conversation.completed", json!({})).await;
    assert_eq!(scene.run(NOON).await, 1);
    let webhook = scene.round.database.webhook(&scene.webhook.id).await.unwrap().unwrap();
    assert!(!webhook.is_active);
    assert_eq!(webhook.disabled_because.as_deref(), Some("the answer was 410 Gone"));
    scene.announce("conversation.completed", json!({})).await;
    assert_eq!(scene.run(NOON.plus(Duration::from_secs(60))).await, 0);
}

#[tokio::test]
async fn whatever_dies_between_writing_and_sending_loses_nothing_and_two_never_send_at_once() {
    let scene = Scene::new(&["conversation.completed"], Vec::new()).await;
    scene.announce("conversation.completed", json!({})).await;
    // Somebody claims it, and dies before it is sent.
    let mut busy = HashMap::new();
    let claimed = scene.round.begin(&mut busy, 0, NOON).await.unwrap();
    assert_eq!(claimed.len(), 1);
    assert_eq!(busy[&scene.webhook.id], 1);
    drop(claimed);
    assert_eq!(scene.run(NOON.plus(LEASE).earlier(Duration::from_millis(1))).await, 0);
    assert_eq!(scene.run(NOON.plus(LEASE)).await, 1);
    assert_eq!(scene.deliveries().await[0].status, DeliveryStatus::Delivered);
}

#[tokio::test]
async fn of_two_nodes_that_see_the_same_delivery_one_takes_it() {
    let scene = Scene::new(&["conversation.completed"], Vec::new()).await;
    scene.announce("conversation.completed", json!({})).await;
    let database = &scene.round.database;
    database.fan_out(64, NOON).await.unwrap();
    let one = database.due_deliveries(64, NOON).await.unwrap().remove(0);
    let other = one.clone();
    let until = NOON.plus(LEASE);
    assert!(database.claim_delivery(one, until).await.unwrap().is_some());
    assert!(database.claim_delivery(other, until).await.unwrap().is_none());
}

#[tokio::test]
async fn a_slow_webhook_leaves_room_for_others() {
    let scene = Scene::new(&["conversation.completed"], Vec::new()).await;
    for _ in 0..10 {
        scene.announce("conversation.completed", json!({})).await;
    }
    let mut busy = HashMap::new();
    let claimed = scene.round.begin(&mut busy, 0, NOON).await.unwrap();
    assert_eq!(claimed.len(), AT_ONCE_OF_ONE);
    assert!(
        scene
            .round
            .begin(&mut busy, claimed.len(), NOON)
            .await
            .unwrap()
            .is_empty()
    );
    release(&mut busy, &scene.webhook.id);
    assert_eq!(scene.round.begin(&mut busy, 3, NOON).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_waits_for_a_webhook_that_is_switched_off_is_not_sent() {
    let scene = Scene::new(&["conversation.completed"], Vec::new()).await;
    scene.announce("conversation.completed", json!({})).await;
    scene.round.database.fan_out(64, NOON).await.unwrap();
    let mut off = scene.webhook.clone();
    off.is_active = false;
    scene.round.database.update_webhook(&off).await.unwrap();
    assert_eq!(scene.run(NOON).await, 1);
    assert!(scene.sent().is_empty());
    let delivery = scene.deliveries().await.remove(0);
    assert_eq!((delivery.status, delivery.attempts), (DeliveryStatus::Failed, 0));
}

#[tokio::test]
async fn what_is_over_for_long_is_forgotten_and_what_is_pending_is_kept() {
    let scene = Scene::new(
        &["conversation.completed"],
        vec![Outcome::Delivered { status: 200 }, failed()],
    )
    .await;
    scene.announce("conversation.completed", json!({})).await;
    scene.announce("conversation.completed", json!({})).await;
    assert_eq!(scene.run(NOON).await, 2);
    let database = &scene.round.database;
    database.prune_deliveries(NOON).await.unwrap();
    assert_eq!(scene.deliveries().await.len(), 2);
    database
        .prune_deliveries(NOON.plus(Duration::from_millis(1)))
        .await
        .unwrap();
    let left = scene.deliveries().await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].status, DeliveryStatus::Pending);
}

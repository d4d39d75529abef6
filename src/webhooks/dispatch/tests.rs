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
use crate::storage::webhooks::{Webhook, WebhookChange};
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
        let claimed = self.round.begin(&mut Load::default(), now).await.unwrap();
        let attempts = claimed.len();
        for (claimed, _) in claimed {
            self.round.attempt(claimed, || now, 0.5).await;
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
    let mut load = Load::default();
    let claimed = scene.round.begin(&mut load, NOON).await.unwrap();
    assert_eq!(claimed.len(), 1);
    assert_eq!(load.webhooks[&scene.webhook.id], 1);
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
    let due = database.due_deliveries(&Crowded::default(), 64, NOON).await;
    let one = due.unwrap().remove(0);
    let other = one.clone();
    let until = NOON.plus(LEASE);
    assert!(database.claim_delivery(one, until).await.unwrap().is_some());
    assert!(database.claim_delivery(other, until).await.unwrap().is_none());
}

#[tokio::test]
async fn an_attempt_that_took_so_long_that_another_was_made_changes_nothing() {
    let scene = Scene::new(&["conversation.completed"], vec![Outcome::Gone]).await;
    scene.announce("conversation.completed", json!({})).await;
    let late = scene.round.begin(&mut Load::default(), NOON).await.unwrap().remove(0).0;
    // Somebody else takes it for lost, and sends it; then the first one comes to its end.
    let next = NOON.plus(LEASE);
    let taken = scene.round.begin(&mut Load::default(), next).await.unwrap().remove(0).0;
    scene.round.attempt(late, || next, 0.5).await;
    let delivery = scene.deliveries().await.remove(0);
    assert_eq!((delivery.status, delivery.attempts), (DeliveryStatus::Pending, 0));
    let webhook = scene.round.database.webhook(&scene.webhook.id).await.unwrap();
    assert!(webhook.unwrap().is_active);
    scene.round.attempt(taken, || next, 0.5).await;
    assert_eq!(scene.deliveries().await[0].status, DeliveryStatus::Delivered);
}

#[tokio::test]
async fn the_wait_for_another_attempt_begins_when_the_last_one_ended() {
    let scene = Scene::new(&["conversation.completed"], vec![failed()]).await;
    scene.announce("conversation.completed", json!({})).await;
    let claimed = scene.round.begin(&mut Load::default(), NOON).await.unwrap().remove(0).0;
    // The answer took fifteen seconds.
    let asked = std::cell::Cell::new(0);
    let clock = || NOON.plus(Duration::from_secs(asked.replace(15)));
    scene.round.attempt(claimed, clock, 0.5).await;
    assert_eq!(scene.sent()[0].1, NOON);
    assert_eq!(
        scene.deliveries().await[0].due_at,
        NOON.plus(Duration::from_secs(15 + 5))
    );
}

/// Another webhook for what happens to the same person.
async fn another(scene: &Scene) -> Webhook {
    let webhook = webhook_of(&scene.webhook.user_id, &["conversation.completed"]);
    assert!(scene.round.database.add_webhook(&webhook, 20).await.unwrap());
    webhook
}

#[tokio::test]
async fn a_slow_webhook_and_a_slow_owner_leave_room_for_others() {
    let scene = Scene::new(&["conversation.completed"], Vec::new()).await;
    for _ in 0..100 {
        scene.announce("conversation.completed", json!({})).await;
    }
    let begin = async |load: &mut Load, now| scene.round.begin(load, now).await.unwrap();
    let mut load = Load::default();
    assert_eq!(begin(&mut load, NOON).await.len(), AT_ONCE_OF_ONE);
    assert!(begin(&mut load, NOON).await.is_empty());

    // Of the same owner, and younger than all that waits: two may have something under way, a third has to wait.
    let others = [another(&scene).await, another(&scene).await];
    for _ in 0..100 {
        scene.announce("conversation.completed", json!({})).await;
    }
    let later = NOON.plus(Duration::from_secs(1));
    let claimed = begin(&mut load, later).await;
    assert_eq!(claimed.len(), AT_ONCE_OF_OWNER - AT_ONCE_OF_ONE);
    assert!(others.iter().any(|other| load.webhooks.contains_key(&other.id)));
    assert!(begin(&mut load, later).await.is_empty());

    // Somebody else doesn't notice.
    let bob = User::with_email("bob@example.com", NOON);
    scene.round.database.add_user(&bob).await.unwrap();
    let hook = webhook_of(&bob.id, &["conversation.completed"]);
    assert!(scene.round.database.add_webhook(&hook, 20).await.unwrap());
    let event = OutboxEvent {
        user_id: bob.id.clone(),
        event: "conversation.completed",
        data: json!({}),
        organisation_id: None,
        at: later,
    };
    scene.round.database.announce(&event).await.unwrap();
    let last = later.plus(Duration::from_secs(1));
    let claimed = begin(&mut load, last).await;
    let owners: Vec<&UserId> = claimed.iter().map(|(_, owner)| owner).collect();
    assert_eq!(owners, [&bob.id]);
    load.remove(&scene.webhook.id, &scene.webhook.user_id);
    assert_eq!(begin(&mut load, last).await.len(), 1);
}

#[tokio::test]
async fn only_so_much_waits_to_be_sent_again() {
    let scene = Scene::new(&["conversation.completed"], Vec::new()).await;
    scene.announce("conversation.completed", json!({})).await;
    scene.run(NOON).await;
    let sent = scene.deliveries().await.remove(0);
    let owner = &scene.webhook.user_id;
    let replay = async || {
        let again = Delivery {
            id: crate::ids::DeliveryId::new(),
            status: DeliveryStatus::Pending,
            replay_of: Some(sent.id.clone()),
            finished_at: None,
            ..sent.clone()
        };
        scene.round.database.add_replay(&again, owner, 3).await.unwrap()
    };
    let added = [replay().await, replay().await, replay().await, replay().await];
    assert_eq!(added, [true, true, true, false]);
    assert_eq!(scene.run(NOON).await, 3);
    assert!(replay().await);
}

#[tokio::test]
async fn a_change_leaves_what_it_does_not_name() {
    let scene = Scene::new(&["conversation.completed"], vec![Outcome::Gone]).await;
    scene.announce("conversation.completed", json!({})).await;
    scene.run(NOON).await;
    let Webhook { id, user_id, .. } = &scene.webhook;
    let database = &scene.round.database;
    let change = WebhookChange {
        url: Some("https://example.com/other".to_owned()),
        ..WebhookChange::default()
    };
    let changed = database
        .change_webhook(user_id, id, &change, NOON)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(changed.url, "https://example.com/other");
    assert_eq!(changed.events, scene.webhook.events);
    // That it was switched off meanwhile is not undone.
    assert!(!changed.is_active);
    assert_eq!(changed.disabled_because.as_deref(), Some("the answer was 410 Gone"));
    let on = WebhookChange {
        is_active: Some(true),
        ..WebhookChange::default()
    };
    let changed = database.change_webhook(user_id, id, &on, NOON).await.unwrap().unwrap();
    assert!(changed.is_active && changed.disabled_because.is_none());
    let foreign = database.change_webhook(&UserId::new(), id, &on, NOON).await.unwrap();
    assert!(foreign.is_none());
}

#[tokio::test]
async fn what_waits_for_a_webhook_that_is_switched_off_is_not_sent() {
    let scene = Scene::new(&["conversation.completed"], Vec::new()).await;
    scene.announce("conversation.completed", json!({})).await;
    scene.round.database.fan_out(64, NOON).await.unwrap();
    let off = WebhookChange {
        is_active: Some(false),
        ..WebhookChange::default()
    };
    let Webhook { id, user_id, .. } = &scene.webhook;
    let changed = scene.round.database.change_webhook(user_id, id, &off, NOON).await;
    assert!(changed.unwrap().is_some());
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

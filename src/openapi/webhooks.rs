//! Webhooks, what they are sent, and batches.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::path::{HttpMethod, PathItem};
use utoipa::openapi::{RefOr, Schema};

use super::endpoint::{Endpoint, delete, get, one, patch, post};
use super::values;
use crate::accounts::scope::Scope;
use crate::clock::Timestamp;
use crate::webhooks::EVENTS;
use crate::webhooks::destination::LONGEST_URL;

const TAG: &str = "Webhooks";

/// Who wants to hear of what.
#[derive(ToSchema)]
struct NewWebhook {
    /// An https: URL with a public address.
    #[schema(schema_with = destination)]
    url: String,
    #[schema(schema_with = events)]
    events: Vec<String>,
}

/// What changes; what is left out stays.
#[derive(ToSchema)]
struct WebhookChange {
    #[schema(schema_with = changed_destination)]
    url: Option<String>,
    #[schema(schema_with = changed_events)]
    events: Option<Vec<String>>,
    /// Whether anything is sent.
    active: Option<bool>,
}

fn destination() -> RefOr<Schema> {
    values::destination(LONGEST_URL)
}

fn changed_destination() -> RefOr<Schema> {
    values::or_null(destination())
}

fn events() -> RefOr<Schema> {
    values::some(values::choice(&EVENTS))
}

fn changed_events() -> RefOr<Schema> {
    values::or_null(events())
}

/// A webhook, without its secret.
#[derive(ToSchema)]
struct WebhookView {
    #[schema(pattern = "^wh_")]
    id: String,
    url: String,
    events: Vec<String>,
    active: bool,
    /// Why it was switched off, if not by its owner.
    #[schema(required)]
    disabled_because: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// What its deliveries are signed with. It is told once, when the webhook is made.
    #[schema(nullable = false)]
    secret: Option<String>,
}

/// All webhooks.
#[derive(ToSchema)]
struct WebhookList {
    webhooks: Vec<WebhookView>,
}

/// What was sent, the newest first.
#[derive(ToSchema)]
struct DeliveryList {
    deliveries: Vec<DeliveryView>,
    total: u64,
    limit: u64,
    offset: u64,
}

/// Something that is sent to a webhook.
#[derive(ToSchema)]
struct DeliveryView {
    #[schema(pattern = "^whd_")]
    id: String,
    webhook_id: String,
    event_id: String,
    event: String,
    /// `pending`, `delivered` or `failed`.
    status: String,
    attempts: u32,
    #[schema(required)]
    next_attempt_at: Option<Timestamp>,
    #[schema(required)]
    response_status: Option<u16>,
    #[schema(required)]
    error: Option<String>,
    #[schema(required)]
    replay_of: Option<String>,
    created_at: Timestamp,
    #[schema(required)]
    finished_at: Option<Timestamp>,
    payload: Map<String, Value>,
}

/// Several requests in one.
#[derive(ToSchema)]
struct Batch {
    #[schema(min_items = 1, max_items = 20)]
    requests: Vec<BatchPart>,
}

/// A request of a batch.
#[derive(ToSchema)]
struct BatchPart {
    #[schema(min_length = 1, max_length = 100)]
    id: String,
    #[schema(schema_with = method)]
    method: String,
    /// With its query.
    #[schema(max_length = 2048, pattern = "^/v1/", example = "/v1/users/me")]
    path: String,
    /// JSON.
    body: Option<Value>,
}

fn method() -> RefOr<Schema> {
    values::choice(&["GET", "POST", "PUT", "PATCH", "DELETE"])
}

/// The answers, in the order of the requests.
#[derive(ToSchema)]
struct BatchAnswers {
    responses: Vec<BatchAnswer>,
}

/// The answer to a request of a batch.
#[derive(ToSchema)]
struct BatchAnswer {
    id: String,
    #[schema(minimum = 100, maximum = 599)]
    status: u16,
    body: Value,
}

/// Sent when a conversation is completed, or a milestone is reached.
#[derive(ToSchema)]
struct UserProgressUpdated {
    event: String,
    timestamp: Timestamp,
    data: ProgressUpdate,
}

/// What has changed.
#[derive(ToSchema)]
struct ProgressUpdate {
    user_id: String,
    conversation_id: String,
    progress_change: ProgressChange,
}

/// By how much.
#[derive(ToSchema)]
struct ProgressChange {
    xp_gained: u32,
    #[schema(required)]
    grammar_improvement: Option<i32>,
    #[schema(required)]
    pronunciation_improvement: Option<i32>,
    new_achievements: Vec<String>,
}

/// Sent once when a conversation is completed.
#[derive(ToSchema)]
struct ConversationCompleted {
    event: String,
    timestamp: Timestamp,
    data: Completion,
}

/// What was completed.
#[derive(ToSchema)]
struct Completion {
    conversation_id: String,
    user_id: String,
    topic: String,
    language: String,
    duration_minutes: u32,
    performance: CompletionPerformance,
}

/// How it went.
#[derive(ToSchema)]
struct CompletionPerformance {
    #[schema(required, maximum = 100)]
    grammar_score: Option<u8>,
    #[schema(required, maximum = 100)]
    pronunciation_score: Option<u8>,
    xp_earned: u32,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    let scopes = [Scope::ManageConversations, Scope::ReadProgress];
    let id = || values::id("wh_0191d5f24f2c7c3e8e1a000000000000");
    let endpoints = vec![
        get("/v1/webhooks", "listWebhooks", "List webhooks")
            .scoped(&scopes)
            .answers::<WebhookList>(200, "The webhooks.", json!({ "webhooks": [webhook(false)] })),
        post("/v1/webhooks", "createWebhook", "Make a webhook")
            .scoped(&scopes)
            .idempotent()
            .takes::<NewWebhook>(json!({ "url": "https://hooks.example.com/lingua", "events": EVENTS }))
            .answers::<WebhookView>(201, "The webhook, with its secret.", webhook(true))
            .tells(201, "Location", "Where it is."),
        get("/v1/webhooks/{id}", "getWebhook", "Read a webhook")
            .scoped(&scopes)
            .part("id", id(), "The webhook.")
            .answers::<WebhookView>(200, "The webhook.", webhook(false))
            .refuses(&[404]),
        patch("/v1/webhooks/{id}", "changeWebhook", "Change a webhook")
            .scoped(&scopes)
            .part("id", id(), "The webhook.")
            .may_take::<WebhookChange>(json!({ "active": false }))
            .answers::<WebhookView>(200, "The webhook as it is now.", webhook(false))
            .refuses(&[404]),
        delete("/v1/webhooks/{id}", "deleteWebhook", "Remove a webhook")
            .scoped(&scopes)
            .part("id", id(), "The webhook.")
            .answers_nothing(204, "Nothing is sent there any more.")
            .refuses(&[404]),
        get(
            "/v1/webhooks/{id}/deliveries",
            "listDeliveries",
            "List what was sent to a webhook",
        )
        .scoped(&scopes)
        .part("id", id(), "The webhook.")
        .query("limit", values::limit(100, 50), "How many.")
        .query("offset", values::number(0, i64::from(u32::MAX)), "How many to skip.")
        .answers::<DeliveryList>(
            200,
            "A page of the list.",
            json!({
                "deliveries": [delivery()], "total": 1, "limit": 50, "offset": 0
            }),
        )
        .refuses(&[400, 404]),
        post(
            "/v1/webhooks/deliveries/{id}/replay",
            "replayDelivery",
            "Send something again",
        )
        .scoped(&scopes)
        .idempotent()
        .part(
            "id",
            values::id("whd_0191d5f24f2c7c3e8e1a000000000000"),
            "The delivery.",
        )
        .answers::<DeliveryView>(202, "It is sent again.", delivery())
        .refuses(&[404]),
        post("/v1/batch", "batch", "Several requests in one")
            .about("Each is answered as if it had come alone, one after the other, and is counted against the limits.")
            .bearer()
            .idempotent()
            .takes::<Batch>(json!({ "requests": [{ "id": "me", "method": "GET", "path": "/v1/users/me" }] }))
            .answers::<BatchAnswers>(
                200,
                "The answers.",
                json!({
                    "responses": [{ "id": "me", "status": 200, "body": one("id", "user_123456") }]
                }),
            ),
    ];
    endpoints.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

/// What webhooks are sent.
pub(super) fn events_sent() -> Vec<(&'static str, Endpoint)> {
    let sent = |id, summary| {
        post("", id, summary)
            .tag(TAG)
            .about(
                "Signed in `X-Webhook-Signature` (`sha256=` and the HMAC-SHA256 of the body in hexadecimal, keyed with the \
                 secret), and by `webhook-id`, `webhook-timestamp` and `webhook-signature` as Standard Webhooks has it. \
                 Whatever is not answered with 2xx is sent again.",
            )
            .header("X-Webhook-Signature", values::signature(), "The signature of document 000.")
    };
    vec![
        (
            EVENTS[0],
            sent("userProgressUpdated", "User Progress Update").takes::<UserProgressUpdated>(json!({
                "event": "user.progress.updated",
                "timestamp": "2024-03-15T15:30:00Z",
                "data": {
                    "user_id": "user_123456",
                    "conversation_id": "conv_789012",
                    "progress_change": {
                        "xp_gained": 180,
                        "grammar_improvement": 3,
                        "pronunciation_improvement": 2,
                        "new_achievements": ["restaurant_novice"]
                    }
                }
            })),
        ),
        (
            EVENTS[1],
            sent("conversationCompleted", "Conversation Completed").takes::<ConversationCompleted>(json!({
                "event": "conversation.completed",
                "timestamp": "2024-03-15T15:25:00Z",
                "data": {
                    "conversation_id": "conv_789012",
                    "user_id": "user_123456",
                    "topic": "restaurant_ordering",
                    "language": "french",
                    "duration_minutes": 25,
                    "performance": {
                        "grammar_score": 82,
                        "pronunciation_score": 79,
                        "xp_earned": 180
                    }
                }
            })),
        ),
    ]
}

/// An event as a webhook of the document.
pub(super) fn received(sent: Endpoint) -> (PathItem, Vec<(String, RefOr<Schema>)>) {
    let schemas = sent.schemas.clone();
    let mut operation = sent.build();
    operation.responses = utoipa::openapi::ResponsesBuilder::new()
        .response("2XX", utoipa::openapi::Response::new("It has arrived."))
        .build();
    operation.security = Some(Vec::new());
    (PathItem::new(HttpMethod::Post, operation), schemas)
}

fn webhook(is_new: bool) -> Value {
    let mut webhook = json!({
        "id": "wh_0191d5f24f2c7c3e8e1a000000000000",
        "url": "https://hooks.example.com/lingua",
        "events": EVENTS,
        "active": true,
        "disabled_because": null,
        "created_at": "2024-03-15T14:22:00Z",
        "updated_at": "2024-03-15T14:22:00Z"
    });
    if is_new {
        webhook["secret"] = json!("whsec_...");
    }
    webhook
}

fn delivery() -> Value {
    json!({
        "id": "whd_0191d5f24f2c7c3e8e1a000000000000",
        "webhook_id": "wh_0191d5f24f2c7c3e8e1a000000000000",
        "event_id": "evt_0191d5f24f2c7c3e8e1a000000000000",
        "event": "conversation.completed",
        "status": "delivered",
        "attempts": 1,
        "next_attempt_at": null,
        "response_status": 204,
        "error": null,
        "replay_of": null,
        "created_at": "2024-03-15T15:25:00Z",
        "finished_at": "2024-03-15T15:25:01Z",
        "payload": { "event": "conversation.completed", "timestamp": "2024-03-15T15:25:00Z", "data": {} }
    })
}

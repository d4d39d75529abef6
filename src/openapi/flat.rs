//! Document 003.

use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::endpoint::{Endpoint, delete, get, post, put};
use super::values::{self, LanguageName};
use crate::clock::Timestamp;

const TAG: &str = "Document 003: Conversations in envelopes";

/// A conversation.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct FlatConversationView {
    id: String,
    #[schema(required)]
    user_id: Option<String>,
    #[schema(required)]
    guest_id: Option<String>,
    target_language_id: String,
    #[schema(required)]
    title: Option<String>,
    #[schema(schema_with = mode)]
    mode: String,
    #[schema(required)]
    voice: Option<String>,
    #[schema(required)]
    scenario_id: Option<String>,
    /// `true` or `false`, as a text.
    #[schema(schema_with = worded_flag)]
    is_onboarding: String,
    started_at: Timestamp,
    #[schema(required)]
    ended_at: Option<Timestamp>,
    #[schema(required)]
    duration_seconds: Option<u64>,
    #[schema(required)]
    message_count: Option<u64>,
    /// A decimal number, as a text.
    #[schema(required)]
    audio_seconds: Option<String>,
    #[schema(required, minimum = 1, maximum = 5)]
    comfort_rating: Option<u8>,
    #[schema(schema_with = known_engagement)]
    engagement_level: Option<String>,
}

/// A message.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct FlatMessage {
    id: String,
    conversation_id: String,
    #[schema(schema_with = role)]
    role: String,
    content: String,
    timestamp: Timestamp,
    #[schema(required)]
    audio_url: Option<String>,
}

/// A part of a list.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct Pagination {
    #[schema(minimum = 1)]
    page: u64,
    #[schema(minimum = 1)]
    limit: u64,
    total: u64,
    total_pages: u64,
    has_next: bool,
    has_prev: bool,
}

/// A conversation to be.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct FlatStart {
    /// Who the credential belongs to.
    #[schema(max_length = 128, pattern = r"^[^\u0000]*$")]
    user_id: Option<String>,
    #[schema(max_length = 128, pattern = r"^[^\u0000]*$")]
    guest_id: Option<String>,
    target_language_id: LanguageName,
    #[schema(max_length = 200, pattern = r"^[^\u0000]*$")]
    title: Option<String>,
    #[schema(schema_with = mode_or_null)]
    mode: Option<String>,
    #[schema(max_length = 200, pattern = r"^[^\u0000]*$")]
    voice: Option<String>,
    #[schema(max_length = 200, pattern = r"^[^\u0000]*$")]
    scenario_id: Option<String>,
    #[schema(schema_with = flag)]
    is_onboarding: Option<bool>,
    #[schema(max_length = 200, pattern = r"^[^\u0000]*$")]
    device_type: Option<String>,
}

/// What changes; what is left out stays, what is null is cleared.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct FlatChange {
    #[schema(max_length = 200, pattern = r"^[^\u0000]*$")]
    title: Option<String>,
    #[schema(schema_with = mode_or_null)]
    mode: Option<String>,
    #[schema(max_length = 200, pattern = r"^[^\u0000]*$")]
    voice: Option<String>,
    #[schema(max_length = 200, pattern = r"^[^\u0000]*$")]
    scenario_id: Option<String>,
    #[schema(schema_with = flag)]
    is_onboarding: Option<bool>,
    ended_at: Option<Timestamp>,
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    duration_seconds: Option<f64>,
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    message_count: Option<i64>,
    #[schema(schema_with = seconds)]
    audio_seconds: Option<String>,
    #[schema(minimum = 1, maximum = 5)]
    comfort_rating: Option<i64>,
    #[schema(schema_with = engagement)]
    engagement_level: Option<String>,
}

/// How a conversation ended. XP and boards go by what the server measured itself.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct FlatEnd {
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$")]
    conversation_id: String,
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    duration_seconds: f64,
    #[schema(schema_with = seconds)]
    audio_seconds: Option<String>,
    #[schema(minimum = 1, maximum = 5)]
    comfort_rating: Option<i64>,
    #[schema(schema_with = engagement)]
    engagement_level: Option<String>,
    #[schema(max_length = 200, pattern = r"^[^\u0000]*$")]
    session_id: Option<String>,
    #[schema(schema_with = flag)]
    was_extended: Option<bool>,
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    extensions_used: Option<i64>,
}

/// A message to be.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct FlatNewMessage {
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$")]
    conversation_id: String,
    #[schema(schema_with = role)]
    role: String,
    #[schema(min_length = 1, max_length = 16_000, pattern = r"^[^\u0000]*\S[^\u0000]*$")]
    content: String,
    #[schema(max_length = 2048, pattern = r"^[^\u0000]*$")]
    audio_url: Option<String>,
}

/// What a message says from now on.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct FlatNewContent {
    #[schema(min_length = 1, max_length = 16_000, pattern = r"^[^\u0000]*\S[^\u0000]*$")]
    content: String,
    #[schema(max_length = 2048, pattern = r"^[^\u0000]*$")]
    audio_url: Option<String>,
}

fn mode() -> RefOr<Schema> {
    values::choice(&["traditional", "realtime"])
}

fn mode_or_null() -> RefOr<Schema> {
    values::or_null(mode())
}

fn role() -> RefOr<Schema> {
    values::choice(&["user", "assistant", "system"])
}

fn worded_flag() -> RefOr<Schema> {
    values::choice(&["true", "false"])
}

fn flag() -> RefOr<Schema> {
    values::or_null(values::either(values::flag(), worded_flag()))
}

fn engagement() -> RefOr<Schema> {
    values::or_null(values::choice(&["low", "medium", "high"]))
}

fn known_engagement() -> RefOr<Schema> {
    engagement()
}

fn seconds() -> RefOr<Schema> {
    values::or_null(values::seconds())
}

/// The envelope of success, around `data`.
macro_rules! envelopes {
    ($($(#[$doc:meta])* $name:ident($data:ty) $(, $pages:ident: $pagination:ty)?;)*) => {$(
        $(#[$doc])*
        #[derive(ToSchema)]
        struct $name {
            #[schema(schema_with = always)]
            success: bool,
            data: $data,
            #[schema(nullable = false)]
            message: Option<String>,
            $($pages: $pagination,)?
            timestamp: Timestamp,
        }
    )*};
}

fn always() -> RefOr<Schema> {
    values::exactly(json!(true))
}

fn null() -> RefOr<Schema> {
    values::null()
}

envelopes! {
    /// A conversation that was started.
    FlatStartedEnvelope(FlatStarted);
    /// A conversation.
    FlatConversationEnvelope(FlatConversationView);
    /// A conversation that has ended.
    FlatEndedEnvelope(FlatEnded);
    /// A message that was added.
    FlatAddedEnvelope(FlatAdded);
    /// Messages.
    FlatMessagesEnvelope(FlatMessages), pagination: Pagination;
    /// A message.
    FlatMessageEnvelope(FlatMessage);
}

/// One conversation with its messages, or a list of conversations.
#[derive(ToSchema)]
struct FlatReadEnvelope {
    #[schema(schema_with = always)]
    success: bool,
    data: FlatRead,
    /// Of a list.
    #[schema(nullable = false)]
    pagination: Option<Pagination>,
    timestamp: Timestamp,
}

/// What was found.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct FlatRead {
    /// With `id`.
    #[schema(nullable = false)]
    conversation: Option<FlatConversationView>,
    /// With `id`.
    #[schema(nullable = false)]
    messages: Option<Vec<FlatMessage>>,
    /// Without `id`, the newest first.
    #[schema(nullable = false)]
    conversations: Option<Vec<FlatConversationView>>,
}

/// Something is gone.
#[derive(ToSchema)]
struct FlatGoneEnvelope {
    #[schema(schema_with = always)]
    success: bool,
    #[schema(schema_with = null)]
    data: Value,
    message: String,
    timestamp: Timestamp,
}

/// A conversation and its session.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct FlatStarted {
    conversation: FlatConversationView,
    session_id: String,
}

/// A conversation, and what the client said of it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct FlatEnded {
    conversation: FlatConversationView,
    duration_seconds: u64,
    #[schema(required)]
    audio_seconds: Option<f64>,
}

/// A message, and how many there are now.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct FlatAdded {
    message: FlatMessage,
    message_count: u64,
}

/// Messages, the oldest first.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct FlatMessages {
    messages: Vec<FlatMessage>,
    conversation_id: String,
}

const NOW: &str = "2025-01-15T10:30:00Z";

pub(super) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = conversations();
    endpoints.extend(messages());
    endpoints
        .into_iter()
        .map(|endpoint| endpoint.tag(TAG).optional_bearer().refuses(&[403]))
        .collect()
}

fn conversations() -> Vec<Endpoint> {
    let id = || values::id("123e4567-e89b-42d3-a456-426614174000");
    vec![
        get(
            "/api/conversations",
            "flatGetConversations",
            "Get Conversations, or an Individual Conversation",
        )
        .about("With `id` one conversation and its messages, else the list of a user or a guest.")
        .query("id", id(), "One conversation.")
        .query("userId", values::text(128), "Who the credential belongs to.")
        .query("guestId", values::text(128), "The guest.")
        .query(
            "limit",
            values::at_least(1),
            "How many: 50 unless said otherwise, and never more than 200.",
        )
        .query("offset", values::at_least(0), "How many to skip.")
        .answers::<FlatReadEnvelope>(
            200,
            "What was found.",
            json!({
                "success": true,
                "data": { "conversations": [conversation()] },
                "pagination": {
                    "page": 1, "limit": 50, "total": 150, "totalPages": 3, "hasNext": true, "hasPrev": false
                },
                "timestamp": NOW
            }),
        )
        .refuses(&[400, 404]),
        post(
            "/api/conversations",
            "flatStartConversation",
            "Start a New Conversation",
        )
        .idempotent()
        .takes::<FlatStart>(json!({
            "targetLanguageId": "ja",
            "title": "Japanese Practice Session",
            "mode": "realtime",
            "deviceType": "mobile"
        }))
        .answers::<FlatStartedEnvelope>(
            200,
            "The conversation.",
            json!({
                "success": true,
                "data": { "conversation": conversation(), "sessionId": "123e4567-e89b-42d3-a456-426614174001" },
                "message": "Conversation started successfully",
                "timestamp": NOW
            }),
        )
        .refuses(&[404]),
        put("/api/conversations", "flatUpdateConversation", "Update Conversation")
            .needed_query("id", id(), "The conversation.")
            .takes::<FlatChange>(json!({
                "title": "string",
                "mode": "traditional",
                "isOnboarding": true,
                "endedAt": "2024-01-01T00:00:00Z",
                "durationSeconds": 300,
                "messageCount": 10,
                "audioSeconds": "5.5",
                "comfortRating": 4,
                "engagementLevel": "high"
            }))
            .answers::<FlatConversationEnvelope>(
                200,
                "The conversation as it is now.",
                json!({
                    "success": true,
                    "data": conversation(),
                    "message": "Conversation updated successfully",
                    "timestamp": NOW
                }),
            )
            .refuses(&[404]),
        delete("/api/conversations", "flatDeleteConversation", "Delete Conversation")
            .needed_query("id", id(), "The conversation.")
            .answers::<FlatGoneEnvelope>(
                200,
                "It is gone, and so are its messages.",
                json!({
                    "success": true,
                    "data": null,
                    "message": "Conversation deleted successfully",
                    "timestamp": NOW
                }),
            )
            .refuses(&[400, 404, 421]),
        post("/api/conversation-end", "flatEndConversation", "End Conversation")
            .idempotent()
            .takes::<FlatEnd>(json!({
                "conversationId": "123e4567-e89b-42d3-a456-426614174000",
                "durationSeconds": 300,
                "audioSeconds": 240.5,
                "comfortRating": 4,
                "engagementLevel": "high",
                "wasExtended": false,
                "extensionsUsed": 0
            }))
            .answers::<FlatEndedEnvelope>(
                200,
                "It has ended.",
                json!({
                    "success": true,
                    "data": { "conversation": conversation(), "durationSeconds": 300, "audioSeconds": 240.5 },
                    "message": "Conversation ended successfully",
                    "timestamp": NOW
                }),
            )
            .refuses(&[404, 421]),
    ]
}

fn messages() -> Vec<Endpoint> {
    let id = || values::id("123e4567-e89b-42d3-a456-426614174002");
    vec![
        post(
            "/api/conversation-messages",
            "flatAddMessage",
            "Add Message to Conversation",
        )
        .idempotent()
        .takes::<FlatNewMessage>(json!({
            "conversationId": "conversation-uuid",
            "role": "user",
            "content": "こんにちは、お元気ですか？"
        }))
        .answers::<FlatAddedEnvelope>(
            200,
            "The message.",
            json!({
                "success": true,
                "data": { "message": message(), "messageCount": 11 },
                "timestamp": NOW
            }),
        )
        .refuses(&[404]),
        get(
            "/api/conversation-messages",
            "flatGetMessages",
            "Get Messages from Conversation",
        )
        .needed_query("conversationId", id(), "The conversation.")
        .query(
            "limit",
            values::at_least(1),
            "How many: 100 unless said otherwise, and never more than 500.",
        )
        .query("offset", values::at_least(0), "How many to skip.")
        .query("role", role(), "Only those of one role.")
        .answers::<FlatMessagesEnvelope>(
            200,
            "The messages.",
            json!({
                "success": true,
                "data": { "messages": [message()], "conversationId": "123e4567-e89b-42d3-a456-426614174000" },
                "pagination": {
                    "page": 1, "limit": 100, "total": 1, "totalPages": 1, "hasNext": false, "hasPrev": false
                },
                "timestamp": NOW
            }),
        )
        .refuses(&[400, 404]),
        get("/api/conversation-message", "flatGetMessage", "Get Individual Message")
            .needed_query("id", id(), "The message.")
            .answers::<FlatMessageEnvelope>(
                200,
                "The message.",
                json!({
                    "success": true, "data": message(), "timestamp": NOW
                }),
            )
            .refuses(&[400, 404]),
        put("/api/conversation-message", "flatUpdateMessage", "Update Message")
            .needed_query("id", id(), "The message.")
            .takes::<FlatNewContent>(json!({ "content": "string" }))
            .answers::<FlatMessageEnvelope>(
                200,
                "The message as it is now.",
                json!({
                    "success": true, "data": message(), "message": "Message updated successfully", "timestamp": NOW
                }),
            )
            .refuses(&[404]),
        delete("/api/conversation-message", "flatDeleteMessage", "Delete Message")
            .needed_query("id", id(), "The message.")
            .answers::<FlatGoneEnvelope>(
                200,
                "It is gone.",
                json!({
                    "success": true,
                    "data": null,
                    "message": "Message deleted successfully",
                    "timestamp": NOW
                }),
            )
            .refuses(&[400, 404]),
    ]
}

fn conversation() -> Value {
    json!({
        "id": "123e4567-e89b-42d3-a456-426614174000",
        "userId": null,
        "guestId": "guest_4f2c7c3e8e1a4000a000000000000000",
        "targetLanguageId": "ja",
        "title": "Japanese Practice Session",
        "mode": "realtime",
        "voice": null,
        "scenarioId": null,
        "isOnboarding": "true",
        "startedAt": NOW,
        "endedAt": null,
        "durationSeconds": null,
        "messageCount": 0,
        "audioSeconds": null,
        "comfortRating": null,
        "engagementLevel": null
    })
}

fn message() -> Value {
    json!({
        "id": "123e4567-e89b-42d3-a456-426614174002",
        "conversationId": "123e4567-e89b-42d3-a456-426614174000",
        "role": "user",
        "content": "こんにちは、お元気ですか？",
        "timestamp": NOW,
        "audioUrl": null
    })
}

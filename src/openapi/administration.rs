//! The administration of the server.

use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::access::scopes;
use super::endpoint::{Endpoint, delete, get, one, patch, post};
use super::users::SubscriptionView;
use super::values;
use crate::accounts::scope::Scope;
use crate::clock::Timestamp;

const ADMIN: &str = "Administration";
const USER: &str = "user_123456";

/// An application to be.
#[derive(ToSchema)]
struct NewClient {
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\u0000]*\S[^\u0000]*$")]
    name: String,
    #[schema(schema_with = redirect_uris)]
    redirect_uris: Vec<String>,
    #[schema(schema_with = scopes)]
    scopes: Option<Vec<String>>,
    /// Whether it can keep a secret.
    #[schema(nullable = false)]
    confidential: Option<bool>,
}

fn redirect_uris() -> RefOr<Schema> {
    values::some_of(values::redirect_uri(), 20)
}

/// An application.
#[derive(ToSchema)]
struct ClientView {
    #[schema(pattern = "^client_")]
    client_id: String,
    name: String,
    redirect_uris: Vec<String>,
    scopes: Vec<String>,
    confidential: bool,
    created_at: Timestamp,
    /// Of a confidential one, told this once.
    #[schema(nullable = false)]
    client_secret: Option<String>,
}

/// All applications.
#[derive(ToSchema)]
struct ClientList {
    clients: Vec<ClientView>,
}

/// Those who have accounts.
#[derive(ToSchema)]
struct UserList {
    users: Vec<UserView>,
    /// The `after` of the next page; null at the end.
    #[schema(required)]
    next: Option<String>,
}

/// Somebody who has an account.
#[derive(ToSchema)]
struct UserView {
    id: String,
    #[schema(required)]
    email: Option<String>,
    name: String,
    role: String,
    created_at: Timestamp,
    last_active: Timestamp,
    subscription: SubscriptionView,
}

/// Everybody's conversations.
#[derive(ToSchema)]
struct WatchedList {
    conversations: Vec<WatchedView>,
    /// None at the end of the list.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// A conversation as those see it who run the server.
#[derive(ToSchema)]
struct WatchedView {
    id: String,
    user_id: String,
    #[schema(schema_with = status)]
    status: String,
    topic: String,
    language: String,
    created_at: Timestamp,
    last_turn_at: Timestamp,
    #[schema(required)]
    ended_at: Option<Timestamp>,
    /// Who was in its call, each time they were.
    calls: Vec<CallView>,
}

/// How good somebody's stay in a call was. The score is that of the E-model (ITU-T G.107), narrow band: from 1 to 4.5.
#[derive(ToSchema)]
struct CallView {
    joined_at: Timestamp,
    left_at: Timestamp,
    /// The lower one of both ways; null where there was too little to judge.
    #[schema(required)]
    score: Option<f64>,
    /// There and back, the mean.
    #[schema(required)]
    round_trip_ms: Option<f64>,
    /// There and back, the longest.
    #[schema(required)]
    longest_round_trip_ms: Option<f64>,
    heard: HeardView,
    said: SaidView,
}

/// The way from the person to the server.
#[derive(ToSchema)]
struct HeardView {
    /// Packets that should have come.
    expected: u64,
    /// Packets that did not come in time of themselves.
    lost: u64,
    /// Packets that came after they had been given up.
    late: u64,
    /// Lost packets whose copy came with a later one (RED).
    restored: u64,
    /// Lost packets that came when they were asked for (NACK).
    resent: u64,
    /// Lost packets made up for from the packet after them (FEC).
    recovered: u64,
    /// Sound that was made up.
    concealed_ms: f64,
    jitter_ms: f64,
    /// From mouth to ear.
    #[schema(required)]
    delay_ms: Option<f64>,
    #[schema(required)]
    score: Option<f64>,
}

/// The way from the server to the person, as they report it.
#[derive(ToSchema)]
struct SaidView {
    /// Packets that should have come.
    expected: u64,
    /// Packets that did not.
    lost: u64,
    jitter_ms: f64,
    /// From mouth to ear.
    #[schema(required)]
    delay_ms: Option<f64>,
    #[schema(required)]
    score: Option<f64>,
}

fn status() -> RefOr<Schema> {
    values::choice(&["active", "completed"])
}

/// What somebody may do from now on.
#[derive(ToSchema)]
struct UserChange {
    #[schema(schema_with = role)]
    role: String,
}

fn role() -> RefOr<Schema> {
    values::choice(&["user", "admin"])
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    let scopes = [Scope::Admin];
    let endpoints = vec![
        get(
            "/v1/admin/clients",
            "listClients",
            "List the applications that people may let in",
        )
        .scoped(&scopes)
        .answers::<ClientList>(200, "The applications.", json!({ "clients": [client(false)] })),
        post("/v1/admin/clients", "registerClient", "Register an application")
            .scoped(&scopes)
            .takes::<NewClient>(json!({
                "name": "Your app",
                "redirect_uris": ["https://yourapp.com/callback"],
                "scopes": ["read_profile", "manage_conversations", "read_progress"],
                "confidential": true
            }))
            .answers::<ClientView>(201, "The application; its secret is told this once.", client(true)),
        delete("/v1/admin/clients/{id}", "removeClient", "Remove an application")
            .scoped(&scopes)
            .part(
                "id",
                values::id("client_0191d5f24f2c7c3e8e1a000000000000"),
                "The application.",
            )
            .answers_nothing(204, "It is gone, and whatever people had allowed it is void.")
            .refuses(&[404]),
        get(
            "/v1/admin/conversations",
            "watchConversations",
            "List everybody's conversations, and how good their calls were",
        )
        .scoped(&scopes)
        .query("user_id", values::id(USER), "Only those of this user.")
        .query(
            "status",
            values::choice(&["active", "completed"]),
            "Only those that are so.",
        )
        .query(
            "score_below",
            values::score(),
            "Only those with a call whose opinion score is below this.",
        )
        .query("cursor", values::cursor(), "The `next_cursor` of the page before.")
        .query("limit", values::limit(50, 50), "How many.")
        .answers::<WatchedList>(200, "A page of the list, the newest first.", watched())
        .refuses(&[400]),
        get("/v1/admin/users", "listUsers", "List those who have accounts")
            .scoped(&scopes)
            .query("after", values::id(USER), "The `next` of the page before.")
            .query("limit", values::limit(100, 100), "How many.")
            .answers::<UserList>(200, "A page of the list.", json!({ "users": [user()], "next": null }))
            .refuses(&[400, 404]),
        patch("/v1/admin/users/{id}", "changeUser", "Change what somebody may do")
            .scoped(&scopes)
            .part("id", values::id(USER), "Who.")
            .takes::<UserChange>(one("role", "admin"))
            .answers::<UserView>(200, "They, as they are now.", user())
            .refuses(&[404]),
    ];
    endpoints.into_iter().map(|endpoint| endpoint.tag(ADMIN)).collect()
}

fn client(is_new: bool) -> Value {
    let mut client = json!({
        "client_id": "client_0191d5f24f2c7c3e8e1a000000000000",
        "name": "Your app",
        "redirect_uris": ["https://yourapp.com/callback"],
        "scopes": ["read_profile", "manage_conversations", "read_progress"],
        "confidential": true,
        "created_at": "2024-03-15T14:22:00Z"
    });
    if is_new {
        client["client_secret"] = json!("...");
    }
    client
}

fn watched() -> Value {
    json!({
        "conversations": [{
            "id": "conv_0191d5f24f2c7c3e8e1a000000000000",
            "user_id": USER,
            "status": "completed",
            "topic": "restaurant",
            "language": "french",
            "created_at": "2024-03-15T14:22:00Z",
            "last_turn_at": "2024-03-15T14:27:00Z",
            "ended_at": "2024-03-15T14:27:10Z",
            "calls": [{
                "joined_at": "2024-03-15T14:22:03Z",
                "left_at": "2024-03-15T14:27:10Z",
                "score": 4.21,
                "round_trip_ms": 48.0,
                "longest_round_trip_ms": 131.5,
                "heard": {
                    "expected": 15310, "lost": 214, "late": 9, "restored": 180, "resent": 11, "recovered": 15,
                    "concealed_ms": 160.0, "jitter_ms": 7.5, "delay_ms": 91.0, "score": 4.34
                },
                "said": { "expected": 6120, "lost": 61, "jitter_ms": 6.0, "delay_ms": 62.5, "score": 4.21 }
            }]
        }],
        "next_cursor": null
    })
}

fn user() -> Value {
    json!({
        "id": USER,
        "email": "jane.doe@example.com",
        "name": "Jane Doe",
        "role": "admin",
        "created_at": "2024-01-15T10:30:00Z",
        "last_active": "2024-03-15T14:22:00Z",
        "subscription": { "plan": "premium", "status": "active", "expires_at": null }
    })
}

//! Profiles and preferences, guests, export and deletion.

use serde_json::{Value, json};
use utoipa::ToSchema;

use super::endpoint::{Endpoint, binary, delete, get, one, patch, post};
use super::values::{self, LanguageName};
use crate::accounts::scope::Scope;
use crate::clock::Timestamp;

const TAG: &str = "Users";

/// A profile.
#[derive(ToSchema)]
struct Profile {
    #[schema(pattern = "^user_")]
    id: String,
    /// Null for a guest.
    #[schema(required)]
    email: Option<String>,
    name: String,
    #[schema(required)]
    avatar_url: Option<String>,
    created_at: Timestamp,
    last_active: Timestamp,
    /// A name of the IANA time zone database: where a day of the streak begins and ends.
    time_zone: String,
    subscription: SubscriptionView,
    preferences: PreferencesView,
    stats: Stats,
}

/// What is paid for.
#[derive(ToSchema)]
pub(super) struct SubscriptionView {
    plan: String,
    status: String,
    /// Null if it does not end.
    #[schema(required)]
    expires_at: Option<Timestamp>,
}

/// What somebody wants to practise.
#[derive(ToSchema)]
struct PreferencesView {
    target_language: String,
    native_language: String,
    proficiency_level: String,
    /// Minutes a day.
    #[schema(minimum = 1, maximum = 1440)]
    daily_goal: u32,
    preferred_topics: Vec<String>,
    /// What is done about mistakes, where it was chosen.
    #[schema(nullable = false)]
    correction: Option<String>,
}

/// What somebody has done so far.
#[derive(ToSchema)]
struct Stats {
    total_conversations: u64,
    total_time_minutes: u64,
    /// Days in a row, today or yesterday the last of them.
    current_streak: u32,
    /// Days that may be missed without breaking the streak.
    streak_freezes: u32,
    xp_total: u64,
}

/// What changes in a profile; what is left out stays.
#[derive(ToSchema)]
struct ProfileChange {
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\u0000]*\S[^\u0000]*$")]
    name: Option<String>,
    /// Null takes the picture away.
    #[schema(max_length = 1000, pattern = r"^(https?://[!-~]+|\s*)$")]
    avatar_url: Option<String>,
    /// A name of the IANA time zone database.
    #[schema(max_length = 64, pattern = r"^[A-Za-z][A-Za-z0-9_+/-]*$", example = "Europe/Paris")]
    time_zone: Option<String>,
}

/// What changes in the preferences; what is left out stays.
#[derive(ToSchema)]
struct PreferencesChange {
    target_language: Option<LanguageName>,
    native_language: Option<LanguageName>,
    #[schema(schema_with = level)]
    proficiency_level: Option<String>,
    /// Minutes a day.
    #[schema(minimum = 1, maximum = 1440)]
    daily_goal: Option<u32>,
    #[schema(schema_with = topics)]
    preferred_topics: Option<Vec<String>>,
    /// What is done about mistakes in conversations that don't say it themselves.
    #[schema(schema_with = super::conversations::policy_or_null)]
    correction: Option<String>,
}

/// The preferences as they are now.
#[derive(ToSchema)]
struct ChangedPreferences {
    #[schema(pattern = "^user_")]
    id: String,
    preferences: PreferencesView,
    updated_at: Timestamp,
}

/// A guest's pass.
#[derive(ToSchema)]
struct GuestPass {
    #[schema(pattern = "^user_")]
    guest_id: String,
    access_token: String,
    #[schema(pattern = "^Bearer$")]
    token_type: String,
    /// Seconds.
    expires_in: u64,
}

/// Nothing needs to be said.
#[derive(ToSchema)]
struct GuestRequest {}

/// Proof that somebody was that guest.
#[derive(ToSchema)]
struct Claim {
    /// The guest's access token.
    #[schema(min_length = 1)]
    guest_token: String,
}

/// Everything that is kept about a person, by the kind of it.
#[derive(ToSchema)]
struct Export {
    exported_at: Timestamp,
}

/// An application that the person has let in.
#[derive(ToSchema)]
struct ApplicationView {
    #[schema(pattern = "^client_")]
    id: String,
    name: String,
    /// All that it may do.
    scopes: Vec<String>,
    /// When it was let in first.
    since: Timestamp,
}

/// What a person has let in.
#[derive(ToSchema)]
struct Applications {
    applications: Vec<ApplicationView>,
}

/// Another password.
#[derive(ToSchema)]
struct NewPassword {
    /// The one that the person has now.
    #[schema(min_length = 1, max_length = 200)]
    password: String,
    /// Not one of those that are guessed first.
    #[schema(min_length = 8, max_length = 200)]
    new_password: String,
}

/// Whose everything of the guest is now.
#[derive(ToSchema)]
struct Claimed {
    guest_id: String,
    user_id: String,
}

fn level() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    values::or_null(values::level(100))
}

fn topics() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    values::or_null(values::list(values::text(100), 50))
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    let endpoints = vec![
        get("/v1/users/me", "getProfile", "Get User Profile")
            .scoped(&[Scope::ReadProfile])
            .answers::<Profile>(200, "The profile.", profile()),
        patch("/v1/users/me", "changeProfile", "Change the profile")
            .scoped(&[Scope::ReadProfile])
            .may_take::<ProfileChange>(json!({"name": "Jane Doe", "time_zone": "Europe/Paris"}))
            .answers::<Profile>(200, "The profile as it is now.", profile()),
        delete(
            "/v1/users/me",
            "deleteAccount",
            "Delete the account and everything in it",
        )
        .about(
            "Needs an access token of a sign-in of the last minutes, never an API key. The last owner of an organisation that \
             others are in can't go.",
        )
        .bearer()
        .refuses(&[403, 409, 421])
        .answers_nothing(204, "Everything is gone, and all credentials are void."),
        get(
            "/v1/users/me/export",
            "exportAccount",
            "Export everything that is kept about a person",
        )
        .about("Needs an access token of a sign-in of the last minutes, never an API key.")
        .bearer()
        .refuses(&[403])
        .answers::<Export>(
            200,
            "Everything; where `Accept` names it, a ZIP of that and of all files of sound.",
            one("exported_at", "2024-03-15T14:30:00Z"),
        )
        .answers_of(200, "", "application/zip", binary()),
        get(
            "/v1/users/me/applications",
            "listApplications",
            "The applications that a person has let in",
        )
        .about("Needs a credential with every personal scope, and not an application's.")
        .bearer()
        .refuses(&[403])
        .answers::<Applications>(
            200,
            "Those that can still come in.",
            json!({"applications": [{
                "id": "client_0191d5f24f2c7c3e8e1a000000000000",
                "name": "Language Lab",
                "scopes": ["read_profile"],
                "since": "2024-03-15T14:30:00Z"
            }]}),
        ),
        delete(
            "/v1/users/me/applications/{id}",
            "shutApplicationOut",
            "Shut an application out",
        )
        .about("Its tokens and the keys that it made are void at once.")
        .bearer()
        .part("id", values::id("client_0191d5f24f2c7c3e8e1a000000000000"), "The application.")
        .refuses(&[403, 404])
        .answers_nothing(204, "It is out."),
        post("/v1/users/me/password", "changePassword", "Choose another password")
            .about(
                "Needs an access token of this server's own pages, never an API key. Every browser is signed out, the one that \
                 asks too, and every application shut out.",
            )
            .bearer()
            .takes::<NewPassword>(json!({
                "password": "correct horse battery",
                "new_password": "staple of the moon"
            }))
            .refuses(&[403])
            .answers_nothing(204, "It is changed."),
        patch(
            "/v1/users/me/preferences",
            "changePreferences",
            "Update User Preferences",
        )
        .scoped(&[Scope::ReadProfile])
        .may_take::<PreferencesChange>(json!({
            "target_language": "french",
            "proficiency_level": "beginner",
            "daily_goal": 20,
            "preferred_topics": ["cooking", "family", "hobbies"]
        }))
        .answers::<ChangedPreferences>(
            200,
            "All preferences, changed or not.",
            json!({
                "id": "user_123456",
                "preferences": {
                    "target_language": "french",
                    "native_language": "english",
                    "proficiency_level": "beginner",
                    "daily_goal": 20,
                    "preferred_topics": ["cooking", "family", "hobbies"]
                },
                "updated_at": "2024-03-15T14:30:00Z"
            }),
        ),
        post("/v1/guests", "admitGuest", "Let a visitor in without an account")
            .may_take::<GuestRequest>(json!({}))
            .answers::<GuestPass>(
                201,
                "The pass, for 30 days.",
                json!({
                    "guest_id": "user_0191d5f24f2c7c3e8e1a000000000000",
                    "access_token": "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9...",
                    "token_type": "Bearer",
                    "expires_in": 2_592_000
                }),
            ),
        post("/v1/guests/{id}/claim", "claimGuest", "Take over what a guest has done")
            .scoped(&[Scope::ManageConversations])
            .part("id", values::id("user_0191d5f24f2c7c3e8e1a000000000000"), "The guest.")
            .takes::<Claim>(one("guest_token", "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9..."))
            .answers::<Claimed>(
                200,
                "Everything of the guest is the user's.",
                json!({
                    "guest_id": "user_0191d5f24f2c7c3e8e1a000000000000",
                    "user_id": "user_123456"
                }),
            )
            .refuses(&[404, 409]),
    ];
    endpoints.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

fn profile() -> Value {
    json!({
        "id": "user_123456",
        "email": "jane.doe@example.com",
        "name": "Jane Doe",
        "avatar_url": "https://cdn.linguaai.com/avatars/user_123456.jpg",
        "created_at": "2024-01-15T10:30:00Z",
        "last_active": "2024-03-15T14:22:00Z",
        "time_zone": "Europe/Paris",
        "subscription": {
            "plan": "premium",
            "status": "active",
            "expires_at": "2024-04-15T10:30:00Z"
        },
        "preferences": {
            "target_language": "spanish",
            "native_language": "english",
            "proficiency_level": "intermediate",
            "daily_goal": 30,
            "preferred_topics": ["business", "travel", "culture"]
        },
        "stats": {
            "total_conversations": 47,
            "total_time_minutes": 1240,
            "current_streak": 12,
            "streak_freezes": 1,
            "xp_total": 2847
        }
    })
}

//! Documents 001 and 002.

use serde_json::json;
use utoipa::ToSchema;

use super::endpoint::{Endpoint, delete, get, one, post};
use super::values::{self, LanguageName, LanguageOrBlank};
use crate::accounts::scope::Scope;

const TUTOR: &str = "Document 001: Tutor";
const SESSION: &str = "Document 002: Voice sessions";

/// What a conversation shall be about. Nothing needs to be said.
#[derive(ToSchema)]
struct TutorStart {
    #[schema(max_length = 200, pattern = r"^[^\u0000]*$")]
    topic: Option<String>,
    language: Option<LanguageOrBlank>,
    #[schema(max_length = 200, pattern = r"^[^\u0000]*$")]
    difficulty: Option<String>,
}

/// The conversation that was started.
#[derive(ToSchema)]
struct TutorStarted {
    conversation_id: String,
}

/// Done.
#[derive(ToSchema)]
struct Done {
    message: String,
}

/// What a session shall be about.
#[derive(ToSchema)]
struct SessionStart {
    /// The id of a scenario, or its topic.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^\u0000]*\S[^\u0000]*$")]
    scenario: String,
    language: LanguageName,
}

/// A session that was started.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct SessionStarted {
    #[schema(pattern = "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")]
    session_id: String,
    message: String,
    /// Null where there is no voice for the language.
    #[schema(required)]
    audio_url: Option<String>,
    scenario: SessionScenario,
}

/// What a session is about.
#[derive(ToSchema)]
struct SessionScenario {
    title: String,
    role: String,
}

/// A recording.
#[derive(ToSchema)]
struct SessionAudio {
    /// A WebM, WAV, MP3 or Ogg file of at most 10 MB.
    #[schema(format = Binary)]
    audio: String,
}

/// The tutor's answer.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct SessionAnswer {
    message: String,
    #[schema(required)]
    audio_url: Option<String>,
    is_complete: bool,
    #[schema(required)]
    current_step: Option<String>,
}

/// Where a session stands.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
struct SessionStatus {
    is_active: bool,
    #[schema(required)]
    current_step: Option<String>,
    #[schema(required)]
    step_name: Option<String>,
    is_complete: bool,
    exchange_count: u64,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = tutor();
    endpoints.extend(session());
    endpoints
}

fn tutor() -> Vec<Endpoint> {
    let id = || values::id("conv_789012");
    let scopes = [Scope::ManageConversations];
    let endpoints = vec![
        post(
            "/livekit/start-conversation",
            "startTutorConversation",
            "Start Conversation",
        )
        .scoped(&scopes)
        .may_take::<TutorStart>(json!({}))
        .answers::<TutorStarted>(200, "The conversation.", one("conversation_id", "conv_789012")),
        post(
            "/livekit/end-conversation/{id}",
            "endTutorConversation",
            "End Conversation",
        )
        .scoped(&scopes)
        .part("id", id(), "The conversation.")
        .answers::<Done>(200, "It has ended.", one("message", "Conversation ended successfully"))
        .refuses(&[404, 421]),
        get("/livekit/ws/chat/{id}", "tutorSocket", "WebSocket of a conversation")
            .about(
                "Takes `{\"type\": \"text\"|\"audio\", \"content\"}` and answers with \
                 `{\"conversation_id\", \"content\", \"type\"}`: the words, then their sound as WAV in base64; or with \
                 `{\"error\"}`. It is also answered on TUTOR_PORT.",
            )
            .scoped(&scopes)
            .part("id", id(), "The conversation.")
            .query(
                "token",
                values::visible(1, 4000),
                "The credential, where no header can be set.",
            )
            .answers_nothing(101, "The WebSocket is open.")
            .refuses(&[400, 404, 410]),
    ];
    endpoints.into_iter().map(|endpoint| endpoint.tag(TUTOR)).collect()
}

fn session() -> Vec<Endpoint> {
    let endpoints = vec![
        post("/api/session/start", "startSession", "Start Session")
            .takes::<SessionStart>(json!({ "scenario": "restaurant", "language": "chinese" }))
            .answers::<SessionStarted>(
                200,
                "The session, and how the tutor opens it.",
                json!({
                    "sessionId": "123e4567-e89b-12d3-a456-426614174000",
                    "message": "Bonjour ! Bienvenue à notre restaurant.",
                    "audioUrl": "http://localhost:8000/audio/123e4567-e89b-12d3-a456-426614174000/initial.mp3",
                    "scenario": {
                        "title": "Dining at a Restaurant",
                        "role": "waiter"
                    }
                }),
            ),
        post("/api/session/{id}/process", "processAudio", "Process Audio")
            .part("id", values::uuid(), "The session.")
            .takes_files::<SessionAudio>()
            .answers::<SessionAnswer>(
                200,
                "The tutor's answer.",
                json!({
                    "message": "Je vous écoute. Qu'aimeriez-vous boire ?",
                    "audioUrl": "http://localhost:8000/audio/123e4567-e89b-12d3-a456-426614174000/response_001.mp3",
                    "isComplete": false,
                    "currentStep": "taking_drink_order"
                }),
            )
            .refuses(&[404, 410, 421]),
        get("/api/session/{id}/status", "getSessionStatus", "Get Session Status")
            .part("id", values::uuid(), "The session.")
            .answers::<SessionStatus>(
                200,
                "Where it stands.",
                json!({
                    "isActive": true,
                    "currentStep": "taking_drink_order",
                    "stepName": "Taking Drink Order",
                    "isComplete": false,
                    "exchangeCount": 3
                }),
            )
            .refuses(&[404]),
        delete("/api/session/{id}", "endSession", "End Session")
            .part("id", values::uuid(), "The session.")
            .answers::<Done>(
                200,
                "It has ended, and its files are gone.",
                one("message", "Session ended successfully"),
            )
            .refuses(&[404, 421]),
    ];
    endpoints
        .into_iter()
        // Whoever shows a credential shows one that is good for conversations.
        .map(|endpoint| endpoint.tag(SESSION).optional_bearer().refuses(&[403]))
        .collect()
}

//! Conversations of document 000: made, listed, ended. What is said in them stands in [`super::messages`].

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::endpoint::{Endpoint, get, post};
use super::values::{self, LanguageOrBlank};
use crate::accounts::scope::Scope;
use crate::clock::Timestamp;

pub(super) const TAG: &str = "Conversations";

/// What a conversation shall be about.
#[derive(ToSchema)]
struct NewConversation {
    /// The id of a topic, or any words: what no scenario covers is talked about freely.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^\u0000]*\S[^\u0000]*$")]
    topic: String,
    /// Without it, the language of the preferences.
    language: Option<LanguageOrBlank>,
    /// `beginner`, `intermediate`, `advanced`, or other words. Without it, the level of the preferences.
    #[schema(max_length = 200, pattern = r"^[^\u0000]*$")]
    difficulty: Option<String>,
    /// What is done about mistakes: `inline`, at most one a turn is said in its right form in the tutor's reply; `after`, they
    /// come with the summary; `off`, nothing is said of them. Without it, what the preferences say; without that, `after` for a
    /// beginner and `inline` for others.
    #[schema(schema_with = policy_or_null)]
    correction: Option<String>,
    /// In free words.
    #[schema(max_length = 4000, pattern = r"^[^\u0000]*$")]
    scenario: Option<String>,
    /// Whatever shall come back in `context`. `assignment_id`, `challenge_id`, `student_id`, `team_member`
    /// and `due_date` can be listed by.
    #[schema(schema_with = context)]
    custom_context: Option<Map<String, Value>>,
}

pub(super) fn policy_or_null() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    values::or_null(policy())
}

fn policy() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    values::choice(&["inline", "after", "off"])
}

fn context() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    values::or_null(values::anything_named())
}

/// A conversation that has just begun.
#[derive(ToSchema)]
struct Begun {
    #[schema(pattern = "^conv_")]
    id: String,
    status: Status,
    created_at: Timestamp,
    topic: String,
    difficulty: String,
    /// As the caller wrote it.
    language: String,
    /// What is done about mistakes.
    #[schema(schema_with = policy)]
    correction: String,
    #[schema(required)]
    scenario: Option<String>,
    ai_persona: PersonaView,
    speech: SpeechView,
    initial_message: Opener,
    /// The caller's own context, and what the scenario tells about the place. `review_words` are words of the learner's deck that
    /// are due and that the tutor brings up, at most five, if there are any.
    context: Map<String, Value>,
}

/// Whether a conversation goes on.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub(super) enum Status {
    Active,
    Completed,
}

/// Whom the tutor plays.
#[derive(ToSchema)]
struct PersonaView {
    name: String,
    role: String,
    personality: String,
}

/// What this server can do in the language. What isn't heard is typed, and what isn't said is read.
#[derive(ToSchema)]
struct SpeechView {
    /// Whether somebody here understands what is said.
    recognition: bool,
    /// Whether the tutor has a voice.
    voice: bool,
}

/// What the tutor says first.
#[derive(ToSchema)]
struct Opener {
    id: String,
    text: String,
    #[schema(required)]
    translation: Option<String>,
    /// A BCP-47 tag.
    #[schema(required)]
    translation_language: Option<String>,
    /// Null where there is no voice for the language.
    #[schema(required)]
    audio_url: Option<String>,
}

/// A list of conversations, the newest first.
#[derive(ToSchema)]
struct ConversationList {
    conversations: Vec<Listed>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// A conversation of a list.
#[derive(ToSchema)]
struct Listed {
    id: String,
    user_id: String,
    status: Status,
    created_at: Timestamp,
    last_turn_at: Timestamp,
    #[schema(required)]
    ended_at: Option<Timestamp>,
    topic: String,
    difficulty: String,
    language: String,
    #[schema(schema_with = policy)]
    correction: String,
    #[schema(required)]
    scenario: Option<String>,
    ai_persona: PersonaView,
    topics_covered: Vec<String>,
    #[schema(required)]
    feedback: Option<FeedbackView>,
    context: Map<String, Value>,
}

/// What the learner thought.
#[derive(ToSchema)]
struct FeedbackView {
    #[schema(required, minimum = 1, maximum = 5)]
    difficulty_rating: Option<u8>,
    #[schema(required, minimum = 1, maximum = 5)]
    enjoyment_rating: Option<u8>,
    #[schema(required)]
    comments: Option<String>,
}

/// How it was.
#[derive(ToSchema)]
struct End {
    feedback: Option<Feedback>,
}

/// How the learner liked it.
#[derive(ToSchema)]
struct Feedback {
    /// 1 is too easy, 5 too hard.
    #[schema(minimum = 1, maximum = 5)]
    difficulty_rating: Option<i64>,
    #[schema(minimum = 1, maximum = 5)]
    enjoyment_rating: Option<i64>,
    #[schema(max_length = 4000, pattern = r"^[^\u0000]*$")]
    comments: Option<String>,
}

/// What came of a conversation. A second end gives the same.
#[derive(ToSchema)]
struct Ended {
    id: String,
    status: Status,
    ended_at: Timestamp,
    summary: EndSummary,
    next_recommendations: Vec<String>,
}

/// How a conversation went.
#[derive(ToSchema)]
struct EndSummary {
    duration_minutes: u32,
    total_messages: u64,
    xp_earned: u32,
    performance: PerformanceView,
    /// Ids of achievements.
    achievements: Vec<String>,
    /// What was wrong in the learner's words, at most ten; empty where the `correction` is `off`.
    corrections: Vec<Corrected>,
}

/// Something in the learner's words that was wrong.
#[derive(ToSchema)]
struct Corrected {
    message_id: String,
    wrong: String,
    /// Empty where the words are too many.
    right: String,
    explanation: String,
}

/// How well. What was not measured is null.
#[derive(ToSchema)]
struct PerformanceView {
    #[schema(required, maximum = 100)]
    grammar_score: Option<u8>,
    #[schema(required, maximum = 100)]
    pronunciation_score: Option<u8>,
    /// Words that are new in the deck.
    #[schema(required)]
    vocabulary_growth: Option<u32>,
    #[schema(required)]
    confidence_improvement: Option<i32>,
}

pub(super) fn conversation() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    values::id("conv_789012")
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    let label = || values::text(200);
    let endpoints = vec![
        post("/v1/conversations", "startConversation", "Start New Conversation")
            .scoped(&[Scope::ManageConversations])
            .idempotent()
            .takes::<NewConversation>(json!({
                "topic": "ordering_food_restaurant",
                "difficulty": "intermediate",
                "scenario": "You're at a French restaurant in Paris and want to order dinner",
                "language": "french",
                "custom_context": {
                    "restaurant_type": "bistro",
                    "dietary_restrictions": ["vegetarian"],
                    "budget": "moderate"
                }
            }))
            .answers::<Begun>(201, "The conversation, and how the tutor opens it.", begun())
            .refuses(&[404]),
        get("/v1/conversations", "listConversations", "List conversations")
            .about("One's own, the newest first. An organisation's key also lists those that it made for its members.")
            .scoped(&[Scope::ManageConversations])
            .query("limit", values::limit(100, 20), "How many.")
            .query("cursor", values::cursor(), "The `next_cursor` of the page before.")
            .query("status", values::choice(&["active", "completed"]), "Only those.")
            .query("language", values::language_or_blank(), "Only those in it.")
            .query("assignment_id", label(), "Only those with it in their context.")
            .query("challenge_id", label(), "Only those with it in their context.")
            .query("student_id", label(), "Only those with it in their context.")
            .query("team_member", label(), "Only those with it in their context.")
            .query("due_date", label(), "Only those with it in their context.")
            .answers::<ConversationList>(
                200,
                "A page of the list.",
                json!({ "conversations": [], "next_cursor": null }),
            )
            .refuses(&[400]),
        post("/v1/conversations/{id}/end", "endConversation", "End Conversation")
            .about("Ends it, once: whoever asks again is told the same.")
            .scoped(&[Scope::ManageConversations])
            .idempotent()
            .part("id", conversation(), "The conversation.")
            .may_take::<End>(json!({
                "feedback": {
                    "difficulty_rating": 4,
                    "enjoyment_rating": 5,
                    "comments": "Great conversation! The server was very patient and helpful."
                }
            }))
            .answers::<Ended>(200, "What came of it.", ended())
            .refuses(&[404, 421]),
    ];
    endpoints.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

fn begun() -> Value {
    json!({
        "id": "conv_789012",
        "status": "active",
        "created_at": "2024-03-15T15:00:00Z",
        "topic": "ordering_food_restaurant",
        "difficulty": "intermediate",
        "language": "french",
        "correction": "inline",
        "scenario": "You're at a French restaurant in Paris and want to order dinner",
        "ai_persona": {
            "name": "Marie",
            "role": "restaurant_server",
            "personality": "friendly, helpful, patient"
        },
        "initial_message": {
            "id": "msg_001",
            "text": "Bonsoir ! Bienvenue dans notre bistro. Je suis Marie, votre serveuse ce soir. \
                     Avez-vous déjà regardé notre menu ?",
            "translation": "Good evening! Welcome to our bistro. I'm Marie, your server tonight. \
                            Have you already looked at our menu?",
            "translation_language": "en",
            "audio_url": "https://cdn.linguaai.com/audio/conv_789012_msg_001.mp3"
        },
        "speech": { "recognition": true, "voice": true },
        "context": {
            "restaurant_type": "bistro",
            "dietary_restrictions": ["vegetarian"],
            "budget": "moderate",
            "menu_items": ["salade niçoise", "ratatouille", "quiche lorraine"]
        }
    })
}

fn ended() -> Value {
    json!({
        "id": "conv_789012",
        "status": "completed",
        "ended_at": "2024-03-15T15:25:00Z",
        "summary": {
            "duration_minutes": 25,
            "total_messages": 16,
            "xp_earned": 180,
            "performance": {
                "grammar_score": 82,
                "pronunciation_score": 79,
                "vocabulary_growth": 8,
                "confidence_improvement": 12
            },
            "achievements": ["first_restaurant_conversation", "perfect_pronunciation_streak_5"],
            "corrections": []
        },
        "next_recommendations": [
            "Try a more complex restaurant scenario",
            "Practice food vocabulary in a grocery store setting",
            "Work on pronunciation of nasal vowels"
        ]
    })
}

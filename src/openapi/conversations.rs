//! Conversations of document 000: made, listed, spoken in, read back, ended.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::endpoint::{Endpoint, get, post};
use super::values::{self, LanguageOrBlank};
use crate::accounts::scope::Scope;
use crate::clock::Timestamp;

const TAG: &str = "Conversations";

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
    initial_message: Opener,
    /// The caller's own context, and what the scenario tells about the place. `review_words` are words of the learner's deck that
    /// are due and that the tutor brings up, at most five, if there are any.
    context: Map<String, Value>,
}

/// Whether a conversation goes on.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum Status {
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

/// A turn.
#[derive(ToSchema)]
struct NewMessage {
    /// `text` unless said otherwise.
    #[schema(schema_with = kind)]
    r#type: Option<String>,
    /// The words of a `text` message.
    #[schema(max_length = 4000, pattern = r"^[^\u0000]*$")]
    content: Option<String>,
    /// The sound of an `audio` message: a WAV, MP3, WebM or Ogg file of at most 10 MB in base64.
    audio_data: Option<String>,
}

fn kind() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    values::or_null(values::choice(&["text", "audio"]))
}

/// A turn and its answer.
#[derive(ToSchema)]
struct Exchange {
    #[schema(pattern = "^msg_")]
    id: String,
    conversation_id: String,
    created_at: Timestamp,
    user_message: UserMessage,
    ai_response: AiResponse,
    learning_insights: Insights,
}

/// What the learner said.
#[derive(ToSchema)]
struct UserMessage {
    id: String,
    text: String,
    #[schema(required)]
    translation: Option<String>,
    analysis: Analysis,
}

/// What was found in the learner's words. What was not measured is null.
#[derive(ToSchema)]
struct Analysis {
    #[schema(required, maximum = 100)]
    grammar_score: Option<u8>,
    /// Null for what was typed.
    #[schema(required, maximum = 100)]
    pronunciation_score: Option<u8>,
    /// Left out where it was not measured.
    #[schema(maximum = 100, nullable = false)]
    fluency_score: Option<u8>,
    vocabulary_level: Level,
    errors: Vec<Mistake>,
    improvements: Vec<String>,
    /// What went well, by area; left out if nothing is known of it.
    #[schema(required = false)]
    strengths: Vec<Strength>,
    /// The learner's own language, if they answered in it: then nothing else is measured.
    #[schema(nullable = false)]
    answered_in: Option<String>,
}

/// A level.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum Level {
    Beginner,
    Intermediate,
    Advanced,
}

/// Something that went well.
#[derive(ToSchema)]
struct Strength {
    /// `pronunciation`.
    r#type: String,
    area: String,
}

/// Something that can be said better.
#[derive(ToSchema)]
struct Mistake {
    /// `pronunciation`, `grammar` or `vocabulary`.
    r#type: String,
    /// As it stands in the text.
    word: String,
    /// What to say in its place; of pronunciation, how to say it.
    suggestion: String,
    /// Of grammar and vocabulary: why, in the learner's own language where that is known.
    #[schema(nullable = false)]
    explanation: Option<String>,
    /// Of grammar and vocabulary ERRANT's type; of pronunciation the sound in IPA, where it is a single one.
    #[schema(nullable = false)]
    code: Option<String>,
    /// Of grammar and vocabulary: what found it.
    #[schema(nullable = false)]
    rule: Option<String>,
    /// Where the sound can be heard in a word.
    #[schema(required)]
    audio_example: Option<String>,
    /// What progress counts it for.
    #[schema(nullable = false)]
    area: Option<String>,
}

/// What the tutor answered.
#[derive(ToSchema)]
struct AiResponse {
    text: String,
    #[schema(required)]
    translation: Option<String>,
    #[schema(required)]
    audio_url: Option<String>,
}

/// What there is to learn from the answer.
#[derive(ToSchema)]
struct Insights {
    new_vocabulary: Vec<String>,
    grammar_patterns: Vec<String>,
    cultural_notes: Vec<String>,
    /// What of the learner's words the answer says in the right form, if anything.
    #[schema(nullable = false)]
    correction: Option<Correction>,
}

/// The one thing that a reply says in the right form.
#[derive(ToSchema)]
struct Correction {
    /// The learner's words.
    wrong: String,
    /// Those that belong in their place; empty where none do.
    right: String,
    explanation: String,
}

/// Everything that was said, the oldest first.
#[derive(ToSchema)]
struct HistoryView {
    conversation_id: String,
    status: Status,
    messages: Vec<MessageView>,
    summary: HistorySummary,
}

/// A message.
#[derive(ToSchema)]
struct MessageView {
    id: String,
    timestamp: Timestamp,
    sender: SenderName,
    content: String,
    /// Whether the learner spoke before it was at its end; the content is what was heard.
    interrupted: bool,
    #[schema(required)]
    audio_url: Option<String>,
    #[schema(nullable = false)]
    translation: Option<String>,
    #[schema(nullable = false)]
    translation_language: Option<String>,
    #[schema(nullable = false)]
    analysis: Option<Analysis>,
    /// Of a spoken turn, in milliseconds: how long what took until the tutor answered; of the learner's message, `response`: how long
    /// they took to begin to speak.
    #[schema(nullable = false)]
    latency: Option<Map<String, Value>>,
}

/// Who said it.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum SenderName {
    Ai,
    User,
    System,
}

/// A conversation so far.
#[derive(ToSchema)]
struct HistorySummary {
    total_messages: u64,
    duration_minutes: u32,
    #[schema(required, maximum = 100)]
    avg_grammar_score: Option<u8>,
    #[schema(required, maximum = 100)]
    avg_pronunciation_score: Option<u8>,
    topics_covered: Vec<String>,
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
    /// Of a conversation whose `correction` is `after`: what was wrong, at most ten.
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

fn conversation() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
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
        post(
            "/v1/conversations/{id}/messages",
            "sendMessage",
            "Send Message in Conversation",
        )
        .about("Takes a turn, typed or recorded, and gives the tutor's answer.")
        .scoped(&[Scope::ManageConversations])
        .idempotent()
        .part("id", conversation(), "The conversation.")
        .takes::<NewMessage>(json!({
            "type": "text",
            "content": "Bonjour Marie ! Oui, j'ai regardé le menu. Est-ce que vous avez des plats végétariens ?"
        }))
        .answers::<Exchange>(200, "The turn, and the tutor's.", exchange())
        .refuses(&[404, 410, 421]),
        get(
            "/v1/conversations/{id}/messages",
            "getMessages",
            "Get Conversation History",
        )
        .scoped(&[Scope::ManageConversations])
        .part("id", conversation(), "The conversation.")
        .answers::<HistoryView>(200, "Everything that was said.", history())
        .refuses(&[404, 421]),
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
        "context": {
            "restaurant_type": "bistro",
            "dietary_restrictions": ["vegetarian"],
            "budget": "moderate",
            "menu_items": ["salade niçoise", "ratatouille", "quiche lorraine"]
        }
    })
}

fn exchange() -> Value {
    json!({
        "id": "msg_345678",
        "conversation_id": "conv_789012",
        "created_at": "2024-03-15T15:02:00Z",
        "user_message": {
            "id": "msg_345677",
            "text": "Bonjour Marie ! Oui, j'ai regardé le menu. Est-ce que vous avez des plats végétariens ?",
            "translation": "Hello Marie! Yes, I looked at the menu. Do you have vegetarian dishes?",
            "analysis": {
                "grammar_score": 85,
                "pronunciation_score": 78,
                "vocabulary_level": "intermediate",
                "errors": [
                    {
                        "type": "pronunciation",
                        "word": "végétariens",
                        "suggestion": "Focus on the 'é' sound - it should be more closed",
                        "audio_example": "https://cdn.linguaai.com/pronunciation/vegetariens.mp3"
                    }
                ],
                "improvements": [
                    "Great use of polite greeting!",
                    "Correct question formation with 'est-ce que'"
                ]
            }
        },
        "ai_response": {
            "text": "Absolument ! Nous avons plusieurs options végétariennes délicieuses. Je recommande \
                     particulièrement notre ratatouille maison et notre salade de chèvre chaud. Aimeriez-vous que je \
                     vous explique ces plats ?",
            "translation": "Absolutely! We have several delicious vegetarian options. I particularly recommend our \
                            homemade ratatouille and our warm goat cheese salad. Would you like me to explain these \
                            dishes?",
            "audio_url": "https://cdn.linguaai.com/audio/conv_789012_msg_002.mp3"
        },
        "learning_insights": {
            "new_vocabulary": ["absolument", "ratatouille", "chèvre"],
            "grammar_patterns": ["conditional mood: aimeriez-vous"],
            "cultural_notes": ["French servers often make personal recommendations"]
        }
    })
}

fn history() -> Value {
    json!({
        "conversation_id": "conv_789012",
        "status": "active",
        "messages": [
            {
                "id": "msg_001",
                "timestamp": "2024-03-15T15:00:00Z",
                "sender": "ai",
                "content": "Bonsoir ! Bienvenue dans notre bistro...",
                "interrupted": false,
                "audio_url": "https://cdn.linguaai.com/audio/conv_789012_msg_001.mp3",
                "translation": "Good evening! Welcome to our bistro...",
                "translation_language": "en"
            },
            {
                "id": "msg_002",
                "timestamp": "2024-03-15T15:02:00Z",
                "sender": "user",
                "content": "Bonjour Marie ! Oui, j'ai regardé le menu...",
                "interrupted": false,
                "audio_url": null,
                "analysis": {
                    "grammar_score": 85,
                    "pronunciation_score": 78,
                    "vocabulary_level": "intermediate",
                    "errors": [],
                    "improvements": []
                }
            }
        ],
        "summary": {
            "total_messages": 12,
            "duration_minutes": 18,
            "avg_grammar_score": 82,
            "avg_pronunciation_score": 79,
            "topics_covered": ["greetings", "food_ordering", "dietary_preferences"]
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

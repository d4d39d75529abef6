//! What is said in conversations of document 000: sent, and read back.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::conversations::{Status, TAG, conversation};
use super::endpoint::{Endpoint, get, post};
use super::values;
use crate::accounts::scope::Scope;
use crate::clock::Timestamp;

/// A turn.
#[derive(ToSchema)]
struct NewMessage {
    /// `text` unless said otherwise.
    #[schema(schema_with = kind)]
    r#type: Option<String>,
    /// The words of a `text` message. Of an `audio` message they are recognised.
    #[schema(max_length = 4000, pattern = r"^[^\u0000]*$")]
    content: Option<String>,
    /// How it was said: a WAV, MP3, WebM or Ogg file of at most 10 MB in base64. With the words of a `text` message it is judged as these
    /// words; without any, and in an `audio` message, its words are recognised. Beside words, what doesn't begin as such a file does is
    /// ignored; a file that can't be read is an error. While somebody is in a call of the conversation the words go there, and their
    /// sound is not judged.
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
    /// Null where there was no sound, or it doesn't allow one.
    #[schema(required, maximum = 100)]
    pronunciation_score: Option<u8>,
    /// Left out where it was not measured.
    #[schema(maximum = 100, nullable = false)]
    fluency_score: Option<u8>,
    vocabulary_level: Level,
    /// Of what is said in English; left out in other languages.
    #[schema(nullable = false)]
    vocabulary: Option<VocabularyOfTurn>,
    /// Left out of what was not heard, as the next three.
    #[schema(nullable = false)]
    fluency: Option<FluencyOfTurn>,
    #[schema(nullable = false)]
    intonation: Option<IntonationOfTurn>,
    /// The share of the words that were said, in percent.
    #[schema(maximum = 100, nullable = false)]
    completeness: Option<u8>,
    /// In order, with those that were left out and those that were said beside the text.
    #[schema(required = false)]
    words: Vec<WordOfTurn>,
    errors: Vec<Mistake>,
    improvements: Vec<String>,
    /// What went well, by area; left out if nothing is known of it.
    #[schema(required = false)]
    strengths: Vec<Strength>,
    /// The learner's own language, if they answered in it: then nothing else is measured.
    #[schema(nullable = false)]
    answered_in: Option<String>,
}

/// The bands of the CEFR that the words are in.
#[derive(ToSchema)]
struct VocabularyOfTurn {
    /// `A1` to `C2`; null where too few of the words are listed.
    #[schema(required)]
    cefr: Option<String>,
    /// How many words are in each band that has any.
    counts: BTreeMap<String, u32>,
    /// Words that are not listed: names, numbers, rare ones.
    unlisted: u32,
    /// Ten at most.
    hardest: Vec<HardWord>,
}

/// A word of the turn's band or above.
#[derive(ToSchema)]
struct HardWord {
    word: String,
    cefr: String,
}

/// How fluently it was said.
#[derive(ToSchema)]
struct FluencyOfTurn {
    #[schema(required, maximum = 100)]
    score: Option<u8>,
    /// `slow`, `appropriate` or `fast`; `unknown` where the words that were said aren't.
    pace: String,
    /// Syllables a second, pauses and fillers left out.
    #[schema(required)]
    articulation_rate: Option<f64>,
    pauses: u32,
    filler_words: u32,
    /// In the learner's own language.
    feedback: String,
}

/// Its melody.
#[derive(ToSchema)]
struct IntonationOfTurn {
    /// Null where nobody knows how the sentence should end: a transcript without a mark at its end.
    #[schema(required, maximum = 100)]
    score: Option<u8>,
    /// `questioning` (it rises), `declarative` (it falls), `level` or `unclear`.
    pattern: String,
    /// How near the end comes to what the sentence needs.
    #[schema(required, maximum = 100)]
    accuracy: Option<u8>,
    feedback: String,
}

/// How a word was said.
#[derive(ToSchema)]
struct WordOfTurn {
    /// As it stands in the text; empty of what was said beside it.
    word: String,
    /// Null of what was left out or added, and where none of its sounds can be judged.
    #[schema(required, maximum = 100)]
    score: Option<u8>,
    /// `none`, `mispronunciation`, `omission` or `insertion`.
    verdict: String,
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
    /// Of grammar and vocabulary: the right form, with the words around it that a recast would say.
    #[schema(nullable = false)]
    example: Option<String>,
    /// Where the right form, or the sound in a word, can be heard.
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

pub(super) fn endpoints() -> Vec<Endpoint> {
    let endpoints = vec![
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
    ];
    endpoints.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
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

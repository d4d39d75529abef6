//! Messages: what was said, the tutor's as far as it was heard.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::AnyConnection;

use super::direct::Argument::Text;
use super::record::Record;
use super::{Database, StorageError, corrupt, optional_document, text};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, MessageId};

/// One message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Which one.
    pub id: MessageId,
    /// Of which conversation.
    pub conversation_id: ConversationId,
    /// Who said it.
    pub sender: Sender,
    /// The words; the tutor's are cut to what was played.
    pub content: String,
    /// In the learner's own language.
    pub translation: Option<String>,
    /// Whether the learner broke in.
    pub interrupted: bool,
    /// What was found about the learner's words, as document 000 shows it.
    pub analysis: Option<Value>,
    /// What there is to learn from the tutor's words, as document 000's `learning_insights`.
    #[serde(default)]
    pub insights: Option<Value>,
    /// How long each part of the turn took, in milliseconds.
    pub latency: Option<Value>,
    /// Where a client said that it can be heard (document 003).
    #[serde(default)]
    pub audio_url: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
}

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sender {
    /// The tutor.
    Ai,
    /// The learner.
    User,
    /// A client's own note: kept and given back, never shown to the dialogue model.
    System,
}

impl Message {
    /// A message with nothing found or measured yet.
    pub fn new(
        conversation_id: ConversationId,
        sender: Sender,
        content: impl Into<String>,
        created_at: Timestamp,
    ) -> Self {
        Self {
            id: MessageId::new(),
            conversation_id,
            sender,
            content: content.into(),
            translation: None,
            interrupted: false,
            analysis: None,
            insights: None,
            latency: None,
            audio_url: None,
            created_at,
        }
    }

    pub(super) fn from_row(row: &(impl Record + ?Sized)) -> Result<Self, StorageError> {
        let sender = row.text("sender")?;
        let interrupted = row.number("interrupted")?;
        Ok(Self {
            id: MessageId::from_text(row.text("id")?),
            conversation_id: ConversationId::from_text(row.text("conversation_id")?),
            sender: Sender::parse(&sender)?,
            content: row.text("content")?,
            translation: row.optional_text("translation")?,
            interrupted: interrupted != 0,
            analysis: optional_document(row, "analysis")?,
            insights: optional_document(row, "insights")?,
            latency: optional_document(row, "latency")?,
            audio_url: row.optional_text("audio_url")?,
            created_at: Timestamp::from_millis(row.number("created_at")?),
        })
    }
}

impl Sender {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ai => "ai",
            Self::User => "user",
            Self::System => "system",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, StorageError> {
        match text {
            "ai" => Ok(Self::Ai),
            "user" => Ok(Self::User),
            "system" => Ok(Self::System),
            other => Err(corrupt("sender", other)),
        }
    }
}

/// A text as every database holds it: PostgreSQL can't store NUL characters, and no text needs them.
pub(super) fn storable(text: &str) -> String {
    text.replace('\0', "")
}

/// Writes a message; one that is there already is overwritten, so that it can be said again after a failure.
pub(super) async fn insert_message(connection: &mut AnyConnection, message: &Message) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO messages (id, conversation_id, sender, content, translation, interrupted, analysis, insights, \
         latency, audio_url, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (id) DO UPDATE SET content = excluded.content, translation = excluded.translation, \
         interrupted = excluded.interrupted, analysis = excluded.analysis, insights = excluded.insights, \
         latency = excluded.latency, audio_url = excluded.audio_url",
    )
    .bind(message.id.as_str())
    .bind(message.conversation_id.as_str())
    .bind(message.sender.as_str())
    .bind(storable(&message.content))
    .bind(message.translation.as_deref().map(storable))
    .bind(i64::from(message.interrupted))
    .bind(message.analysis.as_ref().map(text))
    .bind(message.insights.as_ref().map(text))
    .bind(message.latency.as_ref().map(text))
    .bind(message.audio_url.as_deref().map(storable))
    .bind(message.created_at.as_millis())
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE conversations SET last_turn_at = $2 WHERE id = $1 AND last_turn_at < $2")
        .bind(message.conversation_id.as_str())
        .bind(message.created_at.as_millis())
        .execute(&mut *connection)
        .await?;
    Ok(())
}

impl Database {
    /// All messages of a conversation, the oldest first.
    pub async fn messages(&self, conversation: &ConversationId) -> Result<Vec<Message>, StorageError> {
        self.read(
            "SELECT * FROM messages WHERE conversation_id = $1 ORDER BY created_at, id",
            &[Text(conversation.as_str())],
            |row| Message::from_row(row),
        )
        .await
    }
}

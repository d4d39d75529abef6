//! What live conversations write. Each event may be applied again without harm, so that a failed batch can be retried.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::AnyConnection;

use super::messages::{Message, insert_message};
use super::{Database, StorageError, text};
use crate::ids::{ConversationId, MessageId};

/// Something that happened in a live conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Someone said something.
    Said {
        /// What.
        message: Message,
    },
    /// A message of the tutor was heard only so far.
    Heard {
        /// Which message.
        message_id: MessageId,
        /// What was played of it.
        content: String,
        /// Whether the learner broke in.
        interrupted: bool,
    },
    /// The translation of a message came later.
    Translated {
        /// Which message.
        message_id: MessageId,
        /// In the learner's own language.
        translation: String,
    },
    /// Something was found about the learner's words.
    Analysed {
        /// Which message.
        message_id: MessageId,
        /// As document 000 shows it.
        analysis: Value,
    },
    /// The times of a turn were measured.
    Measured {
        /// The reply.
        message_id: MessageId,
        /// Its breakdown in milliseconds.
        latency: Value,
    },
    /// The script went on.
    Advanced {
        /// Which conversation.
        conversation_id: ConversationId,
        /// Where it stands.
        progress: Value,
        /// Names of the parts gone through so far.
        topics_covered: Vec<String>,
    },
}

/// Where events end up.
#[async_trait]
pub trait Sink: Send + Sync + 'static {
    /// Applies all events in order, or none. Events that can never be applied are left out; the answer is how many.
    async fn apply(&self, events: &[Event]) -> Result<usize, StorageError>;
}

#[async_trait]
impl Sink for Database {
    async fn apply(&self, events: &[Event]) -> Result<usize, StorageError> {
        match self.apply_together(events).await {
            // One row spoils a whole transaction: find it.
            Err(StorageError::Rejected(_)) => {
                let mut rejected = 0;
                for event in events {
                    match self.apply_together(std::slice::from_ref(event)).await {
                        Err(StorageError::Rejected(error)) => {
                            tracing::error!(%error, "an event can't be stored and is dropped");
                            rejected += 1;
                        }
                        other => other?,
                    }
                }
                Ok(rejected)
            }
            other => other.map(|()| 0),
        }
    }
}

impl Database {
    async fn apply_together(&self, events: &[Event]) -> Result<(), StorageError> {
        let mut transaction = self.pool.begin().await?;
        for event in events {
            apply(&mut transaction, event).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

async fn apply(connection: &mut AnyConnection, event: &Event) -> Result<(), sqlx::Error> {
    let statement = match event {
        Event::Said { message } => return insert_message(connection, message).await,
        Event::Heard {
            message_id,
            content,
            interrupted,
        } => sqlx::query("UPDATE messages SET content = $2, interrupted = $3 WHERE id = $1")
            .bind(message_id.as_str())
            .bind(content)
            .bind(i64::from(*interrupted)),
        Event::Translated {
            message_id,
            translation,
        } => sqlx::query("UPDATE messages SET translation = $2 WHERE id = $1")
            .bind(message_id.as_str())
            .bind(translation),
        Event::Analysed {
            message_id,
            analysis,
        } => sqlx::query("UPDATE messages SET analysis = $2 WHERE id = $1")
            .bind(message_id.as_str())
            .bind(text(analysis)),
        Event::Measured {
            message_id,
            latency,
        } => sqlx::query("UPDATE messages SET latency = $2 WHERE id = $1")
            .bind(message_id.as_str())
            .bind(text(latency)),
        Event::Advanced {
            conversation_id,
            progress,
            topics_covered,
        } => {
            sqlx::query("UPDATE conversations SET progress = $2, topics_covered = $3 WHERE id = $1")
                .bind(conversation_id.as_str())
                .bind(text(progress))
                .bind(text(topics_covered))
        }
    };
    statement.execute(connection).await?;
    Ok(())
}

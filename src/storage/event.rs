//! What live conversations write. Each event may be applied again without harm, so that a failed batch can be retried.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::AnyConnection;

use super::call_records::{CallRecord, insert_call_record};
use super::messages::{Message, insert_message, storable};
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
        /// Of which conversation.
        conversation_id: ConversationId,
        /// Which message.
        message_id: MessageId,
        /// What was played of it.
        content: String,
        /// The translation of that, where it is known.
        translation: Option<String>,
        /// Whether the learner broke in.
        interrupted: bool,
    },
    /// What the learner said was assessed.
    Assessed {
        /// In which conversation.
        conversation_id: ConversationId,
        /// Which message.
        message_id: MessageId,
        /// What is told about it, as document 000 shows it.
        analysis: Value,
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
    /// Somebody left a call.
    Left {
        /// How good it was.
        record: CallRecord,
    },
}

impl Event {
    /// Which conversation it is about.
    pub fn conversation_id(&self) -> &ConversationId {
        match self {
            Self::Said { message } => &message.conversation_id,
            Self::Left { record } => &record.conversation_id,
            Self::Heard { conversation_id, .. }
            | Self::Assessed { conversation_id, .. }
            | Self::Advanced { conversation_id, .. } => conversation_id,
        }
    }
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
                            let id = event.conversation_id();
                            tracing::error!(conversation_id = %id.logged(), %error, "an event can't be stored and is dropped");
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
        Event::Left { record } => return insert_call_record(connection, record).await,
        Event::Heard {
            message_id,
            content,
            translation,
            interrupted,
            ..
        } => sqlx::query(
            "UPDATE messages SET content = $2, translation = $3, interrupted = $4 WHERE id = $1 AND sender = 'ai'",
        )
        .bind(message_id.as_str())
        .bind(storable(content))
        .bind(translation.as_deref().map(storable))
        .bind(i64::from(*interrupted)),
        // What was changed meanwhile is no longer what was assessed: then its analysis was taken away.
        Event::Assessed {
            message_id, analysis, ..
        } => {
            sqlx::query("UPDATE messages SET analysis = $2 WHERE id = $1 AND sender = 'user' AND analysis IS NOT NULL")
                .bind(message_id.as_str())
                .bind(text(analysis))
        }
        Event::Advanced {
            conversation_id,
            progress,
            topics_covered,
        } => sqlx::query("UPDATE conversations SET progress = $2, topics_covered = $3 WHERE id = $1")
            .bind(conversation_id.as_str())
            .bind(text(progress))
            .bind(text(topics_covered)),
    };
    statement.execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::storage::conversations::{Conversation, tests::conversation_of};
    use crate::storage::messages::Sender;
    use crate::storage::tests::database;
    use crate::storage::users::User;
    use serde_json::json;

    async fn conversation(database: &Database) -> Conversation {
        let user = User::guest(Timestamp::from_millis(0));
        database.add_user(&user).await.unwrap();
        let conversation = conversation_of(&user.id);
        let opener = Message::new(conversation.id.clone(), Sender::Ai, "Bonsoir", conversation.created_at);
        database.add_conversation(&conversation, &opener).await.unwrap();
        conversation
    }

    fn said(conversation: &ConversationId, content: &str, millis: i64) -> Message {
        let at = Timestamp::from_millis(millis);
        Message::new(conversation.clone(), Sender::Ai, content, at)
    }

    #[tokio::test]
    async fn events_applied_twice_leave_what_they_left_once() {
        let (database, _dir) = database().await;
        let Conversation { id, .. } = conversation(&database).await;
        let mut message = said(&id, "Je vous recommande la quiche.", 5000);
        message.translation = Some("I recommend the quiche.".to_owned());
        let message_id = message.id.clone();
        let events = [
            Event::Said { message },
            Event::Heard {
                conversation_id: id.clone(),
                message_id,
                content: "Je vous".to_owned(),
                translation: None,
                interrupted: true,
            },
            Event::Advanced {
                conversation_id: id.clone(),
                progress: json!({"step": 2}),
                topics_covered: vec!["greeting".to_owned()],
            },
        ];
        assert_eq!(database.apply(&events).await.unwrap(), 0);
        let messages = database.messages(&id).await.unwrap();
        let conversation = database.conversation(&id).await.unwrap().unwrap();
        assert_eq!(messages.len(), 2);
        assert_eq!(messages[1].content, "Je vous");
        assert!(messages[1].interrupted);
        // The translation was of the whole.
        assert_eq!(messages[1].translation, None);
        assert_eq!(conversation.progress, Some(json!({"step": 2})));
        assert_eq!(conversation.topics_covered, ["greeting"]);
        assert_eq!(conversation.last_turn_at, Timestamp::from_millis(5000));

        assert_eq!(database.apply(&events).await.unwrap(), 0);
        assert_eq!(database.messages(&id).await.unwrap(), messages);
        assert_eq!(database.conversation(&id).await.unwrap().unwrap(), conversation);
    }

    #[tokio::test]
    async fn nul_characters_are_left_out_whatever_message_they_come_in() {
        let (database, _dir) = database().await;
        let Conversation { id, .. } = conversation(&database).await;
        let mut message = said(&id, "", 5000);
        message.content = "a\0b".to_owned();
        message.translation = Some("c\0d".to_owned());
        let cut = said(&id, "whole", 6000);
        let heard = Event::Heard {
            conversation_id: id.clone(),
            message_id: cut.id.clone(),
            content: "e\0f".to_owned(),
            translation: Some("g\0h".to_owned()),
            interrupted: false,
        };
        let events = [Event::Said { message }, Event::Said { message: cut }, heard];
        assert_eq!(database.apply(&events).await.unwrap(), 0);
        let messages = database.messages(&id).await.unwrap();
        let texts: Vec<(&str, Option<&str>)> = messages[1..]
            .iter()
            .map(|message| (message.content.as_str(), message.translation.as_deref()))
            .collect();
        assert_eq!(texts, [("ab", Some("cd")), ("ef", Some("gh"))]);
    }

    #[tokio::test]
    async fn an_event_that_can_never_be_stored_holds_up_no_other() {
        let (database, _dir) = database().await;
        let Conversation { id, .. } = conversation(&database).await;
        let nowhere = ConversationId::from_text("conv_nowhere");
        let event = |conversation: &ConversationId, content: &str, millis| Event::Said {
            message: said(conversation, content, millis),
        };
        let events = [
            event(&id, "before", 1000),
            event(&nowhere, "lost", 2000),
            event(&id, "after", 3000),
        ];
        assert_eq!(database.apply(&events).await.unwrap(), 1);
        let messages = database.messages(&id).await.unwrap();
        let contents: Vec<&str> = messages.iter().map(|message| message.content.as_str()).collect();
        assert_eq!(contents, ["Bonsoir", "before", "after"]);
    }

    #[tokio::test]
    async fn a_database_that_is_away_stores_nothing_and_says_so() {
        let (database, _dir) = database().await;
        let Conversation { id, .. } = conversation(&database).await;
        database.close().await;
        let event = Event::Said {
            message: said(&id, "x", 1000),
        };
        assert!(matches!(
            database.apply(&[event]).await,
            Err(StorageError::Unavailable(_))
        ));
    }

    #[tokio::test]
    async fn what_was_assessed_is_kept_unless_the_message_was_changed_meanwhile() {
        let (database, _dir) = database().await;
        let conversation = conversation(&database).await;
        let learners = |analysis| Message {
            sender: Sender::User,
            analysis,
            ..said(&conversation.id, "Oui", 2000)
        };
        let (asked, changed) = (learners(Some(json!({"grammar_score": null}))), learners(None));
        let tutors = Message {
            analysis: Some(json!({})),
            ..said(&conversation.id, "Bonsoir", 3000)
        };
        let mut events = Vec::new();
        for message in [&asked, &changed, &tutors] {
            let message = message.clone();
            events.push(Event::Said { message });
        }
        for message in [&asked, &changed, &tutors] {
            events.push(Event::Assessed {
                conversation_id: conversation.id.clone(),
                message_id: message.id.clone(),
                analysis: json!({"grammar_score": 90}),
            });
        }
        // Each event may come again.
        for _ in 0..2 {
            assert_eq!(database.apply(&events).await.unwrap(), 0);
            let kept = database.messages(&conversation.id).await.unwrap();
            let analysis = |message: &Message| {
                let kept = kept.iter().find(|other| other.id == message.id).unwrap();
                kept.analysis.clone()
            };
            assert_eq!(analysis(&asked), Some(json!({"grammar_score": 90})));
            assert_eq!(analysis(&changed), None);
            assert_eq!(analysis(&tutors), Some(json!({})));
        }
    }
}

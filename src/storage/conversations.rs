//! Conversations: one table for all surfaces.

use std::time::Duration;

use colloquy_agents::correction::CorrectionPolicy;
use colloquy_agents::scenario::Level;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::{AnyConnection, Row};

use super::direct::Argument::Text;
use super::listing::insert_labels;
use super::messages::{Message, insert_message};
use super::record::Record;
use super::{Database, StorageError, corrupt, document, optional_document, text};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, OrganisationId, UserId};

/// A conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    /// Which one.
    pub id: ConversationId,
    /// Whose it is.
    pub owner_id: UserId,
    /// Whether it goes on.
    pub status: Status,
    /// What it is about, in the words of whoever made it.
    pub topic: String,
    /// The language that is practised, as an English name.
    pub language: String,
    /// The same as the caller wrote it, to be echoed.
    pub requested_language: String,
    /// The learner's own language, as an English name.
    pub native_language: String,
    /// How hard, in the words of whoever made it.
    pub difficulty: String,
    /// What is done about the learner's mistakes.
    pub correction: CorrectionPolicy,
    /// The situation, in the words of whoever made it.
    pub scenario: Option<String>,
    /// Whom the tutor plays.
    pub persona: Persona,
    /// What was given to go by, and what the scenario adds (`menu_items`).
    pub context: Map<String, Value>,
    /// Where its script stands; `None` at the start.
    pub progress: Option<Value>,
    /// Names of the parts that were gone through.
    pub topics_covered: Vec<String>,
    /// What the learner thought of it.
    pub feedback: Option<Feedback>,
    /// The organisation whose key made it.
    pub organisation_id: Option<OrganisationId>,
    /// Through which document it was made.
    pub surface: Surface,
    /// When it was made.
    pub created_at: Timestamp,
    /// When something was last said.
    pub last_turn_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// Whether a conversation goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It does.
    Active,
    /// It was ended.
    Completed,
}

/// Through which document a conversation was made. All are turns of the same agent; what differs is how long they last and
/// how they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Surface {
    /// 000, and the page.
    Platform,
    /// 001.
    Tutor,
    /// 002.
    Session,
    /// 003.
    Flat,
    /// 004.
    Socket,
}

impl Surface {
    /// Whether turns are typed there. A session of somebody signed in can be joined in a call and typed in, and hardly ever is.
    pub fn is_typed_in(self) -> bool {
        !matches!(self, Self::Session | Self::Socket)
    }
}

/// Whom the tutor plays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Persona {
    /// "Marie"
    pub name: String,
    /// "restaurant_server"
    pub role: String,
    /// "friendly, helpful, patient"
    pub personality: String,
}

/// What the learner thought of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// 1 (too easy) to 5 (too hard).
    pub difficulty_rating: Option<u8>,
    /// 1 to 5.
    pub enjoyment_rating: Option<u8>,
    /// In words.
    pub comments: Option<String>,
}

/// How long a conversation without a turn can be taken up again: homework must live.
pub const LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// The same for the sessions of document 002.
pub const SESSION_LIFETIME: Duration = Duration::from_secs(30 * 60);

impl Surface {
    /// How long a conversation without a turn can be taken up again.
    pub fn lifetime(self) -> Duration {
        match self {
            Self::Session => SESSION_LIFETIME,
            Self::Platform | Self::Tutor | Self::Flat | Self::Socket => LIFETIME,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Tutor => "tutor",
            Self::Session => "session",
            Self::Flat => "flat",
            Self::Socket => "socket",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, StorageError> {
        match text {
            "platform" => Ok(Self::Platform),
            "tutor" => Ok(Self::Tutor),
            "session" => Ok(Self::Session),
            "flat" => Ok(Self::Flat),
            "socket" => Ok(Self::Socket),
            other => Err(corrupt("surface", other)),
        }
    }
}

impl Conversation {
    /// Whether more can be said in it.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.status == Status::Active && now.since(self.last_turn_at) <= self.surface.lifetime()
    }

    pub(super) fn from_row(row: &(impl Record + ?Sized)) -> Result<Self, StorageError> {
        let status = row.text("status")?;
        let ended_at = row.optional_number("ended_at")?;
        let surface = row.text("surface")?;
        let organisation_id = row.optional_text("organisation_id")?;
        let difficulty = row.text("difficulty")?;
        let correction = match row.optional_text("correction")? {
            Some(name) => CorrectionPolicy::parse(&name).ok_or_else(|| corrupt("correction", &name))?,
            None => CorrectionPolicy::of_level(Level::parse(&difficulty).unwrap_or_default()),
        };
        Ok(Self {
            id: ConversationId::from_text(row.text("id")?),
            owner_id: UserId::from_text(row.text("owner_id")?),
            status: Status::parse(&status)?,
            topic: row.text("topic")?,
            language: row.text("language")?,
            requested_language: row.text("requested_language")?,
            native_language: row.text("native_language")?,
            difficulty,
            correction,
            scenario: row.optional_text("scenario")?,
            persona: document(row, "persona")?,
            context: document(row, "context")?,
            progress: optional_document(row, "progress")?,
            topics_covered: document(row, "topics_covered")?,
            feedback: optional_document(row, "feedback")?,
            surface: Surface::parse(&surface)?,
            organisation_id: organisation_id.map(OrganisationId::from_text),
            created_at: Timestamp::from_millis(row.number("created_at")?),
            last_turn_at: Timestamp::from_millis(row.number("last_turn_at")?),
            ended_at: ended_at.map(Timestamp::from_millis),
        })
    }
}

impl Status {
    /// As written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Completed => "completed",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, StorageError> {
        match text {
            "active" => Ok(Self::Active),
            "completed" => Ok(Self::Completed),
            other => Err(corrupt("status", other)),
        }
    }
}

/// Writes a conversation.
pub(super) async fn insert_conversation(
    connection: &mut AnyConnection,
    conversation: &Conversation,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO conversations (id, owner_id, status, topic, language, requested_language, native_language, \
         difficulty, scenario, persona, context, topics_covered, surface, organisation_id, created_at, last_turn_at, correction) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    )
    .bind(conversation.id.as_str())
    .bind(conversation.owner_id.as_str())
    .bind(conversation.status.as_str())
    .bind(&conversation.topic)
    .bind(&conversation.language)
    .bind(&conversation.requested_language)
    .bind(&conversation.native_language)
    .bind(&conversation.difficulty)
    .bind(conversation.scenario.as_deref())
    .bind(text(&conversation.persona))
    .bind(text(&conversation.context))
    .bind(text(&conversation.topics_covered))
    .bind(conversation.surface.as_str())
    .bind(conversation.organisation_id.as_ref().map(OrganisationId::as_str))
    .bind(conversation.created_at.as_millis())
    .bind(conversation.last_turn_at.as_millis())
    .bind(conversation.correction.name())
    .execute(&mut *connection)
    .await?;
    insert_labels(connection, &conversation.id, &conversation.context).await
}

impl Database {
    /// Adds a conversation with its first message.
    pub async fn add_conversation(&self, conversation: &Conversation, opener: &Message) -> Result<(), StorageError> {
        let mut transaction = self.pool.begin().await?;
        insert_conversation(&mut transaction, conversation).await?;
        insert_message(&mut transaction, opener).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The conversation of that id.
    pub async fn conversation(&self, id: &ConversationId) -> Result<Option<Conversation>, StorageError> {
        let found = self
            .read(
                "SELECT * FROM conversations WHERE id = $1",
                &[Text(id.as_str())],
                |row| Conversation::from_row(row),
            )
            .await?;
        Ok(found.into_iter().next())
    }

    /// The ids of all conversations of a user, the oldest first.
    pub async fn conversation_ids(&self, owner: &UserId) -> Result<Vec<ConversationId>, StorageError> {
        let rows = sqlx::query("SELECT id FROM conversations WHERE owner_id = $1 ORDER BY created_at, id")
            .bind(owner.as_str())
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| Ok(ConversationId::from_text(row.try_get::<String, _>("id")?)))
            .collect()
    }

    /// Keeps what the learner thought; the last word counts.
    pub async fn set_feedback(&self, id: &ConversationId, feedback: &Feedback) -> Result<(), StorageError> {
        sqlx::query("UPDATE conversations SET feedback = $2 WHERE id = $1")
            .bind(id.as_str())
            .bind(text(feedback))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::storage::messages::Sender;
    use crate::storage::tests::database;
    use crate::storage::users::User;

    /// A conversation that has just been made.
    pub(crate) fn conversation_of(owner: &UserId) -> Conversation {
        let now = Timestamp::from_millis(1000);
        Conversation {
            id: ConversationId::new(),
            owner_id: owner.clone(),
            status: Status::Active,
            topic: "restaurant".to_owned(),
            language: "french".to_owned(),
            requested_language: "fr".to_owned(),
            native_language: "english".to_owned(),
            difficulty: "beginner".to_owned(),
            correction: CorrectionPolicy::Off,
            scenario: None,
            persona: Persona {
                name: "Marie".to_owned(),
                role: "restaurant_server".to_owned(),
                personality: "patient".to_owned(),
            },
            context: Map::from_iter([("budget".to_owned(), Value::from("moderate"))]),
            progress: None,
            topics_covered: Vec::new(),
            feedback: None,
            surface: Surface::Platform,
            organisation_id: None,
            created_at: now,
            last_turn_at: now,
            ended_at: None,
        }
    }

    #[tokio::test]
    async fn a_conversation_is_read_back_as_written_with_its_opener() {
        let (database, _dir) = database().await;
        let user = User::guest(Timestamp::from_millis(0));
        database.add_user(&user).await.unwrap();
        let conversation = conversation_of(&user.id);
        let opener = Message::new(
            conversation.id.clone(),
            Sender::Ai,
            "Bonsoir !",
            conversation.created_at,
        );
        database.add_conversation(&conversation, &opener).await.unwrap();
        let read = database.conversation(&conversation.id).await.unwrap();
        assert_eq!(read, Some(conversation.clone()));
        assert_eq!(database.messages(&conversation.id).await.unwrap(), [opener]);
    }

    #[tokio::test]
    async fn conversations_from_before_the_choice_are_corrected_by_their_level() {
        let (database, _dir) = database().await;
        let user = User::guest(Timestamp::from_millis(0));
        database.add_user(&user).await.unwrap();
        for (difficulty, policy) in [
            ("beginner", CorrectionPolicy::After),
            ("business_advanced", CorrectionPolicy::Inline),
            ("anything", CorrectionPolicy::Inline),
        ] {
            let mut conversation = conversation_of(&user.id);
            conversation.difficulty = difficulty.to_owned();
            let opener = Message::new(
                conversation.id.clone(),
                Sender::Ai,
                "Bonsoir !",
                conversation.created_at,
            );
            database.add_conversation(&conversation, &opener).await.unwrap();
            sqlx::query("UPDATE conversations SET correction = NULL WHERE id = $1")
                .bind(conversation.id.as_str())
                .execute(&database.pool)
                .await
                .unwrap();
            let read = database.conversation(&conversation.id).await.unwrap().unwrap();
            assert_eq!(read.correction, policy, "{difficulty}");
        }
    }

    #[test]
    fn thirty_days_without_a_turn_close_a_conversation() {
        let conversation = conversation_of(&UserId::new());
        let last = conversation.last_turn_at.plus(LIFETIME);
        assert!(conversation.is_open(last));
        assert!(!conversation.is_open(last.plus(Duration::from_millis(1))));
    }
}

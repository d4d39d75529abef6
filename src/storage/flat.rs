//! What document 003 keeps of conversations beside what all keep.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::conversations::{Conversation, insert_conversation};
use super::messages::{MOST_MESSAGES, Message, Sender, insert_message, storable};
use super::users::{User, UserKind, insert_user};
use super::{Database, StorageError, corrupt, text};
use crate::clock::Timestamp;
use crate::conversations::NewSubject;
use crate::flat::{Details, Engagement, FlatConversation, Mode, Owner, Page, Session, SessionEnd};
use crate::ids::{ConversationId, MessageId, UserId};

impl FlatConversation {
    fn from_row(row: &AnyRow) -> Result<Self, StorageError> {
        let owner = UserId::from_text(row.try_get::<String, _>("owner_id")?);
        let guest: Option<String> = row.try_get("guest_name")?;
        let kind: String = row.try_get("kind")?;
        let mode: String = row.try_get("mode")?;
        let engagement: Option<String> = row.try_get("engagement_level")?;
        let ended_at: Option<i64> = row.try_get("ended_at")?;
        let stored: i64 = row.try_get("stored")?;
        let offset: i64 = row.try_get("message_offset")?;
        Ok(Self {
            id: ConversationId::from_text(row.try_get::<String, _>("conversation_id")?),
            owner: match guest {
                Some(name) => Owner::NamedGuest(name),
                None if kind == UserKind::Guest.as_str() => Owner::TokenGuest(owner),
                None => Owner::User(owner),
            },
            started_at: Timestamp::from_millis(row.try_get("started_at")?),
            details: Details {
                target_language_id: row.try_get("target_language_id")?,
                title: row.try_get("title")?,
                mode: Mode::parse(&mode).ok_or_else(|| corrupt("mode", &mode))?,
                voice: row.try_get("voice")?,
                scenario_id: row.try_get("scenario_id")?,
                is_onboarding: row.try_get::<i64, _>("is_onboarding")? != 0,
                ended_at: ended_at.map(Timestamp::from_millis),
                duration_seconds: row.try_get("duration_seconds")?,
                audio_seconds: row.try_get("audio_seconds")?,
                comfort_rating: row.try_get("comfort_rating")?,
                engagement_level: engagement
                    .map(|level| Engagement::parse(&level).ok_or_else(|| corrupt("engagement_level", &level)))
                    .transpose()?,
            },
            message_count: stored.saturating_add(offset).max(0),
        })
    }
}

/// Completed by a condition on `conversations` (`c`) or `flat_conversations` (`f`).
macro_rules! select_flat {
    ($rest:literal) => {
        concat!(
            "SELECT f.*, c.owner_id, c.created_at AS started_at, u.kind, g.id AS guest_name, \
             (SELECT COUNT(*) FROM messages m WHERE m.conversation_id = f.conversation_id) AS stored \
             FROM flat_conversations f JOIN conversations c ON c.id = f.conversation_id \
             JOIN users u ON u.id = c.owner_id LEFT JOIN flat_guests g ON g.user_id = u.id ",
            $rest
        )
    };
}

impl Database {
    /// The guest of document 003 of that name, and the user that they are here.
    pub async fn flat_guest(&self, name: &str) -> Result<Option<UserId>, StorageError> {
        let row = sqlx::query("SELECT user_id FROM flat_guests WHERE id = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| Ok(UserId::from_text(row.try_get::<String, _>("user_id")?)))
            .transpose()
    }

    /// The same, made when there is none.
    pub async fn flat_guest_or_new(&self, name: &str, now: Timestamp) -> Result<UserId, StorageError> {
        if let Some(user) = self.flat_guest(name).await? {
            return Ok(user);
        }
        let user = User::guest(now);
        let mut transaction = self.pool.begin().await?;
        insert_user(&mut transaction, &user).await?;
        let added = sqlx::query(
            "INSERT INTO flat_guests (id, user_id, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
        )
        .bind(name)
        .bind(user.id.as_str())
        .bind(now.as_millis())
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if added == 1 {
            transaction.commit().await?;
            return Ok(user.id);
        }
        // Somebody else of that name came at the same moment: nobody was made.
        transaction.rollback().await?;
        let first = self.flat_guest(name).await?;
        first.ok_or_else(|| corrupt("flat_guests.id", name))
    }

    /// Adds a conversation without messages, and its first sitting.
    pub async fn add_flat_conversation(
        &self,
        conversation: &Conversation,
        details: &Details,
        session: &Session,
    ) -> Result<(), StorageError> {
        let mut transaction = self.pool.begin().await?;
        insert_conversation(&mut transaction, conversation).await?;
        sqlx::query(
            "INSERT INTO flat_conversations (conversation_id, target_language_id, title, mode, voice, scenario_id, \
             is_onboarding) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(conversation.id.as_str())
        .bind(&details.target_language_id)
        .bind(details.title.as_deref())
        .bind(details.mode.as_str())
        .bind(details.voice.as_deref())
        .bind(details.scenario_id.as_deref())
        .bind(i64::from(details.is_onboarding))
        .execute(&mut *transaction)
        .await?;
        sqlx::query("INSERT INTO flat_sessions (id, conversation_id, device_type, started_at) VALUES ($1, $2, $3, $4)")
            .bind(&session.id)
            .bind(conversation.id.as_str())
            .bind(&session.device_type)
            .bind(conversation.created_at.as_millis())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The conversation of that id, if it was made through document 003.
    pub async fn flat_conversation(&self, id: &ConversationId) -> Result<Option<FlatConversation>, StorageError> {
        let mut connection = self.pool.acquire().await?;
        read(&mut connection, id).await
    }

    /// Someone's conversations of document 003, the newest first, and how many there are.
    pub async fn flat_conversations(
        &self,
        owner: &UserId,
        page: Page,
    ) -> Result<(Vec<FlatConversation>, i64), StorageError> {
        let rows = sqlx::query(select_flat!(
            "WHERE c.owner_id = $1 ORDER BY c.created_at DESC, c.id DESC LIMIT $2 OFFSET $3"
        ))
        .bind(owner.as_str())
        .bind(page.limit)
        .bind(page.offset)
        .fetch_all(&self.pool)
        .await?;
        let total = sqlx::query(
            "SELECT COUNT(*) AS total FROM flat_conversations f JOIN conversations c ON c.id = f.conversation_id \
             WHERE c.owner_id = $1",
        )
        .bind(owner.as_str())
        .fetch_one(&self.pool)
        .await?;
        let conversations = rows.iter().map(FlatConversation::from_row).collect::<Result<_, _>>()?;
        Ok((conversations, total.try_get("total")?))
    }

    /// Changes what a client says, and answers what there is then; `None` if there is no such conversation. With a count,
    /// messages are counted on from there. With a subject other than its own, the conversation is about that from now on, and
    /// begins anew.
    pub async fn change_flat_conversation(
        &self,
        id: &ConversationId,
        message_count: Option<i64>,
        subject: Option<&NewSubject>,
        change: impl FnOnce(&mut Details) + Send,
    ) -> Result<Option<FlatConversation>, StorageError> {
        let mut transaction = self.pool.begin().await?;
        if change_details(&mut transaction, id, change).await?.is_none() {
            return Ok(None);
        }
        if let Some(count) = message_count {
            sqlx::query(
                "UPDATE flat_conversations SET message_offset = CAST($2 AS BIGINT) - \
                 (SELECT COUNT(*) FROM messages WHERE conversation_id = $1) WHERE conversation_id = $1",
            )
            .bind(id.as_str())
            .bind(count)
            .execute(&mut *transaction)
            .await?;
        }
        if let Some(NewSubject {
            topic,
            persona,
            context,
        }) = subject
        {
            sqlx::query(
                "UPDATE conversations SET topic = $2, persona = $3, context = $4, progress = NULL, topics_covered = '[]' \
                 WHERE id = $1 AND topic <> $2",
            )
            .bind(id.as_str())
            .bind(topic)
            .bind(text(persona))
            .bind(text(context))
            .execute(&mut *transaction)
            .await?;
        }
        let changed = read(&mut transaction, id).await?;
        transaction.commit().await?;
        Ok(changed)
    }

    /// Changes what a client says of a conversation, and keeps it with one of its sittings, at their end. `None` if there is
    /// no such conversation or sitting; then nothing changes.
    pub async fn end_flat_conversation(
        &self,
        id: &ConversationId,
        session: &SessionEnd,
        now: Timestamp,
        change: impl FnOnce(&mut Details) + Send,
    ) -> Result<Option<FlatConversation>, StorageError> {
        let mut transaction = self.pool.begin().await?;
        let Some(details) = change_details(&mut transaction, id, change).await? else {
            return Ok(None);
        };
        let ended = sqlx::query(
            "UPDATE flat_sessions SET ended_at = COALESCE(ended_at, $3), duration_seconds = $4, audio_seconds = $5, \
             comfort_rating = $6, engagement_level = $7, was_extended = COALESCE($8, was_extended), \
             extensions_used = COALESCE($9, extensions_used) WHERE conversation_id = $1 AND id = \
             COALESCE($2, (SELECT id FROM flat_sessions WHERE conversation_id = $1 \
             ORDER BY started_at DESC, id DESC LIMIT 1))",
        )
        .bind(id.as_str())
        .bind(session.id.as_deref())
        .bind(now.as_millis())
        .bind(details.duration_seconds)
        .bind(details.audio_seconds.as_deref())
        .bind(details.comfort_rating)
        .bind(details.engagement_level.map(Engagement::as_str))
        .bind(session.was_extended.map(i64::from))
        .bind(session.extensions_used)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if ended == 0 {
            return Ok(None);
        }
        let changed = read(&mut transaction, id).await?;
        transaction.commit().await?;
        Ok(changed)
    }

    /// Deletes a conversation with everything that was said in it.
    pub async fn delete_conversation(&self, id: &ConversationId) -> Result<(), StorageError> {
        sqlx::query("DELETE FROM conversations WHERE id = $1")
            .bind(id.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Adds a message after all others of its conversation, and answers it as it is kept; `None` if there are
    /// [`MOST_MESSAGES`] already.
    pub async fn append_message(&self, mut message: Message) -> Result<Option<Message>, StorageError> {
        let mut transaction = self.pool.begin().await?;
        lock_conversation(&mut transaction, &message.conversation_id).await?;
        let row = sqlx::query(
            "SELECT COUNT(*) AS messages, MAX(created_at) AS last FROM messages WHERE conversation_id = $1",
        )
        .bind(message.conversation_id.as_str())
        .fetch_one(&mut *transaction)
        .await?;
        if row.try_get::<i64, _>("messages")? >= MOST_MESSAGES as i64 {
            return Ok(None);
        }
        // Messages are told apart by their time: their ids don't say which came first.
        if let Some(last) = row.try_get::<Option<i64>, _>("last")? {
            message.created_at = message.created_at.max(Timestamp::from_millis(last.saturating_add(1)));
        }
        insert_message(&mut transaction, &message).await?;
        transaction.commit().await?;
        Ok(Some(message))
    }

    /// Messages of a conversation, the oldest first, and how many there are.
    pub async fn messages_page(
        &self,
        conversation: &ConversationId,
        sender: Option<Sender>,
        page: Page,
    ) -> Result<(Vec<Message>, i64), StorageError> {
        let sender = sender.map(Sender::as_str);
        let rows = sqlx::query(
            "SELECT * FROM messages WHERE conversation_id = $1 AND sender = COALESCE($2, sender) \
             ORDER BY created_at, id LIMIT $3 OFFSET $4",
        )
        .bind(conversation.as_str())
        .bind(sender)
        .bind(page.limit)
        .bind(page.offset)
        .fetch_all(&self.pool)
        .await?;
        let total = sqlx::query(
            "SELECT COUNT(*) AS total FROM messages WHERE conversation_id = $1 AND sender = COALESCE($2, sender)",
        )
        .bind(conversation.as_str())
        .bind(sender)
        .fetch_one(&self.pool)
        .await?;
        let messages = rows.iter().map(Message::from_row).collect::<Result<_, _>>()?;
        Ok((messages, total.try_get("total")?))
    }

    /// The message of that id.
    pub async fn message(&self, id: &MessageId) -> Result<Option<Message>, StorageError> {
        let row = sqlx::query("SELECT * FROM messages WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(Message::from_row).transpose()
    }

    /// Gives a message other words, and with a URL another sound. What was found out about the old words goes with them.
    pub async fn reword_message(
        &self,
        id: &MessageId,
        content: &str,
        audio_url: Option<&str>,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "UPDATE messages SET content = $2, audio_url = COALESCE($3, audio_url), \
             translation = CASE WHEN content = $2 THEN translation END, \
             analysis = CASE WHEN content = $2 THEN analysis END, \
             insights = CASE WHEN content = $2 THEN insights END WHERE id = $1",
        )
        .bind(id.as_str())
        .bind(storable(content))
        .bind(audio_url)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Deletes a message.
    pub async fn delete_message(&self, id: &MessageId) -> Result<(), StorageError> {
        sqlx::query("DELETE FROM messages WHERE id = $1")
            .bind(id.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// Makes other transactions that lock the same conversation wait until this one is done.
async fn lock_conversation(connection: &mut AnyConnection, id: &ConversationId) -> Result<(), sqlx::Error> {
    // An UPDATE is the one lock of a row that both databases know.
    sqlx::query("UPDATE conversations SET last_turn_at = last_turn_at WHERE id = $1")
        .bind(id.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

async fn read(connection: &mut AnyConnection, id: &ConversationId) -> Result<Option<FlatConversation>, StorageError> {
    let row = sqlx::query(select_flat!("WHERE f.conversation_id = $1"))
        .bind(id.as_str())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(FlatConversation::from_row).transpose()
}

/// Changes what a client says; nobody else does meanwhile. `None` if there is no such conversation.
async fn change_details(
    connection: &mut AnyConnection,
    id: &ConversationId,
    change: impl FnOnce(&mut Details),
) -> Result<Option<Details>, StorageError> {
    lock_conversation(connection, id).await?;
    let Some(FlatConversation { mut details, .. }) = read(connection, id).await? else {
        return Ok(None);
    };
    change(&mut details);
    sqlx::query(
        "UPDATE flat_conversations SET title = $2, mode = $3, voice = $4, scenario_id = $5, is_onboarding = $6, \
         ended_at = $7, duration_seconds = $8, audio_seconds = $9, comfort_rating = $10, engagement_level = $11 \
         WHERE conversation_id = $1",
    )
    .bind(id.as_str())
    .bind(details.title.as_deref())
    .bind(details.mode.as_str())
    .bind(details.voice.as_deref())
    .bind(details.scenario_id.as_deref())
    .bind(i64::from(details.is_onboarding))
    .bind(details.ended_at.map(Timestamp::as_millis))
    .bind(details.duration_seconds)
    .bind(details.audio_seconds.as_deref())
    .bind(details.comfort_rating)
    .bind(details.engagement_level.map(Engagement::as_str))
    .execute(connection)
    .await?;
    Ok(Some(details))
}

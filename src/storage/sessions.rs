//! Sessions of document 002: what they have beside their conversation.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::conversations::{Conversation, insert_conversation};
use super::messages::{Message, insert_message};
use super::users::{User, insert_user};
use super::{Database, StorageError};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, MessageId, UserId};
use crate::storage::conversations::SESSION_LIFETIME;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its conversation, whose id is the session's.
    pub id: ConversationId,
    /// Whether its owner is a guest made for it alone.
    pub has_own_guest: bool,
    /// How many replies were given.
    pub audio_counter: u32,
    /// When it began.
    pub created_at: Timestamp,
    /// When something was last done in it.
    pub last_activity: Timestamp,
    /// Whether it is being ended: its files go, and nothing more can be done in it.
    pub is_closing: bool,
}

impl Session {
    /// Whether something can be done in it: it isn't being ended, and was not left alone for too long.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        !self.is_closing && now.since(self.last_activity) <= SESSION_LIFETIME
    }

    fn from_row(row: &AnyRow) -> Result<Self, StorageError> {
        let has_own_guest: i64 = row.try_get("has_own_guest")?;
        let audio_counter: i64 = row.try_get("audio_counter")?;
        let closing: i64 = row.try_get("closing")?;
        Ok(Self {
            id: ConversationId::from_text(row.try_get::<String, _>("conversation_id")?),
            has_own_guest: has_own_guest != 0,
            audio_counter: u32::try_from(audio_counter).unwrap_or(u32::MAX),
            created_at: Timestamp::from_millis(row.try_get("created_at")?),
            last_activity: Timestamp::from_millis(row.try_get("last_activity")?),
            is_closing: closing != 0,
        })
    }
}

impl Database {
    /// Adds a session with its conversation, the tutor's first words, and the guest who is made for it, if one is.
    pub async fn add_session(
        &self,
        guest: Option<&User>,
        conversation: &Conversation,
        opener: &Message,
        session: &Session,
    ) -> Result<(), StorageError> {
        let mut transaction = self.pool.begin().await?;
        if let Some(guest) = guest {
            insert_user(&mut transaction, guest).await?;
        }
        insert_conversation(&mut transaction, conversation).await?;
        insert_message(&mut transaction, opener).await?;
        sqlx::query(
            "INSERT INTO sessions (conversation_id, has_own_guest, audio_counter, created_at, last_activity) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(session.id.as_str())
        .bind(i64::from(session.has_own_guest))
        .bind(i64::from(session.audio_counter))
        .bind(session.created_at.as_millis())
        .bind(session.last_activity.as_millis())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The session of that id.
    pub async fn session(&self, id: &ConversationId) -> Result<Option<Session>, StorageError> {
        let row = sqlx::query("SELECT * FROM sessions WHERE conversation_id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(Session::from_row).transpose()
    }

    /// Notes that something is done in a session, which keeps its conversation open, too; false if it is gone.
    pub async fn touch_session(&self, id: &ConversationId, now: Timestamp) -> Result<bool, StorageError> {
        let mut transaction = self.pool.begin().await?;
        let changed = sqlx::query(
            "UPDATE sessions SET last_activity = CASE WHEN last_activity < $2 THEN $2 ELSE last_activity END \
             WHERE conversation_id = $1 AND closing = 0",
        )
        .bind(id.as_str())
        .bind(now.as_millis())
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if changed == 0 {
            return Ok(false);
        }
        sqlx::query("UPDATE conversations SET last_turn_at = $2 WHERE id = $1 AND last_turn_at < $2")
            .bind(id.as_str())
            .bind(now.as_millis())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Counts a reply, and tells its number: from 1. None if the session is gone.
    pub async fn count_reply(&self, id: &ConversationId, now: Timestamp) -> Result<Option<u32>, StorageError> {
        let row = sqlx::query(
            "UPDATE sessions SET audio_counter = audio_counter + 1, \
             last_activity = CASE WHEN last_activity < $2 THEN $2 ELSE last_activity END \
             WHERE conversation_id = $1 AND closing = 0 RETURNING audio_counter",
        )
        .bind(id.as_str())
        .bind(now.as_millis())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let counter: i64 = row.try_get("audio_counter")?;
        Ok(Some(u32::try_from(counter).unwrap_or(u32::MAX)))
    }

    /// Takes back that a session is being ended.
    pub async fn keep_session_open(&self, id: &ConversationId) -> Result<(), StorageError> {
        sqlx::query("UPDATE sessions SET closing = 0 WHERE conversation_id = $1")
            .bind(id.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Sessions in which nothing was done since `before`, the oldest first, at most `limit` without the first `skipped`.
    pub async fn idle_sessions(
        &self,
        before: Timestamp,
        skipped: u32,
        limit: u32,
    ) -> Result<Vec<Session>, StorageError> {
        let rows = sqlx::query(
            "SELECT * FROM sessions WHERE last_activity < $1 ORDER BY last_activity, conversation_id LIMIT $2 OFFSET $3",
        )
        .bind(before.as_millis())
        .bind(i64::from(limit))
        .bind(i64::from(skipped))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(Session::from_row).collect()
    }

    /// Marks a session as being ended, if nothing was done in it since `not_after`; false if there is none, or something
    /// was. From then on nothing can be done in it. Whoever marked it and died leaves it to whoever looks for idle ones.
    pub async fn begin_closing_session(&self, id: &ConversationId, not_after: Timestamp) -> Result<bool, StorageError> {
        let changed = sqlx::query("UPDATE sessions SET closing = 1 WHERE conversation_id = $1 AND last_activity <= $2")
            .bind(id.as_str())
            .bind(not_after.as_millis())
            .execute(&self.pool)
            .await?
            .rows_affected();
        Ok(changed > 0)
    }

    /// Removes a session that is being ended; false if there is none. One whose guest is its own leaves nothing: the guest
    /// goes, and the conversation with them.
    pub async fn remove_session(&self, session: &Session, owner: &UserId) -> Result<bool, StorageError> {
        let mut transaction = self.pool.begin().await?;
        let removed = sqlx::query("DELETE FROM sessions WHERE conversation_id = $1 AND closing = 1")
            .bind(session.id.as_str())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        if removed == 0 {
            return Ok(false);
        }
        if session.has_own_guest {
            sqlx::query("DELETE FROM conversations WHERE id = $1")
                .bind(session.id.as_str())
                .execute(&mut *transaction)
                .await?;
            sqlx::query(
                "DELETE FROM users WHERE id = $1 AND kind = 'guest' \
                 AND NOT EXISTS (SELECT 1 FROM conversations WHERE owner_id = $1)",
            )
            .bind(owner.as_str())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// The message of that id in that conversation.
    pub async fn message_of(
        &self,
        conversation: &ConversationId,
        id: &MessageId,
    ) -> Result<Option<Message>, StorageError> {
        let row = sqlx::query("SELECT * FROM messages WHERE id = $1 AND conversation_id = $2")
            .bind(id.as_str())
            .bind(conversation.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(Message::from_row).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::conversations::tests::conversation_of;
    use crate::storage::messages::Sender;
    use crate::storage::tests::database;

    async fn session(database: &Database, has_own_guest: bool) -> (Session, UserId) {
        let guest = User::guest(Timestamp::from_millis(0));
        let conversation = conversation_of(&guest.id);
        let opener = Message::new(
            conversation.id.clone(),
            Sender::Ai,
            "Bonsoir !",
            conversation.created_at,
        );
        let session = Session {
            id: conversation.id.clone(),
            has_own_guest,
            audio_counter: 0,
            created_at: Timestamp::from_millis(1_000),
            last_activity: Timestamp::from_millis(1_000),
            is_closing: false,
        };
        let added = database
            .add_session(Some(&guest), &conversation, &opener, &session)
            .await;
        added.unwrap();
        (session, guest.id)
    }

    #[tokio::test]
    async fn a_session_is_read_back_as_written_and_counts_its_replies() {
        let (database, _dir) = database().await;
        let (session, _) = session(&database, true).await;
        assert_eq!(database.session(&session.id).await.unwrap(), Some(session.clone()));
        let at = Timestamp::from_millis;
        assert_eq!(database.count_reply(&session.id, at(5_000)).await.unwrap(), Some(1));
        assert_eq!(database.count_reply(&session.id, at(4_000)).await.unwrap(), Some(2));
        let read = database.session(&session.id).await.unwrap().unwrap();
        assert_eq!((read.audio_counter, read.last_activity), (2, at(5_000)));
        assert!(database.touch_session(&session.id, at(6_000)).await.unwrap());
        let unknown = ConversationId::new();
        assert_eq!(database.count_reply(&unknown, at(0)).await.unwrap(), None);
        assert!(!database.touch_session(&unknown, at(0)).await.unwrap());
    }

    #[tokio::test]
    async fn a_session_that_cant_be_made_leaves_no_guest_behind() {
        let (database, _dir) = database().await;
        let (session, _) = session(&database, true).await;
        let guest = User::guest(Timestamp::from_millis(0));
        let conversation = conversation_of(&guest.id);
        let opener = Message::new(conversation.id.clone(), Sender::Ai, "x", conversation.created_at);
        // Of a conversation that has a session already.
        let added = database
            .add_session(Some(&guest), &conversation, &opener, &session)
            .await;
        assert!(matches!(added, Err(StorageError::Rejected(_))), "{added:?}");
        assert_eq!(database.user(&guest.id).await.unwrap(), None);
        assert_eq!(database.conversation(&conversation.id).await.unwrap(), None);
    }

    #[tokio::test]
    async fn only_sessions_that_are_still_idle_are_closed_and_a_closing_one_takes_nothing_more() {
        let (database, _dir) = database().await;
        let (session, owner) = session(&database, true).await;
        let at = Timestamp::from_millis;
        assert!(database.idle_sessions(at(1_000), 0, 9).await.unwrap().is_empty());
        assert_eq!(
            database.idle_sessions(at(1_001), 0, 9).await.unwrap(),
            std::slice::from_ref(&session)
        );
        database.touch_session(&session.id, at(3_000)).await.unwrap();
        assert!(!database.begin_closing_session(&session.id, at(2_999)).await.unwrap());
        assert!(!database.remove_session(&session, &owner).await.unwrap());
        assert!(database.begin_closing_session(&session.id, at(3_000)).await.unwrap());
        assert!(
            !database
                .session(&session.id)
                .await
                .unwrap()
                .unwrap()
                .is_alive(at(3_000))
        );
        assert!(!database.touch_session(&session.id, at(4_000)).await.unwrap());
        assert_eq!(database.count_reply(&session.id, at(4_000)).await.unwrap(), None);
        // Whoever began may have died: it is found, and closed, again.
        assert_eq!(database.idle_sessions(at(3_001), 0, 9).await.unwrap().len(), 1);
        assert!(database.begin_closing_session(&session.id, at(3_000)).await.unwrap());
        assert!(database.remove_session(&session, &owner).await.unwrap());
        assert!(!database.remove_session(&session, &owner).await.unwrap());
    }

    #[tokio::test]
    async fn a_guest_made_for_a_session_goes_with_it_and_no_other_owner_does() {
        let (database, _dir) = database().await;
        let now = Timestamp::from_millis(9_000);
        let (alone, guest) = session(&database, true).await;
        database.begin_closing_session(&alone.id, now).await.unwrap();
        database.remove_session(&alone, &guest).await.unwrap();
        assert_eq!(database.user(&guest).await.unwrap(), None);
        assert_eq!(database.conversation(&alone.id).await.unwrap(), None);
        let (theirs, owner) = session(&database, false).await;
        database.begin_closing_session(&theirs.id, now).await.unwrap();
        database.remove_session(&theirs, &owner).await.unwrap();
        assert!(database.user(&owner).await.unwrap().is_some());
        assert!(database.conversation(&theirs.id).await.unwrap().is_some());
        assert_eq!(database.session(&theirs.id).await.unwrap(), None);
    }
}

//! How good calls were: a record for each stay of somebody in one.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::AnyConnection;

use super::conversations::{Conversation, Status};
use super::listing::Cursor;
use super::record::Record;
use super::{Database, StorageError, document, text};
use crate::clock::Timestamp;
use crate::ids::{CallRecordId, ConversationId, UserId};

/// How good somebody's stay in a call was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// Which one.
    pub id: CallRecordId,
    /// Of which conversation.
    pub conversation_id: ConversationId,
    /// When they joined.
    pub joined_at: Timestamp,
    /// When they left, or were given up.
    pub left_at: Timestamp,
    /// The lower opinion score of both ways, in hundredths, where there was enough to judge.
    pub score: Option<i64>,
    /// All that was measured, as operators are shown it.
    pub quality: Value,
}

/// Which conversations operators are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Only those of this user.
    pub owner: Option<UserId>,
    /// Only those that are so.
    pub status: Option<Status>,
    /// Only those with a call below this score, in hundredths.
    pub score_below: Option<i64>,
}

/// A conversation, and how good its calls were, the first first.
pub type WatchedConversation = (Conversation, Vec<CallRecord>);

/// A page of conversations with their calls, a row a call, in one query. Which conversations they are chosen among is the only thing
/// that varies, so that each way goes along an index.
macro_rules! watched {
    ($among:literal) => {
        concat!(
            "SELECT c.*, r.id AS call_id, r.joined_at, r.left_at, r.score, r.quality FROM \
             (SELECT c.* FROM conversations c WHERE ",
            $among,
            " AND ($3 = '' OR c.status = $3) AND (c.created_at < $4 OR (c.created_at = $4 AND c.id < $5)) \
             ORDER BY c.created_at DESC, c.id DESC LIMIT $6) c \
             LEFT JOIN call_records r ON r.conversation_id = c.id \
             ORDER BY c.created_at DESC, c.id DESC, r.joined_at, r.id"
        )
    };
}

const OF_ALL: &str = watched!("$1 = '' AND $2 = -1");
const OF_ONE: &str = watched!("c.owner_id = $1 AND $2 = -1");
const OF_ALL_BELOW: &str =
    watched!("$1 = '' AND c.id IN (SELECT b.conversation_id FROM call_records b WHERE b.score < $2)");
const OF_ONE_BELOW: &str = watched!(
    "c.owner_id = $1 AND EXISTS (SELECT 1 FROM call_records b WHERE b.conversation_id = c.id AND b.score < $2)"
);

/// Keeps a record, unless it is kept already.
pub(super) async fn insert_call_record(connection: &mut AnyConnection, record: &CallRecord) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO call_records (id, conversation_id, joined_at, left_at, score, quality) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING",
    )
    .bind(record.id.as_str())
    .bind(record.conversation_id.as_str())
    .bind(record.joined_at.as_millis())
    .bind(record.left_at.as_millis())
    .bind(record.score)
    .bind(text(&record.quality))
    .execute(connection)
    .await?;
    Ok(())
}

impl CallRecord {
    /// The record with this id in a row of its conversation's.
    fn from_row(row: &impl Record, id: String, conversation_id: ConversationId) -> Result<Self, StorageError> {
        Ok(Self {
            id: CallRecordId::from_text(id),
            conversation_id,
            joined_at: Timestamp::from_millis(row.number("joined_at")?),
            left_at: Timestamp::from_millis(row.number("left_at")?),
            score: row.optional_number("score")?,
            quality: document(row, "quality")?,
        })
    }
}

impl Database {
    /// Everybody's conversations with the records of their calls: the newest first, at most `limit`.
    pub async fn watched_conversations(
        &self,
        watched: &Watched,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Vec<WatchedConversation>, StorageError> {
        let statement = match (&watched.owner, watched.score_below) {
            (None, None) => OF_ALL,
            (Some(_), None) => OF_ONE,
            (None, Some(_)) => OF_ALL_BELOW,
            (Some(_), Some(_)) => OF_ONE_BELOW,
        };
        let rows = sqlx::query(statement)
            .bind(watched.owner.as_ref().map_or("", UserId::as_str))
            .bind(watched.score_below.unwrap_or(-1))
            .bind(watched.status.map_or("", Status::as_str))
            .bind(after.map_or(i64::MAX, |cursor| cursor.created_at.as_millis()))
            .bind(after.map_or("", |cursor| cursor.id.as_str()))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        let mut conversations: Vec<WatchedConversation> = Vec::new();
        for row in &rows {
            let id = ConversationId::from_text(row.text("id")?);
            if conversations.last().is_none_or(|(last, _)| last.id != id) {
                conversations.push((Conversation::from_row(row)?, Vec::new()));
            }
            if let (Some((_, calls)), Some(call)) = (conversations.last_mut(), row.optional_text("call_id")?) {
                calls.push(CallRecord::from_row(row, call, id)?);
            }
        }
        Ok(conversations)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::storage::conversations::tests::conversation_of;
    use crate::storage::event::{Event, Sink};
    use crate::storage::messages::{Message, Sender};
    use crate::storage::tests::database;
    use crate::storage::users::User;

    fn record(conversation: &ConversationId, joined_at: i64, score: Option<i64>) -> CallRecord {
        CallRecord {
            id: CallRecordId::new(),
            conversation_id: conversation.clone(),
            joined_at: Timestamp::from_millis(joined_at),
            left_at: Timestamp::from_millis(joined_at + 60_000),
            score,
            quality: json!({"round_trip_ms": 40}),
        }
    }

    #[tokio::test]
    async fn conversations_are_shown_with_their_calls_and_found_by_the_worst_of_them() {
        let (database, _dir) = database().await;
        let user = User::guest(Timestamp::from_millis(0));
        database.add_user(&user).await.unwrap();
        let mut made = Vec::new();
        for number in 0..4 {
            let mut conversation = conversation_of(&user.id);
            conversation.created_at = Timestamp::from_millis(number);
            let opener = Message::new(conversation.id.clone(), Sender::Ai, "x", conversation.created_at);
            database.add_conversation(&conversation, &opener).await.unwrap();
            made.push(conversation.id);
        }
        let (good, bad, unknown) = (
            record(&made[0], 10, Some(430)),
            record(&made[0], 5, Some(210)),
            record(&made[1], 5, None),
        );
        for record in [&good, &bad, &unknown, &record(&made[2], 1, Some(350)), &good] {
            let event = Event::Left { record: record.clone() };
            assert_eq!(database.apply(&[event]).await.unwrap(), 0);
        }
        let shown = async |watched, after: Option<&Cursor>, limit| {
            let shown = database.watched_conversations(&watched, after, limit).await.unwrap();
            shown
                .into_iter()
                .map(|(conversation, _)| conversation.id)
                .collect::<Vec<_>>()
        };
        let first = shown(Watched::default(), None, 3).await;
        assert_eq!(first, [made[3].clone(), made[2].clone(), made[1].clone()]);
        let cursor = Cursor {
            created_at: Timestamp::from_millis(1),
            id: made[1].clone(),
        };
        assert_eq!(shown(Watched::default(), Some(&cursor), 3).await, [made[0].clone()]);
        let below = |score_below| Watched {
            score_below: Some(score_below),
            ..Watched::default()
        };
        assert_eq!(shown(below(350), None, 3).await, [made[0].clone()]);
        assert_eq!(shown(below(351), None, 3).await, [made[2].clone(), made[0].clone()]);
        let ended = Watched {
            status: Some(Status::Completed),
            ..Watched::default()
        };
        assert!(shown(ended, None, 3).await.is_empty());
        let of = |owner: &UserId, score_below| Watched {
            owner: Some(owner.clone()),
            score_below,
            ..Watched::default()
        };
        assert_eq!(shown(of(&user.id, None), None, 9).await.len(), 4);
        assert_eq!(shown(of(&user.id, Some(350)), None, 9).await, [made[0].clone()]);
        assert!(shown(of(&UserId::new(), None), None, 9).await.is_empty());
        // Calls in the order of joining, each once; of a page all, however many there are.
        let all = database
            .watched_conversations(&Watched::default(), None, 4)
            .await
            .unwrap();
        let calls: Vec<usize> = all.iter().map(|(_, calls)| calls.len()).collect();
        assert_eq!(calls, [0, 1, 1, 2]);
        assert_eq!(all[3].1, [bad, good]);
        assert_eq!(all[2].1, [unknown]);
    }
}

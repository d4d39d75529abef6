//! Lists of conversations, and the labels by which integrations find theirs again.

use serde_json::{Map, Value};
use sqlx::AnyConnection;

use super::conversations::{Conversation, Status};
use super::{Database, StorageError};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, OrganisationId, UserId};

/// Which conversations are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those that are so.
    pub status: Option<Status>,
    /// Only those in that language, an English name.
    pub language: Option<String>,
    /// Only those whose context says so; one value for each of [`LABELS`].
    pub labels: [Option<String>; LABELS.len()],
}

/// Where a list goes on: after that conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When it was made.
    pub created_at: Timestamp,
    /// Which one.
    pub id: ConversationId,
}

/// The keys of a conversation's context that can be looked for.
pub const LABELS: [&str; 5] = ["assignment_id", "challenge_id", "student_id", "team_member", "due_date"];

/// Conversations of those on whom the condition holds. It is the only thing that varies, so that either goes along an index.
macro_rules! listing {
    ($whose:literal) => {
        concat!(
            "SELECT c.* FROM conversations c WHERE ",
            $whose,
            " AND ($3 = '' OR c.status = $3) AND ($4 = '' OR c.language = $4) \
             AND (c.created_at < $5 OR (c.created_at = $5 AND c.id < $6)) \
             AND ($8 = '' OR EXISTS (SELECT 1 FROM conversation_labels l \
                  WHERE l.conversation_id = c.id AND l.name = 'assignment_id' AND l.value = $8)) \
             AND ($9 = '' OR EXISTS (SELECT 1 FROM conversation_labels l \
                  WHERE l.conversation_id = c.id AND l.name = 'challenge_id' AND l.value = $9)) \
             AND ($10 = '' OR EXISTS (SELECT 1 FROM conversation_labels l \
                  WHERE l.conversation_id = c.id AND l.name = 'student_id' AND l.value = $10)) \
             AND ($11 = '' OR EXISTS (SELECT 1 FROM conversation_labels l \
                  WHERE l.conversation_id = c.id AND l.name = 'team_member' AND l.value = $11)) \
             AND ($12 = '' OR EXISTS (SELECT 1 FROM conversation_labels l \
                  WHERE l.conversation_id = c.id AND l.name = 'due_date' AND l.value = $12)) \
             ORDER BY c.created_at DESC, c.id DESC LIMIT $7"
        )
    };
}

const OF_ONE: &str = listing!("c.owner_id = $1 AND $2 = ''");
const OF_AN_ORGANISATION: &str = listing!(
    "(c.owner_id = $1 OR (c.organisation_id = $2 AND EXISTS \
     (SELECT 1 FROM organisation_members m WHERE m.organisation_id = $2 AND m.user_id = c.owner_id)))"
);

/// Characters of a value that are compared; the rest is cut off.
const LONGEST_VALUE: usize = 200;

/// What a context's value is compared as; `None` for what can't be looked for.
fn label(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(text.chars().filter(|c| *c != '\0').take(LONGEST_VALUE).collect())
}

/// Notes by what a conversation can be found, unless that was noted before.
pub(super) async fn insert_labels(
    connection: &mut AnyConnection,
    conversation: &ConversationId,
    context: &Map<String, Value>,
) -> Result<(), sqlx::Error> {
    for name in LABELS {
        let Some(value) = context.get(name).and_then(label) else {
            continue;
        };
        sqlx::query(
            "INSERT INTO conversation_labels (conversation_id, name, value) VALUES ($1, $2, $3) \
             ON CONFLICT (conversation_id, name) DO NOTHING",
        )
        .bind(conversation.as_str())
        .bind(name)
        .bind(value)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

impl Database {
    /// Conversations of a person, and those that an organisation's keys made for its members: the newest first, at most
    /// `limit`.
    pub async fn list_conversations(
        &self,
        owner: &UserId,
        organisation: Option<&OrganisationId>,
        filter: &Filter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Vec<Conversation>, StorageError> {
        let statement = if organisation.is_some() {
            OF_AN_ORGANISATION
        } else {
            OF_ONE
        };
        let mut query = sqlx::query(statement)
            .bind(owner.as_str())
            .bind(organisation.map_or("", OrganisationId::as_str))
            .bind(filter.status.map_or("", Status::as_str))
            .bind(filter.language.as_deref().unwrap_or_default())
            .bind(after.map_or(i64::MAX, |cursor| cursor.created_at.as_millis()))
            .bind(after.map_or("", |cursor| cursor.id.as_str()))
            .bind(i64::from(limit));
        for value in &filter.labels {
            query = query.bind(value.as_deref().unwrap_or_default());
        }
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(Conversation::from_row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::conversations::tests::conversation_of;
    use crate::storage::messages::{Message, Sender};
    use crate::storage::tests::database;
    use crate::storage::users::User;
    use serde_json::json;

    #[tokio::test]
    async fn lists_are_newest_first_in_pages_and_filtered_by_labels() {
        let (database, _dir) = database().await;
        let (ann, bob) = (
            User::guest(Timestamp::from_millis(0)),
            User::guest(Timestamp::from_millis(0)),
        );
        database.add_user(&ann).await.unwrap();
        database.add_user(&bob).await.unwrap();
        let mut made = Vec::new();
        for number in 0..5 {
            let mut conversation = conversation_of(if number == 4 { &bob.id } else { &ann.id });
            // Two at the same moment.
            conversation.created_at = Timestamp::from_millis(1000 + number / 2);
            conversation.last_turn_at = conversation.created_at;
            conversation
                .context
                .insert("assignment_id".to_owned(), json!(format!("hw_{}", number % 2)));
            conversation.context.insert("challenge_id".to_owned(), json!(7));
            if number == 2 {
                conversation.context.insert("due_date".to_owned(), json!("2024-03-20"));
            }
            let opener = Message::new(conversation.id.clone(), Sender::Ai, "x", conversation.created_at);
            database.add_conversation(&conversation, &opener).await.unwrap();
            made.push(conversation);
        }
        let mut listed = Vec::new();
        let mut after = None;
        loop {
            let page = database
                .list_conversations(&ann.id, None, &Filter::default(), after.as_ref(), 3)
                .await
                .unwrap();
            let Some(last) = page.last() else { break };
            after = Some(Cursor {
                created_at: last.created_at,
                id: last.id.clone(),
            });
            listed.extend(page);
        }
        let mut expected = made[..4].to_vec();
        expected.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
        assert_eq!(listed, expected);

        let by = |labels| Filter {
            labels,
            ..Filter::default()
        };
        let filters = [
            (by([Some("hw_1".to_owned()), None, None, None, None]), 2),
            (by([Some("hw_1".to_owned()), Some("7".to_owned()), None, None, None]), 2),
            (by([None, Some("8".to_owned()), None, None, None]), 0),
            (by([None, None, Some("x".to_owned()), None, None]), 0),
            (by([None, None, None, None, Some("2024-03-20".to_owned())]), 1),
        ];
        for (filter, count) in filters {
            let found = database
                .list_conversations(&ann.id, None, &filter, None, 10)
                .await
                .unwrap();
            assert_eq!(found.len(), count, "{filter:?}");
        }
    }
}

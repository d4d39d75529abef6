//! Whose each row is: the tables that hold something of a person, so that all of it can be moved, exported and deleted.
//! Deleting the person's own row deletes the rest by the foreign keys.

use serde_json::{Map, Value};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Column, Row};

use super::{Database, StorageError};
use crate::clock::Timestamp;
use crate::ids::UserId;

/// A table whose rows belong to people.
#[derive(Clone, Copy, Debug)]
pub struct PersonalTable {
    /// Its name.
    pub name: &'static str,
    /// The column that names the person.
    pub owner: &'static str,
    /// What becomes of a guest's rows when a user claims the guest.
    pub claim: Claim,
    /// What the person gets to see of them in an export.
    pub export: Export,
}

/// What becomes of a guest's rows when a user claims the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// They are the user's from then on.
    Moves,
    /// They are the user's unless the user has one that is the same in these columns; then the guest's is dropped.
    MovesUnlessThere(&'static [&'static str]),
    /// They are the user's, but for those on which this condition holds, where `$2` is the user: those stay as they are.
    MovesUnless(&'static str),
    /// Guests have none, or none that the user could use.
    Stays,
}

/// What an export shows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// Every column.
    Everything,
    /// Every column but these, which are this program's own.
    But(&'static [&'static str]),
    /// These columns; others are secrets.
    Columns(&'static str),
    /// Nothing: what is in it is secret, or told elsewhere.
    Nothing,
}

/// All of them. A test holds this against the foreign keys of the schema.
pub const TABLES: &[PersonalTable] = &[
    table("conversations", "owner_id", Claim::Moves, Export::But(&["revision"])),
    table(
        "xp_ledger",
        "user_id",
        // What both achieved is paid for once. Nothing is taken out of the ledger: the guest's reward stays with the guest, who
        // is nobody any more. Stands before the achievements: those of the user alone are asked for.
        Claim::MovesUnless(
            "EXISTS (SELECT 1 FROM achievements WHERE achievements.user_id = $2 \
             AND xp_ledger.reason = 'achievement:' || achievements.achievement_id)",
        ),
        Export::Everything,
    ),
    table("practices", "user_id", Claim::Moves, Export::Everything),
    table(
        "practice_days",
        "user_id",
        Claim::MovesUnlessThere(&["practised_at"]),
        Export::Everything,
    ),
    table(
        "achievements",
        "user_id",
        Claim::MovesUnlessThere(&["achievement_id"]),
        Export::Everything,
    ),
    table(
        "vocabulary",
        "user_id",
        Claim::MovesUnlessThere(&["language", "word"]),
        Export::Everything,
    ),
    table("vocabulary_reviews", "user_id", Claim::Moves, Export::Everything),
    table("outbox", "user_id", Claim::Moves, Export::Nothing),
    table(
        "webhooks",
        "user_id",
        Claim::Stays,
        Export::Columns("id, url, events, active, disabled_because, created_at, updated_at"),
    ),
    table("flat_guests", "user_id", Claim::Stays, Export::Everything),
    table(
        "api_keys",
        "user_id",
        Claim::Stays,
        Export::Columns("id, name, prefix, scopes, origin, created_at, expires_at"),
    ),
    table("grants", "user_id", Claim::Stays, Export::Everything),
    table("passwords", "user_id", Claim::Stays, Export::Columns("changed_at")),
    table("organisations", "account_id", Claim::Stays, Export::Everything),
    table("organisation_members", "user_id", Claim::Stays, Export::Everything),
    table(
        "organisation_invitations",
        "user_id",
        Claim::Stays,
        Export::Columns("id, organisation_id, user_id, email, role, created_at, expires_at"),
    ),
    table("users", "claimed_by", Claim::Stays, Export::Everything),
];

/// What belongs to people through something else of theirs: the name in an export, and the rows of the person `$1`.
const DEPENDENT: &[(&str, &str)] = &[
    (
        "messages",
        "SELECT messages.* FROM messages JOIN conversations ON conversations.id = messages.conversation_id \
         WHERE conversations.owner_id = $1 ORDER BY messages.conversation_id, messages.created_at, messages.id",
    ),
    (
        "flat_conversations",
        "SELECT flat_conversations.* FROM flat_conversations \
         JOIN conversations ON conversations.id = flat_conversations.conversation_id \
         WHERE conversations.owner_id = $1 ORDER BY conversations.created_at, conversations.id",
    ),
    (
        "flat_sessions",
        "SELECT flat_sessions.* FROM flat_sessions \
         JOIN conversations ON conversations.id = flat_sessions.conversation_id \
         WHERE conversations.owner_id = $1 ORDER BY flat_sessions.started_at, flat_sessions.id",
    ),
    (
        "call_records",
        "SELECT call_records.* FROM call_records \
         JOIN conversations ON conversations.id = call_records.conversation_id \
         WHERE conversations.owner_id = $1 ORDER BY call_records.joined_at, call_records.id",
    ),
    (
        "webhook_deliveries",
        "SELECT webhook_deliveries.* FROM webhook_deliveries \
         JOIN webhooks ON webhooks.id = webhook_deliveries.webhook_id \
         WHERE webhooks.user_id = $1 ORDER BY webhook_deliveries.created_at, webhook_deliveries.id",
    ),
];

/// Columns that hold JSON.
const DOCUMENTS: &[&str] = &[
    "preferences",
    "events",
    "persona",
    "context",
    "progress",
    "topics_covered",
    "feedback",
    "ending",
    "analysis",
    "insights",
    "latency",
    "areas",
    "memory",
    "payload",
    "quality",
];

const fn table(name: &'static str, owner: &'static str, claim: Claim, export: Export) -> PersonalTable {
    PersonalTable {
        name,
        owner,
        claim,
        export,
    }
}

impl Database {
    /// Everything that is kept of a person, table by table; times as RFC 3339.
    pub async fn everything_of(&self, user: &UserId) -> Result<Map<String, Value>, StorageError> {
        let mut everything = Map::new();
        for PersonalTable {
            name, owner, export, ..
        } in TABLES
        {
            let (columns, hidden): (&str, &[&str]) = match export {
                Export::Everything => ("*", &[]),
                Export::But(hidden) => ("*", hidden),
                Export::Columns(columns) => (columns, &[]),
                Export::Nothing => continue,
            };
            // All names are of this file.
            let statement = format!("SELECT {columns} FROM {name} WHERE {owner} = $1");
            let name = if *name == "users" { "claimed_guests" } else { name };
            let mut rows = self.rows(AssertSqlSafe(statement), user).await?;
            for row in rows
                .as_array_mut()
                .into_iter()
                .flatten()
                .filter_map(Value::as_object_mut)
            {
                row.retain(|column, _| !hidden.contains(&column.as_str()));
            }
            everything.insert(name.to_owned(), rows);
        }
        for (name, statement) in DEPENDENT {
            everything.insert((*name).to_owned(), self.rows(*statement, user).await?);
        }
        let own = self.rows("SELECT * FROM users WHERE id = $1", user).await?;
        everything.insert("user".to_owned(), own.get(0).cloned().unwrap_or_default());
        Ok(everything)
    }

    async fn rows(&self, statement: impl sqlx::SqlSafeStr, user: &UserId) -> Result<Value, StorageError> {
        let rows = sqlx::query(statement).bind(user.as_str()).fetch_all(&self.pool).await?;
        rows.iter().map(shown).collect::<Result<Vec<_>, _>>().map(Value::Array)
    }
}

/// A row as JSON: columns are TEXT or BIGINT, documents among the former, times among the latter.
fn shown(row: &AnyRow) -> Result<Value, StorageError> {
    let mut shown = Map::new();
    for column in row.columns() {
        let name = column.name();
        let value = match row.try_get::<Option<String>, _>(column.ordinal()) {
            Ok(None) => Value::Null,
            Ok(Some(text)) if DOCUMENTS.contains(&name) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
            Ok(Some(text)) => Value::String(text),
            Err(_) => match row.try_get::<Option<i64>, _>(column.ordinal())? {
                None => Value::Null,
                Some(millis) if name.ends_with("_at") || name == "last_active" => {
                    Value::String(Timestamp::from_millis(millis).to_string())
                }
                Some(number) => Value::from(number),
            },
        };
        shown.insert(name.to_owned(), value);
    }
    Ok(Value::Object(shown))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::storage::conversations::tests::conversation_of;
    use crate::storage::messages::{Message, Sender};
    use crate::storage::tests::database;
    use crate::storage::users::User;

    #[tokio::test]
    async fn every_reference_to_a_person_is_accounted_for() {
        // The schema is the same everywhere; SQLite's is read with SQLite's own tables.
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/schema.db?mode=rwc", dir.path().display());
        let database = Database::open(&url).await.unwrap();
        let rows = sqlx::query(
            "SELECT tables.name AS name, reference.\"from\" AS owner \
             FROM sqlite_master AS tables, pragma_foreign_key_list(tables.name) AS reference \
             WHERE tables.type = 'table' AND reference.\"table\" = 'users'",
        )
        .fetch_all(&database.pool)
        .await
        .unwrap();
        let referring: BTreeSet<(String, String)> =
            rows.iter().map(|row| (row.get("name"), row.get("owner"))).collect();
        let listed = TABLES
            .iter()
            .map(|table| (table.name.to_owned(), table.owner.to_owned()))
            .collect();
        assert_eq!(referring, listed, "say in TABLES what becomes of each table's rows");
    }

    #[tokio::test]
    async fn an_export_has_everything_but_secrets_and_nothing_of_others() {
        let (database, _dir) = database().await;
        let now = Timestamp::from_millis(1_710_514_800_000);
        let (ann, bob) = (User::with_email("ann@x", now), User::with_email("bob@x", now));
        for user in [&ann, &bob] {
            database
                .add_user_with_password(user, &format!("hash of {}", user.name))
                .await
                .unwrap();
            let conversation = conversation_of(&user.id);
            let opener = Message::new(conversation.id.clone(), Sender::Ai, format!("to {}", user.name), now);
            database.add_conversation(&conversation, &opener).await.unwrap();
            database.complete_conversation(&conversation, 8, now).await;
        }
        let everything = database.everything_of(&ann.id).await.unwrap();
        assert_eq!(everything["user"]["email"], "ann@x");
        assert_eq!(everything["user"]["created_at"], "2024-03-15T15:00:00Z");
        assert_eq!(everything["user"]["preferences"]["native_language"], "english");
        assert_eq!(everything["conversations"][0]["context"]["budget"], "moderate");
        assert_eq!(everything["conversations"][0].get("revision"), None);
        assert_eq!(everything["messages"][0]["content"], "to Ann");
        assert_eq!(everything["xp_ledger"][0]["amount"], 8);
        let text = Value::Object(everything).to_string();
        assert!(!text.contains("hash of"), "{text}");
        assert!(!text.contains("Bob") && !text.contains(bob.id.as_str()), "{text}");
    }

    #[tokio::test]
    async fn nothing_is_left_of_a_user_who_is_removed() {
        let (database, _dir) = database().await;
        let now = Timestamp::from_millis(1000);
        let ann = User::with_email("ann@x", now);
        let guest = User::guest(now);
        database.add_user_with_password(&ann, "hash").await.unwrap();
        database.add_user(&guest).await.unwrap();
        let conversation = conversation_of(&guest.id);
        let opener = Message::new(conversation.id.clone(), Sender::Ai, "x", now);
        database.add_conversation(&conversation, &opener).await.unwrap();
        database.complete_conversation(&conversation, 8, now).await;
        database.claim_guest(&guest.id, &ann.id).await.unwrap();
        assert!(database.remove_user(&ann.id).await.unwrap());
        assert!(!database.remove_user(&ann.id).await.unwrap());
        let names = TABLES.iter().map(|table| table.name).chain(["messages"]);
        for name in names {
            let count = format!("SELECT COUNT(*) FROM {name}");
            let left: i64 = sqlx::query(AssertSqlSafe(count))
                .fetch_one(&database.pool)
                .await
                .unwrap()
                .get(0);
            assert_eq!(left, 0, "{name}");
        }
    }
}

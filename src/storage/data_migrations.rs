//! Changes to rows that were there before a migration, where SQL can't read what is in them.
//!
//! A migration puts its name on the list in `data_migrations`; the first program that starts after it does the work and takes the
//! name off, in one transaction. All others wait for that, or find nothing to do.

use serde_json::{Map, Value};
use sqlx::{AnyConnection, Connection, Row};

use super::document;
use super::listing::insert_labels;
use super::vocabulary::stored_stability;
use crate::ids::ConversationId;

/// Does what is on the list.
pub(super) async fn run(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let rows = sqlx::query("SELECT name FROM data_migrations ORDER BY name")
        .fetch_all(&mut *connection)
        .await?;
    for row in &rows {
        let name: String = row.try_get("name")?;
        let mut transaction = connection.begin().await?;
        let mine = sqlx::query("DELETE FROM data_migrations WHERE name = $1")
            .bind(&name)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        let changed = match name.as_str() {
            "due_date_labels" if mine > 0 => label_due_dates(&mut transaction).await?,
            "vocabulary_stability" if mine > 0 => store_stabilities(&mut transaction).await?,
            // Done by somebody else meanwhile, or of a later version, which is left to it.
            _ => {
                transaction.rollback().await?;
                continue;
            }
        };
        transaction.commit().await?;
        if changed > 0 {
            tracing::info!(name, changed, "older rows were brought up to date");
        }
    }
    Ok(())
}

/// Conversations that were made before `due_date` was a label.
async fn label_due_dates(connection: &mut AnyConnection) -> Result<usize, sqlx::Error> {
    let rows = sqlx::query("SELECT id, context FROM conversations WHERE context LIKE '%\"due_date\"%'")
        .fetch_all(&mut *connection)
        .await?;
    for row in &rows {
        let id = ConversationId::from_text(row.try_get::<String, _>("id")?);
        // What can't be read is nothing that could be looked for.
        let context: Map<String, Value> = document(row, "context").unwrap_or_default();
        insert_labels(connection, &id, &context).await?;
    }
    Ok(rows.len())
}

/// Words that were met before their stability stood beside the memory.
async fn store_stabilities(connection: &mut AnyConnection) -> Result<usize, sqlx::Error> {
    let rows = sqlx::query("SELECT user_id, language, word, memory FROM vocabulary WHERE stability = 0")
        .fetch_all(&mut *connection)
        .await?;
    for row in &rows {
        // Nor does a memory that can't be read recall anything; the next review begins it anew.
        let Ok(memory) = document(row, "memory") else { continue };
        sqlx::query("UPDATE vocabulary SET stability = $4 WHERE user_id = $1 AND language = $2 AND word = $3")
            .bind(row.try_get::<String, _>("user_id")?)
            .bind(row.try_get::<String, _>("language")?)
            .bind(row.try_get::<String, _>("word")?)
            .bind(stored_stability(memory))
            .execute(&mut *connection)
            .await?;
    }
    Ok(rows.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::Timestamp;
    use crate::storage::conversations::tests::conversation_of;
    use crate::storage::listing::Filter;
    use crate::storage::messages::{Message, Sender};
    use crate::storage::tests::database;
    use crate::storage::users::User;

    #[tokio::test]
    async fn rows_from_before_are_brought_up_to_date_once() {
        let (database, _dir) = database().await;
        let now = Timestamp::from_millis(1000);
        let user = User::guest(now);
        database.add_user(&user).await.unwrap();
        let mut conversation = conversation_of(&user.id);
        conversation.context.insert("due_date".to_owned(), json!("2024-03-20"));
        conversation.context.insert("student_id".to_owned(), json!("s1"));
        let opener = Message::new(conversation.id.clone(), Sender::Ai, "x", now);
        database.add_conversation(&conversation, &opener).await.unwrap();
        let before = [
            "DELETE FROM conversation_labels WHERE name = 'due_date'",
            "INSERT INTO vocabulary (user_id, language, word, shown, memory, reviews, uses, first_met_at, \
             last_reviewed_at, due_at) SELECT id, 'french', 'eau', 'eau', '{\"stability\":2.5,\"difficulty\":5.0}', \
             1, 0, 0, 0, 0 FROM users",
            "INSERT INTO data_migrations VALUES ('due_date_labels'), ('of_a_later_version'), ('vocabulary_stability')",
        ];
        for statement in before {
            sqlx::query(statement).execute(&database.pool).await.unwrap();
        }
        let mut connection = database.pool.acquire().await.unwrap();
        run(&mut connection).await.unwrap();
        drop(connection);

        let filter = Filter {
            labels: [None, None, None, None, Some("2024-03-20".to_owned())],
            ..Filter::default()
        };
        let found = database
            .list_conversations(&user.id, None, &filter, None, 10)
            .await
            .unwrap();
        assert_eq!(found, [conversation]);
        let row = sqlx::query("SELECT stability FROM vocabulary")
            .fetch_one(&database.pool)
            .await
            .unwrap();
        assert_eq!(row.get::<i64, _>("stability"), 2_500_000);
        let left = sqlx::query("SELECT name FROM data_migrations")
            .fetch_all(&database.pool)
            .await
            .unwrap();
        let left: Vec<String> = left.iter().map(|row| row.get("name")).collect();
        assert_eq!(left, ["of_a_later_version"]);
    }
}

//! Guests who become users, and guests of whom nothing is heard any more.

use sqlx::{AnyConnection, AssertSqlSafe, Row};

use super::ending::lock_learner;
use super::ledger::drop_rewards_of_both;
use super::personal::{Claim, PersonalTable, TABLES};
use super::practices::merge_days;
use super::users::User;
use super::{Database, StorageError};
use crate::clock::Timestamp;
use crate::ids::UserId;

/// How a claim went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimOutcome {
    /// Everything of the guest is the user's now.
    Moved,
    /// It was the user's already.
    WasTheirs,
    /// It is someone else's, or there is no such guest.
    Refused,
}

impl Database {
    /// Gives everything of a guest to a user, at once and once for all.
    pub async fn claim_guest(&self, guest: &UserId, user: &UserId) -> Result<ClaimOutcome, StorageError> {
        let mut transaction = self.pool.begin().await?;
        let claimed =
            sqlx::query("UPDATE users SET claimed_by = $2 WHERE id = $1 AND kind = 'guest' AND claimed_by IS NULL")
                .bind(guest.as_str())
                .bind(user.as_str())
                .execute(&mut *transaction)
                .await?;
        if claimed.rows_affected() == 0 {
            let row = sqlx::query("SELECT claimed_by FROM users WHERE id = $1")
                .bind(guest.as_str())
                .fetch_optional(&mut *transaction)
                .await?;
            let claimer = row
                .map(|row| row.try_get::<Option<String>, _>("claimed_by"))
                .transpose()?;
            return Ok(match claimer.flatten() {
                Some(claimer) if claimer == user.as_str() => ClaimOutcome::WasTheirs,
                _ => ClaimOutcome::Refused,
            });
        }
        lock_learner(&mut transaction, user).await?;
        drop_rewards_of_both(&mut transaction, guest, user).await?;
        for table in TABLES {
            move_rows(&mut transaction, table, guest, user).await?;
        }
        merge_days(&mut transaction, user).await?;
        transaction.commit().await?;
        Ok(ClaimOutcome::Moved)
    }
}

/// A statement about guests whom nobody has claimed, and of whom nothing was seen or heard since `$1`: some come with nothing
/// but a name, and are seen only by what is said.
macro_rules! of_silent_guests {
    ($verb:literal, $rest:literal) => {
        concat!(
            $verb,
            " FROM users WHERE kind = 'guest' AND claimed_by IS NULL AND last_active < $1 AND NOT EXISTS ",
            "(SELECT 1 FROM conversations WHERE conversations.owner_id = users.id ",
            "AND (conversations.last_turn_at >= $1 OR conversations.created_at >= $1 OR EXISTS ",
            "(SELECT 1 FROM messages WHERE messages.conversation_id = conversations.id AND messages.created_at >= $1))) ",
            $rest
        )
    };
}

impl Database {
    /// Guests whom nobody has claimed, and of whom nothing was seen or heard since `before`; who was seen last the longest ago
    /// comes first, after that one.
    pub async fn silent_guests(
        &self,
        before: Timestamp,
        after: Option<&User>,
        limit: i64,
    ) -> Result<Vec<User>, StorageError> {
        let rows = sqlx::query(of_silent_guests!(
            "SELECT *",
            "AND (last_active > $2 OR (last_active = $2 AND id > $3)) ORDER BY last_active, id LIMIT $4"
        ))
        .bind(before.as_millis())
        .bind(after.map_or(i64::MIN, |user| user.last_active.as_millis()))
        .bind(after.map_or("", |user| user.id.as_str()))
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(User::from_row).collect()
    }

    /// Removes such a guest with everything of theirs; tells whether they were still silent.
    pub async fn remove_silent_guest(&self, guest: &UserId, before: Timestamp) -> Result<bool, StorageError> {
        let done = sqlx::query(of_silent_guests!("DELETE", "AND id = $2"))
            .bind(before.as_millis())
            .bind(guest.as_str())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

/// Gives the rows of one table to the user. All names in the statements are of [`TABLES`].
async fn move_rows(
    connection: &mut AnyConnection,
    table: &PersonalTable,
    guest: &UserId,
    user: &UserId,
) -> Result<(), sqlx::Error> {
    let PersonalTable { name, owner, claim, .. } = table;
    match claim {
        Claim::Stays => return Ok(()),
        Claim::Moves => {}
        Claim::MovesUnlessThere(columns) => {
            let same: Vec<String> = columns
                .iter()
                .map(|column| format!("theirs.{column} = {name}.{column}"))
                .collect();
            let same = same.join(" AND ");
            let drop = format!(
                "DELETE FROM {name} WHERE {owner} = $1 AND EXISTS \
                 (SELECT 1 FROM {name} AS theirs WHERE theirs.{owner} = $2 AND {same})"
            );
            sqlx::query(AssertSqlSafe(drop))
                .bind(guest.as_str())
                .bind(user.as_str())
                .execute(&mut *connection)
                .await?;
        }
    }
    let update = format!("UPDATE {name} SET {owner} = $2 WHERE {owner} = $1");
    sqlx::query(AssertSqlSafe(update))
        .bind(guest.as_str())
        .bind(user.as_str())
        .execute(&mut *connection)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::conversations::tests::conversation_of;
    use crate::storage::messages::{Message, Sender};
    use crate::storage::personal::Export;
    use crate::storage::tests::database;

    #[tokio::test]
    async fn a_guests_things_go_to_the_first_who_claims_them() {
        let (database, _dir) = database().await;
        let now = Timestamp::from_millis(1000);
        let guest = User::guest(now);
        let (ann, bob) = (User::with_email("ann@x", now), User::with_email("bob@x", now));
        for user in [&guest, &ann, &bob] {
            database.add_user(user).await.unwrap();
        }
        let conversation = conversation_of(&guest.id);
        let opener = Message::new(conversation.id.clone(), Sender::Ai, "x", now);
        database.add_conversation(&conversation, &opener).await.unwrap();
        database.complete_conversation(&conversation, 8, now).await;

        let first = database.claim_guest(&guest.id, &ann.id).await.unwrap();
        let again = database.claim_guest(&guest.id, &ann.id).await.unwrap();
        let other = database.claim_guest(&guest.id, &bob.id).await.unwrap();
        assert_eq!(
            [first, again, other],
            [ClaimOutcome::Moved, ClaimOutcome::WasTheirs, ClaimOutcome::Refused]
        );
        let moved = database.conversation(&conversation.id).await.unwrap().unwrap();
        assert_eq!(moved.owner_id, ann.id);
        assert_eq!(database.xp(&ann.id).await.unwrap(), 8);
        assert_eq!(database.xp(&guest.id).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn only_guests_are_claimed() {
        let (database, _dir) = database().await;
        let now = Timestamp::from_millis(1000);
        let (ann, bob) = (User::with_email("ann@x", now), User::with_email("bob@x", now));
        database.add_user(&ann).await.unwrap();
        database.add_user(&bob).await.unwrap();
        let outcome = database.claim_guest(&bob.id, &ann.id).await.unwrap();
        assert_eq!(outcome, ClaimOutcome::Refused);
        let nobody = database.claim_guest(&UserId::new(), &ann.id).await.unwrap();
        assert_eq!(nobody, ClaimOutcome::Refused);
    }

    #[tokio::test]
    async fn rows_that_the_user_has_already_are_dropped() {
        let (database, _dir) = database().await;
        let mut connection = database.pool.acquire().await.unwrap();
        let (guest, user) = (UserId::from_text("g"), UserId::from_text("u"));
        sqlx::query("CREATE TABLE badges (owner TEXT, badge TEXT, UNIQUE (owner, badge))")
            .execute(&mut *connection)
            .await
            .unwrap();
        sqlx::query("INSERT INTO badges VALUES ('g', 'a'), ('g', 'b'), ('u', 'b')")
            .execute(&mut *connection)
            .await
            .unwrap();
        let table = PersonalTable {
            name: "badges",
            owner: "owner",
            claim: Claim::MovesUnlessThere(&["badge"]),
            export: Export::Nothing,
        };
        move_rows(&mut connection, &table, &guest, &user).await.unwrap();
        let rows = sqlx::query("SELECT owner, badge FROM badges ORDER BY badge")
            .fetch_all(&mut *connection)
            .await
            .unwrap();
        let rows: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        assert_eq!(
            rows,
            [("u".to_owned(), "a".to_owned()), ("u".to_owned(), "b".to_owned())]
        );
    }
}

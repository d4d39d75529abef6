//! The transaction that ends a conversation: everything that comes of it is written together, or not at all.

use std::collections::BTreeSet;

use serde::Serialize;
use sqlx::{Any, AnyConnection, Row, Transaction};

use super::achievements::{Earned, earned_ids, insert_earned};
use super::conversations::Conversation;
use super::ledger::{XpEntry, insert_xp};
use super::outbox::{OutboxEvent, enqueue};
use super::practices::{add_days, insert_practice, scores_beside, tallies};
use super::vocabulary::{cards, insert_reviews, put_cards};
use super::{Database, StorageError, text};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, OrganisationId, UserId};
use crate::learning::achievements::Tallies;
use crate::learning::practice::Practice;
use crate::learning::progress::Before;
use crate::learning::streak::PracticeDay;
use crate::learning::vocabulary::{Card, CardChange};

/// A conversation that is being ended. Dropped without [`commit`](Self::commit), nothing has happened.
///
/// Endings of one conversation wait for each other by its row, those of one learner by the learner's row: what is read here
/// doesn't change until it is committed. The learner's row comes first, as when a guest is claimed: neither waits for what the
/// other holds.
pub struct EndingTransaction {
    transaction: Transaction<'static, Any>,
    conversation: ConversationId,
    user: UserId,
    language: String,
    organisation: Option<OrganisationId>,
}

/// What is known of a learner before.
#[derive(Clone, Debug, PartialEq)]
pub struct Learner {
    /// Where their days begin and end.
    pub time_zone: String,
    /// Ids of what they achieved.
    pub earned: BTreeSet<String>,
    /// Their scores in the language of the conversation so far.
    pub scores: Before,
}

impl Database {
    /// Begins to end a conversation; `None` if that was done before.
    pub async fn begin_ending(
        &self,
        conversation: &Conversation,
        now: Timestamp,
    ) -> Result<Option<EndingTransaction>, StorageError> {
        let Conversation { id, language, .. } = conversation;
        let mut owner = conversation.owner_id.clone();
        loop {
            let mut transaction = self.pool.begin().await?;
            lock_learner(&mut transaction, &owner).await?;
            let ended = sqlx::query(
                "UPDATE conversations SET status = 'completed', ended_at = $3 \
                 WHERE id = $1 AND owner_id = $2 AND status = 'active'",
            )
            .bind(id.as_str())
            .bind(owner.as_str())
            .bind(now.as_millis())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            let row = sqlx::query("SELECT owner_id, organisation_id FROM conversations WHERE id = $1")
                .bind(id.as_str())
                .fetch_optional(&mut *transaction)
                .await?;
            let Some(row) = row else { return Ok(None) };
            if ended > 0 {
                let organisation: Option<String> = row.try_get("organisation_id")?;
                return Ok(Some(EndingTransaction {
                    transaction,
                    conversation: id.clone(),
                    user: owner,
                    language: language.clone(),
                    organisation: organisation.map(OrganisationId::from_text),
                }));
            }
            let owner_now = UserId::from_text(row.try_get::<String, _>("owner_id")?);
            if owner_now == owner {
                return Ok(None);
            }
            // A guest's, who was claimed meanwhile. Conversations change hands once.
            transaction.rollback().await?;
            owner = owner_now;
        }
    }

    /// What [`EndingTransaction::commit`] kept.
    pub async fn ending<E: serde::de::DeserializeOwned>(&self, id: &ConversationId) -> Result<Option<E>, StorageError> {
        let row = sqlx::query("SELECT ending FROM conversations WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.map_or(Ok(None), |row| super::optional_document(&row, "ending"))
    }
}

/// Makes other transactions that lock the same learner wait until this one is done.
pub(super) async fn lock_learner(connection: &mut AnyConnection, user: &UserId) -> Result<(), sqlx::Error> {
    // An UPDATE is the one lock of a row that both databases know.
    sqlx::query("UPDATE users SET last_active = last_active WHERE id = $1")
        .bind(user.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

impl EndingTransaction {
    /// Whose conversation it is.
    pub fn owner(&self) -> &UserId {
        &self.user
    }

    /// Which organisation gave it, if one did.
    pub fn organisation(&self) -> Option<&OrganisationId> {
        self.organisation.as_ref()
    }

    /// What is known of the learner.
    pub async fn learner(&mut self) -> Result<Learner, StorageError> {
        let connection = &mut *self.transaction;
        let row = sqlx::query("SELECT time_zone FROM users WHERE id = $1")
            .bind(self.user.as_str())
            .fetch_one(&mut *connection)
            .await?;
        Ok(Learner {
            time_zone: row.try_get("time_zone")?,
            earned: earned_ids(connection, &self.user).await?,
            scores: scores_beside(connection, &self.user, &self.language, &self.conversation).await?,
        })
    }

    /// The cards of those words that are in the learner's deck of the language.
    pub async fn cards(&mut self, words: &[&str]) -> Result<Vec<Card>, StorageError> {
        cards(&mut self.transaction, &self.user, &self.language, words).await
    }

    /// Keeps what became of words; those that were in the deck before count as reviewed.
    pub async fn put_cards(&mut self, changes: &[CardChange]) -> Result<(), StorageError> {
        let cards: Vec<&Card> = changes.iter().map(|change| &change.card).collect();
        put_cards(&mut self.transaction, &self.user, &self.language, &cards).await?;
        let reviewed: Vec<(&Card, u8)> = changes
            .iter()
            .filter(|change| !change.is_new)
            .map(|change| (&change.card, change.encounter.rating()))
            .collect();
        let (user, conversation) = (&self.user, &self.conversation);
        insert_reviews(&mut self.transaction, user, conversation, &self.language, &reviewed).await?;
        Ok(())
    }

    /// Keeps what came of the conversation.
    pub async fn add_practice(&mut self, practice: &Practice) -> Result<(), StorageError> {
        Ok(insert_practice(&mut self.transaction, practice).await?)
    }

    /// Keeps the days on which something was practised, at these moments, the earliest first. Answers the last day of practice
    /// of all.
    pub async fn add_days(
        &mut self,
        moments: &[Timestamp],
        time_zone: &str,
    ) -> Result<Option<PracticeDay>, StorageError> {
        add_days(&mut self.transaction, &self.user, moments, time_zone).await
    }

    /// What the learner's records add up to, this conversation included, but for the streak.
    pub async fn tallies(&mut self) -> Result<Tallies, StorageError> {
        tallies(&mut self.transaction, &self.user).await
    }

    /// Keeps an achievement; tells whether it is new.
    pub async fn award(&mut self, earned: &Earned) -> Result<bool, StorageError> {
        Ok(insert_earned(&mut self.transaction, &self.user, &self.conversation, earned).await?)
    }

    /// Makes an entry in the ledger.
    pub async fn add_xp(&mut self, reason: String, amount: u32, now: Timestamp) -> Result<(), StorageError> {
        let entry = XpEntry {
            user_id: self.user.clone(),
            conversation_id: self.conversation.clone(),
            language: self.language.clone(),
            reason,
            amount,
            created_at: now,
        };
        Ok(insert_xp(&mut self.transaction, &entry).await?)
    }

    /// Keeps an event for whoever wants to know.
    pub async fn enqueue(&mut self, event: &OutboxEvent) -> Result<(), StorageError> {
        Ok(enqueue(&mut self.transaction, event).await?)
    }

    /// Keeps the answer to whoever ended it, and everything else with it.
    pub async fn commit<E: Serialize>(mut self, ending: &E) -> Result<(), StorageError> {
        sqlx::query("UPDATE conversations SET ending = $2 WHERE id = $1")
            .bind(self.conversation.as_str())
            .bind(text(ending))
            .execute(&mut *self.transaction)
            .await?;
        Ok(self.transaction.commit().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::AssertSqlSafe;

    impl Database {
        /// Ends a conversation that came to so much XP.
        pub(crate) async fn complete_conversation(&self, conversation: &Conversation, xp: u32, now: Timestamp) {
            let mut ending = self.begin_ending(conversation, now).await.unwrap().unwrap();
            ending.add_xp("practice".to_owned(), xp, now).await.unwrap();
            ending.commit(&"end").await.unwrap();
        }

        /// The events of a user, in order.
        pub(crate) async fn outbox_of(&self, user: &UserId) -> Result<Vec<(String, serde_json::Value)>, StorageError> {
            let rows = sqlx::query("SELECT event, payload FROM outbox WHERE user_id = $1 ORDER BY created_at, id")
                .bind(user.as_str())
                .fetch_all(&self.pool)
                .await?;
            rows.iter()
                .map(|row| Ok((row.try_get("event")?, super::super::document(row, "payload")?)))
                .collect()
        }

        /// Deletes one row.
        pub(crate) async fn remove_row(&self, table: &'static str, id: &str) {
            let statement = AssertSqlSafe(format!("DELETE FROM {table} WHERE id = $1"));
            sqlx::query(statement).bind(id).execute(&self.pool).await.unwrap();
        }
    }
}

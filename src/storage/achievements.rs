//! Who achieved what, once each.

use std::collections::BTreeSet;

use sqlx::{AnyConnection, Row};

use super::ledger::small;
use super::{Database, StorageError};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, UserId};

/// What someone achieved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earned {
    /// The achievement's id.
    pub achievement_id: String,
    /// What it was worth then.
    pub xp_reward: u32,
    /// When.
    pub earned_at: Timestamp,
}

/// Notes that someone achieved something; tells whether they hadn't before.
pub(super) async fn insert_earned(
    connection: &mut AnyConnection,
    user: &UserId,
    conversation: &ConversationId,
    earned: &Earned,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "INSERT INTO achievements (user_id, achievement_id, conversation_id, xp_reward, earned_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id, achievement_id) DO NOTHING",
    )
    .bind(user.as_str())
    .bind(&earned.achievement_id)
    .bind(conversation.as_str())
    .bind(i64::from(earned.xp_reward))
    .bind(earned.earned_at.as_millis())
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The ids of what someone achieved.
pub(super) async fn earned_ids(
    connection: &mut AnyConnection,
    user: &UserId,
) -> Result<BTreeSet<String>, StorageError> {
    let rows = sqlx::query("SELECT achievement_id FROM achievements WHERE user_id = $1")
        .bind(user.as_str())
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| Ok(row.try_get("achievement_id")?)).collect()
}

impl Database {
    /// What someone achieved, the earliest first.
    pub async fn earned(&self, user: &UserId) -> Result<Vec<Earned>, StorageError> {
        let rows = sqlx::query(
            "SELECT achievement_id, xp_reward, earned_at FROM achievements WHERE user_id = $1 \
             ORDER BY earned_at, achievement_id",
        )
        .bind(user.as_str())
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Earned {
                    achievement_id: row.try_get("achievement_id")?,
                    xp_reward: small(row, "xp_reward")?,
                    earned_at: Timestamp::from_millis(row.try_get("earned_at")?),
                })
            })
            .collect()
    }
}

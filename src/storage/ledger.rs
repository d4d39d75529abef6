//! The XP ledger: append-only, at most one entry a conversation and reason.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::record::Record;
use super::{Database, StorageError};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, UserId, XpEntryId};
use crate::learning::calendar::{DAY_MILLIS, Window};
use crate::presence::boards::{Contestant, Gain};

/// An entry to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct XpEntry {
    /// Whose.
    pub user_id: UserId,
    /// What for.
    pub conversation_id: ConversationId,
    /// In which language, as an English name.
    pub language: String,
    /// `practice`, `achievement:...`
    pub reason: String,
    /// How much.
    pub amount: u32,
    /// When.
    pub created_at: Timestamp,
}

/// Makes an entry as part of the transaction of `connection`. Nothing is written for no XP.
pub(super) async fn insert_xp(connection: &mut AnyConnection, entry: &XpEntry) -> Result<(), sqlx::Error> {
    if entry.amount == 0 {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO xp_ledger (id, user_id, conversation_id, language, reason, amount, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(XpEntryId::new().as_str())
    .bind(entry.user_id.as_str())
    .bind(entry.conversation_id.as_str())
    .bind(&entry.language)
    .bind(&entry.reason)
    .bind(i64::from(entry.amount))
    .bind(entry.created_at.as_millis())
    .execute(connection)
    .await?;
    Ok(())
}

/// Before everything of a guest goes to a user: what both achieved is paid for once.
pub(super) async fn drop_rewards_of_both(
    connection: &mut AnyConnection,
    guest: &UserId,
    user: &UserId,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM xp_ledger WHERE user_id = $1 AND EXISTS (SELECT 1 FROM achievements \
         WHERE achievements.user_id = $2 AND xp_ledger.reason = 'achievement:' || achievements.achievement_id)",
    )
    .bind(guest.as_str())
    .bind(user.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

impl Database {
    /// All XP of a user.
    pub async fn xp(&self, user: &UserId) -> Result<i64, StorageError> {
        let row =
            sqlx::query("SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS xp FROM xp_ledger WHERE user_id = $1")
                .bind(user.as_str())
                .fetch_one(&self.pool)
                .await?;
        Ok(row.try_get("xp")?)
    }

    /// XP of a window by day (counted from 1970-01-01), in one language or (`None`) all.
    pub async fn xp_by_day(
        &self,
        user: &UserId,
        language: Option<&str>,
        window: Window,
    ) -> Result<Vec<(i64, u64)>, StorageError> {
        let rows = sqlx::query(
            "SELECT created_at / $5 AS day, CAST(SUM(amount) AS BIGINT) AS xp FROM xp_ledger \
             WHERE user_id = $1 AND ($2 = '' OR language = $2) AND created_at >= $3 AND created_at < $4 \
             GROUP BY created_at / $5 ORDER BY created_at / $5",
        )
        .bind(user.as_str())
        .bind(language.unwrap_or_default())
        .bind(window.start().as_millis())
        .bind(window.end().as_millis())
        .bind(DAY_MILLIS)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| Ok((row.try_get("day")?, unsigned(row, "xp")?)))
            .collect()
    }

    /// Everything that a user gained, by day and language, for boards; nothing for those who are on none.
    pub async fn gains(&self, user: &UserId) -> Result<Vec<Gain>, StorageError> {
        let rows = sqlx::query(GAINS_OF_ONE)
            .bind(DAY_MILLIS)
            .bind(user.as_str())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(Gain::from_row).collect()
    }

    /// The same of the next `limit` users after `after`, by id.
    pub async fn gains_of_all(&self, after: &str, limit: u32) -> Result<Vec<(UserId, Vec<Gain>)>, StorageError> {
        let rows = sqlx::query(GAINS_OF_ALL)
            .bind(DAY_MILLIS)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        let mut all: Vec<(UserId, Vec<Gain>)> = Vec::new();
        for row in &rows {
            let user: String = row.try_get("user_id")?;
            let gain = Gain::from_row(row)?;
            match all.last_mut() {
                Some((last, gains)) if last.as_str() == user => gains.push(gain),
                _ => all.push((UserId::from_text(user), vec![gain])),
            }
        }
        Ok(all)
    }

    /// What everyone on boards gained in a window, in one language or (`None`) all.
    pub async fn gains_in(
        &self,
        language: Option<&str>,
        window: Option<Window>,
    ) -> Result<Vec<Contestant>, StorageError> {
        let rows = sqlx::query(GAINS_IN)
            .bind(language.unwrap_or_default())
            .bind(window.map_or(i64::MIN, |window| window.start().as_millis()))
            .bind(window.map_or(i64::MAX, |window| window.end().as_millis()))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(contestant_from_row).collect()
    }

    /// When the first entry of all was made.
    pub async fn first_gain(&self) -> Result<Option<Timestamp>, StorageError> {
        let row = sqlx::query("SELECT created_at FROM xp_ledger ORDER BY created_at LIMIT 1")
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| Ok(Timestamp::from_millis(row.try_get("created_at")?)))
            .transpose()
    }
}

/// Those who are on boards: people with an account, not guests nor the accounts that organisations act through.
macro_rules! on_boards {
    ($select:literal, $rest:literal) => {
        concat!(
            $select,
            " FROM xp_ledger l JOIN users u ON u.id = l.user_id WHERE u.kind = 'user' ",
            "AND NOT EXISTS (SELECT 1 FROM organisations o WHERE o.account_id = u.id) ",
            $rest
        )
    };
}

const GAINS_OF_ONE: &str = on_boards!(
    "SELECT l.created_at / $1 AS day, l.language, CAST(SUM(l.amount) AS BIGINT) AS xp, MAX(l.created_at) AS last_at",
    "AND l.user_id = $2 GROUP BY l.created_at / $1, l.language ORDER BY l.created_at / $1, l.language"
);
const GAINS_OF_ALL: &str = on_boards!(
    "SELECT l.user_id, l.created_at / $1 AS day, l.language, CAST(SUM(l.amount) AS BIGINT) AS xp, \
     MAX(l.created_at) AS last_at",
    "AND l.user_id IN (SELECT id FROM users WHERE kind = 'user' AND id > $2 \
     AND EXISTS (SELECT 1 FROM xp_ledger x WHERE x.user_id = users.id) ORDER BY id LIMIT $3) \
     GROUP BY l.user_id, l.created_at / $1, l.language ORDER BY l.user_id, l.created_at / $1, l.language"
);
const GAINS_IN: &str = on_boards!(
    "SELECT l.user_id, CAST(SUM(l.amount) AS BIGINT) AS xp, MAX(l.created_at) AS last_at",
    "AND ($1 = '' OR l.language = $1) AND l.created_at >= $2 AND l.created_at < $3 GROUP BY l.user_id"
);

pub(super) fn contestant_from_row(row: &AnyRow) -> Result<Contestant, StorageError> {
    Ok(Contestant {
        user: UserId::from_text(row.try_get::<String, _>("user_id")?),
        xp: unsigned(row, "xp")?,
        last_at: Timestamp::from_millis(row.try_get("last_at")?),
    })
}

impl Gain {
    fn from_row(row: &AnyRow) -> Result<Self, StorageError> {
        Ok(Self {
            day: row.try_get("day")?,
            language: row.try_get("language")?,
            xp: unsigned(row, "xp")?,
            last_at: Timestamp::from_millis(row.try_get("last_at")?),
        })
    }
}

/// A number that is never negative.
pub(super) fn unsigned(row: &(impl Record + ?Sized), column: &'static str) -> Result<u64, StorageError> {
    let number = row.number(column)?;
    u64::try_from(number).map_err(|_| super::corrupt(column, &number.to_string()))
}

/// The same, small.
pub(super) fn small(row: &(impl Record + ?Sized), column: &'static str) -> Result<u32, StorageError> {
    let number = row.number(column)?;
    u32::try_from(number).map_err(|_| super::corrupt(column, &number.to_string()))
}

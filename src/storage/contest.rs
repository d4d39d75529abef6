//! What boards show of those who are on them, and the boards of organisations.

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::ledger::{contestant_from_row, small, unsigned};
use super::practices::{day_from_row, scores};
use super::{Database, StorageError};
use crate::ids::{OrganisationId, UserId};
use crate::learning::calendar::Window;
use crate::learning::practice::Scores;
use crate::learning::streak::PracticeDay;
use crate::presence::boards::Contestant;

/// What a board shows of someone.
#[derive(Clone, Debug, PartialEq)]
pub struct Entrant {
    /// Who.
    pub id: UserId,
    /// Their name, whole.
    pub name: String,
    /// Where their picture is.
    pub avatar_url: Option<String>,
    /// Where their days begin and end.
    pub time_zone: String,
    /// All their XP.
    pub xp_total: u64,
    /// Their last day of practice.
    pub last_day: Option<PracticeDay>,
    /// Conversations in the window in which they said something.
    pub conversations: u32,
    /// Those of them about business.
    pub business: u32,
    /// Grammar and pronunciation scores in the window.
    pub performance: Scores,
}

impl Database {
    /// What a board shows of those people, in no order. Whoever is gone is left out.
    pub async fn entrants(
        &self,
        ids: &[&UserId],
        language: Option<&str>,
        window: Option<Window>,
    ) -> Result<Vec<Entrant>, StorageError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let places: Vec<String> = (4..ids.len() + 4).map(|number| format!("${number}")).collect();
        let places = places.join(", ");
        let statement = format!(
            "SELECT u.id, u.name, u.avatar_url, u.time_zone AS home, COALESCE(x.xp_total, 0) AS xp_total, \
             COALESCE(p.conversations, 0) AS conversations, COALESCE(p.business, 0) AS business, \
             COALESCE(p.performance_sum, 0) AS performance_sum, COALESCE(p.performance_count, 0) AS performance_count, \
             d.date, d.time_zone, d.practised_at, d.streak, d.freezes \
             FROM users u \
             LEFT JOIN (SELECT user_id, CAST(SUM(amount) AS BIGINT) AS xp_total FROM xp_ledger \
                        WHERE user_id IN ({places}) GROUP BY user_id) x ON x.user_id = u.id \
             LEFT JOIN (SELECT user_id, COUNT(*) AS conversations, \
                        CAST(SUM(CASE WHEN category = 'business' THEN 1 ELSE 0 END) AS BIGINT) AS business, \
                        CAST(SUM(grammar_sum + pronunciation_sum) AS BIGINT) AS performance_sum, \
                        CAST(SUM(grammar_count + pronunciation_count) AS BIGINT) AS performance_count FROM practices \
                        WHERE user_id IN ({places}) AND turns > 0 AND ($1 = '' OR language = $1) \
                        AND created_at >= $2 AND created_at < $3 GROUP BY user_id) p ON p.user_id = u.id \
             LEFT JOIN practice_days d ON d.user_id = u.id AND d.practised_at = \
                       (SELECT MAX(practised_at) FROM practice_days WHERE user_id = u.id) \
             WHERE u.id IN ({places})"
        );
        // Only the number of places varies.
        let mut query = sqlx::query(AssertSqlSafe(statement))
            .persistent(false)
            .bind(language.unwrap_or_default())
            .bind(window.map_or(i64::MIN, |window| window.start().as_millis()))
            .bind(window.map_or(i64::MAX, |window| window.end().as_millis()));
        for id in ids {
            query = query.bind(id.as_str());
        }
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(Entrant::from_row).collect()
    }

    /// What each member of an organisation gained in a window, in one language or (`None`) all; also those who gained
    /// nothing.
    pub async fn gains_of_members(
        &self,
        organisation: &OrganisationId,
        language: Option<&str>,
        window: Option<Window>,
    ) -> Result<Vec<Contestant>, StorageError> {
        let rows = sqlx::query(
            "SELECT m.user_id, CAST(COALESCE(SUM(l.amount), 0) AS BIGINT) AS xp, \
             COALESCE(MAX(l.created_at), m.joined_at) AS last_at FROM organisation_members m \
             LEFT JOIN xp_ledger l ON l.user_id = m.user_id AND ($2 = '' OR l.language = $2) \
             AND l.created_at >= $3 AND l.created_at < $4 \
             WHERE m.organisation_id = $1 GROUP BY m.user_id, m.joined_at",
        )
        .bind(organisation.as_str())
        .bind(language.unwrap_or_default())
        .bind(window.map_or(i64::MIN, |window| window.start().as_millis()))
        .bind(window.map_or(i64::MAX, |window| window.end().as_millis()))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(contestant_from_row).collect()
    }
}

impl Entrant {
    fn from_row(row: &AnyRow) -> Result<Self, StorageError> {
        let practised_at: Option<i64> = row.try_get("practised_at")?;
        Ok(Self {
            id: UserId::from_text(row.try_get::<String, _>("id")?),
            name: row.try_get("name")?,
            avatar_url: row.try_get("avatar_url")?,
            time_zone: row.try_get("home")?,
            xp_total: unsigned(row, "xp_total")?,
            last_day: practised_at.map(|_| day_from_row(row)).transpose()?,
            conversations: small(row, "conversations")?,
            business: small(row, "business")?,
            performance: scores(row, "performance_sum", "performance_count")?,
        })
    }
}

//! What came of conversations, and the days of practice.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::direct::Argument::Text;
use super::ledger::{small, unsigned};
use super::record::Record;
use super::{Database, StorageError, corrupt, document, text};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, PracticeId, UserId};
use crate::learning::achievements::{Kind, Tallies};
use crate::learning::calendar::Window;
use crate::learning::practice::{Practice, Scores};
use crate::learning::progress::Before;
use crate::learning::streak::{PracticeDay, Streak, following, merged, on_dates_of};

/// What a profile sums up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Conversations that were ended and in which they said something.
    pub conversations: u64,
    /// Minutes of practice.
    pub minutes: u64,
    /// XP.
    pub xp: u64,
    /// The last day of practice.
    pub last_day: Option<PracticeDay>,
}

pub(super) async fn insert_practice(connection: &mut AnyConnection, practice: &Practice) -> Result<(), sqlx::Error> {
    let sum = |scores: Scores| i64::try_from(scores.sum).unwrap_or(i64::MAX);
    sqlx::query(
        "INSERT INTO practices (id, user_id, conversation_id, language, scenario, category, minutes, messages, turns, \
         grammar_sum, grammar_count, pronunciation_sum, pronunciation_count, perfect_pronunciations, perfect_run, \
         complexity_sum, complexity_count, response_sum, response_count, areas, created_at, fluency_sum, fluency_count, topics) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)",
    )
    .bind(practice.id.as_str())
    .bind(practice.user_id.as_str())
    .bind(practice.conversation_id.as_ref().map(ConversationId::as_str))
    .bind(&practice.language)
    .bind(practice.scenario.as_deref())
    .bind(practice.category.as_deref())
    .bind(i64::from(practice.minutes))
    .bind(i64::from(practice.messages))
    .bind(i64::from(practice.turns))
    .bind(sum(practice.grammar))
    .bind(i64::from(practice.grammar.count))
    .bind(sum(practice.pronunciation))
    .bind(i64::from(practice.pronunciation.count))
    .bind(i64::from(practice.perfect_pronunciations))
    .bind(i64::from(practice.perfect_run))
    .bind(sum(practice.complexity))
    .bind(i64::from(practice.complexity.count))
    .bind(sum(practice.response))
    .bind(i64::from(practice.response.count))
    .bind(text(&practice.areas))
    .bind(practice.created_at.as_millis())
    .bind(sum(practice.fluency))
    .bind(i64::from(practice.fluency.count))
    .bind(i64::from(practice.topics))
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn insert_day(
    connection: &mut AnyConnection,
    user: &UserId,
    day: &PracticeDay,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO practice_days (user_id, date, time_zone, practised_at, streak, freezes) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(user.as_str())
    .bind(day.date.to_string())
    .bind(&day.time_zone)
    .bind(day.practised_at.as_millis())
    .bind(i64::from(day.streak))
    .bind(i64::from(day.freezes))
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes one streak of all days of practice, after someone else's came to them.
pub(super) async fn merge_days(connection: &mut AnyConnection, user: &UserId) -> Result<(), StorageError> {
    let days = all_days(connection, user).await?;
    replace_days(connection, user, &merged(days)).await
}

/// Adds the days of practice at these moments, the earliest first, and answers the last day of all. Those that lie between days
/// that are there already make one streak with them.
pub(super) async fn add_days(
    connection: &mut AnyConnection,
    user: &UserId,
    moments: &[Timestamp],
    time_zone: &str,
) -> Result<Option<PracticeDay>, StorageError> {
    let last = last_day(connection, user).await?;
    let is_later = match (&last, moments.first()) {
        (Some(last), Some(first)) => *first > last.practised_at,
        _ => true,
    };
    if is_later {
        let mut new = following(last.as_ref(), moments, time_zone);
        for day in &new {
            insert_day(connection, user, day).await?;
        }
        return Ok(new.pop().or(last));
    }
    let days = all_days(connection, user).await?;
    let together = merged([days.clone(), on_dates_of(moments, time_zone)].concat());
    if together != days {
        replace_days(connection, user, &together).await?;
    }
    Ok(together.last().cloned())
}

async fn all_days(connection: &mut AnyConnection, user: &UserId) -> Result<Vec<PracticeDay>, StorageError> {
    let rows = sqlx::query("SELECT * FROM practice_days WHERE user_id = $1 ORDER BY practised_at")
        .bind(user.as_str())
        .fetch_all(connection)
        .await?;
    rows.iter().map(day_from_row).collect()
}

async fn replace_days(connection: &mut AnyConnection, user: &UserId, days: &[PracticeDay]) -> Result<(), StorageError> {
    sqlx::query("DELETE FROM practice_days WHERE user_id = $1")
        .bind(user.as_str())
        .execute(&mut *connection)
        .await?;
    for day in days {
        insert_day(connection, user, day).await?;
    }
    Ok(())
}

/// The last day of practice.
pub(super) async fn last_day(
    connection: &mut AnyConnection,
    user: &UserId,
) -> Result<Option<PracticeDay>, StorageError> {
    let row = sqlx::query("SELECT * FROM practice_days WHERE user_id = $1 ORDER BY practised_at DESC LIMIT 1")
        .bind(user.as_str())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(day_from_row).transpose()
}

/// The scores of all practice in a language, but for one conversation.
pub(super) async fn scores_beside(
    connection: &mut AnyConnection,
    user: &UserId,
    language: &str,
    conversation: &ConversationId,
) -> Result<Before, StorageError> {
    let row = sqlx::query(SCORES_BESIDE)
        .bind(user.as_str())
        .bind(language)
        .bind(conversation.as_str())
        .fetch_one(connection)
        .await?;
    before_from_row(&row)
}

/// What a learner's records add up to, but for the streak.
pub(super) async fn tallies(connection: &mut AnyConnection, user: &UserId) -> Result<Tallies, StorageError> {
    let rows = sqlx::query(
        "SELECT language, scenario, category, COUNT(*) AS conversations, \
         CAST(SUM(CASE WHEN topics > 0 THEN 1 ELSE 0 END) AS BIGINT) AS with_topics, CAST(SUM(minutes) AS BIGINT) AS minutes, \
         CAST(SUM(perfect_pronunciations) AS BIGINT) AS perfect_pronunciations, MAX(perfect_run) AS perfect_run \
         FROM practices WHERE user_id = $1 AND turns > 0 GROUP BY language, scenario, category",
    )
    .bind(user.as_str())
    .fetch_all(&mut *connection)
    .await?;
    let kinds = rows.iter().map(kind_from_row).collect::<Result<_, _>>()?;
    let row = sqlx::query("SELECT COUNT(*) AS words FROM vocabulary WHERE user_id = $1")
        .bind(user.as_str())
        .fetch_one(connection)
        .await?;
    Ok(Tallies {
        kinds,
        streak_days: 0,
        words: small(&row, "words")?,
    })
}

impl Database {
    /// What a profile sums up, in one query.
    pub async fn totals(&self, user: &UserId) -> Result<Totals, StorageError> {
        let read = |row: &dyn Record| {
            let practised_at = row.optional_number("practised_at")?;
            Ok(Totals {
                conversations: unsigned(row, "conversations")?,
                minutes: unsigned(row, "total_minutes")?,
                xp: unsigned(row, "xp")?,
                last_day: practised_at.map(|_| day_from_row(row)).transpose()?,
            })
        };
        let found = self.read(
            "SELECT p.conversations, p.total_minutes, x.xp, d.date, d.time_zone, d.practised_at, d.streak, d.freezes \
             FROM (SELECT COUNT(*) AS conversations, CAST(COALESCE(SUM(minutes), 0) AS BIGINT) AS total_minutes \
                   FROM practices WHERE user_id = $1 AND turns > 0) p \
             CROSS JOIN (SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS xp FROM xp_ledger WHERE user_id = $1) x \
             LEFT JOIN (SELECT * FROM practice_days WHERE user_id = $1 ORDER BY practised_at DESC LIMIT 1) d ON d.user_id = $1",
            &[Text(user.as_str())],
            read,
        )
        .await?;
        // Sums are a row, whatever they are of.
        Ok(found.into_iter().next().unwrap_or_default())
    }

    /// What a learner's records add up to. The streak is the one of `now`.
    pub async fn tallies(&self, user: &UserId, zone: &str, now: Timestamp) -> Result<Tallies, StorageError> {
        let mut connection = self.pool.acquire().await?;
        let last = last_day(&mut connection, user).await?;
        let mut tallies = tallies(&mut connection, user).await?;
        tallies.streak_days = Streak::at(last.as_ref(), now, zone).days;
        Ok(tallies)
    }

    /// What came of the conversations in a window, in one language or (`None`) all, the oldest first.
    pub async fn practices(
        &self,
        user: &UserId,
        language: Option<&str>,
        window: Window,
    ) -> Result<Vec<Practice>, StorageError> {
        let rows = sqlx::query(
            "SELECT * FROM practices WHERE user_id = $1 AND ($2 = '' OR language = $2) \
             AND created_at >= $3 AND created_at < $4 ORDER BY created_at, id",
        )
        .bind(user.as_str())
        .bind(language.unwrap_or_default())
        .bind(window.start().as_millis())
        .bind(window.end().as_millis())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(practice_from_row).collect()
    }

    /// The scores of a window.
    pub async fn scores(&self, user: &UserId, language: Option<&str>, window: Window) -> Result<Before, StorageError> {
        let row = sqlx::query(SCORES_OF_A_WINDOW)
            .bind(user.as_str())
            .bind(language.unwrap_or_default())
            .bind(window.start().as_millis())
            .bind(window.end().as_millis())
            .fetch_one(&self.pool)
            .await?;
        before_from_row(&row)
    }
}

macro_rules! score_sums {
    ($condition:literal) => {
        concat!(
            "SELECT CAST(COALESCE(SUM(grammar_sum), 0) AS BIGINT) AS grammar_sum, ",
            "CAST(COALESCE(SUM(grammar_count), 0) AS BIGINT) AS grammar_count, ",
            "CAST(COALESCE(SUM(pronunciation_sum), 0) AS BIGINT) AS pronunciation_sum, ",
            "CAST(COALESCE(SUM(pronunciation_count), 0) AS BIGINT) AS pronunciation_count, ",
            "CAST(COALESCE(SUM(response_sum), 0) AS BIGINT) AS response_sum, ",
            "CAST(COALESCE(SUM(response_count), 0) AS BIGINT) AS response_count ",
            "FROM practices WHERE user_id = $1 AND ",
            $condition
        )
    };
}

const SCORES_BESIDE: &str = score_sums!("language = $2 AND (conversation_id IS NULL OR conversation_id <> $3)");
const SCORES_OF_A_WINDOW: &str = score_sums!("($2 = '' OR language = $2) AND created_at >= $3 AND created_at < $4");

fn before_from_row(row: &AnyRow) -> Result<Before, StorageError> {
    Ok(Before {
        grammar: scores(row, "grammar_sum", "grammar_count")?,
        pronunciation: scores(row, "pronunciation_sum", "pronunciation_count")?,
        response: scores(row, "response_sum", "response_count")?,
    })
}

pub(super) fn scores(row: &AnyRow, sum: &'static str, count: &'static str) -> Result<Scores, StorageError> {
    Ok(Scores {
        sum: unsigned(row, sum)?,
        count: small(row, count)?,
    })
}

pub(super) fn day_from_row(row: &(impl Record + ?Sized)) -> Result<PracticeDay, StorageError> {
    let date = row.text("date")?;
    Ok(PracticeDay {
        date: date.parse().map_err(|_| corrupt("date", &date))?,
        time_zone: row.text("time_zone")?,
        practised_at: Timestamp::from_millis(row.number("practised_at")?),
        streak: small(row, "streak")?,
        freezes: small(row, "freezes")?,
    })
}

fn kind_from_row(row: &AnyRow) -> Result<Kind, StorageError> {
    Ok(Kind {
        language: row.try_get("language")?,
        scenario: row.try_get("scenario")?,
        category: row.try_get("category")?,
        conversations: small(row, "conversations")?,
        with_topics: small(row, "with_topics")?,
        minutes: small(row, "minutes")?,
        perfect_pronunciations: small(row, "perfect_pronunciations")?,
        perfect_run: small(row, "perfect_run")?,
    })
}

fn practice_from_row(row: &AnyRow) -> Result<Practice, StorageError> {
    let conversation: Option<String> = row.try_get("conversation_id")?;
    Ok(Practice {
        id: PracticeId::from_text(row.try_get::<String, _>("id")?),
        user_id: UserId::from_text(row.try_get::<String, _>("user_id")?),
        conversation_id: conversation.map(ConversationId::from_text),
        language: row.try_get("language")?,
        scenario: row.try_get("scenario")?,
        category: row.try_get("category")?,
        minutes: small(row, "minutes")?,
        messages: small(row, "messages")?,
        turns: small(row, "turns")?,
        topics: small(row, "topics")?,
        grammar: scores(row, "grammar_sum", "grammar_count")?,
        pronunciation: scores(row, "pronunciation_sum", "pronunciation_count")?,
        perfect_pronunciations: small(row, "perfect_pronunciations")?,
        perfect_run: small(row, "perfect_run")?,
        fluency: scores(row, "fluency_sum", "fluency_count")?,
        complexity: scores(row, "complexity_sum", "complexity_count")?,
        response: scores(row, "response_sum", "response_count")?,
        areas: document(row, "areas")?,
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
    })
}

//! The decks.

use std::collections::BTreeMap;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

use super::ledger::small;
use super::{Database, StorageError, document, text};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, ReviewId, UserId};
use crate::learning::calendar::Window;
use crate::learning::progress::Vocabulary;
use crate::learning::vocabulary::{Card, Memory, recall};

/// Where a list of words begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct After {
    /// When the last word of the list before is due.
    pub due_at: i64,
    /// That word.
    pub word: String,
}

/// Parameters that one statement takes of a list.
const PER_STATEMENT: usize = 200;
const CARD_COLUMNS: usize = 12;
const REVIEW_COLUMNS: usize = 7;
/// Of a stored stability in a day.
const STABILITY_UNITS: f64 = 1e6;
/// A word that no category's scenario taught.
const UNCATEGORISED: &str = "general";

/// The cards of those words that are in the deck.
pub(super) async fn cards(
    connection: &mut AnyConnection,
    user: &UserId,
    language: &str,
    words: &[&str],
) -> Result<Vec<Card>, StorageError> {
    let mut cards = Vec::new();
    for words in words.chunks(PER_STATEMENT) {
        let places: Vec<String> = (3..words.len() + 3).map(|number| format!("${number}")).collect();
        let statement = format!(
            "SELECT * FROM vocabulary WHERE user_id = $1 AND language = $2 AND word IN ({})",
            places.join(", ")
        );
        // Only the number of places varies.
        let mut query = sqlx::query(AssertSqlSafe(statement))
            .persistent(false)
            .bind(user.as_str())
            .bind(language);
        for word in words {
            query = query.bind(*word);
        }
        for row in query.fetch_all(&mut *connection).await? {
            cards.push(card_from_row(&row)?);
        }
    }
    Ok(cards)
}

/// Puts cards in the deck, or what became of those that are there; each word is among them once.
pub(super) async fn put_cards(
    connection: &mut AnyConnection,
    user: &UserId,
    language: &str,
    cards: &[&Card],
) -> Result<(), sqlx::Error> {
    for cards in cards.chunks(PER_STATEMENT / CARD_COLUMNS) {
        let statement = format!(
            "INSERT INTO vocabulary (user_id, language, word, shown, category, memory, stability, reviews, uses, \
             first_met_at, last_reviewed_at, due_at) VALUES {} \
             ON CONFLICT (user_id, language, word) DO UPDATE SET memory = excluded.memory, \
             stability = excluded.stability, reviews = excluded.reviews, uses = excluded.uses, \
             last_reviewed_at = excluded.last_reviewed_at, due_at = excluded.due_at",
            rows_of_places(cards.len(), CARD_COLUMNS)
        );
        // Only the number of rows varies.
        let mut query = sqlx::query(AssertSqlSafe(statement)).persistent(false);
        for card in cards {
            query = query
                .bind(user.as_str())
                .bind(language)
                .bind(&card.word)
                .bind(&card.shown)
                .bind(card.category.as_deref())
                .bind(text(&card.memory))
                .bind(stored_stability(card.memory))
                .bind(i64::from(card.reviews))
                .bind(i64::from(card.uses))
                .bind(card.first_met_at.as_millis())
                .bind(card.last_reviewed_at.as_millis())
                .bind(card.due_at.as_millis());
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Notes that words of the deck came up again, with FSRS's rating.
pub(super) async fn insert_reviews(
    connection: &mut AnyConnection,
    user: &UserId,
    conversation: &ConversationId,
    language: &str,
    reviews: &[(&Card, u8)],
) -> Result<(), sqlx::Error> {
    for reviews in reviews.chunks(PER_STATEMENT / REVIEW_COLUMNS) {
        let statement = format!(
            "INSERT INTO vocabulary_reviews (id, user_id, conversation_id, language, word, rating, created_at) VALUES {}",
            rows_of_places(reviews.len(), REVIEW_COLUMNS)
        );
        // Only the number of rows varies.
        let mut query = sqlx::query(AssertSqlSafe(statement)).persistent(false);
        for (card, rating) in reviews {
            query = query
                .bind(ReviewId::new().as_str().to_owned())
                .bind(user.as_str())
                .bind(conversation.as_str())
                .bind(language)
                .bind(&card.word)
                .bind(i64::from(*rating))
                .bind(card.last_reviewed_at.as_millis());
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// `($1, $2), ($3, $4)`
fn rows_of_places(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let places: Vec<String> = (1..=columns)
            .map(|column| format!("${}", row * columns + column))
            .collect();
        format!("({})", places.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// FSRS's stability as it is stored beside the memory: in millionths of a day. At least one, to be told from none.
pub(super) fn stored_stability(memory: Memory) -> i64 {
    (f64::from(memory.stability) * STABILITY_UNITS).round().max(1.0) as i64
}

impl Database {
    /// What can be looked for in a conversation: the words of a deck.
    pub async fn deck_words(&self, user: &UserId, language: &str) -> Result<Vec<String>, StorageError> {
        let rows = sqlx::query("SELECT word FROM vocabulary WHERE user_id = $1 AND language = $2 ORDER BY word")
            .bind(user.as_str())
            .bind(language)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok(row.try_get("word")?)).collect()
    }

    /// The words of a deck that are due until then, the most urgent first: at most `limit`, those after `after`.
    pub async fn deck(
        &self,
        user: &UserId,
        language: &str,
        due_until: Option<Timestamp>,
        after: &After,
        limit: u32,
    ) -> Result<Vec<Card>, StorageError> {
        let rows = sqlx::query(
            "SELECT * FROM vocabulary WHERE user_id = $1 AND language = $2 AND due_at <= $3 \
             AND (due_at > $4 OR (due_at = $4 AND word > $5)) ORDER BY due_at, word LIMIT $6",
        )
        .bind(user.as_str())
        .bind(language)
        .bind(due_until.map_or(i64::MAX, Timestamp::as_millis))
        .bind(after.due_at)
        .bind(&after.word)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(card_from_row).collect()
    }

    /// The words of a deck that are due, the most urgent first: at most `limit`.
    pub async fn due_words(
        &self,
        user: &UserId,
        language: &str,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Card>, StorageError> {
        let start = After {
            due_at: i64::MIN,
            word: String::new(),
        };
        self.deck(user, language, Some(now), &start, limit).await
    }

    /// How many words a deck has, and how many of them are due.
    pub async fn deck_size(&self, user: &UserId, language: &str, now: Timestamp) -> Result<(u32, u32), StorageError> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS words, CAST(COALESCE(SUM(CASE WHEN due_at <= $3 THEN 1 ELSE 0 END), 0) AS BIGINT) AS due \
             FROM vocabulary WHERE user_id = $1 AND language = $2",
        )
        .bind(user.as_str())
        .bind(language)
        .bind(now.as_millis())
        .fetch_one(&self.pool)
        .await?;
        Ok((small(&row, "words")?, small(&row, "due")?))
    }

    /// What became of words in a window, in one language or (`None`) all.
    pub async fn vocabulary(
        &self,
        user: &UserId,
        language: Option<&str>,
        window: Window,
        now: Timestamp,
    ) -> Result<Vocabulary, StorageError> {
        let language = language.unwrap_or_default();
        let learned = sqlx::query(
            "SELECT category, COUNT(*) AS words FROM vocabulary WHERE user_id = $1 AND ($2 = '' OR language = $2) \
             AND first_met_at >= $3 AND first_met_at < $4 GROUP BY category",
        )
        .bind(user.as_str())
        .bind(language)
        .bind(window.start().as_millis())
        .bind(window.end().as_millis())
        .fetch_all(&self.pool)
        .await?;
        let mut categories: BTreeMap<String, u32> = BTreeMap::new();
        for row in &learned {
            let category: Option<String> = row.try_get("category")?;
            let words = categories.entry(category.unwrap_or_else(|| UNCATEGORISED.to_owned()));
            *words.or_default() += small(row, "words")?;
        }
        let reviewed = sqlx::query(
            "SELECT COUNT(*) AS reviews FROM vocabulary_reviews WHERE user_id = $1 AND ($2 = '' OR language = $2) \
             AND created_at >= $3 AND created_at < $4",
        )
        .bind(user.as_str())
        .bind(language)
        .bind(window.start().as_millis())
        .bind(window.end().as_millis())
        .fetch_one(&self.pool)
        .await?;
        Ok(Vocabulary {
            words_learned: categories.values().sum(),
            words_reviewed: small(&reviewed, "reviews")?,
            retention_rate: self.retention(user, language, now).await?,
            categories,
        })
    }

    /// How many of a hundred words of the deck would be recalled now, of those that came up again after they were met: nothing
    /// tells yet how the others are remembered. Nothing if there are none.
    async fn retention(&self, user: &UserId, language: &str, now: Timestamp) -> Result<Option<u8>, StorageError> {
        // Words that went the same way are many: those of one conversation were reviewed at one moment.
        let rows = sqlx::query(
            "SELECT stability, last_reviewed_at, COUNT(*) AS words FROM vocabulary \
             WHERE user_id = $1 AND ($2 = '' OR language = $2) AND reviews > 1 GROUP BY stability, last_reviewed_at",
        )
        .bind(user.as_str())
        .bind(language)
        .fetch_all(&self.pool)
        .await?;
        let (mut sum, mut all) = (0.0, 0.0);
        for row in &rows {
            let stability = row.try_get::<i64, _>("stability")?.max(1) as f64 / STABILITY_UNITS;
            let last = Timestamp::from_millis(row.try_get("last_reviewed_at")?);
            let words = f64::from(small(row, "words")?);
            sum += words * recall(stability as f32, last, now);
            all += words;
        }
        let rate = (sum / all * 100.0).round() as u8;
        Ok((!rows.is_empty()).then_some(rate))
    }
}

fn card_from_row(row: &AnyRow) -> Result<Card, StorageError> {
    Ok(Card {
        word: row.try_get("word")?,
        shown: row.try_get("shown")?,
        category: row.try_get("category")?,
        memory: document(row, "memory")?,
        reviews: small(row, "reviews")?,
        uses: small(row, "uses")?,
        first_met_at: Timestamp::from_millis(row.try_get("first_met_at")?),
        last_reviewed_at: Timestamp::from_millis(row.try_get("last_reviewed_at")?),
        due_at: Timestamp::from_millis(row.try_get("due_at")?),
    })
}

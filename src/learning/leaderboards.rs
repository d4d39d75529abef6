//! Leaderboards: standings from the boards that presence keeps, or from the ledger itself while those are not complete.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::calendar::{WEEK, Window, day_number};
use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::presence::boards::{Board, Boards, Ranking, Span, Standings};
use crate::storage::{Database, StorageError};

/// Who gained most; clones share it.
#[derive(Clone)]
pub struct Leaderboards {
    database: Database,
    boards: Arc<dyn Boards>,
    is_rebuilding: Arc<AtomicBool>,
}

/// Which time a board is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Seven days ago until today.
    Weekly,
    /// The month of the calendar.
    Monthly,
    /// Since the first entry of the ledger.
    AllTime,
}

/// Learners that are read from the ledger at once.
const PAGE: u32 = 200;

impl Kind {
    /// Reads `weekly`, `monthly` or `all_time`.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Weekly, Self::Monthly, Self::AllTime]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }

    /// As written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::AllTime => "all_time",
        }
    }

    /// Its days; `None` for all.
    pub fn window(self, now: Timestamp) -> Option<Window> {
        match self {
            Self::Weekly => Some(Window::last_days(WEEK, now)),
            Self::Monthly => Some(Window::month_of(now)),
            Self::AllTime => None,
        }
    }
}

impl Leaderboards {
    /// Boards over the ledger of a database.
    pub fn new(database: Database, boards: Arc<dyn Boards>) -> Self {
        Self {
            database,
            boards,
            is_rebuilding: Arc::default(),
        }
    }

    /// What someone sees of a board.
    ///
    /// # Errors
    /// When neither the boards nor the ledger answer.
    pub async fn standings(
        &self,
        kind: Kind,
        language: Option<&str>,
        learner: &UserId,
        limit: usize,
        now: Timestamp,
    ) -> Result<Standings, StorageError> {
        let window = kind.window(now);
        let board = Board {
            language: language.map(str::to_owned),
            span: window.map_or(Span::Ever, |window| Span::Days {
                first: day_number(window.first),
                // Nobody has gained anything tomorrow.
                last: day_number(window.last).min(now.as_millis().div_euclid(super::calendar::DAY_MILLIS)),
            }),
        };
        match self.boards.standings(&board, learner, limit).await {
            Ok(Some(standings)) => return Ok(standings),
            Ok(None) => self.rebuild_meanwhile(),
            Err(error) => tracing::warn!(%error, "a leaderboard is read from the ledger"),
        }
        let contestants = self.database.gains_in(language, window).await?;
        Ok(Ranking::of(contestants).standings(learner, limit))
    }

    /// Takes over what someone gained.
    pub async fn refresh(&self, learner: &UserId) {
        let gains = match self.database.gains(learner).await {
            Ok(gains) => gains,
            // It is in the ledger: the next gain, or the next start, brings it.
            Err(error) => return tracing::warn!(user_id = %learner, %error, "gains can't be read for the boards"),
        };
        if gains.is_empty() {
            return;
        }
        if let Err(error) = self.boards.set(learner, &gains).await {
            tracing::warn!(user_id = %learner, %error, "gains are not on the boards yet");
        }
    }

    /// Takes someone off all boards.
    pub async fn forget(&self, learner: &UserId) {
        if let Err(error) = self.boards.forget(learner).await {
            tracing::warn!(user_id = %learner, %error, "someone who left is still on the boards");
        }
    }

    /// Builds all boards from the ledger, while requests go on. Those under way already are left to it.
    pub fn rebuild_meanwhile(&self) {
        if self.is_rebuilding.swap(true, Ordering::AcqRel) {
            return;
        }
        let this = self.clone();
        tokio::spawn(async move {
            if let Err(reason) = this.rebuild().await {
                tracing::warn!(reason, "the boards could not be built from the ledger");
            }
            this.is_rebuilding.store(false, Ordering::Release);
        });
    }

    /// Builds all boards from the ledger.
    ///
    /// # Errors
    /// Why that is not done.
    pub async fn rebuild(&self) -> Result<(), String> {
        let mut after = String::new();
        let mut learners = 0;
        loop {
            let page = self.database.gains_of_all(&after, PAGE).await;
            let page = page.map_err(|error| error.to_string())?;
            let Some((last, _)) = page.last() else { break };
            after = last.as_str().to_owned();
            learners += page.len();
            for (learner, gains) in &page {
                let set = self.boards.set(learner, gains).await;
                set.map_err(|error| error.to_string())?;
            }
        }
        self.boards.complete().await.map_err(|error| error.to_string())?;
        tracing::debug!(learners, "boards built from the ledger");
        Ok(())
    }
}

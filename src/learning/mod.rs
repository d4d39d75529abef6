//! What a learner's practice comes to.
//!
//! | module | what lives there |
//! |---|---|
//! | [`practice`] | what came of a conversation: the record that all else is computed from |
//! | [`calendar`] | days, time zones, windows |
//! | [`streak`] | days in a row |
//! | [`xp`] | points and levels |
//! | [`achievements`] | what can be achieved, as data |
//! | [`vocabulary`], [`words`] | decks of words, scheduled by FSRS |
//! | [`review`] | which words that are due come up in a conversation |
//! | [`progress`] | what the records of a window say |
//! | [`ending`] | the end of a conversation, where all of it is written, exactly once |
//! | [`leaderboards`] | who gained most |
//!
//! All but [`Learning`], [`ending`] and [`leaderboards`] is pure: rules over records, told the time.

pub mod achievements;
pub mod calendar;
pub mod ending;
pub mod leaderboards;
pub mod practice;
pub mod progress;
pub mod review;
pub mod streak;
pub mod vocabulary;
pub mod words;
pub mod xp;

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::storage::users::User;
use crate::storage::{Database, StorageError};
use achievements::Catalogue;
use calendar::Period;
use leaderboards::Leaderboards;
use progress::{Progress, Records};
use streak::Streak;

/// Everyone's learning; clones share it.
#[derive(Clone)]
pub struct Learning {
    database: Database,
    achievements: Arc<Catalogue>,
    /// Who gained most.
    pub leaderboards: Leaderboards,
}

impl Learning {
    /// The records of a database.
    pub fn new(database: Database, achievements: Catalogue, leaderboards: Leaderboards) -> Self {
        Self {
            database,
            achievements: Arc::new(achievements),
            leaderboards,
        }
    }

    /// What can be achieved.
    pub fn achievements(&self) -> &Catalogue {
        &self.achievements
    }

    /// What the records of a period say, in one language (as the caller wrote it, and as an English name) or all.
    ///
    /// # Errors
    /// When they can't be read.
    pub async fn progress(
        &self,
        learner: &User,
        period: Period,
        language: Option<(String, &str)>,
        now: Timestamp,
    ) -> Result<Progress, StorageError> {
        let (shown, name) = language.unzip();
        let window = period.window(learner.created_at, now);
        let totals = self.database.totals(&learner.id).await?;
        let records = Records {
            practices: self.database.practices(&learner.id, name, window).await?,
            before: self.database.scores(&learner.id, name, window.before()).await?,
            xp_by_day: self.database.xp_by_day(&learner.id, name, window).await?,
            xp_total: totals.xp,
            streak_days: Streak::at(totals.last_day.as_ref(), now, &learner.time_zone).days,
            vocabulary: self.database.vocabulary(&learner.id, name, window, now).await?,
        };
        Ok(Progress::of(learner.id.clone(), shown, period, window, records))
    }

    /// Takes over on the boards what became of someone's records elsewhere: after a guest's went to them.
    pub async fn refresh(&self, learner: &UserId) {
        self.leaderboards.refresh(learner).await;
    }
}

#[cfg(test)]
mod tests;

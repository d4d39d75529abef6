//! Boards in this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Board, Boards, Contestant, Gain, Ranking, Span, Standings};
use crate::ids::UserId;
use crate::presence::PresenceError;

/// Boards that only this node knows.
#[derive(Debug, Default)]
pub struct LocalBoards(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    is_complete: bool,
    learners: HashMap<UserId, Vec<Gain>>,
    /// Those that were asked for since something changed.
    rankings: HashMap<Board, Arc<Ranking>>,
}

#[async_trait]
impl Boards for LocalBoards {
    async fn set(&self, user: &UserId, gains: &[Gain]) -> Result<(), PresenceError> {
        let mut state = self.state();
        let total = |gains: &[Gain]| gains.iter().map(|gain| gain.xp).sum::<u64>();
        let known = state.learners.get(user).map_or(0, |gains| total(gains));
        // The ledger only grows: less is older.
        if total(gains) > known {
            state.learners.insert(user.clone(), gains.to_vec());
            state.rankings.clear();
        }
        Ok(())
    }

    async fn forget(&self, user: &UserId) -> Result<(), PresenceError> {
        let mut state = self.state();
        state.learners.remove(user);
        state.rankings.clear();
        Ok(())
    }

    async fn complete(&self) -> Result<(), PresenceError> {
        self.state().is_complete = true;
        Ok(())
    }

    async fn standings(&self, board: &Board, user: &UserId, limit: usize) -> Result<Option<Standings>, PresenceError> {
        let ranking = {
            let mut state = self.state();
            if !state.is_complete {
                return Ok(None);
            }
            state.ranking(board)
        };
        Ok(Some(ranking.standings(user, limit)))
    }
}

impl LocalBoards {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is left half done when a holder panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn ranking(&mut self, board: &Board) -> Arc<Ranking> {
        if let Some(ranking) = self.rankings.get(board) {
            return Arc::clone(ranking);
        }
        let contestants = self
            .learners
            .iter()
            .filter_map(|(user, gains)| contestant(board, user, gains));
        let ranking = Arc::new(Ranking::of(contestants.collect()));
        // Boards of days that are over are not asked for again.
        if self.rankings.len() > MOST_RANKINGS {
            self.rankings.clear();
        }
        self.rankings.insert(board.clone(), Arc::clone(&ranking));
        ranking
    }
}

/// More boards than there are languages and spans of one day.
const MOST_RANKINGS: usize = 64;

fn contestant(board: &Board, user: &UserId, gains: &[Gain]) -> Option<Contestant> {
    let counts = |gain: &&Gain| {
        let is_in_time = match board.span {
            Span::Ever => true,
            Span::Days { first, last } => (first..=last).contains(&gain.day),
        };
        is_in_time
            && board
                .language
                .as_ref()
                .is_none_or(|language| *language == gain.language)
    };
    let counted = gains.iter().filter(counts);
    let last_at = counted.clone().map(|gain| gain.last_at).max()?;
    Some(Contestant {
        user: user.clone(),
        xp: counted.map(|gain| gain.xp).sum(),
        last_at,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::*;

    #[tokio::test]
    async fn boards_of_this_process_keep_the_rules() {
        check(&LocalBoards::default()).await;
    }
}

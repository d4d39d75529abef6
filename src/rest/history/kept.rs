//! Histories as they were answered, each with the name of the state of its conversation that it shows. None is answered again
//! before the database has said that this is still the state: see [`crate::storage::transcript::Heading::revision`].
//!
//! What else is in an answer stands in its key, or is as it is for as long as the program runs: which languages have a voice, and
//! which the tutor's words are translated into.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::web::Bytes;

use crate::ids::ConversationId;

/// A history as it was answered.
#[derive(Clone, Debug)]
pub(super) struct History {
    /// The name of the state that it shows.
    pub(super) revision: Arc<str>,
    /// The whole answer.
    pub(super) body: Bytes,
}

/// Holds at most 16 MiB of answers. Those that nobody asked for are forgotten by the generation.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    recent: Answers,
    /// Bytes of the recent ones.
    size: usize,
    former: Answers,
}

/// One of each conversation.
type Answers = HashMap<ConversationId, Answer>;

#[derive(Debug)]
struct Answer {
    /// How the outside reached this program: the URLs in it begin so.
    base: Box<str>,
    history: History,
}

/// Bytes of the answers of a generation.
const GENERATION: usize = 8 * 1024 * 1024;
/// Bytes of the longest answer that is kept.
const LONGEST: usize = 256 * 1024;
/// Bytes that an answer takes beside its own.
const OVERHEAD: usize = 256;

impl Kept {
    /// The answer for a conversation to whoever reaches this program so.
    pub(super) fn find(&self, id: &ConversationId, base: &str) -> Option<History> {
        let mut generations = self.generations();
        if !generations.recent.contains_key(id) {
            let answer = generations.former.remove(id)?;
            generations.insert(id.clone(), answer);
        }
        let answer = generations.recent.get(id)?;
        (*answer.base == *base).then(|| answer.history.clone())
    }

    /// Keeps an answer in place of the one before.
    pub(super) fn remember(&self, id: &ConversationId, base: &str, history: History) {
        // A state without a name can't be asked for.
        if history.revision.is_empty() || history.body.len() > LONGEST {
            return;
        }
        let base = base.into();
        let mut generations = self.generations();
        generations.remove(id);
        generations.insert(id.clone(), Answer { base, history });
    }

    /// Forgets a conversation that is gone.
    pub(super) fn forget(&self, id: &ConversationId) {
        self.generations().remove(id);
    }

    fn generations(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn insert(&mut self, id: ConversationId, answer: Answer) {
        let size = answer.size();
        if self.size + size > GENERATION {
            self.former = mem::take(&mut self.recent);
            self.size = 0;
        }
        self.size += size;
        self.recent.insert(id, answer);
    }

    fn remove(&mut self, id: &ConversationId) {
        self.former.remove(id);
        if let Some(answer) = self.recent.remove(id) {
            self.size -= answer.size();
        }
    }
}

impl Answer {
    fn size(&self) -> usize {
        OVERHEAD + self.base.len() + self.history.body.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "http://localhost";

    fn history(revision: &str, length: usize) -> History {
        History {
            revision: revision.into(),
            body: vec![b' '; length].into(),
        }
    }

    fn revision_of(kept: &Kept, id: &ConversationId, base: &str) -> Option<String> {
        kept.find(id, base).map(|history| history.revision.to_string())
    }

    #[test]
    fn an_answer_is_found_by_whoever_asks_the_same_in_the_same_way() {
        let (kept, id) = (Kept::default(), ConversationId::new());
        kept.remember(&id, BASE, history("a", 9));
        assert_eq!(revision_of(&kept, &id, BASE).as_deref(), Some("a"));
        assert_eq!(revision_of(&kept, &id, "https://localhost"), None);
        assert_eq!(revision_of(&kept, &ConversationId::new(), BASE), None);
        kept.remember(&id, BASE, history("b", 9));
        assert_eq!(revision_of(&kept, &id, BASE).as_deref(), Some("b"));
        kept.forget(&id);
        assert_eq!(revision_of(&kept, &id, BASE), None);
        assert_eq!(kept.generations().size, 0);
    }

    #[test]
    fn what_has_no_name_or_is_too_long_is_not_kept() {
        let (kept, id) = (Kept::default(), ConversationId::new());
        kept.remember(&id, BASE, history("", 9));
        kept.remember(&id, BASE, history("a", LONGEST + 1));
        assert_eq!(revision_of(&kept, &id, BASE), None);
    }

    #[test]
    fn there_is_a_bound_and_what_is_asked_for_stays_within_it() {
        let kept = Kept::default();
        let ids: Vec<ConversationId> = (0..4 * GENERATION / LONGEST).map(|_| ConversationId::new()).collect();
        for id in &ids {
            kept.remember(id, BASE, history("a", LONGEST));
            assert!(kept.find(&ids[0], BASE).is_some());
            let generations = kept.generations();
            let held = generations.recent.values().map(Answer::size).sum::<usize>();
            assert_eq!(held, generations.size);
            let former = generations.former.values().map(Answer::size).sum::<usize>();
            assert!(held <= GENERATION && former <= GENERATION);
        }
        assert!(kept.find(&ids[1], BASE).is_none());
        assert!(kept.find(ids.last().unwrap(), BASE).is_some());
    }
}

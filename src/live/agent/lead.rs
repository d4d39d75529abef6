//! How far the voice is ahead of the playout. The downlink holds a limited amount of speech and refuses the rest, so the
//! voice waits before it comes to that.

use std::collections::VecDeque;
use std::time::Duration;

/// The voice starts no phrase while more than this waits to be heard. The downlink takes 120 s; a phrase is a clause.
const FURTHEST: Duration = Duration::from_secs(20);

/// The speech that was handed to the downlink and is not known to have left.
#[derive(Debug, Default)]
pub(super) struct Lead {
    phrases: VecDeque<Queued>,
}

#[derive(Debug)]
struct Queued {
    generation: u64,
    phrase: usize,
    made: Duration,
    played: Duration,
}

impl Lead {
    /// More of a phrase was handed over.
    pub(super) fn handle_made(&mut self, generation: u64, phrase: usize, duration: Duration) {
        match self.phrases.back_mut() {
            Some(last) if (last.generation, last.phrase) == (generation, phrase) => last.made += duration,
            _ => self.phrases.push_back(Queued {
                generation,
                phrase,
                made: duration,
                played: Duration::ZERO,
            }),
        }
    }

    /// So much of a phrase has left; whatever was before it is gone.
    pub(super) fn handle_played(&mut self, generation: u64, phrase: usize, played: Duration) {
        let is_it = |queued: &Queued| (queued.generation, queued.phrase) == (generation, phrase);
        if let Some(at) = self.phrases.iter().position(is_it) {
            self.phrases.drain(..at);
            self.phrases[0].played = played;
        }
    }

    /// All of a reply has left, and of those before it.
    pub(super) fn handle_finished(&mut self, generation: u64) {
        self.phrases.retain(|queued| queued.generation > generation);
    }

    /// Nothing waits any more.
    pub(super) fn clear(&mut self) {
        self.phrases.clear();
    }

    /// Whether the next phrase has to wait.
    pub(super) fn is_too_far(&self) -> bool {
        let waiting: Duration = self
            .phrases
            .iter()
            .map(|queued| queued.made.saturating_sub(queued.played))
            .sum();
        waiting > FURTHEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_voice_waits_while_too_much_is_unheard_and_goes_on_as_it_is_played() {
        let mut lead = Lead::default();
        lead.handle_made(1, 0, s(15));
        assert!(!lead.is_too_far());
        lead.handle_made(1, 1, s(4));
        lead.handle_made(1, 1, s(4));
        assert!(lead.is_too_far());
        lead.handle_played(1, 0, s(2));
        assert!(lead.is_too_far());
        lead.handle_played(1, 0, s(3));
        assert!(!lead.is_too_far());
    }

    #[test]
    fn a_phrase_that_plays_has_those_before_it_behind_it() {
        let mut lead = Lead::default();
        lead.handle_made(1, 0, s(30));
        lead.handle_made(1, 1, s(10));
        lead.handle_played(1, 1, s(0));
        assert!(!lead.is_too_far());
        lead.handle_played(1, 0, s(30));
        assert_eq!(lead.phrases.len(), 1);
    }

    #[test]
    fn a_reply_that_is_over_leaves_only_what_belongs_to_the_next() {
        let mut lead = Lead::default();
        lead.handle_made(1, 0, s(30));
        lead.handle_made(2, 0, s(30));
        lead.handle_finished(1);
        assert!(lead.is_too_far());
        lead.handle_finished(2);
        assert!(!lead.is_too_far());
        lead.handle_made(3, 0, s(30));
        lead.clear();
        assert!(!lead.is_too_far());
    }
}

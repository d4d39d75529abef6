//! Which samples left, and when.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::SENT_RATE;

/// Phrases that are accounted for at a time, over all generations that haven't finished.
const MOST_PHRASES: usize = 256;

/// What left of one phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayedPhrase {
    /// Its reply.
    pub generation: u64,
    /// Its number.
    pub phrase: u32,
    /// Samples at [`SENT_RATE`] that left.
    pub samples: u64,
    /// When the first of them left.
    pub started: Instant,
}

impl PlayedPhrase {
    /// How much of it was heard.
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.samples * 1_000_000 / u64::from(SENT_RATE))
    }
}

/// What left of the replies that were queued.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Played {
    /// Phrases of which something left, in order. A phrase that isn't here was not heard at all.
    pub phrases: Vec<PlayedPhrase>,
}

impl Played {
    /// How many samples at [`SENT_RATE`] of a phrase left.
    pub fn samples(&self, generation: u64, phrase: u32) -> u64 {
        let same = |played: &&PlayedPhrase| played.generation == generation && played.phrase == phrase;
        self.phrases.iter().filter(same).map(|played| played.samples).sum()
    }

    /// Takes back what left after `end`: nobody was there any more. Sound leaves at the pace at which it is heard, so that
    /// the time since a phrase began tells how far it had come; one that was paused meanwhile may count for too much.
    pub fn cut(&mut self, end: Instant) {
        for phrase in &mut self.phrases {
            let heard = end.saturating_duration_since(phrase.started).as_micros() * u128::from(SENT_RATE) / 1_000_000;
            phrase.samples = phrase.samples.min(u64::try_from(heard).unwrap_or(u64::MAX));
        }
    }

    /// How many samples at [`SENT_RATE`] left in all.
    pub fn total(&self) -> u64 {
        self.phrases.iter().map(|played| played.samples).sum()
    }
}

/// Keeps the account.
#[derive(Clone, Debug, Default)]
pub struct Account {
    phrases: VecDeque<PlayedPhrase>,
}

impl Account {
    /// Samples of a phrase leave now. Answers whether they are its first.
    pub fn leave(&mut self, generation: u64, phrase: u32, samples: u64, now: Instant) -> bool {
        if let Some(last) = self.phrases.back_mut()
            && (last.generation, last.phrase) == (generation, phrase)
        {
            last.samples += samples;
            return false;
        }
        if self.phrases.len() == MOST_PHRASES {
            self.phrases.pop_front();
        }
        self.phrases.push_back(PlayedPhrase {
            generation,
            phrase,
            samples,
            started: now,
        });
        true
    }

    /// What left of phrases whose reply is not over, in order.
    pub fn open(&self) -> impl DoubleEndedIterator<Item = &PlayedPhrase> {
        self.phrases.iter()
    }

    /// Closes the account of a generation.
    pub fn close(&mut self, generation: u64) -> Played {
        let mut played = Played::default();
        self.phrases.retain(|phrase| {
            let its = phrase.generation == generation;
            if its {
                played.phrases.push(*phrase);
            }
            !its
        });
        played
    }

    /// Closes all.
    pub fn close_all(&mut self) -> Played {
        Played {
            phrases: self.phrases.drain(..).collect(),
        }
    }
}

/// Phrases that begin in one frame. More than a few are shorter than anything that is said.
#[derive(Default)]
pub struct Firsts {
    phrases: [(u64, u32); 4],
    count: usize,
}

impl Firsts {
    /// Notes a phrase.
    pub fn push(&mut self, generation: u64, phrase: u32) {
        if let Some(slot) = self.phrases.get_mut(self.count) {
            *slot = (generation, phrase);
            self.count += 1;
        }
    }

    /// The phrases, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, (u64, u32)> {
        self.phrases[..self.count].iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_left_after_the_end_is_taken_back() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut account = Account::default();
        account.leave(1, 0, 24_000, at(0));
        account.leave(1, 1, 24_000, at(1_000));
        account.leave(1, 2, 2_400, at(2_000));
        let mut played = account.close_all();
        played.cut(at(1_500));
        let heard: Vec<Duration> = played.phrases.iter().map(PlayedPhrase::duration).collect();
        assert_eq!(heard, [1_000, 500, 0].map(Duration::from_millis));
    }
}

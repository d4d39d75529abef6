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
    /// Samples at 48 kHz that left.
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
    /// How many samples at 48 kHz of a phrase left.
    pub fn samples(&self, generation: u64, phrase: u32) -> u64 {
        let same = |played: &&PlayedPhrase| played.generation == generation && played.phrase == phrase;
        self.phrases.iter().filter(same).map(|played| played.samples).sum()
    }

    /// How many samples at 48 kHz left in all.
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

//! Secrets that were right lately. Whoever shows one of them guesses nothing, and need not be held up by others who do.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Secrets that this node has seen to be right; clones share them. None is kept itself, only a keyed hash of it. It opens
/// nothing: whether a secret still counts is looked up each time.
#[derive(Clone, Debug, Default)]
pub struct Proven(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    hasher: RandomState,
    hashes: Mutex<HashSet<u64>>,
}

/// When so many are known, all are forgotten: each costs its sender one unit of their limits once more, and that is all.
const CAPACITY: usize = 65_536;

impl Proven {
    /// It was right.
    pub fn remember(&self, secret: &str) {
        let hash = self.0.hasher.hash_one(secret);
        let mut hashes = self.hashes();
        if hashes.len() >= CAPACITY && !hashes.contains(&hash) {
            hashes.clear();
        }
        hashes.insert(hash);
    }

    /// It was not right, or no longer.
    pub fn forget(&self, secret: &str) {
        let hash = self.0.hasher.hash_one(secret);
        self.hashes().remove(&hash);
    }

    /// Whether it was right when it was last shown.
    pub fn contains(&self, secret: &str) -> bool {
        let hash = self.0.hasher.hash_one(secret);
        self.hashes().contains(&hash)
    }

    fn hashes(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.0.hashes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_right_is_known_until_it_is_wrong() {
        let proven = Proven::default();
        assert!(!proven.contains("key"));
        proven.clone().remember("key");
        assert!(proven.contains("key") && !proven.contains("Key"));
        proven.forget("key");
        assert!(!proven.contains("key"));
    }

    #[test]
    fn no_more_are_kept_than_there_is_room_for() {
        let proven = Proven::default();
        for number in 0..=CAPACITY {
            proven.remember(&number.to_string());
        }
        assert!(proven.contains(&CAPACITY.to_string()));
        assert!(proven.hashes().len() <= CAPACITY);
    }
}

//! The earliest-deadline queue of an arbiter: one wake-up for all of its conversations.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::time::Instant;

/// At most one deadline a key.
#[derive(Debug)]
pub struct Deadlines<K> {
    by_time: BTreeSet<(Instant, K)>,
    by_key: HashMap<K, Instant>,
}

impl<K> Default for Deadlines<K> {
    fn default() -> Self {
        Self {
            by_time: BTreeSet::new(),
            by_key: HashMap::new(),
        }
    }
}

impl<K: Copy + Eq + Hash + Ord> Deadlines<K> {
    /// Sets the key's deadline in place of the one before, or clears it.
    pub fn arm(&mut self, key: K, at: Option<Instant>) {
        let before = match at {
            Some(at) => self.by_key.insert(key, at),
            None => self.by_key.remove(&key),
        };
        if before == at {
            return;
        }
        if let Some(before) = before {
            self.by_time.remove(&(before, key));
        }
        if let Some(at) = at {
            self.by_time.insert((at, key));
        }
    }

    /// The earliest deadline.
    pub fn next(&self) -> Option<Instant> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Takes the earliest deadline that has come, with its key.
    pub fn due(&mut self, now: Instant) -> Option<(K, Instant)> {
        let (at, key) = *self.by_time.first().filter(|(at, _)| *at <= now)?;
        self.arm(key, None);
        Some((key, at))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn deadlines_come_due_in_order_and_only_once() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut deadlines = Deadlines::default();
        deadlines.arm('b', Some(at(20)));
        deadlines.arm('a', Some(at(30)));
        deadlines.arm('c', Some(at(10)));
        deadlines.arm('a', Some(at(5)));
        deadlines.arm('c', None);
        assert_eq!(deadlines.next(), Some(at(5)));
        assert_eq!(deadlines.due(at(4)), None);
        assert_eq!(deadlines.due(at(20)), Some(('a', at(5))));
        assert_eq!(deadlines.due(at(20)), Some(('b', at(20))));
        assert_eq!(deadlines.due(at(99)), None);
        assert_eq!(deadlines.next(), None);
    }
}

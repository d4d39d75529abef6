//! Rate limits: who may do how much more.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::gcra::{EmptyAt, Standing, Window};

/// At most so many windows apply to one thing.
pub const MAX_WINDOWS: usize = 2;

/// Whether something may be done, and how much more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may be done.
    pub is_allowed: bool,
    /// Where whoever asked stands in each window, in the order of the windows.
    pub standings: Vec<Standing>,
}

impl Decision {
    /// How long to wait before asking again; zero if it may be done.
    pub fn retry_after(&self) -> Duration {
        if self.is_allowed {
            return Duration::ZERO;
        }
        let waits = self.standings.iter().map(|standing| standing.free_after);
        waits.max().unwrap_or_default()
    }

    pub(super) fn of(is_allowed: bool, windows: &[Window], empty_at: &[EmptyAt], now: i64) -> Self {
        let standings = windows.iter().zip(empty_at);
        Self {
            is_allowed,
            standings: standings.map(|(window, at)| window.standing(*at, now)).collect(),
        }
    }
}

/// Counts what is done.
#[async_trait]
pub trait Limits: Send + Sync + 'static {
    /// Counts that whoever `key` names does something once, if every one of at most [`MAX_WINDOWS`] windows allows it.
    /// Never fails: when counting is impossible, it is allowed.
    async fn spend(&self, key: &str, windows: &[Window]) -> Decision;
}

/// Limits of this process.
#[derive(Debug)]
pub struct LocalLimits {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
    began: Instant,
}

/// Keys in two generations: those used since the last turn, and those used before it. When a generation is full, it becomes
/// the older one, and what nobody used in the older one is forgotten. So there is always room to count a newcomer, and whoever
/// goes on is never forgotten, however many others come.
#[derive(Debug, Default)]
struct Shard {
    young: Buckets,
    old: Buckets,
}

type Buckets = HashMap<Box<str>, [EmptyAt; MAX_WINDOWS]>;

const SHARDS: usize = 16;
/// Keys of one generation of one shard.
const GENERATION: usize = 8192;

impl Default for LocalLimits {
    fn default() -> Self {
        Self {
            shards: Default::default(),
            hasher: RandomState::new(),
            began: Instant::now(),
        }
    }
}

impl LocalLimits {
    fn shard(&self, key: &str) -> &Mutex<Shard> {
        let hash = self.hasher.hash_one(key);
        &self.shards[(hash % SHARDS as u64) as usize]
    }

    fn spend_at(&self, key: &str, windows: &[Window], now: i64) -> Decision {
        let mut shard = self.shard(key).lock().unwrap_or_else(PoisonError::into_inner);
        shard.spend(key, windows, now)
    }
}

impl Shard {
    fn spend(&mut self, key: &str, windows: &[Window], now: i64) -> Decision {
        let windows = &windows[..windows.len().min(MAX_WINDOWS)];
        let bucket = self.bucket(key);
        let before = *bucket;
        let mut after = before;
        for (empty_at, window) in after.iter_mut().zip(windows) {
            match window.spend(*empty_at, now) {
                Some(filled) => *empty_at = filled,
                None => return Decision::of(false, windows, &before, now),
            }
        }
        *bucket = after;
        Decision::of(true, windows, &after, now)
    }

    /// The bucket of a key, among the young from now on.
    fn bucket(&mut self, key: &str) -> &mut [EmptyAt; MAX_WINDOWS] {
        if !self.young.contains_key(key) {
            let bucket = self.old.remove(key).unwrap_or_default();
            if self.young.len() >= GENERATION {
                self.old = std::mem::take(&mut self.young);
            }
            self.young.insert(key.into(), bucket);
        }
        self.young.get_mut(key).expect("it was there, or is now")
    }
}

#[async_trait]
impl Limits for LocalLimits {
    async fn spend(&self, key: &str, windows: &[Window]) -> Decision {
        let now = i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX / 4);
        self.spend_at(key, windows, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Window = Window::new("hour", 60, Duration::from_secs(3600), 60);
    const MINUTE: Window = Window::new("minute", 10, Duration::from_secs(60), 10);

    #[test]
    fn both_windows_hold_and_what_one_refuses_costs_nothing_in_the_other() {
        let limits = LocalLimits::default();
        for _ in 0..10 {
            assert!(limits.spend_at("ann", &[HOUR, MINUTE], 0).is_allowed);
        }
        for _ in 0..5 {
            let refused = limits.spend_at("ann", &[HOUR, MINUTE], 0);
            assert!(!refused.is_allowed);
            assert_eq!(refused.standings[0].remaining, 50);
            assert_eq!(refused.standings[1].remaining, 0);
            assert_eq!(refused.retry_after(), Duration::from_secs(6));
        }
        assert!(limits.spend_at("bob", &[HOUR, MINUTE], 0).is_allowed);
    }

    #[test]
    fn the_hour_refuses_whoever_uses_every_minute() {
        let limits = LocalLimits::default();
        let minutes = (0..8).map(|minute| minute * 60_000_000);
        let allowed = minutes.map(|now| {
            (0..10)
                .filter(|_| limits.spend_at("ann", &[HOUR, MINUTE], now).is_allowed)
                .count()
        });
        // Ten a minute until the hour's sixty, and the one a minute that grew back meanwhile, are used up.
        assert_eq!(allowed.collect::<Vec<_>>(), [10, 10, 10, 10, 10, 10, 6, 1]);
    }

    #[test]
    fn however_many_come_each_is_counted_and_who_goes_on_is_not_forgotten() {
        let mut shard = Shard::default();
        for _ in 0..10 {
            assert!(shard.spend("guesser", &[MINUTE], 0).is_allowed);
        }
        for number in 0..5 * GENERATION {
            let key = number.to_string();
            assert_eq!(shard.spend(&key, &[MINUTE], 0).standings[0].remaining, 9);
            assert_eq!(shard.spend(&key, &[MINUTE], 0).standings[0].remaining, 8);
            if number % 1000 == 0 {
                assert!(!shard.spend("guesser", &[MINUTE], 0).is_allowed);
            }
        }
        assert!(shard.young.len() <= GENERATION && shard.old.len() <= GENERATION);
        // Whoever did nothing for two generations is forgotten.
        assert_eq!(shard.spend("0", &[MINUTE], 0).standings[0].remaining, 9);
    }
}

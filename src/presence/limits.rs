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

#[derive(Debug, Default)]
struct Shard {
    buckets: HashMap<Box<str>, [EmptyAt; MAX_WINDOWS]>,
    /// When room was last made.
    swept_at: i64,
}

const SHARDS: usize = 16;
/// Keys that one shard remembers. When all of them are in use, newcomers are let pass uncounted.
const SHARD_CAPACITY: usize = 16_384;
/// How often a full shard is searched for what may be forgotten, in microseconds.
const SWEEP_EVERY: i64 = 1_000_000;

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
        let before = self.buckets.get(key).copied().unwrap_or_default();
        let mut after = before;
        for (bucket, window) in after.iter_mut().zip(windows) {
            match window.spend(*bucket, now) {
                Some(filled) => *bucket = filled,
                None => return Decision::of(false, windows, &before, now),
            }
        }
        if let Some(buckets) = self.buckets.get_mut(key) {
            *buckets = after;
        } else if self.has_room(now) {
            self.buckets.insert(key.into(), after);
        }
        Decision::of(true, windows, &after, now)
    }

    fn has_room(&mut self, now: i64) -> bool {
        if self.buckets.len() >= SHARD_CAPACITY && now - self.swept_at >= SWEEP_EVERY {
            self.swept_at = now;
            self.buckets.retain(|_, buckets| buckets.iter().any(|at| *at > now));
        }
        self.buckets.len() < SHARD_CAPACITY
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
    fn a_full_shard_forgets_who_did_nothing_for_long_and_then_counts_again() {
        let mut shard = Shard::default();
        for number in 0..SHARD_CAPACITY {
            shard.spend(&number.to_string(), &[MINUTE], 0);
        }
        // No room yet: allowed, but not counted.
        assert!(shard.spend("new", &[MINUTE], 1).is_allowed);
        assert!(!shard.buckets.contains_key("new"));
        // Those who are known are counted still.
        assert_eq!(shard.spend("7", &[MINUTE], 1).standings[0].remaining, 8);
        assert!(shard.spend("new", &[MINUTE], 10_000_000).is_allowed);
        assert!(shard.buckets.contains_key("new"));
        assert!(shard.buckets.contains_key("7"));
        assert_eq!(shard.buckets.len(), 2);
    }
}

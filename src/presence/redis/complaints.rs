//! When to complain about Redis: not with every request that has to do without it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::presence::PresenceError;

/// What was complained about already.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    is_away: AtomicBool,
    /// Whether it was said that it is away.
    is_said: AtomicBool,
    /// Seconds of the caller's clock until which no more is worth a word.
    rest_until: AtomicU64,
}

/// One complaint in so much time at most, however often it comes and goes.
const EVERY: Duration = Duration::from_secs(60);

impl Complaints {
    /// Whether to complain of an error: once while Redis is away, and now and then of what it refuses.
    pub(super) fn are_due(&self, error: &PresenceError, now: Duration) -> bool {
        match error {
            PresenceError::Away(_) => {
                let is_due = !self.is_away.swap(true, Ordering::Relaxed) && self.is_worth_it(now);
                self.is_said.fetch_or(is_due, Ordering::Relaxed);
                is_due
            }
            PresenceError::Refused(_) => self.is_worth_it(now),
        }
    }

    /// It answers; whether it was said before that it doesn't.
    pub(super) fn end(&self) -> bool {
        // Read first: this is asked with every answer.
        self.is_away.load(Ordering::Relaxed)
            && self.is_away.swap(false, Ordering::Relaxed)
            && self.is_said.swap(false, Ordering::Relaxed)
    }

    fn is_worth_it(&self, now: Duration) -> bool {
        let rest_until = self.rest_until.load(Ordering::Relaxed);
        let next = (now + EVERY).as_secs();
        let set = |from, to| {
            self.rest_until
                .compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed)
        };
        now.as_secs() >= rest_until && set(rest_until, next).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_redis_is_away_is_said_once_and_so_is_that_it_is_back() {
        let complaints = Complaints::default();
        let away = PresenceError::Away("gone".to_owned());
        assert!(!complaints.end());
        for minute in 0..2 {
            let now = minute * EVERY;
            assert!(complaints.are_due(&away, now));
            assert!((0..50).all(|second| !complaints.are_due(&away, now + Duration::from_secs(second))));
            assert!(complaints.end());
            assert!(!complaints.end());
        }
    }

    #[test]
    fn a_redis_that_comes_and_goes_is_complained_about_once_a_minute() {
        let complaints = Complaints::default();
        let away = PresenceError::Away("slow".to_owned());
        let told = (0..180).filter(|second| {
            let is_due = complaints.are_due(&away, Duration::from_secs(*second));
            // That it is back is said if it was said that it is away.
            assert_eq!(complaints.end(), is_due);
            is_due
        });
        assert_eq!(told.collect::<Vec<_>>(), [0, 60, 120]);
    }

    #[test]
    fn what_redis_refuses_is_said_once_a_minute() {
        let complaints = Complaints::default();
        let refused = PresenceError::Refused("READONLY".to_owned());
        let said = (0..180).filter(|second| complaints.are_due(&refused, Duration::from_secs(*second)));
        assert_eq!(said.collect::<Vec<_>>(), [0, 60, 120]);
    }
}

//! A circuit breaker: an engine that keeps failing is left alone for a while, then tried once. Pure.
//!
//! ```text
//! Closed --failures in a row--> Open --time--> HalfOpen --one success--> Closed
//!                                 ^               |
//!                                 +---failure-----+   (and for twice as long)
//! ```

use std::time::{Duration, Instant};

/// When a breaker opens and closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerConfig {
    /// How many failures in a row open it (3 by default).
    pub failures: u32,
    /// How long it stays open the first time [5 s].
    pub open_for: Duration,
    /// How long it stays open at most, after failures of all trials [2 min].
    pub open_for_at_most: Duration,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self {
            failures: 3,
            open_for: Duration::from_secs(5),
            open_for_at_most: Duration::from_secs(120),
        }
    }
}

/// The breaker of one engine.
#[derive(Clone, Debug)]
pub struct Breaker {
    config: BreakerConfig,
    state: State,
    open_for: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// One attempt is on trial.
    HalfOpen,
}

impl Breaker {
    /// A closed breaker.
    pub fn new(config: BreakerConfig) -> Self {
        Self {
            config,
            state: State::Closed { failures: 0 },
            open_for: config.open_for,
        }
    }

    /// Whether an attempt may be made now. If so, tell how it went: by success, failure or being abandoned.
    pub fn try_pass(&mut self, now: Instant) -> bool {
        match self.state {
            State::Closed { .. } => true,
            State::Open { until } if now >= until => {
                self.state = State::HalfOpen;
                true
            }
            State::Open { .. } | State::HalfOpen => false,
        }
    }

    /// An attempt went well.
    pub fn handle_success(&mut self) {
        self.state = State::Closed { failures: 0 };
        self.open_for = self.config.open_for;
    }

    /// An attempt failed.
    pub fn handle_failure(&mut self, now: Instant) {
        match self.state {
            State::Closed { failures } if failures + 1 < self.config.failures => {
                self.state = State::Closed { failures: failures + 1 };
            }
            State::Closed { .. } => self.open(now),
            State::HalfOpen => {
                self.open_for = (self.open_for * 2).min(self.config.open_for_at_most);
                self.open(now);
            }
            // An attempt that had begun before it opened.
            State::Open { .. } => {}
        }
    }

    /// An attempt was refused, and the engine says how long it wants to be left alone. It is not longer than the breaker stays
    /// open at most, whatever it says.
    pub fn handle_rest(&mut self, rest: Duration, now: Instant) {
        self.state = State::Open {
            until: now + rest.min(self.config.open_for_at_most),
        };
    }

    /// Whether the engine works, as far as its last attempts tell.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed { .. })
    }

    /// An attempt was cancelled before it could show anything: if it was the trial, the next one is.
    pub fn handle_abandoned(&mut self, now: Instant) {
        if self.state == State::HalfOpen {
            self.state = State::Open { until: now };
        }
    }

    fn open(&mut self, now: Instant) {
        self.state = State::Open {
            until: now + self.open_for,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(now: Instant) -> Breaker {
        let mut breaker = Breaker::new(BreakerConfig::default());
        for _ in 0..3 {
            assert!(breaker.try_pass(now));
            breaker.handle_failure(now);
        }
        breaker
    }

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn failures_in_a_row_open_it_and_others_do_not() {
        let now = Instant::now();
        let mut breaker = Breaker::new(BreakerConfig::default());
        for _ in 0..10 {
            breaker.handle_failure(now);
            breaker.handle_failure(now);
            breaker.handle_success();
        }
        assert!(breaker.try_pass(now));
        assert!(!opened(now).try_pass(now));
    }

    #[test]
    fn one_trial_closes_it_again() {
        let now = Instant::now();
        let mut breaker = opened(now);
        assert!(!breaker.try_pass(now + s(4)));
        assert!(breaker.try_pass(now + s(5)));
        assert!(!breaker.try_pass(now + s(5)), "only one trial at a time");
        breaker.handle_success();
        assert!(breaker.try_pass(now + s(5)));
        assert!(breaker.try_pass(now + s(5)));
    }

    #[test]
    fn failed_trials_double_the_wait_up_to_the_most() {
        let mut now = Instant::now();
        let mut breaker = opened(now);
        for wait in [5, 10, 20, 40, 80, 120, 120] {
            assert!(!breaker.try_pass(now + s(wait) - Duration::from_millis(1)));
            now += s(wait);
            assert!(breaker.try_pass(now), "after {wait} s");
            breaker.handle_failure(now);
        }
    }

    #[test]
    fn an_abandoned_trial_is_followed_by_another() {
        let now = Instant::now();
        let mut breaker = opened(now);
        assert!(breaker.try_pass(now + s(5)));
        breaker.handle_abandoned(now + s(6));
        assert!(breaker.try_pass(now + s(6)));
    }

    #[test]
    fn failures_of_older_attempts_do_not_keep_it_open() {
        let now = Instant::now();
        let mut breaker = opened(now);
        breaker.handle_failure(now + s(4));
        assert!(breaker.try_pass(now + s(5)));
    }

    #[test]
    fn who_asks_for_rest_gets_it_at_once_but_no_more_than_the_most() {
        let now = Instant::now();
        for (asked, given) in [(30, 30), (0, 0), (100_000, 120)] {
            let mut breaker = Breaker::new(BreakerConfig::default());
            assert!(breaker.is_closed() && breaker.try_pass(now));
            breaker.handle_rest(s(asked), now);
            assert!(!breaker.is_closed());
            if given > 0 {
                assert!(!breaker.try_pass(now + s(given) - Duration::from_millis(1)), "{asked}");
            }
            assert!(breaker.try_pass(now + s(given)), "{asked}");
            breaker.handle_success();
            assert!(breaker.is_closed());
        }
    }
}

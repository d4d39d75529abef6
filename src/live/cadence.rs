//! How regularly datagrams come for a call: where they come once in 20 ms, whoever takes them in does along with them what is done
//! on a tick, and needs none of its own.

use std::time::{Duration, Instant};

/// Datagrams that follow each other faster do without a tick: they come every 20 ms, a little sooner or later.
pub const LEAST_TICK: Duration = Duration::from_millis(15);
/// Datagrams that are further apart than this don't come once in a tick.
const MOST_APART: Duration = Duration::from_millis(25);

/// Of one call.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cadence {
    /// When the last datagram came.
    heard: Option<Instant>,
    /// It came as soon after the one before as they do that come once in a tick.
    is_steady: bool,
}

impl Cadence {
    /// With a datagram that came at `at`.
    pub fn and(self, at: Instant) -> Self {
        Self {
            heard: Some(at),
            is_steady: self.is_within_reach(at),
        }
    }

    /// Whether a datagram has just been there and the next one is about to come: a tick isn't needed. A stream that stops costs one.
    pub fn spares_tick(self, now: Instant) -> bool {
        self.is_steady && self.is_within_reach(now)
    }

    fn is_within_reach(self, now: Instant) -> bool {
        self.heard
            .is_some_and(|heard| now.saturating_duration_since(heard) <= MOST_APART)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::wire::TICK;

    /// A conversation does what is done on a tick on each tick, and along with a datagram if that is `LEAST_TICK` ago. The longest
    /// time between two of these, and how many of 500 ticks were spared, of datagrams that come at these times.
    fn ticks(datagrams: impl Iterator<Item = Duration>) -> (Duration, u32) {
        let start = Instant::now();
        let mut cadence = Cadence::default();
        let (mut ticked, mut longest, mut spared) = (start, Duration::ZERO, 0);
        let mut datagrams = datagrams.map(|after| start + after).peekable();
        for due in (1..=500).map(|number| start + TICK * number) {
            let mut done = Vec::new();
            while let Some(at) = datagrams.next_if(|at| *at < due) {
                cadence = cadence.and(at);
                if at - done.last().copied().unwrap_or(ticked) >= LEAST_TICK {
                    done.push(at);
                }
            }
            if cadence.spares_tick(due) {
                spared += 1;
            } else {
                done.push(due);
            }
            for at in done {
                longest = longest.max(at - ticked);
                ticked = at;
            }
        }
        (longest, spared)
    }

    fn every(apart: u64, phase: u64) -> impl Iterator<Item = Duration> {
        (0..).map(move |number| Duration::from_micros(phase + number * apart * 1_000))
    }

    #[test]
    fn datagrams_once_in_20_ms_spare_all_ticks_but_the_first_whenever_they_come() {
        for phase in (100..20_000).step_by(700) {
            let (longest, spared) = ticks(every(20, phase));
            assert!(spared >= 498, "{phase}: {spared}");
            assert!(longest < TICK * 2, "{phase}: {longest:?}");
        }
    }

    #[test]
    fn datagrams_that_come_more_seldom_or_not_at_all_spare_none() {
        for apart in [40, 60, 400] {
            for phase in (100..apart * 1_000).step_by(900) {
                assert_eq!(
                    ticks(every(apart, phase)),
                    (TICK, 0),
                    "{apart} ms apart, from {phase} us on"
                );
            }
        }
        assert_eq!(ticks(std::iter::empty()), (TICK, 0));
    }

    #[test]
    fn two_who_talk_at_once_or_a_network_that_delays_leave_no_gap() {
        let mut both: Vec<_> = every(20, 3_000).take(500).chain(every(20, 9_000).take(500)).collect();
        both.sort_unstable();
        let (longest, spared) = ticks(both.into_iter());
        assert!(longest < TICK * 2 && spared >= 498, "{longest:?}, {spared}");
        let late = |number: u64| Duration::from_millis(number * 20 + 1 + number * 7 % 10);
        let (longest, _) = ticks((0..).map(late));
        assert!(longest < TICK * 2, "{longest:?}");
    }

    #[test]
    fn a_stream_that_stops_costs_one_tick() {
        let (longest, _) = ticks(every(20, 100).take(100));
        assert_eq!(longest, TICK * 2 - Duration::from_micros(100));
    }
}

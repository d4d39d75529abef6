//! The arithmetic of rate limits: the generic cell rate algorithm (ITU-T I.371). A window is a bucket of `capacity` that
//! one more fits into every `interval`; all that has to be kept of it is the moment at which it will be empty again.

use std::time::Duration;

/// How often something may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// What it is called in headers.
    pub name: &'static str,
    /// How often at once.
    pub capacity: u32,
    /// How long until it may be done once more.
    pub interval: Duration,
}

/// Where somebody stands in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How often it may be done at once when nothing was done for long.
    pub limit: u32,
    /// How often it may still be done at once.
    pub remaining: u32,
    /// How long until `remaining` is `limit` again.
    pub full_after: Duration,
    /// How long until it may be done once more; zero if it may now.
    pub free_after: Duration,
}

/// When the bucket of a window is empty again, in microseconds of any clock; in the past, it is empty.
pub type EmptyAt = i64;

impl Window {
    /// `rate` in `period` in the long run, `capacity` at once. All at least one.
    pub const fn new(name: &'static str, rate: u32, period: Duration, capacity: u32) -> Self {
        let interval = period.as_micros() as u64 / if rate == 0 { 1 } else { rate as u64 };
        Self {
            name,
            capacity,
            interval: Duration::from_micros(if interval == 0 { 1 } else { interval }),
        }
    }

    /// The time in which a full bucket runs empty.
    pub fn span(&self) -> Duration {
        self.interval * self.capacity
    }

    pub(crate) fn interval_micros(&self) -> i64 {
        i64::try_from(self.interval.as_micros()).unwrap_or(i64::MAX / 4)
    }

    /// Adds one to the bucket; `None` if it is full.
    pub fn spend(&self, empty_at: EmptyAt, now: i64) -> Option<EmptyAt> {
        let filled = empty_at.max(now).saturating_add(self.interval_micros());
        (filled.saturating_sub(now) <= self.span_micros()).then_some(filled)
    }

    /// What the bucket allows.
    pub fn standing(&self, empty_at: EmptyAt, now: i64) -> Standing {
        let filled = empty_at.saturating_sub(now).max(0);
        let room = self.span_micros().saturating_sub(filled).max(0);
        let lacking = self.interval_micros().saturating_sub(room).max(0);
        Standing {
            limit: self.capacity,
            remaining: u32::try_from(room / self.interval_micros()).unwrap_or(u32::MAX),
            full_after: micros(filled),
            free_after: micros(lacking),
        }
    }

    fn span_micros(&self) -> i64 {
        self.interval_micros().saturating_mul(i64::from(self.capacity))
    }
}

fn micros(count: i64) -> Duration {
    Duration::from_micros(u64::try_from(count).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const AUTH: Window = Window::new("auth", 10, MINUTE, 20);

    fn seconds(count: i64) -> i64 {
        count * 1_000_000
    }

    #[test]
    fn ten_a_minute_with_a_burst_of_twenty_refuses_the_twenty_first_at_once() {
        let mut bucket = 0;
        for spent in 1..=20 {
            bucket = AUTH.spend(bucket, seconds(100)).expect("room");
            assert_eq!(AUTH.standing(bucket, seconds(100)).remaining, 20 - spent);
        }
        assert_eq!(AUTH.spend(bucket, seconds(100)), None);
        let standing = AUTH.standing(bucket, seconds(100));
        assert_eq!(standing.limit, 20);
        assert_eq!(standing.free_after, Duration::from_secs(6));
        assert_eq!(standing.full_after, Duration::from_secs(120));
    }

    #[test]
    fn one_more_is_allowed_every_interval_and_all_after_the_span() {
        let full = (0..20).fold(0, |bucket, _| AUTH.spend(bucket, seconds(100)).expect("room"));
        assert_eq!(AUTH.spend(full, seconds(106) - 1), None);
        let again = AUTH.spend(full, seconds(106)).expect("one fits again");
        assert_eq!(AUTH.spend(again, seconds(106)), None);
        assert_eq!(AUTH.standing(full, seconds(220)).remaining, 20);
        assert_eq!(AUTH.standing(full, seconds(220)).full_after, Duration::ZERO);
    }

    proptest! {
        #[test]
        fn never_more_than_burst_and_rate_are_allowed_in_any_time(
            gaps in prop::collection::vec(0_i64..20_000_000, 1..200),
            rate in 1_u32..100,
            capacity in 1_u32..50,
        ) {
            let window = Window::new("x", rate, MINUTE, capacity);
            let (mut bucket, mut now, mut allowed) = (0, seconds(1), 0_u64);
            let began = now;
            for gap in gaps {
                now += gap;
                let standing = window.standing(bucket, now);
                match window.spend(bucket, now) {
                    Some(filled) => {
                        prop_assert!(standing.remaining >= 1);
                        prop_assert_eq!(standing.free_after, Duration::ZERO);
                        bucket = filled;
                        allowed += 1;
                    }
                    None => {
                        prop_assert_eq!(standing.remaining, 0);
                        let free = now + i64::try_from(standing.free_after.as_micros()).unwrap();
                        prop_assert!(window.spend(bucket, free - 1).is_none());
                        prop_assert!(window.spend(bucket, free).is_some());
                    }
                }
            }
            let refilled = (now - began) / i64::try_from(window.interval.as_micros()).unwrap();
            prop_assert!(allowed <= u64::from(capacity) + u64::try_from(refilled).unwrap() + 1);
        }
    }
}

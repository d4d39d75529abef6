//! How many messages a person may send: each makes work for the agent, the model and the storage.

use std::time::{Duration, Instant};

/// The sustained pace: five a second.
const INTERVAL: Duration = Duration::from_millis(200);
/// As many may come at once.
const BURST: u32 = 20;

/// A token bucket, kept as the instant at which it is full again (the generic cell rate algorithm).
#[derive(Debug, Default)]
pub(super) struct Throttle {
    full_at: Option<Instant>,
    /// Whether the last message was refused: a flood is answered once, not message by message.
    is_refusing: bool,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is taken.
    Taken,
    /// It is one too many. Say so.
    Refused,
    /// It is one too many, and the sender knows.
    Dropped,
}

impl Throttle {
    /// A message has come.
    pub(super) fn admit(&mut self, now: Instant) -> Admission {
        let full_at = self.full_at.map_or(now, |full_at| full_at.max(now));
        if full_at.duration_since(now) > INTERVAL * (BURST - 1) {
            return match std::mem::replace(&mut self.is_refusing, true) {
                false => Admission::Refused,
                true => Admission::Dropped,
            };
        }
        self.full_at = Some(full_at + INTERVAL);
        self.is_refusing = false;
        Admission::Taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_and_the_first_message_beyond_is_answered() {
        let mut throttle = Throttle::default();
        let now = Instant::now();
        for _ in 0..BURST {
            assert_eq!(throttle.admit(now), Admission::Taken);
        }
        assert_eq!(throttle.admit(now), Admission::Refused);
        assert_eq!(throttle.admit(now), Admission::Dropped);
    }

    #[test]
    fn after_a_flood_one_message_fits_each_interval_and_after_a_rest_a_burst() {
        let mut throttle = Throttle::default();
        let mut now = Instant::now();
        while throttle.admit(now) == Admission::Taken {}
        now += INTERVAL;
        assert_eq!(throttle.admit(now), Admission::Taken);
        assert_eq!(throttle.admit(now), Admission::Refused);
        now += INTERVAL * 100;
        let taken = (0..100).filter(|_| throttle.admit(now) == Admission::Taken).count();
        assert_eq!(taken as u32, BURST);
    }

    #[test]
    fn the_sustained_pace_is_never_refused() {
        let mut throttle = Throttle::default();
        let start = Instant::now();
        for at in 0..1_000 {
            assert_eq!(throttle.admit(start + INTERVAL * at), Admission::Taken);
        }
    }
}

//! Notices that sound has stopped coming, so that time goes on without packets.

use std::time::{Duration, Instant};

use crate::FRAME;

/// The most that is filled at once: after a long stop of the process time doesn't rush.
const MOST: Duration = Duration::from_secs(1);

/// Compares what came with the time that passed.
#[derive(Clone, Debug)]
pub struct Supply {
    /// How late the next sound may be before silence is assumed in its place.
    stall: Duration,
    /// Up to when there is sound or assumed silence.
    covered: Option<Instant>,
    /// Length of the last piece of sound, and how late it may be.
    patience: Duration,
    /// Silence assumed since the last sound.
    filled: Duration,
}

impl Supply {
    /// Before the first sound, which is waited for without end.
    pub fn new(stall: Duration) -> Self {
        Self {
            stall,
            covered: None,
            patience: Duration::ZERO,
            filled: Duration::ZERO,
        }
    }

    /// Sound of this length came, after whose end the next is to come no later than `lateness` and a frame. Answers the silence that had
    /// been assumed in its place.
    pub fn handle_sound(&mut self, length: Duration, lateness: Duration, now: Instant) -> Duration {
        self.covered = Some(now);
        self.patience = length + self.stall.max(lateness + FRAME);
        std::mem::take(&mut self.filled)
    }

    /// Frames of silence to assume now.
    pub fn handle_tick(&mut self, now: Instant) -> u32 {
        let Some(covered) = self.covered else {
            return 0;
        };
        let missing = now.saturating_duration_since(covered);
        if self.filled.is_zero() && missing < self.patience {
            return 0;
        }
        let frames = (missing.min(MOST).as_millis() / FRAME.as_millis()) as u32;
        self.filled += FRAME * frames;
        // Beyond the most that is filled, the rest of the stop is forgotten.
        self.covered = Some(if missing > MOST { now } else { covered + FRAME * frames });
        frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STALL: Duration = Duration::from_millis(80);

    #[test]
    fn a_stream_that_stops_is_silence_from_100_ms_on() {
        let start = Instant::now();
        let mut supply = Supply::new(STALL);
        supply.handle_sound(FRAME, Duration::ZERO, start);
        let frames: Vec<u32> = (1..=7).map(|n| supply.handle_tick(start + FRAME * n)).collect();
        assert_eq!(frames, [0, 0, 0, 0, 5, 1, 1]);
    }

    #[test]
    fn a_late_packet_tells_what_was_assumed_in_its_place() {
        let start = Instant::now();
        let mut supply = Supply::new(STALL);
        supply.handle_sound(FRAME, Duration::ZERO, start);
        supply.handle_tick(start + FRAME * 6);
        assert_eq!(supply.handle_sound(FRAME, Duration::ZERO, start + FRAME * 6), FRAME * 6);
    }

    #[test]
    fn sound_in_long_pieces_is_waited_for() {
        let start = Instant::now();
        let mut supply = Supply::new(STALL);
        supply.handle_sound(Duration::from_millis(250), Duration::ZERO, start);
        assert_eq!(supply.handle_tick(start + Duration::from_millis(320)), 0);
    }

    #[test]
    fn where_nothing_gets_lost_what_is_late_is_waited_for() {
        let start = Instant::now();
        let mut supply = Supply::new(Duration::from_millis(600));
        supply.handle_sound(FRAME, Duration::ZERO, start);
        assert_eq!(supply.handle_tick(start + Duration::from_millis(600)), 0);
        assert_eq!(supply.handle_tick(start + Duration::from_millis(620)), 31);
    }

    #[test]
    fn before_the_first_sound_there_is_nothing_to_fill() {
        assert_eq!(Supply::new(STALL).handle_tick(Instant::now()), 0);
    }
}

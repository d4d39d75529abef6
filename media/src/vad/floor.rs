//! The noise floor: what the room sounds like when nobody speaks.

/// Where the floor starts, in dBov: a quiet room.
const START: f32 = -60.0;
/// It is never taken to be quieter, in dBov: digital silence is not a room.
const QUIETEST: f32 = -75.0;
/// It is never taken to be louder, in dBov, so that speech can always rise above it.
const LOUDEST: f32 = -30.0;
/// The part of the way that it falls to a quieter frame.
const FALL: f32 = 0.2;
/// The part of the way that it rises to a louder frame without voice.
const RISE: f32 = 0.05;
/// The same under voice: noise that the judge takes for voice is learned in the end.
const RISE_UNDER_VOICE: f32 = 0.000_5;

/// Follows the level of noise: quickly down, slowly up.
#[derive(Clone, Debug)]
pub struct NoiseFloor {
    level: f32,
}

impl Default for NoiseFloor {
    fn default() -> Self {
        Self { level: START }
    }
}

impl NoiseFloor {
    /// Learns from a frame of `level` dBov, in which the judge heard voice or none.
    pub fn learn(&mut self, level: f32, noise: bool) {
        let level = level.clamp(QUIETEST, LOUDEST);
        let rate = if level < self.level {
            FALL
        } else if noise {
            RISE
        } else {
            RISE_UNDER_VOICE
        };
        self.level += (level - self.level) * rate;
    }

    /// The floor, in dBov.
    pub fn level(&self) -> f32 {
        self.level
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_noise_within_seconds() {
        let mut floor = NoiseFloor::default();
        (0..100).for_each(|_| floor.learn(-40.0, true));
        assert!((floor.level() + 40.0).abs() < 1.0);
        (0..25).for_each(|_| floor.learn(-65.0, true));
        assert!((floor.level() + 65.0).abs() < 1.0);
    }

    #[test]
    fn ten_seconds_of_speech_hardly_lift_it() {
        let mut floor = NoiseFloor::default();
        (0..500).for_each(|_| floor.learn(-20.0, false));
        assert!(floor.level() < START + 8.0);
    }

    #[test]
    fn digital_silence_is_not_taken_for_a_room() {
        let mut floor = NoiseFloor::default();
        (0..500).for_each(|_| floor.learn(-127.0, true));
        assert_eq!(floor.level().round(), QUIETEST);
    }
}

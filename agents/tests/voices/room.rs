//! The room that a learner speaks in: its hiss, and the reflections of its walls.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// A quiet room.
pub struct Room {
    random: SmallRng,
}

/// Reflections: after how many samples at 16 kHz, and how much of the sound.
const REFLECTIONS: [(usize, f32); 3] = [(190, 0.25), (510, 0.15), (1130, 0.08)];
/// The greatest sample of the hiss: 36 dB below a voice at -20 dBFS.
const HISS: i16 = 90;
/// Samples after which no reflection is heard any more.
const TAIL: usize = 1_600;

impl Room {
    pub fn new(seed: u64) -> Self {
        Self {
            random: SmallRng::seed_from_u64(seed),
        }
    }

    /// Nobody speaks.
    pub fn silence(&mut self, samples: usize) -> Vec<i16> {
        self.speech(&[], samples)
    }

    /// What a microphone hears of a voice, of so many samples at least.
    pub fn speech(&mut self, voice: &[i16], samples: usize) -> Vec<i16> {
        let samples = samples.max(if voice.is_empty() { 0 } else { voice.len() + TAIL });
        (0..samples)
            .map(|at| {
                let heard = |delay: usize| at.checked_sub(delay).and_then(|at| voice.get(at));
                let direct = heard(0).map_or(0.0, |sample| f32::from(*sample));
                let reflected: f32 = REFLECTIONS
                    .iter()
                    .filter_map(|(delay, share)| Some(share * f32::from(*heard(*delay)?)))
                    .sum();
                // Float to integer saturates.
                (direct + reflected + f32::from(self.random.random_range(-HISS..=HISS))) as i16
            })
            .collect()
    }
}

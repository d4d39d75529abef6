//! Tells the agent's own voice, come back through a loudspeaker and a microphone, from somebody who speaks.

use std::collections::VecDeque;

use crate::level::SILENCE_DBOV;

/// Near frames that are compared: 480 ms.
const SPAN: usize = 24;
/// The longest way of an echo, in frames: 400 ms, network and jitter buffers included.
const LONGEST_LAG: usize = 20;
/// Correlation from which a sound is explained by the echo.
const EXPLAINED: f32 = 0.8;
/// Near frames for which an explanation holds: 160 ms. The edges of words fit less well.
const HOLDS: u8 = 8;
/// An echo isn't this much louder than what was sent, in dB.
const GAIN: f32 = 6.0;
/// Levels below this are all the same silence, in dBov.
const FLOOR: f32 = -60.0;

/// Compares the envelope that is heard with delayed copies of the envelope that was sent.
#[derive(Clone, Debug, Default)]
pub struct EchoGuard {
    near: VecDeque<f32>,
    far: VecDeque<f32>,
    /// The loudest of what was sent since the last near frame.
    latest: Option<f32>,
    /// Near frames for which the last explanation still holds.
    held: u8,
}

impl EchoGuard {
    /// A frame of this level, in dBov, was sent.
    pub fn handle_far(&mut self, level: f32) {
        let latest = self.latest.get_or_insert(SILENCE_DBOV);
        *latest = latest.max(level);
    }

    /// A frame of this level, in dBov, was heard.
    pub fn handle_near(&mut self, level: f32) {
        let far = self.latest.take().unwrap_or(SILENCE_DBOV);
        push(&mut self.far, far.max(FLOOR), SPAN + LONGEST_LAG);
        push(&mut self.near, level.max(FLOOR), SPAN);
        self.held = self.held.saturating_sub(1);
    }

    /// Whether what was just heard is explained by what was sent. Asked for frames of voice only, once each.
    pub fn explains(&mut self) -> bool {
        if self.near.len() < SPAN || self.far.len() < SPAN + LONGEST_LAG {
            return false;
        }
        let loudest = |levels: &VecDeque<f32>| levels.iter().copied().fold(FLOOR, f32::max);
        let (near, far) = (loudest(&self.near), loudest(&self.far));
        if far <= FLOOR || near > far + GAIN {
            return false;
        }
        if self.resemblance() >= EXPLAINED {
            self.held = HOLDS;
        }
        self.held > 0
    }

    /// How much the envelope that is heard is like the one that was sent, at the best delay: 1 is the same.
    pub fn resemblance(&self) -> f32 {
        (0..=LONGEST_LAG)
            .map(|lag| {
                let sent = self.far.iter().skip(LONGEST_LAG - lag).take(SPAN);
                correlation(self.near.iter().zip(sent))
            })
            .fold(0.0, f32::max)
    }
}

fn push(levels: &mut VecDeque<f32>, level: f32, capacity: usize) {
    if levels.len() == capacity {
        levels.pop_front();
    }
    levels.push_back(level);
}

/// The correlation coefficient of pairs; 0 where one side doesn't vary.
fn correlation<'a>(pairs: impl Iterator<Item = (&'a f32, &'a f32)>) -> f32 {
    let (mut n, mut x, mut y, mut xx, mut yy, mut xy) = (0.0f32, 0.0f32, 0.0f32, 0.0f32, 0.0f32, 0.0f32);
    for (a, b) in pairs {
        n += 1.0;
        x += a;
        y += b;
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    let (var_x, var_y) = (n * xx - x * x, n * yy - y * y);
    // Less than 1 dB of variation is no envelope.
    let least = n * n;
    if var_x < least || var_y < least {
        0.0
    } else {
        (n * xy - x * y) / (var_x.sqrt() * var_y.sqrt())
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    /// A speech-like envelope: syllables of about 200 ms, in dBov.
    fn envelope(seed: u64, frames: usize) -> Vec<f32> {
        let mut random = SmallRng::seed_from_u64(seed);
        let mut levels = Vec::new();
        while levels.len() < frames {
            let (loud, quiet) = (random.random_range(4..9), random.random_range(2..5));
            let level = random.random_range(-28.0..-18.0);
            levels.extend((0..loud).map(|n| level - (n as f32 - loud as f32 / 2.0).abs() * 2.0));
            levels.extend((0..quiet).map(|_| level - 25.0));
        }
        levels
    }

    #[test]
    fn a_delayed_quieter_copy_is_explained() {
        for lag in [0, 5, 12, 20] {
            let far = envelope(1, 200);
            let mut guard = EchoGuard::default();
            for n in 0..150 {
                guard.handle_far(far[n]);
                guard.handle_near(if n >= lag { far[n - lag] - 15.0 } else { SILENCE_DBOV });
            }
            assert!(guard.explains(), "lag of {lag} frames");
        }
    }

    #[test]
    fn somebody_else_speaking_is_hardly_ever_explained() {
        let mut explained = 0;
        for seed in 0..200 {
            let (far, near) = (envelope(seed, 200), envelope(seed + 1_000, 200));
            let mut guard = EchoGuard::default();
            for n in 0..100 {
                guard.handle_far(far[n]);
                // Silence until 160 ms ago, as at the onset of a barge-in.
                guard.handle_near(if n >= 92 { near[n] } else { -55.0 });
            }
            explained += usize::from(guard.explains());
        }
        assert!(explained <= 20, "{explained} of 200");
    }

    #[test]
    fn while_nothing_is_sent_nothing_is_explained() {
        let mut guard = EchoGuard::default();
        envelope(3, 100).iter().for_each(|&level| guard.handle_near(level));
        assert!(!guard.explains());
    }
}

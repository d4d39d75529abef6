//! Pitch of a frame by McLeod's normalised square difference (McLeod & Wyvill 2005), at 8 kHz.

use crate::HEARD_FRAME;

/// Samples of a frame at 8 kHz.
const FRAME: usize = HEARD_FRAME / 2;
/// Two frames at 8 kHz: 40 ms hold two periods of the lowest voice.
const WINDOW: usize = 2 * FRAME;
/// Periods of 400 down to 60 Hz at 8 kHz.
const SHORTEST: usize = 20;
const LONGEST: usize = 133;
/// Clarity from which a frame has a pitch.
const CLEAR: f32 = 0.6;
/// The first peak this near the highest one is the pitch; later ones are its multiples.
const FIRST: f32 = 0.9;

/// Follows the pitch of one voice.
#[derive(Debug)]
pub struct PitchTracker {
    window: [f32; WINDOW],
}

impl Default for PitchTracker {
    fn default() -> Self {
        Self { window: [0.0; WINDOW] }
    }
}

impl PitchTracker {
    /// The pitch around the next frame in Hz, if it is voice and has one. Frames without voice cost nothing much.
    pub fn handle_frame(&mut self, frame: &[i16; HEARD_FRAME], voiced: bool) -> Option<f32> {
        self.window.copy_within(FRAME.., 0);
        for (slot, pair) in self.window[FRAME..].iter_mut().zip(frame.chunks_exact(2)) {
            *slot = (f32::from(pair[0]) + f32::from(pair[1])) * 0.5;
        }
        if voiced { pitch(&self.window) } else { None }
    }
}

fn pitch(window: &[f32; WINDOW]) -> Option<f32> {
    let mut clarity = [0.0f32; LONGEST + 2];
    for (lag, clarity) in clarity.iter_mut().enumerate().skip(SHORTEST - 1) {
        // A fixed span for all lags: none is favoured.
        let span = WINDOW - LONGEST - 1;
        let (near, far) = (&window[..span], &window[lag..lag + span]);
        let (mut product, mut energy) = (0.0f32, 0.0f32);
        for (a, b) in near.iter().zip(far) {
            product += a * b;
            energy += a * a + b * b;
        }
        *clarity = if energy > 0.0 { 2.0 * product / energy } else { 0.0 };
    }
    let is_peak = |lag: &usize| clarity[*lag] > clarity[lag - 1] && clarity[*lag] >= clarity[lag + 1];
    let peaks = (SHORTEST..=LONGEST).filter(is_peak);
    let highest = peaks.clone().map(|lag| clarity[lag]).fold(0.0, f32::max);
    if highest < CLEAR {
        return None;
    }
    let lag = peaks.clone().find(|&lag| clarity[lag] >= FIRST * highest)?;
    // The peak lies between samples: the vertex of the parabola through three of them.
    let (left, top, right) = (clarity[lag - 1], clarity[lag], clarity[lag + 1]);
    let bend = left - 2.0 * top + right;
    let shift = if bend < 0.0 {
        (0.5 * (left - right) / bend).clamp(-0.5, 0.5)
    } else {
        0.0
    };
    Some(8_000.0 / (lag as f32 + shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voices_are_measured_within_one_percent() {
        for hertz in [80.0f32, 110.0, 165.0, 220.0, 300.0] {
            let mut tracker = PitchTracker::default();
            let mut heard = None;
            for frame in 0..3 {
                let pcm = std::array::from_fn(|n| {
                    let phase = ((frame * HEARD_FRAME + n) as f32 * hertz / 16_000.0).fract();
                    ((1.0 - 2.0 * phase) * 8_000.0) as i16
                });
                heard = tracker.handle_frame(&pcm, true);
            }
            let heard = heard.expect("a buzz has a pitch");
            assert!((heard / hertz - 1.0).abs() < 0.01, "{hertz}: {heard}");
        }
    }

    #[test]
    fn noise_and_silence_have_no_pitch() {
        let mut seed = 1u32;
        let noise = std::array::from_fn(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 18) as i16
        });
        let centred = noise.map(|sample: i16| sample - 8_192);
        let mut tracker = PitchTracker::default();
        assert_eq!(tracker.handle_frame(&[0; HEARD_FRAME], true), None);
        tracker.handle_frame(&centred, true);
        assert_eq!(
            tracker.handle_frame(&centred.map(|sample| sample.wrapping_mul(3)), true),
            None
        );
    }
}

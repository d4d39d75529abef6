//! Pitch of a frame by McLeod's normalised square difference (McLeod & Wyvill 2005), at 8 kHz.

use crate::HEARD_FRAME;

/// Samples of a frame at 8 kHz.
const FRAME: usize = HEARD_FRAME / 2;
/// Two frames at 8 kHz: 40 ms hold two periods of the lowest voice.
const WINDOW: usize = 2 * FRAME;
/// Periods of 400 down to 60 Hz at 8 kHz.
const SHORTEST: usize = 20;
const LONGEST: usize = 133;
/// The period of 500 Hz, which candidates go up to: so high do lively voices ask.
const SHORTEST_CANDIDATE: usize = 16;
/// Candidates of a frame at most; the least clear are left out.
const CANDIDATES: usize = 8;
/// Samples at 16 kHz that are averaged for candidates: what is above 1 kHz tells little of the pitch, and where the voice is rough or
/// falls fast, it is unlike from one period to the next.
const SMOOTH: usize = 16;
/// Peaks less clear than this are no candidates: white noise has such.
const FAINTEST: f32 = 0.3;
/// Samples that are compared: the same for all lags, so that none is favoured.
const SPAN: usize = WINDOW - LONGEST - 1;
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

/// What the pitch around a moment may be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PitchCandidate {
    /// In Hz.
    pub hertz: f32,
    /// How alike the sound is a period later: 1 if it is the same.
    pub clarity: f32,
}

/// What the pitch of 10 ms may be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PitchFrame {
    /// The largest of its samples, up to 1 kHz.
    pub peak: f32,
    /// The clearest first.
    pub candidates: Vec<PitchCandidate>,
}

/// What the pitch of mono samples at 16 kHz may be, between 60 and 500 Hz, every 10 ms: the peaks of McLeod's function in 40 ms
/// around the middle of each step. Which of them it is, the others around it tell.
pub fn candidates(pcm: &[i16]) -> impl Iterator<Item = PitchFrame> {
    const STEP: usize = FRAME / 2;
    // The span and its copies, half a period later on average, lie around the middle of the step.
    const BEFORE: usize = SPAN / 2 + SHORTEST - STEP / 2;
    let quiet = |count| std::iter::repeat_n(0.0, count);
    let smooth = (0..pcm.len() / 2).map(|at| {
        let middle = 2 * at + 1;
        let around = &pcm[middle.saturating_sub(SMOOTH / 2)..(middle + SMOOTH / 2).min(pcm.len())];
        around.iter().map(|&sample| f32::from(sample)).sum::<f32>() / around.len() as f32
    });
    let sound: Vec<f32> = quiet(BEFORE).chain(smooth).chain(quiet(WINDOW)).collect();
    (0..pcm.len() / (2 * STEP)).map(move |step| {
        let window = &sound[step * STEP..];
        let loudest = window[BEFORE..][..STEP].iter().map(|sample| sample.abs());
        PitchFrame {
            peak: loudest.fold(0.0, f32::max),
            candidates: window.first_chunk::<WINDOW>().map(peaks).unwrap_or_default(),
        }
    })
}

/// The clearest peaks of a window.
fn peaks(window: &[f32; WINDOW]) -> Vec<PitchCandidate> {
    let clarity = clarities(window, SHORTEST_CANDIDATE);
    let mut found: Vec<PitchCandidate> = (SHORTEST_CANDIDATE..=LONGEST)
        .filter(|&lag| is_peak(&clarity, lag) && clarity[lag] >= FAINTEST)
        .map(|lag| PitchCandidate {
            hertz: hertz(&clarity, lag),
            clarity: clarity[lag],
        })
        .collect();
    found.sort_by(|one, other| other.clarity.total_cmp(&one.clarity));
    found.truncate(CANDIDATES);
    found
}

fn pitch(window: &[f32; WINDOW]) -> Option<f32> {
    let clarity = clarities(window, SHORTEST);
    let peaks = (SHORTEST..=LONGEST).filter(|&lag| is_peak(&clarity, lag));
    let highest = peaks.clone().map(|lag| clarity[lag]).fold(0.0, f32::max);
    if highest < CLEAR {
        return None;
    }
    let lag = peaks.clone().find(|&lag| clarity[lag] >= FIRST * highest)?;
    Some(hertz(&clarity, lag))
}

fn is_peak(clarity: &[f32; LONGEST + 2], lag: usize) -> bool {
    clarity[lag] > clarity[lag - 1] && clarity[lag] >= clarity[lag + 1]
}

/// The pitch of a peak. It lies between samples: at the vertex of the parabola through three of them.
fn hertz(clarity: &[f32; LONGEST + 2], lag: usize) -> f32 {
    let (left, top, right) = (clarity[lag - 1], clarity[lag], clarity[lag + 1]);
    let bend = left - 2.0 * top + right;
    let shift = if bend < 0.0 {
        (0.5 * (left - right) / bend).clamp(-0.5, 0.5)
    } else {
        0.0
    };
    8_000.0 / (lag as f32 + shift)
}

/// McLeod's function from the lag before `shortest` on.
fn clarities(window: &[f32; WINDOW], shortest: usize) -> [f32; LONGEST + 2] {
    let near = &window[..SPAN];
    // Its energy is that of the span at the lag before, less the sample that leaves it, plus the one that comes: exact enough in
    // 64 bits.
    let near_energy = energy(near);
    let mut far_energy = energy(&window[shortest - 1..][..SPAN]);
    let mut clarity = [0.0f32; LONGEST + 2];
    for (lag, clarity) in clarity.iter_mut().enumerate().skip(shortest - 1) {
        let both = (near_energy + far_energy) as f32;
        *clarity = if both > 0.0 {
            2.0 * product(near, &window[lag..lag + SPAN]) / both
        } else {
            0.0
        };
        if let Some(&next) = window.get(lag + SPAN) {
            far_energy += f64::from(next).powi(2) - f64::from(window[lag]).powi(2);
        }
    }
    clarity
}

fn energy(sound: &[f32]) -> f64 {
    sound.iter().map(|&sample| f64::from(sample).powi(2)).sum()
}

/// The inner product, in sums beside each other: a single one would wait for each addition before the next.
fn product(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0f32; LANES];
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
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
    fn the_period_of_a_voice_is_among_its_candidates() {
        for hertz in [64.0f32, 110.0, 220.0, 480.0] {
            let buzz: Vec<i16> = (0..16_000)
                .map(|n| ((1.0 - 2.0 * (n as f32 * hertz / 16_000.0).fract()) * 8_000.0) as i16)
                .collect();
            let heard: Vec<_> = candidates(&buzz).collect();
            assert_eq!(heard.len(), 100);
            let is_it =
                |candidate: &PitchCandidate| (candidate.hertz / hertz - 1.0).abs() < 0.02 && candidate.clarity > 0.9;
            assert!(
                heard[10..90].iter().all(|frame| frame.candidates.iter().any(is_it)),
                "{hertz}"
            );
        }
        assert!(
            candidates(&[0; 1_599]).all(|frame| frame == PitchFrame::default()),
            "silence has none"
        );
        assert_eq!(candidates(&[1; 159]).count(), 0, "less than a step");
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

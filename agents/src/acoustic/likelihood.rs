//! Log-likelihoods of the acoustic model's states for frames of features: the loop that most time is spent in.
//!
//! Frames are taken some at a time so that a mixture's numbers are read once for all of them. The loops here have fixed sizes and
//! independent lanes, so that the compiler turns them into the vector instructions that every processor has; `vectors` says the
//! same for those of newer ones, three times as fast.

#[cfg(target_arch = "x86_64")]
mod vectors;

use super::model::{AcousticModel, DIMENSIONS, GAUSSIANS, LANES, Mixture, STATES};
use super::phone::Phone;

/// States of all phones.
pub const STATE_COUNT: usize = Phone::COUNT * STATES;

/// A log-likelihood for every state: index `phone x 3 + state`.
pub type StateScores = [f32; STATE_COUNT];

const BLOCK: usize = 4;

/// Adds the log-likelihoods of `features` in one stream to `scores`, frame by frame.
pub fn add_scores(model: &AcousticModel, stream: usize, features: &[[f32; DIMENSIONS]], scores: &mut [StateScores]) {
    assert_eq!(features.len(), scores.len(), "one row of scores for each frame");
    #[cfg(target_arch = "x86_64")]
    if let Some(vectors) = vectors::available() {
        return vectors::add_scores(vectors, model, stream, features, scores);
    }
    add_scores_plainly(model, stream, features, scores);
}

fn add_scores_plainly(
    model: &AcousticModel,
    stream: usize,
    features: &[[f32; DIMENSIONS]],
    scores: &mut [StateScores],
) {
    let mut densities = [[0.0f32; GAUSSIANS]; BLOCK];
    for phone in Phone::all() {
        let mixture = model.mixture(phone, stream);
        for (frames, rows) in features.chunks(BLOCK).zip(scores.chunks_mut(BLOCK)) {
            let block = std::array::from_fn(|index| frames[index.min(frames.len() - 1)]);
            log_densities(mixture, &block, &mut densities);
            for (row, densities) in rows.iter_mut().zip(&mut densities) {
                let first = phone.index() * STATES;
                add_mixture(mixture, densities, &mut row[first..first + STATES]);
            }
        }
    }
}

fn log_densities(mixture: &Mixture, frames: &[[f32; DIMENSIONS]; BLOCK], densities: &mut [[f32; GAUSSIANS]; BLOCK]) {
    for (chunk, rows) in mixture.rows.iter().enumerate() {
        let mut distances = [[0.0f32; LANES]; BLOCK];
        for (dimension, row) in rows.iter().enumerate() {
            for (distances, frame) in distances.iter_mut().zip(frames) {
                let feature = frame[dimension];
                for lane in 0..LANES {
                    let distance = feature * row[lane] - row[LANES + lane];
                    distances[lane] += distance * distance;
                }
            }
        }
        let peaks = &mixture.peaks[chunk * LANES..(chunk + 1) * LANES];
        for (densities, distances) in densities.iter_mut().zip(&distances) {
            let densities = &mut densities[chunk * LANES..(chunk + 1) * LANES];
            for lane in 0..LANES {
                densities[lane] = peaks[lane] - distances[lane];
            }
        }
    }
}

/// log sum of weight x density for each state. The densities are changed to linear ones, relative to the greatest.
fn add_mixture(mixture: &Mixture, densities: &mut [f32; GAUSSIANS], scores: &mut [f32]) {
    let mut greatest = [f32::MIN; LANES];
    for chunk in densities.chunks_exact(LANES) {
        for lane in 0..LANES {
            greatest[lane] = if chunk[lane] > greatest[lane] {
                chunk[lane]
            } else {
                greatest[lane]
            };
        }
    }
    let greatest = greatest.into_iter().fold(f32::MIN, f32::max);
    for density in densities.iter_mut() {
        *density = exp(*density - greatest);
    }
    for (score, weights) in scores.iter_mut().zip(&mixture.weights) {
        let mut sums = [0.0f32; LANES];
        for (densities, weights) in densities.chunks_exact(LANES).zip(weights.chunks_exact(LANES)) {
            for lane in 0..LANES {
                sums[lane] += densities[lane] * weights[lane];
            }
        }
        *score += greatest + (sums.iter().sum::<f32>() + f32::MIN_POSITIVE).ln();
    }
}

/// e^x for x <= 0 with a relative error below 1e-4, without branches or calls.
fn exp(x: f32) -> f32 {
    let power = (x * std::f32::consts::LOG2_E).max(LEAST_POWER);
    let shifted = power + TO_INTEGER;
    let rest = power - (shifted - TO_INTEGER);
    let mantissa = EXP2.into_iter().fold(0.0, |sum, factor| factor + rest * sum);
    f32::from_bits(mantissa.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// Adding this leaves the nearest integer in the lowest bits of the sum.
const TO_INTEGER: f32 = 12_582_912.0;
/// The least power of two that is a normal number.
const LEAST_POWER: f32 = -126.0;
/// 2^x for x between -1/2 and 1/2 as a polynomial, its highest power first.
const EXP2: [f32; 5] = [0.009_618_1, 0.055_504_1, 0.240_226_5, std::f32::consts::LN_2, 1.0];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acoustic::model::STREAMS;

    #[test]
    fn the_fast_exponential_is_close() {
        for step in 0..8700 {
            let x = -0.01 * step as f32;
            let relative = (exp(x) - x.exp()) / x.exp();
            assert!(relative.abs() < 1e-4, "e^{x}: {relative}");
        }
        assert!(exp(-1000.0) < 1e-37);
    }

    fn features(frames: usize) -> Vec<[f32; DIMENSIONS]> {
        (0..frames)
            .map(|frame| std::array::from_fn(|dimension| ((frame * 31 + dimension * 17) % 23) as f32 - 11.0))
            .collect()
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn vectors_give_the_same_scores() {
        let Some(vectors) = vectors::available() else {
            return;
        };
        let model = AcousticModel::embedded();
        for frames in [1, 7, 8, 21] {
            let features = features(frames);
            let (mut fast, mut plain) = (vec![[0.0; STATE_COUNT]; frames], vec![[0.0; STATE_COUNT]; frames]);
            for stream in 0..STREAMS {
                vectors::add_scores(vectors, model, stream, &features, &mut fast);
                add_scores_plainly(model, stream, &features, &mut plain);
            }
            for (fast, plain) in fast.iter().flatten().zip(plain.iter().flatten()) {
                assert!((fast - plain).abs() < 1e-6 * plain.abs().max(10.0), "{fast} {plain}");
            }
        }
    }

    #[test]
    fn scores_equal_the_plain_formula_for_any_number_of_frames() {
        let model = AcousticModel::embedded();
        let features = features(7);
        for stream in 0..STREAMS {
            let mut scores = vec![[0.0; STATE_COUNT]; features.len()];
            add_scores_plainly(model, stream, &features, &mut scores);
            for (frame, row) in features.iter().zip(&scores) {
                for phone in Phone::all() {
                    for state in 0..STATES {
                        let expected = plain(model.mixture(phone, stream), frame, state);
                        let found = f64::from(row[phone.index() * STATES + state]);
                        assert!(
                            (expected - found).abs() < 1e-2 * expected.abs().max(1.0),
                            "{expected} {found}"
                        );
                    }
                }
            }
        }
    }

    fn plain(mixture: &Mixture, frame: &[f32; DIMENSIONS], state: usize) -> f64 {
        let densities: Vec<f64> = (0..GAUSSIANS)
            .map(|gaussian| {
                let rows = &mixture.rows[gaussian / LANES];
                let lane = gaussian % LANES;
                let distance: f64 = (0..DIMENSIONS)
                    .map(|dimension| {
                        let row = &rows[dimension];
                        f64::from(frame[dimension]) * f64::from(row[lane]) - f64::from(row[LANES + lane])
                    })
                    .map(|distance| distance * distance)
                    .sum();
                f64::from(mixture.peaks[gaussian]) - distance
            })
            .collect();
        let greatest = densities.iter().copied().fold(f64::MIN, f64::max);
        let sum: f64 = densities
            .iter()
            .zip(&mixture.weights[state])
            .map(|(density, weight)| f64::from(*weight) * (density - greatest).exp())
            .sum();
        greatest + sum.ln()
    }
}

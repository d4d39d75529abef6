//! The same in vector instructions (AVX2 with fused multiply-add), on processors that have them.
//!
//! Eight frames are taken at once, one vector of eight Gaussians at a time: their distances stay in registers, and each number of
//! the mixture is read once for all of them.

use pulp::x86::V3;
use pulp::{Arch, Simd, WithSimd};

use super::StateScores;
use crate::acoustic::model::{AcousticModel, DIMENSIONS, GAUSSIANS, LANES, Mixture, STATES};
use crate::acoustic::phone::Phone;

const BLOCK: usize = 8;

/// The vector instructions of this processor, if they are those that are needed.
pub(super) fn available() -> Option<V3> {
    match Arch::new() {
        Arch::V3(vectors) => Some(vectors),
        _ => None,
    }
}

/// As [`super::add_scores`] does.
pub(super) fn add_scores(
    vectors: V3,
    model: &AcousticModel,
    stream: usize,
    features: &[[f32; DIMENSIONS]],
    scores: &mut [StateScores],
) {
    let scoring = Scoring {
        model,
        stream,
        features,
        scores,
    };
    Simd::vectorize(vectors, scoring);
}

struct Scoring<'a> {
    model: &'a AcousticModel,
    stream: usize,
    features: &'a [[f32; DIMENSIONS]],
    scores: &'a mut [StateScores],
}

// All of it must be inlined: only then is it compiled for those instructions.
impl WithSimd for Scoring<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let mut densities = [[0.0f32; GAUSSIANS]; BLOCK];
        for phone in Phone::all() {
            let mixture = self.model.mixture(phone, self.stream);
            for (frames, rows) in self.features.chunks(BLOCK).zip(self.scores.chunks_mut(BLOCK)) {
                let block = std::array::from_fn(|index| frames[index.min(frames.len() - 1)]);
                let greatest = log_densities(simd, mixture, &block, &mut densities);
                for ((row, densities), greatest) in rows.iter_mut().zip(&densities).zip(greatest) {
                    let first = phone.index() * STATES;
                    add_mixture(simd, mixture, densities, greatest, &mut row[first..first + STATES]);
                }
            }
        }
    }
}

/// The log-densities of all Gaussians, and the greatest of them for each frame.
#[inline(always)]
fn log_densities<S: Simd>(
    simd: S,
    mixture: &Mixture,
    frames: &[[f32; DIMENSIONS]; BLOCK],
    densities: &mut [[f32; GAUSSIANS]; BLOCK],
) -> [f32; BLOCK] {
    let parts = LANES / S::F32_LANES;
    let mut greatest = [simd.splat_f32s(f32::MIN); BLOCK];
    for (chunk, rows) in mixture.rows.iter().enumerate() {
        let (peaks, _) = S::as_simd_f32s(&mixture.peaks[chunk * LANES..][..LANES]);
        for part in 0..parts {
            let mut logs = [peaks[part]; BLOCK];
            for (dimension, row) in rows.iter().enumerate() {
                let (row, _) = S::as_simd_f32s(row);
                let (scale, mean) = (row[part], row[parts + part]);
                for (log, frame) in logs.iter_mut().zip(frames) {
                    let distance = simd.negate_mul_add_e_f32s(simd.splat_f32s(frame[dimension]), scale, mean);
                    *log = simd.negate_mul_add_e_f32s(distance, distance, *log);
                }
            }
            for ((densities, log), greatest) in densities.iter_mut().zip(logs).zip(&mut greatest) {
                let (densities, _) = S::as_mut_simd_f32s(&mut densities[chunk * LANES..][..LANES]);
                densities[part] = log;
                *greatest = simd.max_f32s(*greatest, log);
            }
        }
    }
    greatest.map(|lanes| simd.reduce_max_f32s(lanes))
}

/// log sum of weight x density for each state.
#[inline(always)]
fn add_mixture<S: Simd>(simd: S, mixture: &Mixture, densities: &[f32; GAUSSIANS], greatest: f32, scores: &mut [f32]) {
    let (densities, _) = S::as_simd_f32s(densities);
    let weights = mixture.weights.each_ref().map(|weights| S::as_simd_f32s(weights).0);
    let peak = simd.splat_f32s(greatest);
    let mut sums = [simd.splat_f32s(0.0); STATES];
    for (index, density) in densities.iter().enumerate() {
        let density = exp(simd, simd.sub_f32s(*density, peak));
        for (sums, weights) in sums.iter_mut().zip(&weights) {
            *sums = simd.mul_add_e_f32s(density, weights[index], *sums);
        }
    }
    for (score, sums) in scores.iter_mut().zip(sums) {
        *score += greatest + ln(simd.reduce_sum_f32s(sums) + f32::MIN_POSITIVE);
    }
}

/// As [`super::exp`].
#[inline(always)]
fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let all = |value| simd.splat_f32s(value);
    let power = simd.mul_f32s(x, all(std::f32::consts::LOG2_E));
    let power = simd.max_f32s(power, all(super::LEAST_POWER));
    let shifted = simd.add_f32s(power, all(super::TO_INTEGER));
    let rest = simd.sub_f32s(power, simd.sub_f32s(shifted, all(super::TO_INTEGER)));
    let mantissa = super::EXP2
        .into_iter()
        .fold(all(0.0), |sum, factor| simd.mul_add_e_f32s(sum, rest, all(factor)));
    let exponent = simd.wrapping_dyn_shl_u32s(simd.transmute_u32s_f32s(shifted), simd.splat_u32s(23));
    simd.transmute_f32s_u32s(simd.add_u32s(simd.transmute_u32s_f32s(mantissa), exponent))
}

/// ln x of a normal number above 0, as FreeBSD's `logf` computes it: x = 2^k (1 + f) with 1 + f between the square roots of 1/2
/// and 2, and ln (1 + f) as a series in f / (2 + f).
#[inline(always)]
fn ln(x: f32) -> f32 {
    const ROOT_OF_HALF: u32 = 0x3f35_04f3;
    const MANTISSA_BITS: u32 = 23;
    let power = (x.to_bits().wrapping_sub(ROOT_OF_HALF) as i32) >> MANTISSA_BITS;
    let f = f32::from_bits(x.to_bits().wrapping_sub((power as u32) << MANTISSA_BITS)) - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let series = z * (2.0 / 3.0 + z * (2.0 / 5.0 + z * (2.0 / 7.0 + z * (2.0 / 9.0))));
    power as f32 * std::f32::consts::LN_2 + s * (2.0 + series)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_logarithm_is_exact_to_rounding() {
        for step in 0..20_000 {
            let x = 1.5e-38 * 1.0045f32.powi(step);
            if !x.is_finite() {
                break;
            }
            let (found, exact) = (f64::from(ln(x)), f64::from(x).ln());
            assert!((found - exact).abs() < 4e-7 * exact.abs().max(1.0), "ln {x}: {found}");
        }
        assert_eq!(ln(1.0), 0.0);
    }
}

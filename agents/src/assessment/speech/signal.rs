//! How far a sound can be judged: noise, clipping, bandwidth, length, language.

use std::sync::{Arc, LazyLock};

use realfft::{RealFftPlanner, RealToComplex};

use super::assessment::Doubt;
use super::statistics::mean;
use crate::acoustic::cepstrum::{HOP, SAMPLE_RATE};
use crate::language::Language;

/// From this confidence on single sounds are judged, and words below 60 are told.
pub const SURE: f32 = 0.65;
/// Below this nothing is scored.
pub const LEAST: f32 = 0.35;

/// What of the sound itself bears on how sure a judgement is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Signal {
    /// The level of the voice above that of the pauses, in dB.
    pub snr_db: f32,
    /// The share of samples at the limit.
    pub clipped: f32,
    /// Whether nothing is above 4.2 kHz, where the hiss of an "s" is.
    pub is_narrow: bool,
}

impl Signal {
    /// Measures mono samples at 16 kHz.
    pub fn of(pcm: &[i16]) -> Self {
        let mut powers: Vec<f32> = pcm.chunks_exact(HOP).map(power).collect();
        powers.sort_by(f32::total_cmp);
        let loudest = powers.last().copied().unwrap_or_default();
        // The quietest tenth is pauses; what is nearer to the loudest than to them, in dB, is voice.
        let level = |powers: &[f32]| mean(powers.iter().copied()).unwrap_or_default();
        let quiet = level(&powers[..powers.len().div_ceil(10)]).max(QUIETEST);
        let border = (quiet * loudest).sqrt();
        let voice = level(&powers[powers.partition_point(|power| *power < border)..]);
        let clipped = pcm.iter().filter(|sample| sample.unsigned_abs() >= CLIPPED).count();
        Self {
            snr_db: 10.0 * ((voice - quiet).max(QUIETEST) / quiet).log10(),
            clipped: clipped as f32 / pcm.len().max(1) as f32,
            is_narrow: is_narrow(pcm, loudest),
        }
    }

    /// Whether noise takes nothing from the fit of any sound.
    pub fn is_clean(&self) -> bool {
        self.snr_db >= CLEAN_DB
    }

    /// What noise takes from the fit of a right text. At 15 dB of white noise, it is about 0.7.
    pub fn lost_fit(&self) -> f32 {
        LOST_FIT * (CLEAN_DB - self.snr_db).clamp(0.0, CLEAN_DB)
    }

    /// How sure judgements are about speech of so many seconds, 0 to 1, and what lowers it, the worst first.
    ///
    /// It is the product of a factor for each condition. The one for noise falls from 1 at 28 dB to 0 at 3 dB, since at 15 dB
    /// of white noise sounds are hardly told apart any more, and words are; the one for length from 1 at a second to 0.35.
    pub fn confidence(&self, seconds: f32, language: Language) -> (f32, Vec<Doubt>) {
        let factors = [
            (Doubt::Noisy, ((self.snr_db - 3.0) / 25.0).clamp(0.0, 1.0)),
            (Doubt::Short, (0.35 + 0.65 * seconds).min(1.0)),
            (Doubt::Clipped, if self.clipped > 0.001 { 0.6 } else { 1.0 }),
            (Doubt::NarrowBand, if self.is_narrow { 0.5 } else { 1.0 }),
            (Doubt::Language, coverage(language)),
        ];
        let mut doubts: Vec<_> = factors.into_iter().filter(|(_, factor)| *factor < 1.0).collect();
        doubts.sort_by(|one, other| one.1.total_cmp(&other.1));
        let confidence = if seconds > 0.0 {
            factors.iter().map(|(_, factor)| factor).product()
        } else {
            0.0
        };
        (confidence, doubts.into_iter().map(|(doubt, _)| doubt).collect())
    }
}

/// How well the method is known to do in a language: English and Spanish were measured best, French and
/// Italian worse, all four on recordings of people, German and Portuguese on none. The model itself is English.
fn coverage(language: Language) -> f32 {
    match language {
        Language::English | Language::Spanish => 1.0,
        Language::French | Language::Italian => 0.9,
        Language::German | Language::Portuguese => 0.8,
        Language::Chinese | Language::Japanese => 0.0,
    }
}

/// Whether the loud frames have next to nothing in the upper band.
fn is_narrow(pcm: &[i16], loudest: f32) -> bool {
    static TRANSFORM: LazyLock<Arc<dyn RealToComplex<f32>>> =
        LazyLock::new(|| RealFftPlanner::new().plan_fft_forward(FFT));
    let (mut input, mut spectrum) = (TRANSFORM.make_input_vec(), TRANSFORM.make_output_vec());
    let edge = EDGE_HZ * FFT / SAMPLE_RATE;
    let (mut lower, mut upper) = (0.0, 0.0);
    // Every fourth window is enough, and any sound of "s" is far longer.
    for window in pcm.chunks_exact(FFT).step_by(4) {
        if power(window) < loudest / 1000.0 {
            continue;
        }
        for (index, (value, sample)) in input.iter_mut().zip(window).enumerate() {
            // Hann, so that the lower band doesn't leak.
            let phase = std::f32::consts::TAU * index as f32 / FFT as f32;
            *value = f32::from(*sample) * (0.5 - 0.5 * phase.cos());
        }
        if TRANSFORM.process(&mut input, &mut spectrum).is_err() {
            return false;
        }
        lower += spectrum[..edge].iter().map(|bin| bin.norm_sqr()).sum::<f32>();
        upper += spectrum[edge..].iter().map(|bin| bin.norm_sqr()).sum::<f32>();
    }
    upper < lower * NARROW
}

fn power(samples: &[i16]) -> f32 {
    samples.iter().map(|sample| f32::from(*sample).powi(2)).sum::<f32>() / samples.len() as f32
}

const FFT: usize = 512;
/// The ratio from which noise takes nothing from the fit, and what each dB below takes.
const CLEAN_DB: f32 = 25.0;
const LOST_FIT: f32 = 0.07;
const EDGE_HZ: usize = 4200;
/// 50 dB below the lower band: wide-band speech has 30 dB or less.
const NARROW: f32 = 1e-5;
/// Samples of this magnitude are at the limit.
const CLIPPED: u16 = 32_700;
/// The power of the faintest noise that counts, in squared 16-bit samples.
const QUIETEST: f32 = 1.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(samples: usize, amplitude: f32) -> Vec<i16> {
        let mut seed = 3u32;
        (0..samples)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (((seed >> 16) as f32 / 32_768.0 - 1.0) * amplitude) as i16
            })
            .collect()
    }

    #[test]
    fn the_louder_the_pauses_the_less_sure() {
        let at = |pauses: f32| {
            let sound = [noise(16_000, pauses), noise(16_000, 8_000.0), noise(16_000, pauses)].concat();
            Signal::of(&sound)
        };
        assert!((at(800.0).snr_db - 20.0).abs() < 1.0, "{:?}", at(800.0));
        let (clear, none) = at(20.0).confidence(2.0, Language::English);
        assert_eq!((clear, none), (1.0, Vec::new()));
        let (noisy, doubts) = at(1_600.0).confidence(2.0, Language::English);
        assert!(noisy < SURE && noisy > LEAST, "{noisy}");
        assert_eq!(doubts, [Doubt::Noisy]);
        assert!(at(5_000.0).confidence(2.0, Language::English).0 < LEAST);
    }

    #[test]
    fn a_short_word_a_telephone_and_a_language_without_recordings_are_doubted() {
        let wide = Signal {
            snr_db: 30.0,
            clipped: 0.0,
            is_narrow: false,
        };
        assert!(wide.confidence(0.3, Language::English).0 < SURE);
        assert_eq!(wide.confidence(2.0, Language::German).1, [Doubt::Language]);
        assert_eq!(wide.confidence(0.0, Language::English).0, 0.0);
        // What a telephone leaves: everything slow.
        let mut smooth = 0.0;
        let tone: Vec<i16> = (0..16_000)
            .map(|n| {
                smooth = 8_000.0 * (n as f32 * 0.3).sin();
                smooth as i16
            })
            .collect();
        assert!(Signal::of(&tone).is_narrow);
        assert!(!Signal::of(&noise(16_000, 8_000.0)).is_narrow);
        assert!(!Signal::of(&[]).snr_db.is_nan());
    }

    #[test]
    fn clipping_is_noticed() {
        let loud: Vec<i16> = noise(16_000, 60_000.0);
        assert!(Signal::of(&loud).clipped > 0.1);
    }
}

//! Where a vowel resonates: what tells a rounded front vowel from the back one and from the spread one, which the phones of the
//! acoustic model don't.
//!
//! The envelope of the spectrum up to 4 kHz comes of linear prediction of that band alone (selective linear prediction, Makhoul 1975,
//! "Linear prediction: a tutorial review"). Its centre of gravity above the first formant stands for the second and the higher formants
//! together (the effective second formant of Carlson, Fant & Granström 1975): of the formants of French men, 700 Hz in `u`, 1350 in `ø`, 1800 in
//! `y`, 2500 in `i`; women's are higher.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use realfft::{RealFftPlanner, RealToComplex};

use crate::acoustic::cepstrum::{HOP, SAMPLE_RATE};

/// Samples that an envelope is made of: 25 ms.
const WINDOW: usize = 400;
const FFT: usize = 512;
/// Bins of the spectrum up to 4 kHz, both ends included.
const BINS: usize = FFT / 4 + 1;
/// Poles of the envelope: four formants and the tilt.
const ORDER: usize = 10;
/// What the upper half of the band is raised by, as usual before linear prediction.
const PRE_EMPHASIS: f32 = 0.97;
/// Frames of a vowel that are looked at, at least: one has no envelope to rely on.
const LEAST_FRAMES: usize = 2;

/// A band of frequencies, in Hz.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// From here.
    pub from: f32,
    /// To here.
    pub to: f32,
}

/// The centre of gravity of a vowel's spectrum within a band, in Bark; `frames` of 10 ms of mono samples at 16 kHz. The middle of the
/// vowel counts, since its ends belong to the neighbours. Nothing if there is too little of it, or nothing in it.
pub fn centre(pcm: &[i16], frames: Range<usize>, band: Band) -> Option<f32> {
    let margin = frames.len() / 4;
    let middle = frames.start + margin..frames.end.saturating_sub(margin);
    let mut found: Vec<f32> = middle.filter_map(|frame| centre_at(pcm, frame, band)).collect();
    if found.len() < LEAST_FRAMES {
        return None;
    }
    found.sort_by(f32::total_cmp);
    Some(found[found.len() / 2])
}

/// Of one frame.
fn centre_at(pcm: &[i16], frame: usize, band: Band) -> Option<f32> {
    let start = (frame * HOP + HOP / 2).saturating_sub(WINDOW / 2);
    let power = spectrum(pcm.get(start..start + WINDOW)?)?;
    let predictor = predictor(&power)?;
    let (mut sum, mut weights) = (0.0, 0.0);
    let step = SAMPLE_RATE as f32 / FFT as f32;
    for bin in (band.from / step).ceil() as usize..=(band.to / step) as usize {
        let weight = 1.0 / response(&predictor, bin);
        sum += weight * bark(bin as f32 * step);
        weights += weight;
    }
    (weights > 0.0).then(|| sum / weights)
}

/// Hertz to Bark (Traunmüller 1990).
pub fn bark(hertz: f32) -> f32 {
    26.81 * hertz / (1960.0 + hertz) - 0.53
}

/// Power up to 4 kHz.
fn spectrum(samples: &[i16]) -> Option<[f32; BINS]> {
    static TRANSFORM: LazyLock<Arc<dyn RealToComplex<f32>>> =
        LazyLock::new(|| RealFftPlanner::new().plan_fft_forward(FFT));
    let (mut input, mut bins) = (TRANSFORM.make_input_vec(), TRANSFORM.make_output_vec());
    let mut last = f32::from(*samples.first()?);
    for (index, (value, sample)) in input.iter_mut().zip(samples).enumerate() {
        let sample = f32::from(*sample);
        let phase = std::f32::consts::TAU * index as f32 / (WINDOW - 1) as f32;
        *value = (sample - PRE_EMPHASIS * last) * (0.54 - 0.46 * phase.cos());
        last = sample;
    }
    TRANSFORM.process(&mut input, &mut bins).ok()?;
    let mut power = [0.0; BINS];
    for (power, bin) in power.iter_mut().zip(&bins) {
        *power = bin.norm_sqr();
    }
    Some(power)
}

/// The coefficients of linear prediction of a band whose power is known, by Levinson and Durbin. Nothing of silence.
fn predictor(power: &[f32; BINS]) -> Option<[f32; ORDER + 1]> {
    let mut correlation = [0.0f32; ORDER + 1];
    for (lag, value) in correlation.iter_mut().enumerate() {
        for (bin, power) in power.iter().enumerate() {
            // The ends stand in the spectrum once, what is between them twice.
            let weight = if bin == 0 || bin == BINS - 1 { 1.0 } else { 2.0 };
            *value += weight * power * cosine(lag * bin);
        }
    }
    let mut error = correlation[0];
    let mut coefficients = [0.0; ORDER + 1];
    coefficients[0] = 1.0;
    for order in 1..=ORDER {
        if error <= f32::MIN_POSITIVE {
            return None;
        }
        let known: f32 = (0..order)
            .map(|index| coefficients[index] * correlation[order - index])
            .sum();
        let reflection = -known / error;
        let before = coefficients;
        for index in 1..=order {
            coefficients[index] = before[index] + reflection * before[order - index];
        }
        error *= 1.0 - reflection * reflection;
    }
    Some(coefficients)
}

/// The squared magnitude of the predictor at a bin: what is left of the spectrum there.
fn response(predictor: &[f32; ORDER + 1], bin: usize) -> f32 {
    let (mut real, mut imaginary) = (0.0, 0.0);
    for (index, coefficient) in predictor.iter().enumerate() {
        real += coefficient * cosine(index * bin);
        // A quarter of the circle earlier.
        imaginary += coefficient * cosine(index * bin + 3 * CIRCLE / 4);
    }
    (real * real + imaginary * imaginary).max(f32::MIN_POSITIVE)
}

/// Bins once around: the band up to 4 kHz is half of it.
const CIRCLE: usize = 2 * (BINS - 1);

fn cosine(bins: usize) -> f32 {
    static TABLE: LazyLock<[f32; CIRCLE]> =
        LazyLock::new(|| std::array::from_fn(|bin| (std::f32::consts::TAU * bin as f32 / CIRCLE as f32).cos()));
    TABLE[bins % CIRCLE]
}

#[cfg(test)]
mod tests {
    use super::super::distinction::{Contrast, contrast};
    use super::*;
    use crate::language::Language;

    /// A vowel of some formants at 120 Hz: pulses through resonators (Klatt 1980).
    fn vowel(formants: &[(f32, f32)], seconds: f32) -> Vec<i16> {
        let count = (seconds * SAMPLE_RATE as f32) as usize;
        let period = SAMPLE_RATE / 120;
        let mut sound: Vec<f32> = (0..count).map(|n| if n % period == 0 { 1.0 } else { 0.0 }).collect();
        // The glottis falls by 12 dB an octave, and the lips raise by 6.
        let mut slow = 0.0;
        for sample in &mut sound {
            slow = 0.95 * slow + *sample;
            *sample = slow;
        }
        for &(frequency, width) in formants {
            let time = 1.0 / SAMPLE_RATE as f32;
            let c = -(-2.0 * std::f32::consts::PI * width * time).exp();
            let b = 2.0
                * (-std::f32::consts::PI * width * time).exp()
                * (2.0 * std::f32::consts::PI * frequency * time).cos();
            let (mut one, mut two) = (0.0, 0.0);
            for sample in &mut sound {
                let value = (1.0 - b - c) * *sample + b * one + c * two;
                (two, one) = (one, value);
                *sample = value;
            }
        }
        let loudest = sound.iter().fold(0.0f32, |most, sample| most.max(sample.abs()));
        sound
            .iter()
            .map(|sample| (sample / loudest * 12_000.0) as i16)
            .collect()
    }

    const BAND: Band = Contrast::BAND;

    #[test]
    fn the_centre_follows_the_second_formant() {
        // Of men who read French (Calliope 1989).
        let of = |f1, f2, f3| {
            let sound = vowel(&[(f1, 60.0), (f2, 90.0), (f3, 130.0), (3500.0, 200.0)], 0.3);
            centre(&sound, 5..25, BAND).unwrap()
        };
        let (u, o, oe, y, i) = (
            of(290.0, 750.0, 2300.0),
            of(385.0, 770.0, 2400.0),
            of(370.0, 1420.0, 2260.0),
            of(250.0, 1750.0, 2160.0),
            of(250.0, 2250.0, 2980.0),
        );
        println!("u {u:.2} o {o:.2} ø {oe:.2} y {y:.2} i {i:.2}");
        // The lowest front vowels that there are, and the back ones, are taken for what they are.
        let instead = |ipa, centre| contrast(ipa, Language::French).unwrap().likelihood(centre);
        assert!(
            instead("y", y) < 0.1 && instead("ø", oe) < 0.15,
            "{} {}",
            instead("y", y),
            instead("ø", oe)
        );
        assert!(instead("y", u) > 0.95 && instead("ø", o) > 0.95 && instead("u", u) < 0.05 && instead("u", y) > 0.9);
        assert!(u < bark(1000.0) && o < bark(1000.0), "{u} {o}");
        assert!(oe > bark(1300.0) && oe < bark(1750.0), "{oe}");
        assert!(y > bark(1700.0) && y < bark(2100.0), "{y}");
        assert!(i > bark(2300.0), "{i}");
    }

    #[test]
    fn silence_and_what_is_too_short_have_no_centre() {
        assert_eq!(centre(&[0; 16_000], 5..25, BAND), None);
        let sound = vowel(&[(300.0, 60.0), (800.0, 90.0)], 0.3);
        assert_eq!(centre(&sound, 5..6, BAND), None);
        assert_eq!(centre(&sound, 40..60, BAND), None);
        assert_eq!(centre(&sound, 5..5, BAND), None);
    }
}

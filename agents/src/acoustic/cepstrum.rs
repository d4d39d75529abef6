//! The front end: 16 kHz sound to mel-frequency cepstra, 100 a second, as the sound arrives.
//!
//! Davis & Mermelstein 1980 with the constants that the acoustic model was trained with (its `feat.params`): windows of
//! 25.6 ms every 10 ms, pre-emphasis 0.97, Hamming window, 25 mel bands from 130 to 6800 Hz, 13 cepstra, lifter 22.

use std::sync::{Arc, LazyLock};

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use super::model::DIMENSIONS;

/// Samples a second that the front end hears.
pub const SAMPLE_RATE: usize = 16_000;
/// Samples from one frame to the next: 10 ms.
pub const HOP: usize = 160;
/// Samples under one window: 25.6 ms.
pub const WINDOW: usize = 410;

/// The cepstra of one frame; the first is 5 x the mean log energy of the mel bands.
pub type Cepstrum = [f32; DIMENSIONS];

const FFT: usize = 512;
const BINS: usize = FFT / 2 + 1;
const BANDS: usize = 25;
const LOWEST_HZ: f32 = 130.0;
const HIGHEST_HZ: f32 = 6800.0;
const LIFTER: f32 = 22.0;
const PRE_EMPHASIS: f32 = 0.97;
/// Half the range of the noise that is added to the sound unless it is said otherwise, in units of a 16-bit sample (about -77
/// dBFS). Muted microphones, comfort noise and synthetic voices give exact zeros, which no model of recorded silence fits.
const DITHER: f32 = 8.0;

/// Turns sound into cepstra.
pub struct FrontEnd {
    tables: &'static Tables,
    /// Pre-emphasised samples from the start of the next window on.
    window: Vec<f32>,
    last_sample: Option<f32>,
    /// The state of the dither's generator, the same for every utterance.
    seed: u32,
    dither: f32,
    frame: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl FrontEnd {
    /// A front end that has heard nothing.
    pub fn new() -> Self {
        Self::with_dither(DITHER)
    }

    /// The same, with noise of another half range, in units of a 16-bit sample.
    pub fn with_dither(dither: f32) -> Self {
        let tables = Tables::shared();
        Self {
            tables,
            window: Vec::with_capacity(WINDOW + HOP),
            last_sample: None,
            seed: 1,
            dither,
            frame: tables.fft.make_input_vec(),
            spectrum: tables.fft.make_output_vec(),
            scratch: tables.fft.make_scratch_vec(),
        }
    }

    /// Hears more samples and appends the cepstra of every window that is now full.
    pub fn hear(&mut self, pcm: &[i16], cepstra: &mut Vec<Cepstrum>) {
        for &sample in pcm {
            let sample = f32::from(sample) + self.dither();
            let before = self.last_sample.replace(sample);
            self.window
                .push(before.map_or(sample, |before| sample - PRE_EMPHASIS * before));
            if self.window.len() == WINDOW {
                cepstra.push(self.cepstrum());
                self.window.drain(..HOP);
            }
        }
    }

    fn dither(&mut self) -> f32 {
        // Numerical Recipes' generator; its upper bits are random enough for noise.
        self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((self.seed >> 16) as f32 / 32_768.0 - 1.0) * self.dither
    }

    fn cepstrum(&mut self) -> Cepstrum {
        let tables = self.tables;
        for (value, (sample, weight)) in self.frame.iter_mut().zip(self.window.iter().zip(&tables.hamming)) {
            *value = sample * weight;
        }
        self.frame[WINDOW..].fill(0.0);
        tables
            .fft
            .process_with_scratch(&mut self.frame, &mut self.spectrum, &mut self.scratch)
            .expect("the buffers were made by the same transform");
        let mut power = [0.0f32; BINS];
        for (power, value) in power.iter_mut().zip(&self.spectrum) {
            *power = value.norm_sqr();
        }
        let mut log_bands = [0.0f32; BANDS];
        for (log, band) in log_bands.iter_mut().zip(&tables.bands) {
            let energy: f32 = power[band.first..].iter().zip(&band.weights).map(|(p, w)| p * w).sum();
            *log = energy.max(f32::MIN_POSITIVE).ln();
        }
        std::array::from_fn(|row| tables.cosines[row].iter().zip(&log_bands).map(|(c, l)| c * l).sum())
    }
}

impl Default for FrontEnd {
    fn default() -> Self {
        Self::new()
    }
}

/// What every front end shares.
struct Tables {
    fft: Arc<dyn RealToComplex<f32>>,
    hamming: [f32; WINDOW],
    bands: Vec<Band>,
    /// The orthonormal DCT-II with the lifter multiplied in.
    cosines: [[f32; BANDS]; DIMENSIONS],
}

/// A triangular filter of unit area.
struct Band {
    first: usize,
    weights: Vec<f32>,
}

impl Tables {
    fn shared() -> &'static Self {
        static TABLES: LazyLock<Tables> = LazyLock::new(Tables::new);
        &TABLES
    }

    fn new() -> Self {
        use std::f32::consts::PI;
        let cosines = std::array::from_fn(|row| {
            let lift = 1.0 + LIFTER / 2.0 * (row as f32 * PI / LIFTER).sin();
            let norm = if row == 0 { 1.0 } else { 2.0f32 } / BANDS as f32;
            std::array::from_fn(|band| {
                lift * norm.sqrt() * (PI * row as f32 * (band as f32 + 0.5) / BANDS as f32).cos()
            })
        });
        Self {
            fft: RealFftPlanner::new().plan_fft_forward(FFT),
            hamming: std::array::from_fn(|n| 0.54 - 0.46 * (2.0 * PI * n as f32 / (WINDOW - 1) as f32).cos()),
            bands: bands(),
            cosines,
        }
    }
}

fn bands() -> Vec<Band> {
    let mel = |hertz: f32| 2595.0 * (1.0 + hertz / 700.0).log10();
    let hertz = |mel: f32| 700.0 * (10f32.powf(mel / 2595.0) - 1.0);
    let bin_width = SAMPLE_RATE as f32 / FFT as f32;
    let (low, high) = (mel(LOWEST_HZ), mel(HIGHEST_HZ));
    let edge = |index: usize| {
        let at = hertz(low + (high - low) * index as f32 / (BANDS + 1) as f32);
        (at / bin_width).round() * bin_width
    };
    (0..BANDS)
        .map(|index| {
            let (left, centre, right) = (edge(index), edge(index + 1), edge(index + 2));
            let height = 2.0 / (right - left);
            let first = (left / bin_width) as usize;
            let weights = (first..=(right / bin_width) as usize)
                .map(|bin| {
                    let at = bin as f32 * bin_width;
                    let slope = ((at - left) / (centre - left)).min((right - at) / (right - centre));
                    slope.max(0.0) * height
                })
                .collect();
            Band { first, weights }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hertz: f32, samples: usize) -> Vec<i16> {
        (0..samples)
            .map(|n| (8000.0 * (2.0 * std::f32::consts::PI * hertz * n as f32 / SAMPLE_RATE as f32).sin()) as i16)
            .collect()
    }

    #[test]
    fn a_second_gives_a_frame_for_every_full_window() {
        let mut cepstra = Vec::new();
        FrontEnd::new().hear(&tone(440.0, SAMPLE_RATE), &mut cepstra);
        assert_eq!(cepstra.len(), 1 + (SAMPLE_RATE - WINDOW) / HOP);
    }

    #[test]
    fn pieces_give_the_same_cepstra_as_the_whole() {
        let sound = tone(700.0, 5000);
        let (mut whole, mut pieces) = (Vec::new(), Vec::new());
        FrontEnd::new().hear(&sound, &mut whole);
        let mut front_end = FrontEnd::new();
        for piece in sound.chunks(97) {
            front_end.hear(piece, &mut pieces);
        }
        assert_eq!(whole, pieces);
    }

    #[test]
    fn a_louder_tone_changes_only_the_energy() {
        let quiet = tone(1000.0, 2000);
        let loud: Vec<i16> = quiet.iter().map(|sample| sample * 2).collect();
        let noisy = |sound: &[i16]| {
            // Enough noise in all bands, scaled with the tone, to keep every band above the floor.
            let mut seed = 1u32;
            let gain = i32::from(sound[1]) / i32::from(quiet[1]);
            let sound: Vec<i16> = sound
                .iter()
                .map(|&sample| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    sample + (gain * ((seed >> 21) as i32 - 1024)) as i16
                })
                .collect();
            let mut cepstra = Vec::new();
            FrontEnd::new().hear(&sound, &mut cepstra);
            cepstra
        };
        for (quiet, loud) in noisy(&quiet).iter().zip(&noisy(&loud)).skip(1) {
            // Twice the amplitude is ln 4 in every band, and the mean of the bands is scaled by 5.
            assert!((loud[0] - quiet[0] - 5.0 * 4f32.ln()).abs() < 0.3);
            for (quiet, loud) in quiet.iter().zip(loud).skip(1) {
                assert!((loud - quiet).abs() < 0.3, "{quiet} {loud}");
            }
        }
    }

    #[test]
    fn digital_silence_is_finite() {
        let mut cepstra = Vec::new();
        FrontEnd::new().hear(&[0; 1000], &mut cepstra);
        assert!(cepstra.iter().flatten().all(|value| value.is_finite()));
    }
}

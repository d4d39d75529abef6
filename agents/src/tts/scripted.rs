//! A voice for tests and load tests: the same three seconds of canned speech for every phrase, at once.

use std::f32::consts::TAU;
use std::sync::Arc;

use futures::{StreamExt, stream};

use super::timing::{estimate, length};
use crate::engine::{Results, SpeakRequest, SpeechChunk, Tts};
use crate::language::Language;

/// The canned voice. It is not cacheable, so that its speech is encoded anew each time, as a remote provider's is.
#[derive(Clone, Debug)]
pub struct ScriptedTts {
    pcm: Arc<[i16]>,
}

impl ScriptedTts {
    /// The rate of its speech, in Hz.
    pub const RATE: u32 = 24_000;

    /// Makes the speech once.
    pub fn new() -> Self {
        Self {
            pcm: canned_speech().into(),
        }
    }
}

impl Default for ScriptedTts {
    fn default() -> Self {
        Self::new()
    }
}

impl Tts for ScriptedTts {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn speaks(&self, _language: Language) -> bool {
        true
    }

    fn is_cacheable(&self) -> bool {
        false
    }

    fn speak(&self, request: SpeakRequest) -> Results<SpeechChunk> {
        let words = estimate(&request.text, length(self.pcm.len(), Self::RATE));
        let pcm = Arc::clone(&self.pcm);
        let rate = Self::RATE;
        stream::iter([Ok(SpeechChunk { pcm, rate, words })]).boxed()
    }
}

/// Three seconds of babble at -20 dBFS: syllables of a voiced source with a falling melody through moving formants
/// (after Klatt 1980), with hissed onsets, so that a codec has as much to do as with speech.
fn canned_speech() -> Vec<i16> {
    let rate = ScriptedTts::RATE as f32;
    let samples = (LENGTH_SECONDS * rate) as usize;
    let mut noise = 0x2545_F491_u32;
    let mut phase = 0.0f32;
    let mut breath = 0.0f32;
    let mut formants = [Resonator::default(); 3];
    let mut speech: Vec<f32> = (0..samples)
        .map(|sample| {
            let second = sample as f32 / rate;
            let syllable = (second / SYLLABLE_SECONDS) as usize;
            let within = (second / SYLLABLE_SECONDS).fract();
            // The melody falls over the phrase and rises a little on every other syllable.
            let accent = if syllable.is_multiple_of(2) {
                (within * TAU / 2.0).sin()
            } else {
                0.0
            };
            let pitch = 205.0 - 18.0 * second + 22.0 * accent;
            phase = (phase + pitch / rate).fract();
            // One opening and closing of the glottis in each period, at rest for the other 40%.
            let opening = (phase / 0.6).min(1.0);
            let voice = (opening * TAU / 2.0).sin().powi(2);
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
            let hiss = noise as f32 / u32::MAX as f32 - 0.5;
            // Differencing tilts the hiss towards high frequencies, as a fricative's.
            let fricative = hiss - breath;
            breath = hiss;

            let onset = (1.0 - within / 0.22).clamp(0.0, 1.0);
            let vowel = ((within - 0.12) / 0.1).clamp(0.0, 1.0) * ((1.0 - within) / 0.2).clamp(0.0, 1.0);
            let source = vowel * (voice - 0.3 + 0.02 * hiss);
            let (from, to) = (VOWELS[syllable % VOWELS.len()], VOWELS[(syllable + 1) % VOWELS.len()]);
            let glide = (within - 0.5).max(0.0);
            let mouth: f32 = formants
                .iter_mut()
                .enumerate()
                .map(|(number, formant)| {
                    let frequency = from[number] + (to[number] - from[number]) * glide;
                    formant.ring(source, frequency, 60.0 + 40.0 * number as f32, rate) / (number + 1) as f32
                })
                .sum();
            mouth + onset * 0.12 * fricative
        })
        .collect();
    let power = speech.iter().map(|sample| sample * sample).sum::<f32>() / samples as f32;
    let gain = 10f32.powf(LOUDNESS_DBFS / 20.0) * 32_768.0 / power.sqrt();
    let fade = rate * 0.01;
    for (at, sample) in speech.iter_mut().enumerate() {
        let edge = at.min(samples - 1 - at) as f32 / fade;
        *sample *= gain * edge.min(1.0);
    }
    speech.into_iter().map(|sample| sample as i16).collect()
}

/// A two-pole resonator whose frequency may change from sample to sample.
#[derive(Clone, Copy, Default)]
struct Resonator {
    last: f32,
    before_last: f32,
}

impl Resonator {
    fn ring(&mut self, input: f32, frequency: f32, bandwidth: f32, rate: f32) -> f32 {
        let radius = (-TAU / 2.0 * bandwidth / rate).exp();
        let feedback = 2.0 * radius * (TAU * frequency / rate).cos();
        let output = (1.0 - radius) * input + feedback * self.last - radius * radius * self.before_last;
        self.before_last = self.last;
        self.last = output;
        output
    }
}

const LENGTH_SECONDS: f32 = 3.0;
/// Not a divisor of the length of a frame, so that syllables fall differently on frames.
const SYLLABLE_SECONDS: f32 = 0.217;
/// Root mean square.
const LOUDNESS_DBFS: f32 = -20.0;
/// The first three formants of a, i, o, e, u in Hz (Peterson & Barney 1952, women).
const VOWELS: [[f32; 3]; 5] = [
    [850.0, 1220.0, 2810.0],
    [310.0, 2790.0, 3310.0],
    [590.0, 920.0, 2710.0],
    [610.0, 2330.0, 2990.0],
    [370.0, 950.0, 2670.0],
];

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::Pace;

    fn decibels(samples: &[i16]) -> f32 {
        let power = samples.iter().map(|&sample| f32::from(sample).powi(2)).sum::<f32>();
        10.0 * (power / samples.len() as f32 / 32_768f32.powi(2)).log10()
    }

    #[test]
    fn it_is_as_loud_and_as_uneven_as_speech() {
        let speech = canned_speech();
        assert_eq!(speech.len(), 72_000);
        assert!((decibels(&speech) - LOUDNESS_DBFS).abs() < 0.5);
        assert!(speech.iter().all(|sample| sample.unsigned_abs() < 32_000), "clipped");
        let frames: Vec<f32> = speech.chunks(480).map(decibels).collect();
        let loud = frames.iter().filter(|&&frame| frame > -22.0).count();
        let soft = frames.iter().filter(|&&frame| frame < -32.0).count();
        assert!(loud > frames.len() / 5 && soft > frames.len() / 10, "{loud} {soft}");
    }

    #[tokio::test]
    async fn every_phrase_is_the_same_speech_in_one_piece() {
        let tts = ScriptedTts::new();
        let request = SpeakRequest {
            language: Language::French,
            text: "Bonsoir à tous".to_owned(),
            pace: Pace::Slow,
            melody: None,
        };
        let chunks: Vec<_> = tts.speak(request).collect().await;
        let [Ok(chunk)] = chunks.as_slice() else {
            panic!("{chunks:?}");
        };
        assert_eq!((chunk.rate, &chunk.pcm), (24_000, &tts.pcm));
        assert_eq!(chunk.words.len(), 3);
        assert_eq!(chunk.words[2].end, Duration::from_secs(3));
    }
}

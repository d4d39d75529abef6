//! One utterance, scored by the acoustic model, and a text held against it.

use std::ops::Range;
use std::time::Duration;

use super::calibration;
use super::goodness::{SoundGoodness, WordGoodness, judge};
use super::reading::Reading;
use super::statistics::mean;
use crate::acoustic::likelihood::StateScores;
use crate::acoustic::listening::{FRAME_RATE, Listening};
use crate::acoustic::phone_loop::{FreeFrame, phone_loop};
use crate::acoustic::{AcousticModel, SpokenWord};
use crate::language::Language;

/// The longest recording that is judged. What exceeds it is not heard: whoever hands it in has to refuse it, or say so.
pub const LONGEST: Duration = Duration::from_secs(120);
/// A word that is squeezed into fewer frames a sound than this was hardly said. Three is the least that the model allows.
const SQUEEZED: f32 = 4.5;
/// And its fit is worse than this: "the" is often as short, but well heard.
const MISSING_FIT: f32 = -3.5;
/// A word whose sounds fit better than this was surely said.
const HEARD_FIT: f32 = -1.5;

/// One utterance, scored once for whatever texts it is held against.
pub struct Utterance {
    scores: Vec<StateScores>,
    pub(super) free: Vec<FreeFrame>,
}

/// A text held against an utterance.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Which words were said, when.
    pub reading: Reading,
    /// How well each word was said.
    pub words: Vec<WordGoodness>,
    /// What was said beside the text: the number of the word that it stands before, and when, in frames of 10 ms.
    pub insertions: Vec<(usize, Range<usize>)>,
}

impl Utterance {
    /// Scores mono samples at 16 kHz, up to [`LONGEST`].
    pub fn of(pcm: &[i16]) -> Self {
        let limit = LONGEST.as_secs() as usize * FRAME_RATE;
        let mut listening = Listening::with_limit(AcousticModel::embedded(), limit);
        listening.hear(pcm);
        Self::heard(&mut listening)
    }

    /// Of what a recogniser has listened to: the slopes and curvatures that it scored are not scored again.
    pub fn heard(listening: &mut Listening) -> Self {
        let mut scores = Vec::new();
        listening.exact(&mut scores);
        let free = phone_loop(&scores);
        Self { scores, free }
    }

    /// Holds a text against it. Nothing if the sound is too short for the text.
    pub fn measure(&self, words: &[SpokenWord]) -> Option<Measured> {
        let mut measured = self.judged(Reading::of(&self.scores, words, false)?, words);
        // With anything allowed in between, a wrong word is squeezed beside what was said instead of it, and scores too well:
        // such a reading tells what was added, where the words around it are themselves well heard, and nothing else.
        let with_others = Reading::of(&self.scores, words, true).filter(|reading| !reading.insertions().is_empty());
        if let Some(reading) = with_others {
            let with_others = self.judged(reading, words);
            measured.insertions = with_others.reading.insertions();
            measured
                .insertions
                .retain(|(next, _)| with_others.is_whole_around(*next));
        }
        Some(measured)
    }

    fn judged(&self, reading: Reading, words: &[SpokenWord]) -> Measured {
        let words = judge(&reading, words, &self.scores, &self.free);
        Measured {
            reading,
            words,
            insertions: Vec::new(),
        }
    }
}

impl Measured {
    /// How well the whole text fits: the mean of its sounds. Nothing if it has none.
    pub fn fit(&self) -> Option<f32> {
        mean(self.words.iter().flat_map(|word| &word.sounds).map(|sound| sound.fit))
    }

    /// Whether the words before the one of this number, and that one, were surely said.
    fn is_whole_around(&self, next: usize) -> bool {
        let around = [next.checked_sub(1), Some(next)].into_iter().flatten();
        let words = around.filter_map(|word| self.words.get(word));
        words
            .filter(|word| !word.sounds.is_empty())
            .all(|word| !word.is_squeezed() && word.fit() > HEARD_FIT)
    }

    /// Whether a word was left out.
    pub fn is_omitted(&self, word: usize) -> bool {
        let word = &self.words[word];
        !word.sounds.is_empty() && word.is_squeezed() && word.fit() < MISSING_FIT
    }
}

impl WordGoodness {
    fn is_squeezed(&self) -> bool {
        let frames: usize = self.sounds.iter().map(|sound| sound.frames.len()).sum();
        frames as f32 <= SQUEEZED * self.sounds.len() as f32
    }

    fn fit(&self) -> f32 {
        mean(self.sounds.iter().map(|sound| sound.fit)).unwrap_or_default()
    }

    /// How well the word was said, compared with how it comes out when people say it whose own language it is. Three
    /// usual sounds are added, so that one bad sound of "a" doesn't prove more than four of another word. `word` is what was held
    /// against the sound. Nothing if it has no sounds.
    pub fn quality(&self, word: &SpokenWord, language: Language) -> Option<f32> {
        let sounds = self.sounds.iter().zip(&word.sounds);
        let sum: f32 = sounds
            .map(|(goodness, sound)| {
                let usual = calibration::usual(&sound.ipa, language);
                let sharpness = (goodness.sharpness() - usual.sharpness).clamp(-SOUND_LIMIT, SOUND_PRAISE);
                SHARPNESS_WEIGHT * sharpness + goodness.fit - usual.fit
            })
            .sum();
        let count = self.sounds.len();
        (count > 0).then(|| (sum + BESIDE_WEIGHT * self.beside.max(MOST_BESIDE)) / (count as f32 + USUAL_SOUNDS))
    }
}

impl SoundGoodness {
    /// How well the sound was made, compared with how it comes out when people make it whose own language it is: 0 is usual,
    /// the worst is about -20.
    pub fn quality(&self, ipa: &str, language: Language) -> f32 {
        let usual = calibration::usual(ipa, language);
        (self.sharpness() - usual.sharpness) + calibration::FIT_WEIGHT * (self.fit - usual.fit)
    }

    /// The margin by the square root of the length: that much evidence grows by chance.
    pub fn sharpness(&self) -> f32 {
        self.margin.clamp(-LIMIT, LIMIT) / (self.frames.len().max(1) as f32).sqrt()
    }
}

/// What the margin of a sound counts for beside its fit in the quality of a word, and between which bounds.
const SHARPNESS_WEIGHT: f32 = 0.3;
const SOUND_LIMIT: f32 = 8.0;
const SOUND_PRAISE: f32 = 2.0;
/// What speech beside a word counts for that it should have explained.
const BESIDE_WEIGHT: f32 = 0.1;
const MOST_BESIDE: f32 = -60.0;
/// Usual sounds that are added to each word.
const USUAL_SOUNDS: f32 = 3.0;
/// No margin counts for more.
const LIMIT: f32 = 60.0;

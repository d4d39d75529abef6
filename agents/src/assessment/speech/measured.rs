//! One utterance, scored by the acoustic model, and a text held against it.

use std::ops::Range;
use std::time::Duration;

use super::calibration;
use super::distinction::{Contrast, contrast, is_scored};
use super::goodness::{SoundGoodness, WordGoodness, judge};
use super::reading::{Part, Reading};
use super::resonance::centre;
use super::statistics::mean;
use crate::acoustic::likelihood::StateScores;
use crate::acoustic::listening::{FRAME_RATE, Listening};
use crate::acoustic::phone_loop::{FreeFrame, phone_loop};
use crate::acoustic::{AcousticModel, SpokenWord, fillers};
use crate::language::Language;

/// The longest recording that is judged. What exceeds it is not heard: whoever hands it in has to refuse it, or say so.
pub const LONGEST: Duration = Duration::from_secs(120);
/// A word that is squeezed into fewer frames a sound than this was hardly said. Three is the least that the model allows.
const SQUEEZED: f32 = 4.5;
/// And its fit is worse than this: "the" is often as short, but well heard.
const MISSING_FIT: f32 = -3.5;
/// A word whose sounds fit better than this was surely said.
const HEARD_FIT: f32 = -1.5;
/// How likely it is at least that a text is the one that was said.
const LIKELY: f32 = 0.5;
/// Words and sounds that the beginning of a text has at least, and which share of the text's sounds that is: of less, other texts have as much.
const BEGUN_WORDS: usize = 3;
const BEGUN_SOUNDS: usize = 10;
const BEGUN_SHARE: f32 = 0.25;
/// The share of what is spoken that may be beside its words.
const BEGUN_BESIDE: f32 = 0.1;
/// How much better it fits at least than what passes for a whole text, times the root of its sounds: the best of many beginnings fits better
/// than any one text, and that of few sounds most of all.
const BEGUN_FIT: f32 = 2.75;

/// One utterance, scored once for whatever texts it is held against.
pub struct Utterance {
    pcm: Vec<i16>,
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
        let mut scores = Vec::new();
        listening.exact(&mut scores);
        let free = phone_loop(&scores);
        Self {
            pcm: pcm.to_vec(),
            scores,
            free,
        }
    }

    /// Holds a text of a language against it. Nothing if the sound is too short for the text.
    pub fn measure(&self, words: &[SpokenWord], language: Language) -> Option<Measured> {
        let mut measured = self.judged(Reading::of(&self.scores, words, false)?, words);
        self.resonate(&mut measured.words, words, language);
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

    /// Holds the beginning of a text against it that explains it best; as many [`Measured::words`] as that has. Nothing unless it is beyond
    /// doubt that it was said, and no other text. `lost_fit` is what noise takes ([`Signal::lost_fit`]).
    ///
    /// [`Signal::lost_fit`]: super::signal::Signal::lost_fit
    pub fn measure_beginning(&self, words: &[SpokenWord], lost_fit: f32, language: Language) -> Option<Measured> {
        let (reading, count) = Reading::of_beginning(&self.scores, words)?;
        let begun = &words[..count];
        let sounds = |words: &[SpokenWord]| words.iter().map(|word| word.sounds.len()).sum::<usize>();
        let (said, all) = (sounds(begun), sounds(words));
        let is_enough = count >= BEGUN_WORDS && said >= BEGUN_SOUNDS && said as f32 >= BEGUN_SHARE * all as f32;
        if !is_enough || self.beside(&reading) > BEGUN_BESIDE {
            return None;
        }
        let mut measured = self.judged(reading, begun);
        let better = measured.fit()? + lost_fit - calibration::text(language).middle;
        if better * (said as f32).sqrt() < BEGUN_FIT {
            return None;
        }
        self.resonate(&mut measured.words, begun, language);
        Some(measured)
    }

    /// The share of what is spoken that a reading has no word for.
    fn beside(&self, reading: &Reading) -> f32 {
        let is_speech = |frame: &usize| !fillers::is_silence(self.free[*frame].phone);
        let beside = reading
            .segments
            .iter()
            .filter(|segment| !matches!(segment.part, Part::Sound { .. }));
        let beside = beside.flat_map(|segment| segment.frames.clone()).filter(is_speech);
        let spoken = (0..self.free.len()).filter(is_speech);
        beside.count() as f32 / spoken.count().max(1) as f32
    }

    fn judged(&self, reading: Reading, words: &[SpokenWord]) -> Measured {
        let words = judge(&reading, words, &self.scores, &self.free);
        Measured {
            reading,
            words,
            insertions: Vec::new(),
        }
    }

    /// Finds out where the vowels resonate that are told by it in the language.
    fn resonate(&self, judged: &mut [WordGoodness], words: &[SpokenWord], language: Language) {
        for (goodness, word) in judged.iter_mut().zip(words) {
            for (goodness, sound) in goodness.sounds.iter_mut().zip(&word.sounds) {
                if contrast(&sound.ipa, language).is_some() {
                    goodness.centre = centre(&self.pcm, goodness.frames.clone(), Contrast::BAND);
                }
            }
        }
    }
}

impl Measured {
    /// How well the whole text fits: the mean of its sounds. Nothing if it has none.
    pub fn fit(&self) -> Option<f32> {
        mean(self.words.iter().flat_map(|word| &word.sounds).map(|sound| sound.fit))
    }

    /// Whether the text is what was said, well or badly, rather than another one. `lost_fit` is what noise takes ([`Signal::lost_fit`]).
    ///
    /// [`Signal::lost_fit`]: super::signal::Signal::lost_fit
    pub fn is_said(&self, lost_fit: f32, language: Language) -> bool {
        self.fit()
            .is_some_and(|fit| calibration::text(language).at(fit + lost_fit) >= LIKELY)
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
        let scored = sounds.filter(|(_, sound)| is_scored(&sound.ipa, language));
        let (sum, count) = scored.fold((0.0, 0), |(sum, count), (goodness, sound)| {
            let usual = calibration::usual(&sound.ipa, language);
            let sharpness = (goodness.sharpness() - usual.sharpness).clamp(-SOUND_LIMIT, SOUND_PRAISE);
            let value = SHARPNESS_WEIGHT * sharpness + goodness.fit - usual.fit;
            let wrong = goodness.likelihood_of_contrast(&sound.ipa, language);
            (sum + mixed(value, WRONG_IN_WORD, wrong), count + 1)
        });
        (count > 0).then(|| (sum + BESIDE_WEIGHT * self.beside.max(MOST_BESIDE)) / (count as f32 + USUAL_SOUNDS))
    }
}

impl SoundGoodness {
    /// How well the sound was made, compared with how it comes out when people make it whose own language it is: 0 is usual,
    /// the worst is about -20.
    pub fn quality(&self, ipa: &str, language: Language) -> f32 {
        let wrong = self.likelihood_of_contrast(ipa, language);
        mixed(self.quality_by_phones(ipa, language), WRONG_SOUND, wrong)
    }

    /// The same by the phones of the model alone.
    pub fn quality_by_phones(&self, ipa: &str, language: Language) -> f32 {
        let usual = calibration::usual(ipa, language);
        (self.sharpness() - usual.sharpness) + calibration::FIT_WEIGHT * (self.fit - usual.fit)
    }

    /// How surely its resonance tells that its [`contrast`] was said in its place, 0 to 1.
    pub fn likelihood_of_contrast(&self, ipa: &str, language: Language) -> f32 {
        let told = self.centre.zip(contrast(ipa, language));
        told.map_or(0.0, |(centre, contrast)| contrast.likelihood(centre))
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
/// What a sound counts for in the quality of a word, and its own quality, when it was another for sure: as the worst by the phones.
const WRONG_IN_WORD: f32 = -10.4;
const WRONG_SOUND: f32 = -24.0;

/// What a quality is worth that belongs to another sound with some likelihood.
fn mixed(quality: f32, wrong: f32, likelihood: f32) -> f32 {
    quality + likelihood * (wrong - quality).min(0.0)
}

/// No margin counts for more.
const LIMIT: f32 = 60.0;

//! What the method is measured by: recordings of people held against their own texts and against spoilt ones.

use colloquy_agents::acoustic::SpokenWord;
use colloquy_agents::acoustic::ipa::Sound;
use colloquy_agents::assessment::speech::distinction::is_scored;
use colloquy_agents::assessment::speech::{Measured, Utterance};
use colloquy_agents::language::Language;

use crate::confusions::confused_with;
use crate::corpus::{Clip, Corpus, Noise};

/// Texts of other recordings that each is held against.
const WRONG_TEXTS: usize = 5;

/// Every trial on the recordings of a language.
pub struct Trials {
    /// Which they are.
    pub language: Language,
    /// The fit of recordings with their own texts.
    pub right_texts: Vec<f32>,
    /// With those of others.
    pub wrong_texts: Vec<f32>,
    /// The sounds of the own texts.
    pub right_sounds: Vec<Tried>,
    /// Sounds that any other of the language was put in the place of.
    pub random_sounds: Vec<Tried>,
    /// Sounds that one was put in the place of that learners confuse with it.
    pub confusable_sounds: Vec<Tried>,
    /// The quality of the words of the own texts.
    pub right_words: Vec<f32>,
    /// Of words that another was put in the place of.
    pub wrong_words: Vec<f32>,
    /// How many of those scored lowest in their text.
    pub lowest: usize,
    /// Words that were taken for left out, of the own texts and of those that a word was added to.
    pub omitted: [usize; 2],
    /// Texts that a word was added to.
    pub added: usize,
    /// Stretches taken for inserted, in the own texts and in those that a word was removed from.
    pub inserted: [usize; 2],
    /// Texts that a word was removed from.
    pub removed: usize,
}

/// One sound that was held against what was said.
pub struct Tried {
    /// Which it should be.
    pub ipa: String,
    /// Its margin by the square root of its length.
    pub sharpness: f32,
    /// How it fits.
    pub fit: f32,
    /// Both in one.
    pub quality: f32,
}

impl Trials {
    /// Holds every recording against all kinds of texts. `sound` tells what is heard of one.
    pub fn run(corpus: &Corpus, sound: impl Fn(&Clip) -> Vec<i16>) -> Self {
        let mut trials = Self::of(corpus.language);
        let mut noise = Noise(7);
        let vocabulary: Vec<&SpokenWord> = corpus
            .clips
            .iter()
            .flat_map(|clip| &clip.words)
            .filter(|word| !word.sounds.is_empty())
            .collect();
        let mut inventory: Vec<&Sound> = Vec::new();
        for sound in vocabulary.iter().flat_map(|word| &word.sounds) {
            if !inventory.contains(&sound) {
                inventory.push(sound);
            }
        }
        for clip in &corpus.clips {
            let utterance = Utterance::of(&sound(clip));
            trials.texts(corpus, clip, &utterance, &mut noise);
            trials.words(corpus.language, clip, &utterance, &vocabulary, &mut noise);
            trials.sounds(corpus.language, clip, &utterance, &inventory, &mut noise);
        }
        trials
    }

    fn of(language: Language) -> Self {
        Self {
            language,
            right_texts: Vec::new(),
            wrong_texts: Vec::new(),
            right_sounds: Vec::new(),
            random_sounds: Vec::new(),
            confusable_sounds: Vec::new(),
            right_words: Vec::new(),
            wrong_words: Vec::new(),
            lowest: 0,
            omitted: [0; 2],
            added: 0,
            inserted: [0; 2],
            removed: 0,
        }
    }

    /// The chance that a right text fits better than a wrong one.
    pub fn text_auc(&self) -> f64 {
        auc(&self.right_texts, &self.wrong_texts)
    }

    /// How often the word that another was put in the place of scores lowest.
    pub fn lowest_share(&self) -> f64 {
        self.lowest as f64 / self.wrong_words.len() as f64
    }

    /// The chance that a right sound has more quality than a random one in its place.
    pub fn random_auc(&self) -> f64 {
        auc(&qualities(&self.right_sounds), &qualities(&self.random_sounds))
    }

    /// The chance that a right sound has more quality than one in its place that learners confuse with it.
    pub fn confusable_auc(&self) -> f64 {
        auc(&qualities(&self.right_sounds), &qualities(&self.confusable_sounds))
    }

    fn texts(&mut self, corpus: &Corpus, clip: &Clip, utterance: &Utterance, noise: &mut Noise) {
        let own = utterance.measure(&clip.words, corpus.language);
        self.right_texts.push(own.as_ref().map_or(NOT_AT_ALL, fit));
        if let Some(own) = own {
            self.inserted[0] += own.insertions.len();
            for (index, (goodness, word)) in own.words.iter().zip(&clip.words).enumerate() {
                self.right_words.extend(goodness.quality(word, corpus.language));
                self.omitted[0] += usize::from(own.is_omitted(index));
                let sounds = goodness.sounds.iter().zip(&word.sounds);
                let scored = sounds.filter(|(_, sound)| is_scored(&sound.ipa, corpus.language));
                self.right_sounds.extend(scored.map(|(goodness, sound)| Tried {
                    ipa: sound.ipa.clone(),
                    sharpness: goodness.sharpness(),
                    fit: goodness.fit,
                    quality: goodness.quality(&sound.ipa, corpus.language),
                }));
            }
        }
        let others: Vec<&Clip> = corpus.clips.iter().filter(|other| other.text != clip.text).collect();
        for _ in 0..WRONG_TEXTS {
            let wrong = utterance.measure(&noise.pick(&others).words, corpus.language);
            self.wrong_texts.push(wrong.as_ref().map_or(NOT_AT_ALL, fit));
        }
    }

    fn words(
        &mut self,
        language: Language,
        clip: &Clip,
        utterance: &Utterance,
        vocabulary: &[&SpokenWord],
        noise: &mut Noise,
    ) {
        let places: Vec<usize> = (0..clip.words.len())
            .filter(|&place| !clip.words[place].sounds.is_empty())
            .collect();
        for &place in &places {
            let others: Vec<&&SpokenWord> = vocabulary
                .iter()
                .filter(|word| word.sounds != clip.words[place].sounds)
                .collect();
            let mut words = clip.words.clone();
            words[place] = (**noise.pick(&others)).clone();
            let Some(measured) = utterance.measure(&words, language) else {
                continue;
            };
            let qualities: Vec<Option<f32>> = measured
                .words
                .iter()
                .zip(&words)
                .map(|(goodness, word)| goodness.quality(word, language))
                .collect();
            let Some(own) = qualities[place] else { continue };
            self.wrong_words.push(own);
            let mut rest = qualities.iter().enumerate().filter(|(index, _)| *index != place);
            self.lowest += usize::from(rest.all(|(_, other)| other.is_none_or(|other| other > own)));
        }
        // One word more, one word less; the words at the edges may be cut off without a trace.
        let place = *noise.pick(&places);
        let mut words = clip.words.clone();
        words.insert(place, (**noise.pick(vocabulary)).clone());
        if let Some(measured) = utterance.measure(&words, language) {
            self.added += 1;
            self.omitted[1] += usize::from(measured.is_omitted(place));
        }
        let mut words = clip.words.clone();
        words.remove(place);
        if let Some(measured) = utterance.measure(&words, language) {
            self.removed += 1;
            let found = |&(before, _): &(usize, _)| before == place;
            self.inserted[1] += usize::from(measured.insertions.iter().any(found));
        }
    }

    fn sounds(
        &mut self,
        language: Language,
        clip: &Clip,
        utterance: &Utterance,
        inventory: &[&Sound],
        noise: &mut Noise,
    ) {
        for (word, place) in places(clip) {
            let said = &clip.words[word].sounds[place];
            // What may come out as the same phone is no other sound to the model.
            let is_other = |sound: &Sound| {
                is_scored(&sound.ipa, language) && sound.phones.iter().all(|phone| !said.phones.contains(phone))
            };
            let random: Vec<Sound> = inventory
                .iter()
                .filter(|sound| is_other(sound))
                .map(|sound| (*sound).clone())
                .collect();
            let mut confusable = confused_with(&said.ipa, language);
            confusable.retain(is_other);
            for (sounds, tried) in [
                (random, &mut self.random_sounds),
                (confusable, &mut self.confusable_sounds),
            ] {
                if sounds.is_empty() {
                    continue;
                }
                let mut words = clip.words.clone();
                words[word].sounds[place] = noise.pick(&sounds).clone();
                let ipa = words[word].sounds[place].ipa.clone();
                let Some(measured) = utterance.measure(&words, language) else {
                    continue;
                };
                let goodness = &measured.words[word].sounds[place];
                tried.push(Tried {
                    sharpness: goodness.sharpness(),
                    fit: goodness.fit,
                    quality: goodness.quality(&ipa, language),
                    ipa,
                });
            }
        }
    }
}

fn places(clip: &Clip) -> impl Iterator<Item = (usize, usize)> {
    let words = clip.words.iter().enumerate();
    words.flat_map(|(word, spoken)| (0..spoken.sounds.len()).map(move |place| (word, place)))
}

fn qualities(tried: &[Tried]) -> Vec<f32> {
    tried.iter().map(|tried| tried.quality).collect()
}

fn fit(measured: &Measured) -> f32 {
    measured.fit().unwrap_or(NOT_AT_ALL)
}

/// The fit of a text that the sound is too short for.
const NOT_AT_ALL: f32 = -8.0;

/// The chance that one of `above` is greater than one of `below`.
pub fn auc(above: &[f32], below: &[f32]) -> f64 {
    let mut below: Vec<f32> = below.to_vec();
    below.sort_by(f32::total_cmp);
    let wins: f64 = above
        .iter()
        .map(|value| {
            let less = below.partition_point(|other| other < value);
            let same = below.partition_point(|other| other <= value) - less;
            less as f64 + same as f64 / 2.0
        })
        .sum();
    wins / (above.len() * below.len()) as f64
}

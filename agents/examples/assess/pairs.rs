//! How well each sound is told from those that learners put in its place: synthetic voices say sentences as they are and with the other
//! sound, and both are held against the sentence.

use std::io;

use colloquy_agents::acoustic::SpokenWord;
use colloquy_agents::assessment::speech::distinction::narrowed;
use colloquy_agents::assessment::speech::{Measured, Utterance};
use colloquy_agents::language::Language;

use crate::confusions::confusions;
use crate::corpus::Corpus;
use crate::sentences::sentences;
use crate::synthetic::{Script, VARIANTS};
use crate::trials::auc;

/// A sound, and one that learners put in its place.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// What should be said, in IPA.
    pub ipa: &'static str,
    /// What is said instead.
    pub rival: &'static str,
    /// The same in the signs of espeak-ng's voice.
    pub sign: &'static str,
}

/// How a pair is told apart.
pub struct Told {
    /// The qualities of the sound when it was said.
    pub right: Vec<f32>,
    /// When the other was said in its place.
    pub wrong: Vec<f32>,
}

impl Told {
    /// The chance that the sound has more quality than the other in its place.
    pub fn auc(&self) -> f64 {
        auc(&self.right, &self.wrong)
    }
}

/// Has a pair said, by so many variants of the voice in turns, wherever the sentences have the sound, a few times each.
pub fn tell(language: Language, pair: Pair, voices: usize) -> io::Result<Told> {
    let mut told = Told {
        right: Vec::new(),
        wrong: Vec::new(),
    };
    for (index, text) in sentences(language).iter().enumerate() {
        let script = Script::of(text, language)?;
        let words = narrowed(&script.words(), language);
        for (at, place) in script.places(pair.ipa).into_iter().take(MOST_PLACES).enumerate() {
            // Others for each place, so that all have their turn.
            for step in 0..voices {
                let variant = VARIANTS[(index + at + 3 * step) % VARIANTS.len()];
                for (change, qualities) in [(None, &mut told.right), (Some((place, pair.sign)), &mut told.wrong)] {
                    let sound = script.say(variant, change)?;
                    let pcm = [vec![0; 4800], sound, vec![0; 3200]].concat();
                    let measured = Utterance::of(&pcm).measure(&words, language);
                    let sounds = measured
                        .iter()
                        .flat_map(|measured| &measured.words[place.word].sounds[place.sounds()]);
                    // Of a sound that is two phones, one after the other, one may be missing.
                    let quality = sounds
                        .map(|goodness| goodness.quality(pair.ipa, language))
                        .min_by(f32::total_cmp);
                    qualities.extend(quality);
                }
            }
        }
    }
    Ok(told)
}

/// Places of a sound in one sentence.
const MOST_PLACES: usize = 2;

/// Recordings of people, scored once for all pairs.
pub struct People {
    corpus: Corpus,
    utterances: Vec<Utterance>,
}

impl People {
    pub fn of(corpus: Corpus) -> Self {
        let utterances = corpus.clips.iter().map(|clip| Utterance::of(&clip.in_quiet()));
        Self {
            utterances: utterances.collect(),
            corpus,
        }
    }

    /// How a pair is told apart when people say both: where they say the sound, and where they say its rival and the text has the sound
    /// in its place.
    pub fn tell(&self, pair: Pair) -> Told {
        let language = self.corpus.language;
        let mut right = Vec::new();
        for (clip, utterance) in self.corpus.clips.iter().zip(&self.utterances) {
            let is_there = |word: &SpokenWord| word.sounds.iter().any(|sound| sound.ipa == pair.ipa);
            if !clip.words.iter().any(is_there) {
                continue;
            }
            let measured = utterance.measure(&clip.words, language);
            let words = measured
                .iter()
                .flat_map(|measured| measured.words.iter().zip(&clip.words));
            let sounds = words.flat_map(|(goodness, word)| goodness.sounds.iter().zip(&word.sounds));
            let own = sounds.filter(|(_, sound)| sound.ipa == pair.ipa);
            right.extend(own.map(|(goodness, _)| goodness.quality(pair.ipa, language)));
        }
        Told {
            right,
            wrong: self.wrong(language, pair),
        }
    }

    /// The sound `pair.ipa` of a language wherever these people say `pair.rival`, be it in their own language.
    pub fn wrong(&self, language: Language, pair: Pair) -> Vec<f32> {
        let mut wrong = Vec::new();
        for (clip, utterance) in self.corpus.clips.iter().zip(&self.utterances) {
            for (word, spoken) in clip.words.iter().enumerate() {
                for place in (0..spoken.sounds.len()).filter(|place| spoken.sounds[*place].ipa == pair.rival) {
                    let mut words = clip.words.clone();
                    let other = SpokenWord::from_ipa("", pair.ipa);
                    words[word].sounds[place] = narrowed(&[other], language)[0].sounds[0].clone();
                    let measured = utterance.measure(&words, language);
                    let quality = |measured: Measured| measured.words[word].sounds[place].quality(pair.ipa, language);
                    wrong.extend(measured.map(quality));
                }
            }
        }
        wrong
    }
}

/// A pair that was recorded less often, one or the other, tells nothing.
pub const FEWEST: usize = 8;

/// The pairs that learners of a language confuse and that recordings have, both ways.
pub fn pairs_of_people(language: Language) -> impl Iterator<Item = Pair> {
    let both = |&(one, other): &(&'static str, &'static str)| [pair(one, other, ""), pair(other, one, "")];
    confusions(language).iter().flat_map(both)
}

/// Vowels that learners say for ones of French, and that are recorded in Spanish.
pub const OF_PEOPLE: [Pair; 4] = [
    pair("y", "u", ""),
    pair("y", "i", ""),
    pair("ø", "o", ""),
    pair("ø", "e", ""),
];

const fn pair(ipa: &'static str, rival: &'static str, sign: &'static str) -> Pair {
    Pair { ipa, rival, sign }
}

/// The pairs of a language that there are no recordings of.
pub fn pairs(language: Language) -> &'static [Pair] {
    match language {
        Language::French => FRENCH,
        Language::German => GERMAN,
        Language::Italian => ITALIAN,
        Language::Portuguese => PORTUGUESE,
        _ => &[],
    }
}

#[rustfmt::skip]
const FRENCH: &[Pair] = &[
    pair("y", "u", "u"), pair("y", "i", "i"), pair("u", "y", "y"), pair("ø", "o", "o"), pair("ø", "e", "e"), pair("ø", "u", "u"),
    pair("œ", "ɔ", "O"), pair("ə", "e", "e"), pair("ʒ", "ʃ", "S"), pair("v", "b", "b"), pair("ɑ̃", "a", "a"), pair("ɔ̃", "ɔ", "O"),
    pair("ɛ̃", "ɛ", "E"), pair("œ̃", "œ", "W"), pair("ʁ", "ɹ", "r-"),
];

#[rustfmt::skip]
const GERMAN: &[Pair] = &[
    pair("yː", "uː", "u:"), pair("yː", "iː", "i:"), pair("y", "ʊ", "U"), pair("y", "ɪ", "I"), pair("uː", "yː", "y:"), pair("ʊ", "y", "y"),
    pair("ʊ", "uː", "u:"), pair("øː", "oː", "o:"), pair("øː", "eː", "e:"), pair("œ", "ɔ", "O"), pair("œ", "ɛ", "E"), pair("ç", "ʃ", "S"),
    pair("ç", "k", "k"), pair("x", "k", "k"), pair("v", "w", "w"), pair("eː", "ɛ", "E"), pair("oː", "ɔ", "O"), pair("ɔ", "oː", "o:"),
    pair("ɾ", "ɹ", "r-"), pair("ɾ", "l", "l"),
];

#[rustfmt::skip]
const ITALIAN: &[Pair] = &[
    pair("ʎ", "l", "l"), pair("ɲ", "n", "n"), pair("u", "o", "o"), pair("e", "i", "I"), pair("b", "p", "p"), pair("r", "l", "l"),
];

#[rustfmt::skip]
const PORTUGUESE: &[Pair] = &[
    pair("ɲ", "n", "n"), pair("x", "k", "k"), pair("ɛ", "e", "e"), pair("ʒ", "ʃ", "S"), pair("z", "s", "s"),
    pair("b", "p", "p"), pair("ɐ̃", "a", "a"), pair("e", "ɛ", "E"), pair("ɔ", "o", "o"), pair("ɾ", "l", "l"),
];

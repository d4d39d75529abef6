//! Which language an answer is in: whether the learner fell back into their own, or into a third one.
//!
//! Two witnesses are heard. `lingua`, whose models of eight languages are part of the program (26 MB) and are read as they are needed,
//! tells the language of a sentence by its letters; of fewer than [`LEAST_WORDS`] words it tells nothing that can be relied on. The
//! words of every day (`identification/everyday.toml`) tell short ones: "I want water" has three that only English has. Short answers
//! are alike in many languages ("taxi", "hotel", "no"), so that nothing is said where both are unsure.

use std::collections::HashMap;
use std::sync::LazyLock;

use lingua::{LanguageDetector, LanguageDetectorBuilder};
use serde::Deserialize;
use unicode_segmentation::UnicodeSegmentation;

use crate::language::Language;

/// Fewer words are not judged by their letters.
const LEAST_WORDS: usize = 3;
/// Letters that these words have at least, together.
const LEAST_LETTERS: usize = 10;
/// How likely the learner's language has to be among all eight.
const LEAST_LIKELY: f64 = 0.5;
/// How much likelier than the language that is practised.
const TIMES_LIKELIER: f64 = 8.0;
/// Words of every day that the learner's language has and the practised one has not, where none is the other way round.
const OWN_WORDS: usize = 2;
/// The same of a third language, which fewer learners fall into.
const THIRD_WORDS: usize = 3;
/// Words of the learner's language for each of the practised one: quotations are short.
const OWN_FOR_EACH: usize = 4;
/// Signs of a writing of one's own that tell by themselves.
const LEAST_SIGNS: usize = 2;
/// In letters. The beginning tells enough.
const LONGEST: usize = 400;

static DETECTOR: LazyLock<LanguageDetector> =
    LazyLock::new(|| LanguageDetectorBuilder::from_languages(&Language::ALL.map(theirs)).build());

/// The languages of each word of every day, as bits in the order of [`Language::ALL`].
static EVERYDAY: LazyLock<HashMap<String, u8>> = LazyLock::new(|| {
    let lists: Lists = toml::from_str(include_str!("identification/everyday.toml"))
        .expect("it is part of the program, and tests read it");
    let mut everyday = HashMap::new();
    for (language, list) in lists.all() {
        for word in list.split_whitespace() {
            *everyday.entry(word.to_owned()).or_default() |= bit(language);
        }
    }
    everyday
});

/// The file of the words of every day.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    english: String,
    french: String,
    german: String,
    spanish: String,
    italian: String,
    portuguese: String,
}

impl Lists {
    fn all(&self) -> [(Language, &str); 6] {
        [
            (Language::English, &self.english),
            (Language::French, &self.french),
            (Language::German, &self.german),
            (Language::Spanish, &self.spanish),
            (Language::Italian, &self.italian),
            (Language::Portuguese, &self.portuguese),
        ]
    }
}

/// The language that an answer is in, if that is plainly not the one that is practised: the learner's own (`native`), which is told
/// by less, or a third one, English first.
///
/// The first text takes up to 100 ms, while models are read; later ones less than one.
pub fn answered_in(text: &str, practised: Language, native: Language) -> Option<Language> {
    Witnesses::of(text).language(practised, native)
}

/// Whether most words of every day in a text belong to another language than the one that is practised, and not to that: then the rest are no
/// misspellings of it, either. It takes less than to say which language the answer is in.
pub(super) fn is_foreign(text: &str, practised: Language) -> bool {
    let text: String = text.chars().take(LONGEST).collect();
    let words = everyday(&text);
    let only = |one: Language, other: Language| {
        let is_only = |languages: &&u8| **languages & bit(one) != 0 && **languages & bit(other) == 0;
        words.iter().filter(is_only).count()
    };
    let mut others = Language::ALL.into_iter().filter(|other| *other != practised);
    others.any(|other| only(other, practised) >= OWN_WORDS.max(only(practised, other) + 1))
}

/// What is known of an answer, whichever languages are asked about.
struct Witnesses {
    text: String,
    words: usize,
    letters: usize,
    /// Of each word of every day, the languages that have it.
    everyday: Vec<u8>,
    likely: Vec<(lingua::Language, f64)>,
}

impl Witnesses {
    fn of(text: &str) -> Self {
        let text: String = text.chars().take(LONGEST).collect();
        let likely = match text.chars().any(char::is_alphabetic) {
            true => DETECTOR.compute_language_confidence_values(text.as_str()),
            false => Vec::new(),
        };
        Self {
            words: text.unicode_words().count(),
            letters: letters(&text),
            everyday: everyday(&text),
            likely,
            text,
        }
    }

    fn language(&self, practised: Language, native: Language) -> Option<Language> {
        if practised != native && self.is_own(practised, native) {
            return Some(native);
        }
        // A sentence of the learner's own language is none of a third one.
        let mut others = [Language::English].into_iter().chain(Language::ALL);
        others.find(|third| *third != practised && *third != native && self.is_third(practised, *third))
    }

    fn is_own(&self, practised: Language, native: Language) -> bool {
        let writing = |language| signs(&self.text, language);
        match (writing(native), writing(practised)) {
            // Written in signs that the other language has not, or the other way round.
            (Some(own), _) if own < LEAST_SIGNS => return false,
            (Some(own), None) => return own * 2 > self.letters,
            (None, Some(others)) if others > 0 => return false,
            _ => {}
        }
        let (own, others) = self.words_of(native, practised);
        if own >= OWN_WORDS && own >= OWN_FOR_EACH * others && self.likely(native) >= self.likely(practised) {
            return true;
        }
        // Whatever the letters say of "Cacio e pepe".
        if own == 0 && others >= OWN_WORDS {
            return false;
        }
        let is_long = self.words >= LEAST_WORDS && self.letters >= LEAST_LETTERS;
        (is_long || writing(native).is_some()) && self.is_likelier(native, practised)
    }

    fn is_third(&self, practised: Language, third: Language) -> bool {
        let is_latin = |language| signs(&self.text, language).is_none();
        if !is_latin(third) || (!is_latin(practised) && signs(&self.text, practised) != Some(0)) {
            return false;
        }
        let (own, others) = self.words_of(third, practised);
        own >= THIRD_WORDS && others == 0 && self.is_likelier(third, practised)
    }

    fn is_likelier(&self, one: Language, other: Language) -> bool {
        self.likely(one) >= LEAST_LIKELY && self.likely(one) >= TIMES_LIKELIER * self.likely(other)
    }

    fn likely(&self, language: Language) -> f64 {
        let found = self.likely.iter().find(|(other, _)| *other == theirs(language));
        found.map_or(0.0, |(_, likely)| *likely)
    }

    /// How many words of every day one language has and the other has not, and the other way round.
    fn words_of(&self, one: Language, other: Language) -> (usize, usize) {
        let only = |one, other| {
            let is_only = |languages: &&u8| **languages & bit(one) != 0 && **languages & bit(other) == 0;
            self.everyday.iter().filter(is_only).count()
        };
        (only(one, other), only(other, one))
    }
}

/// The languages of each word of every day in a text. Of what is joined by an apostrophe, the parts count unless it is listed whole.
fn everyday(text: &str) -> Vec<u8> {
    let text = text.to_lowercase().replace(['’', 'ʼ', '‘'], "'");
    let known = |word: &str| EVERYDAY.get(word).copied();
    let words = text.split(|c: char| !(c.is_alphabetic() || matches!(c, '\'' | '-')));
    let mut found = Vec::new();
    for word in words.map(|word| word.trim_matches(['\'', '-'])) {
        match known(word) {
            Some(languages) => found.push(languages),
            None => found.extend(word.split(['\'', '-']).filter_map(known)),
        }
    }
    found
}

fn bit(language: Language) -> u8 {
    let index = Language::ALL.iter().position(|other| *other == language);
    index.map_or(0, |index| 1 << index)
}

fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphabetic()).count()
}

/// How many of a text's letters are signs of a writing of the language's own; `None` for those in Latin letters.
fn signs(text: &str, language: Language) -> Option<usize> {
    let is_han = |c: &char| matches!(c, '\u{3400}'..='\u{9fff}');
    let is_kana = |c: &char| matches!(c, '\u{3040}'..='\u{30ff}');
    match language {
        Language::Chinese => Some(text.chars().filter(is_han).count()),
        Language::Japanese => Some(text.chars().filter(|c| is_han(c) || is_kana(c)).count()),
        _ => None,
    }
}

fn theirs(language: Language) -> lingua::Language {
    match language {
        Language::English => lingua::Language::English,
        Language::Spanish => lingua::Language::Spanish,
        Language::French => lingua::Language::French,
        Language::German => lingua::Language::German,
        Language::Italian => lingua::Language::Italian,
        Language::Portuguese => lingua::Language::Portuguese,
        Language::Chinese => lingua::Language::Chinese,
        Language::Japanese => lingua::Language::Japanese,
    }
}

#[cfg(test)]
mod tests;

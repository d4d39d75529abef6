//! How common words are, as far as that is known: what a misspelling is meant to be is a common word far more often than a rare one.
//!
//! English words by their bands of the CEFR; those of other languages by lists of our own, `content/words/*.txt`: common words of everyday
//! life, then the words of the lessons with those that they have oftenest first, without names and words of abuse. Dictionaries list them all.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::assessment::vocabulary::{Band, BandList};
use crate::language::Language;

/// What a rare word costs more than the commonest, in edits.
const RARE: f32 = 1.0;
/// The same of the last word of a list.
const LAST: f32 = 0.3;

const LISTS: [(Language, &str); 5] = [
    (
        Language::French,
        include_str!("../../../../../content/words/french.txt"),
    ),
    (
        Language::German,
        include_str!("../../../../../content/words/german.txt"),
    ),
    (
        Language::Italian,
        include_str!("../../../../../content/words/italian.txt"),
    ),
    (
        Language::Portuguese,
        include_str!("../../../../../content/words/portuguese.txt"),
    ),
    (
        Language::Spanish,
        include_str!("../../../../../content/words/spanish.txt"),
    ),
];

/// The common words of a language, in lower case, and what each costs.
type Common = HashMap<String, f32>;

static COMMON: LazyLock<HashMap<Language, Common>> = LazyLock::new(|| {
    let ranked = |(language, text): &(Language, &str)| {
        let words: Vec<&str> = text.split_whitespace().collect();
        let last = words.len().max(1) as f32;
        let cost = |(at, word): (usize, &&str)| ((*word).to_owned(), LAST * at as f32 / last);
        (*language, words.iter().enumerate().map(cost).collect())
    };
    let mut all: HashMap<Language, Common> = LISTS.iter().map(ranked).collect();
    let bands = BandList::built_in();
    let english = bands
        .entries()
        .filter_map(|(word, band)| Some((word.to_owned(), of_band(band)?)));
    all.insert(Language::English, english.collect());
    all
});

/// What a word of a band costs; none where it is rare.
fn of_band(band: Band) -> Option<f32> {
    match band {
        Band::A1 => Some(0.0),
        Band::A2 => Some(0.1),
        Band::B1 => Some(0.2),
        Band::B2 => Some(0.4),
        Band::C1 | Band::C2 => None,
    }
}

/// The common words of a language, in lower case.
pub(super) fn words(language: Language) -> impl Iterator<Item = &'static str> {
    COMMON
        .get(&language)
        .into_iter()
        .flat_map(|words| words.keys().map(String::as_str))
}

/// What a word costs for not being the commonest, in edits; none where it is rare or nothing is known of it.
pub(super) fn cost(word: &str, language: Language) -> Option<f32> {
    let word = word.to_lowercase();
    match language {
        // Forms are as common as their headwords.
        Language::English => BandList::built_in().band(&word).and_then(of_band),
        _ => COMMON.get(&language)?.get(&word).copied(),
    }
}

/// The same, of any word.
pub(super) fn cost_of_any(word: &str, language: Language) -> f32 {
    cost(word, language).unwrap_or(RARE)
}

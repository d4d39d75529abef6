//! How demanding the words of an answer are. Measured on the text alone, by a rule that can be checked by hand.
//!
//! Each of five measures gives no, one or two points:
//!
//! | measure | one point from | two points from |
//! |---|---|---|
//! | words | 6 | 14 |
//! | long words, of eight letters and more | 1 | 3 |
//! | subordinate clauses, counted by the words that begin them | 1 | 2 |
//! | times other than the present: past, future, conditional | 1 | 2 |
//! | words that the scenario teaches | 1 | 3 |
//!
//! How a request is begun politely ("je voudrais", "vorrei") is learnt as one word, at first: it is neither long nor of another time.
//!
//! Up to two points are a beginner's, up to five are intermediate, more are advanced. In Chinese and Japanese, which are
//! written without spaces, two signs count as a word; four kanji or katakana in a row are a long one in Japanese, and none is told apart in Chinese.
//!
//! It says how complex one answer is, not how much the learner knows: whoever says "Yes" may know a lot more.
//!
//! For English a list of words by CEFR band takes its place: [`BandList`].

use unicode_segmentation::UnicodeSegmentation;

use crate::acoustic::courtesy::{self, Before};
use crate::language::Language;
use crate::scenario::{Level, Script};

mod bands;
mod inflection;
mod marks;
mod profile;

pub use bands::{Band, BandList, BandListError};
use marks::{Marks, Time};
pub use profile::Profile;

/// The measures of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Measures {
    words: usize,
    long_words: usize,
    subordinate_clauses: usize,
    times: usize,
    taught_words: usize,
}

/// How demanding the words of an answer are.
pub fn level(text: &str, script: &Script) -> Level {
    level_of(text, script.language(), script.taught_words(text).len())
}

/// The same of a text in which so many of the words that are taught were counted.
pub fn level_of(text: &str, language: Language, taught_words: usize) -> Level {
    let mut measures = Measures::of(text, language);
    measures.taught_words = taught_words;
    measures.level()
}

/// How many words a text has, as they are counted here.
pub(crate) fn words(text: &str, language: Language) -> usize {
    Measures::of(text, language).words
}

/// Letters from which a word is long.
const LONG: usize = 8;

impl Measures {
    fn of(text: &str, language: Language) -> Self {
        let lower = text.to_lowercase().replace(['’', 'ʼ'], "'");
        let marks = marks::of(language);
        match language {
            Language::Chinese | Language::Japanese => Self::of_signs(&lower, language, marks),
            _ => Self::of_words(&lower, language, marks),
        }
    }

    fn of_words(text: &str, language: Language, marks: &Marks) -> Self {
        let words: Vec<&str> = text.unicode_words().collect();
        let is_subordinator = |at: &usize| marks.begins_clause(&words, *at);
        let rest = without_requests(words.clone(), language);
        Self {
            words: words.len(),
            long_words: rest.iter().filter(|word| letters(word) >= LONG).count(),
            subordinate_clauses: (0..words.len()).filter(is_subordinator).count(),
            times: Time::ALL.iter().filter(|time| marks.has_time(&rest, **time)).count(),
            taught_words: 0,
        }
    }

    fn of_signs(text: &str, language: Language, marks: &Marks) -> Self {
        let signs = text.chars().filter(|c| c.is_alphanumeric()).count();
        let long_words = match language {
            Language::Japanese => runs(text).filter(|length| *length >= LONG / 2).count(),
            _ => 0,
        };
        let found = |marks: &[&str]| marks.iter().filter(|mark| text.contains(**mark)).count();
        Self {
            words: signs / 2,
            long_words,
            subordinate_clauses: found(marks.subordinators),
            times: Time::ALL
                .iter()
                .filter(|time| found(marks.time(**time).words) > 0)
                .count(),
            taught_words: 0,
        }
    }

    fn level(self) -> Level {
        let points = [
            (self.words, 6, 14),
            (self.long_words, 1, 3),
            (self.subordinate_clauses, 1, 2),
            (self.times, 1, 2),
            (self.taught_words, 1, 3),
        ]
        .into_iter()
        .map(|(count, one, two)| usize::from(count >= one) + usize::from(count >= two))
        .sum();
        match points {
            0..=2 => Level::Beginner,
            3..=5 => Level::Intermediate,
            _ => Level::Advanced,
        }
    }
}

/// Words in small letters without those with which requests are politely begun, wherever they stand.
fn without_requests(mut words: Vec<&str>, language: Language) -> Vec<&str> {
    for before in courtesy::before(language) {
        let Before::Request(request) = before else { continue };
        let request = request.to_lowercase();
        let request: Vec<&str> = request.split(' ').collect();
        while let Some(at) = words.windows(request.len()).position(|begun| begun == request) {
            words.drain(at..at + request.len());
        }
    }
    words
}

fn letters(word: &str) -> usize {
    word.chars().filter(|c| c.is_alphabetic()).count()
}

/// The lengths of the runs of kanji or katakana, which are written out words.
fn runs(text: &str) -> impl Iterator<Item = usize> {
    let kind = |c: char| match c {
        '\u{30a0}'..='\u{30ff}' => 1,
        '\u{4e00}'..='\u{9fff}' => 2,
        _ => 0,
    };
    let mut lengths = Vec::new();
    let mut last = 0;
    for c in text.chars() {
        let this = kind(c);
        match lengths.last_mut() {
            Some(length) if this == last && this != 0 => *length += 1,
            _ if this != 0 => lengths.push(1),
            _ => {}
        }
        last = this;
    }
    lengths.into_iter()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scenario::Catalogue;

    fn measures(language: Language, text: &str) -> (usize, usize, usize, usize) {
        let found = Measures::of(text, language);
        (found.words, found.long_words, found.subordinate_clauses, found.times)
    }

    #[test]
    fn what_is_measured_can_be_counted_by_hand() {
        for (language, text, expected) in [
            (Language::English, "Yes.", (1, 0, 0, 0)),
            (Language::English, "A table for two, please.", (5, 0, 0, 0)),
            (
                Language::English,
                "If I had known that you were closed, I would have made a reservation somewhere else.",
                (16, 2, 2, 2),
            ),
            (
                Language::French,
                "Bonjour Marie ! Oui, j’ai regardé le menu. Est-ce que vous avez des plats végétariens ?",
                (15, 1, 0, 1),
            ),
            (
                Language::French,
                "Je voudrais une table parce que nous serons quatre.",
                (9, 0, 1, 1),
            ),
            (
                Language::German,
                "Ich hätte gern einen Tisch, weil wir Hunger haben.",
                (9, 0, 1, 0),
            ),
            (Language::Spanish, "Ayer comí aquí, aunque no había mesa.", (7, 0, 1, 1)),
            (Language::Italian, "Vorrei un tavolo quando possibile.", (5, 1, 1, 0)),
            (Language::Italian, "Vorrei sapere se verrebbe.", (4, 1, 1, 1)),
            (Language::Portuguese, "Eu gostaria de uma mesa.", (5, 1, 0, 1)),
            (Language::Chinese, "因为我吃过了，所以不饿。", (5, 0, 2, 1)),
            (
                Language::Japanese,
                "予約しましたけど、レストランはどこですか。",
                (9, 1, 1, 1),
            ),
        ] {
            assert_eq!(measures(language, text), expected, "{text}");
        }
    }

    #[test]
    fn longer_answers_with_clauses_and_times_are_more_demanding() {
        let catalogue = Catalogue::built_in();
        let script = |language| {
            catalogue
                .script("restaurant", language, Level::default())
                .expect("the restaurant is built in")
        };
        let (english, french) = (script(Language::English), script(Language::French));
        for (script, text, expected) in [
            (&english, "Yes", Level::Beginner),
            (&english, "", Level::Beginner),
            (&french, "Une table pour deux, s'il vous plaît.", Level::Beginner),
            (
                &french,
                "Bonjour Marie ! Oui, j'ai regardé le menu. Est-ce que vous avez des plats végétariens ?",
                Level::Intermediate,
            ),
            (
                &english,
                "If I had known that you were closed on Mondays, I would have made a reservation somewhere else.",
                Level::Advanced,
            ),
        ] {
            assert_eq!(level(text, script), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_level(text: String, language in proptest::sample::select(&Language::ALL[..])) {
            Measures::of(&text, language).level();
        }

        #[test]
        fn more_words_are_never_easier(text in "[a-z ]{0,80}", more in "[a-z ]{0,40}") {
            let longer = format!("{text} {more}");
            let of = |text| Measures::of(text, Language::English).level();
            prop_assert!(of(&text) <= of(&longer));
        }
    }
}

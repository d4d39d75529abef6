//! Which language an answer is in: whether the learner fell back into their own.
//!
//! By `lingua`, whose models of eight languages are part of the program (26 MB) and are read as they are needed. Short answers are
//! alike in many languages ("taxi", "hotel", "no"), so that nothing is said of fewer than [`LEAST_WORDS`] words, unless their
//! letters alone tell, and nothing unless the learner's language is far likelier than the one that is practised.

use std::sync::LazyLock;

use lingua::{LanguageDetector, LanguageDetectorBuilder};
use unicode_segmentation::UnicodeSegmentation;

use crate::language::Language;

/// Fewer words are not judged.
const LEAST_WORDS: usize = 3;
/// Letters that these words have at least, together.
const LEAST_LETTERS: usize = 10;
/// How likely the learner's language has to be among all eight.
const LEAST_LIKELY: f64 = 0.5;
/// How much likelier than the language that is practised.
const TIMES_LIKELIER: f64 = 8.0;
/// Signs of a writing of one's own that tell by themselves.
const LEAST_SIGNS: usize = 2;
/// In letters. The beginning tells enough.
const LONGEST: usize = 400;

static DETECTOR: LazyLock<LanguageDetector> =
    LazyLock::new(|| LanguageDetectorBuilder::from_languages(&Language::ALL.map(theirs)).build());

/// The learner's own language, if an answer is in it rather than in the one that is practised.
///
/// The first text takes up to 100 ms, while models are read; later ones less than one.
pub fn answered_in(text: &str, practised: Language, native: Language) -> Option<Language> {
    if practised == native {
        return None;
    }
    let text: String = text.chars().take(LONGEST).collect();
    let writing = |language| signs(&text, language);
    match (writing(native), writing(practised)) {
        // Written in signs that the other language has not, or the other way round.
        (Some(own), _) if own < LEAST_SIGNS => return None,
        (Some(own), None) => return (own * 2 > letters(&text)).then_some(native),
        (None, Some(others)) if others > 0 => return None,
        _ => {}
    }
    let words = text.unicode_words().count();
    if writing(native).is_none() && (words < LEAST_WORDS || letters(&text) < LEAST_LETTERS) {
        return None;
    }
    let likely = DETECTOR.compute_language_confidence_values(text.as_str());
    let of = |language: Language| {
        let found = likely.iter().find(|(other, _)| *other == theirs(language));
        found.map_or(0.0, |(_, likely)| *likely)
    };
    let is_own = of(native) >= LEAST_LIKELY && of(native) >= TIMES_LIKELIER * of(practised);
    is_own.then_some(native)
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
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scenario::{Catalogue, Level, Progress, Script};

    #[test]
    fn answers_in_the_learners_own_language_are_noticed() {
        use Language::{Chinese, English, French, German, Italian, Japanese, Spanish};
        for (text, practised, native) in [
            ("I would like a table for two, please", French, English),
            ("Yes, I have a reservation", Spanish, English),
            ("Ich hätte gern einen Tisch am Fenster", French, German),
            ("Je voudrais une table pour deux", English, French),
            ("No sé cómo se dice esto en inglés", English, Spanish),
            ("Vorrei prenotare una camera doppia", German, Italian),
            ("我不知道怎么说", English, Chinese),
            ("すみません、わかりません", English, Japanese),
        ] {
            assert_eq!(answered_in(text, practised, native), Some(native), "{text}");
        }
    }

    #[test]
    fn what_could_be_either_is_the_language_that_is_practised() {
        use Language::{Chinese, English, French, German, Italian, Japanese, Spanish};
        for (text, practised, native) in [
            ("", French, English),
            ("no", Spanish, English),
            ("Taxi, hotel, restaurant", French, English),
            ("A table", French, English),
            ("Hotel Berlin", French, German),
            ("Pizza Margherita", German, Italian),
            ("Je voudrais une table pour deux", French, English),
            ("Je voudrais une table pour deux", French, Italian),
            ("Je voudrais une table pour deux", German, Spanish),
            ("Un café con leche", Spanish, Italian),
            ("I want a coffee", English, English),
            ("Wang 王", English, Chinese),
            ("二名です", Japanese, Chinese),
        ] {
            assert_eq!(answered_in(text, practised, native), None, "{text}");
        }
    }

    /// Of everything that is expected in a language, hardly anything is taken for another one, and most of what would be said in
    /// another one is noticed.
    #[test]
    fn expected_answers_are_taken_for_what_they_are() {
        let catalogue = Catalogue::built_in();
        let taught = [
            Language::French,
            Language::Spanish,
            Language::English,
            Language::German,
            Language::Italian,
        ];
        let (mut wrong, mut noticed, mut texts) = (Vec::new(), 0, 0);
        for language in taught {
            let topics = catalogue.topics(language, None);
            let ids = topics
                .iter()
                .flat_map(|category| category.topics.iter().map(|topic| topic.id.as_str()));
            let scripts = ids.filter_map(|id| catalogue.script(id, language, Level::Intermediate));
            let answers = |script: Script| {
                let at = |step| Progress {
                    step,
                    ..Progress::default()
                };
                let phrases = (0..script.step_count()).flat_map(|step| script.expected(&at(step)).phrases);
                phrases.map(|phrase| phrase.text).collect::<Vec<_>>()
            };
            for text in scripts.flat_map(answers).step_by(5) {
                if text.unicode_words().count() < 5 {
                    continue;
                }
                for other in taught.into_iter().filter(|other| *other != language) {
                    texts += 1;
                    noticed += usize::from(answered_in(&text, other, language) == Some(language));
                    if answered_in(&text, language, other).is_some() {
                        wrong.push((language, other, text.clone()));
                    }
                }
            }
        }
        assert!(texts > 400, "{texts}");
        assert!(wrong.is_empty(), "{} of {texts}: {wrong:?}", wrong.len());
        assert!(noticed * 10 > texts * 7, "{noticed} of {texts}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_text_is_read(text: String, practised in 0usize..8, native in 0usize..8) {
            let _ = answered_in(&text, Language::ALL[practised], Language::ALL[native]);
        }
    }
}

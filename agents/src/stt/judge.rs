//! How a transcript that came as text fits what is expected.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::clause;
use crate::engine::{Expected, Fit};
use crate::language::Language;

/// The expected answer that the text is, if it is one, and how it fits.
///
/// Case, accents, punctuation and spacing don't count. A text that is none of the answers is judged by its end: a conjunction,
/// article, preposition or filler, or a trailing comma or dots, ask for more; a full stop closes it.
pub(super) fn judge(text: &str, expected: &Expected, language: Language) -> (Option<usize>, Fit) {
    let said = normalized(text);
    if said.is_empty() {
        return (None, Fit::Unlisted { open: false });
    }
    let mut whole = None;
    let mut begins = false;
    for (index, phrase) in expected.phrases.iter().enumerate() {
        let phrase = normalized(&phrase.text);
        if phrase == said {
            whole = whole.or(Some(index));
        } else if phrase.starts_with(&said) {
            begins = true;
        }
    }
    let fit = match (whole, begins) {
        (Some(_), false) => Fit::Complete,
        (Some(_), true) => Fit::Extendable { politely: false },
        (None, true) => Fit::Beginning,
        (None, false) => unlisted(text, language),
    };
    (whole, fit)
}

fn unlisted(text: &str, language: Language) -> Fit {
    let text = text.trim_end_matches(|letter: char| letter.is_whitespace() || "\"'»”’)".contains(letter));
    let trails_off = text.ends_with("...") || text.ends_with(['…', ',', '，', '、', '-', '–', '—', ':', ';']);
    if trails_off || clause::is_left_open(text, language) {
        Fit::Unlisted { open: true }
    } else if text.ends_with(['.', '!', '?', '。', '！', '？']) {
        Fit::Complete
    } else {
        Fit::Unlisted { open: false }
    }
}

/// Words separated and ended by one space each: a beginning ends at the end of a word.
fn normalized(text: &str) -> String {
    let letters: String = text
        .nfkd()
        .filter(|&letter| !is_combining_mark(letter))
        .flat_map(char::to_lowercase)
        .collect();
    let mut words = String::with_capacity(letters.len() + 1);
    for word in letters.split(|letter: char| !letter.is_alphanumeric()) {
        if !word.is_empty() {
            words.push_str(word);
            words.push(' ');
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::ExpectedPhrase;

    fn expected() -> Expected {
        let phrases = [
            "Une table pour deux.",
            "Une table pour deux personnes, s'il vous plaît",
            "Oui",
        ];
        Expected {
            phrases: phrases
                .into_iter()
                .map(|text| ExpectedPhrase {
                    text: text.to_owned(),
                    spoken: None,
                    leaves: false,
                    instead_of: None,
                })
                .collect(),
            vocabulary: Vec::new(),
        }
    }

    #[test]
    fn expected_answers_are_found_whatever_their_spelling() {
        for (text, phrase, fit) in [
            ("une table, pour deux", Some(0), Fit::Extendable { politely: false }),
            (
                "Une table pour deux personnes s’il vous plait !",
                Some(1),
                Fit::Complete,
            ),
            ("OUI...", Some(2), Fit::Complete),
            ("Une table pour...", None, Fit::Beginning),
            ("Une tab", None, Fit::Unlisted { open: false }),
            ("", None, Fit::Unlisted { open: false }),
            (" ?! ", None, Fit::Unlisted { open: false }),
        ] {
            assert_eq!(judge(text, &expected(), Language::French), (phrase, fit), "{text}");
        }
    }

    #[test]
    fn other_answers_are_judged_by_their_end() {
        let open = |open| Fit::Unlisted { open };
        for (language, text, fit) in [
            (Language::French, "Je voudrais un café et", open(true)),
            (Language::French, "Je voudrais euh.", open(true)),
            (Language::French, "Je suis là", open(false)),
            (Language::French, "Je ne sais pas.", Fit::Complete),
            (Language::English, "What is it for?", Fit::Complete),
            (Language::English, "I would like to.", open(true)),
            (Language::English, "I would like,", open(true)),
            (Language::English, "Well…", open(true)),
            (Language::English, "\"No way!\"", Fit::Complete),
            (Language::German, "Ich nehme das.", Fit::Complete),
            (Language::Chinese, "我不知道。", Fit::Complete),
        ] {
            assert_eq!(judge(text, &Expected::default(), language), (None, fit), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged(text: String) {
            judge(&text, &expected(), Language::French);
        }

        #[test]
        fn every_expected_answer_is_itself(index in 0usize..3) {
            let expected = expected();
            let (phrase, fit) = judge(&expected.phrases[index].text, &expected, Language::French);
            prop_assert_eq!(phrase, Some(index));
            let is_whole = matches!(fit, Fit::Complete | Fit::Extendable { .. });
            prop_assert!(is_whole);
        }
    }
}

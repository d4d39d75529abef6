//! What single words of a text mean, as far as the content says it: nothing here is guessed.

use std::ops::Range;

use super::format::{Courtesy, Line};
use super::script::Script;
use super::template::slots_of;

/// A word or phrase of a text, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gloss {
    /// Where it stands in the text, in bytes.
    pub at: Range<usize>,
    /// The word as the content has it, which may be another spelling.
    pub word: String,
    /// What it means in English.
    pub meaning: String,
}

/// A letter as it is compared, and where it stands in the text, in bytes.
type Letter = (char, Range<usize>);

impl Script {
    /// The words of a text that the content translates, in the order of the text: those that the scenario teaches, the
    /// values of its slots, and what is said at any time. Where several begin or overlap, the longest counts.
    pub fn glosses(&self, text: &str) -> Vec<Gloss> {
        let letters: Vec<Letter> = text
            .char_indices()
            .map(|(at, c)| (fold(c), at..at + c.len_utf8()))
            .collect();
        let mut known = self.translated_words();
        known.sort_by_key(|(word, _)| std::cmp::Reverse(word.chars().count()));
        let mut glosses: Vec<Gloss> = Vec::new();
        for (word, meaning) in known {
            let wanted: Vec<char> = word.chars().map(fold).collect();
            for window in
                (0..letters.len()).filter_map(|start| letters.get(start..start + wanted.len()).map(|w| (start, w)))
            {
                let (start, letters_at) = window;
                let is_same = letters_at.iter().map(|(c, _)| c).eq(&wanted);
                if !is_same || !is_bound(&letters, start, start + wanted.len()) {
                    continue;
                }
                let at = letters[start].1.start..letters[start + wanted.len() - 1].1.end;
                if glosses
                    .iter()
                    .all(|gloss| at.end <= gloss.at.start || gloss.at.end <= at.start)
                {
                    glosses.push(Gloss {
                        at,
                        word: word.to_owned(),
                        meaning: meaning.to_owned(),
                    });
                }
            }
        }
        glosses.sort_by_key(|gloss| gloss.at.start);
        glosses
    }

    /// The words and phrases of the content that have a translation.
    fn translated_words(&self) -> Vec<(&str, &str)> {
        if self.native == self.language {
            return Vec::new();
        }
        let lesson = self.lesson();
        let values = lesson.slots.values().flat_map(|slot| &slot.values);
        let values = values.map(|value| (value.value.as_str(), value.en.as_str()));
        let lines = lesson.vocabulary.iter().chain(phrases(self.courtesy()));
        let lines = lines.map(|line| (bare(&line.text), bare(&line.en)));
        lines
            .chain(values)
            .filter(|(word, meaning)| !word.is_empty() && !meaning.is_empty())
            .collect()
    }
}

/// What is said at any time and stands for itself.
fn phrases(courtesy: &Courtesy) -> impl Iterator<Item = &Line> {
    let lines = courtesy.phrases.values().chain(courtesy.replies.values()).flatten();
    lines.filter(|line| slots_of(&line.text).next().is_none())
}

/// Without the marks that end a sentence.
fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '.' | '!' | '?' | '¡' | '¿' | '…' | '。' | '！' | '？')
    })
}

fn fold(c: char) -> char {
    match c {
        '’' | 'ʼ' => '\'',
        c if c.is_whitespace() => ' ',
        // Those that become several letters are their own.
        c => {
            let mut lower = c.to_lowercase();
            lower.next().filter(|_| lower.next().is_none()).unwrap_or(c)
        }
    }
}

/// Whether words begin and end there; in writing systems without spaces they may anywhere.
fn is_bound(letters: &[Letter], start: usize, end: usize) -> bool {
    let is_letter = |at: Option<usize>| {
        let letter = at.and_then(|at| letters.get(at));
        letter.is_some_and(|(c, _)| c.is_alphanumeric() && (*c as u32) < 0x2e80)
    };
    let goes_on = |before: Option<usize>, at: usize| is_letter(before) && is_letter(Some(at));
    !goes_on(start.checked_sub(1), start) && !goes_on(Some(end - 1), end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::language::Language;
    use crate::scenario::{Catalogue, Level};

    fn script(language: Language) -> Script {
        Catalogue::built_in()
            .script("restaurant", language, Level::Beginner)
            .expect("it is built in")
    }

    fn glosses(script: &Script, text: &str) -> Vec<(String, String)> {
        let found = script.glosses(text).into_iter();
        found.map(|gloss| (text[gloss.at].to_owned(), gloss.meaning)).collect()
    }

    #[test]
    fn words_of_the_scenario_and_phrases_of_any_time_are_glossed_the_longest_first() {
        let script = script(Language::French);
        let found = glosses(&script, "Bien sûr. L’addition, et une carafe d'eau en terrasse ?");
        let pair = |word: &str, meaning: &str| (word.to_owned(), meaning.to_owned());
        assert_eq!(
            found,
            [
                pair("Bien sûr", "Of course"),
                pair("L’addition", "the bill"),
                pair("une carafe d'eau", "a jug of tap water"),
                pair("en terrasse", "on the terrace"),
            ]
        );
        assert_eq!(glosses(&script, "La serveuses et les desserts"), []);
    }

    #[test]
    fn nobody_needs_their_own_language_explained() {
        let own = script(Language::French).for_native(Language::French);
        assert_eq!(glosses(&own, "L'addition"), []);
    }

    #[test]
    fn the_lines_of_a_reply_have_their_translations() {
        let script = script(Language::French);
        let opener = script.opener();
        let lines: Vec<(&str, &str)> = opener
            .insights
            .lines
            .iter()
            .map(|line| (&opener.text[line.at.clone()], line.translation.as_str()))
            .collect();
        assert_eq!(lines.len(), 2);
        assert!(
            lines[0].0.starts_with("Bonsoir !") && lines[0].1.starts_with("Good evening!"),
            "{lines:?}"
        );
        assert_eq!(
            lines.iter().map(|line| line.1).collect::<Vec<_>>().join(" "),
            opener.translation
        );
    }

    proptest! {
        #[test]
        fn glosses_of_any_text_stand_apart_in_its_order(text: String, more in "[ ’'a-zé]{0,20}(une carafe d.eau|bien sûr|dessert)[ .,]{0,3}.{0,9}") {
            for text in [text, more] {
                let found = script(Language::French).glosses(&text);
                prop_assert!(found.windows(2).all(|pair| pair[0].at.end <= pair[1].at.start));
                prop_assert!(found.iter().all(|gloss| text.get(gloss.at.clone()).is_some()));
            }
        }
    }
}

//! What learners do to right words, learned from what the rules find: their tables of forms and their examples, the other way
//! round.

use std::collections::{BTreeSet, HashMap};

use super::template::Forms;
use super::token::{Token, tokens};
use crate::language::Language;

/// Ways to make right words wrong. Most of them make nonsense of most sentences: whoever applies them keeps what a rule finds
/// one fault in.
#[derive(Debug, Default)]
pub(super) struct Edits {
    /// By the first of the right words.
    replacements: HashMap<String, Vec<Replacement>>,
    /// Ends of words, right and wrong.
    endings: Vec<(String, String)>,
}

#[derive(Debug, PartialEq, Eq)]
struct Replacement {
    right: Vec<String>,
    wrong: Vec<String>,
}

/// Words that are replaced at once.
const LONGEST: usize = 4;
/// Letters that words share before an ending that other words may have, too.
const STEM: usize = 3;
/// Letters of such an ending.
const ENDING: usize = 3;
/// Texts that are made of one. What they cost is a look at the rules each.
const MOST: usize = 400;

impl Edits {
    /// From tables of forms, wrong words to right ones, and from examples, wrong texts and right ones.
    pub fn learned<'a>(
        language: Language,
        forms: &Forms,
        examples: impl Iterator<Item = &'a (String, String)>,
    ) -> Self {
        let mut edits = Self::default();
        let mut endings = BTreeSet::new();
        let words = |text: &str| -> Vec<String> {
            let tokens = tokens(text, language).into_iter().filter(|token| token.is_word);
            tokens.map(|token| token.lower).collect()
        };
        for (wrong, right) in examples {
            edits.learn(words(wrong), words(right), &mut endings);
        }
        for (wrong, right) in forms.values().flatten() {
            edits.replace(words(right), words(wrong));
        }
        edits.endings = endings.into_iter().collect();
        edits
    }

    fn learn(&mut self, wrong: Vec<String>, right: Vec<String>, endings: &mut BTreeSet<(String, String)>) {
        let before = wrong
            .iter()
            .zip(&right)
            .take_while(|(wrong, right)| wrong == right)
            .count();
        let rest = wrong.len().min(right.len()) - before;
        let pairs = wrong.iter().rev().zip(right.iter().rev()).take(rest);
        let after = pairs.take_while(|(wrong, right)| wrong == right).count();
        let differs = |words: &[String]| before..words.len() - after;
        let (wrong_at, right_at) = (differs(&wrong), differs(&right));
        if right_at.is_empty() {
            // A word too many is put beside one that it stood beside.
            if let Some(first) = before.checked_sub(1) {
                self.replace(right[first..before].to_vec(), wrong[first..wrong_at.end].to_vec());
            }
            if after > 0 {
                self.replace(right[before..=before].to_vec(), wrong[before..=wrong_at.end].to_vec());
            }
            return;
        }
        if let ([wrong], [right]) = (&wrong[wrong_at.clone()], &right[right_at.clone()]) {
            endings.extend(ending(right, wrong));
        }
        self.replace(right[right_at].to_vec(), wrong[wrong_at].to_vec());
    }

    fn replace(&mut self, right: Vec<String>, wrong: Vec<String>) {
        let Some(first) = right.first() else { return };
        if right == wrong || right.len() > LONGEST || wrong.len() > LONGEST {
            return;
        }
        let known = self.replacements.entry(first.clone()).or_default();
        let replacement = Replacement { right, wrong };
        if !known.contains(&replacement) {
            known.push(replacement);
        }
    }

    /// A text with one thing of it made wrong, in every way. `tokens` are its own.
    pub fn apply(&self, text: &str, tokens: &[Token]) -> Vec<String> {
        let mut made = Vec::new();
        for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.is_word) {
            for replacement in self.replacements.get(&token.lower).into_iter().flatten() {
                let taken = &tokens[at..tokens.len().min(at + replacement.right.len())];
                if taken.iter().map(|token| &token.lower).eq(&replacement.right) {
                    made.push(replaced(text, taken, &replacement.wrong.join(" ")));
                }
            }
            for (right, wrong) in &self.endings {
                let stem = token.lower.strip_suffix(right.as_str());
                if let Some(stem) = stem.filter(|stem| stem.chars().count() >= STEM) {
                    made.push(replaced(text, &tokens[at..=at], &format!("{stem}{wrong}")));
                }
            }
            // Word order: a word and the next one or two.
            for other in [at + 1, at + 2] {
                if let Some(pair) = tokens
                    .get(at..=other)
                    .filter(|pair| pair.iter().all(|token| token.is_word))
                {
                    let (first, rest) = (&pair[0].lower, &pair[1..]);
                    let rest: Vec<&str> = rest.iter().map(|token| token.lower.as_str()).collect();
                    made.push(replaced(text, pair, &format!("{} {first}", rest.join(" "))));
                }
            }
            if made.len() > MOST {
                made.truncate(MOST);
                break;
            }
        }
        made
    }
}

/// What a word ends in, right and wrong, if both share a stem that others may stand in place of.
fn ending(right: &str, wrong: &str) -> Option<(String, String)> {
    let letters = right
        .chars()
        .zip(wrong.chars())
        .take_while(|(right, wrong)| right == wrong);
    let stem: usize = letters.clone().map(|(letter, _)| letter.len_utf8()).sum();
    let is_short = |end: &str| end.chars().count() <= ENDING;
    let fits = letters.count() >= STEM && is_short(&right[stem..]) && is_short(&wrong[stem..]);
    fits.then(|| (right[stem..].to_owned(), wrong[stem..].to_owned()))
}

/// A text with other words in place of some, spaced and capitalised as before.
fn replaced(text: &str, taken: &[Token], words: &str) -> String {
    let (start, end) = (taken[0].span.start, taken[taken.len() - 1].span.end);
    let (before, after) = (&text[..start], &text[end..]);
    let mut made = String::with_capacity(text.len() + words.len() + 1);
    made.push_str(if words.is_empty() { before.trim_end() } else { before });
    let capital = taken[0].is_capitalised() && !before.chars().any(char::is_alphanumeric);
    // Of elided words, the apostrophe ends them as a space does.
    let words = words.replace("' ", "'");
    let mut letters = words.chars();
    match letters.next().filter(|_| capital) {
        Some(first) => {
            made.extend(first.to_uppercase());
            made.push_str(letters.as_str());
        }
        None => made.push_str(&words),
    }
    let is_elided = made.ends_with(['\'', '’']);
    let is_joined =
        made.chars().next_back().is_some_and(char::is_alphanumeric) && after.starts_with(char::is_alphanumeric);
    if is_joined {
        made.push(' ');
    }
    made.push_str(if is_elided || made.is_empty() {
        after.trim_start()
    } else {
        after
    });
    if words.is_empty() && capital {
        let mut letters = made.chars();
        if let Some(first) = letters.next() {
            return first.to_uppercase().chain(letters).collect();
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edits(language: Language, examples: &[(&str, &str)]) -> Edits {
        let owned = |(wrong, right): &(&str, &str)| ((*wrong).to_owned(), (*right).to_owned());
        let examples: Vec<(String, String)> = examples.iter().map(owned).collect();
        Edits::learned(language, &Forms::default(), examples.iter())
    }

    fn made(edits: &Edits, language: Language, text: &str) -> Vec<String> {
        edits.apply(text, &tokens(text, language))
    }

    #[test]
    fn what_examples_set_right_is_done_wrong() {
        let edits = edits(
            Language::English,
            &[
                ("I want an coffee", "I want a coffee"),
                ("I am student", "I am a student"),
                ("I live in the Germany", "I live in Germany"),
                ("Three ticket", "Three tickets"),
            ],
        );
        let made = made(&edits, Language::English, "A table in Germany, two rooms.");
        for wrong in [
            "An table in Germany, two rooms.",
            "Table in Germany, two rooms.",
            "A table in the Germany, two rooms.",
            "A table in Germany, two room.",
            "Table a in Germany, two rooms.",
        ] {
            assert!(made.iter().any(|text| text == wrong), "{wrong}: {made:?}");
        }
    }

    #[test]
    fn apostrophes_and_spaces_stay_between_words() {
        let edits = edits(
            Language::French,
            &[("Je ai faim", "J'ai faim"), ("au gare", "à la gare")],
        );
        let made = made(&edits, Language::French, "J’ai faim à la gare.");
        for wrong in ["Je ai faim à la gare.", "J’ai faim au gare."] {
            assert!(made.iter().any(|text| text == wrong), "{wrong}: {made:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_edited(text: String, wrong: String, right: String) {
            for language in [Language::French, Language::English] {
                let edits = edits(language, &[(&wrong, &right)]);
                for made in made(&edits, language, &text) {
                    prop_assert!(made.len() <= text.len() + wrong.len() * 3 + 8);
                }
            }
        }
    }
}

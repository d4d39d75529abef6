//! Words that the learner met before and should meet again: the scenario brings them up where it can.

use super::dialogue::has_word;
use super::readings::lines_of;
use super::script::Script;

impl Script {
    /// The same script for a learner who should meet these words again. Where lines and hints are equally good, those with one of
    /// them are taken; what is expected, and where the story goes, stay the same.
    pub fn for_review(mut self, words: &[String]) -> Self {
        self.review = words.iter().filter(|word| !word.trim().is_empty()).cloned().collect();
        self
    }

    /// The words that the learner should meet again.
    pub fn review(&self) -> &[String] {
        &self.review
    }

    /// Whether a word may come up in the scenario: the tutor may say it, or it is expected of the learner, or taught.
    pub fn mentions(&self, word: &str) -> bool {
        let lesson = self.lesson();
        let word = word.to_lowercase();
        let says = |text: &str| has_word(&text.to_lowercase(), &word);
        lines_of(lesson).chain(&lesson.vocabulary).any(|line| says(&line.text))
    }

    /// Whether a line has one of the words that should be met again.
    pub(super) fn reviews(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        self.review.iter().any(|word| has_word(&lower, &word.to_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Transcript;
    use crate::language::Language;
    use crate::scenario::{Catalogue, Grade, Level, Progress};

    fn script(words: &[&str]) -> Script {
        let script = Catalogue::built_in().script("restaurant", Language::French, Level::Beginner);
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        script.expect("it is built in").for_review(&words)
    }

    fn drink() -> Progress {
        Progress {
            step: 2,
            ..Progress::default()
        }
    }

    #[test]
    fn words_of_the_scenario_are_told_from_others() {
        let script = script(&[]);
        for (word, is_there) in [
            ("l'addition", true),
            ("Par carte", true),
            ("add", false),
            ("passeport", false),
            ("", false),
        ] {
            assert_eq!(script.mentions(word), is_there, "{word}");
        }
    }

    #[test]
    fn a_hint_with_a_word_to_be_met_again_comes_first() {
        let whole = |script: &Script| {
            let hints = script.hints(&drink(), "");
            let whole = hints.into_iter().find(|hint| hint.grade == Grade::Whole);
            whole.expect("there is one").text
        };
        assert_eq!(whole(&script(&[])), "Une carafe d'eau, s'il vous plaît");
        assert_eq!(whole(&script(&["kir", "passeport"])), "On va commencer par un kir");
        // What was begun is gone on with all the same.
        let hints = script(&["kir"]).hints(&drink(), "Une carafe");
        assert_eq!(hints[hints.len() - 1].text, "Une carafe d'eau, s'il vous plaît");
    }

    #[test]
    fn the_tutor_suggests_it_first_and_the_story_stays_the_same() {
        let confused = Transcript {
            text: "xyzzy plugh".to_owned(),
            ..Transcript::default()
        };
        let (plain, reviewing) = (script(&[]), script(&["kir"]));
        let (reply, after) = reviewing.respond(&drink(), &confused);
        assert!(reply.text.contains("On va commencer par un kir"), "{}", reply.text);
        let (other, same) = plain.respond(&drink(), &confused);
        assert!(!other.text.contains("On va commencer par un kir"), "{}", other.text);
        assert_eq!(after, same);
        // The second time what is easier is.
        let (reply, _) = reviewing.respond(&after, &confused);
        assert!(!reply.text.contains("kir"), "{}", reply.text);
        assert_eq!(plain.expected(&drink()), reviewing.expected(&drink()));
    }
}

//! What an answer denies ("pas en terrasse", "I'm not hungry").
//!
//! A simple rule, from data: each language lists its negators, and how many of the words after it each one denies. A denial
//! ends at a mark of punctuation or at a contrast ("but"). A negator that closes a clause may deny what comes before it
//! (German "nicht"). Of negators that begin at the same word the longest counts, so that "why not", which denies nothing, is
//! listed as one that reaches no word.

use std::ops::Range;

use super::format::Courtesy;
use super::words::words;

/// How a language denies.
#[derive(Clone, Copy)]
pub(super) struct Negation<'a> {
    courtesy: &'a Courtesy,
    negators: &'a Negators,
}

/// The negators of a language, as their words are compared.
#[derive(Debug)]
pub(super) struct Negators {
    /// The longest first; how many words after it each denies.
    reaching: Vec<(Vec<String>, usize)>,
    closing: Vec<Vec<String>>,
    contrasts: Vec<Vec<String>>,
}

/// The words of a text, and which of them are denied.
pub(super) struct Said {
    pub words: Vec<String>,
    /// For each word, the number of its clause; they rise.
    clauses: Vec<usize>,
    /// For each word, where the negator stands that denies it.
    denied_by: Vec<Option<Range<usize>>>,
}

impl Negators {
    fn of(courtesy: &Courtesy) -> Self {
        let list = |texts: &[String]| texts.iter().map(|text| words(text, courtesy)).collect();
        let mut reaching: Vec<(Vec<String>, usize)> = courtesy
            .negators
            .iter()
            .map(|(text, reach)| (words(text, courtesy), usize::from(*reach)))
            .collect();
        reaching.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
        Self {
            reaching,
            closing: list(&courtesy.closing_negators),
            contrasts: list(&courtesy.contrasts),
        }
    }
}

impl<'a> Negation<'a> {
    /// That of a language, whose lists are read once.
    pub fn of(courtesy: &'a Courtesy) -> Self {
        Self {
            courtesy,
            negators: courtesy.read_negators.get_or_init(|| Negators::of(courtesy)),
        }
    }

    /// Reads a text.
    pub fn read(&self, text: &str) -> Said {
        let mut said = Said {
            words: words(text, self.courtesy),
            clauses: Vec::new(),
            denied_by: Vec::new(),
        };
        said.denied_by.resize(said.words.len(), None);
        for part in text.split([
            ',', '.', '!', '?', ';', ':', '…', '¿', '¡', '。', '，', '、', '！', '？',
        ]) {
            let start = said.clauses.len();
            let end = (start + words(part, self.courtesy).len()).min(said.words.len());
            let mut clause = said.clauses.last().map_or(0, |last| last + 1);
            for word in start..end {
                clause += usize::from(word > start && self.is_contrast(&said.words[word..end]));
                said.clauses.push(clause);
            }
        }
        let mut start = 0;
        while let Some(&clause) = said.clauses.get(start) {
            let end = said.clauses.partition_point(|&other| other <= clause);
            self.deny(&mut said, start..end);
            start = end;
        }
        said
    }

    fn deny(&self, said: &mut Said, clause: Range<usize>) {
        let mut at = clause.start;
        while at < clause.end {
            let rest = &said.words[at..clause.end];
            let Some((negator, reach)) = self
                .negators
                .reaching
                .iter()
                .find(|(negator, _)| rest.starts_with(negator))
            else {
                at += 1;
                continue;
            };
            let by = at..at + negator.len();
            if by.end == clause.end && self.negators.closing.contains(negator) {
                said.denied_by[clause.start..by.start].fill(Some(by.clone()));
            }
            let reached = clause.end.min(by.end + reach);
            said.denied_by[by.end..reached].fill(Some(by.clone()));
            at = by.end;
        }
    }

    fn is_contrast(&self, words: &[String]) -> bool {
        self.negators
            .contrasts
            .iter()
            .any(|contrast| words.starts_with(contrast))
    }
}

impl Said {
    /// Whether some of the words are denied by a negator that is not among them: "pas de viande" is not denied, "viande" is.
    pub fn denies(&self, part: &Range<usize>) -> bool {
        self.denied_by[part.clone()]
            .iter()
            .flatten()
            .any(|by| by.start < part.start || by.end > part.end)
    }

    /// Whether two words are in the same clause.
    pub fn is_one_clause(&self, a: usize, b: usize) -> bool {
        self.clauses.get(a) == self.clauses.get(b)
    }

    /// The words of the clause that a word is in.
    pub fn clause_of(&self, word: usize) -> &[String] {
        let clause = self.clauses[word];
        let start = self.clauses.partition_point(|&other| other < clause);
        let end = self.clauses.partition_point(|&other| other <= clause);
        &self.words[start..end]
    }

    /// Whether one word is denied.
    pub fn denies_word(&self, word: usize) -> bool {
        self.denied_by[word].is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn courtesy() -> Courtesy {
        Courtesy::sample(
            r#"
            negators = { nicht = 4, kein = 2, "warum nicht" = 0 }
            closing_negators = ["nicht"]
            contrasts = ["aber"]
            "#,
        )
    }

    fn denied(text: &str) -> Vec<String> {
        let courtesy = courtesy();
        let said = Negation::of(&courtesy).read(text);
        let denied = (0..said.words.len()).filter(|&word| said.denies_word(word));
        denied.map(|word| said.words[word].clone()).collect()
    }

    #[test]
    fn a_negator_denies_what_it_reaches_within_its_clause() {
        for (text, words) in [
            ("Ich bin nicht Vegetarier", &["vegetarier"][..]),
            ("kein Fleisch und Fisch bitte", &["fleisch", "und"]),
            ("Nicht draußen, drinnen", &["draussen"]),
            ("nicht draußen aber drinnen", &["draussen"]),
            ("Warum nicht draußen?", &[]),
            ("Draußen!", &[]),
            ("", &[]),
        ] {
            assert_eq!(denied(text), words, "{text}");
        }
    }

    #[test]
    fn a_negator_that_closes_a_clause_denies_what_comes_before_it() {
        assert_eq!(denied("Gut, den Wein nicht, danke"), ["den", "wein"]);
        assert_eq!(denied("Draußen aber am Fenster nicht"), ["aber", "am", "fenster"]);
    }

    #[test]
    fn what_holds_its_own_negator_is_not_denied() {
        let courtesy = courtesy();
        let said = Negation::of(&courtesy).read("wir essen kein Fleisch");
        assert!(said.denies(&(3..4)));
        assert!(!said.denies(&(2..4)));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,60}|(nicht|kein|warum|aber|wein|[,.!?'-]| ){0,30}") {
            let courtesy = courtesy();
            let said = Negation::of(&courtesy).read(&text);
            prop_assert_eq!(&said.words, &words(&text, &courtesy));
            prop_assert_eq!((said.clauses.len(), said.denied_by.len()), (said.words.len(), said.words.len()));
        }
    }
}

//! Right sentences with one slip of grammar in them, such as learners make.
//!
//! Recognisers that are to hear slips hold what was said against right words and likely wrong ones side by side, as extended
//! recognition networks do for sounds (Harrison, Lo, Qian & Meng 2009). The likely ones are made here: what [`edits`](super::edits)
//! do to the words, as far as the rules find that one fault in it, and set right what was done.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use super::super::remarks::{Certainty, Kind};
use super::token::{Token, tokens};
use super::{Grammar, Grammars};
use crate::language::Language;

/// A right sentence with one slip in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// As written.
    pub text: String,
    /// What is wrong in it, in bytes.
    pub at: Range<usize>,
    /// What finds it: the id of a rule.
    pub rule: String,
}

/// Variants of one sentence.
const MOST: usize = 8;
/// A longer sentence, in tokens, has none: nobody says it the same way twice.
const LONGEST: usize = 32;

impl Grammar {
    /// Variants of a right sentence, the likeliest of each place first. Each is wrong by one sure rule of grammar, whose suggestion
    /// makes the sentence again. None of a sentence in which the rules find something.
    pub fn variants(&self, right: &str) -> Vec<Variant> {
        let own = tokens(right, self.language);
        if own.len() > LONGEST || !self.judge(right).findings.is_empty() {
            return Vec::new();
        }
        let own_words = words(&own);
        let mut seen = HashSet::from([own_words.clone()]);
        // By the first word that differs.
        let mut places: BTreeMap<usize, Vec<Variant>> = BTreeMap::new();
        for text in self.edits.apply(right, &own) {
            let made = words(&tokens(&text, self.language));
            let place = made
                .iter()
                .zip(&own_words)
                .take_while(|(made, own)| made == own)
                .count();
            if seen.insert(made)
                && let Some(variant) = self.variant(text, &own_words)
            {
                places.entry(place).or_default().push(variant);
            }
        }
        let mut queues: Vec<_> = places.into_values().map(Vec::into_iter).collect();
        let mut variants = Vec::new();
        while variants.len() < MOST {
            let round: Vec<Variant> = queues.iter_mut().filter_map(Iterator::next).collect();
            if round.is_empty() {
                break;
            }
            variants.extend(round);
        }
        variants.truncate(MOST);
        variants
    }

    fn variant(&self, text: String, own: &[String]) -> Option<Variant> {
        let judgement = self.judge(&text);
        let [finding] = judgement.findings.as_slice() else {
            return None;
        };
        let is_sure = finding.kind == Kind::Grammar && finding.certainty != Certainty::Low;
        if !is_sure || finding.code.is_of_writing() {
            return None;
        }
        let mut corrected = text.clone();
        corrected.replace_range(finding.span.clone(), &finding.suggestion);
        let (at, rule) = (finding.span.clone(), finding.rule.clone());
        (words(&tokens(&corrected, self.language)) == own).then_some(Variant { text, at, rule })
    }
}

impl Grammars {
    /// Variants of each of some sentences that may be said at the same place; none is another one of them.
    pub fn variants(&self, sentences: &[&str], language: Language) -> Vec<Vec<Variant>> {
        let Some(grammar) = self.grammar(language) else {
            return vec![Vec::new(); sentences.len()];
        };
        let words = |text: &str| words(&tokens(text, language));
        let right: HashSet<Vec<String>> = sentences.iter().map(|text| words(text)).collect();
        let variants = |text: &&str| {
            let mut variants = grammar.variants(text);
            variants.retain(|variant| !right.contains(&words(&variant.text)));
            variants
        };
        sentences.iter().map(variants).collect()
    }
}

fn words(tokens: &[Token]) -> Vec<String> {
    let words = tokens.iter().filter(|token| token.is_word);
    words.map(|token| token.lower.clone()).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::scenario::{Catalogue, Level};

    static GRAMMARS: LazyLock<Grammars> = LazyLock::new(Grammars::built_in);

    const TAUGHT: [Language; 5] = [
        Language::English,
        Language::French,
        Language::German,
        Language::Italian,
        Language::Spanish,
    ];

    fn texts(sentence: &str, language: Language) -> Vec<String> {
        let variants = GRAMMARS.variants(&[sentence], language).remove(0);
        variants.into_iter().map(|variant| variant.text).collect()
    }

    #[test]
    fn likely_slips_of_each_language_are_made() {
        for (language, right, wrong) in [
            (
                Language::French,
                "Je voudrais une table pour deux.",
                "Je voudrais un table pour deux.",
            ),
            (Language::French, "Je parle français.", "Je parler français."),
            (
                Language::Spanish,
                "Quisiera una mesa para dos.",
                "Quisiera un mesa para dos.",
            ),
            (Language::Spanish, "Dos cervezas, por favor.", "Dos cerveza, por favor."),
            (Language::English, "She likes coffee.", "She like coffee."),
            (Language::English, "I am a student.", "I am student."),
            (
                Language::English,
                "A table for two people, please.",
                "A table for two person, please.",
            ),
            (Language::German, "Ich möchte einen Kaffee.", "Ich möchte ein Kaffee."),
            (
                Language::Italian,
                "Vorrei una camera singola.",
                "Vorrei un camera singola.",
            ),
        ] {
            let texts = texts(right, language);
            assert!(texts.iter().any(|text| text == wrong), "{right}: {texts:?}");
        }
    }

    #[test]
    fn what_another_answer_says_is_no_variant() {
        let right = "Je voudrais une table.";
        assert!(!texts(right, Language::French).is_empty());
        let both = GRAMMARS.variants(&[right, "je voudrais un table"], Language::French);
        assert!(
            both[0].iter().all(|variant| variant.text != "Je voudrais un table."),
            "{both:?}"
        );
        assert_eq!(both[1], [], "it is no right sentence");
        assert_eq!(GRAMMARS.variants(&["我要茶"], Language::Chinese), [[]]);
    }

    /// What stands in `docs/assessment.md`.
    #[test]
    fn most_expected_answers_that_rules_can_judge_have_variants() {
        let catalogue = Catalogue::built_in();
        for language in TAUGHT {
            let (mut answers, mut with, mut variants) = (HashSet::new(), 0, 0);
            for topic in catalogue
                .topics(language, None)
                .iter()
                .flat_map(|category| &category.topics)
            {
                let Some(script) = catalogue.script(&topic.id, language, Level::Intermediate) else {
                    continue;
                };
                for step in 0..script.step_count() {
                    let progress = crate::scenario::Progress {
                        step,
                        ..Default::default()
                    };
                    let phrases = script.expected(&progress).phrases.into_iter();
                    let suggested = phrases.take_while(|phrase| phrase.instead_of.is_none());
                    answers.extend(suggested.map(|phrase| phrase.text));
                }
            }
            for answer in &answers {
                let made = GRAMMARS.variants(&[answer], language).remove(0);
                with += usize::from(!made.is_empty());
                variants += made.len();
                for variant in made {
                    assert!(
                        variant
                            .text
                            .get(variant.at.clone())
                            .is_some_and(|wrong| !wrong.is_empty())
                    );
                }
            }
            println!(
                "{language}: {with} of {} answers have {variants} variants",
                answers.len()
            );
            assert!(with * 4 > answers.len(), "{language}: {with} of {}", answers.len());
        }
    }

    proptest! {
        #[test]
        fn any_text_has_variants_or_none(text: String, language in 0usize..5) {
            for variant in GRAMMARS.variants(&[&text], TAUGHT[language]).remove(0) {
                prop_assert!(variant.text.get(variant.at).is_some());
            }
        }
    }
}

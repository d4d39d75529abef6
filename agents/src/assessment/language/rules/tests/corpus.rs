//! The rules against sentences of everyday life, right and wrong: `agents/tests/data/grammar`, which says which of them the rules
//! were written for. `cargo test -p colloquy-agents --lib corpus -- --nocapture` prints what is noticed
//! and what is set right.

use std::path::Path;

use serde::Deserialize;

use super::{TAUGHT, corrected, grammar};
use crate::assessment::language::score;
use crate::assessment::language::{Evidence, Finding};
use crate::language::Language;

/// A sentence with one mistake that is typical of learners, and how it is right.
type Pair = (String, String);

/// Sentences of one language.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Corpus {
    wrong: Vec<Pair>,
    /// The same, never looked at when rules were written.
    unseen: Vec<Pair>,
    right: Vec<String>,
    /// Right ones that look like what a rule finds.
    pub lookalikes: Vec<String>,
}

pub(super) fn corpus(language: Language) -> Corpus {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/grammar");
    let text = std::fs::read_to_string(directory.join(format!("{language}.toml"))).expect("it is there");
    toml::from_str(&text).expect("it is a corpus")
}

fn score(language: Language, text: &str) -> (Vec<Finding>, Option<u8>) {
    let judgement = grammar(language).judge(text);
    let evidence = Evidence {
        words: judgement.words,
        judged: judgement.judged,
        is_doubtful: judgement.is_doubtful,
        ..Evidence::default()
    };
    let score = score::grammar(&judgement.findings, &evidence, true).ok();
    (judgement.findings, score)
}

/// What came of some sentences.
#[derive(Debug, Default)]
struct Count {
    sentences: usize,
    noticed: usize,
    /// Of those, the ones that what is suggested makes right.
    corrected: usize,
    /// Of those in which nothing was noticed.
    praised: usize,
}

/// Of sentences and how they are right.
fn count<'a>(language: Language, sentences: impl Iterator<Item = (&'a String, &'a String)>) -> Count {
    let mut count = Count::default();
    for (sentence, right) in sentences {
        let (findings, score) = score(language, sentence);
        let judgement = grammar(language).judge(sentence);
        count.sentences += 1;
        count.noticed += usize::from(!findings.is_empty());
        count.corrected += usize::from(!findings.is_empty() && corrected(sentence, &judgement) == *right);
        count.praised += usize::from(findings.is_empty() && score == Some(100));
        let told = findings.iter().map(|finding| (&finding.rule, &finding.suggestion));
        println!(
            "{language}: {sentence} {score:?} {}/{} {:?}",
            judgement.judged,
            judgement.words,
            told.collect::<Vec<_>>()
        );
    }
    count
}

#[test]
fn right_sentences_of_everyday_life_are_left_alone() {
    let counts = TAUGHT.map(|language| {
        let right = corpus(language).right;
        let count = count(language, right.iter().map(|right| (right, right)));
        println!("{language}, right: {count:?}");
        assert!(count.sentences >= 40, "{language}");
        count
    });
    assert!(counts.iter().all(|count| count.noticed == 0), "{counts:?}");
}

#[test]
fn typical_mistakes_are_set_right_and_rarely_praised() {
    let counts = TAUGHT.map(|language| {
        let corpus = corpus(language);
        let of = |pairs: &[Pair]| count(language, pairs.iter().map(|(wrong, right)| (wrong, right)));
        let (wrong, unseen) = (of(&corpus.wrong), of(&corpus.unseen));
        println!("{language}, wrong: {wrong:?}; unseen: {unseen:?}");
        assert!(wrong.sentences >= 40, "{language}");
        (wrong, unseen)
    });
    for (wrong, unseen) in &counts {
        assert!(wrong.corrected * 20 >= wrong.sentences * 17, "{wrong:?}");
        // What is remarked on a wrong sentence is its mistake, and not a right word of it.
        for count in [wrong, unseen] {
            assert!(count.corrected * 10 >= count.noticed * 9, "{count:?}");
        }
    }
    let all: Vec<&Count> = counts.iter().flat_map(|(wrong, unseen)| [wrong, unseen]).collect();
    let sum = |of: fn(&Count) -> usize| all.iter().map(|count| of(count)).sum::<usize>();
    let (unnoticed, praised) = (sum(|count| count.sentences - count.noticed), sum(|count| count.praised));
    println!("{praised} of {unnoticed} in which nothing was noticed have a score of 100");
    assert!(praised * 3 <= unnoticed, "{praised} of {unnoticed}");
}

#[test]
fn mistakes_that_were_set_right_are_left_alone() {
    for language in TAUGHT {
        for (_, right) in corpus(language).wrong {
            assert_eq!(grammar(language).judge(&right).findings, [], "{language}: {right}");
        }
    }
}

/// Nothing that is suggested is wrong by the rules themselves, and no article is doubled.
#[test]
fn what_is_suggested_is_right_by_all_rules() {
    let mut faults = Vec::new();
    for language in TAUGHT {
        let grammar = grammar(language);
        let corpus = corpus(language);
        let examples = grammar.rules().iter().flat_map(|rule| &rule.examples);
        // Not the unseen ones: what is told here is looked at when rules are mended.
        for (text, _) in examples.chain(&corpus.wrong) {
            let judgement = grammar.judge(text);
            for finding in &judgement.findings {
                let mut corrected = text.clone();
                corrected.replace_range(finding.span.clone(), &finding.suggestion);
                let place = finding.span.start..finding.span.start + finding.suggestion.len();
                let again = grammar.judge(&corrected).findings;
                let is_there = |other: &&Finding| other.span.start < place.end && place.start < other.span.end;
                if let Some(other) = again.iter().find(is_there) {
                    faults.push(format!("{}: {corrected:?}: {}", finding.rule, other.rule));
                }
            }
            let all = corrected(text, &judgement);
            let again = grammar.judge(&all).findings;
            if !judgement.findings.is_empty() && !again.is_empty() {
                faults.push(format!(
                    "{all:?}: {:?}",
                    again.iter().map(|f| &f.rule).collect::<Vec<_>>()
                ));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

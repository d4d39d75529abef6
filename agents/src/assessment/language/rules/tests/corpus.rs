//! The rules against sentences of everyday life, right and wrong, that were written without the rules in mind:
//! `agents/tests/data/grammar`. `cargo test -p colloquy-agents --lib corpus -- --nocapture` prints what is noticed.

use std::path::Path;

use serde::Deserialize;

use super::{TAUGHT, corrected, grammar};
use crate::assessment::language::score;
use crate::assessment::language::{Evidence, Finding};
use crate::language::Language;

/// Sentences of one language.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    /// Each with one mistake that is typical of learners.
    wrong: Vec<String>,
    /// The same, never looked at when rules were written.
    unseen: Vec<String>,
    right: Vec<String>,
}

fn corpus(language: Language) -> Corpus {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/grammar");
    let text = std::fs::read_to_string(directory.join(format!("{language}.toml"))).expect("it is there");
    toml::from_str(&text).expect("it is a corpus")
}

fn score(language: Language, text: &str) -> (Vec<Finding>, Option<u8>) {
    let judgement = grammar(language).judge(text);
    let evidence = Evidence {
        words: judgement.words,
        judged: judgement.judged,
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
    /// Of those in which nothing was noticed.
    praised: usize,
}

fn count(language: Language, sentences: &[String]) -> Count {
    let mut count = Count::default();
    for sentence in sentences {
        let (findings, score) = score(language, sentence);
        count.sentences += 1;
        count.noticed += usize::from(!findings.is_empty());
        count.praised += usize::from(findings.is_empty() && score == Some(100));
        let judgement = grammar(language).judge(sentence);
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
        let count = count(language, &corpus(language).right);
        println!("{language}, right: {count:?}");
        assert!(count.sentences >= 40, "{language}");
        count
    });
    assert!(counts.iter().all(|count| count.noticed == 0), "{counts:?}");
}

#[test]
fn typical_mistakes_are_noticed_and_rarely_praised() {
    let counts = TAUGHT.map(|language| {
        let corpus = corpus(language);
        let (wrong, unseen) = (count(language, &corpus.wrong), count(language, &corpus.unseen));
        println!("{language}, wrong: {wrong:?}; unseen: {unseen:?}");
        assert!(wrong.sentences >= 40, "{language}");
        (wrong, unseen)
    });
    for (wrong, _) in &counts {
        assert!(wrong.noticed * 10 >= wrong.sentences * 9, "{wrong:?}");
    }
    let all: Vec<&Count> = counts.iter().flat_map(|(wrong, unseen)| [wrong, unseen]).collect();
    let sum = |of: fn(&Count) -> usize| all.iter().map(|count| of(count)).sum::<usize>();
    let (unnoticed, praised) = (sum(|count| count.sentences - count.noticed), sum(|count| count.praised));
    println!("{praised} of {unnoticed} in which nothing was noticed have a score of 100");
    assert!(praised * 3 <= unnoticed, "{praised} of {unnoticed}");
}

/// Nothing that is suggested is wrong by the rules themselves, and no article is doubled.
#[test]
fn what_is_suggested_is_right_by_all_rules() {
    let mut faults = Vec::new();
    for language in TAUGHT {
        let grammar = grammar(language);
        let corpus = corpus(language);
        let examples = grammar.rules().iter().flat_map(|rule| &rule.examples);
        let examples = examples.map(|(wrong, _)| wrong);
        for text in examples.chain(&corpus.wrong).chain(&corpus.unseen) {
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

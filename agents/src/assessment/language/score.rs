//! The grammar score, and when there is none.
//!
//! `score = max(0, 100 - 200 * (sum of weights) / words)`, rounded, over the findings that are about grammar. A finding weighs 1 if
//! its certainty is high, 0.75 if it is medium, 0.5 if it is low: one certain fault in ten words leaves 80, a fault in every
//! other word leaves nothing. Spelling and the choice of words are not in it.
//!
//! There is no score for fewer than [`LEAST_WORDS`] words, where nobody knows the language's grammar, and where nothing was found
//! although fewer words than [`JUDGED`] and [`SHORT`] say stand in constructions that anybody could judge, or although something in the text is often
//! wrong and nobody can tell: silence is no praise.

use super::{Certainty, Evidence, Finding, Kind, Withheld};

/// The shortest text that is judged, in words.
pub(super) const LEAST_WORDS: usize = 3;
/// How many of the words have to be judged for silence to be praise: four in five. Of sentences with one mistake that no rule finds, two in
/// three had 100 where a quarter was asked for, and two in five where it was two thirds.
const JUDGED: (usize, usize) = (4, 5);
/// In a text of so few words all of them have to be: the one that isn't is as likely as not what is wrong.
const SHORT: usize = 5;

/// The score of a text with these findings; why there is none.
pub(super) fn grammar(findings: &[Finding], evidence: &Evidence, has_rules: bool) -> Result<u8, Withheld> {
    let faults: f64 = findings
        .iter()
        .filter(|finding| finding.kind == Kind::Grammar)
        .map(|finding| weight(finding.certainty))
        .sum();
    if !has_rules {
        return Err(Withheld::NoRules);
    }
    if evidence.words < LEAST_WORDS {
        return Err(Withheld::TooFewWords);
    }
    let (least, of) = if evidence.words <= SHORT { (1, 1) } else { JUDGED };
    if faults == 0.0 && (evidence.is_doubtful || evidence.judged * of < evidence.words * least) {
        return Err(Withheld::NothingToJudge);
    }
    let score = 100.0 - 200.0 * faults / evidence.words as f64;
    Ok(score.clamp(0.0, 100.0).round() as u8)
}

fn weight(certainty: Certainty) -> f64 {
    match certainty {
        Certainty::High => 1.0,
        Certainty::Medium => 0.75,
        Certainty::Low => 0.5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::language::{Code, Source};

    fn finding(code: &str, certainty: Certainty) -> Finding {
        let code = Code::parse(code).expect("a type of ERRANT");
        Finding {
            kind: code.kind(),
            code,
            span: 0..1,
            word: "x".to_owned(),
            suggestion: String::new(),
            explanation: String::new(),
            explanation_native: None,
            source: Source::Rules,
            rule: String::new(),
            certainty,
        }
    }

    fn evidence(words: usize, judged: usize) -> Evidence {
        Evidence {
            words,
            judged,
            ..Evidence::default()
        }
    }

    #[test]
    fn the_score_falls_with_the_faults_a_word() {
        let one = [finding("R:DET", Certainty::High)];
        let two = [finding("R:DET", Certainty::High), finding("R:WO", Certainty::Low)];
        for (findings, words, score) in [
            (&[][..], 10, 100),
            (&one[..], 10, 80),
            (&one[..], 3, 33),
            (&two[..], 10, 70),
            (&[one[0].clone(), one[0].clone()][..], 3, 0),
        ] {
            assert_eq!(grammar(findings, &evidence(words, words), true), Ok(score), "{words}");
        }
    }

    #[test]
    fn spelling_and_words_leave_the_grammar_alone() {
        let spelling = [finding("R:SPELL", Certainty::High), finding("R:NOUN", Certainty::High)];
        assert_eq!(grammar(&spelling, &evidence(6, 6), true), Ok(100));
    }

    #[test]
    fn without_evidence_there_is_no_score() {
        let fault = [finding("R:DET", Certainty::High)];
        assert_eq!(grammar(&fault, &evidence(9, 9), false), Err(Withheld::NoRules));
        assert_eq!(grammar(&fault, &evidence(2, 2), true), Err(Withheld::TooFewWords));
        assert_eq!(grammar(&[], &evidence(9, 2), true), Err(Withheld::NothingToJudge));
        assert_eq!(grammar(&[], &evidence(3, 0), true), Err(Withheld::NothingToJudge));
        assert_eq!(grammar(&[], &evidence(9, 7), true), Err(Withheld::NothingToJudge));
        assert_eq!(grammar(&[], &evidence(5, 4), true), Err(Withheld::NothingToJudge));
        assert_eq!(grammar(&[], &evidence(6, 5), true), Ok(100));
        assert_eq!(grammar(&[], &evidence(9, 8), true), Ok(100));
        let doubtful = Evidence {
            is_doubtful: true,
            ..evidence(9, 9)
        };
        assert_eq!(grammar(&[], &doubtful, true), Err(Withheld::NothingToJudge));
        assert_eq!(grammar(&fault, &doubtful, true), Ok(78));
        // What is wrong is evidence enough.
        assert_eq!(grammar(&fault, &evidence(9, 2), true), Ok(78));
    }
}

//! Which of several slips is corrected.

use super::phrase::fold;
use super::{Correction, Slip};
use crate::engine::Transcript;

/// From how sure on something is called wrong: that it was said so, times that it is wrong.
const SURE_ENOUGH: f32 = 0.6;
/// How much more what the step practises counts.
const FOCUS: f32 = 1.5;

/// Whether it is sure enough that something is wrong, and that it was said so at all: both from 0 to 1.
pub fn is_sure(certainty: f32, confidence: f32) -> bool {
    certainty * confidence >= SURE_ENOUGH
}

/// The one slip in an answer to correct, if there is one that is worth it: the one that hurts the meaning most, what the
/// step practises (`focus`, in the words of the scenario) before the rest, as far as it is sure and there are right words to say it
/// with. What was corrected last is left alone for a turn.
pub fn choose(answer: &Transcript, slips: &[Slip], focus: &[String], last: Option<&Correction>) -> Option<Correction> {
    // An expected answer was heard as such: its words are the scenario's own.
    if answer.is_verbatim() {
        return None;
    }
    let focus: Vec<String> = focus.iter().map(|line| fold(line)).collect();
    let mut best: Option<(f32, Correction)> = None;
    for slip in slips {
        let confidence = answer.confidence_in(&slip.at);
        let sure = slip.certainty * confidence;
        let weight = severity(&slip.code) * sure * if is_focus(slip, &focus) { FOCUS } else { 1.0 };
        let is_better = best.as_ref().is_none_or(|(most, _)| weight > *most);
        if !(is_sure(slip.certainty, confidence) && weight > 0.0 && is_better) {
            continue;
        }
        let Some(wrong) = slip.wrong(&answer.text) else {
            continue;
        };
        let correction = Correction {
            wrong: wrong.trim().to_owned(),
            right: slip.right.trim().to_owned(),
            phrase: slip.phrase.clone(),
            explanation: slip.explanation.clone(),
            rule: slip.rule.clone(),
        };
        let is_empty = !correction.phrase.chars().any(char::is_alphanumeric);
        if is_empty || fold(&correction.wrong) == fold(&correction.right) || is_same(last, &correction) {
            continue;
        }
        best = Some((weight, correction));
    }
    best.map(|(_, correction)| correction)
}

/// How much a mistake of this type of ERRANT's weighs; nothing, if it can't be heard.
fn severity(code: &str) -> f32 {
    let kind = code.split_once(':').map_or(code, |(_, kind)| kind);
    match kind.split(':').next().unwrap_or_default() {
        "PUNCT" | "ORTH" => 0.0,
        "SPELL" => 1.0,
        "VERB" | "WO" => 3.0,
        _ => 2.0,
    }
}

/// Whether a slip is about what the step practises: the grammar notes name its right words, or one of them that says something.
fn is_focus(slip: &Slip, focus: &[String]) -> bool {
    const TELLING: usize = 4;
    let right = fold(&slip.right);
    let telling = right.split(' ').filter(|word| word.chars().count() >= TELLING);
    let mut names = std::iter::once(right.as_str())
        .chain(telling)
        .filter(|name| !name.is_empty());
    names.any(|name| {
        let named = format!(" {name} ");
        focus.iter().any(|line| format!(" {line} ").contains(&named))
    })
}

fn is_same(last: Option<&Correction>, correction: &Correction) -> bool {
    last.is_some_and(|last| {
        last.rule == correction.rule
            || (fold(&last.wrong) == fold(&correction.wrong) && fold(&last.right) == fold(&correction.right))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::assessment::language::Kind;
    use crate::correction::Proofread;
    use crate::correction::tests::Listed;
    use crate::engine::{OwnWords, Wording};
    use crate::language::Language;

    fn typed(text: &str) -> Transcript {
        Transcript {
            text: text.to_owned(),
            confidence: 1.0,
            ..Transcript::default()
        }
    }

    fn chosen(answer: &Transcript, known: &Listed, focus: &[&str], last: Option<&Correction>) -> Option<Correction> {
        let slips = known.slips(&answer.text, Language::French, Language::English);
        let focus: Vec<String> = focus.iter().map(|line| (*line).to_owned()).collect();
        choose(answer, &slips, &focus, last)
    }

    fn known() -> Listed {
        Listed(vec![
            ("un table", "une table", "R:DET", 0.9),
            ("je veux", "je voudrais", "R:VERB:TENSE", 0.7),
            ("bonjour", "Bonjour", "R:ORTH", 1.0),
            ("pour le deux", "pour deux", "U:DET", 0.5),
        ])
    }

    #[test]
    fn the_gravest_is_corrected_and_the_next_only_when_that_was_said_before() {
        let answer = typed("bonjour, je veux un table pour le deux");
        let first = chosen(&answer, &known(), &[], None).expect("something is wrong");
        assert_eq!((first.wrong.as_str(), first.right.as_str()), ("je veux", "je voudrais"));
        assert_eq!(first.phrase, "je voudrais");
        let second = chosen(&answer, &known(), &[], Some(&first)).expect("more is wrong");
        assert_eq!(second.right, "une table");
        let third = chosen(&answer, &known(), &[], Some(&second)).expect("the first is worth it again");
        assert_eq!(third, first);
    }

    #[test]
    fn what_the_step_practises_comes_first() {
        let answer = typed("je veux un table");
        let practised = ["articles: une table, la carte"];
        let first = chosen(&answer, &known(), &practised, None).expect("something is wrong");
        assert_eq!(first.right, "une table");
    }

    #[test]
    fn what_is_not_sure_or_not_audible_is_never_said() {
        assert_eq!(chosen(&typed("bonjour, pour le deux"), &known(), &[], None), None);
        // It may well be the recogniser's mistake.
        let unsure = Transcript {
            confidence: 0.6,
            ..typed("un table")
        };
        assert_eq!(chosen(&unsure, &known(), &[], None), None);
        let expected = Transcript {
            phrase: Some(0),
            ..typed("un table")
        };
        assert_eq!(chosen(&expected, &known(), &[], None), None);
        // Unless these are the words that were heard to be the learner's own.
        let with_slip = |at, confidence| Transcript {
            confidence: 0.55,
            wording: Wording {
                slips: vec![OwnWords { at, confidence }],
                ..Wording::default()
            },
            ..expected.clone()
        };
        for (at, confidence, is_corrected) in [
            (0..2, 0.9, true),
            (0..2, 0.5, false),
            (3..8, 0.9, true),
            (8..9, 0.9, false),
        ] {
            let correction = chosen(&with_slip(at, confidence), &known(), &[], None);
            assert_eq!(correction.is_some(), is_corrected);
        }
    }

    proptest! {
        #[test]
        fn slips_of_another_text_are_passed_over(text: String, start in 0usize..40, length in 0usize..40, right: String) {
            let slip = Slip {
                at: start..start + length,
                phrase: right.clone(),
                right,
                explanation: String::new(),
                kind: Kind::Grammar,
                code: "R:DET".to_owned(),
                rule: String::new(),
                certainty: 1.0,
            };
            if let Some(correction) = choose(&typed(&text), std::slice::from_ref(&slip), &[], None) {
                prop_assert!(text.contains(&correction.wrong));
            }
        }
    }
}

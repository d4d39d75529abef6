//! Slips that the rules of grammar find.

use super::recast::recasts;
use super::{Proofread, Slip, is_sure};
use crate::assessment::language::{Finding, Grammars};
use crate::language::Language;

impl Proofread for Grammars {
    fn slips(&self, text: &str, language: Language, native: Language) -> Vec<Slip> {
        let (Some(grammar), Some(judgement)) = (self.grammar(language), self.judge(text, language, native)) else {
            return Vec::new();
        };
        let phrases = recasts(grammar, text, &judgement);
        let mut found: Vec<(Finding, String)> = Vec::new();
        for (finding, phrase) in judgement.findings.into_iter().zip(phrases) {
            let is_joined = |(last, said): &&mut (Finding, String)| {
                // What isn't sure enough to be told takes nothing with it.
                let are_sure = [last, &finding]
                    .iter()
                    .all(|one| is_sure(one.certainty.likelihood(), 1.0));
                are_sure && said.is_empty() == phrase.is_empty() && last.is_beside(&finding, text)
            };
            match found.last_mut().filter(is_joined) {
                Some((last, _)) => last.take_in(finding, text),
                None => found.push((finding, phrase)),
            }
        }
        found
            .into_iter()
            .map(|(finding, phrase)| slip(finding, phrase))
            .collect()
    }
}

fn slip(finding: Finding, phrase: String) -> Slip {
    Slip {
        at: finding.span,
        right: finding.suggestion,
        phrase,
        explanation: finding.explanation_native.unwrap_or(finding.explanation),
        code: finding.code.into(),
        kind: finding.kind,
        rule: finding.rule,
        // Only what is right in most cases is said aloud (`is_sure`), and only if it was heard well.
        certainty: finding.certainty.likelihood(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::choose;
    use super::*;
    use crate::engine::Transcript;

    #[test]
    fn what_a_rule_finds_is_recast() {
        let grammars = Grammars::built_in();
        let answer = Transcript {
            text: "Je voudrais un table près de la fenêtre".to_owned(),
            confidence: 1.0,
            ..Transcript::default()
        };
        let slips = grammars.slips(&answer.text, Language::French, Language::German);
        assert_eq!(slips.len(), 1, "{slips:?}");
        assert!(slips[0].code.starts_with("R:DET"), "{slips:?}");
        let correction = choose(&answer, &slips, &[], None).expect("a correction");
        assert_eq!((correction.wrong.as_str(), correction.right.as_str()), ("un", "une"));
        // Right beside the one must not be wrong by the other.
        let text = "She don't likes wine";
        let slips = grammars.slips(text, Language::English, Language::Spanish);
        let [slip] = slips.as_slice() else {
            panic!("{slips:?}");
        };
        assert_eq!(
            (slip.wrong(text), slip.right.as_str()),
            (Some("don't likes"), "doesn't like")
        );
        assert!(slip.phrase.contains("doesn't like"), "{slip:?}");
        let right = grammars.slips(
            "Je voudrais une table près de la fenêtre",
            Language::French,
            Language::German,
        );
        assert_eq!(right, []);
        assert_eq!(grammars.slips("テーブル", Language::Japanese, Language::English), []);
    }
}

//! Checking the answers of a step: enough of them, and no two that could be taken for each other.

use std::collections::BTreeMap;

use crate::language::Language;
use crate::scenario::format::{Aside, Courtesy, Line, Turn};
use crate::scenario::words::{reading, words};

/// How many answers a step has at least: enough for three hints and one answer that is the learner's own.
pub(super) const FEWEST_ANSWERS: usize = 4;

/// What a learner must be able to ask for in every step; an answer in the same words would hide it.
const NEVER_ANSWERS: [Aside; 3] = [Aside::Repeat, Aside::Slower, Aside::Confused];

/// Tells what is wrong with the answers of a step, and with the keywords that stand for them.
pub(super) fn check_answers(turn: &Turn, courtesy: &Courtesy, language: Language, fault: &mut impl FnMut(String)) {
    let count: usize = turn.answers.values().map(Vec::len).sum();
    if count < FEWEST_ANSWERS {
        fault(format!("{count} answers instead of at least {FEWEST_ANSWERS}"));
    }
    let mut spelled: BTreeMap<Vec<String>, (&str, &str)> = BTreeMap::new();
    let mut read: BTreeMap<String, (&str, &str)> = BTreeMap::new();
    let answers = turn.answers.iter();
    for (intent, line) in answers.flat_map(|(intent, lines)| lines.iter().map(move |line| (intent, line))) {
        let text = line.text.as_str();
        let own = words(text, courtesy);
        if own.is_empty() {
            fault(format!("answer {text:?} has no word"));
            continue;
        }
        if line.en.is_empty() && language != Language::English {
            fault(format!("answer {text:?} has no translation"));
        }
        if let Some(aside) = hidden(&own, courtesy) {
            fault(format!(
                "answer {text:?} is also what may be said at any time (`phrases.{aside:?}`)"
            ));
        }
        if let Some((other, means)) = spelled.insert(own, (text, intent)) {
            fault(match means == intent {
                true => format!("answers {other:?} and {text:?} are the same"),
                false => format!("answers {other:?} (`{means}`) and {text:?} (`{intent}`) are the same"),
            });
        } else if let Some((other, _)) = line
            .spoken
            .as_deref()
            .and_then(|spoken| read.insert(reading(spoken, courtesy), (text, intent)))
        {
            fault(format!("answers {other:?} and {text:?} are read the same"));
        }
    }
    check_keywords(turn, courtesy, fault);
}

/// What the words of an answer would hide.
fn hidden(answer: &[String], courtesy: &Courtesy) -> Option<Aside> {
    let says = |line: &Line| words(&line.text, courtesy) == answer;
    let mut asides = NEVER_ANSWERS.into_iter();
    asides.find(|aside| courtesy.phrases.get(aside).is_some_and(|lines| lines.iter().any(says)))
}

/// A keyword leads to one intent only.
fn check_keywords(turn: &Turn, courtesy: &Courtesy, fault: &mut impl FnMut(String)) {
    let mut meant: BTreeMap<Vec<String>, &str> = BTreeMap::new();
    for (intent, keywords) in &turn.keywords {
        for keyword in keywords {
            let own = words(keyword, courtesy);
            if own.is_empty() {
                fault(format!("keyword {keyword:?} has no word"));
                continue;
            }
            if let Some(other) = meant.insert(own, intent).filter(|other| other != intent) {
                fault(format!("keyword {keyword:?} means both `{other}` and `{intent}`"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(language: Language, fields: &str) -> Vec<String> {
        let rest = "ask = []\nreprompts = []\nhints = []\nreplies.any = []";
        let turn: Turn = toml::from_str(&format!("{rest}\n{fields}")).expect("fields of a turn");
        let mut courtesy = Courtesy::sample("numbers = ['zero', 'one', 'two']");
        let repeat = Line {
            text: "Pardon?".to_owned(),
            ..Line::default()
        };
        courtesy.phrases.insert(Aside::Repeat, vec![repeat]);
        let mut faults = Vec::new();
        check_answers(&turn, &courtesy, language, &mut |fault| faults.push(fault));
        faults
    }

    #[test]
    fn four_answers_are_enough_and_three_are_not() {
        let four = r#"answers.a = ["Yes", "Of course"]
answers.b = ["Not today", "Never"]"#;
        assert_eq!(faults(Language::English, four), [""; 0]);
        let three = r#"answers.a = ["Yes", "Of course", "Never"]"#;
        assert_eq!(faults(Language::English, three), ["3 answers instead of at least 4"]);
        assert_eq!(
            faults(Language::English, "answers = {}"),
            ["0 answers instead of at least 4"]
        );
    }

    #[test]
    fn the_same_words_are_told_with_what_they_mean() {
        let same = r#"answers.table = ["A table for 2", "Hello", "Good morning"]
answers.room = ["a table for two!", "Hello."]"#;
        assert_eq!(
            faults(Language::English, same),
            [
                "answers \"a table for two!\" (`room`) and \"A table for 2\" (`table`) are the same",
                "answers \"Hello.\" (`room`) and \"Hello\" (`table`) are the same",
            ]
        );
    }

    #[test]
    fn answers_that_are_typed_the_same_by_their_sound_are_told() {
        let sounds = r#"answers.buy = [["我要买", "I want to buy", "wǒ yào mǎi"], ["一个", "One", "yí ge"], ["两个", "Two", "liǎng ge"]]
answers.sell = [["我要卖", "I want to sell", "wǒ yào mài"]]"#;
        assert_eq!(
            faults(Language::Chinese, sounds),
            ["answers \"我要买\" and \"我要卖\" are read the same"]
        );
    }

    #[test]
    fn no_answer_hides_how_to_ask_for_help() {
        let hiding = r#"answers.a = ["Yes", "Pardon", "Never", "Perhaps later"]"#;
        assert_eq!(
            faults(Language::English, hiding),
            ["answer \"Pardon\" is also what may be said at any time (`phrases.Repeat`)"]
        );
    }

    #[test]
    fn a_keyword_leads_to_one_intent() {
        let both = r#"answers.a = ["Yes", "Of course"]
answers.b = ["Not today", "Never"]
keywords.a = ["today", "today!"]
keywords.b = ["Today", "…"]"#;
        assert_eq!(
            faults(Language::English, both),
            ["keyword \"Today\" means both `a` and `b`", "keyword \"…\" has no word"]
        );
    }
}

//! Other values in an answer that is expected: the same sentence with another number, another wine.
//!
//! A recogniser that chooses among the answers of a step hears whoever says another value as one who said the value that is listed. So
//! the same answer is listened for with the other values that content says are `said_alike`. No learner is shown any of them.

use std::ops::Range;

use super::format::{Courtesy, Lesson, Slot, Step, Turn};
use super::meaning::{Meaning, choices};
use super::negation::Negation;
use super::slots;
use super::words::words;

/// An answer of a step with another value of one of its slots in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sibling {
    /// The answer that it is but for the value, among those that may be said in the step.
    pub of: usize,
    pub text: String,
}

/// So many siblings a step has at most, those that come first for each answer and list first: every phrase that is listened for has its
/// cost.
const MOST: usize = 36;

/// The siblings of the answers of a step.
pub(super) fn siblings(step: &Step, turn: &Turn, lesson: &Lesson, courtesy: &Courtesy) -> Vec<Sibling> {
    let choices = choices(Some((step, turn)), courtesy);
    let mut known: Vec<Vec<String>> = choices
        .iter()
        .map(|choice| words(&choice.line.text, courtesy))
        .collect();
    let of_step = || step.slots.iter().filter_map(|name| lesson.slots.get(name));
    let mut rows: Vec<Vec<Sibling>> = Vec::new();
    for (of, choice) in choices.iter().enumerate() {
        // A line with a spoken form of its own is not said as it is written.
        if !matches!(choice.meaning, Meaning::Intent(_)) || choice.line.spoken.is_some() {
            continue;
        }
        let texts = of_step().flat_map(|slot| slot.said_alike.iter().map(move |alike| (slot, alike)));
        rows.extend(texts.map(|(slot, alike)| {
            let others = others(slot, alike, &choice.line.text, courtesy);
            others.into_iter().map(|text| Sibling { of, text }).collect()
        }));
    }
    let longest = rows.iter().map(Vec::len).max().unwrap_or_default();
    let mut found = Vec::new();
    for sibling in (0..longest).flat_map(|rank| rows.iter().filter_map(move |row| row.get(rank))) {
        let spelled = words(&sibling.text, courtesy);
        if found.len() < MOST && !known.contains(&spelled) {
            known.push(spelled);
            found.push(sibling.clone());
        }
    }
    found
}

/// An answer with each of those that are said alike in the place of the longest of them in it, where that is another value of the slot.
pub(super) fn others(slot: &Slot, alike: &[String], answer: &str, courtesy: &Courtesy) -> Vec<String> {
    let placed = alike
        .iter()
        .filter_map(|own| Some((own, place(answer, own)?)))
        .max_by_key(|(own, _)| own.len());
    let Some((own, at)) = placed else {
        return Vec::new();
    };
    let negation = Negation::of(courtesy);
    let value = |text: &str| slots::value(slot, text, &negation.read(text), courtesy);
    let Some(meant) = value(answer) else {
        return Vec::new();
    };
    let is_capital = answer[at.clone()].starts_with(char::is_uppercase) && !own.starts_with(char::is_uppercase);
    let with = |other: &String| {
        let other = if is_capital { capital(other) } else { other.clone() };
        [&answer[..at.start], &other, &answer[at.end..]].concat()
    };
    let others = alike.iter().filter(|other| *other != own).map(with);
    others
        .filter(|text| value(text).is_some_and(|other| other != meant))
        .collect()
}

/// Where whole words stand in a text, whatever their capitals; nowhere if they stand there twice. A hyphen joins what is beside it: there is
/// no "quarante" in "quarante-deux".
pub(super) fn place(text: &str, words: &str) -> Option<Range<usize>> {
    let is_edge = |letter: Option<char>| !letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '-');
    let at = |start: usize| {
        let mut rest = text[start..].chars();
        let is_same = |wanted: char| {
            rest.next()
                .is_some_and(|found| found.to_lowercase().eq(wanted.to_lowercase()))
        };
        words
            .chars()
            .all(is_same)
            .then(|| start..text.len() - rest.as_str().len())
    };
    let starts = text.char_indices().map(|(start, _)| start);
    let mut found = starts
        .filter_map(at)
        .filter(|at| is_edge(text[..at.start].chars().next_back()) && is_edge(text[at.end..].chars().next()));
    found.next().filter(|at| !at.is_empty() && found.next().is_none())
}

/// A text with a capital to begin with.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::{Slot, others, place};
    use crate::engine::Transcript;
    use crate::language::Language;
    use crate::scenario::{Catalogue, Level, Progress, Script};

    fn script(scenario: &str, language: Language) -> Script {
        let script = Catalogue::built_in().script(scenario, language, Level::default());
        script.expect("it is built in")
    }

    fn siblings(script: &Script, step: usize, answer: &str) -> Vec<String> {
        let expected = script.expected(&at(step));
        let of = expected.phrases.iter().position(|phrase| phrase.text == answer);
        assert!(of.is_some(), "{answer} is expected");
        let others = expected.phrases.iter().filter(|other| other.instead_of == of);
        others.map(|other| other.text.clone()).collect()
    }

    fn at(step: usize) -> Progress {
        Progress {
            step,
            ..Progress::default()
        }
    }

    #[test]
    fn an_answer_is_listened_for_with_other_values_too() {
        for (language, step, answer, other) in [
            (Language::English, 0, "There are four of us", "There are three of us"),
            (
                Language::English,
                2,
                "I'd like a glass of red wine",
                "I'd like a glass of white wine",
            ),
            (Language::English, 6, "By card, please", "In cash, please"),
            (
                Language::Spanish,
                0,
                "Una mesa para dos, por favor",
                "Una mesa para cinco, por favor",
            ),
            (Language::French, 0, "Nous sommes quatre", "Nous sommes trois"),
            (Language::German, 0, "Wir sind zu viert", "Wir sind zu dritt"),
            (Language::Italian, 0, "Siamo in quattro", "Siamo in tre"),
        ] {
            let siblings = siblings(&script("restaurant", language), step, answer);
            assert!(
                siblings.iter().any(|sibling| sibling == other),
                "{language} {siblings:?}"
            );
        }
    }

    #[test]
    fn no_step_lists_more_than_is_searched_in_time_and_siblings_come_last() {
        let catalogue = Catalogue::built_in();
        for language in Language::ALL {
            for topic in catalogue
                .topics(language, None)
                .iter()
                .flat_map(|category| &category.topics)
            {
                let script = catalogue
                    .script(&topic.id, language, Level::default())
                    .expect("it is listed");
                for step in 0..script.step_count() {
                    let phrases = script.expected(&at(step)).phrases;
                    let is_sibling = |of: usize| phrases[of].instead_of.is_none();
                    let siblings = phrases
                        .iter()
                        .filter(|phrase| phrase.instead_of.is_some_and(is_sibling));
                    assert!(siblings.count() <= super::MOST);
                    assert!(phrases.len() <= 72, "{language} {} {step}: {}", topic.id, phrases.len());
                    let is_own = phrases.iter().take_while(|phrase| phrase.instead_of.is_none());
                    assert!(
                        phrases[is_own.count()..]
                            .iter()
                            .all(|phrase| phrase.instead_of.is_some())
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_heard_of_a_sibling_is_what_it_says() {
        let (script, start) = (script("restaurant", Language::English), Progress::default());
        let phrases = script.expected(&start).phrases;
        let phrase = phrases.iter().position(|phrase| phrase.text == "There are three of us");
        let heard = Transcript {
            text: "Hello. There are three of us".to_owned(),
            phrase,
            confidence: 0.9,
            ..Transcript::default()
        };
        assert!(phrase.is_some());
        let (reply, after) = script.respond(&start, &heard);
        assert_eq!(after.slots.get("party").map(String::as_str), Some("three people"));
        assert_eq!(after.step, 1);
        assert!(reply.text.contains("three people"), "{}", reply.text);
    }

    #[test]
    fn what_stands_in_its_place_keeps_its_capital_and_its_value_is_another() {
        let siblings = siblings(&script("restaurant", Language::English), 2, "A coke with lots of ice");
        assert!(
            siblings.contains(&"A lemonade with lots of ice".to_owned()),
            "{siblings:?}"
        );
    }

    #[test]
    fn another_name_of_the_same_value_is_no_other_value() {
        let slot: Slot =
            toml::from_str(r#"values = [{ value = "an espresso", words = ["a coffee"] }, { value = "a tea" }]"#)
                .expect("a slot");
        let alike = ["an espresso", "a coffee", "a tea"].map(str::to_owned);
        let english = script("restaurant", Language::English);
        let others = others(&slot, &alike, "Just an espresso for me", english.courtesy());
        assert_eq!(others, ["Just a tea for me"]);
    }

    #[test]
    fn the_longest_name_in_an_answer_gives_way() {
        let slot: Slot =
            toml::from_str(r#"values = [{ value = "tea" }, { value = "green tea" }, { value = "coffee" }]"#)
                .expect("a slot");
        let alike = ["tea", "green tea", "coffee"].map(str::to_owned);
        let english = script("restaurant", Language::English);
        let others = others(&slot, &alike, "Green tea, please", english.courtesy());
        assert_eq!(others, ["Tea, please", "Coffee, please"]);
    }

    #[test]
    fn words_stand_where_they_are_whole_and_said_once() {
        assert_eq!(place("Nous sommes vingt-deux", "deux"), None);
        assert_eq!(place("Nous sommes deux-trois", "deux"), None);
        assert_eq!(place("Une table pour deux cents", "deux"), Some(15..19));
        assert_eq!(place("Deux ou deux", "deux"), None);
        assert_eq!(place("Pour deuxième", "deux"), None);
    }
}

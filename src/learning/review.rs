//! Words of a deck that are due, brought up in the next conversation: which of them, and where they are kept until it is ended.

use colloquy_agents::scenario::Script;
use serde_json::{Map, Value};

use super::vocabulary::{Card, LONGEST_WORD};

/// The entry of a conversation's context that names them.
pub const REVIEW_WORDS: &str = "review_words";
/// Words that are brought up in one conversation.
const MOST: usize = 5;
/// Due words that are looked through.
pub const LOOKED_THROUGH: u32 = 100;

/// The words of those that are due, the most urgent first, that fit a scenario of this category: those that come up in it, and
/// then others that were met in its like. Anything fits an open talk.
pub fn fitting(due: &[Card], script: &Script, category: Option<&str>) -> Vec<String> {
    let is_like = |card: &&Card| script.is_open_talk() || (category.is_some() && card.category.as_deref() == category);
    let (there, others): (Vec<&Card>, Vec<&Card>) = due.iter().partition(|card| script.mentions(&card.shown));
    let others = others.into_iter().filter(is_like);
    let fitting = there.into_iter().chain(others).take(MOST);
    fitting.map(|card| card.shown.clone()).collect()
}

/// The words that a conversation's context names: few and short ones, whoever wrote it.
pub fn of_context(context: &Map<String, Value>) -> Vec<String> {
    let words = context
        .get(REVIEW_WORDS)
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    words
        .filter_map(Value::as_str)
        .filter(|word| !word.trim().is_empty() && word.chars().count() <= LONGEST_WORD)
        .take(MOST)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use colloquy_agents::language::Language;
    use colloquy_agents::scenario::{Catalogue, Level, OPEN_TALK};
    use serde_json::json;

    use super::super::vocabulary::{Encounter, Met};
    use super::*;
    use crate::clock::Timestamp;

    fn card(word: &str, category: &str) -> Card {
        let met = Met {
            word: word.to_owned(),
            shown: word.to_owned(),
            encounter: Encounter::Heard,
            is_taught: true,
        };
        Card::after(None, &met, Some(category), Timestamp::from_millis(0)).unwrap()
    }

    fn script(topic: &str) -> Script {
        let script = Catalogue::built_in().script(topic, Language::French, Level::Beginner);
        script.unwrap()
    }

    #[test]
    fn words_that_come_up_in_the_scenario_go_before_those_of_its_like_and_no_others_do() {
        let due = [
            card("passeport", "travel"),
            card("addition salée", "food"),
            card("l'addition", "food"),
            card("par carte", "shopping"),
        ];
        let words = fitting(&due, &script("restaurant"), Some("food"));
        assert_eq!(words, ["l'addition", "par carte", "addition salée"]);
        assert_eq!(fitting(&due, &script("restaurant"), None), ["l'addition", "par carte"]);
        assert_eq!(fitting(&due, &script(OPEN_TALK), None).len(), 4);
        let many: Vec<Card> = (0..9).map(|n| card(&format!("mot {n}"), "food")).collect();
        assert_eq!(fitting(&many, &script("restaurant"), Some("food")).len(), MOST);
    }

    #[test]
    fn a_context_names_few_and_short_words_whoever_wrote_it() {
        let context = |words: Value| Map::from_iter([(REVIEW_WORDS.to_owned(), words)]);
        assert_eq!(
            of_context(&context(json!(["un", 2, " ", "x".repeat(200), "deux"]))),
            ["un", "deux"]
        );
        assert_eq!(of_context(&context(json!(vec!["a"; 50]))).len(), MOST);
        assert!(of_context(&context(json!("un"))).is_empty() && of_context(&Map::new()).is_empty());
    }
}

//! Answers that are like an expected one.

use super::format::Aside;
use super::meaning::{Choice, Meaning, SlotTable, polite_words};
use super::negation::Said;
use super::words::alike;

/// How sure a likeness must be to count as one of the step's answers.
const ANSWER_LIKENESS: f32 = 0.62;
/// The same for an aside, which fits any step and so must be plainer.
const ASIDE_LIKENESS: f32 = 0.75;
/// How much of an answer its mere beginning must be to be like it.
const BEGINNING_SHARE: f32 = 0.7;
/// How much of what was said an answer of one word must be to be like it: "no" is not all that "no, I'd like the fish" means.
const WORD_SHARE: f32 = 0.5;
/// What a polite word tells, and a word of one or two letters, against any other.
const POLITE_WEIGHT: f32 = 0.1;
const SHORT_WEIGHT: f32 = 0.5;

/// The choice that shares most of what is telling in it. A word tells the more, the fewer choices have it. A word that one
/// denies and the other doesn't is not shared.
pub(super) fn likest(choices: &[Choice<'_>], said: &Said, open: bool, table: &SlotTable<'_>) -> Option<Meaning> {
    let polite = polite_words(table.courtesy);
    let answers: Vec<(Said, &Choice<'_>)> = choices
        .iter()
        .filter(|choice| match choice.meaning {
            // Taking leave ends the conversation: nothing is only like it.
            Meaning::Aside(Aside::Goodbye) => false,
            Meaning::Aside(_) => !open,
            _ => true,
        })
        .map(|choice| (table.negation.read(&choice.line.text), choice))
        .filter(|(answer, _)| answer.words.iter().any(|word| !polite.contains(word)))
        .collect();
    let weight = |word: &str| {
        let having = answers
            .iter()
            .filter(|(answer, _)| answer.words.iter().any(|other| alike(word, other)));
        let telling = if polite.iter().any(|polite| polite == word) {
            POLITE_WEIGHT
        } else if word.len() <= 2 {
            SHORT_WEIGHT
        } else {
            1.0
        };
        telling / having.count().max(1) as f32
    };
    let told: f32 = said.words.iter().map(|word| weight(word)).sum();
    let likeness = |answer: &Said| {
        let mut left: Vec<usize> = (0..said.words.len()).collect();
        let (mut shared, mut whole) = (0.0, 0.0);
        for (at, word) in answer.words.iter().enumerate() {
            let weight = weight(word);
            whole += weight;
            let is_same =
                |&other: &usize| alike(word, &said.words[other]) && answer.denies_word(at) == said.denies_word(other);
            if let Some(found) = left.iter().position(is_same) {
                left.swap_remove(found);
                shared += weight;
            }
        }
        if whole == 0.0 || told == 0.0 {
            return 0.0;
        }
        // "Do you have" is much of "do you have white wine", and no question yet.
        let is_beginning = answer.words.len() > said.words.len() && answer.words.starts_with(&said.words);
        if is_beginning && shared < BEGINNING_SHARE * whole {
            return 0.0;
        }
        let telling = answer.words.iter().filter(|word| !polite.contains(word)).count();
        if telling == 1 && shared < WORD_SHARE * told {
            return 0.0;
        }
        0.7 * shared / whole + 0.3 * shared / told
    };
    let (likeness, choice) = answers
        .iter()
        .map(|(answer, choice)| (likeness(answer), choice))
        .max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    let enough = match choice.meaning {
        Meaning::Aside(_) => ASIDE_LIKENESS,
        _ => ANSWER_LIKENESS,
    };
    (likeness >= enough).then(|| choice.meaning.clone())
}

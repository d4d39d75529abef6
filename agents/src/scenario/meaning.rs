//! What an answer means in a step.

use super::format::{Aside, Courtesy, Line, Step, Turn};
use super::negation::{Negation, Said};
use super::slots;
use super::words::{alike, find_all, reading, words};
use crate::clause;
use crate::engine::Transcript;
use crate::language::Language;

/// The intent of an answer that an open step accepts without knowing it.
pub(super) const ANY: &str = "any";

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// An answer to the step's question, of this intent.
    Intent(String),
    /// Something that may be said in any step.
    Aside(Aside),
    /// Only that something is not wanted, or not so.
    Refused,
    /// Nothing that the step knows.
    Unknown,
}

/// One thing that the learner may say now.
#[derive(Clone, Debug)]
pub(super) struct Choice<'a> {
    pub line: &'a Line,
    pub meaning: Meaning,
}

impl Choice<'_> {
    /// What it means to have been recognised with some confidence. Taking leave ends the conversation, so it must be plain.
    fn heard(&self, confidence: f32) -> Meaning {
        match self.meaning {
            Meaning::Aside(Aside::Goodbye) if confidence < PLAIN_GOODBYE => Meaning::Unknown,
            _ => self.meaning.clone(),
        }
    }
}

/// How sure a recogniser must be that somebody takes their leave.
const PLAIN_GOODBYE: f32 = 0.7;
/// How sure a likeness must be to count as one of the step's answers.
const ANSWER_LIKENESS: f32 = 0.62;
/// The same for an aside, which fits any step and so must be plainer.
const ASIDE_LIKENESS: f32 = 0.75;
/// How much of an answer its mere beginning must be to be like it.
const BEGINNING_SHARE: f32 = 0.7;
/// How much of what was said an answer of one word must be to be like it: "no" is not all that "no, I'd like the fish" means.
const WORD_SHARE: f32 = 0.5;
/// How many words an aside may be surrounded by, polite ones not counted; none where any answer will do.
const ASIDE_SURROUNDINGS: usize = 2;
/// What a polite word tells, and a word of one or two letters, against any other.
const POLITE_WEIGHT: f32 = 0.1;
const SHORT_WEIGHT: f32 = 0.5;

/// Everything that the learner may say, in the order of [`crate::engine::Expected::phrases`]: the step's answers, then the
/// asides that mean something here.
pub(super) fn choices<'a>(current: Option<(&'a Step, &'a Turn)>, courtesy: &'a Courtesy) -> Vec<Choice<'a>> {
    let (step, turn) = current.unzip();
    let mut choices: Vec<Choice<'a>> = Vec::new();
    let mut seen: Vec<Vec<String>> = Vec::new();
    let answers = turn
        .into_iter()
        .flat_map(|turn| &turn.answers)
        .flat_map(|(intent, lines)| {
            lines.iter().map(move |line| Choice {
                line,
                meaning: Meaning::Intent(intent.clone()),
            })
        });
    let asides = Aside::ALL.into_iter().filter_map(|aside| {
        let meaning = match aside {
            Aside::Yes => Meaning::Intent(step?.yes.clone()?),
            Aside::No => Meaning::Intent(step?.no.clone()?),
            aside => Meaning::Aside(aside),
        };
        Some((courtesy.phrases.get(&aside)?, meaning))
    });
    let asides = asides.flat_map(|(lines, meaning)| {
        lines.iter().map(move |line| Choice {
            line,
            meaning: meaning.clone(),
        })
    });
    for choice in answers.chain(asides) {
        let spelled = words(&choice.line.text, courtesy);
        if !seen.contains(&spelled) {
            seen.push(spelled);
            choices.push(choice);
        }
    }
    choices
}

/// Finds out what an answer means: by the phrase that the recogniser heard, or by its words. Half a clause ("a table for")
/// means what it names already, and nothing by a keyword or a likeness alone. What an answer denies it does not mean; where it
/// only denies, it is a "no", if the step knows one.
pub(super) fn understand(
    step: &Step,
    turn: &Turn,
    lesson_slots: &SlotTable<'_>,
    answer: &Transcript,
) -> (Meaning, String) {
    let courtesy = lesson_slots.courtesy;
    let choices = choices(Some((step, turn)), courtesy);
    if let Some(choice) = answer.phrase.and_then(|index| choices.get(index)) {
        return (choice.heard(answer.confidence), choice.line.text.clone());
    }
    let text = answer.text.clone();
    let said = lesson_slots.negation.read(&text);
    if said.words.is_empty() {
        return (Meaning::Unknown, text);
    }
    if let Some(choice) = same_reading(&choices, &text, courtesy) {
        return (choice.meaning.clone(), choice.line.text.clone());
    }
    let is_whole = !clause::is_left_open(&text, lesson_slots.language);
    let meaning = same(&choices, &said.words, courtesy)
        .or_else(|| is_whole.then(|| likest(&choices, &said, step.open, lesson_slots))?)
        .or_else(|| by_slot(step, turn, lesson_slots, &text))
        .or_else(|| is_whole.then(|| by_keyword(turn, &said, courtesy))?)
        .or_else(|| aside(&choices, &said, step.open, courtesy))
        .or_else(|| step.open.then(|| Meaning::Intent(ANY.to_owned())))
        .or_else(|| lesson_slots.is_denial(step, &said).then(|| refusal(step)))
        .unwrap_or(Meaning::Unknown);
    (meaning, text)
}

/// What an answer means when no step is left: only asides do.
pub(super) fn understand_aside(courtesy: &Courtesy, answer: &Transcript) -> Meaning {
    let choices = choices(None, courtesy);
    if let Some(choice) = answer.phrase.and_then(|index| choices.get(index)) {
        return choice.heard(answer.confidence);
    }
    let said = Negation::of(courtesy).read(&answer.text);
    aside(&choices, &said, false, courtesy).unwrap_or(Meaning::Unknown)
}

/// The slots of a lesson in its language.
pub(super) struct SlotTable<'a> {
    pub slots: &'a std::collections::BTreeMap<String, super::format::Slot>,
    pub courtesy: &'a Courtesy,
    pub negation: Negation<'a>,
    pub language: Language,
}

impl SlotTable<'_> {
    /// The values that an answer gives the slots of a step.
    pub fn fill(&self, step: &Step, answer: &str) -> Vec<(String, String)> {
        let said = self.negation.read(answer);
        step.slots
            .iter()
            .filter_map(|name| {
                let value = slots::value(self.slots.get(name)?, answer, &said, self.courtesy)?;
                Some((name.clone(), value))
            })
            .collect()
    }

    /// Whether an answer denies a value of a slot of the step.
    fn is_denial(&self, step: &Step, said: &Said) -> bool {
        let slots = step.slots.iter().filter_map(|name| self.slots.get(name));
        slots.into_iter().any(|slot| slots::denies(slot, said, self.courtesy))
    }
}

/// What it means in a step that something is not wanted.
fn refusal(step: &Step) -> Meaning {
    step.no.clone().map_or(Meaning::Refused, Meaning::Intent)
}

fn same(choices: &[Choice<'_>], said: &[String], courtesy: &Courtesy) -> Option<Meaning> {
    let choice = choices
        .iter()
        .find(|choice| words(&choice.line.text, courtesy) == said)?;
    Some(choice.meaning.clone())
}

/// The choice that is read like what was typed: in pinyin without tones, in kana.
fn same_reading<'c, 'a>(choices: &'c [Choice<'a>], text: &str, courtesy: &Courtesy) -> Option<&'c Choice<'a>> {
    let mut spoken = choices
        .iter()
        .filter_map(|choice| Some((choice, choice.line.spoken.as_deref()?)))
        .peekable();
    spoken.peek()?;
    let typed = reading(text, courtesy);
    let (choice, _) = spoken.find(|(_, spoken)| reading(spoken, courtesy) == typed)?;
    Some(choice)
}

/// The choice that shares most of what is telling in it. A word tells the more, the fewer choices have it. A word that one
/// denies and the other doesn't is not shared.
fn likest(choices: &[Choice<'_>], said: &Said, open: bool, table: &SlotTable<'_>) -> Option<Meaning> {
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

/// A keyword that ends in dots ("do you have …") means nothing without what it asks for.
fn by_keyword(turn: &Turn, said: &Said, courtesy: &Courtesy) -> Option<Meaning> {
    turn.keywords
        .iter()
        .flat_map(|(intent, keywords)| keywords.iter().map(move |keyword| (intent, keyword)))
        .filter_map(|(intent, keyword)| {
            let known = words(keyword, courtesy);
            let at = find_all(&said.words, &known).find(|&at| !said.denies(&(at..at + known.len())))?;
            let is_last = at + known.len() == said.words.len();
            (!is_last || !keyword.ends_with('…')).then_some((intent, known.len()))
        })
        .max_by_key(|&(_, length)| length)
        .map(|(intent, _)| Meaning::Intent(intent.clone()))
}

/// An answer that fills a slot of the step means what the expected answers mean that fill it. Those that only ask about it
/// ("Which coffee do you recommend?") come last.
fn by_slot(step: &Step, turn: &Turn, table: &SlotTable<'_>, text: &str) -> Option<Meaning> {
    let filled = table.fill(step, text);
    filled.iter().find_map(|(slot, value)| {
        let fills = |line: &Line, wanted: Option<&str>| {
            table
                .slots
                .get(slot)
                .and_then(|slot| slots::value(slot, &line.text, &table.negation.read(&line.text), table.courtesy))
                .is_some_and(|found| wanted.is_none_or(|wanted| found == wanted))
        };
        let intent_filling = |wanted: Option<&str>| {
            let asks = |intent: &String| step.stays.contains(intent);
            let (last, first): (Vec<_>, Vec<_>) = turn.answers.iter().partition(|(intent, _)| asks(intent));
            let mut intents = first.into_iter().chain(last);
            intents.find(|(_, lines)| lines.iter().any(|line| fills(line, wanted)))
        };
        let (intent, _) = intent_filling(Some(value)).or_else(|| intent_filling(None))?;
        Some(Meaning::Intent(intent.clone()))
    })
}

/// An aside, perhaps among a few other words.
fn aside(choices: &[Choice<'_>], said: &Said, open: bool, courtesy: &Courtesy) -> Option<Meaning> {
    let spare = if open { 0 } else { ASIDE_SURROUNDINGS };
    let polite = polite_words(courtesy);
    let telling = |words: &[String]| words.iter().filter(|word| !polite.contains(word)).count();
    let told = telling(&said.words);
    let is_said = |phrase: &[String]| find_all(&said.words, phrase).any(|at| !said.denies(&(at..at + phrase.len())));
    choices
        .iter()
        .map(|choice| (words(&choice.line.text, courtesy), choice))
        .filter(|(phrase, _)| told <= telling(phrase) + spare && is_said(phrase))
        .max_by_key(|(phrase, _)| phrase.len())
        .map(|(_, choice)| choice.meaning.clone())
}

fn polite_words(courtesy: &Courtesy) -> Vec<String> {
    courtesy
        .polite_words
        .iter()
        .flat_map(|word| words(word, courtesy))
        .collect()
}

//! What an answer means in a step.

use std::cell::OnceCell;

use super::format::{Aside, Courtesy, Lesson, Line, Step, Turn};
use super::inquiry::Inquiries;
use super::likeness::likest;
use super::negation::{Negation, Said};
use super::slots;
use super::vocabulary::Vocabulary;
use super::words::{find_all, is_syllabic, reading, words};
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
    /// A question about a thing that the step has no answer to.
    Question,
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
/// How many words an aside may be surrounded by, polite ones not counted; none where any answer will do.
const ASIDE_SURROUNDINGS: usize = 2;
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

/// Finds out what an answer means: by the phrase that the recogniser heard, or by its words; and which part of it says so. Half
/// a clause ("a table for") means what it names already, and nothing by a keyword or a likeness alone. What an answer denies it
/// does not mean; where it only denies, it is a "no", if the step knows one. What only asks about a thing does not order it.
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
    let whole = lesson_slots.negation.read(&text);
    if whole.words.is_empty() {
        return (Meaning::Unknown, text);
    }
    if let Some(choice) = same_reading(&choices, &text, courtesy) {
        return (choice.meaning.clone(), choice.line.text.clone());
    }
    if let Some(meaning) = same(&choices, &whole.words, courtesy) {
        return (meaning, text);
    }
    if let Some(aside) = wording(&text, &whole.words, courtesy) {
        // Some steps know better what there is to understand. Where no space tells words apart, keywords are found in too much.
        let own = (aside == Aside::Confused && lesson_slots.is_spaced())
            .then(|| by_keyword(step, turn, lesson_slots, &whole, Lines::All))
            .flatten();
        return (own.unwrap_or(Meaning::Aside(aside)), text);
    }
    let parted = lesson_slots.inquiries().part(&text);
    if !parted.asks {
        let meaning = answered(step, turn, lesson_slots, &choices, &text, &whole);
        return (meaning.unwrap_or(Meaning::Unknown), text);
    }
    let rest = lesson_slots.negation.read(&parted.rest);
    let polite = polite_words(courtesy);
    if rest.words.iter().all(|word| polite.contains(word)) {
        let meaning = asked(step, turn, lesson_slots, &choices, &text, &whole);
        return (meaning.unwrap_or(Meaning::Question), text);
    }
    let meaning = answered(step, turn, lesson_slots, &choices, &parted.rest, &rest);
    (meaning.unwrap_or(Meaning::Question), parted.rest)
}

/// What it means that is not word for word one of the things that may be said.
fn answered(
    step: &Step,
    turn: &Turn,
    table: &SlotTable<'_>,
    choices: &[Choice<'_>],
    text: &str,
    said: &Said,
) -> Option<Meaning> {
    let is_whole = !clause::is_left_open(text, table.language);
    let any = || {
        let vocabulary = Vocabulary::of_all(table.lesson, table.courtesy);
        vocabulary
            .is_answer(text, table.courtesy)
            .then(|| Meaning::Intent(ANY.to_owned()))
    };
    // "I eat everything except pork" is like "I eat everything".
    let refused = || {
        let filled = table.fill(step, text).into_iter();
        let claimed = filled
            .filter_map(|(name, _)| table.slots.get(&name))
            .any(|slot| !slot.claims.is_empty());
        claimed.then(|| by_slot(step, turn, table, text, Lines::All))?
    };
    same(choices, &said.words, table.courtesy)
        .or_else(refused)
        .or_else(|| is_whole.then(|| likest(choices, said, step.open, table))?)
        .or_else(|| by_slot(step, turn, table, text, Lines::All))
        .or_else(|| is_whole.then(|| by_keyword(step, turn, table, said, Lines::All))?)
        .or_else(|| aside(choices, said, step.open, table.courtesy))
        .or_else(|| step.open.then(any)?)
        .or_else(|| table.is_denial(step, said).then(|| refusal(step)))
}

/// What a question about a thing means: what is expected to be asked. One about something else is not like it, however alike they
/// begin.
fn asked(
    step: &Step,
    turn: &Turn,
    table: &SlotTable<'_>,
    choices: &[Choice<'_>],
    text: &str,
    said: &Said,
) -> Option<Meaning> {
    let knows_all = table.vocabulary().knows_all(&said.words);
    let by_keyword = || by_keyword(step, turn, table, said, Lines::Questions { knows_all });
    if !knows_all {
        return by_keyword();
    }
    let questions: Vec<Choice<'_>> = choices
        .iter()
        .filter(|choice| table.inquiries().part(&choice.line.text).asks)
        .cloned()
        .collect();
    likest(&questions, said, step.open, table)
        .or_else(|| by_slot(step, turn, table, text, Lines::Questions { knows_all }))
        .or_else(by_keyword)
}

/// Which expected answers are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    All,
    /// Those that ask.
    Questions {
        /// Whether all words that were said are the lesson's. Then even a mere "where" means what it asks in the step.
        knows_all: bool,
    },
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
    pub lesson: &'a Lesson,
    pub courtesy: &'a Courtesy,
    pub negation: Negation<'a>,
    inquiries: OnceCell<Inquiries<'a>>,
    vocabulary: OnceCell<Vocabulary>,
    pub language: Language,
}

impl<'a> SlotTable<'a> {
    pub fn new(lesson: &'a Lesson, courtesy: &'a Courtesy, language: Language) -> Self {
        Self {
            slots: &lesson.slots,
            lesson,
            courtesy,
            negation: Negation::of(courtesy),
            inquiries: OnceCell::new(),
            vocabulary: OnceCell::new(),
            language,
        }
    }

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

    /// How the language asks about things.
    fn inquiries(&self) -> &Inquiries<'a> {
        self.inquiries.get_or_init(|| Inquiries::of(self.courtesy))
    }

    /// What learners say in the lesson.
    fn vocabulary(&self) -> &Vocabulary {
        self.vocabulary
            .get_or_init(|| Vocabulary::of_learner(self.lesson, self.courtesy))
    }

    /// Whether spaces tell words apart.
    fn is_spaced(&self) -> bool {
        !matches!(self.language, Language::Chinese | Language::Japanese)
    }

    /// Whether one of some clauses is about what the lesson is about, or asks for something.
    fn is_about<'c>(&self, mut clauses: impl Iterator<Item = &'c [String]>) -> bool {
        let is_about = |clause: &[String]| self.vocabulary().covers(clause) || self.inquiries().has_request(clause);
        !self.is_spaced() || clauses.any(is_about)
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

/// One of the other wordings of what may be said at any time, polite words aside. One of a word with a question mark ("What?") has
/// to be asked.
fn wording(text: &str, said: &[String], courtesy: &Courtesy) -> Option<Aside> {
    let polite = polite_words(courtesy);
    let bare =
        |words: &[String]| -> Vec<String> { words.iter().filter(|word| !polite.contains(word)).cloned().collect() };
    let said_bare = bare(said);
    let is_question = text.contains(['?', '？']);
    let is_meant = |wording: &String| {
        let known = words(wording, courtesy);
        let is_short = wording.chars().filter(|c| c.is_alphabetic()).all(is_syllabic) && known.len() <= 3;
        if (known.len() == 1 || is_short) && wording.contains(['?', '？']) && !is_question {
            return false;
        }
        if let Some((before, after)) = wording.split_once('…') {
            let (before, after) = (words(before, courtesy), words(after, courtesy));
            return said.len() > known.len() && said.starts_with(&before) && said.ends_with(&after);
        }
        let known_bare = bare(&known);
        known == said || !known_bare.is_empty() && known_bare == said_bare
    };
    let mut wordings = courtesy.wordings.iter();
    let (aside, _) = wordings.find(|(_, wordings)| wordings.iter().any(&is_meant))?;
    Some(*aside)
}

/// A keyword that ends in dots ("do you have …") means nothing without what it asks for. A keyword of one word means nothing among
/// words about something else.
fn by_keyword(step: &Step, turn: &Turn, table: &SlotTable<'_>, said: &Said, lines: Lines) -> Option<Meaning> {
    let asks = |intent: &String| {
        let mut answers = turn.answers.get(intent).into_iter().flatten();
        step.stays.contains(intent) || answers.any(|line| line.text.trim_end().ends_with(['?', '？']))
    };
    turn.keywords
        .iter()
        .filter(|&(intent, _)| lines == Lines::All || asks(intent))
        .flat_map(|(intent, keywords)| keywords.iter().map(move |keyword| (intent, keyword)))
        .filter_map(|(intent, keyword)| {
            let known = words(keyword, table.courtesy);
            let at = find_all(&said.words, &known).find(|&at| !said.denies(&(at..at + known.len())))?;
            let is_last = at + known.len() == said.words.len();
            let is_telling = match lines {
                Lines::Questions { knows_all: false } if table.inquiries().are_asking(&known) => false,
                _ => known.len() > 1 || table.is_about(std::iter::once(said.clause_of(at))),
            };
            (is_telling && (!is_last || !keyword.ends_with('…'))).then_some((intent, known.len()))
        })
        .max_by_key(|&(_, length)| length)
        .map(|(intent, _)| Meaning::Intent(intent.clone()))
}

/// An answer that fills a slot of the step means what the expected answers mean that fill it. Those that only ask about it
/// ("Which coffee do you recommend?") come last. A value among words about something else ("I lost my phone") fills nothing.
fn by_slot(step: &Step, turn: &Turn, table: &SlotTable<'_>, text: &str, lines: Lines) -> Option<Meaning> {
    let filled = table.fill(step, text);
    let said = table.negation.read(text);
    filled.iter().find_map(|(name, value)| {
        let slot = table.slots.get(name)?;
        let mut naming = slots::naming(slot, &said, table.courtesy).peekable();
        if naming.peek().is_some() && !table.is_about(naming) {
            return None;
        }
        let fills = |line: &Line, wanted: Option<&str>| {
            let found = slots::value(slot, &line.text, &table.negation.read(&line.text), table.courtesy);
            let is_asked = lines == Lines::All || table.inquiries().part(&line.text).asks;
            is_asked && found.is_some_and(|found| wanted.is_none_or(|wanted| found == wanted))
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

pub(super) fn polite_words(courtesy: &Courtesy) -> Vec<String> {
    courtesy
        .polite_words
        .iter()
        .flat_map(|word| words(word, courtesy))
        .collect()
}

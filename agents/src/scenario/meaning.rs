//! What an answer means in a step.

use super::format::{Aside, Courtesy, Lesson, Line, Step, Turn};
use super::hearing::{Hearing, Lines};
use super::inquiry::Inquiries;
use super::negation::{Negation, Said};
use super::short_answers::{ShortAnswer, short_answers};
use super::siblings::{Sibling, siblings};
use super::slots;
use super::vocabulary::Vocabulary;
use super::words::{find_all, is_syllabic, reading, words};
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
pub(super) fn understand(step: &Step, turn: &Turn, table: &SlotTable<'_>, answer: &Transcript) -> (Meaning, String) {
    let courtesy = table.courtesy;
    let choices = choices(Some((step, turn)), courtesy);
    if let Some(choice) = answer.phrase.and_then(|index| choices.get(index)) {
        return (choice.heard(answer.confidence), choice.line.text.clone());
    }
    let siblings = table.siblings(step, turn);
    let sibling = answer
        .phrase
        .and_then(|index| siblings.get(index.checked_sub(choices.len())?));
    if let Some(sibling) = sibling {
        return (choices[sibling.of].heard(answer.confidence), sibling.text.clone());
    }
    let text = answer.text.clone();
    let whole = table.negation.read(&text);
    if whole.words.is_empty() {
        return (Meaning::Unknown, text);
    }
    if let Some(choice) = same_reading(&choices, &text, courtesy) {
        return (choice.meaning.clone(), choice.line.text.clone());
    }
    if let Some(meaning) = same(&choices, &whole.words, courtesy) {
        return (meaning, text);
    }
    let hearing = Hearing {
        step,
        turn,
        table,
        choices: &choices,
        text: &text,
        said: &whole,
    };
    let worded = wording(&text, &whole.words, courtesy);
    // Where a goodbye may be an answer, or the "yes" before it, it is. Where anything is one, it is none.
    let leaves = worded == Some(Aside::Goodbye) && !step.open;
    if let Some(aside) = worded.filter(|_| !leaves) {
        // Some steps know better what there is to understand. Where no space tells words apart, keywords are found in too much.
        let own = (aside == Aside::Confused && table.language.is_spaced())
            .then(|| hearing.by_keyword(Lines::All))
            .flatten();
        return (own.unwrap_or(Meaning::Aside(aside)), text);
    }
    let parted = table.inquiries.part(&text);
    if !parted.asks {
        let unknown = if leaves {
            Meaning::Aside(Aside::Goodbye)
        } else if asks_something(&text, table) {
            Meaning::Question
        } else {
            Meaning::Unknown
        };
        return (hearing.answered().unwrap_or(unknown), text);
    }
    let rest = table.negation.read(&parted.rest);
    let polite = polite_words(courtesy);
    if rest.words.iter().all(|word| polite.contains(word)) {
        let meaning = hearing.asked();
        return (meaning.unwrap_or(Meaning::Question), text);
    }
    let beside = Hearing {
        text: &parted.rest,
        said: &rest,
        ..hearing
    };
    match beside.answered() {
        Some(meaning) => (meaning, parted.rest),
        None => {
            let said = table.negation.read(&parted.questions);
            let question = Hearing {
                text: &parted.questions,
                said: &said,
                ..hearing
            };
            (question.asked().unwrap_or(Meaning::Question), text)
        }
    }
}

/// Whether a text that means nothing in the step is a question all the same, in words of the language.
fn asks_something(text: &str, table: &SlotTable<'_>) -> bool {
    let vocabulary = || Vocabulary::of_all(table.lesson, table.courtesy);
    text.trim_end().ends_with(['?', '？']) && vocabulary().is_answer(text, table.courtesy)
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
    /// How the language asks about things.
    pub inquiries: Inquiries<'a>,
    pub language: Language,
}

impl<'a> SlotTable<'a> {
    pub fn new(lesson: &'a Lesson, courtesy: &'a Courtesy, language: Language) -> Self {
        Self {
            slots: &lesson.slots,
            lesson,
            courtesy,
            negation: Negation::of(courtesy),
            inquiries: Inquiries::of(courtesy),
            language,
        }
    }

    /// The values that an answer gives the slots of a step.
    pub fn fill(&self, step: &Step, answer: &str) -> Vec<(String, String)> {
        self.fill_from(step, answer, &self.negation.read(answer))
    }

    /// The same of an answer that was read.
    pub fn fill_from(&self, step: &Step, answer: &str, said: &Said) -> Vec<(String, String)> {
        step.slots
            .iter()
            .filter_map(|name| {
                let value = slots::value(self.slots.get(name)?, answer, said, self.courtesy)?;
                Some((name.clone(), value))
            })
            .collect()
    }

    /// The answers of a step with other values in them.
    pub fn siblings<'t>(&self, step: &Step, turn: &'t Turn) -> &'t [Sibling] {
        turn.siblings
            .get_or_init(|| siblings(step, turn, self.lesson, self.courtesy))
    }

    /// The short answers of a step.
    pub fn short_answers<'t>(&self, step: &Step, turn: &'t Turn) -> &'t [ShortAnswer] {
        turn.short_answers.get_or_init(|| {
            let choices = choices(Some((step, turn)), self.courtesy);
            let own = choices.iter().map(|choice| choice.line.text.clone());
            let siblings = self.siblings(step, turn).iter().map(|sibling| sibling.text.clone());
            short_answers(step, turn, self, &own.chain(siblings).collect::<Vec<_>>())
        })
    }

    /// What learners say in the lesson.
    pub fn vocabulary(&self) -> &Vocabulary {
        Vocabulary::of_learner(self.lesson, self.courtesy)
    }

    /// Whether one of some clauses is about what the lesson is about, or asks for something.
    pub fn is_about<'c>(&self, mut clauses: impl Iterator<Item = &'c [String]>) -> bool {
        let is_about = |clause: &[String]| self.vocabulary().covers(clause) || self.inquiries.has_request(clause);
        !self.language.is_spaced() || clauses.any(is_about)
    }

    /// Whether an answer denies a value of a slot of the step.
    pub fn is_denial(&self, step: &Step, said: &Said) -> bool {
        let slots = step.slots.iter().filter_map(|name| self.slots.get(name));
        slots.into_iter().any(|slot| slots::denies(slot, said, self.courtesy))
    }
}

/// What it means in a step that something is not wanted.
pub(super) fn refusal(step: &Step) -> Meaning {
    step.no.clone().map_or(Meaning::Refused, Meaning::Intent)
}

pub(super) fn same(choices: &[Choice<'_>], said: &[String], courtesy: &Courtesy) -> Option<Meaning> {
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
/// to be asked, and so has one with nothing but that after its dots.
fn wording(text: &str, said: &[String], courtesy: &Courtesy) -> Option<Aside> {
    let polite = polite_words(courtesy);
    let bare =
        |words: &[String]| -> Vec<String> { words.iter().filter(|word| !polite.contains(word)).cloned().collect() };
    let (said_bare, led) = (bare(said), without_lead(said, courtesy));
    let in_any_language = without_languages(led, courtesy);
    let is_question = text.contains(['?', '？']);
    let is_meant = |wording: &String| {
        let known = words(wording, courtesy);
        let is_short = wording.chars().filter(|c| c.is_alphabetic()).all(is_syllabic) && known.len() <= 3;
        if (known.len() == 1 || is_short) && wording.contains(['?', '？']) && !is_question {
            return false;
        }
        if let Some((before, after)) = wording.split_once('…') {
            if after.trim() == "?" && !is_question {
                return false;
            }
            let (before, after) = (words(before, courtesy), words(after, courtesy));
            let is_it =
                |said: &[String]| said.len() > known.len() && said.starts_with(&before) && said.ends_with(&after);
            return is_it(led) || is_it(&in_any_language);
        }
        let known_bare = bare(&known);
        known == said || !known_bare.is_empty() && known_bare == said_bare
    };
    let mut wordings = courtesy.wordings.iter();
    let is_it = |wording: &String| is_meant(wording) && words(wording, courtesy) == said;
    if let Some((aside, _)) = wordings.find(|(_, wordings)| wordings.iter().any(&is_it)) {
        return Some(*aside);
    }
    if only_greets(said, courtesy, &polite) {
        return Some(Aside::Greeting);
    }
    // A greeting is all that is said: "all" is no "Hello, all".
    let mut wordings = courtesy.wordings.iter().filter(|(aside, _)| **aside != Aside::Greeting);
    let (aside, _) = wordings.find(|(_, wordings)| wordings.iter().any(&is_meant))?;
    Some(*aside)
}

/// Words without what leads up to them and changes nothing: "sorry", "hello", "and".
pub(super) fn without_lead<'a>(said: &'a [String], courtesy: &Courtesy) -> &'a [String] {
    let leads = courtesy.leads.iter().flat_map(|lead| words(lead, courtesy));
    let leads: Vec<String> = leads.chain(polite_words(courtesy)).collect();
    let count = said.iter().take_while(|word| leads.contains(word)).count();
    &said[count..]
}

/// Words without the names of languages that somebody wants to know a word in: "how do you say that in French".
pub(super) fn without_languages(said: &[String], courtesy: &Courtesy) -> Vec<String> {
    let phrases = courtesy.read_languages.get_or_init(|| {
        let phrases = courtesy.in_languages.iter();
        phrases.map(|phrase| words(phrase, courtesy)).collect()
    });
    phrases.iter().fold(said.to_vec(), |mut said, phrase| {
        let found = said.windows(phrase.len().max(1)).position(|window| window == phrase);
        if let Some(at) = found {
            said.drain(at..at + phrase.len());
        }
        said
    })
}

/// Whether words are greetings, one after the other, and nothing else but polite words.
fn only_greets(said: &[String], courtesy: &Courtesy, polite: &[String]) -> bool {
    let phrases = courtesy
        .phrases
        .get(&Aside::Greeting)
        .into_iter()
        .flatten()
        .map(|line| &line.text);
    let wordings = courtesy.wordings.get(&Aside::Greeting).into_iter().flatten();
    let greetings: Vec<Vec<String>> = phrases.chain(wordings).map(|text| words(text, courtesy)).collect();
    let (mut rest, mut greets) = (said, false);
    while let Some(first) = rest.first() {
        let longest = greetings
            .iter()
            .filter(|greeting| !greeting.is_empty() && rest.starts_with(greeting));
        let length = longest.map(Vec::len).max();
        greets |= length.is_some();
        match length {
            Some(length) => rest = &rest[length..],
            None if polite.contains(first) => rest = &rest[1..],
            None => return false,
        }
    }
    greets
}

/// An aside, perhaps among a few other words.
pub(super) fn aside(choices: &[Choice<'_>], said: &Said, open: bool, courtesy: &Courtesy) -> Option<Meaning> {
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

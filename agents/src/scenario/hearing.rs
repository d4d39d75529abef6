//! One answer in the step that it was given in: what of it means what.

use super::company::{Company, company};
use super::format::{Line, Step, Turn};
use super::likeness::likest;
use super::meaning::{ANY, Choice, Meaning, SlotTable, aside, refusal, same};
use super::negation::Said;
use super::slots;
use super::vocabulary::Vocabulary;
use super::words::{find_all, words};
use crate::clause;

/// An answer, or what it says beside its questions, in a step.
#[derive(Clone, Copy)]
pub(super) struct Hearing<'h> {
    pub step: &'h Step,
    pub turn: &'h Turn,
    pub table: &'h SlotTable<'h>,
    /// What may be said in the step.
    pub choices: &'h [Choice<'h>],
    pub text: &'h str,
    /// The text, read.
    pub said: &'h Said,
}

/// Which expected answers are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    All,
    /// Those that ask.
    Questions {
        /// Whether all words that were said are the lesson's. Then even a mere "where" means what it asks in the step.
        knows_all: bool,
    },
}

impl Hearing<'_> {
    /// What it means that is not word for word one of the things that may be said.
    pub fn answered(&self) -> Option<Meaning> {
        let Self {
            step,
            table,
            choices,
            text,
            said,
            ..
        } = *self;
        let is_whole = !clause::is_left_open(text, table.language);
        let any = || {
            let vocabulary = Vocabulary::of_all(table.lesson, table.courtesy);
            vocabulary
                .is_answer(text, table.courtesy)
                .then(|| Meaning::Intent(ANY.to_owned()))
        };
        // "I eat everything except pork" is like "I eat everything".
        let refused = || {
            let filled = table.fill_from(step, text, said).into_iter();
            let claimed = filled
                .filter_map(|(name, _)| table.slots.get(&name))
                .any(|slot| !slot.claims.is_empty());
            claimed.then(|| self.by_slot(Lines::All))?
        };
        same(choices, &said.words, table.courtesy)
            .or_else(refused)
            .or_else(|| is_whole.then(|| likest(choices, said, step.open, table))?)
            .or_else(|| self.by_slot(Lines::All))
            .or_else(|| is_whole.then(|| self.by_keyword(Lines::All))?)
            .or_else(|| aside(choices, said, step.open, table.courtesy))
            .or_else(|| step.open.then(any)?)
            .or_else(|| table.is_denial(step, said).then(|| refusal(step)))
    }

    /// What a question about a thing means: what is expected to be asked. One about something else is not like it, however alike
    /// they begin.
    pub fn asked(&self) -> Option<Meaning> {
        let table = self.table;
        let knows_all = table.vocabulary().knows_all(&self.said.words);
        let by_keyword = || self.by_keyword(Lines::Questions { knows_all });
        if !knows_all {
            return by_keyword();
        }
        let questions: Vec<Choice<'_>> = self
            .choices
            .iter()
            .filter(|choice| table.inquiries.part(&choice.line.text).asks)
            .cloned()
            .collect();
        likest(&questions, self.said, self.step.open, table)
            .or_else(|| self.by_slot(Lines::Questions { knows_all }))
            .or_else(by_keyword)
    }

    /// A keyword that ends in dots ("do you have …") means nothing without what it asks for. A keyword of one word means nothing
    /// among words about something else.
    pub fn by_keyword(&self, lines: Lines) -> Option<Meaning> {
        let Self { turn, table, said, .. } = *self;
        let asks = |intent: &String| {
            let mut answers = turn.answers.get(intent).into_iter().flatten();
            self.step.stays.contains(intent) || answers.any(|line| line.text.trim_end().ends_with(['?', '？']))
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
                    Lines::Questions { knows_all: false } if table.inquiries.are_asking(&known) => false,
                    _ => known.len() > 1 || table.is_about(std::iter::once(said.clause_of(at))),
                };
                (is_telling && (!is_last || !keyword.ends_with('…'))).then_some((intent, known.len()))
            })
            .max_by_key(|&(_, length)| length)
            .map(|(intent, _)| Meaning::Intent(intent.clone()))
    }

    /// An answer that fills a slot of the step means what the expected answers mean that fill it. Those that only ask about it
    /// ("Which coffee do you recommend?") come last. A value among words about something else ("I lost my phone") fills nothing.
    fn by_slot(&self, lines: Lines) -> Option<Meaning> {
        let Self { turn, table, said, .. } = *self;
        let filled = table.fill_from(self.step, self.text, said);
        filled.iter().find_map(|(name, value)| {
            let slot = table.slots.get(name)?;
            let mut naming = slots::naming(slot, said, table.courtesy).peekable();
            let is_counted = || slot.is_company && company(slot, said, table.courtesy) != Company::Plain;
            if naming.peek().is_some() && !is_counted() && !table.is_about(naming) {
                return None;
            }
            let fills = |line: &Line, wanted: Option<&str>| {
                let found = slots::value(slot, &line.text, &table.negation.read(&line.text), table.courtesy);
                let is_asked = lines == Lines::All || table.inquiries.part(&line.text).asks;
                is_asked && found.is_some_and(|found| wanted.is_none_or(|wanted| found == wanted))
            };
            let intent_filling = |wanted: Option<&str>| {
                let asks = |intent: &String| self.step.stays.contains(intent);
                let (last, first): (Vec<_>, Vec<_>) = turn.answers.iter().partition(|(intent, _)| asks(intent));
                let mut intents = first.into_iter().chain(last);
                intents.find(|(_, lines)| lines.iter().any(|line| fills(line, wanted)))
            };
            // "Do you have cake?" is no "Do you have fresh apple juice?".
            let like_any = || (lines == Lines::All).then(|| intent_filling(None))?;
            let (intent, _) = intent_filling(Some(value)).or_else(like_any)?;
            Some(Meaning::Intent(intent.clone()))
        })
    }
}

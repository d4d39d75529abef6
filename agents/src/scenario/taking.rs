//! What an answer says besides answering: that what was offered is taken, what must not be in any of it, what will be asked later.

use super::format::{Line, Step, Turn};
use super::likeness::likest;
use super::meaning::{Meaning, choices, same, understand};
use super::script::{OFFERED, Script};
use super::{Progress, slots};
use crate::engine::Transcript;

/// How many words "I'll take that" may be surrounded by.
const SURROUNDINGS: usize = 4;

impl Script {
    /// What an answer means that takes what the tutor has told of in this step ("I'll take that"), and what it is that is taken.
    pub(super) fn taken(
        &self,
        progress: &Progress,
        step: &Step,
        turn: &Turn,
        answer: &Transcript,
    ) -> Option<(Meaning, String)> {
        let offered = progress.slots.get(OFFERED)?;
        let table = self.slot_table();
        if answer.phrase.is_some() || answer.text.contains(['?', '？']) || !table.fill(step, &answer.text).is_empty() {
            return None;
        }
        let said = table.negation.read(&answer.text);
        let takes = |phrase: &String| {
            let phrase = super::words::words(phrase, table.courtesy);
            let mut found = said.words.windows(phrase.len().max(1)).enumerate();
            let is_it = found.any(|(at, window)| window == phrase && !said.denies(&(at..at + phrase.len())));
            is_it && said.words.len() <= phrase.len() + SURROUNDINGS
        };
        if !table.courtesy.accepting.iter().any(takes) {
            return None;
        }
        let value = Transcript {
            text: offered.clone(),
            ..answer.clone()
        };
        let (meaning, text) = understand(step, turn, &table, &value);
        matches!(&meaning, Meaning::Intent(intent) if !step.stays.contains(intent)).then_some((meaning, text))
    }

    /// What an answer refuses for good ("I'm allergic to nuts") in a step that doesn't ask for it: the slot, and its value as a line.
    pub(super) fn noted(&self, progress: &Progress, step: &Step, answer: &Transcript) -> Option<(String, Line)> {
        let table = self.slot_table();
        if table.courtesy.noted.is_empty() {
            return None;
        }
        let parted = table.inquiries.part(&answer.text);
        let said = table.negation.read(&parted.rest);
        let is_question = parted.rest.trim_end().ends_with(['?', '？']);
        let elsewhere = table
            .slots
            .iter()
            .filter(|(name, _)| !is_question && !step.slots.contains(name));
        let mut claimed = elsewhere.filter_map(|(name, slot)| {
            let value = slots::claimed(slot, &said, table.courtesy)?;
            let line = Line {
                text: value.value.clone(),
                en: value.en.clone(),
                ..Line::default()
            };
            Some((name.clone(), line))
        });
        claimed.find(|(name, line)| progress.slots.get(name) != Some(&line.text))
    }

    /// The value of a slot of the step that a text names first.
    pub(super) fn first_named(&self, step: &Step, text: &str) -> Option<String> {
        let table = self.slot_table();
        let said = table.negation.read(text);
        let slots = step.slots.iter().filter_map(|name| table.slots.get(name));
        let named = slots
            .filter(|slot| slot.claims.is_empty())
            .filter_map(|slot| slots::first_named(slot, &said, table.courtesy));
        let (_, value) = named.min_by_key(|(at, _)| *at)?;
        Some(value.value.clone())
    }

    /// Whether an answer is one to a later step's question: the passport is held out before it was asked for.
    pub(super) fn is_early(&self, progress: &Progress, answer: &Transcript) -> bool {
        let table = self.slot_table();
        if table.courtesy.early.is_empty() || answer.phrase.is_some() {
            return false;
        }
        let said = table.negation.read(&answer.text);
        let mut later = (progress.step + 1..self.step_count()).filter_map(|index| self.turn_at(index));
        later.any(|(step, turn)| {
            let mut answers = choices(Some((step, turn)), table.courtesy);
            answers.retain(
                |choice| matches!(&choice.meaning, Meaning::Intent(intent) if turn.answers.contains_key(intent)),
            );
            let is_it =
                || same(&answers, &said.words, table.courtesy).or_else(|| likest(&answers, &said, false, &table));
            !step.open && is_it().is_some()
        })
    }
}

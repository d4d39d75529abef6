//! Scenarios: what a conversation is about, as data, and the dialogue that is played from it.
//!
//! A [`Catalogue`] holds every scenario of `content/`; [`Catalogue::script`] takes one of them in one language at one level:
//! a [`Script`]. A script is shared and never changes; where a conversation stands in it is a [`Progress`], a plain value.
//! The format of the files is explained in `docs/content.md`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::engine::Insights;

mod catalogue;
mod check;
mod company;
mod completion;
mod counting;
mod dialogue;
pub(crate) mod directory;
mod echo;
mod format;
mod gloss;
mod hearing;
mod hints;
mod inquiry;
mod known;
mod lead;
mod level;
mod likeness;
mod meaning;
mod meanings;
mod negation;
mod passing;
mod readings;
mod review;
mod script;
mod short_answers;
mod siblings;
mod slots;
mod taking;
mod template;
mod vocabulary;
mod words;

#[cfg(test)]
mod tests;

pub use catalogue::{Catalogue, Category, ContentError, OPEN_TALK, Topic};
pub use check::Fault;
pub use gloss::Gloss;
pub use level::Level;
pub use readings::Readings;
pub use script::{Persona, Script};
pub(crate) use words::distance;

/// Where a conversation stands in its script. A value: a turn that is thrown away leaves no trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The index of the current step.
    pub step: usize,
    /// What the learner has said that later replies use ("two people", "vegetarian").
    pub slots: BTreeMap<String, String>,
    /// How often the current step was asked again.
    pub reprompts: u8,
    /// How many questions were put off in the current step.
    #[serde(default)]
    pub questions: u8,
    /// Whether the last step is done, or the learner has taken leave before.
    pub complete: bool,
    /// Whether the learner has taken leave at a step that wasn't the end: it and those after it weren't gone through.
    #[serde(default)]
    pub left: bool,
}

impl Progress {
    /// Whether the same answers are expected at both, in the same order: at the same step, whatever was said in it.
    pub fn is_at_step_of(&self, other: &Self) -> bool {
        (self.step, self.complete) == (other.step, other.complete)
    }
}

/// What the agent says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// In the language that is practised.
    pub text: String,
    /// In the learner's own language; empty where there is none.
    pub translation: String,
    /// What there is to learn from it.
    pub insights: Insights,
}

/// A suggested answer, or its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// How much of an answer it is.
    pub grade: Grade,
    /// What to say.
    pub text: String,
    /// What it means; empty for a beginning, which means nothing yet.
    pub translation: String,
}

/// How much a hint gives away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// The first words of an answer.
    Beginning,
    /// A whole answer that is shorter or easier.
    Short,
    /// The answer that was begun, or one that suits the level.
    Whole,
}

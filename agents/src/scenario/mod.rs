//! Scenarios: what a conversation is about, as data, and the dialogue that is played from it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::engine::{Expected, Transcript};
use crate::language::Language;

/// One scenario in one language, for one conversation: shared, never changed.
#[derive(Debug)]
pub struct Script {
    language: Language,
}

/// Where a conversation stands in its script. A value: a turn that is thrown away leaves no trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The index of the current step.
    pub step: usize,
    /// What the learner has said that later replies use ("two people", "vegetarian").
    pub slots: BTreeMap<String, String>,
    /// How often the current step was asked again.
    pub reprompts: u8,
    /// Whether the last step is done.
    pub complete: bool,
}

/// What the agent says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// In the language that is practised.
    pub text: String,
    /// In the learner's own language; empty where there is none.
    pub translation: String,
    /// Words of the text that the step teaches.
    pub vocabulary: Vec<String>,
    /// What to know about the culture here.
    pub notes: Vec<String>,
}

/// A suggested answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// What to say.
    pub text: String,
    /// What it means.
    pub translation: String,
}

impl Script {
    /// The language that is practised.
    pub fn language(&self) -> Language {
        self.language
    }
    /// The first thing that the agent says.
    pub fn opener(&self) -> Reply {
        Reply::default()
    }
    /// What the learner is expected to say now.
    pub fn expected(&self, _progress: &Progress) -> Expected {
        Expected::default()
    }
    /// The reply to an answer, and where the script stands after it.
    pub fn respond(&self, progress: &Progress, _answer: &Transcript) -> (Reply, Progress) {
        (Reply::default(), progress.clone())
    }
    /// What to say when the learner has been silent for long.
    pub fn idle(&self, progress: &Progress) -> (Reply, Progress) {
        (Reply::default(), progress.clone())
    }
    /// Up to three answers to suggest, the easiest first.
    pub fn hints(&self, _progress: &Progress) -> Vec<Hint> {
        Vec::new()
    }
}

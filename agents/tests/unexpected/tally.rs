//! What became of the utterances of a kind.

use colloquy_agents::engine::{Transcript, UNHEARD};
use colloquy_agents::scenario::Progress;

use crate::trials::{Kind, Trial};

/// Where a lesson keeps what the tutor has just offered.
const OFFERED: &str = "offered";

/// Counts of utterances.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub all: usize,
    /// Taken for the answer that was given.
    pub right: usize,
    /// Taken for an expected answer that was not given.
    pub wrong: usize,
    /// Taken for the beginning of one.
    pub begun: usize,
    /// Moved the lesson on, or gave it something to remember.
    pub moved: usize,
}

impl Tally {
    /// Counts an utterance by what was heard of it.
    pub fn count(&mut self, trial: &Trial<'_>, heard: &Transcript) {
        let progress = &trial.place.progress;
        let after = trial.place.script.respond(progress, heard).1;
        let is_right = trial.kind == Kind::Expected && heard.phrase == trial.phrase;
        self.all += 1;
        self.right += usize::from(is_right);
        self.wrong += usize::from(heard.phrase.is_some() && !is_right);
        self.begun += usize::from(heard.phrase.is_none() && !heard.text.is_empty() && heard.text != UNHEARD);
        // What the tutor offers when somebody asks what there is, is nothing that they said.
        let said = |progress: &Progress| {
            let mut slots = progress.slots.clone();
            slots.remove(OFFERED);
            slots
        };
        let has_moved = after.step != progress.step || after.complete || said(&after) != said(progress);
        self.moved += usize::from(has_moved);
    }

    /// A count as a share of all.
    pub fn share(&self, count: usize) -> f64 {
        count as f64 / self.all.max(1) as f64
    }
}

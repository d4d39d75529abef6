//! What the learner's words are taken for, before anything is made of them: words of the language that is practised, with what may
//! be wrong in them, or words of their own language, in which nothing is corrected.

use super::Mind;
use crate::correction::{Slip, is_sure};
use crate::engine::Transcript;
use crate::language::Language;

/// What is known of an answer by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reading {
    /// What is wrong in it, as far as that is sure.
    pub slips: Vec<Slip>,
    /// The learner's own language, if it is in that.
    pub answered_in: Option<Language>,
}

impl Mind {
    /// Reads an answer. One that is expected is the scenario's own words, but for slips that were heard in it.
    pub(super) fn read(&self, answer: &Transcript) -> Reading {
        let script = &self.config.script;
        let has_slips = !answer.wording.slips.is_empty();
        let is_verbatim = !has_slips && script.is_expected(&self.progress, answer);
        if answer.text.is_empty() || answer.is_unheard() || is_verbatim {
            return Reading::default();
        }
        let (language, native) = (script.language(), self.config.native_language);
        let proofreader = &self.config.proofreader;
        let answered_in = match answer.phrase {
            Some(_) => None,
            None => proofreader.answered_in(&answer.text, language, native),
        };
        let mut slips = match answered_in {
            Some(_) => Vec::new(),
            None => proofreader.slips(&answer.text, language, native),
        };
        slips.retain(|slip| is_sure(slip.certainty, answer.confidence_in(&slip.at)));
        Reading { slips, answered_in }
    }
}

//! What can be told about the grammar and the words of what a learner said or wrote, each remark with its evidence.
//!
//! Four sources are asked, in this order of trust: rules that are data (`content/grammar`), the system's hunspell dictionaries for
//! what was typed, a LanguageTool server, and a language model. A [`Checker`] asks them all within one deadline and merges what
//! they say; where two remark on the same words, the earlier one counts. `docs/grammar.md` explains the rules and the score.
//!
//! [`answered_in`] tells whether an answer is in the learner's own language.

mod checker;
mod identification;
mod languagetool;
mod outage;
mod remarks;
mod reviewer;
mod rules;
mod score;
mod spelling;

pub use checker::Checker;
pub use identification::answered_in;
pub use languagetool::{LanguageTool, LanguageToolConfig};
pub use remarks::{Certainty, Code, Evidence, Finding, Kind, Remarks, Request, Source, Withheld};
pub use reviewer::Reviewer;
pub use rules::{Grammar, Grammars, Judgement, Rule, Variant};
pub use spelling::Spelling;

//! What can be told about the grammar and the words of what a learner said or wrote, each remark with its evidence.
//!
//! Four sources are asked, in this order of trust: rules that are data (`content/grammar`), the system's hunspell dictionaries for
//! what was typed, a LanguageTool server, and a language model. A [`Checker`] asks them all within one deadline and merges what
//! they say; where two remark on the same words, the earlier one counts. `docs/grammar.md` explains the rules and the score.

mod remarks;
mod score;

pub use remarks::{Certainty, Code, Evidence, Finding, Kind, Remarks, Request, Source, Withheld};

//! What can be told about the learner's words.

pub mod language;
pub mod vocabulary;

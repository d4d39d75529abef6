//! What can be told about the learner's words, and how to say them.

pub mod articulation;
pub mod vocabulary;

//! Dialogue models.

pub mod openai;
pub mod prompt;
pub mod scripted;

mod split;

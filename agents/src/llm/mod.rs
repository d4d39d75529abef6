//! Dialogue models.

pub mod embedded;
pub mod openai;
pub mod prompt;
pub mod scripted;

mod split;

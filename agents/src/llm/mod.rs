//! Dialogue models.

pub mod embedded;
pub mod gemini;
pub mod openai;
pub mod prompt;
pub mod scripted;

mod chat;
mod split;

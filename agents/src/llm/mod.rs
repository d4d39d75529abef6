//! Dialogue models.

pub mod embedded;
pub mod gemini;
pub mod openai;
pub mod prompt;
pub mod scene;
pub mod scripted;

mod chat;
mod reply;
mod said;
mod split;
mod structured;

pub use chat::ChatLlm;
pub(crate) use structured::{Question, StructuredModel, StructuredWire};

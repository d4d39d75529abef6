//! Gemini: the settings of its dialogue model and the connection to it.

mod config;
mod server;

pub use config::{GeminiConfig, GeminiConfigError, GeminiModel};
pub use server::GeminiServer;
pub(crate) use server::NAME;

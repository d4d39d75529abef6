//! Any server that speaks OpenAI's wire: the settings and the connection that its recogniser, dialogue model and voice share.

mod config;
mod server;

pub use config::{OpenAiConfig, OpenAiConfigError};
pub use server::OpenAiServer;

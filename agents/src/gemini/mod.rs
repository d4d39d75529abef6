//! Gemini: the settings of its dialogue model and the connection to it.

mod config;

pub use config::{GeminiConfig, GeminiConfigError, GeminiModel};

use crate::http::Server;

/// The provider and the connections to it; made once.
pub type GeminiServer = Server<GeminiConfig>;

//! Any server that speaks OpenAI's wire: the settings and the connection that its recogniser, dialogue model and voice share.

mod config;

pub use config::{OpenAiConfig, OpenAiConfigError};

use crate::http::Server;

/// A server and the connections to it; made once, shared by its engines.
pub type OpenAiServer = Server<OpenAiConfig>;

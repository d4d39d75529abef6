//! Deepgram: the settings of its recogniser and the connection to it.

mod config;

pub(crate) use config::NAME;
pub use config::{DeepgramConfig, DeepgramConfigError};

use crate::http::Server;

/// The provider and how it is connected to: anew for each turn.
pub type DeepgramServer = Server<DeepgramConfig>;

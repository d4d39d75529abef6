//! ElevenLabs: the settings and the connection that its recogniser and its voice share.

mod config;

pub(crate) use config::NAME;
pub use config::{ElevenLabsConfig, ElevenLabsConfigError, VoiceId};

use crate::http::Server;

/// The provider and the connections to it; made once, shared by its engines.
pub type ElevenLabsServer = Server<ElevenLabsConfig>;

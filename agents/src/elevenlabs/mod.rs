//! ElevenLabs: the settings and the connection that its recogniser and its voice share.

mod config;
mod server;

pub use config::{ElevenLabsConfig, ElevenLabsConfigError, VoiceId};
pub use server::ElevenLabsServer;
pub(crate) use server::NAME;

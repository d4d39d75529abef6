//! Deepgram: the settings of its recogniser and the connection to it.

mod config;
mod server;

pub use config::{DeepgramConfig, DeepgramConfigError};
pub use server::DeepgramServer;
pub(crate) use server::NAME;

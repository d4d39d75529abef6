//! The connection to ElevenLabs.

use std::sync::Arc;

use reqwest::header::HeaderName;

use super::config::ElevenLabsConfig;
use crate::http::{Connection, ConnectionError, Credential};
use crate::usage::Meter;

/// The provider and the connections to it; made once, shared by its engines.
#[derive(Debug)]
pub struct ElevenLabsServer {
    config: ElevenLabsConfig,
    connection: Connection,
}

impl ElevenLabsServer {
    /// Prepares the connections; none is made before the first request.
    ///
    /// # Errors
    /// When the key can't be sent, or the machine has no TLS.
    pub fn new(config: ElevenLabsConfig) -> Result<Self, ConnectionError> {
        let credential = Credential {
            header: HeaderName::from_static("xi-api-key"),
            prefix: "",
        };
        let (base_url, key) = (config.base_url.clone(), config.key.clone());
        let connection = Connection::new(NAME, base_url, key, credential, config.timeouts)?;
        Ok(Self { config, connection })
    }

    /// The same, whose use is told.
    pub fn metered(mut self, meter: Arc<dyn Meter>) -> Self {
        self.connection.set_meter(meter);
        self
    }

    /// Its settings.
    pub(crate) fn config(&self) -> &ElevenLabsConfig {
        &self.config
    }

    /// The connection that its engines share.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }
}

pub(crate) const NAME: &str = "elevenlabs";

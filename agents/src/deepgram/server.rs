//! The connection to Deepgram.

use std::sync::Arc;

use reqwest::header::AUTHORIZATION;

use super::config::DeepgramConfig;
use crate::http::{Connection, ConnectionError, Credential};
use crate::usage::Meter;

/// The provider and how it is connected to.
#[derive(Debug)]
pub struct DeepgramServer {
    config: DeepgramConfig,
    connection: Connection,
}

impl DeepgramServer {
    /// Prepares the connections; one is made for each turn.
    ///
    /// # Errors
    /// When the key can't be sent, or the machine has no TLS.
    pub fn new(config: DeepgramConfig) -> Result<Self, ConnectionError> {
        let credential = Credential {
            header: AUTHORIZATION,
            prefix: "Token ",
        };
        let (base_url, key) = (config.base_url.clone(), config.key.clone());
        let connection = Connection::for_websockets(NAME, base_url, key, credential, config.timeouts)?;
        Ok(Self { config, connection })
    }

    /// The same, whose use is told.
    pub fn metered(mut self, meter: Arc<dyn Meter>) -> Self {
        self.connection.set_meter(meter);
        self
    }

    /// Its settings.
    pub(crate) fn config(&self) -> &DeepgramConfig {
        &self.config
    }

    /// How its recogniser connects.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }
}

pub(crate) const NAME: &str = "deepgram";

//! The connection to an OpenAI-compatible server.

use std::sync::Arc;

use reqwest::header::AUTHORIZATION;

use super::config::OpenAiConfig;
use crate::http::{Connection, ConnectionError, Credential};
use crate::usage::Meter;

/// A server and the connections to it; made once, shared by its engines.
#[derive(Debug)]
pub struct OpenAiServer {
    config: OpenAiConfig,
    connection: Connection,
}

impl OpenAiServer {
    /// Prepares the connections; none is made before the first request.
    ///
    /// # Errors
    /// When the key can't be sent, or the machine has no TLS.
    pub fn new(config: OpenAiConfig) -> Result<Self, ConnectionError> {
        let credential = Credential {
            header: AUTHORIZATION,
            prefix: "Bearer ",
        };
        let (base_url, key) = (config.base_url.clone(), config.key.clone());
        let connection = Connection::new(config.name, base_url, key, credential, config.timeouts)?;
        Ok(Self { config, connection })
    }

    /// The same, whose use is told.
    pub fn metered(mut self, meter: Arc<dyn Meter>) -> Self {
        self.connection.set_meter(meter);
        self
    }

    /// Its settings.
    pub(crate) fn config(&self) -> &OpenAiConfig {
        &self.config
    }

    /// The connection that its engines share.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }
}

//! A provider and the connections to it.

use std::sync::Arc;

use reqwest::Url;

use super::{Connection, ConnectionError, Credential, Timeouts};
use crate::secret::Secret;
use crate::usage::Meter;

/// What providers differ by: the settings of one, as its connections need them.
pub trait Provider {
    /// The name of its engines, for logs and metrics.
    fn name(&self) -> &'static str;
    /// Where it answers.
    fn base_url(&self) -> &Url;
    /// Its key, if it wants one.
    fn key(&self) -> Option<&Secret>;
    /// How it wants its key.
    fn credential(&self) -> Credential;
    /// How long it is waited for.
    fn timeouts(&self) -> Timeouts;
    /// Whether it is spoken to over WebSockets.
    fn takes_websockets(&self) -> bool {
        false
    }
}

/// A provider with these settings, and the connections to it; made once, shared by its engines.
#[derive(Debug)]
pub struct Server<C> {
    config: C,
    connection: Connection,
}

impl<C: Provider> Server<C> {
    /// Prepares the connections; none is made before the first request.
    ///
    /// # Errors
    /// When the key can't be sent, or the machine has no TLS.
    pub fn new(config: C) -> Result<Self, ConnectionError> {
        let connection = Connection::new(&config)?;
        Ok(Self { config, connection })
    }
}

impl<C> Server<C> {
    /// The same, whose use is told.
    pub fn metered(mut self, meter: Arc<dyn Meter>) -> Self {
        self.connection.set_meter(meter);
        self
    }

    /// Its settings.
    pub(crate) fn config(&self) -> &C {
        &self.config
    }

    /// The connection that its engines share.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }
}

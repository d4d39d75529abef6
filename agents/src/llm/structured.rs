//! A question to a language model that is answered in JSON of a given shape, at once and not as a stream.

use std::fmt;
use std::sync::Arc;

use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;

use super::chat::Delta;
use crate::chain::{ChainObserver, FailureClass, Service, Watch};
use crate::engine::EngineError;
use crate::http::{Connection, Refusal};
use crate::usage::Unit;

/// The wire of a provider whose models answer in JSON.
pub(crate) trait StructuredWire: fmt::Debug + Send + Sync + 'static {
    /// The provider.
    fn connection(&self) -> &Connection;
    /// The request: for JSON of the question's schema, or for any JSON.
    fn request(&self, question: &Question, with_schema: bool) -> RequestBuilder;
    /// Reads the answer: its text, and what was used.
    fn parse(&self, body: &Value) -> Result<Delta, EngineError>;
}

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// What to do with the data.
    pub instructions: String,
    /// What others wrote.
    pub data: Value,
    /// What the answer is called.
    pub name: &'static str,
    /// Its JSON schema; additional properties are forbidden everywhere.
    pub schema: Value,
}

/// A model that is asked for one kind of work.
#[derive(Debug)]
pub(crate) struct StructuredModel {
    wire: Arc<dyn StructuredWire>,
    service: Service,
    /// Whether the server refused a schema lately, and is asked for any JSON.
    refuses_schemas: Refusal,
    watch: Watch,
}

impl StructuredModel {
    /// The model of this provider; its use is told as that of this service.
    pub(crate) fn new(wire: Arc<dyn StructuredWire>, service: Service) -> Self {
        let watch = Watch::new(service, wire.connection().name());
        Self {
            wire,
            service,
            refuses_schemas: Refusal::default(),
            watch,
        }
    }

    /// Tells how it does from now on.
    pub(crate) fn tell(&mut self, observer: Arc<dyn ChainObserver>) {
        self.watch.tell(observer);
    }

    /// The provider's name.
    pub(crate) fn name(&self) -> &'static str {
        self.wire.connection().name()
    }

    /// Asks, and reads the answer.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, question: &Question) -> Result<T, EngineError> {
        self.watch.over(self.answer(question), FailureClass::of).await
    }

    async fn answer<T: DeserializeOwned>(&self, question: &Question) -> Result<T, EngineError> {
        let server = self.wire.connection();
        let with_schema = !self.refuses_schemas.holds(Instant::now());
        let answer = match server.offer(self.wire.request(question, with_schema)).await {
            // Servers that don't know schemas refuse them; any JSON is checked the same.
            Err(rejection) if with_schema && rejection.names(&["schema", "response_format", "responseformat"]) => {
                let error = EngineError::from(rejection);
                tracing::warn!(%error, "the language model takes no schema");
                self.refuses_schemas.note(Instant::now());
                server.send(self.wire.request(question, false)).await
            }
            answer => answer.map_err(EngineError::from),
        };
        let body = answer?.whole(LONGEST_ANSWER).await?;
        // What serde says in full quotes what others wrote, and this goes to the log.
        let unreadable = |error: serde_json::Error| {
            let (place, kind) = (error.column(), error.classify());
            server.failed(format!("its answer can't be read: {kind:?} at {place}"))
        };
        let body: Value = serde_json::from_slice(&body).map_err(unreadable)?;
        let answer = self.wire.parse(&body)?;
        if let Some((input, output)) = answer.usage {
            server.used(self.service, Unit::InputTokens, input as f64);
            server.used(self.service, Unit::OutputTokens, output as f64);
        }
        serde_json::from_str(&answer.text).map_err(unreadable)
    }
}

/// In bytes.
const LONGEST_ANSWER: usize = 64 << 10;

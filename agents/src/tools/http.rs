//! A service of the operator: `POST` with the arguments as JSON, and any text or JSON back.
//!
//! The operator names the address, so it is trusted as any other setting; nothing that is said in a conversation gets into it.
//! What the model took from the conversation goes in as values of a JSON body that the tool's own schema allows.

use std::sync::Arc;
use std::time::Duration;

use jsonschema::Validator;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Url};
use serde_json::{Value, json};

use super::ToolSpec;
use crate::chain::{ChainObserver, FailureClass, Service, Watch};
use crate::http::{self, Timeouts};

/// One service.
#[derive(Clone, Debug)]
pub struct HttpTool {
    spec: ToolSpec,
    validator: Validator,
    url: Url,
    headers: HeaderMap,
    client: Client,
    watch: Watch,
}

/// Why a call came to nothing, as the model is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ToolFailure {
    /// The arguments are not JSON, or not what the schema allows.
    #[error("the arguments don't fit the schema")]
    Arguments,
    /// The service is away.
    #[error("it can't be reached now")]
    Away,
    /// The service is slow.
    #[error("it doesn't answer in time")]
    Slow,
    /// The service refuses or breaks.
    #[error("it failed")]
    Failed,
    /// The service says too much.
    #[error("its answer is too long")]
    TooLong,
    /// There is no such tool, or no more calls are made.
    #[error("there is no such tool now")]
    Unknown,
}

impl ToolFailure {
    fn class(&self) -> FailureClass {
        match self {
            Self::Arguments | Self::Unknown => FailureClass::Unsupported,
            Self::Failed | Self::TooLong => FailureClass::Failed,
            Self::Away => FailureClass::Unavailable,
            Self::Slow => FailureClass::TimedOut,
        }
    }
}

impl HttpTool {
    pub(super) fn new(
        spec: ToolSpec,
        validator: Validator,
        url: Url,
        headers: HeaderMap,
        timeout: Duration,
    ) -> Result<Self, reqwest::Error> {
        let timeouts = Timeouts {
            connect: timeout,
            idle: timeout,
            whole: timeout,
        };
        Ok(Self {
            client: http::client(&url, timeouts)?,
            watch: Watch::new(Service::Tool, spec.name),
            spec,
            validator,
            url,
            headers,
        })
    }

    /// The same, of which is told how it does.
    pub(super) fn observed(mut self, observer: Arc<dyn ChainObserver>) -> Self {
        self.watch.tell(observer);
        self
    }

    pub(crate) fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    /// Asks the service. The result is a value: JSON if the service says that it is JSON, else a string.
    pub(crate) async fn call(&self, arguments: &str) -> Result<Value, ToolFailure> {
        let arguments: Value = match arguments.trim() {
            "" => json!({}),
            text => serde_json::from_str(text).map_err(|_| ToolFailure::Arguments)?,
        };
        if !self.validator.is_valid(&arguments) {
            return Err(ToolFailure::Arguments);
        }
        self.watch.over(self.ask(&arguments), ToolFailure::class).await
    }

    async fn ask(&self, arguments: &Value) -> Result<Value, ToolFailure> {
        let request = self.client.post(self.url.clone()).headers(self.headers.clone());
        let mut response = request.json(arguments).send().await.map_err(|error| self.away(error))?;
        if !response.status().is_success() {
            tracing::warn!(
                tool = self.spec.name,
                status = response.status().as_u16(),
                "a tool failed"
            );
            return Err(ToolFailure::Failed);
        }
        let kind = response.headers().get(CONTENT_TYPE);
        let is_json = kind
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.contains("json"));
        let mut body = Vec::new();
        while let Some(bytes) = response.chunk().await.map_err(|error| self.away(error))? {
            body.extend_from_slice(&bytes);
            if body.len() > LONGEST_RESULT {
                tracing::warn!(tool = self.spec.name, "a tool says too much");
                return Err(ToolFailure::TooLong);
            }
        }
        let text = String::from_utf8_lossy(&body);
        if is_json {
            return serde_json::from_str(&text).map_err(|_| ToolFailure::Failed);
        }
        let printable = text.chars().filter(|letter| !letter.is_control() || *letter == '\n');
        Ok(Value::String(printable.collect()))
    }

    fn away(&self, error: reqwest::Error) -> ToolFailure {
        let error = error.without_url();
        tracing::warn!(tool = self.spec.name, %error, "a tool can't be reached");
        match error.is_timeout() {
            true => ToolFailure::Slow,
            false => ToolFailure::Away,
        }
    }
}

/// In bytes.
const LONGEST_RESULT: usize = 4 << 10;

//! The connection to an OpenAI-compatible server: requests with the key, failures as typed errors.

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;

use super::config::{OpenAiConfig, OpenAiConfigError};
use crate::engine::EngineError;
use crate::http;

/// A server and the connections to it; made once, shared by its engines.
#[derive(Debug)]
pub struct OpenAiServer {
    config: OpenAiConfig,
    client: Client,
    authorization: Option<HeaderValue>,
}

/// The body of a successful answer, as it comes.
pub(crate) struct Answer<'a> {
    server: &'a OpenAiServer,
    response: Response,
}

impl OpenAiServer {
    /// Prepares the connections; none is made before the first request.
    pub fn new(config: OpenAiConfig) -> Result<Self, OpenAiConfigError> {
        let client = http::client(&config.base_url, config.timeouts)
            .map_err(|error| OpenAiConfigError::Tls(root_cause(&error.without_url())))?;
        let authorization = config
            .key
            .as_ref()
            .map(|key| {
                let mut value = HeaderValue::try_from(format!("Bearer {}", key.expose()))
                    .map_err(|_| OpenAiConfigError::InvalidKey)?;
                value.set_sensitive(true);
                Ok(value)
            })
            .transpose()?;
        Ok(Self {
            config,
            client,
            authorization,
        })
    }

    /// Its settings.
    pub(crate) fn config(&self) -> &OpenAiConfig {
        &self.config
    }

    /// A request to a path below the base.
    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        let base = self.config.base_url.as_str().trim_end_matches('/');
        let request = self.client.post(format!("{base}/{path}"));
        match &self.authorization {
            Some(authorization) => request.header(AUTHORIZATION, authorization),
            None => request,
        }
    }

    /// Sends a request; an answer that is no success is an error.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Answer<'_>, EngineError> {
        let response = request.send().await.map_err(|error| self.broken(error))?;
        let status = response.status();
        let mut answer = Answer { server: self, response };
        if status.is_success() {
            return Ok(answer);
        }
        // What it says is welcome, but that it failed is known.
        let said = answer.whole(LONGEST_COMPLAINT).await.unwrap_or_default();
        let reason = match complaint(&said) {
            Some(said) => format!("HTTP {}: {said}", status.as_u16()),
            None => format!("HTTP {}", status.as_u16()),
        };
        Err(if is_temporary(status) {
            self.unavailable(reason)
        } else {
            self.failed(reason)
        })
    }

    /// The error of an answer that can't be understood.
    pub(crate) fn failed(&self, reason: impl AsRef<str>) -> EngineError {
        let reason = self.presentable(reason.as_ref());
        EngineError::Failed { engine: NAME, reason }
    }

    /// The error of a server that is away.
    pub(crate) fn unavailable(&self, reason: impl AsRef<str>) -> EngineError {
        let reason = self.presentable(reason.as_ref());
        EngineError::Unavailable { engine: NAME, reason }
    }

    /// The error of an answer that reports one in its body: `{"error": ...}`.
    pub(crate) fn reported(&self, error: &Value) -> EngineError {
        let said = error["message"].as_str().or(error.as_str()).unwrap_or("an error");
        self.failed(format!("it reported: {said}"))
    }

    fn broken(&self, error: reqwest::Error) -> EngineError {
        let error = error.without_url();
        let cause = root_cause(&error);
        if error.is_builder() {
            self.failed(format!("the request can't be made: {cause}"))
        } else if error.is_timeout() {
            self.unavailable("it didn't answer in time")
        } else if error.is_connect() {
            self.unavailable(format!("it can't be reached: {cause}"))
        } else {
            self.unavailable(format!("the connection broke: {cause}"))
        }
    }

    /// Without the key, on one line, and short.
    fn presentable(&self, reason: &str) -> String {
        let redacted = match &self.config.key {
            Some(key) => key.redact(reason),
            None => reason.to_owned(),
        };
        let printable = redacted
            .chars()
            .map(|letter| if letter.is_control() { ' ' } else { letter });
        printable.take(LONGEST_REASON).collect()
    }
}

impl Answer<'_> {
    /// The media type that it says it has.
    pub(crate) fn content_type(&self) -> &str {
        let value = self.response.headers().get(CONTENT_TYPE);
        value.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The next bytes; nothing at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, EngineError> {
        self.response.chunk().await.map_err(|error| self.server.broken(error))
    }

    /// All bytes, at most `limit`.
    pub(crate) async fn whole(&mut self, limit: usize) -> Result<Vec<u8>, EngineError> {
        let mut body = Vec::new();
        while let Some(bytes) = self.next().await? {
            body.extend_from_slice(&bytes);
            if body.len() > limit {
                return Err(self.server.failed(format!("its answer is longer than {limit} bytes")));
            }
        }
        Ok(body)
    }
}

/// Whether the same request may succeed later: RFC 9110 section 15, RFC 8470 (425), RFC 6585 (429).
fn is_temporary(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
}

/// What an error body says: OpenAI's `{"error": {"message"}}`, or `{"error"}`, `{"detail"}`, `{"message"}` of others.
fn complaint(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let said = [
        &body["error"]["message"],
        &body["error"],
        &body["detail"],
        &body["message"],
    ];
    said.into_iter().find_map(Value::as_str).map(str::to_owned)
}

fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

pub(crate) const NAME: &str = "openai";
const LONGEST_COMPLAINT: usize = 16 << 10;
const LONGEST_REASON: usize = 300;

//! The connection to a provider: requests with the key, failures as typed errors.

use std::sync::Arc;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use serde_json::Value;

use super::complaint::complaint;
use super::{Provider, Timeouts, rest};
use crate::chain::Service;
use crate::engine::EngineError;
use crate::secret::Secret;
use crate::usage::{Meter, SharedMeter, Unit};

/// A provider and the connections to it; made once, shared by its engines.
#[derive(Debug)]
pub(crate) struct Connection {
    name: &'static str,
    base_url: Url,
    key: Option<Secret>,
    credential: Option<(HeaderName, HeaderValue)>,
    client: Client,
    timeouts: Timeouts,
    meter: SharedMeter,
}

/// How a provider wants its key.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The header that carries it.
    pub header: HeaderName,
    /// What stands before it there, its space included.
    pub prefix: &'static str,
}

/// Why a provider can't be connected to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionError {
    /// The key has characters that no HTTP header may carry.
    #[error("the key of {0} has characters that can't be sent")]
    InvalidKey(&'static str),
    /// The machine can't speak TLS.
    #[error("no HTTPS client can be made: {0}")]
    Tls(String),
}

/// The body of a successful answer, as it comes.
pub(crate) struct Answer<'a> {
    connection: &'a Connection,
    response: Response,
}

/// Why a request has no successful answer.
#[derive(Debug)]
pub(crate) struct Rejection {
    /// If there is an answer.
    status: Option<StatusCode>,
    error: EngineError,
}

impl Rejection {
    /// Whether the server doesn't take something that the request has: it says that the request is wrong, and names it, as one
    /// of these words in lower case does.
    pub(crate) fn names(&self, words: &[&str]) -> bool {
        let is_wrong = self
            .status
            .is_some_and(|status| matches!(status.as_u16(), 400 | 404 | 422));
        let EngineError::Failed { reason, .. } = &self.error else {
            return false;
        };
        let reason = reason.to_lowercase();
        is_wrong && words.iter().any(|word| reason.contains(word))
    }
}

impl From<EngineError> for Rejection {
    fn from(error: EngineError) -> Self {
        Self { status: None, error }
    }
}

impl From<Rejection> for EngineError {
    fn from(rejection: Rejection) -> Self {
        rejection.error
    }
}

impl Connection {
    /// Prepares the connections; none is made before the first request.
    pub(crate) fn new(provider: &impl Provider) -> Result<Self, ConnectionError> {
        let (name, timeouts) = (provider.name(), provider.timeouts());
        let (base_url, key) = (provider.base_url().clone(), provider.key().cloned());
        let credential = provider.credential();
        let client = match provider.takes_websockets() {
            true => super::websocket_client(&base_url, timeouts),
            false => super::client(&base_url, timeouts),
        };
        let client = client.map_err(|error| ConnectionError::Tls(root_cause(&error.without_url())))?;
        let credential = key
            .as_ref()
            .map(|key| {
                let mut value = HeaderValue::try_from(format!("{}{}", credential.prefix, key.expose()))
                    .map_err(|_| ConnectionError::InvalidKey(name))?;
                value.set_sensitive(true);
                Ok((credential.header, value))
            })
            .transpose()?;
        Ok(Self {
            name,
            base_url,
            key,
            credential,
            client,
            timeouts,
            meter: SharedMeter::default(),
        })
    }

    /// The provider's name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Tells what is used from now on.
    pub(crate) fn set_meter(&mut self, meter: Arc<dyn Meter>) {
        self.meter = SharedMeter(meter);
    }

    /// Takes note of what a request uses.
    pub(crate) fn used(&self, service: Service, unit: Unit, amount: f64) {
        self.meter.0.used(service, self.name, unit, amount);
    }

    /// How long it is waited for.
    pub(crate) fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    /// A request to a path below the base.
    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.with_credential(self.client.post(self.url(path)))
    }

    /// A request for what is at a path below the base, with these parameters.
    pub(crate) fn fetch(&self, path: &str, query: &[(&str, &str)]) -> RequestBuilder {
        let url = Url::parse_with_params(&self.url(path), query);
        // What is no URL fails when it is sent.
        let url = url.map_or_else(|_| self.url(path), String::from);
        self.with_credential(self.client.get(url))
    }

    fn url(&self, path: &str) -> String {
        let base = self.base_url.as_str().trim_end_matches('/');
        format!("{base}/{path}")
    }

    fn with_credential(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.credential {
            Some((name, value)) => request.header(name, value),
            None => request,
        }
    }

    /// Sends a request; an answer that is no success is an error.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Answer<'_>, EngineError> {
        Ok(self.offer(request).await?)
    }

    /// The same for a request with something in it that not every server takes.
    pub(crate) async fn offer(&self, request: RequestBuilder) -> Result<Answer<'_>, Rejection> {
        let response = self.respond(request).await?;
        Ok(Answer {
            connection: self,
            response,
        })
    }

    /// The response to a request, unless it is a refusal. A switch of protocols is none.
    pub(super) async fn respond(&self, request: RequestBuilder) -> Result<Response, Rejection> {
        let response = request.send().await.map_err(|error| self.broken(error))?;
        let status = response.status();
        if status.is_success() || status == StatusCode::SWITCHING_PROTOCOLS {
            return Ok(response);
        }
        let rest = rest::by_headers(response.headers());
        let mut answer = Answer {
            connection: self,
            response,
        };
        // What it says is welcome, but that it failed is known.
        let said = answer.whole(LONGEST_COMPLAINT).await.unwrap_or_default();
        let said = serde_json::from_slice::<Value>(&said).ok();
        let rest = rest.or_else(|| rest::by_body(said.as_ref()?));
        let said = said.and_then(|body| complaint(&body));
        let reason = match said {
            Some(said) => format!("HTTP {}: {said}", status.as_u16()),
            None => format!("HTTP {}", status.as_u16()),
        };
        let error = match rest {
            Some(rest) if is_temporary(status) => EngineError::Resting {
                engine: self.name,
                reason: self.presentable(&reason),
                rest,
            },
            _ if is_temporary(status) => self.unavailable(reason),
            _ => self.failed(reason),
        };
        Err(Rejection {
            status: Some(status),
            error,
        })
    }

    /// The error of an answer that can't be understood.
    pub(crate) fn failed(&self, reason: impl AsRef<str>) -> EngineError {
        EngineError::Failed {
            engine: self.name,
            reason: self.presentable(reason.as_ref()),
        }
    }

    /// The error of a provider whose rules forbid the answer.
    pub(crate) fn refused(&self, reason: impl AsRef<str>) -> EngineError {
        EngineError::Refused {
            engine: self.name,
            reason: self.presentable(reason.as_ref()),
        }
    }

    /// The error of a server that is away.
    pub(crate) fn unavailable(&self, reason: impl AsRef<str>) -> EngineError {
        EngineError::Unavailable {
            engine: self.name,
            reason: self.presentable(reason.as_ref()),
        }
    }

    /// The error of a successful answer whose body reports one.
    pub(crate) fn reported(&self, body: &Value) -> EngineError {
        let said = complaint(body);
        self.failed(format!("it reported: {}", said.as_deref().unwrap_or("an error")))
    }

    pub(super) fn broken(&self, error: reqwest::Error) -> EngineError {
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
        let redacted = match &self.key {
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
        self.response
            .chunk()
            .await
            .map_err(|error| self.connection.broken(error))
    }

    /// All bytes, at most `limit`.
    pub(crate) async fn whole(&mut self, limit: usize) -> Result<Vec<u8>, EngineError> {
        let mut body = Vec::new();
        while let Some(bytes) = self.next().await? {
            body.extend_from_slice(&bytes);
            if body.len() > limit {
                return Err(self
                    .connection
                    .failed(format!("its answer is longer than {limit} bytes")));
            }
        }
        Ok(body)
    }
}

/// Whether the same request may succeed later: RFC 9110 section 15, RFC 8470 (425), RFC 6585 (429).
fn is_temporary(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
}

fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

const LONGEST_COMPLAINT: usize = 16 << 10;
const LONGEST_REASON: usize = 300;

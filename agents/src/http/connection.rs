//! The connection to a provider: requests with the key, failures as typed errors.

use std::sync::Arc;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use serde_json::Value;

use super::{Timeouts, rest};
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
pub(crate) struct Credential {
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

impl Connection {
    /// Prepares the connections; none is made before the first request. `name` is the engine's, for logs and metrics.
    pub(crate) fn new(
        name: &'static str,
        base_url: Url,
        key: Option<Secret>,
        credential: Credential,
        timeouts: Timeouts,
    ) -> Result<Self, ConnectionError> {
        let client = super::client(&base_url, timeouts);
        Self::with_client(client, name, base_url, key, credential, timeouts)
    }

    /// The same for WebSockets.
    pub(crate) fn for_websockets(
        name: &'static str,
        base_url: Url,
        key: Option<Secret>,
        credential: Credential,
        timeouts: Timeouts,
    ) -> Result<Self, ConnectionError> {
        let client = super::websocket_client(&base_url, timeouts);
        Self::with_client(client, name, base_url, key, credential, timeouts)
    }

    fn with_client(
        client: Result<Client, reqwest::Error>,
        name: &'static str,
        base_url: Url,
        key: Option<Secret>,
        credential: Credential,
        timeouts: Timeouts,
    ) -> Result<Self, ConnectionError> {
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
        let response = self.respond(request).await?;
        Ok(Answer {
            connection: self,
            response,
        })
    }

    /// The response to a request, unless it is a refusal. A switch of protocols is none.
    pub(super) async fn respond(&self, request: RequestBuilder) -> Result<Response, EngineError> {
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
        Err(match rest {
            Some(rest) if is_temporary(status) => EngineError::Resting {
                engine: self.name,
                reason: self.presentable(&reason),
                rest,
            },
            _ if is_temporary(status) => self.unavailable(reason),
            _ => self.failed(reason),
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

/// What an error body says: OpenAI's and Google's `{"error": {"message"}}`, of which Google streams a list, ElevenLabs'
/// `{"detail": {"message"}}`, the first of FastAPI's `{"detail": [{"msg"}]}`, Deepgram's `{"err_msg"}`, Cerebras' `{"message"}`,
/// or `{"error"}`, `{"detail"}` of others.
fn complaint(body: &Value) -> Option<String> {
    let said = [
        &body["error"]["message"],
        &body["error"],
        &body[0]["error"]["message"],
        &body["err_msg"],
        &body["detail"]["message"],
        &body["detail"][0]["msg"],
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

const LONGEST_COMPLAINT: usize = 16 << 10;
const LONGEST_REASON: usize = 300;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_providers_way_to_complain_is_understood() {
        for (body, said) in [
            (json!({"error": {"message": "a", "type": "x"}}), Some("a")),
            (json!({"error": "a"}), Some("a")),
            (
                json!({"detail": {"status": "invalid_api_key", "message": "a"}}),
                Some("a"),
            ),
            (
                json!({"detail": [{"loc": ["body", "text"], "msg": "a", "type": "missing"}]}),
                Some("a"),
            ),
            (json!({"detail": "a"}), Some("a")),
            (json!({"message": "a"}), Some("a")),
            (
                json!({"message": "a", "type": "too_many_requests_error", "param": "quota", "code": "request_quota_exceeded"}),
                Some("a"),
            ),
            (
                json!({"err_code": "INVALID_AUTH", "err_msg": "a", "request_id": "x"}),
                Some("a"),
            ),
            (json!([{"error": {"code": 400, "message": "a"}}]), Some("a")),
            (json!({"detail": []}), None),
            (json!(["a"]), None),
            (json!(null), None),
        ] {
            assert_eq!(complaint(&body).as_deref(), said, "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_body_is_searched_for_a_complaint(text: String, shape in 0usize..6) {
            let body = [
                json!(text),
                json!([text]),
                json!({"error": [text]}),
                json!({"detail": [{"msg": text}]}),
                json!({"detail": {"message": [text]}}),
                json!({"message": {"error": text}}),
            ];
            let _ = complaint(&body[shape]);
        }
    }
}

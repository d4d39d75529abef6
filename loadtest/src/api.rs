//! The REST calls that a caller makes.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, IF_MATCH, LOCATION, RETRY_AFTER};
use serde_json::{Value, json};

/// Why a REST call failed.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The request could not be made or its answer not be read.
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    /// The server answered with another status than the one that means success.
    #[error("{path}: {status}: {body}")]
    Status {
        /// What was asked for.
        path: String,
        /// What was answered.
        status: StatusCode,
        /// When to try again, if it says so.
        retry_after: Option<Duration>,
        /// The beginning of the body.
        body: String,
    },
    /// The server's answer lacks what it must have.
    #[error("{path}: the answer has no {what}")]
    Missing {
        /// What was asked for.
        path: String,
        /// The missing part.
        what: &'static str,
    },
}

/// A guest's access to a server.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    base: String,
    token: String,
}

/// The answer to an SDP offer.
pub struct WhipAnswer {
    /// The SDP answer.
    pub sdp: String,
    /// The absolute URL of the peer, to be deleted at the end.
    pub location: String,
}

impl Api {
    /// Becomes a guest of the server at `base` (`http://host:port`).
    pub async fn guest(http: reqwest::Client, base: &str) -> Result<Self, ApiError> {
        let mut api = Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
            token: String::new(),
        };
        let guest = api.post("/v1/guests", &json!({})).await?;
        api.token = text_of(&guest, "/v1/guests", "access_token")?;
        Ok(api)
    }

    /// The access that a token gives to the server at `base`.
    pub fn with_token(http: reqwest::Client, base: &str, token: &str) -> Self {
        Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
            token: token.to_owned(),
        }
    }

    /// The token, to be shown again later.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Creates a conversation and returns its id.
    pub async fn create_conversation(&self, topic: &str, language: &str) -> Result<String, ApiError> {
        self.create(&json!({"topic": topic, "language": language})).await
    }

    /// Creates a conversation as `POST /v1/conversations` takes it; its id.
    pub async fn create(&self, conversation: &Value) -> Result<String, ApiError> {
        let path = "/v1/conversations";
        let created = self.post(path, conversation).await?;
        text_of(&created, path, "id")
    }

    /// Posts an SDP offer by WHIP (RFC 9725).
    pub async fn join(&self, conversation: &str, offer: String) -> Result<WhipAnswer, ApiError> {
        let path = format!("/v1/conversations/{conversation}/whip");
        let response = self
            .http
            .post(format!("{}{path}", self.base))
            .bearer_auth(&self.token)
            .header(CONTENT_TYPE, "application/sdp")
            .body(offer)
            .send()
            .await?;
        let response = expect_success(response, &path).await?;
        let location = response
            .headers()
            .get(LOCATION)
            .and_then(|location| location.to_str().ok())
            .map(|location| match location.strip_prefix('/') {
                Some(rest) => format!("{}/{rest}", self.base),
                None => location.to_owned(),
            })
            .ok_or(ApiError::Missing { path, what: "Location" })?;
        Ok(WhipAnswer {
            sdp: response.text().await?,
            location,
        })
    }

    /// Changes a peer's ICE session by WHIP's PATCH (RFC 9725 section 4.3): trickles candidates with the session's own entity
    /// tag as `if_match`, restarts ICE with `*`. Gives the body of the answer.
    pub async fn patch(&self, location: &str, if_match: &str, fragment: String) -> Result<String, ApiError> {
        let response = self
            .http
            .patch(location)
            .bearer_auth(&self.token)
            .header(CONTENT_TYPE, "application/trickle-ice-sdpfrag")
            .header(IF_MATCH, if_match)
            .body(fragment)
            .send()
            .await?;
        Ok(expect_success(response, location).await?.text().await?)
    }

    /// Leaves a call by deleting its peer.
    pub async fn leave(&self, location: &str) -> Result<(), ApiError> {
        let response = self.http.delete(location).bearer_auth(&self.token).send().await?;
        expect_success(response, location).await.map(drop)
    }

    /// The messages of a conversation, as document 000 shapes them.
    pub async fn messages(&self, conversation: &str) -> Result<Value, ApiError> {
        let path = format!("/v1/conversations/{conversation}/messages");
        let response = self
            .http
            .get(format!("{}{path}", self.base))
            .bearer_auth(&self.token)
            .send()
            .await?;
        Ok(expect_success(response, &path).await?.json().await?)
    }

    /// Ends a conversation and returns its summary.
    pub async fn end(&self, conversation: &str) -> Result<Value, ApiError> {
        self.post(&format!("/v1/conversations/{conversation}/end"), &json!({}))
            .await
    }

    /// Asks for something at a path, and reads its answer to the end.
    pub async fn read(&self, path: &str) -> Result<(), ApiError> {
        let request = self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.token);
        expect_success(request.send().await?, path).await?.bytes().await?;
        Ok(())
    }

    /// Says something in a conversation by request, and waits for the reply.
    pub async fn say(&self, conversation: &str, content: &str) -> Result<Value, ApiError> {
        let path = format!("/v1/conversations/{conversation}/messages");
        self.post(&path, &json!({"content": content})).await
    }

    /// Begins a conversation of document 001 and returns its id.
    pub async fn start_chat(&self, topic: &str, language: &str) -> Result<String, ApiError> {
        let path = "/livekit/start-conversation";
        let started = self.post(path, &json!({"topic": topic, "language": language})).await?;
        text_of(&started, path, "conversation_id")
    }

    /// Ends a conversation of document 001.
    pub async fn end_chat(&self, conversation: &str) -> Result<(), ApiError> {
        let path = format!("/livekit/end-conversation/{conversation}");
        self.post(&path, &json!({})).await.map(drop)
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, ApiError> {
        let mut request = self.http.post(format!("{}{path}", self.base)).json(body);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        Ok(expect_success(request.send().await?, path).await?.json().await?)
    }
}

/// How long a connection is kept for another request: for less than any server keeps it, so that none is closed as it is used.
const IDLE: Duration = Duration::from_secs(3);

/// An HTTP client for any number of callers.
///
/// # Errors
/// When the platform's TLS set-up can't be read.
pub fn http_client() -> Result<reqwest::Client, reqwest::Error> {
    http_client_trusting(&[])
}

/// The same, which also trusts the certificates of a PEM file.
///
/// # Errors
/// When they can't be read, or the platform's TLS set-up can't.
pub fn http_client_trusting(pem: &[u8]) -> Result<reqwest::Client, reqwest::Error> {
    // A second installation is refused and harmless: the first one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let roots = reqwest::Certificate::from_pem_bundle(pem)?;
    // WebSockets are HTTP/1.
    reqwest::Client::builder()
        .tls_certs_merge(roots)
        .http1_only()
        .pool_idle_timeout(IDLE)
        .build()
}

async fn expect_success(response: reqwest::Response, path: &str) -> Result<reqwest::Response, ApiError> {
    if response.status().is_success() {
        return Ok(response);
    }
    let status = response.status();
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok());
    let retry_after = retry_after
        .and_then(|seconds| seconds.parse().ok())
        .map(Duration::from_secs);
    let body = response.text().await.unwrap_or_default();
    Err(ApiError::Status {
        path: path.to_owned(),
        status,
        retry_after,
        body: body.chars().take(300).collect(),
    })
}

fn text_of(value: &Value, path: &str, what: &'static str) -> Result<String, ApiError> {
    value[what]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| ApiError::Missing {
            path: path.to_owned(),
            what,
        })
}

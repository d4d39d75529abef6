//! One attempt to send a webhook, over HTTP.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::destination::{literal, may_reach};
use super::schedule::Outcome;
use super::signature;
use crate::clock::Timestamp;

/// What is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    /// Where to.
    pub url: String,
    /// What it is signed with.
    pub secret: String,
    /// The same in every attempt and replay, so that the other end can tell.
    pub event_id: String,
    /// JSON.
    pub body: String,
}

/// Makes attempts.
#[async_trait]
pub trait Sender: Send + Sync + 'static {
    /// Sends it once, and tells what came of it.
    async fn send(&self, shipment: &Shipment, now: Timestamp) -> Outcome;
}

/// Sends over HTTP, to nowhere else than webhooks may go.
#[derive(Debug)]
pub struct HttpSender {
    secure: Client,
    plain: Client,
    allow: Arc<[IpNet]>,
}

/// HTTPS can't be spoken.
#[derive(Debug, thiserror::Error)]
#[error("webhooks can't be sent: {0}")]
pub struct SenderError(#[from] reqwest::Error);

/// How long an attempt may take.
const TIMEOUT: Duration = Duration::from_secs(15);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const USER_AGENT: &str = concat!("Colloquy/", env!("CARGO_PKG_VERSION"));

impl HttpSender {
    /// One that may reach what is public, and what is allowed.
    ///
    /// # Errors
    /// When HTTPS can't be spoken.
    pub fn new(allow: &Arc<[IpNet]>) -> Result<Self, SenderError> {
        // A second time it has no effect, and needs none.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = |is_secure| {
            Client::builder()
                .redirect(Policy::none())
                // A proxy would look hosts up itself.
                .no_proxy()
                .timeout(TIMEOUT)
                .connect_timeout(CONNECT_TIMEOUT)
                .pool_max_idle_per_host(0)
                .user_agent(USER_AGENT)
                .dns_resolver(Guarded {
                    is_secure,
                    allow: Arc::clone(allow),
                })
                .build()
        };
        Ok(Self {
            secure: client(true)?,
            plain: client(false)?,
            allow: Arc::clone(allow),
        })
    }

    async fn post(&self, shipment: &Shipment, now: Timestamp) -> Result<Outcome, String> {
        let url = Url::parse(&shipment.url).map_err(|_| "the URL is none".to_owned())?;
        let is_secure = url.scheme() == "https";
        // Addresses are not looked up, so the resolver does not see them.
        if let Some(address) = url.host_str().and_then(literal)
            && !may_reach(address, is_secure, &self.allow)
        {
            return Err(NOT_PUBLIC.to_owned());
        }
        let seconds = now.as_millis() / 1000;
        let Shipment {
            secret, event_id, body, ..
        } = shipment;
        let client = if is_secure { &self.secure } else { &self.plain };
        let answer = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("X-Webhook-Signature", signature::of_body(secret, body))
            .header("webhook-id", event_id)
            .header("webhook-timestamp", seconds)
            .header(
                "webhook-signature",
                signature::standard(secret, event_id, seconds, body),
            )
            .body(body.clone())
            .send()
            .await
            .map_err(|error| cause(&error))?;
        let status = answer.status();
        Ok(if status.is_success() {
            Outcome::Delivered {
                status: status.as_u16(),
            }
        } else if status == reqwest::StatusCode::GONE {
            Outcome::Gone
        } else {
            Outcome::Failed {
                status: Some(status.as_u16()),
                error: format!("the answer was {status}"),
                retry_after: retry_after(answer.headers(), now),
            }
        })
    }
}

#[async_trait]
impl Sender for HttpSender {
    async fn send(&self, shipment: &Shipment, now: Timestamp) -> Outcome {
        self.post(shipment, now).await.unwrap_or_else(|error| Outcome::Failed {
            status: None,
            error,
            retry_after: None,
        })
    }
}

const NOT_PUBLIC: &str = "the host has no public address";

/// Looks hosts up, and gives only addresses that may be reached: the connection goes to what was checked.
#[derive(Clone, Debug)]
struct Guarded {
    is_secure: bool,
    allow: Arc<[IpNet]>,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let reached: Vec<_> = found
                .filter(|address| may_reach(address.ip(), guard.is_secure, &guard.allow))
                .collect();
            if reached.is_empty() {
                return Err(Box::new(io::Error::new(io::ErrorKind::PermissionDenied, NOT_PUBLIC)) as _);
            }
            Ok(Box::new(reached.into_iter()) as Addrs)
        })
    }
}

/// The innermost reason: the outer ones repeat the URL, which may hold secrets.
fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", TIMEOUT.as_secs());
    }
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    if innermost.is::<reqwest::Error>() {
        return "the request failed".to_owned();
    }
    innermost.to_string()
}

/// `Retry-After`, in seconds or as a date (RFC 9110 section 10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = OffsetDateTime::parse(text, &Rfc2822).ok()?;
    let date = i64::try_from(date.unix_timestamp_nanos() / 1_000_000).ok()?;
    Some(Timestamp::from_millis(date).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn asked(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(text).ok()?);
        retry_after(&headers, Timestamp::from_millis(1_445_412_420_000))
    }

    #[test]
    fn a_wait_is_asked_for_in_seconds_or_as_a_date() {
        assert_eq!(asked("120"), Some(Duration::from_secs(120)));
        assert_eq!(asked("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::from_secs(60)));
        assert_eq!(asked("Tue, 20 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(asked("soon"), None);
        assert_eq!(asked("-1"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_header_is_read_or_ignored(text in "[ -~]{0,40}") {
            let _ = asked(&text);
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_sent_to() {
        let shipment = |url: &str| Shipment {
            url: url.to_owned(),
            secret: signature::new_secret(),
            event_id: "evt_1".to_owned(),
            body: "{}".to_owned(),
        };
        let allow: Arc<[IpNet]> = Arc::new([]);
        let sender = HttpSender::new(&allow).unwrap();
        for url in [
            "https://localhost:1/",
            "https://127.0.0.1:1/",
            "https://[::ffff:127.0.0.1]:1/",
            "http://1.1.1.1/",
        ] {
            match sender.send(&shipment(url), Timestamp::now()).await {
                Outcome::Failed {
                    status: None, error, ..
                } => assert_eq!(error, NOT_PUBLIC, "{url}"),
                other => panic!("{url}: {other:?}"),
            }
        }
    }
}

//! The HTTP client of providers.

mod complaint;
mod connection;
mod provider;
mod refusal;
mod rest;
mod websocket;

use std::sync::Once;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Url};

pub use connection::ConnectionError;
pub(crate) use connection::{Answer, Connection, Credential, Rejection};
pub(crate) use provider::Provider;
pub use provider::Server;
pub(crate) use refusal::Refusal;
pub(crate) use websocket::{Received, WebSocket};

/// How long a provider is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For the connection, its TLS included.
    pub connect: Duration,
    /// For the next bytes, the first ones too.
    pub idle: Duration,
    /// For the whole answer.
    pub whole: Duration,
}

impl Default for Timeouts {
    /// 2 s, 8 s, 60 s. A fallback that should speak earlier waits less by itself.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            idle: Duration::from_secs(8),
            whole: Duration::from_secs(60),
        }
    }
}

/// A client for one provider: TLS by rustls with ring, no redirects, and no proxy for a server on this machine.
///
/// Fails where `https` is asked for and the system has no certificates.
pub fn client(base: &Url, timeouts: Timeouts) -> Result<Client, reqwest::Error> {
    builder(base, timeouts).build()
}

/// The same for WebSockets, which begin as HTTP/1.1 (RFC 6455).
pub(crate) fn websocket_client(base: &Url, timeouts: Timeouts) -> Result<Client, reqwest::Error> {
    builder(base, timeouts).http1_only().build()
}

fn builder(base: &Url, timeouts: Timeouts) -> ClientBuilder {
    static RING: Once = Once::new();
    // Someone else's choice of a provider is as good.
    RING.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let mut builder = Client::builder()
        .connect_timeout(timeouts.connect)
        .read_timeout(timeouts.idle)
        .timeout(timeouts.whole)
        // A phrase a few seconds after the last one finds its connection open.
        .pool_idle_timeout(Duration::from_secs(90))
        .redirect(Policy::none());
    if base.scheme() == "http" {
        // Without certificates https could not be spoken, but it is not going to be.
        builder = builder.tls_certs_only([]);
    }
    let host = base.host_str().unwrap_or_default();
    if matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
        builder = builder.no_proxy();
    }
    builder
}

/// A base that paths are appended to. One with a user or a query would leak a secret or swallow the path: it is none.
pub(crate) fn base_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    is_plain.then_some(url)
}

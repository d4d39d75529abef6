//! A WebSocket (RFC 6455) opened by the HTTP client of all other requests: with its certificates, and over TLS as it is.

use std::time::Instant;

use reqwest::header::{
    CONNECTION, RETRY_AFTER, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use reqwest::{StatusCode, Upgraded};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::access::{Access, Shut};

pub(super) type Socket = WebSocketStream<Upgraded>;

/// Opens a WebSocket at a path of the server's, as the holder of a token or as nobody.
pub(super) async fn connect(access: &Access, path: &str, bearer: Option<&str>) -> Result<Socket, Shut> {
    let failed = |error: &dyn std::fmt::Display| Shut::Failed(error.to_string());
    let key = generate_key();
    let mut request = access
        .http
        .get(format!("{}{path}", access.base))
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_VERSION, "13")
        .header(SEC_WEBSOCKET_KEY, &key);
    if let Some(bearer) = bearer {
        request = request.bearer_auth(bearer);
    }
    let asked = Instant::now();
    let response = request.send().await.map_err(|error| failed(&error))?;
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    match response.status() {
        StatusCode::SWITCHING_PROTOCOLS
            if header(SEC_WEBSOCKET_ACCEPT) == Some(derive_accept_key(key.as_bytes()).as_str()) =>
        {
            let upgraded = response.upgrade().await.map_err(|error| failed(&error))?;
            Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await)
        }
        StatusCode::SERVICE_UNAVAILABLE => Err(Shut::Refused {
            took: asked.elapsed(),
            retry_after: header(RETRY_AFTER)
                .and_then(|seconds| seconds.parse().ok())
                .map(std::time::Duration::from_secs),
        }),
        status => Err(Shut::Failed(format!("{} in place of a WebSocket", status.as_u16()))),
    }
}

//! A WebSocket to a provider (RFC 6455), opened by the HTTP client of all others: with its certificates, proxies, time limits,
//! credential and errors.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use reqwest::header::{
    CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use reqwest::{RequestBuilder, StatusCode, Upgraded};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::Connection;
use crate::engine::EngineError;

/// An open WebSocket. Dropping it closes the connection.
pub(crate) struct WebSocket<'a> {
    connection: &'a Connection,
    stream: WebSocketStream<Upgraded>,
    /// For a write that the provider doesn't take.
    patience: Duration,
}

/// What came over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// A text message.
    Text(String),
    /// It is closed, and this is why: code and reason, if it said so.
    Closed(Option<(u16, String)>),
}

impl Connection {
    /// Opens a WebSocket; an answer other than 101 is an error as for any other request.
    pub(crate) async fn open(&self, request: RequestBuilder) -> Result<WebSocket<'_>, EngineError> {
        let key = generate_key();
        let request = request
            .header(CONNECTION, HeaderValue::from_static("Upgrade"))
            .header(UPGRADE, HeaderValue::from_static("websocket"))
            .header(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"))
            .header(SEC_WEBSOCKET_KEY, &key);
        let response = self.respond(request).await?;
        let accepts = response
            .headers()
            .get(SEC_WEBSOCKET_ACCEPT)
            .is_some_and(|accept| *accept == derive_accept_key(key.as_bytes()));
        if response.status() != StatusCode::SWITCHING_PROTOCOLS || !accepts {
            return Err(self.failed("it answered something else than a WebSocket"));
        }
        let upgraded = response.upgrade().await.map_err(|error| self.broken(error))?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(LONGEST_MESSAGE))
            .max_frame_size(Some(LONGEST_MESSAGE));
        Ok(WebSocket {
            connection: self,
            stream: WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await,
            patience: self.timeouts().idle,
        })
    }
}

impl WebSocket<'_> {
    /// Sends a text message.
    pub(crate) async fn send_text(&mut self, text: &str) -> Result<(), EngineError> {
        self.send(Message::text(text)).await
    }

    /// Sends a binary message.
    pub(crate) async fn send_bytes(&mut self, bytes: Vec<u8>) -> Result<(), EngineError> {
        self.send(Message::binary(bytes)).await
    }

    async fn send(&mut self, message: Message) -> Result<(), EngineError> {
        match timeout(self.patience, self.stream.send(message)).await {
            Ok(sent) => sent.map_err(|error| self.broken(&error)),
            Err(_) => Err(self.connection.unavailable("it takes no more")),
        }
    }

    /// The next message; can be given up and asked for again. Binary messages are ignored, pings are answered.
    pub(crate) async fn next(&mut self) -> Result<Received, EngineError> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => return Ok(Received::Text(text.to_string())),
                Some(Ok(Message::Close(frame))) => return Ok(Received::Closed(frame.map(reason))),
                None => return Ok(Received::Closed(None)),
                Some(Ok(_)) => {}
                Some(Err(Error::ConnectionClosed | Error::AlreadyClosed)) => return Ok(Received::Closed(None)),
                Some(Err(error)) => return Err(self.broken(&error)),
            }
        }
    }

    fn broken(&self, error: &Error) -> EngineError {
        match error {
            // It speaks, but not this protocol.
            Error::Capacity(_) | Error::Utf8(_) => self.connection.failed(format!("it can't be understood: {error}")),
            _ => self.connection.unavailable(format!("the connection broke: {error}")),
        }
    }
}

fn reason(frame: CloseFrame) -> (u16, String) {
    (frame.code.into(), frame.reason.to_string())
}

/// In bytes.
const LONGEST_MESSAGE: usize = 1 << 20;

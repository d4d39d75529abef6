//! A WebSocket client, and what is said through it.

use std::net::SocketAddr;
use std::time::Duration;

use colloquy::audio::{Sound, decode};
use colloquy_loadtest::clip::Voice;
use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// The client's end of a connection.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// Nothing takes so long, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

impl Socket {
    /// Connects, with a credential in the header if there is one; or gives the status by which it was refused.
    pub async fn connect(address: SocketAddr, path: &str, bearer: Option<&str>) -> Result<Self, u16> {
        let mut request = format!("ws://{address}{path}").into_client_request().unwrap();
        if let Some(bearer) = bearer {
            let value = format!("Bearer {bearer}").parse().unwrap();
            request.headers_mut().insert("Authorization", value);
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Sends JSON.
    pub async fn say(&mut self, message: &Value) {
        self.say_text(&message.to_string()).await;
    }

    /// Sends any text.
    pub async fn say_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// Sends bytes.
    pub async fn say_bytes(&mut self, bytes: Vec<u8>) {
        self.0.send(Message::binary(bytes)).await.unwrap();
    }

    /// The next message; the code of the close frame, or none where there was none, when the connection is over.
    pub async fn try_next(&mut self) -> Result<Value, Option<u16>> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.0.next());
            match next.await.expect("nothing comes") {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// The next message.
    pub async fn next(&mut self) -> Value {
        self.try_next().await.unwrap_or_else(|code| panic!("closed: {code:?}"))
    }

    /// The next message of a type, whatever comes before it.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next().await;
            assert_ne!(message["type"], "error", "{message}");
            if message["type"] == kind {
                return message;
            }
        }
    }
}

/// Somebody says a text: mono at 16 kHz.
pub fn recording(text: &str, language: &str) -> Sound {
    let file = Voice::of(language)
        .expect("there is a voice")
        .say(text)
        .expect("espeak-ng is installed (make test installs it)");
    decode(&file).unwrap().at(16_000).unwrap()
}

/// Text as it is compared: letters and digits only.
pub fn bare(text: &str) -> String {
    text.chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

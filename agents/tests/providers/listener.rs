//! A server on loopback that speaks Deepgram's wire.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// What is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It answers with this status, these headers and this body instead of a WebSocket.
    Refuses(u16, &'static str, &'static str),
    /// It takes the connection and says nothing.
    Hangs,
    /// It resets the connection after so many tenths of a second of sound.
    Resets(usize),
    /// It hears, and never says what.
    Stalls,
    /// It says what is no message, when it is asked.
    Malformed,
    /// It reports an error, when it is asked.
    Reports,
    /// It closes the connection like this, when it is asked.
    Closes(u16),
    /// It tells nothing that is final at a `Finalize`, since nothing noticeable was left.
    HasNothingLeft,
}

/// What it has seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub uri: String,
    pub authorization: String,
    pub sound: Vec<u8>,
    /// The types of the text messages.
    pub asked: Vec<String>,
}

/// The server.
pub struct Deepgram {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    closed: watch::Receiver<usize>,
    fault: Arc<Mutex<Fault>>,
}

impl Deepgram {
    /// One that hears these texts, each after the pause before it.
    pub async fn hearing(texts: &[&str], fault: Fault) -> Self {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
        let address = listener.local_addr().expect("it is bound");
        let (seen, fault) = (Arc::new(Mutex::new(Seen::default())), Arc::new(Mutex::new(fault)));
        let (closing, closed) = watch::channel(0);
        let (notes, faults) = (Arc::clone(&seen), Arc::clone(&fault));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("the listener is open");
                let fault = faults.lock().expect("no test panics with it").clone();
                let (notes, texts, closing) = (Arc::clone(&notes), texts.clone(), closing.clone());
                tokio::spawn(async move {
                    serve(stream, texts, fault, notes).await;
                    closing.send_modify(|count| *count += 1);
                });
            }
        });
        Self {
            address,
            seen,
            closed,
            fault,
        }
    }

    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().expect("no test panics with it").clone()
    }

    pub fn set(&self, fault: Fault) {
        *self.fault.lock().expect("no test panics with it") = fault;
    }

    /// Waits until a connection is closed.
    pub async fn until_closed(&self) {
        let mut closed = self.closed.clone();
        closed.wait_for(|count| *count > 0).await.expect("the server runs");
    }
}

async fn serve(mut stream: TcpStream, texts: Vec<String>, fault: Fault, seen: Arc<Mutex<Seen>>) {
    let mut bytes = [0; 4096];
    if fault == Fault::Hangs {
        while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
        return;
    }
    if let Fault::Refuses(status, headers, body) = fault {
        let _ = stream.read(&mut bytes).await;
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{headers}connection: close\r\n\r\n{body}"
        );
        let _ = stream.write_all(answer.as_bytes()).await;
        return;
    }
    let notes = Arc::clone(&seen);
    #[allow(clippy::result_large_err, reason = "the library wants it so")]
    let note = move |request: &Request, response: Response| {
        let mut notes = notes.lock().expect("no test panics with it");
        notes.uri = request.uri().to_string();
        let header = request.headers().get("authorization");
        notes.authorization = header.and_then(|key| key.to_str().ok()).unwrap_or_default().to_owned();
        Ok(response)
    };
    let Ok(mut socket) = accept_hdr_async(stream, note).await else {
        return;
    };
    let (mut samples, mut settled, mut next) = (0, 0, 0);
    while let Some(Ok(message)) = socket.next().await {
        let asked = match message {
            Message::Binary(sound) => {
                samples += sound.len() / 2;
                seen.lock()
                    .expect("no test panics with it")
                    .sound
                    .extend_from_slice(&sound);
                if let Fault::Resets(tenths) = fault
                    && samples >= tenths * 1600
                {
                    let _ = socket.get_ref().set_zero_linger();
                    return;
                }
                // A guess at the first half of what is said, now and then.
                let text = texts.get(next).map_or("", String::as_str);
                let half = text.split(' ').count().div_ceil(2);
                let guess: Vec<&str> = text.split(' ').take(half).collect();
                if fault != Fault::Stalls && samples % 3200 == 0 {
                    let guess = results(&guess.join(" "), settled, samples, false, false);
                    let _ = socket.send(Message::text(guess)).await;
                }
                continue;
            }
            Message::Text(text) => serde_json::from_str::<Value>(&text).expect("it is JSON")["type"]
                .as_str()
                .expect("it has a type")
                .to_owned(),
            _ => continue,
        };
        seen.lock().expect("no test panics with it").asked.push(asked.clone());
        let is_end = asked == "CloseStream";
        if asked == "KeepAlive" || fault == Fault::Stalls {
            continue;
        }
        match fault {
            Fault::Malformed => {
                let _ = socket.send(Message::text("{\"type\":\"Results\",\"channel\":{")).await;
                continue;
            }
            Fault::Reports => {
                let error = json!({"type": "Error", "description": "out of ears", "variant": "x"});
                let _ = socket.send(Message::text(error.to_string())).await;
                continue;
            }
            Fault::Closes(code) => {
                let frame = CloseFrame {
                    code: code.into(),
                    reason: "NET-0000".into(),
                };
                let _ = socket.close(Some(frame)).await;
                continue;
            }
            Fault::HasNothingLeft if !is_end => continue,
            _ => {}
        }
        if samples > settled {
            let text = texts.get(next).map_or("", String::as_str);
            let heard = results(text, settled, samples, true, !is_end);
            let _ = socket.send(Message::text(heard)).await;
            (settled, next) = (samples, next + 1);
        }
        if is_end {
            let metadata = json!({"type": "Metadata", "duration": samples as f64 / 16_000.0, "channels": 1});
            let _ = socket.send(Message::text(metadata.to_string())).await;
            let _ = socket.close(None).await;
        }
    }
    // Lets the client read everything.
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// What is said between two samples, in words of 100 ms.
fn results(text: &str, from: usize, to: usize, is_final: bool, from_finalize: bool) -> String {
    let seconds = |sample: usize| sample as f64 / 16_000.0;
    let words = text.split_whitespace().enumerate().map(|(at, word)| {
        let start = seconds(from) + at as f64 * 0.1;
        json!({
            "word": word.to_lowercase(), "punctuated_word": word, "start": start, "end": start + 0.1, "confidence": 0.75,
        })
    });
    let words: Vec<Value> = words.collect();
    json!({
        "type": "Results", "channel_index": [0, 1], "start": seconds(from), "duration": seconds(to - from),
        "is_final": is_final, "speech_final": false, "from_finalize": from_finalize,
        "channel": {"alternatives": [{"transcript": text, "confidence": 0.75, "words": words}]},
        "metadata": {"request_id": "r", "model_info": {"name": "nova-3"}},
    })
    .to_string()
}

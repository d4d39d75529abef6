//! A caller over a WebSocket: document 001's, to which a recording is handed when it is whole, or document 004's, which is sent
//! sound in pieces of 100 ms as a browser's recorder makes them. One task a caller.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::Message;

use super::access::{Access, Shut, timed};
use super::web_socket::{Socket, connect};
use super::{Shared, report, wav};
use crate::api::Api;
use crate::caller::{Caller, Input, JOIN_TIMEOUT, Order, Sound};
use crate::clip::PCM_FRAME;
use crate::surface::Surface;

/// Frames in a piece of sound.
const PIECE: usize = 5;
const FRAME: Duration = Duration::from_millis(20);
/// How long a goodbye is waited for.
const GOODBYE: Duration = Duration::from_secs(5);

struct Connection {
    surface: Surface,
    socket: Socket,
    /// Sound that makes no whole piece yet.
    piece: Vec<i16>,
    /// The server has ended the conversation: nothing more is to be sent.
    is_over: bool,
}

/// Who a caller is, and in what conversation, across connections.
#[derive(Default)]
struct Identity {
    api: Option<Api>,
    conversation: Option<String>,
}

/// Does what a caller wants until it is done, or everything is to stop.
pub async fn talk(mut caller: Caller, surface: Surface, access: Arc<Access>, measures: Shared, stop: Arc<AtomicBool>) {
    let mut ticks = interval(FRAME);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut connection: Option<Connection> = None;
    let mut identity = Identity::default();
    while !caller.is_done() {
        let inputs = tokio::select! {
            biased;
            inputs = incoming(&mut connection) => inputs,
            due = ticks.tick() => {
                let sound = caller.tick(due.into_std(), Instant::now());
                match &mut connection {
                    Some(connection) => connection.send(sound).await.err().into_iter().collect(),
                    None => Vec::new(),
                }
            }
        };
        for input in inputs {
            caller.handle(input, Instant::now());
        }
        while let Some(order) = caller.poll_order() {
            let input = match order {
                Order::Begin | Order::Rejoin => {
                    if order == Order::Begin {
                        identity.conversation = None;
                    }
                    let opening = open(surface, &access, &mut identity);
                    let opened = timeout(JOIN_TIMEOUT, opening).await;
                    // Nothing was due while nobody was there.
                    ticks.reset();
                    match opened {
                        Ok(Ok((opened, offered))) => {
                            connection = Some(opened);
                            Some(Input::Connected { offered })
                        }
                        Ok(Err(Shut::Refused { took, retry_after })) => Some(Input::Refused { took, retry_after }),
                        Ok(Err(Shut::Failed(why))) => Some(Input::Failed(why)),
                        Err(_) => Some(Input::Failed(format!(
                            "not connected after {} s",
                            JOIN_TIMEOUT.as_secs()
                        ))),
                    }
                }
                Order::Vanish => {
                    connection = None;
                    None
                }
                Order::End => Some(end(connection.take(), &identity).await),
                Order::Rebind => None,
            };
            if let Some(input) = input {
                caller.handle(input, Instant::now());
            }
        }
        if stop.load(Ordering::Relaxed) && !caller.is_done() {
            caller.handle(
                Input::Failed("the run was stopped before its end".to_owned()),
                Instant::now(),
            );
            report_to(&measures, &mut caller, surface, &identity);
            return;
        }
        report_to(&measures, &mut caller, surface, &identity);
    }
}

fn report_to(measures: &Shared, caller: &mut Caller, surface: Surface, identity: &Identity) {
    let conversation = identity.conversation.as_deref().unwrap_or_default();
    report(measures, caller, surface, conversation, Instant::now());
}

/// What the next message means. Without a connection there is none.
async fn incoming(connection: &mut Option<Connection>) -> Vec<Input> {
    match connection {
        Some(connection) => match connection.next().await {
            Ok(message) => {
                // A scenario that has come to its end ends the conversation by itself; its last words are still listened to.
                connection.is_over |= message["type"] == "conversation_ended";
                inputs(connection.surface, &message)
            }
            Err(why) => vec![Input::Failed(why)],
        },
        None => std::future::pending().await,
    }
}

impl Connection {
    /// The next message. Cancelling it loses nothing.
    async fn next(&mut self) -> Result<Value, String> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    return serde_json::from_str(&text).map_err(|error| format!("a message is no JSON: {error}"));
                }
                Some(Ok(Message::Close(_))) | None => return Err("the connection was closed before its end".to_owned()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.to_string()),
            }
        }
    }

    async fn next_of(&mut self, kind: &str) -> Result<(), Shut> {
        loop {
            let message = self.next().await.map_err(Shut::Failed)?;
            if message["type"] == kind {
                return Ok(());
            }
            if message["type"] == "error" {
                return Err(Shut::Failed(message["code"].to_string()));
            }
        }
    }

    async fn say(&mut self, message: &Value) -> Result<(), String> {
        let sent = self.socket.send(Message::text(message.to_string())).await;
        sent.map_err(|error| error.to_string())
    }

    /// Sends 20 ms, or keeps them until there is enough to send.
    async fn send(&mut self, sound: Sound) -> Result<(), Input> {
        if self.is_over {
            return Ok(());
        }
        let message = match (self.surface, sound) {
            (_, Sound::Nothing) | (Surface::Chat, Sound::Silence | Sound::Voice { is_last: false, .. }) => {
                return Ok(());
            }
            (Surface::Chat, Sound::Voice { clip, .. }) => {
                json!({"type": "audio", "content": wav::encode(clip.all_samples())})
            }
            (_, sound) => {
                match &sound {
                    Sound::Voice { clip, frame, .. } => self.piece.extend_from_slice(clip.samples(*frame)),
                    _ => self.piece.resize(self.piece.len() + PCM_FRAME, 0),
                }
                let is_last = matches!(sound, Sound::Voice { is_last: true, .. });
                if self.piece.len() < PIECE * PCM_FRAME && !is_last {
                    return Ok(());
                }
                let data = wav::base64(&self.piece);
                self.piece.clear();
                json!({"type": "audio_chunk", "audio_data": data})
            }
        };
        self.say(&message).await.map_err(Input::Failed)
    }
}

/// Begins a conversation, or goes on with one; and when that was asked for.
async fn open(surface: Surface, access: &Access, identity: &mut Identity) -> Result<(Connection, Instant), Shut> {
    let api = access.api(identity.api.take()).await?;
    let (path, bearer) = match (surface, &identity.conversation) {
        (Surface::Chat, conversation) => {
            let conversation = match conversation {
                Some(conversation) => conversation.clone(),
                None => timed(api.start_chat(&access.topic, &access.language)).await?,
            };
            let path = format!("/livekit/ws/chat/{conversation}");
            identity.conversation = Some(conversation);
            (path, Some(api.token().to_owned()))
        }
        _ => (
            format!("/ws?language={}&scenario={}", access.language, access.topic),
            None,
        ),
    };
    identity.api = Some(api);
    let offered = Instant::now();
    let socket = connect(access, &path, bearer.as_deref()).await?;
    let mut connection = Connection {
        surface,
        socket,
        piece: Vec::new(),
        is_over: false,
    };
    if surface == Surface::Stream {
        connection.next_of("connection_established").await?;
        let start = json!({"type": "start_conversation"});
        connection.say(&start).await.map_err(Shut::Failed)?;
        connection.next_of("conversation_started").await?;
    }
    Ok((connection, offered))
}

async fn end(connection: Option<Connection>, identity: &Identity) -> Input {
    let Some(mut connection) = connection else {
        return Input::Ended;
    };
    let ended = match (connection.surface, &identity.api, &identity.conversation) {
        (Surface::Chat, Some(api), Some(conversation)) => timed(api.end_chat(conversation)).await,
        _ if connection.is_over => Ok(()),
        _ => {
            let goodbye = async {
                let message = json!({"type": "end_conversation"});
                connection.say(&message).await.map_err(Shut::Failed)?;
                connection.next_of("conversation_ended").await
            };
            let over = || Shut::Failed("the end of a conversation was not told".to_owned());
            timeout(GOODBYE, goodbye).await.unwrap_or_else(|_| Err(over()))
        }
    };
    // Whether the goodbye is read makes no difference.
    let _ = connection.socket.close(None).await;
    match ended {
        Ok(()) => Input::Ended,
        Err(Shut::Failed(why)) => Input::Failed(why),
        Err(Shut::Refused { .. }) => Input::Failed("the server had no time for the end of a conversation".to_owned()),
    }
}

/// What a message means to a caller.
fn inputs(surface: Surface, message: &Value) -> Vec<Input> {
    let text = |name: &str| message[name].as_str().unwrap_or_default();
    let reply = |name| Input::Reply {
        plays_for: wav::length(text(name)).unwrap_or_default(),
    };
    let words = |name| Input::Words(text(name).to_owned());
    match (surface, message["type"].as_str()) {
        (Surface::Chat, Some("text")) => vec![words("content")],
        (Surface::Chat, Some("audio")) => vec![reply("content")],
        (Surface::Chat, _) if message["error"].is_string() => vec![Input::Failed(text("error").to_owned())],
        (Surface::Stream, Some("transcript")) if message["is_final"] == true && !text("text").is_empty() => {
            vec![Input::Transcript(text("text").to_owned())]
        }
        (Surface::Stream, Some("ai_response")) => vec![words("text"), reply("audio_data")],
        (Surface::Stream, Some("error")) => vec![Input::Failed(format!("{}: {}", text("code"), text("message")))],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_both_documents_mean_the_same_to_a_caller() {
        let second = wav::encode(&[0; 16_000]);
        let said = |surface, message| format!("{:?}", inputs(surface, &message));
        let chat = |message| said(Surface::Chat, message);
        assert_eq!(
            chat(json!({"conversation_id": "c", "content": "Bien", "type": "text"})),
            "[Words(\"Bien\")]"
        );
        assert_eq!(
            chat(json!({"content": second, "type": "audio"})),
            "[Reply { plays_for: 1s }]"
        );
        assert_eq!(chat(json!({"error": "no"})), "[Failed(\"no\")]");
        let stream = |message| said(Surface::Stream, message);
        assert_eq!(
            stream(json!({"type": "ai_response", "text": "Bien", "audio_data": second})),
            "[Words(\"Bien\"), Reply { plays_for: 1s }]"
        );
        assert_eq!(
            stream(json!({"type": "transcript", "text": "Deux", "is_final": true})),
            "[Transcript(\"Deux\")]"
        );
        assert_eq!(
            stream(json!({"type": "transcript", "text": "De", "is_final": false})),
            "[]"
        );
        assert_eq!(
            stream(json!({"type": "transcript", "text": "", "is_final": true})),
            "[]"
        );
        assert_eq!(
            stream(json!({"type": "error", "code": "NO_SESSION", "message": "none"})),
            "[Failed(\"NO_SESSION: none\")]"
        );
        assert_eq!(
            stream(json!({"type": "ai_response", "text": "x", "audio_data": ""})),
            "[Words(\"x\"), Reply { plays_for: 0ns }]"
        );
    }
}

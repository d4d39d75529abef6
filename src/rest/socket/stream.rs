//! One connection of document 004: sound in, transcripts and replies out. The conversation is a guest's, and ends with the
//! connection, since nobody could come back to it.

use std::time::Duration;

use actix_web::web;
use colloquy_agents::engine::{Pace, SpeakRequest};
use colloquy_agents::language::Language;
use colloquy_agents::scenario::Progress;
use colloquy_signaling::stream::{StreamError, StreamEvent, StreamMessage};
use futures::StreamExt;
use futures::future::LocalBoxFuture;
use futures::stream::FuturesOrdered;
use tokio::time::timeout;

use super::ear::Ear;
use crate::audio::{Voicing, encode};
use crate::clock::Timestamp;
use crate::content::OPEN_TALK;
use crate::conversations::NewConversation;
use crate::live::exchange::Held;
use crate::live::line::{End, LineEvent, Sound};
use crate::live::record::no_recogniser;
use crate::rest::error::ApiError;
use crate::rest::limits::Meter;
use crate::rest::websocket::WebSocket;
use crate::rest::{Services, base64};
use crate::storage::conversations::{Conversation, Surface};
use crate::storage::messages::Sender;
use crate::storage::users::User;

/// How long what is being said may take to come to its end.
const ENDING: Duration = Duration::from_secs(2);

/// The connection.
pub(super) struct Stream {
    services: web::Data<Services>,
    id: String,
    language: Language,
    scenario: Option<String>,
    /// Counts its conversations and turns.
    meter: Meter,
    /// Whose conversations they are; made with the first.
    guest: Option<User>,
    session: Option<Session>,
    /// Replies that are being spoken.
    replies: FuturesOrdered<LocalBoxFuture<'static, String>>,
}

/// A conversation under way.
struct Session {
    conversation: Conversation,
    held: Held,
    ear: Ear,
}

/// What happened next.
enum Event {
    Message(Option<bytes::Bytes>),
    Line(Option<LineEvent>),
    Reply(Option<String>),
}

impl Stream {
    pub(super) fn new(
        services: web::Data<Services>,
        connection: u64,
        language: Language,
        scenario: Option<String>,
        meter: Meter,
    ) -> Self {
        Self {
            services,
            id: format!("conn_{connection}"),
            language,
            scenario,
            meter,
            guest: None,
            session: None,
            replies: FuturesOrdered::new(),
        }
    }

    /// Holds the connection until it is over.
    pub(super) async fn hold(mut self, mut socket: WebSocket) {
        let established = StreamEvent::ConnectionEstablished {
            connection_id: &self.id,
            message: "Connected to Conversational AI",
        };
        let mut is_open = socket.send(established.to_json()).await;
        while is_open {
            let event = self.next(&mut socket).await;
            let told = match event {
                Event::Message(None) => break,
                Event::Message(Some(message)) => self.handle(&message).await,
                Event::Line(event) => self.handle_line(event).await,
                Event::Reply(reply) => reply,
            };
            if let Some(text) = told {
                is_open = socket.send(text).await;
            }
        }
        self.conclude().await;
    }

    async fn next(&mut self, socket: &mut WebSocket) -> Event {
        let Self { session, replies, .. } = self;
        let has_session = session.is_some();
        let line = async {
            match session {
                Some(session) => session.held.events.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            message = socket.next() => Event::Message(message),
            event = line, if has_session => Event::Line(event),
            reply = replies.next(), if !replies.is_empty() => Event::Reply(reply),
        }
    }

    /// Does what a message asks; gives the answer, if it has one.
    async fn handle(&mut self, message: &[u8]) -> Option<String> {
        let done = match StreamMessage::parse(message) {
            Ok(StreamMessage::StartConversation) => self.start().await.map(Some),
            Ok(StreamMessage::AudioChunk(piece)) => self.hear(&piece).await.map(|()| None),
            Ok(StreamMessage::EndConversation) => {
                self.conclude().await;
                Ok(Some(ended()))
            }
            Err(error) => Err(error),
        };
        done.unwrap_or_else(|error| Some(error.to_json()))
    }

    /// Begins a conversation; one that is under way ends first.
    async fn start(&mut self) -> Result<String, StreamError> {
        self.conclude().await;
        self.count().await?;
        let session = self.begin().await.map_err(|error| self.fault(&error))?;
        self.session = Some(session);
        let session_id = format!("session_{}_{}", self.id, Timestamp::now().as_millis() / 1000);
        Ok(StreamEvent::ConversationStarted {
            session_id: &session_id,
            message: "Ready to listen",
        }
        .to_json())
    }

    async fn count(&self) -> Result<(), StreamError> {
        self.meter.spend(&self.services).await.map_err(|error| match error {
            ApiError::RateLimited { retry_after } => StreamError::TooMany { retry_after },
            error => self.fault(&error),
        })
    }

    async fn begin(&mut self) -> Result<Session, ApiError> {
        let now = Timestamp::now();
        let guest = match self.guest.take() {
            Some(guest) => guest,
            None => self.services.accounts.admit_guest(now).await?.user,
        };
        let guest = self.guest.insert(guest);
        let new = NewConversation {
            id: None,
            surface: Surface::Socket,
            organisation: None,
            topic: self.scenario.clone().unwrap_or_else(|| OPEN_TALK.to_owned()),
            language: Some(self.language.name().to_owned()),
            difficulty: None,
            correction: None,
            scenario: None,
            context: serde_json::Map::new(),
        };
        let (conversation, _) = self.services.conversations.create(guest, new, now).await?;
        let held = self.services.live.line(&conversation).await?;
        tracing::info!(conversation_id = %conversation.id.logged(), "a conversation over a WebSocket");
        Ok(Session {
            conversation,
            held,
            ear: Ear::new(self.services.streaming.sample_rate),
        })
    }

    async fn hear(&mut self, piece: &str) -> Result<(), StreamError> {
        let session = self.session.as_mut().ok_or(StreamError::NoSession)?;
        let samples = session.ear.hear(piece)?;
        for piece in samples.chunks(self.services.streaming.chunk_size) {
            // Whoever sends faster than it can be heard waits here, and others get their turn.
            if session.held.line.send(Sound(piece.to_vec())).await.is_err() {
                return Err(StreamError::NoSession);
            }
        }
        Ok(())
    }

    async fn handle_line(&mut self, event: Option<LineEvent>) -> Option<String> {
        match event {
            Some(LineEvent::Transcript {
                text,
                is_final,
                turn_detected,
            }) => {
                if is_final && let Err(error) = self.count().await {
                    // Sound goes on coming, and would become turn after turn.
                    self.conclude().await;
                    return Some(error.to_json());
                }
                let transcript = StreamEvent::Transcript {
                    text: &text,
                    is_final,
                    turn_detected,
                };
                Some(transcript.to_json())
            }
            Some(LineEvent::Recorded { message, progress }) if message.sender == Sender::Ai => {
                self.speak(message.content, &progress);
                None
            }
            Some(LineEvent::Recorded { .. } | LineEvent::Assessed(_)) => None,
            Some(LineEvent::Unanswered) => {
                tracing::error!("a turn was not answered");
                Some(StreamError::Processing("no reply could be made".to_owned()).to_json())
            }
            Some(LineEvent::Unrecognised) => Some(StreamError::Processing(no_recogniser(self.language)).to_json()),
            // It was played to its end, or broke off.
            Some(LineEvent::Ended(_)) | None => {
                self.conclude().await;
                Some(ended())
            }
        }
    }

    /// Has a reply spoken, after those before it.
    fn speak(&mut self, text: String, progress: &Progress) {
        let pace = self
            .session
            .as_ref()
            .map_or(Pace::Natural, |session| session.held.script.pace(progress));
        let (voicing, language) = (self.services.voicing.clone(), self.language);
        let rate = self.services.streaming.sample_rate;
        self.replies.push_back(Box::pin(async move {
            let audio_data = spoken(&voicing, language, &text, pace, rate).await;
            StreamEvent::AiResponse {
                text: &text,
                audio_data: &audio_data,
            }
            .to_json()
        }));
    }

    /// Ends the conversation, if there is one: what was said is recorded and summed up.
    async fn conclude(&mut self) {
        let Some(Session {
            conversation, mut held, ..
        }) = self.session.take()
        else {
            return;
        };
        self.replies.clear();
        held.line.do_send(End);
        let over = async {
            while let Some(event) = held.events.recv().await {
                if matches!(event, LineEvent::Ended(_)) {
                    return;
                }
            }
        };
        if timeout(ENDING, over).await.is_err() {
            tracing::warn!("a conversation over a WebSocket did not come to its end in time");
        }
        drop(held);
        let services = &self.services;
        let concluded = services
            .conversations
            .conclude(services.calls.as_ref(), &conversation.id, Timestamp::now())
            .await;
        if let Err(error) = concluded {
            tracing::error!(%error, conversation_id = %conversation.id.logged(), "the conversation could not be concluded");
        }
    }

    /// What is told of a fault of ours: all of it only while the program is being looked into.
    fn fault(&self, error: &ApiError) -> StreamError {
        tracing::error!(%error, "a conversation over a WebSocket can't begin");
        StreamError::Processing(if self.services.streaming.debug {
            error.to_string()
        } else {
            "the conversation can't begin".to_owned()
        })
    }
}

fn ended() -> String {
    StreamEvent::ConversationEnded {
        message: "Conversation ended",
    }
    .to_json()
}

/// A text as a WAV file in base64; empty where it can't be said.
async fn spoken(voicing: &Voicing, language: Language, text: &str, pace: Pace, rate: u32) -> String {
    if !voicing.speaks(language) {
        return String::new();
    }
    let request = SpeakRequest {
        language,
        text: text.to_owned(),
        pace,
        melody: None,
    };
    let sound = match voicing.say(request).await {
        Ok(sound) => sound,
        Err(error) => {
            tracing::warn!(%error, "a reply is only written");
            return String::new();
        }
    };
    let file = web::block(move || sound.at(rate).map(|sound| base64::encode(&encode::wav(&sound)))).await;
    match file {
        Ok(Ok(file)) => file,
        Ok(Err(error)) => {
            tracing::warn!(%error, "a reply is only written");
            String::new()
        }
        Err(_) => String::new(),
    }
}

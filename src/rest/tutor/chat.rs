//! Document 001's WebSocket: each message is a turn, each reply is its words and then their sound. Nothing is kept in the
//! connection, so that whoever loses one connects again and goes on.

use std::collections::VecDeque;
use std::rc::Rc;

use actix_rt::task::JoinHandle;
use actix_web::{HttpRequest, HttpResponse, web};
use actix_ws::CloseCode;
use colloquy_agents::engine::SpeakRequest;
use colloquy_agents::language::Language;
use colloquy_signaling::chat::{ChatMessage, ChatReply, MAX_MESSAGE, ReplyKind};
use serde::Deserialize;
use tracing::Instrument;

use crate::accounts::scope::Scope;
use crate::audio::decode::decode_or_raw_elsewhere;
use crate::audio::{DecodeError, UPLOAD_LIMIT, encode};
use crate::clock::Timestamp;
use crate::config::Secret;
use crate::live::exchange::{Exchange, Said};
use crate::rest::client::Client;
use crate::rest::conversations::named;
use crate::rest::error::ApiError;
use crate::rest::limits::{self, Meter};
use crate::rest::messages::speech;
use crate::rest::principal::shown_by;
use crate::rest::query::Query;
use crate::rest::websocket::WebSocket;
use crate::rest::{Services, base64};
use crate::storage::conversations::Conversation;

/// What the URL may carry.
#[derive(Deserialize)]
pub(super) struct ChatQuery {
    token: Option<String>,
}

/// Messages that wait while one is answered, and their bytes altogether: one that is as long as may be, and some room.
const WAITING: usize = 8;
const WAITING_BYTES: usize = 16 * 1024 * 1024;

/// `GET /livekit/ws/chat/{id}?token=`
pub(super) async fn connect(
    services: web::Data<Services>,
    id: web::Path<String>,
    Query(query): Query<ChatQuery>,
    client: Client,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let credential = shown_by(&request).or(query.token).ok_or(ApiError::Unauthorized)?;
    let principal = services.accounts.authenticate(&credential, Timestamp::now()).await?;
    principal.require(Scope::ManageConversations)?;
    let id = named(&id)?;
    let conversation = services
        .conversations
        .open(&principal.user.id, &id, Timestamp::now())
        .await?;
    let counted = limits::socket(&services, &client).await?;
    let (response, socket) = services
        .websockets
        .accept(&request, body, MAX_MESSAGE, services.live.closing())?;
    let span = tracing::Span::current();
    let chat = Chat {
        services,
        conversation,
        meter: Meter::of_credential(&credential),
        credential: Secret::new(credential),
    };
    let held = async move {
        chat.hold(socket).await;
        drop(counted);
    };
    actix_rt::spawn(tracing::Instrument::instrument(held, span));
    Ok(response)
}

struct Chat {
    services: web::Data<Services>,
    conversation: Conversation,
    /// Looked at again with every message: it may have been revoked.
    credential: Secret,
    /// Counts its turns.
    meter: Meter,
}

/// The credential is good for nothing any more.
struct Revoked;

type Answering = JoinHandle<Result<Vec<String>, Revoked>>;

impl Chat {
    /// Answers message after message until the connection is over. It goes on being read while a reply is made. A turn that
    /// was begun is taken to its end also when the connection is lost: whoever connects again finds it in the history.
    async fn hold(self, mut socket: WebSocket) {
        let chat = Rc::new(self);
        let mut waiting: VecDeque<bytes::Bytes> = VecDeque::new();
        let mut answering: Option<Answering> = None;
        loop {
            if answering.is_none()
                && let Some(message) = waiting.pop_front()
            {
                let chat = Rc::clone(&chat);
                let answer = async move { chat.answer(message).await };
                answering = Some(actix_rt::spawn(answer.in_current_span()));
            }
            tokio::select! {
                message = socket.next() => {
                    let Some(message) = message else { return };
                    let bytes: usize = waiting.iter().map(bytes::Bytes::len).sum();
                    if waiting.len() < WAITING && bytes + message.len() <= WAITING_BYTES {
                        waiting.push_back(message);
                    } else if !socket.send(error("Too many messages wait to be answered")).await {
                        return;
                    }
                }
                replies = async { answering.as_mut().expect("guarded by the precondition").await }, if answering.is_some() => {
                    answering = None;
                    let replies = match replies {
                        Ok(Ok(replies)) => replies,
                        Ok(Err(Revoked)) => {
                            socket.close(CloseCode::Policy, "the credential is not valid any more").await;
                            return;
                        }
                        Err(failure) => {
                            tracing::error!(error = %failure, "a turn broke off");
                            vec![error(&ApiError::Internal.to_string())]
                        }
                    };
                    for reply in replies {
                        if !socket.send(reply).await {
                            return;
                        }
                    }
                }
            }
            if chat.services.live.is_closing() {
                socket.close(CloseCode::Away, "the server is shutting down").await;
                return;
            }
        }
    }

    async fn answer(&self, message: bytes::Bytes) -> Result<Vec<String>, Revoked> {
        let now = Timestamp::now();
        let principal = self.services.accounts.authenticate(self.credential.expose(), now).await;
        match principal.map_err(ApiError::from) {
            Ok(_) => {}
            Err(ApiError::Unauthorized) => return Err(Revoked),
            Err(why) => return Ok(vec![error(&why.to_string())]),
        }
        Ok(match self.exchange(&message).await {
            Ok(exchange) => self.told(&exchange).await,
            Err(why) => vec![error(&why)],
        })
    }

    /// Takes a turn; the error is what the client is told.
    async fn exchange(&self, message: &[u8]) -> Result<Exchange, String> {
        let counted = self.meter.spend(&self.services).await;
        counted.map_err(|error| error.to_string())?;
        let said = match ChatMessage::parse(message).map_err(|error| error.to_string())? {
            ChatMessage::Text(text) => Said::Text(text),
            ChatMessage::Audio(data) => recording(&data).await.map_err(|error| error.to_string())?,
        };
        let exchange = self.services.live.exchange(&self.conversation, said).await;
        exchange.map_err(|error| ApiError::from(error).to_string())
    }

    /// The reply's words, and their sound where there is a voice.
    async fn told(&self, exchange: &Exchange) -> Vec<String> {
        let reply = |content: &str, kind| {
            let conversation_id = self.conversation.id.as_str();
            ChatReply::Reply {
                conversation_id,
                content,
                kind,
            }
            .to_json()
        };
        let text = &exchange.reply.content;
        let mut told = vec![reply(text, ReplyKind::Text)];
        let language = Language::parse(&self.conversation.language).unwrap_or(Language::English);
        if !self.services.voicing.speaks(language) {
            return told;
        }
        let request = SpeakRequest {
            language,
            text: text.clone(),
            pace: exchange.pace,
            melody: None,
        };
        match self.services.voicing.say(request).await {
            Ok(sound) => told.push(reply(&base64::encode(&encode::wav(&sound)), ReplyKind::Audio)),
            Err(why) => {
                tracing::warn!(error = %why, "a reply is only written");
                told.push(error("The reply could not be spoken"));
            }
        }
        told
    }
}

async fn recording(data: &str) -> Result<Said, ApiError> {
    let file = base64::decode(data)
        .ok_or_else(|| ApiError::InvalidAudio("Invalid audio: \"content\" is not base64".to_owned()))?;
    if file.len() > UPLOAD_LIMIT {
        return Err(DecodeError::TooLarge.into());
    }
    speech(decode_or_raw_elsewhere(file).await?).await
}

fn error(error: &str) -> String {
    ChatReply::Error { error }.to_json()
}

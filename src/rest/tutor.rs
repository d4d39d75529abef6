//! Document 001: a tutor at `/livekit/...`, by requests and a WebSocket.

mod chat;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::Services;
use super::body::Json;
use super::conversations::named;
use super::error::ApiError;
use super::principal::Bearer;
use super::request::concerns;
use super::resource;
use super::text::within;
use crate::accounts::scope::Scope;
use crate::clock::Timestamp;
use crate::content::OPEN_TALK;
use crate::conversations::NewConversation;
use crate::storage::conversations::Surface;

/// Characters that a topic, a level or a language may have.
const NAME_LIMIT: usize = 200;

/// What a conversation shall be like. The document has no body; what is left out comes from the person's preferences.
#[derive(Debug, Default, Deserialize)]
pub struct StartRequest {
    topic: Option<String>,
    language: Option<String>,
    difficulty: Option<String>,
}

/// Adds the routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/livekit/start-conversation", [Method::POST]).route(web::post().to(start)))
        .service(resource("/livekit/end-conversation/{id}", [Method::POST]).route(web::post().to(end)))
        .service(resource("/livekit/ws/chat/{id}", [Method::GET]).route(web::get().to(chat::connect)));
}

/// `POST /livekit/start-conversation`
async fn start(
    services: web::Data<Services>,
    bearer: Result<Bearer, ApiError>,
    Json(request): Json<StartRequest>,
) -> Result<HttpResponse, ApiError> {
    let failed = |error: ApiError| in_words(error, "Failed to start conversation");
    let Bearer(principal) = bearer.map_err(failed)?;
    principal.require(Scope::ManageConversations)?;
    let new = NewConversation {
        id: None,
        surface: Surface::Tutor,
        organisation: None,
        topic: within("topic", request.topic, NAME_LIMIT)?.unwrap_or_else(|| OPEN_TALK.to_owned()),
        language: within("language", request.language, NAME_LIMIT)?,
        difficulty: within("difficulty", request.difficulty, NAME_LIMIT)?,
        correction: None,
        scenario: None,
        context: serde_json::Map::new(),
    };
    let made = services
        .conversations
        .create(&principal.user, new, Timestamp::now())
        .await;
    let (conversation, _) = made.map_err(|error| failed(error.into()))?;
    concerns(&conversation.id);
    Ok(HttpResponse::Ok().json(json!({ "conversation_id": conversation.id })))
}

/// `POST /livekit/end-conversation/{id}`
async fn end(
    services: web::Data<Services>,
    bearer: Result<Bearer, ApiError>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let failed = |error: ApiError| in_words(error, "Failed to end conversation");
    let Bearer(principal) = bearer.map_err(failed)?;
    principal.require(Scope::ManageConversations)?;
    let id = named(&id)?;
    let conversations = &services.conversations;
    conversations
        .owned(&principal.user.id, &id)
        .await
        .map_err(|error| failed(error.into()))?;
    conversations
        .conclude(services.calls.as_ref(), &id, Timestamp::now())
        .await
        .map_err(|error| failed(error.into()))?;
    Ok(HttpResponse::Ok().json(json!({ "message": "Conversation ended successfully" })))
}

/// What is our fault, in the words of the document.
fn in_words(error: ApiError, words: &'static str) -> ApiError {
    match error {
        ApiError::Internal | ApiError::Unavailable => ApiError::Failed(words),
        error => error,
    }
}

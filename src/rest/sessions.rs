//! Document 002: `/api/session/...`

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::body::Json;
use super::error::ApiError;
use super::messages::speech;
use super::principal::OptionalBearer;
use super::request::concerns;
use super::text::required;
use super::upload::{self, Upload};
use super::{Services, origin, resource};
use crate::accounts::Principal;
use crate::accounts::scope::Scope;
use crate::audio::{AudioName, decode};
use crate::clock::Timestamp;
use crate::ids::ConversationId;
use crate::sessions::{Processed, SessionError, Started};
use crate::storage::users::User;

/// Adds the paths.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/api/session/start", [Method::POST]).route(web::post().to(start)))
        .service(resource("/api/session/{id}/process", [Method::POST]).route(web::post().to(process)))
        .service(resource("/api/session/{id}/status", [Method::GET]).route(web::get().to(status)))
        .service(resource("/api/session/{id}", [Method::DELETE]).route(web::delete().to(end)));
}

/// The body of `POST /api/session/start`.
#[derive(Debug, Deserialize)]
pub struct StartRequest {
    scenario: Option<String>,
    language: Option<String>,
}

/// Characters that a scenario or a language may have.
const NAME_LIMIT: usize = 200;

/// `POST /api/session/start`
pub async fn start(
    services: web::Data<Services>,
    request: HttpRequest,
    OptionalBearer(principal): OptionalBearer,
    Json(body): Json<StartRequest>,
) -> Result<HttpResponse, ApiError> {
    let scenario = required("scenario", body.scenario, NAME_LIMIT)?;
    let language = required("language", body.language, NAME_LIMIT)?;
    let owner = learner(principal)?;
    let started = services
        .sessions
        .start(owner, scenario, language, Timestamp::now())
        .await
        .map_err(|error| failed(error, "Failed to initialize session"))?;
    let Started {
        id,
        message,
        audio,
        scenario,
    } = started;
    concerns(&id);
    Ok(HttpResponse::Ok().json(json!({
        "sessionId": id,
        "message": message,
        "audioUrl": url(audio, &request),
        "scenario": { "title": scenario.title, "role": scenario.role },
    })))
}

/// `POST /api/session/{id}/process`
pub async fn process(
    services: web::Data<Services>,
    request: HttpRequest,
    OptionalBearer(principal): OptionalBearer,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let caller = learner(principal)?;
    let found = async {
        let id = named(&id)?;
        let caller = caller.as_ref().map(|caller| &caller.id);
        services.sessions.enter(&id, caller, Timestamp::now()).await
    };
    let conversation = match found.await {
        Ok(found) => found,
        Err(error) => {
            upload::drain(payload).await;
            return Err(failed(error, "Processing failed"));
        }
    };
    concerns(&conversation.id);
    let file = Upload::read(&request, payload, "audio").await?.file;
    let file = file.ok_or_else(|| ApiError::InvalidRequest("No audio file provided".to_owned()))?;
    let sound = decode::decode_elsewhere(file).await?;
    let said = speech(sound).await?;
    let processed = services
        .sessions
        .process(&conversation, said, Timestamp::now)
        .await
        .map_err(|error| failed(error, "Processing failed"))?;
    let Processed {
        message,
        audio,
        standing,
    } = processed;
    Ok(HttpResponse::Ok().json(json!({
        "message": message,
        "audioUrl": url(audio, &request),
        "isComplete": standing.is_complete,
        "currentStep": standing.step,
    })))
}

/// `GET /api/session/{id}/status`
pub async fn status(
    services: web::Data<Services>,
    OptionalBearer(principal): OptionalBearer,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let caller = learner(principal)?;
    let caller = caller.as_ref().map(|caller| &caller.id);
    let (session, conversation) = services
        .sessions
        .find(&named(&id)?, caller, Timestamp::now())
        .await
        .map_err(|error| failed(error, "Failed to read the session"))?;
    concerns(&conversation.id);
    let standing = services.sessions.standing(&conversation);
    Ok(HttpResponse::Ok().json(json!({
        "isActive": true,
        "currentStep": standing.step,
        "stepName": standing.step_name,
        "isComplete": standing.is_complete,
        "exchangeCount": session.audio_counter,
    })))
}

/// `DELETE /api/session/{id}`
pub async fn end(
    services: web::Data<Services>,
    OptionalBearer(principal): OptionalBearer,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let caller = learner(principal)?;
    let caller = caller.as_ref().map(|caller| &caller.id);
    let now = Timestamp::now();
    let failed = |error| failed(error, "Failed to end session");
    let (session, conversation) = services
        .sessions
        .find(&named(&id)?, caller, now)
        .await
        .map_err(failed)?;
    concerns(&conversation.id);
    services
        .sessions
        .end(&session, services.calls.as_ref(), now)
        .await
        .map_err(failed)?;
    Ok(HttpResponse::Ok().json(json!({ "message": "Session ended successfully" })))
}

fn named(id: &str) -> Result<ConversationId, SessionError> {
    ConversationId::parse(id).ok_or(SessionError::NotFound)
}

/// Whose credential it is, if there is one: it must be good for conversations.
fn learner(principal: Option<Principal>) -> Result<Option<User>, ApiError> {
    let Some(principal) = principal else {
        return Ok(None);
    };
    principal.require(Scope::ManageConversations)?;
    Ok(Some(principal.user))
}

fn url(audio: Option<AudioName>, request: &HttpRequest) -> Option<String> {
    audio.map(|audio| audio.url(&origin::of(request)))
}

/// What is our fault is told in the words of the document.
fn failed(error: SessionError, what: &'static str) -> ApiError {
    match ApiError::from(error) {
        ApiError::Internal | ApiError::Unavailable => ApiError::Failed(what),
        other => other,
    }
}

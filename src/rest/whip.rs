//! `/v1/conversations/{id}/whip`: joining a call by WHIP (RFC 9725), or with the same offer as JSON.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use colloquy_signaling::whip::{self, BodyError, OfferForm};
use colloquy_signaling::{Fragment, OfferError};

use super::Services;
use super::body::whole;
use super::conversations::named;
use super::error::{ApiError, sentence};
use super::principal::Bearer;
use crate::accounts::scope::Scope;
use crate::clock::Timestamp;
use crate::ids::ConversationId;
use crate::live::PeerId;
use crate::live::conversation::{JoinError, Patch, PatchError, Patched};
use crate::live::lesson::{self, Opener};
use crate::storage::conversations::Status;

/// The longest offer or fragment, in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;
/// Seconds after which a call that this node has no room for may be tried again.
const RETRY_AFTER: u32 = 5;
const NO_SUCH_PEER: ApiError = ApiError::NotFound("there is no such peer in this conversation");

/// `OPTIONS /v1/conversations/{id}/whip`: what is taken there (RFC 9725 section 4.2). Nothing about the conversation is told.
pub async fn options(id: web::Path<String>) -> Result<HttpResponse, ApiError> {
    named(&id)?;
    Ok(HttpResponse::NoContent()
        .insert_header((header::ALLOW, "POST, OPTIONS"))
        .insert_header((header::HeaderName::from_static("accept-post"), whip::SDP))
        .finish())
}

/// `OPTIONS /v1/conversations/{id}/whip/{peer}`
pub async fn peer_options(path: web::Path<(String, String)>) -> Result<HttpResponse, ApiError> {
    let (id, peer) = path.into_inner();
    named(&id)?;
    peer_of(&peer)?;
    Ok(HttpResponse::NoContent()
        .insert_header((header::ALLOW, "PATCH, DELETE, OPTIONS"))
        .insert_header((header::HeaderName::from_static("accept-patch"), whip::FRAGMENT))
        .finish())
}

/// `POST /v1/conversations/{id}/whip`
pub async fn join(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    id: web::Path<String>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let body = whole(body, BODY_LIMIT).await?;
    principal.require(Scope::ManageConversations)?;
    let id = named(&id)?;
    let form = OfferForm::from_content_type(content_type(&request))?;
    let offer = form.offer(&body)?;
    let conversation = services
        .conversations
        .open(&principal.user.id, &id, Timestamp::now())
        .await?;
    let engines = services.live.engines();
    let prepare = async || lesson::prepare(&services.conversations, engines, &conversation, Opener::Unheard).await;
    let joined = services.live.join(&id, offer, prepare).await?;
    tracing::info!(peer = joined.peer, "somebody joined");

    let (content_type, answer) = form.answer(joined.answer);
    let mut response = HttpResponse::Created();
    response
        .content_type(content_type)
        .insert_header((header::LOCATION, location(&id, joined.peer)))
        .insert_header((header::ETAG, joined.entity_tag))
        .insert_header((header::HeaderName::from_static("accept-patch"), whip::FRAGMENT));
    for server in &services.ice_servers {
        response.append_header((header::LINK, server.link()));
    }
    Ok(response.body(answer))
}

/// `PATCH /v1/conversations/{id}/whip/{peer}`: trickled candidates, or an ICE restart.
pub async fn patch(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    path: web::Path<(String, String)>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let body = whole(body, BODY_LIMIT).await?;
    principal.require(Scope::ManageConversations)?;
    let (id, peer) = path.into_inner();
    let id = named(&id)?;
    services.conversations.owned(&principal.user.id, &id).await?;
    let peer = peer_of(&peer)?;
    if !whip::is_fragment(content_type(&request)) {
        return Err(ApiError::UnsupportedMediaType(format!(
            "The body must be {}",
            whip::FRAGMENT
        )));
    }
    let text = std::str::from_utf8(&body).map_err(|_| ApiError::InvalidRequest("The body is not UTF-8".to_owned()))?;
    let fragment = Fragment::parse(text).map_err(|error| ApiError::InvalidRequest(sentence(&error)))?;
    let if_match = request
        .headers()
        .get(header::IF_MATCH)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let patch = Patch {
        peer,
        fragment,
        if_match,
    };
    Ok(match services.live.patch(&id, patch).await? {
        Patched::Trickled => HttpResponse::NoContent().finish(),
        Patched::Restarted { fragment, entity_tag } => HttpResponse::Ok()
            .content_type(whip::FRAGMENT)
            .insert_header((header::ETAG, entity_tag))
            .body(fragment),
    })
}

/// `DELETE /v1/conversations/{id}/whip/{peer}`
pub async fn leave(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::ManageConversations)?;
    let (id, peer) = path.into_inner();
    let id = named(&id)?;
    let conversation = services.conversations.owned(&principal.user.id, &id).await?;
    let peer = peer_of(&peer)?;
    // The end of a conversation takes its peers along.
    if services.live.leave(&id, peer).await || conversation.status == Status::Completed {
        Ok(HttpResponse::Ok().finish())
    } else {
        Err(NO_SUCH_PEER)
    }
}

fn location(id: &ConversationId, peer: PeerId) -> String {
    format!("/v1/conversations/{id}/whip/{peer}")
}

/// The peer that a path names. Peers are numbered; whatever else is there names none.
fn peer_of(name: &str) -> Result<PeerId, ApiError> {
    name.parse().map_err(|_| NO_SUCH_PEER)
}

fn content_type(request: &HttpRequest) -> Option<&str> {
    request.headers().get(header::CONTENT_TYPE)?.to_str().ok()
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::MediaType => Self::UnsupportedMediaType(sentence(&error)),
            _ => Self::InvalidRequest(sentence(&error)),
        }
    }
}

impl From<JoinError> for ApiError {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::Offer(error @ (OfferError::NoAudio | OfferError::NoOpus)) => {
                Self::Unprocessable(sentence(&error))
            }
            JoinError::Offer(error) => Self::InvalidRequest(sentence(&error)),
            JoinError::Crowded | JoinError::Full | JoinError::Ending | JoinError::Closing => Self::Full {
                reason: sentence(&error),
                retry_after: RETRY_AFTER,
            },
            JoinError::Failed(reason) => {
                tracing::error!(%reason, "a call could not be set up");
                Self::Internal
            }
        }
    }
}

impl From<PatchError> for ApiError {
    fn from(error: PatchError) -> Self {
        match error {
            PatchError::NotFound => NO_SUCH_PEER,
            PatchError::Precondition => Self::Precondition(StatusCode::PRECONDITION_FAILED, sentence(&error)),
            PatchError::Unconditional => Self::Precondition(StatusCode::PRECONDITION_REQUIRED, sentence(&error)),
            PatchError::Fragment(error) => Self::InvalidRequest(sentence(&error)),
        }
    }
}

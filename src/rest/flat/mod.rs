//! Document 003: flat endpoints in envelopes, over the same conversations as all others.

pub mod caller;
pub mod conversations;
pub mod messages;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::ApiError;
use super::{Services, resource};
use crate::clock::Timestamp;
use crate::flat::{FlatConversation, Page};
use crate::ids::ConversationId;
use crate::rest::request::concerns;
use caller::Caller;

/// Adds the paths of document 003.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            resource(
                "/api/conversations",
                [Method::GET, Method::POST, Method::PUT, Method::DELETE],
            )
            .route(web::get().to(conversations::read))
            .route(web::post().to(conversations::create))
            .route(web::put().to(conversations::update))
            .route(web::delete().to(conversations::delete)),
        )
        .service(resource("/api/conversation-end", [Method::POST]).route(web::post().to(conversations::end)))
        .service(
            resource("/api/conversation-messages", [Method::GET, Method::POST])
                .route(web::get().to(messages::list))
                .route(web::post().to(messages::add)),
        )
        .service(
            resource("/api/conversation-message", [Method::GET, Method::PUT, Method::DELETE])
                .route(web::get().to(messages::read))
                .route(web::put().to(messages::update))
                .route(web::delete().to(messages::delete)),
        );
}

/// The envelope of success.
fn done(data: Value, message: Option<&str>) -> HttpResponse {
    sealed(json!({ "success": true, "data": data, "message": message, "timestamp": Timestamp::now() }))
}

/// The same, around a part of a list.
fn part(data: Value, page: Page, total: i64) -> HttpResponse {
    sealed(json!({
        "success": true,
        "data": data,
        "pagination": page.within(total),
        "timestamp": Timestamp::now(),
    }))
}

/// What there is no message about has no key of that name.
fn sealed(mut envelope: Value) -> HttpResponse {
    if let Some(fields) = envelope.as_object_mut()
        && fields.get("message").is_some_and(Value::is_null)
    {
        fields.remove("message");
    }
    HttpResponse::Ok().json(envelope)
}

/// `limit` and `offset`, as they are written.
#[derive(Debug, Deserialize)]
struct PageQuery {
    limit: Option<String>,
    offset: Option<String>,
}

impl PageQuery {
    fn parse(&self, default: i64, most: i64) -> Result<Page, ApiError> {
        let number = |field: &'static str, text: &Option<String>, least: i64, default: i64| match text {
            None => Ok(default),
            Some(text) => match text.parse() {
                Ok(number) if number >= least => Ok(number),
                _ => Err(ApiError::InvalidField {
                    field,
                    reason: format!("is {text:?}, but must be a whole number from {least}"),
                }),
            },
        };
        Ok(Page {
            limit: number("limit", &self.limit, 1, default)?.min(most),
            offset: number("offset", &self.offset, 0, 0)?,
        })
    }
}

/// The conversation of that id, if the caller may know of it, with everything that was said up to this moment.
async fn conversation(services: &Services, caller: &Caller, id: Option<&str>) -> Result<FlatConversation, ApiError> {
    let missing = || ApiError::NotFound("there is no such conversation");
    let id = id.and_then(ConversationId::parse).ok_or_else(missing)?;
    concerns(&id);
    services.conversations.writer().flush().await;
    let found = services.database.flat_conversation(&id).await?.ok_or_else(missing)?;
    if caller.may_see(&found.owner, services.http.trust_user_id) {
        Ok(found)
    } else {
        Err(missing())
    }
}

/// What is required and not there.
fn required<T>(field: &'static str, value: Option<T>) -> Result<T, ApiError> {
    value.ok_or_else(|| ApiError::InvalidField {
        field,
        reason: "is required".to_owned(),
    })
}

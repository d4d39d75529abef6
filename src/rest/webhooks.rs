//! `/v1/webhooks`: who wants to hear of what, where, and what came of it.

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::Json;
use super::error::ApiError;
use super::principal::Bearer;
use super::{Services, resource, text};
use crate::accounts::Principal;
use crate::accounts::scope::Scope;
use crate::clock::Timestamp;
use crate::ids::{DeliveryId, UserId, WebhookId};
use crate::storage::deliveries::{Delivery, DeliveryStatus};
use crate::storage::webhooks::{Webhook, WebhookChange};
use crate::webhooks::destination::LONGEST_URL;
use crate::webhooks::{EVENTS, WebhookError};

/// The body of `POST /v1/webhooks`.
#[derive(Debug, Deserialize)]
pub struct CreateRequest {
    url: Option<String>,
    events: Option<Vec<String>>,
}

/// The body of `PATCH /v1/webhooks/{id}`.
#[derive(Debug, Deserialize)]
pub struct ChangeRequest {
    url: Option<String>,
    events: Option<Vec<String>>,
    active: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct PageQuery {
    limit: Option<i64>,
    offset: Option<i64>,
}

/// Deliveries of one list.
const LIST_LIMIT: i64 = 100;
const DEFAULT_LIST: i64 = 50;

/// Adds the paths of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            resource("/v1/webhooks", [Method::GET, Method::POST])
                .route(web::get().to(list))
                .route(web::post().to(create)),
        )
        .service(resource("/v1/webhooks/deliveries/{id}/replay", [Method::POST]).route(web::post().to(replay)))
        .service(resource("/v1/webhooks/{id}/deliveries", [Method::GET]).route(web::get().to(deliveries)))
        .service(
            resource("/v1/webhooks/{id}", [Method::GET, Method::PATCH, Method::DELETE])
                .route(web::get().to(read))
                .route(web::patch().to(change))
                .route(web::delete().to(delete)),
        );
}

/// `GET /v1/webhooks`
pub async fn list(services: web::Data<Services>, Bearer(principal): Bearer) -> Result<HttpResponse, ApiError> {
    let owner = owner(&principal)?;
    let webhooks = services.webhooks.of(owner).await?;
    Ok(HttpResponse::Ok().json(json!({ "webhooks": webhooks.iter().map(shown).collect::<Vec<_>>() })))
}

/// `POST /v1/webhooks`
pub async fn create(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    Json(request): Json<CreateRequest>,
) -> Result<HttpResponse, ApiError> {
    let owner = owner(&principal)?;
    let url = text::required("url", request.url, LONGEST_URL)?;
    let webhook = services
        .webhooks
        .create(owner, &url, request.events.unwrap_or_default(), Timestamp::now())
        .await?;
    let mut told = shown(&webhook);
    // Told this once.
    told["secret"] = Value::String(webhook.secret);
    Ok(HttpResponse::Created()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::LOCATION, format!("/v1/webhooks/{}", webhook.id)))
        .json(told))
}

/// `GET /v1/webhooks/{id}`
pub async fn read(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let webhook = services.webhooks.owned(owner(&principal)?, &named(&id)?).await?;
    Ok(HttpResponse::Ok().json(shown(&webhook)))
}

/// `PATCH /v1/webhooks/{id}`
pub async fn change(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    id: web::Path<String>,
    Json(request): Json<ChangeRequest>,
) -> Result<HttpResponse, ApiError> {
    let change = WebhookChange {
        url: request.url,
        events: request.events,
        is_active: request.active,
    };
    let webhook = services
        .webhooks
        .change(owner(&principal)?, &named(&id)?, change, Timestamp::now())
        .await?;
    Ok(HttpResponse::Ok().json(shown(&webhook)))
}

/// `DELETE /v1/webhooks/{id}`
pub async fn delete(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    services.webhooks.delete(owner(&principal)?, &named(&id)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `GET /v1/webhooks/{id}/deliveries`
pub async fn deliveries(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    id: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = web::Query::<PageQuery>::from_query(request.query_string());
    let query = query.map_err(|error| ApiError::InvalidRequest(format!("The query can't be read: {error}")))?;
    let limit = within("limit", query.limit.unwrap_or(DEFAULT_LIST), 1, LIST_LIMIT)?;
    let offset = within("offset", query.offset.unwrap_or_default(), 0, i64::from(u32::MAX))?;
    let id = named(&id)?;
    let (deliveries, total) = services
        .webhooks
        .deliveries(owner(&principal)?, &id, limit, offset)
        .await?;
    Ok(HttpResponse::Ok().json(json!({
        "deliveries": deliveries.iter().map(shown_delivery).collect::<Vec<_>>(),
        "total": total,
        "limit": limit,
        "offset": offset,
    })))
}

/// `POST /v1/webhooks/deliveries/{id}/replay`
pub async fn replay(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = DeliveryId::parse(&id).ok_or(WebhookError::NoDelivery)?;
    let again = services
        .webhooks
        .replay(owner(&principal)?, &id, Timestamp::now())
        .await?;
    Ok(HttpResponse::Accepted().json(shown_delivery(&again)))
}

/// Whose webhooks they are: events tell of conversations and of progress, so the credential must be good for both. What an
/// application would set up outlived what it was allowed: it may not.
fn owner(principal: &Principal) -> Result<&UserId, ApiError> {
    principal.require_account()?;
    principal.require_no_application()?;
    principal.require(Scope::ManageConversations)?;
    principal.require(Scope::ReadProgress)?;
    Ok(&principal.user.id)
}

fn named(id: &str) -> Result<WebhookId, ApiError> {
    WebhookId::parse(id).ok_or(WebhookError::NotFound.into())
}

fn within(field: &'static str, number: i64, least: i64, most: i64) -> Result<i64, ApiError> {
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    Err(ApiError::InvalidField {
        field,
        reason: format!("is {number}, but must be from {least} to {most}"),
    })
}

/// A webhook as its owner sees it, without its secret.
fn shown(webhook: &Webhook) -> Value {
    json!({
        "id": webhook.id,
        "url": webhook.url,
        "events": webhook.events,
        "active": webhook.is_active,
        "disabled_because": webhook.disabled_because,
        "created_at": webhook.created_at,
        "updated_at": webhook.updated_at,
    })
}

fn shown_delivery(delivery: &Delivery) -> Value {
    let is_pending = delivery.status == DeliveryStatus::Pending;
    json!({
        "id": delivery.id,
        "webhook_id": delivery.webhook_id,
        "event_id": delivery.event_id,
        "event": delivery.event,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "next_attempt_at": is_pending.then_some(delivery.due_at),
        "response_status": delivery.response_status,
        "error": delivery.error,
        "replay_of": delivery.replay_of,
        "created_at": delivery.created_at,
        "finished_at": delivery.finished_at,
        "payload": serde_json::from_str::<Value>(&delivery.body).unwrap_or_default(),
    })
}

impl From<WebhookError> for ApiError {
    fn from(error: WebhookError) -> Self {
        match error {
            WebhookError::NotFound => Self::NotFound("there is no such webhook"),
            WebhookError::NoDelivery => Self::NotFound("there is no such delivery"),
            WebhookError::Destination(error) => Self::InvalidField {
                field: "url",
                reason: error.to_string(),
            },
            WebhookError::Events => Self::InvalidField {
                field: "events",
                reason: format!("must name some of {}", EVENTS.join(", ")),
            },
            WebhookError::TooMany => Self::Conflict(error.to_string()),
            WebhookError::Storage(error) => error.into(),
        }
    }
}

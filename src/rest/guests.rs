//! `/v1/guests`: a visitor needs no account, and may get one later.

use actix_web::http::{Method, header};
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::Services;
use super::body::Json;
use super::error::ApiError;
use super::principal::Bearer;
use super::resource;
use crate::accounts::scope::Scope;
use crate::clock::Timestamp;
use crate::ids::UserId;

/// There is nothing to say yet.
#[derive(Debug, Deserialize)]
pub struct AdmitRequest {}

/// The body of `POST /v1/guests/{guest_id}/claim`.
#[derive(Deserialize)]
pub struct ClaimRequest {
    guest_token: Option<String>,
}

/// Adds the paths of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/v1/guests", [Method::POST]).route(web::post().to(admit)))
        .service(resource("/v1/guests/{id}/claim", [Method::POST]).route(web::post().to(claim)));
}

/// `POST /v1/guests`: lets a visitor in.
pub async fn admit(services: web::Data<Services>, _request: Json<AdmitRequest>) -> Result<HttpResponse, ApiError> {
    let pass = services.accounts.admit_guest(Timestamp::now()).await?;
    Ok(HttpResponse::Created()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(json!({
            "guest_id": pass.user.id,
            "access_token": pass.access_token,
            "token_type": "Bearer",
            "expires_in": pass.lifetime.as_secs(),
        })))
}

/// `POST /v1/guests/{guest_id}/claim`: everything of a guest is the user's from now on.
pub async fn claim(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    id: web::Path<String>,
    Json(request): Json<ClaimRequest>,
) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::ManageConversations)?;
    let guest = UserId::parse(&id).ok_or(ApiError::NotFound("there is no such guest"))?;
    let token = request.guest_token.ok_or_else(|| ApiError::InvalidField {
        field: "guest_token",
        reason: "is required".to_owned(),
    })?;
    services
        .accounts
        .claim_guest(&principal.user, &guest, &token, Timestamp::now())
        .await?;
    services.conversations.learning().refresh(&principal.user.id).await;
    Ok(HttpResponse::Ok().json(json!({ "guest_id": guest, "user_id": principal.user.id })))
}

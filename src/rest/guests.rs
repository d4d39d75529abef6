//! `POST /v1/guests`: a visitor needs no account.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::Services;
use super::body::Json;
use super::error::ApiError;
use crate::clock::Timestamp;

/// There is nothing to say yet.
#[derive(Debug, Deserialize)]
pub struct AdmitRequest {}

/// Lets a visitor in.
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

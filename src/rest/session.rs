//! `/session`: short-lived tokens for the scripts of our own pages, on the strength of the cookie.

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::api_keys::ScopesRequest;
use super::body::Json;
use super::error::ApiError;
use super::{Services, origin, resource};
use crate::clock::Timestamp;
use crate::pages::visitor::{Visitor, signed_in};

/// The body of `POST /session/token`.
#[derive(Debug, Deserialize)]
pub struct TokenRequest {
    scopes: Option<ScopesRequest>,
}

/// The header that carries the token of a form.
const FORM_TOKEN: &str = "x-csrf-token";

/// Adds the paths of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/session", [Method::GET]).route(web::get().to(show)))
        .service(resource("/session/token", [Method::POST]).route(web::post().to(token)));
}

/// `GET /session`: whether someone is signed in, and what [`token`] must be asked with.
pub async fn show(request: HttpRequest, services: web::Data<Services>) -> Result<HttpResponse, ApiError> {
    check_own(&request)?;
    let visitor = Visitor::of(&request, &services).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    Ok(match &visitor.session {
        None => response.json(json!({ "signed_in": false })),
        Some(session) => response.json(json!({
            "signed_in": true,
            "signed_in_at": session.signed_in_at,
            "csrf_token": visitor.form_token(),
            "user": {
                "id": session.user.id,
                "name": session.user.name,
                "email": session.user.email,
                "role": session.user.role.as_str(),
            },
        })),
    })
}

/// `POST /session/token`: an access token with the personal scopes, or with those asked for.
pub async fn token(
    request: HttpRequest,
    services: web::Data<Services>,
    Json(body): Json<TokenRequest>,
) -> Result<HttpResponse, ApiError> {
    check_own(&request)?;
    let (visitor, session) = signed_in(&request, &services).await?;
    let shown = request.headers().get(FORM_TOKEN).and_then(|token| token.to_str().ok());
    if visitor.check_form(&request, shown).is_err() {
        return Err(ApiError::Forbidden("X-CSRF-Token is not the csrf_token of /session"));
    }
    let scopes = body.scopes.map(ScopesRequest::parse).transpose()?;
    let now = Timestamp::now();
    let (signed, token) = services
        .accounts
        .session_token(&session, scopes, &origin::of(&request), now)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(json!({
            "access_token": signed.expose(),
            "token_type": "Bearer",
            "expires_in": token.expires_at.since(now).as_secs(),
            "scope": token.scopes.to_string(),
        })))
}

fn check_own(request: &HttpRequest) -> Result<(), ApiError> {
    if origin::is_own(request) {
        Ok(())
    } else {
        Err(ApiError::Forbidden("only this server's own pages may ask"))
    }
}

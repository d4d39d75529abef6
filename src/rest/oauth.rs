//! The authorization server's paths for programs: tokens, and what is to be known about them.

use actix_web::http::{Method, header};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::body::whole;
use super::error::ApiError;
use super::{Services, origin, resource};
use crate::clock::Timestamp;
use crate::oauth::client::ClientCredentials;
use crate::oauth::parameters::Parameters;
use crate::oauth::{OAuthError, metadata};
use crate::storage::clients::Client;

/// Bytes that a request may have.
pub(super) const LIMIT: usize = 16 * 1024;
/// The paths that applications ask, and show which one they are.
pub(super) const FOR_CLIENTS: [&str; 3] = ["/oauth/token", "/oauth/revoke", "/oauth/introspect"];

/// Adds the paths of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/oauth/token", [Method::POST]).route(web::post().to(token)))
        .service(resource("/oauth/revoke", [Method::POST]).route(web::post().to(revoke)))
        .service(resource("/oauth/introspect", [Method::POST]).route(web::post().to(introspect)))
        .service(resource("/oauth/jwks", [Method::GET]).route(web::get().to(jwks)))
        .service(resource("/.well-known/oauth-authorization-server", [Method::GET]).route(web::get().to(describe)));
}

/// `POST /oauth/token` (RFC 6749 sections 4.1.3 and 6), JSON or a form.
pub async fn token(
    request: HttpRequest,
    services: web::Data<Services>,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let (parameters, client) = sent(&request, &services, whole(body, LIMIT).await?).await?;
    let issuer = origin::of(&request);
    let now = Timestamp::now();
    let required = |name: &str| {
        let missing = || OAuthError::InvalidRequest(format!("{name} is missing"));
        parameters.value(name).ok_or_else(missing)
    };
    let response = match required("grant_type")? {
        "authorization_code" => {
            let (code, uri, verifier) = (required("code")?, required("redirect_uri")?, required("code_verifier")?);
            services
                .oauth
                .exchange(&client, code, uri, verifier, &issuer, now)
                .await?
        }
        "refresh_token" => {
            let token = required("refresh_token")?;
            let scopes = parameters.value("scope");
            services.oauth.refresh(&client, token, scopes, &issuer, now).await?
        }
        _ => return Err(OAuthError::UnsupportedGrantType.into()),
    };
    Ok(unstored().json(response))
}

/// `POST /oauth/revoke` (RFC 7009).
pub async fn revoke(
    request: HttpRequest,
    services: web::Data<Services>,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let (parameters, client) = sent(&request, &services, whole(body, LIMIT).await?).await?;
    services
        .oauth
        .revoke(&client, named_token(&parameters)?, Timestamp::now())
        .await?;
    Ok(unstored().finish())
}

/// `POST /oauth/introspect` (RFC 7662), for clients that have a secret.
pub async fn introspect(
    request: HttpRequest,
    services: web::Data<Services>,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let (parameters, client) = sent(&request, &services, whole(body, LIMIT).await?).await?;
    if client.secret_hash.is_none() {
        return Err(OAuthError::InvalidClient.into());
    }
    let token = named_token(&parameters)?;
    let issuer = origin::of(&request);
    let told = services
        .oauth
        .introspect(&client, token, &issuer, Timestamp::now())
        .await?;
    Ok(unstored().json(told))
}

/// `GET /oauth/jwks`: the keys that check tokens (RFC 7517).
pub async fn jwks(services: web::Data<Services>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=60"))
        .json(json!({ "keys": services.tokens.published(Timestamp::now()) }))
}

/// `GET /.well-known/oauth-authorization-server` (RFC 8414).
pub async fn describe(request: HttpRequest) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .json(metadata::document(&origin::of(&request)))
}

/// The parameters of a request, and the client that sent it.
async fn sent(request: &HttpRequest, services: &Services, body: Bytes) -> Result<(Parameters, Client), OAuthError> {
    let (parameters, credentials) = understood(request, &body)?;
    let client = services.oauth.authenticate(&credentials).await?;
    Ok((parameters, client))
}

/// The parameters of a request, and which client they say has sent it.
pub(super) fn understood(request: &HttpRequest, body: &[u8]) -> Result<(Parameters, ClientCredentials), OAuthError> {
    let header = |name: header::HeaderName| {
        let value = request.headers().get(name);
        value.map(|value| value.to_str().unwrap_or_default())
    };
    let content_type = header(header::CONTENT_TYPE).unwrap_or_default();
    let parameters =
        Parameters::of_body(content_type, body).map_err(|error| OAuthError::InvalidRequest(error.to_string()))?;
    if let Some(name) = parameters.repeated() {
        return Err(OAuthError::InvalidRequest(format!("{name:?} is there twice")));
    }
    let credentials = ClientCredentials::read(header(header::AUTHORIZATION), &parameters)?;
    Ok((parameters, credentials))
}

fn named_token(parameters: &Parameters) -> Result<&str, OAuthError> {
    let token = parameters.value("token");
    token.ok_or_else(|| OAuthError::InvalidRequest("token is missing".to_owned()))
}

fn unstored() -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    // RFC 6749 section 5.1 asks for both.
    response.insert_header((header::PRAGMA, "no-cache"));
    response
}

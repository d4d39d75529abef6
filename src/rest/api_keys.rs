//! `/v1/api-keys`: keys for programs that speak for a person.

use actix_web::http::{Method, header};
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Services;
use super::body::Json;
use super::error::ApiError;
use super::principal::Bearer;
use super::resource;
use super::text::required;
use crate::accounts::api_keys::{IssuedKey, NewKey};
use crate::accounts::scope::{Scope, Scopes};
use crate::clock::Timestamp;
use crate::ids::ApiKeyId;
use crate::storage::api_keys::ApiKey;

/// The body of `POST /v1/api-keys`.
#[derive(Debug, Deserialize)]
pub struct KeyRequest {
    name: Option<String>,
    scopes: Option<ScopesRequest>,
    expires_at: Option<Timestamp>,
}

/// Scopes as a list, or as one text with commas or spaces.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum ScopesRequest {
    /// `["read_profile"]`
    List(Vec<String>),
    /// `"read_profile read_progress"`
    Text(String),
}

/// Characters that a name may have.
const NAME_LIMIT: usize = 100;

/// Adds the paths of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            resource("/v1/api-keys", [Method::GET, Method::POST])
                .route(web::get().to(list))
                .route(web::post().to(create)),
        )
        .service(resource("/v1/api-keys/{id}", [Method::DELETE]).route(web::delete().to(revoke)));
}

/// `GET /v1/api-keys`
pub async fn list(services: web::Data<Services>, Bearer(principal): Bearer) -> Result<HttpResponse, ApiError> {
    let keys = services.accounts.keys_for(&principal).await?;
    Ok(HttpResponse::Ok().json(json!({ "api_keys": keys.iter().map(shown).collect::<Vec<_>>() })))
}

/// `POST /v1/api-keys`
pub async fn create(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    Json(request): Json<KeyRequest>,
) -> Result<HttpResponse, ApiError> {
    let new = request.parse()?;
    let issued = services.accounts.issue_key(&principal, new, Timestamp::now()).await?;
    Ok(told(&issued))
}

/// `DELETE /v1/api-keys/{id}`
pub async fn revoke(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    principal.require_account()?;
    services.accounts.revoke_key_for(&principal, &named(&id)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The key that a path names.
pub fn named(id: &str) -> Result<ApiKeyId, ApiError> {
    ApiKeyId::parse(id).ok_or(ApiError::NotFound("there is no such API key"))
}

/// A key as its owner sees it, without the key itself.
pub fn shown(key: &ApiKey) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "origin": if key.is_configured { "configured" } else { "issued" },
        "organisation_id": key.organisation_id,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
    })
}

/// The answer that tells a new key, this once.
pub fn told(issued: &IssuedKey) -> HttpResponse {
    let mut key = shown(&issued.key);
    key["key"] = Value::String(issued.secret.expose().to_owned());
    HttpResponse::Created()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(key)
}

impl KeyRequest {
    /// Checks what was asked for.
    pub fn parse(self) -> Result<NewKey, ApiError> {
        Ok(NewKey {
            name: required("name", self.name, NAME_LIMIT)?,
            scopes: self.scopes.map(ScopesRequest::parse).transpose()?,
            expires_at: self.expires_at,
        })
    }
}

impl ScopesRequest {
    /// Checks what was asked for.
    pub fn parse(self) -> Result<Scopes, ApiError> {
        let named = match self {
            Self::List(names) => names.into_iter().try_fold(Scopes::NONE, |scopes, name| {
                let scope = Scope::parse(&name).ok_or(name)?;
                Ok(scopes.with(scope))
            }),
            Self::Text(text) => Scopes::parse(&text),
        };
        named.map_err(|name| ApiError::InvalidField {
            field: "scopes",
            reason: format!("names {name:?}, which is no scope"),
        })
    }
}

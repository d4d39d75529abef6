//! `/v1/users/me/applications` and `/v1/users/me/password`: what a person has let in, and what they are let in by.

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::Json;
use super::client::Client;
use super::error::ApiError;
use super::principal::Bearer;
use super::text::required;
use super::{Services, resource};
use crate::accounts::browser::PasswordError;
use crate::accounts::email::EmailAddress;
use crate::accounts::passwords;
use crate::clock::Timestamp;
use crate::config::Secret;
use crate::ids::ClientId;
use crate::storage::applications::Application;

/// The body of `POST /v1/users/me/password`.
#[derive(Deserialize)]
pub struct PasswordRequest {
    password: Option<String>,
    new_password: Option<String>,
}

/// Adds the paths of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/v1/users/me/applications", [Method::GET]).route(web::get().to(list)))
        .service(resource("/v1/users/me/applications/{id}", [Method::DELETE]).route(web::delete().to(shut_out)))
        .service(resource("/v1/users/me/password", [Method::POST]).route(web::post().to(change_password)));
}

/// `GET /v1/users/me/applications`
pub async fn list(services: web::Data<Services>, Bearer(principal): Bearer) -> Result<HttpResponse, ApiError> {
    let applications = services.accounts.applications(&principal, Timestamp::now()).await?;
    let applications: Vec<Value> = applications.iter().map(shown).collect();
    Ok(HttpResponse::Ok().json(json!({ "applications": applications })))
}

/// `DELETE /v1/users/me/applications/{id}`
pub async fn shut_out(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = ClientId::parse(&id).ok_or(ApiError::NotFound("there is no such application"))?;
    services.accounts.shut_out(&principal, &id, Timestamp::now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /v1/users/me/password`: every browser is signed out, the one that asks too, and every application shut out.
pub async fn change_password(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    client: Client,
    Json(request): Json<PasswordRequest>,
) -> Result<HttpResponse, ApiError> {
    principal.require_sign_in()?;
    let known = required("password", request.password, passwords::LONGEST)?;
    let new = required("new_password", request.new_password, passwords::LONGEST)?;
    let user = &principal.user;
    let place = client.network().to_string();
    if let Some(email) = user.email.as_deref().and_then(EmailAddress::parse)
        && let Err(wait) = services
            .accounts
            .throttle()
            .attempt(services.presence.sign_ins.as_ref(), &email, &place)
            .await
    {
        let retry_after = wait.as_secs() + 1;
        return Err(ApiError::RateLimited { retry_after });
    }
    let (known, new) = (Secret::new(known), Secret::new(new));
    services
        .accounts
        .replace_password(user, known, new, Timestamp::now())
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

fn shown(application: &Application) -> Value {
    json!({
        "id": application.client_id,
        "name": application.name,
        "scopes": application.scopes,
        "since": application.since,
    })
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Wrong => Self::Forbidden("That is not your password"),
            PasswordError::Weak(weak) => Self::InvalidField {
                field: "new_password",
                reason: weak.to_string(),
            },
            PasswordError::Storage(error) => error.into(),
        }
    }
}

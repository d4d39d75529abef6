//! `/v1/admin`: for those who run the server, with a credential of scope `admin`.

mod conversations;

use actix_web::http::{Method, header};
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Services;
use super::api_keys::ScopesRequest;
use super::body::Json;
use super::error::ApiError;
use super::principal::Bearer;
use super::query::{Query, limit};
use super::resource;
use super::text::required;
use crate::accounts::Principal;
use crate::accounts::scope::{Scope, Scopes};
use crate::clock::Timestamp;
use crate::ids::{ClientId, UserId};
use crate::oauth::client::{NewClient, RegistrationError};
use crate::storage::clients::Client;
use crate::storage::users::{Role, User};

/// The body of `POST /v1/admin/clients`.
#[derive(Debug, Deserialize)]
pub struct ClientRequest {
    name: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    scopes: Option<ScopesRequest>,
    #[serde(default)]
    confidential: bool,
}

/// The body of `PATCH /v1/admin/users/{id}`.
#[derive(Debug, Deserialize)]
pub struct UserRequest {
    role: Option<String>,
}

/// The query of `GET /v1/admin/users`.
#[derive(Debug, Deserialize)]
pub struct UsersQuery {
    after: Option<String>,
    limit: Option<i64>,
}

/// Users that one answer has, unless fewer are asked for.
const PAGE: u32 = 100;
const NO_USER: ApiError = ApiError::NotFound("there is no such user");
const NO_CLIENT: ApiError = ApiError::NotFound("there is no such client");

/// Adds the paths of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            resource("/v1/admin/clients", [Method::GET, Method::POST])
                .route(web::get().to(clients))
                .route(web::post().to(register)),
        )
        .service(resource("/v1/admin/clients/{id}", [Method::DELETE]).route(web::delete().to(remove_client)))
        .service(resource("/v1/admin/conversations", [Method::GET]).route(web::get().to(conversations::conversations)))
        .service(resource("/v1/admin/users", [Method::GET]).route(web::get().to(users)))
        .service(resource("/v1/admin/users/{id}", [Method::PATCH]).route(web::patch().to(change_user)));
}

/// `GET /v1/admin/clients`
pub async fn clients(services: web::Data<Services>, Bearer(principal): Bearer) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::Admin)?;
    let clients = services.oauth.clients().await?;
    Ok(HttpResponse::Ok().json(json!({ "clients": clients.iter().map(shown).collect::<Vec<_>>() })))
}

/// `POST /v1/admin/clients`: registers an application; the secret of a confidential one is told this once.
pub async fn register(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    Json(request): Json<ClientRequest>,
) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::Admin)?;
    let new = NewClient {
        name: required("name", request.name, 100)?,
        redirect_uris: request.redirect_uris,
        scopes: request.scopes.map_or(Ok(Scopes::PERSONAL), ScopesRequest::parse)?,
        is_confidential: request.confidential,
    };
    let (client, secret) = services.oauth.register(new, Timestamp::now()).await?;
    let mut told = shown(&client);
    if let Some(secret) = secret {
        told["client_secret"] = Value::String(secret.expose().to_owned());
    }
    Ok(HttpResponse::Created()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(told))
}

/// `DELETE /v1/admin/clients/{id}`: whatever people had allowed it is void at once.
pub async fn remove_client(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::Admin)?;
    let id = ClientId::parse(&id).ok_or(NO_CLIENT)?;
    if services.oauth.remove_client(&id).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(NO_CLIENT)
    }
}

/// `GET /v1/admin/users`: those who have accounts, the oldest first.
pub async fn users(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    Query(query): Query<UsersQuery>,
) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::Admin)?;
    let after = match query.after.as_deref() {
        Some(id) => Some(named(&services, id).await?),
        None => None,
    };
    let limit = i64::from(limit(query.limit, PAGE, PAGE)?);
    let users = services.database.users(after.as_ref(), limit + 1).await?;
    let page = &users[..users.len().min(usize::try_from(limit).unwrap_or(0))];
    Ok(HttpResponse::Ok().json(json!({
        "users": page.iter().map(shown_user).collect::<Vec<_>>(),
        "next": (users.len() > page.len()).then(|| page.last().map(|user| &user.id)),
    })))
}

/// `PATCH /v1/admin/users/{id}`: changes what someone may do. Nobody takes it from themselves: someone must be left.
pub async fn change_user(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    id: web::Path<String>,
    Json(request): Json<UserRequest>,
) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::Admin)?;
    let mut user = named(&services, &id).await?;
    let role = required("role", request.role, 20)?;
    let role = Role::parse(&role).ok_or_else(|| ApiError::InvalidField {
        field: "role",
        reason: "is neither user nor admin".to_owned(),
    })?;
    check_change(&principal, &user, role)?;
    services.database.set_role(&user.id, role).await?;
    tracing::info!(user_id = %user.id, role = role.as_str(), by = %principal.user.id, "role changed");
    user.role = role;
    Ok(HttpResponse::Ok().json(shown_user(&user)))
}

fn check_change(principal: &Principal, user: &User, role: Role) -> Result<(), ApiError> {
    if user.id == principal.user.id && role != Role::Admin {
        return Err(ApiError::Forbidden("nobody can take the role of admin from themselves"));
    }
    Ok(())
}

async fn named(services: &Services, id: &str) -> Result<User, ApiError> {
    let id = UserId::parse(id).ok_or(NO_USER)?;
    services.database.user(&id).await?.ok_or(NO_USER)
}

fn shown(client: &Client) -> Value {
    json!({
        "client_id": client.id,
        "name": client.name,
        "redirect_uris": client.redirect_uris,
        "scopes": client.scopes,
        "confidential": client.secret_hash.is_some(),
        "created_at": client.created_at,
    })
}

fn shown_user(user: &User) -> Value {
    json!({
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role.as_str(),
        "created_at": user.created_at,
        "last_active": user.last_active,
        "subscription": user.subscription,
    })
}

impl From<RegistrationError> for ApiError {
    fn from(error: RegistrationError) -> Self {
        let field = match &error {
            RegistrationError::Name => "name",
            RegistrationError::RedirectUris | RegistrationError::RedirectUri(..) => "redirect_uris",
            RegistrationError::Scopes => "scopes",
            RegistrationError::Storage(_) => "",
        };
        match error {
            RegistrationError::Storage(error) => error.into(),
            refusal => Self::InvalidField {
                field,
                reason: format!("is not accepted: {refusal}"),
            },
        }
    }
}

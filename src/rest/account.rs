//! `GET /v1/users/me/export` and `DELETE /v1/users/me`: what a person takes along, and how they go.

use std::io;

use actix_web::guard;
use actix_web::http::{Method, header};
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::error::ApiError;
use super::principal::Bearer;
use super::{Services, resource};
use crate::clock::Timestamp;

/// Adds the paths of this module. Others answer other methods of `/v1/users/me`.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/v1/users/me/export", [Method::GET]).route(web::get().to(export)))
        .service(
            web::resource("/v1/users/me")
                .guard(guard::Delete())
                .route(web::delete().to(remove)),
        );
}

/// `GET /v1/users/me/export`
pub async fn export(services: web::Data<Services>, Bearer(principal): Bearer) -> Result<HttpResponse, ApiError> {
    let now = Timestamp::now();
    principal.require_recent_sign_in(now)?;
    // What live conversations have still to write belongs to it.
    services.conversations.writer().flush().await;
    let mut everything = services.accounts.everything_of(&principal.user).await?;
    let conversations = services.accounts.conversations_of(&principal.user).await?;
    let files = services.audio.files(&conversations).await.map_err(unreadable)?;
    everything.insert("audio_files".to_owned(), json!(files));
    everything.insert("exported_at".to_owned(), json!(now));
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"colloquy-export.json\"",
        ))
        .json(Value::Object(everything)))
}

/// `DELETE /v1/users/me`: everything of the person is removed, and their credentials are void at once.
pub async fn remove(services: web::Data<Services>, Bearer(principal): Bearer) -> Result<HttpResponse, ApiError> {
    principal.require_recent_sign_in(Timestamp::now())?;
    let conversations = services.accounts.conversations_of(&principal.user).await?;
    // Nobody says more in any of them, until there is nothing left to say it in.
    let mut silences = Vec::with_capacity(conversations.len());
    for conversation in &conversations {
        silences.push(services.calls.end(conversation).await?);
        services.calls.farewell(conversation, None).await;
    }
    // What was said until now must not be written after the rest is gone.
    services.conversations.writer().flush().await;
    for conversation in &conversations {
        services.audio.remove(conversation).await.map_err(unreadable)?;
    }
    services.accounts.remove(&principal.user).await?;
    let leaderboards = &services.conversations.learning().leaderboards;
    leaderboards.forget(&principal.user.id).await;
    drop(silences);
    Ok(HttpResponse::NoContent().finish())
}

/// What the disk refuses is our fault.
fn unreadable(error: io::Error) -> ApiError {
    tracing::error!(%error, "files of sound can't be listed or removed");
    ApiError::Internal
}

//! `GET /v1/content/topics`: what there is to talk about.

use actix_web::{HttpResponse, web};
use colloquy_agents::language::Language;
use serde::Deserialize;
use serde_json::json;

use super::Services;
use super::error::ApiError;
use super::principal::Bearer;

/// What to list; what is left out comes from the person's preferences.
#[derive(Debug, Deserialize)]
pub struct TopicsQuery {
    language: Option<String>,
    level: Option<String>,
}

/// Lists topics by category.
pub async fn topics(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    query: Result<web::Query<TopicsQuery>, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    let query = query
        .map_err(|error| ApiError::InvalidRequest(format!("The query can't be read: {error}")))?
        .into_inner();
    let preferences = &principal.user.preferences;
    let named = query.language.unwrap_or_else(|| preferences.target_language.clone());
    let language = Language::parse(&named).ok_or_else(|| ApiError::InvalidLanguage(named.clone()))?;
    let level = query.level.unwrap_or_else(|| preferences.proficiency_level.clone());
    Ok(HttpResponse::Ok().json(json!({
        "language": named,
        "level": level,
        "categories": services.content.categories(language, Some(&level)),
    })))
}

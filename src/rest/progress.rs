//! Progress and vocabulary of a learner.

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Services;
use super::error::ApiError;
use super::principal::Bearer;
use super::query::{Query, cursor, language, limit, parse_cursor};
use super::resource;
use crate::accounts::Principal;
use crate::accounts::scope::Scope;
use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::learning::calendar::Period;
use crate::learning::vocabulary::Card;
use crate::storage::users::User;
use crate::storage::vocabulary::After;

/// What is asked for.
#[derive(Debug, Deserialize)]
pub struct ProgressQuery {
    period: Option<String>,
    language: Option<String>,
    user_id: Option<String>,
}

/// Which words are asked for.
#[derive(Debug, Deserialize)]
pub struct VocabularyQuery {
    language: Option<String>,
    due: Option<bool>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Adds the paths of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/v1/users/me/vocabulary", [Method::GET]).route(web::get().to(vocabulary)))
        .service(resource("/v1/users/{id}/progress", [Method::GET]).route(web::get().to(progress)));
}

/// `GET /v1/users/me/progress`, and `GET /v1/users/{id}/progress` for organisations.
pub async fn progress(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    id: web::Path<String>,
    Query(query): Query<ProgressQuery>,
) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::ReadProgress)?;
    let named = match id.as_str() {
        "me" => query.user_id,
        id => Some(id.to_owned()),
    };
    let learner = learner(&services, principal, named).await?;
    let period = match query.period.as_deref() {
        None | Some("") => Period::Week,
        Some(period) => Period::parse(period).ok_or_else(|| ApiError::InvalidField {
            field: "period",
            reason: "must be week, month, year or all".to_owned(),
        })?,
    };
    let language = language(query.language)?;
    let learning = services.conversations.learning();
    let progress = learning.progress(&learner, period, language, Timestamp::now()).await?;
    Ok(HttpResponse::Ok().json(progress))
}

/// `GET /v1/users/me/vocabulary`: the deck of a language, the most urgent word first.
pub async fn vocabulary(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    Query(query): Query<VocabularyQuery>,
) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::ReadProgress)?;
    let limit = limit(query.limit, 50, 200)?;
    let preferred = || principal.user.preferences.target_language.clone();
    let (shown, name) = language(Some(query.language.unwrap_or_else(preferred)))?
        .ok_or_else(|| ApiError::InvalidLanguage(String::new()))?;
    let after = match query.cursor {
        Some(cursor) => {
            let (due_at, word) = parse_cursor(&cursor)?;
            After { due_at, word }
        }
        None => After {
            due_at: i64::MIN,
            word: String::new(),
        },
    };
    let now = Timestamp::now();
    let due_until = query.due.unwrap_or(false).then_some(now);
    let user = &principal.user.id;
    let (words, due) = services.database.deck_size(user, name, now).await?;
    // One more tells whether there is more.
    let mut cards = services.database.deck(user, name, due_until, &after, limit + 1).await?;
    let has_more = cards.len() > limit as usize;
    cards.truncate(limit as usize);
    let next = cards.last().filter(|_| has_more);
    let next = next.map(|card| cursor(card.due_at.as_millis(), &card.word));
    Ok(HttpResponse::Ok().json(json!({
        "user_id": user,
        "language": shown,
        "total_words": words,
        "due_words": due,
        "words": cards.iter().map(|card| word(card, now)).collect::<Vec<_>>(),
        "next_cursor": next,
    })))
}

/// Whose records are asked for: one's own, or those of a member of the organisation whose key asks.
async fn learner(services: &Services, principal: Principal, named: Option<String>) -> Result<User, ApiError> {
    let nobody = || ApiError::NotFound("there is no such user");
    let Some(named) = named else {
        return Ok(principal.user);
    };
    let id = UserId::parse(&named).ok_or_else(nobody)?;
    if !services.accounts.may_read(&principal, &id).await? {
        return Err(nobody());
    }
    services.database.user(&id).await?.ok_or_else(nobody)
}

fn word(card: &Card, now: Timestamp) -> Value {
    let recall = (card.recall(now) * 100.0).round() as u8;
    json!({
        "word": card.shown,
        "category": card.category,
        "due_at": card.due_at,
        "is_due": card.due_at <= now,
        "first_met_at": card.first_met_at,
        "last_reviewed_at": card.last_reviewed_at,
        "reviews": card.reviews,
        "uses": card.uses,
        "recall": recall,
    })
}

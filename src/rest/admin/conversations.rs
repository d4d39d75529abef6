//! `GET /v1/admin/conversations`: who talks and how good their calls were, for those who run the server.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::accounts::scope::Scope;
use crate::clock::Timestamp;
use crate::ids::{ConversationId, UserId};
use crate::rest::Services;
use crate::rest::error::ApiError;
use crate::rest::principal::Bearer;
use crate::rest::query::{Query, cursor, limit, parse_cursor};
use crate::storage::call_records::{CallRecord, Watched, WatchedConversation};
use crate::storage::conversations::Status;
use crate::storage::listing::Cursor;

/// The query of `GET /v1/admin/conversations`.
#[derive(Debug, Deserialize)]
pub struct WatchedQuery {
    user_id: Option<String>,
    status: Option<String>,
    score_below: Option<f64>,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// Conversations that one answer has, unless fewer are asked for.
const PAGE: u32 = 50;
/// Opinion scores are between 1 and 4.5.
const BEST: f64 = 4.5;

impl WatchedQuery {
    fn watched(&self) -> Result<Watched, ApiError> {
        let status = match self.status.as_deref() {
            None => None,
            Some("active") => Some(Status::Active),
            Some("completed") => Some(Status::Completed),
            Some(_) => {
                return Err(ApiError::InvalidField {
                    field: "status",
                    reason: "must be active or completed".to_owned(),
                });
            }
        };
        let score_below = match self.score_below {
            None => None,
            Some(score) if (1.0..=BEST).contains(&score) => Some((score * 100.0).round() as i64),
            Some(_) => {
                return Err(ApiError::InvalidField {
                    field: "score_below",
                    reason: "must be between 1 and 4.5".to_owned(),
                });
            }
        };
        let owner = match self.user_id.as_deref() {
            None => None,
            Some(id) => Some(UserId::parse(id).ok_or_else(|| ApiError::InvalidField {
                field: "user_id",
                reason: "is no id of a user".to_owned(),
            })?),
        };
        Ok(Watched {
            owner,
            status,
            score_below,
        })
    }
}

/// `GET /v1/admin/conversations`: everybody's, the newest first, without what was said in them.
pub async fn conversations(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    Query(query): Query<WatchedQuery>,
) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::Admin)?;
    let watched = query.watched()?;
    let limit = limit(query.limit, PAGE, PAGE)?;
    let after = query.cursor.as_deref().map(parse_cursor).transpose()?;
    let after = after.map(|(millis, id)| Cursor {
        created_at: Timestamp::from_millis(millis),
        id: ConversationId::from_text(id),
    });
    let mut found = services
        .database
        .watched_conversations(&watched, after.as_ref(), limit + 1)
        .await?;
    let next = (found.len() > limit as usize).then(|| found.truncate(limit as usize));
    let next = next.and_then(|()| found.last());
    let next = next.map(|(last, _)| cursor(last.created_at.as_millis(), last.id.as_str()));
    Ok(HttpResponse::Ok().json(json!({
        "conversations": found.iter().map(shown).collect::<Vec<_>>(),
        "next_cursor": next,
    })))
}

fn shown((conversation, calls): &WatchedConversation) -> Value {
    json!({
        "id": conversation.id,
        "user_id": conversation.owner_id,
        "status": conversation.status,
        "topic": conversation.topic,
        "language": conversation.language,
        "created_at": conversation.created_at,
        "last_turn_at": conversation.last_turn_at,
        "ended_at": conversation.ended_at,
        "calls": calls.iter().map(call).collect::<Vec<_>>(),
    })
}

fn call(record: &CallRecord) -> Value {
    let mut shown = json!({
        "joined_at": record.joined_at,
        "left_at": record.left_at,
        "score": record.score.map(|score| score as f64 / 100.0),
    });
    if let (Some(shown), Some(quality)) = (shown.as_object_mut(), record.quality.as_object()) {
        shown.extend(quality.clone());
    }
    shown
}

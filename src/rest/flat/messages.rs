//! `/api/conversation-messages` and `/api/conversation-message`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::Services;
use super::super::body::Json;
use super::super::error::{ApiError, sentence};
use super::super::query::Query;
use super::super::text;
use super::caller::Caller;
use super::{PageQuery, conversation, done, part, required};
use crate::clock::Timestamp;
use crate::conversations::ConversationError;
use crate::flat::Role;
use crate::ids::{ConversationId, MessageId};
use crate::storage::messages::Message;

/// The body of `POST /api/conversation-messages`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddRequest {
    conversation_id: Option<String>,
    role: Option<String>,
    content: Option<String>,
    audio_url: Option<String>,
}

/// The body of `PUT /api/conversation-message`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateRequest {
    content: Option<String>,
    audio_url: Option<String>,
}

/// The query of `GET /api/conversation-messages`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListQuery {
    conversation_id: Option<String>,
    role: Option<String>,
    limit: Option<String>,
    offset: Option<String>,
}

/// The query of `/api/conversation-message`.
#[derive(Debug, Deserialize)]
pub struct OneQuery {
    id: Option<String>,
}

/// Messages of one list.
const LIST_LIMIT: i64 = 500;
const DEFAULT_LIST: i64 = 100;
/// Characters that a message may have.
const CONTENT_LIMIT: usize = 16_000;
const URL_LIMIT: usize = 2048;
const ID_LIMIT: usize = 64;

/// `GET /api/conversation-messages`
pub async fn list(
    services: web::Data<Services>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<HttpResponse, ApiError> {
    let id = text::required("conversationId", query.conversation_id, ID_LIMIT)?;
    let pages = PageQuery {
        limit: query.limit,
        offset: query.offset,
    };
    let page = pages.parse(DEFAULT_LIST, LIST_LIMIT)?;
    let role = query.role.as_deref().map(role).transpose()?;
    let found = conversation(&services, &caller, Some(&id)).await?;
    let (messages, total) = services
        .database
        .messages_page(&found.id, role.map(Into::into), page)
        .await?;
    let messages: Vec<Value> = messages.iter().map(shown).collect();
    let data = json!({ "messages": messages, "conversationId": found.id });
    Ok(part(data, page, total))
}

/// `POST /api/conversation-messages`
pub async fn add(
    services: web::Data<Services>,
    caller: Caller,
    Json(request): Json<AddRequest>,
) -> Result<HttpResponse, ApiError> {
    let id = text::required("conversationId", request.conversation_id, ID_LIMIT)?;
    let role = role(&text::required("role", request.role, ID_LIMIT)?)?;
    let content = text::required("content", request.content, CONTENT_LIMIT)?;
    let audio_url = text::within("audioUrl", request.audio_url, URL_LIMIT)?;
    let found = conversation(&services, &caller, Some(&id)).await?;
    let mut message = Message::new(found.id.clone(), role.into(), content, Timestamp::now());
    message.id = MessageId::from_text(Uuid::new_v4().to_string());
    message.audio_url = audio_url;
    let message = services.database.append_message(message).await?;
    let message = message.ok_or_else(|| ApiError::InvalidRequest(sentence(&ConversationError::Overlong)))?;
    let after = conversation(&services, &caller, Some(found.id.as_str())).await?;
    let data = json!({ "message": shown(&message), "messageCount": after.message_count });
    Ok(done(data, None))
}

/// `GET /api/conversation-message?id=`
pub async fn read(
    services: web::Data<Services>,
    caller: Caller,
    Query(query): Query<OneQuery>,
) -> Result<HttpResponse, ApiError> {
    let message = one(&services, &caller, &query).await?;
    Ok(done(shown(&message), None))
}

/// `PUT /api/conversation-message?id=`
pub async fn update(
    services: web::Data<Services>,
    caller: Caller,
    Query(query): Query<OneQuery>,
    Json(update): Json<UpdateRequest>,
) -> Result<HttpResponse, ApiError> {
    let content = text::required("content", update.content, CONTENT_LIMIT)?;
    let audio_url = text::within("audioUrl", update.audio_url, URL_LIMIT)?;
    let message = one(&services, &caller, &query).await?;
    services
        .database
        .reword_message(&message.id, &content, audio_url.as_deref())
        .await?;
    let updated = one(&services, &caller, &query).await?;
    Ok(done(shown(&updated), Some("Message updated successfully")))
}

/// `DELETE /api/conversation-message?id=`
pub async fn delete(
    services: web::Data<Services>,
    caller: Caller,
    Query(query): Query<OneQuery>,
) -> Result<HttpResponse, ApiError> {
    let message = one(&services, &caller, &query).await?;
    services.database.delete_message(&message.id).await?;
    Ok(done(Value::Null, Some("Message deleted successfully")))
}

/// Everything that was said in a conversation, the oldest first.
pub(super) async fn all(services: &Services, conversation: &ConversationId) -> Result<Vec<Value>, ApiError> {
    let messages = services.database.messages(conversation).await?;
    Ok(messages.iter().map(shown).collect())
}

/// The message that the query names, if the caller may know of its conversation.
async fn one(services: &Services, caller: &Caller, query: &OneQuery) -> Result<Message, ApiError> {
    let missing = || ApiError::NotFound("there is no such message");
    let id = required("id", query.id.as_deref())?;
    let id = MessageId::parse(id).ok_or_else(missing)?;
    services.conversations.writer().flush().await;
    let message = services.database.message(&id).await?.ok_or_else(missing)?;
    match conversation(services, caller, Some(message.conversation_id.as_str())).await {
        Ok(_) => Ok(message),
        // It shall not tell that there is such a message.
        Err(ApiError::NotFound(_)) => Err(missing()),
        Err(error) => Err(error),
    }
}

fn role(text: &str) -> Result<Role, ApiError> {
    Role::parse(text).ok_or_else(|| ApiError::InvalidField {
        field: "role",
        reason: "must be user, assistant or system".to_owned(),
    })
}

/// A message as document 003 shows it.
fn shown(message: &Message) -> Value {
    json!({
        "id": message.id,
        "conversationId": message.conversation_id,
        "role": Role::from(message.sender),
        "content": message.content,
        "timestamp": message.created_at,
        "audioUrl": message.audio_url,
    })
}

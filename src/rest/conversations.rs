//! `/v1/conversations`: made, read back, ended.

use actix_web::{HttpRequest, HttpResponse, web};
use colloquy_agents::correction::CorrectionPolicy;
use colloquy_agents::language::Language;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::body::Json;
use super::error::ApiError;
use super::principal::Bearer;
use super::query::{Query, cursor, language, limit, parse_cursor};
use super::request::concerns;
use super::text::{required, within};
use super::{Services, audio, origin};
use crate::accounts::scope::Scope;
use crate::clock::Timestamp;
use crate::conversations::{ConversationError, NewConversation};
use crate::ids::ConversationId;
use crate::storage::conversations::{Conversation, Feedback, Status, Surface};
use crate::storage::listing::{Cursor, Filter};

/// The body of `POST /v1/conversations`.
#[derive(Debug, Deserialize)]
pub struct CreateRequest {
    topic: Option<String>,
    language: Option<String>,
    difficulty: Option<String>,
    correction: Option<String>,
    scenario: Option<String>,
    custom_context: Option<Map<String, Value>>,
}

/// The body of `POST /v1/conversations/{id}/end`.
#[derive(Debug, Deserialize)]
pub struct EndRequest {
    feedback: Option<FeedbackRequest>,
}

/// Which conversations are listed.
#[derive(Debug, Deserialize)]
pub struct ListQuery {
    limit: Option<i64>,
    cursor: Option<String>,
    status: Option<Status>,
    language: Option<String>,
    assignment_id: Option<String>,
    challenge_id: Option<String>,
    student_id: Option<String>,
    team_member: Option<String>,
    due_date: Option<String>,
}

#[derive(Debug, Deserialize)]
struct FeedbackRequest {
    difficulty_rating: Option<i64>,
    enjoyment_rating: Option<i64>,
    comments: Option<String>,
}

/// Characters that a topic, a level or a language may have.
const NAME_LIMIT: usize = 200;
/// Characters that a scenario or a comment may have.
const TEXT_LIMIT: usize = 4000;

/// `POST /v1/conversations`
pub async fn create(
    services: web::Data<Services>,
    request: HttpRequest,
    Bearer(principal): Bearer,
    Json(body): Json<CreateRequest>,
) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::ManageConversations)?;
    let new = body.parse()?;
    let owner = services.accounts.owner_of_new(&principal, &new.context).await?;
    // It may be a member's, and whoever makes it may read it all the same.
    let new = NewConversation {
        organisation: principal.organisation.clone(),
        ..new
    };
    let (conversation, opener) = services.conversations.create(&owner, new, Timestamp::now()).await?;
    concerns(&conversation.id);
    Ok(HttpResponse::Created().json(json!({
        "id": conversation.id,
        "status": conversation.status,
        "created_at": conversation.created_at,
        "topic": conversation.topic,
        "difficulty": conversation.difficulty,
        "language": conversation.requested_language,
        "correction": conversation.correction,
        "scenario": conversation.scenario,
        "ai_persona": conversation.persona,
        "speech": speech(&services, &conversation),
        "initial_message": {
            "id": opener.id,
            "text": opener.content,
            "translation": opener.translation,
            "translation_language": opener.translation.as_ref().map(|_| Language::English.tag()),
            "audio_url": audio::url_of(&services, &origin::of(&request), &conversation, &opener),
        },
        "context": conversation.context,
    })))
}

/// Whether somebody here understands what is said in the conversation's language, and says what the tutor says. What isn't heard is
/// typed, and what isn't said is read.
fn speech(services: &Services, conversation: &Conversation) -> Value {
    let engines = services.live.engines();
    let language = Language::parse(&conversation.language);
    json!({
        "recognition": language.is_some_and(|language| engines.stt.recognises(language)),
        "voice": language.is_some_and(|language| engines.tts.speaks(language)),
    })
}

/// `GET /v1/conversations`: one's own, the newest first. An organisation's key also lists those that it made for members.
pub async fn list(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    Query(query): Query<ListQuery>,
) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::ManageConversations)?;
    let limit = limit(query.limit, 20, 100)?;
    let after = query.cursor.as_deref().map(parse_cursor).transpose()?;
    let after = after.map(|(millis, id)| Cursor {
        created_at: Timestamp::from_millis(millis),
        id: ConversationId::from_text(id),
    });
    let filter = Filter {
        status: query.status,
        language: language(query.language)?.map(|(_, name)| name.to_owned()),
        labels: [
            within("assignment_id", query.assignment_id, NAME_LIMIT)?,
            within("challenge_id", query.challenge_id, NAME_LIMIT)?,
            within("student_id", query.student_id, NAME_LIMIT)?,
            within("team_member", query.team_member, NAME_LIMIT)?,
            within("due_date", query.due_date, NAME_LIMIT)?,
        ],
    };
    let organisation = principal.organisation.as_ref();
    // One more tells whether there is more.
    let mut found = services
        .database
        .list_conversations(&principal.user.id, organisation, &filter, after.as_ref(), limit + 1)
        .await?;
    let has_more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| has_more);
    let next = next.map(|last| cursor(last.created_at.as_millis(), last.id.as_str()));
    Ok(HttpResponse::Ok().json(json!({
        "conversations": found.iter().map(listed).collect::<Vec<_>>(),
        "next_cursor": next,
    })))
}

/// `POST /v1/conversations/{id}/end`
pub async fn end(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    id: web::Path<String>,
    Json(request): Json<EndRequest>,
) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::ManageConversations)?;
    let id = named(&id)?;
    let feedback = request.feedback.map(FeedbackRequest::parse).transpose()?;
    services.conversations.owned(&principal.user.id, &id).await?;
    let ending = services
        .conversations
        .conclude(services.calls.as_ref(), &id, Timestamp::now())
        .await?;
    if let Some(feedback) = feedback {
        services.conversations.rate(&id, &feedback).await?;
    }
    Ok(HttpResponse::Ok().json(ending))
}

/// The conversation that a path names; log lines of the request name it from here on.
pub fn named(id: &str) -> Result<ConversationId, ApiError> {
    let id = ConversationId::parse(id).ok_or(ConversationError::NotFound)?;
    concerns(&id);
    Ok(id)
}

impl CreateRequest {
    fn parse(self) -> Result<NewConversation, ApiError> {
        Ok(NewConversation {
            id: None,
            surface: Surface::Platform,
            organisation: None,
            topic: required("topic", self.topic, NAME_LIMIT)?,
            language: within("language", self.language, NAME_LIMIT)?,
            difficulty: within("difficulty", self.difficulty, NAME_LIMIT)?,
            correction: correction(self.correction.as_deref())?,
            scenario: within("scenario", self.scenario, TEXT_LIMIT)?,
            context: self.custom_context.unwrap_or_default(),
        })
    }
}

impl FeedbackRequest {
    fn parse(self) -> Result<Feedback, ApiError> {
        Ok(Feedback {
            difficulty_rating: rating("feedback.difficulty_rating", self.difficulty_rating)?,
            enjoyment_rating: rating("feedback.enjoyment_rating", self.enjoyment_rating)?,
            comments: within("feedback.comments", self.comments, TEXT_LIMIT)?,
        })
    }
}

fn rating(field: &'static str, rating: Option<i64>) -> Result<Option<u8>, ApiError> {
    rating
        .map(|rating| match u8::try_from(rating) {
            Ok(rating @ 1..=5) => Ok(rating),
            _ => Err(ApiError::InvalidField {
                field,
                reason: format!("is {rating}, but must be from 1 to 5"),
            }),
        })
        .transpose()
}

/// What is done about the learner's mistakes, where the caller says so.
pub fn correction(name: Option<&str>) -> Result<Option<CorrectionPolicy>, ApiError> {
    name.map(|name| {
        CorrectionPolicy::parse(name).ok_or_else(|| ApiError::InvalidField {
            field: "correction",
            reason: "must be inline, after or off".to_owned(),
        })
    })
    .transpose()
}

/// A conversation as a list shows it.
fn listed(conversation: &Conversation) -> Value {
    json!({
        "id": conversation.id,
        "user_id": conversation.owner_id,
        "status": conversation.status,
        "created_at": conversation.created_at,
        "last_turn_at": conversation.last_turn_at,
        "ended_at": conversation.ended_at,
        "topic": conversation.topic,
        "difficulty": conversation.difficulty,
        "language": conversation.requested_language,
        "correction": conversation.correction,
        "scenario": conversation.scenario,
        "ai_persona": conversation.persona,
        "topics_covered": conversation.topics_covered,
        "feedback": conversation.feedback,
        "context": conversation.context,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_are_from_one_to_five() {
        assert_eq!(rating("x", None).unwrap(), None);
        assert_eq!(rating("x", Some(1)).unwrap(), Some(1));
        assert_eq!(rating("x", Some(5)).unwrap(), Some(5));
        for bad in [i64::MIN, -1, 0, 6, 257] {
            assert!(rating("x", Some(bad)).is_err(), "{bad}");
        }
    }
}

//! `/api/conversations` and `/api/conversation-end`.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value, json};
use uuid::Uuid;

use super::super::Services;
use super::super::body::Json;
use super::super::error::ApiError;
use super::super::query::Query;
use super::super::request::concerns;
use super::super::text;
use super::caller::{Actor, Caller};
use super::{PageQuery, conversation, done, messages, part, required};
use crate::clock::Timestamp;
use crate::content::OPEN_TALK;
use crate::conversations::{NewConversation, NewSubject};
use crate::flat::{
    Details, DetailsChange, Engagement, FlatConversation, LONGEST, Mode, Owner, Session, SessionEnd, seconds,
};
use crate::ids::ConversationId;
use crate::storage::conversations::Surface;

/// The body of `POST /api/conversations`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateRequest {
    user_id: Option<String>,
    guest_id: Option<String>,
    target_language_id: Option<String>,
    title: Option<String>,
    mode: Option<String>,
    voice: Option<String>,
    scenario_id: Option<String>,
    is_onboarding: Option<Flag>,
    device_type: Option<String>,
}

/// The body of `PUT /api/conversations`. What is null is cleared, what is absent stays.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateRequest {
    #[serde(default, deserialize_with = "named")]
    title: Option<Option<String>>,
    mode: Option<String>,
    #[serde(default, deserialize_with = "named")]
    voice: Option<Option<String>>,
    #[serde(default, deserialize_with = "named")]
    scenario_id: Option<Option<String>>,
    is_onboarding: Option<Flag>,
    #[serde(default, deserialize_with = "named")]
    ended_at: Option<Option<Timestamp>>,
    #[serde(default, deserialize_with = "named")]
    duration_seconds: Option<Option<Number>>,
    message_count: Option<i64>,
    #[serde(default, deserialize_with = "named")]
    audio_seconds: Option<Option<Decimal>>,
    #[serde(default, deserialize_with = "named")]
    comfort_rating: Option<Option<Number>>,
    #[serde(default, deserialize_with = "named")]
    engagement_level: Option<Option<String>>,
}

/// The body of `POST /api/conversation-end`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndRequest {
    conversation_id: Option<String>,
    duration_seconds: Option<Number>,
    audio_seconds: Option<Decimal>,
    comfort_rating: Option<Number>,
    engagement_level: Option<String>,
    session_id: Option<String>,
    was_extended: Option<Flag>,
    extensions_used: Option<i64>,
}

/// The query of `/api/conversations`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadQuery {
    id: Option<String>,
    user_id: Option<String>,
    guest_id: Option<String>,
    limit: Option<String>,
    offset: Option<String>,
}

/// True or false, as itself or in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Flag(bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Bool(flag) => Ok(Self(flag)),
            Value::String(text) if text == "true" => Ok(Self(true)),
            Value::String(text) if text == "false" => Ok(Self(false)),
            _ => Err(serde::de::Error::custom("expected true or false")),
        }
    }
}

/// A decimal number, as itself or in digits.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Decimal {
    Number(Number),
    Text(String),
}

/// Conversations of one list.
const LIST_LIMIT: i64 = 200;
const DEFAULT_LIST: i64 = 50;
/// Characters that names and titles may have.
const NAME_LIMIT: usize = 200;
/// It was there a moment ago.
const GONE: ApiError = ApiError::NotFound("there is no such conversation");

/// `GET /api/conversations`: one, with `id`, or a list.
pub async fn read(
    services: web::Data<Services>,
    caller: Caller,
    Query(query): Query<ReadQuery>,
) -> Result<HttpResponse, ApiError> {
    if let Some(id) = &query.id {
        caller.named(query.user_id.as_deref(), services.http.trust_user_id)?;
        let found = conversation(&services, &caller, Some(id)).await?;
        let messages = messages::all(&services, &found.id).await?;
        return Ok(done(
            json!({ "conversation": shown(&found), "messages": messages }),
            None,
        ));
    }
    let pages = PageQuery {
        limit: query.limit,
        offset: query.offset,
    };
    let page = pages.parse(DEFAULT_LIST, LIST_LIMIT)?;
    let actor = caller.actor(&services, query.user_id, query.guest_id).await?;
    // Who names nobody is a new guest, who has none yet.
    let owner = match actor {
        Some(actor) => actor.known(&services).await?,
        None => None,
    };
    let (found, total) = match owner {
        Some(owner) => services.database.flat_conversations(&owner, page).await?,
        None => (Vec::new(), 0),
    };
    let conversations: Vec<Value> = found.iter().map(shown).collect();
    Ok(part(json!({ "conversations": conversations }), page, total))
}

/// `POST /api/conversations`
pub async fn create(
    services: web::Data<Services>,
    caller: Caller,
    Json(request): Json<CreateRequest>,
) -> Result<HttpResponse, ApiError> {
    let now = Timestamp::now();
    let details = Details {
        target_language_id: text::required("targetLanguageId", request.target_language_id, NAME_LIMIT)?,
        title: text::within("title", request.title, NAME_LIMIT)?,
        mode: request.mode.map(mode).transpose()?.unwrap_or_default(),
        voice: text::within("voice", request.voice, NAME_LIMIT)?,
        scenario_id: text::within("scenarioId", request.scenario_id, NAME_LIMIT)?,
        is_onboarding: request.is_onboarding.is_none_or(|flag| flag.0),
        ended_at: None,
        duration_seconds: None,
        audio_seconds: None,
        comfort_rating: None,
        engagement_level: None,
    };
    let device_type = text::within("deviceType", request.device_type, NAME_LIMIT)?;
    let actor = caller.actor(&services, request.user_id, request.guest_id).await?;
    let actor = actor.unwrap_or_else(Actor::new_guest);
    let id = ConversationId::from_text(Uuid::new_v4().to_string());
    concerns(&id);
    let new = NewConversation {
        id: Some(id),
        surface: Surface::Flat,
        organisation: None,
        topic: details.scenario_id.clone().unwrap_or_else(|| OPEN_TALK.to_owned()),
        language: Some(details.target_language_id.clone()),
        difficulty: None,
        correction: None,
        scenario: None,
        context: Map::new(),
    };
    let user = actor.user(&services, now).await?;
    // Its clients write all messages themselves, so the tutor's opener is not among them.
    let (made, _) = services.conversations.prepare(&user, new, now).await?;
    let session = Session {
        id: Uuid::new_v4().to_string(),
        device_type: device_type.unwrap_or_else(|| "desktop".to_owned()),
    };
    services
        .database
        .add_flat_conversation(&made, &details, &session)
        .await?;
    let made = services.database.flat_conversation(&made.id).await?;
    let made = made.ok_or(ApiError::Internal)?;
    let data = json!({ "conversation": shown(&made), "sessionId": session.id });
    Ok(done(data, Some("Conversation started successfully")))
}

/// `PUT /api/conversations?id=`
pub async fn update(
    services: web::Data<Services>,
    caller: Caller,
    Query(query): Query<ReadQuery>,
    Json(update): Json<UpdateRequest>,
) -> Result<HttpResponse, ApiError> {
    let id = required("id", query.id)?;
    caller.named(query.user_id.as_deref(), services.http.trust_user_id)?;
    let found = conversation(&services, &caller, Some(&id)).await?;
    let message_count = update
        .message_count
        .map(|count| whole("messageCount", count.into()))
        .transpose()?;
    let change = update.parse()?;
    let subject = match &change.scenario_id {
        Some(scenario) => Some(subject(&services, &found.id, scenario.as_deref()).await?),
        None => None,
    };
    let updated = services
        .database
        .change_flat_conversation(&found.id, message_count, subject.as_ref(), |details| {
            change.apply(details)
        })
        .await?
        .ok_or(GONE)?;
    Ok(done(shown(&updated), Some("Conversation updated successfully")))
}

/// What a conversation is like when it is about that scenario.
async fn subject(services: &Services, id: &ConversationId, scenario: Option<&str>) -> Result<NewSubject, ApiError> {
    let conversation = services.database.conversation(id).await?.ok_or(GONE)?;
    let topic = scenario.unwrap_or(OPEN_TALK).to_owned();
    let now = Timestamp::now();
    Ok(services.conversations.about(&conversation, topic, now).await?)
}

/// `DELETE /api/conversations?id=`
pub async fn delete(
    services: web::Data<Services>,
    caller: Caller,
    Query(query): Query<ReadQuery>,
) -> Result<HttpResponse, ApiError> {
    let id = required("id", query.id)?;
    caller.named(query.user_id.as_deref(), services.http.trust_user_id)?;
    let found = conversation(&services, &caller, Some(&id)).await?;
    // Nobody goes on talking in what is not there any more.
    let _silence = services.calls.end(&found.id).await?;
    services.calls.farewell(&found.id, None).await;
    services.conversations.writer().flush().await;
    services.database.delete_conversation(&found.id).await?;
    if let Err(error) = services.audio.remove(&found.id).await {
        tracing::warn!(%error, "the sound of a conversation that was deleted is still there");
    }
    Ok(done(Value::Null, Some("Conversation deleted successfully")))
}

/// `POST /api/conversation-end`
pub async fn end(
    services: web::Data<Services>,
    caller: Caller,
    Json(request): Json<EndRequest>,
) -> Result<HttpResponse, ApiError> {
    let now = Timestamp::now();
    let id = text::required("conversationId", request.conversation_id, NAME_LIMIT)?;
    let duration = whole(
        "durationSeconds",
        required("durationSeconds", request.duration_seconds)?,
    )?;
    let audio = request.audio_seconds.map(decimal).transpose()?;
    let rating = request.comfort_rating.map(rating).transpose()?;
    let engagement = request.engagement_level.map(engagement).transpose()?;
    let session = SessionEnd {
        id: text::within("sessionId", request.session_id, NAME_LIMIT)?,
        was_extended: request.was_extended.map(|flag| flag.0),
        extensions_used: request
            .extensions_used
            .map(|count| whole("extensionsUsed", count.into()))
            .transpose()?,
    };
    let FlatConversation { id, .. } = conversation(&services, &caller, Some(&id)).await?;
    let change = |details: &mut Details| {
        details.ended_at = details.ended_at.or(Some(now));
        details.duration_seconds = Some(duration);
        details.audio_seconds = audio.or(details.audio_seconds.take());
        details.comfort_rating = rating.or(details.comfort_rating);
        details.engagement_level = engagement.or(details.engagement_level);
    };
    let ended = services
        .database
        .end_flat_conversation(&id, &session, now, change)
        .await?;
    let FlatConversation { details, .. } = ended.ok_or(ApiError::NotFound("there is no such session"))?;
    // What it is worth is measured here, whatever the client says.
    services
        .conversations
        .conclude(services.calls.as_ref(), &id, now)
        .await?;
    let ended = conversation(&services, &caller, Some(id.as_str())).await?;
    let data = json!({
        "conversation": shown(&ended),
        "durationSeconds": duration,
        "audioSeconds": details.audio_seconds.as_deref().and_then(number),
    });
    Ok(done(data, Some("Conversation ended successfully")))
}

impl UpdateRequest {
    /// What it wants otherwise, but for the count.
    fn parse(self) -> Result<DetailsChange, ApiError> {
        Ok(DetailsChange {
            title: nullable(self.title, |title| text::within("title", Some(title), NAME_LIMIT))?,
            mode: self.mode.map(mode).transpose()?,
            voice: nullable(self.voice, |voice| text::within("voice", Some(voice), NAME_LIMIT))?,
            scenario_id: nullable(self.scenario_id, |id| text::within("scenarioId", Some(id), NAME_LIMIT))?,
            is_onboarding: self.is_onboarding.map(|flag| flag.0),
            ended_at: self.ended_at,
            duration_seconds: nullable(self.duration_seconds, |number| {
                whole("durationSeconds", number).map(Some)
            })?,
            audio_seconds: nullable(self.audio_seconds, |number| decimal(number).map(Some))?,
            comfort_rating: nullable(self.comfort_rating, |number| rating(number).map(Some))?,
            engagement_level: nullable(self.engagement_level, |level| engagement(level).map(Some))?,
        })
    }
}

/// Reads what is neither absent nor null.
fn nullable<T, U>(
    field: Option<Option<T>>,
    read: impl FnOnce(T) -> Result<Option<U>, ApiError>,
) -> Result<Option<Option<U>>, ApiError> {
    match field {
        None => Ok(None),
        Some(None) => Ok(Some(None)),
        Some(Some(value)) => read(value).map(Some),
    }
}

/// A conversation as document 003 shows it: all sixteen fields, whatever is known.
fn shown(conversation: &FlatConversation) -> Value {
    let FlatConversation { owner, details, .. } = conversation;
    let (user, guest) = match owner {
        Owner::User(id) => (Some(id.as_str()), None),
        Owner::TokenGuest(id) => (None, Some(id.as_str())),
        Owner::NamedGuest(name) => (None, Some(name.as_str())),
    };
    json!({
        "id": conversation.id,
        "userId": user,
        "guestId": guest,
        "targetLanguageId": details.target_language_id,
        "title": details.title,
        "mode": details.mode,
        "voice": details.voice,
        "scenarioId": details.scenario_id,
        "isOnboarding": details.is_onboarding.to_string(),
        "startedAt": conversation.started_at,
        "endedAt": details.ended_at,
        "durationSeconds": details.duration_seconds,
        "messageCount": conversation.message_count,
        "audioSeconds": details.audio_seconds,
        "comfortRating": details.comfort_rating,
        "engagementLevel": details.engagement_level,
    })
}

/// Tells null from absent.
fn named<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn mode(text: String) -> Result<Mode, ApiError> {
    Mode::parse(&text).ok_or_else(|| invalid("mode", "must be traditional or realtime"))
}

fn engagement(text: String) -> Result<Engagement, ApiError> {
    Engagement::parse(&text).ok_or_else(|| invalid("engagementLevel", "must be low, medium or high"))
}

fn rating(number: Number) -> Result<i64, ApiError> {
    let rating = whole("comfortRating", number)
        .ok()
        .filter(|rating| (1..=5).contains(rating));
    rating.ok_or_else(|| invalid("comfortRating", "must be a whole number from 1 to 5"))
}

/// A number that is not negative, rounded.
fn whole(field: &'static str, number: Number) -> Result<i64, ApiError> {
    let whole = match number.as_i64() {
        Some(whole) => Some(whole),
        None => number
            .as_f64()
            .filter(|number| number.is_finite())
            .map(|number| number.round() as i64),
    };
    let whole = whole.filter(|whole| (0..=LONGEST).contains(whole));
    whole.ok_or_else(|| invalid(field, "must be a number from 0 to a billion"))
}

/// Decimal text that is a number of seconds.
fn decimal(decimal: Decimal) -> Result<String, ApiError> {
    let text = match decimal {
        Decimal::Number(number) => number.to_string(),
        Decimal::Text(text) => text.trim().to_owned(),
    };
    if text.len() <= 32 && seconds(&text).is_some() {
        Ok(text)
    } else {
        Err(invalid("audioSeconds", "must be a number of seconds"))
    }
}

/// Decimal text as a number of JSON: a whole one without a fraction.
fn number(text: &str) -> Option<Number> {
    text.parse::<i64>()
        .ok()
        .map(Number::from)
        .or_else(|| seconds(text).and_then(Number::from_f64))
}

fn invalid(field: &'static str, reason: &str) -> ApiError {
    ApiError::InvalidField {
        field,
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_stays_and_what_is_null_is_cleared() {
        let mut details = Details {
            target_language_id: "ja".to_owned(),
            title: Some("old".to_owned()),
            mode: Mode::Realtime,
            voice: Some("low".to_owned()),
            scenario_id: None,
            is_onboarding: true,
            ended_at: None,
            duration_seconds: Some(5),
            audio_seconds: None,
            comfort_rating: None,
            engagement_level: None,
        };
        let update = |text: &str| serde_json::from_str::<UpdateRequest>(text).unwrap();
        let body =
            r#"{"title": null, "audioSeconds": "5.5", "isOnboarding": false, "endedAt": "2024-01-01T00:00:00Z"}"#;
        update(body).parse().unwrap().apply(&mut details);
        assert_eq!(details.title, None);
        assert_eq!(details.voice.as_deref(), Some("low"));
        assert_eq!(details.mode, Mode::Realtime);
        assert_eq!(details.audio_seconds.as_deref(), Some("5.5"));
        assert_eq!(details.duration_seconds, Some(5));
        assert!(!details.is_onboarding);
        assert_eq!(details.ended_at, Some(Timestamp::from_millis(1_704_067_200_000)));
        for bad in [
            r#"{"comfortRating": 6}"#,
            r#"{"comfortRating": 0}"#,
            r#"{"engagementLevel": "x"}"#,
            r#"{"mode": "fast"}"#,
            r#"{"durationSeconds": -1}"#,
            r#"{"audioSeconds": "long"}"#,
        ] {
            assert!(update(bad).parse().is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_are_given_back_as_they_came() {
        assert_eq!(json!(number("240.5")), json!(240.5));
        assert_eq!(json!(number("240")), json!(240));
        assert_eq!(number("x"), None);
    }
}

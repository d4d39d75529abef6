//! `/v1/users/me`: the profile and its preferences.

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use colloquy_agents::correction::CorrectionPolicy;
use colloquy_agents::language::Language;
use colloquy_agents::scenario::Level;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use super::Services;
use super::body::Json;
use super::conversations::correction;
use super::error::ApiError;
use super::principal::Bearer;
use super::resource;
use super::text::within;
use crate::accounts::scope::Scope;
use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::learning::calendar::time_zone;
use crate::learning::streak::Streak;
use crate::storage::practices::Totals;
use crate::storage::profile::ProfileChange;
use crate::storage::users::{Preferences, Subscription, User};

/// The body of `PATCH /v1/users/me`.
#[derive(Debug, Deserialize)]
pub struct ProfileRequest {
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    avatar_url: Option<Option<String>>,
    time_zone: Option<String>,
}

/// The body of `PATCH /v1/users/me/preferences`.
#[derive(Debug, Deserialize)]
pub struct PreferencesRequest {
    target_language: Option<String>,
    native_language: Option<String>,
    proficiency_level: Option<String>,
    daily_goal: Option<i64>,
    preferred_topics: Option<Vec<String>>,
    correction: Option<String>,
}

/// What is to be changed, checked.
#[derive(Debug, Default)]
struct PreferencesChange {
    target_language: Option<String>,
    native_language: Option<String>,
    proficiency_level: Option<String>,
    daily_goal: Option<u32>,
    preferred_topics: Option<Vec<String>>,
    correction: Option<CorrectionPolicy>,
}

/// A profile as document 000 shows it.
#[derive(Debug, Serialize)]
struct Profile<'a> {
    id: &'a UserId,
    email: Option<&'a str>,
    name: &'a str,
    avatar_url: Option<&'a str>,
    created_at: Timestamp,
    last_active: Timestamp,
    time_zone: &'a str,
    subscription: &'a Subscription,
    preferences: &'a Preferences,
    stats: Stats,
}

/// What a learner's practice adds up to.
#[derive(Debug, Serialize)]
struct Stats {
    total_conversations: u64,
    total_time_minutes: u64,
    current_streak: u32,
    streak_freezes: u32,
    xp_total: u64,
}

/// Characters that a name, a language, a level or a topic may have.
const NAME_LIMIT: usize = 100;
/// Characters that an address of a picture may have.
const URL_LIMIT: usize = 1000;
/// Topics that someone may prefer.
const MOST_TOPICS: usize = 50;
/// Minutes of a day.
const LONGEST_GOAL: u32 = 24 * 60;

/// Adds the paths of this module.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            // `account` answers DELETE.
            resource("/v1/users/me", [Method::GET, Method::PATCH, Method::DELETE])
                .route(web::get().to(profile))
                .route(web::patch().to(change_profile)),
        )
        .service(resource("/v1/users/me/preferences", [Method::PATCH]).route(web::patch().to(change_preferences)));
}

/// `GET /v1/users/me`
pub async fn profile(services: web::Data<Services>, Bearer(principal): Bearer) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::ReadProfile)?;
    shown(&services, &principal.user, Timestamp::now()).await
}

/// `PATCH /v1/users/me`
pub async fn change_profile(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    Json(request): Json<ProfileRequest>,
) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::ReadProfile)?;
    // What people allow is to see it, and to change the preferences.
    principal.require_no_application()?;
    let change = request.parse()?;
    services.database.change_profile(&principal.user.id, &change).await?;
    let user = services.database.user(&principal.user.id).await?;
    shown(&services, &user.ok_or(ApiError::Unauthorized)?, Timestamp::now()).await
}

/// `PATCH /v1/users/me/preferences`
pub async fn change_preferences(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    Json(request): Json<PreferencesRequest>,
) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::ReadProfile)?;
    let change = request.parse()?;
    let preferences = services
        .database
        .change_preferences(&principal.user.id, |preferences| {
            let texts = [
                (&mut preferences.target_language, change.target_language),
                (&mut preferences.native_language, change.native_language),
                (&mut preferences.proficiency_level, change.proficiency_level),
            ];
            for (preference, change) in texts {
                if let Some(change) = change {
                    *preference = change;
                }
            }
            preferences.daily_goal = change.daily_goal.unwrap_or(preferences.daily_goal);
            if let Some(topics) = change.preferred_topics {
                preferences.preferred_topics = topics;
            }
            preferences.correction = change.correction.or(preferences.correction);
        })
        .await?;
    Ok(HttpResponse::Ok().json(json!({
        "id": principal.user.id,
        "preferences": preferences.ok_or(ApiError::Unauthorized)?,
        "updated_at": Timestamp::now(),
    })))
}

async fn shown(services: &Services, user: &User, now: Timestamp) -> Result<HttpResponse, ApiError> {
    let totals = services.database.totals(&user.id).await?;
    Ok(HttpResponse::Ok().json(Profile::of(user, &totals, now)))
}

impl<'a> Profile<'a> {
    fn of(user: &'a User, totals: &Totals, now: Timestamp) -> Self {
        let streak = Streak::at(totals.last_day.as_ref(), now, &user.time_zone);
        Self {
            id: &user.id,
            email: user.email.as_deref(),
            name: &user.name,
            avatar_url: user.avatar_url.as_deref(),
            created_at: user.created_at,
            last_active: user.last_active,
            time_zone: &user.time_zone,
            subscription: &user.subscription,
            preferences: &user.preferences,
            stats: Stats {
                total_conversations: totals.conversations,
                total_time_minutes: totals.minutes,
                current_streak: streak.days,
                streak_freezes: streak.freezes,
                xp_total: totals.xp,
            },
        }
    }
}

impl ProfileRequest {
    fn parse(self) -> Result<ProfileChange, ApiError> {
        let invalid = |field, reason: &str| ApiError::InvalidField {
            field,
            reason: reason.to_owned(),
        };
        if self.name.as_ref().is_some_and(|name| name.trim().is_empty()) {
            return Err(invalid("name", "must not be empty"));
        }
        let avatar_url = match self.avatar_url {
            Some(url) => Some(within("avatar_url", url, URL_LIMIT)?),
            None => None,
        };
        let is_picture = |url: &String| {
            let is_web = url.starts_with("https://") || url.starts_with("http://");
            is_web && !url.chars().any(|c| c.is_whitespace() || c.is_control())
        };
        if avatar_url.iter().flatten().any(|url| !is_picture(url)) {
            return Err(invalid("avatar_url", "must be a URL that starts with https://"));
        }
        if self.time_zone.as_ref().is_some_and(|zone| time_zone(zone).is_none()) {
            return Err(invalid(
                "time_zone",
                "must be a name of the IANA time zone database, such as Europe/Paris",
            ));
        }
        Ok(ProfileChange {
            name: within("name", self.name, NAME_LIMIT)?.map(|name| name.trim().to_owned()),
            avatar_url,
            time_zone: self.time_zone,
        })
    }
}

impl PreferencesRequest {
    fn parse(self) -> Result<PreferencesChange, ApiError> {
        let level = within("proficiency_level", self.proficiency_level, NAME_LIMIT)?;
        let invalid = |field, reason: String| Err(ApiError::InvalidField { field, reason });
        if level.as_deref().is_some_and(|level| Level::parse(level).is_none()) {
            let reason = "must be beginner, intermediate or advanced, or end in one of them".to_owned();
            return invalid("proficiency_level", reason);
        }
        let daily_goal = match self.daily_goal.map(u32::try_from) {
            None => None,
            Some(Ok(minutes @ 1..=LONGEST_GOAL)) => Some(minutes),
            Some(_) => return invalid("daily_goal", format!("must be from 1 to {LONGEST_GOAL} minutes")),
        };
        if self
            .preferred_topics
            .as_ref()
            .is_some_and(|topics| topics.len() > MOST_TOPICS)
        {
            return invalid("preferred_topics", format!("has more than {MOST_TOPICS} topics"));
        }
        let topics = self.preferred_topics.map(|topics| {
            topics
                .into_iter()
                .filter_map(|topic| within("preferred_topics", Some(topic), NAME_LIMIT).transpose())
                .collect::<Result<_, _>>()
        });
        Ok(PreferencesChange {
            target_language: language(self.target_language)?,
            native_language: language(self.native_language)?,
            proficiency_level: level,
            daily_goal,
            preferred_topics: topics.transpose()?,
            correction: correction(self.correction.as_deref())?,
        })
    }
}

/// A language as the caller wrote it, if it is one.
fn language(named: Option<String>) -> Result<Option<String>, ApiError> {
    match named {
        Some(named) if Language::parse(&named).is_none() => Err(ApiError::InvalidLanguage(named)),
        named => Ok(named),
    }
}

/// Tells `null` from nothing.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn preferences(body: Value) -> Result<PreferencesChange, ApiError> {
        serde_json::from_value::<PreferencesRequest>(body).unwrap().parse()
    }

    fn profile(body: Value) -> Result<ProfileChange, ApiError> {
        serde_json::from_value::<ProfileRequest>(body).unwrap().parse()
    }

    #[test]
    fn only_values_that_make_sense_are_preferred() {
        let change = preferences(json!({"target_language": "fr-CA", "daily_goal": 20, "preferred_topics": ["a", " "]}));
        let change = change.unwrap();
        assert_eq!(change.target_language.as_deref(), Some("fr-CA"));
        assert_eq!(change.daily_goal, Some(20));
        assert_eq!(change.preferred_topics, Some(vec!["a".to_owned()]));
        let klingon = preferences(json!({"target_language": "klingon"}));
        assert!(matches!(klingon, Err(ApiError::InvalidLanguage(language)) if language == "klingon"));
        for body in [
            json!({"daily_goal": 0}),
            json!({"daily_goal": 1441}),
            json!({"daily_goal": -5}),
            json!({"proficiency_level": "godlike"}),
            json!({"correction": "always"}),
            json!({"preferred_topics": vec!["x"; 51]}),
            json!({"preferred_topics": ["x".repeat(101)]}),
            json!({"preferred_topics": ["a\0"]}),
        ] {
            assert!(preferences(body.clone()).is_err(), "{body}");
        }
    }

    #[test]
    fn a_picture_can_be_taken_away_and_a_name_can_t() {
        assert_eq!(profile(json!({})).unwrap(), ProfileChange::default());
        assert_eq!(profile(json!({"avatar_url": null})).unwrap().avatar_url, Some(None));
        assert_eq!(
            profile(json!({"name": " Jane "})).unwrap().name.as_deref(),
            Some("Jane")
        );
        for body in [
            json!({"name": " "}),
            json!({"name": "x".repeat(101)}),
            json!({"avatar_url": "javascript:alert(1)"}),
            json!({"avatar_url": "https://x/ y"}),
            json!({"time_zone": "Mars/Olympus"}),
            json!({"time_zone": ""}),
        ] {
            assert!(profile(body.clone()).is_err(), "{body}");
        }
    }
}

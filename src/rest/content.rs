//! `/v1/content`: what there is to talk about, and in which languages.

use actix_web::{HttpResponse, web};
use colloquy_agents::language::Language;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Services;
use super::error::ApiError;
use super::principal::Bearer;
use super::query::{Query, practised};
use super::text::within;
use crate::content::{Content, OPEN_TALK};
use crate::live::engines::Engines;

/// What to list; what is left out comes from the person's preferences.
#[derive(Debug, Deserialize)]
pub struct TopicsQuery {
    language: Option<String>,
    level: Option<String>,
}

/// Characters that a level may have.
const LEVEL_LIMIT: usize = 100;

/// Lists topics by category.
pub async fn topics(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    Query(query): Query<TopicsQuery>,
) -> Result<HttpResponse, ApiError> {
    let preferences = &principal.user.preferences;
    let (named, language) = practised(query.language, &preferences.target_language)?;
    let level = within("level", query.level, LEVEL_LIMIT)?.unwrap_or_else(|| preferences.proficiency_level.clone());
    Ok(HttpResponse::Ok().json(json!({
        "language": named,
        "level": level,
        "categories": services.content.categories(language, Some(&level)),
    })))
}

/// A language, and what this program can do in it.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Offer {
    /// `french`
    id: &'static str,
    /// `fr`
    tag: &'static str,
    /// `French`
    name: String,
    /// `Français`
    native_name: &'static str,
    /// How many scenarios lead through a conversation in it; without any there is open talk.
    scenarios: usize,
    /// The recogniser; null where one has to type.
    recognition: Option<&'static str>,
    /// Whether the tutor has a voice, or only writes.
    voice: bool,
    /// The tag of the language into which the tutor is translated for who speaks this one; null where it depends.
    translated_into: Option<&'static str>,
}

/// `GET /v1/content/languages`: the languages that can be practised.
pub async fn languages(services: web::Data<Services>, _: Bearer) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "languages": offers(services.content.as_ref(), services.live.engines()) }))
}

fn offers(content: &dyn Content, engines: &Engines) -> Vec<Offer> {
    let practised = Language::ALL.into_iter().filter_map(|language| {
        let topics = content
            .categories(language, None)
            .into_iter()
            .flat_map(|category| category.topics);
        let topics: Vec<_> = topics.map(|topic| topic.id).collect();
        let scenarios = topics.iter().filter(|id| *id != OPEN_TALK).count();
        (!topics.is_empty()).then_some((language, scenarios))
    });
    practised
        .map(|(language, scenarios)| Offer {
            id: language.name(),
            tag: language.tag(),
            name: language.english_name(),
            native_name: language.native_name(),
            scenarios,
            recognition: engines.stt.recognises(language).then(|| engines.stt.name()),
            voice: engines.tts.speaks(language),
            translated_into: engines.llm.translates_into(language).map(Language::tag),
        })
        .collect()
}

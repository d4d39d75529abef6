//! `/v1/content`: what there is to talk about, and in which languages.

use actix_web::{HttpResponse, web};
use colloquy_agents::assessment::language::Source;
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
    /// The recogniser that is asked first; null where one has to type.
    recognition: Option<&'static str>,
    /// All of them, in the order in which they are asked.
    recognisers: Vec<&'static str>,
    /// Whether the tutor has a voice, or only writes.
    voice: bool,
    /// The voices, in the order in which they are asked.
    voices: Vec<&'static str>,
    /// Whether there is neither, so that conversations are held in writing.
    text_only: bool,
    /// Who judges what is said and written.
    assessment: Judges,
    /// The tag of the language into which the tutor is translated for who speaks this one; null where it depends.
    translated_into: Option<&'static str>,
}

/// Who judges what is said and written in a language; null or empty where nobody does.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Judges {
    /// Sounds and words.
    pronunciation: Option<&'static str>,
    /// Rate and pauses.
    fluency: Option<&'static str>,
    /// Melody.
    intonation: Option<&'static str>,
    /// Grammar, in order of trust. Where there is nobody, there is no score of it.
    grammar: Vec<Source>,
    /// The spelling of what is typed, in order of trust.
    spelling: Vec<Source>,
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
        .map(|(language, scenarios)| {
            let (recognisers, voices) = (engines.chains.recognisers(language), engines.chains.voices(language));
            Offer {
                id: language.name(),
                tag: language.tag(),
                name: language.english_name(),
                native_name: language.native_name(),
                scenarios,
                recognition: recognisers.first().copied(),
                voice: !voices.is_empty(),
                text_only: recognisers.is_empty() && voices.is_empty(),
                recognisers,
                voices,
                assessment: judges(engines, language),
                translated_into: engines.llm.translates_into(language).map(Language::tag),
            }
        })
        .collect()
}

fn judges(engines: &Engines, language: Language) -> Judges {
    // One engine judges all that can be heard.
    let assessor = engines.assessments.assessor(language);
    let sources = || engines.grammar.get(&language).into_iter().flatten().copied();
    Judges {
        pronunciation: assessor,
        fluency: assessor,
        intonation: assessor,
        grammar: sources().filter(|source| source.judges_grammar()).collect(),
        spelling: sources().filter(|source| source.judges_spelling()).collect(),
    }
}

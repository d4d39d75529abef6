//! `/v1/voice/...`: a recording measured, exercises, and the sounds of a language.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use colloquy_agents::exercises::{Exercise, Focus, Items};
use colloquy_agents::language::Language;
use colloquy_agents::scenario::Level;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::ApiError;
use super::principal::Bearer;
use super::query::{Query, practised};
use super::text::{required, within};
use super::upload::{self, Upload};
use super::{Services, audio, origin, resource};
use crate::accounts::scope::Scope;
use crate::audio::decode;
use crate::ids::AnalysisId;
use crate::voice::{AnalysisError, advice};

/// Adds the paths.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/v1/voice/analyze", [Method::POST]).route(web::post().to(analyze)))
        .service(resource("/v1/voice/exercises", [Method::GET]).route(web::get().to(exercises)))
        .service(resource("/v1/voice/phonemes", [Method::GET]).route(web::get().to(phonemes)));
}

/// Characters of a text that is read aloud.
const TEXT_LIMIT: usize = 1000;
/// Characters that a language may have.
const NAME_LIMIT: usize = 200;

/// `POST /v1/voice/analyze`
pub async fn analyze(
    services: web::Data<Services>,
    request: HttpRequest,
    Bearer(principal): Bearer,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    if let Err(missing) = principal.require(Scope::ManageConversations) {
        upload::drain(payload).await;
        return Err(missing.into());
    }
    let Upload { file, mut texts } = Upload::read(&request, payload, "audio").await?;
    let text = required("text", texts.remove("text"), TEXT_LIMIT)?;
    let named = required("language", texts.remove("language"), NAME_LIMIT)?;
    let language = Language::parse(&named).ok_or_else(|| ApiError::InvalidLanguage(named.clone()))?;
    let file = file.ok_or_else(|| ApiError::InvalidField {
        field: "audio",
        reason: "is required".to_owned(),
    })?;
    let sound = decode::decode_elsewhere(file).await?;
    let analysis = services.analyst.measure(sound, text.clone(), language).await?;
    let contour = analysis.delivery.contour;
    Ok(HttpResponse::Ok().json(json!({
        "analysis_id": AnalysisId::new(),
        "text": text,
        "language": named,
        "overall_score": null,
        "detailed_analysis": {
            "pronunciation": { "score": null, "phonemes": [] },
            "fluency": {
                "score": null,
                "pace": analysis.pace,
                "pauses": analysis.delivery.pauses,
                "filler_words": analysis.fillers,
                "feedback": advice::fluency(&analysis),
            },
            "intonation": {
                "score": null,
                "pattern": advice::pattern(contour),
                "accuracy": null,
                "feedback": advice::intonation(contour, &text),
            },
        },
        "improvements": advice::improvements(&analysis, &text),
        "next_exercises": advice::next_exercises(&analysis, &text, language, &services.exercises),
    })))
}

/// What to list; what is left out comes from the person's preferences.
#[derive(Debug, Deserialize)]
pub struct ExercisesQuery {
    language: Option<String>,
    difficulty: Option<String>,
    focus: Option<String>,
}

/// `GET /v1/voice/exercises`
pub async fn exercises(
    services: web::Data<Services>,
    request: HttpRequest,
    Bearer(principal): Bearer,
    Query(query): Query<ExercisesQuery>,
) -> Result<HttpResponse, ApiError> {
    let preferences = &principal.user.preferences;
    let (_, language) = practised(query.language, &preferences.target_language)?;
    let invalid = |field, allowed: &str| ApiError::InvalidField {
        field,
        reason: format!("must be {allowed}"),
    };
    let level = match within("difficulty", query.difficulty, NAME_LIMIT)? {
        Some(text) => {
            Some(Level::parse(&text).ok_or_else(|| invalid("difficulty", "beginner, intermediate or advanced"))?)
        }
        None => Level::parse(&preferences.proficiency_level),
    };
    let focus = match query.focus {
        Some(text) => Some(Focus::parse(&text).ok_or_else(|| invalid("focus", "pronunciation or intonation"))?),
        None => None,
    };
    let base = origin::of(&request);
    let listed = services.exercises.list(language, focus, level);
    let shown: Vec<Value> = listed
        .into_iter()
        .map(|exercise| shown(exercise, &services, &base))
        .collect();
    Ok(HttpResponse::Ok().json(json!({ "exercises": shown })))
}

/// Which sounds to list, and in which language to say how they are made; what is left out comes from the person's preferences.
#[derive(Debug, Deserialize)]
pub struct PhonemesQuery {
    language: Option<String>,
    native_language: Option<String>,
}

/// `GET /v1/voice/phonemes`
pub async fn phonemes(
    services: web::Data<Services>,
    request: HttpRequest,
    Bearer(principal): Bearer,
    Query(query): Query<PhonemesQuery>,
) -> Result<HttpResponse, ApiError> {
    let preferences = &principal.user.preferences;
    let (named, language) = practised(query.language, &preferences.target_language)?;
    let native = match query.native_language {
        Some(named) if !named.is_empty() => practised(Some(named), "")?.1,
        // Preferences may name a language that nothing is written in.
        _ => Language::parse(&preferences.native_language).unwrap_or(Language::English),
    };
    let base = origin::of(&request);
    let listed = services.phonemes.of(language).iter();
    let shown: Vec<Value> = listed
        .map(|phoneme| {
            let advice = services.phonemes.advice(language, native, &phoneme.ipa, None);
            json!({
                "phoneme": phoneme.ipa,
                "example": phoneme.example,
                "audio_example": audio::phoneme_url(&services, &base, phoneme),
                "advice": advice.map(|advice| advice.text),
            })
        })
        .collect();
    Ok(HttpResponse::Ok().json(json!({
        "language": named,
        "phonemes": shown,
    })))
}

fn shown(exercise: &Exercise, services: &Services, base: &str) -> Value {
    let url = |index| audio::exercise_url(services, base, exercise, index);
    let mut shown = json!({
        "id": exercise.id,
        "title": exercise.title,
        "difficulty": exercise.difficulty,
    });
    match &exercise.items {
        Items::Words(words) => {
            shown["type"] = "word_repetition".into();
            shown["words"] = words
                .iter()
                .enumerate()
                .map(|(index, word)| {
                    json!({
                        "text": word.text,
                        "phonetic": word.phonetic,
                        "audio_url": url(index),
                        "tips": word.tips,
                    })
                })
                .collect();
        }
        Items::Sentences(sentences) => {
            shown["type"] = "sentence_practice".into();
            shown["sentences"] = sentences
                .iter()
                .enumerate()
                .map(|(index, sentence)| {
                    json!({
                        "text": sentence.text,
                        "audio_url": url(index),
                        "intonation_pattern": sentence.intonation_pattern,
                        "tips": sentence.tips,
                    })
                })
                .collect();
        }
    }
    shown
}

impl From<AnalysisError> for ApiError {
    fn from(error: AnalysisError) -> Self {
        Self::InvalidAudio(error.to_string())
    }
}

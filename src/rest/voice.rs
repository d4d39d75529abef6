//! `/v1/voice/...`: a recording measured and assessed, exercises, and the sounds of a language.

pub(crate) mod azure;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use colloquy_agents::exercises::{Difficulty, Exercise, Focus, Items};
use colloquy_agents::language::Language;
use colloquy_agents::scenario::Level;
use serde::Deserialize;
use serde_json::{Value, json};

use self::azure::Recognised;
use super::error::ApiError;
use super::principal::Bearer;
use super::query::{Query, practised};
use super::text::{required, within};
use super::upload::{self, Upload};
use super::{Services, audio, origin, resource};
use crate::accounts::Principal;
use crate::accounts::scope::Scope;
use crate::assessment::advice::Advice;
use crate::assessment::delivery::{Flow, Melody};
use crate::assessment::judged::Judged;
use crate::assessment::sounds::{self, Ear};
use crate::audio::decode;
use crate::ids::AnalysisId;
use crate::voice::{AnalysisError, has_marks};

/// Adds the paths.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/v1/voice/analyze", [Method::POST]).route(web::post().to(analyze)))
        .service(resource("/v1/voice/exercises", [Method::GET]).route(web::get().to(exercises)))
        .service(resource("/v1/voice/phonemes", [Method::GET]).route(web::get().to(phonemes)));
}

/// Characters of a text that is read aloud.
const TEXT_LIMIT: usize = 1000;
/// Seconds after which to try again when too many recordings wait to be assessed.
const BUSY_RETRY: u32 = 5;
/// Characters that a language may have.
const NAME_LIMIT: usize = 200;

/// In which shape a recording's assessment is told, and in which language; what is left out of the latter comes from the person's
/// preferences.
#[derive(Debug, Deserialize)]
pub struct AnalyzeQuery {
    format: Option<String>,
    native_language: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Document,
    Azure,
}

impl Format {
    fn of(named: Option<String>) -> Result<Self, ApiError> {
        match named.as_deref().unwrap_or("document") {
            "document" => Ok(Self::Document),
            "azure" => Ok(Self::Azure),
            _ => Err(ApiError::InvalidField {
                field: "format",
                reason: "must be document or azure".to_owned(),
            }),
        }
    }
}

/// `POST /v1/voice/analyze`
pub async fn analyze(
    services: web::Data<Services>,
    request: HttpRequest,
    Bearer(principal): Bearer,
    query: Result<Query<AnalyzeQuery>, ApiError>,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let allowed = principal.require(Scope::ManageConversations).map_err(ApiError::from);
    let wanted = allowed.and(query).and_then(|Query(query)| {
        let native = native(query.native_language, &principal)?;
        Ok((Format::of(query.format)?, native))
    });
    let (format, native) = match wanted {
        Ok(wanted) => wanted,
        Err(error) => {
            upload::drain(payload).await;
            return Err(error);
        }
    };
    let Upload { file, mut texts } = Upload::read(&request, payload, "audio").await?;
    let text = required("text", texts.remove("text"), TEXT_LIMIT)?;
    if !text.chars().any(char::is_alphanumeric) {
        return Err(ApiError::InvalidField {
            field: "text",
            reason: "has no words".to_owned(),
        });
    }
    let named = required("language", texts.remove("language"), NAME_LIMIT)?;
    let language = Language::parse(&named).ok_or_else(|| ApiError::InvalidLanguage(named.clone()))?;
    let file = file.ok_or_else(|| ApiError::InvalidField {
        field: "audio",
        reason: "is required".to_owned(),
    })?;
    let sound = decode::decode_elsewhere(file).await?;
    let judged = services.analyst.judge(sound, &text, language).await;
    if format == Format::Azure {
        return Ok(HttpResponse::Ok().json(as_azure(&text, judged)?));
    }
    let judged = judged?;
    let ear = Ear {
        practised: language,
        native,
    };
    let advice = Advice {
        judged: &judged,
        text: &text,
        is_written: has_marks(&text),
        ear,
        coach: services.assessments.coach(),
    };
    let pronunciation = judged.assessment().map(|assessment| assessment.pronunciation);
    let (confidence, doubts) = judged.confidence();
    Ok(HttpResponse::Ok().json(json!({
        "analysis_id": AnalysisId::new(),
        "text": text,
        "language": named,
        "overall_score": judged.overall(),
        // A hundredth: more is not known.
        "confidence": (f64::from(confidence) * 100.0).round() / 100.0,
        "doubts": doubts,
        "detailed_analysis": {
            "pronunciation": {
                "score": pronunciation.and_then(|pronunciation| pronunciation.score),
                "completeness": pronunciation.and_then(|pronunciation| pronunciation.completeness),
                "phonemes": phonemes_of(&advice, &origin::of(&request)),
                "feedback": advice.pronunciation(),
            },
            "fluency": Flow::of(&advice),
            "intonation": Melody::of(&advice),
        },
        "improvements": advice.improvements(),
        "next_exercises": advice.next_exercises(&services.exercises, &services.phonemes),
    })))
}

/// The same in Azure's shape, which has words of its own for silence and for what went wrong here, but none for a language that nobody
/// judges: its service refuses those.
fn as_azure(text: &str, judged: Result<Judged, AnalysisError>) -> Result<Recognised, ApiError> {
    match judged {
        Ok(judged) => {
            let assessment = judged.assessment().ok_or_else(|| ApiError::InvalidField {
                field: "language",
                reason: "can't be assessed on this server".to_owned(),
            })?;
            Ok(Recognised::of(text, assessment, judged.overall()))
        }
        Err(AnalysisError::NoSpeech | AnalysisError::TooQuiet) => Ok(Recognised::silence()),
        Err(AnalysisError::Failed) => Ok(Recognised::error()),
        Err(error) => Err(error.into()),
    }
}

/// The sounds of the words that were said, in the order of the text; those that can't be judged with a score of null. None where the
/// recording allows to judge none.
fn phonemes_of(advice: &Advice, base: &str) -> Vec<Value> {
    let words = advice
        .judged
        .assessment()
        .map_or(&[][..], |assessment| &assessment.words);
    let sounds = || {
        words
            .iter()
            .flat_map(|word| word.phonemes.iter().map(move |phoneme| (word, phoneme)))
    };
    if sounds().all(|(_, phoneme)| phoneme.score.is_none()) {
        return Vec::new();
    }
    let told = sounds().filter_map(|(word, phoneme)| {
        let tip = advice.coach.feedback(advice.ear, word, phoneme)?;
        let mut told = json!({
            "phoneme": phoneme.ipa,
            "word": sounds::spelled(advice.text, &word.text)?,
            "score": phoneme.score,
            "feedback": tip.text,
            "audio_example": tip.audio_example.map(|path| format!("{base}{path}")),
        });
        if let Some(heard) = phoneme.heard.as_ref().filter(|_| !sounds::is_other_word(word)) {
            told["heard"] = heard.as_str().into();
        }
        Some(told)
    });
    told.collect()
}

/// What to list; what is left out comes from the person's preferences.
#[derive(Debug, Deserialize)]
pub struct ExercisesQuery {
    language: Option<String>,
    difficulty: Option<String>,
    focus: Option<String>,
    phoneme: Option<String>,
    native_language: Option<String>,
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
    let native = native(query.native_language, &principal)?;
    let invalid = |field, allowed: &str| ApiError::InvalidField {
        field,
        reason: format!("must be {allowed}"),
    };
    let difficulty = match within("difficulty", query.difficulty, NAME_LIMIT)? {
        Some(text) => Difficulty::Only(
            Level::parse(&text).ok_or_else(|| invalid("difficulty", "beginner, intermediate or advanced"))?,
        ),
        None => Level::parse(&preferences.proficiency_level).map_or(Difficulty::Any, Difficulty::First),
    };
    let focus = match query.focus {
        Some(text) => {
            Some(Focus::parse(&text).ok_or_else(|| invalid("focus", "pronunciation, intonation or fluency"))?)
        }
        None => None,
    };
    // A sound says more than an area.
    let focus = match within("phoneme", query.phoneme, NAME_LIMIT)? {
        Some(sound) => Some(Focus::of_sound(&sound, language, &services.phonemes)),
        None => focus,
    };
    let base = origin::of(&request);
    let listed = services.exercises.list(language, focus.as_ref(), difficulty);
    let shown: Vec<Value> = listed
        .into_iter()
        .map(|exercise| shown(exercise, native, &services, &base))
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
    let (named, language) = practised(query.language, &principal.user.preferences.target_language)?;
    let native = native(query.native_language, &principal)?;
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

/// The learner's own language, as it was asked for or as their preferences have it.
fn native(named: Option<String>, principal: &Principal) -> Result<Language, ApiError> {
    match named {
        Some(named) if !named.is_empty() => Ok(practised(Some(named), "")?.1),
        // Preferences may name a language that nothing is written in.
        _ => Ok(Language::parse(&principal.user.preferences.native_language).unwrap_or(Language::English)),
    }
}

fn shown(exercise: &Exercise, native: Language, services: &Services, base: &str) -> Value {
    let exercises = &services.exercises;
    let url = |index| audio::exercise_url(services, base, exercise, index);
    let mut shown = json!({
        "id": exercise.id,
        "title": exercises.title(exercise, native),
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
                        "tips": exercises.word_tips(exercise, word, native, &services.phonemes),
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
                        "intonation_pattern": sentence.melody,
                        "tips": exercises.sentence_tips(exercise, sentence, native),
                    })
                })
                .collect();
        }
    }
    shown
}

impl From<AnalysisError> for ApiError {
    fn from(error: AnalysisError) -> Self {
        match error {
            AnalysisError::NoSpeech
            | AnalysisError::TooQuiet
            | AnalysisError::TooLong
            | AnalysisError::Unreadable(_) => Self::InvalidAudio(error.to_string()),
            AnalysisError::Busy(reason) => Self::Full {
                reason,
                retry_after: BUSY_RETRY,
            },
            AnalysisError::Failed => Self::Unavailable,
        }
    }
}

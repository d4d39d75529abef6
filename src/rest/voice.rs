//! `/v1/voice/...`: a recording measured and assessed, exercises, and the sounds of a language.

pub(crate) mod azure;

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use colloquy_agents::assessment::speech::{Assessment, WordVerdict};
use colloquy_agents::engine::HEARD_RATE;
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
use crate::assessment::sounds::{self, Coach, Ear, weak_sounds};
use crate::assessment::turns::ReadAloudError;
use crate::audio::{Sound, decode};
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
/// Words that are named to be worked on.
const NAMED_WORDS: usize = 3;
/// Seconds after which to try again when too many recordings wait to be assessed.
const BUSY_RETRY: u32 = 5;
/// Characters that a language may have.
const NAME_LIMIT: usize = 200;

/// In which shape a recording's assessment is told.
#[derive(Debug, Deserialize)]
pub struct AnalyzeQuery {
    format: Option<String>,
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
    let format = match allowed.and(query).and_then(|Query(query)| Format::of(query.format)) {
        Ok(format) => format,
        Err(error) => {
            upload::drain(payload).await;
            return Err(error);
        }
    };
    let Upload { file, mut texts } = Upload::read(&request, payload, "audio").await?;
    let text = required("text", texts.remove("text"), TEXT_LIMIT)?;
    let named = required("language", texts.remove("language"), NAME_LIMIT)?;
    let language = Language::parse(&named).ok_or_else(|| ApiError::InvalidLanguage(named.clone()))?;
    let file = file.ok_or_else(|| ApiError::InvalidField {
        field: "audio",
        reason: "is required".to_owned(),
    })?;
    let sound = decode::decode_elsewhere(file).await?;
    let (sound, pcm) = heard(sound).await?;
    let analysis = services.analyst.measure(sound, text.clone(), language).await?;
    let assessments = &services.assessments;
    let assessment = assessments.read_aloud(&text, language, pcm).await;
    let assessment = match assessment {
        Err(ReadAloudError::Busy(busy)) => {
            return Err(ApiError::Full {
                reason: busy.to_string(),
                retry_after: BUSY_RETRY,
            });
        }
        Err(ReadAloudError::Engine(error)) => {
            tracing::warn!(%error, "a recording is not assessed");
            None
        }
        Ok(assessment) => assessment,
    };
    let overall_score = assessment.as_ref().and_then(overall);
    if format == Format::Azure {
        return Ok(HttpResponse::Ok().json(azure::Recognised::of(&text, assessment.as_ref(), overall_score)));
    }
    let ear = Ear {
        practised: language,
        native: Language::parse(&principal.user.preferences.native_language).unwrap_or(Language::English),
    };
    let base = origin::of(&request);
    let contour = analysis.delivery.contour;
    let assessed = assessment.as_ref();
    let weak = assessed.map(weak_sounds).unwrap_or_default();
    let with_reason = |feedback: &str, score: Option<u8>| match sounds::reason(assessed).filter(|_| score.is_none()) {
        Some(reason) => format!("{feedback}. {reason}"),
        None => feedback.to_owned(),
    };
    let fluency = assessed.and_then(|assessment| assessment.fluency.score);
    let intonation = assessed.and_then(|assessment| assessment.intonation.score);
    Ok(HttpResponse::Ok().json(json!({
        "analysis_id": AnalysisId::new(),
        "text": text,
        "language": named,
        "overall_score": overall_score,
        "detailed_analysis": {
            "pronunciation": {
                "score": assessed.and_then(|assessment| assessment.pronunciation.score),
                "completeness": assessed.and_then(|assessment| assessment.pronunciation.completeness),
                "phonemes": assessed.map_or_else(Vec::new, |assessment| phonemes_of(assessment, &text, ear, assessments.coach(), &base)),
                "feedback": sounds::reason(assessed),
            },
            "fluency": {
                "score": fluency,
                "pace": analysis.pace,
                "pauses": analysis.delivery.pauses,
                "filler_words": analysis.fillers,
                "feedback": with_reason(&advice::fluency(&analysis), fluency),
            },
            "intonation": {
                "score": intonation,
                "pattern": advice::pattern(contour),
                "accuracy": assessed.and_then(|assessment| assessment.intonation.accuracy),
                "feedback": with_reason(advice::intonation(contour, &text), intonation),
            },
        },
        "improvements": advice::improvements(&analysis, &text, &about_words(assessed, &text, ear, assessments.coach())),
        "next_exercises": advice::next_exercises(&analysis, &text, language, &weak, &services.exercises),
    })))
}

/// A recording as it is measured, and as it is assessed.
async fn heard(sound: Sound) -> Result<(Sound, Arc<[i16]>), ApiError> {
    let heard = web::block(move || sound.at(HEARD_RATE)).await;
    match heard {
        Ok(Ok(sound)) => {
            let pcm = sound.samples.as_slice().into();
            Ok((sound, pcm))
        }
        Ok(Err(error)) => Err(AnalysisError::Failed(error.to_string()).into()),
        Err(_) => Err(ApiError::Internal),
    }
}

/// All of it in one: mostly how the sounds were made, and how they flow. None without a score of the sounds.
fn overall(assessment: &Assessment) -> Option<u8> {
    let of = |score: Option<u8>, weight: u32| score.map(|score| (u32::from(score) * weight, weight));
    let pronunciation = of(Some(assessment.pronunciation.score?), 3);
    let scores = [
        pronunciation,
        of(assessment.fluency.score, 1),
        of(assessment.intonation.score, 1),
    ];
    let measured = scores.into_iter().flatten();
    let (sum, weights) = measured.fold((0, 0), |(sum, weights), (score, weight)| {
        (sum + score, weights + weight)
    });
    u8::try_from((sum + weights / 2) / weights).ok()
}

/// The sounds that could be judged, in the order of the text.
fn phonemes_of(assessment: &Assessment, text: &str, ear: Ear, coach: &Coach, base: &str) -> Vec<Value> {
    let sounds = assessment
        .words
        .iter()
        .flat_map(|word| word.phonemes.iter().map(move |phoneme| (word, phoneme)));
    let told = sounds.filter_map(|(word, phoneme)| {
        let tip = coach.feedback(ear, phoneme)?;
        let mut told = json!({
            "phoneme": phoneme.ipa,
            "word": sounds::spelled(text, &word.text)?,
            "score": phoneme.score,
            "feedback": tip.text,
            "audio_example": tip.audio_example.map(|path| format!("{base}{path}")),
        });
        if let Some(heard) = &phoneme.heard {
            told["heard"] = heard.as_str().into();
        }
        Some(told)
    });
    told.collect()
}

/// Which words to work on, the worst first, and which were left out.
fn about_words(assessment: Option<&Assessment>, text: &str, ear: Ear, coach: &Coach) -> Vec<String> {
    let Some(assessment) = assessment.filter(|assessment| assessment.is_text) else {
        return Vec::new();
    };
    let weak = coach.weak_words(ear, text, assessment).into_iter();
    let weak = weak.map(|weak| format!("{}: {}", weak.word, weak.tip.text));
    let omitted = assessment
        .words
        .iter()
        .filter(|word| word.verdict == WordVerdict::Omission);
    let omitted = omitted.filter_map(|word| sounds::spelled(text, &word.text));
    let omitted = omitted.map(|word| format!("{word}: it was not heard; say all of the words"));
    weak.take(NAMED_WORDS).chain(omitted.take(NAMED_WORDS)).collect()
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

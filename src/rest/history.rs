//! `GET /v1/conversations/{id}/messages`: what clients ask most. Messages go from their rows into the answer without a stop; while
//! nothing has changed, the answer before is given again.

mod kept;

use std::cell::OnceCell;
use std::sync::Arc;

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use colloquy_agents::language::Language;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::audio::{Hearing, voiced};
use super::conversations::named;
use super::error::ApiError;
use super::principal::bearer_asking;
use super::{Services, origin};
use crate::accounts::scope::Scope;
use crate::assessment::analysis::located;
use crate::clock::Timestamp;
use crate::conversations::ConversationError;
use crate::conversations::summary::{Counted, Measures};
use crate::ids::ConversationId;
use crate::storage::StorageError;
use crate::storage::conversations::Status;
use crate::storage::messages::Sender;
use crate::storage::transcript::{Heading, Line, State};
use kept::History;

pub use kept::Kept;

/// What is known of the conversation before its messages are.
struct Frame<'a> {
    revision: Arc<str>,
    status: Status,
    topics_covered: Box<RawValue>,
    /// The language of the translations of what the tutor says, where it is known; of what the learner says, they are the
    /// scenario's, in English.
    translated_into: Option<Language>,
    hearing: Hearing<'a>,
}

/// A message as it stands in the answer, and what is counted of it.
struct Shown {
    json: Vec<u8>,
    counted: Counted,
}

/// A message as document 000 shows it, with what is known of it.
#[derive(Debug, Serialize)]
struct ShownMessage<'a> {
    id: &'a str,
    timestamp: Timestamp,
    sender: Sender,
    content: &'a str,
    interrupted: bool,
    audio_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    translation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    translation_language: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    analysis: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency: Option<&'a RawValue>,
}

/// The rest of the answer, which its messages are put into.
#[derive(Debug, Serialize)]
struct ShownHistory<'a> {
    conversation_id: &'a ConversationId,
    status: Status,
    summary: ShownSummary<'a>,
}

#[derive(Debug, Serialize)]
struct ShownSummary<'a> {
    total_messages: usize,
    duration_minutes: u32,
    avg_grammar_score: Option<u8>,
    avg_pronunciation_score: Option<u8>,
    topics_covered: &'a RawValue,
}

/// What of an analysis is counted.
#[derive(Debug, Default, Deserialize)]
struct Scores {
    #[serde(default)]
    grammar_score: Option<Value>,
    #[serde(default)]
    pronunciation_score: Option<Value>,
}

/// Bytes that a message takes, more or less.
const MESSAGE_SIZE: usize = 640;

/// `GET /v1/conversations/{id}/messages`
pub async fn history(
    services: web::Data<Services>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let named = named(&id);
    let base = origin::of(&request);
    let kept = named.as_ref().ok().and_then(|id| services.histories.find(id, &base));
    let state = match (&named, &kept) {
        (Ok(conversation), Some(History { revision, .. })) => {
            services.conversations.written(conversation).await;
            Some(State { conversation, revision })
        }
        _ => None,
    };
    let (principal, mut is_at) = bearer_asking(&services, &request, state).await?;
    principal.require(Scope::ManageConversations)?;
    let id = named.as_ref().map_err(|_| ConversationError::NotFound)?;
    let reader = services.accounts.reader_of(&principal, id).await?;
    if let Some(state) = state.filter(|_| reader != principal.user.id) {
        // A member's, whom the key of an organisation may read.
        is_at = services.conversations.is_at(&reader, state).await?;
    }
    if let Some(History { body, .. }) = kept.filter(|_| is_at) {
        return Ok(answer(body));
    }
    let frame = OnceCell::new();
    let render = |heading: &Heading<'_>, line: Option<&Line<'_>>| {
        if frame.get().is_none() {
            // Nobody else sets it meanwhile.
            let _ = frame.set(Frame::of(&services, &base, id, heading)?);
        }
        let frame: Option<&Frame<'_>> = frame.get();
        // Notes of a client of document 003 are nobody's words.
        let line = line.filter(|line| line.sender != Sender::System);
        frame.zip(line).map(|(frame, line)| frame.show(line)).transpose()
    };
    let shown = services.conversations.transcript(&reader, id, render).await;
    if matches!(shown, Err(ConversationError::NotFound)) {
        services.histories.forget(id);
    }
    let shown: Vec<Shown> = shown?.into_iter().flatten().collect();
    let frame = frame.into_inner().ok_or(ApiError::Internal)?;
    let body: Bytes = frame.around(id, &shown).map_err(|_| ApiError::Internal)?.into();
    let history = History {
        revision: frame.revision.clone(),
        body: body.clone(),
    };
    services.histories.remember(id, &base, history);
    Ok(answer(body))
}

fn answer(body: Bytes) -> HttpResponse {
    let json = HeaderValue::from_static("application/json");
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, json))
        .body(body)
}

impl<'a> Frame<'a> {
    fn of(
        services: &Services,
        base: &'a str,
        conversation: &'a ConversationId,
        heading: &Heading<'_>,
    ) -> Result<Self, StorageError> {
        let translated_into = if heading.has_progress {
            let native = Language::parse(heading.native_language);
            native.and_then(|native| services.live.engines().llm.translates_into(native))
        } else {
            // The opener that it was made with is the scenario's: nobody has heard another yet.
            Some(Language::English)
        };
        Ok(Self {
            revision: heading.revision.into(),
            status: heading.status,
            topics_covered: raw(heading.topics_covered, "topics_covered")?.to_owned(),
            translated_into,
            hearing: Hearing {
                base,
                conversation,
                has_voice: voiced(services, heading.language, heading.surface).is_some(),
            },
        })
    }

    fn show(&self, line: &Line<'_>) -> Result<Shown, StorageError> {
        let translation_language = match line.sender {
            Sender::Ai => self.translated_into,
            Sender::User => Some(Language::English),
            Sender::System => None,
        };
        let translation_language = translation_language.filter(|_| line.translation.is_some());
        let located = line.analysis.and_then(|text| located(text, self.hearing.base));
        let message = ShownMessage {
            id: line.id,
            timestamp: line.created_at,
            sender: line.sender,
            content: line.content,
            interrupted: line.interrupted,
            audio_url: self.hearing.url_of(line.id, line.sender, line.audio_url),
            translation: line.translation,
            translation_language: translation_language.map(Language::tag),
            analysis: located
                .as_deref()
                .or(line.analysis)
                .map(|text| raw(text, "analysis"))
                .transpose()?,
            latency: line.latency.map(|text| raw(text, "latency")).transpose()?,
        };
        let mut json = Vec::with_capacity(MESSAGE_SIZE);
        serde_json::to_writer(&mut json, &message).map_err(|error| StorageError::unreadable("messages", &error))?;
        Ok(Shown {
            json,
            counted: counted(line),
        })
    }

    /// The whole answer.
    fn around(&self, conversation_id: &ConversationId, shown: &[Shown]) -> serde_json::Result<Vec<u8>> {
        let counted: Vec<Counted> = shown.iter().map(|shown| shown.counted).collect();
        let measures = Measures::count(&counted);
        let mut body = serde_json::to_vec(&ShownHistory {
            conversation_id,
            status: self.status,
            summary: ShownSummary {
                total_messages: measures.messages,
                duration_minutes: measures.minutes(),
                avg_grammar_score: measures.grammar_score,
                avg_pronunciation_score: measures.pronunciation_score,
                topics_covered: &self.topics_covered,
            },
        })?;
        // The messages are the last member of the object.
        body.pop();
        body.reserve(shown.iter().map(|shown| shown.json.len() + 1).sum::<usize>() + 16);
        body.extend_from_slice(b",\"messages\":[");
        for (index, shown) in shown.iter().enumerate() {
            if index > 0 {
                body.push(b',');
            }
            body.extend_from_slice(&shown.json);
        }
        body.extend_from_slice(b"]}");
        Ok(body)
    }
}

/// What of a message is counted: the learner's alone have scores.
fn counted(line: &Line<'_>) -> Counted {
    let analysis = line.analysis.filter(|_| line.sender == Sender::User);
    let scores: Scores = analysis
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    Counted {
        created_at: line.created_at,
        is_learners: line.sender == Sender::User,
        grammar_score: scores.grammar_score.as_ref().and_then(Value::as_u64),
        pronunciation_score: scores.pronunciation_score.as_ref().and_then(Value::as_u64),
    }
}

/// A document as it is stored, once it is known to be one.
fn raw<'a>(text: &'a str, column: &'static str) -> Result<&'a RawValue, StorageError> {
    serde_json::from_str(text).map_err(|error| StorageError::unreadable(column, &error))
}

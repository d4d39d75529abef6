//! `/audio/{conversation}/{name}.mp3`: what the tutor says, to be heard. The URL is the credential: it holds an id that nobody
//! guesses.
//!
//! Files of sessions (document 002) are there from when they were named. A message of any other conversation is said when it
//! is first asked for, and so are the right forms of what a learner said wrong, the exercises and the words to hear phonemes in.

use actix_files::NamedFile;
use actix_web::http::Method;
use actix_web::http::header::{self, ContentEncoding, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use colloquy_agents::assessment::articulation::Phoneme;
use colloquy_agents::engine::{EngineError, Pace, SpeakRequest};
use colloquy_agents::exercises::Exercise;
use colloquy_agents::language::Language;
use colloquy_agents::scenario::Level;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::error::ApiError;
use super::query::Query;
use super::request::concerns;
use super::{Services, resource};
use crate::assessment::right_forms;
use crate::audio::store::{EXERCISES, PHONEMES};
use crate::audio::{AudioName, VoiceError, audio_url};
use crate::clock::Timestamp;
use crate::ids::{ConversationId, MessageId};
use crate::storage::conversations::{Conversation, Surface};
use crate::storage::messages::{Message, Sender};

/// Adds the paths.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(
        resource("/audio/{directory}/{file}", [Method::GET, Method::HEAD])
            .route(web::get().to(listen))
            .route(web::head().to(listen)),
    );
}

/// How something is heard.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct ListenQuery {
    pace: Option<ListenPace>,
}

/// How fast something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ListenPace {
    /// As it is said in the conversation.
    Natural,
    /// Slower than that: a rendition of its own.
    Slow,
}

/// Nothing is heard there; why is for nobody to know.
const NOTHING: ApiError = ApiError::NotFound("there is no such audio");

/// `GET /audio/{directory}/{name}.mp3`
pub async fn listen(
    services: web::Data<Services>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    Query(query): Query<ListenQuery>,
) -> Result<HttpResponse, ApiError> {
    let (directory, file) = path.into_inner();
    let name = file
        .strip_suffix(".mp3")
        .and_then(|name| AudioName::parse(&directory, name))
        .ok_or(NOTHING)?;
    let text = match directory.as_str() {
        EXERCISES => Some(exercise(&services, name.name()).ok_or(NOTHING)?),
        PHONEMES => Some(phoneme(&services, name.name()).ok_or(NOTHING)?),
        _ => message(&services, &directory, name.name()).await?,
    };
    let path = match text {
        Some(text) => render(&services, &name, at(text, query.pace)).await?,
        // A session's files are there at the pace at which they were said.
        None if query.pace == Some(ListenPace::Slow) => return Err(NOTHING),
        None => services.audio.path(&name),
    };
    let file = NamedFile::open_async(path).await.map_err(|_| NOTHING)?;
    let mut response = file
        .set_content_type("audio/mpeg".parse().expect("a media type"))
        // MP3 doesn't get smaller, and parts of it must stay where they are.
        .set_content_encoding(ContentEncoding::Identity)
        .disable_content_disposition()
        .into_response(&request);
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // It is gone when its conversation is.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// Where a message of the tutor's can be heard; none where there is no voice for it.
pub fn url_of(services: &Services, base: &str, conversation: &Conversation, message: &Message) -> Option<String> {
    let hearing = Hearing {
        base,
        conversation: &conversation.id,
        has_voice: language_of(services, conversation).is_some(),
    };
    hearing.url_of(message.id.as_str(), message.sender, message.audio_url.as_deref())
}

/// Where the messages of a conversation can be heard.
#[derive(Clone, Copy, Debug)]
pub struct Hearing<'a> {
    /// How the outside reaches this program.
    pub base: &'a str,
    /// Which conversation.
    pub conversation: &'a ConversationId,
    /// Whether there is a voice for its language.
    pub has_voice: bool,
}

impl Hearing<'_> {
    /// Of the message of that id; `said` is where its client said that it can be heard.
    pub fn url_of(&self, id: &str, sender: Sender, said: Option<&str>) -> Option<String> {
        if let Some(said) = said {
            return Some(said.to_owned());
        }
        let is_heard = sender == Sender::Ai && self.has_voice;
        is_heard.then(|| audio_url(self.base, self.conversation, id))
    }
}

/// Where an item of an exercise can be heard; none where there is no voice for it.
pub fn exercise_url(services: &Services, base: &str, exercise: &Exercise, index: usize) -> Option<String> {
    let name = AudioName::parse(EXERCISES, &format!("{}-{}", exercise.id, index + 1))?;
    services.voicing.speaks(exercise.language).then(|| name.url(base))
}

/// Where a phoneme can be heard in its example; none where there is no voice for its language.
pub fn phoneme_url(services: &Services, base: &str, phoneme: &Phoneme) -> Option<String> {
    let name = AudioName::parse(PHONEMES, &phoneme.id())?;
    services.voicing.speaks(phoneme.language).then(|| name.url(base))
}

/// The same at the pace that was asked for.
fn at(text: SpeakRequest, pace: Option<ListenPace>) -> SpeakRequest {
    match pace {
        Some(ListenPace::Slow) => SpeakRequest {
            pace: text.pace.slower(),
            ..text
        },
        Some(ListenPace::Natural) | None => text,
    }
}

fn exercise(services: &Services, name: &str) -> Option<SpeakRequest> {
    let (id, number) = name.rsplit_once('-')?;
    let index = number.parse::<usize>().ok()?.checked_sub(1)?;
    let exercise = services.exercises.find(id)?;
    Some(SpeakRequest {
        text: exercise.items.text(index)?.to_owned(),
        language: exercise.language,
        pace: if exercise.difficulty == Level::Beginner {
            Pace::Slow
        } else {
            Pace::Natural
        },
        melody: exercise.items.melody(index),
    })
}

fn phoneme(services: &Services, id: &str) -> Option<SpeakRequest> {
    let phoneme = services.phonemes.by_id(id)?;
    Some(SpeakRequest {
        text: phoneme.example.clone(),
        language: phoneme.language,
        pace: Pace::Slow,
        melody: None,
    })
}

/// What is to be said; none if it was said already, in a session.
async fn message(services: &Services, conversation: &str, name: &str) -> Result<Option<SpeakRequest>, ApiError> {
    let id = ConversationId::parse(conversation).ok_or(NOTHING)?;
    let conversation = services.database.conversation(&id).await?.ok_or(NOTHING)?;
    concerns(&id);
    if conversation.surface == Surface::Session {
        // Whoever is signed in needs no credential here, either.
        let found = services.sessions.alive(&id, Timestamp::now()).await;
        found.map_err(|_| NOTHING)?;
        if right_forms::named(name).is_none() {
            return Ok(None);
        }
    }
    let language = Language::parse(&conversation.language).filter(|language| services.voicing.speaks(*language));
    let language = language.ok_or(NOTHING)?;
    let message = MessageId::parse(name).ok_or(NOTHING)?;
    let text = match services.database.message_of(&id, &message).await? {
        Some(message) if message.sender == Sender::Ai => message.content,
        Some(_) => return Err(NOTHING),
        None => right_form(services, &id, name).await?,
    };
    Ok(Some(SpeakRequest {
        text,
        language,
        pace: services.conversations.pace_of(&conversation),
        melody: None,
    }))
}

/// The right form of something that the learner said wrong.
async fn right_form(services: &Services, conversation: &ConversationId, name: &str) -> Result<String, ApiError> {
    let (message, hashed) = right_forms::named(name).ok_or(NOTHING)?;
    // It is told as soon as it is known.
    services.conversations.written(conversation).await;
    let message = services
        .database
        .message_of(conversation, &message)
        .await?
        .ok_or(NOTHING)?;
    let analysis = message.analysis.ok_or(NOTHING)?;
    right_forms::kept(&analysis, hashed).map(str::to_owned).ok_or(NOTHING)
}

/// The language in which a conversation's messages can be heard by their ids.
fn language_of(services: &Services, conversation: &Conversation) -> Option<Language> {
    voiced(services, &conversation.language, conversation.surface)
}

/// A language, if there is a voice for it and messages of that surface can be heard by their ids.
pub fn voiced(services: &Services, language: &str, surface: Surface) -> Option<Language> {
    let language = Language::parse(language)?;
    let is_heard = surface != Surface::Session && services.voicing.speaks(language);
    is_heard.then_some(language)
}

/// Says a text unless that was done before. The file's name holds the text's hash, since messages and content may be edited.
async fn render(services: &Services, name: &AudioName, text: SpeakRequest) -> Result<std::path::PathBuf, ApiError> {
    let mut hashed = format!("{}\n{:?}\n{}", text.language, text.pace, text.text);
    if let Some(melody) = text.melody {
        hashed.push_str(&format!("\n{melody:?}"));
    }
    let hash = Sha256::digest(hashed);
    let hash: String = hash[..6].iter().map(|byte| format!("{byte:02x}")).collect();
    let kept = name.version(&hash).ok_or(NOTHING)?;
    let said = services.audio.obtain(&kept, services.voicing.mp3(text)).await;
    said.map_err(|error| match error {
        VoiceError::NoVoice(_) | VoiceError::Silent | VoiceError::Engine(EngineError::Unsupported { .. }) => NOTHING,
        error => {
            tracing::warn!(%error, "a message can't be heard");
            ApiError::Unavailable
        }
    })
}

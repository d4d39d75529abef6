//! `POST /v1/conversations/{id}/messages`: a turn, typed or recorded, and its answer.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Services;
use super::audio;
use super::base64;
use super::body::json_within;
use super::conversations::named;
use super::error::ApiError;
use super::origin;
use super::principal::Bearer;
use super::text::within;
use crate::accounts::scope::Scope;
use crate::assessment::analysis::locate;
use crate::audio::decode::{decode_elsewhere, is_begun};
use crate::audio::{Sound, UPLOAD_LIMIT, uploads};
use crate::clock::Timestamp;
use crate::live::exchange::{Exchange, LONGEST_TEXT, Said};

/// The body of the request.
#[derive(Debug, Deserialize)]
struct MessageRequest {
    #[serde(rename = "type")]
    kind: Option<String>,
    content: Option<String>,
    audio_data: Option<String>,
}

/// The largest body, in bytes: a file in base64, and room for the rest.
const BODY_LIMIT: usize = UPLOAD_LIMIT / 3 * 4 + 64 * 1024;
/// What recognisers hear, in Hz.
const HEARD_RATE: u32 = colloquy_media::HEARD_RATE;

/// Takes a turn.
pub async fn say(
    services: web::Data<Services>,
    Bearer(principal): Bearer,
    id: web::Path<String>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    principal.require(Scope::ManageConversations)?;
    let id = named(&id)?;
    let message: MessageRequest = json_within(body, BODY_LIMIT).await?;
    let said = message.parse()?;
    // Nothing is decoded for what is over, or someone else's.
    let conversation = services
        .conversations
        .open(&principal.user.id, &id, Timestamp::now())
        .await?;
    let (said, sound) = said.decode(uploads::are_kept(&conversation)).await?;
    let mut exchange = services.live.exchange(&conversation, said).await?;
    if let Some(sound) = sound
        && let Err(error) = uploads::keep(&services.audio, &conversation, &exchange.heard.id, sound).await
    {
        tracing::warn!(%error, "what was said can't be kept");
    }
    let base = origin::of(&request);
    if let Some(analysis) = &mut exchange.heard.analysis {
        locate(analysis, &base);
    }
    let audio_url = audio::url_of(&services, &base, &conversation, &exchange.reply);
    Ok(HttpResponse::Ok().json(shown(&exchange, audio_url)))
}

/// What was said, as it came.
enum Received {
    Text(String),
    File(Vec<u8>),
    /// Words, and a file in which they are said.
    Read(String, Vec<u8>),
}

impl MessageRequest {
    /// An `audio` message is its sound: a recogniser tells its words. A `text` message is its words; sound that comes with them is
    /// judged as those words, and is recognised where there are none.
    ///
    /// What comes with words and doesn't begin as a file of sound does is a placeholder, as in document 000's own example: the words are
    /// all there is. One that begins so was recorded, so that whoever sent it is told if it can't be read.
    fn parse(self) -> Result<Received, ApiError> {
        let is_text = match self.kind.as_deref() {
            None | Some("text") => true,
            Some("audio") => false,
            Some(_) => return Err(invalid("type", "must be text or audio")),
        };
        let content = within("content", self.content, LONGEST_TEXT)?;
        let data = self.audio_data.filter(|data| !data.trim().is_empty());
        match (content.filter(|_| is_text), data) {
            (Some(text), data) => {
                let file = data
                    .and_then(|data| base64::decode(&data))
                    .filter(|file| is_begun(file));
                Ok(match file {
                    Some(file) => Received::Read(text, file),
                    None => Received::Text(text),
                })
            }
            (None, Some(data)) => base64::decode(&data)
                .map(Received::File)
                .ok_or_else(|| ApiError::InvalidAudio("The audio data is not base64".to_owned())),
            (None, None) if is_text => Err(invalid("content", "is required")),
            (None, None) => Err(invalid("audio_data", "is required")),
        }
    }
}

fn invalid(field: &'static str, reason: &str) -> ApiError {
    ApiError::InvalidField {
        field,
        reason: reason.to_owned(),
    }
}

impl Received {
    /// What was said; and if it is to be kept, how it sounds.
    async fn decode(self, is_kept: bool) -> Result<(Said, Option<Sound>), ApiError> {
        let (text, file) = match self {
            Self::Text(text) => return Ok((Said::Text(text), None)),
            Self::File(file) => (None, file),
            Self::Read(text, file) => (Some(text), file),
        };
        let sound = decode_elsewhere(file).await?;
        let kept = is_kept.then(|| sound.clone());
        let said = match (speech(sound).await?, text) {
            (Said::Speech(samples), Some(text)) => Said::Read { text, samples },
            (said, _) => said,
        };
        Ok((said, kept))
    }
}

/// A recording as the agent hears it.
pub async fn speech(sound: Sound) -> Result<Said, ApiError> {
    let heard = web::block(move || sound.at(HEARD_RATE)).await;
    match heard {
        Ok(Ok(sound)) => Ok(Said::Speech(sound.samples)),
        Ok(Err(error)) => Err(ApiError::InvalidAudio(format!("The audio can't be heard: {error}"))),
        Err(_) => Err(ApiError::Internal),
    }
}

/// A turn and its answer as document 000 shows them.
fn shown(exchange: &Exchange, audio_url: Option<String>) -> Value {
    let Exchange { heard, reply, .. } = exchange;
    json!({
        "id": reply.id,
        "conversation_id": reply.conversation_id,
        "created_at": reply.created_at,
        "user_message": {
            "id": heard.id,
            "text": heard.content,
            "translation": heard.translation,
            "analysis": heard.analysis,
        },
        "ai_response": {
            "text": reply.content,
            "translation": reply.translation,
            "audio_url": audio_url,
        },
        "learning_insights": reply.insights,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: Value) -> Result<Received, ApiError> {
        serde_json::from_value::<MessageRequest>(body).unwrap().parse()
    }

    #[test]
    fn a_message_is_its_words_or_its_sound() {
        assert!(matches!(parse(json!({"type": "text", "content": "Oui"})), Ok(Received::Text(text)) if text == "Oui"));
        let read = parse(json!({"content": "Oui", "audio_data": "UklGRg"}));
        assert!(matches!(read, Ok(Received::Read(text, file)) if text == "Oui" && file == b"RIFF"));
        let read = parse(json!({"type": "text", "audio_data": "UklG"}));
        assert!(matches!(read, Ok(Received::File(file)) if file == b"RIF"));
        assert!(matches!(
            parse(json!({"type": "text", "content": "Oui", "audio_data": ""})),
            Ok(Received::Text(_))
        ));
        // No base64, and what is base64 of no file: the last begins as one of MP3 does, but for a bit.
        for placeholder in [
            "<base64>",
            "base64_encoded_audio_optional",
            "string",
            "null",
            "UklG",
            "/9s=",
        ] {
            let text = parse(json!({"type": "text", "content": "Oui", "audio_data": placeholder}));
            assert!(
                matches!(text, Ok(Received::Text(text)) if text == "Oui"),
                "{placeholder}"
            );
        }
        let audio = json!({"type": "audio", "content": "", "audio_data": "UklG"});
        assert!(matches!(parse(audio), Ok(Received::File(file)) if file == b"RIF"));
    }

    #[test]
    fn what_is_missing_too_long_or_unknown_is_named() {
        for (body, field) in [
            (json!({"type": "text"}), "content"),
            (json!({"type": "text", "content": "  "}), "content"),
            (json!({"type": "text", "content": "x".repeat(4_001)}), "content"),
            (json!({"type": "text", "content": "a\u{0}"}), "content"),
            (json!({"type": "audio"}), "audio_data"),
            (json!({"type": "audio", "audio_data": ""}), "audio_data"),
            (json!({"type": "video", "content": "x"}), "type"),
            (json!({"type": "video", "audio_data": "no base64!"}), "type"),
            (json!({"type": "video", "content": "x".repeat(4_001)}), "type"),
        ] {
            let error = parse(body.clone()).err();
            assert!(
                matches!(&error, Some(ApiError::InvalidField { field: named, .. }) if *named == field),
                "{body}: {error:?}"
            );
        }
        for audio in [
            json!({"type": "audio", "audio_data": "no base64!"}),
            json!({"type": "text", "audio_data": "!!!"}),
        ] {
            assert!(matches!(parse(audio), Err(ApiError::InvalidAudio(_))));
        }
    }
}

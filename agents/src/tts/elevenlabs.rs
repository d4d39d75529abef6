//! The voice of ElevenLabs: `POST /v1/text-to-speech/{voice}/stream/with-timestamps`, raw PCM and the times of its characters,
//! streamed as they are made, one JSON object a line.

use std::sync::Arc;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde_json::{Value, json};

use super::characters::{Alignment, Characters};
use super::timing::{estimate, length};
use crate::chain::Service;
use crate::elevenlabs::{ElevenLabsServer, NAME};
use crate::engine::{EngineError, Pace, Results, SpeakRequest, SpeechChunk, Tts};
use crate::http::Connection;
use crate::language::Language;
use crate::lines::LineParser;
use crate::pcm::{PcmBytes, container};
use crate::produce::{Emit, produce};
use crate::usage::Unit;

/// A voice over the network.
#[derive(Clone, Debug)]
pub struct ElevenLabsTts {
    server: Arc<ElevenLabsServer>,
}

impl ElevenLabsTts {
    /// The voice of this provider.
    pub fn new(server: Arc<ElevenLabsServer>) -> Self {
        Self { server }
    }
}

impl Tts for ElevenLabsTts {
    fn name(&self) -> &'static str {
        NAME
    }

    fn speaks(&self, language: Language) -> bool {
        self.server.config().speaks(language)
    }

    fn is_cacheable(&self) -> bool {
        false
    }

    fn speak(&self, request: SpeakRequest) -> Results<SpeechChunk> {
        let server = Arc::clone(&self.server);
        produce(move |emit| async move { say(&server, &request, &emit).await })
    }
}

async fn say(server: &ElevenLabsServer, request: &SpeakRequest, emit: &Emit<SpeechChunk>) -> Result<(), EngineError> {
    let (config, connection) = (server.config(), server.connection());
    let mut body = json!({ "text": request.text, "model_id": config.tts_model });
    if config.takes_language() {
        body["language_code"] = request.language.tag().into();
    }
    // Otherwise the voice's own settings hold.
    let speed = match request.pace {
        Pace::Natural => None,
        Pace::Slow => Some(SLOW_SPEED),
        Pace::Slower => Some(SLOWER_SPEED),
    };
    if let Some(speed) = speed {
        body["voice_settings"] = json!({ "speed": speed });
    }
    let voice = config.tts_voice.as_str();
    let path = format!("v1/text-to-speech/{voice}/stream/with-timestamps?output_format=pcm_{RATE}");
    let characters = request.text.chars().count();
    connection.used(Service::Tts, Unit::Characters, characters as f64);
    let mut answer = connection.send(connection.post(&path).json(&body)).await?;

    let mut lines = LineParser::default();
    let mut speech = Speech::default();
    while let Some(bytes) = answer.next().await? {
        lines
            .handle_bytes(&bytes)
            .map_err(|error| connection.failed(error.to_string()))?;
        while let Some(line) = lines.poll_line() {
            if let Some(chunk) = speech.handle_line(connection, &line)? {
                emit.send(chunk).await;
            }
        }
    }
    // The last line need not be ended, but it must be whole.
    if let Some(line) = lines.finish()
        && let Some(chunk) = speech.handle_line(connection, &line)?
    {
        emit.send(chunk).await;
    }
    emit.send(speech.finish(connection, &request.text)?).await;
    Ok(())
}

/// One line of the stream.
#[derive(Deserialize)]
struct Line {
    audio_base64: Option<String>,
    alignment: Option<Alignment>,
}

/// What was said so far.
#[derive(Default)]
struct Speech {
    pcm: PcmBytes,
    characters: Characters,
    /// In samples.
    length: usize,
}

impl Speech {
    fn handle_line(&mut self, server: &Connection, line: &[u8]) -> Result<Option<SpeechChunk>, EngineError> {
        let value: Value = serde_json::from_slice(line).map_err(|error| {
            if error.is_eof() {
                server.unavailable("its speech was cut")
            } else {
                server.failed(format!("its speech can't be read: {error}"))
            }
        })?;
        if value.get("audio_base64").is_none() && value.get("alignment").is_none() {
            return Err(server.reported(&value));
        }
        let line =
            Line::deserialize(&value).map_err(|error| server.failed(format!("its speech can't be read: {error}")))?;
        let bytes = BASE64
            .decode(line.audio_base64.unwrap_or_default())
            .map_err(|error| server.failed(format!("its sound can't be read: {error}")))?;
        let mut samples = Vec::with_capacity(bytes.len() / 2 + 1);
        self.pcm.push(&bytes, &mut samples);
        if self.length == 0
            && let Some(container) = container(&samples)
        {
            return Err(server.failed(format!("it answered {container} instead of PCM")));
        }
        self.length += samples.len();
        if let Some(alignment) = &line.alignment {
            self.characters.handle_alignment(alignment);
        }
        let words = self.characters.poll_words();
        Ok((!samples.is_empty() || !words.is_empty()).then(|| SpeechChunk {
            pcm: samples.into(),
            rate: RATE,
            words,
        }))
    }

    /// The words that are left; all of them, estimated, where the provider told none.
    fn finish(&mut self, server: &Connection, text: &str) -> Result<SpeechChunk, EngineError> {
        if !self.pcm.is_whole() {
            return Err(server.unavailable("its speech ended inside a sample"));
        }
        if self.length == 0 {
            return Err(server.failed("it answered no sound"));
        }
        let mut words = self.characters.finish();
        if self.characters.is_silent() {
            words = estimate(text, length(self.length, RATE));
        }
        Ok(SpeechChunk {
            pcm: Arc::default(),
            rate: RATE,
            words,
        })
    }
}

/// In Hz.
const RATE: u32 = 24_000;
/// Of the provider's 0.7 to 1.2.
const SLOW_SPEED: f64 = 0.75;
/// The least that is taken.
const SLOWER_SPEED: f64 = 0.7;
/// Whether a piece is padded is no question of whether it can be heard.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::elevenlabs::ElevenLabsConfig;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn arbitrary_lines_never_panic(lines in proptest::collection::vec((any::<String>(), 0usize..6), 0..4)) {
            let config = ElevenLabsConfig::new("http://localhost", None).expect("the address is a URL");
            let server = ElevenLabsServer::new(config).expect("it speaks plain HTTP");
            let mut speech = Speech::default();
            for (text, shape) in lines {
                let quoted = Value::String(text.clone()).to_string();
                let line = match shape {
                    0 => text,
                    1 => format!("{{\"audio_base64\":{quoted}}}"),
                    2 => format!("{{\"audio_base64\":{}}}", Value::String(BASE64.encode(&text))),
                    3 => format!("{{\"alignment\":{quoted}}}"),
                    4 => format!("{{\"detail\":[{{\"msg\":{quoted}}}]}}"),
                    _ => format!(
                        "{{\"alignment\":{{\"characters\":[{quoted}],\"character_start_times_seconds\":[1e300],\
                         \"character_end_times_seconds\":[-1]}}}}"
                    ),
                };
                let _ = speech.handle_line(server.connection(), line.as_bytes());
            }
            let _ = speech.finish(server.connection(), "Bonsoir");
        }
    }
}

//! ElevenLabs: its recogniser and its voice.

mod failures;
mod success;

use std::sync::Arc;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use colloquy_agents::elevenlabs::{ElevenLabsConfig, ElevenLabsServer};
use colloquy_agents::engine::{EngineError, Heard, Listen, Pace, WordTiming};
use colloquy_agents::secret::Secret;
use colloquy_agents::stt::elevenlabs::ElevenLabsStt;
use colloquy_agents::tts::elevenlabs::ElevenLabsTts;
use serde_json::{Value, json};

use crate::server::{Answer, Server};
use crate::{KEY, timeouts, turn};

/// The provider at this address, each piece of whose answers is waited for this long.
pub fn provider(base_url: &str, idle: Duration) -> Arc<ElevenLabsServer> {
    let mut config = ElevenLabsConfig::new(base_url, Some(Secret::new(KEY))).expect("the address is a URL");
    config.timeouts = timeouts(idle);
    Arc::new(ElevenLabsServer::new(config).expect("it speaks plain HTTP"))
}

fn provider_of(server: &Server) -> Arc<ElevenLabsServer> {
    provider(&server.origin(), server.patience())
}

async fn hear(server: &Server, phrases: &[&str], messages: Vec<Listen>) -> (Vec<Heard>, Option<EngineError>) {
    crate::hear(&ElevenLabsStt::new(provider_of(server)), turn(phrases), messages).await
}

async fn speak(server: &Server, words: &str) -> (Vec<i16>, Vec<WordTiming>, Option<EngineError>) {
    crate::speak(&ElevenLabsTts::new(provider_of(server)), words, Pace::Natural).await
}

/// A transcription as the provider writes it; each word takes 200 ms, with this probability.
fn transcription(text: &str, probability: f64) -> Answer {
    let mut words = Vec::new();
    for (number, word) in text.split_whitespace().enumerate() {
        let start = number as f64 * 0.3;
        if number > 0 {
            words.push(json!({"text": " ", "start": start - 0.1, "end": start, "type": "spacing", "logprob": 0.0}));
        }
        words.push(json!({
            "text": word, "start": start, "end": start + 0.2, "type": "word", "speaker_id": "speaker_0",
            "logprob": probability.ln(),
        }));
    }
    let body = json!({"language_code": "fra", "language_probability": 0.97, "text": text, "words": words});
    Answer::whole(200, "application/json", body.to_string())
}

/// One line of speech: sound, and the characters that are said in it, each in 50 ms from `from` characters on.
pub fn line(bytes: &[u8], characters: &str, from: usize) -> String {
    let count = characters.chars().count();
    let seconds = |number: usize| number as f64 * 0.05;
    let alignment = json!({
        "characters": characters.chars().map(String::from).collect::<Vec<_>>(),
        "character_start_times_seconds": (from..from + count).map(seconds).collect::<Vec<_>>(),
        "character_end_times_seconds": (from + 1..=from + count).map(seconds).collect::<Vec<_>>(),
    });
    let line = json!({
        "audio_base64": BASE64_STANDARD.encode(bytes), "alignment": alignment, "normalized_alignment": alignment,
    });
    format!("{line}\n")
}

/// One line of sound only.
fn sound(bytes: &[u8]) -> String {
    let line =
        json!({"audio_base64": BASE64_STANDARD.encode(bytes), "alignment": null, "normalized_alignment": Value::Null});
    format!("{line}\n")
}

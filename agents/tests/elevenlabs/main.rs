//! The engines of ElevenLabs, against a local server that speaks its wire.

mod cancellation;
mod failures;
#[path = "../openai/server.rs"]
#[allow(dead_code, reason = "the tests of the other provider use more of it")]
mod server;
mod success;

use std::sync::Arc;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use colloquy_agents::elevenlabs::{ElevenLabsConfig, ElevenLabsServer};
use colloquy_agents::engine::{
    EngineError, Expected, ExpectedPhrase, Heard, Listen, ListenRequest, Pace, SpeakRequest, Stt, Tts, WordTiming,
};
use colloquy_agents::http::Timeouts;
use colloquy_agents::language::Language;
use colloquy_agents::secret::Secret;
use colloquy_agents::stt::elevenlabs::ElevenLabsStt;
use colloquy_agents::tts::elevenlabs::ElevenLabsTts;
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use server::{Answer, Server};

const KEY: &str = "xi-very-secret-0123456789";

/// The provider at this address, each piece of whose answers is waited for this long.
fn provider(base_url: &str, idle: Duration) -> Arc<ElevenLabsServer> {
    let mut config = ElevenLabsConfig::new(base_url, Some(Secret::new(KEY))).expect("the address is a URL");
    config.timeouts = Timeouts {
        connect: Duration::from_secs(60),
        idle,
        whole: Duration::from_secs(600),
    };
    Arc::new(ElevenLabsServer::new(config).expect("it speaks plain HTTP"))
}

fn provider_of(server: &Server) -> Arc<ElevenLabsServer> {
    provider(&server.origin(), server.patience())
}

/// A turn to recognise, with this expected.
fn turn(phrases: &[&str]) -> ListenRequest {
    let phrases = phrases.iter().map(|text| ExpectedPhrase {
        text: (*text).to_owned(),
        spoken: None,
    });
    ListenRequest {
        language: Language::French,
        expected: Arc::new(Expected {
            phrases: phrases.collect(),
            vocabulary: Vec::new(),
        }),
    }
}

/// What was heard of these messages, and the error at the end if there is one.
async fn hear(server: &Server, phrases: &[&str], messages: Vec<Listen>) -> (Vec<Heard>, Option<EngineError>) {
    let (sender, input) = mpsc::channel(16);
    let mut stream = ElevenLabsStt::new(provider_of(server)).listen(turn(phrases), input);
    let (mut heard, mut error) = (Vec::new(), None);
    for message in messages {
        let is_pause = matches!(message, Listen::Pause { .. });
        if sender.send(message).await.is_err() {
            break;
        }
        // A view is awaited as the conversation would.
        if is_pause {
            match stream.next().await {
                Some(Ok(view)) => heard.push(view),
                Some(Err(failure)) => error = Some(failure),
                None => break,
            }
        }
    }
    while let Some(result) = stream.next().await {
        match result {
            Ok(result) => heard.push(result),
            Err(failure) => error = Some(failure),
        }
    }
    (heard, error)
}

fn phrase(text: &str, pace: Pace) -> SpeakRequest {
    SpeakRequest {
        language: Language::French,
        text: text.to_owned(),
        pace,
    }
}

/// What was said before the end or the error.
async fn speak(server: &Server, text: &str) -> (Vec<i16>, Vec<WordTiming>, Option<EngineError>) {
    let mut stream = ElevenLabsTts::new(provider_of(server)).speak(phrase(text, Pace::Natural));
    let (mut pcm, mut words) = (Vec::new(), Vec::new());
    while let Some(chunk) = stream.next().await {
        match chunk {
            Ok(chunk) => {
                assert_eq!(chunk.rate, 24_000);
                pcm.extend_from_slice(&chunk.pcm);
                words.extend(chunk.words);
            }
            Err(error) => return (pcm, words, Some(error)),
        }
    }
    (pcm, words, None)
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
fn line(bytes: &[u8], characters: &str, from: usize) -> String {
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

/// A tenth of a second of something loud.
fn speech() -> Listen {
    Listen::Audio((0..1600).map(|sample: i16| (sample % 100) * 100 - 5000).collect())
}

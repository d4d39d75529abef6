//! The voice of an OpenAI-compatible server: `POST /audio/speech`, raw PCM streamed as it is made.

use std::sync::Arc;

use serde_json::json;

use super::timing::{estimate, length};
use crate::chain::Service;
use crate::engine::{EngineError, Pace, Results, SpeakRequest, SpeechChunk, Tts};
use crate::language::Language;
use crate::openai::OpenAiServer;
use crate::pcm::{PcmBytes, container};
use crate::produce::{Emit, produce};
use crate::usage::Unit;

/// A voice over the network. Timings of words are estimated and come at the end.
#[derive(Clone, Debug)]
pub struct OpenAiTts {
    server: Arc<OpenAiServer>,
}

impl OpenAiTts {
    /// The voice of this server.
    pub fn new(server: Arc<OpenAiServer>) -> Self {
        Self { server }
    }
}

impl Tts for OpenAiTts {
    fn name(&self) -> &'static str {
        self.server.config().name
    }

    fn speaks(&self, _language: Language) -> bool {
        true
    }

    fn is_cacheable(&self) -> bool {
        false
    }

    fn speak(&self, request: SpeakRequest) -> Results<SpeechChunk> {
        let server = Arc::clone(&self.server);
        produce(move |emit| async move { say(&server, &request, &emit).await })
    }
}

async fn say(server: &OpenAiServer, request: &SpeakRequest, emit: &Emit<SpeechChunk>) -> Result<(), EngineError> {
    let body = json!({
        "model": server.config().tts_model,
        "voice": server.config().tts_voice,
        "input": request.text,
        "response_format": "pcm",
        "speed": match request.pace {
            Pace::Natural => 1.0,
            Pace::Slow => SLOW_SPEED,
            Pace::Slower => SLOWER_SPEED,
        },
    });
    let server = server.connection();
    let characters = request.text.chars().count();
    server.used(Service::Tts, Unit::Characters, characters as f64);
    let mut answer = server.send(server.post("audio/speech").json(&body)).await?;
    let content_type = answer.content_type();
    if content_type.starts_with("application/json") || content_type.starts_with("text/") {
        return Err(server.failed(format!("it answered {content_type} instead of sound")));
    }
    let (mut pcm, mut samples, mut total) = (PcmBytes::default(), Vec::new(), 0);
    while let Some(bytes) = answer.next().await? {
        pcm.push(&bytes, &mut samples);
        if total == 0
            && let Some(container) = container(&samples)
        {
            return Err(server.failed(format!("it answered {container} instead of PCM")));
        }
        total += samples.len();
        if !samples.is_empty() {
            let (pcm, words) = (samples.drain(..).collect(), Vec::new());
            emit.send(SpeechChunk { pcm, rate: RATE, words }).await;
        }
    }
    if !pcm.is_whole() {
        return Err(server.unavailable("its speech ended inside a sample"));
    }
    if total == 0 {
        return Err(server.failed("it answered no sound"));
    }
    let (pcm, words) = (Arc::default(), estimate(&request.text, length(total, RATE)));
    emit.send(SpeechChunk { pcm, rate: RATE, words }).await;
    Ok(())
}

/// Of OpenAI's `pcm`, in Hz.
const RATE: u32 = 24_000;
const SLOWER_SPEED: f64 = 0.6;
const SLOW_SPEED: f64 = 0.75;

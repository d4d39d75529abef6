//! The recogniser of an OpenAI-compatible server: `POST /audio/transcriptions` with the turn as one WAV file.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::multipart::{Form, Part};
use serde::Deserialize;
use tokio::sync::mpsc;

use super::recorded::{Transcriber, listen, seconds};
use crate::chain::Service;
use crate::engine::{EngineError, HEARD_RATE, Heard, Listen, ListenRequest, Results, Stt, Transcript};
use crate::language::Language;
use crate::openai::OpenAiServer;
use crate::produce::produce;
use crate::usage::Unit;
use crate::wav;

/// A recogniser over the network. The wire tells no confidence: a text has 1, no text 0.
#[derive(Clone, Debug)]
pub struct OpenAiStt {
    server: Arc<OpenAiServer>,
}

impl OpenAiStt {
    /// The recogniser of this server.
    pub fn new(server: Arc<OpenAiServer>) -> Self {
        Self { server }
    }
}

impl Stt for OpenAiStt {
    fn name(&self) -> &'static str {
        self.server.config().name
    }

    fn listen(&self, request: ListenRequest, input: mpsc::Receiver<Listen>) -> Results<Heard> {
        let transcriber = self.clone();
        produce(move |emit| listen(transcriber, request, input, emit))
    }
}

/// The part of the answer that is used.
#[derive(Deserialize)]
struct Transcription {
    text: String,
}

impl Transcriber for OpenAiStt {
    fn transcribe(&self, samples: &[i16], language: Language) -> BoxFuture<'static, Result<Transcript, EngineError>> {
        let server = Arc::clone(&self.server);
        let file = wav::encode(samples, HEARD_RATE);
        let length = seconds(samples);
        async move {
            let (model, server) = (server.config().stt_model.clone(), server.connection());
            let part = Part::bytes(file)
                .file_name("turn.wav")
                .mime_str("audio/wav")
                .map_err(|error| server.failed(error.to_string()))?;
            let form = Form::new()
                .text("model", model)
                .text("language", language.tag())
                .text("response_format", "json")
                .part("file", part);
            server.used(Service::Stt, Unit::AudioSeconds, length);
            let mut answer = server.send(server.post("audio/transcriptions").multipart(form)).await?;
            let body = answer.whole(LONGEST_ANSWER).await?;
            let Transcription { text } = serde_json::from_slice(&body)
                .map_err(|error| server.failed(format!("its transcription can't be read: {error}")))?;
            let text = text.trim().to_owned();
            Ok(Transcript {
                confidence: if text.is_empty() { 0.0 } else { 1.0 },
                text,
                ..Transcript::default()
            })
        }
        .boxed()
    }
}

const LONGEST_ANSWER: usize = 1 << 20;

//! The recogniser of an OpenAI-compatible server: `POST /audio/transcriptions` with the turn as one WAV file.
//!
//! The wire takes whole recordings, so the turn is sent at its pauses: the text at a pause is the view that turn detection asks
//! for, and when the turn ends there it is the final one too, with nothing left to wait for.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::{BoxFuture, pending};
use reqwest::multipart::{Form, Part};
use serde::Deserialize;
use tokio::sync::mpsc;

use super::judge::judge;
use super::recording::Recording;
use crate::engine::{EngineError, HEARD_RATE, Heard, Listen, ListenRequest, Results, Stt, Transcript};
use crate::language::Language;
use crate::openai::{NAME, OpenAiServer};
use crate::produce::{Emit, produce};
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
        NAME
    }

    fn listen(&self, request: ListenRequest, input: mpsc::Receiver<Listen>) -> Results<Heard> {
        let server = Arc::clone(&self.server);
        produce(move |emit| listen(server, request, input, emit))
    }
}

/// What is known of the turn up to the last pause.
enum Guess {
    /// Nothing, or speech went on since.
    None,
    /// It was sent.
    Sent {
        answer: BoxFuture<'static, Result<String, EngineError>>,
        /// Speech went on since: it answers the pause, but the turn has more.
        is_outdated: bool,
    },
    /// It came back.
    Known(String),
}

impl Guess {
    /// What was sent, when it comes back.
    async fn answer(&mut self) -> Result<String, EngineError> {
        match self {
            Self::Sent { answer, .. } => answer.await,
            _ => pending().await,
        }
    }

    /// Speech goes on.
    fn outdate(&mut self) {
        match self {
            Self::Sent { is_outdated, .. } => *is_outdated = true,
            _ => *self = Self::None,
        }
    }

    /// Takes the answer to what was sent.
    fn take(&mut self, text: String) {
        *self = match self {
            Self::Sent { is_outdated: true, .. } => Self::None,
            _ => Self::Known(text),
        };
    }
}

async fn listen(
    server: Arc<OpenAiServer>,
    request: ListenRequest,
    mut input: mpsc::Receiver<Listen>,
    emit: Emit<Heard>,
) -> Result<(), EngineError> {
    let mut recording = Recording::default();
    let mut guess = Guess::None;
    let mut newest_pause = 0;
    let view = |pause: u32, text: &str| {
        let (phrase, fit) = judge(text, &request.expected, request.language);
        let transcript = transcript(text, phrase);
        Heard::View { pause, transcript, fit }
    };
    loop {
        let message = tokio::select! {
            text = guess.answer() => {
                let text = text?;
                emit.send(view(newest_pause, &text)).await;
                guess.take(text);
                continue;
            }
            message = input.recv() => message,
        };
        match message {
            Some(Listen::Audio(samples)) => {
                recording.push(&samples);
                if recording.has_speech_since_mark() {
                    guess.outdate();
                }
            }
            Some(Listen::Pause { pause }) => {
                newest_pause = pause;
                match &guess {
                    Guess::None | Guess::Sent { is_outdated: true, .. } => {
                        guess = Guess::Sent {
                            answer: transcribe(&server, &recording, request.language),
                            is_outdated: false,
                        };
                        recording.mark();
                    }
                    // Its answer is this pause's as well.
                    Guess::Sent { .. } => {}
                    Guess::Known(text) => emit.send(view(pause, text)).await,
                }
            }
            Some(Listen::End) => {
                let text = match guess {
                    Guess::None | Guess::Sent { is_outdated: true, .. } => {
                        transcribe(&server, &recording, request.language).await?
                    }
                    Guess::Sent { answer, .. } => answer.await?,
                    Guess::Known(text) => text,
                };
                let (phrase, _) = judge(&text, &request.expected, request.language);
                emit.send(Heard::Final(transcript(&text, phrase))).await;
                return Ok(());
            }
            None => return Ok(()),
        }
    }
}

fn transcript(text: &str, phrase: Option<usize>) -> Transcript {
    Transcript {
        text: text.to_owned(),
        phrase,
        confidence: if text.is_empty() { 0.0 } else { 1.0 },
        words: Vec::new(),
    }
}

/// The part of the answer that is used.
#[derive(Deserialize)]
struct Transcription {
    text: String,
}

/// Has everything so far transcribed.
fn transcribe(
    server: &Arc<OpenAiServer>,
    recording: &Recording,
    language: Language,
) -> BoxFuture<'static, Result<String, EngineError>> {
    if recording.is_silent() {
        return std::future::ready(Ok(String::new())).boxed();
    }
    let server = Arc::clone(server);
    let file = wav::encode(recording.samples(), HEARD_RATE);
    async move {
        let part = Part::bytes(file)
            .file_name("turn.wav")
            .mime_str("audio/wav")
            .map_err(|error| server.failed(error.to_string()))?;
        let form = Form::new()
            .text("model", server.config().stt_model.clone())
            .text("language", language.tag())
            .text("response_format", "json")
            .part("file", part);
        let mut answer = server.send(server.post("audio/transcriptions").multipart(form)).await?;
        let body = answer.whole(LONGEST_ANSWER).await?;
        let transcription: Transcription = serde_json::from_slice(&body)
            .map_err(|error| server.failed(format!("its transcription can't be read: {error}")))?;
        Ok(transcription.text.trim().to_owned())
    }
    .boxed()
}

const LONGEST_ANSWER: usize = 1 << 20;

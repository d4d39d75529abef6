//! Recognisers that take whole recordings.
//!
//! The turn is sent at its pauses: the text at a pause is the view that turn detection asks for, and when the turn ends there it
//! is the final one too, with nothing left to wait for.

use futures::FutureExt;
use futures::future::{BoxFuture, pending};
use tokio::sync::mpsc;

use super::judge::judge;
use super::recording::Recording;
use crate::engine::{EngineError, HEARD_RATE, Heard, Listen, ListenRequest, Transcript};
use crate::language::Language;
use crate::produce::Emit;

/// A provider that transcribes a recording. Clones share its connections.
pub(super) trait Transcriber: Clone + Send + Sync + 'static {
    /// What is said in these samples at 16 kHz. Which expected answer it is need not be known.
    fn transcribe(&self, samples: &[i16], language: Language) -> BoxFuture<'static, Result<Transcript, EngineError>>;
}

/// How long these samples at 16 kHz last.
pub(super) fn seconds(samples: &[i16]) -> f64 {
    samples.len() as f64 / f64::from(HEARD_RATE)
}

/// What is known of the turn up to the last pause.
enum Guess {
    /// Nothing, or speech went on since.
    None,
    /// It was sent.
    Sent {
        answer: BoxFuture<'static, Result<Transcript, EngineError>>,
        /// Speech went on since: it answers the pause, but the turn has more.
        is_outdated: bool,
    },
    /// It came back.
    Known(Transcript),
}

impl Guess {
    /// What was sent, when it comes back.
    async fn answer(&mut self) -> Result<Transcript, EngineError> {
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
    fn take(&mut self, transcript: Transcript) {
        *self = match self {
            Self::Sent { is_outdated: true, .. } => Self::None,
            _ => Self::Known(transcript),
        };
    }
}

/// Listens to one turn.
pub(super) async fn listen<T: Transcriber>(
    transcriber: T,
    request: ListenRequest,
    mut input: mpsc::Receiver<Listen>,
    emit: Emit<Heard>,
) -> Result<(), EngineError> {
    let mut recording = Recording::default();
    let mut guess = Guess::None;
    let mut newest_pause = 0;
    let view = |pause: u32, transcript: &Transcript| {
        let (phrase, fit) = judge(&transcript.text, &request.expected, request.language);
        let transcript = Transcript {
            phrase,
            ..transcript.clone()
        };
        Heard::View { pause, transcript, fit }
    };
    let send = |recording: &Recording| {
        if recording.is_silent() {
            return std::future::ready(Ok(Transcript::default())).boxed();
        }
        transcriber.transcribe(recording.samples(), request.language)
    };
    loop {
        let message = tokio::select! {
            transcript = guess.answer() => {
                let transcript = transcript?;
                emit.send(view(newest_pause, &transcript)).await;
                guess.take(transcript);
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
                            answer: send(&recording),
                            is_outdated: false,
                        };
                        recording.mark();
                    }
                    // Its answer is this pause's as well.
                    Guess::Sent { .. } => {}
                    Guess::Known(transcript) => emit.send(view(pause, transcript)).await,
                }
            }
            Some(Listen::End) => {
                let transcript = match guess {
                    Guess::None | Guess::Sent { is_outdated: true, .. } => send(&recording).await?,
                    Guess::Sent { answer, .. } => answer.await?,
                    Guess::Known(transcript) => transcript,
                };
                let (phrase, _) = judge(&transcript.text, &request.expected, request.language);
                emit.send(Heard::Final(Transcript { phrase, ..transcript })).await;
                return Ok(());
            }
            None => return Ok(()),
        }
    }
}

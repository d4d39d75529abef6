//! A recogniser on this machine: a Whisper model in the form of whisper.cpp, loaded from a file (`ggml-small.bin` and the like).
//!
//! Part of programs that are built with the feature `whisper`, which needs cmake, a C++ compiler and libclang to build. A turn
//! is recognised at its pauses, as by the providers that take recordings. It computes on a thread of its own, one turn after
//! another: the model takes all cores that it is given.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::spawn_blocking;
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperError};

use super::recorded::{Transcriber, listen};
use crate::engine::{EngineError, Heard, Listen, ListenRequest, Results, Stt, Transcript};
use crate::language::Language;
use crate::produce::produce;

/// A Whisper model.
#[derive(Clone)]
pub struct WhisperStt {
    context: Arc<WhisperContext>,
    turns: Arc<Semaphore>,
}

/// Why a model can't be used.
#[derive(Debug, thiserror::Error)]
#[error("{path} is no model: {reason}")]
pub struct WhisperModelError {
    path: String,
    reason: WhisperError,
}

impl WhisperStt {
    /// Loads a model; that takes a while.
    ///
    /// # Errors
    /// When the file is none.
    pub fn load(path: &Path) -> Result<Self, WhisperModelError> {
        whisper_rs::install_logging_hooks();
        let context = WhisperContext::new_with_params(path, WhisperContextParameters::default());
        let context = context.map_err(|reason| WhisperModelError {
            path: path.display().to_string(),
            reason,
        })?;
        Ok(Self {
            context: Arc::new(context),
            turns: Arc::new(Semaphore::new(1)),
        })
    }
}

impl Stt for WhisperStt {
    fn name(&self) -> &'static str {
        NAME
    }

    fn recognises(&self, language: Language) -> bool {
        language == Language::English || self.context.is_multilingual()
    }

    fn listen(&self, request: ListenRequest, input: mpsc::Receiver<Listen>) -> Results<Heard> {
        let transcriber = self.clone();
        produce(move |emit| async move {
            if !transcriber.recognises(request.language) {
                return Err(EngineError::Unsupported {
                    engine: NAME,
                    reason: format!("the model knows no {}", request.language.english_name()),
                });
            }
            listen(transcriber, request, input, emit).await
        })
    }
}

/// Says that nobody waits any more, when it is dropped.
struct Wanted(Arc<AtomicBool>);

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Transcriber for WhisperStt {
    fn transcribe(&self, samples: &[i16], language: Language) -> BoxFuture<'static, Result<Transcript, EngineError>> {
        let (context, turns) = (Arc::clone(&self.context), Arc::clone(&self.turns));
        let sound: Vec<f32> = samples.iter().map(|sample| f32::from(*sample) / 32_768.0).collect();
        async move {
            let is_wanted = Arc::new(AtomicBool::new(true));
            let wanted = Wanted(Arc::clone(&is_wanted));
            let turn = turns.acquire_owned().await.map_err(|error| failed(&error))?;
            let work = spawn_blocking(move || {
                let _turn = turn;
                recognise(&context, &sound, language, is_wanted)
            });
            let transcript = work.await.map_err(|error| failed(&error))?;
            drop(wanted);
            transcript.map_err(|error| failed(&error))
        }
        .boxed()
    }
}

fn recognise(
    context: &WhisperContext,
    sound: &[f32],
    language: Language,
    is_wanted: Arc<AtomicBool>,
) -> Result<Transcript, WhisperError> {
    let mut state = context.create_state()?;
    let mut params = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    params.set_language(Some(language.tag()));
    params.set_translate(false);
    params.set_no_context(true);
    params.set_suppress_nst(true);
    params.set_print_progress(false);
    params.set_print_realtime(false);
    params.set_print_timestamps(false);
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .clamp(1, MOST_THREADS);
    params.set_n_threads(threads as i32);
    // The library reads the closure as the type that it is given as, but keeps it boxed: only as a box are both the same. It
    // never frees it: some bytes a turn.
    let is_unwanted: Box<dyn FnMut() -> bool> = Box::new(move || !is_wanted.load(Ordering::Relaxed));
    params.set_abort_callback_safe::<_, Box<dyn FnMut() -> bool>>(is_unwanted);
    // It refuses less than a second.
    let mut padded = sound.to_vec();
    padded.resize(sound.len().max(LEAST_SAMPLES), 0.0);
    state.full(params, &padded)?;

    let (mut text, mut sure, mut count) = (String::new(), 0.0, 0);
    for segment in state.as_iter() {
        text.push_str(&segment.to_str_lossy()?);
        for token in (0..segment.n_tokens()).filter_map(|token| segment.get_token(token)) {
            sure += token.token_probability();
            count += 1;
        }
    }
    let text = text.trim().to_owned();
    if text.is_empty() {
        return Ok(Transcript::default());
    }
    Ok(Transcript {
        text,
        confidence: (sure / count.max(1) as f32).clamp(0.0, 1.0),
        ..Transcript::default()
    })
}

fn failed(error: &dyn std::error::Error) -> EngineError {
    EngineError::Failed {
        engine: NAME,
        reason: error.to_string(),
    }
}

const NAME: &str = "whisper";
/// More make it no faster.
const MOST_THREADS: usize = 8;
/// A second, and a little.
const LEAST_SAMPLES: usize = 17_600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_model_is_refused() {
        let error = WhisperStt::load(Path::new("Cargo.toml")).err().expect("it is none");
        assert!(error.to_string().starts_with("Cargo.toml is no model"), "{error}");
        assert!(WhisperStt::load(Path::new("/nowhere")).is_err());
    }

    /// `WHISPER_MODEL=ggml-tiny.bin make check-whisper` runs it; without a model there is nothing to hear with.
    #[tokio::test]
    async fn a_model_that_is_there_hears_nothing_in_silence_and_stops_when_it_is_dropped() {
        let Some(path) = std::env::var_os("WHISPER_MODEL") else {
            return;
        };
        let whisper = WhisperStt::load(Path::new(&path)).expect("it is a model");
        let heard = whisper.transcribe(&[0; 16_000], Language::English).await;
        assert!(heard.is_ok(), "{heard:?}");
        drop(whisper.transcribe(&[1000; 480_000], Language::English));
    }
}

//! Speech that is said again: synthesised and encoded once, kept as Opus packets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use colloquy_agents::engine::{SpeakRequest, SpeechChunk, WordTiming};
use colloquy_media::downlink::EncodedSpeech;

/// A phrase as it is kept.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// Its packets.
    pub speech: Arc<EncodedSpeech>,
    /// When each word is said.
    pub words: Vec<WordTiming>,
}

/// The prompts of this process, shared by all conversations; clones share them.
///
/// Looked up once a phrase and never on the packet path, so a lock will do.
#[derive(Clone, Debug, Default)]
pub struct Prompts {
    kept: Arc<Mutex<Kept>>,
}

/// What is kept, in two generations: when the young one is full it becomes the old one, and what was not asked for
/// meanwhile is dropped with the old. So nothing that is said often is lost, and no list of uses is needed.
#[derive(Debug, Default)]
struct Kept {
    young: HashMap<SpeakRequest, Prompt>,
    old: HashMap<SpeakRequest, Prompt>,
}

/// Prompts in a generation. Only packets are kept: a second of speech takes about 3 kB.
const GENERATION: usize = 512;
/// Prompts are encoded once and heard often: the encoder takes its time.
const COMPLEXITY: u8 = 9;

impl Prompts {
    /// The phrase, if it is kept.
    pub fn find(&self, request: &SpeakRequest) -> Option<Prompt> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(prompt) = kept.young.get(request) {
            return Some(prompt.clone());
        }
        let prompt = kept.old.remove(request)?;
        kept.insert(request.clone(), prompt.clone());
        Some(prompt)
    }

    /// Keeps a phrase that was said whole. Encodes on the blocking pool and returns at once.
    pub fn keep(&self, request: SpeakRequest, chunks: Vec<SpeechChunk>) {
        let Some(rate) = chunks.first().map(|chunk| chunk.rate) else {
            return;
        };
        let kept = Arc::clone(&self.kept);
        let span = tracing::Span::current();
        actix_rt::task::spawn_blocking(move || {
            let _entered = span.entered();
            let pcm: Vec<i16> = chunks.iter().flat_map(|chunk| chunk.pcm.iter().copied()).collect();
            match EncodedSpeech::encode(&pcm, rate, COMPLEXITY) {
                Ok(speech) => {
                    let prompt = Prompt {
                        speech: Arc::new(speech),
                        words: chunks.into_iter().flat_map(|chunk| chunk.words).collect(),
                    };
                    kept.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(request, prompt);
                }
                Err(error) => tracing::warn!(%error, "a phrase can't be kept"),
            }
        });
    }
}

impl Kept {
    fn insert(&mut self, request: SpeakRequest, prompt: Prompt) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(request, prompt);
    }
}

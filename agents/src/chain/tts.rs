//! Voices in a chain.
//!
//! A voice that fails before it has said anything is replaced. When one fails in the middle of a phrase, the next voice says
//! the rest of it: the words of which not all was made. Without word timings their place is estimated from the letters.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use colloquy_media::resample::{ResampleError, Resampler};
use futures::{StreamExt, stream};
use unicode_segmentation::UnicodeSegmentation;

use super::attempt::Attempt;
use super::walk::{Links, Walk};
use super::{ChainConfig, ChainObserver, Health, LinkStatus, Service};
use crate::engine::{EngineError, Pace, Results, SpeakRequest, SpeechChunk, Tts, WordTiming};
use crate::language::Language;

/// Voices in order of preference.
pub struct FallbackTts {
    links: Arc<Links<dyn Tts>>,
}

impl FallbackTts {
    /// A chain of voices, the most trusted last.
    pub fn new(
        engines: Vec<Arc<dyn Tts>>,
        config: ChainConfig,
        health: Arc<Health>,
        observer: Arc<dyn ChainObserver>,
    ) -> Self {
        Self {
            links: Links::new(Service::Tts, engines, |engine| engine.name(), config, health, observer),
        }
    }

    /// What is known of its voices, in order.
    pub fn status(&self) -> Vec<LinkStatus> {
        self.links.status()
    }

    /// The names of those that speak a language, in order.
    pub fn voices(&self, language: Language) -> Vec<&'static str> {
        self.links.names(|engine| engine.speaks(language))
    }
}

impl Tts for FallbackTts {
    /// The name of the preferred voice.
    fn name(&self) -> &'static str {
        self.links.name()
    }

    /// Whether any voice speaks it.
    fn speaks(&self, language: Language) -> bool {
        self.links.links.iter().any(|link| link.engine.speaks(language))
    }

    /// Only a chain of one: what a fallback said once should not be kept in its stead.
    fn is_cacheable(&self) -> bool {
        matches!(&self.links.links[..], [link] if link.engine.is_cacheable())
    }

    fn speak(&self, request: SpeakRequest) -> Results<SpeechChunk> {
        let speaking = Speaking {
            walk: Walk::new(self.links.clone()),
            request,
            rate: None,
            made: 0,
            current: None,
            has_repeated: false,
            is_over: false,
        };
        stream::unfold(speaking, |mut speaking| async move {
            speaking.next().await.map(|chunk| (chunk, speaking))
        })
        .boxed()
    }
}

/// One phrase on its way along the chain.
struct Speaking {
    walk: Walk<dyn Tts>,
    /// What is still to be said.
    request: SpeakRequest,
    /// The rate of the phrase, in Hz: that of the first voice.
    rate: Option<u32>,
    /// How many samples of the phrase there are.
    made: u64,
    current: Option<Current>,
    has_repeated: bool,
    is_over: bool,
}

/// The voice at work on the rest of the phrase.
struct Current {
    attempt: Attempt,
    results: Results<SpeechChunk>,
    /// Where the rest begins, in samples of the phrase.
    base: u64,
    /// From its rate to that of the phrase; made with its first chunk.
    resampler: Option<Resampler>,
    /// Words that are not made yet, measured from the start of the rest.
    ahead: VecDeque<WordTiming>,
    /// How many words are made.
    words: usize,
    has_timings: bool,
}

impl Speaking {
    async fn next(&mut self) -> Option<Result<SpeechChunk, EngineError>> {
        while !self.is_over {
            let Some(current) = self.current.as_mut() else {
                if let Err(error) = self.start() {
                    self.is_over = true;
                    return Some(Err(error));
                }
                continue;
            };
            match current.attempt.next(&mut current.results).await {
                Ok(Some(chunk)) => match self.take(chunk) {
                    Ok(Some(chunk)) => return Some(Ok(chunk)),
                    Ok(None) => {}
                    Err(error) => self.refuse(error),
                },
                Ok(None) if self.made > current.base => {
                    current.attempt.succeed();
                    self.is_over = true;
                    let rest = self.finish();
                    if rest.is_some() {
                        return rest.map(Ok);
                    }
                }
                Ok(None) => {
                    let error = current.attempt.break_off();
                    self.fall(error);
                }
                Err(error) => self.fall(error),
            }
        }
        None
    }

    fn start(&mut self) -> Result<(), EngineError> {
        let language = self.request.language;
        let Some((engine, attempt)) = self.walk.advance(|engine| engine.speaks(language)) else {
            return Err(self.walk.last_error());
        };
        self.current = Some(Current {
            attempt,
            results: engine.speak(self.request.clone()),
            base: self.made,
            resampler: None,
            ahead: VecDeque::new(),
            words: 0,
            has_timings: false,
        });
        Ok(())
    }

    /// The chunk at the rate of the phrase; none of its rest of a block of some 10 ms, which comes with the next.
    fn take(&mut self, chunk: SpeechChunk) -> Result<Option<SpeechChunk>, ResampleError> {
        let Some(current) = self.current.as_mut() else {
            return Ok(None);
        };
        let rate = self.rate.unwrap_or(chunk.rate);
        let resampler = match current.resampler.as_mut() {
            Some(resampler) => resampler,
            // Also refuses a rate that no later voice could go on with.
            None => current.resampler.insert(Resampler::new(chunk.rate, rate)?),
        };
        self.rate = Some(rate);
        let pcm = if chunk.rate == rate {
            chunk.pcm
        } else {
            let mut resampled = Vec::new();
            resampler.push(&chunk.pcm, &mut resampled);
            resampled.into()
        };
        current.has_timings |= !chunk.words.is_empty();
        current.ahead.extend(chunk.words);
        self.made += pcm.len() as u64;
        let words = current.made_words(self.made - current.base, rate);
        Ok((!pcm.is_empty() || !words.is_empty()).then_some(SpeechChunk { pcm, rate, words }))
    }

    /// What is left when the voice has said everything.
    fn finish(&mut self) -> Option<SpeechChunk> {
        let rate = self.rate?;
        let mut current = self.current.take()?;
        let mut pcm = Vec::new();
        if let Some(resampler) = current.resampler.as_mut() {
            resampler.flush(&mut pcm);
        }
        let base = time(current.base, rate);
        let words: Vec<_> = current.ahead.drain(..).map(|word| later(word, base)).collect();
        (!pcm.is_empty() || !words.is_empty()).then(|| SpeechChunk {
            pcm: pcm.into(),
            rate,
            words,
        })
    }

    /// Leaves a voice whose sound can't be used.
    fn refuse(&mut self, error: ResampleError) {
        if let Some(current) = self.current.as_mut() {
            let error = EngineError::Failed {
                engine: current.attempt.name,
                reason: error.to_string(),
            };
            current.attempt.fail(&error);
            self.fall(error);
        }
    }

    fn fall(&mut self, error: EngineError) {
        let Some(current) = self.current.take() else {
            return;
        };
        let attempt = &current.attempt;
        if attempt.is_worth_repeating(&error) && !std::mem::replace(&mut self.has_repeated, true) {
            self.walk.step_back();
        } else {
            self.has_repeated = false;
        }
        self.walk.note(attempt.name, error);
        let Some(rate) = self.rate.filter(|_| self.made > current.base) else {
            return;
        };
        let said = if current.has_timings {
            current.words
        } else {
            estimated_words(
                &self.request.text,
                time(self.made - current.base, rate),
                self.request.pace,
            )
        };
        // The time that was heard of this voice doesn't count against the next.
        self.walk.limit = tokio::time::Instant::now() + self.walk.links.config.first_result;
        let mut words = self.request.text.unicode_word_indices();
        if let Some(start) = words.nth(said).map(|(start, _)| start) {
            self.request.text.drain(..start);
        } else {
            // All words are there: only the silence after them is missing.
            self.is_over = true;
        }
    }
}

impl Current {
    /// The words that are made by now, measured from the start of the phrase. Words that come ahead of their sound wait for
    /// it, since another voice may have to say them.
    fn made_words(&mut self, made: u64, rate: u32) -> Vec<WordTiming> {
        let (base, made) = (time(self.base, rate), time(made, rate));
        let mut words = Vec::new();
        while let Some(word) = self.ahead.pop_front_if(|word| word.end <= made) {
            self.words += word.word.unicode_words().count();
            words.push(later(word, base));
        }
        words
    }
}

fn later(word: WordTiming, by: Duration) -> WordTiming {
    WordTiming {
        word: word.word,
        start: word.start + by,
        end: word.end + by,
    }
}

fn time(samples: u64, rate: u32) -> Duration {
    Duration::from_micros(samples * 1_000_000 / u64::from(rate))
}

/// How many words are said in this time, at 14 letters a second, or 10 or 7.5 when speaking slowly.
fn estimated_words(text: &str, made: Duration, pace: Pace) -> usize {
    let rate = match pace {
        Pace::Natural => 14.0,
        Pace::Slow => 10.0,
        Pace::Slower => 7.5,
    };
    let letters = made.as_secs_f64() * rate;
    let mut said = 0.0;
    text.unicode_words()
        .take_while(|word| {
            said += word.chars().count() as f64;
            said <= letters
        })
        .count()
}

#[cfg(test)]
mod tests;

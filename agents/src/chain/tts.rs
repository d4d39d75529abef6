//! Voices in a chain.
//!
//! A voice that fails before it has said anything is replaced. When one fails in the middle of a phrase, the next voice says
//! the rest of it: the words of which not all was made. Without word timings their place is estimated from the letters.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use unicode_segmentation::UnicodeSegmentation;

use super::resample::Resampler;
use super::{Attempt, ChainConfig, ChainObserver, Links, Service, Walk};
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
        observer: Arc<dyn ChainObserver>,
    ) -> Self {
        Self {
            links: Links::new(
                Service::Tts,
                engines,
                |engine| engine.name(),
                config,
                observer,
            ),
        }
    }
}

impl Tts for FallbackTts {
    /// The name of the preferred voice.
    fn name(&self) -> &'static str {
        self.links.name()
    }

    /// Whether any voice speaks it.
    fn speaks(&self, language: Language) -> bool {
        self.links
            .links
            .iter()
            .any(|link| link.engine.speaks(language))
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
    /// Set when its rate is another one than that of the phrase.
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
                Ok(Some(chunk)) if chunk.rate > 0 => {
                    if let Some(chunk) = self.take(chunk) {
                        return Some(Ok(chunk));
                    }
                }
                Ok(None) if self.made > current.base => {
                    current.attempt.succeed();
                    self.is_over = true;
                    let rest = self.finish();
                    if rest.is_some() {
                        return rest.map(Ok);
                    }
                }
                Ok(_) => {
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

    fn take(&mut self, chunk: SpeechChunk) -> Option<SpeechChunk> {
        let current = self.current.as_mut()?;
        let rate = *self.rate.get_or_insert(chunk.rate);
        if chunk.rate != rate && current.resampler.is_none() {
            current.resampler = Some(Resampler::new(chunk.rate, rate));
        }
        let pcm = match current.resampler.as_mut() {
            Some(resampler) => resampler.push(&chunk.pcm).into(),
            None => chunk.pcm,
        };
        current.has_timings |= !chunk.words.is_empty();
        current.ahead.extend(chunk.words);
        self.made += pcm.len() as u64;
        let words = current.made_words(self.made - current.base, rate);
        (!pcm.is_empty() || !words.is_empty()).then_some(SpeechChunk { pcm, rate, words })
    }

    /// What is left when the voice has said everything.
    fn finish(&mut self) -> Option<SpeechChunk> {
        let rate = self.rate?;
        let mut current = self.current.take()?;
        let pcm = current
            .resampler
            .as_mut()
            .map(Resampler::finish)
            .unwrap_or_default();
        let base = time(current.base, rate);
        let words: Vec<_> = current
            .ahead
            .drain(..)
            .map(|word| later(word, base))
            .collect();
        (!pcm.is_empty() || !words.is_empty()).then(|| SpeechChunk {
            pcm: pcm.into(),
            rate,
            words,
        })
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

/// How many words are said in this time, at 14 letters a second, or 10 when speaking slowly.
fn estimated_words(text: &str, made: Duration, pace: Pace) -> usize {
    let rate = match pace {
        Pace::Natural => 14.0,
        Pace::Slow => 10.0,
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
mod tests {
    use std::sync::Mutex;

    use tokio::time::Instant;

    use super::super::fakes::{Act, FakeTts, Told, broken};
    use super::*;

    const TEXT: &str = "Une table près de la fenêtre ?";

    /// Speech of so many milliseconds.
    fn speech(rate: u32, ms: u32, words: &[(&str, u64, u64)]) -> Act<SpeechChunk> {
        let timing = |(word, start, end): &(&str, u64, u64)| WordTiming {
            word: (*word).to_owned(),
            start: Duration::from_millis(*start),
            end: Duration::from_millis(*end),
        };
        Act::Give(SpeechChunk {
            pcm: vec![100; (rate / 1000 * ms) as usize].into(),
            rate,
            words: words.iter().map(timing).collect(),
        })
    }

    fn voice(name: &'static str, acts: Vec<Act<SpeechChunk>>) -> Arc<FakeTts> {
        Arc::new(FakeTts {
            name,
            speaks: true,
            acts,
            asked: Mutex::default(),
        })
    }

    #[derive(Debug, Default, PartialEq)]
    struct Said {
        /// When the first chunk and the end came, in milliseconds.
        first: u64,
        end: u64,
        /// Length of all of it, in milliseconds.
        length: u64,
        words: Vec<(String, u64, u64)>,
        error: Option<EngineError>,
    }

    async fn speak(voices: &[Arc<FakeTts>]) -> Said {
        let engines = voices
            .iter()
            .map(|voice| voice.clone() as Arc<dyn Tts>)
            .collect();
        let chain = FallbackTts::new(engines, ChainConfig::default(), Arc::new(Told::default()));
        let request = SpeakRequest {
            language: Language::French,
            text: TEXT.to_owned(),
            pace: Pace::Natural,
        };
        let started = Instant::now();
        let mut results = chain.speak(request);
        let (mut said, mut rate, mut samples) = (Said::default(), None, 0);
        while let Some(result) = results.next().await {
            match result {
                Ok(chunk) => {
                    if samples == 0 {
                        said.first = started.elapsed().as_millis() as u64;
                    }
                    assert_eq!(
                        *rate.get_or_insert(chunk.rate),
                        chunk.rate,
                        "one rate a phrase"
                    );
                    samples += chunk.pcm.len() as u64;
                    said.length = samples * 1000 / u64::from(chunk.rate);
                    let ms = |at: Duration| at.as_millis() as u64;
                    said.words.extend(
                        chunk
                            .words
                            .into_iter()
                            .map(|word| (word.word, ms(word.start), ms(word.end))),
                    );
                }
                Err(error) => said.error = Some(error),
            }
        }
        said.end = started.elapsed().as_millis() as u64;
        said
    }

    fn asked(voice: &FakeTts) -> Vec<String> {
        voice.asked.lock().expect("not poisoned").clone()
    }

    #[tokio::test(start_paused = true)]
    async fn a_voice_that_fails_before_its_first_sound_is_replaced() {
        for (act, after) in [(Act::Fail(broken()), 0), (Act::End, 0), (Act::Hang, 1500)] {
            let (first, second) = (
                voice("cloud", vec![act]),
                voice("embedded", vec![speech(16_000, 500, &[])]),
            );
            let said = speak(&[first, second.clone()]).await;
            assert_eq!(
                said,
                Said {
                    first: after,
                    end: after,
                    length: 500,
                    ..Said::default()
                }
            );
            assert!(asked(&second).iter().all(|text| text == TEXT));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_rest_of_a_phrase_is_said_by_the_next_voice() {
        // All timings come at once, and then the sound breaks off inside the third word.
        let words = [
            ("Une", 0, 200),
            ("table", 200, 500),
            ("près", 500, 800),
            ("de", 800, 900),
        ];
        let first = voice(
            "cloud",
            vec![
                speech(24_000, 300, &words),
                speech(24_000, 300, &[]),
                Act::Hang,
            ],
        );
        let rest = [
            ("près", 0, 300),
            ("de", 300, 400),
            ("la", 400, 500),
            ("fenêtre", 500, 1000),
        ];
        let second = voice("embedded", vec![speech(16_000, 1000, &rest)]);
        let said = speak(&[first, second.clone()]).await;
        assert_eq!(asked(&second), ["près de la fenêtre ?"]);
        assert_eq!((said.end, said.error), (1500, None));
        assert!(said.length.abs_diff(1600) <= 1, "{}", said.length);
        let expected = [
            ("Une", 0, 200),
            ("table", 200, 500),
            ("près", 600, 900),
            ("de", 900, 1000),
            ("la", 1000, 1100),
            ("fenêtre", 1100, 1600),
        ];
        assert_eq!(
            said.words,
            expected.map(|(word, start, end)| (word.to_owned(), start, end))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn without_timings_the_rest_is_estimated() {
        let first = voice("cloud", vec![speech(24_000, 600, &[]), Act::Fail(broken())]);
        let second = voice("embedded", vec![speech(24_000, 500, &[])]);
        speak(&[first, second.clone()]).await;
        assert_eq!(asked(&second), ["près de la fenêtre ?"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_phrase_that_only_lacks_its_end_is_whole() {
        let first = voice(
            "cloud",
            vec![speech(24_000, 3000, &[]), Act::Fail(broken())],
        );
        let second = voice("embedded", vec![]);
        let said = speak(&[first, second.clone()]).await;
        assert_eq!((said.length, said.error), (3000, None));
        assert!(asked(&second).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn voices_of_other_languages_are_not_asked() {
        let mute = Arc::new(FakeTts {
            name: "mute",
            speaks: false,
            acts: vec![Act::Hang],
            asked: Mutex::default(),
        });
        let said = speak(&[
            mute.clone(),
            voice("embedded", vec![speech(16_000, 100, &[])]),
        ])
        .await;
        assert_eq!((said.first, said.error), (0, None));
        assert!(asked(&mute).is_empty());
        let said = speak(&[mute]).await;
        assert!(matches!(said.error, Some(EngineError::Unsupported { .. })));
    }

    #[tokio::test(start_paused = true)]
    async fn a_voice_that_stalls_is_left_after_its_time() {
        let first = voice(
            "cloud",
            vec![
                speech(24_000, 500, &[("Une", 0, 200)]),
                Act::Wait(1400),
                speech(24_000, 100, &[]),
            ],
        );
        let said = speak(&[first]).await;
        assert_eq!(
            (said.first, said.end, said.length, said.error),
            (0, 1400, 600, None)
        );
    }
}

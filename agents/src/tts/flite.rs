//! The flite voice: English diphone synthesis in pure Rust, 16 kHz, a fraction of a millisecond to the first sample.

use std::sync::Arc;

use flite_rs::language::Language as Models;
use flite_rs::{Engine, Flow, Utterance, Voice, VoiceParams, pipeline, text, voice};
use tokio::sync::{Semaphore, mpsc};
use tokio::task;
use unicode_normalization::UnicodeNormalization;

use super::shape::Shaper;
use super::timing::length;
use crate::engine::{EngineError, Pace, Results, SpeakRequest, SpeechChunk, Tts, WordTiming};
use crate::language::Language;
use crate::produce::produce;

/// The voice `cmu_us_kal16`.
///
/// Its phones tell when each word is said, so its timings are exact. It computes on the runtime's blocking threads, on no
/// more of them at a time than the machine has cores.
#[derive(Clone)]
pub struct Flite {
    synthesis: Arc<Synthesis>,
    compute: Arc<Semaphore>,
}

struct Synthesis {
    models: Arc<Models>,
    voice: Voice,
    natural: VoiceParams,
    slow: VoiceParams,
    slower: VoiceParams,
}

impl Flite {
    /// Reads the models that are built into the program.
    pub fn new() -> Result<Self, EngineError> {
        let broken = |error: flite_rs::data::DataError| failed(error.to_string());
        let models = Engine::try_new().map_err(broken)?.language();
        let voice = Voice::parse(flite_rs::KAL16_VOICE_DATA).map_err(broken)?;
        let with_stretch = |stretch: f32| {
            let mut params = voice.params();
            params.duration_stretch *= stretch;
            params
        };
        let [natural, slow, slower] = [1.0, SLOW_STRETCH, SLOWER_STRETCH].map(with_stretch);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            synthesis: Arc::new(Synthesis {
                models,
                voice,
                natural,
                slow,
                slower,
            }),
            compute: Arc::new(Semaphore::new(cores)),
        })
    }
}

impl Tts for Flite {
    fn name(&self) -> &'static str {
        NAME
    }

    fn speaks(&self, language: Language) -> bool {
        language == Language::English
    }

    fn is_cacheable(&self) -> bool {
        true
    }

    fn speak(&self, request: SpeakRequest) -> Results<SpeechChunk> {
        let synthesis = Arc::clone(&self.synthesis);
        let compute = Arc::clone(&self.compute);
        produce(move |emit| async move {
            if request.language != Language::English {
                return Err(EngineError::Unsupported {
                    engine: NAME,
                    reason: format!("it has no {} voice", request.language),
                });
            }
            let permit = compute
                .acquire_owned()
                .await
                .map_err(|_| failed("its threads are gone".to_owned()))?;
            let (sender, mut chunks) = mpsc::channel(CHUNKS_AHEAD);
            let work = task::spawn_blocking(move || {
                synthesis.say(&request, &sender);
                drop(permit);
            });
            while let Some(chunk) = chunks.recv().await {
                emit.send(chunk).await;
            }
            work.await.map_err(|error| failed(error.to_string()))
        })
    }
}

impl Synthesis {
    /// Says the text sentence by sentence until the receiver is gone.
    fn say(&self, request: &SpeakRequest, chunks: &mpsc::Sender<SpeechChunk>) {
        let params = match request.pace {
            Pace::Natural => &self.natural,
            Pace::Slow => &self.slow,
            Pace::Slower => &self.slower,
        };
        let rate = self.voice.sample_rate;
        let mut shaper = Shaper::new(rate, GAIN_DB);
        let mut kept = Vec::with_capacity(2 * CHUNK_SAMPLES);
        let mut made = 0;
        let mut words = Vec::new();
        let mut flow = Flow::Continue;
        for sentence in text::sentences(&plain(&request.text)) {
            let utterance = pipeline::analyse(&self.models, &sentence, params);
            words.extend(timings(&utterance, made, rate));
            voice::synthesise_streaming(&self.voice, &utterance, params, &mut |samples| {
                made += samples.len();
                shaper.push(samples, &mut kept);
                if kept.len() >= CHUNK_SAMPLES {
                    let words = shifted(&mut words, shaper.lead_cut(), rate);
                    let pcm = kept.drain(..).collect();
                    if chunks.blocking_send(SpeechChunk { pcm, rate, words }).is_err() {
                        flow = Flow::Stop;
                    }
                }
                flow
            });
            if flow == Flow::Stop {
                return;
            }
        }
        shaper.finish(&mut kept);
        let words = shifted(&mut words, shaper.lead_cut(), rate);
        if !kept.is_empty() || !words.is_empty() {
            let pcm = kept.into();
            // Nobody listens any more: nothing is left to do.
            let _ = chunks.blocking_send(SpeechChunk { pcm, rate, words });
        }
    }
}

/// The text in the characters that flite reads.
fn plain(text: &str) -> String {
    text.nfkd()
        .filter_map(|letter| match letter {
            '‘' | '’' => Some('\''),
            '“' | '”' | '«' | '»' => Some('"'),
            '–' | '—' => Some(','),
            _ if letter.is_whitespace() => Some(' '),
            _ if letter.is_ascii_graphic() => Some(letter),
            _ => None,
        })
        .collect()
}

/// When the words of an utterance are said that starts after `before` samples.
fn timings(utterance: &Utterance, before: usize, rate: u32) -> Vec<WordTiming> {
    let offset = length(before, rate);
    let seconds = |value: f32| offset + std::time::Duration::try_from_secs_f32(value).unwrap_or_default();
    let mut timings = Vec::new();
    for token in utterance
        .iter_relation("Token")
        .filter(|&item| utterance.parent(item).is_none())
    {
        let words = std::iter::successors(utterance.daughter(token), |&word| utterance.next(word));
        let segments: Vec<_> = words
            .filter_map(|word| utterance.item_as(word, "SylStructure"))
            .flat_map(|word| std::iter::successors(utterance.daughter(word), |&syllable| utterance.next(syllable)))
            .flat_map(|syllable| {
                std::iter::successors(utterance.daughter(syllable), |&segment| utterance.next(segment))
            })
            .filter_map(|segment| utterance.item_as(segment, "Segment"))
            .collect();
        let (Some(&first), Some(&last)) = (segments.first(), segments.last()) else {
            continue;
        };
        let start = utterance
            .prev(first)
            .map_or(0.0, |segment| utterance.feature_f32(segment, "end"));
        let punctuation = utterance.feature_str(token, "punc");
        timings.push(WordTiming {
            word: format!("{}{punctuation}", utterance.name(token)),
            start: seconds(start),
            end: seconds(utterance.feature_f32(last, "end")),
        });
    }
    timings
}

/// Takes the words with their timings moved to where they are after trimming; nothing before the first sound.
fn shifted(words: &mut Vec<WordTiming>, lead_cut: Option<usize>, rate: u32) -> Vec<WordTiming> {
    let Some(cut) = lead_cut else {
        return Vec::new();
    };
    let cut = length(cut, rate);
    let mut words = std::mem::take(words);
    for word in &mut words {
        word.start = word.start.saturating_sub(cut);
        word.end = word.end.saturating_sub(cut);
    }
    words
}

fn failed(reason: String) -> EngineError {
    EngineError::Failed { engine: NAME, reason }
}

const NAME: &str = "flite";
/// 40 ms.
const CHUNK_SAMPLES: usize = 640;
const CHUNKS_AHEAD: usize = 8;
/// Makes it as slow as espeak-ng's slow pace: 144 words a minute instead of 191, silence trimmed.
const SLOW_STRETCH: f32 = 1.35;
/// The same of the slowest pace. The voice lengthens its sounds as it makes them; nothing is stretched afterwards.
const SLOWER_STRETCH: f32 = 1.8;
/// What this voice lacks to -20 dBFS, as far as its peaks allow; measured by `examples/measure_voices.rs`.
const GAIN_DB: f32 = 7.0;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::StreamExt;

    use super::*;

    async fn say(text: &str, pace: Pace) -> (Vec<i16>, Vec<WordTiming>) {
        let request = SpeakRequest {
            language: Language::English,
            text: text.to_owned(),
            pace,
            melody: None,
        };
        let mut stream = Flite::new().expect("the built-in models are whole").speak(request);
        let (mut pcm, mut words) = (Vec::new(), Vec::new());
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.expect("English is spoken");
            assert_eq!(chunk.rate, 16_000);
            pcm.extend_from_slice(&chunk.pcm);
            words.extend(chunk.words);
        }
        (pcm, words)
    }

    #[tokio::test]
    async fn words_are_timed_inside_the_speech_across_sentences() {
        let (pcm, words) = say("Good evening, Madam. A table for 2?", Pace::Natural).await;
        let written: Vec<_> = words.iter().map(|timing| timing.word.as_str()).collect();
        assert_eq!(written, ["Good", "evening,", "Madam.", "A", "table", "for", "2?"]);
        let mut before = Duration::ZERO;
        for timing in &words {
            assert!(before <= timing.start && timing.start < timing.end, "{words:?}");
            before = timing.end;
        }
        assert!(before <= length(pcm.len(), 16_000), "{words:?}");
        assert!(words[0].start < Duration::from_millis(60), "{words:?}");
        // The voice rests between the sentences.
        assert!(words[3].start - words[2].end > Duration::from_millis(50), "{words:?}");
    }

    #[tokio::test]
    async fn it_is_trimmed_and_about_as_loud_as_it_should_be() {
        let (pcm, _) = say(
            "Welcome to our restaurant, what would you like to drink?",
            Pace::Natural,
        )
        .await;
        let first = pcm
            .iter()
            .position(|sample| sample.unsigned_abs() > 250)
            .expect("it sounds");
        assert!(first <= 16 * 50, "{first} samples of silence");
        let power = pcm.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>() / pcm.len() as f64;
        let level = 10.0 * (power / 32_768f64.powi(2)).log10();
        assert!((-23.0..-17.0).contains(&level), "{level}");
    }

    #[tokio::test]
    async fn slow_speech_takes_longer() {
        let (natural, _) = say("What would you like to drink?", Pace::Natural).await;
        let (slow, _) = say("What would you like to drink?", Pace::Slow).await;
        let (slower, _) = say("What would you like to drink?", Pace::Slower).await;
        assert!(slow.len() * 4 > natural.len() * 5, "{} {}", slow.len(), natural.len());
        assert!(slower.len() * 5 > slow.len() * 6, "{} {}", slower.len(), slow.len());
    }

    #[tokio::test]
    async fn odd_text_is_only_text() {
        for text in [
            "",
            " ",
            "…",
            "--help",
            "“Café” – naïve’s",
            "<b>hi</b> [[x]] 1/0 $3.50 \u{0}\u{7f}",
            "你好",
        ] {
            let (pcm, words) = say(text, Pace::Natural).await;
            assert!(!pcm.is_empty() || words.is_empty(), "{text}");
        }
    }

    #[tokio::test]
    async fn other_languages_are_unsupported() {
        let flite = Flite::new().expect("the built-in models are whole");
        assert!(!flite.speaks(Language::French));
        let request = SpeakRequest {
            language: Language::French,
            text: "Bonsoir".to_owned(),
            pace: Pace::Natural,
            melody: None,
        };
        let answer = flite.speak(request).next().await;
        assert!(
            matches!(answer, Some(Err(EngineError::Unsupported { .. }))),
            "{answer:?}"
        );
    }
}

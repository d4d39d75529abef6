//! The voices that need no key and no network.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tokio::sync::Semaphore;
use tokio::task;
use tokio::time::timeout;

use super::espeak::Espeak;
use super::flite::Flite;
use super::timing::WordAligner;
use crate::engine::{Results, SpeakRequest, SpeechChunk, Tts};
use crate::language::Language;
use crate::produce::produce;
use crate::scenario::Readings;

/// Flite for English, espeak-ng for every other language and where flite is missing. What is said for its melody is espeak-ng's in
/// English, too: flite's sentences all fall a little.
#[derive(Clone)]
pub struct EmbeddedTts {
    flite: Option<Flite>,
    espeak: Espeak,
    aligner: Option<Arc<dyn WordAligner>>,
    readings: Readings,
    compute: Arc<Semaphore>,
}

impl EmbeddedTts {
    /// Chooses among the voices that are there.
    pub fn new(flite: Option<Flite>, espeak: Espeak) -> Self {
        Self {
            flite,
            espeak,
            aligner: None,
            readings: Readings::default(),
            compute: Arc::new(Semaphore::new(
                std::thread::available_parallelism().map_or(1, usize::from),
            )),
        }
    }

    /// Lets espeak-ng's words be timed by listening to them, where it only estimates. They come after its last samples.
    pub fn with_aligner(mut self, aligner: Arc<dyn WordAligner>) -> Self {
        self.aligner = Some(aligner);
        self
    }

    /// Lets espeak-ng read what it can't read as it is written, by the spoken forms of the content.
    pub fn with_readings(mut self, readings: Readings) -> Self {
        self.readings = readings;
        self
    }

    /// Whether the spoken forms of a language can be read.
    fn reads(&self, language: Language) -> bool {
        self.readings.has(language) && self.espeak.reads(language, "a")
    }
}

impl EmbeddedTts {
    /// Passes espeak-ng's speech on as it comes, and after it the timings of its words: the aligner's, or the estimate where it
    /// has none.
    fn aligned(&self, request: SpeakRequest, aligner: Arc<dyn WordAligner>) -> Results<SpeechChunk> {
        let mut speech = self.espeak.speak(request.clone());
        let compute = Arc::clone(&self.compute);
        produce(move |emit| async move {
            let (mut pcm, mut rate, mut estimated) = (Vec::new(), 0, Vec::new());
            while let Some(chunk) = speech.next().await {
                let mut chunk = chunk?;
                pcm.extend_from_slice(&chunk.pcm);
                rate = chunk.rate;
                estimated.append(&mut chunk.words);
                emit.send(chunk).await;
            }
            if pcm.is_empty() {
                return Ok(());
            }
            let found = async {
                let permit = compute.acquire_owned().await;
                let align = move || {
                    let words = aligner.align(&pcm, rate, &request.text, request.language);
                    drop(permit);
                    words
                };
                task::spawn_blocking(align).await.unwrap_or_default()
            };
            // Speech without exact timings is better than speech that seems to stall: an aligner that breaks, or is slow where
            // many speak at once, leaves the estimate.
            let found = timeout(ALIGNMENT_LIMIT, found).await.unwrap_or_default();
            let words = if found.is_empty() { estimated } else { found };
            let pcm = Arc::default();
            emit.send(SpeechChunk { pcm, rate, words }).await;
            Ok(())
        })
    }
}

/// How long after the last sample timings may come. The phrase is whole only then, and the chain waits for that.
const ALIGNMENT_LIMIT: Duration = Duration::from_millis(500);

impl Tts for EmbeddedTts {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn speaks(&self, language: Language) -> bool {
        let is_flites = self.flite.as_ref().is_some_and(|flite| flite.speaks(language));
        is_flites || self.espeak.speaks(language) || self.reads(language)
    }

    fn is_cacheable(&self) -> bool {
        true
    }

    fn speak(&self, mut request: SpeakRequest) -> Results<SpeechChunk> {
        // Kana are better read by the content, too, which knows the sounds of particles.
        if let Some(spoken) = self.readings.spoken(request.language, &request.text) {
            request.text = spoken;
        }
        let melody = request
            .melody
            .filter(|_| self.espeak.reads(request.language, &request.text));
        if let Some(melody) = melody {
            request.text = melody.marked(&request.text, request.language);
        }
        match (&self.flite, &self.aligner) {
            (Some(flite), _) if flite.speaks(request.language) && melody.is_none() => flite.speak(request),
            (_, Some(aligner)) => self.aligned(request, Arc::clone(aligner)),
            (_, None) => self.espeak.speak(request),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, channel};

    use super::*;
    use crate::engine::{Pace, WordTiming};
    use crate::melody::Melody;
    use crate::scenario::Catalogue;

    /// Finds one word, `heard`, as long as the speech; in German nothing.
    struct Listener;

    impl WordAligner for Listener {
        fn align(&self, pcm: &[i16], rate: u32, _text: &str, language: Language) -> Vec<WordTiming> {
            let word = WordTiming {
                word: "heard".to_owned(),
                start: Duration::ZERO,
                end: super::super::timing::length(pcm.len(), rate),
            };
            if language == Language::German {
                Vec::new()
            } else {
                vec![word]
            }
        }
    }

    async fn say(tts: &EmbeddedTts, language: Language) -> (u32, usize, Vec<String>) {
        let request = SpeakRequest {
            language,
            text: "Oh, no".to_owned(),
            pace: Pace::Natural,
            melody: None,
        };
        let chunks: Vec<_> = tts.speak(request).collect().await;
        let chunks: Vec<_> = chunks.into_iter().map(|chunk| chunk.expect("it is spoken")).collect();
        let rate = chunks[0].rate;
        assert!(chunks.iter().all(|chunk| chunk.rate == rate));
        let samples = chunks.iter().map(|chunk| chunk.pcm.len()).sum();
        let words = chunks.into_iter().flat_map(|chunk| chunk.words);
        (rate, samples, words.map(|timing| timing.word).collect())
    }

    #[tokio::test]
    async fn english_is_flites_and_the_rest_espeaks() {
        let tts = EmbeddedTts::new(Flite::new().ok(), Espeak::detect().await);
        assert_eq!(say(&tts, Language::English).await.0, 16_000);
        assert_eq!(say(&tts, Language::French).await.0, 22_050);
        let silent = Language::ALL.into_iter().filter(|&language| !tts.speaks(language));
        assert_eq!(silent.collect::<Vec<_>>(), [Language::Chinese, Language::Japanese]);
        let without_flite = EmbeddedTts::new(None, Espeak::detect().await);
        assert_eq!(say(&without_flite, Language::English).await.0, 22_050);
    }

    #[tokio::test]
    async fn without_espeak_only_english_is_spoken() {
        let tts = EmbeddedTts::new(Flite::new().ok(), Espeak::detect_program("/nowhere/espeak-ng").await);
        let spoken = Language::ALL.into_iter().filter(|&language| tts.speaks(language));
        assert_eq!(spoken.collect::<Vec<_>>(), [Language::English]);
    }

    #[tokio::test]
    async fn an_aligner_times_words_once_and_the_estimate_stands_in_for_it() {
        let plain = EmbeddedTts::new(None, Espeak::detect().await);
        let aligned = plain.clone().with_aligner(Arc::new(Listener));
        let (_, samples, words) = say(&aligned, Language::French).await;
        assert_eq!(
            (samples, words),
            (say(&plain, Language::French).await.1, vec!["heard".to_owned()])
        );
        assert_eq!(say(&aligned, Language::German).await.2, ["Oh,", "no"]);
    }

    #[tokio::test]
    async fn what_is_said_for_its_melody_is_espeaks_in_english_too() {
        let tts = EmbeddedTts::new(Flite::new().ok(), Espeak::detect().await);
        let say = async |melody| {
            let request = SpeakRequest {
                language: Language::English,
                text: "Would you like tea or coffee?".to_owned(),
                pace: Pace::Natural,
                melody,
            };
            let chunks: Vec<_> = tts.speak(request).collect().await;
            let chunks: Vec<_> = chunks.into_iter().map(|chunk| chunk.expect("it is spoken")).collect();
            let pcm: Vec<i16> = chunks.iter().flat_map(|chunk| chunk.pcm.iter().copied()).collect();
            (chunks[0].rate, pcm)
        };
        let (rate, rising) = say(Some(Melody::Rising)).await;
        let (_, falling) = say(Some(Melody::RiseFall)).await;
        assert_eq!((rate, say(None).await.0), (22_050, 16_000));
        assert_ne!(rising, falling);
    }

    /// Finds nothing until the speech is over.
    struct Slow(Mutex<Receiver<()>>);

    impl WordAligner for Slow {
        fn align(&self, _pcm: &[i16], _rate: u32, _text: &str, _language: Language) -> Vec<WordTiming> {
            let over = self.0.lock().expect("nobody panics with it").recv();
            assert!(over.is_err(), "nothing is sent");
            Vec::new()
        }
    }

    #[tokio::test]
    async fn an_aligner_that_takes_too_long_leaves_the_estimate() {
        let (speaking, over) = channel();
        let tts = EmbeddedTts::new(None, Espeak::detect().await).with_aligner(Arc::new(Slow(Mutex::new(over))));
        assert_eq!(say(&tts, Language::French).await.2, ["Oh,", "no"]);
        drop(speaking);
    }

    #[tokio::test]
    async fn chinese_is_read_by_the_spoken_forms_of_the_content() {
        let plain = EmbeddedTts::new(None, Espeak::detect().await);
        let reading = plain.clone().with_readings(Catalogue::built_in().readings());
        assert!(!plain.speaks(Language::Chinese) && reading.speaks(Language::Chinese));
        let say = |text: &str| {
            let request = SpeakRequest {
                language: Language::Chinese,
                text: text.to_owned(),
                pace: Pace::Natural,
                melody: None,
            };
            reading.speak(request).collect::<Vec<_>>()
        };
        let said = say("你叫什么名字？").await;
        let length = |chunk: &Result<SpeechChunk, _>| chunk.as_ref().expect("it is spoken").pcm.len();
        let samples: usize = said.iter().map(length).sum();
        assert!(samples > 8_000, "{samples}");
        assert!(say("没有人知道").await[0].is_err(), "no line of the content");
    }
}

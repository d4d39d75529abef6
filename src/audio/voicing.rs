//! A whole text as sound, said by the configured voice.

use std::sync::Arc;

use colloquy_agents::engine::{EngineError, SpeakRequest, Tts};
use colloquy_agents::language::Language;
use colloquy_agents::phrase::PhraseSplitter;
use colloquy_media::resample::ResampleError;
use futures::StreamExt;
use tokio::sync::Semaphore;

use super::Sound;
use super::encode::{self, EncodingError};

/// Says texts that are kept or sent as files, a few at a time; clones share it. A live call has its own way to the voice.
#[derive(Clone)]
pub struct Voicing {
    tts: Arc<dyn Tts>,
    turns: Arc<Semaphore>,
}

/// Why a text can't be heard. Whoever asked still has the text.
#[derive(Debug, thiserror::Error)]
pub enum VoiceError {
    /// No voice is there for the language.
    #[error("there is no voice for {0}")]
    NoVoice(Language),
    /// There is nothing in the text to say.
    #[error("there is nothing to say")]
    Silent,
    /// The voice broke off.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The sound can't be made a file.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// The voice speaks at a rate of no speech.
    #[error(transparent)]
    Rate(#[from] ResampleError),
    /// The file can't be kept.
    #[error("the file can't be kept: {0}")]
    Disk(#[from] std::io::Error),
}

impl Voicing {
    /// With a voice.
    pub fn new(tts: Arc<dyn Tts>) -> Self {
        let turns = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            tts,
            turns: Arc::new(Semaphore::new(turns)),
        }
    }

    /// Whether there is a voice for the language.
    pub fn speaks(&self, language: Language) -> bool {
        self.tts.speaks(language)
    }

    /// Says a text, phrase by phrase as a live call does, or in one piece where it is said for its melody. All of it, or nothing.
    ///
    /// # Errors
    /// When there is no voice, or it fails.
    pub async fn say(&self, text: SpeakRequest) -> Result<Sound, VoiceError> {
        if !self.speaks(text.language) {
            return Err(VoiceError::NoVoice(text.language));
        }
        let phrases = phrases(text);
        let _turn = self.turns.acquire().await.expect("nobody closes it");
        let mut sound = Sound::default();
        for phrase in phrases {
            sound.append(self.phrase(phrase).await?)?;
        }
        if sound.samples.is_empty() {
            return Err(VoiceError::Silent);
        }
        Ok(sound)
    }

    /// What [`Voicing::say`] says as an MP3 file.
    ///
    /// # Errors
    /// As [`Voicing::say`], or when it can't be encoded.
    pub async fn mp3(&self, text: SpeakRequest) -> Result<Vec<u8>, VoiceError> {
        let sound = self.say(text).await?;
        let encoded = tokio::task::spawn_blocking(move || encode::mp3(sound)).await;
        Ok(encoded.map_err(|error| EncodingError::from(&error))??)
    }

    async fn phrase(&self, request: SpeakRequest) -> Result<Sound, VoiceError> {
        let mut speech = self.tts.speak(request);
        let mut said = Sound::default();
        while let Some(chunk) = speech.next().await {
            let chunk = chunk?;
            said.rate = chunk.rate;
            said.samples.extend_from_slice(&chunk.pcm);
        }
        Ok(said)
    }
}

/// What of a text is said at a time. A melody belongs to the whole of it.
fn phrases(text: SpeakRequest) -> Vec<SpeakRequest> {
    if text.melody.is_some() {
        return vec![text];
    }
    let mut splitter = PhraseSplitter::new(text.language);
    splitter.push(&text.text);
    splitter.finish();
    let phrases = std::iter::from_fn(|| splitter.poll_phrase());
    let said = phrases.map(|phrase| SpeakRequest {
        language: text.language,
        text: phrase.text,
        pace: text.pace,
        melody: None,
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use colloquy_agents::engine::{Pace, Results, SpeechChunk};
    use colloquy_agents::melody::Melody;

    use super::*;
    use crate::audio::{STORED_RATE, decode};

    /// Speaks French: ten samples a letter, at rates that differ. Breaks off at "fail".
    #[derive(Default)]
    struct Voice {
        asked: Mutex<Vec<SpeakRequest>>,
    }

    impl Tts for Voice {
        fn name(&self) -> &'static str {
            "test"
        }

        fn speaks(&self, language: Language) -> bool {
            language == Language::French
        }

        fn is_cacheable(&self) -> bool {
            true
        }

        fn speak(&self, request: SpeakRequest) -> Results<SpeechChunk> {
            let mut asked = self.asked.lock().unwrap();
            let rate = if asked.is_empty() { 22_050 } else { 16_000 };
            let chunk = SpeechChunk {
                pcm: vec![1_000; request.text.chars().count() * 1_000].into(),
                rate,
                words: Vec::new(),
            };
            let broken = EngineError::Unavailable {
                engine: "test",
                reason: "gone".to_owned(),
            };
            let end = request.text.contains("fail").then_some(Err(broken));
            asked.push(request);
            futures::stream::iter(std::iter::once(Ok(chunk)).chain(end)).boxed()
        }
    }

    fn text(language: Language, text: &str, pace: Pace) -> SpeakRequest {
        SpeakRequest {
            language,
            text: text.to_owned(),
            pace,
            melody: None,
        }
    }

    #[tokio::test]
    async fn a_text_is_said_phrase_by_phrase_at_one_rate() {
        let voice = Arc::new(Voice::default());
        let voicing = Voicing::new(voice.clone());
        let greeting = "Bonjour ! Que désirez-vous ce soir, monsieur ?";
        let sound = voicing.say(text(Language::French, greeting, Pace::Slow)).await.unwrap();
        let asked = voice.asked.lock().unwrap();
        let phrases: Vec<&str> = asked.iter().map(|request| request.text.as_str()).collect();
        assert_eq!(phrases, ["Bonjour !", "Que désirez-vous ce soir, monsieur ?"]);
        assert!(asked.iter().all(|request| request.pace == Pace::Slow));
        assert_eq!(sound.rate, 22_050);
        assert_eq!(sound.samples.len(), 9_000 + (36_000 * 22_050 + 8_000) / 16_000);
    }

    #[tokio::test]
    async fn what_is_said_for_its_melody_is_said_in_one_piece() {
        let voice = Arc::new(Voice::default());
        let question = SpeakRequest {
            melody: Some(Melody::RiseFall),
            ..text(Language::French, "Du thé ? Ou du café ?", Pace::Natural)
        };
        let voicing = Voicing::new(voice.clone());
        voicing.say(question.clone()).await.unwrap();
        assert_eq!(*voice.asked.lock().unwrap(), std::slice::from_ref(&question));
        voicing.mp3(question.clone()).await.unwrap();
        assert_eq!(*voice.asked.lock().unwrap(), [question.clone(), question]);
    }

    #[tokio::test]
    async fn a_file_of_it_is_an_mp3_at_the_stored_rate() {
        let voicing = Voicing::new(Arc::new(Voice::default()));
        let file = voicing
            .mp3(text(Language::French, "Bonjour.", Pace::Natural))
            .await
            .unwrap();
        assert_eq!(decode(&file).unwrap().rate, STORED_RATE);
    }

    #[tokio::test]
    async fn what_cant_be_said_whole_is_not_said() {
        let voicing = Voicing::new(Arc::new(Voice::default()));
        let say = async |language, said| voicing.say(text(language, said, Pace::Natural)).await.unwrap_err();
        assert!(matches!(
            say(Language::Chinese, "你好").await,
            VoiceError::NoVoice(Language::Chinese)
        ));
        assert!(matches!(say(Language::French, " … ").await, VoiceError::Silent));
        assert!(matches!(
            say(Language::French, "Oui. Et puis il fail.").await,
            VoiceError::Engine(_)
        ));
    }
}

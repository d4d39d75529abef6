//! How somebody speaks, measured: `POST /v1/voice/analyze`.
//!
//! | module | what lives there |
//! |---|---|
//! | [`fluency`] | voice, pauses and melody, from the sound alone |
//! | [`syllables`] | how many syllables a text has |
//! | [`advice`] | what there is to say about it |
//!
//! Only what was measured is told. Scores of pronunciation, fluency and intonation are none of it yet.

pub mod advice;
pub mod fluency;
pub mod syllables;

use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::acoustic::{Pronouncer, ReadAloud, hear_filled_pauses, hear_read_aloud};
use colloquy_agents::language::Language;
use serde::Serialize;
use tokio::sync::Semaphore;

use crate::audio::Sound;
use fluency::Delivery;

/// The longest recording that is measured: exercises are sentences.
pub const LONGEST: Duration = Duration::from_secs(120);
/// What speech is measured at, in Hz.
const RATE: u32 = 16_000;
/// How sure it must be that the text is what was read, before anything is told about its words.
const SURE: f32 = 0.5;

/// Measures recordings on the blocking pool, a few at a time; clones share it.
#[derive(Clone, Debug)]
pub struct Analyst {
    pronouncer: Arc<Pronouncer>,
    turns: Arc<Semaphore>,
}

/// What was measured of a text that somebody read aloud.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// What the sound alone tells.
    pub delivery: Delivery,
    /// How fast it is, compared with people whose own language it is.
    pub pace: Tempo,
    /// Filled pauses: all of them if it is the text that was read, otherwise those that stand alone.
    pub fillers: u32,
    /// Whether what was said is the text; none if that can't be told.
    pub is_text: Option<bool>,
}

/// How fast somebody speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tempo {
    /// Less than half as fast as natives read.
    Slow,
    /// In between.
    Appropriate,
    /// A fifth faster than natives read, or more.
    Fast,
}

/// Why there is nothing to measure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnalysisError {
    /// Nobody speaks.
    #[error("No speech was found in the audio")]
    NoSpeech,
    /// Longer than what is measured.
    #[error("The audio is longer than {} seconds", LONGEST.as_secs())]
    TooLong,
    /// At a rate of no speech, or the measuring itself broke.
    #[error("The audio can't be measured: {0}")]
    Failed(String),
}

impl Tempo {
    /// Of so many syllables in that time, pauses left out.
    pub fn of(syllables: usize, voiced: Duration, language: Language) -> Self {
        let rate = syllables as f64 / voiced.as_secs_f64().max(f64::MIN_POSITIVE);
        let native = native_rate(language);
        if rate < native * 0.5 {
            Self::Slow
        } else if rate < native * 1.2 {
            Self::Appropriate
        } else {
            Self::Fast
        }
    }
}

/// Syllables a second of natives who read aloud, pauses left out (Pellegrino, Coupé & Marsico 2011, "A cross-language
/// perspective on speech information rate", table 1). Portuguese is not in it: the mean of Spanish, French and Italian.
fn native_rate(language: Language) -> f64 {
    match language {
        Language::English => 6.19,
        Language::Spanish => 7.82,
        Language::French => 7.18,
        Language::German => 5.97,
        Language::Italian => 6.99,
        Language::Portuguese => 7.33,
        Language::Chinese => 5.18,
        Language::Japanese => 7.84,
    }
}

impl Analyst {
    /// Who knows how texts are pronounced from that.
    pub fn new(pronouncer: Arc<Pronouncer>) -> Self {
        let turns = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            pronouncer,
            turns: Arc::new(Semaphore::new(turns)),
        }
    }

    /// Measures how `text` is read in `sound`.
    ///
    /// # Errors
    /// When there is no speech, or too much of it.
    pub async fn measure(&self, sound: Sound, text: String, language: Language) -> Result<Analysis, AnalysisError> {
        if sound.duration() > LONGEST {
            return Err(AnalysisError::TooLong);
        }
        let pronouncer = Arc::clone(&self.pronouncer);
        let _turn = self.turns.acquire().await.expect("nobody closes it");
        let measured = tokio::task::spawn_blocking(move || measure(&pronouncer, sound, &text, language)).await;
        measured.unwrap_or_else(|error| Err(AnalysisError::Failed(error.to_string())))
    }
}

fn measure(pronouncer: &Pronouncer, sound: Sound, text: &str, language: Language) -> Result<Analysis, AnalysisError> {
    let sound = sound
        .at(RATE)
        .map_err(|error| AnalysisError::Failed(error.to_string()))?;
    let delivery = Delivery::of(&sound.samples).ok_or(AnalysisError::NoSpeech)?;
    // Without espeak-ng, or in a language that it can't spell out, the words stay unheard.
    let heard = hear_read_aloud(pronouncer, &sound.samples, text, language);
    let is_known = heard.is_ok();
    let heard: Option<ReadAloud> = heard.ok().flatten();
    Ok(Analysis {
        pace: Tempo::of(
            syllables::count(pronouncer, text, language),
            delivery.articulation(),
            language,
        ),
        is_text: is_known.then(|| heard.is_some_and(|heard| heard.confidence >= SURE)),
        fillers: heard
            .filter(|heard| heard.confidence >= SURE)
            .map_or_else(|| hear_filled_pauses(&sound.samples), |heard| heard.fillers),
        delivery,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tempo_is_told_by_what_natives_do() {
        let tempo = |syllables, language| Tempo::of(syllables, Duration::from_secs(2), language);
        assert_eq!(tempo(5, Language::English), Tempo::Slow);
        assert_eq!(tempo(9, Language::English), Tempo::Appropriate);
        assert_eq!(tempo(16, Language::English), Tempo::Fast);
        assert_eq!(tempo(16, Language::Spanish), Tempo::Appropriate);
        assert_eq!(Tempo::of(3, Duration::ZERO, Language::English), Tempo::Fast);
    }

    #[tokio::test]
    async fn silence_and_endless_sound_are_not_measured() {
        let analyst = Analyst::new(Arc::new(Pronouncer::with_program("not-to-be-run")));
        let measure = async |seconds: usize| {
            let sound = Sound {
                samples: vec![0; seconds * 8_000],
                rate: 8_000,
            };
            analyst.measure(sound, "Bonjour".to_owned(), Language::French).await
        };
        assert_eq!(measure(2).await, Err(AnalysisError::NoSpeech));
        assert_eq!(measure(121).await, Err(AnalysisError::TooLong));
    }
}

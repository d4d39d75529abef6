//! How somebody speaks, measured: `POST /v1/voice/analyze`.
//!
//! | module | what lives there |
//! |---|---|
//! | [`fluency`] | voice, pauses and melody, from the sound alone |
//! | [`advice`] | what there is to say about it |
//!
//! Only what was measured is told. Scores are the assessor's ([`crate::assessment`]).

pub mod advice;
pub mod fluency;

use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::acoustic::{Pronouncer, ReadAloud, hear_filled_pauses, hear_read_aloud};
pub use colloquy_agents::assessment::speech::Tempo;
use colloquy_agents::assessment::speech::syllables;
use colloquy_agents::language::Language;
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

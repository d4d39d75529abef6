//! Recordings of people who read a text aloud, judged: `POST /v1/voice/analyze`.
//!
//! | module | what lives there |
//! |---|---|
//! | [`advice`] | what there is to say about it |
//!
//! Everything is measured once, by the assessor ([`colloquy_agents::assessment::speech`]), so that scores and words agree.

pub mod advice;

use std::sync::Arc;
use std::time::Duration;

pub use colloquy_agents::assessment::speech::LONGEST;
use colloquy_agents::assessment::speech::{Assessment, Delivery, Fluency, Intonation, deliver};
use colloquy_agents::engine::{EngineError, HEARD_RATE};
use colloquy_agents::language::Language;
use colloquy_media::HEARD_FRAME;
use colloquy_media::vad::{SpeechDetector, VoiceKind};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::assessment::turns::Assessments;
use crate::audio::Sound;

/// Frames with a voice that are more than a click or a cough: 160 ms.
const LEAST: usize = 8;
/// How long a recording may take to be judged, waiting for its turn included.
const PATIENCE: Duration = Duration::from_secs(20);

/// Has recordings judged, a few at a time; clones share the turns.
#[derive(Clone, Debug)]
pub struct Analyst {
    assessments: Assessments,
    turns: Arc<Semaphore>,
}

/// What is known of a recording.
#[derive(Clone, Debug, PartialEq)]
pub enum Judged {
    /// It was held against its text.
    Assessed(Box<Assessment>),
    /// Nobody here knows the sounds of the language: what the sound alone tells.
    Delivered(Box<Delivery>),
}

/// Why nothing is known of a recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnalysisError {
    /// Nobody speaks.
    #[error("No speech was found in the audio")]
    NoSpeech,
    /// Longer than what is judged.
    #[error("The audio is longer than {} seconds", LONGEST.as_secs())]
    TooLong,
    /// At a rate of no speech.
    #[error("The audio can't be measured: {0}")]
    Unreadable(String),
    /// The assessor failed, or took too long.
    #[error("The recording could not be assessed")]
    Failed,
}

impl Judged {
    /// What was held against the text.
    pub fn assessment(&self) -> Option<&Assessment> {
        match self {
            Self::Assessed(assessment) => Some(assessment),
            Self::Delivered(_) => None,
        }
    }

    /// Rate, pauses and fillers.
    pub fn fluency(&self) -> &Fluency {
        match self {
            Self::Assessed(assessment) => &assessment.fluency,
            Self::Delivered(delivery) => &delivery.fluency,
        }
    }

    /// The melody.
    pub fn intonation(&self) -> &Intonation {
        match self {
            Self::Assessed(assessment) => &assessment.intonation,
            Self::Delivered(delivery) => &delivery.intonation,
        }
    }

    /// All of it in one: mostly how the sounds were made, and how they flow. None without a score of the sounds.
    pub fn overall(&self) -> Option<u8> {
        let of = |score: Option<u8>, weight: u32| score.map(|score| (u32::from(score) * weight, weight));
        let pronunciation = of(Some(self.assessment()?.pronunciation.score?), 3);
        let scores = [
            pronunciation,
            of(self.fluency().score, 1),
            of(self.intonation().score, 1),
        ];
        let measured = scores.into_iter().flatten();
        let (sum, weights) = measured.fold((0, 0), |(sum, weights), (score, weight)| {
            (sum + score, weights + weight)
        });
        u8::try_from((sum + weights / 2) / weights).ok()
    }
}

impl Analyst {
    /// Who asks those that assess.
    pub fn new(assessments: Assessments) -> Self {
        let turns = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            assessments,
            turns: Arc::new(Semaphore::new(turns)),
        }
    }

    /// Has it judged how `text` is read in `sound`.
    ///
    /// # Errors
    /// When there is no speech, or too much of it, or the assessor fails.
    pub async fn judge(&self, sound: Sound, text: &str, language: Language) -> Result<Judged, AnalysisError> {
        if sound.duration() > LONGEST {
            return Err(AnalysisError::TooLong);
        }
        let judged = timeout(PATIENCE, self.judge_in_turn(sound, text, language)).await;
        judged.unwrap_or_else(|_| {
            tracing::warn!("a recording took too long to be assessed");
            Err(AnalysisError::Failed)
        })
    }

    async fn judge_in_turn(&self, sound: Sound, text: &str, language: Language) -> Result<Judged, AnalysisError> {
        let _turn = self.turns.acquire().await.expect("nobody closes it");
        let pcm = blocking(move || heard(sound)).await??;
        match self.assessments.read_aloud(text, language, Arc::clone(&pcm)).await {
            Ok(Some(assessment)) => Ok(Judged::Assessed(Box::new(assessment))),
            Ok(None) => self.deliver(pcm, text, language).await,
            // It never will: what it would need isn't there.
            Err(error @ EngineError::Unsupported { .. }) => {
                tracing::warn!(%error, "a recording is not held against its text");
                self.deliver(pcm, text, language).await
            }
            Err(error) => {
                tracing::warn!(%error, "a recording is not assessed");
                Err(AnalysisError::Failed)
            }
        }
    }

    async fn deliver(&self, pcm: Arc<[i16]>, text: &str, language: Language) -> Result<Judged, AnalysisError> {
        let text = text.to_owned();
        let delivery = blocking(move || deliver(&pcm, &text, language)).await?;
        Ok(Judged::Delivered(Box::new(delivery)))
    }
}

/// A recording as it is judged.
fn heard(sound: Sound) -> Result<Arc<[i16]>, AnalysisError> {
    let sound = sound.at(HEARD_RATE);
    let sound = sound.map_err(|error| AnalysisError::Unreadable(error.to_string()))?;
    if is_spoken(&sound.samples) {
        Ok(sound.samples.into())
    } else {
        Err(AnalysisError::NoSpeech)
    }
}

/// Whether there is a voice in mono samples at 16 kHz.
fn is_spoken(samples: &[i16]) -> bool {
    let mut detector = SpeechDetector::new(VoiceKind::default().build());
    let mut frame = [0; HEARD_FRAME];
    let voiced = samples.chunks_exact(HEARD_FRAME).filter(|chunk| {
        frame.copy_from_slice(chunk);
        detector.handle_frame(&frame).voiced
    });
    voiced.take(LEAST).count() == LEAST
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AnalysisError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| {
        tracing::error!(%error, "a recording is not measured");
        AnalysisError::Failed
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use futures::FutureExt;
    use futures::future::BoxFuture;

    use super::*;
    use crate::assessment::sounds::tests::{assessment, coach};
    use crate::assessment::turns::Judges;
    use colloquy_agents::engine::{AssessRequest, Assessor};

    /// Answers with that, if there is anything to answer.
    struct Scripted(Option<Result<Assessment, EngineError>>);

    impl Assessor for Scripted {
        fn name(&self) -> &'static str {
            "scripted"
        }
        fn assesses(&self, language: Language) -> bool {
            language != Language::Japanese
        }
        fn assess(&self, _: AssessRequest) -> BoxFuture<'static, Result<Assessment, EngineError>> {
            let answer = self.0.clone();
            async move {
                match answer {
                    Some(answer) => answer,
                    None => std::future::pending().await,
                }
            }
            .boxed()
        }
    }

    fn analyst(answer: Option<Result<Assessment, EngineError>>) -> Analyst {
        let judges = Judges {
            assessor: Some(Arc::new(Scripted(answer))),
            check: None,
            identify: None,
            coach: coach(),
            base: None,
        };
        Analyst::new(Assessments::start(judges, Arc::default()).unwrap())
    }

    /// A buzz that passes for a vowel, at 16 kHz.
    fn voice(seconds: usize) -> Sound {
        let samples = crate::audio::decode(include_bytes!("../../tests/data/sound/answer.webm")).unwrap();
        let samples = samples.at(HEARD_RATE).unwrap().samples;
        Sound {
            samples: samples
                .into_iter()
                .cycle()
                .take(seconds * HEARD_RATE as usize)
                .collect(),
            rate: HEARD_RATE,
        }
    }

    fn broken() -> EngineError {
        EngineError::Unavailable {
            engine: "scripted",
            reason: "away".to_owned(),
        }
    }

    #[tokio::test]
    async fn silence_and_endless_sound_are_not_measured() {
        let analyst = analyst(Some(Ok(assessment(Vec::new()))));
        let judge = async |seconds: usize| {
            let sound = Sound {
                samples: vec![0; seconds * 8_000],
                rate: 8_000,
            };
            analyst.judge(sound, "Bonjour", Language::French).await
        };
        assert_eq!(judge(2).await, Err(AnalysisError::NoSpeech));
        assert_eq!(judge(121).await, Err(AnalysisError::TooLong));
    }

    #[tokio::test]
    async fn what_fails_is_told_apart_from_what_cant_be_judged() {
        let judge = async |answer, language| analyst(answer).judge(voice(3), "Bonjour", language).await;
        let good = assessment(Vec::new());
        let told = judge(Some(Ok(good.clone())), Language::French).await.unwrap();
        assert_eq!(told, Judged::Assessed(Box::new(good)));
        assert_eq!(
            judge(Some(Err(broken())), Language::French).await,
            Err(AnalysisError::Failed)
        );
        // In a language that it doesn't know it isn't even asked.
        let japanese = judge(Some(Err(broken())), Language::Japanese).await.unwrap();
        assert!(matches!(&japanese, Judged::Delivered(_)), "{japanese:?}");
        assert!(japanese.intonation().pattern.is_some() && japanese.fluency().duration.as_secs() >= 1);
        assert_eq!(japanese.overall(), None);
        let missing = EngineError::Unsupported {
            engine: "scripted",
            reason: "espeak-ng is not installed".to_owned(),
        };
        let told = judge(Some(Err(missing)), Language::French).await.unwrap();
        assert!(matches!(told, Judged::Delivered(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_assessor_that_never_answers_fails() {
        let told = analyst(None).judge(voice(3), "Bonjour", Language::French).await;
        assert_eq!(told, Err(AnalysisError::Failed));
    }

    #[test]
    fn overall_is_mostly_the_sounds_and_never_without_them() {
        let mut of = assessment(Vec::new());
        let overall = |of: &Assessment| Judged::Assessed(Box::new(of.clone())).overall();
        // (3 x 72 + 80 + 70) / 5
        assert_eq!(overall(&of), Some(73));
        of.intonation.score = None;
        assert_eq!(overall(&of), Some(74));
        of.pronunciation.score = None;
        assert_eq!(overall(&of), None);
    }
}

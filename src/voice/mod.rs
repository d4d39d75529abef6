//! Recordings of people who read a text aloud, judged: `POST /v1/voice/analyze`.
//!
//! Everything is measured once, by the assessor ([`colloquy_agents::assessment::speech`]), so that scores and words agree. What
//! there is to say about it stands in [`crate::assessment::advice`].

use std::sync::Arc;
use std::time::Duration;

pub use colloquy_agents::assessment::speech::LONGEST;
use colloquy_agents::assessment::speech::deliver;
use colloquy_agents::engine::{EngineError, HEARD_RATE};
use colloquy_agents::language::Language;
use colloquy_media::HEARD_FRAME;
use colloquy_media::vad::{SpeechDetector, VoiceKind};
use tokio::time::{Instant, timeout_at};

use crate::assessment::judged::Judged;
use crate::assessment::slots::Slot;
use crate::assessment::turns::Assessments;
use crate::audio::Sound;

/// Frames with a voice that are more than a click or a cough: 160 ms.
const LEAST: usize = 8;
/// How long a recording may take to be judged, waiting for its turn included.
const PATIENCE: Duration = Duration::from_secs(20);
/// The loudest sample of what is too quiet to be told from silence: 34 dB below the limit.
const QUIET: u16 = 650;
/// What it is raised to before it is listened to once more.
const RAISED: u16 = 8_000;

/// Has recordings judged, as many at a time as there is room for.
#[derive(Clone, Debug)]
pub struct Analyst {
    assessments: Assessments,
}

/// Why nothing is known of a recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnalysisError {
    /// Nobody speaks.
    #[error("No speech was found in the audio")]
    NoSpeech,
    /// Somebody speaks, perhaps, but far too quietly.
    #[error("The audio is too quiet to hear speech in it: come closer to the microphone")]
    TooQuiet,
    /// Longer than what is judged.
    #[error("The audio is longer than {} seconds", LONGEST.as_secs())]
    TooLong,
    /// At a rate of no speech.
    #[error("The audio can't be measured: {0}")]
    Unreadable(String),
    /// Too many others wait to be assessed.
    #[error("{0}")]
    Busy(String),
    /// The assessor failed, or took too long.
    #[error("The recording could not be assessed")]
    Failed,
}

impl Analyst {
    /// Who asks those that assess.
    pub fn new(assessments: Assessments) -> Self {
        Self { assessments }
    }

    /// Has it judged how `text` is read in `sound`.
    ///
    /// # Errors
    /// When there is no speech, or too much of it, or the assessor fails.
    pub async fn judge(&self, sound: Sound, text: &str, language: Language) -> Result<Judged, AnalysisError> {
        if sound.duration() > LONGEST {
            return Err(AnalysisError::TooLong);
        }
        let until = Instant::now() + PATIENCE;
        let slot = self.assessments.recording().await;
        let slot = slot.map_err(|busy| AnalysisError::Busy(busy.to_string()))?;
        let (assessments, text) = (self.assessments.clone(), text.to_owned());
        // The slot is held while something is computed, even if whoever asked is gone by then or has waited too long.
        let work = async move { judge_on(&slot, &assessments, sound, &text, language).await };
        match timeout_at(until, self.assessments.spawn(work)).await {
            Ok(judged) => judged.unwrap_or(Err(AnalysisError::Failed)),
            Err(_) => {
                tracing::warn!("a recording took too long to be assessed");
                Err(AnalysisError::Failed)
            }
        }
    }
}

async fn judge_on(
    slot: &Slot,
    assessments: &Assessments,
    sound: Sound,
    text: &str,
    language: Language,
) -> Result<Judged, AnalysisError> {
    let pcm = blocking(move || heard(sound)).await??;
    let mut judged = judged_as(slot, assessments, pcm, text, language).await?;
    if !has_marks(text) {
        judged.forget_melody();
    }
    Ok(judged)
}

/// Whether a text has marks that tell where its sentences end, and how. A word, or words out of a sentence, have none.
pub fn has_marks(text: &str) -> bool {
    text.contains(['.', '!', '?', '…', '。', '！', '？', ',', ';', ':', '、', '，'])
}

async fn judged_as(
    slot: &Slot,
    assessments: &Assessments,
    pcm: Arc<[i16]>,
    text: &str,
    language: Language,
) -> Result<Judged, AnalysisError> {
    match assessments.read_aloud(slot, text, language, Arc::clone(&pcm)).await {
        Ok(Some(assessment)) => Ok(Judged::Assessed(Box::new(assessment))),
        Ok(None) => delivered(pcm, text, language).await,
        // It never will: what it would need isn't there.
        Err(error @ EngineError::Unsupported { .. }) => {
            tracing::warn!(%error, "a recording is not held against its text");
            delivered(pcm, text, language).await
        }
        Err(error) => {
            tracing::warn!(%error, "a recording is not assessed");
            Err(AnalysisError::Failed)
        }
    }
}

/// What the sound alone tells.
async fn delivered(pcm: Arc<[i16]>, text: &str, language: Language) -> Result<Judged, AnalysisError> {
    let text = text.to_owned();
    let delivery = blocking(move || deliver(&pcm, &text, language)).await?;
    Ok(Judged::Delivered(Box::new(delivery)))
}

/// Computes on a thread where that is allowed.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AnalysisError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| {
        tracing::error!(%error, "a recording is not measured");
        AnalysisError::Failed
    })
}

/// A recording as it is judged.
fn heard(sound: Sound) -> Result<Arc<[i16]>, AnalysisError> {
    let sound = sound.at(HEARD_RATE);
    let sound = sound.map_err(|error| AnalysisError::Unreadable(error.to_string()))?;
    if is_spoken(&sound.samples, 1) {
        return Ok(sound.samples.into());
    }
    let loudest = sound.samples.iter().map(|sample| sample.unsigned_abs()).max();
    let raise = match loudest {
        Some(loudest @ 1..QUIET) => RAISED / loudest,
        _ => 1,
    };
    match raise > 1 && is_spoken(&sound.samples, raise) {
        true => Err(AnalysisError::TooQuiet),
        false => Err(AnalysisError::NoSpeech),
    }
}

/// Whether there is a voice in mono samples at 16 kHz, so many times as loud: enough of what is voiced, and not all of it a mere tone.
fn is_spoken(samples: &[i16], times: u16) -> bool {
    let times = i16::try_from(times).unwrap_or(i16::MAX);
    let mut detector = SpeechDetector::new(VoiceKind::default().build());
    let mut frame = [0; HEARD_FRAME];
    let voiced = samples.chunks_exact(HEARD_FRAME).filter(|chunk| {
        for (raised, sample) in frame.iter_mut().zip(chunk.iter()) {
            *raised = sample.saturating_mul(times);
        }
        detector.handle_frame(&frame).voiced && !is_tone(chunk)
    });
    voiced.take(LEAST).count() == LEAST
}

/// Whether a frame is one sine, whatever constant is added to it: two samples tell the next, x(n) = 2 cos(w) x(n - 1) - x(n - 2), but for
/// what rounding took off. Of a vowel, no such sum tells a share many times as large. Of what is faint, rounding leaves too little to tell.
fn is_tone(frame: &[i16]) -> bool {
    const UNTOLD: f64 = 1e-5;
    /// The mean square of what a sample is off by, rounded whichever way.
    const ROUNDING: f64 = 1.0 / 3.0;
    /// The mean square of a sine with an amplitude of 140.
    const FAINT: f64 = 9_800.0;
    let terms = || {
        frame
            .windows(3)
            .map(|window| (f64::from(window[1]), f64::from(window[0]) + f64::from(window[2])))
    };
    let count = terms().count() as f64;
    let sum = terms().fold((0.0, 0.0), |sum, term| (sum.0 + term.0, sum.1 + term.1));
    let terms = || terms().map(|(middle, ends)| (middle - sum.0 / count, ends - sum.1 / count));
    let (product, power) = terms().fold((0.0, 0.0), |(product, power), (middle, ends)| {
        (product + middle * ends, power + middle * middle)
    });
    if count == 0.0 || power < FAINT * count {
        return false;
    }
    let doubled_cosine = product / power;
    let untold: f64 = terms()
        .map(|(middle, ends)| (ends - doubled_cosine * middle).powi(2))
        .sum();
    let rounded = ROUNDING * (2.0 + doubled_cosine * doubled_cosine) * count;
    untold < UNTOLD * power + rounded
}

#[cfg(test)]
pub(crate) mod tests {
    use futures::FutureExt;
    use futures::future::BoxFuture;

    use super::*;
    use crate::assessment::sounds::tests::{assessment, coach};
    use crate::assessment::turns::Judges;
    use colloquy_agents::assessment::speech::Assessment;
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
            read_ahead: None,
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
    async fn what_is_far_too_quiet_is_told_as_such() {
        let analyst = analyst(Some(Ok(assessment(Vec::new()))));
        let mut faint = voice(3);
        let loudest = faint.samples.iter().map(|sample| sample.unsigned_abs()).max();
        let times = 0.005 * f64::from(i16::MAX) / f64::from(loudest.unwrap());
        for sample in &mut faint.samples {
            *sample = (f64::from(*sample) * times) as i16;
        }
        let judged = analyst.judge(faint, "Bonjour.", Language::French).await;
        assert_eq!(judged, Err(AnalysisError::TooQuiet));
    }

    #[tokio::test]
    async fn a_text_without_any_mark_has_no_melody() {
        let analyst = analyst(Some(Ok(assessment(Vec::new()))));
        for (text, score, overall) in [
            ("Je voudrais un café.", Some(70), 78),
            ("le volume des autres", None, 79),
        ] {
            let judged = analyst.judge(voice(3), text, Language::French).await.unwrap();
            let intonation = judged.intonation();
            assert_eq!((intonation.score, judged.overall()), (score, Some(overall)), "{text}");
            assert_eq!(intonation.accuracy.is_some(), score.is_some(), "{text}");
            assert!(intonation.pattern.is_some(), "{text}");
        }
    }

    #[tokio::test]
    async fn a_tone_is_no_voice() {
        let analyst = analyst(Some(Ok(assessment(Vec::new()))));
        let tones = [110.0, 220.0, 440.0, 1_000.0]
            .map(|hertz| [(hertz, 8_000.0, 0.0), (hertz, 200.0, 0.0), (hertz, 8_000.0, 300.0)]);
        for (hertz, amplitude, offset) in tones.into_iter().flatten() {
            let sine = |n: usize| (n as f64 * hertz * std::f64::consts::TAU / 16_000.0).sin();
            let sample = |n: usize| (amplitude * sine(n) + offset) as i16;
            let sound = Sound {
                samples: (0..32_000).map(sample).collect(),
                rate: HEARD_RATE,
            };
            let judged = analyst.judge(sound, "Bonjour", Language::French).await;
            assert_eq!(
                judged,
                Err(AnalysisError::NoSpeech),
                "{hertz} Hz, {amplitude} at {offset}"
            );
            let tone: Vec<i16> = (0..16_000).map(sample).collect();
            assert!(
                tone.chunks_exact(HEARD_FRAME).all(is_tone),
                "{hertz} Hz, {amplitude} at {offset}"
            );
        }
        assert!(voice(1).samples.chunks_exact(HEARD_FRAME).all(|frame| !is_tone(frame)));
    }

    #[tokio::test]
    async fn what_fails_is_told_apart_from_what_cant_be_judged() {
        let judge = async |answer, language| analyst(answer).judge(voice(3), "Bonjour.", language).await;
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
}

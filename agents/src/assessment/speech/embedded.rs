//! The embedded assessor: no key, no network, nothing leaves the machine.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::assessment::{Assessment, Delivery};
use super::contour::Contour;
use super::distinction::narrowed;
use super::fluency;
use super::intonation;
use super::measured::{Measured, Utterance};
use super::signal::Signal;
use super::words::{Certainty, assessed_words, pronunciation};
use crate::acoustic::{NAME, Pronouncer, SpokenWord};
use crate::engine::{AssessRequest, Assessor, EngineError, HEARD_RATE};
use crate::language::Language;

/// Assesses on threads of the blocking pool. How many at a time is up to whoever asks.
#[derive(Clone, Debug)]
pub struct EmbeddedAssessor {
    pronouncer: Arc<Pronouncer>,
}

impl EmbeddedAssessor {
    /// With the pronunciations that `pronouncer` finds.
    pub fn new(pronouncer: Arc<Pronouncer>) -> Self {
        Self { pronouncer }
    }
}

impl Assessor for EmbeddedAssessor {
    fn name(&self) -> &'static str {
        NAME
    }

    fn assesses(&self, language: Language) -> bool {
        self.pronouncer.speaks(language)
    }

    fn assess(&self, request: AssessRequest) -> BoxFuture<'static, Result<Assessment, EngineError>> {
        let pronouncer = Arc::clone(&self.pronouncer);
        async move {
            let work = tokio::task::spawn_blocking(move || {
                assess(&pronouncer, &request.pcm, &request.reference, request.language)
            });
            work.await.unwrap_or_else(|_| Err(broken()))
        }
        .boxed()
    }
}

fn broken() -> EngineError {
    EngineError::Failed {
        engine: NAME,
        reason: "the assessment broke off".to_owned(),
    }
}

/// Assesses how `text` is said in `pcm` (mono, 16 kHz; what exceeds [`LONGEST`] is not heard). Blocks while it computes, and for
/// espeak-ng when the text is new to `pronouncer`.
///
/// [`LONGEST`]: super::LONGEST
///
/// # Errors
/// When the pronunciation can't be found: a language without rules, no espeak-ng.
pub fn assess(pronouncer: &Pronouncer, pcm: &[i16], text: &str, language: Language) -> Result<Assessment, EngineError> {
    let words = pronouncer.pronounce(language, &[text])?;
    let words = words.first().map(|words| narrowed(words, language)).unwrap_or_default();
    let utterance = Utterance::of(pcm);
    let measured = utterance.measure(&words, language);
    Ok(assess_measured(
        &utterance,
        measured.as_ref(),
        &words,
        pcm,
        text,
        language,
    ))
}

fn assess_measured(
    utterance: &Utterance,
    measured: Option<&Measured>,
    words: &[SpokenWord],
    pcm: &[i16],
    text: &str,
    language: Language,
) -> Assessment {
    let signal = Signal::of(pcm);
    let whole = measured.filter(|measured| measured.is_said(signal.lost_fit(), language));
    // Who stops in the middle has left words out, and said no other text.
    let beginning = match whole {
        Some(_) => None,
        None => utterance.measure_beginning(words, signal.lost_fit(), language),
    };
    let Some(said) = whole.or(beginning.as_ref()) else {
        return delivered(utterance, &signal, pcm, text, language).into();
    };
    let mut fluency = fluency::of_reading(&said.reading, words, language);
    let seconds = (fluency.duration - fluency.paused).as_secs_f32();
    let (confidence, doubts) = signal.confidence(seconds, language);
    let certainty = Certainty::of(confidence, &doubts, signal.is_clean());
    let mut intonation = intonation::judge(&Contour::of(pcm), &said.reading, words, text, language);
    if said.words.len() < words.len() {
        // The end of the sentence wasn't said.
        (intonation.score, intonation.accuracy) = (None, None);
        (intonation.pattern, intonation.movement) = (None, None);
    }
    if certainty == Certainty::None {
        fluency.score = None;
        (intonation.score, intonation.accuracy) = (None, None);
    }
    let words = assessed_words(utterance, said, words, language, certainty);
    Assessment {
        confidence,
        doubts,
        is_text: true,
        pronunciation: pronunciation(&words, certainty),
        fluency,
        intonation,
        words,
    }
}

/// What the sound alone tells of how `text` is said in `pcm` (mono, 16 kHz; what exceeds [`LONGEST`] is not heard), in whichever
/// language. Blocks while it computes.
///
/// [`LONGEST`]: super::LONGEST
pub fn deliver(pcm: &[i16], text: &str, language: Language) -> Delivery {
    delivered(&Utterance::of(pcm), &Signal::of(pcm), pcm, text, language)
}

fn delivered(utterance: &Utterance, signal: &Signal, pcm: &[i16], text: &str, language: Language) -> Delivery {
    let fluency = fluency::of_sound(&utterance.free);
    let (confidence, doubts) = signal.confidence(fluency.duration.as_secs_f32(), language);
    let spoken = fluency::spoken(&utterance.free);
    Delivery {
        confidence,
        doubts,
        fluency,
        intonation: intonation::of_sound(&Contour::of(pcm), spoken, text, language),
    }
}

const _: () = assert!(HEARD_RATE == 16_000, "the front end hears 16 kHz");

#[cfg(test)]
mod tests {
    use super::super::assessment::{Doubt, Pronunciation};
    use super::*;

    fn request(language: Language, text: &str, pcm: Vec<i16>) -> AssessRequest {
        AssessRequest {
            language,
            reference: text.into(),
            pcm: pcm.into(),
        }
    }

    fn assessor() -> EmbeddedAssessor {
        let pronouncer = Pronouncer::with_program("no-such-program-here");
        pronouncer.learn(
            Language::English,
            "yes please",
            [
                SpokenWord::from_ipa("yes", "j_ˈɛ_s"),
                SpokenWord::from_ipa("please", "p_l_ˈiː_z"),
            ]
            .into(),
        );
        EmbeddedAssessor::new(Arc::new(pronouncer))
    }

    #[tokio::test]
    async fn silence_is_not_the_text_and_has_no_scores() {
        let assessment = assessor()
            .assess(request(Language::English, "yes please", vec![0; 16_000]))
            .await
            .unwrap();
        assert!(!assessment.is_text);
        assert_eq!(assessment.pronunciation, Pronunciation::default());
        assert_eq!((assessment.fluency.score, assessment.intonation.score), (None, None));
        assert_eq!(assessment.words, []);
    }

    #[tokio::test]
    async fn a_sound_too_short_for_the_text_is_not_the_text() {
        for samples in [0, 1, 400, 3200] {
            let assessment = assessor()
                .assess(request(Language::English, "yes please", vec![100; samples]))
                .await
                .unwrap();
            assert!(!assessment.is_text, "{samples}");
        }
    }

    #[test]
    fn what_is_told_without_the_words_has_no_scores() {
        let pcm: Vec<i16> = (0..16_000)
            .map(|n| ((n % 107) as f32 * 100.0 - 5_000.0) as i16)
            .collect();
        let told = deliver(&pcm, "はい、そうです。", Language::Japanese);
        assert_eq!((told.fluency.score, told.fluency.pace), (None, None));
        assert_eq!((told.intonation.score, told.intonation.accuracy), (None, None));
        assert!(told.doubts.contains(&Doubt::Language), "{:?}", told.doubts);
        assert!(!Assessment::from(told).is_text);
        let nothing = deliver(&[], "はい", Language::Japanese);
        assert_eq!((nothing.confidence, nothing.intonation.pattern), (0.0, None));
    }

    #[tokio::test]
    async fn languages_without_rules_are_not_assessed() {
        let assessor = assessor();
        for language in [Language::Chinese, Language::Japanese] {
            assert!(!assessor.assesses(language));
            let refused = assessor.assess(request(language, "你好", vec![0; 1600])).await;
            assert!(matches!(refused, Err(EngineError::Unsupported { .. })), "{refused:?}");
        }
        assert!(assessor.assesses(Language::German));
        let silent = EmbeddedAssessor::new(Arc::new(Pronouncer::new().installed(false)));
        assert!(
            !silent.assesses(Language::German),
            "without espeak-ng nobody knows how words are said"
        );
    }
}

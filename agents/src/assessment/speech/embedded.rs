//! The embedded assessor: no key, no network, nothing leaves the machine.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::Semaphore;

use super::assessment::{AssessedPhoneme, AssessedWord, Assessment, Doubt, Pronunciation, WordVerdict};
use super::calibration::{SOUND, TEXT, WORD};
use super::fluency;
use super::goodness::SoundGoodness;
use super::intonation::{self, Melody};
use super::measured::{Measured, Utterance};
use super::signal::{LEAST, SURE, Signal};
use crate::acoustic::fillers::filled_pauses;
use crate::acoustic::listening::FRAME_RATE;
use crate::acoustic::phone::Phone;
use crate::acoustic::{NAME, Pronouncer, SpokenWord, ipa};
use crate::engine::{AssessRequest, Assessor, EngineError, HEARD_RATE};
use crate::language::Language;

/// Words that score less are mispronounced.
const MISPRONOUNCED: u8 = 60;
/// The same where the sound allows less certainty: only what is wrong beyond doubt.
const SURELY_MISPRONOUNCED: u8 = 30;
/// What is heard instead of a sound is told when the sound scores less than this.
const OTHER_SOUND: u8 = 40;

/// Assesses on threads of the blocking pool, a few at a time; clones share the turns.
#[derive(Clone, Debug)]
pub struct EmbeddedAssessor {
    pronouncer: Arc<Pronouncer>,
    turns: Arc<Semaphore>,
}

impl EmbeddedAssessor {
    /// With one turn a core, and the pronunciations that `pronouncer` finds.
    pub fn new(pronouncer: Arc<Pronouncer>) -> Self {
        let turns = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            pronouncer,
            turns: Arc::new(Semaphore::new(turns)),
        }
    }
}

impl Assessor for EmbeddedAssessor {
    fn name(&self) -> &'static str {
        NAME
    }

    fn assesses(&self, language: Language) -> bool {
        Pronouncer::speaks(language)
    }

    fn assess(&self, request: AssessRequest) -> BoxFuture<'static, Result<Assessment, EngineError>> {
        let (pronouncer, turns) = (Arc::clone(&self.pronouncer), Arc::clone(&self.turns));
        async move {
            let turn = turns.acquire_owned().await.map_err(|_| broken())?;
            let work = tokio::task::spawn_blocking(move || {
                // Kept while it computes, even if whoever asked is gone: turns bound the threads in use.
                let _turn = turn;
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

/// Assesses how `text` is said in `pcm` (mono, 16 kHz; what exceeds a minute is not heard). Blocks while it computes, and for
/// espeak-ng when the text is new to `pronouncer`.
///
/// # Errors
/// When the pronunciation can't be found: a language without rules, no espeak-ng.
pub fn assess(pronouncer: &Pronouncer, pcm: &[i16], text: &str, language: Language) -> Result<Assessment, EngineError> {
    let words = pronouncer.pronounce(language, &[text])?;
    let words = words.first().map(|words| &words[..]).unwrap_or_default();
    let utterance = Utterance::of(pcm);
    let measured = utterance.measure(words);
    Ok(assess_measured(
        &utterance,
        measured.as_ref(),
        words,
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
    let said = measured.filter(|measured| is_said(measured, &signal));
    let Some(said) = said else {
        let phones: Vec<Phone> = utterance.free.iter().map(|frame| frame.phone).collect();
        let fluency = fluency::of_sound(&utterance.free, filled_pauses(&phones));
        let (confidence, doubts) = signal.confidence(fluency.duration.as_secs_f32(), language);
        return Assessment {
            confidence,
            doubts,
            is_text: false,
            pronunciation: Pronunciation::default(),
            fluency,
            intonation: intonation::unknown(text, language),
            words: Vec::new(),
        };
    };
    let mut fluency = fluency::of_reading(&said.reading, words, language);
    let seconds = (fluency.duration - fluency.paused).as_secs_f32();
    let (confidence, doubts) = signal.confidence(seconds, language);
    let certainty = Certainty::of(confidence, &doubts);
    let mut intonation = intonation::judge(&Melody::of(pcm), &said.reading, words, text, language);
    if certainty == Certainty::None {
        fluency.score = None;
        (intonation.score, intonation.accuracy) = (None, None);
    }
    let words = assessed_words(said, words, language, certainty);
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

/// Whether it is the text, well or badly said.
fn is_said(measured: &Measured, signal: &Signal) -> bool {
    measured
        .fit()
        .is_some_and(|fit| TEXT.at(fit + signal.lost_fit()) >= 0.5)
}

/// What a confidence allows to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Certainty {
    /// No score.
    None,
    /// Scores of words and of the whole; only words that are wrong beyond doubt are told.
    Words,
    /// Everything.
    Sounds,
}

impl Certainty {
    fn of(confidence: f32, doubts: &[Doubt]) -> Self {
        match confidence {
            confidence if confidence < LEAST => Self::None,
            // Without the upper band, "s", "f" and "th" are one.
            confidence if confidence < SURE || doubts.contains(&Doubt::NarrowBand) => Self::Words,
            _ => Self::Sounds,
        }
    }
}

fn assessed_words(
    said: &Measured,
    words: &[SpokenWord],
    language: Language,
    certainty: Certainty,
) -> Vec<AssessedWord> {
    let mut assessed: Vec<AssessedWord> = Vec::with_capacity(words.len());
    let inserted = |before: usize| {
        let here = said.insertions.iter().filter(move |(next, _)| *next == before);
        here.map(|(_, frames)| AssessedWord {
            text: String::new(),
            start: at(frames.start),
            end: at(frames.end),
            score: None,
            verdict: WordVerdict::Insertion,
            phonemes: Vec::new(),
        })
    };
    let mut end = 0;
    for (index, (word, goodness)) in words.iter().zip(&said.words).enumerate() {
        assessed.extend(inserted(index));
        // A word that its neighbours swallow has no time of its own.
        let frames = said.reading.word(index).unwrap_or(end..end);
        end = frames.end;
        let is_omitted = said.is_omitted(index);
        let score = goodness
            .quality(word, language)
            .filter(|_| !is_omitted && certainty != Certainty::None)
            .map(|quality| WORD.score(quality));
        let limit = if certainty == Certainty::Sounds {
            MISPRONOUNCED
        } else {
            SURELY_MISPRONOUNCED
        };
        let verdict = match score {
            _ if is_omitted => WordVerdict::Omission,
            Some(score) if score < limit => WordVerdict::Mispronunciation,
            _ => WordVerdict::None,
        };
        let sounds = word.sounds.iter().zip(&goodness.sounds);
        assessed.push(AssessedWord {
            text: word.text.clone(),
            start: at(frames.start),
            end: at(frames.end),
            score,
            verdict,
            phonemes: sounds
                .filter(|_| !is_omitted)
                .map(|(sound, goodness)| phoneme(&sound.ipa, goodness, language, certainty))
                .collect(),
        });
    }
    assessed.extend(inserted(words.len()));
    assessed
}

fn phoneme(ipa: &str, goodness: &SoundGoodness, language: Language, certainty: Certainty) -> AssessedPhoneme {
    let score = (certainty == Certainty::Sounds).then(|| SOUND.score(goodness.quality(ipa, language)));
    let is_other = score.is_some_and(|score| score < OTHER_SOUND) && goodness.margin < 0.0;
    AssessedPhoneme {
        ipa: ipa.to_owned(),
        start: at(goodness.frames.start),
        end: at(goodness.frames.end),
        score,
        heard: is_other.then(|| ipa::of(goodness.rival).to_owned()),
    }
}

/// Each word counts as its sounds do.
fn pronunciation(words: &[AssessedWord], certainty: Certainty) -> Pronunciation {
    if certainty == Certainty::None {
        return Pronunciation::default();
    }
    let scored = words.iter().filter_map(|word| Some((word.score?, word.phonemes.len())));
    let (sum, sounds) = scored.fold((0, 0), |(sum, sounds), (score, count)| {
        (sum + usize::from(score) * count, sounds + count)
    });
    let of_text = words
        .iter()
        .filter(|word| word.verdict != WordVerdict::Insertion)
        .count();
    let omitted = words
        .iter()
        .filter(|word| word.verdict == WordVerdict::Omission)
        .count();
    Pronunciation {
        score: (sounds > 0).then(|| ((sum + sounds / 2) / sounds) as u8),
        completeness: (of_text > 0).then(|| ((of_text - omitted) * 100 / of_text) as u8),
    }
}

fn at(frame: usize) -> std::time::Duration {
    std::time::Duration::from_millis((frame * 1000 / FRAME_RATE) as u64)
}

const _: () = assert!(HEARD_RATE == 16_000, "the front end hears 16 kHz");

#[cfg(test)]
mod tests {
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

    #[tokio::test]
    async fn languages_without_rules_are_not_assessed() {
        let assessor = assessor();
        for language in [Language::Chinese, Language::Japanese] {
            assert!(!assessor.assesses(language));
            let refused = assessor.assess(request(language, "你好", vec![0; 1600])).await;
            assert!(matches!(refused, Err(EngineError::Unsupported { .. })), "{refused:?}");
        }
        assert!(assessor.assesses(Language::German));
    }

    #[test]
    fn the_less_sure_the_less_is_told() {
        assert_eq!(Certainty::of(0.9, &[]), Certainty::Sounds);
        assert_eq!(Certainty::of(0.9, &[Doubt::NarrowBand]), Certainty::Words);
        assert_eq!(Certainty::of(0.5, &[Doubt::Noisy]), Certainty::Words);
        assert_eq!(Certainty::of(0.2, &[Doubt::Noisy]), Certainty::None);
        let goodness = SoundGoodness {
            frames: 0..8,
            fit: -6.0,
            margin: -50.0,
            rival: Phone::named("Z").unwrap(),
        };
        let told = |certainty| phoneme("s", &goodness, Language::English, certainty);
        assert_eq!(told(Certainty::Sounds).heard.as_deref(), Some("z"));
        assert!(told(Certainty::Sounds).score.is_some_and(|score| score < OTHER_SOUND));
        assert_eq!(
            (told(Certainty::Words).score, told(Certainty::Words).heard),
            (None, None)
        );
    }
}

//! How something was said, as it is told: pace, melody, and the words one by one. The same of a recording that was read aloud and of a
//! turn of a conversation.

use colloquy_agents::assessment::speech::{Assessment, WordVerdict};
use serde::Serialize;

use super::advice::{self, Advice};
use super::sounds::spelled;

/// How fluently it was said.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Flow {
    /// 0 to 100; null where it was not measured.
    pub score: Option<u8>,
    /// `slow`, `appropriate`, `fast` or `unknown`.
    pub pace: &'static str,
    /// Syllables a second, pauses and fillers left out; null where too few are known.
    pub articulation_rate: Option<f64>,
    /// Silences of 250 ms and more.
    pub pauses: u32,
    /// "um" and the like.
    pub filler_words: u32,
    /// In the learner's own language.
    pub feedback: String,
}

/// Its melody.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Melody {
    /// 0 to 100; null where it was not measured, and where nobody knows how the sentence should end.
    pub score: Option<u8>,
    /// `questioning`, `declarative`, `level` or `unclear`.
    pub pattern: &'static str,
    /// How near the end comes to what the sentence needs, 0 to 100.
    pub accuracy: Option<u8>,
    /// In the learner's own language.
    pub feedback: String,
}

/// A word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Word {
    /// As it stands in the text; empty of what was said beside it.
    pub word: String,
    /// 0 to 100; null of what was left out or added, and where none of its sounds can be judged.
    pub score: Option<u8>,
    /// `none`, `mispronunciation`, `omission` or `insertion`.
    pub verdict: &'static str,
}

impl Flow {
    /// As it is told with some advice.
    pub fn of(advice: &Advice) -> Self {
        let fluency = advice.judged.fluency();
        // A tenth of a syllable: more is not known.
        let rate = |rate: f32| (f64::from(rate) * 10.0).round() / 10.0;
        Self {
            score: fluency.score,
            pace: advice::pace(fluency.pace),
            articulation_rate: fluency.articulation_rate.map(rate),
            pauses: fluency.pauses,
            filler_words: fluency.filler_words,
            feedback: advice.fluency(),
        }
    }
}

impl Melody {
    /// As it is told with some advice, beside its [`Flow`]: why neither has a score is told there.
    pub fn beside_flow(advice: &Advice) -> Self {
        Self {
            feedback: advice.intonation_beside_fluency(),
            ..Self::of(advice)
        }
    }

    /// As it is told with some advice.
    pub fn of(advice: &Advice) -> Self {
        let intonation = advice.judged.intonation();
        let is_known = advice.is_sentence_known();
        Self {
            score: intonation.score.filter(|_| is_known),
            pattern: advice::pattern(intonation.pattern),
            accuracy: intonation.accuracy.filter(|_| is_known),
            feedback: advice.intonation(),
        }
    }
}

/// The words of a text that was said, in order, and those that were said beside it where they were said.
pub fn words(text: &str, assessment: &Assessment) -> Vec<Word> {
    let told = assessment.words.iter().map(|word| Word {
        word: spelled(text, &word.text).unwrap_or_default().to_owned(),
        score: word.score,
        verdict: match word.verdict {
            WordVerdict::None => "none",
            WordVerdict::Mispronunciation => "mispronunciation",
            WordVerdict::Omission => "omission",
            WordVerdict::Insertion => "insertion",
        },
    });
    told.collect()
}

//! What is told about how something was said. A score is null when the sound doesn't allow it: none is invented.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How a text was said. Scores are whole numbers from 0 to 100.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// How far the sound can be judged at all, 0 to 1. The lower, the fewer scores there are.
    pub confidence: f32,
    /// What lowers the confidence, the worst first.
    pub doubts: Vec<Doubt>,
    /// Whether it is the text that was said, well or badly. If not, there are no scores of pronunciation and intonation.
    pub is_text: bool,
    /// Sounds and words.
    pub pronunciation: Pronunciation,
    /// Rate and pauses.
    pub fluency: Fluency,
    /// Melody.
    pub intonation: Intonation,
    /// The words of the text in order, and those that were said beside it where they were said. Empty if it isn't the text.
    pub words: Vec<AssessedWord>,
}

/// How something was said, as far as that is told by the sound alone: nobody knows how its text is pronounced, or it isn't the text.
/// There are no scores and no rates.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// How far the sound can be judged at all, 0 to 1.
    pub confidence: f32,
    /// What lowers the confidence, the worst first.
    pub doubts: Vec<Doubt>,
    /// Pauses, and fillers that stand alone.
    pub fluency: Fluency,
    /// The melody of the last half second.
    pub intonation: Intonation,
}

impl From<Delivery> for Assessment {
    /// Of what isn't the text.
    fn from(delivery: Delivery) -> Self {
        Self {
            confidence: delivery.confidence,
            doubts: delivery.doubts,
            is_text: false,
            pronunciation: Pronunciation::default(),
            fluency: delivery.fluency,
            intonation: delivery.intonation,
            words: Vec::new(),
        }
    }
}

/// Why a sound can't be judged with certainty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// Little or nothing was said: a single short word proves little.
    Short,
    /// There is noise behind the voice.
    Noisy,
    /// It is too loud for the microphone.
    Clipped,
    /// The upper half of the spectrum is missing, as over a telephone.
    NarrowBand,
    /// The method was measured on recordings of few people in the language, or of none.
    Language,
}

/// How well the sounds were made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pronunciation {
    /// Of all that was said of the text.
    pub score: Option<u8>,
    /// The share of the words of the text that were said, in percent.
    pub completeness: Option<u8>,
}

/// How smoothly it was said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fluency {
    /// All of it in one.
    pub score: Option<u8>,
    /// How fast, compared with people whose own language it is.
    pub pace: Option<Tempo>,
    /// Syllables a second, pauses left out.
    pub articulation_rate: Option<f32>,
    /// Syllables a second, pauses included.
    pub speech_rate: Option<f32>,
    /// Silences of 250 ms and more between the first word and the last.
    pub pauses: u32,
    /// Those of them that stand within a clause; null if it isn't the text that was said.
    pub pauses_in_clauses: Option<u32>,
    /// The longest of those within a clause; zero if there is none, or if it isn't the text.
    #[serde(rename = "longest_pause_ms", with = "milliseconds", default)]
    pub longest_pause: Duration,
    /// How long the pauses took together.
    #[serde(rename = "paused_ms", with = "milliseconds")]
    pub paused: Duration,
    /// "um" and the like.
    pub filler_words: u32,
    /// From the first word to the last.
    #[serde(rename = "duration_ms", with = "milliseconds")]
    pub duration: Duration,
}

/// How fast somebody speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tempo {
    /// Less than half as fast as natives read.
    Slow,
    /// In between.
    Appropriate,
    /// A fifth faster than natives read, or more.
    Fast,
}

/// The melody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intonation {
    /// The end and the liveliness of the whole in one.
    pub score: Option<u8>,
    /// How near the end comes to what the sentence needs.
    pub accuracy: Option<u8>,
    /// How the pitch moved at the end; null when too little of it has a pitch.
    pub pattern: Option<Pattern>,
    /// How it should move in a sentence of this kind.
    pub expected: Pattern,
    /// Whether it may rise all the same.
    pub may_rise: bool,
    /// How far the pitch moved at the end, in semitones; upwards is positive.
    pub movement: Option<f32>,
    /// The spread of the pitch of the whole, as a standard deviation in semitones.
    pub range: Option<f32>,
}

/// How the pitch moves at the end of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pattern {
    /// Upwards, as a question that asks for yes or no.
    Rising,
    /// Downwards, as a statement or a question with a question word.
    Falling,
    /// Neither, as if there were more to come.
    Level,
}

/// One word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssessedWord {
    /// As written; empty for what was said beside the text.
    pub text: String,
    /// Its first moment, from the start of the sound.
    #[serde(rename = "start_ms", with = "milliseconds")]
    pub start: Duration,
    /// Its last moment.
    #[serde(rename = "end_ms", with = "milliseconds")]
    pub end: Duration,
    /// How well it was said; null for what was left out or added.
    pub score: Option<u8>,
    /// What is wrong with it.
    pub verdict: WordVerdict,
    /// Its sounds, in order; of what was said beside the text, those that were heard, without scores.
    pub phonemes: Vec<AssessedPhoneme>,
}

/// What is wrong with a word: the error types that assessments of pronunciation commonly tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum WordVerdict {
    /// Nothing that was noticed.
    #[default]
    None,
    /// It was left out.
    Omission,
    /// It isn't in the text.
    Insertion,
    /// It was said badly, or another word in its place.
    Mispronunciation,
}

/// One sound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssessedPhoneme {
    /// Which it should be, in IPA.
    pub ipa: String,
    /// Its first moment, from the start of the sound.
    #[serde(rename = "start_ms", with = "milliseconds")]
    pub start: Duration,
    /// Its last moment.
    #[serde(rename = "end_ms", with = "milliseconds")]
    pub end: Duration,
    /// How well it was said; null when the recording doesn't allow to tell sounds apart, or when it [`Self::is_untold`].
    pub score: Option<u8>,
    /// Whether it has no score because nothing here tells it from the sounds that learners usually put in its place.
    #[serde(default)]
    pub is_untold: bool,
    /// What it sounded like instead, in IPA, when that is clear.
    pub heard: Option<String>,
    /// The sounds that it is most like, the likeliest first and the one that it should be among them; empty when the sound
    /// doesn't allow to tell sounds apart.
    #[serde(default)]
    pub candidates: Vec<Candidate>,
}

/// A sound that something is like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// In IPA.
    pub ipa: String,
    /// How good it would be, had it been meant.
    pub score: u8,
}

mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

//! A recording assessed, in the shape that many programs read already: the detailed result of Azure's pronunciation assessment.
//!
//! Offsets and durations are in ticks of 100 ns. Where there is no score, there is null.

use std::time::Duration;

use colloquy_agents::assessment::speech::{AssessedPhoneme, AssessedWord, Assessment, WordVerdict};
use serde::Serialize;
use utoipa::ToSchema;

/// A recording, assessed against its text.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = AzureAssessment)]
pub struct Recognised {
    /// `Success`; `NoMatch` if what was said is not the text.
    recognition_status: &'static str,
    /// When the first word begins.
    offset: u64,
    /// From there to the end of the last.
    duration: u64,
    display_text: String,
    /// One.
    #[serde(rename = "NBest")]
    #[schema(rename = "NBest")]
    best: Vec<Best>,
}

/// The text as it was said.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = AzureBest)]
struct Best {
    /// How far the sound can be judged at all, 0 to 1.
    confidence: f32,
    lexical: String,
    display: String,
    pronunciation_assessment: Whole,
    words: Vec<Word>,
}

/// Scores of the whole.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = AzureWhole)]
struct Whole {
    #[schema(required, maximum = 100)]
    accuracy_score: Option<u8>,
    #[schema(required, maximum = 100)]
    fluency_score: Option<u8>,
    #[schema(required, maximum = 100)]
    prosody_score: Option<u8>,
    #[schema(required, maximum = 100)]
    completeness_score: Option<u8>,
    #[schema(required, maximum = 100)]
    pron_score: Option<u8>,
}

/// A word.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = AzureWord)]
struct Word {
    word: String,
    offset: u64,
    duration: u64,
    pronunciation_assessment: OfWord,
    phonemes: Vec<Phoneme>,
}

/// Of a word.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = AzureOfWord)]
struct OfWord {
    #[schema(required, maximum = 100)]
    accuracy_score: Option<u8>,
    /// `None`, `Omission`, `Insertion` or `Mispronunciation`.
    error_type: &'static str,
}

/// A sound.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = AzurePhoneme)]
struct Phoneme {
    /// In IPA.
    phoneme: String,
    offset: u64,
    duration: u64,
    pronunciation_assessment: OfPhoneme,
}

/// Of a sound.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = AzureOfPhoneme)]
struct OfPhoneme {
    #[schema(required, maximum = 100)]
    accuracy_score: Option<u8>,
    /// What it sounded like, in IPA, where that is another sound.
    #[serde(rename = "NBestPhonemes", skip_serializing_if = "Vec::is_empty")]
    #[schema(rename = "NBestPhonemes", required = false)]
    heard: Vec<Heard>,
}

/// What a sound was like.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = AzureHeard)]
struct Heard {
    phoneme: String,
}

impl Recognised {
    /// How `text` was read; without an assessment nothing is known but the text. `overall` is the score of all of it.
    pub fn of(text: &str, assessment: Option<&Assessment>, overall: Option<u8>) -> Self {
        let words = assessment
            .map(|assessment| assessment.words.as_slice())
            .unwrap_or_default();
        let said = || {
            words
                .iter()
                .filter(|word| matches!(word.verdict, WordVerdict::None | WordVerdict::Mispronunciation))
        };
        let start = said().map(|word| word.start).min().unwrap_or_default();
        let end = said().map(|word| word.end).max().unwrap_or_default();
        let pronunciation = assessment
            .map(|assessment| assessment.pronunciation)
            .unwrap_or_default();
        let best = Best {
            confidence: assessment.map_or(0.0, |assessment| assessment.confidence),
            lexical: text.to_lowercase(),
            display: text.to_owned(),
            pronunciation_assessment: Whole {
                accuracy_score: pronunciation.score,
                fluency_score: assessment.and_then(|assessment| assessment.fluency.score),
                prosody_score: assessment.and_then(|assessment| assessment.intonation.score),
                completeness_score: pronunciation.completeness,
                pron_score: overall,
            },
            words: words.iter().map(Word::of).collect(),
        };
        Self {
            recognition_status: match assessment {
                Some(assessment) if !assessment.is_text => "NoMatch",
                _ => "Success",
            },
            offset: ticks(start),
            duration: ticks(end.saturating_sub(start)),
            display_text: text.to_owned(),
            best: vec![best],
        }
    }
}

impl Word {
    fn of(word: &AssessedWord) -> Self {
        Self {
            word: word
                .text
                .trim_matches(|sign: char| !sign.is_alphanumeric())
                .to_lowercase(),
            offset: ticks(word.start),
            duration: ticks(word.end.saturating_sub(word.start)),
            pronunciation_assessment: OfWord {
                accuracy_score: word.score,
                error_type: match word.verdict {
                    WordVerdict::None => "None",
                    WordVerdict::Omission => "Omission",
                    WordVerdict::Insertion => "Insertion",
                    WordVerdict::Mispronunciation => "Mispronunciation",
                },
            },
            phonemes: word.phonemes.iter().map(Phoneme::of).collect(),
        }
    }
}

impl Phoneme {
    fn of(phoneme: &AssessedPhoneme) -> Self {
        let heard = phoneme.heard.iter().map(|heard| Heard { phoneme: heard.clone() });
        Self {
            phoneme: phoneme.ipa.clone(),
            offset: ticks(phoneme.start),
            duration: ticks(phoneme.end.saturating_sub(phoneme.start)),
            pronunciation_assessment: OfPhoneme {
                accuracy_score: phoneme.score,
                heard: heard.collect(),
            },
        }
    }
}

fn ticks(time: Duration) -> u64 {
    u64::try_from(time.as_nanos() / 100).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::assessment::sounds::tests::{assessment, word};

    #[test]
    fn a_recording_is_told_in_ticks_and_pascal_case() {
        let mut said = assessment(vec![word("Rue,", 41, WordVerdict::Mispronunciation, &[("y", 12)])]);
        said.words[0].phonemes[0].heard = Some("u".to_owned());
        let told = serde_json::to_value(Recognised::of("Rue, s'il vous plaît", Some(&said), Some(72))).unwrap();
        assert_eq!(
            (&told["RecognitionStatus"], &told["Offset"]),
            (&json!("Success"), &json!(1_000_000))
        );
        let best = &told["NBest"][0];
        let scores = json!({
            "AccuracyScore": 72, "FluencyScore": 80, "ProsodyScore": 70, "CompletenessScore": 100, "PronScore": 72,
        });
        assert_eq!(best["PronunciationAssessment"], scores);
        let word = &best["Words"][0];
        assert_eq!((&word["Word"], &word["Duration"]), (&json!("rue"), &json!(3_000_000)));
        let of_word = json!({"AccuracyScore": 41, "ErrorType": "Mispronunciation"});
        assert_eq!(word["PronunciationAssessment"], of_word);
        let of_phoneme = json!({"AccuracyScore": 12, "NBestPhonemes": [{"Phoneme": "u"}]});
        assert_eq!(word["Phonemes"][0]["PronunciationAssessment"], of_phoneme);
        let unknown = serde_json::to_value(Recognised::of("通り", None, None)).unwrap();
        assert_eq!(unknown["NBest"][0]["PronunciationAssessment"]["PronScore"], json!(null));
    }
}

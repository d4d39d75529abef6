//! A recording assessed, in the shape that many programs read already: the detailed result of Azure's pronunciation assessment.
//!
//! Offsets and durations are in ticks of 100 ns. Where there is no score, there is null. The text was given, so that it is what was
//! recognised, too: words that were left out are told as such.

use std::time::Duration;

use colloquy_agents::assessment::speech::{AssessedPhoneme, AssessedWord, Assessment, WordVerdict};
use serde::Serialize;
use utoipa::ToSchema;

/// A recording, assessed against its text.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = AzureAssessment)]
pub struct Recognised {
    recognition_status: Status,
    /// When the first word begins.
    offset: u64,
    /// From there to the end of the last.
    duration: u64,
    /// The text; only of a success.
    #[serde(skip_serializing_if = "Option::is_none")]
    display_text: Option<String>,
    /// One; only of a success.
    #[serde(rename = "NBest", skip_serializing_if = "Option::is_none")]
    #[schema(rename = "NBest")]
    best: Option<[Best; 1]>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AzureStatus)]
enum Status {
    /// It is the text, well or badly said.
    Success,
    /// Something else was said.
    NoMatch,
    /// Nothing was said.
    InitialSilenceTimeout,
    /// The assessment failed; it may be tried again.
    Error,
}

/// The text as it was said.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = AzureBest)]
struct Best {
    /// How far the sound can be judged at all, 0 to 1.
    confidence: f32,
    /// The words alone, in lower case.
    lexical: String,
    /// The same: numbers and abbreviations are as the text has them.
    #[serde(rename = "ITN")]
    #[schema(rename = "ITN")]
    itn: String,
    /// The same: nothing is masked.
    #[serde(rename = "MaskedITN")]
    #[schema(rename = "MaskedITN")]
    masked_itn: String,
    /// As the text is written.
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
    /// In lower case; empty of an insertion, of which the sounds are known and not the spelling.
    word: String,
    offset: u64,
    duration: u64,
    pronunciation_assessment: OfWord,
    /// Of an insertion those that were heard, without scores.
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
    /// What it sounded like, the likeliest first; where sounds could be told apart.
    #[serde(rename = "NBestPhonemes", skip_serializing_if = "Vec::is_empty")]
    #[schema(rename = "NBestPhonemes", required = false)]
    likeliest: Vec<Spoken>,
}

/// What a sound was like.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = AzureSpoken)]
struct Spoken {
    /// In IPA.
    phoneme: String,
    /// How good it would be, had it been meant.
    #[schema(maximum = 100)]
    score: u8,
}

impl Recognised {
    /// How `text` was read. `overall` is the score of all of it.
    pub fn of(text: &str, assessment: &Assessment, overall: Option<u8>) -> Self {
        if !assessment.is_text {
            return Self::without_words(Status::NoMatch, assessment.fluency.duration);
        }
        let is_said = |word: &&AssessedWord| matches!(word.verdict, WordVerdict::None | WordVerdict::Mispronunciation);
        let said = || assessment.words.iter().filter(is_said);
        let start = said().map(|word| word.start).min().unwrap_or_default();
        let end = said().map(|word| word.end).max().unwrap_or_default();
        let pronunciation = assessment.pronunciation;
        let lexical = lexical(text);
        let best = Best {
            confidence: assessment.confidence,
            itn: lexical.clone(),
            masked_itn: lexical.clone(),
            lexical,
            display: text.to_owned(),
            pronunciation_assessment: Whole {
                accuracy_score: pronunciation.score,
                fluency_score: assessment.fluency.score,
                prosody_score: assessment.intonation.score,
                completeness_score: pronunciation.completeness,
                pron_score: overall,
            },
            words: assessment.words.iter().map(Word::of).collect(),
        };
        Self {
            recognition_status: Status::Success,
            offset: ticks(start),
            duration: ticks(end.saturating_sub(start)),
            display_text: Some(text.to_owned()),
            best: Some([best]),
        }
    }

    /// A recording in which nobody speaks.
    pub fn silence() -> Self {
        Self::without_words(Status::InitialSilenceTimeout, Duration::ZERO)
    }

    /// A recording that could not be assessed.
    pub fn error() -> Self {
        Self::without_words(Status::Error, Duration::ZERO)
    }

    fn without_words(status: Status, duration: Duration) -> Self {
        Self {
            recognition_status: status,
            offset: 0,
            duration: ticks(duration),
            display_text: None,
            best: None,
        }
    }
}

/// The words of a text, in lower case and without what is around them.
fn lexical(text: &str) -> String {
    let words = text.split_whitespace().map(bare);
    let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

fn bare(word: &str) -> String {
    word.trim_matches(|sign: char| !sign.is_alphanumeric()).to_lowercase()
}

impl Word {
    fn of(word: &AssessedWord) -> Self {
        Self {
            word: bare(&word.text),
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
        let likeliest = phoneme.candidates.iter().map(|candidate| Spoken {
            phoneme: candidate.ipa.clone(),
            score: candidate.score,
        });
        Self {
            phoneme: phoneme.ipa.clone(),
            offset: ticks(phoneme.start),
            duration: ticks(phoneme.end.saturating_sub(phoneme.start)),
            pronunciation_assessment: OfPhoneme {
                accuracy_score: phoneme.score,
                likeliest: likeliest.collect(),
            },
        }
    }
}

fn ticks(time: Duration) -> u64 {
    u64::try_from(time.as_nanos() / 100).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use colloquy_agents::assessment::speech::Candidate;
    use serde_json::{Value, json};

    use super::*;
    use crate::assessment::sounds::tests::{assessment, word};

    fn told(recognised: Recognised) -> Value {
        serde_json::to_value(recognised).unwrap()
    }

    #[test]
    fn a_recording_is_told_in_ticks_and_pascal_case() {
        let mut said = assessment(vec![
            word("Rue,", 41, WordVerdict::Mispronunciation, &[("y", 12)]),
            word("", 0, WordVerdict::Insertion, &[("s", 0)]),
        ]);
        let sounds = [("u", 80), ("y", 12)];
        said.words[0].phonemes[0].candidates = sounds
            .map(|(ipa, score)| Candidate {
                ipa: ipa.to_owned(),
                score,
            })
            .to_vec();
        (said.words[1].score, said.words[1].phonemes[0].score) = (None, None);
        let told = told(Recognised::of("Rue, s'il vous plaît – L’AMI…", &said, Some(72)));
        assert_eq!(
            (&told["RecognitionStatus"], &told["Offset"]),
            (&json!("Success"), &json!(1_000_000))
        );
        let best = &told["NBest"][0];
        for key in ["Lexical", "ITN", "MaskedITN"] {
            assert_eq!(best[key], "rue s'il vous plaît l’ami", "{key}");
        }
        assert_eq!(best["Display"], "Rue, s'il vous plaît – L’AMI…");
        assert_eq!(told["DisplayText"], best["Display"]);
        let scores = json!({
            "AccuracyScore": 72, "FluencyScore": 80, "ProsodyScore": 70, "CompletenessScore": 100, "PronScore": 72,
        });
        assert_eq!(best["PronunciationAssessment"], scores);
        let word = &best["Words"][0];
        assert_eq!((&word["Word"], &word["Duration"]), (&json!("rue"), &json!(3_000_000)));
        let of_word = json!({"AccuracyScore": 41, "ErrorType": "Mispronunciation"});
        assert_eq!(word["PronunciationAssessment"], of_word);
        let of_phoneme = json!({
            "AccuracyScore": 12,
            "NBestPhonemes": [{"Phoneme": "u", "Score": 80}, {"Phoneme": "y", "Score": 12}],
        });
        assert_eq!(word["Phonemes"][0]["PronunciationAssessment"], of_phoneme);
        let inserted = &best["Words"][1];
        assert_eq!(inserted["Word"], "");
        assert_eq!(
            inserted["PronunciationAssessment"],
            json!({"AccuracyScore": null, "ErrorType": "Insertion"})
        );
        assert_eq!(inserted["Phonemes"][0]["Phoneme"], "s");
        assert_eq!(
            inserted["Phonemes"][0]["PronunciationAssessment"],
            json!({"AccuracyScore": null})
        );
    }

    #[test]
    fn what_is_no_success_has_a_status_and_no_words() {
        let mut other = assessment(Vec::new());
        other.is_text = false;
        for (recognised, status, duration) in [
            (Recognised::of("Rue", &other, None), "NoMatch", 20_000_000),
            (Recognised::silence(), "InitialSilenceTimeout", 0),
            (Recognised::error(), "Error", 0),
        ] {
            let expected = json!({"RecognitionStatus": status, "Offset": 0, "Duration": duration});
            assert_eq!(told(recognised), expected);
        }
    }
}

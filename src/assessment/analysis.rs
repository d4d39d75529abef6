//! What is told about a turn of the learner's, as document 000 shows it in `user_message.analysis`.

use colloquy_agents::assessment::language::{Kind, Remarks};
use colloquy_agents::assessment::speech::Assessment;
use colloquy_agents::language::Language;
use colloquy_agents::scenario::Level;
use serde::Serialize;
use serde_json::{Map, Value};

use super::advice::Advice;
use super::areas;
use super::delivery::{Flow, Melody, Word, words};
use super::judged::Judged;
use super::right_forms::RightForms;
use super::sounds::{Coach, Ear, GOOD};
use super::vocabulary::Vocabulary;

/// What is told about a turn. It is kept as JSON with the message; learning records are made from it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Analysis {
    /// 0 to 100; null where there is no evidence.
    pub grammar_score: Option<u8>,
    /// 0 to 100; null where there was no sound, or it doesn't allow it.
    pub pronunciation_score: Option<u8>,
    /// 0 to 100; left out where it was not measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fluency_score: Option<u8>,
    /// How demanding its words are.
    pub vocabulary_level: Level,
    /// The bands of the CEFR that its words are in; left out in a language that there is no list of words of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<Vocabulary>,
    /// Rate, pauses and fillers; left out of what was not heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fluency: Option<Flow>,
    /// The melody; left out likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intonation: Option<Melody>,
    /// The share of the words that were said, in percent; left out where it was not measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completeness: Option<u8>,
    /// How each word was said, and what was left out and added; left out where it was not measured.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
    /// What could be said better.
    pub errors: Vec<Mistake>,
    /// What to do about it, in words.
    pub improvements: Vec<String>,
    /// What went well, by area.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub strengths: Vec<Strength>,
    /// The learner's own language, if that is what they answered in: `english`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_in: Option<Language>,
}

/// Something that could be said better.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// `grammar`, `vocabulary` or `pronunciation`.
    pub r#type: &'static str,
    /// As it stands in the text.
    pub word: String,
    /// What to say in its place, or how to say it.
    pub suggestion: String,
    /// Of words: the right form, with those around it that a recast would say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// Where that, or the sound, can be heard: a path on this server.
    pub audio_example: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// The error type in ERRANT's taxonomy, or the sound in IPA.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What found it, of grammar and vocabulary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The area of the language that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<&'static str>,
}

/// Something that went well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Strength {
    /// `pronunciation`
    pub r#type: &'static str,
    /// The area of the language.
    pub area: &'static str,
}

/// Words of one turn that are said to be pronounced badly: nobody can work on more at once.
const MOST_WORDS: usize = 3;
/// Sentences of advice.
const MOST_IMPROVEMENTS: usize = 5;
/// How often an area has to be heard in a turn before it is called strong.
const LEAST_SOUNDS: usize = 2;

impl Analysis {
    /// Nothing is known yet but how demanding the words are.
    pub fn unknown(vocabulary_level: Level) -> Self {
        Self {
            grammar_score: None,
            pronunciation_score: None,
            fluency_score: None,
            vocabulary_level,
            vocabulary: None,
            fluency: None,
            intonation: None,
            completeness: None,
            words: Vec::new(),
            errors: Vec::new(),
            improvements: Vec::new(),
            strengths: Vec::new(),
            answered_in: None,
        }
    }

    /// Adds what is told about the text. Where there is a voice for it (`is_heard`), the right forms can be heard.
    pub fn add_remarks(&mut self, remarks: &Remarks, right: &RightForms, is_heard: bool) {
        self.grammar_score = remarks.grammar_score;
        self.vocabulary_level = remarks.vocabulary_level;
        self.vocabulary = remarks.evidence.vocabulary.as_ref().map(Vocabulary::from);
        for finding in &remarks.findings {
            let explanation = finding.explanation_native.as_ref().unwrap_or(&finding.explanation);
            let explanation = Some(explanation.clone()).filter(|text| !text.is_empty());
            if let Some(explanation) = &explanation {
                self.improve(explanation);
            }
            let example = right.of(finding).map(str::to_owned);
            let audio_example = example.as_ref().filter(|_| is_heard).and_then(|form| right.path(form));
            self.errors.push(Mistake {
                r#type: match finding.kind {
                    Kind::Grammar => "grammar",
                    Kind::Vocabulary => "vocabulary",
                },
                word: finding.word.clone(),
                suggestion: finding.suggestion.clone(),
                example,
                audio_example,
                explanation,
                code: Some(finding.code.as_str().to_owned()),
                rule: Some(finding.rule.clone()),
                area: areas::of_finding(finding),
            });
        }
    }

    /// Adds what is told about the sound. `is_written` tells whether the text is as somebody wrote it, with its marks.
    pub fn add_assessment(&mut self, assessment: &Assessment, text: &str, is_written: bool, ear: Ear, coach: &Coach) {
        self.fluency_score = assessment.fluency.score;
        let judged = Judged::Assessed(Box::new(assessment.clone()));
        let advice = Advice {
            judged: &judged,
            text,
            is_written,
            ear,
            coach,
        };
        self.fluency = Some(Flow::of(&advice));
        self.intonation = Some(Melody::beside_flow(&advice));
        if !assessment.is_text {
            return;
        }
        self.completeness = assessment.pronunciation.completeness;
        self.words = words(text, assessment);
        self.pronunciation_score = assessment.pronunciation.score;
        if assessment.pronunciation.score.is_none() {
            return;
        }
        for weak in coach.weak_words(ear, text, assessment).into_iter().take(MOST_WORDS) {
            self.improve(&coach.about(ear, weak.word, &weak.tip));
            self.errors.push(Mistake {
                r#type: "pronunciation",
                word: weak.word.to_owned(),
                suggestion: weak.tip.text,
                example: None,
                audio_example: weak.tip.audio_example,
                explanation: None,
                code: weak.ipa.map(str::to_owned),
                rule: None,
                area: weak.ipa.and_then(areas::of_sound),
            });
        }
        let weak: Vec<&'static str> = self.errors.iter().filter_map(|mistake| mistake.area).collect();
        let strong = strong_areas(assessment).into_iter().filter(|area| !weak.contains(area));
        self.strengths.extend(strong.map(|area| Strength {
            r#type: "pronunciation",
            area,
        }));
    }

    /// As it is kept and told.
    pub fn to_json(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(object)) => object,
            // It has string keys and plain values alone.
            _ => Map::new(),
        }
    }

    fn improve(&mut self, advice: &str) {
        if self.improvements.len() < MOST_IMPROVEMENTS && !self.improvements.iter().any(|other| other == advice) {
            self.improvements.push(advice.to_owned());
        }
    }
}

/// The areas whose sounds were made well throughout, in alphabetical order.
fn strong_areas(assessment: &Assessment) -> Vec<&'static str> {
    let mut areas: std::collections::BTreeMap<&'static str, (usize, bool)> = Default::default();
    for sound in assessment.words.iter().flat_map(|word| &word.phonemes) {
        let (Some(score), Some(area)) = (sound.score, areas::of_sound(&sound.ipa)) else {
            continue;
        };
        let (count, is_good) = areas.entry(area).or_insert((0, true));
        *count += 1;
        *is_good &= score >= GOOD;
    }
    let strong = areas
        .into_iter()
        .filter(|(_, (count, is_good))| *is_good && *count >= LEAST_SOUNDS);
    strong.map(|(area, _)| area).collect()
}

/// A path on this server where an example can be heard, as it is kept in JSON that nothing but [`Analysis`] writes.
const KEPT: &str = "\"audio_example\":\"/audio/";

/// An analysis as it is kept, with its examples where the outside reaches them.
///
/// Within a text of a learner's, a quotation mark stands behind a backslash, so that none of it is taken for a path.
pub fn located(analysis: &str, base: &str) -> Option<String> {
    analysis
        .contains(KEPT)
        .then(|| analysis.replace(KEPT, &format!("\"audio_example\":\"{}/audio/", escaped(base))))
}

/// The same of an analysis that was read.
pub fn locate(analysis: &mut Value, base: &str) {
    let errors = analysis.get_mut("errors").and_then(Value::as_array_mut);
    for error in errors.into_iter().flatten() {
        if let Some(Value::String(example)) = error.get_mut("audio_example")
            && example.starts_with("/audio/")
        {
            example.insert_str(0, base);
        }
    }
}

/// The inside of a JSON string.
fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use colloquy_agents::assessment::language::{Certainty, Code, Evidence, Finding, Source};
    use colloquy_agents::assessment::speech::WordVerdict;
    use serde_json::json;

    use super::super::sounds::tests::{EAR, assessment, coach, word};
    use super::*;
    use crate::ids::{ConversationId, MessageId};

    fn remarks() -> Remarks {
        Remarks {
            findings: vec![Finding {
                kind: Kind::Grammar,
                code: Code::parse("R:DET").unwrap(),
                span: 12..14,
                word: "un".to_owned(),
                suggestion: "une".to_owned(),
                explanation: "“table” is feminine".to_owned(),
                explanation_native: None,
                source: Source::Rules,
                rule: "french.article_feminine".to_owned(),
                certainty: Certainty::High,
            }],
            grammar_score: Some(67),
            vocabulary_level: Level::Beginner,
            evidence: Evidence::default(),
        }
    }

    #[test]
    fn a_turn_is_told_as_the_document_shows_it() {
        let text = "Je voudrais un table rue Monge";
        let said = assessment(vec![
            word("Je", 95, WordVerdict::None, &[("ʒ", 92), ("ə", 96)]),
            word("rue", 30, WordVerdict::Mispronunciation, &[("ʁ", 90), ("y", 12)]),
            word("Monge", 90, WordVerdict::None, &[("ʒ", 91)]),
        ]);
        let mut analysis = Analysis::unknown(Level::Beginner);
        let right = RightForms {
            slips: Vec::new(),
            message: Some((ConversationId::from_text("conv_1"), MessageId::from_text("msg_2"))),
        };
        analysis.add_remarks(&remarks(), &right, true);
        analysis.add_assessment(&said, text, true, EAR, &coach());
        let told = Value::Object(analysis.to_json());
        assert_eq!(
            (&told["grammar_score"], &told["pronunciation_score"]),
            (&json!(67), &json!(72))
        );
        assert_eq!(told["vocabulary_level"], "beginner");
        let errors = told["errors"].as_array().unwrap();
        let types: Vec<&Value> = errors.iter().map(|error| &error["type"]).collect();
        assert_eq!(types, ["grammar", "pronunciation"]);
        for error in errors {
            assert!(text.contains(error["word"].as_str().unwrap()), "{error}");
        }
        assert_eq!(errors[0]["area"], "gender_agreement");
        assert_eq!(errors[0]["example"], "une");
        assert_eq!(errors[0]["audio_example"], json!(right.path("une")));
        assert_eq!(errors[1]["area"], "rounded_front_vowels");
        assert!(errors[1].get("example").is_none());
        assert_eq!(errors[1]["audio_example"], "/audio/phonemes/fr-0079.mp3");
        assert_eq!(
            told["strengths"],
            json!([{"type": "pronunciation", "area": "sh_sound"}])
        );
        assert_eq!(told["improvements"].as_array().unwrap().len(), 2);
        let fluency = json!({
            "score": 80, "pace": "unknown", "articulation_rate": 5.0, "pauses": 0, "filler_words": 0,
            "feedback": told["fluency"]["feedback"],
        });
        assert_eq!(told["fluency"], fluency);
        let intonation =
            json!({"score": 70, "pattern": "declarative", "accuracy": 74, "feedback": told["intonation"]["feedback"]});
        assert_eq!(told["intonation"], intonation);
        assert_eq!(told["completeness"], 100);
        assert_eq!(
            told["words"][1],
            json!({"word": "rue", "score": 30, "verdict": "mispronunciation"})
        );
        assert!(told.get("answered_in").is_none());
    }

    #[test]
    fn without_a_voice_the_right_form_is_only_written() {
        let heard = Some((ConversationId::from_text("conv_1"), MessageId::from_text("msg_2")));
        for (message, is_heard) in [(heard, false), (None, true)] {
            let mut analysis = Analysis::unknown(Level::Beginner);
            let right = RightForms {
                slips: Vec::new(),
                message,
            };
            analysis.add_remarks(&remarks(), &right, is_heard);
            let error = &analysis.errors[0];
            assert_eq!((error.example.as_deref(), &error.audio_example), (Some("une"), &None));
        }
    }

    #[test]
    fn what_was_not_measured_is_null_and_names_no_errors() {
        let mut other = assessment(vec![word("rue", 3, WordVerdict::Mispronunciation, &[("y", 2)])]);
        other.is_text = false;
        let mut analysis = Analysis::unknown(Level::Beginner);
        analysis.add_assessment(&other, "La rue", true, EAR, &coach());
        other.is_text = true;
        other.pronunciation.score = None;
        analysis.add_assessment(&other, "La rue", true, EAR, &coach());
        let told = Value::Object(analysis.to_json());
        assert_eq!(told["pronunciation_score"], Value::Null);
        assert_eq!((&told["errors"], &told["improvements"]), (&json!([]), &json!([])));
    }

    #[test]
    fn examples_are_found_under_the_servers_own_url_and_nothing_else_is_touched() {
        let mut analysis = Analysis::unknown(Level::Beginner);
        analysis.errors.push(Mistake {
            r#type: "pronunciation",
            word: "\"audio_example\":\"/audio/x".to_owned(),
            suggestion: String::new(),
            example: None,
            audio_example: Some("/audio/phonemes/fr-0079.mp3".to_owned()),
            explanation: None,
            code: None,
            rule: None,
            area: None,
        });
        let kept = serde_json::to_string(&analysis).unwrap();
        let told: Value = serde_json::from_str(&located(&kept, "https://example.com").unwrap()).unwrap();
        let mut read: Value = serde_json::from_str(&kept).unwrap();
        locate(&mut read, "https://example.com");
        assert_eq!(told, read);
        let error = &told["errors"][0];
        assert_eq!(error["audio_example"], "https://example.com/audio/phonemes/fr-0079.mp3");
        assert_eq!(error["word"], "\"audio_example\":\"/audio/x");
        assert_eq!(located("{\"errors\":[]}", "https://example.com"), None);
    }
}

//! A LanguageTool server of the operator's: `POST /v2/check`.
//!
//! What it says about style and typography is left out, and of a transcript what is only seen in writing. Offsets are in UTF-16
//! units, as Java counts. Its many rules are mapped to ERRANT's types by their categories and names; where that says nothing, the
//! type is `OTHER`.

mod config;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;

pub use config::LanguageToolConfig;

use super::outage::Outage;
use super::remarks::{Certainty, Code, Finding, Kind, Request, Source};
use crate::chain::{ChainObserver, FailureClass, Service, Watch};
use crate::engine::EngineError;
use crate::http::{Connection, ConnectionError};
use crate::language::Language;
use crate::usage::{Meter, Unit};

/// The connection to a LanguageTool server.
#[derive(Debug)]
pub struct LanguageTool {
    connection: Connection,
    /// `check`, after the base has said its version.
    path: &'static str,
    watch: Watch,
    outage: Outage,
}

/// What it answers, as far as it is of interest.
#[derive(Debug, Deserialize)]
struct Answer {
    matches: Vec<Match>,
}

#[derive(Debug, Deserialize)]
struct Match {
    message: String,
    #[serde(default)]
    replacements: Vec<Replacement>,
    /// In UTF-16 units.
    offset: usize,
    length: usize,
    rule: RuleOf,
}

#[derive(Debug, Deserialize)]
struct Replacement {
    value: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuleOf {
    id: String,
    #[serde(default)]
    issue_type: String,
    category: Option<Category>,
}

#[derive(Debug, Deserialize)]
struct Category {
    #[serde(default)]
    id: String,
}

const NAME: &str = "languagetool";
/// In bytes.
const LONGEST_ANSWER: usize = 1 << 20;
/// In letters, of a message or a replacement.
const LONGEST_TEXT: usize = 300;

impl LanguageTool {
    /// Prepares the connections; none is made before the first text.
    ///
    /// # Errors
    /// When the machine has no TLS.
    pub fn new(config: &LanguageToolConfig) -> Result<Self, ConnectionError> {
        let has_version = config.base_url.path().trim_end_matches('/').ends_with("/v2");
        Ok(Self {
            connection: Connection::new(config)?,
            path: if has_version { "check" } else { "v2/check" },
            watch: Watch::new(Service::Review, NAME),
            outage: Outage::new(NAME),
        })
    }

    /// The same, of which is told how it does.
    pub fn observed(mut self, observer: Arc<dyn ChainObserver>) -> Self {
        self.watch.tell(observer);
        self
    }

    /// The same, whose use is told.
    pub fn metered(mut self, meter: Arc<dyn Meter>) -> Self {
        self.connection.set_meter(meter);
        self
    }

    /// What it finds in a text; `None` when it is away or takes longer than `patience`, which is logged once. After some texts
    /// in vain it is left alone for a while.
    pub async fn check(&self, request: &Request, patience: Duration) -> Option<Vec<Finding>> {
        let answer = self.watch.over(self.ask(request), FailureClass::of);
        self.outage.ask(patience, answer).await
    }

    async fn ask(&self, request: &Request) -> Result<Vec<Finding>, EngineError> {
        let characters = request.text.chars().count();
        self.connection
            .used(Service::Review, Unit::Characters, characters as f64);
        let post = self
            .connection
            .post(self.path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form(request));
        let body = self.connection.send(post).await?.whole(LONGEST_ANSWER).await?;
        // What serde says in full quotes the learner, and this goes to the log.
        let unreadable = |error: serde_json::Error| {
            let (place, kind) = (error.column(), error.classify());
            self.connection
                .failed(format!("its answer can't be read: {kind:?} at {place}"))
        };
        let answer: Answer = serde_json::from_slice(&body).map_err(unreadable)?;
        Ok(answer
            .matches
            .into_iter()
            .filter_map(|found| finding(found, request))
            .collect())
    }
}

/// The request's body.
fn form(request: &Request) -> String {
    let mut form = Url::parse("form:").expect("a scheme is a URL");
    form.query_pairs_mut()
        .append_pair("text", &request.text)
        .append_pair("language", tag(request.language))
        .append_pair("motherTongue", tag(request.native));
    form.query().unwrap_or_default().to_owned()
}

/// The language's code there: kinds of a language have a spelling, languages alone have none.
fn tag(language: Language) -> &'static str {
    match language {
        Language::English => "en-US",
        Language::German => "de-DE",
        Language::Portuguese => "pt-BR",
        Language::Chinese => "zh-CN",
        Language::Japanese => "ja-JP",
        Language::Spanish | Language::French | Language::Italian => language.tag(),
    }
}

fn finding(found: Match, request: &Request) -> Option<Finding> {
    let (code, kind) = classify(&found.rule)?;
    if code.is_of_writing() && !request.is_typed {
        return None;
    }
    let span = bytes(&request.text, found.offset, found.length)?;
    let word = request.text.get(span.clone())?.to_owned();
    if code == Code::spelling() && request.knows(&word) {
        return None;
    }
    let suggestion = found.replacements.into_iter().next()?.value;
    let fits = |text: &str| text.chars().count() <= LONGEST_TEXT && !text.chars().any(char::is_control);
    if suggestion == word || !fits(&suggestion) || !fits(&found.message) {
        return None;
    }
    Some(Finding {
        kind,
        code,
        span,
        word,
        suggestion,
        explanation: found.message,
        explanation_native: None,
        source: Source::LanguageTool,
        rule: format!("{NAME}.{}", found.rule.id),
        certainty: Certainty::Medium,
    })
}

/// Where something is in bytes that is told in UTF-16 units; `None` unless it is on whole letters and not empty.
fn bytes(text: &str, offset: usize, length: usize) -> Option<Range<usize>> {
    let end = offset.checked_add(length)?;
    let (mut units, mut start, mut stop) = (0, None, None);
    for (byte, letter) in text.char_indices().chain([(text.len(), '\0')]) {
        if units == offset {
            start = Some(byte);
        }
        if units == end {
            stop = Some(byte);
        }
        units += letter.len_utf16();
    }
    Some(start?..stop?).filter(|span| !span.is_empty())
}

/// The type of what a rule finds; `None` for what is no fault.
fn classify(rule: &RuleOf) -> Option<(Code, Kind)> {
    let category = rule.category.as_ref().map_or("", |category| category.id.as_str());
    if rule.id.contains("A_VS_AN") {
        // It is filed under misspellings.
        return Code::parse("R:DET").map(|code| (code, Kind::Grammar));
    }
    match (rule.issue_type.as_str(), category) {
        (_, "CASING") => return Code::parse("R:ORTH").map(|code| (code, Kind::Vocabulary)),
        (_, "PUNCTUATION") => return Code::parse("R:PUNCT").map(|code| (code, Kind::Grammar)),
        (_, "CONFUSED_WORDS" | "FALSE_FRIENDS" | "COLLOCATIONS" | "SEMANTICS") => {
            return Some((Code::other(), Kind::Vocabulary));
        }
        ("misspelling", _) | (_, "TYPOS" | "SPELLING") => return Some((Code::spelling(), Kind::Vocabulary)),
        (
            "whitespace" | "typographical" | "style" | "register" | "locale-violation" | "inconsistency" | "formatting",
            _,
        )
        | (_, "STYLE" | "TYPOGRAPHY" | "REDUNDANCY" | "PLAIN_ENGLISH" | "WIKIPEDIA" | "GENDER_NEUTRALITY" | "MISC") => {
            return None;
        }
        _ => {}
    }
    /// Parts of rules' names, and what they tell of.
    const PARTS: [(&[&str], &str); 9] = [
        (&["ELISION", "APOSTROPHE", "CONTRACTION"], "R:CONTR"),
        (
            &[
                "SUBJECT_VERB",
                "AGREEMENT_SENT",
                "VERB_AGREEMENT",
                "ACCORD_SUJET",
                "SUJET_VERBE",
            ],
            "R:VERB:SVA",
        ),
        (&["WORD_ORDER", "WORTSTELLUNG"], "R:WO"),
        (&["DET_", "_DET", "ARTICLE"], "R:DET"),
        (&["PREPOSITION", "_PREP"], "R:PREP"),
        (&["TENSE", "PAST"], "R:VERB:TENSE"),
        (
            &["VERB", "INFINITIV", "PARTICIP", "SUBJONCTIF", "SUBJUNCTIVE"],
            "R:VERB:FORM",
        ),
        (&["PLURAL", "NUMBER"], "R:NOUN:NUM"),
        (&["AGREEMENT", "ACCORD", "CONCORD", "KONGRUENZ"], "R:MORPH"),
    ];
    let named = PARTS
        .iter()
        .find(|(parts, _)| parts.iter().any(|part| rule.id.contains(part)));
    let code = named
        .and_then(|(_, code)| Code::parse(code))
        .unwrap_or_else(Code::other);
    Some((code, Kind::Grammar))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn offsets_are_counted_in_utf_16_units() {
        // An emoji is two units and four bytes, an accented letter one unit and two bytes.
        let text = "😀 été: je a";
        assert_eq!(bytes(text, 3, 3).map(|span| &text[span]), Some("été"));
        assert_eq!(bytes(text, 8, 4).map(|span| &text[span]), Some("je a"));
        for (offset, length) in [(1, 1), (0, 1), (0, 0), (8, 5), (99, 1), (usize::MAX, 1)] {
            assert_eq!(bytes(text, offset, length), None, "{offset} {length}");
        }
    }

    #[test]
    fn categories_and_names_tell_the_type() {
        let rule = |id: &str, issue: &str, category: &str| RuleOf {
            id: id.to_owned(),
            issue_type: issue.to_owned(),
            category: Some(Category {
                id: category.to_owned(),
            }),
        };
        for (id, issue, category, expected) in [
            (
                "MORFOLOGIK_RULE_EN_US",
                "misspelling",
                "TYPOS",
                Some(("R:SPELL", Kind::Vocabulary)),
            ),
            ("EN_A_VS_AN", "misspelling", "MISC", Some(("R:DET", Kind::Grammar))),
            (
                "UPPERCASE_SENTENCE_START",
                "typographical",
                "CASING",
                Some(("R:ORTH", Kind::Vocabulary)),
            ),
            (
                "DE_AGREEMENT",
                "uncategorized",
                "GRAMMAR",
                Some(("R:MORPH", Kind::Grammar)),
            ),
            (
                "HE_VERB_AGR",
                "grammar",
                "GRAMMAR",
                Some(("R:VERB:FORM", Kind::Grammar)),
            ),
            ("XYZ", "grammar", "GRAMMAR", Some(("R:OTHER", Kind::Grammar))),
            (
                "EN_FALSE",
                "grammar",
                "FALSE_FRIENDS",
                Some(("R:OTHER", Kind::Vocabulary)),
            ),
            ("WHITESPACE_RULE", "whitespace", "TYPOGRAPHY", None),
            ("TOO_LONG_SENTENCE", "style", "STYLE", None),
        ] {
            let found = classify(&rule(id, issue, category));
            let found = found.as_ref().map(|(code, kind)| (code.as_str(), *kind));
            assert_eq!(found, expected, "{id}");
        }
    }

    #[test]
    fn the_text_is_a_field_of_a_form_whatever_is_in_it() {
        let request = Request {
            text: "a&language=xx é".to_owned(),
            language: Language::French,
            native: Language::German,
            is_typed: true,
            known_words: Vec::new(),
            taught_words: 0,
        };
        assert_eq!(
            form(&request),
            "text=a%26language%3Dxx+%C3%A9&language=fr&motherTongue=de-DE"
        );
    }

    proptest! {
        #[test]
        fn any_offset_is_on_whole_letters_or_none(text: String, offset in 0usize..40, length in 0usize..40) {
            if let Some(span) = bytes(&text, offset, length) {
                prop_assert!(text.get(span).is_some());
            }
        }

        #[test]
        fn any_answer_is_read(text: String, id: String) {
            let quoted = serde_json::Value::String(text.clone());
            let id = serde_json::Value::String(id);
            for body in [
                text.clone(),
                format!(r#"{{"matches":{quoted}}}"#),
                format!(r#"{{"matches":[{{"message":{quoted},"offset":0,"length":1,"rule":{{"id":{id}}},"replacements":[{{"value":{quoted}}}]}}]}}"#),
            ] {
                let request = Request {
                    text: text.clone(),
                    language: Language::French,
                    native: Language::English,
                    is_typed: true,
                    known_words: Vec::new(),
                    taught_words: 0,
                };
                if let Ok(answer) = serde_json::from_str::<Answer>(&body) {
                    for found in answer.matches.into_iter().filter_map(|found| finding(found, &request)) {
                        prop_assert_eq!(request.text.get(found.span.clone()), Some(found.word.as_str()));
                    }
                }
            }
        }
    }
}

//! What the content's words mean in languages other than English, by what they mean in English: `content/glosses.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::check::Fault;
use super::gloss::bare;
use super::{ContentError, directory};
use crate::language::Language;

/// Where the file lies, from the content directory.
const FILE: (&str, &str) = ("glosses.toml", include_str!("../../../content/glosses.toml"));

/// A meaning in some languages, by what it is in English.
type Texts = BTreeMap<String, BTreeMap<Language, String>>;

/// All of them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Meanings {
    /// The scenarios that `words` are for.
    scenarios: BTreeSet<String>,
    /// What is said at any time.
    phrases: Texts,
    words: Texts,
}

impl Meanings {
    /// Those that the program is built with.
    pub fn built_in() -> Self {
        let meanings = Self::read(FILE.0, FILE.1);
        meanings.expect("the built-in content is checked by a test")
    }

    /// Those of a directory of content; none if it has no such file.
    pub fn load(dir: &Path) -> Result<Self, ContentError> {
        let path = dir.join(FILE.0);
        if !path.is_file() {
            return Ok(Self::default());
        }
        let (name, text) = directory::file(dir, path)?;
        Self::read(&name, &text)
    }

    fn read(name: &str, text: &str) -> Result<Self, ContentError> {
        let meanings: Self = toml::from_str(text).map_err(|error| ContentError::Syntax {
            file: name.to_owned(),
            reason: error.to_string(),
        })?;
        let all = meanings.phrases.iter().chain(&meanings.words);
        let is_wrong = |english: &str, texts: &BTreeMap<Language, String>| {
            english.is_empty()
                || bare(english) != english
                || texts.contains_key(&Language::English)
                || texts.is_empty()
                || texts.values().any(|text| text.trim().is_empty())
        };
        let faults: Vec<Fault> = all
            .filter(|(english, texts)| is_wrong(english, texts))
            .map(|(english, _)| {
                let reason = "must have texts in other languages than English, and no mark at its end";
                Fault::of_file(name, format!("{english:?} {reason}"))
            })
            .collect();
        match faults.is_empty() {
            true => Ok(meanings),
            false => Err(ContentError::Faults { faults }),
        }
    }

    /// What a word of a scenario means in a language, by its meaning in English.
    pub fn of_word(&self, scenario: &str, english: &str, language: Language) -> Option<&str> {
        let words = self.scenarios.contains(scenario).then_some(&self.words);
        let texts = words.and_then(|words| words.get(bare(english)));
        // What is said at any time may be taught as well.
        let texts = texts.or_else(|| self.phrases.get(bare(english)));
        texts.and_then(|texts| texts.get(&language)).map(String::as_str)
    }

    /// What a phrase of any time means in a language, by its meaning in English.
    pub fn of_phrase(&self, english: &str, language: Language) -> Option<&str> {
        let texts = self.phrases.get(bare(english))?;
        texts.get(&language).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_the_file_is_named() {
        let read =
            |words: &str| Meanings::read("glosses.toml", &format!("scenarios = []\n[phrases]\n[words]\n{words}"));
        assert!(read(r#""the bill" = { german = "die Rechnung" }"#).is_ok());
        for wrong in [
            r#""the bill!" = { german = "die Rechnung" }"#,
            r#""the bill" = { english = "the bill" }"#,
            r#""the bill" = { german = " " }"#,
            r#""the bill" = {}"#,
        ] {
            let error = read(wrong).expect_err(wrong).to_string();
            assert!(error.starts_with("glosses.toml: \"the bill"), "{error}");
        }
        assert!(matches!(read("x = 1"), Err(ContentError::Syntax { .. })));
    }

    #[test]
    fn words_are_only_known_in_their_scenarios_and_phrases_everywhere() {
        let meanings = Meanings::built_in();
        let of = |scenario, english| meanings.of_word(scenario, english, Language::German);
        assert_eq!(of("coffee_shop", "change"), Some("Wechselgeld"));
        assert_eq!(of("train_station", "change"), None);
        assert_eq!(of("train_station", "Thank you"), Some("Danke"));
        assert_eq!(meanings.of_phrase("change", Language::German), None);
    }
}

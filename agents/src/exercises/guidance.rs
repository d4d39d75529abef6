//! What exercises are called and what there is to look out for, in the learner's own language: `content/exercises/guidance.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Kind;
use crate::language::Language;

/// A text in each language.
type Texts = BTreeMap<Language, String>;

/// All titles and tips.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Guidance {
    titles: BTreeMap<Kind, Texts>,
    /// By name; that of a kind of sentences is what is said of them without a tip of their own.
    tips: BTreeMap<String, Texts>,
}

impl Guidance {
    /// The title of exercises of a kind, with its places.
    pub fn title(&self, kind: Kind, native: Language) -> &str {
        text_in(self.titles.get(&kind), native)
    }

    /// A tip by its name.
    pub fn tip(&self, name: &str, native: Language) -> &str {
        text_in(self.tips.get(name), native)
    }

    /// The tip for the sentences of a kind.
    pub fn tip_of(&self, kind: Kind, native: Language) -> &str {
        self.tip(name_of(kind), native)
    }

    /// Whether there is a tip of that name.
    pub fn has_tip(&self, name: &str) -> bool {
        self.tips.contains_key(name)
    }

    /// Everything that is wrong with it.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for kind in Kind::ALL {
            let places: &[&str] = match kind.is_of_words() {
                true => &["sounds", "words"],
                false => &["text"],
            };
            check(
                &format!("title {:?}", name_of(kind)),
                self.titles.get(&kind),
                places,
                &mut faults,
            );
            if !kind.is_of_words() && !self.has_tip(name_of(kind)) {
                faults.push(format!("tip {:?} is missing", name_of(kind)));
            }
        }
        for (name, texts) in &self.tips {
            let places: &[&str] = if name == name_of(Kind::Emphasis) {
                &["word"]
            } else {
                &[]
            };
            check(&format!("tip {name:?}"), Some(texts), places, &mut faults);
        }
        faults
    }
}

/// Each place of a text filled.
pub(super) fn fill(text: &str, filling: &[(&str, &str)]) -> String {
    let mut filled = text.to_owned();
    for (place, value) in filling {
        filled = filled.replace(&format!("{{{place}}}"), value);
    }
    filled
}

/// A text is there in each language, with each of its places once and no other.
fn check(name: &str, texts: Option<&Texts>, places: &[&str], faults: &mut Vec<String>) {
    for language in Language::ALL {
        let Some(text) = texts.and_then(|texts| texts.get(&language)) else {
            faults.push(format!("{name} has no text in {language}"));
            continue;
        };
        let rest = fill(text, &places.iter().map(|place| (*place, "")).collect::<Vec<_>>());
        let has_each_once = places
            .iter()
            .all(|place| text.matches(&format!("{{{place}}}")).count() == 1);
        if text.trim().is_empty() || !has_each_once || rest.contains(['{', '}']) {
            faults.push(format!(
                "{name} in {language} must have {places:?} as places, each once: {text:?}"
            ));
        }
    }
}

fn text_in(texts: Option<&Texts>, native: Language) -> &str {
    texts.and_then(|texts| texts.get(&native)).map_or("", String::as_str)
}

fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Sounds => "sounds",
        Kind::Pairs => "pairs",
        Kind::Statements => "statements",
        Kind::Questions => "questions",
        Kind::OpenQuestions => "open_questions",
        Kind::Choices => "choices",
        Kind::Lists => "lists",
        Kind::Requests => "requests",
        Kind::Emphasis => "emphasis",
        Kind::Phrasing => "phrasing",
    }
}

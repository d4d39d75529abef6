//! What is suggested in place of what is wrong, and why: texts with places for the words that a pattern took.
//!
//! `{1}` is what the first element took, `{1:f}` its counterpart in the table `forms.f`, `{1/ez/er}` the same with another end;
//! `{1/ez/}` is without it. Of an optional element that took nothing, nothing is left. Explanations also have `{word}`, what is
//! wrong, and `{suggestion}`.

use std::collections::BTreeMap;

use super::pattern::{Classes, Match, Pattern};
use super::token::Token;

/// Tables of words and their counterparts, by name.
pub(super) type Forms = BTreeMap<String, BTreeMap<String, String>>;

/// A text with places.
#[derive(Clone, Debug)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Taken(usize, Change),
    Word,
    Suggestion,
}

#[derive(Clone, Debug)]
enum Change {
    None,
    Form(String),
    End(String, String),
}

/// What the places are filled from.
pub(super) struct Filling<'a> {
    pub found: &'a Match,
    pub tokens: &'a [Token],
    pub forms: &'a Forms,
    pub word: &'a str,
    pub suggestion: &'a str,
}

impl Template {
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, place)) = rest.split_once('{') {
            let (inner, after) = place
                .split_once('}')
                .ok_or_else(|| format!("{text:?} has a place without an end"))?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(Part::parse(inner).ok_or_else(|| format!("{text:?} has an unknown place {{{inner}}}"))?);
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// What is wrong with it as a template of this pattern: each place has a word in every case.
    pub fn check(&self, pattern: &Pattern, classes: &Classes, forms: &Forms) -> Result<(), String> {
        for part in &self.0 {
            let Part::Taken(index, change) = part else {
                continue;
            };
            let set = pattern
                .set(*index)
                .ok_or_else(|| format!("{{{}}} is more than the pattern takes", index + 1))?;
            let words = set.words(classes);
            match (change, words) {
                (Change::None, _) => {}
                (Change::Form(name), words) => {
                    let table = forms
                        .get(name)
                        .ok_or_else(|| format!("there is no table forms.{name}"))?;
                    let words = words.ok_or_else(|| format!("{{{}:{name}}} may be any word", index + 1))?;
                    if let Some(word) = words.iter().find(|word| !table.contains_key(*word)) {
                        return Err(format!("forms.{name} lacks {word:?}"));
                    }
                }
                (Change::End(end, _), Some(words)) => {
                    if let Some(word) = words.iter().find(|word| !word.ends_with(end.as_str())) {
                        return Err(format!("{word:?} doesn't end in {end:?}"));
                    }
                }
                (Change::End(..), None) => {}
            }
        }
        Ok(())
    }

    /// The tables that its places name.
    pub fn forms(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Taken(_, Change::Form(name)) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The text with its places filled; nothing if a word has no counterpart. Spaces after an elision are dropped.
    pub fn fill(&self, filling: &Filling<'_>) -> Option<String> {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Word => text.push_str(filling.word),
                Part::Suggestion => text.push_str(filling.suggestion),
                Part::Taken(index, change) => {
                    if let Some(at) = filling.found.taken.get(*index).copied().flatten() {
                        text.push_str(&change.of(&filling.tokens[at], filling.forms)?);
                    }
                }
            }
        }
        let mut spaced = String::new();
        for word in text.split_whitespace() {
            if !spaced.is_empty() && !is_elided(&spaced) {
                spaced.push(' ');
            }
            spaced.push_str(word);
        }
        Some(spaced)
    }
}

/// Whether a text ends in an elided word, which the next one follows without a space.
fn is_elided(text: &str) -> bool {
    let stem = text.strip_suffix('\'');
    stem.is_some_and(|stem| stem.chars().next_back().is_some_and(char::is_alphabetic))
}

impl Part {
    fn parse(inner: &str) -> Option<Self> {
        match inner {
            "word" => return Some(Self::Word),
            "suggestion" => return Some(Self::Suggestion),
            _ => {}
        }
        let end = inner.find([':', '/']).unwrap_or(inner.len());
        let index = inner[..end].parse::<usize>().ok()?.checked_sub(1)?;
        let rest = &inner[end..];
        let change = if let Some(form) = rest.strip_prefix(':') {
            Change::Form(form.to_owned())
        } else if let Some(ends) = rest.strip_prefix('/') {
            let (old, new) = ends.split_once('/')?;
            Change::End(old.to_owned(), new.to_owned())
        } else {
            Change::None
        };
        Some(Self::Taken(index, change))
    }
}

impl Change {
    fn of(&self, token: &Token, forms: &Forms) -> Option<String> {
        Some(match self {
            Self::None => token.written.clone(),
            Self::Form(name) => forms.get(name)?.get(&token.lower)?.clone(),
            Self::End(old, new) => format!("{}{new}", token.lower.strip_suffix(old.as_str())?),
        })
    }
}

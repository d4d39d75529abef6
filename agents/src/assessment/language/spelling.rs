//! Spelling, by the hunspell dictionaries that the system has.
//!
//! Dictionaries are read at run time and never shipped: their licences are their own. Each is read once, when its language is first
//! written in, away from the runtime's threads, and shared. Only what is nearly a known word is remarked on: what no suggestion
//! comes close to may be a name. So may what has a capital where the language asks for none, what follows "my name is", and
//! what the dictionary knows with a capital; none of it is judged ([`words`]).

mod english;
mod words;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use spellbook::Dictionary;
use tokio::sync::Semaphore;

use super::remarks::{Certainty, Code, Finding, Kind, Request, Source};
use super::rules::{Token, capitalised, tokens};
use crate::language::Language;
use crate::scenario::distance;

/// Where Debian and most others keep dictionaries.
const DIRECTORIES: [&str; 3] = ["/usr/share/hunspell", "/usr/share/myspell/dicts", "/usr/share/myspell"];
/// Texts that are checked at once; the machine has other things to do.
const AT_ONCE: usize = 2;
/// Words of a text that are remarked on.
const MOST_FINDINGS: usize = 5;
/// Suggestions are looked for so long; what is found by then is told.
const PATIENCE: Duration = Duration::from_millis(500);
/// In letters. Suggestions for longer words take too long, and are few.
const LONGEST_WORD: usize = 32;

/// The dictionaries of the system.
#[derive(Debug)]
pub struct Spelling {
    directories: Vec<PathBuf>,
    /// By language, in the order of [`Language::ALL`].
    dictionaries: [OnceLock<Option<Known>>; Language::ALL.len()],
    running: Arc<Semaphore>,
}

/// A dictionary that was read.
#[derive(Debug)]
struct Known {
    /// `fr_FR`
    name: String,
    dictionary: Dictionary,
}

/// Why a dictionary can't be used.
#[derive(Debug, thiserror::Error)]
enum DictionaryError {
    #[error("{0} can't be read: {1}")]
    Read(PathBuf, std::io::Error),
    #[error("{0} is written in {1}, which is not understood")]
    Encoding(PathBuf, String),
    #[error("{0} is no dictionary: {1}")]
    Syntax(PathBuf, String),
}

impl Spelling {
    /// The dictionaries in a directory, or where systems keep theirs. None is read yet.
    pub fn new(directory: Option<PathBuf>) -> Self {
        let directories = match directory {
            Some(directory) => vec![directory],
            None => DIRECTORIES.map(PathBuf::from).to_vec(),
        };
        Self {
            directories,
            dictionaries: [const { OnceLock::new() }; Language::ALL.len()],
            running: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// The languages that it has dictionaries of.
    pub fn languages(&self) -> Vec<Language> {
        let mut languages = Language::ALL.to_vec();
        languages.retain(|language| self.find(*language).is_some());
        languages
    }

    /// What is misspelled in a text; `None` if there is no dictionary of its language, or nothing was typed.
    pub async fn check(self: &Arc<Self>, request: &Request) -> Option<Vec<Finding>> {
        if !request.is_typed {
            return None;
        }
        let running = Arc::clone(&self.running).acquire_owned().await.ok()?;
        let (spelling, request) = (Arc::clone(self), request.clone());
        let checked = tokio::task::spawn_blocking(move || {
            let _running = running;
            let known = spelling.dictionary(request.language)?;
            let until = Instant::now() + PATIENCE;
            Some(known.misspelled(&request, || Instant::now() < until))
        });
        // A dictionary that makes the library panic is as good as none.
        checked.await.ok().flatten()
    }

    fn dictionary(&self, language: Language) -> Option<&Known> {
        let index = Language::ALL.iter().position(|other| *other == language)?;
        self.dictionaries[index]
            .get_or_init(|| {
                let (name, affixes) = self.find(language)?;
                let read = read(&affixes).map(|dictionary| Known { name, dictionary });
                read.inspect_err(|error| tracing::warn!(%error, "a dictionary is not used"))
                    .ok()
            })
            .as_ref()
    }

    /// The name of a language's dictionary, and its affix file.
    fn find(&self, language: Language) -> Option<(String, PathBuf)> {
        let path = |directory: &PathBuf, name: &str| directory.join(format!("{name}.aff"));
        names(language).iter().find_map(|name| {
            let mut files = self.directories.iter().map(|directory| path(directory, name));
            let file = files.find(|file| file.is_file() && file.with_extension("dic").is_file())?;
            Some(((*name).to_owned(), file))
        })
    }
}

/// What a language's dictionary may be called, the most common first.
fn names(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &["en_US", "en_GB", "en_CA", "en_AU", "en"],
        Language::Spanish => &["es_ES", "es", "es_MX", "es_ANY"],
        Language::French => &["fr_FR", "fr", "fr-toutesvariantes", "fr-classique"],
        Language::German => &["de_DE", "de_DE_frami", "de", "de_AT", "de_CH"],
        Language::Italian => &["it_IT", "it"],
        Language::Portuguese => &["pt_BR", "pt_PT", "pt"],
        // They are not spelled in letters.
        Language::Chinese | Language::Japanese => &[],
    }
}

fn read(affixes: &Path) -> Result<Dictionary, DictionaryError> {
    let bytes = |path: &Path| std::fs::read(path).map_err(|error| DictionaryError::Read(path.to_owned(), error));
    let rules = bytes(affixes)?;
    let encoding = encoding(&rules);
    let words = affixes.with_extension("dic");
    let decoded = |bytes: Vec<u8>| {
        decode(bytes, &encoding).ok_or_else(|| DictionaryError::Encoding(affixes.to_owned(), encoding.clone()))
    };
    let (rules, words) = (decoded(rules)?, decoded(bytes(&words)?)?);
    Dictionary::new(&rules, &words).map_err(|error| DictionaryError::Syntax(affixes.to_owned(), error.to_string()))
}

/// What an affix file says that it and its words are written in.
fn encoding(rules: &[u8]) -> String {
    let set = rules.split(|byte| *byte == b'\n').find_map(|line| {
        let line = String::from_utf8_lossy(line);
        let mut words = line.trim_start_matches('\u{feff}').split_whitespace();
        (words.next() == Some("SET")).then(|| words.next().unwrap_or_default().to_ascii_uppercase())
    });
    set.unwrap_or_else(|| "ISO8859-1".to_owned())
}

/// UTF-8 and the two parts of ISO 8859 that dictionaries of these languages are written in.
fn decode(bytes: Vec<u8>, encoding: &str) -> Option<String> {
    match encoding {
        "UTF-8" => String::from_utf8(bytes).ok(),
        "ISO8859-1" | "ISO-8859-1" => Some(bytes.into_iter().map(char::from).collect()),
        "ISO8859-15" | "ISO-8859-15" => Some(bytes.into_iter().map(latin_9).collect()),
        _ => None,
    }
}

fn latin_9(byte: u8) -> char {
    match byte {
        0xa4 => '€',
        0xa6 => 'Š',
        0xa8 => 'š',
        0xb4 => 'Ž',
        0xb8 => 'ž',
        0xbc => 'Œ',
        0xbd => 'œ',
        0xbe => 'Ÿ',
        _ => char::from(byte),
    }
}

impl Known {
    /// What is misspelled, as far as there is time.
    fn misspelled(&self, request: &Request, has_time: impl Fn() -> bool) -> Vec<Finding> {
        let tokens = tokens(&request.text, request.language);
        let mut findings = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            if !has_time() || findings.len() == MOST_FINDINGS {
                break;
            }
            let begins = at.checked_sub(1).is_none_or(|before| !tokens[before].is_word);
            if !is_spelled(token, at.checked_sub(1).map(|before| &tokens[before]), request.language)
                || request.knows(&token.lower)
                || self.knows(token, request.language)
                || words::is_named(&tokens, at, request.language)
            {
                continue;
            }
            let Some(suggestion) = self.suggestion(token, begins, request.language) else {
                continue;
            };
            let word = request.text[token.span.clone()].to_owned();
            findings.push(Finding {
                kind: Kind::Vocabulary,
                code: Code::spelling(),
                span: token.span.clone(),
                explanation: format!("“{word}” is not in the dictionary: “{suggestion}”."),
                explanation_native: None,
                word,
                suggestion,
                source: Source::Dictionary,
                rule: format!("hunspell.{}", self.name),
                certainty: Certainty::Medium,
            });
        }
        findings
    }

    fn knows(&self, token: &Token, language: Language) -> bool {
        let knows = |word: &str| self.dictionary.check(word);
        // With a capital it is a name, or in German a noun: capitals are not judged.
        [&token.written, &token.lower, &capitalised(&token.lower)]
            .into_iter()
            .any(|word| knows(word))
            || words::is_made_of(&token.lower, language, &knows)
    }

    /// The nearest known word, if it is near.
    fn suggestion(&self, token: &Token, begins: bool, language: Language) -> Option<String> {
        let lower = token.is_capitalised() && begins;
        let word = if lower { &token.lower } else { &token.written };
        let mut suggestions = Vec::new();
        self.dictionary.suggest(word, &mut suggestions);
        // At the beginning of a sentence it may as well be a name: only what is one letter off is none.
        let allowed = if lower || word.chars().count() < 5 { 1 } else { 2 };
        let capitals = |text: &str| text.chars().filter(|c| c.is_uppercase()).count();
        // A word for a word, no name for what is none, and no abbreviation. German nouns have a capital, whoever forgot it.
        let most = match language {
            Language::German if !lower => 1,
            _ => capitals(word),
        };
        let is_word = |suggestion: &String| !suggestion.contains([' ', '-', '.']) && capitals(suggestion) <= most;
        let near = suggestions
            .into_iter()
            .filter(is_word)
            .filter(|suggestion| distance(&suggestion.to_lowercase(), &token.lower) <= allowed);
        // The library's order is by likeness; among the first, the nearest.
        let mut near: Vec<String> = near.take(5).collect();
        near.sort_by_key(|suggestion| distance(&suggestion.to_lowercase(), &token.lower));
        let nearest = near.into_iter().next()?;
        Some(match lower {
            true => capitalised(&nearest),
            false => nearest,
        })
    }
}

/// Whether a word's spelling can be judged, after the word or mark before it: no number, no abbreviation, no name.
fn is_spelled(token: &Token, before: Option<&Token>, language: Language) -> bool {
    let letters = token.written.chars().count();
    let capitals = token.written.chars().filter(|c| c.is_uppercase()).count();
    // After a comma a capital is a name's.
    let begins = before.is_none_or(|before| !before.is_word && before.lower != ",");
    let is_noun = language == Language::German && before.is_some_and(words::is_noun_after);
    let is_name = token.is_capitalised() && !begins && !is_noun;
    token.is_word
        && (2..=LONGEST_WORD).contains(&letters)
        && capitals <= 1
        && !is_name
        && !token.lower.ends_with('\'')
        && token
            .lower
            .chars()
            .all(|c| c.is_alphabetic() || matches!(c, '-' | '\''))
}

#[cfg(test)]
mod tests;

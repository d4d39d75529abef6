//! Spelling, by the hunspell dictionaries that the system has.
//!
//! Dictionaries are read at run time and never shipped: their licences are their own. Each is read once, when its language is first
//! written in, away from the runtime's threads, and shared. Only what is nearly a known word is remarked on: what no suggestion
//! comes close to may be a name.

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
        let known = |token: &Token| {
            let is_same = |word: &String| word.to_lowercase().split_whitespace().any(|part| part == token.lower);
            request.known_words.iter().any(is_same)
        };
        let mut findings = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            if !has_time() || findings.len() == MOST_FINDINGS {
                break;
            }
            let begins = at.checked_sub(1).is_none_or(|before| !tokens[before].is_word);
            if !is_spelled(token, begins, request.language) || known(token) || self.knows(token, request.language) {
                continue;
            }
            let Some(suggestion) = self.suggestion(token, begins) else {
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
        let is_word =
            |word: &str| knows(word) || (language == Language::English && variants(word).any(|word| knows(&word)));
        is_word(&token.written)
            || is_word(&token.lower)
            || (token.lower.contains('-') && token.lower.split('-').all(is_word))
    }

    /// The nearest known word, if it is near.
    fn suggestion(&self, token: &Token, begins: bool) -> Option<String> {
        let lower = token.is_capitalised() && begins;
        let word = if lower { &token.lower } else { &token.written };
        let mut suggestions = Vec::new();
        self.dictionary.suggest(word, &mut suggestions);
        let allowed = if word.chars().count() < 5 { 1 } else { 2 };
        let near = suggestions
            .into_iter()
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

/// Whether a word's spelling can be judged: no number, no abbreviation, no name.
fn is_spelled(token: &Token, begins: bool, language: Language) -> bool {
    let letters = token.written.chars().count();
    let capitals = token.written.chars().filter(|c| c.is_uppercase()).count();
    let is_name = token.is_capitalised() && !begins && (language != Language::German || letters < 6);
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

/// The same English word as others spell it: dictionaries know one kind of English.
fn variants(word: &str) -> impl Iterator<Item = String> {
    const PAIRS: [(&str, &str); 7] = [
        ("our", "or"),
        ("is", "iz"),
        ("yse", "yze"),
        ("tre", "ter"),
        ("ll", "l"),
        ("ogue", "og"),
        ("ence", "ense"),
    ];
    let both = |(british, american): (&'static str, &'static str)| [(british, american), (american, british)];
    PAIRS
        .into_iter()
        .flat_map(both)
        .filter(|(from, _)| word.contains(from))
        .map(|(from, to)| word.replacen(from, to, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str, language: Language) -> Request {
        Request {
            text: text.to_owned(),
            language,
            native: Language::English,
            is_typed: true,
            known_words: vec!["Marie Curie".to_owned()],
            taught_words: 0,
        }
    }

    /// A dictionary of a few words.
    fn directory(encoding: &str, words: &[&str]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a directory");
        let encoded = |text: String| match encoding {
            "UTF-8" => text.into_bytes(),
            _ => text.chars().map(|c| u8::try_from(c).expect("Latin-1")).collect(),
        };
        let rules = format!("SET {encoding}\nTRY aeiou\n");
        let words = format!("{}\n{}\n", words.len(), words.join("\n"));
        std::fs::write(directory.path().join("fr.aff"), encoded(rules)).expect("it is written");
        std::fs::write(directory.path().join("fr.dic"), encoded(words)).expect("it is written");
        directory
    }

    const WORDS: [&str; 8] = [
        "je",
        "voudrais",
        "une",
        "table",
        "réservation",
        "pour",
        "demain",
        "weekend",
    ];

    #[tokio::test]
    async fn what_is_nearly_a_word_is_misspelled_and_names_are_not() {
        for encoding in ["UTF-8", "ISO8859-1", "ISO8859-15"] {
            let directory = directory(encoding, &WORDS);
            let spelling = Arc::new(Spelling::new(Some(directory.path().to_owned())));
            assert_eq!(spelling.languages(), [Language::French]);
            let text = "Voudrias une reservation pour Curie, pour Xylo demian ; l'HTTP 12h gzrmpf";
            let found = spelling
                .check(&typed(text, Language::French))
                .await
                .expect("a dictionary");
            let found: Vec<(&str, &str)> = found.iter().map(|f| (f.word.as_str(), f.suggestion.as_str())).collect();
            let expected = [
                ("Voudrias", "Voudrais"),
                ("reservation", "réservation"),
                ("demian", "demain"),
            ];
            assert_eq!(found, expected, "{encoding}");
        }
    }

    #[tokio::test]
    async fn a_transcript_and_a_language_without_a_dictionary_are_not_judged() {
        let directory = directory("UTF-8", &WORDS);
        let spelling = Arc::new(Spelling::new(Some(directory.path().to_owned())));
        let said = Request {
            is_typed: false,
            ..typed("une tabel", Language::French)
        };
        assert_eq!(spelling.check(&said).await, None);
        assert_eq!(spelling.check(&typed("eine tabel", Language::German)).await, None);
    }

    #[tokio::test]
    async fn a_dictionary_that_cannot_be_read_is_none() {
        for (rules, words) in [("SET KOI8-R\n", "1\nje\n"), ("SET UTF-8\n", "no number\n")] {
            let directory = tempfile::tempdir().expect("a directory");
            std::fs::write(directory.path().join("fr.aff"), rules).expect("it is written");
            std::fs::write(directory.path().join("fr.dic"), words).expect("it is written");
            let spelling = Arc::new(Spelling::new(Some(directory.path().to_owned())));
            let found = spelling.check(&typed("jee", Language::French)).await;
            assert!(found.is_none_or(|found| found.is_empty()), "{rules}");
        }
    }

    #[test]
    fn both_kinds_of_english_are_english() {
        assert!(variants("colour").any(|word| word == "color"));
        assert!(variants("organise").any(|word| word == "organize"));
        assert!(variants("travelled").any(|word| word == "traveled"));
    }

    /// With the dictionaries that the machine has, if any, nothing that the tutor says is misspelled often.
    #[tokio::test]
    async fn the_systems_dictionaries_know_common_words() {
        let spelling = Arc::new(Spelling::new(None));
        for (language, text, wrong) in [
            (
                Language::French,
                "Je voudrais une tabel pour demain, s'il vous plaît.",
                "tabel",
            ),
            (
                Language::Spanish,
                "Quisiera una mesa para dos perzonas, por favor.",
                "perzonas",
            ),
            (
                Language::English,
                "I'd like a tabel for two, please. It's my favourite.",
                "tabel",
            ),
            (Language::German, "Ich hätte gern ein Zimmmer mit Frühstück.", "Zimmmer"),
            (Language::Italian, "Vorrei un tavlo per due persone.", "tavlo"),
        ] {
            let Some(found) = spelling.check(&typed(text, language)).await else {
                continue;
            };
            let words: Vec<&str> = found.iter().map(|finding| finding.word.as_str()).collect();
            assert_eq!(words, [wrong], "{language}");
        }
    }
}

//! Spelling, by the hunspell dictionaries that the system has.
//!
//! Dictionaries are read at run time and never shipped: their licences are their own. Each is read once, ahead of when a conversation
//! in its language is written in ([`Spelling::read_ahead`]), away from the runtime's threads, and shared. Only what is nearly a known word
//! is remarked on: what no suggestion comes close to may be a name. So may what has a capital where the language asks for none, what follows "my name is", and
//! what the dictionary knows with a capital; none of it is judged ([`words`]).
//!
//! What is suggested is what the learner most likely meant: a common word ([`commonness`]) by an edit that is common ([`edits`]). Where that is a
//! rare word, it is suggested only if the slip is slight; else nothing is, since a wrong answer is worse than none.

mod commonness;
mod edits;
mod english;
mod words;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use spellbook::Dictionary;
use tokio::sync::Semaphore;

use super::remarks::{Certainty, Code, Finding, Kind, Request, Source};
use super::rules::{Token, capitalised, tokens};
use crate::background::Niceness;
use crate::language::Language;
use crate::scenario::distance;

/// Where Debian and most others keep dictionaries.
const DIRECTORIES: [&str; 3] = ["/usr/share/hunspell", "/usr/share/myspell/dicts", "/usr/share/myspell"];
/// What a suggestion may cost at most, in letters' worth of edits and commonness; that of a word of up to four letters, or at the beginning of a
/// sentence, where it may be a name.
const FARTHEST: f32 = 1.5;
const FARTHEST_OF_SHORT: f32 = 1.25;
/// The same of a German word with a capital where nothing tells that it is no name, and the letters that it has at least.
const FARTHEST_OF_NAME: f32 = 1.1;
const SHORTEST_NAME: usize = 6;
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
    /// Those that somebody has begun to read ahead.
    ahead: [AtomicBool; Language::ALL.len()],
    running: Arc<Semaphore>,
}

/// What is told of the spelling of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spelled {
    /// What is misspelled.
    pub findings: Vec<Finding>,
    /// Whether there is a word that isn't known and is no name: what form of what it is meant to be, nobody can tell.
    pub has_unknown: bool,
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
            ahead: [const { AtomicBool::new(false) }; Language::ALL.len()],
            running: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// The languages that it has dictionaries of.
    pub fn languages(&self) -> Vec<Language> {
        let mut languages = Language::ALL.to_vec();
        languages.retain(|language| self.find(*language).is_some());
        languages
    }

    /// Has the dictionary of a language read on a thread of its own, unless it has been, so that whoever writes in it needn't wait.
    pub fn read_ahead(self: &Arc<Self>, language: Language) {
        let Some(index) = index(language) else { return };
        if self.ahead[index].swap(true, Ordering::Relaxed) || self.dictionaries[index].get().is_some() {
            return;
        }
        let spelling = Arc::clone(self);
        let read = move || {
            Niceness::Unhurried.give_way();
            // What is meant by a misspelling is looked for among common words, which are listed once, too.
            let _ = (
                spelling.dictionary(language).is_some(),
                commonness::words(language).next(),
            );
        };
        let started = std::thread::Builder::new().name("dictionary".to_owned()).spawn(read);
        if let Err(error) = started {
            // It is read when it is needed.
            tracing::warn!(%error, %language, "a dictionary is not read ahead");
        }
    }

    /// What is misspelled in a text; `None` if there is no dictionary of its language, or nothing was typed.
    pub async fn check(self: &Arc<Self>, request: &Request) -> Option<Spelled> {
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
        self.dictionaries[index(language)?]
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

fn index(language: Language) -> Option<usize> {
    Language::ALL.iter().position(|other| *other == language)
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
    /// What is misspelled: what is meant, as far as there is time to look for it; that a word is unknown, always.
    fn misspelled(&self, request: &Request, has_time: impl Fn() -> bool) -> Spelled {
        let tokens = tokens(&request.text, request.language);
        let mut spelled = Spelled::default();
        for (at, token) in tokens.iter().enumerate() {
            let before = at.checked_sub(1).map(|before| &tokens[before]);
            let begins = before.is_none_or(|before| !before.is_word);
            let place = place(token, before, request.language);
            if place == Place::NotSpelled
                || request.knows(&token.lower)
                || self.knows(token, request.language)
                || words::is_named(&tokens, at, request.language)
            {
                continue;
            }
            let has_room = spelled.findings.len() < MOST_FINDINGS && has_time();
            let suggestion = match has_room {
                true => self.suggestion(token, begins, place, request.language),
                false => None,
            };
            // What is near to nothing, and has a capital, is taken for a name; not where nobody looked.
            spelled.has_unknown |= suggestion.is_some() || !token.is_capitalised() || !has_room;
            let Some(suggestion) = suggestion else {
                continue;
            };
            let word = request.text[token.span.clone()].to_owned();
            spelled.findings.push(Finding {
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
        spelled
    }

    fn knows(&self, token: &Token, language: Language) -> bool {
        // With a capital it is a name, or in German a noun: capitals are not judged.
        if self.lists(&token.written) || self.lists(&token.lower) || self.lists(&capitalised(&token.lower)) {
            return true;
        }
        // Two words in one may be one word with a letter too few: "vieleicht".
        let letters = token.lower.chars().count();
        let is_slip = |common: &str| {
            let common_letters = common.chars().count();
            common != token.lower
                && common_letters >= SHORTEST_NAME
                && common_letters.abs_diff(letters) <= 1
                && edits::cost(&token.lower, common, language) <= edits::SLIGHT
        };
        words::is_made_of(&token.lower, language, &|word| self.lists(word))
            && !(language == Language::German && commonness::words(language).any(is_slip))
    }

    fn lists(&self, word: &str) -> bool {
        self.dictionary.check(word)
    }

    /// What is most likely meant, if anything is likely enough.
    fn suggestion(&self, token: &Token, begins: bool, place: Place, language: Language) -> Option<String> {
        let lower = token.is_capitalised() && begins;
        let word = if lower { &token.lower } else { &token.written };
        let capitals = |text: &str| text.chars().filter(|c| c.is_uppercase()).count();
        // A word for a word, no name for what is none, and no abbreviation. German nouns have a capital, whoever forgot it.
        let most = match language {
            Language::German if !lower => 1,
            _ => capitals(word),
        };
        let is_word = |suggestion: &String| !suggestion.contains([' ', '-', '.']) && capitals(suggestion) <= most;
        let letters = word.chars().count();
        let is_maybe_named = place == Place::MaybeNamed;
        if is_maybe_named && letters < SHORTEST_NAME {
            return None;
        }
        let farthest = match place {
            Place::MaybeNamed => FARTHEST_OF_NAME,
            _ if lower || letters < 5 => FARTHEST_OF_SHORT,
            _ => FARTHEST,
        };
        // At the beginning of a sentence it may as well be a name: only what is one letter off is none.
        let allowed = if lower || is_maybe_named || letters < 5 { 1 } else { 2 };
        let mut suggestions = Vec::new();
        self.dictionary.suggest(word, &mut suggestions);
        // Dictionaries don't suggest all that is near.
        let is_near = |common: &&str| {
            common.chars().count().abs_diff(letters) <= allowed
                && edits::cost(&token.lower, common, language) <= farthest
        };
        let common = commonness::words(language).filter(is_near);
        suggestions.extend(common.filter_map(|word| self.spelled(word)));
        let meant = suggestions.into_iter().filter(is_word).filter_map(|suggestion| {
            let meant = suggestion.to_lowercase();
            let edits = edits::cost(&token.lower, &meant, language);
            let is_common = commonness::cost(&meant, language).is_some();
            let sounds_alike = edits <= edits::SLIGHT;
            let is_near = sounds_alike || distance(&meant, &token.lower) <= allowed;
            let is_likely = is_common || (sounds_alike && !is_maybe_named);
            let cost = edits + commonness::cost_of_any(&meant, language);
            let limit = if is_common { farthest } else { f32::INFINITY };
            (is_near && is_likely && cost <= limit).then_some((cost, suggestion))
        });
        let (_, nearest) = meant.min_by(|(a, first), (b, second)| a.total_cmp(b).then_with(|| first.cmp(second)))?;
        Some(match token.is_capitalised() {
            true => capitalised(&nearest),
            false => nearest,
        })
    }

    /// A common word with the capital that it has; none where the dictionary hasn't got it.
    fn spelled(&self, word: &str) -> Option<String> {
        [word.to_owned(), capitalised(word)]
            .into_iter()
            .find(|word| self.lists(word))
    }
}

/// Where a word stands, as far as its spelling goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A number, an abbreviation, a name.
    NotSpelled,
    /// A German word with a capital, a noun or a name.
    MaybeNamed,
    /// A word.
    Spelled,
}

fn place(token: &Token, before: Option<&Token>, language: Language) -> Place {
    let letters = token.written.chars().count();
    let capitals = token.written.chars().filter(|c| c.is_uppercase()).count();
    // After a comma a capital is a name's.
    let begins = before.is_none_or(|before| !before.is_word && before.lower != ",");
    let is_word = token.is_word
        && (2..=LONGEST_WORD).contains(&letters)
        && capitals <= 1
        && !token.lower.ends_with('\'')
        && token
            .lower
            .chars()
            .all(|c| c.is_alphabetic() || matches!(c, '-' | '\''));
    let is_noun = language == Language::German && before.is_some_and(words::is_noun_after);
    let follows_small = before.is_some_and(|before| before.is_word && !before.is_capitalised());
    if !is_word {
        Place::NotSpelled
    } else if !token.is_capitalised() || begins || is_noun {
        Place::Spelled
    } else if language == Language::German && follows_small {
        Place::MaybeNamed
    } else {
        Place::NotSpelled
    }
}

#[cfg(test)]
mod tests;

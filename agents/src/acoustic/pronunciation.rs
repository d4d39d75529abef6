//! How phrases are pronounced: espeak-ng, run as a separate process, tells the IPA; a bounded cache remembers it.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use super::boundaries::divide;
use super::ipa::{self, Sound};
use crate::engine::EngineError;
use crate::language::Language;

/// One word and its sounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpokenWord {
    /// As written, punctuation included.
    pub text: String,
    /// Its segments in IPA, with stress, separated by `_`.
    pub ipa: String,
    /// Its sounds; none if it is swallowed by its neighbours.
    pub sounds: Vec<Sound>,
}

impl SpokenWord {
    /// A word from its segments in IPA, separated by `_`.
    pub fn from_ipa(text: &str, ipa: &str) -> Self {
        Self {
            text: text.to_owned(),
            ipa: ipa.to_owned(),
            sounds: ipa.split('_').flat_map(ipa::sounds).collect(),
        }
    }
}

/// A phrase, word by word.
pub type SpokenPhrase = Arc<[SpokenWord]>;

/// Tells how phrases are pronounced and remembers it.
#[derive(Debug)]
pub struct Pronouncer {
    program: String,
    is_there: bool,
    known: Mutex<HashMap<(Language, String), SpokenPhrase>>,
}

impl Pronouncer {
    /// One that asks the installed espeak-ng.
    pub fn new() -> Self {
        Self::with_program("espeak-ng")
    }

    /// One that asks another program of espeak-ng's interface.
    pub fn with_program(program: &str) -> Self {
        Self {
            program: program.to_owned(),
            is_there: true,
            known: Mutex::default(),
        }
    }

    /// The same, told whether the program is there. If not, no language is pronounced.
    pub fn installed(self, is_there: bool) -> Self {
        Self { is_there, ..self }
    }

    /// Whether phrases of a language can be pronounced with the sounds of the model.
    pub fn speaks(&self, language: Language) -> bool {
        self.is_there && voice(language).is_some()
    }

    /// Tells a pronunciation that need not be asked for again, unless the phrase is a long one.
    pub fn learn(&self, language: Language, phrase: &str, words: SpokenPhrase) {
        if phrase.len() > LONGEST_KNOWN {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CAPACITY {
            known.clear();
        }
        known.insert((language, phrase.to_owned()), words);
    }

    /// The pronunciations of `phrases`, in their order. Asks espeak-ng once for all that are not known: about half a
    /// millisecond for each phrase and each of its words. Blocks; not for an async thread.
    pub fn pronounce(&self, language: Language, phrases: &[&str]) -> Result<Vec<SpokenPhrase>, EngineError> {
        let voice = voice(language).ok_or_else(|| unsupported(format!("{language} has no pronunciation rules")))?;
        let mut found: HashMap<&str, SpokenPhrase> = HashMap::new();
        {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            for &phrase in phrases {
                if let Some(words) = known.get(&(language, phrase.to_owned())) {
                    found.insert(phrase, Arc::clone(words));
                }
            }
        }
        let missing: Vec<&str> = unique(phrases.iter().copied().filter(|phrase| !found.contains_key(phrase)));
        if !missing.is_empty() {
            for (phrase, words) in missing.iter().zip(self.ask_for(voice, &missing)?) {
                self.learn(language, phrase, Arc::clone(&words));
                found.insert(phrase, words);
            }
        }
        Ok(phrases.iter().map(|phrase| Arc::clone(&found[phrase])).collect())
    }

    /// espeak-ng joins short words ("of the" is one group), so every phrase is asked for whole, which is how it is said, and
    /// word by word, which tells where its words end.
    fn ask_for(&self, voice: &str, phrases: &[&str]) -> Result<Vec<SpokenPhrase>, EngineError> {
        let words: Vec<Vec<(&str, String)>> = phrases.iter().map(|phrase| speakable_words(phrase)).collect();
        let whole: Vec<String> = words.iter().map(|words| joined(words)).collect();
        let single: Vec<&str> = unique(words.iter().flatten().map(|(_, speakable)| speakable.as_str()));
        let lines: Vec<&str> = unique(
            whole
                .iter()
                .map(String::as_str)
                .chain(single.iter().copied())
                .filter(|line| !line.is_empty()),
        );
        let answers: HashMap<&str, Vec<Vec<String>>> =
            lines.iter().copied().zip(self.transcribe(voice, &lines)?).collect();
        Ok(words
            .iter()
            .zip(&whole)
            .map(|(words, whole)| {
                let groups = answers.get(whole.as_str()).map(Vec::as_slice).unwrap_or_default();
                let alone: Vec<Vec<String>> = words
                    .iter()
                    .map(|(_, speakable)| answers[speakable.as_str()].concat())
                    .collect();
                words
                    .iter()
                    .zip(divide(groups, &alone))
                    .map(|((text, _), segments)| SpokenWord::from_ipa(text, &segments.join("_")))
                    .collect()
            })
            .collect())
    }

    /// The IPA of each line: groups of segments.
    fn transcribe(&self, voice: &str, lines: &[&str]) -> Result<Vec<Vec<Vec<String>>>, EngineError> {
        let answers = read_ipa(&self.run(voice, &lines.join("\n"))?);
        if answers.len() == lines.len() {
            return Ok(answers);
        }
        // A very long phrase is answered in several lines; ask for each by itself.
        lines
            .iter()
            .map(|line| Ok(read_ipa(&self.run(voice, line)?).concat()))
            .collect()
    }

    fn run(&self, voice: &str, input: &str) -> Result<String, EngineError> {
        let mut process = Command::new(&self.program)
            .args(["-q", "--ipa", "--sep=_", "-v", voice])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => unsupported(format!("{} is not installed", self.program)),
                _ => failed(&error),
            })?;
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        let mut output = String::new();
        let read = std::thread::scope(|scope| {
            // Beside the reading: a long input would otherwise wait for its own answer to be read.
            scope.spawn(move || stdin.map(|mut stdin| writeln!(stdin, "{input}")));
            stdout.map_or(Ok(0), |mut stdout| stdout.read_to_string(&mut output))
        });
        let status = process.wait().map_err(|error| failed(&error))?;
        read.map_err(|error| failed(&error))?;
        if status.success() {
            Ok(output)
        } else {
            Err(failed(&status))
        }
    }
}

impl Default for Pronouncer {
    fn default() -> Self {
        Self::new()
    }
}

/// Phrases that are remembered; content holds a few thousand, and about as many pieces of their variants.
const CAPACITY: usize = 30_000;
/// Bytes of a phrase that is remembered: longer than any answer that the content expects. What learners say and read aloud may be
/// of any length, and is hardly said twice.
const LONGEST_KNOWN: usize = 120;

fn voice(language: Language) -> Option<&'static str> {
    match language {
        Language::English => Some("en-us"),
        Language::Spanish => Some("es-419"),
        Language::French => Some("fr-fr"),
        Language::German => Some("de"),
        Language::Italian => Some("it"),
        Language::Portuguese => Some("pt-br"),
        Language::Chinese | Language::Japanese => None,
    }
}

fn unsupported(reason: String) -> EngineError {
    EngineError::Unsupported {
        engine: super::NAME,
        reason,
    }
}

fn failed(reason: &dyn std::fmt::Display) -> EngineError {
    EngineError::Failed {
        engine: super::NAME,
        reason: format!("espeak-ng: {reason}"),
    }
}

fn unique<'a>(items: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    items.filter(|item| seen.insert(*item)).collect()
}

/// The words of a phrase as written, as a pronunciation has them.
pub(super) fn words_of(phrase: &str) -> Vec<&str> {
    speakable_words(phrase).into_iter().map(|(text, _)| text).collect()
}

/// The words of a phrase as written, each with what is given to espeak-ng: no sign that would end its clause.
fn speakable_words(phrase: &str) -> Vec<(&str, String)> {
    phrase
        .split_whitespace()
        .filter_map(|word| {
            let trimmed =
                word.trim_matches(|sign: char| !sign.is_alphanumeric() && !matches!(sign, '€' | '$' | '%' | '&'));
            let speakable: String = trimmed
                .chars()
                .map(|sign| {
                    if matches!(sign, '!' | '?' | ';' | '…' | '<' | '>' | '[' | ']' | '"') {
                        ' '
                    } else {
                        sign
                    }
                })
                .collect();
            (!speakable.trim().is_empty()).then(|| (word, speakable.trim().to_owned()))
        })
        .collect()
}

fn joined(words: &[(&str, String)]) -> String {
    words
        .iter()
        .map(|(_, speakable)| speakable.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The segments of a group: `w_ˈʌ_n`.
pub(super) fn segments(group: &str) -> Vec<String> {
    let segments = group.split('_').filter(|segment| !segment.is_empty());
    segments.map(str::to_owned).collect()
}

/// Reads lines of groups of segments, without the marks of a changed language: `w_ˈʌ_n (fr)d_ø(en)`.
fn read_ipa(output: &str) -> Vec<Vec<Vec<String>>> {
    output
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let mut inside = false;
            let kept: String = line
                .chars()
                .filter(|&sign| {
                    inside |= sign == '(';
                    let keep = !inside;
                    inside &= sign != ')';
                    keep
                })
                .collect();
            kept.split_whitespace().map(segments).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_of_a_changed_language_are_dropped() {
        assert_eq!(read_ipa("v_ɛ̃ (en)_ɹ_v_(fr)\n\n"), [[segments("v_ɛ̃"), segments("ɹ_v")]]);
    }

    #[test]
    fn words_are_kept_as_written_and_said_without_punctuation() {
        let words = speakable_words("-- Oui, l'addition s'il vous plaît !");
        let texts: Vec<_> = words.iter().map(|(text, _)| *text).collect();
        assert_eq!(texts, ["Oui,", "l'addition", "s'il", "vous", "plaît"]);
        assert_eq!(joined(&words), "Oui l'addition s'il vous plaît");
    }

    #[test]
    fn a_missing_program_is_unsupported() {
        let pronouncer = Pronouncer::with_program("no-such-program-here");
        let error = pronouncer.pronounce(Language::English, &["yes"]).unwrap_err();
        assert!(matches!(error, EngineError::Unsupported { .. }), "{error}");
        assert!(error.to_string().contains("no-such-program-here is not installed"));
    }

    #[test]
    fn a_language_without_rules_is_unsupported() {
        let error = Pronouncer::new().pronounce(Language::Chinese, &["wo"]).unwrap_err();
        assert!(matches!(error, EngineError::Unsupported { .. }));
    }

    #[test]
    fn what_was_learnt_is_not_asked_for() {
        let pronouncer = Pronouncer::with_program("no-such-program-here");
        let yes: SpokenPhrase = [SpokenWord::from_ipa("Yes.", "j_ˈɛ_s")].into();
        pronouncer.learn(Language::English, "Yes.", Arc::clone(&yes));
        assert_eq!(
            pronouncer.pronounce(Language::English, &["Yes.", "Yes."]),
            Ok(vec![yes.clone(), yes])
        );
    }

    proptest! {
        #[test]
        fn any_output_is_read_without_a_panic(output in "\\PC*") {
            read_ipa(&output);
        }
    }
}

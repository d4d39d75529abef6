//! How phrases are pronounced: espeak-ng, run as a separate process, tells the IPA; a bounded cache remembers it.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

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
    /// Whether it may be left out, with all words after it: a "please" at the end.
    pub is_optional: bool,
}

impl SpokenWord {
    /// A word from its segments in IPA, separated by `_`.
    pub fn from_ipa(text: &str, ipa: &str) -> Self {
        Self {
            text: text.to_owned(),
            ipa: ipa.to_owned(),
            sounds: ipa.split('_').flat_map(ipa::sounds).collect(),
            is_optional: false,
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
    patience: Duration,
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
            patience: PATIENCE,
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
    /// millisecond for each phrase and each of its words. Blocks, for seconds at most; not for an async thread.
    ///
    /// # Errors
    /// In a language without rules, and when espeak-ng is not there, fails, or takes too long: then it is killed.
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

    /// What it says of an input, in time: whoever waits for it holds a thread.
    fn run(&self, voice: &str, input: &str) -> Result<String, EngineError> {
        let until = Instant::now() + self.patience + PATIENCE_PER_LINE * input.lines().count() as u32;
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
        let answer = converse(&mut process, input, until);
        if answer.is_err() {
            // It may have ended by itself meanwhile.
            let _ = process.kill();
            let _ = process.wait();
        }
        let (status, output) = answer?;
        if status.success() {
            Ok(output)
        } else {
            Err(failed(&status))
        }
    }
}

/// Has a process read its input, and waits for all that it says and for its end.
fn converse(process: &mut Child, input: &str, until: Instant) -> Result<(ExitStatus, String), EngineError> {
    let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
    // Beside the reading: a long input would otherwise wait for its own answer to be read. Both on threads of their own: what it has
    // started in its turn may keep the pipes open after it is killed.
    let input = input.to_owned();
    let write = move || stdin.map(|mut stdin| writeln!(stdin, "{input}"));
    let (reader, answer) = mpsc::sync_channel(1);
    let read = move || {
        let mut output = String::new();
        let read = stdout.map_or(Ok(0), |mut stdout| stdout.read_to_string(&mut output));
        // Nobody waits for what comes too late.
        let _ = reader.send(read.map(|_| output));
    };
    thread::Builder::new().spawn(write).map_err(|error| failed(&error))?;
    thread::Builder::new().spawn(read).map_err(|error| failed(&error))?;
    let answer = answer.recv_timeout(until.saturating_duration_since(Instant::now()));
    let output = answer.map_err(|_| overdue())?.map_err(|error| failed(&error))?;
    // Whoever has said everything ends, as a rule at once.
    loop {
        match process.try_wait().map_err(|error| failed(&error))? {
            Some(status) => return Ok((status, output)),
            None if Instant::now() >= until => return Err(overdue()),
            None => thread::sleep(ENDS_IN),
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

/// How long espeak-ng may take, and how much longer for each line: twenty times what it takes.
const PATIENCE: Duration = Duration::from_secs(5);
const PATIENCE_PER_LINE: Duration = Duration::from_millis(10);
/// How long it takes to end once it has said everything.
const ENDS_IN: Duration = Duration::from_micros(200);

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

fn overdue() -> EngineError {
    EngineError::Unavailable {
        engine: super::NAME,
        reason: "espeak-ng took too long".to_owned(),
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
    use std::path::Path;

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

    /// A program of espeak-ng's interface that does `work`. Another process writes it: a descriptor of ours that a process started by
    /// another test inherits would keep it from being run.
    fn impostor(directory: &Path, name: &str, work: &str) -> Pronouncer {
        let path = directory.join(name);
        let status = Command::new("sh")
            .args([
                "-c",
                "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$2\" && chmod +x \"$2\"",
                "sh",
                work,
            ])
            .arg(&path)
            .status();
        assert!(status.is_ok_and(|status| status.success()), "{work} can't be written");
        Pronouncer::with_program(path.to_str().expect("a path of ours"))
    }

    #[test]
    fn what_it_says_before_it_ends_well_is_its_answer() {
        let directory = tempfile::tempdir().unwrap();
        let ask = |name, work| impostor(directory.path(), name, work).pronounce(Language::English, &["yes"]);
        let said = ask("says", "cat > /dev/null; echo j_ˈɛ_s; exec >&-; sleep 0.01").unwrap();
        assert_eq!(said[0][..], [SpokenWord::from_ipa("yes", "j_ˈɛ_s")]);
        let broken = ask("breaks", "cat > /dev/null; echo j_ˈɛ_s; exit 3");
        assert_eq!(broken, Err(failed(&"exit status: 3")));
    }

    #[test]
    fn what_takes_too_long_is_killed() {
        let directory = tempfile::tempdir().unwrap();
        for (name, work) in [
            ("silent", "exec sleep 3600"),
            ("lingering", "cat > /dev/null; echo j_ˈɛ_s; exec >&-; exec sleep 3600"),
            // What it has started isn't killed, and not waited for.
            ("parent", "sleep 30 & exec sleep 3600"),
        ] {
            let pronouncer = Pronouncer {
                patience: Duration::from_millis(50),
                ..impostor(directory.path(), name, work)
            };
            // Would wait for an hour for one that goes on.
            let answer = pronouncer.pronounce(Language::English, &["yes"]);
            assert_eq!(answer, Err(overdue()), "{name}");
        }
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

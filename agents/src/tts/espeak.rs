//! espeak-ng as a voice: a separate process for each phrase, started ahead and spoken to over pipes.
//!
//! It is never linked: its licence is the GPL.

mod pool;

use std::ffi::OsString;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use self::pool::{Pool, Reader};
use super::shape::Shaper;
use super::timing::{estimate, length};
use crate::engine::{EngineError, Results, SpeakRequest, SpeechChunk, Tts};
use crate::language::Language;
use crate::produce::{Emit, produce};
use crate::wav::WavStream;

/// The voices of espeak-ng, as far as the program and its voices are installed.
///
/// [`Tts::speaks`] says which languages it reads as they are ordinarily written. Chinese it reads only as pinyin and
/// Japanese only as kana: [`Espeak::reads`] tells for one text. Timings of words are estimated.
#[derive(Clone, Debug)]
pub struct Espeak {
    found: Result<Found, String>,
    pool: Pool,
    /// Processes that may speak at once.
    speaking: Arc<Semaphore>,
}

#[derive(Clone, Debug)]
struct Found {
    version: String,
    voices: Vec<String>,
}

impl Espeak {
    /// Looks for the program and its voices, once, at start. Processes belong to the runtime that this is called in.
    pub async fn detect() -> Self {
        Self::detect_program("espeak-ng").await
    }

    /// Looks for the program under a name or path of its own.
    pub async fn detect_program(program: impl Into<OsString>) -> Self {
        let program = program.into();
        let found = find(&program).await;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            found,
            pool: Pool::new(program),
            speaking: Arc::new(Semaphore::new(PROCESSES_PER_CORE * cores)),
        }
    }

    /// Its version, or why it can't be used.
    pub fn version(&self) -> Result<&str, EngineError> {
        match &self.found {
            Ok(found) => Ok(&found.version),
            Err(reason) => Err(unsupported(reason.clone())),
        }
    }

    /// Whether it can read this text aloud: the voice is installed and knows the characters.
    pub fn reads(&self, language: Language, text: &str) -> bool {
        self.voice(language).is_ok() && unreadable(language, text).is_none()
    }

    fn voice(&self, language: Language) -> Result<Voice, EngineError> {
        let found = self.found.as_ref().map_err(|reason| unsupported(reason.clone()))?;
        let voice = Voice::of(language);
        if found.voices.iter().any(|name| name == voice.name) {
            Ok(voice)
        } else {
            Err(unsupported(format!("its voice {} is not installed", voice.name)))
        }
    }
}

impl Tts for Espeak {
    fn name(&self) -> &'static str {
        NAME
    }

    fn speaks(&self, language: Language) -> bool {
        !matches!(language, Language::Chinese | Language::Japanese) && self.voice(language).is_ok()
    }

    fn is_cacheable(&self) -> bool {
        true
    }

    fn speak(&self, request: SpeakRequest) -> Results<SpeechChunk> {
        let espeak = self.clone();
        produce(move |emit| async move {
            let voice = espeak.voice(request.language)?;
            if let Some(letter) = unreadable(request.language, &request.text) {
                return Err(unsupported(format!(
                    "its {} voice can't read {letter:?}",
                    request.language
                )));
            }
            let text = plain(&request.text)?;
            let _permit = timeout(PATIENCE, espeak.speaking.acquire())
                .await
                .map_err(|_| unavailable("all its processes are busy".to_owned()))?
                .map_err(|_| unavailable("it is shutting down".to_owned()))?;
            let reader = Reader {
                voice: voice.name,
                pace: request.pace,
            };
            let started = espeak.pool.take(reader).await;
            let mut child = started.map_err(|error| unavailable(format!("it can't be started: {error}")))?;
            say(&mut child, &text, &voice, &emit).await
        })
    }
}

/// Writes the text to the process and emits what it says.
async fn say(child: &mut Child, text: &str, voice: &Voice, emit: &Emit<SpeechChunk>) -> Result<(), EngineError> {
    let (Some(mut stdin), Some(mut stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(failed("its pipes are missing".to_owned()));
    };
    // It reads everything before it says anything, so that writing first can't block on a full output pipe. A process
    // that ends early breaks the pipe; how it ended tells more.
    let written = timeout(PATIENCE, stdin.write_all(text.as_bytes())).await;
    drop(stdin);
    written.map_err(|_| silent())?.ok();

    let mut wav = WavStream::new();
    let mut shaper = None;
    let (mut bytes, mut made, mut kept) = (vec![0; READ_BYTES], Vec::new(), Vec::new());
    let mut total = 0;
    loop {
        let read = timeout(PATIENCE, stdout.read(&mut bytes))
            .await
            .map_err(|_| silent())?
            .map_err(|error| unavailable(format!("its speech can't be read: {error}")))?;
        wav.push(&bytes[..read], &mut made)
            .map_err(|error| failed(error.to_string()))?;
        let Some(rate) = wav.rate() else {
            if read == 0 {
                break;
            }
            continue;
        };
        let shaper = shaper.get_or_insert_with(|| Shaper::new(rate, voice.gain_db));
        shaper.push(&made, &mut kept);
        made.clear();
        let words = if read == 0 {
            shaper.finish(&mut kept);
            estimate(text, length(total + kept.len(), rate))
        } else {
            Vec::new()
        };
        total += kept.len();
        if !kept.is_empty() {
            let pcm = kept.drain(..).collect();
            emit.send(SpeechChunk { pcm, rate, words }).await;
        }
        if read == 0 {
            break;
        }
    }
    let status = timeout(PATIENCE, child.wait())
        .await
        .map_err(|_| silent())?
        .map_err(|error| unavailable(error.to_string()))?;
    if status.success() {
        Ok(())
    } else {
        Err(failed(format!("it ended with {status}")))
    }
}

/// One voice of the program.
struct Voice {
    name: &'static str,
    /// What it lacks to -20 dBFS, as far as its peaks allow; measured by `examples/measure_voices.rs`.
    gain_db: f32,
}

impl Voice {
    fn of(language: Language) -> Self {
        let (name, gain_db) = match language {
            Language::English => ("en-us", 0.0),
            Language::Spanish => ("es", 0.0),
            Language::French => ("fr-fr", 2.0),
            Language::German => ("de", 0.0),
            Language::Italian => ("it", 1.0),
            Language::Portuguese => ("pt-br", 0.0),
            Language::Chinese => ("cmn-latn-pinyin", -1.5),
            Language::Japanese => ("ja", 0.0),
        };
        Self { name, gain_db }
    }
}

async fn find(program: &OsString) -> Result<Found, String> {
    let shown = program.to_string_lossy();
    let ask = async |argument: &str| {
        let run = Command::new(program)
            .arg(argument)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = timeout(START_PATIENCE, run)
            .await
            .map_err(|_| format!("{shown} {argument} doesn't answer"))?
            .map_err(|error| format!("{shown} can't be run: {error}"))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(format!("{shown} {argument} ended with {}", output.status))
        }
    };
    let version = parse_version(&ask("--version").await?).ok_or_else(|| format!("{shown} tells no version"))?;
    let voices = parse_voices(&ask("--voices").await?);
    Ok(Found { version, voices })
}

/// `1.51` of `eSpeak NG text-to-speech: 1.51  Data at: /usr/lib/...`.
fn parse_version(text: &str) -> Option<String> {
    let (_, after) = text.lines().next()?.split_once(": ")?;
    after.split_whitespace().next().map(str::to_owned)
}

/// The second column of the table below its heading.
fn parse_voices(text: &str) -> Vec<String> {
    let names = text.lines().skip(1).filter_map(|line| line.split_whitespace().nth(1));
    names.map(str::to_owned).collect()
}

/// The first character that the voice would spell out or skip.
fn unreadable(language: Language, text: &str) -> Option<char> {
    let reads = |letter: char| match language {
        Language::Japanese => !is_han(letter),
        _ => !is_han(letter) && !is_kana(letter),
    };
    text.chars().find(|&letter| !reads(letter))
}

fn is_kana(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30FF}')
}

fn is_han(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// The text without what the program takes for commands: control characters, and the brackets of phoneme input.
fn plain(text: &str) -> Result<String, EngineError> {
    if text.len() > LONGEST_TEXT {
        return Err(failed(format!("the text is longer than {LONGEST_TEXT} bytes")));
    }
    let is_command = |letter: char| letter.is_control() || matches!(letter, '[' | ']');
    Ok(text.replace(is_command, " "))
}

fn unsupported(reason: String) -> EngineError {
    EngineError::Unsupported { engine: NAME, reason }
}

fn failed(reason: String) -> EngineError {
    EngineError::Failed { engine: NAME, reason }
}

fn unavailable(reason: String) -> EngineError {
    EngineError::Unavailable { engine: NAME, reason }
}

fn silent() -> EngineError {
    unavailable(format!("it was silent for {} s", PATIENCE.as_secs()))
}

const NAME: &str = "espeak-ng";
const PROCESSES_PER_CORE: usize = 4;
/// How long it may say nothing. A fallback speaks within 2 s.
const PATIENCE: Duration = Duration::from_millis(1500);
const START_PATIENCE: Duration = Duration::from_secs(5);
/// What a Linux pipe takes at once.
const LONGEST_TEXT: usize = 65_536;
/// 93 ms of speech.
const READ_BYTES: usize = 4096;

#[cfg(test)]
mod tests;

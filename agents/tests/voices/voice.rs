//! The learners' voices. None of them is one that the recogniser or the content was tuned with: those were recordings of people,
//! the `kal16` voice of `flite-rs`, and the usual voices of espeak-ng.
//!
//! English is spoken by three voices of Debian's flite, statistical models of people's recordings (one of them a Scot), and Italian
//! by festival's diphones of two people: other synthesis, and other rules of pronunciation. For the other languages Debian has no
//! free voice but espeak-ng's. There it is the Klatt synthesizer in it, at another pitch and pace; pronunciation and melody are as of
//! its usual voices, and the same rules tell the recogniser how words are pronounced. People are harder to understand.

use std::io::Write;
use std::process::{Command, Stdio};

use colloquy_agents::language::Language;
use colloquy_agents::wav::WavStream;
use colloquy_media::resample::Resampler;
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

/// A synthetic learner.
#[derive(Clone, Copy, Debug)]
pub enum Voice {
    /// A voice of flite.
    Flite(&'static str),
    /// A voice of festival.
    Festival(&'static str),
    /// A language and a variant of espeak-ng; its pitch (0 to 99) and words a minute.
    Espeak {
        language: &'static str,
        variant: &'static str,
        pitch: u8,
        pace: u8,
    },
}

const RATE: u32 = 16_000;
/// -20 dBFS.
const LOUDNESS: f64 = 3_277.0;

impl Voice {
    pub fn of(language: Language, random: &mut StdRng) -> Self {
        let language = match language {
            Language::English => return Self::Flite(["awb", "rms", "slt"].choose(random).unwrap()),
            Language::Italian => return Self::Festival(["lp_diphone", "pc_diphone"].choose(random).unwrap()),
            Language::Spanish => "es-419",
            Language::French => "fr",
            Language::German => "de",
            Language::Portuguese => "pt-br",
            Language::Chinese | Language::Japanese => panic!("{language} is not recognised"),
        };
        Self::Espeak {
            language,
            variant: ["klatt", "klatt2", "klatt4"].choose(random).unwrap(),
            pitch: random.random_range(30..70),
            pace: random.random_range(125..165),
        }
    }

    /// A sentence, at 16 kHz and -20 dBFS.
    pub fn say(self, text: &str) -> Vec<i16> {
        let wav = match self {
            Self::Flite(voice) => run("flite", &["-voice", voice, "-t", text, "-o", "/dev/stdout"], b""),
            Self::Festival(voice) => {
                // It reads ISO 8859-1.
                let plain = text.replace('’', "'").replace(['«', '»', '“', '”'], "");
                let bytes: Vec<u8> = plain.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect();
                // Written to a pipe, its WAV says that it has no samples.
                let voice = format!("(voice_{voice})");
                let raw = run("text2wave", &["-eval", &voice, "-otype", "raw", "-F", "16000"], &bytes);
                let samples = raw
                    .chunks_exact(2)
                    .map(|bytes| i16::from_le_bytes([bytes[0], bytes[1]]));
                return loudened(&samples.collect::<Vec<i16>>());
            }
            Self::Espeak {
                language,
                variant,
                pitch,
                pace,
            } => {
                let (voice, pitch, pace) = (format!("{language}+{variant}"), pitch.to_string(), pace.to_string());
                let arguments = ["-v", &voice, "-p", &pitch, "-s", &pace, "--stdout"];
                run("espeak-ng", &arguments, text.as_bytes())
            }
        };
        loudened(&decoded(&wav))
    }
}

fn run(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut process = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}; `make test` installs it"));
    let mut stdin = process.stdin.take().unwrap();
    // Shorter than a pipe holds.
    stdin.write_all(input).unwrap();
    drop(stdin);
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", output.status);
    output.stdout
}

fn decoded(wav: &[u8]) -> Vec<i16> {
    let (mut stream, mut pcm) = (WavStream::new(), Vec::new());
    stream.push(wav, &mut pcm).unwrap();
    let rate = stream.rate().expect("it has a header");
    if rate == RATE {
        return pcm;
    }
    let (mut resampler, mut sound) = (Resampler::new(rate, RATE).unwrap(), Vec::new());
    resampler.push(&pcm, &mut sound);
    resampler.flush(&mut sound);
    sound
}

fn loudened(sound: &[i16]) -> Vec<i16> {
    assert!(sound.len() > RATE as usize / 10, "nothing was said");
    let power = sound.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>() / sound.len() as f64;
    let gain = LOUDNESS / power.sqrt();
    // Float to integer saturates.
    sound.iter().map(|&sample| (gain * f64::from(sample)) as i16).collect()
}

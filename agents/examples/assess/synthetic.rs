//! Sentences that synthetic voices say, right and with one sound in the place of another.
//!
//! espeak-ng says how it reads a sentence, sound by sound, in IPA and in its own signs. What is said in its own signs can be changed:
//! that is how one sound is put in the place of another. Its rules are those that tell the assessor how words are pronounced, so that
//! right sentences fit better than people's would. Festival's Italian voices have other rules.

use std::io::{self, Write};
use std::process::{Command, Stdio};

use colloquy_agents::acoustic::{Pronouncer, SpokenWord};
use colloquy_agents::assessment::speech::distinction::narrowed;
use colloquy_agents::language::Language;
use colloquy_agents::wav::WavStream;
use colloquy_media::resample::Resampler;

use crate::corpus::{Clip, Corpus};
use crate::sentences::sentences;

const RATE: u32 = 16_000;
/// -20 dBFS.
const LOUDNESS: f64 = 3_277.0;
/// Variants of espeak-ng's voices: men, women, and two that Klatt's synthesizer makes.
pub const VARIANTS: [&str; 6] = ["m1", "m3", "f2", "f5", "klatt", "klatt4"];

/// A sentence as espeak-ng reads it.
pub struct Script {
    /// In groups, which are words or several that are said as one: a sound in IPA with stress, and in espeak-ng's signs.
    groups: Vec<Vec<(String, String)>>,
    voice: &'static str,
}

/// A place of a sound in a script: the number of its word, and of its sound in that.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub word: usize,
    pub sound: usize,
    /// The phones that it is, one after the other.
    count: usize,
    group: usize,
    segment: usize,
}

impl Place {
    /// The sounds of the word that it is.
    pub fn sounds(&self) -> std::ops::Range<usize> {
        self.sound..self.sound + self.count
    }
}

impl Script {
    /// As espeak-ng reads a text.
    pub fn of(text: &str, language: Language) -> io::Result<Self> {
        let voice = voice(language);
        let read = |kind: &str| -> io::Result<Vec<Vec<String>>> {
            let read = run("espeak-ng", &["-q", kind, "--sep=_", "-v", voice], text.as_bytes())?;
            let read = String::from_utf8_lossy(&read).into_owned();
            // Signs for glottal stops and ends of words, which have none in IPA.
            let segments = |group: &str| {
                let segments = group.split('_').filter(|sign| !matches!(*sign, "|" | "!"));
                segments.map(str::to_owned).collect()
            };
            Ok(read.split_whitespace().map(segments).collect())
        };
        let (ipa, signs) = (read("--ipa")?, read("-x")?);
        let groups = ipa.into_iter().zip(signs).filter_map(|(ipa, signs)| {
            let is_aligned = ipa.len() == signs.len();
            is_aligned.then(|| {
                ipa.into_iter()
                    .zip(signs)
                    .filter(|(_, sign)| !sign.is_empty())
                    .collect()
            })
        });
        Ok(Self {
            groups: groups.collect(),
            voice,
        })
    }

    /// The words, as they are held against what is said.
    pub fn words(&self) -> Vec<SpokenWord> {
        let words = self.groups.iter().map(|group| {
            let ipa: Vec<&str> = group.iter().map(|(ipa, _)| ipa.as_str()).collect();
            SpokenWord::from_ipa(&ipa.concat(), &ipa.join("_"))
        });
        words.collect()
    }

    /// Where a sound is said.
    pub fn places(&self, ipa: &str) -> Vec<Place> {
        let mut places = Vec::new();
        for (word, group) in self.groups.iter().enumerate() {
            let mut sound = 0;
            for (segment, (sign, _)) in group.iter().enumerate() {
                let one = SpokenWord::from_ipa("", sign).sounds;
                if !one.is_empty() && one.iter().all(|sound| sound.ipa == ipa) {
                    places.push(Place {
                        word,
                        sound,
                        count: one.len(),
                        group: word,
                        segment,
                    });
                }
                sound += one.len();
            }
        }
        places
    }

    /// What a variant of the voice says, with another of espeak-ng's signs in some place.
    pub fn say(&self, variant: &str, change: Option<(Place, &str)>) -> io::Result<Vec<i16>> {
        let groups = self.groups.iter().enumerate().map(|(group, segments)| {
            let signs = segments.iter().enumerate().map(|(segment, (_, sign))| match change {
                Some((place, other)) if place.group == group && place.segment == segment => {
                    let stress: String = sign.chars().filter(|sign| matches!(sign, '\'' | ',')).collect();
                    stress + other
                }
                _ => sign.clone(),
            });
            signs.collect::<Vec<_>>().join("|")
        });
        let said = format!("[[{}]]", groups.collect::<Vec<_>>().join(" "));
        let voice = format!("{}+{variant}", self.voice);
        loudened(&decoded(&run(
            "espeak-ng",
            &["-v", &voice, "--stdout"],
            said.as_bytes(),
        )?)?)
    }
}

/// Sentences of a language, said by synthetic voices in turns.
pub fn corpus(language: Language) -> io::Result<Corpus> {
    let pronouncer = Pronouncer::new();
    let mut clips = Vec::new();
    for (index, text) in sentences(language).iter().enumerate() {
        let spoken = pronouncer.pronounce(language, &[text]).map_err(io::Error::other)?;
        let pcm = if language == Language::Italian {
            festival(["lp_diphone", "pc_diphone"][index % 2], text)?
        } else {
            let voice = format!("{}+{}", voice(language), VARIANTS[index % VARIANTS.len()]);
            loudened(&decoded(&run(
                "espeak-ng",
                &["-v", &voice, "--stdout"],
                text.as_bytes(),
            )?)?)?
        };
        clips.push(Clip {
            text: (*text).to_owned(),
            words: narrowed(&spoken[0], language),
            pcm,
        });
    }
    Ok(Corpus { language, clips })
}

fn festival(voice: &str, text: &str) -> io::Result<Vec<i16>> {
    // It reads ISO 8859-1.
    let bytes: Vec<u8> = text.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect();
    let voice = format!("(voice_{voice})");
    // Written to a pipe, its WAV says that it has no samples.
    let raw = run("text2wave", &["-eval", &voice, "-otype", "raw", "-F", "16000"], &bytes)?;
    let samples = raw
        .chunks_exact(2)
        .map(|bytes| i16::from_le_bytes([bytes[0], bytes[1]]));
    loudened(&samples.collect::<Vec<i16>>())
}

fn voice(language: Language) -> &'static str {
    match language {
        Language::English => "en-us",
        Language::Spanish => "es-419",
        // "fr-fr" is the same, but has no variants: they are found by the name of the voice.
        Language::French => "fr",
        Language::German => "de",
        Language::Italian => "it",
        Language::Portuguese => "pt-br",
        Language::Chinese | Language::Japanese => "",
    }
}

fn run(program: &str, arguments: &[&str], input: &[u8]) -> io::Result<Vec<u8>> {
    let mut process = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| io::Error::other(format!("{program}: {error}")))?;
    // Shorter than a pipe holds.
    process
        .stdin
        .take()
        .map_or(Ok(()), |mut stdin| stdin.write_all(input))?;
    let output = process.wait_with_output()?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(io::Error::other(format!("{program} {arguments:?}: {}", output.status)))
    }
}

fn decoded(wav: &[u8]) -> io::Result<Vec<i16>> {
    let (mut stream, mut pcm) = (WavStream::new(), Vec::new());
    stream.push(wav, &mut pcm).map_err(io::Error::other)?;
    let rate = stream.rate().ok_or_else(|| io::Error::other("no header"))?;
    let (mut resampler, mut sound) = (Resampler::new(rate, RATE).map_err(io::Error::other)?, Vec::new());
    resampler.push(&pcm, &mut sound);
    resampler.flush(&mut sound);
    Ok(sound)
}

fn loudened(sound: &[i16]) -> io::Result<Vec<i16>> {
    let power = sound.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>() / sound.len().max(1) as f64;
    if power <= 0.0 {
        return Err(io::Error::other("nothing was said"));
    }
    let gain = LOUDNESS / power.sqrt();
    // Float to integer saturates.
    Ok(sound.iter().map(|&sample| (gain * f64::from(sample)) as i16).collect())
}

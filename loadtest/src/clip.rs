//! Speech as paced Opus frames, from the built-in voice or PCM.

use std::io::{Cursor, Write};
use std::process::{Command, Stdio};

use colloquy_media::codec::{CodecError, Encoder, EncoderConfig, MAX_PACKET};
use colloquy_media::level::{self, AudioLevel};
use colloquy_media::resample::{ResampleError, Resampler};
use colloquy_media::{SENT_FRAME, SENT_RATE};

use crate::call::Frame;

/// A frame quieter than this is not voiced, in dBov.
const VOICED_DBOV: f32 = -45.0;
/// Callers sound like a browser, which encodes with this complexity.
const COMPLEXITY: u8 = 9;

/// Why a clip could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// The built-in voice is espeak-ng, run as a separate program.
    #[error("espeak-ng can't be run (is it installed?): {0}")]
    Voice(#[from] std::io::Error),
    /// What it said is no WAV file.
    #[error("not a WAV file: {0}")]
    Wav(#[from] hound::Error),
    /// Its rate is out of range.
    #[error(transparent)]
    Rate(#[from] ResampleError),
    /// It could not be encoded.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// There is no speech in it.
    #[error("nothing is voiced in {0:?}")]
    Silent(String),
}

/// A voice of espeak-ng.
#[derive(Clone, Copy, Debug)]
pub struct Voice(&'static str);

impl Voice {
    /// The voice of a language, by its English name.
    pub fn of(language: &str) -> Option<Self> {
        Some(Self(match language {
            "english" => "en-us",
            "french" => "fr-fr",
            "spanish" => "es",
            "german" => "de",
            "italian" => "it",
            "portuguese" => "pt",
            _ => return None,
        }))
    }

    /// Says a text: a WAV file.
    pub fn say(self, text: &str) -> Result<Vec<u8>, ClipError> {
        let mut espeak = Command::new("espeak-ng")
            .args(["--stdin", "--stdout", "-v", self.0, "-s", "140"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = espeak.stdin.take() {
            stdin.write_all(text.as_bytes())?;
        }
        Ok(espeak.wait_with_output()?.stdout)
    }
}

/// One utterance, encoded once, sent by any number of callers.
#[derive(Debug)]
pub struct Clip {
    /// The words.
    pub text: String,
    packets: Vec<(Vec<u8>, AudioLevel)>,
    voiced_frames: usize,
}

impl Clip {
    /// Has the built-in voice say a text.
    pub fn spoken(text: &str, voice: Voice) -> Result<Self, ClipError> {
        // A program that writes to a pipe can't know the length: what is there counts, not what the header says.
        let header = hound::WavReader::new(Cursor::new(voice.say(text)?))?;
        let rate = header.spec().sample_rate;
        let wav = header.into_inner();
        let at = usize::try_from(wav.position()).unwrap_or(usize::MAX);
        let samples = wav.get_ref().get(at..).unwrap_or_default().chunks_exact(2);
        let pcm: Vec<i16> = samples.map(|bytes| i16::from_le_bytes([bytes[0], bytes[1]])).collect();
        Self::of_pcm(text, &pcm, rate)
    }

    /// Encodes mono PCM of any rate from 8 to 48 kHz.
    pub fn of_pcm(text: &str, pcm: &[i16], rate: u32) -> Result<Self, ClipError> {
        let mut samples = Vec::new();
        let mut resampler = Resampler::new(rate, SENT_RATE)?;
        resampler.push(pcm, &mut samples);
        resampler.flush(&mut samples);
        samples.resize(samples.len().next_multiple_of(SENT_FRAME), 0);

        let mut encoder = Encoder::new(EncoderConfig {
            complexity: COMPLEXITY,
            bitrate: 32_000,
            dtx: false,
        })?;
        let mut packet = [0; MAX_PACKET];
        let mut packets = Vec::new();
        for frame in samples.chunks_exact(SENT_FRAME) {
            let length = encoder.encode(frame, &mut packet)?;
            let dbov = level::dbov(frame);
            packets.push((
                packet[..length].to_vec(),
                AudioLevel::from_dbov(dbov, dbov > VOICED_DBOV),
            ));
        }
        let voiced_frames = packets
            .iter()
            .rposition(|(_, level)| level.voice)
            .map(|last| last + 1)
            .ok_or_else(|| ClipError::Silent(text.to_owned()))?;
        Ok(Self {
            text: text.to_owned(),
            packets,
            voiced_frames,
        })
    }

    /// How many frames there are up to the last voiced one.
    pub fn voiced_frames(&self) -> usize {
        self.voiced_frames
    }

    /// The frame at `index`, which is below [`Self::voiced_frames`].
    pub fn frame(&self, index: usize) -> Frame<'_> {
        let (payload, level) = &self.packets[index];
        Frame { payload, level: *level }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_ends_with_its_last_voiced_frame() {
        let mut pcm = vec![0i16; 16_000];
        for (at, sample) in pcm[..8_000].iter_mut().enumerate() {
            *sample = ((at as f64 * 0.2).sin() * 8_000.0) as i16;
        }
        let clip = Clip::of_pcm("a tone and silence", &pcm, 16_000).expect("a clip");
        assert!((25..=27).contains(&clip.voiced_frames()), "{}", clip.voiced_frames());
        assert!(Clip::of_pcm("silence", &[0; 16_000], 16_000).is_err());
    }
}

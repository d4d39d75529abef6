//! Speech as paced Opus frames, from the built-in voice or PCM.

use std::io::{Cursor, Write};
use std::process::{Command, Stdio};

use colloquy_media::codec::{CodecError, Encoder, EncoderConfig, MAX_PACKET};
use colloquy_media::level::{self, AudioLevel};
use colloquy_media::resample::{ResampleError, Resampler};
use colloquy_media::{SENT_FRAME, SENT_RATE};

use crate::frame::Frame;

/// A frame quieter than this is not voiced, in dBov.
const VOICED_DBOV: f32 = -45.0;
/// Callers sound like a browser, which encodes with this complexity.
const COMPLEXITY: u8 = 9;

/// Unvoiced frames in a row that are no pause to anybody: consonants have as many.
const LONGEST_BREATH: usize = 3;

/// The rate of [`Clip::samples`], which the WebSockets take.
pub const PCM_RATE: u32 = 16_000;
/// Samples of 20 ms at that rate.
pub const PCM_FRAME: usize = 320;

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
    samples: Vec<i16>,
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

    /// Takes a WAV file of 16-bit samples; several channels are mixed.
    pub fn of_wav(text: &str, file: &[u8]) -> Result<Self, ClipError> {
        let mut reader = hound::WavReader::new(file)?;
        let spec = reader.spec();
        if spec.bits_per_sample != 16 || spec.sample_format != hound::SampleFormat::Int {
            return Err(hound::Error::Unsupported.into());
        }
        let samples = reader.samples::<i16>().collect::<Result<Vec<_>, _>>()?;
        let channels = i32::from(spec.channels.max(1));
        let mixed = samples.chunks_exact(usize::from(spec.channels.max(1))).map(|frame| {
            let sum: i32 = frame.iter().copied().map(i32::from).sum();
            // The mean of 16-bit samples is one.
            i16::try_from(sum / channels).unwrap_or_default()
        });
        Self::of_pcm(text, &mixed.collect::<Vec<_>>(), spec.sample_rate)
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
        let mut samples = Vec::new();
        let mut resampler = Resampler::new(rate, PCM_RATE)?;
        resampler.push(pcm, &mut samples);
        resampler.flush(&mut samples);
        samples.resize(packets.len() * PCM_FRAME, 0);
        Ok(Self {
            text: text.to_owned(),
            packets,
            voiced_frames,
            samples,
        })
    }

    /// The same without its pauses, as somebody speaks who is in a hurry: of a run of unvoiced frames three are left. It is spoken from
    /// the first voiced frame to the last.
    #[must_use]
    pub fn in_one_breath(&self) -> Self {
        let mut run = 0;
        let kept = |index: &usize| {
            run = if self.packets[*index].1.voice { 0 } else { run + 1 };
            run <= LONGEST_BREATH
        };
        let frames: Vec<usize> = (self.first_voiced()..self.voiced_frames).filter(kept).collect();
        Self {
            text: self.text.clone(),
            packets: frames.iter().map(|index| self.packets[*index].clone()).collect(),
            voiced_frames: frames.len(),
            samples: frames.iter().flat_map(|index| self.samples(*index)).copied().collect(),
        }
    }

    /// How many frames there are up to the last voiced one.
    pub fn voiced_frames(&self) -> usize {
        self.voiced_frames
    }

    /// The first voiced frame.
    pub fn first_voiced(&self) -> usize {
        let voiced = self.packets.iter().position(|(_, level)| level.voice);
        voiced.unwrap_or_default()
    }

    /// Where one would hesitate: before the quietest frame of its middle third.
    pub fn pause_at(&self) -> usize {
        let (first, last) = (self.first_voiced(), self.voiced_frames);
        let third = (last - first) / 3;
        (first + third..last - third)
            .max_by_key(|&index| self.packets[index].1.below_overload)
            .unwrap_or(first)
    }

    /// The sound of a frame at [`PCM_RATE`], for what carries no Opus.
    pub fn samples(&self, index: usize) -> &[i16] {
        &self.samples[index * PCM_FRAME..(index + 1) * PCM_FRAME]
    }

    /// All of it at [`PCM_RATE`].
    pub fn all_samples(&self) -> &[i16] {
        &self.samples
    }

    /// The frame at `index`, which is below [`Self::voiced_frames`].
    pub fn frame(&self, index: usize) -> Frame<'_> {
        let (payload, level) = &self.packets[index];
        Frame { payload, level: *level }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use super::*;

    /// Half a second of a tone.
    pub(crate) fn tone(text: &str) -> Arc<Clip> {
        let pcm: Vec<i16> = (0..8_000)
            .map(|at| ((f64::from(at) * 0.2).sin() * 8_000.0) as i16)
            .collect();
        Arc::new(Clip::of_pcm(text, &pcm, PCM_RATE).expect("a clip"))
    }

    #[test]
    fn one_hesitates_where_it_is_quietest_in_the_middle() {
        let pcm: Vec<i16> = (0..16_000)
            .map(|at| {
                let loudness = if (8_000..8_640).contains(&at) { 10.0 } else { 8_000.0 };
                ((f64::from(at) * 0.2).sin() * loudness) as i16
            })
            .collect();
        let clip = Clip::of_pcm("two tones", &pcm, PCM_RATE).expect("a clip");
        assert!((25..=26).contains(&clip.pause_at()), "{}", clip.pause_at());
        assert_eq!(clip.samples(0).len(), PCM_FRAME);
        assert!(clip.all_samples().len() >= pcm.len());
    }

    #[test]
    fn in_one_breath_there_are_no_pauses() {
        let pcm: Vec<i16> = (0..16_000)
            .map(|at| {
                let loudness = if (6_400..9_600).contains(&at) { 0.0 } else { 8_000.0 };
                ((f64::from(at) * 0.2).sin() * loudness) as i16
            })
            .collect();
        let clip = Clip::of_pcm("two tones", &pcm, PCM_RATE).expect("a clip");
        let hurried = clip.in_one_breath();
        // Of 200 ms of silence 60 are left.
        let fewer = clip.voiced_frames() - clip.first_voiced() - hurried.voiced_frames();
        assert!((6..=8).contains(&fewer), "{fewer}");
        assert_eq!(hurried.first_voiced(), 0);
        assert_eq!(hurried.all_samples().len(), hurried.voiced_frames() * PCM_FRAME);
        let voiced = |clip: &Clip| {
            (0..clip.voiced_frames())
                .filter(|at| clip.frame(*at).level.voice)
                .count()
        };
        assert_eq!(voiced(&hurried), voiced(&clip));
    }

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

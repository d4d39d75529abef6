//! Speech that is encoded once and said again.

use std::time::Duration;

use crate::codec::{CodecError, Encoder, EncoderConfig, MAX_PACKET};
use crate::resample::{ResampleError, Resampler};
use crate::{SENT_FRAME, SENT_RATE, level};

/// Why speech can't be encoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpeechError {
    /// Its rate isn't one of speech.
    #[error(transparent)]
    Rate(#[from] ResampleError),
    /// The encoder failed.
    #[error(transparent)]
    Codec(#[from] CodecError),
}

/// Speech as Opus packets of 20 ms: about 3 kB a second at 24 kbit/s, and no work to send.
#[derive(Clone, PartialEq, Eq)]
pub struct EncodedSpeech {
    bytes: Box<[u8]>,
    packets: Box<[Entry]>,
    samples: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Entry {
    /// Where the packet ends in the bytes.
    end: u32,
    /// In -dBov.
    below_overload: u8,
}

impl EncodedSpeech {
    /// Encodes mono speech of any rate of 8 to 48 kHz.
    pub fn encode(pcm: &[i16], rate: u32, complexity: u8) -> Result<Self, SpeechError> {
        let mut sound = Vec::with_capacity(
            (pcm.len() as u64 * u64::from(SENT_RATE) / u64::from(rate.max(1))) as usize + SENT_FRAME,
        );
        let mut resampler = Resampler::new(rate, SENT_RATE)?;
        resampler.push(pcm, &mut sound);
        resampler.flush(&mut sound);
        let samples = sound.len() as u64;
        sound.resize(sound.len().next_multiple_of(SENT_FRAME), 0);

        let mut encoder = Encoder::new(EncoderConfig {
            complexity,
            ..EncoderConfig::default()
        })?;
        let mut bytes = Vec::new();
        let mut packets = Vec::with_capacity(sound.len() / SENT_FRAME);
        let mut packet = [0; MAX_PACKET];
        for frame in sound.chunks_exact(SENT_FRAME) {
            let length = encoder.encode(frame, &mut packet)?;
            bytes.extend_from_slice(&packet[..length]);
            let below_overload = (-level::dbov(frame)).round() as u8;
            packets.push(Entry {
                end: bytes.len() as u32,
                below_overload,
            });
        }
        Ok(Self {
            bytes: bytes.into(),
            packets: packets.into(),
            samples,
        })
    }

    /// How many packets there are.
    pub fn packets(&self) -> usize {
        self.packets.len()
    }

    /// A packet and its level in dBov.
    pub fn packet(&self, index: usize) -> Option<(&[u8], f32)> {
        let entry = self.packets.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.packets[before].end);
        Some((
            &self.bytes[start as usize..entry.end as usize],
            -f32::from(entry.below_overload),
        ))
    }

    /// How long it lasts.
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.samples * 1_000_000 / u64::from(SENT_RATE))
    }

    /// How long it is, in samples at [`SENT_RATE`]; the last packet may be longer.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// What it takes in memory, in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len() + size_of_val(&*self.packets)
    }
}

impl std::fmt::Debug for EncodedSpeech {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "EncodedSpeech({} packets, {} bytes)",
            self.packets(),
            self.bytes.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_packet_is_padded_and_the_length_is_exact() {
        let speech = EncodedSpeech::encode(&[500; 24_000 / 2 + 100], 24_000, 5).unwrap();
        assert_eq!(speech.samples(), 12_100);
        assert_eq!(speech.packets(), 26);
        assert!(speech.packet(25).is_some());
        assert!(speech.packet(26).is_none());
    }

    #[test]
    fn nothing_is_no_packets_and_no_rate_is_an_error() {
        assert_eq!(EncodedSpeech::encode(&[], 16_000, 5).unwrap().packets(), 0);
        assert!(EncodedSpeech::encode(&[1], 0, 5).is_err());
    }

    #[test]
    fn a_second_takes_a_few_kilobytes() {
        let speech = EncodedSpeech::encode(&vec![500; 16_000], 16_000, 5).unwrap();
        assert!(speech.size() < 6_000, "{}", speech.size());
    }
}

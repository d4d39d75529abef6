//! Opus packets of a container to mono sound.

use ::opus::{Channels, Decoder};

use super::DecodeError;

/// The rate that Opus is decoded at, in Hz.
pub(super) const RATE: u32 = 48_000;
/// The longest packet, 120 ms, in samples.
const LONGEST_PACKET: usize = 5_760;
/// What the pre-skip is where no header tells it, in samples: as libopus has it.
const PRE_SKIP: usize = 312;

/// A stream of packets.
pub(super) struct OpusPackets {
    decoder: Decoder,
    buffer: Vec<i16>,
    /// Samples at the start that are the codec's delay.
    skip: usize,
}

impl OpusPackets {
    /// With the identification header, if there is one (RFC 7845, section 5.1).
    pub fn new(header: Option<&[u8]>) -> Result<Self, DecodeError> {
        let header = header.filter(|header| header.starts_with(b"OpusHead"));
        // Mapping families above 0 join several streams in each packet.
        if header
            .and_then(|header| header.get(18))
            .is_some_and(|family| *family != 0)
        {
            return Err(DecodeError::Unsupported("Opus with more than two channels"));
        }
        let pre_skip = header.and_then(|header| header.get(10..12));
        let skip = pre_skip.map_or(PRE_SKIP, |field| usize::from(u16::from_le_bytes([field[0], field[1]])));
        let decoder =
            Decoder::new(RATE, Channels::Mono).map_err(|error| DecodeError::Corrupt(format!("Opus: {error}")))?;
        Ok(Self {
            decoder,
            buffer: vec![0; LONGEST_PACKET],
            skip,
        })
    }

    /// Appends what a packet holds; false if it holds nothing that can be decoded.
    pub fn decode(&mut self, packet: &[u8], samples: &mut Vec<i16>) -> bool {
        if packet.is_empty() {
            return false;
        }
        let Ok(length) = self.decoder.decode(packet, &mut self.buffer, false) else {
            return false;
        };
        let skipped = self.skip.min(length);
        self.skip -= skipped;
        samples.extend_from_slice(&self.buffer[skipped..length]);
        true
    }
}

//! From 24 kHz mono to packets of 20 ms.

use super::CodecError;
use crate::{SENT_FRAME, SENT_RATE};

/// The longest packet that the encoder makes, in bytes: fits a datagram on any path, and no speech needs more.
pub const MAX_PACKET: usize = 1_200;

/// At 24 to 32 kbit/s libopus makes no copies for an expected loss of up to 5%; so at least this many percent are expected.
const LEAST_LOSS: i32 = 10;

/// How to encode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncoderConfig {
    /// Effort, 0 to 10: more sounds better and takes longer (52 µs a frame at 0, 116 at 5, 244 at 9).
    pub complexity: u8,
    /// Bits a second.
    pub bitrate: u32,
    /// Whether the encoder may answer silence with packets of one byte that need not be sent (DTX).
    pub dtx: bool,
}

impl Default for EncoderConfig {
    fn default() -> Self {
        Self {
            complexity: 5,
            bitrate: 24_000,
            dtx: false,
        }
    }
}

/// An Opus encoder for speech, 24 kHz mono (super-wideband). What it makes is decoded at any rate.
#[derive(Debug)]
pub struct Encoder {
    opus: ::opus::Encoder,
    complexity: u8,
    loss: i32,
    bitrate: u32,
}

impl Encoder {
    /// An encoder in its first state.
    pub fn new(config: EncoderConfig) -> Result<Self, CodecError> {
        let mut opus = ::opus::Encoder::new(SENT_RATE, ::opus::Channels::Mono, ::opus::Application::Voip)?;
        opus.set_complexity(i32::from(config.complexity.min(10)))?;
        opus.set_bitrate(bits(config.bitrate))?;
        opus.set_signal(::opus::Signal::Voice)?;
        opus.set_dtx(config.dtx)?;
        Ok(Self {
            opus,
            complexity: config.complexity,
            loss: 0,
            bitrate: config.bitrate,
        })
    }

    /// Encodes one frame of 20 ms into `packet`; the answer is the packet's length. With DTX on, a packet of one or two
    /// bytes need not be sent.
    pub fn encode(&mut self, pcm: &[i16], packet: &mut [u8]) -> Result<usize, CodecError> {
        if pcm.len() != SENT_FRAME {
            return Err(CodecError::Refused("a frame is 20 ms"));
        }
        Ok(self.opus.encode(pcm, packet)?)
    }

    /// The part of packets that the listener reports lost, 0 to 1: from 1% on, packets carry a copy of the one before.
    pub fn set_loss(&mut self, fraction: f32) {
        let percent = match (fraction.clamp(0.0, 1.0) * 100.0).round() as i32 {
            0 => 0,
            percent => percent.max(LEAST_LOSS),
        };
        if percent == self.loss {
            return;
        }
        // Both settings are in range, so libopus takes them; if it ever refused, speech would go on without copies.
        let taken = self
            .opus
            .set_inband_fec(percent > 0)
            .and_then(|()| self.opus.set_packet_loss_perc(percent));
        if taken.is_ok() {
            self.loss = percent;
        }
    }

    /// Bits a second, 6,000 to 128,000.
    pub fn set_bitrate(&mut self, bitrate: u32) {
        // In range, so libopus takes it; it does no harm to speak with more bits than are wanted.
        if bitrate != self.bitrate && self.opus.set_bitrate(bits(bitrate)).is_ok() {
            self.bitrate = bitrate;
        }
    }

    /// Effort, 0 to 10.
    pub fn set_complexity(&mut self, complexity: u8) {
        if complexity == self.complexity {
            return;
        }
        // In range, so libopus takes it.
        let _ = self.opus.set_complexity(i32::from(complexity.min(10)));
        self.complexity = complexity;
    }

    /// Forgets the sound so far: the next frame starts afresh.
    pub fn reset(&mut self) {
        // Resetting has no failure in libopus.
        let _ = self.opus.reset_state();
    }
}

fn bits(bitrate: u32) -> ::opus::Bitrate {
    ::opus::Bitrate::Bits(bitrate.clamp(6_000, 128_000) as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_of_another_length_is_refused() {
        let mut encoder = Encoder::new(EncoderConfig::default()).unwrap();
        assert!(encoder.encode(&[0; SENT_FRAME / 2], &mut [0; MAX_PACKET]).is_err());
    }

    #[test]
    fn the_bitrate_follows_in_the_middle_of_speech() {
        let mut encoder = Encoder::new(EncoderConfig::default()).unwrap();
        let mut packet = [0; MAX_PACKET];
        let mut phase = 0.0f32;
        let mut second = |encoder: &mut Encoder| -> usize {
            (0..50)
                .map(|_| {
                    let frame: Vec<i16> = (0..SENT_FRAME)
                        .map(|_| {
                            phase = (phase + 130.0 / SENT_RATE as f32).fract();
                            ((-phase * 12.0).exp() * (phase * 40.0).sin() * 16_000.0) as i16
                        })
                        .collect();
                    encoder.encode(&frame, &mut packet).unwrap()
                })
                .sum()
        };
        second(&mut encoder);
        let before = second(&mut encoder);
        encoder.set_bitrate(12_000);
        second(&mut encoder);
        let after = second(&mut encoder);
        assert!(after * 3 < before * 2, "{before} bytes, then {after}");
    }

    #[test]
    fn with_dtx_long_silence_needs_no_packets() {
        let mut encoder = Encoder::new(EncoderConfig {
            dtx: true,
            ..EncoderConfig::default()
        })
        .unwrap();
        let mut packet = [0; MAX_PACKET];
        let lengths: Vec<usize> = (0..50)
            .map(|_| encoder.encode(&[0; SENT_FRAME], &mut packet).unwrap())
            .collect();
        assert!(
            lengths[20..].iter().filter(|&&length| length <= 2).count() > 20,
            "{lengths:?}"
        );
    }
}

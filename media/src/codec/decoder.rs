//! From packets to 16 kHz mono, with lost packets made up for.

use super::{CodecError, has_copy_of_previous};
use crate::HEARD_RATE;

/// The longest packet, 120 ms, in samples at 16 kHz.
const LONGEST: usize = 1_920;
/// The shortest frame, 2.5 ms: libopus conceals in multiples of it. In samples at 16 kHz.
const SHORTEST: usize = 40;
/// How long a made-up sound keeps its level, in samples at 16 kHz: 100 ms.
const KEEP: usize = 1_600;
/// How long it then takes to fade out, in samples at 16 kHz: 40 ms.
const FADE: usize = 640;

/// How a lost packet was made up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// From the copy in the packet after it.
    Copy,
    /// By extrapolation.
    Concealed,
}

/// An Opus decoder to 16 kHz mono, of packets of any legal duration, mono or stereo.
#[derive(Debug)]
pub struct Decoder {
    opus: ::opus::Decoder,
    buffer: Box<[i16; LONGEST]>,
    /// Samples concealed since the last packet.
    concealed: usize,
}

impl Decoder {
    /// A decoder in its first state.
    pub fn new() -> Result<Self, CodecError> {
        let opus = ::opus::Decoder::new(HEARD_RATE, ::opus::Channels::Mono)?;
        Ok(Self {
            opus,
            buffer: Box::new([0; LONGEST]),
            concealed: 0,
        })
    }

    /// Decodes a packet.
    pub fn decode(&mut self, packet: &[u8]) -> Result<&[i16], CodecError> {
        if packet.is_empty() {
            return Err(CodecError::InvalidPacket);
        }
        let samples = self.opus.decode(packet, &mut self.buffer[..], false)?;
        self.concealed = 0;
        Ok(&self.buffer[..samples])
    }

    /// Makes up for a loss of `samples` (at 16 kHz, at most 120 ms are given) right before the packet `next`.
    pub fn recover(&mut self, next: &[u8], samples: usize) -> (&[i16], Recovery) {
        if !has_copy_of_previous(next) {
            return (self.conceal(samples), Recovery::Concealed);
        }
        let samples = whole(samples);
        match self.opus.decode(next, &mut self.buffer[..samples], true) {
            Ok(samples) => {
                self.concealed = 0;
                (&self.buffer[..samples], Recovery::Copy)
            }
            Err(_) => (self.conceal(samples), Recovery::Concealed),
        }
    }

    /// Continues the sound for `samples` (at 16 kHz, at most 120 ms are given): full for 100 ms, then fading to silence.
    pub fn conceal(&mut self, samples: usize) -> &[i16] {
        let samples = whole(samples);
        let output = &mut self.buffer[..samples];
        if self.concealed >= KEEP + FADE {
            output.fill(0);
            return output;
        }
        if samples == 0 || self.opus.decode(&[], output, false).is_err() {
            output.fill(0);
        }
        for (n, sample) in output.iter_mut().enumerate() {
            let left = (KEEP + FADE).saturating_sub(self.concealed + n).min(FADE);
            *sample = (i32::from(*sample) * left as i32 / FADE as i32) as i16;
        }
        self.concealed += samples;
        output
    }
}

/// A number of samples that libopus can make up.
fn whole(samples: usize) -> usize {
    samples.min(LONGEST) / SHORTEST * SHORTEST
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Encoder, EncoderConfig, MAX_PACKET};
    use crate::level::dbov;
    use crate::{SENT_FRAME, SENT_RATE};
    use proptest::prelude::*;

    /// One second of a voice-like sound in packets: pulses at 120 Hz whose pitch and level wander.
    fn packets(config: EncoderConfig, loss: f32) -> Vec<Vec<u8>> {
        let mut encoder = Encoder::new(config).unwrap();
        encoder.set_loss(loss);
        let mut phase = 0.0f32;
        (0..50)
            .map(|frame| {
                let pitch = 120.0 + 30.0 * (frame as f32 * 0.2).sin();
                let pcm: Vec<i16> = (0..SENT_FRAME)
                    .map(|_| {
                        phase = (phase + pitch / SENT_RATE as f32).fract();
                        ((-phase * 12.0).exp() * (phase * 40.0).sin() * 16_000.0) as i16
                    })
                    .collect();
                let mut packet = [0; MAX_PACKET];
                let length = encoder.encode(&pcm, &mut packet).unwrap();
                packet[..length].to_vec()
            })
            .collect()
    }

    #[test]
    fn a_lost_packet_is_taken_from_the_copy_in_the_next() {
        let packets = packets(EncoderConfig::default(), 0.02);
        let mut decoder = Decoder::new().unwrap();
        let mut copies = 0;
        for pair in packets.chunks(2) {
            decoder.decode(&pair[0]).unwrap();
            let (sound, recovery) = decoder.recover(&pair[1], 320);
            assert_eq!(sound.len(), 320);
            copies += usize::from(recovery == Recovery::Copy);
        }
        assert!(copies > 15, "{copies} of 25");
    }

    #[test]
    fn without_reported_loss_no_copies_are_sent() {
        assert!(
            packets(EncoderConfig::default(), 0.0)
                .iter()
                .all(|packet| !has_copy_of_previous(packet))
        );
    }

    #[test]
    fn concealment_sounds_for_100_ms_and_then_fades_to_silence() {
        let mut decoder = Decoder::new().unwrap();
        for packet in packets(EncoderConfig::default(), 0.0) {
            decoder.decode(&packet).unwrap();
        }
        let levels: Vec<f32> = (0..10).map(|_| dbov(decoder.conceal(320))).collect();
        assert!(levels[0] > -50.0, "{levels:?}");
        assert!(
            levels[7..].iter().all(|&level| level == crate::level::SILENCE_DBOV),
            "{levels:?}"
        );
    }

    #[test]
    fn a_stereo_packet_is_heard_as_mono() {
        let mut encoder = ::opus::Encoder::new(48_000, ::opus::Channels::Stereo, ::opus::Application::Audio).unwrap();
        let packet = encoder.encode_vec(&vec![1_000; 960 * 2], 1_000).unwrap();
        assert_eq!(Decoder::new().unwrap().decode(&packet).unwrap().len(), 320);
    }

    #[test]
    fn packets_of_every_legal_duration_are_decoded() {
        for tenths in [25, 50, 100, 200, 400, 600, 800, 1_000, 1_200] {
            let mut encoder = ::opus::Encoder::new(48_000, ::opus::Channels::Mono, ::opus::Application::Voip).unwrap();
            let packet = encoder.encode_vec(&vec![500; 48 * tenths / 10], 1_500).unwrap();
            assert_eq!(Decoder::new().unwrap().decode(&packet).unwrap().len(), 16 * tenths / 10);
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_decoded_or_refused(
            packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 1..20),
            lost in 0usize..3_000,
        ) {
            let mut decoder = Decoder::new().unwrap();
            for packet in &packets {
                if let Ok(sound) = decoder.decode(packet) {
                    prop_assert!(sound.len() <= LONGEST);
                }
                prop_assert!(decoder.recover(packet, lost).0.len() <= LONGEST);
                prop_assert!(decoder.conceal(lost).len() <= LONGEST);
            }
        }
    }
}

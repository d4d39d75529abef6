//! The codec floor: what conversations would cost if a server did nothing but decode what callers send and encode what the agent
//! says. It is what a server is measured against.
//!
//! One definition: of each conversation, every packet of an open microphone is decoded, 50 a second, and each frame that the agent
//! speaks is encoded. The agent's silence is not, since it is never sent. Sockets, encryption, voice activity and all the rest are
//! not part of it.
//!
//! A server has a decoder and an encoder for each of its conversations, and they take turns: what one of them needs isn't in the
//! processor's caches any more when it has its turn again. So it is measured with as many as there are conversations. One that
//! works alone costs a fifth less, which nobody can have who has a second conversation.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::codec::{CodecError, Decoder, Encoder, EncoderConfig, MAX_PACKET};
use crate::{FRAME, SENT_FRAME};

/// What the codec costs, each for one frame of 20 ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// Decoding a packet of a caller's.
    pub decode: Duration,
    /// Encoding a frame of the agent's.
    pub encode: Duration,
}

impl Floor {
    /// Measures it: `conversations` take turns in decoding `packets` and in encoding the frames of `sound`
    /// ([`SENT_RATE`](crate::SENT_RATE)) at `complexity`, each at another place of them, `frames` times. `clock` tells the time
    /// spent so far, of the processor or on the wall.
    ///
    /// # Errors
    /// When there is no sound to work on, or the codec refuses it.
    pub fn measure(
        packets: &[impl AsRef<[u8]>],
        sound: &[i16],
        complexity: u8,
        (conversations, frames): (NonZeroUsize, NonZeroUsize),
        mut clock: impl FnMut() -> Duration,
    ) -> Result<Self, CodecError> {
        let (sound, _) = sound.as_chunks::<SENT_FRAME>();
        if packets.is_empty() || sound.is_empty() {
            return Err(CodecError::Refused("the floor is measured with sound"));
        }
        let config = EncoderConfig {
            complexity,
            ..EncoderConfig::default()
        };
        let mut decoders = (0..conversations.get())
            .map(|_| Decoder::new())
            .collect::<Result<Vec<_>, _>>()?;
        let mut encoders = (0..conversations.get())
            .map(|_| Encoder::new(config))
            .collect::<Result<Vec<_>, _>>()?;
        let place = |conversation: usize, length: usize| conversation * length / conversations;
        let mut made = [0; MAX_PACKET];
        let (mut decode, mut encode) = (Duration::ZERO, Duration::ZERO);
        for frame in 0..frames.get() {
            let began = clock();
            for (conversation, decoder) in decoders.iter_mut().enumerate() {
                let at = (place(conversation, packets.len()) + frame) % packets.len();
                decoder.decode(packets[at].as_ref())?;
            }
            let decoded = clock();
            for (conversation, encoder) in encoders.iter_mut().enumerate() {
                let at = (place(conversation, sound.len()) + frame) % sound.len();
                encoder.encode(&sound[at], &mut made)?;
            }
            decode += decoded.saturating_sub(began);
            encode += clock().saturating_sub(decoded);
        }
        let each = |spent: Duration| spent.div_f64(conversations.get() as f64 * frames.get() as f64);
        Ok(Self {
            decode: each(decode),
            encode: each(encode),
        })
    }

    /// The part of a core that a conversation costs in which the agent speaks for this part of the time, both from 0 to 1.
    pub fn share(&self, agent_talking: f64) -> f64 {
        let frame = self.decode.as_secs_f64() + agent_talking.clamp(0.0, 1.0) * self.encode.as_secs_f64();
        frame / FRAME.as_secs_f64()
    }

    /// How many such conversations a core would carry; none is finite that costs nothing.
    pub fn conversations(&self, agent_talking: f64) -> f64 {
        1.0 / self.share(agent_talking)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_costs_its_packets_and_what_the_agent_says() {
        let floor = Floor {
            decode: Duration::from_micros(20),
            encode: Duration::from_micros(100),
        };
        assert!((floor.share(0.4) - 0.003).abs() < 1e-9, "60 us of 20 ms");
        assert!((floor.conversations(0.4) - 333.3).abs() < 0.1);
        assert!((floor.conversations(0.0) - 1_000.0).abs() < 1e-6);
        assert!(floor.conversations(1.0) < floor.conversations(0.4));
    }

    #[test]
    fn each_frame_costs_its_part_of_what_the_clock_tells() {
        let sound: Vec<i16> = (0..SENT_FRAME * 5).map(|n| (n as i16 % 100) * 80).collect();
        let mut encoder = Encoder::new(EncoderConfig::default()).unwrap();
        let mut packet = [0; MAX_PACKET];
        let packets: Vec<Vec<u8>> = sound
            .chunks_exact(SENT_FRAME)
            .map(|frame| {
                let length = encoder.encode(frame, &mut packet).unwrap();
                packet[..length].to_vec()
            })
            .collect();
        let size = |conversations, frames| {
            let some = |count| NonZeroUsize::new(count).unwrap();
            (some(conversations), some(frames))
        };
        let mut told = [0, 1_000, 5_000, 5_000, 6_000, 10_000]
            .into_iter()
            .map(Duration::from_micros);
        let floor = Floor::measure(&packets, &sound, 5, size(10, 2), || told.next().unwrap()).unwrap();
        assert_eq!(
            (floor.decode.as_micros(), floor.encode.as_micros()),
            (100, 400),
            "ten of each, twice"
        );
        assert!(Floor::measure(&[] as &[&[u8]], &sound, 5, size(1, 1), Duration::default).is_err());
        assert!(Floor::measure(&packets, &[], 5, size(1, 1), Duration::default).is_err());
    }
}

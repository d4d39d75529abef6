//! A microphone that sends what it hears as RTP packets of Opus, as a browser does. Shared with the tests of `agents`.

use bytes::Bytes;
use colloquy_media::codec::{Encoder, EncoderConfig, MAX_PACKET};
use colloquy_media::level::{AudioLevel, dbov};
use colloquy_media::red::Packer;
use colloquy_media::resample::Resampler;
use colloquy_media::uplink::RtpPacket;
use colloquy_media::{RTP_FRAME, SENT_FRAME, SENT_RATE};

use crate::network::Conditions;

pub struct Microphone {
    encoder: Encoder,
    resampler: Resampler,
    sound: Vec<i16>,
    sent: u16,
    first: (u16, u32),
    packer: Packer,
    /// Copies of earlier packets in each packet (RED).
    pub copies: u8,
    /// The client sends RFC 6464 levels.
    pub levels: bool,
}

impl Microphone {
    pub fn new(conditions: &Conditions, complexity: u8, levels: bool) -> Self {
        let mut encoder = Encoder::new(EncoderConfig {
            bitrate: 32_000,
            complexity,
            ..EncoderConfig::default()
        })
        .unwrap();
        // As a browser does, once its receiver reports tell of loss.
        encoder.set_loss(conditions.mean_loss() as f32);
        Self {
            encoder,
            resampler: Resampler::new(16_000, SENT_RATE).unwrap(),
            sound: Vec::new(),
            sent: 0,
            // Both wrap within a second.
            first: (65_520, u32::MAX - 20_000),
            packer: Packer::new(111),
            copies: 0,
            levels,
        }
    }

    /// Hears a frame of 16 kHz sound. The packet that it completes, if it does.
    pub fn hear(&mut self, frame: &[i16]) -> Option<RtpPacket> {
        self.resampler.push(frame, &mut self.sound);
        if self.sound.len() < SENT_FRAME {
            return None;
        }
        let level = dbov(frame);
        let mut packet = [0; MAX_PACKET];
        let length = self.encoder.encode(&self.sound[..SENT_FRAME], &mut packet).unwrap();
        self.sound.drain(..SENT_FRAME);
        let payload = Bytes::copy_from_slice(&packet[..length]);
        let timestamp = self.first.1.wrapping_add(u32::from(self.sent) * RTP_FRAME);
        let packed = self.packer.pack(&payload, timestamp, self.copies);
        let packet = RtpPacket {
            sequence: self.first.0.wrapping_add(self.sent),
            timestamp,
            is_redundant: packed.is_some(),
            payload: packed.unwrap_or(payload),
            level: self.levels.then(|| AudioLevel::from_dbov(level, level > -45.0)),
        };
        self.sent += 1;
        Some(packet)
    }
}

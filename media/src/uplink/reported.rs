//! Silence as the client reports it (RFC 6464): packets that need no decoding until somebody speaks.

use std::collections::VecDeque;

use crate::jitter::Packet;
use crate::level::AudioLevel;

/// Packets above the client's own floor by this are sound, in dB.
const MARGIN: f32 = 8.0;
/// Where the gate may lie, in dBov: nothing louder is taken for silence, nothing quieter for sound.
const GATE: std::ops::RangeInclusive<f32> = -70.0..=-52.0;
/// Packets without the V bit may be this loud and still be silence, once the client has been seen to use the bit.
const UNVOICED: f32 = -38.0;
/// How far the floor rises with each packet, in dB: 2 dB a second.
const RISE: f32 = 0.04;

/// Tells reported silence from reported sound.
#[derive(Clone, Debug)]
pub struct ReportedLevel {
    floor: f32,
    /// The client sets the V bit at times, so its absence means something.
    marks_voice: bool,
}

impl Default for ReportedLevel {
    fn default() -> Self {
        Self {
            floor: -70.0,
            marks_voice: false,
        }
    }
}

impl ReportedLevel {
    /// Whether a packet of this level is silence.
    pub fn is_silence(&mut self, level: AudioLevel) -> bool {
        let dbov = level.dbov();
        self.marks_voice |= level.voice;
        self.floor = (self.floor + RISE).min(dbov);
        let gate = (self.floor + MARGIN).clamp(*GATE.start(), *GATE.end());
        dbov < gate || (self.marks_voice && !level.voice && dbov < UNVOICED)
    }
}

/// The latest packets of reported silence, still encoded.
#[derive(Debug)]
pub struct PreRoll {
    packets: VecDeque<Packet>,
    /// In samples at 48 kHz.
    duration: u64,
    limit: u64,
}

impl PreRoll {
    /// Keeps at most `limit` samples at 48 kHz, in packets.
    pub fn new(limit: u64) -> Self {
        Self {
            packets: VecDeque::with_capacity(limit as usize / 960 + 1),
            duration: 0,
            limit,
        }
    }

    /// Keeps a packet.
    pub fn push(&mut self, packet: Packet) {
        self.duration += packet.duration;
        self.packets.push_back(packet);
    }

    /// The oldest packet, if there are more than are to be kept.
    pub fn pop_excess(&mut self) -> Option<Packet> {
        if self.duration > self.limit { self.pop() } else { None }
    }

    /// The oldest packet.
    pub fn pop(&mut self) -> Option<Packet> {
        let packet = self.packets.pop_front()?;
        self.duration -= packet.duration;
        Some(packet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(dbov: f32, voice: bool) -> AudioLevel {
        AudioLevel::from_dbov(dbov, voice)
    }

    #[test]
    fn speech_is_sound_and_a_quiet_room_is_silence() {
        let mut reported = ReportedLevel::default();
        assert!(reported.is_silence(level(-80.0, false)));
        assert!(reported.is_silence(AudioLevel::SILENCE));
        assert!(!reported.is_silence(level(-30.0, true)));
        assert!(!reported.is_silence(level(-45.0, true)));
    }

    #[test]
    fn a_client_that_never_marks_voice_is_judged_by_level() {
        let mut reported = ReportedLevel::default();
        assert!(!reported.is_silence(level(-45.0, false)));
    }

    #[test]
    fn a_client_that_marks_voice_is_believed_about_noise() {
        let mut reported = ReportedLevel::default();
        reported.is_silence(level(-30.0, true));
        assert!(reported.is_silence(level(-45.0, false)));
        assert!(!reported.is_silence(level(-20.0, false)));
    }
}

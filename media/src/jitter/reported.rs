//! Silence as the client reports it (RFC 6464).

use crate::level::AudioLevel;

/// Packets above the client's own floor by this are sound, in dB.
const MARGIN: f32 = 8.0;
/// Where the gate may lie, in dBov: nothing louder is taken for silence, nothing quieter for sound.
const GATE: std::ops::RangeInclusive<f32> = -70.0..=-52.0;
/// Packets without the V bit may be this loud and still be silence, once the client has been seen to use the bit.
const UNVOICED: f32 = -38.0;
/// How far the floor rises with each packet, in dB: 2 dB a second.
const RISE: f32 = 0.04;

/// What a packet is, by what the client says of its level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reported {
    /// Nobody speaks in it.
    Silence,
    /// Somebody may.
    Sound,
    /// It says nothing.
    #[default]
    Nothing,
}

/// Tells reported silence from reported sound.
#[derive(Clone, Debug)]
pub(super) struct ReportedLevel {
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
    /// What the next packet is, by its level.
    pub(super) fn judge(&mut self, level: AudioLevel) -> Reported {
        match self.is_silence(level) {
            true => Reported::Silence,
            false => Reported::Sound,
        }
    }

    fn is_silence(&mut self, level: AudioLevel) -> bool {
        let dbov = level.dbov();
        self.marks_voice |= level.voice;
        self.floor = (self.floor + RISE).min(dbov);
        let gate = (self.floor + MARGIN).clamp(*GATE.start(), *GATE.end());
        dbov < gate || (self.marks_voice && !level.voice && dbov < UNVOICED)
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

//! Voice activity: is somebody speaking in this frame, and since when.
//!
//! A [`VoiceActivity`] judges one frame by its sound. [`SpeechDetector`] puts an energy gate over an adaptive noise floor
//! in front of it and smooths its verdicts into named states.

mod floor;
mod smoothing;
mod span;
mod voice;

use std::time::Duration;

pub use self::floor::NoiseFloor;
pub use self::smoothing::{Activity, Smoother, Strictness};
pub use self::span::{voice_in_room, voiced_span};
pub use self::voice::{EarshotVoice, VoiceActivity, VoiceKind, WebrtcVoice};

use crate::HEARD_FRAME;
use crate::level;

/// Probability from which a frame is voice.
const VOICE: f32 = 0.5;
/// The same while the agent speaks: what is left of its echo must not count.
const VOICE_STRICT: f32 = 0.65;
/// How far above the noise floor voice is, in dB.
const MARGIN: f32 = 3.0;
/// The same while the agent speaks, in dB.
const MARGIN_STRICT: f32 = 8.0;
/// No voice is quieter than this, in dBov.
const AUDIBLE: f32 = -58.0;
/// Sound this far under the speaker's recent level is the tail of a word or the room, in dB.
const TAIL: f32 = 30.0;
/// How fast the memory of the speaker's level fades, in dB a frame: 10 dB a second.
const LEVEL_DECAY: f32 = 0.2;

/// What a frame was found to hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// This frame is voice, by itself.
    pub voiced: bool,
    /// Probability of voice, 0 to 1.
    pub probability: f32,
    /// Level, in dBov.
    pub level: f32,
    /// The smoothed state after this frame.
    pub activity: Activity,
    /// Time since the end of the last frame of sustained voice; zero while there is voice.
    pub silence: Duration,
}

/// Voice activity of one stream. See the [module](self).
pub struct SpeechDetector {
    voice: Box<dyn VoiceActivity>,
    floor: NoiseFloor,
    smoother: Smoother,
    strictness: Strictness,
    speaker_level: f32,
}

impl SpeechDetector {
    /// With the given judge of frames.
    pub fn new(voice: Box<dyn VoiceActivity>) -> Self {
        Self {
            voice,
            floor: NoiseFloor::default(),
            smoother: Smoother::default(),
            strictness: Strictness::Normal,
            speaker_level: level::SILENCE_DBOV,
        }
    }

    /// Judges the next frame.
    pub fn handle_frame(&mut self, frame: &[i16; HEARD_FRAME]) -> Verdict {
        let level = level::dbov(frame);
        let probability = self.voice.probability(frame);
        let (threshold, margin) = match self.strictness {
            Strictness::Normal => (VOICE, MARGIN),
            Strictness::Strict => (VOICE_STRICT, MARGIN_STRICT),
        };
        let gate = (self.floor.level() + margin)
            .max(AUDIBLE)
            .max(self.speaker_level - TAIL);
        let voiced = probability >= threshold && level >= gate;
        self.floor.learn(level, probability < VOICE);
        self.speaker_level = (self.speaker_level - LEVEL_DECAY).max(level::SILENCE_DBOV);
        if voiced {
            self.speaker_level = self.speaker_level.max(level);
        }
        self.verdict(voiced, probability, level)
    }

    /// A frame without sound: the sender sends nothing. The noise floor stays.
    pub fn handle_silence(&mut self) -> Verdict {
        self.speaker_level = (self.speaker_level - LEVEL_DECAY).max(level::SILENCE_DBOV);
        self.verdict(false, 0.0, level::SILENCE_DBOV)
    }

    /// How much voice it takes to believe that somebody speaks.
    pub fn set_strictness(&mut self, strictness: Strictness) {
        if self.strictness != strictness {
            self.strictness = strictness;
            self.smoother.set_strictness(strictness);
        }
    }

    /// The level of the noise, in dBov.
    pub fn noise(&self) -> f32 {
        self.floor.level()
    }

    fn verdict(&mut self, voiced: bool, probability: f32, level: f32) -> Verdict {
        self.smoother.handle_frame(voiced);
        Verdict {
            voiced,
            probability,
            level,
            activity: self.smoother.activity(),
            silence: self.smoother.silence(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes every frame for voice: what is left is the gate.
    struct Always;
    impl VoiceActivity for Always {
        fn name(&self) -> &'static str {
            "always"
        }
        fn probability(&mut self, _: &[i16; HEARD_FRAME]) -> f32 {
            1.0
        }
    }

    fn square(amplitude: i16) -> [i16; HEARD_FRAME] {
        std::array::from_fn(|n| if n / 40 % 2 == 0 { amplitude } else { -amplitude })
    }

    #[test]
    fn inaudible_sound_is_no_voice() {
        let mut detector = SpeechDetector::new(Box::new(Always));
        assert!(!detector.handle_frame(&square(8)).voiced);
        assert!(detector.handle_frame(&square(2_000)).voiced);
    }

    #[test]
    fn the_tail_of_a_loud_word_is_no_voice() {
        let mut detector = SpeechDetector::new(Box::new(Always));
        assert!(detector.handle_frame(&square(10_000)).voiced);
        assert!(!detector.handle_frame(&square(200)).voiced);
    }

    #[test]
    fn while_the_agent_speaks_more_voice_is_needed() {
        let frames = |strictness| {
            let mut detector = SpeechDetector::new(Box::new(Always));
            detector.set_strictness(strictness);
            (1..).find(|_| detector.handle_frame(&square(5_000)).activity == Activity::Speaking)
        };
        assert_eq!(frames(Strictness::Normal), Some(5));
        assert_eq!(frames(Strictness::Strict), Some(7));
    }
}

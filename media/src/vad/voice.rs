//! Judges of single frames.
//!
//! Measured on the recordings of `tests/data` (12 prompts, English and Spanish, a second of silence around each; share of
//! frames as F1, of the judge alone and behind the gate of [`super::SpeechDetector`]) by `tests/simulated/voice_activity.rs`:
//!
//! | | clean | white noise 20 dB | 10 dB | 5 dB |
//! |---|---|---|---|---|
//! | earshot alone | .988 | .973 | .959 | .958 |
//! | earshot gated | .984 | .955 | .959 | .958 |
//! | webrtc-vad (mode 3) alone | .983 | .963 | .940 | .801 |
//! | webrtc-vad (mode 3) gated | .989 | .946 | .940 | .801 |
//!
//! So earshot is the default.

use crate::HEARD_FRAME;

/// Samples of a frame of earshot: 16 ms.
const EARSHOT_FRAME: usize = 256;

/// Judges whether a frame is voice by its sound alone.
pub trait VoiceActivity {
    /// A short lower-case name for logs and metrics.
    fn name(&self) -> &'static str;
    /// The probability that the next 20 ms of 16 kHz sound hold voice, 0 to 1.
    fn probability(&mut self, frame: &[i16; HEARD_FRAME]) -> f32;
}

/// Which judge to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VoiceKind {
    /// A small neural network.
    #[default]
    Earshot,
    /// The Gaussian mixtures of WebRTC.
    Webrtc,
}

impl VoiceKind {
    /// A new judge of this kind.
    pub fn build(self) -> Box<dyn VoiceActivity> {
        match self {
            Self::Earshot => Box::new(EarshotVoice::default()),
            Self::Webrtc => Box::new(WebrtcVoice::default()),
        }
    }
}

/// The neural network of the `earshot` crate, which judges 16 ms at a time.
pub struct EarshotVoice {
    detector: Box<earshot::Detector>,
    waiting: [i16; EARSHOT_FRAME],
    filled: usize,
    last: f32,
}

impl Default for EarshotVoice {
    fn default() -> Self {
        Self {
            detector: earshot::Detector::default_boxed(),
            waiting: [0; EARSHOT_FRAME],
            filled: 0,
            last: 0.0,
        }
    }
}

impl VoiceActivity for EarshotVoice {
    fn name(&self) -> &'static str {
        "earshot"
    }

    fn probability(&mut self, frame: &[i16; HEARD_FRAME]) -> f32 {
        let mut rest = &frame[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at((EARSHOT_FRAME - self.filled).min(rest.len()));
            self.waiting[self.filled..self.filled + now.len()].copy_from_slice(now);
            self.filled += now.len();
            rest = later;
            if self.filled == EARSHOT_FRAME {
                self.filled = 0;
                self.last = self.detector.predict_i16(&self.waiting);
            }
        }
        self.last
    }
}

/// WebRTC's detector in its most aggressive mode; it says yes or no.
pub struct WebrtcVoice {
    vad: webrtc_vad::Vad,
}

impl Default for WebrtcVoice {
    fn default() -> Self {
        let vad = webrtc_vad::Vad::new_with_rate_and_mode(
            webrtc_vad::SampleRate::Rate16kHz,
            webrtc_vad::VadMode::VeryAggressive,
        );
        Self { vad }
    }
}

impl VoiceActivity for WebrtcVoice {
    fn name(&self) -> &'static str {
        "webrtc-vad"
    }

    fn probability(&mut self, frame: &[i16; HEARD_FRAME]) -> f32 {
        // It refuses only frames that aren't 10, 20 or 30 ms.
        f32::from(u8::from(self.vad.is_voice_segment(frame) == Ok(true)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_no_voice_to_any_judge() {
        for kind in [VoiceKind::Earshot, VoiceKind::Webrtc] {
            let mut voice = kind.build();
            for _ in 0..50 {
                voice.probability(&[0; HEARD_FRAME]);
            }
            assert!(voice.probability(&[0; HEARD_FRAME]) < 0.5, "{}", voice.name());
        }
    }
}

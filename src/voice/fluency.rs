//! Voice, pauses and melody of a recording, from the sound alone.

use std::time::Duration;

use colloquy_media::prosody::{Contour, ProsodyTracker};
use colloquy_media::vad::{SpeechDetector, VoiceKind};
use colloquy_media::{FRAME, HEARD_FRAME, level};

/// The shortest silence that is a pause and not part of a word (De Jong & Bosker 2013).
const PAUSE: Duration = Duration::from_millis(250);
/// Less voice than this is a click or a cough.
const LEAST: Duration = Duration::from_millis(160);
/// Silence after the last word, so that its melody is whole to whoever listens.
const TAIL: usize = 10;

/// How something was said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delivery {
    /// From the first voice to the last.
    pub length: Duration,
    /// How often nothing was said for a quarter of a second or longer, in between.
    pub pauses: u32,
    /// How long those took together.
    pub paused: Duration,
    /// How the pitch moved at the end.
    pub contour: Contour,
}

impl Delivery {
    /// Of mono samples at 16 kHz. None if nobody speaks.
    pub fn of(samples: &[i16]) -> Option<Self> {
        let mut detector = SpeechDetector::new(VoiceKind::default().build());
        let mut prosody = ProsodyTracker::default();
        let mut frame = [0; HEARD_FRAME];
        let mut voiced = Vec::with_capacity(samples.len() / HEARD_FRAME + TAIL);
        for chunk in samples.chunks(HEARD_FRAME) {
            frame.fill(0);
            frame[..chunk.len()].copy_from_slice(chunk);
            let verdict = detector.handle_frame(&frame);
            prosody.handle_frame(&frame, verdict.level, verdict.voiced);
            voiced.push(verdict.voiced);
        }
        for _ in 0..TAIL {
            prosody.handle_frame(&[0; HEARD_FRAME], level::SILENCE_DBOV, false);
        }
        Self::of_frames(&voiced, prosody.closing().contour)
    }

    /// How long sounds were made.
    pub fn articulation(&self) -> Duration {
        self.length.saturating_sub(self.paused)
    }

    fn of_frames(voiced: &[bool], contour: Contour) -> Option<Self> {
        let count = voiced.iter().filter(|voiced| **voiced).count();
        if FRAME * u32::try_from(count).unwrap_or(u32::MAX) < LEAST {
            return None;
        }
        let first = voiced.iter().position(|voiced| *voiced)?;
        let last = voiced.iter().rposition(|voiced| *voiced)?;
        let spoken = &voiced[first..=last];
        let silences = spoken
            .chunk_by(|one, other| one == other)
            .filter(|run| !run[0])
            .map(|run| FRAME * u32::try_from(run.len()).unwrap_or(u32::MAX));
        let pauses: Vec<Duration> = silences.filter(|silence| *silence >= PAUSE).collect();
        Some(Self {
            length: FRAME * u32::try_from(spoken.len()).unwrap_or(u32::MAX),
            pauses: u32::try_from(pauses.len()).unwrap_or(u32::MAX),
            paused: pauses.iter().sum(),
            contour,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(runs: &[(bool, usize)]) -> Vec<bool> {
        runs.iter().flat_map(|&(voiced, count)| vec![voiced; count]).collect()
    }

    #[test]
    fn pauses_are_the_long_silences_between_first_and_last_voice() {
        let voiced = frames(&[
            (false, 40),
            (true, 20),
            (false, 12),
            (true, 10),
            (false, 13),
            (true, 5),
            (false, 50),
            (true, 10),
            (false, 90),
        ]);
        let delivery = Delivery::of_frames(&voiced, Contour::Falling).unwrap();
        assert_eq!(delivery.length, FRAME * 120);
        assert_eq!((delivery.pauses, delivery.paused), (2, FRAME * 63));
        assert_eq!(delivery.articulation(), FRAME * 57);
    }

    #[test]
    fn a_click_is_no_speech() {
        assert_eq!(
            Delivery::of_frames(&frames(&[(false, 9), (true, 7), (false, 9)]), Contour::Level),
            None
        );
        assert!(Delivery::of_frames(&frames(&[(true, 8)]), Contour::Level).is_some());
        assert_eq!(Delivery::of(&[]), None);
    }
}

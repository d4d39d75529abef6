//! From verdicts on single frames to speech: states that clicks and short gaps don't change.

use std::time::Duration;

use crate::FRAME;

/// Whether somebody speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activity {
    /// Nobody.
    #[default]
    Quiet,
    /// There is voice, too little yet to tell it from a noise.
    Starting,
    /// Somebody speaks.
    Speaking,
    /// The voice has stopped, perhaps only for a consonant.
    Stopping,
}

/// How much voice it takes to believe that somebody speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// 100 ms in 200: nobody else is speaking.
    #[default]
    Normal,
    /// 140 ms in 200: the agent is speaking.
    Strict,
}

/// Frames that vote on a start: 200 ms.
const WINDOW: u32 = 10;
/// Frames without voice after which a start was none: 100 ms.
const FALSE_START: u32 = 5;
/// Frames of voice in a row that take a pause back: 40 ms. One alone is a click.
const TAKE_BACK: u32 = 2;
/// Frames of silence after which a new start is needed: 300 ms.
const RELEASE: u32 = 15;

impl Strictness {
    /// Voiced frames of the window that make a start.
    fn votes(self) -> u32 {
        match self {
            Self::Normal => 5,
            Self::Strict => 7,
        }
    }
}

/// The state machine of [`Activity`].
#[derive(Clone, Debug, Default)]
pub struct Smoother {
    activity: Activity,
    strictness: Strictness,
    /// The last verdicts, bit 0 the latest.
    voiced: u32,
    /// Frames since the last sustained voice.
    silent: u32,
}

impl Smoother {
    /// Takes the verdict on the next frame.
    pub fn handle_frame(&mut self, voiced: bool) {
        self.voiced = self.voiced << 1 | u32::from(voiced);
        self.silent = self.silent.saturating_add(1);
        self.activity = self.next();
        if self.activity == Activity::Speaking {
            self.silent = 0;
        }
    }

    /// The state.
    pub fn activity(&self) -> Activity {
        self.activity
    }

    /// Time since the last frame of sustained voice.
    pub fn silence(&self) -> Duration {
        FRAME * self.silent
    }

    /// Changes what a start takes. A voice that had stopped has to start anew under the new rule.
    pub fn set_strictness(&mut self, strictness: Strictness) {
        self.strictness = strictness;
        if matches!(self.activity, Activity::Starting | Activity::Stopping) {
            self.activity = Activity::Quiet;
            self.voiced = 0;
        }
    }

    fn next(&self) -> Activity {
        let voiced = self.voiced & 1 == 1;
        match self.activity {
            Activity::Quiet if voiced => Activity::Starting,
            Activity::Quiet => Activity::Quiet,
            Activity::Starting if self.voiced_of(WINDOW) >= self.strictness.votes() => Activity::Speaking,
            Activity::Starting if self.voiced_of(FALSE_START) == 0 => Activity::Quiet,
            Activity::Starting => Activity::Starting,
            Activity::Speaking if voiced => Activity::Speaking,
            Activity::Speaking => Activity::Stopping,
            Activity::Stopping if self.voiced_of(TAKE_BACK) == TAKE_BACK => Activity::Speaking,
            Activity::Stopping if self.silent >= RELEASE && !voiced => Activity::Quiet,
            Activity::Stopping => Activity::Stopping,
        }
    }

    fn voiced_of(&self, frames: u32) -> u32 {
        (self.voiced & ((1 << frames) - 1)).count_ones()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The states after each frame, `v` being voice: Q, S(tarting), T(alking), P(ausing).
    fn states(frames: &str) -> String {
        let mut smoother = Smoother::default();
        frames
            .chars()
            .map(|frame| {
                smoother.handle_frame(frame == 'v');
                match smoother.activity() {
                    Activity::Quiet => 'Q',
                    Activity::Starting => 'S',
                    Activity::Speaking => 'T',
                    Activity::Stopping => 'P',
                }
            })
            .collect()
    }

    #[test]
    fn a_click_is_no_speech() {
        assert_eq!(states(".v......"), "QSSSSSQQ");
    }

    #[test]
    fn speech_starts_after_100_ms_of_voice() {
        assert_eq!(states("vvvvvv"), "SSSSTT");
        assert_eq!(states("vv.v.vv"), "SSSSSST");
    }

    #[test]
    fn a_click_in_a_pause_does_not_take_it_back() {
        assert_eq!(states("vvvvv..v..vv"), "SSSSTPPPPPPT");
    }

    #[test]
    fn silence_counts_from_the_last_sustained_voice() {
        let mut smoother = Smoother::default();
        for frame in "vvvvv..v..".chars() {
            smoother.handle_frame(frame == 'v');
        }
        assert_eq!(smoother.silence(), Duration::from_millis(100));
    }

    #[test]
    fn after_300_ms_speech_has_to_start_anew() {
        let long = format!("vvvvv{}vvvvv", ".".repeat(15));
        assert!(states(&long).ends_with("PQSSSST"));
    }
}

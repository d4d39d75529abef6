//! How a stretch of speech closes: pitch contour and lengthening before a pause.
//!
//! Turn ends and pauses inside a turn sound different: of turn ends 47% fall in pitch, 22% rise and 13% stay level; of
//! pauses inside a turn 25%, 9% and 30%. Words before a turn end are also longer.

mod pitch;

use std::time::Duration;

pub use self::pitch::{PitchCandidate, PitchFrame, PitchTracker, candidates};

use crate::{FRAME, HEARD_FRAME};

/// Frames that are remembered: 640 ms.
const MEMORY: usize = 32;
/// The end of the stretch whose slope counts: 300 ms.
const CLOSING: usize = 15;
/// Frames with a pitch that a slope takes.
const ENOUGH: usize = 5;
/// Frames without pitch that don't break a stretch: a consonant.
const BRIDGE: usize = 3;
/// Slopes less steep than this are level, in semitones a second.
const LEVEL: f32 = 6.0;
/// How much of the mean length of stretches a new one makes.
const LENGTH_RATE: f32 = 0.1;

/// The pitch contour before a pause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Contour {
    /// It falls.
    Falling,
    /// It stays level.
    Level,
    /// It rises.
    Rising,
    /// Too little of it was voiced.
    #[default]
    Unclear,
}

/// How the last voiced stretch closed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Closing {
    /// The contour of its last 300 ms.
    pub contour: Contour,
    /// Its slope there, in semitones a second; 0 when unclear.
    pub slope: f32,
    /// The change of its level there, in dB a second.
    pub decay: f32,
    /// How long the stretch was.
    pub stretch: Duration,
    /// Its length compared with the speaker's mean; 1 while that isn't known.
    pub lengthening: f32,
}

/// One voiced frame.
#[derive(Clone, Copy, Debug, Default)]
struct Point {
    /// In semitones over 55 Hz; none when it has no clear pitch.
    pitch: Option<f32>,
    /// In dBov.
    level: f32,
}

/// Follows pitch and level of the speech.
#[derive(Debug, Default)]
pub struct ProsodyTracker {
    pitch: PitchTracker,
    points: [Point; MEMORY],
    /// Frames of the current stretch, consonants included.
    length: usize,
    unvoiced: usize,
    mean_length: Option<f32>,
}

impl ProsodyTracker {
    /// Takes the next frame, its level in dBov and whether it is voice.
    pub fn handle_frame(&mut self, frame: &[i16; HEARD_FRAME], level: f32, voiced: bool) {
        let pitch = self
            .pitch
            .handle_frame(frame, voiced)
            .map(|hertz| 12.0 * (hertz / 55.0).log2());
        if !voiced {
            self.unvoiced = self.unvoiced.saturating_add(1);
            return;
        }
        if self.unvoiced > BRIDGE {
            self.close();
        } else {
            for _ in 0..self.unvoiced.min(self.length) {
                self.push(Point { pitch: None, level });
            }
        }
        self.unvoiced = 0;
        self.push(Point { pitch, level });
    }

    /// How the last stretch closed, or closes if it goes on.
    pub fn closing(&self) -> Closing {
        let span = self.length.min(CLOSING);
        let recent = (0..span).map(|age| (-(age as f32) * FRAME.as_secs_f32(), self.points[self.slot(age)]));
        let level = slope(recent.clone().map(|(time, point)| (time, point.level)));
        let pitched = recent.filter_map(|(time, point)| Some((time, point.pitch?)));
        let (contour, slope) = if pitched.clone().count() < ENOUGH {
            (Contour::Unclear, 0.0)
        } else {
            let slope = slope(pitched);
            let contour = match slope {
                slope if slope <= -LEVEL => Contour::Falling,
                slope if slope >= LEVEL => Contour::Rising,
                _ => Contour::Level,
            };
            (contour, slope)
        };
        Closing {
            contour,
            slope,
            decay: level,
            stretch: FRAME * self.length as u32,
            lengthening: self.mean_length.map_or(1.0, |mean| self.length as f32 / mean.max(1.0)),
        }
    }

    /// Ends the stretch and learns its length.
    fn close(&mut self) {
        if self.length > 0 {
            let length = self.length as f32;
            let mean = self.mean_length.get_or_insert(length);
            *mean += (length - *mean) * LENGTH_RATE;
        }
        self.length = 0;
    }

    fn push(&mut self, point: Point) {
        let slot = self.length % MEMORY;
        self.points[slot] = point;
        self.length += 1;
    }

    /// Where the point of `age` frames ago is; `age` is less than the length.
    fn slot(&self, age: usize) -> usize {
        (self.length - 1 - age) % MEMORY
    }
}

/// The slope of the least-squares line through points of (x, y).
fn slope(points: impl Iterator<Item = (f32, f32)> + Clone) -> f32 {
    let (mut count, mut sum_x, mut sum_y) = (0.0f32, 0.0, 0.0);
    for (x, y) in points.clone() {
        count += 1.0;
        sum_x += x;
        sum_y += y;
    }
    if count < 2.0 {
        return 0.0;
    }
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let (mut covariance, mut variance) = (0.0, 0.0);
    for (x, y) in points {
        covariance += (x - mean_x) * (y - mean_y);
        variance += (x - mean_x) * (x - mean_x);
    }
    if variance > 0.0 { covariance / variance } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says `frames` of a buzz whose pitch goes from one frequency to another.
    fn say(tracker: &mut ProsodyTracker, frames: usize, from: f32, to: f32) {
        let mut phase = 0.0f32;
        for frame in 0..frames {
            let pcm: [i16; HEARD_FRAME] = std::array::from_fn(|n| {
                let part = (frame * HEARD_FRAME + n) as f32 / (frames * HEARD_FRAME) as f32;
                phase = (phase + (from + (to - from) * part) / 16_000.0).fract();
                ((1.0 - 2.0 * phase) * 6_000.0) as i16
            });
            tracker.handle_frame(&pcm, crate::level::dbov(&pcm), true);
        }
    }

    fn pause(tracker: &mut ProsodyTracker) {
        for _ in 0..10 {
            tracker.handle_frame(&[0; HEARD_FRAME], -127.0, false);
        }
    }

    #[test]
    fn contours_are_told_apart_at_the_pitch_of_men_and_women() {
        for base in [90.0, 120.0, 180.0, 250.0] {
            for (to, contour) in [(0.75, Contour::Falling), (1.0, Contour::Level), (1.3, Contour::Rising)] {
                let mut tracker = ProsodyTracker::default();
                say(&mut tracker, 15, base, base * to);
                pause(&mut tracker);
                assert_eq!(tracker.closing().contour, contour, "{base} Hz: {:?}", tracker.closing());
            }
        }
    }

    #[test]
    fn only_the_end_of_a_stretch_counts() {
        let mut tracker = ProsodyTracker::default();
        say(&mut tracker, 40, 120.0, 200.0);
        say(&mut tracker, 15, 200.0, 130.0);
        assert_eq!(tracker.closing().contour, Contour::Falling);
        assert_eq!(tracker.closing().stretch, FRAME * 55);
    }

    #[test]
    fn a_longer_stretch_than_usual_is_lengthened() {
        let mut tracker = ProsodyTracker::default();
        for _ in 0..5 {
            say(&mut tracker, 10, 120.0, 120.0);
            pause(&mut tracker);
        }
        say(&mut tracker, 15, 120.0, 120.0);
        assert!((tracker.closing().lengthening - 1.5).abs() < 0.01);
    }

    #[test]
    fn without_speech_nothing_is_clear() {
        assert_eq!(
            ProsodyTracker::default().closing(),
            Closing {
                lengthening: 1.0,
                ..Closing::default()
            }
        );
    }
}

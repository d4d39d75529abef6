//! Tells the agent's own voice, come back through a loudspeaker and a microphone, from somebody who speaks.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::FRAME;

/// Near frames that are compared: 480 ms.
const SPAN: usize = 24;
/// The longest way of an echo, in frames: 400 ms, network and jitter buffers included.
const LONGEST_LAG: usize = 20;
/// Frames of what was sent that are remembered: what is heard may come in a burst, or later than what was sent since.
const REMEMBERED: usize = SPAN + LONGEST_LAG + 12;
/// Correlation from which a sound is explained by the echo.
const EXPLAINED: f32 = 0.8;
/// The most that an echo strays from what was sent, its loss on the way aside: root mean square over the frames in which it is
/// audible or should be, in dB.
const ASTRAY: f32 = 5.0;
/// Near frames for which an explanation holds: 160 ms. The edges of words fit less well.
const HOLDS: u8 = 8;
/// What was sent is loud enough from here on to tell how much of it comes back, in dBov.
const TELLING: f32 = -35.0;
/// How fast it is forgotten that little came back, in dB a frame of what is sent: 10 dB a second.
const RISE: f32 = 0.2;
/// How much louder than it ever was lately an echo may be, in dB.
const MARGIN: f32 = 8.0;
/// Levels below this are all the same silence, in dBov.
const FLOOR: f32 = -60.0;
/// How far below the loudest of its window an audible frame is at most, in dB.
const AUDIBLE: f32 = 25.0;

/// Compares the envelope that is heard with delayed copies of the envelope that was sent.
///
/// Both are kept by the time at which they were heard and sent, since what is heard may come late or in bursts. Somebody who begins
/// to speak resembles the beginning of something that was said shortly before. So it also counts how much came back of what was
/// sent until then: with headphones, or an echo canceller that does its work, it is nothing, and then nothing is an echo.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EchoGuard {
    /// Levels of frames that follow each other, the latest last.
    near: VecDeque<f32>,
    /// When the latest came.
    heard_at: Option<Instant>,
    /// The same of what was sent.
    far: VecDeque<f32>,
    /// When the latest left.
    sent_at: Option<Instant>,
    /// At most so much of what was sent comes back, in dB: 0 is all of it, which is assumed to begin with.
    gain: f32,
    /// Near frames for which the last explanation still holds.
    held: u8,
}

impl EchoGuard {
    /// A frame of this level, in dBov, was sent at `at`.
    pub fn handle_far(&mut self, level: f32, at: Instant) {
        let level = level.max(FLOOR);
        let Some(sent_at) = self.sent_at else {
            self.sent_at = Some(at);
            return push(&mut self.far, level, REMEMBERED);
        };
        let passed = frames(at.saturating_duration_since(sent_at));
        if passed == 0 {
            // Two frames left almost at once.
            if let Some(latest) = self.far.back_mut() {
                *latest = latest.max(level);
            }
            return;
        }
        for left in (0..passed.min(REMEMBERED)).rev() {
            // One frame that is missing is one that was late; where more are, nothing was sent.
            let level = if left == 0 || passed == 2 { level } else { FLOOR };
            push(&mut self.far, level, REMEMBERED);
        }
        self.sent_at = sent_at
            .checked_add(FRAME * u32::try_from(passed).unwrap_or(u32::MAX))
            .or(Some(at));
    }

    /// A frame of this level, in dBov, was heard; it came at `at`.
    pub fn handle_near(&mut self, level: f32, at: Instant) {
        push(&mut self.near, level.max(FLOOR), SPAN);
        self.heard_at = Some(at);
        self.held = self.held.saturating_sub(1);
        self.learn_gain();
    }

    /// Whether what was just heard is explained by what was sent. Asked for frames of voice only, once each.
    pub fn explains(&mut self) -> bool {
        if self.near.len() < SPAN {
            return false;
        }
        let (near, far) = (loudest(&self.near), loudest(&self.far));
        if far <= FLOOR || near > far + self.gain + MARGIN {
            return false;
        }
        if self.is_echo() {
            self.held = HOLDS;
        }
        self.held > 0
    }

    /// What was sent as long ago as an echo takes at most has been heard by now, or it isn't heard at all.
    fn learn_gain(&mut self) {
        let Some(sent) = self.latest().map(|latest| self.sent(latest - LONGEST_LAG as isize)) else {
            return;
        };
        if sent < TELLING || self.near.len() <= LONGEST_LAG {
            return;
        }
        let heard = loudest(self.near.iter().rev().take(LONGEST_LAG + 1));
        self.gain = (self.gain + RISE).min(heard - sent).min(0.0);
    }

    /// Where in what was sent the latest of what is heard stands, which may be after its end.
    fn latest(&self) -> Option<isize> {
        let (heard_at, sent_at) = self.heard_at.zip(self.sent_at)?;
        let after = frames(heard_at.saturating_duration_since(sent_at)) as isize;
        let before = frames(sent_at.saturating_duration_since(heard_at)) as isize;
        Some(self.far.len() as isize - 1 + after - before)
    }

    /// The level that was sent there.
    fn sent(&self, at: isize) -> f32 {
        let level = usize::try_from(at).ok().and_then(|at| self.far.get(at));
        level.copied().unwrap_or(FLOOR)
    }

    /// Whether the envelope that is heard is the one that was sent, at some delay.
    fn is_echo(&self) -> bool {
        let Some(latest) = self.latest() else {
            return false;
        };
        (0..=LONGEST_LAG as isize).any(|lag| {
            let first = latest - lag - (SPAN as isize - 1);
            let sent = (first..).map(|at| self.sent(at));
            let pairs = || self.near.iter().copied().zip(sent.clone());
            correlation(pairs()) >= EXPLAINED && astray(pairs()) <= ASTRAY
        })
    }
}

fn loudest<'a>(levels: impl IntoIterator<Item = &'a f32>) -> f32 {
    levels.into_iter().copied().fold(FLOOR, f32::max)
}

/// The nearest number of frames.
fn frames(time: Duration) -> usize {
    ((time + FRAME / 2).as_millis() / FRAME.as_millis()) as usize
}

fn push(levels: &mut VecDeque<f32>, level: f32, capacity: usize) {
    if levels.len() == capacity {
        levels.pop_front();
    }
    levels.push_back(level);
}

/// How differently what is heard goes from what was sent, where it is audible or should be: root mean square, in dB.
fn astray(pairs: impl Iterator<Item = (f32, f32)> + Clone) -> f32 {
    let loudest = pairs.clone().map(|(near, _)| near).fold(FLOOR, f32::max);
    let least = (loudest - AUDIBLE).max(FLOOR);
    let (mut n, mut lost) = (0.0f32, 0.0f32);
    for (near, far) in pairs.clone().filter(|(near, _)| *near > least) {
        n += 1.0;
        lost += far - near;
    }
    let loss = lost / n.max(1.0);
    let (mut n, mut squares) = (0.0f32, 0.0f32);
    for (near, far) in pairs.map(|(near, far)| (near.max(least), (far - loss).max(least))) {
        if near > least || far > least {
            n += 1.0;
            squares += (near - far) * (near - far);
        }
    }
    (squares / n.max(1.0)).sqrt()
}

/// The correlation coefficient of pairs; 0 where one side doesn't vary.
fn correlation(pairs: impl Iterator<Item = (f32, f32)>) -> f32 {
    let (mut n, mut x, mut y, mut xx, mut yy, mut xy) = (0.0f32, 0.0f32, 0.0f32, 0.0f32, 0.0f32, 0.0f32);
    for (a, b) in pairs {
        n += 1.0;
        x += a;
        y += b;
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    let (var_x, var_y) = (n * xx - x * x, n * yy - y * y);
    // Less than 1 dB of variation is no envelope.
    let least = n * n;
    if var_x < least || var_y < least {
        0.0
    } else {
        (n * xy - x * y) / (var_x.sqrt() * var_y.sqrt())
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    /// A speech-like envelope: syllables of about 200 ms, in dBov.
    fn envelope(seed: u64, frames: usize) -> Vec<f32> {
        let mut random = SmallRng::seed_from_u64(seed);
        let mut levels = Vec::new();
        while levels.len() < frames {
            let (loud, quiet) = (random.random_range(4..9), random.random_range(2..5));
            let level = random.random_range(-28.0..-18.0);
            levels.extend((0..loud).map(|n| level - (n as f32 - loud as f32 / 2.0).abs() * 2.0));
            levels.extend((0..quiet).map(|_| level - 25.0));
        }
        levels
    }

    /// What is heard of what is sent, frame by frame; the guard after it.
    fn guarded(far: &[f32], near: impl Fn(usize) -> f32, frames: usize) -> EchoGuard {
        let (start, mut guard) = (Instant::now(), EchoGuard::default());
        for (n, far) in far.iter().enumerate().take(frames) {
            let at = start + FRAME * n as u32;
            guard.handle_far(*far, at);
            guard.handle_near(near(n), at + FRAME / 4);
        }
        guard
    }

    #[test]
    fn a_delayed_quieter_copy_is_explained() {
        for lag in [0, 5, 12, 20] {
            let far = envelope(1, 200);
            let near = |n: usize| if n >= lag { far[n - lag] - 15.0 } else { FLOOR };
            assert!(guarded(&far, near, 150).explains(), "lag of {lag} frames");
        }
    }

    #[test]
    fn a_copy_that_comes_in_a_burst_is_explained() {
        let far = envelope(1, 200);
        let (start, mut guard) = (Instant::now(), EchoGuard::default());
        let at = |n: usize| start + FRAME * n as u32;
        (0..100).for_each(|n| guard.handle_far(far[n], at(n)));
        // All that was heard meanwhile is decoded at once; each frame has the time at which it came.
        (60..96).for_each(|n| guard.handle_near(far[n - 4] - 10.0, at(n)));
        assert!(guard.explains());
    }

    #[test]
    fn frames_that_leave_late_leave_no_hole() {
        let far = envelope(4, 200);
        let (start, mut guard) = (Instant::now(), EchoGuard::default());
        for n in 0..150 {
            let late = Duration::from_millis(if n % 7 == 3 { 14 } else { 0 });
            guard.handle_far(far[n], start + FRAME * n as u32 + late);
            guard.handle_near(if n < 6 { FLOOR } else { far[n - 6] - 12.0 }, start + FRAME * n as u32);
        }
        assert!(guard.explains());
    }

    #[test]
    fn somebody_else_speaking_is_hardly_ever_explained() {
        let mut explained = 0;
        for seed in 0..200 {
            let (far, near) = (envelope(seed, 200), envelope(seed + 1_000, 200));
            // Silence until 160 ms ago, as at the onset of a barge-in.
            explained += usize::from(guarded(&far, |n| if n >= 92 { near[n] } else { -55.0 }, 100).explains());
        }
        assert!(explained <= 6, "{explained} of 200");
    }

    /// The learner has been quiet, by frames or by report, while the agent spoke.
    #[test]
    fn whose_silence_shows_that_nothing_comes_back_is_never_explained() {
        for seed in 0..200 {
            let (far, near) = (envelope(seed, 200), envelope(seed + 1_000, 200));
            let mut guard = guarded(&far, |n| if n >= 92 { near[n] } else { FLOOR }, 92);
            let at = |n: usize| guard.sent_at.unwrap() + FRAME * n as u32;
            let times: Vec<Instant> = (1..40).map(at).collect();
            for (n, at) in times.into_iter().enumerate() {
                guard.handle_far(far[92 + n], at);
                guard.handle_near(near[92 + n], at);
                assert!(!guard.explains(), "{seed}, frame {n}");
            }
        }
    }

    #[test]
    fn an_echo_that_begins_in_the_middle_is_explained_within_seconds() {
        let far = envelope(5, 400);
        let near = |n: usize| if n >= 100 { far[n - 6] - 15.0 } else { FLOOR };
        assert!(!guarded(&far, near, 130).explains());
        assert!(guarded(&far, near, 100 + 4 * 50).explains());
    }

    #[test]
    fn while_nothing_is_sent_nothing_is_explained() {
        let (start, mut guard) = (Instant::now(), EchoGuard::default());
        (0..)
            .zip(envelope(3, 100))
            .for_each(|(n, level)| guard.handle_near(level, start + FRAME * n));
        assert!(!guard.explains());
    }
}

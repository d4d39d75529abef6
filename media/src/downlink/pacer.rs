//! When the next frame is due, and its RTP timestamp.

use std::time::{Duration, Instant};

use crate::{FRAME, RTP_FRAME, RTP_RATE};

/// How late frames may be caught up with; later than that the clock moves.
const CATCH_UP: Duration = Duration::from_millis(60);
/// How often a silent stream shows that it is alive.
const KEEP_ALIVE: Duration = Duration::from_millis(400);
/// How much earlier than it is due a frame may leave along with something else that is done anyway.
const EARLY: Duration = Duration::from_millis(6);
/// How long after such a moment frames are due: others like it follow every 20 ms, a little sooner or later.
const AFTER: Duration = Duration::from_millis(3);

/// Paces frames: every 20 ms while there is speech, the first one at once; a sign of life now and then in silence.
///
/// RTP timestamps follow the time of the frames, so silence advances them too.
#[derive(Clone, Debug)]
pub struct Pacer {
    /// Timestamp `base` belongs to this instant.
    epoch: Instant,
    base: u32,
    /// When the next frame of a running stream is due.
    next: Option<Instant>,
    /// Frames of this stream are due just after moments at which they may leave along with something else.
    in_step: bool,
    /// When the frame after one that was brought forward is due.
    following: Option<Instant>,
    /// When a silent stream shows a sign of life.
    alive: Instant,
    /// Timestamp after the last frame, in ticks of the RTP clock since the epoch.
    end: u64,
}

impl Pacer {
    /// Starts at `now` with this timestamp.
    pub fn new(base: u32, now: Instant) -> Self {
        Self {
            epoch: now,
            base,
            next: None,
            in_step: false,
            following: None,
            alive: now + KEEP_ALIVE,
            end: 0,
        }
    }

    /// When a frame of speech may leave: at once if none runs.
    pub fn due(&self, now: Instant) -> Instant {
        self.next.unwrap_or(now)
    }

    /// When a sign of life is due.
    pub fn alive_due(&self) -> Instant {
        self.alive
    }

    /// A frame leaves now. Answers its timestamp and how late it is.
    pub fn step(&mut self, now: Instant) -> Step {
        let due = self.due(now);
        let late = now.saturating_duration_since(due);
        let at = if late > CATCH_UP { now } else { due };
        let step = self.stamp(at);
        self.next = Some(self.following.take().unwrap_or(at + FRAME));
        Step { late, ..step }
    }

    /// The next frame of a running stream leaves now, along with something else, if it is due soon. The first one of a stream may
    /// whenever it is due, so that all others are due when something is done anyway. Whether it does.
    pub fn bring_forward(&mut self, now: Instant) -> bool {
        let early = if self.in_step { EARLY } else { FRAME };
        let Some(due) = self.next.filter(|due| *due > now && *due <= now + early) else {
            return false;
        };
        self.following = Some(match std::mem::replace(&mut self.in_step, true) {
            true => due + FRAME,
            false => now + FRAME + AFTER,
        });
        self.next = Some(now);
        true
    }

    /// A sign of life leaves now. A stream whose last frame is over has ended with it.
    pub fn step_alive(&mut self, now: Instant) -> Step {
        self.stop();
        self.stamp(now)
    }

    /// Nothing was there to be sent when the next frame was due: the next one leaves as soon as there is something.
    pub fn stop(&mut self) {
        self.next = None;
        self.following = None;
        self.in_step = false;
    }

    /// The next frame isn't whole yet: it may leave a frame later.
    pub fn defer(&mut self, now: Instant) {
        self.next = Some(self.due(now).max(now) + FRAME);
        self.following = None;
    }

    /// The rest of a deferred frame came: it may leave at once.
    pub fn hurry(&mut self, now: Instant) {
        self.next = self.next.map(|next| next.min(now));
    }

    fn stamp(&mut self, at: Instant) -> Step {
        let elapsed = at.saturating_duration_since(self.epoch);
        let clock = (elapsed.as_micros() * u128::from(RTP_RATE) / 1_000_000) as u64;
        // Frames of one stream follow each other without a gap; only a real break is one.
        let gap = clock.saturating_sub(self.end);
        let start = if self.end == 0 || gap >= u64::from(RTP_FRAME) / 2 {
            clock.max(self.end)
        } else {
            self.end
        };
        self.end = start + u64::from(RTP_FRAME);
        self.alive = at + KEEP_ALIVE;
        Step {
            timestamp: self.base.wrapping_add(start as u32),
            late: Duration::ZERO,
        }
    }
}

/// One frame's place in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// RTP timestamp.
    pub timestamp: u32,
    /// How late it leaves.
    pub late: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_frame_leaves_at_once_and_the_next_every_20_ms() {
        let start = Instant::now();
        let mut pacer = Pacer::new(100, start);
        let first = start + Duration::from_millis(7);
        assert_eq!(pacer.due(first), first);
        assert_eq!(pacer.step(first).timestamp, 100 + 7 * 48);
        assert_eq!(pacer.due(first), first + FRAME);
        let second = pacer.step(first + FRAME);
        assert_eq!(second.timestamp, 100 + 7 * 48 + 960);
    }

    #[test]
    fn a_pacer_that_is_a_little_late_catches_up() {
        let start = Instant::now();
        let mut pacer = Pacer::new(0, start);
        pacer.step(start);
        let late = start + Duration::from_millis(75);
        let stamps: Vec<u32> =
            std::iter::from_fn(|| (pacer.due(late) <= late).then(|| pacer.step(late).timestamp)).collect();
        assert_eq!(stamps, [960, 1_920, 2_880]);
    }

    #[test]
    fn a_pacer_that_is_very_late_moves_its_clock() {
        let start = Instant::now();
        let mut pacer = Pacer::new(0, start);
        pacer.step(start);
        let late = start + Duration::from_millis(500);
        assert_eq!(pacer.step(late).timestamp, 500 * 48);
        assert_eq!(pacer.due(late), late + FRAME);
    }

    #[test]
    fn frames_fall_in_step_with_what_is_done_anyway() {
        let start = Instant::now();
        let ms = |ms: u64| start + Duration::from_millis(ms);
        let mut pacer = Pacer::new(0, start);
        assert!(!pacer.bring_forward(start), "no stream runs");
        pacer.step(start);
        assert!(pacer.bring_forward(ms(8)));
        let second = pacer.step(ms(8));
        assert_eq!((second.timestamp, second.late), (960, Duration::ZERO));
        assert_eq!(pacer.due(start), ms(31));
        assert!(!pacer.bring_forward(ms(24)), "too early");
        assert!(pacer.bring_forward(ms(26)));
        assert_eq!(pacer.step(ms(26)).timestamp, 1_920);
        assert_eq!(
            pacer.due(start),
            ms(51),
            "who comes a little early doesn't hurry the others"
        );
        assert!(!pacer.bring_forward(ms(52)), "it is due anyway");
        assert_eq!(pacer.step(ms(52)).timestamp, 2_880);
        assert!(!pacer.bring_forward(ms(54)), "one that left by itself was in its place");
        pacer.stop();
        assert!(!pacer.bring_forward(ms(70)));
    }

    #[test]
    fn timestamps_follow_wall_time_across_silence_and_wrap() {
        let start = Instant::now();
        let mut pacer = Pacer::new(u32::MAX - 999, start);
        pacer.step(start);
        pacer.stop();
        let step = pacer.step(start + Duration::from_secs(2));
        assert_eq!(step.timestamp, 96_000 - 1_000);
    }
}

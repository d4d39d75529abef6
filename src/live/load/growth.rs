//! How fast calls may become more where it shows only later what they cost.
//!
//! Who is let in is greeted first, and thinks of an answer: for some ten seconds nothing of theirs is recognised. A thread that goes
//! only by how long recognition waits has taken all those by then that came in the meantime, and has to carry them. So calls are
//! held against those of twelve seconds ago, who have been heard. Where it was too much, others are taken quickly
//! only in the place of those who left.

use std::time::{Duration, Instant};

use super::{Judgement, Pressure};

/// How often calls are counted.
const STEP: Duration = Duration::from_secs(1);
/// Steps after which a caller has been heard: greeting, thinking, and half an answer.
const HEARD: usize = 12;
/// How many there may be, in percent of those that have been heard, while nothing waits for long.
const WITH_EASE: usize = 110;
/// So many may come on top of it: a thread that holds none has to begin with some.
const FIRST: usize = 50;
/// The same where something waited for long not long ago: what comes of a few more is seen before the next.
const PRESSED: usize = 102;
/// The same where it waits for longer than that: only in the place of others.
const STRAINED: usize = 100;
/// The part, in percent, of what was too much that isn't: up to that many take the place of those who left as if nothing had been.
const BELOW: usize = 90;

/// Counts the calls of one media thread. Takes the time as an argument.
#[derive(Debug)]
pub struct Growth {
    /// So many were held in each of the last steps; each takes the place of the oldest.
    held: [usize; HEARD],
    oldest: usize,
    counts: Instant,
    /// What was thought last.
    judged: Judgement,
}

impl Growth {
    /// Of a thread that holds none yet.
    pub fn new(now: Instant) -> Self {
        Self {
            held: [0; HEARD],
            oldest: 0,
            counts: now + STEP,
            judged: Judgement::default(),
        }
    }

    /// So many are held, and this is thought of how long recognition waits.
    pub fn note(&mut self, calls: usize, judged: Judgement, now: Instant) {
        if now < self.counts {
            return;
        }
        self.counts = now + STEP;
        self.judged = judged;
        self.held[self.oldest] = calls;
        self.oldest = (self.oldest + 1) % HEARD;
    }

    /// How many may be held for now.
    pub fn allowed(&self) -> usize {
        let heard = self.held[self.oldest];
        let at_ease = heard * WITH_EASE / 100 + FIRST;
        let Judgement {
            pressure,
            is_wary,
            reached_with,
            ..
        } = self.judged;
        // So many it has carried.
        let carried = at_ease.min(reached_with * BELOW / 100);
        match pressure {
            Pressure::Strained | Pressure::Full => (heard * STRAINED / 100).max(carried),
            _ if is_wary => (heard * PRESSED / 100 + 1).max(carried),
            _ => at_ease,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use prometheus_client::metrics::histogram::Histogram;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::super::recognition::{RecognitionMeter, Waits};
    use super::*;
    use crate::live::placement::{Placement, SharedPressure};

    const CALM: Judgement = judged(Pressure::Calm, false, 0);
    const WARY: Judgement = judged(Pressure::Calm, true, 0);
    const STRAINED: Judgement = judged(Pressure::Strained, true, 0);

    const fn judged(pressure: Pressure, is_wary: bool, reached_with: usize) -> Judgement {
        Judgement {
            pressure,
            is_wary,
            reached_with,
            allowed: None,
        }
    }

    /// How many are allowed after so many seconds in each of which this was so.
    fn after<const N: usize>(seconds: [(u32, usize, Judgement); N]) -> [usize; N] {
        let mut now = Instant::now();
        let mut growth = Growth::new(now);
        seconds.map(|(times, calls, judged)| {
            for _ in 0..times {
                now += STEP;
                growth.note(calls, judged, now);
                growth.note(calls * 2, judged, now + STEP / 2);
            }
            growth.allowed()
        })
    }

    #[test]
    fn calls_are_held_against_those_who_have_been_heard() {
        assert_eq!(after([(0, 0, CALM), (11, 200, CALM), (1, 200, CALM)]), [50, 50, 270]);
        assert_eq!(
            after([(12, 200, WARY), (11, 100, WARY), (1, 100, WARY)]),
            [205, 205, 103]
        );
        assert_eq!(after([(12, 200, STRAINED), (12, 100, STRAINED)]), [200, 100]);
    }

    #[test]
    fn up_to_what_it_carried_others_come_in_the_place_of_those_who_leave() {
        let wary = judged(Pressure::Calm, true, 220);
        let full = judged(Pressure::Full, true, 220);
        assert_eq!(
            after([(12, 220, full), (12, 210, wary), (12, 100, wary)]),
            [220, 215, 160]
        );
        assert_eq!(after([(12, 20, wary), (12, 180, wary)]), [72, 198]);
        assert_eq!(after([(1, 20, full)]), [50], "those who have left were no ceiling");
    }

    /// So many calls keep the recogniser busy all the time.
    const CARRIES: f64 = 240.0;
    /// Of a call that is heard, on average; some take far longer than others.
    const PIECES_A_SECOND: f64 = 1.0;

    /// What comes of callers who want to talk to a recogniser.
    struct Crowd {
        held: usize,
        refused: usize,
        /// Of one piece in a hundred, once it is full.
        waited: Duration,
    }

    /// `callers` come at `a_second` and stay; who is refused comes again after five seconds.
    fn crowd(callers: u32, a_second: u32) -> Crowd {
        let tick = Duration::from_millis(10);
        let mut random = StdRng::seed_from_u64(3);
        let waits = Arc::new(Waits::new(Histogram::new([0.1])));
        waits.expect_some();
        let start = Instant::now();
        let mut meter = RecognitionMeter::new(Arc::clone(&waits), start);
        let shared = SharedPressure::default();
        let placement = Placement::new(vec![shared.clone()]);
        let mut asking: Vec<Instant> = (0..callers).map(|caller| start + STEP * caller / a_second).collect();
        // When each that is held has something to say for the first time.
        let mut calls: Vec<Instant> = Vec::new();
        let (mut refused, mut free, mut waited) = (0, start, Vec::new());
        for now in (1..12_000).map(|step| start + tick * step) {
            for asks in asking.iter_mut().filter(|asks| **asks <= now) {
                *asks = now + STEP * 5;
                match placement.place(&[calls.len()], now) {
                    Some(_) => {
                        calls.push(now + Duration::from_millis(random.random_range(5_000..10_000)));
                        *asks = now + STEP * 1_000;
                    }
                    None => refused += 1,
                }
            }
            let speak = calls.iter().filter(|from| **from <= now).count() as f64;
            for _ in 0..calls.len() {
                if random.random_bool(speak / calls.len() as f64 * PIECES_A_SECOND * tick.as_secs_f64()) {
                    let wait = free.saturating_duration_since(now);
                    waits.note(wait);
                    if now > start + STEP * 60 {
                        waited.push(wait);
                    }
                    let takes = -random.random_range(f64::EPSILON..1.0).ln() / (CARRIES * PIECES_A_SECOND);
                    free = free.max(now) + Duration::from_secs_f64(takes);
                }
            }
            let judged: Judgement = meter.judge(calls.len(), now);
            shared.store(judged);
        }
        waited.sort_unstable();
        Crowd {
            held: calls.len(),
            refused,
            waited: waited[waited.len() * 99 / 100],
        }
    }

    #[test]
    fn a_crowd_that_has_yet_to_speak_is_not_let_in_at_once() {
        for (callers, a_second) in [(480, 4), (480, 8), (480, 20), (200, 20)] {
            let Crowd { held, refused, waited } = crowd(callers, a_second);
            println!("{callers} at {a_second} a second: {held} held, {refused} refused, {waited:?}");
            assert!(waited < Duration::from_millis(500), "{a_second} a second: {waited:?}");
            assert!(held <= (CARRIES * 1.05) as usize, "{a_second} a second: {held}");
            assert!(held >= (CARRIES * 0.6) as usize, "{a_second} a second: {held}");
        }
    }
}

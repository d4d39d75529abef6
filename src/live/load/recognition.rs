//! How long recognition waits for a core. Its threads give way to those that carry sound, so that where there is too much to do
//! answers come late before any frame does, and they are the same for all media threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use prometheus_client::metrics::histogram::Histogram;

use super::growth::Growth;
use super::{Judgement, LoadMeter, Window};

/// How long one in a hundred pieces of an utterance may wait before no call is taken. An answer waits for its last piece, and while that waits
/// no other is made of it: so its transcript is as late as that. With 200 ms so many callers who had yet to speak were let in that replies came two seconds
/// late (p95) until they left.
const MOST: Duration = Duration::from_millis(100);

/// Counts what waited since the program was started; the threads that recognise tell it, each media thread reads it.
#[derive(Debug)]
pub struct Waits {
    is_expected: AtomicBool,
    counted: AtomicU32,
    late: [AtomicU32; 3],
    histogram: Histogram,
}

impl Waits {
    /// Nothing has waited yet. Each wait is told to `histogram`, too, in seconds.
    pub fn new(histogram: Histogram) -> Self {
        Self {
            is_expected: AtomicBool::default(),
            counted: AtomicU32::default(),
            late: Default::default(),
            histogram,
        }
    }

    /// What callers say is recognised on this machine in the first place: whoever is let in is going to cost something.
    pub fn expect_some(&self) {
        self.is_expected.store(true, Ordering::Relaxed);
    }

    /// A piece of an utterance waited for this long.
    pub fn note(&self, wait: Duration) {
        let mut one = Window::default();
        one.note(wait, MOST);
        self.counted.fetch_add(one.counted, Ordering::Relaxed);
        for (late, one) in self.late.iter().zip(one.late) {
            late.fetch_add(one, Ordering::Relaxed);
        }
        self.histogram.observe(wait.as_secs_f64());
    }

    fn load(&self) -> Window {
        Window {
            counted: self.counted.load(Ordering::Relaxed),
            late: self.late.each_ref().map(|late| late.load(Ordering::Relaxed)),
        }
    }
}

/// Judges the waits as a media thread judges its own lateness.
#[derive(Debug)]
pub struct RecognitionMeter {
    waits: Arc<Waits>,
    seen: Window,
    meter: LoadMeter,
    growth: Growth,
}

impl RecognitionMeter {
    /// What waited before `now` counts for nothing.
    pub fn new(waits: Arc<Waits>, now: Instant) -> Self {
        Self {
            seen: waits.load(),
            meter: LoadMeter::new(MOST, now).without_gross(),
            growth: Growth::new(now),
            waits,
        }
    }

    /// Judges anew once a second. `calls`: how many the media thread holds.
    pub fn judge(&mut self, calls: usize, now: Instant) -> Judgement {
        let told = self.waits.load();
        self.meter.window.add(told.since(self.seen));
        self.seen = told;
        let judged = self.meter.judge(calls, now);
        self.growth.note(calls, judged, now);
        let is_limited = judged.is_wary || self.waits.is_expected.load(Ordering::Relaxed);
        Judgement {
            allowed: is_limited.then(|| self.growth.allowed()),
            ..judged
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Pressure;
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    /// Bad seconds that count.
    const LASTS: u32 = 3;

    fn waits() -> Arc<Waits> {
        Arc::new(Waits::new(Histogram::new([0.1])))
    }

    /// What a meter says after some seconds in each of which ten pieces waited so long.
    fn after(seconds: u32, wait: Duration, waits: &Waits, meter: &mut RecognitionMeter, start: Instant) -> Judgement {
        let judged = (1..=seconds).map(|second| {
            for _ in 0..10 {
                waits.note(wait);
            }
            meter.judge(100, start + second * SECOND)
        });
        judged.last().expect("a second")
    }

    #[test]
    fn each_media_thread_judges_all_that_waited_since_it_was_there() {
        let (waits, start) = (waits(), Instant::now());
        for _ in 0..100 {
            waits.note(MOST * 2);
        }
        let mut meters = [0, 1].map(|_| RecognitionMeter::new(Arc::clone(&waits), start));
        for second in 1..=LASTS {
            for meter in &mut meters {
                assert_eq!(meter.judge(100, start + second * SECOND).pressure, Pressure::Calm);
            }
        }
        let since = start + LASTS * SECOND;
        let [one, other] = &mut meters;
        assert_eq!(after(LASTS, MOST * 2, &waits, one, since).pressure, Pressure::Full);
        let judged = other.judge(100, since + SECOND);
        assert_eq!(
            judged.pressure,
            Pressure::Calm,
            "all of it was in one second of this one"
        );
        assert_eq!(after(LASTS, MOST * 2, &waits, other, since + SECOND).reached_with, 100);
    }

    #[test]
    fn levels_are_reached_with_half_of_the_most_three_quarters_and_all_of_it() {
        let judged = [45, 55, 80, 105].map(|ms| {
            let (waits, start) = (waits(), Instant::now());
            let mut meter = RecognitionMeter::new(Arc::clone(&waits), start);
            after(LASTS, Duration::from_millis(ms), &waits, &mut meter, start).pressure
        });
        assert_eq!(judged, Pressure::ALL);
    }

    #[test]
    fn a_single_hold_up_refuses_nobody() {
        let (waits, start) = (waits(), Instant::now());
        let mut meter = RecognitionMeter::new(Arc::clone(&waits), start);
        assert_eq!(after(1, MOST * 4, &waits, &mut meter, start).pressure, Pressure::Calm);
    }

    #[test]
    fn a_count_that_has_gone_round_goes_on() {
        let (waits, start) = (waits(), Instant::now());
        waits.counted.store(u32::MAX - 1, Ordering::Relaxed);
        let mut meter = RecognitionMeter::new(Arc::clone(&waits), start);
        assert_eq!(
            after(LASTS, MOST * 2, &waits, &mut meter, start).pressure,
            Pressure::Full
        );
    }
}

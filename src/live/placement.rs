//! Which media thread takes the next call, if any does, and when.
//!
//! Setting up a call costs as much as holding it for a second, and what it costs to hold is known only after some. So each
//! thread takes calls at a pace, the slower the harder pressed it is: those who come together wait for their turn rather than
//! being sent away, unless they would wait for long.

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::load::{Judgement, Pressure};

/// A thread that holds no more calls than this takes one, however late it is: it isn't calls that make it late.
pub const NEVER_TOO_MANY: usize = 16;
/// Whoever would wait for longer than this is told to come back later.
const MOST_WAIT: Duration = Duration::from_secs(1);
/// The part of the calls, in percent, with which it came to be too much for a thread that it takes at a faster pace: those who take
/// the place of others are no more to carry than there were.
const REPLACED: usize = 95;
/// The same of a thread that isn't strained.
const REPLACED_WITH_EASE: usize = 90;

/// How fast a thread takes calls.
#[derive(Clone, Copy, Debug)]
struct Rate {
    /// Between two calls.
    interval: Duration,
    /// That many may come at once after a rest.
    burst: u32,
}

impl Rate {
    /// Of a thread that has room.
    const CALM: Self = Self {
        interval: Duration::from_millis(50),
        burst: 20,
    };

    /// Of a thread that holds so many calls. None: it takes none.
    fn of(thread: &SharedPressure, calls: usize) -> Option<Self> {
        let is_replaced = |percent| calls * 100 < thread.reached_with() * percent;
        let (milliseconds, burst) = match thread.load() {
            Pressure::Calm if !thread.is_wary() => return Some(Self::CALM),
            Pressure::Calm | Pressure::Busy if is_replaced(REPLACED_WITH_EASE) => (100, 2),
            Pressure::Calm | Pressure::Busy => (200, 2),
            Pressure::Strained if is_replaced(REPLACED) => (200, 2),
            Pressure::Strained => (500, 1),
            Pressure::Full => return None,
        };
        Some(Self {
            interval: Duration::from_millis(milliseconds),
            burst,
        })
    }

    /// How long a call waits; none if it would be for too long.
    fn wait(self, next: Option<Instant>, now: Instant) -> Option<Duration> {
        let ahead = next.map_or(Duration::ZERO, |next| next.saturating_duration_since(now));
        let wait = ahead.saturating_sub(self.interval * (self.burst - 1));
        (wait <= MOST_WAIT).then_some(wait)
    }
}

/// A place for a call. It counts as one until it is dropped, when the call is entered or comes to nothing.
#[derive(Debug)]
pub struct Place {
    /// On this thread.
    pub thread: usize,
    /// It is to be set up after this.
    pub wait: Duration,
    placed: Arc<AtomicUsize>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.placed.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How hard pressed one thread is, told by itself and read by whoever places calls.
#[derive(Clone, Debug, Default)]
pub struct SharedPressure(Arc<Told>);

#[derive(Debug, Default)]
struct Told {
    level: AtomicU8,
    reached_with: AtomicUsize,
    /// One more than may be held; 0: any number.
    allowed: AtomicUsize,
}

impl SharedPressure {
    /// As told last.
    pub fn load(&self) -> Pressure {
        Pressure::of(self.0.level.load(Ordering::Relaxed) & !WARY)
    }

    /// Whether calls had better come slowly, however calm it is.
    fn is_wary(&self) -> bool {
        self.0.level.load(Ordering::Relaxed) & WARY != 0
    }

    /// How many calls there were when the level was reached.
    fn reached_with(&self) -> usize {
        self.0.reached_with.load(Ordering::Relaxed)
    }

    /// Whether it may hold another beside so many calls, for now.
    fn allows_another(&self, calls: usize) -> bool {
        let allowed = self.0.allowed.load(Ordering::Relaxed);
        allowed == 0 || calls + 1 < allowed
    }

    /// Tells it.
    pub fn store(&self, judged: Judgement) {
        let wary = if judged.is_wary { WARY } else { 0 };
        self.0.reached_with.store(judged.reached_with, Ordering::Relaxed);
        let allowed = judged.allowed.map_or(0, |allowed| allowed.saturating_add(1));
        self.0.allowed.store(allowed, Ordering::Relaxed);
        self.0.level.store(judged.pressure as u8 | wary, Ordering::Relaxed);
    }
}

/// Beside the number of the level.
const WARY: u8 = 0x80;

/// Places calls.
#[derive(Debug)]
pub struct Placement {
    threads: Vec<SharedPressure>,
    /// Places of each that are handed out and hold no call yet.
    placed: Vec<Arc<AtomicUsize>>,
    /// When each thread's pace allows the next call without a burst.
    next: Mutex<Vec<Option<Instant>>>,
}

impl Placement {
    /// For these threads.
    pub fn new(threads: Vec<SharedPressure>) -> Self {
        let next = Mutex::new(vec![None; threads.len()]);
        let placed = threads.iter().map(|_| Arc::default()).collect();
        Self { threads, placed, next }
    }

    /// A place for one call more, taken with this: of the threads that can take it, on the one with the fewest, and of these on
    /// the one whose turn it has been for the longest time. `calls`: how many each holds. None if none can within
    /// `MOST_WAIT`.
    pub fn place(&self, calls: &[usize], now: Instant) -> Option<Place> {
        let mut next = self.next();
        let threads = 0..self.threads.len().min(calls.len());
        let (thread, rate, wait, _) = threads
            .filter_map(|thread| {
                let calls = calls[thread] + self.placed[thread].load(Ordering::Relaxed);
                let rate = self.rate(thread, calls)?;
                Some((thread, rate, rate.wait(next[thread], now)?, calls))
            })
            .min_by_key(|(thread, .., calls)| (*calls, next[*thread]))?;
        next[thread] = Some(next[thread].map_or(now, |next| next.max(now)) + rate.interval);
        let placed = Arc::clone(&self.placed[thread]);
        placed.fetch_add(1, Ordering::Relaxed);
        Some(Place { thread, wait, placed })
    }

    /// How fast a thread with so many calls takes others. Pressure is not asked with few of them, but a pace is kept.
    fn rate(&self, thread: usize, calls: usize) -> Option<Rate> {
        if calls <= NEVER_TOO_MANY {
            return Some(Rate::CALM);
        }
        let thread = &self.threads[thread];
        thread.allows_another(calls).then(|| Rate::of(thread, calls)).flatten()
    }

    fn next(&self) -> MutexGuard<'_, Vec<Option<Instant>>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threads(pressures: &[Pressure]) -> Placement {
        Placement::new(
            pressures
                .iter()
                .map(|pressure| {
                    let shared = SharedPressure::default();
                    shared.store(judged(*pressure, false, 0));
                    shared
                })
                .collect(),
        )
    }

    fn judged(pressure: Pressure, is_wary: bool, reached_with: usize) -> Judgement {
        Judgement {
            pressure,
            is_wary,
            reached_with,
            allowed: None,
        }
    }

    /// The thread of a place that is taken at once, and entered.
    fn at_once(place: Option<Place>) -> Option<usize> {
        place.filter(|place| place.wait.is_zero()).map(|place| place.thread)
    }

    fn waits(placement: &Placement, calls: usize, now: Instant) -> Vec<u128> {
        std::iter::from_fn(|| placement.place(&[calls], now))
            .map(|place| place.wait.as_millis())
            .collect()
    }

    #[test]
    fn the_emptiest_thread_that_can_take_a_call_gets_it() {
        let now = Instant::now();
        let placement = threads(&[Pressure::Full, Pressure::Busy, Pressure::Calm]);
        assert_eq!(at_once(placement.place(&[20, 40, 30], now)), Some(2));
        assert_eq!(at_once(placement.place(&[20, 30, 40], now)), Some(1));
        assert!(threads(&[Pressure::Full]).place(&[17], now).is_none());
    }

    #[test]
    fn calls_that_come_at_once_are_spread_before_they_count() {
        let now = Instant::now();
        let placement = threads(&[Pressure::Calm; 3]);
        let mut placed: Vec<_> = (0..3)
            .filter_map(|_| placement.place(&[0; 3], now))
            .map(|place| place.thread)
            .collect();
        placed.sort_unstable();
        assert_eq!(placed, [0, 1, 2]);
    }

    #[test]
    fn who_comes_with_many_others_waits_and_the_last_of_a_crowd_come_again() {
        let now = Instant::now();
        let placement = threads(&[Pressure::Calm]);
        let expected: Vec<u128> = std::iter::repeat_n(0, 19).chain((0..=1_000).step_by(50)).collect();
        assert_eq!(waits(&placement, 17, now), expected);
        // A second later, a second's worth.
        assert_eq!(waits(&placement, 17, now + Duration::from_secs(1)).len(), 20);
    }

    #[test]
    fn the_harder_pressed_a_thread_is_the_slower_it_takes_calls() {
        let now = Instant::now();
        let busy = waits(&threads(&[Pressure::Busy]), 100, now);
        assert_eq!(busy[..4], [0, 0, 200, 400]);
        let wary = threads(&[Pressure::Calm]);
        wary.threads[0].store(judged(Pressure::Calm, true, 0));
        assert_eq!(waits(&wary, 100, now), busy);
        let strained = threads(&[Pressure::Strained]);
        assert_eq!(waits(&strained, 100, now), [0, 500, 1_000]);
        assert_eq!(waits(&strained, 100, now + Duration::from_millis(500)), [1_000]);
    }

    #[test]
    fn a_thread_for_which_it_was_too_much_takes_those_faster_who_take_the_place_of_others() {
        let waits = |pressure, calls: usize| {
            let placement = threads(&[pressure]);
            placement.threads[0].store(judged(pressure, true, 100));
            let now = Instant::now();
            let places = std::iter::from_fn(|| placement.place(&[calls], now));
            places
                .skip(1)
                .take(5)
                .map(|place| place.wait.as_millis())
                .collect::<Vec<_>>()
        };
        for pressure in [Pressure::Calm, Pressure::Busy] {
            assert_eq!(waits(pressure, 89), [0, 100, 200, 300, 400]);
            assert_eq!(waits(pressure, 90), [0, 200, 400, 600, 800]);
        }
        assert_eq!(waits(Pressure::Strained, 94), [0, 200, 400, 600, 800]);
        assert_eq!(waits(Pressure::Strained, 95), [500, 1_000]);
    }

    #[test]
    fn a_thread_with_few_calls_takes_another_however_late_it_is() {
        let placement = threads(&[Pressure::Full]);
        assert_eq!(at_once(placement.place(&[NEVER_TOO_MANY], Instant::now())), Some(0));
        assert!(placement.place(&[NEVER_TOO_MANY + 1], Instant::now()).is_none());
    }

    #[test]
    fn a_thread_that_may_hold_so_many_calls_takes_no_more_and_never_too_few() {
        let placement = threads(&[Pressure::Calm]);
        let allow = |allowed| {
            placement.threads[0].store(Judgement {
                allowed: Some(allowed),
                ..Judgement::default()
            });
        };
        let now = Instant::now();
        allow(40);
        assert!(placement.place(&[39], now).is_some());
        assert!(placement.place(&[40], now).is_none());
        allow(0);
        assert!(placement.place(&[NEVER_TOO_MANY], now).is_some());
        assert!(placement.place(&[NEVER_TOO_MANY + 2], now).is_none());
    }

    #[test]
    fn places_that_are_handed_out_count_until_they_are_dropped() {
        let placement = threads(&[Pressure::Full]);
        let now = Instant::now();
        let places: Vec<_> = std::iter::from_fn(|| placement.place(&[0], now)).collect();
        assert_eq!(places.len(), NEVER_TOO_MANY + 1);
        drop(places);
        assert!(placement.place(&[0], now).is_some());
    }

    #[test]
    fn a_crowd_before_an_empty_thread_is_paced_too() {
        let now = Instant::now();
        let expected: Vec<u128> = std::iter::repeat_n(0, 20).chain((50..=1_000).step_by(50)).collect();
        assert_eq!(waits(&threads(&[Pressure::Calm]), 0, now), expected);
    }
}

//! Which media thread takes the next call, if any does, and when.
//!
//! Setting up a call costs as much as holding it for a second, and what it costs to hold is known only after some. So each
//! thread takes calls at a pace, the slower the harder pressed it is: those who come together wait for their turn rather than
//! being sent away, unless they would wait for long.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::load::Pressure;

/// A thread that holds no more calls than this takes one, however late it is: it isn't calls that make it late.
pub const NEVER_TOO_MANY: usize = 16;
/// Whoever would wait for longer than this is told to come back later.
const MOST_WAIT: Duration = Duration::from_secs(1);

/// How fast a thread takes calls.
#[derive(Clone, Copy, Debug)]
struct Rate {
    /// Between two calls.
    interval: Duration,
    /// That many may come at once after a rest.
    burst: u32,
}

impl Rate {
    /// None: it takes no call.
    fn of(thread: &SharedPressure) -> Option<Self> {
        let (milliseconds, burst) = match thread.load() {
            Pressure::Calm if !thread.is_wary() => (50, 20),
            Pressure::Calm | Pressure::Busy => (200, 2),
            Pressure::Strained => (500, 1),
            Pressure::Full => return None,
        };
        Some(Self {
            interval: Duration::from_millis(milliseconds),
            burst,
        })
    }
}

/// A place for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// On this thread.
    pub thread: usize,
    /// It is to be set up after this.
    pub wait: Duration,
}

/// How hard pressed one thread is, told by itself and read by whoever places calls.
#[derive(Clone, Debug, Default)]
pub struct SharedPressure(Arc<AtomicU8>);

impl SharedPressure {
    /// As told last.
    pub fn load(&self) -> Pressure {
        Pressure::of(self.0.load(Ordering::Relaxed) & !WARY)
    }

    /// Whether calls had better come slowly, however calm it is.
    fn is_wary(&self) -> bool {
        self.0.load(Ordering::Relaxed) & WARY != 0
    }

    /// Tells it. `is_wary`: whether it was too much not long ago.
    pub fn store(&self, pressure: Pressure, is_wary: bool) {
        let wary = if is_wary { WARY } else { 0 };
        self.0.store(pressure as u8 | wary, Ordering::Relaxed);
    }
}

/// Beside the number of the level.
const WARY: u8 = 0x80;

/// Places calls.
#[derive(Debug)]
pub struct Placement {
    threads: Vec<SharedPressure>,
    /// When each thread's pace allows the next call without a burst.
    next: Mutex<Vec<Option<Instant>>>,
}

impl Placement {
    /// For these threads.
    pub fn new(threads: Vec<SharedPressure>) -> Self {
        let next = Mutex::new(vec![None; threads.len()]);
        Self { threads, next }
    }

    /// A place for one call more, taken with this: of the threads that can take it, on the one with the fewest, and of these on
    /// the one whose turn it has been for the longest time. `calls`: how many each holds. None if none can within
    /// [`MOST_WAIT`].
    pub fn place(&self, calls: &[usize], now: Instant) -> Option<Place> {
        let mut next = self.next();
        let threads = 0..self.threads.len().min(calls.len());
        let (thread, wait) = threads
            .filter_map(|thread| Some((thread, self.wait(thread, next[thread], calls[thread], now)?)))
            .min_by_key(|(thread, _)| (calls[*thread], next[*thread]))?;
        let interval = Rate::of(&self.threads[thread]).map_or(Duration::ZERO, |rate| rate.interval);
        next[thread] = Some(next[thread].map_or(now, |next| next.max(now)) + interval);
        Some(Place { thread, wait })
    }

    /// How long a thread lets a call wait; none if it doesn't take it.
    fn wait(&self, thread: usize, next: Option<Instant>, calls: usize, now: Instant) -> Option<Duration> {
        if calls <= NEVER_TOO_MANY {
            return Some(Duration::ZERO);
        }
        let rate = Rate::of(&self.threads[thread])?;
        let ahead = next.map_or(Duration::ZERO, |next| next.saturating_duration_since(now));
        let wait = ahead.saturating_sub(rate.interval * (rate.burst - 1));
        (wait <= MOST_WAIT).then_some(wait)
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
                    shared.store(*pressure, false);
                    shared
                })
                .collect(),
        )
    }

    fn at_once(thread: usize) -> Option<Place> {
        let wait = Duration::ZERO;
        Some(Place { thread, wait })
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
        assert_eq!(placement.place(&[20, 40, 30], now), at_once(2));
        assert_eq!(placement.place(&[20, 30, 40], now), at_once(1));
        assert_eq!(threads(&[Pressure::Full]).place(&[17], now), None);
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
        wary.threads[0].store(Pressure::Calm, true);
        assert_eq!(waits(&wary, 100, now), busy);
        let strained = threads(&[Pressure::Strained]);
        assert_eq!(waits(&strained, 100, now), [0, 500, 1_000]);
        assert_eq!(waits(&strained, 100, now + Duration::from_millis(500)), [1_000]);
    }

    #[test]
    fn a_thread_with_few_calls_takes_another_however_late_it_is() {
        let placement = threads(&[Pressure::Full]);
        assert_eq!(placement.place(&[NEVER_TOO_MANY], Instant::now()), at_once(0));
        assert_eq!(placement.place(&[NEVER_TOO_MANY + 1], Instant::now()), None);
    }
}

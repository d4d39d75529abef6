//! Which media thread takes the next call, if any does.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::load::Pressure;

/// A thread that holds no more calls than this takes one, however late it is: it isn't calls that make it late.
pub const NEVER_TOO_MANY: usize = 16;
/// How long a strained thread takes to show what the call it took last costs.
const PAUSE: Duration = Duration::from_secs(1);

/// How hard pressed one thread is, told by itself and read by whoever places calls.
#[derive(Clone, Debug, Default)]
pub struct SharedPressure(Arc<AtomicU8>);

impl SharedPressure {
    /// As told last.
    pub fn load(&self) -> Pressure {
        Pressure::of(self.0.load(Ordering::Relaxed))
    }

    /// Tells it.
    pub fn store(&self, pressure: Pressure) {
        self.0.store(pressure as u8, Ordering::Relaxed);
    }
}

/// Places calls.
#[derive(Debug)]
pub struct Placement {
    threads: Vec<SharedPressure>,
    /// When each thread was last given a call.
    placed: Mutex<Vec<Option<Instant>>>,
}

impl Placement {
    /// For these threads.
    pub fn new(threads: Vec<SharedPressure>) -> Self {
        let placed = Mutex::new(vec![None; threads.len()]);
        Self { threads, placed }
    }

    /// Whether a thread can take one call more. `calls`: how many each holds.
    pub fn has_room(&self, calls: &[usize], now: Instant) -> bool {
        self.choose(&self.placed(), calls, now).is_some()
    }

    /// The thread for one call more: of those that can take it the one with the fewest, and of these the one that was given none
    /// for the longest time. `calls`: how many each holds. None if none can.
    pub fn place(&self, calls: &[usize], now: Instant) -> Option<usize> {
        let mut placed = self.placed();
        let thread = self.choose(&placed, calls, now)?;
        placed[thread] = Some(now);
        Some(thread)
    }

    fn choose(&self, placed: &[Option<Instant>], calls: &[usize], now: Instant) -> Option<usize> {
        let takes = |thread: usize| {
            let has_rested = placed[thread].is_none_or(|at| now.saturating_duration_since(at) >= PAUSE);
            calls[thread] <= NEVER_TOO_MANY
                || match self.threads[thread].load() {
                    Pressure::Calm | Pressure::Busy => true,
                    Pressure::Strained => has_rested,
                    Pressure::Full => false,
                }
        };
        let threads = 0..self.threads.len().min(calls.len());
        threads
            .filter(|thread| takes(*thread))
            .min_by_key(|thread| (calls[*thread], placed[*thread]))
    }

    fn placed(&self) -> MutexGuard<'_, Vec<Option<Instant>>> {
        self.placed.lock().unwrap_or_else(PoisonError::into_inner)
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
                    shared.store(*pressure);
                    shared
                })
                .collect(),
        )
    }

    #[test]
    fn the_emptiest_thread_that_can_take_a_call_gets_it() {
        let now = Instant::now();
        let placement = threads(&[Pressure::Full, Pressure::Busy, Pressure::Calm]);
        assert_eq!(placement.place(&[20, 40, 30], now), Some(2));
        assert_eq!(placement.place(&[20, 30, 40], now), Some(1));
        assert_eq!(threads(&[Pressure::Full]).place(&[17], now), None);
    }

    #[test]
    fn calls_that_come_at_once_are_spread_before_they_count() {
        let now = Instant::now();
        let placement = threads(&[Pressure::Calm; 3]);
        let mut placed: Vec<_> = (0..3).filter_map(|_| placement.place(&[0; 3], now)).collect();
        placed.sort_unstable();
        assert!(placement.has_room(&[0; 3], now));
        assert_eq!(placed, [0, 1, 2]);
    }

    #[test]
    fn a_strained_thread_takes_one_call_a_second() {
        let now = Instant::now();
        let placement = threads(&[Pressure::Strained]);
        assert_eq!(placement.place(&[100], now), Some(0));
        assert_eq!(placement.place(&[101], now + PAUSE / 2), None);
        assert_eq!(placement.place(&[101], now + PAUSE), Some(0));
    }

    #[test]
    fn a_thread_with_few_calls_takes_another_however_late_it_is() {
        let placement = threads(&[Pressure::Full]);
        assert_eq!(placement.place(&[NEVER_TOO_MANY], Instant::now()), Some(0));
        assert_eq!(placement.place(&[NEVER_TOO_MANY + 1], Instant::now()), None);
    }
}

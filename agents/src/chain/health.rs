//! What chains know in common of the engines that keep people waiting.
//!
//! A provider is mostly asked for several services in one turn: to listen, to think, to speak. If it hangs, each of them would
//! wait for it anew. So who waited in vain tells the others, and for a while they wait only briefly, until it gives a result
//! again. A failure that comes at once costs nobody any time and is not told.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The engines that lately kept somebody waiting in vain, by name: the engines of one provider have one name. Shared by all
/// chains of a process.
#[derive(Debug, Default)]
pub struct Health {
    /// Until when each counts as slow. Locked for a few instructions, once or twice a request.
    slow: Mutex<HashMap<&'static str, Instant>>,
}

impl Health {
    /// Somebody waited for it in vain.
    pub fn handle_wait(&self, engine: &'static str, lasts: Duration, now: Instant) {
        self.slow().insert(engine, now + lasts);
    }

    /// It gave a result.
    pub fn handle_result(&self, engine: &'static str) {
        self.slow().remove(engine);
    }

    /// Whether it is better waited for only briefly.
    pub fn is_slow(&self, engine: &'static str, now: Instant) -> bool {
        self.slow().get(engine).is_some_and(|until| now < *until)
    }

    fn slow(&self) -> std::sync::MutexGuard<'_, HashMap<&'static str, Instant>> {
        self.slow.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_is_slow_until_its_next_result_or_for_a_while() {
        let (health, now, lasts) = (Health::default(), Instant::now(), Duration::from_secs(5));
        assert!(!health.is_slow("cloud", now));
        health.handle_wait("cloud", lasts, now);
        assert!(health.is_slow("cloud", now) && !health.is_slow("other", now));
        assert!(!health.is_slow("cloud", now + lasts));
        health.handle_wait("cloud", lasts, now);
        health.handle_result("cloud");
        assert!(!health.is_slow("cloud", now));
    }
}

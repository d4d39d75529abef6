//! What a server has refused to take, for a while.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Whether a server has lately refused something that not every server takes. It is offered again later: models are changed, and
/// one bad answer proves little.
#[derive(Debug, Default)]
pub(crate) struct Refusal {
    /// Locked for a few instructions a request.
    until: Mutex<Option<Instant>>,
}

impl Refusal {
    /// For how long it is not offered again.
    pub(crate) const LASTS: Duration = Duration::from_secs(600);

    /// It has refused it.
    pub(crate) fn note(&self, now: Instant) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = Some(now + Self::LASTS);
    }

    /// Whether it is better not offered.
    pub(crate) fn holds(&self, now: Instant) -> bool {
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_holds_for_a_while_and_a_new_one_anew() {
        let (refusal, now) = (Refusal::default(), Instant::now());
        assert!(!refusal.holds(now));
        refusal.note(now);
        assert!(refusal.holds(now + Refusal::LASTS - Duration::from_millis(1)));
        assert!(!refusal.holds(now + Refusal::LASTS));
        refusal.note(now + Refusal::LASTS);
        assert!(refusal.holds(now + Refusal::LASTS));
    }
}

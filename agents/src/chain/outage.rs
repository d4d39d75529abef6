//! What the chains tell each other of a provider that hangs.
//!
//! One provider often does several services. If each chain found out by itself that it hangs, a turn would wait for it three
//! times: to be heard, thought about and spoken. A time-out in one chain makes the others leave the provider alone for a
//! while; within its own chain the breaker decides.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Service;

/// Providers that lately hung; clones share them. Engines of one provider have the same name.
#[derive(Clone, Debug, Default)]
pub struct Outages(Arc<Mutex<Vec<Outage>>>);

#[derive(Clone, Copy, Debug)]
struct Outage {
    engine: &'static str,
    service: Service,
    until: Instant,
}

/// How long others leave a provider alone: long enough for the rest of the turn.
const LEFT_ALONE: Duration = Duration::from_secs(5);

impl Outages {
    /// An engine gave no result in time.
    pub(super) fn note(&self, engine: &'static str, service: Service, now: Instant) {
        let mut outages = self.lock();
        outages.retain(|outage| outage.until > now && (outage.engine, outage.service) != (engine, service));
        outages.push(Outage {
            engine,
            service,
            until: now + LEFT_ALONE,
        });
    }

    /// Whether an engine of this name hangs in another service.
    pub(super) fn is_out(&self, engine: &str, service: Service, now: Instant) -> bool {
        self.lock()
            .iter()
            .any(|outage| outage.engine == engine && outage.service != service && outage.until > now)
    }

    /// Locked for a few instructions, once or twice a request.
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Outage>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hanging_provider_is_left_alone_by_its_other_services_for_a_while() {
        let outages = Outages::default();
        let now = Instant::now();
        outages.note("a", Service::Stt, now);
        outages.note("a", Service::Stt, now);
        assert!(outages.is_out("a", Service::Llm, now));
        assert!(outages.clone().is_out("a", Service::Tts, now + LEFT_ALONE / 2));
        assert!(!outages.is_out("a", Service::Stt, now), "its own breaker decides");
        assert!(!outages.is_out("b", Service::Llm, now));
        assert!(!outages.is_out("a", Service::Llm, now + LEFT_ALONE));
        assert_eq!(outages.lock().len(), 1);
    }
}

//! Leases: work that only one may do at a time, on all nodes together. A lease ends by itself, so that whoever dies while
//! holding one holds nobody up for long.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::PresenceError;

/// Gives leases out.
#[async_trait]
pub trait Leases: Send + Sync + 'static {
    /// Takes the lease `key` for `lifetime`, or prolongs it if `holder` has it already. `false` if somebody else has it.
    /// Whoever works on two things at once names two holders.
    ///
    /// # Errors
    /// When nobody can tell. Redis that is away is no such case: then the lease holds on this node, which is logged.
    async fn acquire(&self, key: &str, holder: &str, lifetime: Duration) -> Result<bool, PresenceError>;

    /// Gives the lease back, if `holder` has it still.
    ///
    /// # Errors
    /// When nobody can tell; then it ends with its lifetime.
    async fn release(&self, key: &str, holder: &str) -> Result<(), PresenceError>;
}

/// Leases of this process.
#[derive(Debug, Default)]
pub struct LocalLeases {
    leases: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    by_key: HashMap<String, Lease>,
    swept_at: Option<Instant>,
}

#[derive(Debug)]
struct Lease {
    holder: String,
    until: Instant,
}

/// How often leases that have ended are forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

impl LocalLeases {
    pub(super) fn take(&self, key: &str, holder: &str, lifetime: Duration, now: Instant) -> bool {
        let mut held = self.held();
        if held.swept_at.is_none_or(|at| now.duration_since(at) >= SWEEP_EVERY) {
            held.by_key.retain(|_, lease| lease.until > now);
            held.swept_at = Some(now);
        }
        let until = now + lifetime;
        match held.by_key.get_mut(key) {
            Some(lease) if lease.until > now && lease.holder != holder => false,
            Some(lease) => {
                *lease = Lease {
                    holder: holder.to_owned(),
                    until,
                };
                true
            }
            None => {
                let holder = holder.to_owned();
                held.by_key.insert(key.to_owned(), Lease { holder, until });
                true
            }
        }
    }

    pub(super) fn give_back(&self, key: &str, holder: &str) {
        let mut held = self.held();
        if held.by_key.get(key).is_some_and(|lease| lease.holder == holder) {
            held.by_key.remove(key);
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Leases for LocalLeases {
    async fn acquire(&self, key: &str, holder: &str, lifetime: Duration) -> Result<bool, PresenceError> {
        Ok(self.take(key, holder, lifetime, Instant::now()))
    }

    async fn release(&self, key: &str, holder: &str) -> Result<(), PresenceError> {
        self.give_back(key, holder);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFETIME: Duration = Duration::from_secs(5);

    #[test]
    fn one_holds_a_lease_until_it_is_given_back_or_has_ended() {
        let leases = LocalLeases::default();
        let now = Instant::now();
        assert!(leases.take("turn", "ann", LIFETIME, now));
        assert!(!leases.take("turn", "bob", LIFETIME, now));
        assert!(leases.take("other", "bob", LIFETIME, now));
        leases.give_back("turn", "bob");
        assert!(!leases.take("turn", "bob", LIFETIME, now));
        leases.give_back("turn", "ann");
        assert!(leases.take("turn", "bob", LIFETIME, now));
        assert!(leases.take("turn", "ann", LIFETIME, now + LIFETIME));
    }

    #[test]
    fn whoever_holds_a_lease_prolongs_it() {
        let leases = LocalLeases::default();
        let now = Instant::now();
        assert!(leases.take("turn", "ann", LIFETIME, now));
        assert!(leases.take("turn", "ann", LIFETIME, now + LIFETIME / 2));
        assert!(!leases.take("turn", "bob", LIFETIME, now + LIFETIME));
    }

    #[test]
    fn leases_that_have_ended_leave_nothing_behind() {
        let leases = LocalLeases::default();
        let now = Instant::now();
        for number in 0..100 {
            leases.take(&number.to_string(), "ann", LIFETIME, now);
        }
        leases.take("last", "ann", LIFETIME, now + SWEEP_EVERY);
        assert_eq!(leases.held().by_key.len(), 1);
    }
}

//! Tokens whose signature was found good: it stays good, and checking one of RSA costs more than all else that a request needs.
//!
//! Only that is remembered. Whether its key still counts, whether it has expired, and whether what it was given for still
//! stands is asked again each time, where it was asked before.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::token::AccessToken;

/// A token whose signature is good.
#[derive(Debug)]
pub(super) struct Verified {
    /// The name of the key that signed it.
    pub(super) kid: String,
    /// What it says.
    pub(super) token: AccessToken,
}

/// What tells one token from all others.
pub(super) type Fingerprint = [u8; 32];

/// Remembers up to twice [`GENERATION`] of them. Those that nobody showed for long are forgotten by the generation.
#[derive(Debug, Default)]
pub(super) struct VerifiedTokens(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    recent: HashMap<Fingerprint, Arc<Verified>>,
    former: HashMap<Fingerprint, Arc<Verified>>,
}

/// Tokens of a generation, of some hundred bytes each.
const GENERATION: usize = 4096;

/// The SHA-256 of a token, signature and all.
pub(super) fn fingerprint(token: &str) -> Fingerprint {
    Sha256::digest(token).into()
}

impl VerifiedTokens {
    pub(super) fn find(&self, fingerprint: &Fingerprint) -> Option<Arc<Verified>> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = generations.recent.get(fingerprint) {
            return Some(found.clone());
        }
        let found = generations.former.remove(fingerprint)?;
        generations.insert(*fingerprint, found.clone());
        Some(found)
    }

    pub(super) fn remember(&self, fingerprint: Fingerprint, verified: Verified) {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        generations.insert(fingerprint, Arc::new(verified));
    }
}

impl Generations {
    fn insert(&mut self, fingerprint: Fingerprint, verified: Arc<Verified>) {
        if self.recent.len() >= GENERATION {
            self.former = mem::take(&mut self.recent);
        }
        self.recent.insert(fingerprint, verified);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::accounts::scope::Scopes;
    use crate::clock::Timestamp;
    use crate::ids::UserId;

    fn verified() -> Verified {
        let now = Timestamp::from_millis(0);
        Verified {
            kid: "key".to_owned(),
            token: AccessToken::new(UserId::new(), None, Scopes::PERSONAL, Duration::from_secs(60), now),
        }
    }

    #[test]
    fn what_is_shown_again_and_again_stays_and_the_rest_is_forgotten() {
        let tokens = VerifiedTokens::default();
        let fingerprints: Vec<Fingerprint> = (0..3 * GENERATION).map(|n| fingerprint(&n.to_string())).collect();
        for fingerprint in &fingerprints {
            tokens.remember(*fingerprint, verified());
            assert!(tokens.find(&fingerprints[0]).is_some());
        }
        assert!(tokens.find(&fingerprints[1]).is_none());
        assert!(tokens.find(fingerprints.last().unwrap()).is_some());
        let generations = tokens.0.lock().unwrap();
        assert!(generations.recent.len() + generations.former.len() <= 2 * GENERATION);
    }
}

//! Our checks under way: they measure the round trip (consent checks, RFC 7675, are sent anyway) and prove nominated paths.

use std::time::{Duration, Instant};

use rtc::stun::integrity::MessageIntegrity;
use rtc::stun::message::Message;

use crate::Path;
use crate::stun::TransactionId;

/// The last checks sent and still unanswered.
#[derive(Debug, Default)]
pub(super) struct Probes {
    sent: [Option<Probe>; 8],
    next: usize,
}

#[derive(Clone, Copy, Debug)]
struct Probe {
    transaction: TransactionId,
    at: Instant,
    nominated: Option<Path>,
}

impl Probes {
    /// A check leaves. `nominated`: it checks this path because the client has nominated it.
    pub(super) fn sent(&mut self, transaction: TransactionId, nominated: Option<Path>, now: Instant) {
        self.sent[self.next] = Some(Probe {
            transaction,
            at: now,
            nominated,
        });
        self.next = (self.next + 1) % self.sent.len();
    }

    /// A response arrives: how long it took, and the nominated path that it proves if it is authentic.
    pub(super) fn answered(&mut self, transaction: TransactionId, now: Instant) -> Option<(Duration, Option<Path>)> {
        let probe = self
            .sent
            .iter_mut()
            .find(|probe| probe.is_some_and(|probe| probe.transaction == transaction))?
            .take()?;
        Some((now.saturating_duration_since(probe.at), probe.nominated))
    }
}

/// Whether a STUN message was made by somebody who knows the password (RFC 8489 section 9.1.3).
pub(super) fn is_authentic(datagram: &[u8], password: &str) -> bool {
    let Ok(provider) = rtc::crypto::default_provider() else {
        return false;
    };
    let mut message = Message {
        raw: datagram.to_vec(),
        ..Message::default()
    };
    message.decode().is_ok() && MessageIntegrity::check(&mut message, password.as_bytes(), provider.crypto()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_to_a_check_measures_and_only_once() {
        let now = Instant::now();
        let later = now + Duration::from_millis(30);
        let mut probes = Probes::default();
        probes.sent([1; 12], None, now);
        assert_eq!(probes.answered([2; 12], later), None);
        assert_eq!(probes.answered([1; 12], later), Some((Duration::from_millis(30), None)));
        assert_eq!(probes.answered([1; 12], later), None);
    }

    #[test]
    fn authenticity_is_never_a_panic() {
        let mut bytes = vec![1, 1, 0, 4, 0x21, 0x12, 0xA4, 0x42];
        bytes.extend([0; 12]);
        bytes.extend([0, 8, 0, 0]);
        assert!(!is_authentic(&bytes, "password"));
        assert!(!is_authentic(&bytes[..20], "password"));
        assert!(!is_authentic(&[], "password"));
    }

    #[test]
    fn old_checks_make_room() {
        let now = Instant::now();
        let mut probes = Probes::default();
        for id in 0..9 {
            probes.sent([id; 12], None, now);
        }
        assert_eq!(probes.answered([0; 12], now), None);
        assert!(probes.answered([8; 12], now).is_some());
    }
}

//! Round-trip time, from the consent checks that ICE sends anyway (RFC 7675).

use std::time::{Duration, Instant};

use crate::stun::TransactionId;

/// The last checks sent and still unanswered.
#[derive(Debug, Default)]
pub(super) struct Probes {
    sent: [Option<(TransactionId, Instant)>; 8],
    next: usize,
}

impl Probes {
    /// A check leaves.
    pub(super) fn sent(&mut self, transaction: TransactionId, now: Instant) {
        self.sent[self.next] = Some((transaction, now));
        self.next = (self.next + 1) % self.sent.len();
    }

    /// A response arrives: how long it took. The 96 random bits are proof enough that the peer got the check.
    pub(super) fn answered(
        &mut self,
        transaction: TransactionId,
        now: Instant,
    ) -> Option<Duration> {
        let probe = self
            .sent
            .iter_mut()
            .find(|probe| probe.is_some_and(|(sent, _)| sent == transaction))?;
        let (_, at) = probe.take()?;
        Some(now.saturating_duration_since(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_to_a_check_measures_and_only_once() {
        let now = Instant::now();
        let later = now + Duration::from_millis(30);
        let mut probes = Probes::default();
        probes.sent([1; 12], now);
        assert_eq!(probes.answered([2; 12], later), None);
        assert_eq!(
            probes.answered([1; 12], later),
            Some(Duration::from_millis(30))
        );
        assert_eq!(probes.answered([1; 12], later), None);
    }

    #[test]
    fn old_checks_make_room() {
        let now = Instant::now();
        let mut probes = Probes::default();
        for id in 0..9 {
            probes.sent([id; 12], now);
        }
        assert_eq!(probes.answered([0; 12], now), None);
        assert!(probes.answered([8; 12], now).is_some());
    }
}

//! The DTLS handshake, said more than once.
//!
//! A handshake is a handful of datagrams that must all come, and its core waits a second before it says a lost one again, seven times
//! at most. On a network that loses one datagram in seven that makes some of those who join wait for many seconds, and fails a few. So
//! each datagram of ours is sent again soon after. Whoever has got it already drops the copy by its record number (RFC 6347 section
//! 4.1.2.6). Copies are as old as what they copy: nothing secret is sealed twice.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Transmit;
use crate::Transport;
use crate::flight::is_handshake;

/// When each copy follows. Further apart than most bursts of loss are long.
const AFTER: [Duration; 2] = [Duration::from_millis(80), Duration::from_millis(250)];
/// Copies that wait, at most: more than the longest flight needs.
const MOST: usize = 32;

/// Copies that wait to be sent.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    /// In order of time, one queue a delay.
    waiting: [VecDeque<(Instant, Transmit)>; AFTER.len()],
}

impl Repeats {
    /// A datagram is sent now: keeps copies of it, if it is of a handshake and may get lost.
    pub(super) fn handle_sent(&mut self, transmit: &Transmit, now: Instant) {
        if !is_handshake(&transmit.bytes) || transmit.path.transport != Transport::Udp {
            return;
        }
        for (waiting, after) in self.waiting.iter_mut().zip(AFTER) {
            if waiting.len() < MOST {
                waiting.push_back((now + after, transmit.clone()));
            }
        }
    }

    /// The next copy that is due.
    pub(super) fn poll(&mut self, now: Instant) -> Option<Transmit> {
        let mut waiting = self.waiting.iter_mut();
        let due = waiting.find(|waiting| waiting.front().is_some_and(|(at, _)| *at <= now))?;
        due.pop_front().map(|(_, transmit)| transmit)
    }

    /// When the next one is.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.waiting.iter().filter_map(|waiting| Some(waiting.front()?.0)).min()
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::Path;

    fn transmit(transport: Transport, first: u8) -> Transmit {
        Transmit {
            path: Path {
                local: "10.0.0.1:1".parse().unwrap(),
                remote: "10.0.0.2:2".parse().unwrap(),
                transport,
            },
            bytes: BytesMut::from(&[first, 0xfe, 0xfd][..]),
        }
    }

    #[test]
    fn a_handshake_is_said_three_times_in_all() {
        let (start, mut repeats) = (Instant::now(), Repeats::default());
        let flight = [22, 20].map(|kind| transmit(Transport::Udp, kind));
        flight.iter().for_each(|transmit| repeats.handle_sent(transmit, start));
        for after in AFTER {
            assert_eq!(repeats.poll_timeout(), Some(start + after));
            assert_eq!(repeats.poll(start + after - Duration::from_millis(1)), None);
            let copies: Vec<Transmit> = std::iter::from_fn(|| repeats.poll(start + after)).collect();
            assert_eq!(copies, flight);
        }
        assert_eq!(repeats.poll_timeout(), None);
    }

    #[test]
    fn what_is_no_handshake_or_can_not_get_lost_is_said_once() {
        let mut repeats = Repeats::default();
        // An alert, data, audio, a check.
        for kind in [21, 23, 128, 0] {
            repeats.handle_sent(&transmit(Transport::Udp, kind), Instant::now());
        }
        repeats.handle_sent(&transmit(Transport::Tcp, 22), Instant::now());
        assert_eq!(repeats.poll_timeout(), None);
    }

    #[test]
    fn a_handshake_without_end_fills_no_memory() {
        let (start, mut repeats) = (Instant::now(), Repeats::default());
        (0..1_000).for_each(|_| repeats.handle_sent(&transmit(Transport::Udp, 22), start));
        assert_eq!(
            std::iter::from_fn(|| repeats.poll(start + AFTER[1])).count(),
            AFTER.len() * MOST
        );
    }
}

//! The DTLS handshake as browsers say it, for clients that are no browsers: a flight that isn't answered is said again soon, then after
//! twice that, and so on.
//!
//! The core waits a second before it says one again, seven times at most. WebRTC in browsers begins at 50 ms (RFC 6347, section
//! 4.2.4.1, allows it where delay matters), so on a network that loses much they are through long before that. Here the copies are
//! those of the very datagrams: whoever has got them already drops them by their record numbers. A [`Peer`](crate::Peer), which is the
//! server's end, has its own way.

use std::time::{Duration, Instant};

use bytes::BytesMut;

/// When a flight is said again for the first time.
const FIRST: Duration = Duration::from_millis(50);
/// The longest wait before it is said again.
const LONGEST: Duration = Duration::from_secs(3);
/// Datagrams of a flight that are kept, at most.
const MOST: usize = 16;
/// Records of a handshake: ChangeCipherSpec and Handshake, of any epoch.
const HANDSHAKE: [u8; 2] = [20, 22];

/// The flight that is on its way.
#[derive(Debug)]
pub struct Flight<A> {
    datagrams: Vec<(A, BytesMut)>,
    /// What it answers came, so the next datagram begins another one.
    is_answered: bool,
    /// When it is said again, and how long that was waited for.
    again: Option<(Instant, Duration)>,
}

impl<A> Default for Flight<A> {
    fn default() -> Self {
        Self {
            datagrams: Vec::new(),
            is_answered: false,
            again: None,
        }
    }
}

impl<A: Clone> Flight<A> {
    /// A datagram is sent to `to`.
    pub fn handle_sent(&mut self, to: A, bytes: &BytesMut, now: Instant) {
        if !is_handshake(bytes) {
            return;
        }
        // The core says it again by itself after a second, under new numbers.
        let is_new = self.is_answered || self.datagrams.len() >= MOST;
        if is_new {
            self.datagrams.clear();
            self.is_answered = false;
        }
        self.datagrams.push((to, bytes.clone()));
        if is_new || self.again.is_none() {
            self.again = Some((now + FIRST, FIRST));
        }
    }

    /// A datagram came.
    pub fn handle_received(&mut self, bytes: &[u8]) {
        self.is_answered |= is_handshake(bytes);
    }

    /// The handshake is over.
    pub fn end(&mut self) {
        *self = Self::default();
    }

    /// When to call [`Self::again`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.again.map(|(at, _)| at)
    }

    /// What is said again now.
    pub fn again(&mut self, now: Instant) -> Vec<(A, BytesMut)> {
        let Some((_, waited)) = self.again.filter(|(at, _)| *at <= now) else {
            return Vec::new();
        };
        let wait = (waited * 2).min(LONGEST);
        self.again = Some((now + wait, wait));
        self.datagrams.clone()
    }
}

/// Whether a datagram is of a handshake.
pub(crate) fn is_handshake(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|kind| HANDSHAKE.contains(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_flight_is_said_again_until_it_is_answered_and_the_next_begins_anew() {
        let (start, mut flight) = (Instant::now(), Flight::default());
        let hello = BytesMut::from(&[22, 1][..]);
        flight.handle_sent((), &hello, start);
        assert_eq!(flight.again(start + ms(49)), []);
        for at in [50, 150, 350] {
            assert_eq!(flight.poll_timeout(), Some(start + ms(at)));
            assert_eq!(flight.again(start + ms(at)), [((), hello.clone())]);
        }
        flight.handle_received(&[22, 2]);
        let finished = BytesMut::from(&[20, 3][..]);
        flight.handle_sent((), &finished, start + ms(400));
        assert_eq!(flight.poll_timeout(), Some(start + ms(450)));
        assert_eq!(flight.again(start + ms(450)), [((), finished)]);
        flight.end();
        assert_eq!(flight.poll_timeout(), None);
    }

    #[test]
    fn what_is_no_handshake_is_said_once_and_what_is_kept_is_bounded() {
        let (now, mut flight) = (Instant::now(), Flight::default());
        flight.handle_sent((), &BytesMut::from(&[128, 1][..]), now);
        flight.handle_received(&[128, 1]);
        assert_eq!(flight.poll_timeout(), None);
        (0..100).for_each(|_| flight.handle_sent((), &BytesMut::from(&[22][..]), now));
        assert!(flight.again(now + FIRST).len() <= MOST);
    }
}

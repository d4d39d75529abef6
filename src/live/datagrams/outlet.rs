//! Sending what was made in one go with one system call.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use tokio::net::UdpSocket;

/// Datagrams sent at once.
const MOST: usize = 16;
/// One that is added this long after the first lets all leave.
const MOST_WAIT: Duration = Duration::from_micros(500);

/// Datagrams that wait to leave by one socket.
pub struct Outlet {
    waiting: Vec<(SocketAddr, BytesMut)>,
    /// When the first of them came.
    since: Instant,
}

/// What became of datagrams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// That many left.
    pub sent: u64,
    /// That many the network would not take at once. Media that waits is worth nothing: they are dropped.
    pub unsent: u64,
    /// In so many system calls.
    pub calls: u64,
}

impl Outlet {
    /// Nothing waits.
    pub fn new(now: Instant) -> Self {
        Self {
            waiting: Vec::with_capacity(MOST),
            since: now,
        }
    }

    /// Adds one. Whether it can wait for others; otherwise all are to be sent now.
    pub fn push(&mut self, remote: SocketAddr, datagram: BytesMut, now: Instant) -> bool {
        if self.waiting.is_empty() {
            self.since = now;
        }
        self.waiting.push((remote, datagram));
        self.waiting.len() < MOST && !self.is_overdue(now)
    }

    /// Whether some have waited for long enough.
    pub fn is_overdue(&self, now: Instant) -> bool {
        !self.waiting.is_empty() && now.saturating_duration_since(self.since) >= MOST_WAIT
    }

    /// Sends all.
    pub fn flush(&mut self, socket: &UdpSocket) -> Left {
        let mut left = Left::default();
        let mut rest = self.waiting.as_slice();
        while !rest.is_empty() {
            left.calls += 1;
            let taken = match send(socket, rest) {
                Ok(sent) => {
                    left.sent += sent as u64;
                    sent
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
                Err(error) => {
                    let lost = match error.kind() {
                        io::ErrorKind::WouldBlock => rest.len(),
                        // It is the first one that can't be sent.
                        _ => 1,
                    };
                    left.unsent += lost as u64;
                    lost
                }
            };
            rest = &rest[taken..];
        }
        self.waiting.clear();
        left
    }
}

/// Sends some of these, the first ones; how many.
#[cfg(target_os = "linux")]
fn send(socket: &UdpSocket, datagrams: &[(SocketAddr, BytesMut)]) -> io::Result<usize> {
    use std::io::IoSlice;

    use rustix::net::addr::SocketAddrArg;
    use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, sendmmsg};

    let count = datagrams.len().min(MOST);
    // Those beyond the count repeat the last one and are not sent.
    let each = |at: usize| &datagrams[at.min(count - 1)];
    let addresses: [_; MOST] = std::array::from_fn(|at| each(at).0.as_any());
    let slices: [_; MOST] = std::array::from_fn(|at| [IoSlice::new(&each(at).1)]);
    let mut controls: [_; MOST] = std::array::from_fn(|_| SendAncillaryBuffer::default());
    let mut control = controls.iter_mut();
    let mut parts = addresses.iter().zip(&slices);
    let mut messages: [_; MOST] = std::array::from_fn(|_| {
        let (address, slice) = parts.next().expect("there are as many");
        MMsgHdr::new_with_addr(address, slice, control.next().expect("there are as many"))
    });
    Ok(sendmmsg(socket, &mut messages[..count], SendFlags::DONTWAIT)?)
}

#[cfg(not(target_os = "linux"))]
fn send(socket: &UdpSocket, datagrams: &[(SocketAddr, BytesMut)]) -> io::Result<usize> {
    let (remote, datagram) = &datagrams[0];
    socket.try_send_to(datagram, *remote).map(|_| 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn bound() -> (UdpSocket, SocketAddr) {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
        let address = socket.local_addr().expect("it is bound");
        (socket, address)
    }

    #[test]
    fn datagrams_wait_for_others_but_not_for_long_and_not_for_many() {
        let start = Instant::now();
        let remote = ([192, 0, 2, 1], 9).into();
        let mut outlet = Outlet::new(start);
        assert!(outlet.push(remote, BytesMut::new(), start + MOST_WAIT));
        assert!(outlet.push(remote, BytesMut::new(), start + MOST_WAIT + MOST_WAIT / 2));
        assert!(!outlet.push(remote, BytesMut::new(), start + MOST_WAIT * 2));
        let mut outlet = Outlet::new(start);
        let waits = (0..MOST)
            .filter(|_| outlet.push(remote, BytesMut::new(), start))
            .count();
        assert_eq!(waits, MOST - 1);
    }

    #[tokio::test]
    async fn all_that_waits_leaves_in_order_and_what_cant_leave_holds_up_nothing() {
        let (from, _) = bound().await;
        let (to, address) = bound().await;
        let now = Instant::now();
        let mut outlet = Outlet::new(now);
        for number in 0..40u8 {
            outlet.push(address, BytesMut::from(&[number][..]), now);
            if number == 20 {
                // An IPv4 socket can't send there.
                outlet.push(([0, 0, 0, 0, 0, 0, 0, 1], 9).into(), BytesMut::from(&b"?"[..]), now);
            }
        }
        let left = outlet.flush(&from);
        assert_eq!((left.sent, left.unsent), (40, 1));
        // 16 datagrams, 5 until the one that can't be sent, that one, 16, and 3.
        #[cfg(target_os = "linux")]
        assert_eq!(left.calls, 5);
        let mut buffer = [0; 8];
        for number in 0..40u8 {
            assert_eq!(to.recv(&mut buffer).await.expect("it has come"), 1);
            assert_eq!(buffer[0], number);
        }
        assert_eq!(outlet.flush(&from), Left::default());
    }
}

//! The sockets of a thread's callers, and what is on its way to and from them through the impaired network.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use bytes::BytesMut;
use mio::net::UdpSocket;
use mio::{Interest, Registry, Token};

use super::whip::{Certificate, Whip, WhipError};
use crate::network::Line;
use crate::repair::Repair;

/// Nothing longer comes in one piece.
const LONGEST_DATAGRAM: usize = 2_048;

/// Which way a datagram goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    Up,
    Down,
}

/// A call and its socket.
pub(super) struct Wire {
    pub call: Whip,
    socket: UdpSocket,
}

/// A call could not be set up.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error("a socket: {0}")]
    Socket(#[from] io::Error),
    #[error(transparent)]
    Call(#[from] WhipError),
}

impl Wire {
    /// A call from a port of its own at `ip`, and its offer. What comes to it is told with `token`.
    pub fn open(
        registry: &Registry,
        token: Token,
        ip: IpAddr,
        certificate: &Certificate,
        repair: Repair,
        now: Instant,
    ) -> Result<(Self, String), WireError> {
        let socket = bind(registry, token, ip)?;
        let (call, offer) = Whip::offer(socket.local_addr()?, certificate, repair, now)?;
        Ok((Self { call, socket }, offer))
    }

    /// Goes on from another port, as behind a NAT that has forgotten the first one. The call doesn't know.
    pub fn rebind(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let ip = self.socket.local_addr()?.ip();
        registry.deregister(&mut self.socket)?;
        self.socket = bind(registry, token, ip)?;
        Ok(())
    }

    /// Gives the socket up.
    pub fn close(mut self, registry: &Registry) {
        // It is closed either way.
        let _ = registry.deregister(&mut self.socket);
    }

    /// Reads a datagram, if one is there. Errors that belong to an earlier one, such as a port that is closed, are passed over.
    pub fn read(&self, buffer: &mut [u8; LONGEST_DATAGRAM]) -> Option<(SocketAddr, usize)> {
        loop {
            match self.socket.recv_from(buffer) {
                Ok((length, from)) => return Some((from, length)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(_) => return None,
            }
        }
    }

    /// Sends a datagram; one that the machine won't take is lost, as any may be.
    pub fn send(&self, to: SocketAddr, bytes: &[u8]) {
        let _ = self.socket.send_to(bytes, to);
    }
}

fn bind(registry: &Registry, token: Token, ip: IpAddr) -> io::Result<UdpSocket> {
    let mut socket = UdpSocket::bind(SocketAddr::new(ip, 0))?;
    registry.register(&mut socket, token, Interest::READABLE)?;
    Ok(socket)
}

/// Room for a datagram.
pub(super) fn buffer() -> Box<[u8; LONGEST_DATAGRAM]> {
    Box::new([0; LONGEST_DATAGRAM])
}

/// A datagram that arrives later.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Delayed {
    pub seat: usize,
    /// Whose call it belongs to: an earlier one's goes nowhere.
    pub generation: u64,
    pub way: Way,
    /// Where it goes, or where it comes from.
    pub peer: SocketAddr,
    pub bytes: BytesMut,
}

/// Datagrams on their way, in the order of their arrival.
#[derive(Default)]
pub(super) struct InFlight {
    queue: BinaryHeap<Reverse<(Instant, u64, Order)>>,
    order: u64,
}

/// Datagrams are compared by nothing but their time and number.
struct Order(Delayed);

impl PartialEq for Order {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Order {}

impl PartialOrd for Order {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Order {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl InFlight {
    /// Puts a datagram on a line. What arrives at once is given back; the rest arrives later, or never.
    pub fn carry(&mut self, line: &mut Line, datagram: Delayed, now: Instant) -> Option<Delayed> {
        let fate = line.carry(datagram.bytes.len(), now);
        if let Some(again) = fate.again {
            let copy = Delayed {
                bytes: datagram.bytes.clone(),
                ..datagram
            };
            self.push(again, copy);
        }
        let arrives = fate.arrives?;
        if arrives <= now {
            return Some(datagram);
        }
        self.push(arrives, datagram);
        None
    }

    /// The next one that has arrived.
    pub fn poll(&mut self, now: Instant) -> Option<Delayed> {
        let Reverse((at, ..)) = self.queue.peek()?;
        if *at > now {
            return None;
        }
        self.queue.pop().map(|Reverse((_, _, Order(datagram)))| datagram)
    }

    /// When the next one arrives.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.queue.peek().map(|Reverse((at, ..))| *at)
    }

    fn push(&mut self, at: Instant, datagram: Delayed) {
        self.order += 1;
        self.queue.push(Reverse((at, self.order, Order(datagram))));
    }
}

//! The two ends of a datagram.

use std::net::SocketAddr;

/// What carries a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// UDP, one datagram a packet.
    Udp,
    /// TCP, one RFC 4571 frame a packet (RFC 6544).
    Tcp,
}

/// Where a datagram runs: what carries it, our end and the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    /// What carries it.
    pub transport: Transport,
    /// Our address.
    pub local: SocketAddr,
    /// The peer's address, as we see it.
    pub remote: SocketAddr,
}

impl Path {
    /// A path over UDP.
    pub fn udp(local: SocketAddr, remote: SocketAddr) -> Self {
        Self {
            transport: Transport::Udp,
            local,
            remote,
        }
    }

    /// A path over TCP.
    pub fn tcp(local: SocketAddr, remote: SocketAddr) -> Self {
        Self {
            transport: Transport::Tcp,
            local,
            remote,
        }
    }
}

//! What a peer tells and wants sent.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::LossReport;
use crate::{Path, Transport};

/// Something that happened to a peer.
#[derive(Clone, Debug, PartialEq)]
pub enum PeerEvent {
    /// Audio can flow. Comes again when a peer that was [`Disconnected`](Self::Disconnected) is back.
    Connected,
    /// Nothing was heard for 5 s. It may come back by itself or by an ICE restart.
    Disconnected,
    /// It is over; the peer sends nothing any more.
    Failed(Failure),
    /// The peer has left in order, or [`close`](super::Peer::close) was called.
    Closed,
    /// An authenticated audio packet, in the order of arrival.
    Rtp(RtpPacket),
    /// The client's audio comes from this SSRC, which its offer did not declare. Tell it to
    /// [`Demux::register_source`](crate::Demux::register_source).
    Source(u32),
    /// The data channel `events` is open. What was queued is on its way.
    EventsOpen,
    /// A text message on the data channel `events`.
    EventsMessage(String),
    /// The client closed the data channel `events`.
    EventsClosed,
    /// The client's report on our audio.
    LossReport(LossReport),
    /// The client's estimate of the bandwidth to it, in bits a second (REMB, draft-alvestrand-rmcat-remb).
    Bandwidth(u32),
    /// How long a consent check took, there and back.
    RoundTrip(Duration),
}

/// Why a peer is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// ICE found no way to the client.
    Unreachable,
    /// The client was silent for 30 s (RFC 7675).
    ConsentLost,
    /// The DTLS handshake failed: the certificate didn't match the offer, say.
    Dtls,
}

/// One packet of the client's audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtpPacket {
    /// The RTP sequence number.
    pub sequence: u16,
    /// The RTP timestamp in units of 1/48000 s.
    pub timestamp: u32,
    /// The RTP marker: first packet of a talkspurt.
    pub marker: bool,
    /// The Opus packet, or redundant audio.
    pub payload: Bytes,
    /// Whether the payload is redundant audio (RFC 2198), of which the last block is the Opus packet.
    pub is_redundant: bool,
    /// The RFC 6464 octet: voice flag in the highest bit, then the level in -dBov (127 is silence).
    pub level: Option<u8>,
}

/// A datagram to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where it goes. `local` is one of the configured addresses.
    pub path: Path,
    /// Its bytes, without TCP framing.
    pub bytes: BytesMut,
}

impl Transmit {
    /// What carries it.
    pub fn transport(&self) -> Transport {
        self.path.transport
    }

    /// Whom to send it to.
    pub fn remote(&self) -> SocketAddr {
        self.path.remote
    }
}

/// What became of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It is proven to be this peer's: a check with the right credentials, or SRTP with the right key. Tell it to
    /// [`Demux::confirm`](crate::Demux::confirm).
    Authenticated,
    /// Taken; nothing is proven by it alone.
    Taken,
    /// Dropped and counted.
    Dropped,
}

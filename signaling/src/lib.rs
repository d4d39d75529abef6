//! Joining a conversation: from an SDP offer to a peer that media and messages flow through.
//!
//! Everything here is sans-IO. Datagrams, instants and verbs come in by `handle_*`; datagrams to send, events and the
//! next deadline go out by `poll_*`. Nothing reads a clock, opens a socket, locks or waits, and nothing knows what a
//! conversation is: a [`Peer`] is one end of one WebRTC connection, and a caller may hold as many as it likes.
//!
//! * [`Peer`] answers an offer and then carries one person's audio and events.
//! * [`Demux`] finds the peer that a datagram on a shared port belongs to.
//! * [`tcp`] cuts an ICE-TCP byte stream into datagrams.
//! * [`whip`] is the HTTP face of joining (RFC 9725) without HTTP: strings and enums in and out.
//! * [`events`] is the vocabulary of the data channel `events`, [`chat`] and [`stream`] are those of the WebSockets of documents
//!   001 and 004.
//! * [`flight`] is for the other end: how clients say their DTLS handshake again, for those that are made of the same core.

pub mod chat;
pub mod demux;
pub mod events;
pub mod flight;
pub mod peer;
pub mod sdp;
pub mod stream;
pub mod stun;
pub mod tcp;
pub mod whip;

mod path;

pub use demux::{Demux, Route};
pub use path::{Path, Transport};
pub use peer::{Peer, PeerConfig, PeerEvent, Transmit};
pub use sdp::{Fragment, OfferError};

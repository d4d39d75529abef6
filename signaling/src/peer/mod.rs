//! One end of one WebRTC connection, ours.

mod alias;
mod channel;
mod config;
mod counters;
mod datagram;
mod event;
mod probes;
mod reports;
mod restart;
mod setup;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use rtc::peer_connection::RTCPeerConnection;
use rtc::peer_connection::event::{RTCDataChannelEvent, RTCPeerConnectionEvent};
use rtc::peer_connection::message::{RTCMessage, TaggedRTCMessage};
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::peer_connection::transport::RTCDtlsTransportState;
use rtc::rtp;
use rtc::sansio::Protocol;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};

use alias::Alias;
use channel::Channel;
use datagram::{Kind, Unfit, classify};
use probes::Probes;

use crate::events::MAX_MESSAGE;
use crate::sdp::{self, Candidate, CandidateAddress, Credentials, Offer, OfferError};
use crate::stun::{self, Class};
use crate::{Path, Transport};

pub use channel::EVENTS_LABEL;
pub use config::{Certificate, CertificateError, PeerConfig};
pub use counters::PeerCounters;
pub use event::{Failure, PeerEvent, Receipt, RtpPacket, Transmit};
pub use reports::LossReport;
pub use restart::RestartError;

/// The shortest time between two wake-ups. The core leaves some expired timers standing, which would spin a loop that
/// sleeps until the next deadline.
const LEAST_SLEEP: Duration = Duration::from_millis(1);

/// One person's connection: audio both ways and messages on the data channel `events`.
///
/// After each `handle_*` and each verb that sends, take out all of [`poll_transmit`](Self::poll_transmit) and
/// [`poll_event`](Self::poll_event), then ask [`poll_timeout`](Self::poll_timeout) when to call
/// [`handle_timeout`](Self::handle_timeout). A peer ends with [`PeerEvent::Closed`] or [`PeerEvent::Failed`].
pub struct Peer {
    core: RTCPeerConnection,
    offer: Offer,
    trickled: usize,
    hosts: Vec<Candidate>,
    local: Credentials,
    ssrc: u32,
    sequence: u16,
    newest: Option<u16>,
    phase: Phase,
    was_connected: bool,
    alias: Alias,
    probes: Probes,
    channel: Channel,
    counters: PeerCounters,
    transmits: VecDeque<Transmit>,
    events: VecDeque<PeerEvent>,
    not_before: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Connecting,
    Connected,
    Disconnected,
    Failed,
    Closed,
}

/// The datagram that the core is working on.
#[derive(Clone, Copy)]
struct Arrival {
    path: Path,
    /// The path that the core was shown.
    shown: Path,
    kind: Kind,
}

/// What the core did with it.
#[derive(Default)]
struct Outcome {
    /// It answered a check with success: the credentials are right and, if the check nominates, the path was validated
    /// from our side too.
    answered: bool,
    /// It checked back on the same path: the credentials are right.
    checked_back: bool,
    /// It delivered audio.
    delivered: bool,
    /// Audio newer than all before.
    newer: bool,
}

impl Peer {
    /// Answers an offer: the peer and the answer's SDP, our candidates in it.
    pub fn answer(
        offer: &str,
        config: &PeerConfig,
        now: Instant,
    ) -> Result<(Self, String), OfferError> {
        let offer = Offer::parse(offer)?;
        let refused = |error: rtc::shared::error::Error| OfferError::Core(error.to_string());
        let hosts = setup::hosts(config);
        let ssrc = rand::random();
        let mut core = setup::core(&offer, &config.certificate, ssrc, now).map_err(refused)?;
        let own = setup::answer(&mut core, &offer, &hosts, now).map_err(refused)?;
        let incomplete = || OfferError::Core("the core's answer is incomplete".to_owned());
        let answer = sdp::compose(&own, &offer).ok_or_else(incomplete)?;
        let (local, _) = sdp::local_ice(&own, offer.audio_mid()).ok_or_else(incomplete)?;
        let mut peer = Self {
            core,
            offer,
            trickled: 0,
            hosts,
            local,
            ssrc,
            sequence: rand::random(),
            newest: None,
            phase: Phase::Connecting,
            was_connected: false,
            alias: Alias::default(),
            probes: Probes::default(),
            channel: Channel::default(),
            counters: PeerCounters::default(),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            not_before: None,
        };
        peer.drain(None, now);
        Ok((peer, answer))
    }

    /// Our ICE username fragment, by which the demux knows our checks. An ICE restart changes it.
    pub fn local_ufrag(&self) -> &str {
        &self.local.ufrag
    }

    /// The source that the client said its audio will come from, for [`Demux::register_source`](crate::Demux::register_source).
    pub fn remote_ssrc(&self) -> Option<u32> {
        self.offer.ssrc()
    }

    /// What the client offered.
    pub fn offer(&self) -> &Offer {
        &self.offer
    }

    /// Whether audio can be sent now.
    pub fn is_connected(&self) -> bool {
        matches!(self.phase, Phase::Connected | Phase::Disconnected)
    }

    /// Whether the peer has failed or closed. An ICE restart can bring back one that failed by silence.
    pub fn is_ended(&self) -> bool {
        matches!(self.phase, Phase::Failed | Phase::Closed)
    }

    /// What was dropped so far.
    pub fn counters(&self) -> PeerCounters {
        self.counters
    }

    /// A datagram has arrived on `local` from `remote`. An unadvertised `local`, as of a wildcard socket, is taken for the
    /// advertised address that suits `remote` best.
    pub fn handle_datagram(
        &mut self,
        local: SocketAddr,
        remote: SocketAddr,
        transport: Transport,
        bytes: BytesMut,
        now: Instant,
    ) -> Receipt {
        if self.is_ended() {
            self.counters.after_end += 1;
            return Receipt::Dropped;
        }
        let path = Path {
            transport,
            local: self.advertised(transport, local, remote),
            remote,
        };
        let kind = match classify(&bytes) {
            Ok(kind) => kind,
            Err(Unfit::Garbage) => {
                self.counters.garbage += 1;
                return Receipt::Dropped;
            }
            Err(Unfit::Stun) => {
                self.counters.stun_ignored += 1;
                return Receipt::Dropped;
            }
        };
        match kind {
            Kind::Check { .. } if !self.alias.may_check(path) => {
                self.counters.too_many_paths += 1;
                return Receipt::Dropped;
            }
            Kind::Rtp | Kind::Rtcp if !self.was_connected => {
                self.counters.rtp_early += 1;
                return Receipt::Dropped;
            }
            Kind::Response { transaction } => {
                if let Some(elapsed) = self.probes.answered(transaction, now) {
                    self.events.push_back(PeerEvent::RoundTrip(elapsed));
                }
            }
            _ => {}
        }
        let shown = self.alias.inbound(path);
        let message = TaggedBytesMut {
            now,
            transport: context(shown),
            message: bytes,
        };
        if let Err(error) = self.core.handle_read(message) {
            tracing::trace!(%error, "the core refused a datagram");
        }
        let outcome = self.drain(Some(Arrival { path, shown, kind }), now);
        let receipt = self.judge(path, kind, &outcome);
        if kind == Kind::Dtls {
            self.notice_farewell();
        }
        receipt
    }

    /// Time has come to `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.phase == Phase::Closed {
            return;
        }
        if let Err(error) = self.core.handle_timeout(now) {
            tracing::debug!(%error, "the core failed a timeout");
        }
        self.not_before = Some(now + LEAST_SLEEP);
        self.drain(None, now);
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next, never sooner than 1 ms after the last call.
    pub fn poll_timeout(&mut self) -> Option<Instant> {
        if self.is_ended() {
            return None;
        }
        let due = self.core.poll_timeout()?;
        Some(self.not_before.map_or(due, |floor| due.max(floor)))
    }

    /// The next datagram to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<PeerEvent> {
        self.events.pop_front()
    }

    /// Sends one Opus packet. `timestamp` counts 1/48000 s. Dropped and counted while there is no one to send it to.
    pub fn send_audio(&mut self, payload: Bytes, timestamp: u32, marker: bool, now: Instant) {
        let wanted = matches!(
            self.offer.direction(),
            sdp::Direction::SendRecv | sdp::Direction::RecvOnly
        );
        if !self.is_connected() || !wanted {
            self.counters.audio_unsent += 1;
            return;
        }
        let packet = rtp::Packet {
            header: rtp::Header {
                version: 2,
                marker,
                payload_type: self.offer.payload_type(),
                sequence_number: self.sequence,
                timestamp,
                ssrc: self.ssrc,
                ..Default::default()
            },
            payload,
        };
        self.sequence = self.sequence.wrapping_add(1);
        // The track's id is only read for packets that come in.
        let message = RTCMessage::RtpPacket(Default::default(), packet);
        if let Err(error) = self.core.handle_write(TaggedRTCMessage { now, message }) {
            self.counters.audio_unsent += 1;
            tracing::trace!(%error, "the core refused audio");
        }
        self.collect_writes(None, now);
    }

    /// Sends a text message on the data channel `events`, or keeps it until the client has opened that. When too many
    /// wait, the oldest are dropped and counted.
    pub fn send_events_message(&mut self, message: &str, now: Instant) {
        if self.is_ended() || self.channel.push(message) {
            self.counters.channel_overflow += 1;
        }
        if !self.is_ended() {
            self.drain(None, now);
        }
    }

    /// Says goodbye and ends the peer. What is to be sent last is left in [`poll_transmit`](Self::poll_transmit).
    pub fn close(&mut self, now: Instant) {
        if self.phase == Phase::Closed {
            return;
        }
        self.channel.flush(&mut self.core, now);
        if let Err(error) = self.core.close() {
            tracing::debug!(%error, "the core failed to close");
        }
        self.drain(None, now);
        self.end(Phase::Closed, PeerEvent::Closed);
    }

    /// Moves everything out of the core until nothing moves any more. Handling its events can make it write (the first
    /// DTLS flight, say), and what it doesn't get to write now would wait for its next tick.
    fn drain(&mut self, arrival: Option<Arrival>, now: Instant) -> Outcome {
        let mut outcome = Outcome::default();
        loop {
            self.channel.flush(&mut self.core, now);
            let mut moved = self.collect_writes_into(&mut outcome, arrival, now);
            while let Some(event) = self.core.poll_event() {
                moved = true;
                self.on_core_event(event);
            }
            while let Some(TaggedRTCMessage { message, .. }) = self.core.poll_read() {
                moved = true;
                self.on_core_message(message, &mut outcome);
            }
            if !moved {
                return outcome;
            }
        }
    }

    fn collect_writes(&mut self, arrival: Option<Arrival>, now: Instant) {
        self.collect_writes_into(&mut Outcome::default(), arrival, now);
    }

    fn collect_writes_into(
        &mut self,
        outcome: &mut Outcome,
        arrival: Option<Arrival>,
        now: Instant,
    ) -> bool {
        let mut moved = false;
        while let Some(TaggedBytesMut {
            transport, message, ..
        }) = self.core.poll_write()
        {
            moved = true;
            let wanted = path(&transport);
            let path = match stun_of(&message) {
                None => self.alias.outbound(wanted, true),
                Some(stun) if stun.class == Class::Request => {
                    outcome.checked_back |= arrival.is_some_and(|arrival| arrival.shown == wanted);
                    self.probes.sent(stun.transaction, now);
                    self.alias.outbound(wanted, false)
                }
                Some(stun) => match arrival {
                    // A response goes back where its request came from, whatever path the core was shown.
                    Some(Arrival {
                        path,
                        kind: Kind::Check { transaction, .. },
                        ..
                    }) if transaction == stun.transaction => {
                        outcome.answered |= stun.class == Class::Success;
                        path
                    }
                    _ => self.alias.outbound(wanted, false),
                },
            };
            self.transmits.push_back(Transmit {
                path,
                bytes: message,
            });
        }
        moved
    }

    fn on_core_event(&mut self, event: RTCPeerConnectionEvent) {
        match event {
            RTCPeerConnectionEvent::OnConnectionStateChangeEvent(state) => match state {
                RTCPeerConnectionState::Connected if self.phase != Phase::Connected => {
                    self.phase = Phase::Connected;
                    self.was_connected = true;
                    self.events.push_back(PeerEvent::Connected);
                }
                RTCPeerConnectionState::Disconnected if self.phase == Phase::Connected => {
                    self.phase = Phase::Disconnected;
                    self.events.push_back(PeerEvent::Disconnected);
                }
                RTCPeerConnectionState::Failed => {
                    let failure = match self.dtls_state() {
                        Some(RTCDtlsTransportState::Failed) => Failure::Dtls,
                        _ if self.was_connected => Failure::ConsentLost,
                        _ => Failure::Unreachable,
                    };
                    self.end(Phase::Failed, PeerEvent::Failed(failure));
                }
                _ => {}
            },
            RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnOpen(id)) => {
                if self.channel.opened(id, &mut self.core) {
                    self.events.push_back(PeerEvent::EventsOpen);
                }
            }
            RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnClose(id)) => {
                if self.channel.closed(id) {
                    self.events.push_back(PeerEvent::EventsClosed);
                }
            }
            _ => {}
        }
    }

    fn on_core_message(&mut self, message: RTCMessage, outcome: &mut Outcome) {
        match message {
            RTCMessage::RtpPacket(_, packet) => {
                outcome.delivered = true;
                let sequence = packet.header.sequence_number;
                // Half the number space ahead counts as newer (RFC 3550 appendix A.1).
                if self
                    .newest
                    .is_none_or(|newest| sequence.wrapping_sub(newest).wrapping_sub(1) < 0x7FFF)
                {
                    self.newest = Some(sequence);
                    outcome.newer = true;
                }
                if packet.header.payload_type != self.offer.payload_type() {
                    self.counters.rtp_foreign += 1;
                    return;
                }
                self.counters.rtp_received += 1;
                let level = self
                    .offer
                    .level_extension()
                    .and_then(|id| packet.header.get_extension(id))
                    .and_then(|octets| octets.first().copied());
                self.events.push_back(PeerEvent::Rtp(RtpPacket {
                    sequence,
                    timestamp: packet.header.timestamp,
                    marker: packet.header.marker,
                    payload: packet.payload,
                    level,
                }));
            }
            RTCMessage::RtcpPacket(_, packets) => {
                if let Some(report) = reports::loss_report(&packets, self.ssrc) {
                    self.events.push_back(PeerEvent::LossReport(report));
                }
            }
            RTCMessage::DataChannelMessage(id, message) => {
                if !self.channel.is(id) {
                    self.counters.channel_foreign += 1;
                } else if message.data.len() > MAX_MESSAGE {
                    self.counters.channel_oversized += 1;
                } else {
                    match String::from_utf8(message.data.into()) {
                        Ok(text) if message.is_string => {
                            self.events.push_back(PeerEvent::EventsMessage(text))
                        }
                        _ => self.counters.channel_binary += 1,
                    }
                }
            }
            _ => {}
        }
    }

    /// What a datagram proves, and whether the client has moved.
    fn judge(&mut self, path: Path, kind: Kind, outcome: &Outcome) -> Receipt {
        let (authentic, moves) = match kind {
            Kind::Check { nominates, .. } => {
                if !outcome.answered && !outcome.checked_back {
                    self.counters.stun_refused += 1;
                    return Receipt::Dropped;
                }
                self.alias.answered(path);
                // STUN can be replayed. A nomination counts once the core answers it, which it does after its own check on
                // that path has succeeded; a replay from elsewhere never gets there.
                (true, nominates && outcome.answered)
            }
            Kind::Rtp => {
                if !outcome.delivered {
                    self.counters.rtp_refused += 1;
                    return Receipt::Dropped;
                }
                // A packet that was overtaken on the way says nothing about where the client is now.
                (true, outcome.newer)
            }
            Kind::Response { .. } | Kind::Dtls | Kind::Rtcp => (false, false),
        };
        if moves && self.alias.move_to(path) {
            self.counters.path_changes += 1;
            tracing::debug!(remote = %path.remote, "the client has moved");
        }
        match authentic {
            true => Receipt::Authenticated,
            false => Receipt::Taken,
        }
    }

    /// The core takes note of a DTLS close_notify but says nothing.
    fn notice_farewell(&mut self) {
        if self.was_connected
            && !self.is_ended()
            && self.dtls_state() == Some(RTCDtlsTransportState::Closed)
        {
            self.end(Phase::Closed, PeerEvent::Closed);
        }
    }

    fn dtls_state(&mut self) -> Option<RTCDtlsTransportState> {
        let receiver = self.core.get_receivers().next();
        if let Some(receiver) = receiver.and_then(|id| self.core.rtp_receiver(id)) {
            return Some(receiver.transport()?.state());
        }
        let sender = self.core.get_senders().next()?;
        let sender = self.core.rtp_sender(sender)?;
        Some(sender.transport()?.state())
    }

    fn end(&mut self, phase: Phase, event: PeerEvent) {
        if !self.is_ended() {
            self.events.push_back(event);
        }
        self.phase = phase;
    }

    /// The configured address that a datagram to `local` was meant for.
    fn advertised(
        &self,
        transport: Transport,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> SocketAddr {
        let mut best: Option<(SocketAddr, bool)> = None;
        for host in &self.hosts {
            let CandidateAddress::Ip(ip) = host.address else {
                continue;
            };
            let address = SocketAddr::new(ip, host.port);
            if host.transport != transport || address.is_ipv4() != remote.is_ipv4() {
                continue;
            }
            if address == local {
                return local;
            }
            let suits = ip.is_loopback() == remote.ip().is_loopback();
            if best.is_none_or(|(_, chosen)| suits && !chosen) {
                best = Some((address, suits));
            }
        }
        best.map_or(local, |(address, _)| address)
    }
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Peer")
            .field("ufrag", &self.local.ufrag)
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}

fn context(path: Path) -> TransportContext {
    TransportContext {
        local_addr: path.local,
        peer_addr: path.remote,
        transport_protocol: match path.transport {
            Transport::Udp => TransportProtocol::UDP,
            Transport::Tcp => TransportProtocol::TCP,
        },
        ecn: None,
    }
}

fn path(context: &TransportContext) -> Path {
    Path {
        transport: match context.transport_protocol {
            TransportProtocol::TCP => Transport::Tcp,
            _ => Transport::Udp,
        },
        local: context.local_addr,
        remote: context.peer_addr,
    }
}

fn stun_of(datagram: &[u8]) -> Option<stun::Message<'_>> {
    stun::is_stun(datagram)
        .then(|| stun::Message::parse(datagram))
        .flatten()
}

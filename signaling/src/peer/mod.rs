//! One end of one WebRTC connection, ours.

mod alias;
mod audio;
mod channel;
mod config;
mod counters;
mod datagram;
mod event;
mod exchange;
mod probes;
mod repeats;
mod reports;
mod restart;
mod setup;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rtc::peer_connection::RTCPeerConnection;
use rtc::sansio::Protocol;
use rtc::shared::TaggedBytesMut;

use alias::Alias;
use audio::Kept;
use channel::Channel;
use datagram::{Kind, Unfit, classify};
use exchange::{Arrival, Outcome, context};
use probes::Probes;
use repeats::Repeats;

use crate::sdp::{self, Candidate, CandidateAddress, Credentials, Offer, OfferError};
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
    last_life: Instant,
    phase: Phase,
    was_connected: bool,
    /// An ICE restart has begun and no new path carries media yet.
    restarting: bool,
    source: Option<u32>,
    alias: Alias,
    probes: Probes,
    channel: Channel,
    /// What may be asked for again, where that was agreed on.
    kept: Option<Kept>,
    /// What was asked for and is not sent again yet.
    asked: VecDeque<u16>,
    counters: PeerCounters,
    /// Copies of our side of the DTLS handshake.
    repeats: Repeats,
    transmits: VecDeque<Transmit>,
    events: VecDeque<PeerEvent>,
    not_before: Option<Instant>,
    /// What the core said when it was last asked for its next deadline: it asks all its layers, which takes as long as a few
    /// packets. Forgotten with all that may move it; audio that is sent makes nothing due sooner.
    core_due: Option<Option<Instant>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Connecting,
    Connected,
    Disconnected,
    Failed,
    Closed,
}

impl Peer {
    /// Answers an offer: the peer and the answer's SDP, our candidates in it.
    pub fn answer(offer: &str, config: &PeerConfig, now: Instant) -> Result<(Self, String), OfferError> {
        let mut offer = Offer::parse(offer)?;
        if !config.takes_redundant {
            offer.refuse_redundant();
        }
        let source = offer.ssrc();
        let refused = |error: rtc::shared::error::Error| OfferError::Core(error.to_string());
        let hosts = setup::hosts(config);
        let ssrc = rand::random();
        let mut core = setup::core(&offer, &config.certificate, ssrc, now).map_err(refused)?;
        let own = setup::answer(&mut core, &offer, &hosts, now).map_err(refused)?;
        let incomplete = || OfferError::Core("the core's answer is incomplete".to_owned());
        let answer = sdp::compose(&own, &offer).ok_or_else(incomplete)?;
        let (local, _) = sdp::local_ice(&own, offer.audio_mid()).ok_or_else(incomplete)?;
        let kept = offer.asks_again().then(Kept::default);
        let mut peer = Self {
            core,
            offer,
            trickled: 0,
            hosts,
            local,
            ssrc,
            // In the lower half (RFC 3711 section 3.3.1): the client can't miss the first wrap by losing the first packets, after
            // which it could decrypt nothing more.
            sequence: rand::random::<u16>() >> 1,
            newest: None,
            last_life: now,
            phase: Phase::Connecting,
            was_connected: false,
            restarting: false,
            source,
            alias: Alias::default(),
            probes: Probes::default(),
            channel: Channel::default(),
            kept,
            asked: VecDeque::new(),
            counters: PeerCounters::default(),
            repeats: Repeats::default(),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            not_before: None,
            core_due: None,
        };
        peer.drain(None, now);
        Ok((peer, answer))
    }

    /// Our ICE username fragment, by which the demux knows our checks. An ICE restart changes it.
    pub fn local_ufrag(&self) -> &str {
        &self.local.ufrag
    }

    /// The source of the client's audio, for [`Demux::register_source`](crate::Demux::register_source): declared in the
    /// offer, or told by [`PeerEvent::Source`] with the first packet.
    pub fn remote_ssrc(&self) -> Option<u32> {
        self.source
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

    /// When something last came that only the client can have sent: a check, an answer to one of ours, audio, or a message.
    /// Whoever is there answers our consent checks, every 2 s.
    pub fn last_sign_of_life(&self) -> Instant {
        self.last_life
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
        let mut validated = false;
        match kind {
            Kind::Check { .. } if !self.alias.may_check(path) => {
                self.counters.too_many_paths += 1;
                return Receipt::Dropped;
            }
            Kind::Rtp | Kind::Rtcp if !self.was_connected => {
                self.counters.rtp_early += 1;
                return Receipt::Dropped;
            }
            // The core's window against replays begins with the first packet that it is shown, authentic or not: one forged
            // packet could make it refuse the client's for minutes. The client's own first ones come where its checks came.
            Kind::Rtp if self.newest.is_none() && !self.alias.knows(path) => {
                self.counters.rtp_refused += 1;
                return Receipt::Dropped;
            }
            Kind::Rtcp if !self.alias.knows(path) => {
                self.counters.rtp_refused += 1;
                return Receipt::Dropped;
            }
            Kind::Response { transaction } => {
                if let Some((elapsed, nominated)) = self.probes.answered(transaction, now) {
                    self.last_life = now;
                    self.events.push_back(PeerEvent::RoundTrip(elapsed));
                    validated = nominated == Some(path) && probes::is_authentic(&bytes, self.offer.pwd());
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
        let outcome = match kind {
            // The first packet opens the track.
            Kind::Rtp if self.newest.is_some() && !self.restarting => self.take_audio(),
            _ => self.drain(Some(Arrival { path, shown, kind }), now),
        };
        let receipt = self.judge(path, kind, validated, &outcome);
        if receipt == Receipt::Authenticated || outcome.messaged {
            self.last_life = now;
        }
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
        self.transmits.extend(std::iter::from_fn(|| self.repeats.poll(now)));
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next, never sooner than 1 ms after the last call.
    pub fn poll_timeout(&mut self) -> Option<Instant> {
        if self.is_ended() {
            return None;
        }
        let core_due = *self.core_due.get_or_insert_with(|| self.core.poll_timeout());
        debug_assert!(
            self.core
                .poll_timeout()
                .is_none_or(|due| core_due.is_some_and(|known| known <= due)),
            "something of the core's is due sooner than it said"
        );
        let due = core_due.into_iter().chain(self.repeats.poll_timeout()).min()?;
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

    /// What a datagram proves, and whether the client has moved.
    fn judge(&mut self, path: Path, kind: Kind, validated: bool, outcome: &Outcome) -> Receipt {
        let (authentic, moves) = match kind {
            Kind::Check { nominates, .. } => {
                if !outcome.answered && !outcome.checked_back {
                    self.counters.stun_refused += 1;
                    return Receipt::Dropped;
                }
                self.alias.answered(path);
                // STUN can be replayed. A nomination counts once our own check on that path has succeeded, before which the
                // core doesn't answer it; a replay from elsewhere never gets there.
                (true, nominates && outcome.answered)
            }
            Kind::Rtp => {
                if !outcome.delivered {
                    match self.restarting {
                        true => self.counters.rtp_restarting += 1,
                        false => self.counters.rtp_refused += 1,
                    }
                    return Receipt::Dropped;
                }
                self.restarting = false;
                // A packet that was overtaken on the way says nothing about where the client is now.
                (true, outcome.newer)
            }
            Kind::Response { .. } => (validated, validated),
            Kind::Dtls | Kind::Rtcp => (false, false),
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

    fn end(&mut self, phase: Phase, event: PeerEvent) {
        if !self.is_ended() {
            self.events.push_back(event);
        }
        self.phase = phase;
    }

    /// The configured address that a datagram to `local` was meant for.
    fn advertised(&self, transport: Transport, local: SocketAddr, remote: SocketAddr) -> SocketAddr {
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

//! Moving datagrams, events and messages between a peer and its core.

use std::time::Instant;

use rtc::peer_connection::event::{RTCDataChannelEvent, RTCPeerConnectionEvent};
use rtc::peer_connection::message::{RTCMessage, TaggedRTCMessage};
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::peer_connection::transport::RTCDtlsTransportState;
use rtc::sansio::Protocol;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};

use super::datagram::{Kind, classify};
use super::{Failure, Peer, PeerEvent, Phase, RtpPacket, Transmit, reports};
use crate::events::MAX_MESSAGE;
use crate::stun::{self, Class};
use crate::{Path, Transport};

/// The datagram that the core is working on.
#[derive(Clone, Copy)]
pub(super) struct Arrival {
    pub(super) path: Path,
    /// The path that the core was shown.
    pub(super) shown: Path,
    pub(super) kind: Kind,
}

/// What the core did with it.
#[derive(Default)]
pub(super) struct Outcome {
    /// It answered a check with success: the credentials are right and, if the check nominates, the path was validated
    /// from our side too.
    pub(super) answered: bool,
    /// It checked back on the same path: the credentials are right.
    pub(super) checked_back: bool,
    /// It delivered audio.
    pub(super) delivered: bool,
    /// Audio newer than all before.
    pub(super) newer: bool,
    /// It delivered a message.
    pub(super) messaged: bool,
}

impl Peer {
    /// Moves everything out of the core until nothing moves any more. Handling its events can make it write (the first
    /// DTLS flight, say), and what it doesn't get to write now would wait for its next tick.
    pub(super) fn drain(&mut self, arrival: Option<Arrival>, now: Instant) -> Outcome {
        let mut outcome = Outcome::default();
        self.core_due = None;
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
            moved |= self.resend(now);
            if !moved {
                return outcome;
            }
        }
    }

    /// Takes out what the core wants sent. Whether there was anything.
    pub(super) fn collect_writes(&mut self, now: Instant) -> bool {
        self.collect_writes_into(&mut Outcome::default(), None, now)
    }

    fn collect_writes_into(&mut self, outcome: &mut Outcome, arrival: Option<Arrival>, now: Instant) -> bool {
        let mut moved = false;
        while let Some(write) = self.core.poll_write() {
            moved = true;
            self.on_core_write(write, outcome, arrival, now);
        }
        moved
    }

    /// Takes out the packet of audio that was just written, and what the core had to send before it. Whether it was there.
    ///
    /// To ask the core for more goes through all of its layers, which takes as long as the packet did, and there is no more:
    /// whatever else it wants to send was collected when it was made.
    pub(super) fn collect_audio(&mut self, now: Instant) -> bool {
        while let Some(write) = self.core.poll_write() {
            let is_audio = matches!(classify(&write.message), Ok(Kind::Rtp));
            self.on_core_write(write, &mut Outcome::default(), None, now);
            if is_audio {
                return true;
            }
        }
        false
    }

    fn on_core_write(&mut self, write: TaggedBytesMut, outcome: &mut Outcome, arrival: Option<Arrival>, now: Instant) {
        let TaggedBytesMut { transport, message, .. } = write;
        let wanted = path(&transport);
        let path = match stun_of(&message) {
            None => self.alias.outbound(wanted, true),
            Some(stun) if stun.class == Class::Request => {
                let cause = arrival.filter(|arrival| arrival.shown == wanted);
                outcome.checked_back |= cause.is_some();
                let nominated = cause
                    .filter(|arrival| matches!(arrival.kind, Kind::Check { nominates: true, .. }))
                    .map(|arrival| arrival.path);
                self.probes.sent(stun.transaction, nominated, now);
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
        let transmit = Transmit { path, bytes: message };
        self.repeats.handle_sent(&transmit, now);
        self.transmits.push_back(transmit);
    }

    /// Takes out the packet of audio that the core was just given. All that a packet makes due at once is its delivery: its
    /// layers are asked for nothing else, which would take several times as long.
    pub(super) fn take_audio(&mut self) -> Outcome {
        let mut outcome = Outcome::default();
        while let Some(TaggedRTCMessage { message, .. }) = self.core.poll_media_read() {
            self.on_core_message(message, &mut outcome);
        }
        outcome
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
            RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnOpen(id))
                if self.channel.opened(id, &mut self.core) =>
            {
                self.events.push_back(PeerEvent::EventsOpen);
            }
            RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnClose(id)) if self.channel.closed(id) => {
                self.events.push_back(PeerEvent::EventsClosed);
            }
            _ => {}
        }
    }

    fn on_core_message(&mut self, message: RTCMessage, outcome: &mut Outcome) {
        match message {
            RTCMessage::RtpPacket(_, packet) => {
                outcome.delivered = true;
                if self.source.is_none() {
                    self.source = Some(packet.header.ssrc);
                    self.events.push_back(PeerEvent::Source(packet.header.ssrc));
                }
                let sequence = packet.header.sequence_number;
                // Half the number space ahead counts as newer (RFC 3550 appendix A.1).
                if self
                    .newest
                    .is_none_or(|newest| sequence.wrapping_sub(newest).wrapping_sub(1) < 0x7FFF)
                {
                    self.newest = Some(sequence);
                    outcome.newer = true;
                }
                let payload_type = Some(packet.header.payload_type);
                let is_redundant = payload_type == self.offer.redundant_payload_type();
                if !is_redundant && payload_type != Some(self.offer.payload_type()) {
                    self.counters.rtp_foreign += 1;
                    return;
                }
                self.counters.rtp_received += 1;
                self.counters.rtp_redundant += u64::from(is_redundant);
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
                    is_redundant,
                    level,
                }));
            }
            RTCMessage::RtcpPacket(_, packets) => {
                if let Some(report) = reports::loss_report(&packets, self.ssrc) {
                    self.events.push_back(PeerEvent::LossReport(report));
                }
                if let Some(bits) = reports::bandwidth(&packets, self.ssrc) {
                    self.events.push_back(PeerEvent::Bandwidth(bits));
                }
                self.asked.extend(reports::asked_for(&packets, self.ssrc));
            }
            RTCMessage::DataChannelMessage(id, message) => {
                outcome.messaged = true;
                if !self.channel.is(id) {
                    self.counters.channel_foreign += 1;
                } else if message.data.len() > MAX_MESSAGE {
                    self.counters.channel_oversized += 1;
                } else {
                    match String::from_utf8(message.data.into()) {
                        Ok(text) if message.is_string => self.events.push_back(PeerEvent::EventsMessage(text)),
                        _ => self.counters.channel_binary += 1,
                    }
                }
            }
            _ => {}
        }
    }

    /// The core takes note of a DTLS close_notify but says nothing.
    pub(super) fn notice_farewell(&mut self) {
        if self.was_connected && !self.is_ended() && self.dtls_state() == Some(RTCDtlsTransportState::Closed) {
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
}

pub(super) fn context(path: Path) -> TransportContext {
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

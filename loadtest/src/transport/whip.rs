//! One WebRTC call over the sans-IO core: the offerer of WHIP (RFC 9725). Pure: the socket and the clock are its caller's.

mod setup;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use colloquy_media::red::{Packer, Redundant};
use colloquy_signaling::flight::Flight;
use rtc::data_channel::RTCDataChannelId;
use rtc::peer_connection::RTCPeerConnection;
use rtc::peer_connection::event::{RTCDataChannelEvent, RTCPeerConnectionEvent};
use rtc::peer_connection::message::{RTCMessage, TaggedRTCMessage};
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::rtp_transceiver::RTCRtpSenderId;
use rtc::sansio::Protocol;
use rtc::shared::error::Error;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};

use crate::frame::Frame;
use crate::measure::Packet;
use crate::offer::{OPUS_PAYLOAD_TYPE, RED_PAYLOAD_TYPE, SAMPLES_PER_FRAME};
use crate::repair::Repair;

pub use setup::Certificate;

/// Packets before it that one of redundant audio carries, as Chromium's do.
const COPIES: u8 = 1;

/// The WebRTC core refused something.
#[derive(Debug, thiserror::Error)]
#[error("WebRTC: {0}")]
pub struct WhipError(String);

impl From<Error> for WhipError {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}

/// What a call brings in.
#[derive(Debug)]
pub enum WhipEvent {
    /// Media can flow.
    Connected,
    /// A packet of the agent's audio.
    Audio(Packet),
    /// A message on the `events` channel.
    Message(Bytes),
    /// The connection failed or was closed.
    Closed,
}

/// A datagram to send.
#[derive(Debug)]
pub struct Transmit {
    /// Where to.
    pub to: SocketAddr,
    /// What.
    pub bytes: BytesMut,
}

/// One call. After each `handle_*` and [`Whip::send`], take out all of [`Whip::poll_transmit`] and [`Whip::poll_event`].
pub struct Whip {
    core: RTCPeerConnection,
    local: SocketAddr,
    sender: RTCRtpSenderId,
    channel: Option<RTCDataChannelId>,
    /// The id of the header extension of RFC 6464, once it is negotiated.
    level_id: Option<u8>,
    flight: Flight<SocketAddr>,
    /// Redundant audio was agreed on.
    packer: Option<Packer>,
    is_answered: bool,
    is_connected: bool,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    marker: bool,
    transmits: VecDeque<Transmit>,
    events: VecDeque<WhipEvent>,
}

impl Whip {
    /// A call from this address, and its offer.
    ///
    /// # Errors
    /// When the core refuses.
    pub fn offer(
        local: SocketAddr,
        certificate: &Certificate,
        repair: Repair,
        now: Instant,
    ) -> Result<(Self, String), WhipError> {
        let ssrc = rand::random();
        let (mut core, sender) = setup::core(certificate, ssrc, repair, now)?;
        core.create_data_channel("events", None)?;
        let offer = core.create_offer(None)?;
        core.set_local_description(now, offer)?;
        core.add_local_candidate(setup::host(local)?)?;
        let offer = core
            .local_description()
            .ok_or_else(|| WhipError("there is no offer".to_owned()))?;
        let mut call = Self {
            core,
            local,
            sender,
            channel: None,
            level_id: None,
            flight: Flight::default(),
            packer: None,
            is_answered: false,
            is_connected: false,
            ssrc,
            // In the lower half, so that the first may be lost without a doubt about cycles (RFC 3711 section 3.3.1).
            sequence: rand::random::<u16>() >> 1,
            timestamp: rand::random(),
            marker: true,
            transmits: VecDeque::new(),
            events: VecDeque::new(),
        };
        call.drain(now)?;
        Ok((call, offer.sdp))
    }

    /// Takes the answer. Of its candidates, those at `prefer` are tried alone if there are any.
    ///
    /// # Errors
    /// When it is no answer to the offer.
    pub fn answer(&mut self, sdp: &str, prefer: IpAddr, now: Instant) -> Result<(), WhipError> {
        let answer = RTCSessionDescription::answer(reachable(sdp, prefer))?;
        if takes_redundant(&answer.sdp) {
            self.packer = Some(Packer::new(OPUS_PAYLOAD_TYPE));
        }
        self.core.set_remote_description(now, answer)?;
        self.is_answered = true;
        self.drain(now)
    }

    /// A datagram came.
    ///
    /// # Errors
    /// When the core gives up over it.
    pub fn handle_datagram(&mut self, from: SocketAddr, bytes: BytesMut, now: Instant) -> Result<(), WhipError> {
        let transport = TransportContext {
            local_addr: self.local,
            peer_addr: from,
            transport_protocol: TransportProtocol::UDP,
            ecn: None,
        };
        let is_audio = self.is_connected && is_rtp(&bytes);
        self.flight.handle_received(&bytes);
        self.core.handle_read(TaggedBytesMut {
            now,
            transport,
            message: bytes,
        })?;
        // Each look into the core costs as much as a packet. Audio moves nothing else in it; if it did, the next report
        // or check would bring it out.
        match is_audio && self.drain_reads() {
            true => Ok(()),
            false => self.drain(now),
        }
    }

    /// When to call [`Self::handle_timeout`].
    pub fn poll_timeout(&mut self) -> Option<Instant> {
        let again = self.flight.poll_timeout();
        self.core.poll_timeout().into_iter().chain(again).min()
    }

    /// Its time has come.
    ///
    /// # Errors
    /// When the core gives up.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), WhipError> {
        let again = self.flight.again(now).into_iter();
        self.transmits.extend(again.map(|(to, bytes)| Transmit { to, bytes }));
        self.core.handle_timeout(now)?;
        self.drain(now)
    }

    /// Whether media flows.
    pub fn is_connected(&self) -> bool {
        self.is_connected
    }

    /// Whether it is on the way to that: the answer is there.
    pub fn is_joining(&self) -> bool {
        self.is_answered && !self.is_connected
    }

    /// Sends one 20 ms frame; nothing goes out before media flows.
    ///
    /// # Errors
    /// When the core refuses it.
    pub fn send(&mut self, frame: Frame<'_>, now: Instant) -> Result<(), WhipError> {
        let (sequence, timestamp) = (self.sequence, self.timestamp);
        self.sequence = sequence.wrapping_add(1);
        self.timestamp = timestamp.wrapping_add(SAMPLES_PER_FRAME);
        if !self.is_connected {
            return Ok(());
        }
        let level_id = self.level_id();
        let mut packet = rtc::rtp::Packet::default();
        packet.header.version = 2;
        packet.header.ssrc = self.ssrc;
        packet.header.payload_type = OPUS_PAYLOAD_TYPE;
        packet.header.sequence_number = sequence;
        packet.header.timestamp = timestamp;
        packet.header.marker = std::mem::take(&mut self.marker);
        packet.payload = Bytes::copy_from_slice(frame.payload);
        let packed = self
            .packer
            .as_mut()
            .and_then(|packer| packer.pack(&packet.payload, timestamp, COPIES));
        if let Some(packed) = packed {
            packet.header.payload_type = RED_PAYLOAD_TYPE;
            packet.payload = packed;
        }
        if let Some(id) = level_id {
            let level = Bytes::copy_from_slice(&[frame.level.to_byte()]);
            packet.header.set_extension(id, level)?;
        }
        let mut sender = self
            .core
            .rtp_sender(self.sender)
            .ok_or_else(|| WhipError("there is no microphone".to_owned()))?;
        sender.write_rtp(now, packet)?;
        match self.drain_writes(now) {
            true => Ok(()),
            false => self.drain(now),
        }
    }

    /// The next datagram to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<WhipEvent> {
        self.events.pop_front()
    }

    fn level_id(&mut self) -> Option<u8> {
        if self.level_id.is_none() {
            let mut sender = self.core.rtp_sender(self.sender)?;
            let extensions = &sender.get_parameters().rtp_parameters.header_extensions;
            let level = extensions
                .iter()
                .find(|extension| extension.uri.ends_with("ssrc-audio-level"));
            self.level_id = level.and_then(|level| u8::try_from(level.id).ok());
        }
        self.level_id
    }

    /// Takes everything out of the core.
    fn drain(&mut self, now: Instant) -> Result<(), WhipError> {
        if !self.is_connected {
            // As DTLS client the core says hello only on a tick, which can be 200 ms away.
            self.core.handle_timeout(now)?;
        }
        loop {
            let mut moved = self.drain_writes(now);
            while let Some(event) = self.core.poll_event() {
                moved = true;
                self.take(event);
            }
            if !(self.drain_reads() || moved) {
                return Ok(());
            }
        }
    }

    /// Takes out what is to be sent; whether there was any.
    fn drain_writes(&mut self, now: Instant) -> bool {
        let mut moved = false;
        while let Some(TaggedBytesMut { transport, message, .. }) = self.core.poll_write() {
            moved = true;
            if !self.is_connected {
                self.flight.handle_sent(transport.peer_addr, &message, now);
            }
            self.transmits.push_back(Transmit {
                to: transport.peer_addr,
                bytes: message,
            });
        }
        moved
    }

    /// Takes out what was received; whether there was any.
    fn drain_reads(&mut self) -> bool {
        let mut moved = false;
        while let Some(TaggedRTCMessage { message, .. }) = self.core.poll_read() {
            moved = true;
            match message {
                RTCMessage::RtpPacket(_, packet) => self.hear(packet),
                RTCMessage::DataChannelMessage(_, message) => {
                    self.events.push_back(WhipEvent::Message(message.data.freeze()));
                }
                _ => {}
            }
        }
        moved
    }

    /// A packet of audio, and those before it that it carries once more: whichever are there already are passed over later.
    fn hear(&mut self, packet: rtc::rtp::Packet) {
        let header = &packet.header;
        let mut heard = Packet {
            sequence: header.sequence_number,
            timestamp: header.timestamp,
            marker: header.marker,
            bytes: packet.payload.len(),
        };
        if header.payload_type == RED_PAYLOAD_TYPE {
            let Ok(redundant) = Redundant::parse(packet.payload) else {
                return;
            };
            heard.bytes = redundant.primary().len();
            for copy in redundant.copies() {
                self.events.push_back(WhipEvent::Audio(Packet {
                    sequence: heard.sequence.wrapping_sub(copy.age),
                    timestamp: heard.timestamp.wrapping_sub(copy.offset),
                    marker: false,
                    bytes: copy.payload.len(),
                }));
            }
        }
        self.events.push_back(WhipEvent::Audio(heard));
    }

    fn take(&mut self, event: RTCPeerConnectionEvent) {
        match event {
            RTCPeerConnectionEvent::OnConnectionStateChangeEvent(RTCPeerConnectionState::Connected)
                if !self.is_connected =>
            {
                self.is_connected = true;
                self.flight.end();
                self.events.push_back(WhipEvent::Connected);
            }
            RTCPeerConnectionEvent::OnConnectionStateChangeEvent(
                RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed,
            ) => self.events.push_back(WhipEvent::Closed),
            RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnOpen(id)) => self.channel = Some(id),
            _ => {}
        }
    }
}

/// An answer without the candidates that this caller can't reach: all but UDP, and others than `prefer` if that is among them.
fn reachable(sdp: &str, prefer: IpAddr) -> String {
    let address = |line: &str| -> Option<IpAddr> {
        let mut fields = line.strip_prefix("a=candidate:")?.split(' ');
        let is_udp = fields.nth(2)?.eq_ignore_ascii_case("udp");
        is_udp.then(|| fields.nth(1)?.parse().ok()).flatten()
    };
    let has_preferred = sdp.lines().any(|line| address(line) == Some(prefer));
    let keeps = |line: &&str| {
        !line.starts_with("a=candidate:")
            || address(line).is_some_and(|ip| ip == prefer || !has_preferred && ip.is_ipv4() == prefer.is_ipv4())
    };
    sdp.lines().filter(keeps).flat_map(|line| [line, "\r\n"]).collect()
}

/// Whether an answer agrees to redundant audio.
fn takes_redundant(sdp: &str) -> bool {
    sdp.lines().any(|line| {
        line.strip_prefix("a=rtpmap:63 ")
            .is_some_and(|format| format.starts_with("red/"))
    })
}

/// Whether a datagram is RTP, and neither RTCP nor anything else that shares the port (RFC 5761, RFC 7983).
fn is_rtp(bytes: &[u8]) -> bool {
    matches!(bytes, [128..=191, second, ..] if !(192..=223).contains(second))
}

#[cfg(test)]
mod tests;

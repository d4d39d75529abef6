//! Sending audio, sending again what the client asks for, and asking for what we miss (generic NACK, RFC 4585 section 6.2.1).

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use rtc::peer_connection::message::{RTCMessage, TaggedRTCMessage};
use rtc::rtcp::transport_feedbacks::transport_layer_nack::{TransportLayerNack, nack_pairs_from_sequence_numbers};
use rtc::rtp;
use rtc::sansio::Protocol;

use super::Peer;
use crate::sdp;

/// Packets that are kept to be sent again: 1.28 s of speech, more than any player waits.
const KEPT: usize = 64;
/// Times that one packet is sent again. A client that loses both answers has more use for the next packet.
const MOST_RESENT: u8 = 2;

/// The last packets sent.
#[derive(Debug, Default)]
pub(super) struct Kept {
    packets: VecDeque<(rtp::Packet, u8)>,
}

impl Kept {
    /// Keeps a packet that is sent for the first time.
    pub(super) fn push(&mut self, packet: rtp::Packet) {
        if self.packets.len() >= KEPT {
            self.packets.pop_front();
        }
        self.packets.push_back((packet, 0));
    }

    /// A packet to be sent again, unless it was too often or is too old.
    fn again(&mut self, sequence: u16) -> Option<rtp::Packet> {
        let newest = self.packets.back()?.0.header.sequence_number;
        let age = usize::from(newest.wrapping_sub(sequence));
        let at = self.packets.len().checked_sub(1 + age)?;
        let (packet, resent) = self.packets.get_mut(at)?;
        if packet.header.sequence_number != sequence || *resent >= MOST_RESENT {
            return None;
        }
        *resent += 1;
        Some(packet.clone())
    }
}

impl Peer {
    /// Sends one Opus packet. `timestamp` counts 1/48000 s. Dropped and counted while there is no one to send it to.
    pub fn send_audio(&mut self, payload: Bytes, timestamp: u32, marker: bool, now: Instant) {
        self.send(self.offer.payload_type(), payload, timestamp, marker, now);
    }

    /// The same with redundant audio (RFC 2198), which must have been
    /// [agreed on](crate::sdp::Offer::redundant_payload_type); else it is dropped and counted.
    pub fn send_redundant_audio(&mut self, payload: Bytes, timestamp: u32, marker: bool, now: Instant) {
        match self.offer.redundant_payload_type() {
            Some(payload_type) => self.send(payload_type, payload, timestamp, marker, now),
            None => self.counters.audio_unsent += 1,
        }
    }

    fn send(&mut self, payload_type: u8, payload: Bytes, timestamp: u32, marker: bool, now: Instant) {
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
                payload_type,
                sequence_number: self.sequence,
                timestamp,
                ssrc: self.ssrc,
                ..Default::default()
            },
            payload,
        };
        self.sequence = self.sequence.wrapping_add(1);
        if let Some(kept) = &mut self.kept {
            kept.push(packet.clone());
        }
        // The track's id is only read for packets that come in.
        let message = RTCMessage::RtpPacket(Default::default(), packet);
        if let Err(error) = self.core.handle_write(TaggedRTCMessage { now, message }) {
            tracing::trace!(%error, "the core refused audio");
        }
        // Between two ICE sessions the core has no path and drops it.
        match self.collect_audio(now) {
            true => self.counters.audio_sent += 1,
            false => self.counters.audio_unsent += 1,
        }
    }

    /// Asks the client to send these packets of its audio again. Nothing is sent unless that was agreed on.
    pub fn request_again(&mut self, sequences: &[u16], now: Instant) {
        let Some(source) = self.source else { return };
        if !self.offer.asks_again() || !self.is_connected() || sequences.is_empty() {
            return;
        }
        let nack = TransportLayerNack {
            sender_ssrc: self.ssrc,
            media_ssrc: source,
            nacks: nack_pairs_from_sequence_numbers(sequences),
        };
        // The track's id is only read for packets that come in.
        let message = RTCMessage::RtcpPacket(Default::default(), vec![Box::new(nack)]);
        if let Err(error) = self.core.handle_write(TaggedRTCMessage { now, message }) {
            tracing::trace!(%error, "the core refused a request");
        }
        self.collect_writes(now);
    }

    /// Sends again what was asked for. Whether anything was.
    pub(super) fn resend(&mut self, now: Instant) -> bool {
        let mut resent = false;
        while let Some(sequence) = self.asked.pop_front() {
            let Some(packet) = self.kept.as_mut().and_then(|kept| kept.again(sequence)) else {
                self.counters.resends_refused += 1;
                continue;
            };
            resent = true;
            self.counters.audio_resent += 1;
            let message = RTCMessage::RtpPacket(Default::default(), packet);
            if let Err(error) = self.core.handle_write(TaggedRTCMessage { now, message }) {
                tracing::trace!(%error, "the core refused audio");
            }
        }
        resent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sequence: u16) -> rtp::Packet {
        let mut packet = rtp::Packet::default();
        packet.header.sequence_number = sequence;
        packet
    }

    fn again(kept: &mut Kept, sequence: u16) -> Option<u16> {
        kept.again(sequence).map(|packet| packet.header.sequence_number)
    }

    #[test]
    fn a_packet_is_sent_again_twice_at_most() {
        let mut kept = Kept::default();
        kept.push(packet(65_535));
        kept.push(packet(0));
        assert_eq!(again(&mut kept, 65_535), Some(65_535));
        assert_eq!(again(&mut kept, 65_535), Some(65_535));
        assert_eq!(again(&mut kept, 65_535), None);
        assert_eq!(again(&mut kept, 0), Some(0));
    }

    #[test]
    fn what_was_not_sent_or_long_ago_is_not_sent_again() {
        let mut kept = Kept::default();
        assert_eq!(again(&mut kept, 0), None);
        for sequence in 0..1_000 {
            kept.push(packet(sequence));
        }
        assert_eq!(kept.packets.len(), KEPT);
        assert_eq!(again(&mut kept, 1_000), None);
        assert_eq!(again(&mut kept, 999), Some(999));
        assert_eq!(again(&mut kept, 1_000 - KEPT as u16), Some(1_000 - KEPT as u16));
        assert_eq!(again(&mut kept, 999 - KEPT as u16), None);
    }
}

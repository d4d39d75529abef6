//! RTCP reports of the far end (RFC 3550 section 6.4), let through the core to us.

use std::collections::VecDeque;
use std::time::Instant;

use rtc::interceptor::{Attribute, Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp;
use rtc::rtcp::payload_feedbacks::receiver_estimated_maximum_bitrate::ReceiverEstimatedMaximumBitrate;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;
use rtc::sansio::Protocol;
use rtc::shared::error::Error;

/// What the far end says of our audio since its last report.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossReport {
    /// Packets lost of those expected, 0.0 to 1.0.
    pub fraction: f32,
    /// Packets lost since the start.
    pub total: u32,
    /// The highest sequence number that came, extended by its cycles.
    pub highest: u32,
    /// Interarrival jitter in units of 1/48000 s.
    pub jitter: u32,
}

/// The report on source `ssrc` in a compound packet, from a receiver report or from a sender's.
pub(super) fn loss_report(packets: &[Box<dyn rtcp::Packet>], ssrc: u32) -> Option<LossReport> {
    packets
        .iter()
        .find_map(|packet| {
            let packet = packet.as_any();
            let reports = match packet.downcast_ref::<rtcp::receiver_report::ReceiverReport>() {
                Some(report) => &report.reports,
                None => &packet.downcast_ref::<rtcp::sender_report::SenderReport>()?.reports,
            };
            reports.iter().find(|report| report.ssrc == ssrc)
        })
        .map(|report| LossReport {
            fraction: f32::from(report.fraction_lost) / 256.0,
            total: lost(report.total_lost),
            highest: report.last_sequence_number,
            jitter: report.jitter,
        })
}

/// The cumulative loss, which is signed in 24 bits (RFC 3550 section 6.4.1): less than nothing where packets came twice.
fn lost(field: u32) -> u32 {
    if field & 0x80_0000 == 0 { field & 0xff_ffff } else { 0 }
}

/// The bandwidth for source `ssrc` that a compound packet estimates, in bits a second.
pub(super) fn bandwidth(packets: &[Box<dyn rtcp::Packet>], ssrc: u32) -> Option<u32> {
    packets
        .iter()
        .filter_map(|packet| packet.as_any().downcast_ref::<ReceiverEstimatedMaximumBitrate>())
        .find(|estimate| estimate.ssrcs.contains(&ssrc))
        // Saturates, and takes what is no number for 0.
        .map(|estimate| estimate.bitrate as u32)
}

/// The packets of source `ssrc` that a compound packet asks for.
pub(super) fn asked_for(packets: &[Box<dyn rtcp::Packet>], ssrc: u32) -> impl Iterator<Item = u16> {
    packets
        .iter()
        .filter_map(|packet| packet.as_any().downcast_ref::<TransportLayerNack>())
        .filter(move |nack| nack.media_ssrc == ssrc)
        .flat_map(|nack| &nack.nacks)
        .flat_map(|pair| {
            let others = (0..16).filter(|bit| pair.lost_packets >> bit & 1 == 1);
            std::iter::once(pair.packet_id).chain(others.map(|bit| pair.packet_id.wrapping_add(bit + 1)))
        })
}

/// Marks inbound RTCP for delivery. Without it the core keeps reports to itself.
#[derive(Default)]
pub(super) struct DeliverReports {
    inbound: VecDeque<TaggedPacket>,
    outbound: VecDeque<TaggedPacket>,
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for DeliverReports {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, mut packet: TaggedPacket) -> Result<(), Error> {
        if matches!(packet.message.packet, Packet::Rtcp(_)) {
            packet.message.add(Attribute::DeliverToApplication);
        }
        self.inbound.push_back(packet);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.inbound.pop_front()
    }

    fn handle_write(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        self.outbound.push_back(packet);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.outbound.pop_front()
    }
}

impl Interceptor for DeliverReports {
    fn bind_local_stream(&mut self, _info: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _info: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _info: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _info: &StreamInfo) {}
}

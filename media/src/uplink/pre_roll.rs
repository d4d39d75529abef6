//! The latest packets of reported silence, kept until somebody speaks.

use std::collections::VecDeque;

use crate::RTP_FRAME;
use crate::jitter::Packet;

/// The latest packets of reported silence, still encoded.
#[derive(Debug)]
pub struct PreRoll {
    packets: VecDeque<Packet>,
    /// In samples at 48 kHz.
    duration: u64,
    limit: u64,
}

impl PreRoll {
    /// Keeps at most `limit` samples at 48 kHz, in packets.
    pub fn new(limit: u64) -> Self {
        Self {
            packets: VecDeque::with_capacity(limit as usize / RTP_FRAME as usize + 1),
            duration: 0,
            limit,
        }
    }

    /// Keeps a packet.
    pub fn push(&mut self, packet: Packet) {
        self.duration += packet.duration;
        self.packets.push_back(packet);
    }

    /// The oldest packet, if there are more than are to be kept.
    pub fn pop_excess(&mut self) -> Option<Packet> {
        if self.duration > self.limit { self.pop() } else { None }
    }

    /// The oldest packet.
    pub fn pop(&mut self) -> Option<Packet> {
        let packet = self.packets.pop_front()?;
        self.duration -= packet.duration;
        Some(packet)
    }
}

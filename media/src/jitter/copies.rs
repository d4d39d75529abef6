//! Copies of earlier packets that a later one brought along (RED, RFC 2198).

use std::time::Instant;

use bytes::Bytes;

use super::{JitterBuffer, Packet};
use crate::codec;

impl JitterBuffer {
    /// Takes the copy of an earlier packet that `carrier`, which was inserted just now, has brought along: sent `age` packets
    /// before it, if none was left out between them. Whether it is needed.
    ///
    /// Insert the oldest copy of a carrier first.
    pub fn insert_copy(&mut self, carrier: u16, age: u16, timestamp: u32, payload: Bytes, now: Instant) -> bool {
        let Some((given, duration)) = self.given.zip(codec::duration(&payload)) else {
            return false;
        };
        let carrier = self.sequences.unroll(carrier);
        let place = self.waiting.partition_point(|waiting| waiting.sequence < carrier);
        let Some(carrier) = self.waiting.get(place).filter(|found| found.sequence == carrier) else {
            return false;
        };
        let timestamp = self.timestamps.unroll(timestamp);
        let (before, end) = match place.checked_sub(1).and_then(|place| self.waiting.get(place)) {
            Some(packet) => (packet.sequence, packet.end()),
            None => (given.sequence, given.end),
        };
        let missing = carrier.sequence.saturating_sub(before + 1);
        if missing == 0 || timestamp < end || timestamp + duration > carrier.timestamp {
            return false;
        }
        // Only the timestamp is sure. Where nothing was left out it tells the sequence number; after a pause of the sender's
        // (DTX) the place among the copies does.
        let is_unbroken = carrier.timestamp - end == missing * duration;
        let packets_before = match is_unbroken {
            true => (carrier.timestamp - timestamp) / duration,
            false => u64::from(age),
        };
        if !(1..=missing).contains(&packets_before) {
            return false;
        }
        let packet = Packet {
            sequence: carrier.sequence - packets_before,
            timestamp,
            payload,
            // Nobody says; its neighbour's is the best guess.
            level: carrier.level,
            reported: carrier.reported,
            arrived: now,
            duration,
        };
        self.counts.restored += 1;
        self.waiting.insert(place, packet);
        true
    }
}

//! Redundant audio (RFC 2198): packets that carry those before them once more.
//!
//! A lost packet whose copy comes with the next one costs nothing: no waiting, no extrapolation, and the copy is whole, where
//! the one inside of an Opus packet (LBRR) has a lower bit rate and is only there if the encoder thought it worth it. Speech
//! that was encoded before it was known who hears it has no other protection.
//!
//! ```text
//!  one header a copy, the oldest first                            the newest
//!  |1|  type 7  | timestamp offset 14 | length 10 |     ...       |0|  type 7  |  copies ... newest
//! ```

use bytes::{BufMut, Bytes, BytesMut};

use crate::codec::MAX_PACKET;

/// Copies in a packet that are read; a packet with more is refused.
pub const MOST_READ: usize = 8;
/// Copies in a packet that are sent.
pub const MOST_SENT: usize = 2;

/// The oldest that a copy can be, in samples at 48 kHz: 341 ms.
const MOST_OFFSET: u32 = (1 << 14) - 1;
/// The longest that a copy can be, in bytes.
const MOST_LENGTH: usize = (1 << 10) - 1;
/// The header of a copy, in bytes.
const HEADER: usize = 4;
/// The bit that says that another header follows.
const FOLLOWED: u8 = 0x80;

/// Why bytes are no redundant audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedError {
    /// They end before what their headers promise.
    #[error("the packet ends before its blocks do")]
    Truncated,
    /// They hold more than [`MOST_READ`] copies.
    #[error("the packet holds too many copies")]
    TooMany,
}

/// A packet that was sent before, as a later one carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// How many packets before its carrier it was sent, counted by its place among the copies.
    pub age: u16,
    /// How much older than its carrier it is, in RTP ticks.
    pub offset: u32,
    /// What it held.
    pub payload: Bytes,
}

/// A packet of redundant audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redundant {
    payload: Bytes,
    /// Where the headers of the copies end.
    headers: usize,
    primary: Bytes,
}

impl Redundant {
    /// Reads a payload. Nothing is copied.
    ///
    /// # Errors
    /// When the bytes don't hold what their headers say.
    pub fn parse(payload: Bytes) -> Result<Self, RedError> {
        let mut headers = 0;
        let mut length = 0;
        while payload.get(headers).ok_or(RedError::Truncated)? & FOLLOWED != 0 {
            if headers == MOST_READ * HEADER {
                return Err(RedError::TooMany);
            }
            let header = payload.get(headers..headers + HEADER).ok_or(RedError::Truncated)?;
            length += block_length(header);
            headers += HEADER;
        }
        let start = headers + 1 + length;
        if start > payload.len() {
            return Err(RedError::Truncated);
        }
        Ok(Self {
            primary: payload.slice(start..),
            payload,
            headers,
        })
    }

    /// What the packet would hold without redundancy.
    pub fn primary(&self) -> &Bytes {
        &self.primary
    }

    /// The packets before it, the oldest first; those of another format than its own, and empty ones, are left out.
    pub fn copies(&self) -> impl Iterator<Item = Copied> {
        let format = self.payload[self.headers] & !FOLLOWED;
        let count = self.headers / HEADER;
        let mut start = self.headers + 1;
        (0..count).filter_map(move |index| {
            let header = &self.payload[index * HEADER..(index + 1) * HEADER];
            let end = start + block_length(header);
            let payload = self.payload.slice(start..end);
            start = end;
            (header[0] & !FOLLOWED == format && !payload.is_empty()).then(|| Copied {
                age: (count - index) as u16,
                offset: u32::from(header[1]) << 6 | u32::from(header[2]) >> 2,
                payload,
            })
        })
    }
}

fn block_length(header: &[u8]) -> usize {
    usize::from(header[2] & 3) << 8 | usize::from(header[3])
}

/// Puts copies of the last packets into the next. One for each listener, who each need another number of copies.
#[derive(Debug)]
pub struct Packer {
    format: u8,
    /// The last packets, the newest first.
    sent: [Option<Sent>; MOST_SENT],
    /// Where packets are written; the memory is used again once they have left.
    buffer: BytesMut,
}

#[derive(Clone, Debug)]
struct Sent {
    timestamp: u32,
    payload: Bytes,
}

impl Packer {
    /// For packets whose own payload type is `format`.
    pub fn new(format: u8) -> Self {
        Self {
            format: format & !FOLLOWED,
            sent: [const { None }; MOST_SENT],
            buffer: BytesMut::new(),
        }
    }

    /// The packet with up to `copies` of those before it. None if there is nothing to add: then it is sent as it is.
    pub fn pack(&mut self, payload: &Bytes, timestamp: u32, copies: u8) -> Option<Bytes> {
        let fitting = self.fitting(payload.len(), timestamp, usize::from(copies).min(MOST_SENT));
        let packed = (fitting > 0).then(|| self.write(payload, timestamp, fitting));
        self.sent.rotate_right(1);
        self.sent[0] = Some(Sent {
            timestamp,
            payload: payload.clone(),
        });
        packed
    }

    /// How many of the last packets can be carried. A copy is known by its place, so none is left out between two others.
    fn fitting(&self, length: usize, timestamp: u32, most: usize) -> usize {
        let mut room = MAX_PACKET.saturating_sub(length + 1);
        let fits = |sent: &&Option<Sent>| {
            let Some(sent) = sent else { return false };
            let size = sent.payload.len();
            let is_fit = (1..=MOST_OFFSET).contains(&timestamp.wrapping_sub(sent.timestamp))
                && (1..=MOST_LENGTH).contains(&size)
                && size + HEADER <= room;
            room = room.saturating_sub(size + HEADER);
            is_fit
        };
        self.sent.iter().take(most).take_while(fits).count()
    }

    fn write(&mut self, payload: &Bytes, timestamp: u32, copies: usize) -> Bytes {
        self.buffer.reserve(MAX_PACKET);
        for sent in self.sent[..copies].iter().rev().flatten() {
            let offset = timestamp.wrapping_sub(sent.timestamp);
            let length = sent.payload.len() as u32;
            self.buffer.put_u8(FOLLOWED | self.format);
            self.buffer.put_uint(u64::from(offset << 10 | length), 3);
        }
        self.buffer.put_u8(self.format);
        for sent in self.sent[..copies].iter().rev().flatten() {
            self.buffer.put_slice(&sent.payload);
        }
        self.buffer.put_slice(payload);
        self.buffer.split().freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    fn parsed(payload: Bytes) -> (Vec<(u16, u32, Bytes)>, Bytes) {
        let packet = Redundant::parse(payload).unwrap();
        let copies = packet
            .copies()
            .map(|copied| (copied.age, copied.offset, copied.payload))
            .collect();
        (copies, packet.primary().clone())
    }

    #[test]
    fn the_layout_is_that_of_the_rfc() {
        let mut packer = Packer::new(111);
        assert_eq!(packer.pack(&bytes("one"), 0, 1), None);
        let packed = packer.pack(&bytes("two!"), 960, 1).unwrap();
        // 960 in 14 bits, 3 in 10 bits.
        assert_eq!(packed[..], *b"\xef\x0f\x00\x03\x6fonetwo!");
    }

    #[test]
    fn a_packet_of_chromiums_is_read() {
        // Payload type 111, 960 ticks ago, 2 bytes; then 111 and 3 bytes.
        let payload = Bytes::from_static(&[0xef, 0x0f, 0x00, 0x02, 0x6f, 1, 2, 3, 4, 5]);
        let copies = vec![(1, 960, Bytes::from_static(&[1, 2]))];
        assert_eq!(parsed(payload), (copies, Bytes::from_static(&[3, 4, 5])));
        // Its first packet has no copies yet.
        assert_eq!(
            parsed(Bytes::from_static(&[0x6f, 9])),
            (vec![], Bytes::from_static(&[9]))
        );
    }

    #[test]
    fn two_copies_come_oldest_first_and_none_without_being_asked_for() {
        let mut packer = Packer::new(111);
        packer.pack(&bytes("a"), 0, 2);
        packer.pack(&bytes("bb"), 960, 2);
        let packed = packer.pack(&bytes("ccc"), 1_920, 2).unwrap();
        let copies = vec![(2, 1_920, bytes("a")), (1, 960, bytes("bb"))];
        assert_eq!(parsed(packed), (copies, bytes("ccc")));
        assert_eq!(packer.pack(&bytes("d"), 2_880, 0), None);
    }

    #[test]
    fn what_the_header_has_no_room_for_is_not_copied() {
        let long = Bytes::from(vec![7; MOST_LENGTH + 1]);
        let mut packer = Packer::new(111);
        packer.pack(&long, 0, 1);
        assert_eq!(packer.pack(&bytes("after a long one"), 960, 1), None);
        // 400 ms of silence: more than 14 bits of ticks.
        assert_eq!(packer.pack(&bytes("after silence"), 960 + 19_200, 1), None);
        // The one before is near enough, the one before that is not.
        let packed = packer.pack(&bytes("soon after"), 21_120, 2).unwrap();
        assert_eq!(parsed(packed).0, [(1, 960, bytes("after silence"))]);
    }

    #[test]
    fn a_packet_stays_short_enough_for_any_path() {
        let large = Bytes::from(vec![7; 500]);
        let mut packer = Packer::new(111);
        packer.pack(&large, 0, 2);
        packer.pack(&large, 960, 2);
        let packed = packer.pack(&large, 1_920, 2).unwrap();
        assert!(packed.len() <= MAX_PACKET);
        assert_eq!(parsed(packed).0.len(), 1);
    }

    #[test]
    fn copies_of_another_format_are_left_out() {
        let payload = Bytes::from_static(&[0x80 | 13, 0x1e, 0x00, 0x01, 0xef, 0x0f, 0x00, 0x01, 0x6f, 1, 2, 3]);
        let copies = vec![(1, 960, Bytes::from_static(&[2]))];
        assert_eq!(parsed(payload), (copies, Bytes::from_static(&[3])));
    }

    #[test]
    fn what_ends_too_soon_or_holds_too_much_is_refused() {
        let refused = |payload: &'static [u8]| Redundant::parse(Bytes::from_static(payload)).unwrap_err();
        assert_eq!(refused(&[]), RedError::Truncated);
        assert_eq!(refused(&[0xef, 0x0f, 0x00]), RedError::Truncated);
        assert_eq!(refused(&[0xef, 0x0f, 0x00, 0x03, 0x6f, 1, 2]), RedError::Truncated);
        assert_eq!(refused(&[0xef; 64]), RedError::TooMany);
    }

    #[test]
    fn memory_is_used_again() {
        let mut packer = Packer::new(111);
        let payload = Bytes::from_static(&[7; 60]);
        packer.pack(&payload, 0, 2);
        let mut places = std::collections::BTreeSet::new();
        for n in 1..10_000u32 {
            let packed = packer.pack(&payload, n * 960, 2).unwrap();
            places.insert(packed.as_ptr() as usize / 65_536);
        }
        assert!(places.len() < 8, "{} places", places.len());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_read_or_refused(payload in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(packet) = Redundant::parse(Bytes::from(payload.clone())) {
                let copied: usize = packet.copies().map(|copied| copied.payload.len()).sum();
                prop_assert!(copied + packet.primary().len() < payload.len());
                for copied in packet.copies() {
                    prop_assert!(copied.offset <= MOST_OFFSET);
                    prop_assert!((1..=MOST_READ as u16).contains(&copied.age));
                }
            }
        }

        /// Whatever is packed is read back, newest copies kept, in packets of any length and any rhythm.
        #[test]
        fn what_is_packed_is_read_back(
            packets in prop::collection::vec((0usize..1_100, 1u32..20_000, 0u8..4), 1..30),
            first: u32,
        ) {
            let mut packer = Packer::new(111);
            let mut timestamp = first;
            let mut before: Vec<(u32, Bytes)> = Vec::new();
            for (index, (length, step, copies)) in packets.into_iter().enumerate() {
                timestamp = timestamp.wrapping_add(step);
                let payload = Bytes::from(vec![index as u8; length]);
                if let Some(packed) = packer.pack(&payload, timestamp, copies) {
                    prop_assert!(packed.len() <= MAX_PACKET);
                    let (copied, primary) = parsed(packed);
                    prop_assert_eq!(&primary, &payload);
                    prop_assert!((1..=MOST_SENT.min(copies.into())).contains(&copied.len()));
                    for (age, offset, payload) in copied {
                        let (sent, original) = &before[before.len() - usize::from(age)];
                        prop_assert_eq!(timestamp.wrapping_sub(*sent), offset);
                        prop_assert_eq!(&payload, original);
                    }
                }
                before.push((timestamp, payload));
            }
        }
    }
}

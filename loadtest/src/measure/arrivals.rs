//! The agent's packets as one caller gets them: what is missing, what is late, what would have to be made up.

use std::time::{Duration, Instant};

use super::Histogram;

/// Opus packets up to this size carry no speech: they keep the stream alive across silence.
pub const KEEP_ALIVE_BYTES: usize = 3;
/// The RTP clock of Opus (RFC 7587).
const CLOCK: f64 = 48_000.0;
/// Who listens holds packets back for so long; what comes later is not heard.
const PLAYOUT: Duration = Duration::from_millis(60);
/// What one packet holds.
const FRAME_MS: u64 = 20;
/// Sequence numbers that jump further than this belong to another stream.
const LONGEST_GAP: u16 = 3_000;

/// What came of the agent's packets.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Packets that came, once each.
    pub packets: u64,
    /// Of these, with speech.
    pub speech: u64,
    /// Packets that were missing when a later one came.
    pub missing: u64,
    /// Packets that came more than once.
    pub duplicates: u64,
    /// Packets that came after a later one: they had been missing.
    pub reordered: u64,
    /// Packets of speech that came too late to be heard.
    pub too_late: u64,
    /// How much later packets of speech came than the earliest of their spurt let expect, in ms.
    pub lateness: Histogram,
}

impl Heard {
    /// Takes in what another caller heard.
    pub fn add(&mut self, other: &Self) {
        self.packets += other.packets;
        self.speech += other.speech;
        self.missing += other.missing;
        self.duplicates += other.duplicates;
        self.reordered += other.reordered;
        self.too_late += other.too_late;
        self.lateness.add(&other.lateness);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        let mut lateness = std::mem::take(&mut self.lateness);
        lateness.clear();
        *self = Self {
            packets: 0,
            speech: 0,
            missing: 0,
            duplicates: 0,
            reordered: 0,
            too_late: 0,
            lateness,
        };
    }

    /// Packets that never came.
    pub fn lost(&self) -> u64 {
        self.missing.saturating_sub(self.reordered)
    }

    /// Sound that callers had to make up, in ms: 20 for each packet that is missing or came too late.
    pub fn concealed_ms(&self) -> u64 {
        (self.lost() + self.too_late) * FRAME_MS
    }
}

/// One caller's view of the agent's stream.
#[derive(Debug, Default)]
pub struct Arrivals {
    newest: Option<u16>,
    /// Which of the 64 packets up to the newest came.
    seen: u64,
    /// When a packet with timestamp `0` of the spurt would have come, by the earliest so far.
    base: Option<(u32, Instant)>,
}

impl Arrivals {
    /// A packet came. What is missing before it counts as lost until it comes after all. Whether it is the first of its kind.
    pub fn handle(&mut self, heard: &mut Heard, packet: &Packet, now: Instant) -> bool {
        let ahead = self.newest.map(|newest| packet.sequence.wrapping_sub(newest));
        match ahead {
            Some(0) => {
                heard.duplicates += 1;
                return false;
            }
            Some(ahead) if ahead >= 0x8000 => {
                let behind = ahead.wrapping_neg();
                if behind >= 64 || self.seen >> behind & 1 == 1 {
                    heard.duplicates += 1;
                    return false;
                }
                self.seen |= 1 << behind;
                heard.reordered += 1;
            }
            Some(ahead) if ahead <= LONGEST_GAP => {
                heard.missing += u64::from(ahead - 1);
                self.seen = self.seen.checked_shl(u32::from(ahead)).unwrap_or_default() | 1;
                self.newest = Some(packet.sequence);
            }
            Some(_) | None => {
                self.seen = u64::MAX;
                self.newest = Some(packet.sequence);
                self.base = None;
            }
        }
        heard.packets += 1;
        if !packet.is_speech() {
            // Silence is not paced by the speaker's clock.
            self.base = None;
            return true;
        }
        heard.speech += 1;
        if packet.marker {
            self.base = None;
        }
        let (origin, expected) = *self.base.get_or_insert((packet.timestamp, now));
        let offset = f64::from(packet.timestamp.wrapping_sub(origin).cast_signed()) / CLOCK;
        let due = match offset >= 0.0 {
            true => expected + Duration::from_secs_f64(offset),
            false => expected
                .checked_sub(Duration::from_secs_f64(-offset))
                .unwrap_or(expected),
        };
        let late = now.saturating_duration_since(due);
        if now < due {
            // Earlier than all before it: the others were late, and are counted so from now on.
            self.base = Some((packet.timestamp, now));
        }
        heard.lateness.record(late.as_secs_f64() * 1000.0);
        heard.too_late += u64::from(late > PLAYOUT);
        true
    }
}

/// A packet of the agent's audio.
#[derive(Clone, Copy, Debug)]
pub struct Packet {
    /// RTP sequence number.
    pub sequence: u16,
    /// RTP timestamp.
    pub timestamp: u32,
    /// Whether speech begins with it (RFC 3551 section 4.1).
    pub marker: bool,
    /// How long the Opus packet is, in bytes.
    pub bytes: usize,
}

impl Packet {
    /// Whether it carries speech.
    pub fn is_speech(&self) -> bool {
        self.bytes > KEEP_ALIVE_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Duration = Duration::from_millis(20);

    fn packet(number: u16) -> Packet {
        Packet {
            sequence: number.wrapping_add(65_530),
            timestamp: u32::from(number).wrapping_mul(960).wrapping_add(u32::MAX - 3_000),
            marker: number == 0,
            bytes: 80,
        }
    }

    /// Packets that come so many ms after each 20 ms.
    fn heard(arrivals: &[(u16, u64)]) -> Heard {
        let start = Instant::now();
        let mut heard = Heard::default();
        let mut state = Arrivals::default();
        for (number, late) in arrivals {
            let at = start + FRAME * u32::from(*number) + Duration::from_millis(*late);
            state.handle(&mut heard, &packet(*number), at);
        }
        heard
    }

    #[test]
    fn a_steady_stream_is_never_late_across_the_wrap_of_its_numbers() {
        let heard = heard(&(0..100).map(|number| (number, 5)).collect::<Vec<_>>());
        assert_eq!((heard.packets, heard.speech, heard.lost()), (100, 100, 0));
        assert_eq!(heard.lateness.spread().expect("values").max, 0.0);
        assert_eq!(heard.concealed_ms(), 0);
    }

    #[test]
    fn what_is_missing_is_lost_until_it_comes_and_counts_once() {
        let heard = heard(&[(0, 0), (1, 0), (4, 0), (3, 30), (3, 30), (4, 1), (5, 0)]);
        assert_eq!((heard.packets, heard.lost()), (5, 1));
        assert_eq!((heard.reordered, heard.duplicates), (1, 2));
        assert_eq!(heard.concealed_ms(), 20);
    }

    #[test]
    fn lateness_is_counted_from_the_earliest_packet_of_a_spurt() {
        let heard = heard(&[(0, 10), (1, 0), (2, 15), (3, 90)]);
        let spread = heard.lateness.spread().expect("values");
        assert!((89.9..90.1).contains(&spread.max), "{spread:?}");
        assert!(
            (0.0..0.1).contains(&spread.p50) || (14.9..15.1).contains(&spread.p50),
            "{spread:?}"
        );
        assert_eq!(heard.too_late, 1);
        assert_eq!(heard.concealed_ms(), 20);
    }

    #[test]
    fn silence_is_not_late_and_another_stream_is_no_loss() {
        let start = Instant::now();
        let mut heard = Heard::default();
        let mut state = Arrivals::default();
        state.handle(&mut heard, &packet(0), start);
        let silence = Packet { bytes: 3, ..packet(1) };
        state.handle(&mut heard, &silence, start + FRAME * 20);
        let other = Packet {
            sequence: packet(1).sequence.wrapping_add(20_000),
            ..packet(2)
        };
        state.handle(&mut heard, &other, start + FRAME * 21);
        assert_eq!((heard.packets, heard.speech, heard.lost()), (3, 2, 0));
        assert_eq!(heard.lateness.spread().expect("values").max, 0.0);
    }
}

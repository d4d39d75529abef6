//! The jitter buffer of a listener that has no loudspeaker.
//!
//! A recogniser needs packets in order, not on a playout clock. So a packet that is next in line is given at once, on
//! any network; only a gap waits, for as long as the measured jitter says that the missing packet may still come
//! ([`delay::DelayEstimate`]). That keeps the delay of a clean network at nothing, lets one lost packet cost no more than
//! its own 20 ms there, and leaves no delay behind after an outage or a burst.
//!
//! Where the sender can be asked for what is missing (`requests`), a gap inside of speech waits for the answer: nobody minds, as
//! long as it is filled before a decision hangs on it. It is given up once the speech behind it seems to be over
//! ([`QUIET`]), and it isn't waited for in silence, nor where the sender doesn't report which is which (RFC 6464).

mod copies;
pub mod delay;
mod gap;
mod reported;
mod requests;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use self::delay::DelayEstimate;
pub use self::gap::{Gap, QUIET};
use self::gap::{gap, gap_deadline, gaps, is_patient};
pub use self::reported::Reported;
use self::reported::ReportedLevel;
use self::requests::Requests;
use crate::codec;
use crate::level::AudioLevel;
use crate::rtp::{SequenceUnroller, TimestampUnroller};

/// Packets that wait behind a gap, at most: 1.28 s of 20 ms packets. When it is full the gap is given up.
pub const CAPACITY: usize = 64;
/// The longest wait for a missing packet after its successor came.
pub const MAX_WAIT: Duration = Duration::from_millis(120);

/// Jumps that RFC 3550 (appendix A.1) takes for a restarted sender rather than for loss or reordering, in packets.
const MAX_DROPOUT: i16 = 3_000;
const MAX_MISORDER: i16 = 100;

/// One packet in line.
#[derive(Clone, Debug)]
pub struct Packet {
    /// Its sequence number, unrolled.
    pub sequence: u64,
    /// Its timestamp, unrolled, in samples at 48 kHz.
    pub timestamp: u64,
    /// One Opus packet.
    pub payload: Bytes,
    /// What the sender said about its level.
    pub level: Option<AudioLevel>,
    /// What that means.
    pub reported: Reported,
    /// When it came.
    pub arrived: Instant,
    /// How long it lasts, in samples at 48 kHz.
    pub duration: u64,
}

/// What is due.
#[derive(Clone, Debug)]
pub enum Playout {
    /// The next packet.
    Packet {
        /// It.
        packet: Packet,
        /// Time between the packet before and this one in which the sender sent nothing (DTX), in samples at 48 kHz.
        silence: u64,
    },
    /// Packets that did not come in time. The packet after them is given by the next poll.
    Missing {
        /// How many.
        packets: u64,
        /// How long they last, in samples at 48 kHz.
        samples: u64,
        /// The payload of the packet after them, which may hold a copy of the last of them (LBRR).
        next: Bytes,
    },
}

/// What became of a packet that came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It is in line.
    Queued,
    /// It was there already.
    Duplicate,
    /// Its turn was over.
    Late,
    /// It isn't Opus.
    Invalid,
    /// It is so far from the others that the sender may have restarted: the next packet tells.
    Suspect,
}

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets that came, whatever became of them.
    pub received: u64,
    /// Packets given up; one that comes later still is also late.
    pub lost: u64,
    /// Gaps given up, each of one packet or more.
    pub gaps: u64,
    /// Missing packets whose copy in a later packet came in time (RED). The packet itself, if it comes still, is a duplicate.
    pub restored: u64,
    /// Times that a missing packet was asked for (NACK).
    pub requested: u64,
    /// Packets that came in time after they had been asked for.
    pub resent: u64,
    /// Packets that came after their turn.
    pub late: u64,
    /// Packets that came more than once.
    pub duplicate: u64,
    /// Packets that aren't Opus.
    pub invalid: u64,
}

/// The buffer. See the [module](self).
#[derive(Debug, Default)]
pub struct JitterBuffer {
    sequences: SequenceUnroller,
    timestamps: TimestampUnroller,
    delay: DelayEstimate,
    /// In order of sequence.
    waiting: VecDeque<Packet>,
    given: Option<Given>,
    reported: ReportedLevel,
    /// Where the sender can be asked for packets.
    requests: Option<Box<Requests>>,
    /// Whoever listens has no time to wait for answers.
    is_hurried: bool,
    /// The sequence number that would prove a restart.
    suspect: Option<u16>,
    counts: Counts,
}

#[derive(Clone, Copy, Debug)]
struct Given {
    sequence: u64,
    /// The timestamp after its last sample.
    end: u64,
    duration: u64,
    reported: Reported,
    /// Which of the 128 packets up to `sequence` came: bit 0 is `sequence` itself.
    came: u128,
}

impl JitterBuffer {
    /// Whether the sender can be asked for packets that are missing.
    pub fn set_requests(&mut self, on: bool) {
        self.requests = on.then(Box::default);
    }

    /// Whether there is time to wait for what was asked for \[yes\].
    pub fn set_patient(&mut self, on: bool) {
        self.is_hurried = !on;
    }

    /// How long a packet takes there and back: what is asked for takes as long.
    pub fn handle_round_trip(&mut self, round_trip: Duration) {
        if let Some(requests) = &mut self.requests {
            requests.handle_round_trip(round_trip);
        }
    }

    /// The next missing packet to ask for now.
    pub fn poll_request(&mut self, now: Instant) -> Option<u16> {
        let requests = self.requests.as_mut()?;
        let is_patient = is_patient(&self.waiting, self.is_hurried);
        requests.handle_gaps(gaps(&self.waiting, self.given, &self.delay, is_patient), now);
        let sequence = requests.poll(now)?;
        self.counts.requested += 1;
        Some(sequence as u16)
    }

    /// Takes a packet off the network.
    pub fn insert(
        &mut self,
        sequence: u16,
        timestamp: u32,
        payload: Bytes,
        level: Option<AudioLevel>,
        now: Instant,
    ) -> Inserted {
        self.counts.received += 1;
        let Some(duration) = codec::duration(&payload) else {
            self.counts.invalid += 1;
            return Inserted::Invalid;
        };
        let distance = self.sequences.distance(sequence);
        if !(-MAX_MISORDER..MAX_DROPOUT).contains(&distance) {
            if self.suspect != Some(sequence) {
                self.suspect = Some(sequence.wrapping_add(1));
                return Inserted::Suspect;
            }
            self.restart();
        }
        self.suspect = None;

        let packet = Packet {
            sequence: self.sequences.unroll(sequence),
            timestamp: self.timestamps.unroll(timestamp),
            payload,
            level,
            reported: level.map_or(Reported::Nothing, |level| self.reported.judge(level)),
            arrived: now,
            duration,
        };
        let is_resent = self
            .requests
            .as_mut()
            .is_some_and(|requests| requests.handle_came(packet.sequence));
        if let Some(given) = &mut self.given
            && packet.sequence <= given.sequence
        {
            return if given.note(packet.sequence) {
                self.counts.late += 1;
                if !is_resent {
                    self.delay.observe(packet.timestamp, now);
                }
                Inserted::Late
            } else {
                self.counts.duplicate += 1;
                Inserted::Duplicate
            };
        }
        let place = self
            .waiting
            .partition_point(|waiting| waiting.sequence < packet.sequence);
        if self
            .waiting
            .get(place)
            .is_some_and(|waiting| waiting.sequence == packet.sequence)
        {
            self.counts.duplicate += 1;
            return Inserted::Duplicate;
        }
        if is_resent {
            // How late it is tells of the round trip, not of the network's jitter.
            self.counts.resent += 1;
        } else {
            self.delay.observe(packet.timestamp, now);
        }
        self.waiting.insert(place, packet);
        Inserted::Queued
    }

    /// The next that is due, if anything is.
    pub fn poll(&mut self, now: Instant) -> Option<Playout> {
        let head = self.waiting.front()?;
        if let Some(given) = &mut self.given {
            let packets = head.sequence - given.sequence - 1;
            if packets > 0 {
                if self.waiting.len() < CAPACITY {
                    let mut deadline = gap_deadline(&self.delay, given.end, head);
                    if let Some(requests) = &mut self.requests {
                        let is_patient = is_patient(&self.waiting, self.is_hurried);
                        requests.handle_gaps(gaps(&self.waiting, Some(*given), &self.delay, is_patient), now);
                        deadline = requests.given_up(given.sequence + 1, deadline);
                    }
                    if now < deadline {
                        return None;
                    }
                }
                let samples = gap(given, packets, head.timestamp);
                given.skip(packets);
                given.end += samples;
                self.counts.lost += packets;
                self.counts.gaps += 1;
                return Some(Playout::Missing {
                    packets,
                    samples,
                    next: head.payload.clone(),
                });
            }
        }
        let packet = self.waiting.pop_front()?;
        let silence = self.given.map_or(0, |given| packet.timestamp.saturating_sub(given.end));
        let came = self.given.map_or(0, |given| given.came << 1);
        self.given = Some(Given {
            sequence: packet.sequence,
            end: packet.timestamp + packet.duration,
            duration: packet.duration,
            reported: packet.reported,
            came: came | 1,
        });
        Some(Playout::Packet { packet, silence })
    }

    /// When the wait for a missing packet ends, or one is to be asked for.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let gap = gaps(&self.waiting, self.given, &self.delay, true).next()?;
        let Some(requests) = &self.requests else {
            return Some(gap.deadline);
        };
        let given_up = requests.given_up(gap.first, gap.deadline);
        Some(requests.poll_timeout().map_or(given_up, |asked| asked.min(given_up)))
    }

    /// Whether packets wait behind a gap.
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Counts since the start.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// How long a missing packet is waited for, counted from when it was due on the fastest way.
    pub fn target(&self) -> Duration {
        self.delay.target()
    }

    /// The interarrival jitter (RFC 3550, section 6.4.1).
    pub fn interarrival_jitter(&self) -> Duration {
        self.delay.interarrival_jitter()
    }

    fn restart(&mut self) {
        *self = Self {
            counts: self.counts,
            requests: self.requests.take().map(|requests| Box::new(requests.restart())),
            reported: std::mem::take(&mut self.reported),
            is_hurried: self.is_hurried,
            ..Self::default()
        };
    }
}

impl Packet {
    /// The timestamp after its last sample.
    fn end(&self) -> u64 {
        self.timestamp + self.duration
    }
}

impl Given {
    /// Notes that an earlier packet came. False if it had come before.
    fn note(&mut self, sequence: u64) -> bool {
        let Some(bit) = u32::try_from(self.sequence - sequence)
            .ok()
            .and_then(|age| 1u128.checked_shl(age))
        else {
            return true;
        };
        let first = self.came & bit == 0;
        self.came |= bit;
        first
    }

    fn skip(&mut self, packets: u64) {
        self.sequence += packets;
        self.came = u32::try_from(packets)
            .ok()
            .and_then(|n| self.came.checked_shl(n))
            .unwrap_or(0);
    }
}

#[cfg(test)]
mod tests;

//! What is missing, and how long it is waited for.

use std::collections::VecDeque;
use std::time::Instant;

use super::{DelayEstimate, Given, MAX_WAIT, Packet, Reported};
use crate::RTP_RATE;

/// Reported silence behind a gap after which no answer is waited for any more, in samples at 48 kHz: 80 ms. At 100 ms the
/// recogniser is asked whether the turn may be over.
pub const QUIET: u64 = 3_840;
/// The longest gap that is waited for, in packets. What is longer is an outage.
const LONGEST_GAP: u64 = 12;
/// The longest that one packet of Opus can last, in samples at 48 kHz.
const MAX_PACKET: u64 = 5_760;

/// Packets that are missing before one that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The first that is missing.
    pub first: u64,
    /// How many are.
    pub packets: u64,
    /// When they are given up, if nobody is asked for them: no jitter makes them so late.
    pub deadline: Instant,
    /// Whether it is worth the wait to ask for them.
    pub is_worth_it: bool,
}

/// Whether answers are worth waiting for: somebody still speaks behind what is missing, as far as is known.
pub(super) fn is_patient(waiting: &VecDeque<Packet>, is_hurried: bool) -> bool {
    let quiet = waiting
        .iter()
        .rev()
        .take_while(|packet| packet.reported != Reported::Sound);
    !is_hurried && quiet.map(|packet| packet.duration).sum::<u64>() < QUIET
}

/// What is missing before each packet that waits, in order.
pub(super) fn gaps(
    waiting: &VecDeque<Packet>,
    given: Option<Given>,
    delay: &DelayEstimate,
    is_patient: bool,
) -> impl Iterator<Item = Gap> {
    let mut before = given.map(|given| (given.sequence, given.end, given.reported));
    waiting.iter().filter_map(move |packet| {
        let (sequence, end, reported) = before.replace((packet.sequence, packet.end(), packet.reported))?;
        let packets = packet.sequence.saturating_sub(sequence + 1);
        let is_speech = [reported, packet.reported].contains(&Reported::Sound);
        (packets > 0).then(|| Gap {
            first: sequence + 1,
            packets,
            deadline: gap_deadline(delay, end, packet),
            is_worth_it: is_patient && is_speech && packets <= LONGEST_GAP,
        })
    })
}

/// When the first missing packet before `head` is given up.
pub(super) fn gap_deadline(delay: &DelayEstimate, due: u64, head: &Packet) -> Instant {
    let latest = head.arrived + MAX_WAIT;
    delay
        .deadline(due)
        .map_or(head.arrived, |deadline| deadline.min(latest))
}

/// How long `packets` missing packets last: what the timestamps say, if it is possible at all.
pub(super) fn gap(given: &Given, packets: u64, next: u64) -> u64 {
    let between = next.saturating_sub(given.end);
    if between > 0 && between <= packets.saturating_mul(MAX_PACKET) {
        between
    } else {
        packets.saturating_mul(given.duration).min(u64::from(RTP_RATE))
    }
}

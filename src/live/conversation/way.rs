//! The way to each person: how the agent's speech is sent on it, and the record of how good it was.

use std::time::{Duration, Instant};

use bytes::Bytes;
use colloquy_media::codec::EncoderConfig;
use colloquy_media::link::{self, Link, Sending};
use colloquy_media::quality::{Quality, Record};
use colloquy_media::red::Packer;
use colloquy_signaling::Peer;
use colloquy_signaling::peer::LossReport;

use super::Conversation;
use super::presence::Person;

/// Packets that are asked for at once.
const MOST_ASKED: usize = 16;

/// What is known of the way to a person.
pub(super) struct Way {
    link: Link,
    /// Where redundant audio was agreed on.
    packer: Option<Packer>,
    record: Record,
}

impl Way {
    /// To somebody who has just joined.
    pub(super) fn new(peer: &Peer) -> Self {
        let offer = peer.offer();
        Self {
            link: Link::new(EncoderConfig::default().bitrate),
            packer: offer
                .redundant_payload_type()
                .map(|_| Packer::new(offer.payload_type())),
            record: Record::default(),
        }
    }
}

impl Person {
    /// Sends them a frame of the agent's, with copies of those before it if they lose some.
    pub(super) fn send_audio(&mut self, payload: &Bytes, timestamp: u32, marker: bool, now: Instant) {
        let way = &mut self.way;
        let packed = way
            .packer
            .as_mut()
            .and_then(|packer| packer.pack(payload, timestamp, way.link.sending(now).copies));
        match packed {
            Some(packed) => self.peer.send_redundant_audio(packed, timestamp, marker, now),
            None => self.peer.send_audio(payload.clone(), timestamp, marker, now),
        }
    }

    /// Asks them for what is missing of theirs, while it can still come in time.
    pub(super) fn ask_again(&mut self, now: Instant) {
        let mut missing = [0; MOST_ASKED];
        let mut count = 0;
        while count < MOST_ASKED
            && let Some(sequence) = self.uplink.poll_request(now)
        {
            missing[count] = sequence;
            count += 1;
        }
        if count > 0 {
            self.peer.request_again(&missing[..count], now);
        }
    }

    pub(super) fn handle_round_trip(&mut self, round_trip: Duration) {
        self.uplink.handle_round_trip(round_trip);
        self.way.record.handle_round_trip(round_trip, &self.uplink.stats());
    }

    /// How good their call was so far.
    pub(super) fn quality(&self) -> Quality {
        self.way
            .record
            .quality(&self.uplink.stats(), self.peer.counters().audio_sent)
    }
}

impl Conversation {
    pub(super) fn handle_loss_report(&mut self, index: usize, report: LossReport, now: Instant) {
        let way = &mut self.people[index].way;
        way.record.handle_report(report.total, report.jitter);
        let report = link::Report {
            fraction: report.fraction,
            highest: report.highest,
        };
        way.link.handle_report(report, now);
        self.adapt(now);
    }

    pub(super) fn handle_bandwidth(&mut self, index: usize, bits: u32, now: Instant) {
        self.people[index].way.link.handle_estimate(bits, now);
        self.adapt(now);
    }

    /// Speech is encoded once for all, so as the worst of the ways needs it.
    pub(super) fn adapt(&mut self, now: Instant) {
        let ways = self.people.iter().map(|person| person.way.link.sending(now));
        if let Some(sending) = ways.reduce(Sending::worse) {
            self.downlink.handle_sending(sending);
        }
    }
}

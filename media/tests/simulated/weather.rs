//! What bad networks cost: sound that is made up, delay, and turns.

use std::time::{Duration, Instant};

use bytes::Bytes;
use colloquy_media::FRAME;
use colloquy_media::jitter::{JitterBuffer, Playout};
use colloquy_media::turn::Fit;
use colloquy_media::uplink::{RtpPacket, UplinkStats};

use crate::call::Call;
use crate::clip::{CLIPS, room, trimmed};
use crate::network::{Bursts, Conditions, Network};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// 5% lost at random, 40 ms jitter, which puts packets out of order, and duplicates.
fn random() -> Conditions {
    Conditions {
        loss: 0.05,
        jitter: ms(40),
        duplicates: 0.02,
        ..Conditions::CLEAN
    }
}

/// 10% lost in bursts of three packets in the mean, and the same jitter.
fn bursts() -> Conditions {
    Conditions {
        bursts: Some(Bursts {
            loss: 0.10,
            length: 3.0,
        }),
        jitter: ms(40),
        duplicates: 0.02,
        ..Conditions::CLEAN
    }
}

/// How a sender and we make up for loss.
#[derive(Clone, Copy, Debug)]
struct Means {
    /// Copies in each packet (RED).
    copies: u8,
    /// We may ask for packets (NACK).
    asks: bool,
}

const PLAIN: Means = Means { copies: 0, asks: false };

#[derive(Debug, Default)]
struct Outcome {
    /// From the last sample of an answer to the end of its turn, sorted.
    waits: Vec<Duration>,
    spoken: Duration,
    concealed: Duration,
    lost: u64,
    restored: u64,
    resent: u64,
    recovered: u64,
    /// Answers that were not one turn each.
    torn: usize,
}

impl Outcome {
    fn wait(&self, percent: usize) -> Duration {
        self.waits[(self.waits.len() - 1) * percent / 100]
    }

    /// Part of the speech that was made up.
    fn concealed(&self) -> f64 {
        self.concealed.as_secs_f64() / self.spoken.as_secs_f64()
    }

    fn add(&mut self, stats: &UplinkStats) {
        self.concealed += stats.concealed;
        self.lost += stats.lost;
        self.restored += stats.restored;
        self.resent += stats.resent;
        self.recovered += stats.recovered;
    }
}

/// Each recording as a complete answer, over so many networks of the same kind.
fn over(conditions: &Conditions, means: Means, seeds: u64) -> Outcome {
    let mut outcome = Outcome::default();
    for (number, (name, _)) in CLIPS.iter().enumerate() {
        let sound = trimmed(name);
        for seed in 0..seeds {
            let seed = seed * 100 + number as u64;
            let mut call = match means.asks {
                true => Call::asking(conditions.clone(), seed),
                false => Call::new(conditions.clone(), seed),
            };
            call.microphone.copies = means.copies;
            call.view = Some(Fit::Beginning);
            call.speak(&room(1_500)).speak(&sound[..sound.len() - 320]);
            // Only its end completes it: pauses inside of it are waited for.
            call.view = Some(Fit::Complete);
            call.speak(&sound[sound.len() - 320..]);
            let ended = call.now;
            call.speak(&room(1_500));
            outcome.spoken += Duration::from_millis(sound.len() as u64 / 16);
            outcome.torn += usize::from(call.names().iter().filter(|name| **name == "ended").count() != 1);
            outcome
                .waits
                .push(call.when("ended").map_or(ms(9_999), |at| at.saturating_sub(ended)));
            outcome.add(&call.uplink.stats());
        }
    }
    outcome.waits.sort();
    outcome
}

/// What the network lost that the listener had to make up for, and what it cost, against a clean network.
fn assert_cheap(conditions: &Conditions, means: Means, most_concealed: f64) -> Outcome {
    let clean = over(&Conditions::CLEAN, PLAIN, 1);
    let bad = over(conditions, means, 2);
    println!("{means:?}: clean p50 {:?} p95 {:?}", clean.wait(50), clean.wait(95));
    println!(
        "bad p50 {:?} p95 {:?}, {:.2}% concealed, {} of {} torn, lost {} restored {} resent {} recovered {}",
        bad.wait(50),
        bad.wait(95),
        bad.concealed() * 100.0,
        bad.torn,
        bad.waits.len(),
        bad.lost,
        bad.restored,
        bad.resent,
        bad.recovered,
    );
    assert!(
        bad.wait(95) <= clean.wait(95) + ms(120),
        "{:?} against {:?}",
        bad.wait(95),
        clean.wait(95)
    );
    assert!(bad.concealed() <= most_concealed, "{}", bad.concealed());
    bad
}

#[test]
fn at_5_percent_random_loss_and_40_ms_jitter_turns_end_in_time() {
    let bad = assert_cheap(&random(), PLAIN, 0.03);
    // What was lost while nobody spoke needed no recovery.
    assert!(bad.recovered * 5 > bad.lost * 2, "{bad:?}");
}

#[test]
fn at_10_percent_burst_loss_and_40_ms_jitter_turns_end_in_time() {
    assert_cheap(&bursts(), PLAIN, 0.06);
}

#[test]
fn with_one_copy_random_loss_is_hardly_heard() {
    let bad = assert_cheap(&random(), Means { copies: 1, ..PLAIN }, 0.005);
    assert!(bad.restored > bad.lost * 10, "{bad:?}");
}

#[test]
fn with_two_copies_little_is_left_of_burst_loss() {
    let plain = over(&bursts(), PLAIN, 2);
    let bad = assert_cheap(&bursts(), Means { copies: 2, ..PLAIN }, 0.02);
    assert!(bad.concealed * 2 < plain.concealed, "{bad:?}, {plain:?}");
}

#[test]
fn where_the_way_is_short_what_is_lost_is_asked_for() {
    let near = Conditions {
        delay: ms(5),
        ..random()
    };
    let plain = over(&near, PLAIN, 2);
    let bad = assert_cheap(&near, Means { asks: true, ..PLAIN }, 0.03);
    assert!(bad.resent > 10, "{bad:?}");
    assert!(bad.wait(95) <= plain.wait(95) + ms(20), "{bad:?}, {plain:?}");
}

/// How long after it was sent each packet of 20 s is given by the jitter buffer: when it was sent, and how long that was.
fn ways(conditions: Conditions, seed: u64) -> Vec<(Duration, Duration)> {
    let start = Instant::now();
    let mut network = Network::new(conditions, seed);
    for n in 0..1_000u16 {
        let packet = RtpPacket {
            sequence: n,
            timestamp: u32::from(n) * 960,
            // 20 ms of SILK.
            payload: Bytes::from_static(&[0x48, 1, 2]),
            is_redundant: false,
            level: None,
        };
        network.send(packet, FRAME * n.into());
    }
    let mut buffer = JitterBuffer::default();
    let mut ways = Vec::new();
    loop {
        let timeout = buffer.poll_timeout().map(|at| at - start);
        let Some(now) = [network.next_arrival(), timeout].into_iter().flatten().min() else {
            return ways;
        };
        for (at, packet) in network.arrivals(now) {
            buffer.insert(packet.sequence, packet.timestamp, packet.payload, None, start + at);
        }
        while let Some(playout) = buffer.poll(start + now) {
            if let Playout::Packet { packet, .. } = playout {
                let sent = FRAME * (packet.sequence - (1 << 16)) as u32;
                ways.push((sent, now - sent));
            }
        }
    }
}

fn longest(ways: &[(Duration, Duration)], from: Duration, to: Duration) -> Duration {
    let within = ways.iter().filter(|(sent, _)| (from..to).contains(sent));
    within.map(|(_, way)| *way).max().expect("some packets come")
}

#[test]
fn after_an_outage_of_2_s_packets_take_no_longer_than_before_within_a_second() {
    let span = Some((ms(8_000), ms(10_000)));
    for seed in 0..20 {
        for conditions in [Conditions::CLEAN, random(), bursts()] {
            let usual = longest(&ways(conditions.clone(), seed), ms(0), ms(20_000));
            let held_up = Conditions {
                outage: span,
                ..conditions.clone()
            };
            let gone = Conditions {
                blackout: span,
                ..conditions.clone()
            };
            for outage in [held_up, gone] {
                let ways = ways(outage, seed);
                let after = longest(&ways, ms(11_000), ms(20_000));
                assert!(after <= usual.max(ms(90)), "{after:?} instead of {usual:?}");
                // What is said as it ends comes at once.
                let last = ways.iter().rfind(|(sent, _)| *sent < ms(10_100)).unwrap();
                assert!(last.1 <= ms(30 + 40 + 60), "{last:?}");
            }
        }
    }
}

//! A seeded network: loss, jitter, duplicates, outages.

use std::time::Duration;

use colloquy_media::uplink::RtpPacket;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// What a network does.
#[derive(Clone, Debug)]
pub struct Conditions {
    /// Part of packets lost at random.
    pub loss: f64,
    /// Delay on top of the shortest, evenly spread up to this.
    pub jitter: Duration,
    /// Part of packets that come twice.
    pub duplicates: f64,
    /// Packets sent in this span come together at its end.
    pub outage: Option<(Duration, Duration)>,
    /// Packets sent in this span don't come at all.
    pub blackout: Option<(Duration, Duration)>,
}

impl Conditions {
    /// A clean network.
    pub const CLEAN: Self = Self {
        loss: 0.0,
        jitter: Duration::ZERO,
        duplicates: 0.0,
        outage: None,
        blackout: None,
    };
}

/// Packets on their way.
pub struct Network {
    conditions: Conditions,
    random: SmallRng,
    on_the_way: Vec<(Duration, RtpPacket)>,
    /// Packets that were sent and will never come.
    pub lost: u64,
}

/// The shortest way.
const DELAY: Duration = Duration::from_millis(30);

impl Network {
    pub fn new(conditions: Conditions, seed: u64) -> Self {
        Self {
            conditions,
            random: SmallRng::seed_from_u64(seed),
            on_the_way: Vec::new(),
            lost: 0,
        }
    }

    /// A packet leaves at `at`.
    pub fn send(&mut self, packet: RtpPacket, at: Duration) {
        let within = |span: Option<(Duration, Duration)>| span.filter(|span| (span.0..span.1).contains(&at));
        if self.random.random_bool(self.conditions.loss) || within(self.conditions.blackout).is_some() {
            self.lost += 1;
            return;
        }
        let copies = 1 + usize::from(self.random.random_bool(self.conditions.duplicates));
        for _ in 0..copies {
            let jitter = self.conditions.jitter.mul_f64(self.random.random_range(0.0..=1.0));
            let left = within(self.conditions.outage).map_or(at, |outage| outage.1);
            self.on_the_way.push((left + DELAY + jitter, packet.clone()));
        }
    }

    /// Packets that have come by `at`, with their time, in order of arrival.
    pub fn arrivals(&mut self, at: Duration) -> Vec<(Duration, RtpPacket)> {
        let mut come: Vec<_> = self.on_the_way.extract_if(.., |packet| packet.0 <= at).collect();
        come.sort_by_key(|packet| packet.0);
        come
    }
}

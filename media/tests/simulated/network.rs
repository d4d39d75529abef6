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
    /// Packets lost in bursts, on top of that.
    pub bursts: Option<Bursts>,
    /// The shortest way.
    pub delay: Duration,
    /// Delay on top of the shortest, evenly spread up to this.
    pub jitter: Duration,
    /// Part of packets that come twice.
    pub duplicates: f64,
    /// Packets sent in this span come together at its end.
    pub outage: Option<(Duration, Duration)>,
    /// Packets sent in this span don't come at all.
    pub blackout: Option<(Duration, Duration)>,
}

/// Bursts in which nothing comes (Gilbert 1960).
#[derive(Clone, Copy, Debug)]
pub struct Bursts {
    /// Part of packets lost in them, over a long time.
    pub loss: f64,
    /// Packets in one of them, in the mean.
    pub length: f64,
}

impl Conditions {
    /// A clean network.
    pub const CLEAN: Self = Self {
        loss: 0.0,
        bursts: None,
        delay: Duration::from_millis(30),
        jitter: Duration::ZERO,
        duplicates: 0.0,
        outage: None,
        blackout: None,
    };

    /// Part of packets lost in any way, but for outages.
    pub fn mean_loss(&self) -> f64 {
        let burst = self.bursts.map_or(0.0, |bursts| bursts.loss);
        self.loss + burst * (1.0 - self.loss)
    }
}

/// Packets on their way.
pub struct Network {
    conditions: Conditions,
    random: SmallRng,
    on_the_way: Vec<(Duration, RtpPacket)>,
    in_burst: bool,
    /// Packets that were sent and will never come.
    pub lost: u64,
}

impl Network {
    pub fn new(conditions: Conditions, seed: u64) -> Self {
        Self {
            conditions,
            random: SmallRng::seed_from_u64(seed),
            on_the_way: Vec::new(),
            in_burst: false,
            lost: 0,
        }
    }

    /// What it does.
    #[allow(dead_code, reason = "not every test that shares this file asks")]
    pub fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// How long something takes there and back this time.
    #[allow(dead_code, reason = "not every test that shares this file asks")]
    pub fn round_trip(&mut self) -> Duration {
        let jitter = [0; 2].map(|_| self.random.random_range(0.0..=1.0)).iter().sum();
        self.conditions.delay * 2 + self.conditions.jitter.mul_f64(jitter)
    }

    /// When the next packet comes.
    #[allow(dead_code, reason = "not every test that shares this file asks")]
    pub fn next_arrival(&self) -> Option<Duration> {
        self.on_the_way.iter().map(|packet| packet.0).min()
    }

    /// A packet leaves at `at`.
    pub fn send(&mut self, packet: RtpPacket, at: Duration) {
        let within = |span: Option<(Duration, Duration)>| span.filter(|span| (span.0..span.1).contains(&at));
        let is_lost = self.random.random_bool(self.conditions.loss);
        if let Some(Bursts { loss, length }) = self.conditions.bursts {
            let change = match self.in_burst {
                true => 1.0 / length,
                false => loss / (1.0 - loss) / length,
            };
            self.in_burst ^= self.random.random_bool(change);
        }
        if is_lost || self.in_burst || within(self.conditions.blackout).is_some() {
            self.lost += 1;
            return;
        }
        let copies = 1 + usize::from(self.random.random_bool(self.conditions.duplicates));
        for _ in 0..copies {
            let jitter = self.conditions.jitter.mul_f64(self.random.random_range(0.0..=1.0));
            let left = within(self.conditions.outage).map_or(at, |outage| outage.1);
            self.on_the_way
                .push((left + self.conditions.delay + jitter, packet.clone()));
        }
    }

    /// Packets that have come by `at`, with their time, in order of arrival.
    pub fn arrivals(&mut self, at: Duration) -> Vec<(Duration, RtpPacket)> {
        let mut come: Vec<_> = self.on_the_way.extract_if(.., |packet| packet.0 <= at).collect();
        come.sort_by_key(|packet| packet.0);
        come
    }
}

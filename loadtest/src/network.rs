//! A bad network between a caller and its socket: loss, bursts of it, delay, jitter, reordering, duplication, a bandwidth cap,
//! outages. Pure and seeded: it says when a datagram arrives, and never looks at a clock.

mod conditions;

use std::time::{Duration, Instant};

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

pub(crate) use conditions::span;
pub use conditions::{Conditions, ConditionsError, Outages};

/// What waits longer than this before a bandwidth cap is dropped, as by a router's queue.
const MOST_QUEUED: Duration = Duration::from_millis(250);
/// IPv4 and UDP headers, which take their part of a capped line.
const HEADERS: usize = 28;
/// How much later a reordered datagram comes than it would have: behind the next two packets of 20 ms.
const REORDERED_BY: Duration = Duration::from_millis(45);

/// What became of a datagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// When it arrives; never, when it is lost.
    pub arrives: Option<Instant>,
    /// When it arrives a second time.
    pub again: Option<Instant>,
}

/// What a line did to what went over it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Carried {
    /// Datagrams handed to it.
    pub sent: u64,
    /// Of these, lost: at random, in bursts, in outages, or before the bandwidth cap.
    pub lost: u64,
    /// Of these, delivered twice.
    pub duplicated: u64,
    /// Of these, overtaken by a later one.
    pub reordered: u64,
}

impl Carried {
    /// Adds what another line did.
    pub fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.reordered += other.reordered;
    }
}

/// One direction of a line.
#[derive(Debug)]
pub struct Line {
    conditions: Conditions,
    random: SmallRng,
    began: Instant,
    in_burst: bool,
    /// When the capped line has sent what was handed to it.
    free_at: Instant,
    /// Jitter keeps the order: nothing arrives before what left earlier.
    last_arrival: Instant,
    carried: Carried,
}

impl Line {
    /// A line whose outages are counted from `now`. The same seed does the same to the same datagrams.
    pub fn new(conditions: Conditions, seed: u64, now: Instant) -> Self {
        Self {
            conditions,
            random: SmallRng::seed_from_u64(seed),
            began: now,
            in_burst: false,
            free_at: now,
            last_arrival: now,
            carried: Carried::default(),
        }
    }

    /// Takes a datagram of so many bytes.
    pub fn carry(&mut self, bytes: usize, now: Instant) -> Fate {
        self.carried.sent += 1;
        // Every datagram draws the same number of times, so that one condition doesn't change what another one does.
        let [lost, turn, jitter, reorder, duplicate, late] = std::array::from_fn(|_| self.random.random::<f64>());
        let Conditions { loss, burst, .. } = self.conditions;
        self.in_burst = turn
            < match (self.in_burst, burst.rate > 0.0) {
                (_, false) => 0.0,
                (true, true) => 1.0 - 1.0 / burst.length,
                (false, true) => burst.rate / (burst.length * (1.0 - burst.rate)),
            };
        let is_out = self
            .conditions
            .outages
            .is_some_and(|outages| outages.is_out(now - self.began));
        if lost < loss || self.in_burst || is_out {
            self.carried.lost += 1;
            return Fate::default();
        }
        let Some(left) = self.leaves(bytes, now) else {
            self.carried.lost += 1;
            return Fate::default();
        };
        let mut arrives =
            (left + self.conditions.delay + self.conditions.jitter.mul_f64(jitter)).max(self.last_arrival);
        if reorder < self.conditions.reorder {
            self.carried.reordered += 1;
            arrives += REORDERED_BY;
        } else {
            self.last_arrival = arrives;
        }
        let again = (duplicate < self.conditions.duplicate).then(|| {
            self.carried.duplicated += 1;
            arrives + self.conditions.jitter.mul_f64(late)
        });
        Fate {
            arrives: Some(arrives),
            again,
        }
    }

    /// What it did so far.
    pub fn carried(&self) -> Carried {
        self.carried
    }

    /// When the datagram has passed the cap; none when too much waits there already.
    fn leaves(&mut self, bytes: usize, now: Instant) -> Option<Instant> {
        let Some(bits_a_second) = self.conditions.bandwidth else {
            return Some(now);
        };
        let begins = self.free_at.max(now);
        if begins - now > MOST_QUEUED {
            return None;
        }
        let bits = (bytes + HEADERS) as f64 * 8.0;
        self.free_at = begins + Duration::from_secs_f64(bits / bits_a_second);
        Some(self.free_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Duration = Duration::from_millis(20);

    fn line(conditions: &str) -> (Line, Instant) {
        let now = Instant::now();
        (Line::new(conditions.parse().expect("conditions"), 7, now), now)
    }

    /// The fates of packets of 100 bytes, one every 20 ms.
    fn fates(conditions: &str, packets: u32) -> Vec<(Instant, Fate)> {
        let (mut line, start) = line(conditions);
        let sent = (0..packets).map(|packet| start + FRAME * packet);
        sent.map(|at| (at, line.carry(100, at))).collect()
    }

    fn lost_share(fates: &[(Instant, Fate)]) -> f64 {
        fates.iter().filter(|(_, fate)| fate.arrives.is_none()).count() as f64 / fates.len() as f64
    }

    fn mean_run(fates: &[(Instant, Fate)]) -> f64 {
        let lost: Vec<bool> = fates.iter().map(|(_, fate)| fate.arrives.is_none()).collect();
        let runs: Vec<usize> = lost
            .chunk_by(|a, b| a == b)
            .filter(|run| run[0])
            .map(<[bool]>::len)
            .collect();
        runs.iter().sum::<usize>() as f64 / runs.len() as f64
    }

    #[test]
    fn a_clean_line_delivers_everything_at_once() {
        for (at, fate) in fates("", 1_000) {
            assert_eq!(
                fate,
                Fate {
                    arrives: Some(at),
                    again: None
                }
            );
        }
    }

    #[test]
    fn random_loss_takes_its_part_and_comes_alone() {
        let fates = fates("loss=5%", 50_000);
        let share = lost_share(&fates);
        assert!((0.045..0.055).contains(&share), "{share}");
        let run = mean_run(&fates);
        assert!((1.0..1.1).contains(&run), "{run}");
    }

    #[test]
    fn bursts_take_their_part_in_runs_of_their_length() {
        let fates = fates("burst=10%/5", 100_000);
        let share = lost_share(&fates);
        assert!((0.09..0.11).contains(&share), "{share}");
        let run = mean_run(&fates);
        assert!((4.5..5.5).contains(&run), "{run}");
    }

    #[test]
    fn the_same_seed_does_the_same_and_one_condition_leaves_the_others_alone() {
        let lost = |conditions| -> Vec<bool> {
            fates(conditions, 2_000)
                .iter()
                .map(|(_, fate)| fate.arrives.is_none())
                .collect()
        };
        assert_eq!(lost("loss=5%"), lost("loss=5%"));
        assert_eq!(lost("loss=5%"), lost("loss=5%,jitter=40ms,duplicate=10%,reorder=5%"));
    }

    #[test]
    fn jitter_delays_up_to_its_size_and_keeps_the_order() {
        let fates = fates("delay=30ms,jitter=40ms", 10_000);
        let arrivals: Vec<Instant> = fates.iter().filter_map(|(_, fate)| fate.arrives).collect();
        assert!(arrivals.is_sorted());
        let delays: Vec<Duration> = fates
            .iter()
            .filter_map(|(at, fate)| Some(fate.arrives? - *at))
            .collect();
        assert!(delays.iter().all(|delay| (30..=70).contains(&delay.as_millis())));
        let mean = delays.iter().sum::<Duration>() / delays.len() as u32;
        assert!((48..=56).contains(&mean.as_millis()), "{mean:?}");
    }

    #[test]
    fn reordered_packets_are_overtaken() {
        let fates = fates("reorder=2%", 10_000);
        let arrivals: Vec<Instant> = fates.iter().filter_map(|(_, fate)| fate.arrives).collect();
        let overtaken = arrivals.windows(2).filter(|pair| pair[1] < pair[0]).count();
        assert!((150..250).contains(&overtaken), "{overtaken}");
    }

    #[test]
    fn duplicates_come_twice() {
        let twice = fates("duplicate=10%", 10_000)
            .iter()
            .filter(|(_, fate)| fate.again.is_some())
            .count();
        assert!((900..1_100).contains(&twice), "{twice}");
    }

    #[test]
    fn a_cap_spreads_a_burst_out_and_drops_what_would_wait_too_long() {
        // 128 bytes with their headers take 16 ms of 64 kbit/s.
        let (mut line, now) = line("bandwidth=64kbit");
        let arrivals: Vec<Option<Instant>> = (0..40).map(|_| line.carry(100, now).arrives).collect();
        for (number, arrival) in arrivals.iter().take(10).enumerate() {
            let after = arrival.expect("it fits") - now;
            assert_eq!(after.as_millis(), 16 * (number as u128 + 1));
        }
        let dropped = arrivals.iter().filter(|arrival| arrival.is_none()).count();
        assert!((20..30).contains(&dropped), "{dropped}");
        assert_eq!(line.carried().lost, dropped as u64);
    }

    #[test]
    fn in_an_outage_nothing_arrives() {
        let fates = fates("outage=2s/10s", 1_500);
        let start = fates[0].0;
        for (at, fate) in fates {
            let into = (at - start).as_millis() % 10_000;
            assert_eq!(fate.arrives.is_none(), into >= 8_000, "{into} ms");
        }
    }
}

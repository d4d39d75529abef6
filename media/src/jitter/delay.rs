//! How late packets come: the target of the jitter buffer.

use std::time::{Duration, Instant};

use crate::RTP_RATE;

/// Width of a bin of the histogram, in ms.
const BIN: f64 = 5.0;
const BINS: usize = 40;
/// What a packet's weight falls to with each packet after it: half after about 3 s of speech.
const DECAY: f32 = 0.995;
/// The part of packets that the target waits for.
const QUANTILE: f32 = 0.97;
/// What the peak falls to with each packet: half after about 0.7 s of speech.
const PEAK_DECAY: f64 = 0.98;
/// Lateness that is no jitter any more but an outage; the target never grows beyond it. In ms.
const MAX_TARGET: f64 = BIN * BINS as f64;
/// Packets over which the fastest way is the baseline: about 5 s. Twice that, and clock drift is forgotten.
const WINDOW: u32 = 256;
/// A jump of the relative delay that means that the sender's clock was set anew, in ms.
const RESTART: f64 = 3_000.0;
/// How long what an outage has held up takes to come. What is late for longer has taken another way. In ms.
const DELIVERY: f64 = 300.0;
/// Lateness below this is no jitter: scheduling noise of the machines, in ms.
const TOLERANCE: f64 = 5.0;

/// Estimates from arrival times how late packets come, compared with the fastest of the last seconds.
///
/// A decaying histogram gives the quantile to wait for; a decaying peak makes the target grow with the first late packet
/// and shrink within a second or so.
#[derive(Clone, Debug)]
pub struct DelayEstimate {
    start: Option<Start>,
    histogram: [f32; BINS],
    /// Minimum relative delay of this window and of the one before, in ms.
    fastest: f64,
    fastest_before: f64,
    in_window: u32,
    peak: f64,
    target: f64,
    /// RFC 3550 interarrival jitter, in ms.
    interarrival: f64,
    last: f64,
    last_arrival: f64,
    outage: Option<Outage>,
}

/// The end of an outage, in ms since the start.
#[derive(Clone, Copy, Debug)]
struct Outage {
    /// When the first packet came that it had held up.
    first: f64,
    /// When the last came that can't be late for any other reason.
    last: f64,
}

#[derive(Clone, Copy, Debug)]
struct Start {
    at: Instant,
    timestamp: u64,
}

impl Default for DelayEstimate {
    fn default() -> Self {
        Self {
            start: None,
            histogram: [0.0; BINS],
            fastest: f64::INFINITY,
            fastest_before: f64::INFINITY,
            in_window: 0,
            peak: 0.0,
            target: 0.0,
            interarrival: 0.0,
            last: 0.0,
            last_arrival: 0.0,
            outage: None,
        }
    }
}

impl DelayEstimate {
    /// Notes that the packet of `timestamp` (48 kHz, unrolled) came now.
    pub fn observe(&mut self, timestamp: u64, now: Instant) {
        let start = *self.start.get_or_insert(Start { at: now, timestamp });
        let arrival = now.saturating_duration_since(start.at).as_secs_f64() * 1_000.0;
        let relative = arrival - milliseconds(timestamp, start.timestamp);
        if self.baseline().is_finite() && (relative - self.baseline()).abs() > RESTART {
            *self = Self::default();
            return self.observe(timestamp, now);
        }
        let first = !self.fastest.is_finite();
        self.fastest = self.fastest.min(relative);
        self.in_window += 1;
        if self.in_window == WINDOW {
            self.in_window = 0;
            self.fastest_before = self.fastest;
            self.fastest = relative;
        }
        if !first {
            let change = relative - self.last;
            self.interarrival += (change.abs() - self.interarrival) / 16.0;
            // Packets that were held up together arrive together: only the first of them tells how long.
            let held_up_with_the_last = change < -BIN && arrival - self.last_arrival < BIN;
            let lateness = (relative - self.baseline()).max(0.0);
            if !held_up_with_the_last && !self.is_of_outage(lateness, arrival) {
                self.learn(lateness);
            }
        }
        self.last = relative;
        self.last_arrival = arrival;
    }

    /// When the packet of `timestamp` is given up.
    pub fn deadline(&self, timestamp: u64) -> Option<Instant> {
        let start = self.start?;
        let wait = milliseconds(timestamp, start.timestamp) + self.baseline() + self.target;
        let wait = Duration::try_from_secs_f64(wait.max(0.0) / 1_000.0).ok()?;
        start.at.checked_add(wait)
    }

    /// How much later than the fastest packets nearly all others come; nothing on a clean network.
    pub fn target(&self) -> Duration {
        Duration::from_secs_f64(self.target / 1_000.0)
    }

    /// The interarrival jitter (RFC 3550, section 6.4.1).
    pub fn interarrival_jitter(&self) -> Duration {
        Duration::from_secs_f64(self.interarrival / 1_000.0)
    }

    /// Whether a packet is late because of an outage, which tells nothing of those to come. Without one it would have come before
    /// the first of those that were held up.
    fn is_of_outage(&mut self, lateness: f64, arrival: f64) -> bool {
        if lateness >= MAX_TARGET {
            match &mut self.outage {
                Some(outage) if arrival - outage.first <= DELIVERY => outage.last = arrival,
                Some(outage) if arrival - outage.last <= DELIVERY => return false,
                _ => {
                    self.outage = Some(Outage {
                        first: arrival,
                        last: arrival,
                    });
                }
            }
        }
        self.outage
            .is_some_and(|outage| arrival - lateness < outage.last && arrival - outage.first <= DELIVERY)
    }

    fn baseline(&self) -> f64 {
        self.fastest.min(self.fastest_before)
    }

    fn learn(&mut self, lateness: f64) {
        let mut total = 0.0;
        for weight in &mut self.histogram {
            *weight *= DECAY;
            total += *weight;
        }
        let bin = ((lateness / BIN) as usize).min(BINS - 1);
        self.histogram[bin] += 1.0;
        total += 1.0;

        let mut below = 0.0;
        let mut quantile = 0.0;
        for (bin, weight) in self.histogram.iter().enumerate() {
            below += weight;
            if below >= QUANTILE * total {
                // The first bin is the tolerance; of every other one its upper edge is waited for.
                quantile = if bin == 0 { 0.0 } else { (bin + 1) as f64 * BIN };
                break;
            }
        }
        self.peak *= PEAK_DECAY;
        if lateness < MAX_TARGET {
            self.peak = self.peak.max(lateness);
        }
        let peak = if self.peak < TOLERANCE { 0.0 } else { self.peak };
        self.target = quantile.max(peak).min(MAX_TARGET);
    }
}

/// From one timestamp at [`RTP_RATE`] to another, in ms.
fn milliseconds(to: u64, from: u64) -> f64 {
    (i128::from(to) - i128::from(from)) as f64 / f64::from(RTP_RATE / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds packets of 20 ms whose lateness in ms is given.
    fn fed(estimate: &mut DelayEstimate, start: Instant, from: u64, lateness: impl Iterator<Item = u64>) -> u64 {
        let mut n = from;
        for late in lateness {
            estimate.observe(n * 960, start + Duration::from_millis(n * 20 + late));
            n += 1;
        }
        n
    }

    #[test]
    fn a_clean_network_has_no_target() {
        let mut estimate = DelayEstimate::default();
        fed(&mut estimate, Instant::now(), 0, (0..500).map(|n| n % 3));
        assert_eq!(estimate.target(), Duration::ZERO);
    }

    #[test]
    fn the_target_grows_with_the_first_late_packet_and_shrinks_again() {
        let start = Instant::now();
        let mut estimate = DelayEstimate::default();
        let n = fed(&mut estimate, start, 0, (0..200).map(|_| 0));
        let n = fed(&mut estimate, start, n, [60].into_iter());
        assert!(estimate.target() >= Duration::from_millis(60));
        fed(&mut estimate, start, n, (0..150).map(|_| 0));
        assert_eq!(estimate.target(), Duration::ZERO);
    }

    #[test]
    fn steady_jitter_is_waited_for() {
        let mut estimate = DelayEstimate::default();
        fed(&mut estimate, Instant::now(), 0, (0..500).map(|n| (n * 7) % 60));
        let target = estimate.target();
        assert!(
            (Duration::from_millis(50)..=Duration::from_millis(65)).contains(&target),
            "{target:?}"
        );
    }

    #[test]
    fn an_outage_is_no_jitter() {
        let start = Instant::now();
        let mut estimate = DelayEstimate::default();
        let n = fed(&mut estimate, start, 0, (0..100).map(|_| 0));
        // Two seconds of packets arrive together.
        let n = fed(&mut estimate, start, n, (0..100).map(|n| 2_000 - n * 20));
        fed(&mut estimate, start, n, (0..50).map(|_| 0));
        assert!(estimate.target() < Duration::from_millis(30), "{:?}", estimate.target());
    }

    #[test]
    fn an_outage_is_no_jitter_even_if_what_it_held_up_comes_in_disorder() {
        let start = Instant::now();
        let mut estimate = DelayEstimate::default();
        let n = fed(&mut estimate, start, 0, (0..100).map(|n| n * 7 % 40));
        let before = estimate.target();
        // Two seconds of packets come within 40 ms, every other one before the one that was sent before it.
        for m in 0..100 {
            let sent = n + (m ^ 1);
            estimate.observe(sent * 960, start + Duration::from_millis(n * 20 + 2_000 + m * 2 / 5));
        }
        fed(&mut estimate, start, n + 100, (0..50).map(|n| n * 7 % 40));
        assert!(
            estimate.target() <= before + Duration::from_millis(5),
            "{:?} instead of {before:?}",
            estimate.target()
        );
    }

    #[test]
    fn a_longer_way_is_followed_and_waited_for_meanwhile() {
        let start = Instant::now();
        let mut estimate = DelayEstimate::default();
        let n = fed(&mut estimate, start, 0, (0..300).map(|n| n * 7 % 40));
        let n = fed(&mut estimate, start, n, (0..100).map(|n| 300 + n * 7 % 40));
        assert_eq!(estimate.target(), Duration::from_millis(200));
        fed(&mut estimate, start, n, (0..1_500).map(|n| 300 + n * 7 % 40));
        assert!(
            estimate.target() <= Duration::from_millis(50),
            "{:?}",
            estimate.target()
        );
    }

    #[test]
    fn a_drifting_clock_is_followed() {
        let start = Instant::now();
        let mut estimate = DelayEstimate::default();
        // The sender's clock is slow by 500 ppm: after a minute packets come 30 ms later than counted from the first.
        fed(&mut estimate, start, 0, (0..3_000).map(|n| n / 100));
        assert!(estimate.target() < Duration::from_millis(16), "{:?}", estimate.target());
    }
}

//! The way to one listener: what its reports say, and how to send on it.
//!
//! Decided on each RTCP report (RFC 3550 section 6.4): whether packets carry copies of those before them, whether Opus puts a
//! copy of its own inside, and how many bits speech may take. All of it costs bits, so none of it is done for a listener who
//! loses nothing; and what was begun goes on until the loss is well below what began it.

use std::time::{Duration, Instant};

use crate::FRAME;

/// Bitrates of speech that are stepped through, in bits a second. Below the last of them Opus is no wide-band codec any more.
const RUNGS: [u32; 5] = [40_000, 32_000, 24_000, 16_000, 12_000];
/// Loss alone never brings speech below this: most loss is of radio, which fewer bits don't help.
const LEAST_UNDER_LOSS: u32 = 16_000;

/// From this loss on packets are protected, and below that no more.
const PROTECT: Gate = Gate { on: 0.025, off: 0.01 };
/// The same for a second copy, which also makes up for two packets lost together.
const PROTECT_TWICE: Gate = Gate { on: 0.10, off: 0.06 };
/// And for fewer bits.
const CONGESTED: Gate = Gate { on: 0.12, off: 0.05 };

/// How fast a report that is worse, or better, than those before is believed.
const WORSE: f32 = 0.5;
const BETTER: f32 = 0.25;
/// A report on fewer packets than this counts for less.
const SURE: u32 = 50;

/// Between two steps down, and before each step up.
const STEP_DOWN: Duration = Duration::from_secs(4);
const STEP_UP: Duration = Duration::from_secs(10);
/// How long an estimate of the bandwidth holds without being confirmed.
const ESTIMATE_HOLDS: Duration = Duration::from_secs(10);

/// What a packet takes beside its payload, in bytes: IPv4, UDP, RTP, the tag of SRTP.
const HEADERS: u32 = 20 + 8 + 12 + 10;

#[derive(Clone, Copy, Debug)]
struct Gate {
    on: f32,
    off: f32,
}

impl Gate {
    /// Whether it is open for this loss, having been open or not.
    fn is_open(self, was_open: bool, loss: f32) -> bool {
        loss >= if was_open { self.off } else { self.on }
    }
}

/// What a listener says of the packets that it was sent since its last report.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// Packets lost of those expected, 0 to 1.
    pub fraction: f32,
    /// The highest sequence number that came, extended by its cycles (RFC 3550 section 6.4.1).
    pub highest: u32,
}

/// How to send.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sending {
    /// The loss that Opus is to expect, 0 to 1. At 0 it puts no copies into its packets.
    pub loss: f32,
    /// Bits a second of speech.
    pub bitrate: u32,
    /// Copies of earlier packets in each packet, where that was agreed.
    pub copies: u8,
}

impl Sending {
    /// Speech that is encoded once for two listeners: as the worse of the two ways needs it.
    pub fn worse(self, other: Self) -> Self {
        Self {
            loss: self.loss.max(other.loss),
            bitrate: self.bitrate.min(other.bitrate),
            copies: self.copies.max(other.copies),
        }
    }

    /// Bits a second on the wire.
    fn cost(self) -> u32 {
        let headers = HEADERS * 8 * (1_000 / FRAME.as_millis() as u32);
        self.bitrate * (1 + u32::from(self.copies)) + headers
    }
}

/// What is known of the way to one listener. See the [module](self).
#[derive(Clone, Debug)]
pub struct Link {
    /// Bits a second of speech when all is well.
    bitrate: u32,
    loss: f32,
    highest: Option<u32>,
    protected: bool,
    protected_twice: bool,
    /// Steps taken down.
    steps: usize,
    /// When the last step was taken, or the loss was last too high for a step up.
    since: Option<Instant>,
    estimate: Option<(u32, Instant)>,
}

impl Link {
    /// A way of which nothing is known; speech takes `bitrate` bits a second.
    pub fn new(bitrate: u32) -> Self {
        Self {
            bitrate,
            loss: 0.0,
            highest: None,
            protected: false,
            protected_twice: false,
            steps: 0,
            since: None,
            estimate: None,
        }
    }

    /// Takes in a report.
    pub fn handle_report(&mut self, report: Report, now: Instant) {
        let packets = self.highest.map_or(SURE, |before| report.highest.wrapping_sub(before));
        self.highest = Some(report.highest);
        // A report that repeats the last says nothing; one that goes back is of a listener who began anew.
        let weight = match packets {
            0 => return,
            1..SURE => packets as f32 / SURE as f32,
            _ => 1.0,
        };
        let fraction = report.fraction.clamp(0.0, 1.0);
        let believed = if fraction > self.loss { WORSE } else { BETTER };
        self.loss += (fraction - self.loss) * believed * weight;
        self.protected = PROTECT.is_open(self.protected, self.loss);
        self.protected_twice = PROTECT_TWICE.is_open(self.protected_twice, self.loss);
        self.step(now);
    }

    /// The listener estimates the bandwidth, in bits a second (REMB).
    pub fn handle_estimate(&mut self, bits: u32, now: Instant) {
        self.estimate = Some((bits, now));
    }

    /// The part of packets that are lost on the way, of late: 0 to 1.
    pub fn loss(&self) -> f32 {
        self.loss
    }

    /// How to send now.
    pub fn sending(&self, now: Instant) -> Sending {
        let mut sending = Sending {
            loss: if self.protected { self.loss } else { 0.0 },
            bitrate: rungs(self.bitrate).nth(self.steps).unwrap_or(self.bitrate),
            copies: u8::from(self.protected) + u8::from(self.protected_twice),
        };
        let estimate = self
            .estimate
            .filter(|(_, at)| now.saturating_duration_since(*at) <= ESTIMATE_HOLDS);
        let Some((room, _)) = estimate else {
            return sending;
        };
        // Fewer bits first, then fewer copies, and the very least last.
        for (copies, least) in (0..=sending.copies)
            .rev()
            .map(|copies| (copies, LEAST_UNDER_LOSS))
            .chain([(0, 0)])
        {
            sending.copies = copies;
            for bitrate in rungs(self.bitrate).skip(self.steps).filter(|&bitrate| bitrate >= least) {
                sending.bitrate = bitrate;
                if sending.cost() <= room {
                    return sending;
                }
            }
        }
        sending
    }

    fn step(&mut self, now: Instant) {
        let is_down = self.steps > 0;
        let waited = |wait| {
            self.since
                .is_none_or(|since| now.saturating_duration_since(since) >= wait)
        };
        if CONGESTED.is_open(is_down, self.loss) {
            let below = rungs(self.bitrate).nth(self.steps + 1);
            let goes_down = self.loss >= CONGESTED.on && below.is_some_and(|below| below >= LEAST_UNDER_LOSS);
            if goes_down && waited(STEP_DOWN) {
                self.steps += 1;
            } else if goes_down {
                return;
            }
            self.since = Some(now);
        } else if is_down && waited(STEP_UP) {
            self.steps -= 1;
            self.since = Some(now);
        }
    }
}

/// The bitrates that speech may take, from that when all is well downwards.
fn rungs(bitrate: u32) -> impl Iterator<Item = u32> {
    std::iter::once(bitrate).chain(RUNGS.into_iter().filter(move |&rung| rung < bitrate))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A listener who reports every 5 s on what it lost of 200 packets.
    struct Listener {
        link: Link,
        highest: u32,
        now: Instant,
    }

    impl Listener {
        fn new(bitrate: u32) -> Self {
            Self {
                link: Link::new(bitrate),
                highest: 1_000,
                now: Instant::now(),
            }
        }

        fn reports(&mut self, fraction: f32) -> Sending {
            self.reports_on(200, fraction)
        }

        fn reports_on(&mut self, packets: u32, fraction: f32) -> Sending {
            self.highest = self.highest.wrapping_add(packets);
            self.now += Duration::from_secs(5);
            let report = Report {
                fraction,
                highest: self.highest,
            };
            self.link.handle_report(report, self.now);
            self.link.sending(self.now)
        }

        fn estimates(&mut self, bits: u32) -> (u32, u8) {
            self.link.handle_estimate(bits, self.now);
            let sending = self.link.sending(self.now);
            (sending.bitrate, sending.copies)
        }
    }

    const PLAIN: Sending = Sending {
        loss: 0.0,
        bitrate: 24_000,
        copies: 0,
    };

    #[test]
    fn without_loss_nothing_is_done_about_it() {
        let mut listener = Listener::new(24_000);
        for _ in 0..50 {
            assert_eq!(listener.reports(0.0), PLAIN);
        }
        // Nor about a packet now and then.
        for n in 0..50 {
            assert_eq!(listener.reports(if n % 2 == 0 { 0.01 } else { 0.0 }), PLAIN);
        }
    }

    #[test]
    fn steady_loss_is_protected_against_from_the_second_report_on_and_heavy_loss_at_once() {
        let mut listener = Listener::new(24_000);
        assert_eq!(
            listener.reports(0.05),
            Sending {
                loss: 0.025,
                copies: 1,
                ..PLAIN
            }
        );
        let mut listener = Listener::new(24_000);
        assert_eq!(listener.reports(0.04), PLAIN);
        assert_eq!(listener.reports(0.04).copies, 1);
        let mut listener = Listener::new(24_000);
        assert_eq!(listener.reports(0.2).copies, 2);
    }

    #[test]
    fn protection_ends_well_below_where_it_began() {
        let mut listener = Listener::new(24_000);
        listener.reports(0.06);
        let protected = |listener: &mut Listener| (0..40).all(|_| listener.reports(0.015).copies == 1);
        assert!(protected(&mut listener), "what begins at 2.5% goes on at 1.5%");
        let reports = (1..40).find(|_| listener.reports(0.0) == PLAIN);
        assert!(reports.is_some_and(|reports| reports <= 4), "{reports:?}");
    }

    #[test]
    fn loss_that_swings_about_the_threshold_does_not_make_protection_swing() {
        let mut listener = Listener::new(24_000);
        let mut changes = 0;
        let mut copies = 0;
        for n in 0..100 {
            let sending = listener.reports(if n % 2 == 0 { 0.035 } else { 0.015 });
            changes += usize::from(sending.copies != std::mem::replace(&mut copies, sending.copies));
        }
        assert!(changes <= 1, "{changes}");
    }

    #[test]
    fn a_report_on_few_packets_counts_for_little() {
        let mut listener = Listener::new(24_000);
        listener.reports(0.0);
        // One of twelve signs of life was lost while the agent was silent.
        assert_eq!(listener.reports_on(12, 1.0 / 12.0), PLAIN);
        // And a report on nothing changes nothing.
        let loss = listener.link.loss();
        listener.reports_on(0, 1.0);
        assert_eq!(listener.link.loss(), loss);
    }

    #[test]
    fn under_heavy_loss_speech_takes_fewer_bits_and_more_again_when_it_is_over() {
        let mut listener = Listener::new(40_000);
        let down: Vec<u32> = (0..6).map(|_| listener.reports(0.3).bitrate).collect();
        assert_eq!(down, [32_000, 24_000, 16_000, 16_000, 16_000, 16_000]);
        let up: Vec<u32> = (0..20).map(|_| listener.reports(0.0).bitrate).collect();
        assert_eq!(up[..6], [16_000; 6]);
        assert!(up.is_sorted());
        assert_eq!(up[19], 40_000);
        // No step up comes sooner than 10 s after the last.
        assert!(
            up.windows(2)
                .all(|pair| pair[0] == pair[1] || up.iter().filter(|&&rung| rung == pair[0]).count() >= 2)
        );
    }

    #[test]
    fn an_estimate_is_kept_within_copies_and_all_and_forgotten_in_time() {
        let mut listener = Listener::new(24_000);
        assert_eq!(listener.estimates(300_000), (24_000, 0));
        assert_eq!(listener.estimates(40_000), (16_000, 0));
        listener.reports(0.2);
        listener.reports(0.1);
        assert_eq!(listener.estimates(300_000).1, 2);
        // 16 kbit/s twice, and headers.
        assert_eq!(listener.estimates(54_000), (16_000, 1));
        assert_eq!(listener.estimates(20_000), (12_000, 0));
        listener.now += ESTIMATE_HOLDS * 2;
        assert_eq!(listener.link.sending(listener.now).copies, 2);
    }

    #[test]
    fn speech_for_two_is_sent_as_the_worse_way_needs_it() {
        let bad = Sending {
            loss: 0.1,
            bitrate: 16_000,
            copies: 1,
        };
        assert_eq!(PLAIN.worse(bad), bad);
        assert_eq!(bad.worse(PLAIN), bad);
    }
}

//! How good a call is, each way: what the network did, what was done about it, and the opinion score that follows.
//!
//! The score is that of the E-model (ITU-T G.107) for a conversation over a telephone of narrow band. No wide-band score is
//! claimed, so it can be compared between calls and with what telephony calls good, but it doesn't tell that wide-band
//! speech sounds better than a telephone's. What goes into it:
//!
//! - R = 93.2 - Id - Ie,eff: the default rating with neither noise nor echo, less what delay and what codec and loss take.
//! - Id = 0.024 d + 0.11 (d - 177.3) H(d - 177.3) for d ms from mouth to ear, the fit to G.107 of Cole and Rosenbluth (Voice
//!   over IP performance monitoring, 2001).
//! - Ie,eff = Ie + (95 - Ie) Ppl / (Ppl / BurstR + Bpl), G.107 equation 7-29. Ppl is what is left of the loss when everything
//!   has been recovered that can be; BurstR is by how much its runs are longer than those of random loss.
//! - G.113 gives no Ie and Bpl for Opus. **Assumed**: Ie 0, as for G.711, since at 16 kbit/s and more Opus is no worse than
//!   a telephone; Bpl 19, as for G.729A, whose concealment goes on with the last excitation as Opus's does, and which is
//!   the more careful choice beside the 25.1 of G.711 with its own.

use std::time::Duration;

use crate::uplink::UplinkStats;
use crate::{FRAME, RTP_RATE};

/// How long Opus takes to encode beyond the frame itself: its look-ahead (RFC 6716 section 2.1.6).
const LOOK_AHEAD: Duration = Duration::from_micros(6_500);
/// The rating when nothing is wrong.
const BEST: f64 = 93.2;
/// Of Opus, assumed. See the [module](self).
const IE: f64 = 0.0;
const BPL: f64 = 19.0;
/// Fewer packets than this are no call to be judged: 2 s of sound.
const LEAST_PACKETS: u64 = 100;

/// The way from the person to us, as we know it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Heard {
    /// Packets that should have come.
    pub expected: u64,
    /// Packets that did not come in time, of themselves: those that were made up for in any way among them.
    pub lost: u64,
    /// Packets that came after they had been given up.
    pub late: u64,
    /// Lost packets whose copy came with a later one (RED).
    pub restored: u64,
    /// Lost packets that came when they were asked for (NACK).
    pub resent: u64,
    /// Lost packets made up for from the copy in the packet after them (LBRR).
    pub recovered: u64,
    /// Sound that was made up.
    pub concealed: Duration,
    /// Interarrival jitter, the mean.
    pub jitter: Duration,
    /// From mouth to ear, the mean.
    pub delay: Option<Duration>,
    /// Opinion score, 1 to 4.5.
    pub score: Option<f64>,
}

/// The way from us to the person, as they report it. What their player made of it they don't tell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Said {
    /// Packets that should have come.
    pub expected: u64,
    /// Packets that did not.
    pub lost: u64,
    /// Interarrival jitter, the mean.
    pub jitter: Duration,
    /// From mouth to ear, the mean; the player is taken to wait for twice the jitter.
    pub delay: Option<Duration>,
    /// Opinion score, 1 to 4.5, with all loss taken for heard.
    pub score: Option<f64>,
}

/// How good a call was so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quality {
    /// From the person to us.
    pub heard: Heard,
    /// From us to the person.
    pub said: Said,
    /// There and back: the mean.
    pub round_trip: Option<Duration>,
    /// There and back: the longest.
    pub longest_round_trip: Option<Duration>,
}

/// Keeps the record of one peer.
#[derive(Clone, Debug, Default)]
pub struct Record {
    round_trips: Mean,
    longest: Duration,
    jitter: Mean,
    wait: Mean,
    reported_jitter: Mean,
    lost: u32,
}

/// In seconds.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: f64,
    count: u32,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    fn value(self) -> Option<Duration> {
        (self.count > 0).then(|| Duration::from_secs_f64(self.sum / f64::from(self.count)))
    }
}

impl Record {
    /// A check took this long there and back; `now` is what the uplink measures now. Checks come every 2 s or so.
    pub fn handle_round_trip(&mut self, round_trip: Duration, now: &UplinkStats) {
        self.round_trips.add(round_trip.as_secs_f64());
        self.longest = self.longest.max(round_trip);
        if now.received > 0 {
            self.jitter.add(now.jitter.as_secs_f64());
            self.wait.add(now.target_delay.as_secs_f64());
        }
    }

    /// The person reports on what they were sent: `lost` packets since the start, and `jitter` in RTP ticks.
    pub fn handle_report(&mut self, lost: u32, jitter: u32) {
        self.lost = lost;
        self.reported_jitter.add(f64::from(jitter) / f64::from(RTP_RATE));
    }

    /// The record so far. `sent` is how many packets were sent to the person.
    pub fn quality(&self, uplink: &UplinkStats, sent: u64) -> Quality {
        let round_trip = self.round_trips.value();
        Quality {
            heard: self.heard(uplink, round_trip),
            said: self.said(sent, round_trip),
            round_trip,
            longest_round_trip: round_trip.map(|_| self.longest),
        }
    }

    fn heard(&self, uplink: &UplinkStats, round_trip: Option<Duration>) -> Heard {
        let arrived = uplink
            .received
            .saturating_sub(uplink.duplicate + uplink.late + uplink.resent);
        let lost = uplink.lost + uplink.restored + uplink.resent;
        let expected = arrived + lost;
        let wait = self.wait.value().unwrap_or_default();
        let delay = round_trip.map(|round_trip| round_trip / 2 + FRAME + LOOK_AHEAD + wait);
        let unrecovered = uplink.lost.saturating_sub(uplink.recovered);
        let loss = Loss {
            part: part(unrecovered, expected),
            burst: burst_ratio(uplink.lost, uplink.gaps, expected),
        };
        Heard {
            expected,
            lost,
            late: uplink.late,
            restored: uplink.restored,
            resent: uplink.resent,
            recovered: uplink.recovered,
            concealed: uplink.concealed,
            jitter: self.jitter.value().unwrap_or(uplink.jitter),
            delay,
            score: delay
                .filter(|_| expected >= LEAST_PACKETS)
                .map(|delay| score(delay, loss)),
        }
    }

    fn said(&self, sent: u64, round_trip: Option<Duration>) -> Said {
        let Some(jitter) = self.reported_jitter.value() else {
            // No report came: nothing is known.
            return Said::default();
        };
        let lost = u64::from(self.lost).min(sent);
        let delay = round_trip.map(|round_trip| round_trip / 2 + FRAME + LOOK_AHEAD + jitter * 2);
        // How long its runs were is not reported.
        let loss = Loss {
            part: part(lost, sent),
            burst: 1.0,
        };
        Said {
            expected: sent,
            lost,
            jitter,
            delay,
            score: delay.filter(|_| sent >= LEAST_PACKETS).map(|delay| score(delay, loss)),
        }
    }
}

/// Loss that is heard.
#[derive(Clone, Copy, Debug)]
struct Loss {
    /// 0 to 1.
    part: f64,
    /// The mean length of its runs by that of random loss: 1 for random loss, more for bursts (BurstR).
    burst: f64,
}

fn part(lost: u64, expected: u64) -> f64 {
    if expected == 0 {
        0.0
    } else {
        lost as f64 / expected as f64
    }
}

fn burst_ratio(lost: u64, runs: u64, expected: u64) -> f64 {
    if runs == 0 {
        return 1.0;
    }
    // Runs of random loss are 1 / (1 - p) long in the mean.
    (lost as f64 / runs as f64 * (1.0 - part(lost, expected))).max(1.0)
}

/// The opinion score of a conversation with this delay from mouth to ear and this loss (G.107, annex B).
fn score(delay: Duration, loss: Loss) -> f64 {
    let delay = delay.as_secs_f64() * 1_000.0;
    let percent = loss.part * 100.0;
    let by_delay = 0.024 * delay + 0.11 * (delay - 177.3).max(0.0);
    let by_loss = IE + (95.0 - IE) * percent / (percent / loss.burst + BPL);
    let rating = (BEST - by_delay - by_loss).clamp(0.0, 100.0);
    // Between R 0 and 6.5 the polynomial falls below the worst opinion that there is.
    (1.0 + 0.035 * rating + rating * (rating - 60.0) * (100.0 - rating) * 7e-6).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn random(part: f64) -> Loss {
        Loss { part, burst: 1.0 }
    }

    /// Whether two scores are the same to the second decimal.
    fn is_close(score: f64, expected: f64) -> bool {
        (score - expected).abs() < 0.006
    }

    #[test]
    fn the_default_of_the_e_model_is_a_score_of_4_41() {
        assert!(is_close(score(Duration::ZERO, random(0.0)), 4.41));
    }

    #[test]
    fn scores_follow_the_formulas_worked_by_hand() {
        // Id 2.4, Ie,eff 0: R 90.8.
        assert!(is_close(score(ms(100), random(0.0)), 4.36));
        // Id 7.2 + 13.497: R 72.503.
        assert!(is_close(score(ms(300), random(0.0)), 3.71));
        // Id 2.4, Ie,eff 95 * 5 / 24 = 19.79: R 71.01.
        assert!(is_close(score(ms(100), random(0.05)), 3.64));
        // The same loss in runs twice as long as chance makes them: 95 * 5 / 21.5 = 22.09, R 68.71.
        let bursts = Loss { part: 0.05, burst: 2.0 };
        assert!(is_close(score(ms(100), bursts), 3.54));
        assert_eq!(score(Duration::from_secs(5), random(1.0)), 1.0);
    }

    fn uplink() -> UplinkStats {
        UplinkStats {
            received: 950,
            lost: 20,
            gaps: 20,
            ..UplinkStats::default()
        }
    }

    fn recorded(uplink: &UplinkStats) -> Quality {
        let mut record = Record::default();
        record.handle_round_trip(ms(100), uplink);
        record.quality(uplink, 0)
    }

    #[test]
    fn what_was_recovered_is_lost_on_the_network_and_not_heard() {
        let plain = recorded(&uplink()).heard;
        assert_eq!((plain.expected, plain.lost), (970, 20));
        let recovered = UplinkStats {
            recovered: 20,
            restored: 25,
            resent: 5,
            duplicate: 3,
            late: 7,
            ..uplink()
        };
        let heard = recorded(&recovered).heard;
        // Of 950 that came 3 had come before, 7 were late, and 5 were asked for.
        assert_eq!((heard.expected, heard.lost), (935 + 50, 50));
        assert!(heard.score > plain.score);
        assert_eq!(
            heard.score,
            recorded(&UplinkStats {
                received: 985,
                ..UplinkStats::default()
            })
            .heard
            .score
        );
    }

    #[test]
    fn loss_in_bursts_scores_worse() {
        let bursts = UplinkStats { gaps: 4, ..uplink() };
        assert!(recorded(&bursts).heard.score < recorded(&uplink()).heard.score);
    }

    #[test]
    fn what_is_not_known_is_not_made_up() {
        assert_eq!(
            Record::default().quality(&UplinkStats::default(), 0),
            Quality::default()
        );
        assert_eq!(
            Record::default().quality(&uplink(), 500).heard.score,
            None,
            "no round trip"
        );
        let short = UplinkStats {
            received: 99,
            ..UplinkStats::default()
        };
        assert_eq!(recorded(&short).heard.score, None);
        assert_eq!(recorded(&uplink()).said, Said::default(), "no report");
    }

    #[test]
    fn the_means_are_those_of_the_call_and_the_other_way_is_as_reported() {
        let mut record = Record::default();
        for (round_trip, jitter, wait) in [(40, 10, 0), (80, 20, 60)] {
            let now = UplinkStats {
                jitter: ms(jitter),
                target_delay: ms(wait),
                ..uplink()
            };
            record.handle_round_trip(ms(round_trip), &now);
        }
        for lost in [0, 50] {
            record.handle_report(lost, 480);
        }
        let quality = record.quality(&uplink(), 1_000);
        assert_eq!(quality.round_trip, Some(ms(60)));
        assert_eq!(quality.longest_round_trip, Some(ms(80)));
        assert_eq!(quality.heard.jitter, ms(15));
        assert_eq!(quality.heard.delay, Some(ms(30 + 20 + 30) + LOOK_AHEAD));
        assert_eq!(
            (quality.said.expected, quality.said.lost, quality.said.jitter),
            (1_000, 50, ms(10))
        );
        assert_eq!(quality.said.delay, Some(ms(30 + 20 + 20) + LOOK_AHEAD));
        assert!(is_close(quality.said.score.unwrap(), score(ms(76), random(0.05))));
    }

    proptest! {
        #[test]
        fn scores_stay_on_the_scale_and_worse_is_never_better(
            delay in 0u64..10_000, part in 0.0f64..=1.0, burst in 1.0f64..50.0,
        ) {
            let loss = Loss { part, burst };
            let this = score(ms(delay), loss);
            prop_assert!((1.0..=4.5).contains(&this));
            prop_assert!(score(ms(delay + 100), loss) <= this + 1e-9);
            let more = Loss { part: (part + 0.1).min(1.0), burst };
            prop_assert!(score(ms(delay), more) <= this + 1e-9);
        }

        #[test]
        fn any_counts_make_a_record(counts in prop::array::uniform8(any::<u32>()), lost: u32, sent: u32) {
            let [received, lost_in, late, duplicate, restored, resent, gaps, recovered] = counts.map(u64::from);
            let uplink = UplinkStats {
                received, lost: lost_in, late, duplicate, restored, resent, gaps, recovered,
                ..UplinkStats::default()
            };
            let mut record = Record::default();
            record.handle_round_trip(ms(50), &uplink);
            record.handle_report(lost, lost);
            let quality = record.quality(&uplink, sent.into());
            prop_assert!(quality.heard.score.is_none_or(|score| (1.0..=4.5).contains(&score)));
            prop_assert!(quality.said.score.is_none_or(|score| (1.0..=4.5).contains(&score)));
        }
    }
}

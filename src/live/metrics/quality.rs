//! How good calls were, counted when a peer ends.

use std::time::Duration;

use colloquy_media::quality::Quality;
use colloquy_media::uplink::UplinkStats;
use colloquy_signaling::peer::PeerCounters;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::{Histogram, linear_buckets};
use prometheus_client::registry::Registry;

use super::seconds;

/// How good calls were. See [`colloquy_media::quality`].
#[derive(Debug)]
pub struct QualityMetrics {
    /// Packets of theirs that carried copies of others.
    redundant: Counter,
    /// Lost packets of theirs whose copy came with a later one.
    restored: Counter,
    /// Lost packets of theirs that were made up for from the copy inside of the next.
    recovered: Counter,
    /// Times that a packet of theirs was asked for.
    requested: Counter,
    /// Packets of theirs that came in time after that.
    resent: Counter,
    /// Packets of ours that they asked for and were sent again.
    answered: Counter,
    /// Opinion scores of what we heard.
    heard: Histogram,
    /// Opinion scores of what they heard.
    said: Histogram,
    /// Mean jitter of what they sent, in seconds.
    heard_jitter: Histogram,
    /// Mean jitter of what they got, in seconds.
    said_jitter: Histogram,
    /// Mean round trips, in seconds.
    round_trip: Histogram,
}

/// From 1.0 to 4.4 in tenths.
fn scores() -> Histogram {
    Histogram::new(linear_buckets(1.0, 0.1, 35))
}

impl Default for QualityMetrics {
    fn default() -> Self {
        Self {
            redundant: Counter::default(),
            restored: Counter::default(),
            recovered: Counter::default(),
            requested: Counter::default(),
            resent: Counter::default(),
            answered: Counter::default(),
            heard: scores(),
            said: scores(),
            heard_jitter: seconds(),
            said_jitter: seconds(),
            round_trip: seconds(),
        }
    }
}

impl QualityMetrics {
    /// Makes the metrics known.
    pub fn register(&self, live: &mut Registry) {
        let counters = [
            (
                "packets_redundant",
                "Audio packets received that carried copies of others (RED), of peers that ended",
                &self.redundant,
            ),
            (
                "packets_restored",
                "Lost audio packets whose copy came with a later one (RED), of peers that ended",
                &self.restored,
            ),
            (
                "packets_recovered",
                "Lost audio packets made up for from the copy inside of the next (FEC), of peers that ended",
                &self.recovered,
            ),
            (
                "packets_requested",
                "Times that a missing audio packet was asked for (NACK), of peers that ended",
                &self.requested,
            ),
            (
                "packets_resent",
                "Audio packets that came in time after they had been asked for, of peers that ended",
                &self.resent,
            ),
            (
                "packets_answered",
                "Audio packets of ours sent again because they were asked for, of peers that ended",
                &self.answered,
            ),
        ];
        for (name, help, counter) in counters {
            live.register(name, help, counter.clone());
        }
        let histograms = [
            (
                "heard_score",
                "Opinion score (E-model, narrow band) of what was heard of a peer, of peers that ended",
                &self.heard,
            ),
            (
                "said_score",
                "Opinion score (E-model, narrow band) of what a peer heard by its reports, of peers that ended",
                &self.said,
            ),
            (
                "heard_jitter_seconds",
                "Mean interarrival jitter of what a peer sent, of peers that ended",
                &self.heard_jitter,
            ),
            (
                "said_jitter_seconds",
                "Mean interarrival jitter of what a peer got by its reports, of peers that ended",
                &self.said_jitter,
            ),
            (
                "round_trip_seconds",
                "Mean round trip to a peer, of peers that ended",
                &self.round_trip,
            ),
        ];
        for (name, help, histogram) in histograms {
            live.register(name, help, histogram.clone());
        }
    }

    /// Adds up how good a call was.
    pub fn count(&self, peer: PeerCounters, uplink: UplinkStats, quality: &Quality) {
        self.redundant.inc_by(peer.rtp_redundant);
        self.restored.inc_by(uplink.restored);
        self.recovered.inc_by(uplink.recovered);
        self.requested.inc_by(uplink.requested);
        self.resent.inc_by(uplink.resent);
        self.answered.inc_by(peer.audio_resent);
        // Where nothing came there is no jitter.
        let jitter = |jitter: Duration, expected: u64| (expected > 0).then_some(jitter.as_secs_f64());
        let observed = [
            (&self.heard, quality.heard.score),
            (&self.said, quality.said.score),
            (&self.heard_jitter, jitter(quality.heard.jitter, quality.heard.expected)),
            (&self.said_jitter, jitter(quality.said.jitter, quality.said.expected)),
            (&self.round_trip, quality.round_trip.map(|trip| trip.as_secs_f64())),
        ];
        for (histogram, value) in observed {
            if let Some(value) = value {
                histogram.observe(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use colloquy_media::quality::Record;

    use super::*;

    #[test]
    fn only_calls_that_can_be_judged_have_a_score() {
        let mut registry = Registry::default();
        let metrics = QualityMetrics::default();
        metrics.register(&mut registry);
        let uplink = UplinkStats {
            received: 1_000,
            restored: 7,
            ..UplinkStats::default()
        };
        let mut record = Record::default();
        metrics.count(PeerCounters::default(), uplink, &record.quality(&uplink, 0));
        record.handle_round_trip(Duration::from_millis(40), &uplink);
        metrics.count(PeerCounters::default(), uplink, &record.quality(&uplink, 0));
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).expect("it can be written");
        for line in [
            "packets_restored_total 14",
            "heard_score_count 1",
            "said_score_count 0",
            "heard_jitter_seconds_count 2",
            "said_jitter_seconds_count 0",
            "round_trip_seconds_count 1",
        ] {
            assert!(text.contains(&format!("{line}\n")), "{line} in {text}");
        }
    }
}

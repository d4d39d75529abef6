//! What live conversations count.

mod engines;
mod quality;
mod refused;

use std::sync::atomic::AtomicU64;

use colloquy_agents::mind::Latency;
use colloquy_media::quality::Quality;
use colloquy_media::uplink::UplinkStats;
use colloquy_signaling::demux::DemuxCounters;
use colloquy_signaling::peer::PeerCounters;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

pub use self::engines::EngineMetrics;
pub use self::quality::QualityMetrics;
pub use self::refused::RefusedMetrics;

/// Which media thread.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ArbiterLabel {
    /// From 0.
    pub arbiter: u64,
}

/// Metrics of live conversations, shared by all arbiters.
#[derive(Debug)]
pub struct LiveMetrics {
    /// Conversation actors alive.
    pub conversations: Gauge,
    /// Agent actors alive.
    pub agents: Gauge,
    /// Line actors alive.
    pub lines: Gauge,
    /// Peers that ended.
    pub peers_ended: Counter,
    /// Datagrams read.
    pub datagrams_in: Counter,
    /// Datagrams sent.
    pub datagrams_out: Counter,
    /// System calls that sent them.
    pub sends: Counter,
    /// Datagrams that no peer was behind.
    pub foreign: ForeignMetrics,
    /// Datagrams dropped because their conversation was behind.
    pub datagrams_overrun: Counter,
    /// Datagrams that the network would not take at once.
    pub datagrams_unsent: Counter,
    /// Datagrams that a peer refused: garbage, foreign checks, failed authentication.
    pub datagrams_refused: Counter,
    /// Messages on data channels that were dropped: binary, oversized, foreign.
    pub messages_refused: Counter,
    /// Messages on data channels that came too fast.
    pub messages_throttled: Counter,
    /// Frames dropped because an agent was behind.
    pub agent_overruns: Counter,
    /// Frames dropped because a recogniser was behind.
    pub recogniser_overruns: Counter,
    /// Packets lost on the way to us, of peers that ended.
    pub packets_lost: Counter,
    /// Packets received, of peers that ended.
    pub packets_received: Counter,
    /// Sound made up for by extrapolation, in seconds, of peers that ended.
    pub concealed_seconds: Counter<f64, AtomicU64>,
    /// How good calls were, of peers that ended.
    pub quality: QualityMetrics,
    /// How many frames wait for a recogniser when a pause begins.
    pub recogniser_queue: Histogram,
    /// How long pieces of utterances waited for a core of this machine to be recognised on, in seconds.
    pub recogniser_wait: Histogram,
    /// How late deadlines were met, in seconds.
    pub lateness: Histogram,
    /// How late frames of speech left, in seconds.
    pub frame_lateness: Histogram,
    /// How hard pressed each media thread is: 0 calm, 1 no turns are assessed, 2 less effort and calls one at a time, 3 no
    /// calls.
    pub pressure: Family<ArbiterLabel, Gauge>,
    /// Whether each media thread handles packets two at a time: 1 or 0.
    pub coalescing: Family<ArbiterLabel, Gauge>,
    /// Calls that were refused, by cause.
    pub calls_refused: RefusedMetrics,
    /// Calls that waited a moment to be set up, since others were before them.
    pub calls_delayed: Counter,
    /// Turns that were not assessed since this node had too much to do.
    pub turns_unassessed: Counter,
    /// First voiced sample over the agent -> the agent is silent, in seconds.
    pub barge_in: Histogram,
    /// Last voiced sample -> first frame of the reply, in seconds.
    pub voice_to_voice: Histogram,
    /// The part of it until the turn was over.
    pub end_of_turn: Histogram,
    /// The part of it until the transcript was there.
    pub stt: Histogram,
    /// The part of it until the reply's first phrase was there.
    pub llm: Histogram,
    /// The part of it until the first frame left.
    pub tts: Histogram,
}

/// From a tenth of a millisecond to 13 s.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.0001, 2.0, 18))
}

/// How many wait in a queue: from none to 4096.
pub(crate) fn depths() -> Histogram {
    Histogram::new(std::iter::once(0.0).chain(exponential_buckets(1.0, 2.0, 13)))
}

impl Default for LiveMetrics {
    fn default() -> Self {
        Self {
            conversations: Gauge::default(),
            agents: Gauge::default(),
            lines: Gauge::default(),
            peers_ended: Counter::default(),
            datagrams_in: Counter::default(),
            datagrams_out: Counter::default(),
            sends: Counter::default(),
            foreign: ForeignMetrics::default(),
            datagrams_overrun: Counter::default(),
            datagrams_unsent: Counter::default(),
            datagrams_refused: Counter::default(),
            messages_refused: Counter::default(),
            messages_throttled: Counter::default(),
            agent_overruns: Counter::default(),
            recogniser_overruns: Counter::default(),
            packets_lost: Counter::default(),
            packets_received: Counter::default(),
            concealed_seconds: Counter::default(),
            quality: QualityMetrics::default(),
            recogniser_queue: depths(),
            recogniser_wait: seconds(),
            lateness: seconds(),
            frame_lateness: seconds(),
            pressure: Family::default(),
            coalescing: Family::default(),
            calls_refused: RefusedMetrics::default(),
            calls_delayed: Counter::default(),
            turns_unassessed: Counter::default(),
            barge_in: seconds(),
            voice_to_voice: seconds(),
            end_of_turn: seconds(),
            stt: seconds(),
            llm: seconds(),
            tts: seconds(),
        }
    }
}

impl LiveMetrics {
    /// Makes the metrics known.
    pub fn register(&self, registry: &mut Registry) {
        let live = registry.sub_registry_with_prefix("live");
        live.register("conversations", "Conversation actors alive", self.conversations.clone());
        live.register("agents", "Agent actors alive", self.agents.clone());
        live.register("lines", "Conversations without a peer under way", self.lines.clone());
        live.register(
            "pressure",
            "How hard pressed a media thread is: 0 calm, 1 no turns assessed, 2 less effort, 3 no calls taken",
            self.pressure.clone(),
        );
        live.register(
            "coalescing",
            "Whether a media thread handles packets two at a time: 1 or 0",
            self.coalescing.clone(),
        );
        let counters = [
            (
                "calls_delayed",
                "Calls that waited a moment to be set up, since others were before them",
                &self.calls_delayed,
            ),
            (
                "turns_unassessed",
                "Turns not assessed since this node had too much to do",
                &self.turns_unassessed,
            ),
            ("peers_ended", "Peers that ended", &self.peers_ended),
            ("datagrams_in", "Datagrams read", &self.datagrams_in),
            ("datagrams_out", "Datagrams sent", &self.datagrams_out),
            ("sends", "System calls that sent datagrams by UDP", &self.sends),
            (
                "datagrams_overrun",
                "Datagrams dropped before a conversation that was behind",
                &self.datagrams_overrun,
            ),
            (
                "datagrams_unsent",
                "Datagrams that the network would not take at once",
                &self.datagrams_unsent,
            ),
            (
                "datagrams_refused",
                "Datagrams that a peer refused, of peers that ended",
                &self.datagrams_refused,
            ),
            (
                "messages_refused",
                "Data-channel messages dropped, of peers that ended",
                &self.messages_refused,
            ),
            (
                "messages_throttled",
                "Data-channel messages that came too fast",
                &self.messages_throttled,
            ),
            (
                "agent_overruns",
                "Frames dropped before an agent that was behind",
                &self.agent_overruns,
            ),
            (
                "recogniser_overruns",
                "Frames dropped before a recogniser that was behind",
                &self.recogniser_overruns,
            ),
            (
                "packets_lost",
                "Audio packets lost on the way here, of peers that ended",
                &self.packets_lost,
            ),
            (
                "packets_received",
                "Audio packets received, of peers that ended",
                &self.packets_received,
            ),
        ];
        for (name, help, counter) in counters {
            live.register(name, help, counter.clone());
        }
        live.register(
            "calls_refused",
            "Calls refused, by cause: load, limit, closing",
            self.calls_refused.family.clone(),
        );
        live.register(
            "recogniser_queue",
            "Frames that wait for a recogniser when a pause begins",
            self.recogniser_queue.clone(),
        );
        live.register(
            "datagrams_foreign",
            "Datagrams that no peer was behind, by cause",
            self.foreign.family.clone(),
        );
        live.register(
            "concealed_seconds",
            "Sound made up for by extrapolation, of peers that ended",
            self.concealed_seconds.clone(),
        );
        self.quality.register(live);
        let histograms = [
            (
                "recogniser_wait_seconds",
                "How long pieces of utterances waited to be recognised on this machine",
                &self.recogniser_wait,
            ),
            ("lateness_seconds", "How late deadlines were met", &self.lateness),
            (
                "frame_lateness_seconds",
                "How late frames of speech left",
                &self.frame_lateness,
            ),
            (
                "barge_in_seconds",
                "First voiced sample over the agent to silence",
                &self.barge_in,
            ),
            (
                "voice_to_voice_seconds",
                "Last voiced sample to first frame of the reply",
                &self.voice_to_voice,
            ),
            (
                "end_of_turn_seconds",
                "Last voiced sample to the end of the turn",
                &self.end_of_turn,
            ),
            ("stt_seconds", "End of the turn to its transcript", &self.stt),
            ("llm_seconds", "Transcript to the first phrase of the reply", &self.llm),
            ("tts_seconds", "First phrase to first frame", &self.tts),
        ];
        for (name, help, histogram) in histograms {
            live.register(name, help, histogram.clone());
        }
    }

    /// Takes note of where the time of a turn went.
    pub fn observe_turn(&self, latency: &Latency) {
        for (histogram, milliseconds) in [
            (&self.voice_to_voice, latency.total),
            (&self.end_of_turn, latency.end_of_turn),
            (&self.stt, latency.stt),
            (&self.llm, latency.llm),
            (&self.tts, latency.tts),
        ] {
            histogram.observe(milliseconds as f64 / 1000.0);
        }
    }

    /// Adds up what a peer saw in its life.
    pub fn count_peer(&self, peer: PeerCounters, uplink: UplinkStats, quality: &Quality) {
        self.peers_ended.inc();
        self.datagrams_refused.inc_by(
            peer.garbage + peer.stun_ignored + peer.stun_refused + peer.rtp_early + peer.rtp_refused + peer.rtp_foreign,
        );
        self.messages_refused
            .inc_by(peer.channel_foreign + peer.channel_binary + peer.channel_oversized + peer.channel_overflow);
        self.packets_lost.inc_by(uplink.lost);
        self.packets_received.inc_by(uplink.received);
        self.concealed_seconds.inc_by(uplink.concealed.as_secs_f64());
        self.quality.count(peer, uplink, quality);
    }
}

/// Datagrams that no peer was behind, by cause. The counters are found once: a flood of garbage takes no lock.
#[derive(Debug)]
pub struct ForeignMetrics {
    family: Family<CauseLabels, Counter>,
    foreign_ufrag: Counter,
    malformed_stun: Counter,
    unknown_address: Counter,
    unknown_source: Counter,
    garbage: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CauseLabels {
    cause: &'static str,
}

impl Default for ForeignMetrics {
    fn default() -> Self {
        let family = Family::<CauseLabels, Counter>::default();
        let of = |cause| family.get_or_create(&CauseLabels { cause }).clone();
        Self {
            foreign_ufrag: of("foreign_ufrag"),
            malformed_stun: of("malformed_stun"),
            unknown_address: of("unknown_address"),
            unknown_source: of("unknown_source"),
            garbage: of("garbage"),
            family,
        }
    }
}

impl ForeignMetrics {
    /// Adds what one demux has counted since `before`.
    pub fn count(&self, before: DemuxCounters, now: DemuxCounters) {
        self.foreign_ufrag.inc_by(now.foreign_ufrag - before.foreign_ufrag);
        self.malformed_stun.inc_by(now.malformed_stun - before.malformed_stun);
        self.unknown_address
            .inc_by(now.unknown_address - before.unknown_address);
        self.unknown_source.inc_by(now.unknown_source - before.unknown_source);
        self.garbage.inc_by(now.garbage - before.garbage);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_nobody_is_exported_by_cause_and_added_up_over_arbiters() {
        let mut registry = Registry::default();
        let metrics = LiveMetrics::default();
        metrics.register(&mut registry);
        let garbage = |garbage| DemuxCounters {
            garbage,
            ..DemuxCounters::default()
        };
        metrics.foreign.count(garbage(0), garbage(3));
        metrics.foreign.count(garbage(10), garbage(11));
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).expect("it can be written");
        let line = |cause: &str, count| format!("live_datagrams_foreign_total{{cause=\"{cause}\"}} {count}\n");
        assert!(text.contains(&line("garbage", 4)), "{text}");
        assert!(text.contains(&line("foreign_ufrag", 0)), "{text}");
    }

    #[test]
    fn refusals_are_exported_by_cause_and_queues_by_how_many_wait() {
        let mut registry = Registry::default();
        let metrics = LiveMetrics::default();
        metrics.register(&mut registry);
        metrics.calls_refused.load.inc();
        for waiting in [0.0, 3.0] {
            metrics.recogniser_queue.observe(waiting);
        }
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).expect("it can be written");
        for line in [
            "live_calls_refused_total{cause=\"load\"} 1\n",
            "live_calls_refused_total{cause=\"closing\"} 0\n",
            "live_recogniser_queue_bucket{le=\"0.0\"} 1\n",
            "live_recogniser_queue_bucket{le=\"4.0\"} 2\n",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }
}

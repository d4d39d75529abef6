//! What live conversations count.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use colloquy_agents::chain::{ChainObserver, FailureClass, Service};
use colloquy_agents::mind::Latency;
use colloquy_media::uplink::UplinkStats;
use colloquy_signaling::peer::PeerCounters;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// Metrics of live conversations, shared by all arbiters.
#[derive(Debug)]
pub struct LiveMetrics {
    /// Conversation actors alive.
    pub conversations: Gauge,
    /// Agent actors alive.
    pub agents: Gauge,
    /// Peers that ended.
    pub peers_ended: Counter,
    /// Datagrams read.
    pub datagrams_in: Counter,
    /// Datagrams sent.
    pub datagrams_out: Counter,
    /// Datagrams that no peer was behind.
    pub datagrams_foreign: Counter,
    /// Datagrams dropped because their conversation was behind.
    pub datagrams_overrun: Counter,
    /// Datagrams that the network would not take at once.
    pub datagrams_unsent: Counter,
    /// Datagrams that a peer refused: garbage, foreign checks, failed authentication.
    pub datagrams_refused: Counter,
    /// Messages on data channels that were dropped: binary, oversized, foreign.
    pub messages_refused: Counter,
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
    /// How late deadlines were met, in seconds.
    pub lateness: Histogram,
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

impl Default for LiveMetrics {
    fn default() -> Self {
        Self {
            conversations: Gauge::default(),
            agents: Gauge::default(),
            peers_ended: Counter::default(),
            datagrams_in: Counter::default(),
            datagrams_out: Counter::default(),
            datagrams_foreign: Counter::default(),
            datagrams_overrun: Counter::default(),
            datagrams_unsent: Counter::default(),
            datagrams_refused: Counter::default(),
            messages_refused: Counter::default(),
            agent_overruns: Counter::default(),
            recogniser_overruns: Counter::default(),
            packets_lost: Counter::default(),
            packets_received: Counter::default(),
            concealed_seconds: Counter::default(),
            lateness: seconds(),
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
        let counters = [
            ("peers_ended", "Peers that ended", &self.peers_ended),
            ("datagrams_in", "Datagrams read", &self.datagrams_in),
            ("datagrams_out", "Datagrams sent", &self.datagrams_out),
            (
                "datagrams_foreign",
                "Datagrams that no peer was behind",
                &self.datagrams_foreign,
            ),
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
            "concealed_seconds",
            "Sound made up for by extrapolation, of peers that ended",
            self.concealed_seconds.clone(),
        );
        let histograms = [
            ("lateness_seconds", "How late deadlines were met", &self.lateness),
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
    pub fn count_peer(&self, peer: PeerCounters, uplink: UplinkStats) {
        self.peers_ended.inc();
        self.datagrams_refused.inc_by(
            peer.garbage + peer.stun_ignored + peer.stun_refused + peer.rtp_early + peer.rtp_refused + peer.rtp_foreign,
        );
        self.messages_refused
            .inc_by(peer.channel_foreign + peer.channel_binary + peer.channel_oversized + peer.channel_overflow);
        self.packets_lost.inc_by(uplink.lost);
        self.packets_received.inc_by(uplink.received);
        self.concealed_seconds.inc_by(uplink.concealed.as_secs_f64());
    }
}

/// What the engines' fallback chains count.
#[derive(Clone, Debug)]
pub struct EngineMetrics {
    attempts: Family<EngineLabels, Counter>,
    failures: Family<FailureLabels, Counter>,
    fallbacks: Family<FallbackLabels, Counter>,
    first_result: Family<EngineLabels, Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EngineLabels {
    service: &'static str,
    engine: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FailureLabels {
    service: &'static str,
    engine: &'static str,
    class: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FallbackLabels {
    service: &'static str,
    from: &'static str,
    to: &'static str,
}

impl EngineMetrics {
    /// Metrics that are part of the registry.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            attempts: Family::default(),
            failures: Family::default(),
            fallbacks: Family::default(),
            first_result: Family::new_with_constructor(seconds),
        };
        let engines = registry.sub_registry_with_prefix("engine");
        engines.register("attempts", "Requests given to an engine", metrics.attempts.clone());
        engines.register(
            "failures",
            "Requests that an engine failed, by cause",
            metrics.failures.clone(),
        );
        engines.register(
            "fallbacks",
            "Requests taken over by another engine",
            metrics.fallbacks.clone(),
        );
        engines.register(
            "first_result_seconds",
            "Request to first result",
            metrics.first_result.clone(),
        );
        metrics
    }
}

impl ChainObserver for EngineMetrics {
    fn attempted(&self, service: Service, engine: &'static str) {
        self.attempts
            .get_or_create(&EngineLabels {
                service: name_of(service),
                engine,
            })
            .inc();
    }

    fn first_result(&self, service: Service, engine: &'static str, after: Duration) {
        self.first_result
            .get_or_create(&EngineLabels {
                service: name_of(service),
                engine,
            })
            .observe(after.as_secs_f64());
    }

    fn failed(&self, service: Service, engine: &'static str, class: FailureClass) {
        let class = match class {
            FailureClass::Unsupported => "unsupported",
            FailureClass::Failed => "failed",
            FailureClass::Unavailable => "unavailable",
            FailureClass::TimedOut => "timed_out",
            FailureClass::Skipped => "skipped",
        };
        self.failures
            .get_or_create(&FailureLabels {
                service: name_of(service),
                engine,
                class,
            })
            .inc();
    }

    fn fell_back(&self, service: Service, from: &'static str, to: &'static str) {
        self.fallbacks
            .get_or_create(&FallbackLabels {
                service: name_of(service),
                from,
                to,
            })
            .inc();
    }
}

fn name_of(service: Service) -> &'static str {
    match service {
        Service::Stt => "stt",
        Service::Llm => "llm",
        Service::Tts => "tts",
    }
}

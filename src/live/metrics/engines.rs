//! What the engines' chains, the services beside them and their providers count.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use colloquy_agents::chain::{ChainObserver, FailureClass, Service};
use colloquy_agents::usage::{Meter, Unit};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::seconds;

/// What the engines' fallback chains count, and of what stands in none: tools, and who checks what learners say.
#[derive(Clone, Debug)]
pub struct EngineMetrics {
    attempts: Family<EngineLabels, Counter>,
    failures: Family<FailureLabels, Counter>,
    fallbacks: Family<FallbackLabels, Counter>,
    first_result: Family<EngineLabels, Histogram>,
    whole: Family<EngineLabels, Histogram>,
    usage: Family<UsageLabels, Counter<f64, AtomicU64>>,
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

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct UsageLabels {
    service: &'static str,
    engine: &'static str,
    unit: &'static str,
}

impl EngineMetrics {
    /// Metrics that are part of the registry.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            attempts: Family::default(),
            failures: Family::default(),
            fallbacks: Family::default(),
            first_result: Family::new_with_constructor(seconds),
            whole: Family::new_with_constructor(seconds),
            usage: Family::default(),
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
        engines.register(
            "whole_seconds",
            "Request to the end of its result; of a recogniser, from the end of the turn",
            metrics.whole.clone(),
        );
        engines.register(
            "usage",
            "What providers count: tokens, characters, seconds of sound",
            metrics.usage.clone(),
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

    fn done(&self, service: Service, engine: &'static str, after: Duration) {
        self.whole
            .get_or_create(&EngineLabels {
                service: name_of(service),
                engine,
            })
            .observe(after.as_secs_f64());
    }

    fn failed(&self, service: Service, engine: &'static str, class: FailureClass) {
        // Those who stand in no chain tell what is worth telling themselves.
        let is_chained = matches!(service, Service::Stt | Service::Llm | Service::Tts);
        if is_chained && class != FailureClass::Skipped {
            tracing::warn!(
                service = name_of(service),
                engine,
                ?class,
                "an engine failed; the next one stands in"
            );
        }
        let class = match class {
            FailureClass::Unsupported => "unsupported",
            FailureClass::Failed => "failed",
            FailureClass::Refused => "refused",
            FailureClass::Unavailable => "unavailable",
            FailureClass::TimedOut => "timed_out",
            FailureClass::Skipped => "skipped",
            FailureClass::Abandoned => "abandoned",
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

impl Meter for EngineMetrics {
    fn used(&self, service: Service, engine: &'static str, unit: Unit, amount: f64) {
        let unit = match unit {
            Unit::InputTokens => "input_tokens",
            Unit::OutputTokens => "output_tokens",
            Unit::Characters => "characters",
            Unit::AudioSeconds => "audio_seconds",
        };
        self.usage
            .get_or_create(&UsageLabels {
                service: name_of(service),
                engine,
                unit,
            })
            .inc_by(amount);
    }
}

fn name_of(service: Service) -> &'static str {
    match service {
        Service::Stt => "stt",
        Service::Llm => "llm",
        Service::Tts => "tts",
        Service::Review => "review",
        Service::Tool => "tool",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_providers_count_and_how_long_they_take_is_exported_by_engine() {
        let mut registry = Registry::default();
        let metrics = EngineMetrics::register(&mut registry);
        metrics.used(Service::Llm, "gemini", Unit::InputTokens, 120.0);
        metrics.used(Service::Llm, "gemini", Unit::InputTokens, 30.0);
        metrics.used(Service::Stt, "deepgram", Unit::AudioSeconds, 1.5);
        metrics.done(Service::Llm, "gemini", Duration::from_millis(700));
        metrics.failed(Service::Llm, "gemini", FailureClass::Refused);
        metrics.used(Service::Review, "gemini", Unit::InputTokens, 40.0);
        metrics.failed(Service::Review, "languagetool", FailureClass::Abandoned);
        metrics.attempted(Service::Tool, "trains");
        metrics.first_result(Service::Tool, "trains", Duration::from_millis(200));
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).expect("it can be written");
        for line in [
            "engine_usage_total{service=\"llm\",engine=\"gemini\",unit=\"input_tokens\"} 150.0\n",
            "engine_usage_total{service=\"stt\",engine=\"deepgram\",unit=\"audio_seconds\"} 1.5\n",
            "engine_whole_seconds_count{service=\"llm\",engine=\"gemini\"} 1\n",
            "engine_failures_total{service=\"llm\",engine=\"gemini\",class=\"refused\"} 1\n",
            "engine_usage_total{service=\"review\",engine=\"gemini\",unit=\"input_tokens\"} 40.0\n",
            "engine_failures_total{service=\"review\",engine=\"languagetool\",class=\"abandoned\"} 1\n",
            "engine_attempts_total{service=\"tool\",engine=\"trains\"} 1\n",
            "engine_first_result_seconds_count{service=\"tool\",engine=\"trains\"} 1\n",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }
}

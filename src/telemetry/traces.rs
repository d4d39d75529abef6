//! Traces by OpenTelemetry, sent to a collector as OTLP over HTTP: a span for each request, for each call, and for each turn in
//! it with its parts. Without a collector nothing is made.

mod watched;

use std::time::{Duration, SystemTime};

use colloquy_agents::mind::Latency;
use opentelemetry::trace::{Span as _, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use self::watched::Watched;
use crate::config::TracesConfig;

/// Who makes spans.
const SCOPE: &str = "colloquy";

/// Why there are no traces.
#[derive(Debug, thiserror::Error)]
#[error("OTEL_EXPORTER_OTLP_ENDPOINT: traces can't be sent: {0}")]
pub struct TracesError(#[from] ExporterBuildError);

/// Traces under way.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Starts the thread that sends them. None if no collector is named.
    ///
    /// # Errors
    /// When there can be no client for it.
    pub fn start(config: &TracesConfig) -> Result<Option<Self>, TracesError> {
        let Some(endpoint) = &config.endpoint else {
            return Ok(None);
        };
        // Another part of the program may have done so.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let headers = config
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.expose().to_owned()));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(format!("{endpoint}/v1/traces"))
            .with_headers(headers.collect())
            .build()?;
        let resource = Resource::builder()
            .with_service_name(config.service_name.clone())
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(Watched::new(exporter))
            .with_resource(resource)
            .build();
        global::set_tracer_provider(provider.clone());
        Ok(Some(Self(provider)))
    }

    /// Makes spans of the program's own, and of nobody else's: libraries have many.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let ours = filter_fn(|metadata| metadata.target().starts_with(SCOPE) && metadata.is_span());
        // Conversations enter their span for each packet: nothing may be locked or measured then.
        tracing_opentelemetry::layer()
            .with_tracked_inactivity(false)
            .with_context_activation(false)
            .with_location(false)
            .with_threads(false)
            .with_tracer(self.0.tracer(SCOPE))
            .with_filter(ours)
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "the last traces are not sent");
        }
    }
}

/// A turn has been answered: its parts are made into spans within that of its call, since they are known only now.
pub fn turn(call: &Span, latency: &Latency) {
    record(&global::tracer(SCOPE), &call.context(), latency, SystemTime::now());
}

fn record<T>(tracer: &T, call: &Context, latency: &Latency, end: SystemTime)
where
    T: Tracer<Span: Send + Sync + 'static>,
{
    if !call.span().span_context().is_sampled() {
        return;
    }
    let milliseconds = Duration::from_millis;
    let begin = end - milliseconds(latency.total);
    let turn = tracer
        .span_builder("turn")
        .with_start_time(begin)
        .with_attributes([
            KeyValue::new("turn.message", latency.turn.0.cast_signed()),
            KeyValue::new("turn.reply", latency.reply.0.cast_signed()),
        ])
        .start_with_context(tracer, call);
    let turn = call.with_span(turn);
    let mut at = begin;
    for (name, took) in [
        ("end_of_turn", latency.end_of_turn),
        ("stt", latency.stt),
        ("llm", latency.llm),
        ("tts", latency.tts),
    ] {
        let mut part = tracer
            .span_builder(name)
            .with_start_time(at)
            .start_with_context(tracer, &turn);
        at += milliseconds(took);
        part.end_with_timestamp(at);
    }
    turn.span().end_with_timestamp(end);
}

#[cfg(test)]
mod tests {
    use colloquy_agents::mind::MessageId;
    use opentelemetry_sdk::trace::InMemorySpanExporter;

    use super::*;

    fn latency() -> Latency {
        Latency {
            turn: MessageId(1),
            reply: MessageId(2),
            end_of_turn: 100,
            stt: 20,
            llm: 5,
            tts: 30,
            total: 155,
        }
    }

    #[test]
    fn a_turn_and_its_parts_follow_each_other_within_its_call() {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(exporter.clone())
            .build();
        let tracer = provider.tracer(SCOPE);
        let call = Context::new().with_span(tracer.start("conversation"));
        let end = SystemTime::now();
        record(&tracer, &call, &latency(), end);
        let spans = exporter.get_finished_spans().unwrap();
        let names: Vec<_> = spans.iter().map(|span| span.name.as_ref()).collect();
        assert_eq!(names, ["end_of_turn", "stt", "llm", "tts", "turn"]);
        let turn = &spans[4];
        assert_eq!(turn.parent_span_id, call.span().span_context().span_id());
        assert_eq!(
            (turn.start_time, turn.end_time),
            (end - Duration::from_millis(155), end)
        );
        for pair in spans[..4].windows(2) {
            assert_eq!(pair[0].end_time, pair[1].start_time);
            assert_eq!(pair[0].parent_span_id, turn.span_context.span_id());
        }
        assert_eq!((spans[0].start_time, spans[3].end_time), (turn.start_time, end));
    }

    #[test]
    fn nothing_is_made_for_a_call_that_is_not_traced() {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(exporter.clone())
            .build();
        record(&provider.tracer(SCOPE), &Context::new(), &latency(), SystemTime::now());
        assert!(exporter.get_finished_spans().unwrap().is_empty());
    }
}

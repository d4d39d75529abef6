//! A collector that can't be reached is complained about: the library itself drops what it can't send without a word.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// It is complained about once in so long.
const QUIET: Duration = Duration::from_secs(300);

/// An exporter whose failures are logged.
#[derive(Debug)]
pub(super) struct Watched<E> {
    exporter: E,
    complaints: Mutex<Complaints>,
}

/// When to complain. Takes the time as an argument.
#[derive(Debug, Default)]
struct Complaints {
    /// When it was last done, while nothing can be sent.
    last: Option<Instant>,
    /// Spans lost since.
    lost: usize,
}

/// What is to be said of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// Nothing.
    None,
    /// So many spans are lost.
    Lost(usize),
    /// They arrive again.
    Again,
}

impl<E> Watched<E> {
    pub fn new(exporter: E) -> Self {
        Self {
            exporter,
            complaints: Mutex::default(),
        }
    }
}

impl Complaints {
    /// So many spans were sent, or lost.
    fn note(&mut self, spans: usize, is_sent: bool, now: Instant) -> Word {
        if is_sent {
            self.lost = 0;
            return if self.last.take().is_some() {
                Word::Again
            } else {
                Word::None
            };
        }
        self.lost += spans;
        if self
            .last
            .is_some_and(|last| now.saturating_duration_since(last) < QUIET)
        {
            return Word::None;
        }
        self.last = Some(now);
        Word::Lost(std::mem::take(&mut self.lost))
    }
}

impl<E: SpanExporter> SpanExporter for Watched<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let sent = self.exporter.export(batch).await;
        let word = {
            let mut complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
            complaints.note(spans, sent.is_ok(), Instant::now())
        };
        match (word, &sent) {
            (Word::Lost(lost), Err(error)) => tracing::warn!(lost, %error, "traces don't reach their collector"),
            (Word::Again, _) => tracing::info!("traces reach their collector again"),
            _ => {}
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_collector_is_complained_about_once_in_a_while_and_when_it_is_back() {
        let start = Instant::now();
        let mut complaints = Complaints::default();
        let mut after = |seconds, is_sent| complaints.note(10, is_sent, start + Duration::from_secs(seconds));
        let words = [
            after(0, true),
            after(5, false),
            after(10, false),
            after(304, false),
            after(305, false),
            after(310, true),
            after(315, true),
            after(320, false),
        ];
        assert_eq!(
            words,
            [
                Word::None,
                Word::Lost(10),
                Word::None,
                Word::None,
                Word::Lost(30),
                Word::Again,
                Word::None,
                Word::Lost(10)
            ]
        );
    }
}

//! What a server holds while it is called, looked at every few seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::Growth;
use crate::scrape::{Scrape, scrape};
use crate::server_process::{Footprint, ServerProcess};
use crate::transport::{Shared, lock};

/// From this pressure on, a media thread encodes with the least effort.
const STRAINED: f64 = 2.0;
/// How often it is looked whether the samples are to end.
const LOOKED_EVERY: Duration = Duration::from_millis(200);

/// Where to look: at the process, at what it says of itself, or at both.
#[derive(Clone)]
pub struct Watch {
    /// Makes requests.
    pub http: reqwest::Client,
    /// Where its metrics are.
    pub metrics: Option<String>,
    /// Its process, if it runs on this machine.
    pub process: Option<Arc<ServerProcess>>,
}

/// A look at the server. What could not be seen is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Sample {
    /// When, from the start of the run, in s.
    pub at_s: f64,
    /// Callers in calls, as they see it.
    pub callers: usize,
    /// Resident memory, in MB.
    pub rss_mb: Option<f64>,
    /// Open file descriptors.
    pub descriptors: Option<usize>,
    /// Threads.
    pub threads: Option<usize>,
    /// Processor time since the last sample, as a part of a core, in percent.
    pub cpu_percent: Option<f64>,
    /// Conversation actors alive.
    pub conversations: Option<f64>,
    /// Agent actors alive.
    pub agents: Option<f64>,
    /// Conversations without a peer under way.
    pub lines: Option<f64>,
    /// The pressure of the media thread that is pressed hardest, 0 to 3.
    pub pressure: Option<f64>,
}

/// All looks at a server, in the order of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Samples(pub Vec<Sample>);

impl Watch {
    /// Whether there is anything to look at.
    pub fn sees(&self) -> bool {
        self.metrics.is_some() || self.process.is_some()
    }

    /// Looks every so often until `stop` is set.
    pub async fn run(self, every: Duration, measures: Shared, start: Instant, stop: Arc<AtomicBool>) -> Samples {
        let mut samples = Samples::default();
        let mut before: Option<(Instant, Duration)> = None;
        let mut next = start + every;
        while !stop.load(Ordering::Relaxed) {
            let now = Instant::now();
            if now < next {
                tokio::time::sleep(LOOKED_EVERY.min(next - now)).await;
                continue;
            }
            next += every;
            let (footprint, scrape) = self.look().await;
            let mut sample = Sample::of(footprint, scrape.as_ref());
            sample.at_s = (now - start).as_secs_f64();
            sample.callers = lock(&measures).live();
            if let Some(footprint) = footprint {
                let last = before.replace((now, footprint.cpu));
                sample.cpu_percent = last.map(|(then, cpu)| {
                    100.0 * footprint.cpu.saturating_sub(cpu).as_secs_f64() / (now - then).as_secs_f64()
                });
            }
            samples.0.push(sample);
        }
        samples
    }

    /// Looks once. A server that does not answer now is no reason to end: what it lacks is null.
    pub async fn look(&self) -> (Option<Footprint>, Option<Scrape>) {
        let footprint = self.process.as_ref().and_then(|process| process.footprint().ok());
        let scraped = match &self.metrics {
            Some(url) => scrape(&self.http, url).await.ok(),
            None => None,
        };
        (footprint, scraped)
    }
}

impl Sample {
    pub(crate) fn of(footprint: Option<Footprint>, scrape: Option<&Scrape>) -> Self {
        let sum = |name| scrape.and_then(|scrape| scrape.sum(name));
        Self {
            rss_mb: footprint.map(|footprint| footprint.rss_mb()),
            descriptors: footprint.map(|footprint| footprint.descriptors),
            threads: footprint.map(|footprint| footprint.threads),
            conversations: sum("colloquy_live_conversations"),
            agents: sum("colloquy_live_agents"),
            lines: sum("colloquy_live_lines"),
            pressure: scrape.and_then(|scrape| scrape.largest("colloquy_live_pressure")),
            ..Self::default()
        }
    }
}

impl Samples {
    /// How memory moved.
    pub fn growth(&self) -> Option<Growth> {
        let sizes = self.0.iter().filter_map(|sample| Some((sample.at_s, sample.rss_mb?)));
        Growth::of(&sizes.collect::<Vec<_>>())
    }

    /// The part of the time in which speech was encoded with the least effort, from 0 to 1, as far as it is known.
    pub fn strained(&self) -> Option<f64> {
        let pressures: Vec<f64> = self.0.iter().filter_map(|sample| sample.pressure).collect();
        let strained = pressures.iter().filter(|pressure| **pressure >= STRAINED).count();
        (!pressures.is_empty()).then(|| strained as f64 / pressures.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::http_client;
    use crate::fake;

    #[tokio::test]
    async fn a_server_is_looked_at_from_without_and_from_within() {
        const METRICS: &str = "colloquy_live_conversations 3\ncolloquy_live_agents 3\ncolloquy_live_lines 1\n\
                       colloquy_live_pressure{arbiter=\"0\"} 2\ncolloquy_live_pressure{arbiter=\"1\"} 0\n";
        let base = fake::server(|_| fake::answer("200 OK", METRICS)).await;
        let watch = Watch {
            http: http_client().expect("a client"),
            metrics: Some(format!("{base}/metrics")),
            process: Some(Arc::new(ServerProcess::watch(std::process::id()).expect("it is there"))),
        };
        let (footprint, scrape) = watch.look().await;
        let sample = Sample::of(footprint, scrape.as_ref());
        assert!(sample.rss_mb.is_some() && sample.descriptors.is_some() && sample.threads.is_some());
        assert_eq!(
            (sample.conversations, sample.agents, sample.lines, sample.pressure),
            (Some(3.0), Some(3.0), Some(1.0), Some(2.0))
        );
        assert_eq!(Samples(vec![sample, Sample::default()]).strained(), Some(1.0));
        assert_eq!(Samples::default().strained(), None);
    }

    #[tokio::test]
    async fn a_server_that_does_not_answer_has_no_figures() {
        let watch = Watch {
            http: http_client().expect("a client"),
            metrics: Some("http://127.0.0.1:1/metrics".to_owned()),
            process: None,
        };
        let (footprint, scrape) = watch.look().await;
        assert_eq!(Sample::of(footprint, scrape.as_ref()), Sample::default());
    }
}

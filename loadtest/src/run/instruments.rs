//! What is looked at beside the calls: the server's process, its metrics and its log, requests beside, and the codec floor.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::RunError;
use crate::api::ApiError;
use crate::clip::Clip;
use crate::floor::{self, CodecCost, FloorError};
use crate::measure::Measures;
use crate::rest::{self, RestReport};
use crate::scrape::{Scrape, ServerMetrics, scrape};
use crate::server_process::{ServerCost, ServerProcess};
use crate::transport::{Access, Shared, lock};
use crate::watch::{self, LeftBehind, LogReport, LogWatch, Sample, Samples, Watch};

/// What to look at.
#[derive(Clone, Debug, Default)]
pub struct Instruments {
    /// Requests a second beside the calls.
    pub rest: Option<f64>,
    /// The server's process.
    pub server_pid: Option<u32>,
    /// Where its metrics are.
    pub metrics: Option<String>,
    /// How often both are looked at while it is called.
    pub sample_every: Option<Duration>,
    /// Its log.
    pub log: Option<PathBuf>,
    /// Whether to wait afterwards for what callers leave behind.
    pub left_behind: bool,
    /// Whether to measure the codec floor on its cores.
    pub floor: bool,
}

/// What they read.
#[derive(Debug, Default)]
pub(super) struct Readings {
    pub own: Option<ServerCost>,
    pub server: Option<ServerCost>,
    pub metrics: Option<ServerMetrics>,
    pub is_deaf: bool,
    pub rest: Option<RestReport>,
    pub samples: Samples,
    pub left_behind: Option<LeftBehind>,
    pub log: Option<LogReport>,
    pub floor: Option<CodecCost>,
}

/// Looking has begun; nobody calls yet.
pub(super) struct Looking {
    instruments: Instruments,
    clips: Vec<Arc<Clip>>,
    callers: usize,
    watch: Watch,
    own: ServerProcess,
    before: (Sample, Option<Scrape>),
    log: Option<LogWatch>,
    floor: Option<CodecCost>,
    stop: Arc<AtomicBool>,
    asking: Option<JoinHandle<Result<RestReport, ApiError>>>,
    sampling: Option<JoinHandle<Samples>>,
}

impl Instruments {
    /// Looks at everything once, before so many `callers` call.
    pub(super) async fn begin(
        self,
        access: &Access,
        clips: Vec<Arc<Clip>>,
        callers: usize,
    ) -> Result<Looking, RunError> {
        let watched = |pid| ServerProcess::watch(pid).map_err(|error| RunError::Process(pid, error));
        let own = watched(std::process::id())?;
        let floor = self.floor(&clips, callers).await?;
        let log = self
            .log
            .as_deref()
            .map(LogWatch::begin)
            .transpose()
            .map_err(RunError::Log)?;
        let watch = Watch {
            http: access.http.clone(),
            metrics: self.metrics.clone(),
            process: self.server_pid.map(watched).transpose()?.map(Arc::new),
        };
        if let Some(url) = &self.metrics {
            // Whoever gives a wrong address is told now.
            scrape(&access.http, url).await.map_err(RunError::Metrics)?;
        }
        let (footprint, scraped) = watch.look().await;
        Ok(Looking {
            before: (Sample::of(footprint, scraped.as_ref()), scraped),
            instruments: self,
            clips,
            callers,
            watch,
            own,
            log,
            floor,
            stop: Arc::default(),
            asking: None,
            sampling: None,
        })
    }

    async fn floor(&self, clips: &[Arc<Clip>], callers: usize) -> Result<Option<CodecCost>, RunError> {
        let (true, Some(pid)) = (self.floor, self.server_pid) else {
            return Ok(None);
        };
        let clips = clips.to_vec();
        let measured = tokio::task::spawn_blocking(move || floor::measure(pid, &clips, callers)).await;
        let broken = |error| RunError::Floor(FloorError::Cores(std::io::Error::other(error)));
        measured.map_err(broken)?.map(Some).map_err(RunError::Floor)
    }
}

impl Looking {
    /// Callers begin.
    pub fn start(&mut self, access: &Arc<Access>, measures: &Shared, start: Instant) {
        self.asking = self.instruments.rest.map(|rate| {
            let (access, stop) = (Arc::clone(access), Arc::clone(&self.stop));
            tokio::spawn(rest::ask(access, rate, stop))
        });
        self.sampling = self
            .instruments
            .sample_every
            .filter(|_| self.watch.sees())
            .map(|every| {
                let (measures, stop) = (Arc::clone(measures), Arc::clone(&self.stop));
                tokio::spawn(self.watch.clone().run(every, measures, start, stop))
            });
    }

    /// All callers are gone.
    pub async fn end(self, measures: &Shared) -> Result<Readings, RunError> {
        let (calls, most_at_once) = {
            let measures = lock(measures);
            (measures.lasted, measures.most_at_once)
        };
        let cost = |process: &ServerProcess| process.cost(calls, most_at_once);
        let server = match (&self.watch.process, self.instruments.server_pid) {
            (Some(process), Some(pid)) => Some(cost(process).map_err(|error| RunError::Process(pid, error))?),
            _ => None,
        };
        let own = cost(&self.own).ok();
        self.stop.store(true, Ordering::Relaxed);
        let rest = match self.asking {
            Some(asking) => asked(asking.await.ok(), &mut lock(measures)),
            None => None,
        };
        let samples = match self.sampling {
            Some(sampling) => sampling.await.unwrap_or_default(),
            None => Samples::default(),
        };
        let (metrics, is_deaf) = match (&self.instruments.metrics, &self.before.1) {
            (Some(url), Some(before)) => {
                let after = scrape(&self.watch.http, url).await.map_err(RunError::Metrics)?;
                (Some(after.since(before)), after.is_deaf())
            }
            _ => (None, false),
        };
        let left_behind = match self.instruments.left_behind && self.watch.sees() {
            true => Some(watch::wait(&self.watch, &self.before.0).await),
            false => None,
        };
        let floor = match (self.floor, self.instruments.floor(&self.clips, self.callers).await?) {
            (Some(before), Some(after)) => Some(before.lower(after)),
            _ => None,
        };
        let log = self
            .log
            .as_ref()
            .map(LogWatch::read)
            .transpose()
            .map_err(RunError::Log)?;
        Ok(Readings {
            own,
            server,
            metrics,
            is_deaf,
            rest,
            samples,
            left_behind,
            log,
            floor,
        })
    }
}

/// What came of the requests beside; that they could not be made is a failure of the run.
fn asked(report: Option<Result<RestReport, ApiError>>, measures: &mut Measures) -> Option<RestReport> {
    match report? {
        Ok(report) => Some(report),
        Err(error) => {
            measures.fail(format!("requests beside the calls: {error}"), Instant::now());
            None
        }
    }
}

//! A whole run: callers on their threads and tasks, requests beside them, and what the machine was asked to count.

mod capacity;
mod instruments;

use std::io::{self, IsTerminal};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::api::ApiError;
use crate::caller::Caller;
use crate::floor::FloorError;
use crate::measure::Measures;
use crate::network::Line;
use crate::plan::Plan;
use crate::report::{Beside, Report, page, progress_line};
use crate::surface::Surface;
use crate::transport::{self, Access, MediaThread, MediaThreadError, Shared, Work, lock};

pub use capacity::Capacity;
pub use instruments::Instruments;

/// Callers whose time is up may finish within this.
const GRACE: Duration = Duration::from_secs(60);
/// How often the progress is told: on a terminal, and elsewhere.
const TOLD_EVERY: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(10)];
/// How often it is looked whether all are done.
const LOOKED_EVERY: Duration = Duration::from_millis(100);

/// What is to be run.
#[derive(Clone)]
pub struct Run {
    /// What callers set out to do.
    pub plan: Plan,
    /// How they get in.
    pub access: Access,
    /// Threads for WebRTC.
    pub threads: usize,
    /// What is looked at beside.
    pub instruments: Instruments,
    /// Whether the server's engines are known to say the same whatever they hear.
    pub is_scripted: bool,
    /// Whether to stop as soon as somebody is refused.
    pub until_refused: bool,
}

/// Why nothing could be run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The server's address can't be found.
    #[error("{0}: {1}")]
    Address(String, io::Error),
    /// A process can't be watched.
    #[error("process {0}: {1}")]
    Process(u32, io::Error),
    /// The server's metrics can't be read.
    #[error("the metrics: {0}")]
    Metrics(ApiError),
    /// The server's log can't be read.
    #[error("the server's log: {0}")]
    Log(io::Error),
    /// The codec floor can't be measured.
    #[error("the codec floor: {0}")]
    Floor(FloorError),
    /// A thread could not be started.
    #[error(transparent)]
    Thread(#[from] MediaThreadError),
}

/// A run that is over.
pub struct Done {
    /// What it came to.
    pub report: Report,
    measures: Shared,
}

impl Done {
    /// The report as a page.
    pub fn page(&self) -> String {
        page(&self.report, &lock(&self.measures).timeline)
    }
}

impl Run {
    /// Runs everything to its end.
    ///
    /// # Errors
    /// When it can't be begun, or what was to be counted is not there any more.
    pub async fn run(self) -> Result<Done, RunError> {
        let plan = &self.plan;
        let (server_ip, local_ip) = addresses(&self.access.base).await?;
        let mut looking = self
            .instruments
            .begin(&self.access, plan.answers.clone(), plan.callers)
            .await?;

        let start = Instant::now();
        let measures: Shared = Arc::new(Mutex::new(Measures::new(start)));
        let access = Arc::new(self.access);
        let stop = Arc::new(AtomicBool::new(false));
        looking.start(&access, &measures, start);
        let mut talking = JoinSet::new();
        let mut on_threads: Vec<Vec<(Caller, [Line; 2])>> = (0..self.threads.max(1)).map(|_| Vec::new()).collect();
        for number in 0..plan.callers {
            let (surface, starts) = (plan.surface(number), start + plan.starts_after(number));
            let until = plan.length.map(|length| start + length);
            let caller = Caller::new(plan.script(number), surface, starts, until);
            if surface == Surface::Whip {
                let lines = plan
                    .line_seeds(number)
                    .map(|seed| Line::new(plan.conditions, seed, start));
                let threads = on_threads.len();
                on_threads[number % threads].push((caller, lines));
            } else {
                let (access, measures) = (Arc::clone(&access), Arc::clone(&measures));
                talking.spawn(transport::talk(caller, surface, access, measures, Arc::clone(&stop)));
            }
        }
        let threads = on_threads
            .into_iter()
            .filter(|callers| !callers.is_empty())
            .map(|callers| {
                MediaThread::start(Work {
                    callers,
                    access: Arc::clone(&access),
                    runtime: tokio::runtime::Handle::current(),
                    measures: Arc::clone(&measures),
                    repair: plan.repair,
                    local: local_ip,
                    server: server_ip,
                    stop: Arc::clone(&stop),
                })
            });
        let threads = threads.collect::<Result<Vec<_>, _>>()?;
        let mut watching = tokio::task::spawn_blocking(move || -> Vec<f64> {
            // One that panicked was as busy as can be: the figures are not to be trusted.
            threads.into_iter().map(|thread| thread.join().unwrap_or(1.0)).collect()
        });

        let hard_end = plan.length.map(|length| start + length + GRACE);
        let mut telling = Telling::new(start, plan.callers);
        let mut busy = None;
        let mut looks = tokio::time::interval(LOOKED_EVERY);
        while busy.is_none() || !talking.is_empty() {
            tokio::select! {
                threads = &mut watching, if busy.is_none() => busy = Some(threads.unwrap_or_default()),
                _ = talking.join_next(), if !talking.is_empty() => {}
                _ = tokio::signal::ctrl_c() => stop.store(true, Ordering::Relaxed),
                _ = looks.tick() => {
                    let now = Instant::now();
                    telling.tell(&measures, now);
                    let is_enough = self.until_refused && !lock(&measures).refusals.is_empty();
                    if is_enough || hard_end.is_some_and(|end| now > end) {
                        stop.store(true, Ordering::Relaxed);
                    }
                }
            }
        }
        telling.end(&measures);
        let took = start.elapsed();
        let readings = looking.end(&measures).await?;
        let beside = Beside {
            target: [access.base.clone(), access.topic.clone(), access.language.clone()],
            took,
            threads: busy.unwrap_or_default(),
            own: readings.own,
            server: readings.server,
            metrics: readings.metrics,
            is_deaf: readings.is_deaf || self.is_scripted,
            rest: readings.rest,
            samples: readings.samples,
            left_behind: readings.left_behind,
            log: readings.log,
            floor: readings.floor,
        };
        let report = Report::of(plan, &lock(&measures), beside);
        Ok(Done { report, measures })
    }
}

/// Tells how the run stands: in one line that is written over on a terminal, now and then in one of its own elsewhere.
struct Telling {
    start: Instant,
    callers: usize,
    is_terminal: bool,
    next: Instant,
}

impl Telling {
    fn new(start: Instant, callers: usize) -> Self {
        Self {
            start,
            callers,
            is_terminal: io::stderr().is_terminal(),
            next: start,
        }
    }

    fn tell(&mut self, measures: &Shared, now: Instant) {
        if now < self.next {
            return;
        }
        self.next = now + TOLD_EVERY[usize::from(!self.is_terminal)];
        let line = progress_line(&lock(measures), self.callers, now - self.start);
        match self.is_terminal {
            true => eprint!("\r\x1b[K{line}"),
            false => eprintln!("{line}"),
        }
    }

    fn end(&mut self, measures: &Shared) {
        self.next = self.start;
        self.tell(measures, Instant::now());
        if self.is_terminal {
            eprintln!();
        }
    }
}

/// The server's address, and this machine's own towards it.
async fn addresses(base: &str) -> Result<(IpAddr, IpAddr), RunError> {
    let failed = |error| RunError::Address(base.to_owned(), error);
    let invalid = || failed(io::Error::from(io::ErrorKind::InvalidInput));
    let url = reqwest::Url::parse(base).map_err(|_| invalid())?;
    let host = url.host_str().ok_or_else(invalid)?.trim_matches(['[', ']']).to_owned();
    let port = url.port_or_known_default().ok_or_else(invalid)?;
    let mut found: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await.map_err(failed)?.collect();
    // Media goes over IPv4 where there is a choice: a server without IPv6 may still have a name with both.
    found.sort_by_key(SocketAddr::is_ipv6);
    let server = *found.first().ok_or_else(invalid)?;
    let any: SocketAddr = match server.is_ipv4() {
        true => ([0, 0, 0, 0], 0).into(),
        false => ([0; 8], 0).into(),
    };
    let towards = || -> io::Result<IpAddr> {
        let socket = UdpSocket::bind(any)?;
        // Of a datagram socket this sends nothing: it only asks for the way.
        socket.connect(server)?;
        Ok(socket.local_addr()?.ip())
    };
    Ok((server.ip(), towards().map_err(failed)?))
}

#[cfg(test)]
mod tests;

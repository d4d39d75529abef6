//! Fallback chains: engines in order of preference, the embedded one last, so that a conversation goes on when a provider
//! fails.
//!
//! A chain is an engine itself. It gives each request to the first engine whose [`breaker`] lets it pass, and when that one
//! fails, hangs or stalls, what remains of the request to the next. All engines but the last share one time limit for the
//! first result, so that with any number of providers the last one starts in time. Chains share what they know of engines that
//! keep them waiting ([`Health`]), so that a provider which hangs in all its services is waited for once a turn.

pub mod breaker;
mod health;
mod llm;
mod stt;
mod tts;

#[cfg(test)]
mod fakes;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use tokio::time::{Instant, timeout_at};

pub use self::breaker::BreakerConfig;
pub use self::health::Health;
pub use self::llm::FallbackLlm;
pub use self::stt::FallbackStt;
pub use self::tts::FallbackTts;

use self::breaker::Breaker;
use crate::engine::{EngineError, Results};

/// How long a chain waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainConfig {
    /// Until the first result, for all engines but the last together [1.2 s].
    pub first_result: Duration,
    /// The same for an engine that lately kept a chain waiting in vain [200 ms]. In one turn `first_result` once and this twice
    /// leave the fallbacks 400 ms of 2 s.
    pub slow_result: Duration,
    /// How long such an engine gets no more time than that, unless it gives a result [5 s].
    pub slow_for: Duration,
    /// Until the first phrase of a reply that has begun, so that a model which stops in its first words is waited for little
    /// longer than one which never begins [1.6 s]. One that lately kept a chain waiting gets twice `slow_result`.
    pub first_phrase: Duration,
    /// Until the first result of the last engine, which nobody stands in for [3 s].
    pub last_result: Duration,
    /// Between results [1.5 s].
    pub stall: Duration,
    /// When an engine is left alone.
    pub breaker: BreakerConfig,
}

impl Default for ChainConfig {
    fn default() -> Self {
        Self {
            first_result: Duration::from_millis(1200),
            slow_result: Duration::from_millis(200),
            slow_for: Duration::from_secs(5),
            first_phrase: Duration::from_millis(1600),
            last_result: Duration::from_secs(3),
            stall: Duration::from_millis(1500),
            breaker: BreakerConfig::default(),
        }
    }
}

/// What a chain is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// Speech to text.
    Stt,
    /// The dialogue model.
    Llm,
    /// Text to speech.
    Tts,
}

/// How an engine failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FailureClass {
    /// It can't do what was asked, ever.
    Unsupported,
    /// It refused or broke.
    Failed,
    /// It won't say what was asked for.
    Refused,
    /// It is away or overloaded.
    Unavailable,
    /// It gave no result in time.
    TimedOut,
    /// It was left alone, its breaker being open.
    Skipped,
}

/// What is known of an engine of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkStatus {
    /// Its name.
    pub name: &'static str,
    /// Whether it works, as far as its last requests tell: its breaker is closed. One that was never asked does.
    pub is_up: bool,
}

/// Told what happens in the chains: for metrics. Called on the way of a reply, so it must be quick.
pub trait ChainObserver: Send + Sync + 'static {
    /// An engine was asked.
    fn attempted(&self, _service: Service, _engine: &'static str) {}
    /// It gave its first result.
    fn first_result(&self, _service: Service, _engine: &'static str, _after: Duration) {}
    /// It did the whole work. Of a recogniser the time counts from the end of the turn.
    fn done(&self, _service: Service, _engine: &'static str, _after: Duration) {}
    /// It failed.
    fn failed(&self, _service: Service, _engine: &'static str, _class: FailureClass) {}
    /// Another one took over.
    fn fell_back(&self, _service: Service, _from: &'static str, _to: &'static str) {}
}

/// Nobody is told.
impl ChainObserver for () {}

/// The engines of a chain, in order.
struct Links<E: ?Sized> {
    service: Service,
    config: ChainConfig,
    health: Arc<Health>,
    observer: Arc<dyn ChainObserver>,
    links: Vec<Link<E>>,
}

struct Link<E: ?Sized> {
    engine: Arc<E>,
    name: &'static str,
    /// Locked for a few instructions, once or twice a request.
    breaker: Arc<Mutex<Breaker>>,
}

impl<E: ?Sized> Links<E> {
    /// The names of those engines of which something holds, in order.
    fn names(&self, is: impl Fn(&E) -> bool) -> Vec<&'static str> {
        let links = self.links.iter().filter(|link| is(&link.engine));
        links.map(|link| link.name).collect()
    }

    fn new(
        service: Service,
        engines: Vec<Arc<E>>,
        name: impl Fn(&E) -> &'static str,
        config: ChainConfig,
        health: Arc<Health>,
        observer: Arc<dyn ChainObserver>,
    ) -> Arc<Self> {
        let link = |engine: Arc<E>| Link {
            name: name(&engine),
            engine,
            breaker: Arc::new(Mutex::new(Breaker::new(config.breaker))),
        };
        Arc::new(Self {
            service,
            config,
            health,
            observer,
            links: engines.into_iter().map(link).collect(),
        })
    }

    fn name(&self) -> &'static str {
        self.links.first().map_or("none", |link| link.name)
    }

    /// The engines in order, and whether each did its work when it was last asked.
    fn status(&self) -> Vec<LinkStatus> {
        let status = |link: &Link<E>| LinkStatus {
            name: link.name,
            is_up: lock(&link.breaker).is_closed(),
        };
        self.links.iter().map(status).collect()
    }

    /// How long an engine that others stand in for may take until its first result.
    fn patience(&self, name: &'static str, now: Instant) -> Duration {
        if self.is_slow(name, now) {
            self.config.slow_result.min(self.config.first_result)
        } else {
            self.config.first_result
        }
    }

    fn is_slow(&self, name: &'static str, now: Instant) -> bool {
        self.health.is_slow(name, now.into_std())
    }
}

/// The walk of one request along a chain.
struct Walk<E: ?Sized> {
    links: Arc<Links<E>>,
    /// The engine to try next.
    next: usize,
    /// When the engines before the last one have had their time.
    limit: Instant,
    /// Who failed last, and how.
    failed: Option<&'static str>,
    error: Option<EngineError>,
}

impl<E: ?Sized> Walk<E> {
    fn new(links: Arc<Links<E>>) -> Self {
        Self {
            limit: Instant::now() + links.config.first_result,
            links,
            next: 0,
            failed: None,
            error: None,
        }
    }

    /// Goes to the next engine that may be asked. The last one always may: there is nobody else. None: all have failed.
    fn advance(&mut self, suits: impl Fn(&E) -> bool) -> Option<(Arc<E>, Attempt)> {
        while let Some(link) = self.links.links.get(self.next) {
            let is_last = self.next + 1 == self.links.links.len();
            let now = Instant::now();
            self.next += 1;
            if !suits(&link.engine) || (!is_last && now >= self.limit) {
                continue;
            }
            let passes = lock(&link.breaker).try_pass(now.into_std());
            if !passes && !is_last {
                self.links
                    .observer
                    .failed(self.links.service, link.name, FailureClass::Skipped);
                self.failed = self.failed.or(Some(link.name));
                continue;
            }
            self.links.observer.attempted(self.links.service, link.name);
            if let Some(from) = self.failed.take().filter(|from| *from != link.name) {
                self.links.observer.fell_back(self.links.service, from, link.name);
            }
            let attempt = Attempt {
                service: self.links.service,
                name: link.name,
                breaker: link.breaker.clone(),
                health: self.links.health.clone(),
                observer: self.links.observer.clone(),
                config: self.links.config,
                started: now,
                waiting_since: Some(now),
                is_hurried: !is_last && self.links.is_slow(link.name, now),
                limit: if is_last {
                    now + self.links.config.last_result
                } else {
                    self.limit.min(now + self.links.patience(link.name, now))
                },
                has_result: false,
                verdict: None,
            };
            return Some((link.engine.clone(), attempt));
        }
        None
    }

    /// Whether the engine at work is the last one.
    fn is_at_last(&self) -> bool {
        self.next >= self.links.links.len()
    }

    /// Stays with the same engine for one more attempt.
    fn step_back(&mut self) {
        self.next = self.next.saturating_sub(1);
    }

    /// Keeps the error for the case that no other engine is left.
    fn note(&mut self, name: &'static str, error: EngineError) {
        self.failed = Some(name);
        self.error = Some(error);
    }

    /// What to say when all engines have failed.
    fn last_error(&mut self) -> EngineError {
        self.error.take().unwrap_or_else(|| EngineError::Unsupported {
            engine: "chain",
            reason: "no engine can do this".to_owned(),
        })
    }
}

/// One engine at work on one request. Dropped without a verdict, it was cancelled.
struct Attempt {
    service: Service,
    name: &'static str,
    breaker: Arc<Mutex<Breaker>>,
    health: Arc<Health>,
    observer: Arc<dyn ChainObserver>,
    config: ChainConfig,
    started: Instant,
    /// Since when a result is due, if one is.
    waiting_since: Option<Instant>,
    /// It is known to be slow and gets only little time.
    is_hurried: bool,
    /// For the first result.
    limit: Instant,
    has_result: bool,
    verdict: Option<Verdict>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    Bad,
    /// It wants to be left alone for this long.
    Resting(Duration),
    /// It says nothing about the engine's health.
    Neutral,
}

impl Attempt {
    /// The engine's next result, in time. `Ok(None)`: its stream has ended.
    async fn next<T>(&mut self, results: &mut Results<T>) -> Result<Option<T>, EngineError> {
        self.next_before(results, None).await
    }

    /// The same, whatever comes first: this time or the engine's own limit.
    async fn next_before<T>(
        &mut self,
        results: &mut Results<T>,
        latest: Option<Instant>,
    ) -> Result<Option<T>, EngineError> {
        let limit = if self.has_result {
            let stall = Instant::now() + self.config.stall;
            latest.map_or(stall, |latest| stall.min(latest))
        } else {
            self.limit
        };
        match timeout_at(limit, results.next()).await {
            Ok(Some(Ok(result))) => {
                self.note_result();
                self.waiting_since = Some(Instant::now());
                Ok(Some(result))
            }
            Ok(Some(Err(error))) => {
                self.fail(&error);
                Err(error)
            }
            Ok(None) => Ok(None),
            Err(_) => Err(self.time_out()),
        }
    }

    fn note_result(&mut self) {
        self.waiting_since = None;
        self.is_hurried = false;
        if !std::mem::replace(&mut self.has_result, true) {
            self.health.handle_result(self.name);
            self.observer
                .first_result(self.service, self.name, self.started.elapsed());
        }
    }

    fn time_out(&mut self) -> EngineError {
        self.observer.failed(self.service, self.name, FailureClass::TimedOut);
        self.condemn(Verdict::Bad);
        EngineError::Unavailable {
            engine: self.name,
            reason: "no result in time".to_owned(),
        }
    }

    /// The stream ended before its result was whole.
    fn break_off(&mut self) -> EngineError {
        let error = EngineError::Unavailable {
            engine: self.name,
            reason: "it stopped before it was done".to_owned(),
        };
        self.fail(&error);
        error
    }

    fn fail(&mut self, error: &EngineError) {
        let (class, verdict) = match error {
            EngineError::Unsupported { .. } => (FailureClass::Unsupported, Verdict::Neutral),
            EngineError::Failed { .. } => (FailureClass::Failed, Verdict::Bad),
            EngineError::Refused { .. } => (FailureClass::Refused, Verdict::Neutral),
            EngineError::Unavailable { .. } => (FailureClass::Unavailable, Verdict::Bad),
            EngineError::Resting { rest, .. } => (FailureClass::Unavailable, Verdict::Resting(*rest)),
        };
        self.observer.failed(self.service, self.name, class);
        self.condemn(verdict);
    }

    /// Keeps the verdict. Who waited in vain for longer than a slow engine gets makes it known. That it gave nothing in that
    /// little time proves nothing.
    fn condemn(&mut self, verdict: Verdict) {
        self.verdict = Some(verdict);
        let now = Instant::now();
        let waited = self.waiting_since.map(|since| now - since);
        if !self.is_hurried && waited.is_some_and(|waited| waited > self.config.slow_result) {
            self.health.handle_wait(self.name, self.config.slow_for, now.into_std());
        }
    }

    fn succeed(&mut self) {
        self.observer.done(self.service, self.name, self.started.elapsed());
        self.verdict = Some(Verdict::Good);
    }

    /// Whether the same engine may be asked again: a failure that may pass at once, and came soon enough to leave time for it.
    fn is_worth_repeating(&self, error: &EngineError) -> bool {
        let total = self.limit.saturating_duration_since(self.started);
        let is_passing = matches!(error, EngineError::Unavailable { .. });
        !self.has_result && is_passing && self.started.elapsed() * 3 < total
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let now = Instant::now().into_std();
        let mut breaker = lock(&self.breaker);
        match self.verdict {
            Some(Verdict::Good) => breaker.handle_success(),
            Some(Verdict::Bad) => breaker.handle_failure(now),
            Some(Verdict::Resting(rest)) => breaker.handle_rest(rest, now),
            Some(Verdict::Neutral) | None => breaker.handle_abandoned(now),
        }
    }
}

/// A breaker is whole after every change, so a panic elsewhere while it was locked does no harm.
fn lock(breaker: &Mutex<Breaker>) -> std::sync::MutexGuard<'_, Breaker> {
    breaker.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The engines of a chain, and the walk of a request along them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::attempt::Attempt;
use super::breaker::Breaker;
use super::{ChainConfig, ChainObserver, FailureClass, Health, LinkStatus, Service};
use crate::engine::EngineError;

/// The engines of a chain, in order.
pub(super) struct Links<E: ?Sized> {
    pub service: Service,
    pub config: ChainConfig,
    pub health: Arc<Health>,
    pub observer: Arc<dyn ChainObserver>,
    pub links: Vec<Link<E>>,
}

pub(super) struct Link<E: ?Sized> {
    pub engine: Arc<E>,
    pub name: &'static str,
    /// Locked for a few instructions, once or twice a request.
    pub breaker: Arc<Mutex<Breaker>>,
}

impl<E: ?Sized> Links<E> {
    /// The names of those engines of which something holds, in order.
    pub(super) fn names(&self, is: impl Fn(&E) -> bool) -> Vec<&'static str> {
        let links = self.links.iter().filter(|link| is(&link.engine));
        links.map(|link| link.name).collect()
    }

    pub(super) fn new(
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

    pub(super) fn name(&self) -> &'static str {
        self.links.first().map_or("none", |link| link.name)
    }

    /// The engines in order, and whether each did its work when it was last asked.
    pub(super) fn status(&self) -> Vec<LinkStatus> {
        let status = |link: &Link<E>| LinkStatus {
            name: link.name,
            is_up: lock(&link.breaker).is_closed(),
        };
        self.links.iter().map(status).collect()
    }

    /// How long an engine that others stand in for may take until its first result.
    pub(super) fn patience(&self, name: &'static str, now: Instant) -> Duration {
        if self.is_slow(name, now) {
            self.config.slow_result.min(self.config.first_result)
        } else {
            self.config.first_result
        }
    }

    pub(super) fn is_slow(&self, name: &'static str, now: Instant) -> bool {
        self.health.is_slow(name, now.into_std())
    }
}

/// The walk of one request along a chain.
pub(super) struct Walk<E: ?Sized> {
    pub links: Arc<Links<E>>,
    /// The engine to try next.
    next: usize,
    /// When the engines before the last one have had their time.
    pub limit: Instant,
    /// Who failed last, and how.
    failed: Option<&'static str>,
    error: Option<EngineError>,
}

impl<E: ?Sized> Walk<E> {
    pub(super) fn new(links: Arc<Links<E>>) -> Self {
        Self {
            limit: Instant::now() + links.config.first_result,
            links,
            next: 0,
            failed: None,
            error: None,
        }
    }

    /// Goes to the next engine that may be asked. The last one always may: there is nobody else. None: all have failed.
    pub(super) fn advance(&mut self, suits: impl Fn(&E) -> bool) -> Option<(Arc<E>, Attempt)> {
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
            let is_hurried = !is_last && self.links.is_slow(link.name, now);
            let limit = match is_last {
                true => now + self.links.config.last_result,
                false => self.limit.min(now + self.links.patience(link.name, now)),
            };
            let attempt = Attempt::new(&self.links, link, is_hurried, limit, now);
            return Some((link.engine.clone(), attempt));
        }
        None
    }

    /// Whether the engine at work is the last one.
    pub(super) fn is_at_last(&self) -> bool {
        self.next >= self.links.links.len()
    }

    /// Stays with the same engine for one more attempt.
    pub(super) fn step_back(&mut self) {
        self.next = self.next.saturating_sub(1);
    }

    /// Keeps the error for the case that no other engine is left.
    pub(super) fn note(&mut self, name: &'static str, error: EngineError) {
        self.failed = Some(name);
        self.error = Some(error);
    }

    /// What to say when all engines have failed.
    pub(super) fn last_error(&mut self) -> EngineError {
        self.error.take().unwrap_or_else(|| EngineError::Unsupported {
            engine: "chain",
            reason: "no engine can do this".to_owned(),
        })
    }
}

/// A breaker is whole after every change, so a panic elsewhere while it was locked does no harm.
pub(super) fn lock(breaker: &Mutex<Breaker>) -> MutexGuard<'_, Breaker> {
    breaker.lock().unwrap_or_else(PoisonError::into_inner)
}

//! One engine at work on one request.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt;
use tokio::time::{Instant, timeout_at};

use super::breaker::Breaker;
use super::walk::{Link, Links, lock};
use super::{ChainConfig, ChainObserver, FailureClass, Health, Service};
use crate::engine::{EngineError, Results};

/// One engine at work on one request. Dropped without a verdict, it was cancelled.
pub(super) struct Attempt {
    service: Service,
    pub name: &'static str,
    breaker: Arc<Mutex<Breaker>>,
    health: Arc<Health>,
    observer: Arc<dyn ChainObserver>,
    config: ChainConfig,
    pub started: Instant,
    /// Since when a result is due, if one is.
    pub waiting_since: Option<Instant>,
    /// It is known to be slow and gets only little time.
    pub is_hurried: bool,
    /// For the first result.
    pub limit: Instant,
    pub has_result: bool,
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
    /// `limit`: for its first result.
    pub(super) fn new<E: ?Sized>(
        links: &Links<E>,
        link: &Link<E>,
        is_hurried: bool,
        limit: Instant,
        now: Instant,
    ) -> Self {
        Self {
            service: links.service,
            name: link.name,
            breaker: link.breaker.clone(),
            health: links.health.clone(),
            observer: links.observer.clone(),
            config: links.config,
            started: now,
            waiting_since: Some(now),
            is_hurried,
            limit,
            has_result: false,
            verdict: None,
        }
    }

    /// The engine's next result, in time. `Ok(None)`: its stream has ended.
    pub(super) async fn next<T>(&mut self, results: &mut Results<T>) -> Result<Option<T>, EngineError> {
        let stall = Instant::now() + self.config.stall;
        self.next_before(results, stall).await
    }

    /// The same, whose results after the first one are due at a time of the caller's.
    pub(super) async fn next_before<T>(
        &mut self,
        results: &mut Results<T>,
        due: Instant,
    ) -> Result<Option<T>, EngineError> {
        let limit = if self.has_result { due } else { self.limit };
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

    pub(super) fn note_result(&mut self) {
        self.waiting_since = None;
        self.is_hurried = false;
        if !std::mem::replace(&mut self.has_result, true) {
            self.health.handle_result(self.name);
            self.observer
                .first_result(self.service, self.name, self.started.elapsed());
        }
    }

    pub(super) fn time_out(&mut self) -> EngineError {
        self.observer.failed(self.service, self.name, FailureClass::TimedOut);
        self.condemn(Verdict::Bad);
        EngineError::Unavailable {
            engine: self.name,
            reason: "no result in time".to_owned(),
        }
    }

    /// The stream ended before its result was whole.
    pub(super) fn break_off(&mut self) -> EngineError {
        let error = EngineError::Unavailable {
            engine: self.name,
            reason: "it stopped before it was done".to_owned(),
        };
        self.fail(&error);
        error
    }

    pub(super) fn fail(&mut self, error: &EngineError) {
        let verdict = match error {
            EngineError::Unsupported { .. } | EngineError::Refused { .. } => Verdict::Neutral,
            EngineError::Failed { .. } | EngineError::Unavailable { .. } => Verdict::Bad,
            EngineError::Resting { rest, .. } => Verdict::Resting(*rest),
        };
        self.observer.failed(self.service, self.name, FailureClass::of(error));
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

    pub(super) fn succeed(&mut self) {
        self.observer.done(self.service, self.name, self.started.elapsed());
        self.verdict = Some(Verdict::Good);
    }

    /// Whether the same engine may be asked again: a failure that may pass at once, and came soon enough to leave time for it.
    pub(super) fn is_worth_repeating(&self, error: &EngineError) -> bool {
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

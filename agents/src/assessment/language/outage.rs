//! A service that checks texts and may be away or slow: it is waited for so long and no longer, left alone for a while when that
//! was in vain several times, and the log says so once.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::chain::BreakerConfig;
use crate::chain::breaker::Breaker;
use crate::engine::EngineError;

/// Whether a service is there, as far as what it was asked last tells.
#[derive(Debug)]
pub(super) struct Outage {
    service: &'static str,
    /// Locked for a few instructions, twice a text.
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    breaker: Breaker,
    /// Whether the log says that it is away.
    is_told: bool,
}

/// What the log is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    Away,
    Back,
}

impl Outage {
    /// Of a service that was never asked.
    pub fn new(service: &'static str) -> Self {
        Self {
            service,
            state: Mutex::new(State {
                breaker: Breaker::new(BreakerConfig::default()),
                is_told: false,
            }),
        }
    }

    /// Waits for an answer of the service. `None` if it gives none in time, and at once while it is left alone.
    pub async fn ask<T>(&self, patience: Duration, answer: impl Future<Output = Result<T, EngineError>>) -> Option<T> {
        let attempt = Attempt::begin(self)?;
        let answer = timeout(patience, answer).await.unwrap_or_else(|_| {
            Err(EngineError::Unavailable {
                engine: self.service,
                reason: format!("no answer within {} ms", patience.as_millis()),
            })
        });
        let news = attempt.end(&answer);
        let service = self.service;
        match (news, &answer) {
            (Some(News::Away), Err(error)) => {
                tracing::warn!(service, %error, "texts are checked without the service");
            }
            (Some(News::Back), _) => tracing::info!(service, "texts are checked by the service again"),
            _ => {}
        }
        answer.ok()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A text that the service is asked about. If nobody wants to know any more, it tells nothing of the service.
struct Attempt<'a> {
    outage: &'a Outage,
    is_over: bool,
}

impl<'a> Attempt<'a> {
    fn begin(outage: &'a Outage) -> Option<Self> {
        let passes = outage.state().breaker.try_pass(Instant::now().into_std());
        passes.then_some(Self { outage, is_over: false })
    }

    fn end<T>(mut self, answer: &Result<T, EngineError>) -> Option<News> {
        let now = Instant::now().into_std();
        let mut state = self.outage.state();
        match answer {
            Ok(_) => {
                state.breaker.handle_success();
                self.is_over = true;
                std::mem::take(&mut state.is_told).then_some(News::Back)
            }
            // It works: it won't speak of this text.
            Err(EngineError::Refused { .. }) => None,
            Err(error) => {
                match error {
                    EngineError::Resting { rest, .. } => state.breaker.handle_rest(*rest, now),
                    _ => state.breaker.handle_failure(now),
                }
                self.is_over = true;
                (!std::mem::replace(&mut state.is_told, true)).then_some(News::Away)
            }
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.outage.state().breaker.handle_abandoned(Instant::now().into_std());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(700);

    /// Asks a service that takes so long: what it said, and whether it was asked at all.
    async fn asked(outage: &Outage, takes: Duration) -> (Option<u8>, bool) {
        let is_asked = Cell::new(false);
        let answer = async {
            is_asked.set(true);
            tokio::time::sleep(takes).await;
            Ok(7)
        };
        let answer = outage.ask(PATIENCE, answer).await;
        (answer, is_asked.get())
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_is_slow_is_left_alone_after_some_texts_and_tried_again() {
        let outage = Outage::new("slow");
        let began = Instant::now();
        for _ in 0..3 {
            assert_eq!(asked(&outage, Duration::from_secs(5)).await, (None, true));
            assert!(outage.state().is_told);
        }
        assert_eq!(began.elapsed(), PATIENCE * 3, "each was waited for, and no longer");
        assert_eq!(asked(&outage, Duration::ZERO).await, (None, false));
        tokio::time::advance(BreakerConfig::default().open_for).await;
        assert_eq!(asked(&outage, Duration::ZERO).await, (Some(7), true));
        assert!(!outage.state().is_told);
        assert_eq!(asked(&outage, Duration::ZERO).await, (Some(7), true));
    }

    #[tokio::test(start_paused = true)]
    async fn the_log_is_told_once_that_it_is_away_and_once_that_it_is_back() {
        let outage = Outage::new("away");
        let away = || EngineError::Unavailable {
            engine: "away",
            reason: "refused".to_owned(),
        };
        let begin = || Attempt::begin(&outage).expect("it is asked");
        assert_eq!(begin().end::<()>(&Err(away())), Some(News::Away));
        assert_eq!(begin().end::<()>(&Err(away())), None);
        assert_eq!(begin().end(&Ok(())), Some(News::Back));
        assert_eq!(begin().end(&Ok(())), None);
        let refused = EngineError::Refused {
            engine: "away",
            reason: "a rule".to_owned(),
        };
        for _ in 0..5 {
            assert_eq!(begin().end::<()>(&Err(refused.clone())), None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_for_rest_gets_it_and_whoever_gives_up_waiting_blocks_nobody() {
        let outage = Outage::new("busy");
        let resting = EngineError::Resting {
            engine: "busy",
            reason: "429".to_owned(),
            rest: Duration::from_secs(30),
        };
        let busy = outage.ask(PATIENCE, async { Err::<u8, _>(resting) }).await;
        assert_eq!(busy, None);
        assert_eq!(asked(&outage, Duration::ZERO).await, (None, false));
        tokio::time::advance(Duration::from_secs(30)).await;
        // The trial is dropped before it shows anything: the next one is the trial.
        drop(Attempt::begin(&outage).expect("it is tried"));
        assert_eq!(asked(&outage, Duration::ZERO).await, (Some(7), true));
    }
}

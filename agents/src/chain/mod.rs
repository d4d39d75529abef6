//! Fallback chains: engines in order of preference, the embedded one last, so that a conversation goes on when a provider
//! fails.
//!
//! A chain is an engine itself. It gives each request to the first engine whose [`breaker`] lets it pass, and when that one
//! fails, hangs or stalls, what remains of the request to the next. All engines but the last share one time limit for the
//! first result, so that with any number of providers the last one starts in time. Chains share what they know of engines that
//! keep them waiting ([`Health`]), so that a provider which hangs in all its services is waited for once a turn.

mod attempt;
pub mod breaker;
mod health;
mod llm;
mod stt;
mod tts;
mod walk;
mod watch;

#[cfg(test)]
mod fakes;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use self::breaker::BreakerConfig;
pub use self::health::Health;
pub use self::llm::FallbackLlm;
pub use self::stt::FallbackStt;
pub use self::tts::FallbackTts;

pub(crate) use self::watch::Watch;

use crate::engine::EngineError;

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
    /// Between results [1.5 s]; of a dialogue model also until its next words, once those that it has given may have been heard.
    pub stall: Duration,
    /// Between results of a dialogue model whose next words are due and come in pieces [500 ms].
    pub trickle: Duration,
    /// Until the next words of a dialogue model, however much there is to be heard of it [2.5 s]. A mind waits for 3 s.
    pub next_words: Duration,
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
            trickle: Duration::from_millis(500),
            next_words: Duration::from_millis(2500),
            breaker: BreakerConfig::default(),
        }
    }
}

/// What an engine is asked for: the work of a chain, or something beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// Speech to text.
    Stt,
    /// The dialogue model.
    Llm,
    /// Text to speech.
    Tts,
    /// Checking what the learner said or wrote; in no chain.
    Review,
    /// What a dialogue model asks while it replies, by the name of the tool; in no chain.
    Tool,
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
    /// Nobody waited for it any longer; told of those who stand in no chain.
    Abandoned,
}

impl FailureClass {
    pub(crate) fn of(error: &EngineError) -> Self {
        match error {
            EngineError::Unsupported { .. } => Self::Unsupported,
            EngineError::Failed { .. } => Self::Failed,
            EngineError::Refused { .. } => Self::Refused,
            EngineError::Unavailable { .. } | EngineError::Resting { .. } => Self::Unavailable,
        }
    }
}

/// What is known of an engine of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkStatus {
    /// Its name.
    pub name: &'static str,
    /// Whether it works, as far as its last requests tell: its breaker is closed. One that was never asked does.
    pub is_up: bool,
}

/// Told what happens in the chains, and with what stands in none: for metrics. Called on the way of a reply, so it must be quick.
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

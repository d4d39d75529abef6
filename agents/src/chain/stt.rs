//! Recognisers in a chain.
//!
//! The audio of the utterance is kept, so that a recogniser that takes over hears all of it at once, and the question that
//! the failed one owes an answer to. A recogniser need not say anything while the person speaks; it has to answer a pause and
//! the end of the turn in time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::attempt::Attempt;
use super::walk::{Links, Walk};
use super::{ChainConfig, ChainObserver, Health, LinkStatus, Service};
use crate::engine::{EngineError, Expected, HEARD_RATE, Heard, Listen, ListenRequest, Results, Stt};
use crate::language::Language;

/// Recognisers in order of preference.
pub struct FallbackStt {
    links: Arc<Links<dyn Stt>>,
}

impl FallbackStt {
    /// A chain of recognisers, the most trusted last.
    pub fn new(
        engines: Vec<Arc<dyn Stt>>,
        config: ChainConfig,
        health: Arc<Health>,
        observer: Arc<dyn ChainObserver>,
    ) -> Self {
        Self {
            links: Links::new(Service::Stt, engines, |engine| engine.name(), config, health, observer),
        }
    }

    /// What is known of its recognisers, in order.
    pub fn status(&self) -> Vec<LinkStatus> {
        self.links.status()
    }

    /// The names of those that recognise a language, in order.
    pub fn recognisers(&self, language: Language) -> Vec<&'static str> {
        self.links.names(|engine| engine.recognises(language))
    }
}

impl Stt for FallbackStt {
    /// The name of the preferred recogniser.
    fn name(&self) -> &'static str {
        self.links.name()
    }

    /// Whether any recogniser does.
    fn recognises(&self, language: Language) -> bool {
        self.links.links.iter().any(|link| link.engine.recognises(language))
    }

    fn listen(&self, request: ListenRequest, input: mpsc::Receiver<Listen>) -> Results<Heard> {
        let listening = Listening {
            links: self.links.clone(),
            walk: Walk::new(self.links.clone()),
            request,
            input: Some(input),
            kept: Kept::default(),
            heard: Duration::ZERO,
            since: None,
            ahead: Duration::ZERO,
            owed: None,
            current: None,
            is_over: false,
        };
        stream::unfold(listening, |mut listening| async move {
            listening.next().await.map(|heard| (heard, listening))
        })
        .boxed()
    }

    /// Any of them may have to listen.
    fn prepare(&self, language: Language, expected: Arc<Expected>) {
        for link in &self.links.links {
            link.engine.prepare(language, Arc::clone(&expected));
        }
    }
}

/// How much of an utterance is kept for the next recogniser, in samples: 60 s.
const KEPT_SAMPLES: usize = 60 * HEARD_RATE as usize;
/// What comes at once in a call: the sound before the onset.
const AT_ONCE: Duration = Duration::from_secs(1);
/// How many messages may wait in a recogniser's inbox.
const INBOX: usize = 64;

/// One utterance on its way along the chain.
struct Listening {
    links: Arc<Links<dyn Stt>>,
    walk: Walk<dyn Stt>,
    request: ListenRequest,
    /// None: the turn is over.
    input: Option<mpsc::Receiver<Listen>>,
    kept: Kept,
    /// How long the speech is that was handed in, and since when. Who hands in a recording is done long before it was heard.
    heard: Duration,
    since: Option<Instant>,
    /// How much of it can't have been heard yet, when an answer was last asked for, by whoever hears as fast as people speak.
    ahead: Duration,
    /// The answer that is owed, and until when.
    owed: Option<(Owed, Instant)>,
    current: Option<Current>,
    is_over: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Owed {
    View { pause: u32 },
    Final,
}

/// The recogniser at work.
struct Current {
    attempt: Attempt,
    results: Results<Heard>,
    inbox: mpsc::Sender<Listen>,
    /// What doesn't fit into its inbox yet; no more than is kept.
    waiting: VecDeque<Listen>,
}

/// The newest audio of an utterance.
#[derive(Default)]
struct Kept {
    chunks: VecDeque<Arc<[i16]>>,
    samples: usize,
}

impl Kept {
    fn push(&mut self, pcm: Arc<[i16]>) {
        self.samples += pcm.len();
        self.chunks.push_back(pcm);
        while self.samples > KEPT_SAMPLES
            && let Some(oldest) = self.chunks.pop_front()
        {
            self.samples -= oldest.len();
        }
    }

    fn all(&self) -> Arc<[i16]> {
        self.chunks.iter().flat_map(|chunk| chunk.iter().copied()).collect()
    }
}

/// What happened next.
enum Event {
    Input(Option<Listen>),
    Heard(Option<Result<Heard, EngineError>>),
    Room,
    TimeOut,
}

impl Listening {
    async fn next(&mut self) -> Option<Result<Heard, EngineError>> {
        while !self.is_over {
            if self.current.is_none()
                && let Err(error) = self.start()
            {
                self.is_over = true;
                return Some(Err(error));
            }
            match self.event().await {
                Event::Input(Some(listen)) => self.pass_on(listen),
                // Nobody wants to know any more.
                Event::Input(None) => self.is_over = true,
                Event::Room => {}
                Event::Heard(Some(Ok(heard))) => {
                    self.note(&heard);
                    return Some(Ok(heard));
                }
                Event::Heard(Some(Err(error))) => self.fall(|attempt| {
                    attempt.fail(&error);
                    error
                }),
                Event::Heard(None) => self.fall(Attempt::break_off),
                Event::TimeOut => self.fall(Attempt::time_out),
            }
        }
        None
    }

    async fn event(&mut self) -> Event {
        let Some(Current {
            results,
            inbox,
            waiting,
            ..
        }) = self.current.as_mut()
        else {
            return Event::Heard(None);
        };
        let limit = self.owed.map(|(_, limit)| limit);
        let input = async {
            match self.input.as_mut() {
                Some(input) => input.recv().await,
                None => std::future::pending().await,
            }
        };
        let time_out = async {
            match limit {
                Some(limit) => sleep_until(limit).await,
                None => std::future::pending().await,
            }
        };
        let has_waiting = !waiting.is_empty();
        tokio::select! {
            biased;
            heard = results.next() => Event::Heard(heard),
            permit = inbox.reserve(), if has_waiting => {
                match (permit, waiting.pop_front()) {
                    (Ok(permit), Some(listen)) => permit.send(listen),
                    // It closed its inbox: its stream will tell why, or the time limit will.
                    _ => waiting.clear(),
                }
                Event::Room
            }
            listen = input => Event::Input(listen),
            () = time_out => Event::TimeOut,
        }
    }

    /// Gives the utterance so far to the next recogniser.
    fn start(&mut self) -> Result<(), EngineError> {
        let language = self.request.language;
        let Some((engine, mut attempt)) = self.walk.advance(|engine| engine.recognises(language)) else {
            return Err(self.walk.last_error());
        };
        let (inbox, receiver) = mpsc::channel(INBOX);
        let mut waiting = VecDeque::new();
        if self.kept.samples > 0 {
            waiting.push_back(Listen::Audio(self.kept.all()));
        }
        if self.walk.is_at_last() {
            // Nobody comes after it.
            self.kept = Kept::default();
        }
        if let Some((owed, limit)) = self.owed.as_mut() {
            waiting.push_back(match owed {
                Owed::View { pause } => Listen::Pause { pause: *pause },
                Owed::Final => Listen::End,
            });
            // The walk gives the last one time of its own.
            attempt.limit = attempt.limit.max(Instant::now());
            if !self.ahead.is_zero() {
                // Of a recording it has heard nothing yet.
                attempt.limit += self.heard;
            }
            *limit = attempt.limit;
        } else {
            // Nothing is due while the person speaks.
            attempt.waiting_since = None;
        }
        self.current = Some(Current {
            attempt,
            results: engine.listen(self.request.clone(), receiver),
            inbox,
            waiting,
        });
        Ok(())
    }

    fn pass_on(&mut self, listen: Listen) {
        let now = Instant::now();
        if let Listen::Audio(pcm) = &listen {
            self.heard += Duration::from_secs(1) * pcm.len() as u32 / HEARD_RATE;
            self.since.get_or_insert(now);
        }
        match &listen {
            Listen::Audio(pcm) if !self.walk.is_at_last() => self.kept.push(pcm.clone()),
            Listen::Audio(_) => {}
            Listen::Pause { pause } => self.owe(Owed::View { pause: *pause }, now),
            Listen::End => {
                self.input = None;
                self.owe(Owed::Final, now);
            }
        }
        if let Some(Current { inbox, waiting, .. }) = self.current.as_mut() {
            let listen = if waiting.is_empty() {
                match inbox.try_send(listen) {
                    Ok(()) => return,
                    Err(mpsc::error::TrySendError::Full(listen) | mpsc::error::TrySendError::Closed(listen)) => listen,
                }
            } else {
                listen
            };
            waiting.push_back(listen);
            while waiting.len() * WAITING_SAMPLES > KEPT_SAMPLES && matches!(waiting.front(), Some(Listen::Audio(_))) {
                waiting.pop_front();
            }
        }
    }

    fn owe(&mut self, owed: Owed, now: Instant) {
        let config = &self.links.config;
        let passed = self.since.map_or(Duration::ZERO, |since| now - since);
        self.ahead = self.heard.saturating_sub(passed + AT_ONCE);
        let ahead = self.ahead;
        // The pause that the turn ends with is still unanswered: one answer does for both, so there is no new time for it.
        let earlier = match (owed, self.owed) {
            (Owed::Final, Some((Owed::View { .. }, limit))) if !self.walk.is_at_last() => Some(limit),
            _ => None,
        };
        if earlier.is_none() {
            // All engines but the last share this time.
            self.walk.limit = now + ahead + config.first_result;
        }
        let mut limit = self.walk.limit;
        if let Some(current) = self.current.as_mut() {
            let name = current.attempt.name;
            let is_at_last = self.walk.is_at_last();
            limit = now
                + ahead
                + if is_at_last {
                    config.last_result
                } else {
                    self.links.patience(name, now)
                };
            limit = earlier.map_or(limit, |earlier| limit.min(earlier));
            current.attempt.started = now;
            current.attempt.waiting_since.get_or_insert(now);
            current.attempt.is_hurried = !is_at_last && self.links.is_slow(name, now);
            current.attempt.limit = limit;
        }
        self.owed = Some((owed, limit));
    }

    fn note(&mut self, heard: &Heard) {
        let Some(current) = self.current.as_mut() else {
            return;
        };
        match heard {
            Heard::Partial { .. } => {}
            Heard::View { pause, .. } => {
                current.attempt.note_result();
                self.owed.take_if(|(owed, _)| *owed == Owed::View { pause: *pause });
            }
            Heard::Final(_) => {
                current.attempt.note_result();
                current.attempt.succeed();
                self.current = None;
                self.is_over = true;
            }
        }
    }

    fn fall(&mut self, why: impl FnOnce(&mut Attempt) -> EngineError) {
        if let Some(Current { mut attempt, .. }) = self.current.take() {
            let error = why(&mut attempt);
            // A failure while the person is still speaking leaves the next recogniser all its time.
            if self.owed.is_none() {
                self.walk.limit = Instant::now() + self.links.config.first_result;
            }
            self.walk.note(attempt.name, error);
        }
    }
}

/// The shortest message of audio that is worth counting: 20 ms.
const WAITING_SAMPLES: usize = HEARD_RATE as usize / 50;

#[cfg(test)]
mod tests;

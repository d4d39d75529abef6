//! Engines that do as they are told, and an observer that writes down what it is told.

use std::sync::Mutex;
use std::time::Duration;

use futures::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::{ChainObserver, FailureClass, Service};
use crate::engine::{
    EngineError, HEARD_RATE, Heard, Listen, ListenRequest, Llm, ReplyPiece, ReplyRequest, Results, SpeakRequest,
    SpeechChunk, Stt, Transcript, Tts,
};
use crate::language::Language;

/// One thing that a fake engine does.
#[derive(Clone, Debug)]
pub(super) enum Act<T> {
    Give(T),
    /// In milliseconds.
    Wait(u64),
    Fail(EngineError),
    Hang,
    /// Ends the stream.
    End,
}

pub(super) fn broken() -> EngineError {
    EngineError::Failed {
        engine: "fake",
        reason: "broken".to_owned(),
    }
}

pub(super) fn unavailable() -> EngineError {
    EngineError::Unavailable {
        engine: "fake",
        reason: "away".to_owned(),
    }
}

pub(super) fn play<T: Send + 'static>(acts: Vec<Act<T>>) -> Results<T> {
    stream::unfold(acts.into_iter(), |mut acts| async move {
        loop {
            match acts.next()? {
                Act::Give(result) => return Some((Ok(result), acts)),
                Act::Fail(error) => return Some((Err(error), Vec::new().into_iter())),
                Act::Wait(ms) => sleep(Duration::from_millis(ms)).await,
                Act::Hang => std::future::pending().await,
                Act::End => return None,
            }
        }
    })
    .boxed()
}

pub(super) struct FakeLlm {
    pub name: &'static str,
    pub acts: Vec<Act<ReplyPiece>>,
}

impl Llm for FakeLlm {
    fn name(&self) -> &'static str {
        self.name
    }

    fn reply(&self, _request: ReplyRequest) -> Results<ReplyPiece> {
        play(self.acts.clone())
    }
}

pub(super) struct FakeTts {
    pub name: &'static str,
    pub speaks: bool,
    pub acts: Vec<Act<SpeechChunk>>,
    pub asked: Mutex<Vec<String>>,
}

impl Tts for FakeTts {
    fn name(&self) -> &'static str {
        self.name
    }

    fn speaks(&self, _language: Language) -> bool {
        self.speaks
    }

    fn is_cacheable(&self) -> bool {
        true
    }

    fn speak(&self, request: SpeakRequest) -> Results<SpeechChunk> {
        self.asked.lock().expect("not poisoned").push(request.text);
        play(self.acts.clone())
    }
}

/// How a fake recogniser fails, if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// It never says anything.
    Hangs,
    /// It breaks as soon as it hears something.
    BreaksOnAudio,
    /// It breaks at the end of the turn.
    BreaksAtTheEnd,
    /// It takes as long for a turn as the turn took to be said.
    HearsInRealTime,
    /// It doesn't even read its input.
    Deaf,
}

/// Reports how many samples it heard.
pub(super) struct FakeStt {
    pub name: &'static str,
    pub fault: Fault,
}

impl Stt for FakeStt {
    fn name(&self) -> &'static str {
        self.name
    }

    fn listen(&self, _request: ListenRequest, input: mpsc::Receiver<Listen>) -> Results<Heard> {
        let (name, fault) = (self.name, self.fault);
        if fault == Fault::Deaf {
            return stream::unfold(input, |input| async move {
                std::future::pending::<()>().await;
                drop(input);
                None
            })
            .boxed();
        }
        stream::unfold((input, 0, false), move |(mut input, mut samples, is_over)| async move {
            if is_over {
                return None;
            }
            loop {
                let heard = |samples: usize| Transcript {
                    text: format!("{name} heard {samples}"),
                    ..Transcript::default()
                };
                match input.recv().await? {
                    Listen::Audio(pcm) => {
                        samples += pcm.len();
                        if fault == Fault::BreaksOnAudio {
                            return Some((Err(broken()), (input, samples, true)));
                        }
                    }
                    _ if fault == Fault::Hangs => std::future::pending().await,
                    Listen::Pause { pause } => {
                        let view = Heard::View {
                            pause,
                            transcript: heard(samples),
                            fit: crate::engine::Fit::Complete,
                        };
                        return Some((Ok(view), (input, samples, false)));
                    }
                    Listen::End if fault == Fault::BreaksAtTheEnd => {
                        return Some((Err(broken()), (input, samples, true)));
                    }
                    Listen::End => {
                        if fault == Fault::HearsInRealTime {
                            sleep(Duration::from_secs(samples as u64 / u64::from(HEARD_RATE))).await;
                        }
                        return Some((Ok(Heard::Final(heard(samples))), (input, samples, true)));
                    }
                }
            }
        })
        .boxed()
    }
}

/// What an observer was told.
#[derive(Default)]
pub(super) struct Told(Mutex<Vec<String>>);

impl Told {
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("not poisoned"))
    }

    fn note(&self, line: String) {
        self.0.lock().expect("not poisoned").push(line);
    }
}

impl ChainObserver for Told {
    fn attempted(&self, service: Service, engine: &'static str) {
        self.note(format!("{service:?} {engine} asked"));
    }

    fn first_result(&self, service: Service, engine: &'static str, after: Duration) {
        self.note(format!("{service:?} {engine} first after {} ms", after.as_millis()));
    }

    fn failed(&self, service: Service, engine: &'static str, class: FailureClass) {
        self.note(format!("{service:?} {engine} {class:?}"));
    }

    fn fell_back(&self, service: Service, from: &'static str, to: &'static str) {
        self.note(format!("{service:?} {from} -> {to}"));
    }
}

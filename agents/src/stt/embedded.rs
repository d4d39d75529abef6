//! The embedded recogniser behind the [`Stt`] trait: [`crate::acoustic`] on threads of its own.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use futures::StreamExt;
use tokio::sync::{mpsc, oneshot};

use super::prepared::Prepared;
use crate::acoustic::{NAME, Pronouncer, Recognizer};
use crate::assessment::language::Grammars;
use crate::background::Niceness;
use crate::engine::{EngineError, Expected, Heard, Listen, ListenRequest, Results, Stt};
use crate::language::Language;

/// Recognises what is expected on the processor, with no network and no key.
///
/// A listener computes only while its stream is polled, one piece of work at a time. Dropping the stream cancels: what is
/// being computed is finished and thrown away.
#[derive(Clone)]
pub struct EmbeddedStt {
    pool: Arc<Pool>,
    pronouncer: Arc<Pronouncer>,
    prepared: Arc<Prepared>,
}

impl EmbeddedStt {
    /// With one thread a core and the pronunciations that `pronouncer` finds.
    pub fn new(pronouncer: Arc<Pronouncer>) -> std::io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self::with_threads(pronouncer, cores)
    }

    /// With a number of threads, at least one.
    pub fn with_threads(pronouncer: Arc<Pronouncer>, threads: usize) -> std::io::Result<Self> {
        Ok(Self {
            pool: Arc::new(Pool::start(threads.max(1))?),
            prepared: Arc::new(Prepared::new(Arc::clone(&pronouncer), None)),
            pronouncer,
        })
    }
}

impl EmbeddedStt {
    /// The same, which also hears the slips in expected answers that these rules know.
    pub fn with_grammars(self, grammars: Arc<Grammars>) -> Self {
        Self {
            prepared: Arc::new(Prepared::new(Arc::clone(&self.pronouncer), Some(grammars))),
            ..self
        }
    }
}

impl Stt for EmbeddedStt {
    fn name(&self) -> &'static str {
        NAME
    }

    /// Whether the sounds of the language can be told with those of the model.
    fn recognises(&self, language: Language) -> bool {
        self.pronouncer.speaks(language)
    }

    fn listen(&self, request: ListenRequest, input: mpsc::Receiver<Listen>) -> Results<Heard> {
        let listener = Listener {
            pool: Arc::clone(&self.pool),
            prepared: Arc::clone(&self.prepared),
            request,
            input,
            recognizer: None,
            heard: VecDeque::new(),
            ended: false,
        };
        futures::stream::unfold(listener, |mut listener| async move {
            let result = listener.next().await?;
            Some((result, listener))
        })
        .boxed()
    }

    /// Finds the pronunciations of the answers and puts them into networks, which takes espeak-ng and milliseconds.
    fn prepare(&self, language: Language, expected: Arc<Expected>) {
        let prepared = Arc::clone(&self.prepared);
        let submitted = self.pool.submit(Box::new(move || {
            if let Err(error) = prepared.expectation(language, &expected) {
                tracing::debug!(%error, "what is expected was not prepared");
            }
        }));
        if let Err(error) = submitted {
            tracing::debug!(%error, "what is expected was not prepared");
        }
    }
}

/// One utterance that is being listened to.
struct Listener {
    pool: Arc<Pool>,
    prepared: Arc<Prepared>,
    request: ListenRequest,
    input: mpsc::Receiver<Listen>,
    /// Away while the pool works with it; `None` before the first work too.
    recognizer: Option<Recognizer>,
    heard: VecDeque<Heard>,
    ended: bool,
}

/// What a listener has the pool do.
struct Work {
    audio: Vec<Arc<[i16]>>,
    ask: Option<Ask>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ask {
    View { pause: u32 },
    Final,
}

impl Listener {
    async fn next(&mut self) -> Option<Result<Heard, EngineError>> {
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return Some(Ok(heard));
            }
            if self.ended {
                return None;
            }
            let work = self.gather().await?;
            self.ended = work.ask == Some(Ask::Final);
            if let Err(error) = self.work(work).await {
                self.ended = true;
                return Some(Err(error));
            }
        }
    }

    /// Waits for enough audio to be worth a piece of work, or for a question. Nothing if the input closes before its end.
    async fn gather(&mut self) -> Option<Work> {
        let mut audio = Vec::new();
        let mut samples = 0;
        while samples < WORTHWHILE {
            match self.input.recv().await? {
                Listen::Audio(pcm) => {
                    samples += pcm.len();
                    audio.push(pcm);
                }
                Listen::Pause { pause } => {
                    return Some(Work {
                        audio,
                        ask: Some(Ask::View { pause }),
                    });
                }
                Listen::End => {
                    return Some(Work {
                        audio,
                        ask: Some(Ask::Final),
                    });
                }
            }
        }
        Some(Work { audio, ask: None })
    }

    async fn work(&mut self, work: Work) -> Result<(), EngineError> {
        let recognizer = self.recognizer.take();
        let request = self.request.clone();
        let prepared = Arc::clone(&self.prepared);
        let (answer, answered) = oneshot::channel();
        self.pool.submit(Box::new(move || {
            // The receiver is gone if the listener was dropped meanwhile.
            if !answer.is_closed() {
                let _ = answer.send(work.run(recognizer, &request, &prepared));
            }
        }))?;
        let (recognizer, heard) = answered.await.map_err(|_| EngineError::Failed {
            engine: NAME,
            reason: "the recogniser broke off".into(),
        })??;
        self.recognizer = Some(recognizer);
        self.heard.extend(heard);
        Ok(())
    }
}

impl Work {
    fn run(
        self,
        recognizer: Option<Recognizer>,
        request: &ListenRequest,
        prepared: &Prepared,
    ) -> Result<(Recognizer, Vec<Heard>), EngineError> {
        let mut recognizer = match recognizer {
            Some(recognizer) => recognizer,
            None => {
                let expectation = prepared.expectation(request.language, &request.expected)?;
                Recognizer::new(expectation)
            }
        };
        let mut heard = Vec::new();
        for pcm in self.audio {
            recognizer.hear(&pcm);
        }
        match self.ask {
            None => heard.extend(recognizer.poll_partial().map(|text| Heard::Partial { text })),
            Some(Ask::View { pause }) => {
                let view = recognizer.view();
                heard.push(Heard::View {
                    pause,
                    transcript: view.transcript,
                    fit: view.fit,
                });
            }
            Some(Ask::Final) => heard.push(Heard::Final(recognizer.view().transcript)),
        }
        Ok((recognizer, heard))
    }
}

/// A piece of work, and the span of whoever wants it done.
type Job = (tracing::Span, Box<dyn FnOnce() + Send>);

/// Threads that compute. They end when the pool is dropped.
struct Pool {
    jobs: SyncSender<Job>,
}

impl Pool {
    fn start(threads: usize) -> std::io::Result<Self> {
        let (jobs, queue) = sync_channel::<Job>(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        for number in 0..threads {
            let queue = Arc::clone(&queue);
            thread::Builder::new()
                .name(format!("acoustic-{number}"))
                .spawn(move || run_jobs(&queue))?;
        }
        Ok(Self { jobs })
    }

    fn submit(&self, job: Box<dyn FnOnce() + Send>) -> Result<(), EngineError> {
        self.jobs
            .try_send((tracing::Span::current(), job))
            .map_err(|error| EngineError::Unavailable {
                engine: NAME,
                reason: match error {
                    TrySendError::Full(_) => "too many listeners at once".into(),
                    TrySendError::Disconnected(_) => "its threads are gone".into(),
                },
            })
    }
}

fn run_jobs(queue: &Mutex<Receiver<Job>>) {
    Niceness::Awaited.give_way();
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((span, job)) = job else { return };
        let _entered = span.enter();
        // A bug in one utterance must not take the thread from all others; its listener sees the broken channel.
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("recognition of an utterance panicked");
        }
    }
}

/// Samples that are recognised at once while the person speaks: 100 ms.
const WORTHWHILE: usize = 1600;
/// Pieces of work that may wait. Every listener has at most one.
const QUEUE: usize = 4096;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::acoustic::SpokenWord;
    use crate::engine::{ExpectedPhrase, Fit};

    fn request() -> (Arc<Pronouncer>, ListenRequest) {
        let pronouncer = Pronouncer::with_program("no-such-program-here");
        let before = crate::acoustic::courtesy::before(Language::English);
        let after = crate::acoustic::courtesy::after(Language::English);
        for text in before.iter().chain(after).chain(&["yes please"]) {
            pronouncer.learn(
                Language::English,
                text,
                [SpokenWord::from_ipa(text, "j_ɛ_s_p_l_iː_z")].into(),
            );
        }
        let expected = Expected {
            phrases: vec![ExpectedPhrase {
                text: "yes please".into(),
                spoken: None,
            }],
            vocabulary: Vec::new(),
        };
        let request = ListenRequest {
            language: Language::English,
            expected: Arc::new(expected),
        };
        (Arc::new(pronouncer), request)
    }

    async fn all(stt: &EmbeddedStt, request: ListenRequest, said: Vec<Listen>) -> Vec<Result<Heard, EngineError>> {
        let (speak, input) = mpsc::channel(16);
        let results = stt.listen(request, input);
        let (_, heard) = futures::future::join(
            async move {
                for listen in said {
                    speak.send(listen).await.ok();
                }
            },
            results.collect::<Vec<_>>(),
        )
        .await;
        heard
    }

    #[tokio::test]
    async fn silence_gets_a_view_and_a_final_without_words() {
        let (pronouncer, request) = request();
        let stt = EmbeddedStt::with_threads(pronouncer, 1).unwrap();
        let quiet: Arc<[i16]> = vec![0; 4000].into();
        let heard = all(
            &stt,
            request,
            vec![Listen::Audio(quiet), Listen::Pause { pause: 1 }, Listen::End],
        )
        .await;
        assert_eq!(
            heard,
            [
                Ok(Heard::View {
                    pause: 1,
                    transcript: Default::default(),
                    fit: Fit::Unlisted { open: false }
                }),
                Ok(Heard::Final(Default::default())),
            ]
        );
    }

    #[tokio::test]
    async fn an_input_that_closes_early_ends_the_stream() {
        let (pronouncer, request) = request();
        let stt = EmbeddedStt::with_threads(pronouncer, 1).unwrap();
        assert_eq!(all(&stt, request, vec![Listen::Audio(vec![0; 100].into())]).await, []);
    }

    #[tokio::test]
    async fn a_language_it_cannot_pronounce_is_an_error() {
        let (pronouncer, mut request) = request();
        request.language = Language::Japanese;
        let stt = EmbeddedStt::with_threads(pronouncer, 1).unwrap();
        let heard = all(&stt, request, vec![Listen::End]).await;
        assert!(
            matches!(heard.as_slice(), [Err(EngineError::Unsupported { .. })]),
            "{heard:?}"
        );
    }

    #[tokio::test]
    async fn a_missing_espeak_ng_is_an_error() {
        let (pronouncer, mut request) = request();
        request.language = Language::French;
        let stt = EmbeddedStt::with_threads(pronouncer, 1).unwrap();
        let heard = all(&stt, request, vec![Listen::Pause { pause: 1 }]).await;
        assert!(
            matches!(heard.as_slice(), [Err(EngineError::Unsupported { .. })]),
            "{heard:?}"
        );
    }

    #[tokio::test]
    async fn a_job_that_panics_leaves_the_pool_working() {
        let pool = Pool::start(1).unwrap();
        pool.submit(Box::new(|| panic!("expected in this test"))).unwrap();
        let (answer, answered) = oneshot::channel();
        pool.submit(Box::new(move || answer.send(7).unwrap())).unwrap();
        assert_eq!(answered.await, Ok(7));
    }
}

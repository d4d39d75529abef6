//! The embedded recogniser behind the [`Stt`] trait: [`crate::acoustic`] on threads of its own.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use futures::StreamExt;
use tokio::sync::mpsc;

use super::likely_slips::LikelySlips;
use super::pool::Pool;
use super::prepared::Prepared;
use crate::acoustic::{Expectation, NAME, Pronouncer, Recognizer};
use crate::assessment::language::Grammars;
use crate::engine::{EngineError, Expected, Heard, Listen, ListenRequest, Results, Stt};
use crate::language::Language;

/// Recognises what is expected on the processor, with no network and no key.
///
/// A listener computes only while its stream is polled, one piece of work at a time. Dropping the stream cancels: what is
/// being computed is finished and thrown away.
#[derive(Clone)]
pub struct EmbeddedStt {
    /// Recognises.
    pool: Arc<Pool>,
    /// Makes ready what is expected, which takes espeak-ng a tenth of a second and more where it is new: nobody else's
    /// utterance waits for that.
    preparing: Arc<Pool>,
    pronouncer: Arc<Pronouncer>,
    prepared: Arc<Prepared>,
    waits: Waits,
}

/// Told how long a piece of an utterance waited for a thread.
type Waits = Arc<dyn Fn(Duration) + Send + Sync>;

impl EmbeddedStt {
    /// With one thread a core, as many more that make ready what is expected, and the pronunciations that `pronouncer` finds.
    pub fn new(pronouncer: Arc<Pronouncer>) -> std::io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self::with_threads(pronouncer, cores)
    }

    /// With a number of threads of each kind, at least one.
    pub fn with_threads(pronouncer: Arc<Pronouncer>, threads: usize) -> std::io::Result<Self> {
        Ok(Self {
            pool: Arc::new(Pool::start("acoustic", threads.max(1))?),
            preparing: Arc::new(Pool::start("expected", threads.max(1))?),
            prepared: Arc::new(Prepared::new(Arc::clone(&pronouncer), None)),
            pronouncer,
            waits: Arc::new(|_| {}),
        })
    }

    /// The same, which tells how long each piece of an utterance waits for a thread that recognises it.
    pub fn telling_waits(self, waits: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        Self {
            waits: Arc::new(waits),
            ..self
        }
    }

    /// The same, which also hears the slips in expected answers that these rules know.
    pub fn with_grammars(self, grammars: Arc<Grammars>) -> std::io::Result<Self> {
        let slips = LikelySlips::start(Arc::clone(&self.pronouncer), grammars)?;
        Ok(Self {
            prepared: Arc::new(Prepared::new(Arc::clone(&self.pronouncer), Some(slips))),
            ..self
        })
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
            preparing: Arc::clone(&self.preparing),
            prepared: Arc::clone(&self.prepared),
            waits: Arc::clone(&self.waits),
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
        if self.prepared.ready(language, &expected).is_some() {
            return;
        }
        let prepared = Arc::clone(&self.prepared);
        let submitted = self.preparing.submit(move || {
            if let Err(error) = prepared.expectation(language, &expected) {
                tracing::debug!(%error, "what is expected was not prepared");
            }
        });
        if let Err(error) = submitted {
            tracing::debug!(%error, "what is expected was not prepared");
        }
    }
}

/// One utterance that is being listened to.
struct Listener {
    pool: Arc<Pool>,
    preparing: Arc<Pool>,
    prepared: Arc<Prepared>,
    waits: Waits,
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

    /// Waits for enough audio to be worth a piece of work, or for a question, and takes whatever waits already: where work waits for a thread,
    /// the next piece makes up for it. Nothing if the input closes before its end.
    async fn gather(&mut self) -> Option<Work> {
        let mut audio = Vec::new();
        let mut samples = 0;
        loop {
            let heard = match samples < WORTHWHILE {
                true => self.input.recv().await?,
                false => match self.input.try_recv() {
                    Ok(heard) => heard,
                    Err(_) => return Some(Work { audio, ask: None }),
                },
            };
            let ask = match heard {
                Listen::Audio(pcm) => {
                    samples += pcm.len();
                    audio.push(pcm);
                    continue;
                }
                Listen::Pause { pause } => Ask::View { pause },
                Listen::End => Ask::Final,
            };
            return Some(Work { audio, ask: Some(ask) });
        }
    }

    async fn work(&mut self, work: Work) -> Result<(), EngineError> {
        let recognizer: Box<dyn FnOnce() -> Recognizer + Send> = match self.recognizer.take() {
            Some(recognizer) => Box::new(|| recognizer),
            None => {
                let expectation = self.expectation().await?;
                Box::new(|| Recognizer::new(expectation))
            }
        };
        let (asked, waits) = (Instant::now(), Arc::clone(&self.waits));
        let run = move || {
            waits(asked.elapsed());
            work.run(recognizer())
        };
        let (recognizer, heard) = self.pool.compute(run).await?;
        self.recognizer = Some(recognizer);
        self.heard.extend(heard);
        Ok(())
    }

    /// What is expected, once it is ready. What is said meanwhile waits in the input.
    async fn expectation(&self) -> Result<Arc<Expectation>, EngineError> {
        let ListenRequest { language, expected } = self.request.clone();
        if let Some(ready) = self.prepared.ready(language, &expected) {
            return Ok(ready);
        }
        let prepared = Arc::clone(&self.prepared);
        let made = move || prepared.expectation(language, &expected);
        self.preparing.compute(made).await?
    }
}

impl Work {
    fn run(self, mut recognizer: Recognizer) -> (Recognizer, Vec<Heard>) {
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
        (recognizer, heard)
    }
}

/// Samples that are recognised at once while the person speaks: 100 ms.
const WORTHWHILE: usize = 1600;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    use futures::FutureExt;

    use super::*;
    use crate::acoustic::SpokenWord;
    use crate::engine::{ExpectedPhrase, Fit};

    fn request() -> (Arc<Pronouncer>, ListenRequest) {
        let pronouncer = Pronouncer::with_program("no-such-program-here");
        let request = learned(&pronouncer);
        (Arc::new(pronouncer), request)
    }

    /// For "yes please", of which the pronunciation is told.
    fn learned(pronouncer: &Pronouncer) -> ListenRequest {
        let before = crate::acoustic::courtesy::before(Language::English).iter();
        let after = crate::acoustic::courtesy::after(Language::English).iter().copied();
        for text in before.map(|before| before.text()).chain(after).chain(["yes please"]) {
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
                leaves: false,
                instead_of: None,
            }],
            vocabulary: Vec::new(),
        };
        ListenRequest {
            language: Language::English,
            expected: Arc::new(expected),
        }
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
    async fn what_came_while_a_piece_waited_is_one_piece_and_each_tells_how_long_it_waited() {
        let (pronouncer, request) = request();
        let (told, waits) = std::sync::mpsc::channel();
        let stt = EmbeddedStt::with_threads(pronouncer, 1).unwrap();
        let stt = stt.telling_waits(move |wait| told.send(wait).unwrap());
        // What is expected is there from now on.
        all(&stt, request.clone(), vec![Listen::End]).await;
        assert_eq!(waits.try_iter().count(), 1);
        let (leave, hold) = std::sync::mpsc::channel::<()>();
        stt.pool
            .submit(move || {
                let _ = hold.recv();
            })
            .unwrap();
        let (speak, input) = mpsc::channel(16);
        let mut results = stt.listen(request, input);
        let piece: Arc<[i16]> = vec![0; WORTHWHILE].into();
        speak.send(Listen::Audio(Arc::clone(&piece))).await.unwrap();
        let asked = Instant::now();
        assert!(results.next().now_or_never().is_none(), "it waits for the thread");
        let waited_from = Instant::now();
        for _ in 0..3 {
            speak.send(Listen::Audio(Arc::clone(&piece))).await.unwrap();
        }
        speak.send(Listen::End).await.unwrap();
        let least = waited_from.elapsed();
        drop(leave);
        let heard: Vec<_> = results.collect().await;
        assert_eq!(heard, [Ok(Heard::Final(Default::default()))]);
        let waits: Vec<Duration> = waits.try_iter().collect();
        assert_eq!(waits.len(), 2, "{waits:?}");
        assert!(waits[0] >= least && waits[0] <= asked.elapsed(), "{waits:?}");
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

    /// A program of espeak-ng's interface that says nothing until `leave` is there, and then fails.
    fn hanging(leave: &Path) -> PathBuf {
        let program = leave.with_file_name("espeak");
        let script = format!(
            "#!/bin/sh\nwhile [ ! -e '{}' ]; do sleep 0.01; done\nexit 1\n",
            leave.display()
        );
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        program
    }

    #[tokio::test]
    async fn nobody_waits_for_what_others_expect_to_be_made_ready() {
        let directory = tempfile::tempdir().unwrap();
        let leave = directory.path().join("leave");
        let pronouncer = Pronouncer::with_program(hanging(&leave).to_str().unwrap());
        let request = learned(&pronouncer);
        let stt = EmbeddedStt::with_threads(Arc::new(pronouncer), 1).unwrap();
        let other = Arc::new(Expected {
            phrases: vec![ExpectedPhrase {
                text: "whatever this may be".into(),
                spoken: None,
                leaves: false,
                instead_of: None,
            }],
            vocabulary: Vec::new(),
        });
        assert_eq!(all(&stt, request.clone(), vec![Listen::End]).await.len(), 1);
        stt.prepare(Language::English, Arc::clone(&other));
        let mut others = tokio::spawn({
            let (stt, request) = (
                stt.clone(),
                ListenRequest {
                    expected: other,
                    ..request.clone()
                },
            );
            async move { all(&stt, request, vec![Listen::End]).await }
        });
        // Would wait for ever if it had to.
        let heard = all(&stt, request, vec![Listen::End]).await;
        assert_eq!(heard, [Ok(Heard::Final(Default::default()))]);
        assert!(
            (&mut others).now_or_never().is_none(),
            "the other one is still waited for"
        );
        fs::write(&leave, "").unwrap();
        let heard = others.await.unwrap();
        assert!(
            matches!(heard.as_slice(), [Err(EngineError::Failed { .. })]),
            "{heard:?}"
        );
    }
}

//! Dialogue models in a chain.
//!
//! A model that fails before it has said anything is replaced. One that fails in the middle has already been heard, so what
//! it said stays:
//! * If that ends with a sentence, it is the reply. The next model is only asked where the scenario goes.
//! * If it ends inside a sentence, the sentence is broken off with "…", as people do, and the next model gives its whole
//!   reply after it, which takes the conversation on. A translation is the next model's, of its own words.

use std::sync::Arc;

use futures::{StreamExt, stream};

use super::{Attempt, ChainConfig, ChainObserver, Links, Service, Walk};
use crate::engine::{EngineError, Llm, ReplyPiece, ReplyRequest, Results};

/// Dialogue models in order of preference.
pub struct FallbackLlm {
    links: Arc<Links<dyn Llm>>,
}

impl FallbackLlm {
    /// A chain of models, the most trusted last.
    pub fn new(
        engines: Vec<Arc<dyn Llm>>,
        config: ChainConfig,
        observer: Arc<dyn ChainObserver>,
    ) -> Self {
        Self {
            links: Links::new(
                Service::Llm,
                engines,
                |engine| engine.name(),
                config,
                observer,
            ),
        }
    }
}

impl Llm for FallbackLlm {
    /// The name of the preferred model.
    fn name(&self) -> &'static str {
        self.links.name()
    }

    fn reply(&self, request: ReplyRequest) -> Results<ReplyPiece> {
        let replying = Replying {
            walk: Walk::new(self.links.clone()),
            request,
            current: None,
            said: Said::Nothing,
            has_repeated: false,
            is_over: false,
        };
        stream::unfold(replying, |mut replying| async move {
            replying.next().await.map(|piece| (piece, replying))
        })
        .boxed()
    }
}

/// One reply on its way along the chain.
struct Replying {
    walk: Walk<dyn Llm>,
    request: ReplyRequest,
    current: Option<(Attempt, Results<ReplyPiece>)>,
    said: Said,
    has_repeated: bool,
    is_over: bool,
}

/// What has been said of the reply.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    /// It ends with a sentence.
    Sentence,
    /// It ends inside a sentence.
    Clause,
    /// The sentence was broken off; the next model has not said anything yet.
    BrokenOff,
    /// The reply of a model that failed stands as it is.
    Enough,
}

impl Replying {
    async fn next(&mut self) -> Option<Result<ReplyPiece, EngineError>> {
        while !self.is_over {
            let Some((attempt, results)) = self.current.as_mut() else {
                match self.start() {
                    Some(piece) => return Some(piece),
                    None => continue,
                }
            };
            match attempt.next(results).await {
                Ok(Some(piece)) => {
                    if let Some(piece) = self.take(piece) {
                        return Some(Ok(piece));
                    }
                }
                Ok(None) => {
                    let error = attempt.break_off();
                    self.fall(error);
                }
                Err(error) => self.fall(error),
            }
        }
        None
    }

    /// Asks the next model. After a sentence that was broken off, that is the next thing to give.
    fn start(&mut self) -> Option<Result<ReplyPiece, EngineError>> {
        let Some((engine, attempt)) = self.walk.advance(|_| true) else {
            self.is_over = true;
            return Some(if self.said == Said::Nothing {
                Err(self.walk.last_error())
            } else {
                // Something was said: it is a reply, after which the scenario stands where it stood.
                let progress = self.request.progress.clone();
                Ok(ReplyPiece::Done { progress })
            });
        };
        self.current = Some((attempt, engine.reply(self.request.clone())));
        match self.said {
            Said::Nothing | Said::BrokenOff | Said::Enough => None,
            Said::Sentence => {
                self.said = Said::Enough;
                None
            }
            Said::Clause => {
                self.said = Said::BrokenOff;
                Some(Ok(ReplyPiece::Text("… ".to_owned())))
            }
        }
    }

    fn take(&mut self, piece: ReplyPiece) -> Option<ReplyPiece> {
        match &piece {
            ReplyPiece::Text(_) | ReplyPiece::Translation(_) if self.said == Said::Enough => {
                return None;
            }
            ReplyPiece::Text(text) => {
                if let Some(last) = text.trim_end_matches(is_closing).chars().next_back() {
                    let ends = matches!(last, '.' | '!' | '?' | '…' | '。' | '！' | '？');
                    self.said = if ends { Said::Sentence } else { Said::Clause };
                }
            }
            ReplyPiece::Translation(_) => {}
            ReplyPiece::Done { .. } => {
                self.is_over = true;
                if let Some((mut attempt, _)) = self.current.take() {
                    attempt.succeed();
                }
            }
        }
        Some(piece)
    }

    fn fall(&mut self, error: EngineError) {
        if let Some((attempt, _)) = self.current.take() {
            if attempt.is_worth_repeating(&error)
                && !std::mem::replace(&mut self.has_repeated, true)
            {
                self.walk.step_back();
            } else {
                self.has_repeated = false;
            }
            self.walk.note(attempt.name, error);
        }
    }
}

fn is_closing(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '’' | '”' | '»' | ')' | '」' | '』')
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::super::fakes::{Act, FakeLlm, Told, broken, unavailable};
    use super::*;
    use crate::engine::Occasion;
    use crate::language::Language;
    use crate::scenario::{Progress, Script};

    fn request() -> ReplyRequest {
        ReplyRequest {
            script: Script::sample(),
            progress: Progress::default(),
            native_language: Language::English,
            history: Vec::new(),
            occasion: Occasion::Opener,
        }
    }

    fn text(text: &str) -> Act<ReplyPiece> {
        Act::Give(ReplyPiece::Text(text.to_owned()))
    }

    fn done(step: usize) -> Act<ReplyPiece> {
        Act::Give(ReplyPiece::Done {
            progress: Progress {
                step,
                ..Progress::default()
            },
        })
    }

    struct Test {
        chain: FallbackLlm,
        told: Arc<Told>,
    }

    impl Test {
        fn new(engines: Vec<(&'static str, Vec<Act<ReplyPiece>>)>) -> Self {
            let told = Arc::new(Told::default());
            let engines = engines
                .into_iter()
                .map(|(name, acts)| Arc::new(FakeLlm { name, acts }) as Arc<dyn Llm>)
                .collect();
            Self {
                chain: FallbackLlm::new(engines, ChainConfig::default(), told.clone()),
                told,
            }
        }

        /// What the reply is, and after how many milliseconds each piece of it came.
        async fn reply(&self) -> Vec<(u64, String)> {
            let started = Instant::now();
            let mut pieces = Vec::new();
            let mut results = self.chain.reply(request());
            while let Some(piece) = results.next().await {
                let shown = match piece {
                    Ok(ReplyPiece::Text(text)) => text,
                    Ok(ReplyPiece::Translation(text)) => format!("({text})"),
                    Ok(ReplyPiece::Done { progress }) => format!("done at {}", progress.step),
                    Err(error) => error.to_string(),
                };
                pieces.push((started.elapsed().as_millis() as u64, shown));
            }
            pieces
        }
    }

    fn at(pieces: &[(u64, &str)]) -> Vec<(u64, String)> {
        pieces
            .iter()
            .map(|(at, piece)| (*at, (*piece).to_owned()))
            .collect()
    }

    const EMBEDDED: &str = "Très bien. Une table ?";

    fn embedded() -> (&'static str, Vec<Act<ReplyPiece>>) {
        ("embedded", vec![text(EMBEDDED), done(1)])
    }

    #[tokio::test(start_paused = true)]
    async fn the_preferred_model_replies() {
        let test = Test::new(vec![
            (
                "cloud",
                vec![
                    Act::Wait(300),
                    text("Bonsoir"),
                    Act::Wait(1400),
                    text(" !"),
                    done(2),
                ],
            ),
            embedded(),
        ]);
        assert_eq!(
            test.reply().await,
            at(&[(300, "Bonsoir"), (1700, " !"), (1700, "done at 2")])
        );
        assert_eq!(
            test.told.take(),
            ["Llm cloud asked", "Llm cloud first after 300 ms"]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_model_that_hangs_is_replaced_in_time() {
        let test = Test::new(vec![
            ("cloud", vec![Act::Hang]),
            ("other", vec![Act::Hang]),
            embedded(),
        ]);
        assert_eq!(
            test.reply().await,
            at(&[(1500, EMBEDDED), (1500, "done at 1")])
        );
        assert_eq!(
            test.told.take(),
            [
                "Llm cloud asked",
                "Llm cloud TimedOut",
                "Llm embedded asked",
                "Llm cloud -> embedded",
                "Llm embedded first after 0 ms"
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_model_that_refuses_is_replaced_at_once() {
        let test = Test::new(vec![("cloud", vec![Act::Fail(broken())]), embedded()]);
        assert_eq!(test.reply().await, at(&[(0, EMBEDDED), (0, "done at 1")]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_model_that_is_away_is_asked_once_more_while_there_is_time() {
        let test = Test::new(vec![
            ("cloud", vec![Act::Wait(100), Act::Fail(unavailable())]),
            embedded(),
        ]);
        assert_eq!(
            test.reply().await,
            at(&[(200, EMBEDDED), (200, "done at 1")])
        );
        let test = Test::new(vec![
            ("cloud", vec![Act::Wait(600), Act::Fail(unavailable())]),
            embedded(),
        ]);
        assert_eq!(
            test.reply().await,
            at(&[(600, EMBEDDED), (600, "done at 1")])
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_sentence_that_breaks_off_is_followed_by_a_whole_reply() {
        for end in [Act::Hang, Act::End, Act::Fail(broken())] {
            let wait = if matches!(end, Act::Hang) { 1500 } else { 0 };
            let test = Test::new(vec![("cloud", vec![text("Je vous app"), end]), embedded()]);
            assert_eq!(
                test.reply().await,
                at(&[
                    (0, "Je vous app"),
                    (wait, "… "),
                    (wait, EMBEDDED),
                    (wait, "done at 1")
                ])
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_sentence_that_is_whole_is_the_reply_and_the_scenario_goes_on() {
        let test = Test::new(vec![
            ("cloud", vec![text("Vous êtes combien ? "), Act::End]),
            embedded(),
        ]);
        assert_eq!(
            test.reply().await,
            at(&[(0, "Vous êtes combien ? "), (0, "done at 1")])
        );
    }

    #[tokio::test(start_paused = true)]
    async fn when_all_fail_the_last_error_is_told() {
        let test = Test::new(vec![
            ("cloud", vec![Act::Fail(broken())]),
            ("embedded", vec![Act::Hang]),
        ]);
        assert_eq!(
            test.reply().await,
            at(&[(1500, "embedded is unavailable: no result in time")])
        );
        assert_eq!(
            Test::new(vec![]).reply().await,
            at(&[(0, "chain can't do this: no engine can do this")])
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_model_that_keeps_failing_is_left_alone_and_then_tried_again() {
        let test = Test::new(vec![("cloud", vec![Act::Hang]), embedded()]);
        for _ in 0..3 {
            assert_eq!(test.reply().await[0], (1500, EMBEDDED.to_owned()));
        }
        assert_eq!(
            test.reply().await[0],
            (0, EMBEDDED.to_owned()),
            "its breaker is open"
        );
        tokio::time::advance(Duration::from_secs(5)).await;
        test.told.take();
        assert_eq!(test.reply().await[0], (1500, EMBEDDED.to_owned()));
        assert_eq!(test.told.take()[0], "Llm cloud asked");
    }

    #[tokio::test(start_paused = true)]
    async fn a_reply_that_is_dropped_says_nothing_about_its_model() {
        let test = Test::new(vec![("cloud", vec![Act::Hang]), embedded()]);
        for _ in 0..10 {
            let mut results = test.chain.reply(request());
            assert!(
                tokio::time::timeout(Duration::from_millis(500), results.next())
                    .await
                    .is_err()
            );
        }
        test.told.take();
        test.reply().await;
        assert_eq!(test.told.take()[0], "Llm cloud asked");
    }
}

//! Dialogue models in a chain.
//!
//! A model that fails before it has given a phrase that can be spoken is replaced, and what it began is dropped: nobody has heard
//! it. One that fails later has already been heard, so what it said stays:
//! * If that ends with a sentence, it is the reply. The next model is only asked where the scenario goes.
//! * If it ends inside a sentence, the sentence is broken off with "…", as people do, and the next model gives its whole
//!   reply after it, which takes the conversation on. A translation is the next model's, of its own words.
//!
//! Words that fill the time while something is looked up ([`ReplyPiece::Aside`]) are no reply: after them the next model gives
//! its whole one.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::{StreamExt, stream};
use tokio::time::Instant;

use super::{Attempt, ChainConfig, ChainObserver, Health, LinkStatus, Links, Service, Walk};
use crate::engine::{EngineError, Llm, ReplyPiece, ReplyRequest, Results};
use crate::language::Language;
use crate::phrase::PhraseSplitter;

/// Dialogue models in order of preference.
pub struct FallbackLlm {
    links: Arc<Links<dyn Llm>>,
}

impl FallbackLlm {
    /// A chain of models, the most trusted last.
    pub fn new(
        engines: Vec<Arc<dyn Llm>>,
        config: ChainConfig,
        health: Arc<Health>,
        observer: Arc<dyn ChainObserver>,
    ) -> Self {
        Self {
            links: Links::new(Service::Llm, engines, |engine| engine.name(), config, health, observer),
        }
    }

    /// What is known of its models, in order.
    pub fn status(&self) -> Vec<LinkStatus> {
        self.links.status()
    }
}

impl Llm for FallbackLlm {
    /// The name of the preferred model.
    fn name(&self) -> &'static str {
        self.links.name()
    }

    /// Only where all models agree: any of them may make the reply.
    fn translates_into(&self, native: Language) -> Option<Language> {
        let mut languages = self.links.links.iter().map(|link| link.engine.translates_into(native));
        let first = languages.next()?;
        first.filter(|_| languages.all(|other| other == first))
    }

    fn reply(&self, request: ReplyRequest) -> Results<ReplyPiece> {
        let replying = Replying {
            walk: Walk::new(self.links.clone()),
            request,
            current: None,
            said: Said::Nothing,
            opening: None,
            ready: VecDeque::new(),
            has_repeated: false,
            is_continued: false,
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
    /// Of the model at work, until it has given a phrase that can be spoken.
    opening: Option<Opening>,
    /// What is to be given next.
    ready: VecDeque<ReplyPiece>,
    has_repeated: bool,
    /// Whether something was said before the model at work began.
    is_continued: bool,
    is_over: bool,
}

/// The first words of a model: nobody could speak them before they are a phrase, so they are held back until then.
struct Opening {
    splitter: PhraseSplitter,
    text: String,
    limit: Instant,
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
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return Some(Ok(piece));
            }
            if self.is_over {
                return None;
            }
            let Some((attempt, results)) = self.current.as_mut() else {
                match self.start() {
                    Some(piece) => return Some(piece),
                    None => continue,
                }
            };
            let latest = self.opening.as_ref().map(|opening| opening.limit);
            match attempt.next_before(results, latest).await {
                Ok(Some(piece)) => self.take(piece),
                Ok(None) => {
                    let error = attempt.break_off();
                    self.fall(error);
                }
                Err(error) => self.fall(error),
            }
        }
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
        // Nobody stands in for the last one.
        let config = &self.walk.links.config;
        let patience = match attempt.is_hurried {
            true => config.slow_result * 2,
            false => config.first_phrase,
        };
        self.opening = (!self.walk.is_at_last()).then(|| Opening {
            splitter: PhraseSplitter::new(self.request.script.language()),
            text: String::new(),
            limit: attempt.started + patience,
        });
        if self.said != Said::Nothing {
            self.is_continued = true;
            // It may have been said already.
            self.request.guidance.correction = None;
        }
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

    fn take(&mut self, piece: ReplyPiece) {
        let piece = match (self.opening.take(), piece) {
            (Some(mut opening), ReplyPiece::Text(text)) => {
                opening.splitter.push(&text);
                opening.text.push_str(&text);
                if opening.splitter.poll_phrase().is_none() {
                    self.opening = Some(opening);
                    return;
                }
                ReplyPiece::Text(opening.text)
            }
            // What is not text ends the first phrase, too.
            (Some(opening), piece) => {
                if !opening.text.is_empty() {
                    self.give(ReplyPiece::Text(opening.text));
                }
                piece
            }
            (None, piece) => piece,
        };
        self.give(piece);
    }

    fn give(&mut self, mut piece: ReplyPiece) {
        match &mut piece {
            ReplyPiece::Done { .. } => {
                self.is_over = true;
                if let Some((mut attempt, _)) = self.current.take() {
                    attempt.succeed();
                }
            }
            _ if self.said == Said::Enough => return,
            ReplyPiece::Text(text) => {
                if let Some(last) = text.trim_end_matches(is_closing).chars().next_back() {
                    let ends = matches!(last, '.' | '!' | '?' | '…' | '。' | '！' | '？');
                    self.said = if ends { Said::Sentence } else { Said::Clause };
                }
            }
            ReplyPiece::Aside(_) => self.is_continued = true,
            // They are counted from where this model began.
            ReplyPiece::Insights(insights) if self.is_continued => insights.lines.clear(),
            ReplyPiece::Insights(_) | ReplyPiece::Act(_) | ReplyPiece::Translation(_) => {}
        }
        self.ready.push_back(piece);
    }

    fn fall(&mut self, error: EngineError) {
        if let Some((attempt, _)) = self.current.take() {
            if attempt.is_worth_repeating(&error) && !std::mem::replace(&mut self.has_repeated, true) {
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
mod tests;

//! Dialogue models in a chain.
//!
//! A model that fails before it has said anything is replaced. One that fails in the middle has already been heard, so what
//! it said stays:
//! * If that ends with a sentence, it is the reply. The next model is only asked where the scenario goes.
//! * If it ends inside a sentence, the sentence is broken off with "…", as people do, and the next model gives its whole
//!   reply after it, which takes the conversation on. A translation is the next model's, of its own words.

use std::sync::Arc;

use futures::{StreamExt, stream};

use super::{Attempt, ChainConfig, ChainObserver, Health, LinkStatus, Links, Service, Walk};
use crate::engine::{EngineError, Llm, ReplyPiece, ReplyRequest, Results};
use crate::language::Language;

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
            ReplyPiece::Text(_) | ReplyPiece::Translation(_) | ReplyPiece::Insights(_) if self.said == Said::Enough => {
                return None;
            }
            ReplyPiece::Text(text) => {
                if let Some(last) = text.trim_end_matches(is_closing).chars().next_back() {
                    let ends = matches!(last, '.' | '!' | '?' | '…' | '。' | '！' | '？');
                    self.said = if ends { Said::Sentence } else { Said::Clause };
                }
            }
            ReplyPiece::Translation(_) | ReplyPiece::Insights(_) => {}
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

//! Dialogue models in a chain.
//!
//! A model that fails before it has given a phrase that can be spoken is replaced, and what it began is dropped: nobody has heard
//! it. One that fails later has already been heard, so what it said stays:
//! * If that ends with a sentence, it is the reply. The next model is only asked where the scenario goes.
//! * If it ends inside a sentence, the sentence is broken off with "…", as people do, and the next model gives its whole
//!   reply after it, which takes the conversation on. A translation is the next model's, of its own words.
//!
//! Words that fill the time while something is looked up ([`ReplyPiece::Aside`]) are no reply, nor are those before them: after
//! them the next model gives its whole one.
//!
//! The time that a model has is counted from what can be heard of it: from the last phrase that was whole, to the end of which it
//! takes a voice some time to say it. Signs that it is at work win it none.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::{StreamExt, stream};
use tokio::time::Instant;

use super::attempt::Attempt;
use super::walk::{Links, Walk};
use super::{ChainConfig, ChainObserver, Health, LinkStatus, Service};
use crate::engine::{EngineError, Llm, ReplyPiece, ReplyRequest, Results};
use crate::language::Language;
use crate::phrase::PhraseSplitter;
use crate::silence::Silence;

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
        let replying = Replying::new(Walk::new(self.links.clone()), request);
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
    /// Whether any words of a reply were given.
    has_words: bool,
    /// Cuts the words into phrases, as the mind will: only those can be heard.
    splitter: PhraseSplitter,
    /// From when on nothing is heard.
    silence: Silence,
    /// Of the model at work, until it has given a phrase that can be spoken.
    opening: Option<Opening>,
    /// What is to be given next.
    ready: VecDeque<ReplyPiece>,
    has_repeated: bool,
    /// Whether something was said before the model at work began.
    is_continued: bool,
    is_over: bool,
}

/// The first words of a model, or those after a phrase that it ended: nobody could speak them before they are a phrase, so they
/// are held back until then.
struct Opening {
    text: String,
    /// As it was before them.
    splitter: PhraseSplitter,
    limit: Instant,
}

/// What has been said of the reply.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    /// Only what fills the time.
    Aside,
    /// It ends with a sentence.
    Sentence,
    /// It ends inside a sentence.
    Clause,
    /// What was said before the next model began, if it was broken off with that said; that model has not said anything yet.
    Before,
    /// The reply of a model that failed stands as it is.
    Enough,
}

impl Replying {
    fn new(walk: Walk<dyn Llm>, request: ReplyRequest) -> Self {
        Self {
            splitter: PhraseSplitter::new(request.script.language()),
            walk,
            request,
            current: None,
            said: Said::Nothing,
            has_words: false,
            silence: Silence::default(),
            opening: None,
            ready: VecDeque::new(),
            has_repeated: false,
            is_continued: false,
            is_over: false,
        }
    }

    async fn next(&mut self) -> Option<Result<ReplyPiece, EngineError>> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return Some(Ok(piece));
            }
            if self.is_over {
                return None;
            }
            let due = self.due(Instant::now());
            let Some((attempt, results)) = self.current.as_mut() else {
                match self.start() {
                    Some(piece) => return Some(piece),
                    None => continue,
                }
            };
            match attempt.next_before(results, due).await {
                Ok(Some(piece)) => self.take(piece),
                Ok(None) => {
                    let error = attempt.break_off();
                    self.fall(error);
                }
                Err(error) => self.fall(error),
            }
        }
    }

    /// Until when the model at work must have given something.
    fn due(&self, now: Instant) -> Instant {
        if let Some(opening) = &self.opening {
            return opening.limit;
        }
        let config = &self.walk.links.config;
        let stalled = now + config.stall;
        // Whoever still writes while nothing is heard any more gets less time for each piece.
        let silent = self.silence.from().map(|from| from + config.stall);
        silent.map_or(stalled, |silent| stalled.min(silent.max(now + config.trickle)))
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
        let config = &self.walk.links.config;
        let patience = match attempt.is_hurried {
            true => config.slow_result * 2,
            false => config.first_phrase,
        };
        let limit = attempt.started + patience;
        self.open(limit);
        self.is_continued |= self.said != Said::Nothing;
        if self.has_words {
            // It may have been said already.
            self.request.guidance.correction = None;
        }
        self.current = Some((attempt, engine.reply(self.request.clone())));
        let joint = match self.said {
            Said::Nothing | Said::Before | Said::Enough => return None,
            Said::Sentence => {
                self.said = Said::Enough;
                return None;
            }
            Said::Clause => "… ",
            Said::Aside if self.request.script.language().is_spaced() => " ",
            Said::Aside => "",
        };
        self.said = Said::Before;
        self.splitter.push(joint);
        Some(Ok(ReplyPiece::Text(joint.to_owned())))
    }

    /// Holds back what comes until it is a phrase, for which there is so much time. Nobody stands in for the last model.
    fn open(&mut self, limit: Instant) {
        self.opening = (!self.walk.is_at_last()).then(|| Opening {
            text: String::new(),
            splitter: self.splitter.clone(),
            limit,
        });
    }

    fn take(&mut self, piece: ReplyPiece) {
        let piece = match (self.opening.take(), piece) {
            (Some(mut opening), ReplyPiece::Text(text)) => {
                opening.text.push_str(&text);
                if !self.note_words(&text) {
                    self.opening = Some(opening);
                    return;
                }
                ReplyPiece::Text(opening.text)
            }
            // Of what has no words nothing is heard: the time for them goes on.
            (Some(opening), ReplyPiece::PhraseEnd) if opening.text.is_empty() => {
                self.opening = Some(opening);
                ReplyPiece::PhraseEnd
            }
            // What is not text ends the first phrase, too.
            (Some(opening), piece) => {
                if !opening.text.is_empty() {
                    self.give(ReplyPiece::Text(opening.text));
                }
                piece
            }
            (None, ReplyPiece::Text(text)) => {
                self.note_words(&text);
                ReplyPiece::Text(text)
            }
            (None, piece) => piece,
        };
        self.give(piece);
    }

    /// Whether these words make a phrase of those before them.
    fn note_words(&mut self, text: &str) -> bool {
        self.splitter.push(text);
        self.note_phrases()
    }

    fn note_phrases(&mut self) -> bool {
        let mut is_any = false;
        while let Some(phrase) = self.splitter.poll_phrase() {
            self.silence.handle_words(&phrase.text, Instant::now());
            is_any = true;
        }
        is_any
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
                    self.has_words = true;
                }
            }
            ReplyPiece::PhraseEnd => self.end_phrase(),
            ReplyPiece::Aside(words) => {
                // A sentence that was not ended is still to be broken off, should nothing follow.
                if !words.is_empty() || self.said != Said::Clause {
                    self.said = Said::Aside;
                }
                self.is_continued = true;
                self.splitter.push(words);
                self.end_phrase();
            }
            // They are counted from where this model began.
            ReplyPiece::Insights(insights) if self.is_continued => insights.lines.clear(),
            ReplyPiece::Insights(_) | ReplyPiece::Act(_) | ReplyPiece::Translation(_) => {}
        }
        self.ready.push_back(piece);
    }

    /// A phrase is heard; the next one is due before it is silent for too long.
    fn end_phrase(&mut self) {
        self.splitter.finish();
        self.note_phrases();
        let config = &self.walk.links.config;
        if let Some(from) = self.silence.from() {
            let limit = (from + config.stall).min(Instant::now() + config.next_words);
            self.open(limit);
        }
    }

    fn fall(&mut self, error: EngineError) {
        if let Some(opening) = self.opening.take() {
            self.splitter = opening.splitter;
        }
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

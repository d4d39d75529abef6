//! What a reply has said in all its rounds, and what it says so that nobody waits in silence.
//!
//! Before a service is asked something is said: the model's own words, or else that one moment is needed. Where the answer takes
//! so long that the learner would wonder, it is said once more that somebody is at it.

use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::engine::ReplyPiece;
use crate::language::Language;
use crate::produce::Emit;
use crate::silence::Silence;

/// What was said in all rounds.
pub(super) struct Said<'a> {
    emit: &'a Emit<ReplyPiece>,
    language: Language,
    /// The model's words.
    text: String,
    translation: String,
    /// Where the text of this round begins.
    round: usize,
    /// Whether words were given of which nobody was told that they end a phrase.
    is_open: bool,
    /// Whether it was told that the words of this round are no reply.
    is_announced: bool,
    /// Whether anything was said before what is said next, and a space belongs between.
    is_apart: bool,
    silence: Silence,
    /// When something was given last.
    given: Instant,
    /// Whether a service was asked and nothing has come of it yet: the learner knows that something takes time.
    is_looking: bool,
    /// What there is left to say meanwhile.
    asides: &'static [&'static str],
}

impl<'a> Said<'a> {
    pub(super) fn new(language: Language, emit: &'a Emit<ReplyPiece>) -> Self {
        Self {
            emit,
            language,
            text: String::new(),
            translation: String::new(),
            round: 0,
            is_open: false,
            is_announced: false,
            is_apart: false,
            silence: Silence::default(),
            given: Instant::now(),
            is_looking: false,
            asides: asides(language),
        }
    }

    /// Whether the model has said anything in this round.
    pub(super) fn has_words(&self) -> bool {
        self.text.len() > self.round
    }

    /// The text of this round; the next one begins.
    pub(super) fn take_round(&mut self) -> String {
        let round = self.text[self.round..].trim().to_owned();
        self.round = self.text.len();
        self.is_apart |= !round.is_empty();
        self.is_announced = false;
        round
    }

    /// The model's words, and their translation.
    pub(super) fn finish(self) -> (String, String) {
        (self.text, self.translation)
    }

    pub(super) async fn push(&mut self, text: String) {
        if text.is_empty() {
            return;
        }
        let text = self.set_apart(&text);
        self.note(&text);
        self.is_looking = false;
        // What was said only meanwhile is no part of it.
        self.text
            .push_str(if self.text.is_empty() { text.trim_start() } else { &text });
        self.is_open = true;
        self.emit.send(ReplyPiece::Text(text)).await;
    }

    pub(super) fn translate(&mut self, translation: Option<String>) {
        if let Some(translation) = translation {
            if !self.translation.is_empty() {
                self.translation.push(' ');
            }
            self.translation.push_str(&translation);
        }
    }

    /// What was said so far can be spoken: nothing follows, or not at once.
    pub(super) async fn end_phrase(&mut self) {
        if std::mem::take(&mut self.is_open) {
            self.emit.send(ReplyPiece::PhraseEnd).await;
        }
    }

    /// The same at the end of a round. Where nothing was said in it, that tells that the model is at work.
    pub(super) async fn end_round(&mut self) {
        self.is_open |= !self.has_words();
        self.end_phrase().await;
    }

    /// The model calls a service: what it has said in this round only tells that an answer will come.
    pub(super) async fn announce(&mut self) {
        if !self.has_words() || std::mem::replace(&mut self.is_announced, true) {
            return;
        }
        (self.is_open, self.is_apart) = (false, true);
        if self.asides.len() == ASIDES {
            self.asides = &self.asides[1..];
        }
        self.emit.send(ReplyPiece::Aside(String::new())).await;
    }

    /// A service is going to be asked. The learner is told so, unless the model has told it.
    pub(super) async fn look_up(&mut self) {
        self.is_looking = true;
        self.announce().await;
        if !self.has_words() && !self.say_aside().await {
            self.emit.send(ReplyPiece::Aside(String::new())).await;
        }
    }

    /// Waits for something, and says meanwhile that it takes a while.
    pub(super) async fn while_waiting<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        while self.is_looking && !self.asides.is_empty() {
            let Some(silent) = self.silence.from() else { break };
            let due = (silent + LONGEST_SILENCE).min(self.given + LONGEST_WAIT);
            match timeout_at(due, &mut work).await {
                Ok(done) => return done,
                Err(_) => self.say_aside().await,
            };
        }
        work.await
    }

    /// Says the next aside, if there is one.
    async fn say_aside(&mut self) -> bool {
        let Some((words, rest)) = self.asides.split_first() else {
            return false;
        };
        self.asides = rest;
        let words = self.set_apart(words);
        self.is_apart = true;
        self.note(&words);
        self.emit.send(ReplyPiece::Aside(words)).await;
        true
    }

    fn note(&mut self, words: &str) {
        self.given = Instant::now();
        self.silence.handle_words(words, self.given);
    }

    /// The text with a space before it where one belongs.
    fn set_apart(&mut self, text: &str) -> String {
        let is_apart = std::mem::take(&mut self.is_apart) && self.language.is_spaced();
        format!("{}{text}", if is_apart { " " } else { "" })
    }
}

/// What is said while a service is asked, and when it takes long.
fn asides(language: Language) -> &'static [&'static str; ASIDES] {
    match language {
        Language::English => &["One moment, let me check.", "I'm still looking."],
        Language::Spanish => &["Un momento, voy a mirar.", "Todavía estoy mirando."],
        Language::French => &["Un instant, je regarde.", "Je cherche encore."],
        Language::German => &["Einen Moment, ich sehe nach.", "Ich suche noch."],
        Language::Italian => &["Un attimo, controllo subito.", "Sto ancora cercando."],
        Language::Portuguese => &["Um momento, vou ver.", "Ainda estou procurando."],
        Language::Chinese => &["请稍等，我看一下。", "我还在查。"],
        Language::Japanese => &["少々お待ちください。", "まだ調べています。"],
    }
}

const ASIDES: usize = 2;
/// After which something is said: nothing being heard, or nothing having been given. Both end before a chain gives the model up.
const LONGEST_SILENCE: Duration = Duration::from_millis(1100);
const LONGEST_WAIT: Duration = Duration::from_millis(2000);

#[cfg(test)]
mod tests;

//! A reply of the agent, from the question for it to its last word heard.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::heard::heard_bytes;
use super::message::{Latency, MessageId};
use super::turn::Clock;
use crate::engine::{Act, Insights, Occasion, Pace, WordTiming};
use crate::language::Language;
use crate::phrase::PhraseSplitter;
use crate::scenario::Progress;

/// How far a reply has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Asked for in a pause, for the case that the turn ends with it.
    Prepared,
    /// Asked for in earnest; nothing is spoken yet.
    Thinking,
    /// Being made into speech; nothing is heard yet.
    Voicing,
    /// Heard.
    Playing,
    /// Silenced by a barge-in that may be a false alarm.
    Paused {
        /// Whether it had been heard before.
        heard: bool,
        /// Whether the utterance that interrupts it is still to be told.
        is_awaiting: bool,
    },
    /// Cut; the account of what was heard is awaited.
    Flushing,
}

/// One reply.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub id: MessageId,
    pub generation: u64,
    pub occasion: Occasion,
    pub stage: Stage,
    /// The whole text so far.
    pub text: String,
    pub translation: String,
    pub insights: Insights,
    /// What it does once it is heard.
    pub acts: Vec<Act>,
    splitter: PhraseSplitter,
    pub phrases: Vec<Spoken>,
    /// How many phrases were given to the voice.
    pub spoken: usize,
    /// Whether its text is whole.
    pub is_whole: bool,
    /// Where the scenario stands after it, once that is known.
    pub progress: Option<Progress>,
    /// Whether the voice knows that there is no more.
    pub is_finished: bool,
    /// How much of it was told, once something was.
    pub told: Option<Known>,
    /// Whether it was told that the voice failed.
    pub is_troubled: bool,
    /// The turn that it answers.
    pub clock: Option<Clock>,
    /// When its first phrase was given to the voice.
    pub first_phrase: Option<Instant>,
    pub latency: Option<Latency>,
    pub started: Instant,
    /// How fast it is said again, if it was said before: nothing new comes of it.
    pub repeats: Option<Pace>,
}

/// How much of a reply is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// Of its text, in bytes.
    text: usize,
    /// Of its translation, in bytes.
    translation: usize,
    /// Whether what there is to learn from it is.
    insights: bool,
}

/// A phrase on its way through the voice and the downlink.
#[derive(Clone, Debug)]
pub(super) struct Spoken {
    pub text: String,
    /// In the text of the reply, in bytes.
    range: Range<usize>,
    /// How much speech there is.
    pub made: Duration,
    /// Whether that is all.
    pub is_whole: bool,
    /// Whether no voice could say it, or the rest of it.
    pub failed: bool,
    pub words: Vec<WordTiming>,
    pub played: Duration,
}

impl Reply {
    pub(super) fn new(
        id: MessageId,
        generation: u64,
        occasion: Occasion,
        stage: Stage,
        language: Language,
        now: Instant,
    ) -> Self {
        Self {
            id,
            generation,
            occasion,
            stage,
            text: String::new(),
            translation: String::new(),
            insights: Insights::default(),
            acts: Vec::new(),
            splitter: PhraseSplitter::new(language),
            phrases: Vec::new(),
            spoken: 0,
            is_whole: false,
            progress: None,
            is_finished: false,
            told: None,
            is_troubled: false,
            clock: None,
            first_phrase: None,
            latency: None,
            started: now,
            repeats: None,
        }
    }

    pub(super) fn known(&self) -> Known {
        Known {
            text: self.text.len(),
            translation: self.translation.len(),
            insights: !self.insights.is_empty(),
        }
    }

    pub(super) fn push_text(&mut self, text: &str) {
        self.text.push_str(text);
        self.splitter.push(text);
        self.take_phrases();
    }

    /// What there is of a phrase is all of it.
    pub(super) fn end_phrase(&mut self) {
        self.splitter.finish();
        self.take_phrases();
    }

    /// No more text comes.
    pub(super) fn close(&mut self) {
        self.is_whole = true;
        self.end_phrase();
    }

    fn take_phrases(&mut self) {
        while let Some(phrase) = self.splitter.poll_phrase() {
            self.phrases.push(Spoken {
                text: phrase.text,
                range: phrase.range,
                made: Duration::ZERO,
                is_whole: false,
                failed: false,
                words: Vec::new(),
                played: Duration::ZERO,
            });
        }
    }

    /// Whether any of it was given to the voice.
    pub(super) fn is_spoken(&self) -> bool {
        self.spoken > 0
    }

    /// A phrase that was given to the voice.
    pub(super) fn phrase(&mut self, index: usize) -> Option<&mut Spoken> {
        self.phrases[..self.spoken].get_mut(index)
    }

    /// Whether it is only written: no voice could say any of it.
    pub(super) fn is_mute(&self) -> bool {
        self.is_finished && self.phrases.iter().all(|phrase| phrase.failed && phrase.made.is_zero())
    }

    /// Whether the voice still owes speech.
    pub(super) fn is_voice_due(&self) -> bool {
        self.is_finished
            || self.phrases[..self.spoken]
                .iter()
                .any(|phrase| !phrase.is_whole && !phrase.failed)
    }

    /// Speech that was made and not yet played.
    pub(super) fn queued(&self) -> Duration {
        self.phrases
            .iter()
            .map(|phrase| phrase.made.saturating_sub(phrase.played))
            .sum()
    }

    /// Everything that was made was played.
    pub(super) fn play_all(&mut self) {
        for phrase in &mut self.phrases {
            phrase.played = phrase.made;
        }
    }

    /// The text that was heard: up to the first word that was not. A phrase that no voice could say was read instead, if
    /// all before it was heard.
    pub(super) fn heard(&self) -> &str {
        let mut end = 0;
        for phrase in &self.phrases[..self.spoken] {
            let whole = (phrase.is_whole || phrase.failed).then_some(phrase.made);
            let is_all = (phrase.failed && phrase.played >= phrase.made)
                || (phrase.is_whole && phrase.played >= phrase.made && !phrase.made.is_zero());
            if is_all {
                end = phrase.range.end;
                continue;
            }
            match heard_bytes(&phrase.text, &phrase.words, phrase.played, whole, phrase.made) {
                0 => {}
                bytes => end = phrase.range.start + bytes,
            }
            return self.text[..end].trim();
        }
        if self.is_whole && self.spoken == self.phrases.len() && self.spoken > 0 {
            end = self.text.len();
        }
        self.text[..end].trim()
    }

    /// What there was to learn from it where only this was heard of it: what was corrected, and what whole lines mean.
    pub(super) fn kept_insights(&self, heard: &str) -> Insights {
        let correction = self.insights.correction.clone();
        Insights {
            correction: correction.filter(|correction| correction.is_said_in(heard)),
            lines: self
                .insights
                .lines
                .iter()
                .filter(|line| line.at.end <= heard.len())
                .cloned()
                .collect(),
            ..Insights::default()
        }
    }

    /// The account of its latency, if it answers a turn.
    pub(super) fn account(&mut self, now: Instant) -> Option<Latency> {
        let clock = self.clock?;
        // Whole milliseconds since the last voiced sample, never falling: their differences add up.
        let since =
            |at: Instant, floor: u64| floor.max(at.saturating_duration_since(clock.last_voiced).as_millis() as u64);
        let decided = since(clock.decided, 0);
        let transcribed = since(clock.transcribed, decided);
        let phrase = since(self.first_phrase.unwrap_or(now), transcribed);
        let heard = since(now, phrase);
        self.latency = Some(Latency {
            turn: clock.turn,
            reply: self.id,
            end_of_turn: decided,
            stt: transcribed - decided,
            llm: phrase - transcribed,
            tts: heard - phrase,
            total: heard,
        });
        self.latency
    }
}

//! Saying something again: a rendition of its own, at another pace. It is nothing new: neither the history nor the scenario
//! hears of it, and whoever speaks over it answers what was said before.

use std::collections::VecDeque;
use std::time::Instant;

use super::reply::{Reply, Stage};
use super::{Mind, Presence};
use crate::engine::{Occasion, Pace, Speaker};
use crate::mind::MessageId;

/// A wish to hear something again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repeat {
    message: Option<MessageId>,
    slowly: bool,
}

/// The newest messages of the agent, as they were heard.
#[derive(Debug, Default)]
pub(super) struct Said(VecDeque<(MessageId, String)>);

/// How many messages can be heard again.
const MOST: usize = 50;

impl Said {
    pub(super) fn add(&mut self, id: MessageId, text: &str) {
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back((id, text.to_owned()));
    }

    fn find(&self, id: MessageId) -> Option<&str> {
        let (_, text) = self.0.iter().find(|(known, _)| *known == id)?;
        Some(text)
    }
}

impl Mind {
    pub(super) fn handle_repeat(&mut self, message: Option<MessageId>, slowly: bool) {
        if self.presence == Presence::Here {
            self.repeat = Some(Repeat { message, slowly });
        }
    }

    /// Says again what was asked for, once the agent has said what it is saying. Whoever speaks meanwhile has understood.
    pub(super) fn settle_repeat(&mut self, now: Instant) {
        if self.repeat.is_none() {
            return;
        }
        if !self.is_quiet() || self.is_reply_due {
            self.repeat = None;
            return;
        }
        if self.reply.is_some() {
            return;
        }
        let Some((text, pace)) = self.repeat.take().and_then(|repeat| self.said_again(repeat)) else {
            return;
        };
        let (id, generation) = (self.new_message(), self.next_generation);
        self.next_generation += 1;
        let language = self.config.script.language();
        let mut reply = Reply::new(id, generation, Occasion::Idle, Stage::Thinking, language, now);
        reply.repeats = Some(pace);
        reply.push_text(&text);
        reply.close();
        // It stands in the captions already.
        reply.told = Some(reply.known());
        self.reply = Some(reply);
    }

    /// The text that is meant, and how fast it is said.
    fn said_again(&self, repeat: Repeat) -> Option<(String, Pace)> {
        let usual = self.config.script.pace(&self.progress);
        let pace = if repeat.slowly { usual.slower() } else { usual };
        let text = match repeat.message {
            Some(id) => self.said.find(id),
            // Also what was said before the learner came back.
            None => {
                let mut newest = self.history.iter().rev();
                newest
                    .find(|utterance| utterance.speaker == Speaker::Agent)
                    .map(|utterance| utterance.text.as_str())
            }
        };
        Some((text?.to_owned(), pace))
    }
}

//! Help: what could be said, told to whoever falls silent inside a clause and to whoever asks.

use super::message::Output;
use super::reply::Stage;
use super::{Mind, Presence};
use crate::scenario::Progress;

impl Mind {
    /// Silence after an unfinished clause: help is offered, once a turn, and nothing is said. What completes the clause comes
    /// first.
    pub(super) fn handle_needs_help(&mut self) {
        let is_heard = self.reply.as_ref().is_some_and(|reply| reply.stage != Stage::Prepared);
        if is_heard || self.recognising.is_some() || self.presence != Presence::Here {
            return;
        }
        let mut begun = "";
        if let Some(turn) = self.talking.as_mut() {
            if std::mem::replace(&mut turn.helped, true) {
                return;
            }
            begun = &turn.guess.text;
        }
        let (progress, begun) = (self.progress.clone(), begun.to_owned());
        self.tell_hint(&progress, &begun);
    }

    /// Help that was asked for is given at once, also while the agent still asks what it is about.
    pub(super) fn handle_wants_hint(&mut self) {
        if self.presence != Presence::Here {
            return;
        }
        let spoken = self.reply.as_ref().filter(|reply| reply.is_spoken());
        let progress = spoken
            .and_then(|reply| reply.progress.as_ref())
            .unwrap_or(&self.progress)
            .clone();
        let begun = self
            .talking
            .as_ref()
            .map_or_else(String::new, |turn| turn.guess.text.clone());
        self.tell_hint(&progress, &begun);
    }

    /// Tells what could be said: the first time in a step as much as the level needs, each time more.
    pub(super) fn tell_hint(&mut self, progress: &Progress, begun: &str) {
        let helped = match self.helped {
            (step, times) if step == progress.step => times,
            _ => 0,
        };
        let script = &self.config.script;
        let mut replies = script.hints(progress, begun);
        replies.truncate(script.level().grades_of_help(helped));
        if !replies.is_empty() {
            self.helped = (progress.step, helped.saturating_add(1));
            self.outputs.push_back(Output::Hint { replies });
        }
    }
}

//! The one place that decides what follows from all that is known.

use std::sync::Arc;
use std::time::Instant;

use super::message::{EndReason, Output, State};
use super::reading::Reading;
use super::reply::{Reply, Stage};
use super::timer::Timer;
use super::{Mind, Presence};
use crate::correction::{self, Correction, CorrectionPolicy, Guidance, Slip};
use crate::engine::{Occasion, ReplyRequest};

impl Mind {
    /// Draws the consequences of what is known now.
    pub(super) fn settle(&mut self, now: Instant) {
        if self.is_over {
            return;
        }
        if self.ending.is_some() {
            self.settle_end(now);
        } else if self.presence == Presence::Away {
            self.cut_reply(now);
        } else if self.presence == Presence::Expected {
            self.prepare_opener(now);
        } else if self.presence == Presence::Here {
            self.settle_opener(now);
            self.settle_answer(now);
            self.settle_repeat(now);
            self.settle_speech(now);
            self.expect();
        }
        self.settle_idle(now);
        self.settle_state();
    }

    pub(super) fn settle_end(&mut self, now: Instant) {
        self.cut_reply(now);
        if self.reply.is_some() {
            return;
        }
        let Some(reason) = self.ending else { return };
        self.is_over = true;
        self.timers.stop_all();
        self.talking = None;
        self.recognising = None;
        self.settle_state();
        self.outputs.push_back(Output::Ended { reason });
    }

    /// While the learner is being connected there is time to think of the first words.
    fn prepare_opener(&mut self, now: Instant) {
        if std::mem::take(&mut self.is_joining) && self.history.is_empty() && self.reply.is_none() {
            self.ask(Occasion::Opener, Stage::Prepared, now);
        }
    }

    fn settle_opener(&mut self, now: Instant) {
        let is_new = self.history.is_empty() && self.unanswered.is_none() && !self.is_reply_due;
        if !is_new || !self.is_quiet() || self.listening_at.is_some() {
            return;
        }
        match self.reply.as_mut() {
            None => self.ask(Occasion::Opener, Stage::Thinking, now),
            Some(reply) if reply.stage == Stage::Prepared => reply.stage = Stage::Thinking,
            Some(_) => {}
        }
    }

    /// Answers what the learner has said, once they have said it.
    fn settle_answer(&mut self, now: Instant) {
        if !self.is_reply_due || !self.is_quiet() {
            return;
        }
        let Some(unanswered) = self.unanswered.clone() else {
            self.is_reply_due = false;
            return;
        };
        let occasion = Occasion::Answer(unanswered.transcript);
        match self.reply.as_mut() {
            Some(reply) if reply.stage == Stage::Prepared && reply.occasion == occasion => {
                reply.stage = Stage::Thinking;
            }
            Some(reply) if reply.stage == Stage::Flushing => return,
            Some(reply) if reply.is_spoken() => {
                self.cut_reply(now);
                return;
            }
            _ => {
                self.cut_reply(now);
                self.ask(occasion, Stage::Thinking, now);
            }
        }
        self.is_reply_due = false;
        if let Some(reply) = self.reply.as_mut() {
            reply.clock = Some(unanswered.clock);
        }
    }

    /// Asks the dialogue model for a reply to what was said last, or for the start.
    pub(super) fn ask(&mut self, occasion: Occasion, stage: Stage, now: Instant) {
        let answered = self.unanswered.as_ref().map_or(0, |unanswered| unanswered.messages);
        let history = match occasion {
            Occasion::Answer(_) => &self.history[..self.history.len() - answered],
            Occasion::Opener | Occasion::Idle => &self.history[..],
        };
        let history = history.to_vec();
        let reading = match &occasion {
            Occasion::Answer(answer) => self.read(answer),
            Occasion::Opener | Occasion::Idle => Reading::default(),
        };
        let request = Box::new(ReplyRequest {
            script: self.config.script.clone(),
            progress: self.progress.clone(),
            native_language: self.config.native_language,
            history,
            guidance: Guidance {
                policy: self.config.correction,
                correction: self.correction_of(&occasion, &reading.slips),
                answered_in: reading.answered_in,
                notes: Arc::clone(&self.config.notes),
            },
            occasion: occasion.clone(),
        });
        let generation = self.next_generation;
        self.next_generation += 1;
        let id = self.new_message();
        let language = self.config.script.language();
        self.reply = Some(Reply::new(id, generation, occasion, stage, language, now));
        self.timers.set(Timer::Reply, now + self.config.reply_timeout);
        self.outputs.push_back(Output::Ask { generation, request });
    }

    /// What is corrected in the reply to an answer.
    fn correction_of(&self, occasion: &Occasion, slips: &[Slip]) -> Option<Correction> {
        let Occasion::Answer(answer) = occasion else {
            return None;
        };
        if self.config.correction != CorrectionPolicy::Inline {
            return None;
        }
        let focus = self.config.script.grammar(&self.progress);
        correction::choose(answer, slips, focus, self.corrected.as_ref())
    }

    /// Tells the recogniser what to expect, when that has changed: the step that the reply leads to, once it is spoken.
    fn expect(&mut self) {
        let spoken = self.reply.as_ref().filter(|reply| reply.is_spoken());
        let progress = spoken
            .and_then(|reply| reply.progress.as_ref())
            .unwrap_or(&self.progress);
        if self.listening_at.as_ref() != Some(progress) {
            self.listening_at = Some(progress.clone());
            let expected = Arc::new(self.config.script.expected(progress));
            self.outputs.push_back(Output::Listen { expected });
        }
    }

    /// Nobody says anything, and nothing is on its way: after a while the agent speaks again, a few times.
    fn settle_idle(&mut self, now: Instant) {
        let is_silent = self.presence == Presence::Here
            && self.is_quiet()
            && self.reply.is_none()
            && !self.is_holding
            && !self.is_over;
        if !is_silent || (self.idle_prompts >= self.config.idle_prompts && !self.is_completed) {
            self.timers.stop(Timer::Idle);
        } else if !self.timers.is_set(Timer::Idle) {
            let wait = match self.is_completed {
                true => self.config.goodbye_after,
                false => self.config.idle_after,
            };
            self.timers.set(Timer::Idle, now + wait);
        }
    }

    pub(super) fn fill_silence(&mut self, now: Instant) {
        if self.is_completed {
            self.ending = Some(EndReason::Completed);
        } else {
            self.idle_prompts += 1;
            self.ask(Occasion::Idle, Stage::Thinking, now);
        }
    }

    pub(super) fn settle_state(&mut self) {
        let state = match self.reply.as_ref().map(|reply| reply.stage) {
            _ if self.is_over || self.presence != Presence::Here => State::Listening,
            Some(Stage::Playing) => State::Speaking,
            _ if self.talking.is_some() => State::Listening,
            _ if self.recognising.is_some() || self.is_reply_due || !self.after_flush.is_empty() => State::Thinking,
            Some(Stage::Thinking | Stage::Voicing) => State::Thinking,
            Some(Stage::Prepared | Stage::Paused { .. } | Stage::Flushing) | None => State::Listening,
        };
        if state != self.shown {
            self.shown = state;
            self.outputs.push_back(Output::State(state));
        }
    }
}

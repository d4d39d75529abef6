//! How a reply ends: heard to its end, cut, or never heard at all; and what is kept of it.

use std::time::{Duration, Instant};

use super::Mind;
use super::message::{EndReason, Output, Record};
use super::reply::{Reply, Stage};
use super::timer::Timer;
use crate::engine::{Act, Occasion, Speaker};

impl Mind {
    pub(super) fn handle_playout_finished(&mut self, generation: u64, now: Instant) {
        if let Some(reply) = self
            .current(generation)
            .filter(|reply| reply.is_finished || reply.stage == Stage::Flushing)
        {
            reply.play_all();
            let is_answered = !self.after_flush.is_empty();
            self.conclude(now);
            self.heard_until = (!is_answered).then_some(now);
        }
    }

    /// The account of a flush: what was heard of the reply is what it was.
    pub(super) fn handle_flushed(&mut self, generation: u64, played: &[(usize, Duration)], now: Instant) {
        let Some(reply) = self.current(generation).filter(|reply| reply.stage == Stage::Flushing) else {
            return;
        };
        for (phrase, played) in played {
            if let Some(spoken) = reply.phrase(*phrase) {
                // Not more than was told before, either: of what left last, nobody may have been there to hear it.
                spoken.played = *played;
            }
        }
        self.conclude(now);
    }

    /// No account came: what is known of the playout has to do.
    pub(super) fn finish_flush(&mut self, now: Instant) {
        if self.reply.as_ref().is_some_and(|reply| reply.stage == Stage::Flushing) {
            self.conclude(now);
        }
    }

    /// Ends the reply where it is: unsaid it never was, said it is cut once the account of the flush is there.
    pub(super) fn cut_reply(&mut self, now: Instant) {
        let Some(reply) = self.reply.as_mut().filter(|reply| reply.stage != Stage::Flushing) else {
            return;
        };
        let generation = reply.generation;
        if !reply.is_whole {
            self.outputs.push_back(Output::CancelAsk { generation });
        }
        for timer in [Timer::Reply, Timer::Speech, Timer::BargeIn] {
            self.timers.stop(timer);
        }
        if reply.is_spoken() {
            reply.stage = Stage::Flushing;
            self.timers.set(Timer::Flush, now + self.config.flush_timeout);
            self.outputs.push_back(Output::FlushSpeech { generation });
        } else {
            self.reply = None;
        }
    }

    pub(super) fn drop_prepared(&mut self) {
        if let Some(reply) = self.reply.take_if(|reply| reply.stage == Stage::Prepared) {
            self.timers.stop(Timer::Reply);
            if !reply.is_whole {
                let generation = reply.generation;
                self.outputs.push_back(Output::CancelAsk { generation });
            }
        }
    }

    /// The reply is over. What was heard of it goes into the history, into storage and to the learner's page.
    pub(super) fn conclude(&mut self, now: Instant) {
        for timer in [Timer::Reply, Timer::Speech, Timer::BargeIn, Timer::Flush] {
            self.timers.stop(timer);
        }
        let Some(reply) = self.reply.take() else {
            return;
        };
        if reply.repeats.is_none() {
            self.keep(reply, now);
        }
        for answer in std::mem::take(&mut self.after_flush) {
            self.record_answer(answer);
        }
    }

    fn keep(&mut self, reply: Reply, now: Instant) {
        let heard = reply.heard().to_owned();
        let is_all = reply.is_whole && heard == reply.text.trim();
        if !is_all && (reply.told.is_some() || !heard.is_empty()) {
            self.outputs.push_back(Output::Reply {
                id: reply.id,
                text: heard.clone(),
                translation: String::new(),
                insights: reply.kept_insights(&heard),
                interrupted: true,
                answers: reply.clock.map(|clock| clock.turn),
            });
        }
        if !heard.is_empty() {
            self.keep_reply(reply, heard, is_all, now);
        }
    }

    fn keep_reply(&mut self, mut reply: Reply, heard: String, is_all: bool, now: Instant) {
        self.unanswered = None;
        let acts = std::mem::take(&mut reply.acts);
        if let Some(progress) = reply.progress.take() {
            self.progress = progress;
        }
        self.remember(Speaker::Agent, &heard);
        self.said.add(reply.id, &heard);
        let insights = match is_all {
            true => std::mem::take(&mut reply.insights),
            false => reply.kept_insights(&heard),
        };
        let translation = if is_all { reply.translation } else { String::new() };
        if matches!(reply.occasion, Occasion::Answer(_)) {
            self.corrected = insights.correction.as_deref().cloned();
        }
        self.outputs.push_back(Output::Record(Box::new(Record {
            id: reply.id,
            speaker: Speaker::Agent,
            text: heard,
            translation,
            insights,
            slips: Vec::new(),
            answered_in: None,
            intended: (!is_all).then(|| reply.text.trim().to_owned()),
            typed: false,
            transcript: None,
            progress: self.progress.clone(),
            started: reply.started,
            ended: now,
            latency: reply.latency,
            response: None,
        })));
        if is_all {
            self.perform(&acts);
        }
        if is_all && self.config.script.is_complete(&self.progress) && !self.is_completed {
            self.is_completed = true;
            self.outputs.push_back(Output::Completed);
        }
    }

    /// Does what the reply was to do once it was heard. Of one that was cut nothing is done: whoever cut it goes on.
    fn perform(&mut self, acts: &[Act]) {
        for act in acts {
            match act {
                Act::EndConversation => self.ending = self.ending.or(Some(EndReason::Requested)),
                Act::GiveHint => {
                    let progress = self.progress.clone();
                    self.tell_hint(&progress, "");
                }
            }
        }
    }
}

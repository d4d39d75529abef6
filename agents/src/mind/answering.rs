//! What the learner has said: told, kept, and owed a reply.

use std::time::Instant;

use super::message::{Output, Record};
use super::reply::Stage;
use super::turn::{Answer, Clock, Unanswered, joined, read_at};
use super::{MessageId, Mind};
use crate::engine::{Insights, Speaker, Transcript};
use crate::scenario::Progress;

impl Mind {
    /// The learner has said something: it is told, kept and owed a reply. What the agent was saying is cut first, so that
    /// the messages stand in the order in which they were heard.
    pub(super) fn keep_answer(
        &mut self,
        id: MessageId,
        started: Instant,
        transcript: Transcript,
        listened_at: Option<Progress>,
        clock: Clock,
        now: Instant,
    ) {
        self.tell_final(id, &transcript.text);
        if self.reply.as_ref().is_some_and(|reply| reply.is_spoken()) {
            self.cut_reply(now);
        }
        self.idle_prompts = 0;
        self.heard_until = None;
        let record = Record {
            id,
            speaker: Speaker::Learner,
            text: transcript.text.clone(),
            translation: String::new(),
            insights: Insights::default(),
            slips: Vec::new(),
            answered_in: None,
            intended: None,
            typed: listened_at.is_none(),
            transcript: None,
            progress: self.progress.clone(),
            started,
            ended: clock.last_voiced,
            latency: None,
            response: clock.response,
        };
        let answer = Answer {
            record,
            transcript,
            listened_at,
            clock,
        };
        if self.reply.as_ref().is_some_and(|reply| reply.stage == Stage::Flushing) {
            self.after_flush.push(answer);
        } else {
            self.record_answer(answer);
        }
    }

    /// Keeps an answer once it is known what of the reply before it was heard, and so at which step it was given.
    pub(super) fn record_answer(&mut self, answer: Answer) {
        let Answer {
            record,
            transcript,
            listened_at,
            clock,
        } = answer;
        let transcript = read_at(transcript, listened_at.as_ref(), &self.progress);
        self.remember(Speaker::Learner, &record.text);
        let reading = self.read(&transcript);
        self.outputs.push_back(Output::Record(Box::new(Record {
            progress: self.progress.clone(),
            translation: self.config.script.translation_of(&self.progress, &transcript),
            transcript: (!record.typed).then(|| transcript.clone()),
            slips: reading.slips,
            answered_in: reading.answered_in,
            ..record
        })));
        self.owe_reply(&transcript, 1, clock);
    }

    pub(super) fn owe_reply(&mut self, transcript: &Transcript, messages: usize, clock: Clock) {
        let before = self.unanswered.take();
        self.unanswered = Some(Unanswered {
            transcript: joined(before.as_ref().map(|before| &before.transcript), transcript),
            messages: before.map_or(0, |before| before.messages) + messages,
            clock,
        });
        self.is_reply_due = true;
    }
}

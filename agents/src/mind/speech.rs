//! What the agent says: the reply on its way from the dialogue model through the voice to the learner's ear.

use std::time::{Duration, Instant};

use super::Mind;
use super::message::{Output, Record, Trouble};
use super::reply::{Reply, Stage};
use super::timer::Timer;
use crate::engine::{ReplyPiece, Speaker, WordTiming};

impl Mind {
    /// Gives the voice what it may say now, and tells what there is to tell of the reply.
    pub(super) fn settle_speech(&mut self, now: Instant) {
        let is_quiet = self.is_quiet();
        let Some(reply) = self.reply.as_mut() else {
            return;
        };
        if let Stage::Paused { heard } = reply.stage
            && is_quiet
        {
            reply.stage = if heard {
                Stage::Playing
            } else {
                Stage::Voicing
            };
            let generation = reply.generation;
            self.outputs.push_back(Output::ResumeSpeech { generation });
            self.timers.stop(Timer::BargeIn);
            self.arm_speech(now);
        }
        let Some(reply) = self.reply.as_mut() else {
            return;
        };
        if matches!(reply.stage, Stage::Prepared | Stage::Flushing)
            || (!reply.is_spoken() && !is_quiet)
        {
            return;
        }
        if reply.is_whole && reply.phrases.is_empty() {
            // Nothing in it can be said.
            self.reply = None;
            self.outputs.push_back(Output::Trouble(Trouble::Reply));
            return;
        }
        let generation = reply.generation;
        let mut is_new = false;
        while let Some(phrase) = reply.phrases.get(reply.spoken) {
            self.outputs.push_back(Output::Speak {
                generation,
                phrase: reply.spoken,
                text: phrase.text.clone(),
                pace: self.config.pace,
            });
            if reply.stage == Stage::Thinking {
                reply.stage = Stage::Voicing;
                reply.first_phrase = Some(now);
            }
            reply.spoken += 1;
            is_new = true;
        }
        if reply.is_whole && !reply.is_finished {
            reply.is_finished = true;
            is_new = true;
            self.outputs.push_back(Output::FinishSpeech { generation });
        }
        let is_mute = reply.is_mute();
        if reply.is_whole {
            self.tell_reply();
        }
        if is_mute {
            self.conclude(now);
        } else if is_new {
            self.arm_speech(now);
        }
    }

    pub(super) fn handle_reply(&mut self, generation: u64, piece: ReplyPiece, now: Instant) {
        let timeout = now + self.config.reply_timeout;
        let Some(reply) = self
            .current(generation)
            .filter(|reply| reply.stage != Stage::Flushing && !reply.is_whole)
        else {
            return;
        };
        match piece {
            ReplyPiece::Text(text) => reply.push_text(&text),
            ReplyPiece::Translation(translation) => reply.translation = translation,
            ReplyPiece::Done { progress } => {
                reply.progress = Some(progress);
                reply.close();
                self.timers.stop(Timer::Reply);
                return;
            }
        }
        self.timers.set(Timer::Reply, timeout);
    }

    pub(super) fn handle_reply_failed(&mut self, generation: u64, now: Instant) {
        if self
            .current(generation)
            .is_some_and(|reply| !reply.is_whole)
        {
            self.close_reply(now);
        }
    }

    pub(super) fn give_up_reply(&mut self, now: Instant) {
        if let Some(reply) = self.reply.as_ref().filter(|reply| !reply.is_whole) {
            let generation = reply.generation;
            self.outputs.push_back(Output::CancelAsk { generation });
            self.close_reply(now);
        }
    }

    /// No more text comes: what there is has to do. The scenario stays where it is, since nobody said where it goes.
    fn close_reply(&mut self, now: Instant) {
        self.timers.stop(Timer::Reply);
        let Some(reply) = self.reply.as_mut() else {
            return;
        };
        if reply.stage == Stage::Flushing {
            return;
        }
        reply.close();
        if reply.stage == Stage::Prepared {
            self.reply = None;
        } else {
            self.arm_speech(now);
        }
    }

    pub(super) fn handle_speech_made(
        &mut self,
        generation: u64,
        phrase: usize,
        duration: Duration,
        words: Vec<WordTiming>,
        now: Instant,
    ) {
        let Some(spoken) = self
            .current(generation)
            .and_then(|reply| reply.phrase(phrase))
        else {
            return;
        };
        spoken.made += duration;
        spoken.words.extend(words);
        self.arm_speech(now);
    }

    pub(super) fn handle_speech_ended(&mut self, generation: u64, phrase: usize, now: Instant) {
        let Some(spoken) = self
            .current(generation)
            .and_then(|reply| reply.phrase(phrase))
        else {
            return;
        };
        if spoken.made.is_zero() {
            self.handle_speech_failed(generation, phrase, now);
        } else {
            spoken.is_whole = true;
            self.arm_speech(now);
        }
    }

    pub(super) fn handle_speech_failed(&mut self, generation: u64, phrase: usize, now: Instant) {
        let Some(spoken) = self
            .current(generation)
            .and_then(|reply| reply.phrase(phrase))
        else {
            return;
        };
        if !spoken.is_whole {
            spoken.failed = true;
            self.tell_voice_trouble();
            self.arm_speech(now);
        }
    }

    pub(super) fn handle_playout_started(&mut self, generation: u64, now: Instant) {
        let Some(reply) = self.current(generation) else {
            return;
        };
        match reply.stage {
            Stage::Voicing => reply.stage = Stage::Playing,
            Stage::Paused { heard: false } => reply.stage = Stage::Paused { heard: true },
            _ => return,
        }
        let latency = reply.account(now);
        self.tell_reply();
        self.outputs.extend(latency.map(Output::Latency));
        self.arm_speech(now);
    }

    pub(super) fn handle_playout_progress(
        &mut self,
        generation: u64,
        phrase: usize,
        played: Duration,
        now: Instant,
    ) {
        let Some(spoken) = self
            .current(generation)
            .and_then(|reply| reply.phrase(phrase))
        else {
            return;
        };
        spoken.played = spoken.played.max(played);
        self.arm_speech(now);
    }

    pub(super) fn handle_playout_finished(&mut self, generation: u64, now: Instant) {
        if let Some(reply) = self
            .current(generation)
            .filter(|reply| reply.is_finished || reply.stage == Stage::Flushing)
        {
            reply.play_all();
            self.conclude(now);
        }
    }

    /// The account of a flush: what was heard of the reply is what it was.
    pub(super) fn handle_flushed(&mut self, generation: u64, played: &[Duration], now: Instant) {
        let Some(reply) = self
            .current(generation)
            .filter(|reply| reply.stage == Stage::Flushing)
        else {
            return;
        };
        for (index, played) in played.iter().enumerate() {
            if let Some(spoken) = reply.phrase(index) {
                spoken.played = spoken.played.max(*played);
            }
        }
        self.conclude(now);
    }

    /// No account came: what is known of the playout has to do.
    pub(super) fn finish_flush(&mut self, now: Instant) {
        if self
            .reply
            .as_ref()
            .is_some_and(|reply| reply.stage == Stage::Flushing)
        {
            self.conclude(now);
        }
    }

    /// Speech or its playout stands still: what was not made is only written, and the rest is dropped.
    pub(super) fn give_up_speech(&mut self, now: Instant) {
        let Some(reply) = self.reply.as_mut() else {
            return;
        };
        for phrase in &mut reply.phrases[..reply.spoken] {
            phrase.failed |= !phrase.is_whole;
        }
        let is_mute = reply.is_mute();
        self.outputs.push_back(Output::Trouble(Trouble::Speech));
        if !is_mute {
            self.cut_reply(now);
        }
    }

    pub(super) fn pause_speech(&mut self, now: Instant) {
        if let Some(reply) = self.reply.as_mut() {
            reply.stage = Stage::Paused {
                heard: reply.stage == Stage::Playing,
            };
            let generation = reply.generation;
            self.outputs.push_back(Output::PauseSpeech { generation });
            self.timers.stop(Timer::Speech);
            self.timers
                .set(Timer::BargeIn, now + self.config.barge_in_timeout);
        }
    }

    /// Ends the reply where it is: unsaid it never was, said it is cut once the account of the flush is there.
    pub(super) fn cut_reply(&mut self, now: Instant) {
        let Some(reply) = self
            .reply
            .as_mut()
            .filter(|reply| reply.stage != Stage::Flushing)
        else {
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
            self.timers
                .set(Timer::Flush, now + self.config.flush_timeout);
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
    fn conclude(&mut self, now: Instant) {
        for timer in [Timer::Reply, Timer::Speech, Timer::BargeIn, Timer::Flush] {
            self.timers.stop(timer);
        }
        let Some(reply) = self.reply.take() else {
            return;
        };
        let heard = reply.heard().to_owned();
        let is_all = reply.is_whole && heard == reply.text.trim();
        if !is_all && (reply.told.is_some() || !heard.is_empty()) {
            self.outputs.push_back(Output::Reply {
                id: reply.id,
                text: heard.clone(),
                translation: String::new(),
                interrupted: true,
            });
        }
        if !heard.is_empty() {
            self.keep_reply(reply, heard, is_all, now);
        }
        for (record, transcript, clock) in std::mem::take(&mut self.after_flush) {
            self.record_answer(record, &transcript, clock);
        }
    }

    fn keep_reply(&mut self, reply: Reply, heard: String, is_all: bool, now: Instant) {
        self.unanswered = None;
        if let Some(progress) = reply.progress {
            self.progress = progress;
        }
        self.remember(Speaker::Agent, &heard);
        self.outputs.push_back(Output::Record(Box::new(Record {
            id: reply.id,
            speaker: Speaker::Agent,
            text: heard,
            translation: if is_all {
                reply.translation
            } else {
                String::new()
            },
            intended: (!is_all).then(|| reply.text.trim().to_owned()),
            typed: false,
            transcript: None,
            progress: self.progress.clone(),
            started: reply.started,
            ended: now,
            latency: reply.latency,
        })));
        if is_all && self.progress.complete && !self.is_completed {
            self.is_completed = true;
            self.outputs.push_back(Output::Completed);
        }
    }

    /// Tells the text of the reply, if more of it is known than was told.
    fn tell_reply(&mut self) {
        let Some(reply) = self.reply.as_mut() else {
            return;
        };
        let known = (reply.text.len(), reply.translation.len());
        if reply.told.replace(known) != Some(known) {
            self.outputs.push_back(Output::Reply {
                id: reply.id,
                text: reply.text.trim().to_owned(),
                translation: reply.translation.clone(),
                interrupted: false,
            });
        }
    }

    fn tell_voice_trouble(&mut self) {
        if let Some(reply) = self.reply.as_mut()
            && !std::mem::replace(&mut reply.is_troubled, true)
        {
            self.outputs.push_back(Output::Trouble(Trouble::Speech));
        }
    }

    /// Waits for the voice and the playout, as long as there is something to wait for.
    fn arm_speech(&mut self, now: Instant) {
        match &self.reply {
            Some(reply)
                if matches!(reply.stage, Stage::Voicing | Stage::Playing)
                    && reply.is_voice_due() =>
            {
                self.timers.set(
                    Timer::Speech,
                    now + self.config.speech_timeout + reply.queued(),
                );
            }
            _ => self.timers.stop(Timer::Speech),
        }
    }

    fn current(&mut self, generation: u64) -> Option<&mut Reply> {
        self.reply
            .as_mut()
            .filter(|reply| reply.generation == generation)
    }
}

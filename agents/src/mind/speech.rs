//! What the agent says: the reply on its way from the dialogue model through the voice to the learner's ear.

use std::time::{Duration, Instant};

use super::Mind;
use super::message::{Output, Trouble};
use super::reply::{Reply, Stage};
use super::timer::Timer;
use crate::engine::{ReplyPiece, WordTiming};

impl Mind {
    /// Gives the voice what it may say now, and tells what there is to tell of the reply.
    pub(super) fn settle_speech(&mut self, now: Instant) {
        let is_quiet = self.is_quiet();
        let Some(reply) = self.reply.as_mut() else {
            return;
        };
        if let Stage::Paused {
            heard,
            is_awaiting: false,
        } = reply.stage
            && is_quiet
        {
            reply.stage = if heard { Stage::Playing } else { Stage::Voicing };
            let generation = reply.generation;
            self.outputs.push_back(Output::ResumeSpeech { generation });
            self.timers.stop(Timer::BargeIn);
            self.arm_speech(now);
        }
        let Some(reply) = self.reply.as_mut() else {
            return;
        };
        if matches!(reply.stage, Stage::Prepared | Stage::Flushing) || (!reply.is_spoken() && !is_quiet) {
            return;
        }
        if reply.is_whole && reply.phrases.is_empty() {
            // Nothing in it can be said.
            self.reply = None;
            self.outputs.push_back(Output::Trouble(Trouble::Reply));
            return;
        }
        let generation = reply.generation;
        let pace = reply.repeats.unwrap_or_else(|| {
            let progress = reply.progress.as_ref().unwrap_or(&self.progress);
            self.config.script.pace(progress)
        });
        let mut is_new = false;
        while let Some(phrase) = reply.phrases.get(reply.spoken) {
            self.outputs.push_back(Output::Speak {
                generation,
                phrase: reply.spoken,
                text: phrase.text.clone(),
                pace,
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
            ReplyPiece::PhraseEnd => reply.end_phrase(),
            // Said before the reply, and so part of what was said.
            ReplyPiece::Aside(text) => {
                reply.push_text(&text);
                reply.end_phrase();
            }
            ReplyPiece::Act(act) => reply.acts.push(act),
            ReplyPiece::Translation(translation) => reply.translation = translation,
            ReplyPiece::Insights(insights) => reply.insights = insights,
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
        if self.current(generation).is_some_and(|reply| !reply.is_whole) {
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
        let Some(spoken) = self.current(generation).and_then(|reply| reply.phrase(phrase)) else {
            return;
        };
        spoken.made += duration;
        spoken.words.extend(words);
        self.arm_speech(now);
    }

    pub(super) fn handle_speech_ended(&mut self, generation: u64, phrase: usize, now: Instant) {
        let Some(spoken) = self.current(generation).and_then(|reply| reply.phrase(phrase)) else {
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
        let Some(spoken) = self.current(generation).and_then(|reply| reply.phrase(phrase)) else {
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
            Stage::Paused {
                heard: false,
                is_awaiting,
            } => {
                reply.stage = Stage::Paused {
                    heard: true,
                    is_awaiting,
                }
            }
            _ => return,
        }
        let latency = reply.account(now);
        self.heard_until = None;
        self.tell_reply();
        self.outputs.extend(latency.map(Output::Latency));
        self.arm_speech(now);
    }

    pub(super) fn handle_playout_progress(&mut self, generation: u64, phrase: usize, played: Duration, now: Instant) {
        let Some(spoken) = self.current(generation).and_then(|reply| reply.phrase(phrase)) else {
            return;
        };
        spoken.played = spoken.played.max(played);
        self.arm_speech(now);
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
                is_awaiting: self.talking.is_none(),
            };
            let generation = reply.generation;
            self.outputs.push_back(Output::PauseSpeech { generation });
            self.timers.stop(Timer::Speech);
            self.timers.set(Timer::BargeIn, now + self.config.barge_in_timeout);
        }
    }

    /// Tells the text of the reply, if more of it is known than was told.
    fn tell_reply(&mut self) {
        let Some(reply) = self.reply.as_mut() else {
            return;
        };
        let known = reply.known();
        if reply.told.replace(known) != Some(known) {
            self.outputs.push_back(Output::Reply {
                id: reply.id,
                text: reply.text.trim().to_owned(),
                translation: reply.translation.clone(),
                insights: reply.insights.clone(),
                interrupted: false,
                answers: reply.clock.map(|clock| clock.turn),
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
            Some(reply) if matches!(reply.stage, Stage::Voicing | Stage::Playing) && reply.is_voice_due() => {
                self.timers
                    .set(Timer::Speech, now + self.config.speech_timeout + reply.queued());
            }
            _ => self.timers.stop(Timer::Speech),
        }
    }

    pub(super) fn current(&mut self, generation: u64) -> Option<&mut Reply> {
        self.reply.as_mut().filter(|reply| reply.generation == generation)
    }
}

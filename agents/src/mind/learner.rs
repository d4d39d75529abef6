//! What the learner does: speaking, typing, interrupting.

use std::time::Instant;

use super::message::{Output, Trouble};
use super::reply::Stage;
use super::timer::Timer;
use super::turn::{Clock, Turn, is_backchannel, joined, read_at};
use super::{MessageId, Mind, Presence};
use crate::engine::{Fit, Occasion, Transcript};

impl Mind {
    pub(super) fn handle_speech_started(&mut self, utterance: u64, first_voiced: Instant, now: Instant) {
        if self.presence != Presence::Here || self.newest_utterance.is_some_and(|newest| utterance <= newest) {
            return;
        }
        self.newest_utterance = Some(utterance);
        let id = self.new_message();
        let listened_at = self.listening_at.as_ref().unwrap_or(&self.progress).clone();
        let turn = Turn {
            response: self
                .heard_until
                .and_then(|heard| first_voiced.checked_duration_since(heard)),
            ..Turn::new(utterance, id, listened_at, now)
        };
        if let Some(turn) = self.talking.replace(turn) {
            self.tell_final(turn.id, "");
            self.drop_prepared();
        }
        self.timers.set(Timer::Turn, now + self.config.turn_timeout);
        match self.reply.as_mut().map(|reply| &mut reply.stage) {
            // Whoever speaks before the agent is heard is not talked over. Over an agent that is heard, the detector decides
            // first whether it is more than an echo: see `Input::BargeIn`.
            Some(Stage::Voicing) => self.pause_speech(now),
            Some(Stage::Paused { is_awaiting, .. }) => *is_awaiting = false,
            _ => {}
        }
    }

    pub(super) fn handle_speech_resumed(&mut self, utterance: u64) {
        if self.is_talking(utterance) {
            self.drop_prepared();
        }
    }

    pub(super) fn handle_partial(&mut self, utterance: u64, text: String, now: Instant) {
        let language = self.config.script.language();
        let Some(turn) = self.turn_mut(utterance) else {
            return;
        };
        if text.is_empty() || turn.guess.text == text {
            return;
        }
        turn.guess = Transcript {
            text: text.clone(),
            ..Transcript::default()
        };
        let id = turn.id;
        if self.is_talking(utterance) {
            self.timers.set(Timer::Turn, now + self.config.turn_timeout);
        }
        self.outputs.push_back(Output::Transcript {
            id,
            text,
            is_final: false,
            turn_detected: false,
            language,
        });
    }

    /// The recogniser's view in a pause: if the turn may end here, the reply is prepared while the pause lasts.
    pub(super) fn handle_view(&mut self, utterance: u64, transcript: Transcript, fit: Fit, now: Instant) {
        let transcript = transcript.ended();
        self.handle_partial(utterance, transcript.text.clone(), now);
        let Some(turn) = self.talking.as_mut().filter(|turn| turn.utterance == utterance) else {
            return;
        };
        turn.guess = transcript.clone();
        let transcript = read_at(transcript, Some(&turn.listened_at), &self.progress);
        let may_end = match fit {
            Fit::Complete | Fit::Extendable { .. } | Fit::Unlisted { open: false } => !transcript.text.is_empty(),
            Fit::Beginning | Fit::Unlisted { open: true } => false,
        };
        let unheard = self.unanswered.as_ref().map(|unanswered| &unanswered.transcript);
        let occasion = Occasion::Answer(joined(unheard, &transcript));
        match &self.reply {
            Some(reply) if reply.stage != Stage::Prepared => {}
            Some(reply) if may_end && reply.occasion == occasion => {}
            _ => {
                self.drop_prepared();
                if may_end && !self.is_holding && self.recognising.is_none() {
                    self.ask(occasion, Stage::Prepared, now);
                }
            }
        }
    }

    pub(super) fn handle_turn_ended(&mut self, utterance: u64, last_voiced: Instant, now: Instant) {
        if !self.is_talking(utterance) {
            return;
        }
        if self.recognising.is_some() {
            // Two turns at once: the older one counts as far as it was understood.
            self.give_up_recognition(now);
        }
        let Some(mut turn) = self.talking.take() else {
            return;
        };
        self.timers.stop(Timer::Turn);
        turn.clock = Some(Clock {
            turn: turn.id,
            last_voiced: last_voiced.min(now),
            decided: now,
            transcribed: now,
            response: turn.response,
        });
        let has_failed = turn.failed.is_some();
        self.recognising = Some(turn);
        self.timers
            .set(Timer::Recognition, now + self.config.recognition_timeout);
        if has_failed {
            self.give_up_recognition(now);
        }
    }

    /// The end of an utterance got lost: it ends here, unless the learner wants time to think.
    pub(super) fn give_up_turn(&mut self, now: Instant) {
        let Some(turn) = self.talking.as_ref() else {
            return;
        };
        if self.is_holding {
            self.timers.set(Timer::Turn, now + self.config.turn_timeout);
        } else {
            self.handle_turn_ended(turn.utterance, now, now);
        }
    }

    pub(super) fn handle_final(&mut self, utterance: u64, transcript: Transcript, now: Instant) {
        if let Some(turn) = self.recognising.take_if(|turn| turn.utterance == utterance) {
            self.timers.stop(Timer::Recognition);
            self.finish_turn(turn, transcript, now);
        }
    }

    pub(super) fn handle_recognition_failed(&mut self, utterance: u64, why: Trouble, now: Instant) {
        if let Some(turn) = self.turn_mut(utterance) {
            turn.failed = Some(why);
        }
        if self
            .recognising
            .as_ref()
            .is_some_and(|turn| turn.utterance == utterance)
        {
            self.give_up_recognition(now);
        }
    }

    /// The recogniser has no final word: its last guess counts. Without any, the agent says that it did not understand, by
    /// replying to an empty answer: the learner has spoken and should not wait in vain. Where nobody could have understood them,
    /// they are told to type instead: asking again would not help, and the question stays.
    pub(super) fn give_up_recognition(&mut self, now: Instant) {
        self.timers.stop(Timer::Recognition);
        let Some(mut turn) = self.recognising.take() else {
            return;
        };
        let guess = std::mem::take(&mut turn.guess);
        if guess.text.is_empty() {
            if turn.failed == Some(Trouble::NoRecogniser) {
                self.tell_final(turn.id, "");
                self.drop_prepared();
                self.outputs.push_back(Output::Trouble(Trouble::NoRecogniser));
                return;
            }
            self.outputs.push_back(Output::Trouble(Trouble::Recognition));
            self.tell_final(turn.id, "");
            if let Some(clock) = turn.clock {
                self.owe_reply(
                    &guess,
                    0,
                    Clock {
                        transcribed: now,
                        ..clock
                    },
                );
            }
        } else {
            self.finish_turn(turn, guess, now);
        }
    }

    fn finish_turn(&mut self, turn: Turn, transcript: Transcript, now: Instant) {
        let transcript = transcript.ended();
        let spoke_over = self
            .reply
            .as_ref()
            .is_some_and(|reply| matches!(reply.stage, Stage::Paused { .. }));
        let clock = Clock {
            transcribed: now,
            ..turn.clock.unwrap_or(Clock {
                turn: turn.id,
                last_voiced: now,
                decided: now,
                transcribed: now,
                response: turn.response,
            })
        };
        if transcript.text.trim().is_empty() && self.config.answers_silence {
            self.tell_final(turn.id, "");
            self.drop_prepared();
            self.owe_reply(&Transcript::default(), 0, clock);
            return;
        }
        if transcript.text.trim().is_empty() || (spoke_over && is_backchannel(&transcript.text)) {
            // Noise, or a sign of listening: no turn at all.
            self.tell_final(turn.id, "");
            self.drop_prepared();
            return;
        }
        self.keep_answer(turn.id, turn.started, transcript, Some(turn.listened_at), clock, now);
    }

    pub(super) fn handle_typed(&mut self, text: String, now: Instant) {
        let text = text.trim();
        if text.is_empty() || self.presence != Presence::Here {
            return;
        }
        // Typing stands in for whatever was being said.
        for turn in [self.recognising.take(), self.talking.take()].into_iter().flatten() {
            self.tell_final(turn.id, "");
        }
        self.timers.stop(Timer::Turn);
        self.timers.stop(Timer::Recognition);
        let id = self.new_message();
        let transcript = Transcript {
            text: text.to_owned(),
            confidence: 1.0,
            ..Transcript::default()
        };
        let clock = Clock {
            turn: id,
            last_voiced: now,
            decided: now,
            transcribed: now,
            response: None,
        };
        self.keep_answer(id, now, transcript, None, clock, now);
    }

    pub(super) fn tell_final(&mut self, id: MessageId, text: &str) {
        self.outputs.push_back(Output::Transcript {
            id,
            text: text.to_owned(),
            is_final: true,
            turn_detected: true,
            language: self.config.script.language(),
        });
    }

    /// The learner speaks over the agent: it falls silent at once, and waits for the verdict.
    pub(super) fn handle_barge_in(&mut self, now: Instant) {
        if self
            .reply
            .as_ref()
            .is_some_and(|reply| matches!(reply.stage, Stage::Voicing | Stage::Playing))
        {
            self.pause_speech(now);
        }
    }

    /// It was nothing: `settle` resumes the speech.
    pub(super) fn handle_false_alarm(&mut self, utterance: u64) {
        self.await_nobody();
        if let Some(turn) = self.talking.take_if(|turn| turn.utterance == utterance) {
            self.timers.stop(Timer::Turn);
            if !turn.guess.text.is_empty() {
                self.tell_final(turn.id, "");
            }
            self.drop_prepared();
        }
    }

    pub(super) fn handle_barge_in_confirmed(&mut self, utterance: u64, now: Instant) {
        self.handle_speech_started(utterance, now, now);
        if self.is_known(utterance) && self.reply.as_ref().is_some_and(|reply| reply.is_spoken()) {
            self.cut_reply(now);
        }
    }

    /// No verdict came: whoever still talks means it; when nobody does, `settle` resumes the speech.
    pub(super) fn give_up_pause(&mut self, now: Instant) {
        self.await_nobody();
        if self.talking.is_some() {
            self.cut_reply(now);
        }
    }

    fn await_nobody(&mut self) {
        if let Some(Stage::Paused { is_awaiting, .. }) = self.reply.as_mut().map(|reply| &mut reply.stage) {
            *is_awaiting = false;
        }
    }

    fn is_talking(&self, utterance: u64) -> bool {
        self.talking.as_ref().is_some_and(|turn| turn.utterance == utterance)
    }

    fn is_known(&self, utterance: u64) -> bool {
        self.is_talking(utterance)
            || self
                .recognising
                .as_ref()
                .is_some_and(|turn| turn.utterance == utterance)
    }

    fn turn_mut(&mut self, utterance: u64) -> Option<&mut Turn> {
        [self.talking.as_mut(), self.recognising.as_mut()]
            .into_iter()
            .flatten()
            .find(|turn| turn.utterance == utterance)
    }
}

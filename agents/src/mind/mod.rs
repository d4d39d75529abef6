//! The mind of the agent: one conversation, turn by turn. Pure: no engine, no sound, no clock.
//!
//! The shell tells it what happens ([`Input`]) and does what it says ([`Output`]). Three things go on at once and each has
//! named stages: the learner's turn (talking, then being recognised), the reply (prepared, thinking, voicing, playing,
//! paused, flushing), and the history that both leave behind. Every input states a fact; what follows from the facts
//! together is decided in one place, `settle`.
//!
//! What the agent is held to have said is what was heard of it:
//! * A reply that was cut is kept, in the history, in events and in storage, up to the last word of which at least half was
//!   played. A phrase that no voice could say counts as read.
//! * One whole word heard is enough for the reply to count: the scenario moves on with it. The learner who speaks over the
//!   rest of a question has in most cases understood it, and if not, the next reply asks it again.
//! * A reply of which nothing was heard never was: the scenario stays, and what the learner says next is joined with what
//!   they had said before, as one answer.
//!
//! Every wait ends by itself: see [`MindConfig`].

mod answering;
mod ending;
mod heard;
mod help;
mod learner;
mod message;
mod reading;
mod repeat;
mod reply;
mod settle;
mod speech;
mod timer;
mod turn;

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use self::message::{EndReason, Input, Latency, MessageId, Output, Record, State, Trouble};
pub use self::turn::is_backchannel;

use self::repeat::{Repeat, Said};
use self::reply::Reply;
use self::timer::{Timer, Timers};
use self::turn::{Answer, Turn, Unanswered};
use crate::correction::{Correction, CorrectionPolicy, Note, Proofread, Unchecked};
use crate::engine::{Speaker, Utterance};
use crate::language::Language;
use crate::scenario::{Progress, Script};

/// How one conversation is held.
#[derive(Clone, Debug)]
pub struct MindConfig {
    /// What it is about.
    pub script: Arc<Script>,
    /// Where it stands; at the beginning, unless it is taken up again.
    pub progress: Progress,
    /// What was said before, when it is taken up again.
    pub history: Vec<Utterance>,
    /// The learner's own language.
    pub native_language: Language,
    /// What is done about the learner's mistakes.
    pub correction: CorrectionPolicy,
    /// Who finds them, and tells when they fell back into their own language.
    pub proofreader: Arc<dyn Proofread>,
    /// What others wrote about the conversation: data for the dialogue model, never an instruction.
    pub notes: Arc<[Note]>,
    /// How long both may be silent until the agent says something [12 s].
    pub idle_after: Duration,
    /// How long the learner may take to say goodbye, too, once the scenario is completed and the farewell was heard [3 s].
    pub goodbye_after: Duration,
    /// How often in a row it does so before it waits in silence (2 by default).
    pub idle_prompts: u8,
    /// Whether an utterance without words is answered, by asking again \[no\]. In a call it is a noise; whoever hands in a
    /// recording waits for an answer.
    pub answers_silence: bool,
    /// How long the recogniser may find nothing new in an utterance until it counts as over [30 s].
    pub turn_timeout: Duration,
    /// How long a final transcript may take; then the last guess counts [3 s].
    pub recognition_timeout: Duration,
    /// How long the first piece of a reply and each next one may take, fallbacks included [3 s].
    pub reply_timeout: Duration,
    /// How long a phrase's speech and its playout may stand still, fallbacks included [3 s].
    pub speech_timeout: Duration,
    /// How long speech stays paused by a barge-in without a verdict [2 s].
    pub barge_in_timeout: Duration,
    /// How long the account of a flush may take [500 ms].
    pub flush_timeout: Duration,
}

impl MindConfig {
    /// A new conversation with default timing.
    pub fn new(script: Arc<Script>, native_language: Language) -> Self {
        Self {
            correction: CorrectionPolicy::of_level(script.level()),
            proofreader: Arc::new(Unchecked),
            notes: Arc::new([]),
            script,
            progress: Progress::default(),
            history: Vec::new(),
            native_language,
            idle_after: Duration::from_secs(12),
            goodbye_after: Duration::from_secs(3),
            idle_prompts: 2,
            answers_silence: false,
            turn_timeout: Duration::from_secs(30),
            recognition_timeout: Duration::from_secs(3),
            reply_timeout: Duration::from_secs(3),
            speech_timeout: Duration::from_secs(3),
            barge_in_timeout: Duration::from_secs(2),
            flush_timeout: Duration::from_millis(500),
        }
    }
}

/// The state of one conversation.
#[derive(Debug)]
pub struct Mind {
    config: MindConfig,
    /// Where the scenario stands, as far as it was heard.
    progress: Progress,
    history: Vec<Utterance>,
    /// What the recogniser was last told to expect stands at this progress.
    listening_at: Option<Progress>,
    presence: Presence,
    /// Whether the opener is to be prepared, which is done once.
    is_joining: bool,
    is_holding: bool,
    /// The newest utterance since the learner joined; their numbers rise.
    newest_utterance: Option<u64>,
    /// The utterance that is being said.
    talking: Option<Turn>,
    /// The utterance that is over and being recognised.
    recognising: Option<Turn>,
    unanswered: Option<Unanswered>,
    /// Whether a reply to `unanswered` is owed.
    is_reply_due: bool,
    reply: Option<Reply>,
    /// When the agent was last heard to its end, as long as nobody has answered.
    heard_until: Option<Instant>,
    /// Answers given while a reply was being cut: they follow it.
    after_flush: Vec<Answer>,
    /// What the agent said since the mind was made, for those who want to hear it again.
    said: Said,
    /// At which step help was given, and how often.
    helped: (usize, u8),
    /// What is to be said again.
    repeat: Option<Repeat>,
    /// What was corrected in the reply before, if anything.
    corrected: Option<Correction>,
    idle_prompts: u8,
    is_completed: bool,
    ending: Option<EndReason>,
    is_over: bool,
    shown: State,
    next_generation: u64,
    next_message: u64,
    timers: Timers,
    outputs: VecDeque<Output>,
}

/// Whether the learner is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Expected,
    Here,
    Away,
}

impl Mind {
    /// A mind that waits for the learner to join.
    pub fn new(config: MindConfig) -> Self {
        Self {
            progress: config.progress.clone(),
            history: config.history.clone(),
            config,
            listening_at: None,
            presence: Presence::Expected,
            is_joining: false,
            is_holding: false,
            newest_utterance: None,
            talking: None,
            recognising: None,
            unanswered: None,
            is_reply_due: false,
            reply: None,
            heard_until: None,
            after_flush: Vec::new(),
            said: Said::default(),
            helped: (0, 0),
            repeat: None,
            corrected: None,
            idle_prompts: 0,
            is_completed: false,
            ending: None,
            is_over: false,
            shown: State::Listening,
            next_generation: 1,
            next_message: 1,
            timers: Timers::default(),
            outputs: VecDeque::new(),
        }
    }

    /// Takes note of something that happened.
    pub fn handle_input(&mut self, input: Input, now: Instant) {
        if self.is_over {
            return;
        }
        match input {
            Input::Joining => self.is_joining = self.presence == Presence::Expected,
            Input::Joined => self.handle_joined(),
            Input::Left => self.handle_left(),
            Input::SpeechStarted {
                utterance,
                first_voiced,
            } => {
                self.handle_speech_started(utterance, first_voiced, now);
            }
            Input::SpeechResumed { utterance } => self.handle_speech_resumed(utterance),
            Input::Partial { utterance, text } => self.handle_partial(utterance, text, now),
            Input::View {
                utterance,
                transcript,
                fit,
            } => self.handle_view(utterance, transcript, fit, now),
            Input::TurnEnded { utterance, last_voiced } => self.handle_turn_ended(utterance, last_voiced, now),
            Input::Final { utterance, transcript } => self.handle_final(utterance, transcript, now),
            Input::RecognitionFailed { utterance } => {
                self.handle_recognition_failed(utterance, Trouble::Recognition, now);
            }
            Input::RecognitionUnavailable { utterance } => {
                self.handle_recognition_failed(utterance, Trouble::NoRecogniser, now);
            }
            Input::Typed { text } => self.handle_typed(text, now),
            Input::BargeIn => self.handle_barge_in(now),
            Input::FalseAlarm { utterance } => self.handle_false_alarm(utterance),
            Input::BargeInConfirmed { utterance } => self.handle_barge_in_confirmed(utterance, now),
            Input::NeedsHelp => self.handle_needs_help(),
            Input::WantsHint => self.handle_wants_hint(),
            Input::Repeat { message, slowly } => self.handle_repeat(message, slowly),
            Input::Interrupt => self.cut_reply(now),
            Input::Hold { on } => self.is_holding = on,
            Input::End => self.ending = self.ending.or(Some(EndReason::Requested)),
            Input::Reply { generation, piece } => self.handle_reply(generation, piece, now),
            Input::ReplyFailed { generation } => self.handle_reply_failed(generation, now),
            Input::SpeechMade {
                generation,
                phrase,
                duration,
                words,
            } => {
                self.handle_speech_made(generation, phrase, duration, words, now);
            }
            Input::SpeechEnded { generation, phrase } => self.handle_speech_ended(generation, phrase, now),
            Input::SpeechFailed { generation, phrase } => self.handle_speech_failed(generation, phrase, now),
            Input::PlayoutStarted { generation } => self.handle_playout_started(generation, now),
            Input::PlayoutProgress {
                generation,
                phrase,
                played,
            } => {
                self.handle_playout_progress(generation, phrase, played, now);
            }
            Input::PlayoutFinished { generation } => self.handle_playout_finished(generation, now),
            Input::Flushed { generation, played } => self.handle_flushed(generation, &played, now),
        }
        self.settle(now);
    }

    /// Lets timers expire that are due.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.expire(now) {
            match timer {
                Timer::Turn => self.give_up_turn(now),
                Timer::Recognition => self.give_up_recognition(now),
                Timer::Reply => self.give_up_reply(now),
                Timer::Speech => self.give_up_speech(now),
                Timer::BargeIn => self.give_up_pause(now),
                Timer::Flush => self.finish_flush(now),
                Timer::Idle => self.fill_silence(now),
            }
            self.settle(now);
        }
    }

    /// When to call [`Self::handle_timeout`], if nothing happens before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The next thing to do or to tell.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What was said so far, as it was heard, oldest first.
    pub fn history(&self) -> &[Utterance] {
        &self.history
    }

    /// Where the scenario stands, as far as it was heard.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// What the agent does now.
    pub fn state(&self) -> State {
        self.shown
    }

    fn handle_joined(&mut self) {
        let was = std::mem::replace(&mut self.presence, Presence::Here);
        if was != Presence::Here {
            // An answer whose reply was not heard because the learner was cut off is answered now.
            self.is_reply_due |= self.unanswered.is_some();
            self.listening_at = None;
            self.newest_utterance = None;
            // A page that was loaded again knows nothing of the button that was pressed before.
            self.is_holding = false;
        }
    }

    fn handle_left(&mut self) {
        if self.presence == Presence::Here {
            self.presence = Presence::Away;
            self.repeat = None;
            self.heard_until = None;
            if let Some(turn) = self.talking.take() {
                self.tell_final(turn.id, "");
            }
            self.timers.stop(Timer::Turn);
        }
    }

    /// Whether the learner has nothing on its way.
    fn is_quiet(&self) -> bool {
        self.talking.is_none() && self.recognising.is_none()
    }

    fn new_message(&mut self) -> MessageId {
        let id = MessageId(self.next_message);
        self.next_message += 1;
        id
    }

    fn remember(&mut self, speaker: Speaker, text: &str) {
        self.history.push(Utterance {
            speaker,
            text: text.to_owned(),
        });
    }
}

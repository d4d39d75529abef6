//! The state machine of turns.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Fit, Patience, PauseModel, Verdict};
use crate::FRAME;
use crate::prosody::Closing;
use crate::vad::Activity;

/// Silence at which the recogniser is asked for its view.
const ASK: Duration = Duration::from_millis(100);
/// Voice from which talking over the agent is a turn.
const CONFIRM: Duration = Duration::from_millis(500);
/// Silence after which a shorter voice was a backchannel or a noise.
const FALSE_ALARM: Duration = Duration::from_millis(300);
/// Going on this soon after the end of a turn shows that it was none.
const FALSE_END: Duration = Duration::from_millis(1_500);
/// How long a turn may be, so that a noise that is taken for speech does not hold the floor for ever.
const LONGEST_TURN: Duration = Duration::from_secs(60);

/// One frame as the detector hears it.
#[derive(Clone, Copy, Debug)]
pub struct Heard {
    /// The smoothed state of voice activity.
    pub activity: Activity,
    /// The frame itself is voice.
    pub voiced: bool,
    /// Time since the last sustained voice.
    pub silence: Duration,
    /// The sound is explained by what the agent says.
    pub echo: bool,
    /// How the speech closed, when it pauses.
    pub closing: Closing,
}

/// Where the conversation stands, from the listener's side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TurnState {
    /// Nobody has the floor, or the agent.
    Idle,
    /// The person speaks.
    Speaking,
    /// The person has paused inside a turn, or ended it.
    Pausing(Pause),
    /// The person makes a sound while the agent speaks: a barge-in, or only a backchannel.
    Intruding {
        /// How much voice there was.
        voiced: Duration,
        /// The recogniser was asked.
        asked: bool,
    },
}

/// A pause.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pause {
    /// What the recogniser thinks of the speech before it.
    pub view: Option<Fit>,
    /// Silence that does not count: the agent spoke, or the person held the floor.
    pub excused: Duration,
    /// The silence at which help was offered.
    pub helped: Option<Duration>,
    /// Time since the last voice.
    pub silence: Duration,
}

/// Why a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// A whole expected answer.
    Complete,
    /// A whole expected answer that could have gone on, and didn't.
    Extendable,
    /// An answer whose rest did not come.
    Unfinished,
    /// Silence after speech that is not expected.
    Silence,
    /// The turn was longer than any turn may be.
    TooLong,
}

/// What the detector decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnEvent {
    /// Somebody started to speak: a new utterance. While the agent speaks, `BargeIn` comes just before.
    Started {
        /// Its number.
        utterance: u64,
    },
    /// The speech paused: ask the recogniser for its view.
    Paused {
        /// The pause's number, to be given back with the view.
        pause: u32,
    },
    /// The speech goes on.
    Resumed,
    /// The speaker seems to be stuck inside an answer.
    NeedsHelp,
    /// The turn is over.
    Ended {
        /// Why.
        reason: EndReason,
        /// The silence that it took.
        silence: Duration,
    },
    /// Somebody speaks while the agent does: pause it.
    BargeIn,
    /// It was a backchannel or a noise: let the agent go on.
    FalseAlarm,
    /// It is a turn: let the agent stop.
    BargeInConfirmed,
}

/// Decides whose turn it is. Fed with every frame; time is the time of frames.
#[derive(Debug)]
pub struct TurnDetector {
    state: TurnState,
    model: PauseModel,
    utterance: u64,
    /// Pauses of this utterance that were asked about.
    pauses: u32,
    /// How long the turn has lasted.
    lasted: Duration,
    /// Time since the last turn ended, and the silence it had ended with.
    since_end: Option<Duration>,
    hold: bool,
    agent_speaking: bool,
    /// The voice that made the last event is still there: a new start needs a break.
    spent: bool,
    events: VecDeque<TurnEvent>,
}

impl TurnDetector {
    /// For a speaker of this level.
    pub fn new(patience: Patience) -> Self {
        Self {
            state: TurnState::Idle,
            model: PauseModel::new(patience),
            utterance: 0,
            pauses: 0,
            lasted: Duration::ZERO,
            since_end: None,
            hold: false,
            agent_speaking: false,
            spent: false,
            events: VecDeque::new(),
        }
    }

    /// Takes the next frame.
    pub fn handle_frame(&mut self, heard: Heard) {
        if heard.activity != Activity::Speaking {
            self.spent = false;
        }
        self.since_end = self.since_end.map(|time| time + FRAME);
        if self.state != TurnState::Idle {
            self.lasted += FRAME;
        }
        self.state = match self.state {
            TurnState::Idle => self.idle(heard),
            TurnState::Speaking => self.speaking(heard),
            TurnState::Pausing(pause) => self.pausing(pause, heard),
            TurnState::Intruding { voiced, asked } => self.intruding(voiced, asked, heard),
        };
    }

    /// The recogniser's view of the utterance up to a pause. A view of what has since gone on is out of date.
    pub fn handle_view(&mut self, utterance: u64, pause: u32, fit: Fit, closing: Closing) {
        if utterance != self.utterance || pause != self.pauses {
            return;
        }
        self.state = match self.state {
            TurnState::Pausing(mut pause) => {
                pause.view = Some(fit);
                self.decide(pause, closing)
            }
            // A beginning proves nothing yet: "mhm" is like the first sound of many an answer. Whoever means it goes on.
            TurnState::Intruding { asked: true, .. } if matches!(fit, Fit::Complete | Fit::Extendable { .. }) => {
                self.confirm();
                TurnState::Pausing(Pause {
                    view: Some(fit),
                    silence: ASK,
                    ..Pause::default()
                })
            }
            state => state,
        };
    }

    /// The recogniser says that the utterance up to a pause was a backchannel ("mhm"). What has since gone on may be more.
    pub fn handle_backchannel(&mut self, utterance: u64, pause: u32) {
        let is_current = utterance == self.utterance && pause == self.pauses;
        if is_current && matches!(self.state, TurnState::Intruding { asked: true, .. }) {
            self.state = self.false_alarm();
        }
    }

    /// The person asks for time ("let me think"), or gives it back.
    pub fn handle_hold(&mut self, on: bool) {
        if self.hold
            && !on
            && let TurnState::Pausing(pause) = &mut self.state
        {
            pause.excused = pause.silence;
            pause.helped = None;
        }
        self.hold = on;
    }

    /// The agent has the floor, also while its speech is paused by a barge-in that isn't confirmed.
    pub fn handle_agent_speaking(&mut self, on: bool) {
        self.agent_speaking = on;
    }

    /// Changes the profile; what was learned about the speaker is forgotten.
    pub fn set_patience(&mut self, patience: Patience) {
        if patience != self.model.patience() {
            self.model = PauseModel::new(patience);
        }
    }

    /// What was decided, in order.
    pub fn poll_event(&mut self) -> Option<TurnEvent> {
        self.events.pop_front()
    }

    /// The state.
    pub fn state(&self) -> TurnState {
        self.state
    }

    /// The number of the last utterance.
    pub fn utterance(&self) -> u64 {
        self.utterance
    }

    /// The speaker's mean pause inside a turn.
    pub fn mean_pause(&self) -> Duration {
        self.model.mean_pause()
    }

    fn idle(&mut self, heard: Heard) -> TurnState {
        if heard.activity != Activity::Speaking || heard.echo || self.spent {
            return TurnState::Idle;
        }
        let next = if self.agent_speaking {
            self.events.push_back(TurnEvent::BargeIn);
            // What the smoother took for the start was voice for the most part.
            TurnState::Intruding {
                voiced: FRAME * 8,
                asked: false,
            }
        } else {
            self.learn_false_end();
            TurnState::Speaking
        };
        self.utterance += 1;
        self.pauses = 0;
        self.lasted = Duration::ZERO;
        self.events.push_back(TurnEvent::Started {
            utterance: self.utterance,
        });
        next
    }

    fn speaking(&mut self, heard: Heard) -> TurnState {
        if self.lasted >= LONGEST_TURN && !self.hold {
            return self.end(EndReason::TooLong, heard.silence);
        }
        if heard.silence < ASK {
            return TurnState::Speaking;
        }
        self.pauses += 1;
        self.events.push_back(TurnEvent::Paused { pause: self.pauses });
        TurnState::Pausing(Pause {
            silence: heard.silence,
            ..Pause::default()
        })
    }

    fn pausing(&mut self, mut pause: Pause, heard: Heard) -> TurnState {
        if heard.activity == Activity::Speaking && !heard.echo {
            if self.agent_speaking {
                // Help was being spoken: whoever goes on needs it no more.
                self.events.extend([TurnEvent::BargeIn, TurnEvent::BargeInConfirmed]);
            } else {
                self.model.learn_pause(pause.silence);
            }
            self.events.push_back(TurnEvent::Resumed);
            return TurnState::Speaking;
        }
        pause.silence = pause.silence.max(heard.silence).max(pause.silence + FRAME);
        if self.agent_speaking || self.hold {
            pause.excused = pause.silence;
            return TurnState::Pausing(pause);
        }
        // A frame of voice may be the speech going on: the next one tells.
        if heard.voiced && !heard.echo {
            return TurnState::Pausing(pause);
        }
        self.decide(pause, heard.closing)
    }

    fn decide(&mut self, mut pause: Pause, closing: Closing) -> TurnState {
        if self.hold || self.agent_speaking {
            return TurnState::Pausing(pause);
        }
        let since = |then: Duration| pause.silence.saturating_sub(then);
        let silence = since(pause.excused);
        // Help that is spoken is excused: the wait starts when it is over.
        let helped = pause.helped.map(|helped| since(helped.max(pause.excused)));
        match self.model.verdict(silence, helped, pause.view, closing) {
            Verdict::Hold => {}
            Verdict::Help => {
                pause.helped = Some(pause.silence);
                self.events.push_back(TurnEvent::NeedsHelp);
            }
            Verdict::End => {
                let reason = match pause.view {
                    Some(Fit::Complete) => EndReason::Complete,
                    Some(Fit::Extendable { .. }) => EndReason::Extendable,
                    Some(Fit::Beginning | Fit::Unlisted { open: true }) => EndReason::Unfinished,
                    Some(Fit::Unlisted { open: false }) | None => EndReason::Silence,
                };
                return self.end(reason, pause.silence);
            }
        }
        TurnState::Pausing(pause)
    }

    fn intruding(&mut self, mut voiced: Duration, mut asked: bool, heard: Heard) -> TurnState {
        if heard.voiced && !heard.echo {
            voiced += FRAME;
        }
        // Whoever still speaks when the agent has come to its end has the floor.
        if voiced >= CONFIRM || (!self.agent_speaking && heard.activity == Activity::Speaking) {
            self.confirm();
            if asked && heard.activity == Activity::Speaking {
                self.events.push_back(TurnEvent::Resumed);
            }
            return TurnState::Speaking;
        }
        if heard.silence >= FALSE_ALARM {
            return self.false_alarm();
        }
        if asked && heard.activity == Activity::Speaking {
            asked = false;
            self.events.push_back(TurnEvent::Resumed);
        } else if !asked && heard.silence >= ASK {
            asked = true;
            self.pauses += 1;
            self.events.push_back(TurnEvent::Paused { pause: self.pauses });
        }
        TurnState::Intruding { voiced, asked }
    }

    fn confirm(&mut self) {
        self.learn_false_end();
        self.events.push_back(TurnEvent::BargeInConfirmed);
    }

    /// Somebody goes on soon after the end of the turn, perhaps over the reply: it was none.
    fn learn_false_end(&mut self) {
        if let Some(gap) = self.since_end.take().filter(|&gap| gap <= FALSE_END) {
            self.model.learn_false_end(gap);
        }
    }

    fn end(&mut self, reason: EndReason, silence: Duration) -> TurnState {
        self.since_end = Some(silence);
        self.spent = true;
        self.events.push_back(TurnEvent::Ended { reason, silence });
        TurnState::Idle
    }

    fn false_alarm(&mut self) -> TurnState {
        self.spent = true;
        self.events.push_back(TurnEvent::FalseAlarm);
        TurnState::Idle
    }
}

#[cfg(test)]
mod tests;

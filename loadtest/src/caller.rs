//! How a caller behaves: waits for the greeting, thinks, answers, pauses, hesitates, interrupts, loses the connection and comes
//! back, and begins another conversation. Pure: whoever has the connection tells it what comes in and does what it orders.
//!
//! After each [`Caller::handle`], and each [`Caller::tick`] of 20 ms, take out all of [`Caller::poll_order`] and
//! [`Caller::poll_observation`].

mod messages;
mod talk;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::plan::{Course, Script};
use crate::surface::Surface;
use crate::turn::Turn;

use talk::{Saying, Talk};

pub use messages::{Input, Observation, Order, Sound};

/// Joining may take so long.
pub const JOIN_TIMEOUT: Duration = Duration::from_secs(15);
/// The agent has finished when it has been quiet for this long and says that it listens.
pub const AGENT_QUIET: Duration = Duration::from_millis(300);
/// An utterance that has not been answered by then counts as unanswered.
pub const REPLY_TIMEOUT: Duration = Duration::from_secs(10);
/// Nothing takes longer: whoever waits so long gives up.
const STUCK: Duration = Duration::from_secs(30);
/// Between a conversation, or a failure, and the next one.
const BREATH: Duration = Duration::from_secs(2);
/// A refusal that doesn't say when to come back.
const USUAL_RETRY: Duration = Duration::from_secs(5);
/// Nobody waits longer for it, whatever it says.
const LONGEST_RETRY: Duration = Duration::from_secs(60);

#[derive(Debug)]
enum Phase {
    /// Not before then.
    Waiting { until: Instant },
    /// On the way in, for the first time or again.
    Joining { since: Instant, is_back: bool },
    /// In a conversation.
    Talking(Talk),
    /// Lost the connection.
    Away { until: Instant },
    /// The conversation is being ended.
    Ending { since: Instant },
    /// Nothing more to do.
    Done,
}

/// One caller.
#[derive(Debug)]
pub struct Caller {
    script: Script,
    surface: Surface,
    /// When to begin no other conversation; one is all when there is none.
    until: Option<Instant>,
    /// Which conversation it is.
    number: u64,
    course: Course,
    /// The next answer.
    answer: usize,
    began: Option<Instant>,
    offered: Option<Instant>,
    heard_first: bool,
    turn: Option<Turn>,
    phase: Phase,
    orders: VecDeque<Order>,
    observations: VecDeque<Observation>,
}

impl Caller {
    /// A caller who starts at `starts`, and begins conversations until `until`.
    pub fn new(script: Script, surface: Surface, starts: Instant, until: Option<Instant>) -> Self {
        Self {
            course: script.course(0),
            script,
            surface,
            until,
            number: 0,
            answer: 0,
            began: None,
            offered: None,
            heard_first: false,
            turn: None,
            phase: Phase::Waiting { until: starts },
            orders: VecDeque::new(),
            observations: VecDeque::new(),
        }
    }

    /// Takes in what happened.
    pub fn handle(&mut self, input: Input, now: Instant) {
        match (input, &mut self.phase) {
            (Input::Connected { offered }, Phase::Joining { is_back, .. }) => {
                let (took, is_back) = (milliseconds(now - offered), *is_back);
                self.observations.push_back(match is_back {
                    true => Observation::Rejoined(took),
                    false => Observation::Joined(took),
                });
                self.began.get_or_insert(offered);
                self.offered = Some(offered);
                // Whoever comes back is not greeted, and nobody is where the agent doesn't speak first.
                self.phase = Phase::Talking(Talk::new(self.surface.greets() && !is_back, now));
            }
            (Input::Refused { took, retry_after }, Phase::Joining { is_back, .. }) => {
                self.observations.push_back(Observation::Refused(milliseconds(took)));
                let retry = retry_after.unwrap_or(USUAL_RETRY).min(LONGEST_RETRY);
                let is_back = *is_back;
                self.phase = match self.until {
                    Some(until) if now + retry < until && is_back => Phase::Away { until: now + retry },
                    Some(until) if now + retry < until => Phase::Waiting { until: now + retry },
                    _ => Phase::Done,
                };
            }
            (Input::Failed(why), Phase::Joining { .. } | Phase::Talking(_)) => self.fail(why, now),
            (Input::Failed(why), Phase::Ending { .. }) => {
                self.observations.push_back(Observation::Failed(why));
                self.go_on(now);
            }
            (Input::Ended, Phase::Ending { .. }) => self.go_on(now),
            (input, Phase::Talking(_)) => self.hear(input, now),
            // What was under way when the connection was given up.
            (_, _) => {}
        }
    }

    /// Lets 20 ms begin: what to send for them. `due` is when they should have begun.
    pub fn tick(&mut self, due: Instant, now: Instant) -> Sound {
        match self.phase {
            Phase::Waiting { until } if now >= until => {
                self.order(Order::Begin);
                self.phase = Phase::Joining {
                    since: now,
                    is_back: false,
                };
            }
            Phase::Away { until } if now >= until => {
                self.order(Order::Rejoin);
                self.phase = Phase::Joining {
                    since: now,
                    is_back: true,
                };
            }
            Phase::Joining { since, .. } if now - since > JOIN_TIMEOUT => {
                self.fail(format!("not connected after {} s", JOIN_TIMEOUT.as_secs()), now);
            }
            Phase::Ending { since } if now - since > STUCK => {
                self.observations
                    .push_back(Observation::Failed("the conversation could not be ended".to_owned()));
                self.go_on(now);
            }
            Phase::Talking(_) => return self.talk(due, now),
            _ => {}
        }
        Sound::Nothing
    }

    /// The next thing to do.
    pub fn poll_order(&mut self) -> Option<Order> {
        self.orders.pop_front()
    }

    /// The next thing that it saw.
    pub fn poll_observation(&mut self) -> Option<Observation> {
        self.observations.pop_front()
    }

    /// Whether there is nothing more to do.
    pub fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Done)
    }

    /// Whether it is in a conversation.
    pub fn is_talking(&self) -> bool {
        matches!(self.phase, Phase::Talking(_))
    }

    /// Moves on within the conversation.
    fn talk(&mut self, due: Instant, now: Instant) -> Sound {
        let Phase::Talking(talk) = &mut self.phase else {
            return Sound::Nothing;
        };
        if let Some(took) = talk.barge_over(now) {
            self.observations.push_back(Observation::BargeIn(took));
        }
        if talk.gives_up(now) {
            self.answer += 1;
        }
        if now - talk.since() > STUCK {
            self.fail(format!("the agent did not give way for {} s", STUCK.as_secs()), now);
            return Sound::Nothing;
        }
        if talk.is_through(now) {
            if self.is_over(now) {
                self.end(now);
                return Sound::Nothing;
            }
            if let Some((after, away)) = self.course.drop
                && self.answer == after + 1
            {
                self.course.drop = None;
                self.finish_turn();
                self.order(Order::Vanish);
                self.phase = Phase::Away { until: now + away };
                return Sound::Nothing;
            }
        }
        let Phase::Talking(talk) = &mut self.phase else {
            return Sound::Nothing;
        };
        let manner = self.script.manner(self.number, self.answer);
        if self.course.rebind == Some(self.answer) && self.surface.is_live() && talk.is_speaking_since(now).is_some() {
            self.course.rebind = None;
            talk.rebound_at = Some(now);
            self.orders.push_back(Order::Rebind);
        }
        let has_more = self.answer < self.script.answers().len();
        let interrupts = manner.interrupts_after.filter(|_| has_more && self.surface.is_live());
        let Some(saying) = talk.next(&manner, interrupts, has_more, now) else {
            return Sound::Silence;
        };
        self.say(saying, due, now)
    }

    /// Sends the next frame of the answer, or a pause of it.
    fn say(&mut self, saying: Saying, due: Instant, now: Instant) -> Sound {
        let clip = Arc::clone(&self.script.answers()[self.answer]);
        let Phase::Talking(talk) = &mut self.phase else {
            return Sound::Nothing;
        };
        if let Saying::Begin {
            hesitation,
            interrupting,
        } = saying
        {
            let turn = Turn {
                said: clip.text.clone(),
                hesitating: hesitation.is_some(),
                interrupting,
                ..Turn::default()
            };
            talk.begin(
                clip.first_voiced(),
                hesitation.map(|pause| (clip.pause_at(), pause)),
                now,
            );
            if let Some(before) = self.turn.replace(turn) {
                self.observations.push_back(Observation::Turn(before));
            }
        }
        let Some(frame) = talk.frame(now) else {
            return Sound::Silence;
        };
        let is_last = frame + 1 >= clip.voiced_frames();
        if is_last {
            talk.said(now);
            if let Some(turn) = &mut self.turn {
                turn.sent_late_ms = milliseconds(now.saturating_duration_since(due));
            }
        }
        Sound::Voice { clip, frame, is_last }
    }

    fn hear(&mut self, input: Input, now: Instant) {
        let Phase::Talking(talk) = &mut self.phase else {
            return;
        };
        let mut turn = self.turn.as_mut();
        match input {
            Input::Mark => {
                if let (Some(since), Some(turn)) = (talk.awaiting_since(), turn) {
                    turn.marked_ms.get_or_insert(milliseconds(now - since));
                }
            }
            Input::Speech { marked } => {
                if let (true, Some(since), Some(turn)) = (marked, talk.awaiting_since(), turn.as_deref_mut()) {
                    turn.marked_ms.get_or_insert(milliseconds(now - since));
                }
                if let Some(gap) = talk.rebound_at.take() {
                    self.observations
                        .push_back(Observation::RebindGap(milliseconds(now - gap)));
                }
                match talk.hear_speech(now) {
                    talk::Meaning::Reply { voiced_until } => self.replied(voiced_until, now),
                    talk::Meaning::CutOff => {
                        if let Some(turn) = turn {
                            turn.cut_off = true;
                        }
                    }
                    talk::Meaning::More => {}
                }
                self.note_first_audio(now);
            }
            Input::Reply { plays_for } => {
                let awaited = talk.awaiting_since();
                talk.hear_reply(plays_for, now);
                if let Some(voiced_until) = awaited {
                    self.replied(voiced_until, now);
                }
                self.note_first_audio(now);
            }
            Input::Listening(is_listening) => talk.listens(is_listening),
            Input::Transcript(text) => {
                if let Some(turn) = turn {
                    turn.hear(&text);
                }
            }
            Input::Latency(latency) => {
                if let Some(turn) = turn {
                    turn.server = Some(latency);
                }
            }
            Input::Words(words) => self.observations.push_back(Observation::Words(words)),
            Input::Connected { .. } | Input::Refused { .. } | Input::Failed(_) | Input::Ended => {}
        }
    }

    fn replied(&mut self, voiced_until: Instant, now: Instant) {
        if let Some(turn) = &mut self.turn {
            turn.answered = true;
            // What answers half an answer is no reply to it; its time would flatter.
            if !turn.cut_off {
                turn.reply_ms = Some(milliseconds(now - voiced_until));
            }
        }
        self.answer += 1;
    }

    fn note_first_audio(&mut self, now: Instant) {
        if let Some(offered) = self.offered
            && !std::mem::replace(&mut self.heard_first, true)
            && self.surface.greets()
        {
            self.observations
                .push_back(Observation::FirstAudio(milliseconds(now - offered)));
        }
    }

    /// Whether the conversation is over: everything was said, or the time is up.
    fn is_over(&self, now: Instant) -> bool {
        self.answer >= self.script.answers().len() || self.until.is_some_and(|until| now >= until)
    }

    fn end(&mut self, now: Instant) {
        self.finish_turn();
        self.order(Order::End);
        self.phase = Phase::Ending { since: now };
    }

    fn fail(&mut self, why: String, now: Instant) {
        self.observations.push_back(Observation::Failed(why));
        self.finish_turn();
        self.order(Order::Vanish);
        self.go_on(now);
    }

    fn finish_turn(&mut self) {
        if let Some(turn) = self.turn.take() {
            self.observations.push_back(Observation::Turn(turn));
        }
    }

    /// After a conversation: the next one, if there is time.
    fn go_on(&mut self, now: Instant) {
        if let Some(began) = self.began.take() {
            self.observations.push_back(Observation::Conversation(now - began));
        }
        self.number += 1;
        self.course = self.script.course(self.number);
        self.answer = 0;
        self.offered = None;
        self.heard_first = false;
        self.turn = None;
        self.phase = match self.until {
            Some(until) if now + BREATH < until => Phase::Waiting { until: now + BREATH },
            _ => Phase::Done,
        };
    }

    fn order(&mut self, order: Order) {
        self.orders.push_back(order);
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

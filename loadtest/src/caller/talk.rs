//! Whose turn it is, as a caller sees it.

use std::time::{Duration, Instant};

use super::{AGENT_QUIET, REPLY_TIMEOUT, milliseconds};
use crate::plan::Manner;

/// The agent still speaks when it was heard so recently: a packet may be late.
const SPEAKING: Duration = Duration::from_millis(80);
/// Who was not told that it is their turn takes a long silence for it.
const LONG_QUIET: Duration = Duration::from_secs(4);
/// How long somebody who came back, or is greeted by nobody, waits before thinking about what to say.
const SETTLING: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Doing {
    /// Waiting for the agent to finish; since when it has been speaking.
    Listening { spoken_since: Option<Instant> },
    /// Waiting a moment before the answer.
    Thinking { until: Instant },
    /// Saying it; the frame to send next, and the pause that is to come.
    Speaking {
        next: usize,
        pause: Option<(usize, Duration)>,
        resumes: Option<Instant>,
    },
    /// Said it; waiting for the reply.
    Awaiting { voiced_until: Instant },
}

/// An answer that was begun over the agent: since when, and when the agent was last heard.
#[derive(Clone, Copy, Debug)]
struct Barge {
    began: Instant,
    last_heard: Instant,
}

/// What a packet of speech means to a caller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Meaning {
    /// It begins the reply to what ended then.
    Reply { voiced_until: Instant },
    /// It came before the answer was out.
    CutOff,
    /// It goes on.
    More,
}

/// What to say now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saying {
    /// The next answer begins.
    Begin {
        /// With a pause in it.
        hesitation: Option<Duration>,
        /// Over the agent.
        interrupting: bool,
    },
    /// It goes on.
    More,
}

/// The state of one conversation.
#[derive(Debug)]
pub(super) struct Talk {
    doing: Doing,
    since: Instant,
    heard_at: Option<Instant>,
    /// A reply that came whole is listened to until then.
    plays_until: Option<Instant>,
    agent_listens: bool,
    barge: Option<Barge>,
    /// When the address changed, until the agent is heard again.
    pub(super) rebound_at: Option<Instant>,
}

impl Talk {
    /// A conversation that begins, with the agent's greeting or without.
    pub(super) fn new(is_greeted: bool, now: Instant) -> Self {
        Self {
            doing: Doing::Listening { spoken_since: None },
            since: now,
            heard_at: None,
            // Who is not greeted waits as if something short had been said.
            plays_until: (!is_greeted).then_some(now + SETTLING),
            agent_listens: !is_greeted,
            barge: None,
            rebound_at: None,
        }
    }

    /// Since when nothing has moved.
    pub(super) fn since(&self) -> Instant {
        // A reply that plays moves on by itself, and so does somebody who thinks.
        let until = match self.doing {
            Doing::Thinking { until } => Some(until),
            _ => self.plays_until,
        };
        until.map_or(self.since, |until| until.max(self.since))
    }

    /// Since when the last answer is out and not replied to. What the agent still says over it is no reply.
    pub(super) fn awaiting_since(&self) -> Option<Instant> {
        match self.doing {
            Doing::Awaiting { voiced_until } if self.barge.is_none() => Some(voiced_until),
            _ => None,
        }
    }

    /// Since when the agent has been speaking, if it speaks.
    pub(super) fn is_speaking_since(&self, now: Instant) -> Option<Instant> {
        match self.doing {
            Doing::Listening { spoken_since } if self.heard_at.is_some_and(|heard| now - heard <= SPEAKING) => {
                spoken_since
            }
            _ => None,
        }
    }

    /// Whether the agent has said what it has to say.
    pub(super) fn is_through(&self, now: Instant) -> bool {
        let Doing::Listening { spoken_since } = self.doing else {
            return false;
        };
        if let Some(until) = self.plays_until {
            return now >= until;
        }
        let quiet = self.heard_at.map_or(Duration::ZERO, |heard| now - heard);
        spoken_since.is_some() && (self.agent_listens && quiet >= AGENT_QUIET || quiet >= LONG_QUIET)
    }

    /// Gives up on a reply that doesn't come; whether it did so now.
    pub(super) fn gives_up(&mut self, now: Instant) -> bool {
        let is_over = matches!(self.doing, Doing::Awaiting { voiced_until } if now - voiced_until > REPLY_TIMEOUT);
        if is_over {
            self.barge = None;
            self.agent_listens = true;
            self.turn_to(
                Doing::Listening {
                    spoken_since: Some(now),
                },
                now,
            );
        }
        is_over
    }

    /// Moves on; what to say in these 20 ms, or nothing.
    pub(super) fn next(
        &mut self,
        manner: &Manner,
        interrupts_after: Option<Duration>,
        has_more: bool,
        now: Instant,
    ) -> Option<Saying> {
        let begin = |interrupting| Saying::Begin {
            hesitation: manner.hesitation,
            interrupting,
        };
        match self.doing {
            Doing::Listening { .. } if self.is_through(now) => {
                let until = now + manner.thinking;
                self.turn_to(Doing::Thinking { until }, now);
                None
            }
            Doing::Listening { .. } => {
                let spoken_for = now - self.is_speaking_since(now)?;
                (spoken_for >= interrupts_after?).then(|| {
                    self.barge = Some(Barge {
                        began: now,
                        last_heard: now,
                    });
                    begin(true)
                })
            }
            Doing::Thinking { until } => (has_more && now >= until).then(|| begin(false)),
            Doing::Speaking { .. } => Some(Saying::More),
            Doing::Awaiting { .. } => None,
        }
    }

    /// An answer begins. Over the agent it begins with its first voiced frame, from which barge-in is measured.
    pub(super) fn begin(&mut self, first_voiced: usize, pause: Option<(usize, Duration)>, now: Instant) {
        let next = if self.barge.is_some() { first_voiced } else { 0 };
        self.plays_until = None;
        self.turn_to(
            Doing::Speaking {
                next,
                pause,
                resumes: None,
            },
            now,
        );
    }

    /// The frame to send now; none in the pause of somebody who hesitates.
    pub(super) fn frame(&mut self, now: Instant) -> Option<usize> {
        let Doing::Speaking { next, pause, resumes } = &mut self.doing else {
            return None;
        };
        if let Some((at, length)) = *pause
            && *next >= at
        {
            *pause = None;
            *resumes = Some(now + length);
        }
        if resumes.is_some_and(|resumes| now < resumes) {
            return None;
        }
        *next += 1;
        Some(*next - 1)
    }

    /// The last voiced frame is out.
    pub(super) fn said(&mut self, now: Instant) {
        self.agent_listens = false;
        self.turn_to(Doing::Awaiting { voiced_until: now }, now);
    }

    pub(super) fn listens(&mut self, is_listening: bool) {
        self.agent_listens = is_listening;
    }

    pub(super) fn hear_speech(&mut self, now: Instant) -> Meaning {
        self.heard_at = Some(now);
        if let Some(barge) = &mut self.barge {
            barge.last_heard = now;
            return Meaning::More;
        }
        match self.doing {
            Doing::Listening { spoken_since } => {
                self.plays_until = None;
                self.doing = Doing::Listening {
                    spoken_since: Some(spoken_since.unwrap_or(now)),
                };
                Meaning::More
            }
            Doing::Awaiting { voiced_until } => {
                self.turn_to(
                    Doing::Listening {
                        spoken_since: Some(now),
                    },
                    now,
                );
                Meaning::Reply { voiced_until }
            }
            Doing::Speaking { .. } => Meaning::CutOff,
            Doing::Thinking { .. } => {
                // It was not through after all.
                self.turn_to(
                    Doing::Listening {
                        spoken_since: Some(now),
                    },
                    now,
                );
                Meaning::More
            }
        }
    }

    /// A whole reply came, and is listened to.
    pub(super) fn hear_reply(&mut self, plays_for: Duration, now: Instant) {
        self.heard_at = Some(now);
        self.turn_to(
            Doing::Listening {
                spoken_since: Some(now),
            },
            now,
        );
        self.plays_until = Some(now + plays_for + AGENT_QUIET);
    }

    /// How long the agent took to give way, in ms, once it has been quiet long enough to be sure. One that was just through by
    /// itself gave way to nobody.
    pub(super) fn barge_over(&mut self, now: Instant) -> Option<f64> {
        let barge = self.barge.take_if(|barge| now - barge.last_heard >= AGENT_QUIET)?;
        (barge.last_heard > barge.began).then(|| milliseconds(barge.last_heard - barge.began))
    }

    fn turn_to(&mut self, doing: Doing, now: Instant) {
        self.doing = doing;
        self.since = now;
    }
}

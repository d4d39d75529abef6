//! A line: a conversation that is held without a WebRTC peer. What the learner says comes as text, as a whole recording or as
//! sound while it is spoken; what the tutor says is read as soon as it is there.
//!
//! | | |
//! |---|---|
//! | lifetime | one turn, or as long as somebody streams sound: until [`HangUp`], the mind's end, or until nobody takes the events any more |
//! | inbox | [`Said`], [`Sound`], [`HangUp`] from whoever holds the line; [`Order`] from its agent |
//! | outbox | [`Heard`] to its agent; [`LineEvent`]s to whoever holds the line |

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;
use colloquy_agents::mind::{EndReason, Input};
use colloquy_agents::scenario::Progress;
use colloquy_media::turn::Patience;
use colloquy_media::uplink::{Uplink, UplinkConfig, UplinkEvent};
use colloquy_signaling::events::ServerEvent;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tracing::Span;

use super::agent::{self, Agent, Heard};
use super::conversation::{Assessed, JoinError, Order};
use super::metrics::LiveMetrics;
use super::record::NO_RECOGNISER;
use super::wire::{TICK, Wire};
use crate::storage::messages::Message as StoredMessage;

/// A whole turn of the learner's.
#[derive(Message, Clone, Debug, PartialEq, Eq)]
#[rtype(result = "()")]
pub enum Said {
    /// It was typed.
    Text(String),
    /// It was recorded: mono samples at 16 kHz.
    Speech(Vec<i16>),
    /// Both: what was said is known, and how it sounded is to be judged.
    Read {
        /// The words.
        text: String,
        /// Mono samples at 16 kHz.
        samples: Vec<i16>,
    },
}

/// More sound, mono at 16 kHz, of any length.
#[derive(Message, Clone, Debug)]
#[rtype(result = "()")]
pub struct Sound(pub Vec<i16>);

/// Nobody holds the line any more. What was said and not answered stays so.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "()")]
pub struct HangUp;

/// The learner ends the conversation: [`LineEvent::Ended`] follows.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "()")]
pub struct End;

/// What happens on a line.
#[derive(Clone, Debug)]
pub enum LineEvent {
    /// What the learner said, as far as it is known.
    Transcript {
        /// The words; empty in a final one: it was no speech.
        text: String,
        /// Whether it stays so.
        is_final: bool,
        /// Whether the turn is over.
        turn_detected: bool,
    },
    /// A message was recorded, the learner's or the tutor's.
    Recorded {
        /// The message.
        message: Box<StoredMessage>,
        /// Where the scenario stands after it.
        progress: Box<Progress>,
    },
    /// A message of the learner's was assessed, or won't be.
    Assessed(Assessed),
    /// No dialogue model has a reply to what was said last.
    Unanswered,
    /// Nobody here recognises the language that was spoken: nothing follows from it.
    Unrecognised,
    /// Nothing follows.
    Ended(EndReason),
}

/// What a line is made of.
pub struct LineParts {
    /// Its number on this node.
    pub call: u64,
    /// Puts the conversation's id on every log line.
    pub span: Span,
    /// Whom the learner talks to.
    pub agent: Addr<Agent>,
    /// How patient its listener is; none where no sound comes as it is spoken.
    pub patience: Option<Patience>,
    /// Where its agent's timers hang.
    pub wire: Rc<Wire>,
    /// What is counted.
    pub metrics: Arc<LiveMetrics>,
    /// Where what happens goes.
    pub events: mpsc::Sender<LineEvent>,
}

/// The actor.
pub struct Line {
    parts: LineParts,
    /// Tells turns apart in sound that comes as it is spoken.
    ear: Option<Uplink>,
    /// The number of the newest recording.
    recording: u64,
}

/// How long sound may be late before silence is assumed. Nothing is lost on the way, so what is late still comes.
const STALL: Duration = Duration::from_millis(600);
/// Samples of a recording that the agent is given at once: 100 ms.
const PIECE: usize = 1_600;

impl Line {
    /// A line on which nothing was said yet.
    ///
    /// # Errors
    /// When the listener can't be set up.
    pub fn new(parts: LineParts) -> Result<Self, JoinError> {
        let ear = parts.patience.map(|patience| {
            Uplink::new(UplinkConfig {
                patience,
                stall: STALL,
                ..UplinkConfig::default()
            })
        });
        let ear = ear.transpose().map_err(|error| JoinError::Failed(error.to_string()))?;
        Ok(Self {
            parts,
            ear,
            recording: 0,
        })
    }

    /// Tells the agent. Nothing is dropped: whoever sends sound waits until it is taken.
    fn inform(&self, heard: Heard) {
        self.parts.agent.do_send(heard);
    }

    /// A guess is worth nothing once there is another, and an analysis is kept elsewhere. A line whose other events nobody takes is of no use.
    fn tell(&self, event: LineEvent, ctx: &mut Context<Self>) {
        let is_guess = matches!(
            event,
            LineEvent::Transcript { is_final: false, .. } | LineEvent::Assessed(_)
        );
        match self.parts.events.try_send(event) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) if is_guess => {}
            Err(_) => ctx.stop(),
        }
    }

    fn recite(&mut self, samples: &[i16]) {
        self.recording += 1;
        let utterance = self.recording;
        self.inform(Heard::SpeechStarted {
            utterance,
            first_voiced: Instant::now(),
        });
        for piece in samples.chunks(PIECE) {
            let pcm = Arc::from(piece);
            self.inform(Heard::Audio { utterance, pcm });
        }
        self.inform(Heard::TurnEnded {
            utterance,
            last_voiced: Instant::now(),
        });
    }

    fn listen(&mut self) {
        while let Some(event) = self.ear.as_mut().and_then(Uplink::poll_event) {
            let heard = match event {
                UplinkEvent::SpeechStarted {
                    utterance, first_voice, ..
                } => Heard::SpeechStarted {
                    utterance,
                    first_voiced: first_voice,
                },
                UplinkEvent::Audio { utterance, pcm } => Heard::Audio { utterance, pcm },
                UplinkEvent::Paused { utterance, pause, .. } => Heard::Paused { utterance, pause },
                UplinkEvent::Resumed { utterance, .. } => Heard::Resumed { utterance },
                UplinkEvent::TurnEnded {
                    utterance, last_voice, ..
                } => Heard::TurnEnded {
                    utterance,
                    last_voiced: last_voice,
                },
                UplinkEvent::FalseAlarm { utterance, .. } => Heard::FalseAlarm { utterance },
                // The tutor is never heard to speak here, so nobody breaks in, and there is no way to show help.
                UplinkEvent::NeedsHelp { .. } | UplinkEvent::BargeIn { .. } | UplinkEvent::BargeInConfirmed { .. } => {
                    continue;
                }
            };
            self.inform(heard);
        }
    }
}

impl Actor for Line {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.parts.metrics.lines.inc();
        self.inform(Heard::Fact(Input::Joined));
        if self.ear.is_some() {
            ctx.run_interval(TICK, |line, ctx| {
                let _entered = line.parts.span.clone().entered();
                if let Some(ear) = &mut line.ear {
                    ear.handle_tick(Instant::now());
                }
                line.listen();
                if line.parts.events.is_closed() {
                    ctx.stop();
                }
            });
        }
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.parts.agent.do_send(agent::Farewell);
        self.parts.wire.move_out(self.parts.call);
        self.parts.metrics.lines.dec();
    }
}

impl Handler<Said> for Line {
    type Result = ();

    fn handle(&mut self, said: Said, _: &mut Self::Context) {
        let _entered = self.parts.span.clone().entered();
        match said {
            Said::Text(text) => self.inform(Heard::Fact(Input::Typed { text })),
            Said::Speech(samples) => self.recite(&samples),
            Said::Read { text, samples } => self.inform(Heard::Read {
                text,
                pcm: samples.into(),
            }),
        }
    }
}

impl Handler<Sound> for Line {
    type Result = ();

    fn handle(&mut self, Sound(samples): Sound, _: &mut Self::Context) {
        let _entered = self.parts.span.clone().entered();
        if let Some(ear) = &mut self.ear {
            ear.handle_pcm(&samples, Instant::now());
        }
        self.listen();
    }
}

impl Handler<End> for Line {
    type Result = ();

    fn handle(&mut self, _: End, _: &mut Self::Context) {
        self.inform(Heard::Fact(Input::End));
    }
}

impl Handler<HangUp> for Line {
    type Result = ();

    fn handle(&mut self, _: HangUp, ctx: &mut Self::Context) {
        ctx.stop();
    }
}

impl Handler<Order> for Line {
    type Result = ();

    fn handle(&mut self, order: Order, ctx: &mut Self::Context) {
        let _entered = self.parts.span.clone().entered();
        let now = Instant::now();
        match order {
            Order::View { utterance, pause, fit } => {
                if let Some(ear) = &mut self.ear {
                    ear.handle_view(utterance, pause, fit, now);
                }
                self.listen();
            }
            Order::Backchannel { utterance, pause } => {
                if let Some(ear) = &mut self.ear {
                    ear.handle_backchannel(utterance, pause, now);
                }
                self.listen();
            }
            Order::Recorded { message, progress } => self.tell(LineEvent::Recorded { message, progress }, ctx),
            Order::Assessed(assessed) => self.tell(LineEvent::Assessed(assessed), ctx),
            Order::Unanswered => self.tell(LineEvent::Unanswered, ctx),
            Order::End { reason } => {
                self.tell(LineEvent::Ended(reason), ctx);
                ctx.stop();
            }
            Order::Tell(event) => match *event {
                ServerEvent::Transcript {
                    text,
                    is_final,
                    turn_detected,
                    ..
                } => {
                    let transcript = LineEvent::Transcript {
                        text,
                        is_final,
                        turn_detected,
                    };
                    self.tell(transcript, ctx);
                }
                ServerEvent::Error { code, .. } if code == NO_RECOGNISER => self.tell(LineEvent::Unrecognised, ctx),
                _ => {}
            },
            // There is nothing to play it with.
            Order::Play { .. }
            | Order::Finish { .. }
            | Order::Pause { .. }
            | Order::Resume { .. }
            | Order::Flush { .. } => {}
        }
    }
}

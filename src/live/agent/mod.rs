//! The agent actor: it owns the mind and the streams of the engines, and nothing else.
//!
//! | | |
//! |---|---|
//! | lifetime | from its conversation's start to its end; the conversation stops it by [`Farewell`] |
//! | inbox | [`Heard`]: what the learner's sound and the data channel bring, and how far playout has come; [`Wake`]: a timer of the mind |
//! | outbox | [`Order`]s to whoever it speaks through, a conversation or a line; events to storage |
//!
//! A thin shell around [`Mind`]: every message becomes an input, every output an act. Engines answer with streams that
//! are polled on this arbiter; what they compute, they compute elsewhere.

mod assessing;
mod lead;
mod listening;
mod reading;
mod voice;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use actix::WeakRecipient;
use actix::prelude::*;
use colloquy_agents::engine::{EngineError, Expected, Listen, ReplyPiece, SpeakRequest, Speaker};
use colloquy_agents::language::Language;
use colloquy_agents::mind::{Input, Mind, MindConfig, Output, Trouble};
use colloquy_signaling::events::ServerEvent;
use tracing::Span;

use self::assessing::{Sound, Sounds};
use self::listening::Listening;
use self::reading::ReadAhead;
pub(super) use self::reading::know_languages;
use self::voice::{Phrase, Voice};
use super::conversation::Order;
use super::engines::Engines;
use super::in_span::InSpan;
use super::metrics::LiveMetrics;
use super::record::Recorder;
use super::wire::{Timer, Wake, Wire};
use crate::assessment::turns::Reply;
use crate::telemetry::traces;

/// Messages that wait for the agent: a second of frames and what goes with them.
const MAILBOX_CAPACITY: usize = 256;

/// What the agent is told by its conversation.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub enum Heard {
    /// A fact for the mind alone.
    Fact(Input),
    /// A text was handed in, and how it was said: mono at 16 kHz.
    Read {
        /// The words.
        text: String,
        /// The samples.
        pcm: Arc<[i16]>,
    },
    /// The learner began to speak; audio follows.
    SpeechStarted {
        /// The utterance.
        utterance: u64,
        /// When its first voiced sample arrived.
        first_voiced: Instant,
    },
    /// More of it, mono at 16 kHz.
    Audio {
        /// The utterance.
        utterance: u64,
        /// The samples.
        pcm: Arc<[i16]>,
    },
    /// The learner paused: the recogniser's view is wanted.
    Paused {
        /// The utterance.
        utterance: u64,
        /// The pause in it.
        pause: u32,
    },
    /// The learner went on after a pause.
    Resumed {
        /// The utterance.
        utterance: u64,
    },
    /// The turn is over.
    TurnEnded {
        /// The utterance.
        utterance: u64,
        /// When its last voiced sample arrived.
        last_voiced: Instant,
    },
    /// It was nothing: no turn is taken.
    FalseAlarm {
        /// The utterance.
        utterance: u64,
    },
    /// The learner wants to hear something again.
    Repeat {
        /// Which message, as it is called on the wire; the last one, if left out.
        id: Option<String>,
        /// Whether it is to be said more slowly than usual.
        slowly: bool,
    },
    /// Speech could not be queued: this phrase, or the rest of it, is not heard.
    Unplayed {
        /// The reply.
        generation: u64,
        /// The phrase.
        phrase: usize,
    },
}

/// The agent's last message: let go of everything.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct Farewell;

/// What an agent is made of.
pub struct AgentParts {
    /// How the conversation is held.
    pub mind: MindConfig,
    /// What it listens, thinks and speaks with.
    pub engines: Engines,
    /// Where messages are kept.
    pub recorder: Recorder,
    /// What is counted.
    pub metrics: Arc<LiveMetrics>,
    /// Where its timers hang.
    pub wire: Rc<Wire>,
    /// Whose timers they are.
    pub call: u64,
    /// Puts the conversation's id on every log line.
    pub span: Span,
    /// Whom it speaks through.
    pub conversation: WeakRecipient<Order>,
    /// Whether it speaks aloud. Otherwise what it says is read, as soon as it is there.
    pub is_voiced: bool,
}

/// The actor.
pub struct Agent {
    mind: Mind,
    language: Language,
    native: Language,
    engines: Engines,
    recorder: Recorder,
    metrics: Arc<LiveMetrics>,
    wire: Rc<Wire>,
    call: u64,
    span: Span,
    conversation: WeakRecipient<Order>,
    is_voiced: bool,
    expected: Arc<Expected>,
    listening: HashMap<u64, Listening>,
    sounds: Sounds,
    /// Held while the reply to what was said last has not begun.
    unbegun: Option<Reply>,
    /// The mind's proofreader.
    reader: Arc<ReadAhead>,
    asking: Option<(u64, SpawnHandle)>,
    voice: Voice,
}

impl Agent {
    /// An agent that waits for its learner.
    pub fn new(parts: AgentParts) -> Self {
        let mut mind = parts.mind;
        let reader = Arc::new(ReadAhead::new(mind.proofreader, parts.engines.identify));
        mind.proofreader = reader.clone();
        Self {
            language: mind.script.language(),
            native: mind.native_language,
            mind: Mind::new(mind),
            engines: parts.engines,
            recorder: parts.recorder,
            metrics: parts.metrics,
            wire: parts.wire,
            call: parts.call,
            span: parts.span,
            conversation: parts.conversation,
            is_voiced: parts.is_voiced,
            expected: Arc::default(),
            listening: HashMap::new(),
            sounds: Sounds::default(),
            unbegun: None,
            reader,
            asking: None,
            voice: Voice::default(),
        }
    }

    /// Tells the mind a fact and does what follows from it.
    fn tell(&mut self, input: Input, ctx: &mut Context<Self>) {
        tracing::trace!(?input);
        self.mind.handle_input(input, Instant::now());
        self.act(ctx);
    }

    fn act(&mut self, ctx: &mut Context<Self>) {
        while let Some(output) = self.mind.poll_output() {
            self.perform(output, ctx);
        }
        self.wire.arm(Timer::Mind(self.call), self.mind.poll_timeout());
    }

    fn perform(&mut self, output: Output, ctx: &mut Context<Self>) {
        tracing::trace!(?output);
        match output {
            Output::Listen { expected } => {
                self.engines.stt.prepare(self.language, Arc::clone(&expected));
                self.expected = expected;
            }
            Output::Ask { generation, request } => {
                self.cancel_asking(ctx);
                let reply = InSpan::new(self.engines.llm.reply(*request), self.span.clone());
                let task = ctx.spawn(
                    reply
                        .into_actor(self)
                        .map(move |piece, agent, ctx| agent.handle_piece(generation, piece, ctx))
                        .finish(),
                );
                self.asking = Some((generation, task));
            }
            Output::CancelAsk { generation } => {
                if self.asking.as_ref().is_some_and(|(asked, _)| *asked == generation) {
                    self.cancel_asking(ctx);
                }
            }
            Output::Speak { generation, phrase, .. } if !self.is_voiced => {
                // What no voice says counts as read.
                self.mind
                    .handle_input(Input::SpeechFailed { generation, phrase }, Instant::now());
            }
            Output::FlushSpeech { generation } if !self.is_voiced => {
                let played = Vec::new();
                self.mind
                    .handle_input(Input::Flushed { generation, played }, Instant::now());
            }
            Output::FinishSpeech { .. } | Output::Trouble(Trouble::Speech) if !self.is_voiced => {}
            Output::Speak {
                generation,
                phrase,
                text,
                pace,
            } => {
                self.voice.waiting.push_back(Phrase {
                    generation,
                    number: phrase,
                    request: SpeakRequest {
                        language: self.language,
                        text,
                        pace,
                        melody: None,
                    },
                });
                self.speak_next(ctx);
            }
            Output::FlushSpeech { generation } => {
                self.silence(ctx);
                self.order(Order::Flush { generation });
            }
            Output::FinishSpeech { generation } => {
                self.voice.finishing = Some(generation);
                self.speak_next(ctx);
            }
            Output::PauseSpeech { generation } => self.order(Order::Pause { generation }),
            Output::ResumeSpeech { generation } => self.order(Order::Resume { generation }),
            Output::Record(record) => {
                let recorded = self.recorder.record(&record);
                match (&recorded.message, record.speaker) {
                    (Some(message), Speaker::Learner) => self.assess(message, &record),
                    _ => self.unbegun = None,
                }
                if let Some(event) = recorded.event {
                    self.order(Order::Tell(Box::new(event)));
                }
                if let Some(message) = recorded.message {
                    self.order(Order::Recorded {
                        message: Box::new(message),
                        progress: Box::new(record.progress),
                    });
                }
            }
            Output::Latency(latency) => {
                self.metrics.observe_turn(&latency);
                traces::turn(&self.span, &latency);
                self.tell_learner(Output::Latency(latency));
                // The reply is heard.
                self.unbegun = None;
            }
            Output::Ended { reason } => {
                self.unbegun = None;
                self.order(Order::End { reason });
            }
            Output::Trouble(Trouble::Reply) => {
                self.unbegun = None;
                self.order(Order::Unanswered);
                self.tell_learner(Output::Trouble(Trouble::Reply));
            }
            told => self.tell_learner(told),
        }
    }

    fn tell_learner(&mut self, output: Output) {
        if let Some(event) = self.recorder.event(output) {
            self.order(Order::Tell(Box::new(event)));
        }
    }

    /// Orders are never dropped. They are few: some per turn, and one for each piece of speech as the voice makes it, of which
    /// the voice holds the next phrase back while much waits to be heard.
    fn order(&self, order: Order) {
        if let Some(conversation) = self.conversation.upgrade() {
            conversation.do_send(order);
        }
    }

    /// Says a message of this call again, or the last one of all.
    fn repeat(&mut self, id: Option<&str>, slowly: bool, ctx: &mut Context<Self>) {
        let message = id.map(|id| self.recorder.number_of(id));
        if message == Some(None) {
            let unknown = ServerEvent::Error {
                code: "UNKNOWN_MESSAGE".to_owned(),
                message: "No such message was heard in this call".to_owned(),
            };
            self.order(Order::Tell(Box::new(unknown)));
            return;
        }
        let message = message.flatten();
        self.tell(Input::Repeat { message, slowly }, ctx);
    }

    fn cancel_asking(&mut self, ctx: &mut Context<Self>) {
        if let Some((_, task)) = self.asking.take() {
            ctx.cancel_future(task);
        }
    }

    fn handle_piece(&mut self, generation: u64, piece: Result<ReplyPiece, EngineError>, ctx: &mut Context<Self>) {
        let _entered = self.span.clone().entered();
        let input = match piece {
            Ok(piece) => Input::Reply { generation, piece },
            Err(error) => {
                tracing::warn!(%error, "no reply");
                Input::ReplyFailed { generation }
            }
        };
        self.tell(input, ctx);
    }
}

impl Actor for Agent {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_CAPACITY);
        self.metrics.agents.inc();
        self.warm_up();
        // On a line the learner is there at once.
        if self.is_voiced {
            let _entered = self.span.clone().entered();
            self.tell(Input::Joining, ctx);
        }
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.wire.arm(Timer::Mind(self.call), None);
        self.metrics.agents.dec();
    }
}

impl Handler<Heard> for Agent {
    type Result = ();

    fn handle(&mut self, heard: Heard, ctx: &mut Self::Context) {
        let _entered = self.span.clone().entered();
        match heard {
            Heard::Audio { utterance, pcm } => self.feed(utterance, Listen::Audio(pcm)),
            Heard::Paused { utterance, pause } => {
                if let Some(listening) = self.listening.get_mut(&utterance) {
                    listening.paused = Some(pause);
                }
                self.feed(utterance, Listen::Pause { pause });
            }
            Heard::SpeechStarted {
                utterance,
                first_voiced,
            } => {
                let is_recognised = self.engines.stt.recognises(self.language);
                if is_recognised {
                    self.listen(utterance, ctx);
                }
                self.tell(
                    Input::SpeechStarted {
                        utterance,
                        first_voiced,
                    },
                    ctx,
                );
                if !is_recognised {
                    self.tell(Input::RecognitionUnavailable { utterance }, ctx);
                }
            }
            Heard::TurnEnded { utterance, last_voiced } => {
                self.feed(utterance, Listen::End);
                self.tell(Input::TurnEnded { utterance, last_voiced }, ctx);
            }
            Heard::FalseAlarm { utterance } => {
                self.forget(utterance, ctx);
                self.tell(Input::FalseAlarm { utterance }, ctx);
            }
            Heard::Resumed { utterance } => {
                if let Some(listening) = self.listening.get_mut(&utterance) {
                    listening.paused = None;
                }
                self.tell(Input::SpeechResumed { utterance }, ctx);
            }
            Heard::Repeat { id, slowly } => self.repeat(id.as_deref(), slowly, ctx),
            Heard::Unplayed { generation, phrase } => self.handle_unplayed(generation, phrase, ctx),
            Heard::Fact(Input::Typed { text }) => self.handle_typed(text, ctx),
            Heard::Read { text, pcm } => {
                let mut sound = Sound::default();
                sound.push(&pcm);
                self.sounds.keep_read(text.trim(), sound);
                self.handle_typed(text, ctx);
            }
            Heard::Fact(input) => {
                self.voice.note(&input);
                self.tell(input, ctx);
                // What has been heard may make room for the next phrase.
                self.speak_next(ctx);
                self.act(ctx);
            }
        }
    }
}

impl Agent {
    fn handle_typed(&mut self, text: String, ctx: &mut Context<Self>) {
        let input = Input::Typed { text: text.clone() };
        self.read_ahead(text.trim(), ctx, |agent, ctx| {
            agent.tell(input, ctx);
            agent.speak_next(ctx);
            agent.act(ctx);
        });
    }
}

impl Handler<Wake> for Agent {
    type Result = ();

    fn handle(&mut self, _: Wake, ctx: &mut Self::Context) {
        let _entered = self.span.clone().entered();
        self.mind.handle_timeout(Instant::now());
        self.act(ctx);
    }
}

impl Handler<Farewell> for Agent {
    type Result = ();

    fn handle(&mut self, _: Farewell, ctx: &mut Self::Context) {
        let _entered = self.span.clone().entered();
        ctx.stop();
    }
}

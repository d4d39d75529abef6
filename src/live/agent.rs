//! The agent actor: it owns the mind and the streams of the engines, and nothing else.
//!
//! | | |
//! |---|---|
//! | lifetime | from its conversation's start to its end; the conversation stops it by [`Farewell`] |
//! | inbox | [`Heard`]: what the learner's sound and the data channel bring, and how far playout has come; [`Wake`]: a timer of the mind |
//! | outbox | [`Order`]s to its conversation; events to storage |
//!
//! A thin shell around [`Mind`]: every message becomes an input, every output an act. Engines answer with streams that
//! are polled on this arbiter; what they compute, they compute elsewhere.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::WeakAddr;
use actix::prelude::*;
use colloquy_agents::engine::{
    EngineError, Expected, Heard as Recognised, Listen, ListenRequest, ReplyPiece, SpeakRequest, SpeechChunk,
};
use colloquy_agents::language::Language;
use colloquy_agents::mind::{Input, Mind, MindConfig, Output, is_backchannel};
use colloquy_media::downlink::Speech;
use futures::StreamExt;
use tokio::sync::mpsc;

use super::conversation::{Conversation, Order};
use super::engines::Engines;
use super::metrics::LiveMetrics;
use super::prompts::Prompt;
use super::record::Recorder;
use super::wire::{Timer, Wake, Wire};

/// Frames of an utterance that wait for the recogniser: a minute.
const LISTEN_CAPACITY: usize = 3_000;
/// Messages that wait for the agent: a second of frames and what goes with them.
const MAILBOX_CAPACITY: usize = 256;

/// What the agent is told by its conversation.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub enum Heard {
    /// A fact for the mind alone.
    Fact(Input),
    /// The learner began to speak; audio follows.
    SpeechStarted {
        /// The utterance.
        utterance: u64,
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
    /// Whom it speaks through.
    pub conversation: WeakAddr<Conversation>,
}

/// The actor.
pub struct Agent {
    mind: Mind,
    language: Language,
    engines: Engines,
    recorder: Recorder,
    metrics: Arc<LiveMetrics>,
    wire: Rc<Wire>,
    call: u64,
    conversation: WeakAddr<Conversation>,
    expected: Arc<Expected>,
    listening: HashMap<u64, Listening>,
    asking: Option<(u64, SpawnHandle)>,
    voice: Voice,
}

/// A recogniser at work on an utterance.
struct Listening {
    input: mpsc::Sender<Listen>,
    task: SpawnHandle,
    /// Pauses whose views are on their way, in order.
    pauses: VecDeque<u32>,
}

/// Phrases on their way through the voice, one at a time and in order.
#[derive(Default)]
struct Voice {
    waiting: VecDeque<Phrase>,
    speaking: Option<(Phrase, SpawnHandle)>,
    /// The reply that ends with the last phrase that waits.
    finishing: Option<u64>,
    /// What the voice has said of the phrase so far, to be kept if it is said again.
    made: Vec<SpeechChunk>,
}

/// A phrase of a reply.
#[derive(Clone, Debug)]
struct Phrase {
    generation: u64,
    number: usize,
    request: SpeakRequest,
}

impl Agent {
    /// An agent that waits for its learner.
    pub fn new(parts: AgentParts) -> Self {
        Self {
            language: parts.mind.script.language(),
            mind: Mind::new(parts.mind),
            engines: parts.engines,
            recorder: parts.recorder,
            metrics: parts.metrics,
            wire: parts.wire,
            call: parts.call,
            conversation: parts.conversation,
            expected: Arc::default(),
            listening: HashMap::new(),
            asking: None,
            voice: Voice::default(),
        }
    }

    /// Tells the mind a fact and does what follows from it.
    fn tell(&mut self, input: Input, ctx: &mut Context<Self>) {
        tracing::trace!(call = self.call, ?input);
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
        tracing::trace!(call = self.call, ?output);
        match output {
            Output::Listen { expected } => {
                self.engines.stt.prepare(self.language, Arc::clone(&expected));
                self.expected = expected;
            }
            Output::Ask { generation, request } => {
                self.cancel_asking(ctx);
                let task = ctx.spawn(
                    self.engines
                        .llm
                        .reply(*request)
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
            Output::Record(record) => self.recorder.record(&record),
            Output::Latency(latency) => {
                self.metrics.observe_turn(&latency);
                self.tell_learner(Output::Latency(latency));
            }
            Output::Ended { reason } => self.order(Order::End { reason }),
            told => self.tell_learner(told),
        }
    }

    fn tell_learner(&mut self, output: Output) {
        if let Some(event) = self.recorder.event(output) {
            self.order(Order::Tell(Box::new(event)));
        }
    }

    /// Orders are few (per phrase and per turn, never per frame), so they may queue; the conversation takes them before
    /// it stops this actor.
    fn order(&self, order: Order) {
        if let Some(conversation) = self.conversation.upgrade() {
            conversation.do_send(order);
        }
    }

    fn cancel_asking(&mut self, ctx: &mut Context<Self>) {
        if let Some((_, task)) = self.asking.take() {
            ctx.cancel_future(task);
        }
    }

    fn handle_piece(&mut self, generation: u64, piece: Result<ReplyPiece, EngineError>, ctx: &mut Context<Self>) {
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

/// Listening.
impl Agent {
    fn listen(&mut self, utterance: u64, ctx: &mut Context<Self>) {
        let (input, inbox) = mpsc::channel(LISTEN_CAPACITY);
        let request = ListenRequest {
            language: self.language,
            expected: Arc::clone(&self.expected),
        };
        let task = ctx.spawn(
            self.engines
                .stt
                .listen(request, inbox)
                .into_actor(self)
                .map(move |heard, agent, ctx| agent.handle_recognised(utterance, heard, ctx))
                .finish(),
        );
        self.listening.insert(
            utterance,
            Listening {
                input,
                task,
                pauses: VecDeque::new(),
            },
        );
    }

    fn feed(&mut self, utterance: u64, input: Listen) {
        let Some(listening) = self.listening.get(&utterance) else {
            return;
        };
        if listening.input.try_send(input).is_err() {
            self.metrics.recogniser_overruns.inc();
        }
    }

    fn forget(&mut self, utterance: u64, ctx: &mut Context<Self>) {
        if let Some(listening) = self.listening.remove(&utterance) {
            ctx.cancel_future(listening.task);
        }
    }

    fn handle_recognised(&mut self, utterance: u64, heard: Result<Recognised, EngineError>, ctx: &mut Context<Self>) {
        let input = match heard {
            Ok(Recognised::Partial { text }) => Input::Partial { utterance, text },
            Ok(Recognised::View { transcript, fit }) => {
                let listening = self.listening.get_mut(&utterance);
                if transcript.text.is_empty() || is_backchannel(&transcript.text) {
                    // Over an agent that speaks this is no more than "mhm"; else the silence decides.
                    self.order(Order::Backchannel { utterance });
                } else if let Some(pause) = listening.and_then(|listening| listening.pauses.pop_front()) {
                    self.order(Order::View { utterance, pause, fit });
                }
                Input::View {
                    utterance,
                    transcript,
                    fit,
                }
            }
            Ok(Recognised::Final(transcript)) => {
                self.listening.remove(&utterance);
                Input::Final { utterance, transcript }
            }
            Err(error) => {
                tracing::warn!(%error, "nothing recognised");
                self.listening.remove(&utterance);
                Input::RecognitionFailed { utterance }
            }
        };
        self.tell(input, ctx);
    }
}

/// Speaking.
impl Agent {
    /// Starts on the next phrase, unless one is under way.
    fn speak_next(&mut self, ctx: &mut Context<Self>) {
        while self.voice.speaking.is_none() {
            let Some(phrase) = self.voice.waiting.pop_front() else {
                if let Some(generation) = self.voice.finishing.take() {
                    self.order(Order::Finish { generation });
                }
                return;
            };
            if let Some(prompt) = self.engines.prompts.find(&phrase.request) {
                self.play_prompt(&phrase, &prompt);
                continue;
            }
            let (generation, number) = (phrase.generation, phrase.number);
            let speech = self.engines.tts.speak(phrase.request.clone());
            let end = futures::stream::once(std::future::ready(None));
            let task = ctx.spawn(
                speech
                    .map(Some)
                    .chain(end)
                    .into_actor(self)
                    .map(move |chunk, agent, ctx| agent.handle_speech(generation, number, chunk, ctx))
                    .finish(),
            );
            self.voice.speaking = Some((phrase, task));
        }
    }

    fn play_prompt(&mut self, phrase: &Phrase, prompt: &Prompt) {
        self.order(Order::Play {
            generation: phrase.generation,
            phrase: phrase.number,
            speech: Speech::Encoded(Arc::clone(&prompt.speech)),
        });
        let now = Instant::now();
        self.mind.handle_input(
            Input::SpeechMade {
                generation: phrase.generation,
                phrase: phrase.number,
                duration: prompt.speech.duration(),
                words: prompt.words.clone(),
            },
            now,
        );
        self.mind.handle_input(
            Input::SpeechEnded {
                generation: phrase.generation,
                phrase: phrase.number,
            },
            now,
        );
    }

    /// Takes the next piece of speech; `None` is its end.
    fn handle_speech(
        &mut self,
        generation: u64,
        phrase: usize,
        chunk: Option<Result<SpeechChunk, EngineError>>,
        ctx: &mut Context<Self>,
    ) {
        // A phrase that failed or was flushed has no more to say.
        let is_current = self
            .voice
            .speaking
            .as_ref()
            .is_some_and(|(spoken, _)| (spoken.generation, spoken.number) == (generation, phrase));
        if !is_current {
            return;
        }
        let input = match chunk {
            Some(Ok(chunk)) => {
                let input = Input::SpeechMade {
                    generation,
                    phrase,
                    duration: duration_of(&chunk),
                    words: chunk.words.clone(),
                };
                // Timings may come without sound.
                if !chunk.pcm.is_empty() {
                    self.order(Order::Play {
                        generation,
                        phrase,
                        speech: Speech::Pcm {
                            samples: Arc::clone(&chunk.pcm),
                            rate: chunk.rate,
                        },
                    });
                }
                self.voice.made.push(chunk);
                input
            }
            Some(Err(error)) => {
                tracing::warn!(%error, "no speech");
                self.voice.made.clear();
                self.voice.speaking = None;
                Input::SpeechFailed { generation, phrase }
            }
            None => {
                let made = std::mem::take(&mut self.voice.made);
                if let Some((spoken, _)) = self.voice.speaking.take()
                    && self.engines.tts.is_cacheable()
                {
                    self.engines.prompts.keep(spoken.request, made);
                }
                Input::SpeechEnded { generation, phrase }
            }
        };
        self.mind.handle_input(input, Instant::now());
        self.speak_next(ctx);
        self.act(ctx);
    }

    /// Drops everything that is being said or waits to be.
    fn silence(&mut self, ctx: &mut Context<Self>) {
        self.voice.waiting.clear();
        self.voice.finishing = None;
        self.voice.made.clear();
        if let Some((_, task)) = self.voice.speaking.take() {
            ctx.cancel_future(task);
        }
    }
}

fn duration_of(chunk: &SpeechChunk) -> Duration {
    Duration::from_secs_f64(chunk.pcm.len() as f64 / f64::from(chunk.rate.max(1)))
}

impl Actor for Agent {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_CAPACITY);
        self.metrics.agents.inc();
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.wire.arm(Timer::Mind(self.call), None);
        self.metrics.agents.dec();
    }
}

impl Handler<Heard> for Agent {
    type Result = ();

    fn handle(&mut self, heard: Heard, ctx: &mut Self::Context) {
        match heard {
            Heard::Audio { utterance, pcm } => self.feed(utterance, Listen::Audio(pcm)),
            Heard::Paused { utterance, pause } => {
                if let Some(listening) = self.listening.get_mut(&utterance) {
                    listening.pauses.push_back(pause);
                }
                self.feed(utterance, Listen::Pause);
            }
            Heard::SpeechStarted { utterance } => {
                self.listen(utterance, ctx);
                self.tell(Input::SpeechStarted { utterance }, ctx);
            }
            Heard::TurnEnded { utterance, last_voiced } => {
                self.feed(utterance, Listen::End);
                self.tell(Input::TurnEnded { utterance, last_voiced }, ctx);
            }
            Heard::FalseAlarm { utterance } => {
                self.forget(utterance, ctx);
                self.tell(Input::FalseAlarm { utterance }, ctx);
            }
            Heard::Fact(input) => self.tell(input, ctx),
        }
    }
}

impl Handler<Wake> for Agent {
    type Result = ();

    fn handle(&mut self, _: Wake, ctx: &mut Self::Context) {
        self.mind.handle_timeout(Instant::now());
        self.act(ctx);
    }
}

impl Handler<Farewell> for Agent {
    type Result = ();

    fn handle(&mut self, _: Farewell, ctx: &mut Self::Context) {
        ctx.stop();
    }
}

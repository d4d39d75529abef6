//! The port actor: one an arbiter. It owns the arbiter's wire, and makes the conversations that live there.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::WeakRecipient;
use actix::prelude::*;
use actix_rt::task::JoinHandle;
use colloquy_agents::mind::MindConfig;
use colloquy_media::turn::Patience;
use colloquy_signaling::PeerConfig;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tracing::Span;

use super::addresses::Bound;
use super::agent::{Agent, AgentParts};
use super::coalescing::{Coalescing, thread_time};
use super::conversation::{Conversation, ConversationParts, JoinError, Order};
use super::engines::Engines;
use super::line::{Line, LineEvent, LineParts};
use super::load::recognition::Waits;
use super::metrics::{ArbiterLabel, LiveMetrics};
use super::placement::SharedPressure;
use super::record::Recorder;
use super::streams::{self, Accepted, UfragRegistry};
use super::wire::{Pace, Socket, Wire};
use super::{Lesson, Live};
use crate::config::When;
use crate::conversations::Conversations;
use crate::ids::ConversationId;

/// What a port is made of; it is sent to its arbiter.
pub struct PortParts {
    /// Its number.
    pub arbiter: usize,
    /// How late one in a hundred frames may be before no call is taken.
    pub most_lateness: Duration,
    /// When it handles packets two at a time.
    pub coalescing: When,
    /// How long recognition waits.
    pub recognition: Arc<Waits>,
    /// Where it tells how hard pressed it is.
    pub pressure: SharedPressure,
    /// Its sockets.
    pub sockets: Vec<Bound>,
    /// How its peers are reached.
    pub peers: PeerConfig,
    /// How long its conversations wait for somebody to come back.
    pub rejoin: Duration,
    /// Which arbiter has which peer.
    pub registry: UfragRegistry,
    /// What is counted.
    pub metrics: Arc<LiveMetrics>,
}

/// The actor.
pub struct Port {
    peers: PeerConfig,
    rejoin: Duration,
    metrics: Arc<LiveMetrics>,
    wire: Rc<Wire>,
    tasks: Vec<JoinHandle<()>>,
}

/// Makes a conversation on this arbiter.
#[derive(Message)]
#[rtype(result = "Result<Addr<Conversation>, JoinError>")]
pub struct Open {
    /// Which one.
    pub id: ConversationId,
    /// Its number on this node.
    pub call: u64,
    /// How it is held.
    pub mind: MindConfig,
    /// How patient its listener is.
    pub patience: Patience,
    /// What its agent listens, thinks and speaks with.
    pub engines: Engines,
    /// Where its messages are kept.
    pub recorder: Recorder,
    /// All live conversations.
    pub live: Live,
    /// All conversations.
    pub conversations: Conversations,
}

/// Opens a line on this arbiter: a conversation without a peer.
#[derive(Message)]
#[rtype(result = "Result<Addr<Line>, JoinError>")]
pub struct OpenLine {
    /// Its number on this node.
    pub call: u64,
    /// How it is held.
    pub lesson: Lesson,
    /// What its agent listens and thinks with.
    pub engines: Engines,
    /// Whether sound will come over it as it is spoken.
    pub has_ear: bool,
    /// Where what happens on it goes.
    pub events: mpsc::Sender<LineEvent>,
}

impl Port {
    /// Takes over the sockets. Must be called on the arbiter's own thread.
    ///
    /// # Errors
    /// When a socket can't be handed to the event loop.
    pub fn new(parts: PortParts) -> std::io::Result<Self> {
        let sockets = parts
            .sockets
            .into_iter()
            .map(|(advertised, socket)| Ok(Socket::new(advertised, UdpSocket::from_std(socket)?)))
            .collect::<std::io::Result<_>>()?;
        let label = ArbiterLabel {
            arbiter: parts.arbiter as u64,
        };
        let pressure = parts.metrics.pressure.get_or_create(&label).clone();
        let coalescing = parts.metrics.coalescing.get_or_create(&label).clone();
        Ok(Self {
            peers: parts.peers,
            rejoin: parts.rejoin,
            wire: Rc::new(Wire::new(
                sockets,
                Pace::new(parts.most_lateness, parts.recognition, parts.pressure, pressure),
                Coalescing::new(parts.coalescing, thread_time(), Instant::now()),
                coalescing,
                parts.arbiter,
                parts.registry,
                Arc::clone(&parts.metrics),
            )),
            metrics: parts.metrics,
            tasks: Vec::new(),
        })
    }

    fn agent(&self, of: AgentOf) -> Addr<Agent> {
        Agent::new(AgentParts {
            mind: of.mind,
            engines: of.engines,
            recorder: of.recorder,
            metrics: Arc::clone(&self.metrics),
            wire: Rc::clone(&self.wire),
            call: of.call,
            span: of.span,
            conversation: of.mouth,
            is_voiced: of.is_voiced,
        })
        .start()
    }
}

/// What an agent has of its own.
struct AgentOf {
    call: u64,
    span: Span,
    mind: MindConfig,
    engines: Engines,
    recorder: Recorder,
    mouth: WeakRecipient<Order>,
    is_voiced: bool,
}

impl Actor for Port {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        for socket in 0..self.wire.socket_count() {
            let wire = Rc::clone(&self.wire);
            self.tasks.push(actix_rt::spawn(async move { wire.read(socket).await }));
        }
        let wire = Rc::clone(&self.wire);
        self.tasks.push(actix_rt::spawn(async move { wire.keep_time().await }));
        let wire = Rc::clone(&self.wire);
        self.tasks.push(actix_rt::spawn(async move { wire.flush().await }));
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Handler<Open> for Port {
    type Result = Result<Addr<Conversation>, JoinError>;

    fn handle(&mut self, open: Open, _: &mut Self::Context) -> Self::Result {
        let Open {
            id,
            call,
            mind,
            patience,
            engines,
            recorder,
            live,
            conversations,
        } = open;
        let span = span_of(&id);
        let parts = ConversationParts {
            id,
            call,
            span: span.clone(),
            patience,
            rejoin: self.rejoin,
            peers: self.peers.clone(),
            wire: Rc::clone(&self.wire),
            metrics: Arc::clone(&self.metrics),
            live,
            conversations,
        };
        // Each knows the other: the conversation's address is there before the conversation is.
        let context = Context::new();
        let agent = self.agent(AgentOf {
            call,
            span,
            mind,
            engines,
            recorder,
            mouth: context.address().downgrade().into(),
            is_voiced: true,
        });
        let conversation = context.run(Conversation::new(parts, agent.clone())?);
        self.wire.move_in(call, Some(conversation.clone()), agent);
        Ok(conversation)
    }
}

impl Handler<OpenLine> for Port {
    type Result = Result<Addr<Line>, JoinError>;

    fn handle(&mut self, open: OpenLine, _: &mut Self::Context) -> Self::Result {
        let OpenLine {
            call,
            lesson,
            engines,
            has_ear,
            events,
        } = open;
        let span = span_of(&lesson.id);
        let context = Context::new();
        let agent = self.agent(AgentOf {
            call,
            span: span.clone(),
            mind: lesson.mind,
            engines,
            recorder: lesson.recorder,
            mouth: context.address().downgrade().into(),
            is_voiced: false,
        });
        let line = Line::new(LineParts {
            call,
            span,
            agent: agent.clone(),
            patience: has_ear.then_some(lesson.patience),
            wire: Rc::clone(&self.wire),
            metrics: Arc::clone(&self.metrics),
            events,
        })?;
        self.wire.move_in(call, None, agent);
        Ok(context.run(line))
    }
}

/// Of the highest level, so that the id is on every line whatever LOG_LEVEL hides; of no request, which it outlives.
fn span_of(id: &ConversationId) -> Span {
    tracing::error_span!(parent: None, "conversation", conversation_id = %id.logged())
}

impl Handler<Accepted> for Port {
    type Result = ();

    fn handle(&mut self, accepted: Accepted, _: &mut Self::Context) {
        actix_rt::spawn(streams::carry(Rc::clone(&self.wire), accepted));
    }
}

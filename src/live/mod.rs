//! Live conversations: one actix arbiter a media thread, one UDP port an arbiter, one conversation actor a call.
//!
//! | module | what lives there |
//! |---|---|
//! | [`conversation`] | the conversation actor: peers, uplinks, downlink, clock |
//! | [`agent`] | the agent actor: mind and engine streams |
//! | [`mod@line`] | the same without a peer: text or sound in, whole replies out |
//! | [`exchange`] | one turn and its answer, over a line or in a call |
//! | [`elsewhere`] | calls that other nodes hold |
//! | [`turns`] | one turn at a time |
//! | [`port`] | the actor of an arbiter, which makes conversations and lines |
//! | [`wire`] | what an arbiter's actors share: sockets, demux, deadlines |
//! | `datagrams` | reading a UDP socket, and sending by it |
//! | [`streams`] | ICE-TCP |
//! | [`deadlines`] | the earliest-deadline queue |
//! | [`load`] | how hard pressed an arbiter is |
//! | [`placement`] | which arbiter takes the next call, and when |
//! | [`engines`] | which engines are in force, with their fallbacks |
//! | [`prompts`] | speech that is said again |
//! | [`record`] | the mind's messages on the wire and in storage |
//! | [`metrics`] | what is counted |

pub mod agent;
pub mod announcement;
pub mod conversation;
pub mod deadlines;
pub mod elsewhere;
pub mod engines;
pub mod exchange;
pub mod lesson;
pub mod line;
pub mod load;
pub mod metrics;
pub mod placement;
pub mod port;
pub mod prompts;
pub mod record;
mod residents;
pub mod streams;
pub mod turns;
pub mod wire;

mod addresses;
mod cadence;
mod coalescing;
mod datagrams;
mod in_span;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use actix::prelude::*;
use actix_rt::Arbiter;
use async_trait::async_trait;
use colloquy_agents::background::Niceness;
use colloquy_agents::mind::MindConfig;
use colloquy_media::turn::Patience;
use colloquy_signaling::PeerConfig;
use colloquy_signaling::events::ServerEvent;
use colloquy_signaling::peer::{Certificate, CertificateError};
use colloquy_signaling::sdp::Offer;
use serde_json::Value;
use tokio::sync::{oneshot, watch};

use self::conversation::{
    Conclude, Conversation, Farewell, Join, JoinError, Joined, Leave, Patch, PatchError, Patched,
};
use self::elsewhere::Errand;
use self::engines::Engines;
use self::metrics::LiveMetrics;
use self::placement::{Place, Placement, SharedPressure};
use self::port::{Open, Port, PortParts};
use self::record::Recorder;
use self::streams::UfragRegistry;
use self::turns::{Turn, Turns};
use crate::calls::{Calls, CallsError};
use crate::config::RtcConfig;
use crate::conversations::Conversations;
use crate::ids::ConversationId;
use crate::presence::Presence;
use crate::presence::fleet::Fleet;
use crate::presence::leases::Leases;
use crate::presence::nodes::Nodes;

/// Names a peer in its conversation.
pub type PeerId = u32;

/// How often a conversation that stops just as somebody joins is opened again for them.
const JOIN_ATTEMPTS: usize = 3;
/// How long a conversation may take to come to its end before it is cut off.
const CONCLUDE_TIMEOUT: Duration = Duration::from_secs(2);

/// All live conversations of this node; clones share them.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

struct Inner {
    arbiters: Vec<Arbiter>,
    ports: Vec<Addr<Port>>,
    calls: Mutex<HashMap<ConversationId, Call>>,
    /// How many of them each arbiter holds: whoever places the next one goes through no calls, while media threads might wait for
    /// the lock.
    held: Vec<AtomicUsize>,
    next_call: AtomicU64,
    is_closing: watch::Sender<bool>,
    /// The calls that may be held at once; none: any number.
    max_calls: Option<usize>,
    placement: Placement,
    engines: Engines,
    metrics: Arc<LiveMetrics>,
    registry: UfragRegistry,
    turns: Turns,
    conversations: OnceLock<Conversations>,
    nodes: OnceLock<Arc<dyn Nodes>>,
    leases: OnceLock<Arc<dyn Leases>>,
    fleet: OnceLock<Option<Fleet>>,
}

/// Where a live conversation is.
#[derive(Clone)]
struct Call {
    number: u64,
    arbiter: usize,
    conversation: Addr<Conversation>,
}

/// How a conversation is to be held live.
pub struct Lesson {
    /// Which one.
    pub id: ConversationId,
    /// How its mind is set up.
    pub mind: MindConfig,
    /// How patient its listener is.
    pub patience: Patience,
    /// How many turns the learner has taken in it.
    pub exchanges: usize,
    /// Where its messages are kept.
    pub recorder: Recorder,
}

/// Why live conversations can't be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Someone else has a port.
    #[error("{variable}: {} is in use on {}; stop the other program, or set {variable} to another port", address.port(), address.ip())]
    PortInUse {
        /// The variable that sets the port.
        variable: &'static str,
        /// The address.
        address: SocketAddr,
    },
    /// A UDP port can't be opened, or an address is not ours.
    #[error("RTC_UDP_PORT: {address} can't be opened: {error}")]
    Udp {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The TCP port can't be opened.
    #[error("RTC_TCP_PORT: {address} can't be opened: {error}")]
    Tcp {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The machine's addresses can't be listed.
    #[error("RTC_ADDRESSES: the machine's addresses can't be listed: {0}")]
    Addresses(io::Error),
    /// No certificate, no DTLS.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A media thread died at once.
    #[error("a media thread did not start")]
    Thread,
}

impl StartError {
    fn of_udp((address, error): (SocketAddr, io::Error)) -> Self {
        match error.kind() {
            io::ErrorKind::AddrInUse => Self::PortInUse {
                variable: "RTC_UDP_PORT",
                address,
            },
            _ => Self::Udp { address, error },
        }
    }

    fn of_tcp((address, error): (SocketAddr, io::Error)) -> Self {
        match error.kind() {
            io::ErrorKind::AddrInUse => Self::PortInUse {
                variable: "RTC_TCP_PORT",
                address,
            },
            _ => Self::Tcp { address, error },
        }
    }
}

impl Live {
    /// Opens the ports and starts one arbiter for each media thread.
    pub async fn start(config: &RtcConfig, engines: Engines, metrics: Arc<LiveMetrics>) -> Result<Self, StartError> {
        let addresses = addresses::advertised(&config.addresses).map_err(StartError::Addresses)?;
        let certificate = Certificate::generate()?;
        let listener = match config.tcp_port {
            Some(port) => Some(addresses::listen(port).map_err(StartError::of_tcp)?),
            None => None,
        };
        let tcp: Vec<SocketAddr> = match &listener {
            Some((_, port)) => addresses.iter().map(|ip| SocketAddr::new(*ip, *port)).collect(),
            None => Vec::new(),
        };
        let registry = UfragRegistry::default();
        let mut arbiters = Vec::new();
        let mut ports = Vec::new();
        let mut pressures = Vec::new();
        for arbiter in 0..usize::from(config.media_threads) {
            let sockets = addresses::bind(&addresses, config.udp_port, arbiter).map_err(StartError::of_udp)?;
            // What computes for its calls does so on this runtime's own threads.
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .on_thread_start(|| Niceness::Awaited.give_way())
                .build()
                .map_err(|_| StartError::Thread)?;
            let pressure = SharedPressure::default();
            pressures.push(pressure.clone());
            let parts = PortParts {
                arbiter,
                most_lateness: config.most_lateness,
                coalescing: config.coalescing,
                recognition: Arc::clone(&engines.recognition_waits),
                pressure,
                peers: PeerConfig {
                    certificate: certificate.clone(),
                    udp: sockets.iter().flat_map(|(advertised, _)| advertised).copied().collect(),
                    tcp: tcp.clone(),
                    takes_redundant: config.redundant_audio,
                },
                rejoin: config.rejoin,
                sockets,
                registry: registry.clone(),
                metrics: Arc::clone(&metrics),
            };
            let thread = Arbiter::with_tokio_rt(move || runtime);
            let (started, port) = oneshot::channel();
            thread.spawn_fn(move || {
                let port = Port::new(parts).map(Actor::start);
                // Whoever asked has given up: then the thread ends with its arbiter.
                drop(started.send(port));
            });
            let port = port
                .await
                .map_err(|_| StartError::Thread)?
                .map_err(|_| StartError::Thread)?;
            arbiters.push(thread);
            ports.push(port);
        }
        // Nobody's first answer is to wait for it.
        if let Some(identify) = engines.identify {
            actix_rt::task::spawn_blocking(move || agent::know_languages(identify));
        }
        if let Some((listener, _)) = listener {
            actix_rt::spawn(streams::accept(listener, tcp, registry.clone(), ports.clone()));
        }
        Ok(Self(Arc::new(Inner {
            held: arbiters.iter().map(|_| AtomicUsize::new(0)).collect(),
            arbiters,
            ports,
            calls: Mutex::default(),
            next_call: AtomicU64::new(1),
            is_closing: watch::Sender::new(false),
            max_calls: config.max_calls,
            placement: Placement::new(pressures),
            engines,
            metrics,
            registry,
            turns: Turns::default(),
            conversations: OnceLock::new(),
            nodes: OnceLock::new(),
            leases: OnceLock::new(),
            fleet: OnceLock::new(),
        })))
    }

    /// Tells whom to ask when a conversation ends from inside, and whom to tell which calls are held here. Joins fail before
    /// that.
    pub fn attach(&self, conversations: Conversations, presence: &Presence) {
        // Told once, at start.
        let _ = self.0.conversations.set(conversations);
        let _ = self.0.nodes.set(presence.nodes.clone());
        let _ = self.0.leases.set(presence.leases.clone());
        let _ = self.0.fleet.set(presence.fleet.clone());
    }

    /// Brings somebody into a conversation. `lesson` is made when nobody is in it yet.
    pub async fn join(
        &self,
        id: &ConversationId,
        offer: String,
        lesson: impl AsyncFn() -> Result<Lesson, JoinError>,
    ) -> Result<Joined, JoinError> {
        // Nothing is set up for an offer that can't be answered.
        Offer::parse(&offer)?;
        for _ in 0..JOIN_ATTEMPTS {
            let call = match self.find(id) {
                Some(call) => call,
                None => {
                    self.admit(self.calls().len())?;
                    let place = self.place().await?;
                    // A turn that is under way belongs to what the call takes up.
                    let _turn = self.take_turn(id).await.ok_or(JoinError::Ending)?;
                    match self.find(id) {
                        Some(call) => call,
                        None => self.open(lesson().await?, place).await?,
                    }
                }
            };
            match call.conversation.send(Join { offer: offer.clone() }).await {
                // A call that ends because this node shuts down can be taken up again elsewhere.
                Ok(Err(JoinError::Ending)) if self.is_closing() => return Err(JoinError::Closing),
                Ok(joined) => return joined,
                // It has just stopped, since nobody was there for long: it is held again.
                Err(_) => self.forget(id, call.number),
            }
        }
        Err(JoinError::Ending)
    }

    /// Takes in candidates, or a new ICE session.
    pub async fn patch(&self, id: &ConversationId, patch: Patch) -> Result<Patched, PatchError> {
        let call = self.find(id).ok_or(PatchError::NotFound)?;
        call.conversation.send(patch).await.map_err(|_| PatchError::NotFound)?
    }

    /// Lets somebody leave; whether they were there.
    pub async fn leave(&self, id: &ConversationId, peer: PeerId) -> bool {
        match self.find(id) {
            Some(call) => call.conversation.send(Leave { peer }).await.unwrap_or(false),
            None => false,
        }
    }

    /// How many username fragments are registered, for tests of what is left behind.
    pub fn registered_ufrags(&self) -> usize {
        self.0.registry.len()
    }

    /// The metrics.
    pub fn metrics(&self) -> &LiveMetrics {
        &self.0.metrics
    }

    /// The engines in force.
    pub fn engines(&self) -> &Engines {
        &self.0.engines
    }

    /// Becomes true when this node shuts down, for those who hold connections of their own.
    pub fn closing(&self) -> watch::Receiver<bool> {
        self.0.is_closing.subscribe()
    }

    /// A conversation's actor has stopped.
    fn forget(&self, id: &ConversationId, number: u64) {
        let mut calls = self.calls();
        if calls.get(id).is_some_and(|call| call.number == number)
            && let Some(call) = calls.remove(id)
        {
            self.0.held[call.arbiter].fetch_sub(1, Ordering::Relaxed);
            if let Some(nodes) = self.0.nodes.get() {
                nodes.let_go(id);
            }
        }
    }

    /// Whether this node shuts down.
    pub fn is_closing(&self) -> bool {
        *self.0.is_closing.borrow()
    }

    /// Whether there may be one call more than `calls`.
    fn admit(&self, calls: usize) -> Result<(), JoinError> {
        let refused = &self.0.metrics.calls_refused;
        if self.is_closing() {
            refused.closing.inc();
            return Err(JoinError::Closing);
        }
        match self.0.max_calls {
            Some(most) if calls >= most => {
                refused.limit.inc();
                Err(JoinError::Full)
            }
            _ => Ok(()),
        }
    }

    /// Opens a call at its place, which counts until the call is entered or has failed.
    async fn open(&self, lesson: Lesson, place: Place) -> Result<Call, JoinError> {
        let conversations = self.0.conversations.get().cloned().ok_or(JoinError::Closing)?;
        let number = self.next_call();
        let id = lesson.id.clone();
        let open = Open {
            id: lesson.id,
            call: number,
            mind: lesson.mind,
            patience: lesson.patience,
            engines: self.0.engines.clone(),
            recorder: lesson.recorder,
            live: self.clone(),
            conversations,
        };
        let conversation = self.0.ports[place.thread]
            .send(open)
            .await
            .map_err(|_| JoinError::Closing)??;
        let call = Call {
            number,
            arbiter: place.thread,
            conversation: conversation.clone(),
        };
        let taken = self.enter(id, call);
        if !matches!(&taken, Ok(first) if first.number == number) {
            conversation.do_send(Farewell { event: None });
        }
        taken
    }

    /// Adds a call, or gives the one that somebody else has opened for the same conversation at the same moment. Whoever
    /// closes all calls sees it, or it sees that they are being closed: both look while they hold the lock.
    fn enter(&self, id: ConversationId, call: Call) -> Result<Call, JoinError> {
        let mut calls = self.calls();
        if let Some(first) = calls.get(&id) {
            return Ok(first.clone());
        }
        self.admit(calls.len())?;
        if let Some(nodes) = self.0.nodes.get() {
            nodes.hold(&id);
        }
        self.0.held[call.arbiter].fetch_add(1, Ordering::Relaxed);
        calls.insert(id, call.clone());
        Ok(call)
    }

    /// Has everything written that was said until now.
    async fn flush(&self, id: &ConversationId) {
        if let Some(conversations) = self.0.conversations.get()
            && !conversations.writer().flush().await
        {
            tracing::warn!(conversation_id = %id.logged(), "what was said waits on disk");
        }
    }

    /// The right to take a turn, once it is free; nothing if it is not for long.
    async fn take_turn(&self, id: &ConversationId) -> Option<Turn> {
        self.0.turns.take(id, self.0.leases.get()).await
    }

    fn next_call(&self) -> u64 {
        self.0.next_call.fetch_add(1, Ordering::Relaxed)
    }

    /// The arbiter that takes the next call, once it is its turn.
    ///
    /// # Errors
    /// When none can carry one more soon. That is said at once.
    async fn place(&self) -> Result<Place, JoinError> {
        let place = self.0.placement.place(&self.load(), Instant::now());
        let place = place.ok_or_else(|| self.full())?;
        if !place.wait.is_zero() {
            self.0.metrics.calls_delayed.inc();
            tokio::time::sleep(place.wait).await;
        }
        Ok(place)
    }

    fn full(&self) -> JoinError {
        self.0.metrics.calls_refused.load.inc();
        JoinError::Full
    }

    /// How many calls and lines each arbiter holds.
    fn load(&self) -> Vec<usize> {
        // Lines are spread evenly, more or less.
        let lines = usize::try_from(self.0.metrics.lines.get()).unwrap_or(0) / self.0.ports.len();
        let held = self.0.held.iter();
        held.map(|calls| lines + calls.load(Ordering::Relaxed)).collect()
    }

    fn find(&self, id: &ConversationId) -> Option<Call> {
        self.calls().get(id).cloned()
    }

    fn calls(&self) -> MutexGuard<'_, HashMap<ConversationId, Call>> {
        self.0.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn conclude(&self, id: &ConversationId, call: &Call) {
        let (done, is_done) = oneshot::channel();
        call.conversation.do_send(Conclude { done });
        if tokio::time::timeout(CONCLUDE_TIMEOUT, is_done).await.is_err() {
            tracing::warn!(conversation_id = %id.logged(), "a conversation did not come to its end in time");
        }
    }
}

#[async_trait]
impl Calls for Live {
    fn active(&self) -> usize {
        self.calls().len()
    }

    async fn end(&self, id: &ConversationId) -> Result<Turn, CallsError> {
        if let Some(call) = self.find(id) {
            self.conclude(id, &call).await;
        } else if let Some(elsewhere) = self.elsewhere(id).await {
            elsewhere.send(&Errand::Conclude).await?;
        }
        // Whoever asked for a turn before is answered first; whoever comes later finds the conversation ended.
        let turn = self.take_turn(id).await.ok_or(CallsError::Busy)?;
        // What was said last, in the call or by request, is summed up with what is told about it.
        self.engines().assessments.settle(Some(id)).await;
        self.flush(id).await;
        Ok(turn)
    }

    async fn farewell(&self, id: &ConversationId, summary: Option<Value>) {
        if self.farewell_here(id, summary.clone()) {
            return;
        }
        if let Some(elsewhere) = self.elsewhere(id).await
            && let Err(error) = elsewhere.send(&Errand::Farewell { summary }).await
        {
            tracing::warn!(%error, conversation_id = %id.logged(), "a call elsewhere is not told of its end");
        }
    }

    async fn close(&self) {
        self.0.is_closing.send_replace(true);
        let calls: Vec<(ConversationId, Call)> = self
            .calls()
            .iter()
            .map(|(id, call)| (id.clone(), call.clone()))
            .collect();
        let endings = calls.iter().map(|(id, call)| async {
            self.conclude(id, call).await;
            call.conversation.do_send(Farewell {
                event: Some(ServerEvent::Error {
                    code: "SHUTTING_DOWN".to_owned(),
                    message: "The server is shutting down; your conversation can be taken up again".to_owned(),
                }),
            });
        });
        futures::future::join_all(endings).await;
        let drained = async {
            while !self.calls().is_empty() || self.0.metrics.lines.get() > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        // Whatever hangs on longer is cut off with its thread.
        let _ = tokio::time::timeout(CONCLUDE_TIMEOUT, drained).await;
        self.engines().assessments.settle(None).await;
        for arbiter in &self.0.arbiters {
            arbiter.stop();
        }
    }
}

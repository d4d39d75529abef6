//! The conversation actor: a room with its people and one agent. It owns the peers, what is heard of each, what the agent
//! says to all, and the clock of both.
//!
//! | | |
//! |---|---|
//! | lifetime | from the first offer until it is ended, or nobody has been there for [`REJOIN`] |
//! | inbox | [`Join`], [`Patch`], [`Leave`], [`Conclude`], [`Farewell`] from the control plane; [`Datagram`], [`Tick`], [`Wake`] from its arbiter's wire; [`Order`] from its agent |
//! | outbox | [`Heard`] to its agent; datagrams and deadlines to the wire |
//!
//! A thin shell: after every message, [`Conversation::drive`] moves everything between the cores until nothing moves any
//! more, and arms one wake-up.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;
use bytes::{Bytes, BytesMut};
use colloquy_agents::engine::Fit;
use colloquy_agents::mind::{EndReason, Input};
use colloquy_media::downlink::{Downlink, DownlinkConfig, DownlinkEvent, Played, PlayedPhrase, Speech};
use colloquy_media::level::AudioLevel;
use colloquy_media::turn::Patience;
use colloquy_media::uplink::{self, Uplink, UplinkConfig, UplinkEvent};
use colloquy_signaling::events::{AgentState, ClientEvent, ServerEvent};
use colloquy_signaling::peer::{Receipt, RestartError};
use colloquy_signaling::whip::{self, Precondition};
use colloquy_signaling::{Fragment, OfferError, Path, Peer, PeerConfig, PeerEvent};
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use super::agent::{self, Agent, Heard};
use super::metrics::LiveMetrics;
use super::wire::{PeerKey, Timer, Wake, Wire};
use super::{Live, PeerId};
use crate::clock::Timestamp;
use crate::conversations::Conversations;
use crate::ids::ConversationId;

/// How long a conversation waits for somebody to come back.
const REJOIN: Duration = Duration::from_secs(30);
/// How long goodbyes may take to leave before the peers are closed.
const GOODBYE: Duration = Duration::from_millis(250);
/// Messages that wait for a conversation: a second of packets from a few people, and what goes with them.
const MAILBOX_CAPACITY: usize = 256;
/// Ticks between two reports of playout to the agent: 200 ms.
const REPORT_TICKS: u32 = 10;
/// People in one conversation.
const MAX_PEERS: usize = 8;

/// Somebody wants to join with an SDP offer.
#[derive(Message, Debug)]
#[rtype(result = "Result<Joined, JoinError>")]
pub struct Join {
    /// The offer.
    pub offer: String,
}

/// Somebody has joined.
#[derive(Debug, PartialEq, Eq)]
pub struct Joined {
    /// Names the peer from here on.
    pub peer: PeerId,
    /// The SDP answer.
    pub answer: String,
    /// Names the ICE session (RFC 9725 section 4.3.1).
    pub entity_tag: String,
}

/// Why somebody can't join.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The offer can't be answered.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// There are too many people in it already.
    #[error("{MAX_PEERS} people are in this conversation already")]
    Crowded,
    /// It is just ending.
    #[error("the conversation has ended")]
    Ended,
    /// This node takes no more calls.
    #[error("this server takes no more calls")]
    Closing,
    /// Our fault.
    #[error("the call could not be set up: {0}")]
    Failed(String),
}

/// More candidates, or a new ICE session.
#[derive(Message, Debug)]
#[rtype(result = "Result<Patched, PatchError>")]
pub struct Patch {
    /// Which peer.
    pub peer: PeerId,
    /// What it says.
    pub fragment: Fragment,
    /// The `If-Match` header.
    pub if_match: Option<String>,
}

/// What became of a [`Patch`].
#[derive(Debug, PartialEq, Eq)]
pub enum Patched {
    /// The candidates are taken in.
    Trickled,
    /// There is a new ICE session.
    Restarted {
        /// Our side of it.
        fragment: String,
        /// Names it.
        entity_tag: String,
    },
}

/// Why a [`Patch`] was not done.
#[derive(Debug, thiserror::Error)]
pub enum PatchError {
    /// There is no such peer.
    #[error("there is no such peer")]
    NotFound,
    /// `If-Match` is missing.
    #[error("If-Match must name the ICE session, or be * for a new one")]
    Unconditional,
    /// `If-Match` names another ICE session.
    #[error("If-Match names another ICE session")]
    Precondition,
    /// The fragment can't be applied.
    #[error(transparent)]
    Fragment(#[from] RestartError),
}

/// Somebody leaves. The answer: whether they were there.
#[derive(Message, Debug)]
#[rtype(result = "bool")]
pub struct Leave {
    /// Which peer.
    pub peer: PeerId,
}

/// Nothing more is to be said. Answered when whatever was said is recorded; peers stay until the [`Farewell`].
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct Conclude {
    /// Answered when it is done.
    pub done: oneshot::Sender<()>,
}

/// The last message: tell the peers this, close them, and stop.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct Farewell {
    /// The last event.
    pub event: Option<ServerEvent>,
}

/// A datagram for a peer.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct Datagram {
    /// Which peer.
    pub peer: PeerId,
    /// Where it ran.
    pub path: Path,
    /// Whether the address is not yet known to be the peer's.
    pub is_claimed: bool,
    /// What it holds.
    pub bytes: BytesMut,
    /// When it was read.
    pub at: Instant,
}

/// 20 ms have passed.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "()")]
pub struct Tick;

/// What the agent wants done.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub enum Order {
    /// Play this after what is queued.
    Play {
        /// The reply it belongs to.
        generation: u64,
        /// The phrase of the reply.
        phrase: usize,
        /// The sound.
        speech: Speech,
    },
    /// The reply has no more phrases.
    Finish {
        /// The reply.
        generation: u64,
    },
    /// Fall silent and keep the rest.
    Pause {
        /// The reply.
        generation: u64,
    },
    /// Go on.
    Resume {
        /// The reply.
        generation: u64,
    },
    /// Fall silent and drop the rest.
    Flush {
        /// The reply.
        generation: u64,
    },
    /// The recogniser's view of an utterance at one of its pauses.
    View {
        /// The utterance.
        utterance: u64,
        /// The pause.
        pause: u32,
        /// How it fits.
        fit: Fit,
    },
    /// The recogniser says that it is no more than "mhm".
    Backchannel {
        /// The utterance.
        utterance: u64,
    },
    /// Tell everybody.
    Tell(Box<ServerEvent>),
    /// The mind is done.
    End {
        /// Why.
        reason: EndReason,
    },
}

/// What a conversation is made of.
pub struct ConversationParts {
    /// Which one.
    pub id: ConversationId,
    /// Its number on this node.
    pub call: u64,
    /// How patient its listener is.
    pub patience: Patience,
    /// How its peers are reached.
    pub peers: PeerConfig,
    /// Its arbiter's sockets and timers.
    pub wire: Rc<Wire>,
    /// What is counted.
    pub metrics: Arc<LiveMetrics>,
    /// All live conversations, to be told when this one is gone.
    pub live: Live,
    /// All conversations, to be told when this one is over.
    pub conversations: Conversations,
}

/// The actor.
pub struct Conversation {
    parts: ConversationParts,
    agent: Addr<Agent>,
    people: Vec<Person>,
    next_peer: PeerId,
    downlink: Downlink,
    phase: Phase,
    /// Ticks since the agent last heard how far its speech has come.
    unreported: u32,
    /// What the agent does, for those who come in later.
    state: ServerEvent,
    waiting: Vec<oneshot::Sender<()>>,
    abandoned: Option<SpawnHandle>,
}

/// Where a conversation is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// It goes on.
    Live,
    /// The mind was told to end.
    Concluding,
    /// The mind is done.
    Concluded,
    /// Goodbyes are leaving.
    Parting,
}

/// Somebody in a conversation.
struct Person {
    id: PeerId,
    peer: Peer,
    uplink: Uplink,
    is_here: bool,
    /// All fragments that were registered for the peer.
    ufrags: Vec<String>,
}

impl Conversation {
    /// A conversation with nobody in it yet. `agent` makes its agent.
    ///
    /// # Errors
    /// When the codec can't be set up.
    pub fn new(parts: ConversationParts, agent: Addr<Agent>) -> Result<Self, JoinError> {
        let config = DownlinkConfig {
            first_timestamp: rand::random(),
            ..DownlinkConfig::default()
        };
        let downlink = Downlink::new(config, Instant::now()).map_err(|error| JoinError::Failed(error.to_string()))?;
        Ok(Self {
            parts,
            agent,
            people: Vec::new(),
            next_peer: 1,
            downlink,
            phase: Phase::Live,
            unreported: 0,
            state: ServerEvent::State {
                state: AgentState::Listening,
            },
            waiting: Vec::new(),
            abandoned: None,
        })
    }

    /// Moves everything between the cores until nothing moves any more, then arms one wake-up.
    fn drive(&mut self, now: Instant, ctx: &mut Context<Self>) {
        loop {
            let mut moved = false;
            for index in 0..self.people.len() {
                moved |= self.drive_person(index, now, ctx);
            }
            moved |= self.drive_downlink(now);
            if !moved {
                break;
            }
        }
        self.people.retain_mut(|person| {
            let is_over = person.peer.is_ended();
            if is_over {
                self.parts.wire.remove_peer(
                    PeerKey {
                        call: self.parts.call,
                        peer: person.id,
                    },
                    &person.ufrags,
                );
                self.parts
                    .metrics
                    .count_peer(person.peer.counters(), person.uplink.stats());
            }
            !is_over
        });
        self.watch_presence(ctx);
        let deadline = self
            .people
            .iter_mut()
            .flat_map(|person| [person.peer.poll_timeout(), person.uplink.poll_timeout()])
            .flatten()
            .chain([self.downlink.poll_timeout()])
            .min();
        self.parts.wire.arm(Timer::Media(self.parts.call), deadline);
    }

    fn drive_person(&mut self, index: usize, now: Instant, ctx: &mut Context<Self>) -> bool {
        let mut moved = false;
        while let Some(event) = self.people[index].peer.poll_event() {
            moved = true;
            self.handle_peer_event(index, event, now, ctx);
        }
        while let Some(event) = self.people[index].uplink.poll_event() {
            moved = true;
            self.handle_uplink_event(index, event, now);
        }
        while let Some(transmit) = self.people[index].peer.poll_transmit() {
            self.parts.wire.send(transmit.path, &transmit.bytes);
        }
        moved
    }

    fn drive_downlink(&mut self, now: Instant) -> bool {
        let mut moved = false;
        while let Some(frame) = self.downlink.poll_frame(now) {
            moved = true;
            let payload = Bytes::copy_from_slice(frame.payload);
            for person in &mut self.people {
                person
                    .peer
                    .send_audio(payload.clone(), frame.timestamp, frame.marker, now);
                person.uplink.handle_far_level(frame.level);
            }
        }
        while let Some(event) = self.downlink.poll_event() {
            moved = true;
            self.handle_downlink_event(event);
        }
        moved
    }

    fn handle_peer_event(&mut self, index: usize, event: PeerEvent, now: Instant, ctx: &mut Context<Self>) {
        let person = &mut self.people[index];
        match event {
            PeerEvent::Rtp(packet) => {
                let packet = uplink::RtpPacket {
                    sequence: packet.sequence,
                    timestamp: packet.timestamp,
                    payload: packet.payload,
                    level: packet.level.and_then(|octet| AudioLevel::parse(&[octet])),
                };
                person.uplink.handle_rtp(packet, now);
            }
            PeerEvent::Connected => {
                if !person.is_here {
                    person.is_here = true;
                    self.inform(Heard::Fact(Input::Joined));
                }
            }
            PeerEvent::EventsMessage(text) => match ClientEvent::parse(&text) {
                Ok(event) => self.handle_client_event(index, event, ctx),
                Err(error) => person.peer.send_events_message(&error.answer().to_json(), now),
            },
            PeerEvent::Source(ssrc) => {
                let key = PeerKey {
                    call: self.parts.call,
                    peer: person.id,
                };
                self.parts.wire.register_source(key, ssrc);
            }
            PeerEvent::LossReport(report) => self.downlink.handle_loss(report.fraction),
            PeerEvent::Failed(failure) => {
                tracing::info!(conversation_id = %self.parts.id, ?failure, "a peer is lost");
            }
            PeerEvent::EventsOpen => person.peer.send_events_message(&self.state.to_json(), now),
            PeerEvent::Closed | PeerEvent::Disconnected | PeerEvent::EventsClosed | PeerEvent::RoundTrip(_) => {}
        }
    }

    fn handle_client_event(&mut self, index: usize, event: ClientEvent, ctx: &mut Context<Self>) {
        match event {
            ClientEvent::Text { content } => self.inform(Heard::Fact(Input::Typed { text: content })),
            ClientEvent::Interrupt => self.inform(Heard::Fact(Input::Interrupt)),
            ClientEvent::Hold { on } => {
                self.people[index].uplink.handle_hold(on);
                self.inform(Heard::Fact(Input::Hold { on }));
            }
            ClientEvent::End => self.wind_up(ctx),
        }
    }

    fn handle_uplink_event(&mut self, index: usize, event: UplinkEvent, now: Instant) {
        let peer = self.people[index].id;
        let named = |utterance| name_utterance(peer, utterance);
        match event {
            UplinkEvent::SpeechStarted { utterance, .. } => {
                self.inform(Heard::SpeechStarted {
                    utterance: named(utterance),
                });
            }
            UplinkEvent::Audio { utterance, pcm } => {
                self.inform(Heard::Audio {
                    utterance: named(utterance),
                    pcm,
                });
            }
            UplinkEvent::Paused { utterance, pause, .. } => {
                self.inform(Heard::Paused {
                    utterance: named(utterance),
                    pause,
                });
            }
            UplinkEvent::Resumed { utterance, .. } => {
                self.inform(Heard::Fact(Input::SpeechResumed {
                    utterance: named(utterance),
                }));
            }
            UplinkEvent::NeedsHelp { .. } => self.inform(Heard::Fact(Input::NeedsHelp)),
            UplinkEvent::TurnEnded {
                utterance, last_voice, ..
            } => {
                self.inform(Heard::TurnEnded {
                    utterance: named(utterance),
                    last_voiced: last_voice,
                });
            }
            UplinkEvent::BargeIn { onset, .. } => {
                // Silence first, at once: whether it was meant is decided while the agent is quiet.
                self.downlink.pause(now);
                self.inform(Heard::Fact(Input::BargeIn));
                self.parts.metrics.barge_in.observe((now - onset).as_secs_f64());
            }
            UplinkEvent::FalseAlarm { utterance, .. } => {
                self.downlink.resume(now);
                self.inform(Heard::FalseAlarm {
                    utterance: named(utterance),
                });
            }
            UplinkEvent::BargeInConfirmed { utterance, .. } => {
                self.inform(Heard::Fact(Input::BargeInConfirmed {
                    utterance: named(utterance),
                }));
            }
        }
    }

    fn handle_downlink_event(&mut self, event: DownlinkEvent) {
        let input = match event {
            DownlinkEvent::Started { generation, .. } => {
                self.agent_speaks(true);
                Input::PlayoutStarted { generation }
            }
            DownlinkEvent::PhraseStarted { generation, phrase, .. } => Input::PlayoutProgress {
                generation,
                phrase: phrase as usize,
                played: Duration::ZERO,
            },
            DownlinkEvent::Finished { generation, played, .. } => {
                self.agent_speaks(false);
                for phrase in &played.phrases {
                    self.inform(Heard::Fact(progress_of(phrase)));
                }
                Input::PlayoutFinished { generation }
            }
        };
        self.inform(Heard::Fact(input));
    }

    /// Tells the agent now and then how far its speech has come.
    fn report_playout(&mut self) {
        self.unreported += 1;
        if self.unreported < REPORT_TICKS {
            return;
        }
        self.unreported = 0;
        let progress = self.downlink.played().last().map(progress_of);
        if let Some(progress) = progress {
            self.inform(Heard::Fact(progress));
        }
    }

    fn agent_speaks(&mut self, on: bool) {
        for person in &mut self.people {
            person.uplink.handle_agent_speaking(on);
        }
    }

    /// Tells the agent. Frames are dropped when it is behind; everything else is kept.
    fn inform(&self, heard: Heard) {
        if matches!(heard, Heard::Audio { .. }) {
            if self.agent.try_send(heard).is_err() {
                self.parts.metrics.agent_overruns.inc();
            }
        } else {
            self.agent.do_send(heard);
        }
    }

    fn tell_everybody(&mut self, event: &ServerEvent, now: Instant) {
        let message = event.to_json();
        for person in &mut self.people {
            person.peer.send_events_message(&message, now);
        }
    }

    /// Tells the agent whether anybody is there, and gives up when nobody has been for long.
    fn watch_presence(&mut self, ctx: &mut Context<Self>) {
        if self.people.is_empty() && self.abandoned.is_none() {
            self.inform(Heard::Fact(Input::Left));
            self.abandoned = Some(ctx.run_later(REJOIN, |_, ctx| ctx.stop()));
        } else if !self.people.is_empty()
            && let Some(timer) = self.abandoned.take()
        {
            ctx.cancel_future(timer);
        }
    }

    /// Ends the conversation from inside: the summary is made, and everybody hears it.
    fn wind_up(&mut self, ctx: &mut Context<Self>) {
        if self.phase != Phase::Live && self.phase != Phase::Concluded {
            return;
        }
        let (conversations, live, id) = (
            self.parts.conversations.clone(),
            self.parts.live.clone(),
            self.parts.id.clone(),
        );
        let conclusion = async move {
            if let Err(error) = conversations.conclude(&live, &id, Timestamp::now()).await {
                tracing::error!(conversation_id = %id, %error, "the conversation could not be concluded");
            }
        };
        ctx.spawn(conclusion.into_actor(self));
    }

    fn conclude(&mut self, done: oneshot::Sender<()>) {
        match self.phase {
            Phase::Live => {
                self.phase = Phase::Concluding;
                self.waiting.push(done);
                self.inform(Heard::Fact(Input::End));
            }
            Phase::Concluding => self.waiting.push(done),
            // Nobody listening for the answer any more is no trouble.
            Phase::Concluded | Phase::Parting => {
                let _ = done.send(());
            }
        }
    }

    fn obey(&mut self, order: Order, now: Instant, ctx: &mut Context<Self>) {
        match order {
            Order::Play {
                generation,
                phrase,
                speech,
            } => {
                if let Err(error) = self.downlink.play(generation, phrase as u32, speech, now) {
                    tracing::debug!(%error, generation, phrase, "speech is not played");
                }
            }
            Order::Finish { generation } => self.downlink.finish(generation, now),
            Order::Pause { .. } => self.downlink.pause(now),
            Order::Resume { .. } => self.downlink.resume(now),
            Order::Flush { generation } => {
                let played = self.downlink.flush(now);
                self.agent_speaks(false);
                self.inform(Heard::Fact(Input::Flushed {
                    generation,
                    played: durations(&played, generation),
                }));
            }
            Order::View { utterance, pause, fit } => {
                let (peer, utterance) = of_named(utterance);
                if let Some(person) = self.person(peer) {
                    person.uplink.handle_view(utterance, pause, fit, now);
                }
            }
            Order::Backchannel { utterance } => {
                let (peer, utterance) = of_named(utterance);
                if let Some(person) = self.person(peer) {
                    person.uplink.handle_backchannel(utterance, now);
                }
            }
            Order::Tell(event) => {
                self.tell_everybody(&event, now);
                if matches!(*event, ServerEvent::State { .. }) {
                    self.state = *event;
                }
            }
            Order::End { reason } => {
                let was = std::mem::replace(&mut self.phase, Phase::Concluded);
                for done in self.waiting.drain(..) {
                    let _ = done.send(());
                }
                if was == Phase::Live && reason == EndReason::Completed {
                    self.wind_up(ctx);
                }
            }
        }
    }

    fn person(&mut self, peer: PeerId) -> Option<&mut Person> {
        self.people.iter_mut().find(|person| person.id == peer)
    }

    fn join(&mut self, offer: &str, now: Instant) -> Result<Joined, JoinError> {
        if self.phase != Phase::Live {
            return Err(JoinError::Ended);
        }
        if self.people.len() >= MAX_PEERS {
            return Err(JoinError::Crowded);
        }
        let (peer, answer) = Peer::answer(offer, &self.parts.peers, now)?;
        let uplink = Uplink::new(UplinkConfig {
            patience: self.parts.patience,
            ..UplinkConfig::default()
        })
        .map_err(|error| JoinError::Failed(error.to_string()))?;
        let id = self.next_peer;
        self.next_peer += 1;
        let mut person = Person {
            id,
            peer,
            uplink,
            is_here: false,
            ufrags: Vec::new(),
        };
        self.parts.register(&mut person);
        let entity_tag = whip::entity_tag(person.peer.local_ufrag());
        self.people.push(person);
        Ok(Joined {
            peer: id,
            answer,
            entity_tag,
        })
    }

    fn patch(&mut self, patch: &Patch, now: Instant) -> Result<Patched, PatchError> {
        let person = self
            .people
            .iter_mut()
            .find(|person| person.id == patch.peer)
            .ok_or(PatchError::NotFound)?;
        let entity_tag = whip::entity_tag(person.peer.local_ufrag());
        match Precondition::check(patch.if_match.as_deref(), &entity_tag) {
            Precondition::Missing => return Err(PatchError::Unconditional),
            Precondition::Failed => return Err(PatchError::Precondition),
            Precondition::Trickle => {
                person.peer.trickle(&patch.fragment, now)?;
                return Ok(Patched::Trickled);
            }
            Precondition::Restart => {}
        }
        let fragment = person.peer.restart(&patch.fragment, now)?;
        self.parts.register(person);
        Ok(Patched::Restarted {
            fragment: fragment.render(),
            entity_tag: whip::entity_tag(person.peer.local_ufrag()),
        })
    }
}

impl ConversationParts {
    /// Lets datagrams reach a peer, after each negotiation.
    fn register(&self, person: &mut Person) {
        let key = PeerKey {
            call: self.call,
            peer: person.id,
        };
        let ufrag = person.peer.local_ufrag().to_owned();
        self.wire.register_ufrag(key, &ufrag);
        person.ufrags.push(ufrag);
        if let Some(ssrc) = person.peer.remote_ssrc() {
            self.wire.register_source(key, ssrc);
        }
    }
}

fn progress_of(phrase: &PlayedPhrase) -> Input {
    Input::PlayoutProgress {
        generation: phrase.generation,
        phrase: phrase.phrase as usize,
        played: phrase.duration(),
    }
}

/// How much of each phrase of a reply was heard.
fn durations(played: &Played, generation: u64) -> Vec<(usize, Duration)> {
    let its = played.phrases.iter().filter(|phrase| phrase.generation == generation);
    its.map(|phrase| (phrase.phrase as usize, phrase.duration())).collect()
}

/// Utterances are numbered by each person's uplink; the agent hears them all under one numbering.
fn name_utterance(peer: PeerId, utterance: u64) -> u64 {
    u64::from(peer) << 40 | utterance
}

fn of_named(name: u64) -> (PeerId, u64) {
    ((name >> 40) as PeerId, name & ((1 << 40) - 1))
}

impl Actor for Conversation {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_CAPACITY);
        self.parts.metrics.conversations.inc();
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        let now = Instant::now();
        for person in &mut self.people {
            person.peer.close(now);
            while let Some(transmit) = person.peer.poll_transmit() {
                self.parts.wire.send(transmit.path, &transmit.bytes);
            }
            let key = PeerKey {
                call: self.parts.call,
                peer: person.id,
            };
            self.parts.wire.remove_peer(key, &person.ufrags);
            self.parts
                .metrics
                .count_peer(person.peer.counters(), person.uplink.stats());
        }
        self.agent.do_send(agent::Farewell);
        self.parts.wire.move_out(self.parts.call);
        self.parts.live.forget(&self.parts.id, self.parts.call);
        self.parts.metrics.conversations.dec();
        tracing::info!(conversation_id = %self.parts.id, "call over");
    }
}

impl Handler<Join> for Conversation {
    type Result = Result<Joined, JoinError>;

    fn handle(&mut self, join: Join, ctx: &mut Self::Context) -> Self::Result {
        let now = Instant::now();
        let joined = self.join(&join.offer, now);
        self.drive(now, ctx);
        joined
    }
}

impl Handler<Patch> for Conversation {
    type Result = Result<Patched, PatchError>;

    fn handle(&mut self, patch: Patch, ctx: &mut Self::Context) -> Self::Result {
        let now = Instant::now();
        let patched = self.patch(&patch, now);
        self.drive(now, ctx);
        patched
    }
}

impl Handler<Leave> for Conversation {
    type Result = bool;

    fn handle(&mut self, leave: Leave, ctx: &mut Self::Context) -> bool {
        let now = Instant::now();
        let Some(person) = self.person(leave.peer) else {
            return false;
        };
        person.peer.close(now);
        self.drive(now, ctx);
        true
    }
}

impl Handler<Conclude> for Conversation {
    type Result = ();

    fn handle(&mut self, conclude: Conclude, _: &mut Self::Context) {
        self.conclude(conclude.done);
    }
}

impl Handler<Farewell> for Conversation {
    type Result = ();

    fn handle(&mut self, farewell: Farewell, ctx: &mut Self::Context) {
        let now = Instant::now();
        self.phase = Phase::Parting;
        for done in self.waiting.drain(..) {
            let _ = done.send(());
        }
        if let Some(event) = farewell.event {
            self.tell_everybody(&event, now);
        }
        self.drive(now, ctx);
        ctx.run_later(GOODBYE, |_, ctx| ctx.stop());
    }
}

impl Handler<Datagram> for Conversation {
    type Result = ();

    fn handle(&mut self, datagram: Datagram, ctx: &mut Self::Context) {
        let Datagram {
            peer,
            path,
            is_claimed,
            bytes,
            at,
        } = datagram;
        let key = PeerKey {
            call: self.parts.call,
            peer,
        };
        let Some(person) = self.person(peer) else {
            return;
        };
        let receipt = person
            .peer
            .handle_datagram(path.local, path.remote, path.transport, bytes, at);
        if is_claimed && receipt == Receipt::Authenticated {
            self.parts.wire.confirm(key, path);
        }
        self.drive(at, ctx);
    }
}

impl Handler<Tick> for Conversation {
    type Result = ();

    fn handle(&mut self, _: Tick, ctx: &mut Self::Context) {
        let now = Instant::now();
        for person in &mut self.people {
            person.uplink.handle_tick(now);
        }
        self.report_playout();
        self.drive(now, ctx);
    }
}

impl Handler<Wake> for Conversation {
    type Result = ();

    fn handle(&mut self, _: Wake, ctx: &mut Self::Context) {
        let now = Instant::now();
        for person in &mut self.people {
            if person.peer.poll_timeout().is_some_and(|due| due <= now) {
                person.peer.handle_timeout(now);
            }
        }
        self.drive(now, ctx);
    }
}

impl Handler<Order> for Conversation {
    type Result = ();

    fn handle(&mut self, order: Order, ctx: &mut Self::Context) {
        let now = Instant::now();
        self.obey(order, now, ctx);
        self.drive(now, ctx);
    }
}

/// The event that carries a summary.
pub fn summary_event(summary: Value) -> ServerEvent {
    ServerEvent::Summary {
        summary: match summary {
            Value::Object(summary) => summary,
            other => Map::from_iter([("summary".to_owned(), other)]),
        },
    }
}

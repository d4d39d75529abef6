//! The conversation actor: a room with its people and one agent. It owns the peers, what is heard of each, what the agent
//! says to all, and the clock of both.
//!
//! | | |
//! |---|---|
//! | lifetime | from the first offer until it is ended, or there has been no peer for 30 s |
//! | inbox | [`Join`], [`Patch`], [`Leave`], [`Turn`], [`Attendance`], [`Conclude`], [`Farewell`] from the control plane; [`Datagram`], [`Tick`], [`Wake`] from its arbiter's wire; [`Order`] from its agent |
//! | outbox | [`Heard`] to its agent; datagrams and deadlines to the wire |
//!
//! A thin shell: after every message, `Conversation::drive` moves everything between the cores until nothing moves any
//! more, and arms one wake-up.
//!
//! | module | what lives there |
//! |---|---|
//! | `inbox` | its messages |
//! | `presence` | who is in it |
//! | `reach` | whom the agent's speech reaches |
//! | `way` | how good the way to each of them is, and how speech is sent on it |
//! | `hearing` | what comes from the people |
//! | `speaking` | what goes to the people |
//! | `utterances` | their numbering |
//! | `throttle` | how many messages a person may send |
//! | `stay` | what is kept of somebody's stay |
//! | `ending` | how it comes to its end |

mod ending;
mod hearing;
mod inbox;
mod presence;
mod reach;
mod speaking;
mod stay;
mod throttle;
mod utterances;
mod way;

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;
use bytes::Bytes;
use colloquy_media::downlink::{Downlink, DownlinkConfig};
use colloquy_media::turn::Patience;
use colloquy_signaling::PeerConfig;
use colloquy_signaling::events::{AgentState, ServerEvent};
use tokio::sync::{mpsc, oneshot};
use tracing::Span;
use tracing::span::EnteredSpan;

pub use self::ending::ending_event;
pub use self::inbox::{
    Assessed, Attendance, Attended, Conclude, Datagram, Farewell, Join, JoinError, Joined, Leave, Order, Patch,
    PatchError, Patched, Tick, Turn,
};

use self::ending::Phase;
use self::presence::Person;
use self::reach::Unconfirmed;
use self::utterances::Utterances;
use super::agent::{self, Agent, Heard};
use super::coalescing::Made;
use super::line::LineEvent;
use super::metrics::LiveMetrics;
use super::wire::{PeerKey, Timer, Wake, Wire};
use super::{Live, PeerId};
use crate::conversations::Conversations;
use crate::ids::ConversationId;

/// Messages that wait for a conversation: a second of packets from a few people, and what goes with them.
const MAILBOX_CAPACITY: usize = 256;

/// What a conversation is made of.
pub struct ConversationParts {
    /// Which one.
    pub id: ConversationId,
    /// Its number on this node.
    pub call: u64,
    /// Puts its id on every log line.
    pub span: Span,
    /// How patient its listener is.
    pub patience: Patience,
    /// How long it waits for somebody to come back.
    pub rejoin: Duration,
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
    /// Somebody in it has ended it, and the summary is being made.
    is_winding_up: bool,
    /// Whether the agent was told that somebody is there.
    is_attended: bool,
    /// When somebody last gave a sign of life.
    last_life: Instant,
    /// A reply that ended when nobody may have been there.
    unconfirmed: Option<Unconfirmed>,
    /// Whether the agent has the floor, for those who come in later.
    is_agent_speaking: bool,
    utterances: Utterances,
    /// When it last did what is done on a tick.
    ticked: Instant,
    /// When the agent last heard how far its speech has come.
    reported: Instant,
    /// What the agent does, for those who come in later.
    state: ServerEvent,
    waiting: Vec<oneshot::Sender<()>>,
    abandoned: Option<SpawnHandle>,
    /// Whoever waits for what is recorded.
    watchers: Vec<mpsc::Sender<LineEvent>>,
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
        let now = Instant::now();
        let downlink = Downlink::new(config, now).map_err(|error| JoinError::Failed(error.to_string()))?;
        Ok(Self {
            parts,
            agent,
            people: Vec::new(),
            next_peer: 1,
            downlink,
            phase: Phase::Live,
            is_winding_up: false,
            is_attended: false,
            last_life: now,
            unconfirmed: None,
            is_agent_speaking: false,
            utterances: Utterances::default(),
            ticked: now,
            reported: now,
            state: ServerEvent::State {
                state: AgentState::Listening,
            },
            waiting: Vec::new(),
            abandoned: None,
            watchers: Vec::new(),
        })
    }

    /// Moves everything between the cores until nothing moves any more, then arms one wake-up.
    fn drive(&mut self, now: Instant, ctx: &mut Context<Self>) {
        self.parts.wire.send_due(now);
        self.note_life();
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
        self.part_with_ended(now);
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

    /// What is done once in 20 ms: on a tick, or along with a datagram that comes instead.
    fn tick(&mut self, now: Instant) {
        self.ticked = now;
        for person in &mut self.people {
            person.uplink.handle_tick(now);
        }
        self.downlink.set_complexity(self.parts.wire.pressure().complexity());
        if !self.parts.wire.coalesces() {
            self.downlink.bring_forward(now);
        }
        self.report_playout(now);
    }

    fn drive_person(&mut self, index: usize, now: Instant, ctx: &mut Context<Self>) -> bool {
        let mut moved = self.take_in(index, now, ctx);
        while let Some(event) = self.people[index].uplink.poll_event() {
            moved = true;
            self.handle_uplink_event(index, event, now);
        }
        self.people[index].ask_again(now);
        while let Some(transmit) = self.people[index].peer.poll_transmit() {
            self.parts.wire.send(transmit.path, transmit.bytes);
        }
        moved
    }

    fn drive_downlink(&mut self, now: Instant) -> bool {
        let mut moved = false;
        while let Some(frame) = self.downlink.poll_frame(now) {
            moved = true;
            if frame.speech {
                self.parts.wire.note_frame(frame.late);
            }
            let payload = Bytes::copy_from_slice(frame.payload);
            for person in &mut self.people {
                person.send_audio(&payload, frame.timestamp, frame.marker, now);
                person.uplink.handle_far_level(frame.level, now);
            }
        }
        // Whoever may be about to interrupt isn't talked over by what was made before.
        while self.parts.wire.coalesces()
            && self.people.iter().all(|person| person.uplink.is_quiet())
            && self.speak_ahead(now)
        {
            moved = true;
        }
        while let Some(event) = self.downlink.poll_event() {
            moved = true;
            self.handle_downlink_event(event);
        }
        moved
    }

    /// Makes the next frame of speech that goes on, while all that it takes is at hand; it leaves when it is due. Whether there
    /// was one.
    fn speak_ahead(&mut self, now: Instant) -> bool {
        let Some((due, frame)) = self.downlink.poll_ahead(now) else {
            return false;
        };
        let payload = Bytes::copy_from_slice(frame.payload);
        let mut is_first = true;
        for person in &mut self.people {
            while let Some(transmit) = person.peer.poll_transmit() {
                self.parts.wire.send(transmit.path, transmit.bytes);
            }
            person.send_audio(&payload, frame.timestamp, frame.marker, due);
            person.uplink.handle_far_level(frame.level, due);
            while let Some(transmit) = person.peer.poll_transmit() {
                self.parts.wire.send_when_due(Made {
                    due,
                    peer: PeerKey {
                        call: self.parts.call,
                        peer: person.id,
                    },
                    path: transmit.path,
                    datagram: transmit.bytes,
                    is_first: std::mem::take(&mut is_first),
                });
            }
        }
        true
    }

    /// To be held while a message is handled: log lines name the conversation.
    fn enter_span(&self) -> EnteredSpan {
        self.parts.span.clone().entered()
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

    /// Tells those who still want to know.
    fn tell_watchers(&mut self, event: &LineEvent) {
        self.watchers.retain(|watcher| watcher.try_send(event.clone()).is_ok());
    }

    fn tell_everybody(&mut self, event: &ServerEvent, now: Instant) {
        let message = event.to_json();
        for person in &mut self.people {
            person.peer.send_events_message(&message, now);
        }
    }
}

impl Actor for Conversation {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_CAPACITY);
        self.parts.metrics.conversations.inc();
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        let _entered = self.enter_span();
        let now = Instant::now();
        for person in &mut self.people {
            person.peer.close(now);
            while let Some(transmit) = person.peer.poll_transmit() {
                self.parts.wire.send(transmit.path, transmit.bytes);
            }
            self.parts.forget(person);
        }
        self.agent.do_send(agent::Farewell);
        self.parts.wire.move_out(self.parts.call);
        self.parts.live.forget(&self.parts.id, self.parts.call);
        self.parts.metrics.conversations.dec();
        tracing::info!("call over");
    }
}

impl Handler<Tick> for Conversation {
    type Result = ();

    fn handle(&mut self, _: Tick, ctx: &mut Self::Context) {
        let _entered = self.enter_span();
        let now = Instant::now();
        self.tick(now);
        self.drive(now, ctx);
    }
}

impl Handler<Wake> for Conversation {
    type Result = ();

    fn handle(&mut self, _: Wake, ctx: &mut Self::Context) {
        let _entered = self.enter_span();
        let now = Instant::now();
        for person in &mut self.people {
            if person.peer.poll_timeout().is_some_and(|due| due <= now) {
                person.peer.handle_timeout(now);
            }
            if person.uplink.poll_timeout().is_some_and(|due| due <= now) {
                person.uplink.handle_timeout(now);
            }
        }
        self.drive(now, ctx);
    }
}

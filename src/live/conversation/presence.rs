//! Who is in a conversation: coming, moving, leaving, and being waited for.

use std::collections::VecDeque;
use std::time::Instant;

use actix::prelude::*;
use colloquy_agents::mind::{EndReason, Input};
use colloquy_media::uplink::{Uplink, UplinkConfig};
use colloquy_signaling::Peer;
use colloquy_signaling::whip::{self, Precondition};

use super::ending::Phase;
use super::inbox::{Attendance, Attended, Join, JoinError, Joined, Leave, Patch, PatchError, Patched, Turn};
use super::stay;
use super::throttle::Throttle;
use super::way::Way;
use super::{Conversation, ConversationParts};
use crate::clock::Timestamp;
use crate::live::PeerId;
use crate::live::agent::Heard;
use crate::live::line::LineEvent;
use crate::live::wire::PeerKey;
use crate::storage::event::Event;

/// People in one conversation.
pub(super) const MAX_PEERS: usize = 8;
/// Fragments of one peer that are kept: checks for those of earlier ICE sessions may still be on their way.
const MAX_UFRAGS: usize = 16;

/// Somebody in a conversation.
pub(super) struct Person {
    pub(super) id: PeerId,
    /// When they joined.
    pub(super) since: Timestamp,
    pub(super) peer: Peer,
    pub(super) uplink: Uplink,
    pub(super) way: Way,
    /// Whether sound flows.
    pub(super) is_here: bool,
    /// Whether they asked for time to think.
    pub(super) is_holding: bool,
    pub(super) throttle: Throttle,
    /// The fragments that are registered for the peer, the newest last.
    pub(super) ufrags: VecDeque<String>,
}

impl Conversation {
    /// Lets go of those who have left. Nobody ends what they were saying or takes back what they asked for, so that ends here.
    pub(super) fn part_with_ended(&mut self, now: Instant) {
        while let Some(at) = self.people.iter().position(|person| person.peer.is_ended()) {
            let person = self.people.remove(at);
            self.parts.forget(&person);
            if let Some(utterance) = self.utterances.leave(person.id) {
                self.inform(Heard::FalseAlarm { utterance });
            }
            if person.is_holding {
                self.inform(Heard::Fact(Input::Hold { on: false }));
            }
            // Nobody else need hear how bad their way was.
            self.adapt(now);
        }
    }

    /// Tells the agent when the first is there and when nobody is any more.
    pub(super) fn tell_presence(&mut self) {
        let is_attended = self.people.iter().any(|person| person.is_here);
        if is_attended != std::mem::replace(&mut self.is_attended, is_attended) {
            self.inform(Heard::Fact(match is_attended {
                true => Input::Joined,
                false => Input::Left,
            }));
        }
    }

    /// Tells who is there, and gives up when there has been no peer for long.
    pub(super) fn watch_presence(&mut self, ctx: &mut Context<Self>) {
        self.tell_presence();
        if self.people.is_empty() && self.abandoned.is_none() {
            self.abandoned = Some(ctx.run_later(self.parts.rejoin, |_, ctx| ctx.stop()));
        } else if !self.people.is_empty()
            && let Some(timer) = self.abandoned.take()
        {
            ctx.cancel_future(timer);
        }
    }

    fn person(&mut self, peer: PeerId) -> Option<&mut Person> {
        self.people.iter_mut().find(|person| person.id == peer)
    }

    /// Who says an utterance, and what their uplink calls it.
    pub(super) fn speaker_of(&mut self, utterance: u64) -> Option<(&mut Person, u64)> {
        let (peer, utterance) = self.utterances.find(utterance)?;
        Some((self.person(peer)?, utterance))
    }

    fn join(&mut self, offer: &str, now: Instant) -> Result<Joined, JoinError> {
        if self.phase != Phase::Live {
            return Err(JoinError::Ending);
        }
        if self.people.len() >= MAX_PEERS {
            return Err(JoinError::Crowded);
        }
        let (peer, answer) = Peer::answer(offer, &self.parts.peers, now)?;
        let mut uplink = Uplink::new(UplinkConfig {
            patience: self.parts.patience,
            asks_again: peer.offer().asks_again(),
            ..UplinkConfig::default()
        })
        .map_err(|error| JoinError::Failed(error.to_string()))?;
        uplink.handle_agent_speaking(self.is_agent_speaking);
        let id = self.next_peer;
        self.next_peer += 1;
        let mut person = Person {
            id,
            since: Timestamp::now(),
            way: Way::new(&peer),
            peer,
            uplink,
            is_here: false,
            is_holding: false,
            throttle: Throttle::default(),
            ufrags: VecDeque::new(),
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
        person.ufrags.push_back(ufrag);
        if person.ufrags.len() > MAX_UFRAGS
            && let Some(oldest) = person.ufrags.pop_front()
        {
            self.wire.forget_ufrag(&oldest);
        }
        if let Some(ssrc) = person.peer.remote_ssrc() {
            self.wire.register_source(key, ssrc);
        }
    }

    /// The other way round, once and for all; counts and keeps what the peer saw.
    pub(super) fn forget(&self, person: &Person) {
        let key = PeerKey {
            call: self.call,
            peer: person.id,
        };
        self.wire.remove_peer(key, &person.ufrags);
        let quality = person.quality();
        self.metrics
            .count_peer(person.peer.counters(), person.uplink.stats(), &quality);
        if let Some(record) = stay::record(&self.id, person.since, Timestamp::now(), &quality) {
            self.conversations.writer().record(Event::Left { record });
        }
    }
}

impl Handler<Join> for Conversation {
    type Result = Result<Joined, JoinError>;

    fn handle(&mut self, join: Join, ctx: &mut Self::Context) -> Self::Result {
        let _entered = self.enter_span();
        let now = Instant::now();
        let joined = self.join(&join.offer, now);
        self.drive(now, ctx);
        if joined.is_err() && self.next_peer == 1 {
            // Nobody was ever here, so there is nobody to wait for.
            ctx.stop();
        }
        joined
    }
}

impl Handler<Patch> for Conversation {
    type Result = Result<Patched, PatchError>;

    fn handle(&mut self, patch: Patch, ctx: &mut Self::Context) -> Self::Result {
        let _entered = self.enter_span();
        let now = Instant::now();
        let patched = self.patch(&patch, now);
        self.drive(now, ctx);
        patched
    }
}

impl Handler<Leave> for Conversation {
    type Result = bool;

    fn handle(&mut self, leave: Leave, ctx: &mut Self::Context) -> bool {
        let _entered = self.enter_span();
        let now = Instant::now();
        let has_been_here = (1..self.next_peer).contains(&leave.peer);
        let Some(person) = self.person(leave.peer) else {
            // A browser closes its connection along with its request: gone is gone.
            return has_been_here;
        };
        person.peer.close(now);
        self.drive(now, ctx);
        true
    }
}

impl Handler<Attendance> for Conversation {
    type Result = MessageResult<Attendance>;

    fn handle(&mut self, _: Attendance, _: &mut Self::Context) -> Self::Result {
        MessageResult(if self.is_attended {
            Attended::Here
        } else if self.people.is_empty() {
            Attended::Empty
        } else {
            Attended::Connecting
        })
    }
}

impl Handler<Turn> for Conversation {
    type Result = ();

    fn handle(&mut self, turn: Turn, _: &mut Self::Context) {
        let _entered = self.enter_span();
        if self.phase != Phase::Live {
            // Nobody answers any more; whoever waits is told so, if they still do.
            let _ = turn.watcher.try_send(LineEvent::Ended(EndReason::Requested));
            return;
        }
        self.watchers.push(turn.watcher);
        self.inform(Heard::Fact(Input::Typed { text: turn.text }));
    }
}

//! Who is in a conversation: coming, moving, leaving, and being waited for.

use std::time::{Duration, Instant};

use actix::prelude::*;
use colloquy_agents::mind::Input;
use colloquy_media::uplink::{Uplink, UplinkConfig};
use colloquy_signaling::Peer;
use colloquy_signaling::whip::{self, Precondition};

use super::ending::Phase;
use super::inbox::{Join, JoinError, Joined, Leave, Patch, PatchError, Patched};
use super::{Conversation, ConversationParts};
use crate::live::PeerId;
use crate::live::agent::Heard;
use crate::live::wire::PeerKey;

/// How long a conversation waits for somebody to come back.
const REJOIN: Duration = Duration::from_secs(30);
/// People in one conversation.
pub(super) const MAX_PEERS: usize = 8;

/// Somebody in a conversation.
pub(super) struct Person {
    pub(super) id: PeerId,
    pub(super) peer: Peer,
    pub(super) uplink: Uplink,
    pub(super) is_here: bool,
    /// All fragments that were registered for the peer.
    pub(super) ufrags: Vec<String>,
}

impl Conversation {
    /// Tells the agent whether anybody is there, and gives up when nobody has been for long.
    pub(super) fn watch_presence(&mut self, ctx: &mut Context<Self>) {
        if self.people.is_empty() && self.abandoned.is_none() {
            self.inform(Heard::Fact(Input::Left));
            self.abandoned = Some(ctx.run_later(REJOIN, |_, ctx| ctx.stop()));
        } else if !self.people.is_empty()
            && let Some(timer) = self.abandoned.take()
        {
            ctx.cancel_future(timer);
        }
    }

    pub(super) fn person(&mut self, peer: PeerId) -> Option<&mut Person> {
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

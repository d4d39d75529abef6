//! Who is to be told what comes for a call, and how much of it at a time.

use std::cell::{Cell, RefCell};
use std::time::Instant;

use actix::prelude::*;

use super::agent::Agent;
use super::cadence::Cadence;
use super::coalescing::Kept;
use super::conversation::{Conversation, Datagram};

/// The actors of a call.
pub struct Residents {
    /// Not there where the agent is spoken to without a peer, through a line.
    pub conversation: Option<Addr<Conversation>>,
    /// Its agent.
    pub agent: Addr<Agent>,
    cadence: Cell<Cadence>,
    /// A packet of audio that waits for the one that follows it.
    kept: RefCell<Kept<Datagram>>,
}

impl Residents {
    /// Who has just moved in.
    pub fn new(conversation: Option<Addr<Conversation>>, agent: Addr<Agent>) -> Self {
        Self {
            conversation,
            agent,
            cadence: Cell::default(),
            kept: RefCell::default(),
        }
    }

    /// Hands a datagram on, after what was kept. Whether there was room for it.
    pub fn hand(&self, datagram: Datagram) -> bool {
        let at = datagram.at;
        let kept = self.kept.borrow_mut().take().map(|kept| Datagram {
            handed: datagram.handed,
            is_followed: true,
            ..kept
        });
        let is_taken = kept.is_none_or(|kept| self.try_send(kept)) & self.try_send(datagram);
        if is_taken {
            self.note(at);
        }
        is_taken
    }

    /// Keeps a packet of audio for the one that follows it if they come regularly, or hands it on. Whether there was room for it.
    pub fn keep(&self, datagram: Datagram) -> bool {
        let at = datagram.at;
        if !self.spares_tick(at) {
            return self.hand(datagram);
        }
        let kept = self.kept.borrow_mut().keep(at, datagram);
        match kept {
            Ok(()) => {
                self.note(at);
                true
            }
            Err(datagram) => self.hand(datagram),
        }
    }

    /// Hands on what was kept and isn't followed by anything. Whether there was room for it.
    pub fn hand_overdue(&self, now: Instant) -> bool {
        let overdue = self.kept.borrow_mut().take_overdue(now);
        overdue.is_none_or(|datagram| self.hand_late(datagram, now))
    }

    /// Hands on what is kept, followed or not. Whether there was room for it.
    pub fn hand_kept(&self, now: Instant) -> bool {
        let kept = self.kept.borrow_mut().take();
        kept.is_none_or(|datagram| self.hand_late(datagram, now))
    }

    fn hand_late(&self, datagram: Datagram, now: Instant) -> bool {
        self.try_send(Datagram {
            handed: now,
            ..datagram
        })
    }

    /// Whether what is done on a tick is done along with a datagram.
    pub fn spares_tick(&self, now: Instant) -> bool {
        self.cadence.get().spares_tick(now)
    }

    /// A datagram came at `at`.
    fn note(&self, at: Instant) {
        self.cadence.set(self.cadence.get().and(at));
    }

    fn try_send(&self, datagram: Datagram) -> bool {
        self.conversation
            .as_ref()
            .is_some_and(|conversation| conversation.try_send(datagram).is_ok())
    }
}

//! A caller of a media thread with its wire: what it orders is done, and what comes in is told to it.

use std::net::SocketAddr;
use std::time::Instant;

use bytes::BytesMut;
use mio::Token;

use super::access::Entered;
use super::media_thread::{Answer, Room};
use super::report;
use super::whip::{WhipError, WhipEvent};
use super::wires::{Delayed, Way, Wire};
use crate::api::Api;
use crate::caller::{Caller, Input, Order, Sound};
use crate::frame::Frame;
use crate::measure::Arrivals;
use crate::network::{Carried, Line};
use crate::surface::Surface;
use crate::vocabulary;

pub(super) struct Seat {
    index: usize,
    caller: Caller,
    lines: [Line; 2],
    wire: Option<Wire>,
    /// Which wire it is: what belongs to an earlier one is nothing any more.
    generation: u64,
    arrivals: Arrivals,
    api: Option<Api>,
    conversation: Option<String>,
    location: String,
    offered: Option<Instant>,
}

impl Seat {
    pub fn new(index: usize, caller: Caller, lines: [Line; 2]) -> Self {
        Self {
            index,
            caller,
            lines,
            wire: None,
            generation: 0,
            arrivals: Arrivals::default(),
            api: None,
            conversation: None,
            location: String::new(),
            offered: None,
        }
    }

    pub fn is_done(&self) -> bool {
        self.caller.is_done()
    }

    pub fn generation(&self) -> u64 {
        self.generation
    }

    pub fn wire(&self) -> Option<&Wire> {
        self.wire.as_ref()
    }

    pub fn carried(&self) -> [Carried; 2] {
        [self.lines[0].carried(), self.lines[1].carried()]
    }

    /// 20 ms that were due begin.
    pub fn tick(&mut self, room: &mut Room, due: Instant) {
        let now = Instant::now();
        let sound = self.caller.tick(due, now);
        let Some(wire) = &mut self.wire else {
            return self.settle(room, now);
        };
        let sent = match &sound {
            Sound::Nothing => Ok(()),
            Sound::Silence => wire.call.send(Frame::SILENCE, now),
            Sound::Voice { clip, frame, .. } => wire.call.send(clip.frame(*frame), now),
        };
        let is_due = |at: Instant| at <= now;
        let moved = match wire.call.poll_timeout().is_some_and(is_due) {
            true => sent.and_then(|()| wire.call.handle_timeout(now)),
            false => sent,
        };
        self.after(room, moved, now);
    }

    /// Between ticks, a call that is being set up goes on: joining is measured finer than frames are sent.
    pub fn hurry(&mut self, room: &mut Room, now: Instant) {
        let Some(wire) = self.wire.as_mut().filter(|wire| wire.call.is_joining()) else {
            return;
        };
        let moved = wire.call.handle_timeout(now);
        self.after(room, moved, now);
    }

    /// A datagram is at the door: the network decides when it gets in.
    pub fn arrive(&mut self, room: &mut Room, from: SocketAddr, bytes: BytesMut, now: Instant) {
        let datagram = self.datagram(Way::Down, from, bytes);
        if let Some(datagram) = room.in_flight.carry(&mut self.lines[1], datagram, now) {
            self.hear(room, datagram.peer, datagram.bytes, now);
        }
    }

    /// A datagram got in.
    pub fn hear(&mut self, room: &mut Room, from: SocketAddr, bytes: BytesMut, now: Instant) {
        let Some(wire) = &mut self.wire else { return };
        let heard = wire.call.handle_datagram(from, bytes, now);
        // What is no part of the call is dropped, as a client does; whether the call goes on, its state tells.
        if let Err(error) = heard
            && !wire.call.is_connected()
        {
            return self.after(room, Err(error), now);
        }
        self.after(room, Ok(()), now);
    }

    /// The offer was answered.
    pub fn enter(&mut self, room: &mut Room, entered: Entered, now: Instant) {
        self.api = Some(entered.api);
        self.conversation = Some(entered.conversation);
        self.location = entered.location;
        self.offered = Some(entered.offered);
        let Some(wire) = &mut self.wire else { return };
        let answered = wire.call.answer(&entered.answer, room.server, now);
        self.after(room, answered, now);
    }

    /// Something happened that the caller must know.
    pub fn tell(&mut self, room: &mut Room, input: Input, now: Instant) {
        let is_refusal = matches!(input, Input::Refused { .. });
        let is_end = matches!(input, Input::Ended | Input::Failed(_));
        self.caller.handle(input, now);
        if (is_end || is_refusal) && !self.caller.is_talking() {
            self.hang_up(room);
        }
        self.settle(room, now);
    }

    /// The run stops.
    pub fn stop(&mut self, room: &mut Room, now: Instant) {
        if !self.caller.is_done() {
            let why = "the run was stopped before its end".to_owned();
            self.caller.handle(Input::Failed(why), now);
            self.settle(room, now);
        }
        self.hang_up(room);
    }

    /// Passes on what came out of the call.
    fn after(&mut self, room: &mut Room, moved: Result<(), WhipError>, now: Instant) {
        self.transmit(room, now);
        while let Some(event) = self.wire.as_mut().and_then(|wire| wire.call.poll_event()) {
            self.take(room, event, now);
        }
        if let Err(error) = moved {
            self.caller.handle(Input::Failed(error.to_string()), now);
        }
        self.settle(room, now);
    }

    fn take(&mut self, room: &mut Room, event: WhipEvent, now: Instant) {
        match event {
            WhipEvent::Connected => {
                if let Some(offered) = self.offered {
                    self.caller.handle(Input::Connected { offered }, now);
                }
            }
            WhipEvent::Audio(packet) => {
                if !self.arrivals.handle(&mut room.heard, &packet, now) {
                    return;
                }
                let marked = packet.marker;
                if packet.is_speech() {
                    self.caller.handle(Input::Speech { marked }, now);
                } else if marked {
                    self.caller.handle(Input::Mark, now);
                }
            }
            WhipEvent::Message(bytes) => {
                let message = serde_json::from_slice(&bytes).ok();
                if let Some(input) = message.as_ref().and_then(vocabulary::input) {
                    self.caller.handle(input, now);
                }
            }
            WhipEvent::Closed => {
                let why = "the call was closed before its end".to_owned();
                self.caller.handle(Input::Failed(why), now);
            }
        }
    }

    /// Tells what the caller saw, and does what it wants done.
    fn settle(&mut self, room: &mut Room, now: Instant) {
        loop {
            let conversation = self.conversation.as_deref().unwrap_or_default();
            report(&room.measures, &mut self.caller, Surface::Whip, conversation, now);
            let Some(order) = self.caller.poll_order() else { return };
            match order {
                Order::Begin => {
                    self.conversation = None;
                    self.join(room, now);
                }
                Order::Rejoin => self.join(room, now),
                Order::Vanish => self.hang_up(room),
                Order::Rebind => {
                    let rebound = self
                        .wire
                        .as_mut()
                        .map(|wire| wire.rebind(room.poll.registry(), Token(self.index)));
                    if let Some(Err(error)) = rebound {
                        self.caller.handle(Input::Failed(format!("a socket: {error}")), now);
                    }
                }
                Order::End => self.end(room),
            }
        }
    }

    fn join(&mut self, room: &mut Room, now: Instant) {
        self.hang_up(room);
        self.arrivals = Arrivals::default();
        self.offered = None;
        let opened = Wire::open(
            room.poll.registry(),
            Token(self.index),
            room.local,
            &room.certificate,
            room.repair,
            now,
        );
        let (wire, offer) = match opened {
            Ok(opened) => opened,
            Err(error) => return self.caller.handle(Input::Failed(error.to_string()), now),
        };
        self.wire = Some(wire);
        let (access, answers) = (room.access.clone(), room.answers.clone());
        let (index, generation) = (self.index, self.generation);
        let (api, conversation) = (self.api.clone(), self.conversation.clone());
        room.runtime.spawn(async move {
            let answer = match access.enter(api, conversation, offer).await {
                Ok(entered) => Answer::Entered(Box::new(entered)),
                Err(shut) => Answer::Shut(shut),
            };
            answers.tell(index, generation, answer);
        });
    }

    fn end(&mut self, room: &mut Room) {
        let (access, answers) = (room.access.clone(), room.answers.clone());
        let (index, generation) = (self.index, self.generation);
        let (api, conversation, location) = (self.api.clone(), self.conversation.clone(), self.location.clone());
        room.runtime.spawn(async move {
            let ended = match (&api, &conversation) {
                (Some(api), Some(conversation)) => access.end(api, conversation, &location).await,
                _ => Ok(()),
            };
            answers.tell(index, generation, ended.map_or_else(Answer::Shut, |()| Answer::Ended));
        });
    }

    fn hang_up(&mut self, room: &mut Room) {
        self.generation += 1;
        if let Some(wire) = self.wire.take() {
            wire.close(room.poll.registry());
        }
    }

    fn transmit(&mut self, room: &mut Room, now: Instant) {
        while let Some(transmit) = self.wire.as_mut().and_then(|wire| wire.call.poll_transmit()) {
            let datagram = self.datagram(Way::Up, transmit.to, transmit.bytes);
            let sent = room.in_flight.carry(&mut self.lines[0], datagram, now);
            if let (Some(datagram), Some(wire)) = (sent, &self.wire) {
                wire.send(datagram.peer, &datagram.bytes);
            }
        }
    }

    fn datagram(&self, way: Way, peer: SocketAddr, bytes: BytesMut) -> Delayed {
        Delayed {
            seat: self.index,
            generation: self.generation,
            way,
            peer,
            bytes,
        }
    }
}

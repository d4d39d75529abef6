//! Many WebRTC callers on one thread: their sockets in one poll, their frames on one tick.
//!
//! A caller has a socket of its own, because a server tells calls apart by where they come from. Frames of 20 ms are due in ten
//! slots of 2 ms, over which callers are spread as people are.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{io, thread};

use bytes::BytesMut;
use mio::{Events, Poll, Token, Waker};
use tokio::runtime::Handle;

use super::access::{Access, Entered, Shut};
use super::seat::Seat;
use super::whip::{Certificate, WhipError};
use super::wires::{InFlight, Way, buffer};
use super::{Shared, lock};
use crate::caller::{Caller, Input};
use crate::measure::{Heard, Histogram};
use crate::network::{Carried, Line};
use crate::repair::Repair;

/// Frames are due in so many slots.
const SLOTS: usize = 10;
/// How long one is.
const SLOT: Duration = Duration::from_millis(2);
/// How often what was counted is handed over.
const FLUSH: Duration = Duration::from_secs(1);
/// Events that are taken at once.
const EVENTS: usize = 1_024;
/// Names the answers of REST calls in the poll. Callers are named by their seats.
const ANSWERS: Token = Token(usize::MAX);

/// A thread could not be started.
#[derive(Debug, thiserror::Error)]
pub enum MediaThreadError {
    /// The machine refused.
    #[error("a thread for media: {0}")]
    Io(#[from] io::Error),
    /// There is no certificate.
    #[error(transparent)]
    Certificate(#[from] WhipError),
}

/// What a thread is to do.
pub struct Work {
    /// Callers, each with the lines that carry it, there and back.
    pub callers: Vec<(Caller, [Line; 2])>,
    /// How they get in.
    pub access: Arc<Access>,
    /// Where REST calls run.
    pub runtime: Handle,
    /// Where to tell what they saw.
    pub measures: Shared,
    /// What callers offer against loss.
    pub repair: Repair,
    /// Callers' own address.
    pub local: IpAddr,
    /// The server's address, if it is among those that it offers.
    pub server: IpAddr,
    /// Set when everything is to stop.
    pub stop: Arc<AtomicBool>,
}

/// A running thread.
pub struct MediaThread(JoinHandle<f64>);

/// What became of a REST call.
pub(super) enum Answer {
    Entered(Box<Entered>),
    Shut(Shut),
    Ended,
}

/// How REST calls answer.
#[derive(Clone)]
pub(super) struct Answers {
    sender: mpsc::Sender<(usize, u64, Answer)>,
    waker: Arc<Waker>,
}

impl Answers {
    /// Tells the caller of a seat. Of an earlier generation it is nothing any more.
    pub(super) fn tell(&self, seat: usize, generation: u64, answer: Answer) {
        // The thread is gone when the run is over.
        if self.sender.send((seat, generation, answer)).is_ok() {
            let _ = self.waker.wake();
        }
    }
}

/// What the seats of a thread share.
pub(super) struct Room {
    pub poll: Poll,
    pub certificate: Certificate,
    pub access: Arc<Access>,
    pub runtime: Handle,
    pub answers: Answers,
    pub measures: Shared,
    pub repair: Repair,
    pub local: IpAddr,
    pub server: IpAddr,
    pub in_flight: InFlight,
    pub heard: Heard,
}

impl MediaThread {
    /// Starts a thread.
    ///
    /// # Errors
    /// When the machine refuses.
    pub fn start(work: Work) -> Result<Self, MediaThreadError> {
        let poll = Poll::new()?;
        let (sender, answers) = mpsc::channel();
        let waker = Arc::new(Waker::new(poll.registry(), ANSWERS)?);
        let room = Room {
            poll,
            certificate: Certificate::generate()?,
            access: work.access,
            runtime: work.runtime,
            answers: Answers { sender, waker },
            measures: work.measures,
            repair: work.repair,
            local: work.local,
            server: work.server,
            in_flight: InFlight::default(),
            heard: Heard::default(),
        };
        let seat = |(index, (caller, lines))| Seat::new(index, caller, lines);
        let run = Run {
            seats: work.callers.into_iter().enumerate().map(seat).collect(),
            room,
            inbox: answers,
            stop: work.stop,
            clock_late: Histogram::new(),
        };
        Ok(Self(
            thread::Builder::new().name("media".to_owned()).spawn(|| run.run())?,
        ))
    }

    /// Waits for its end: the part of the time in which it was busy, from 0 to 1. None if it panicked.
    pub fn join(self) -> Option<f64> {
        self.0.join().ok()
    }
}

struct Run {
    seats: Vec<Seat>,
    room: Room,
    inbox: mpsc::Receiver<(usize, u64, Answer)>,
    stop: Arc<AtomicBool>,
    clock_late: Histogram,
}

impl Run {
    fn run(mut self) -> f64 {
        let start = Instant::now();
        let (mut next_slot, mut slot, mut next_flush) = (start, 0, start + FLUSH);
        let mut busy = Duration::ZERO;
        let mut events = Events::with_capacity(EVENTS);
        let mut buffer = buffer();
        while !self.seats.iter().all(Seat::is_done) && !self.stop.load(Ordering::Relaxed) {
            let wake = self
                .room
                .in_flight
                .poll_timeout()
                .map_or(next_slot, |at| at.min(next_slot));
            let wait = wake.saturating_duration_since(Instant::now());
            if let Err(error) = self.room.poll.poll(&mut events, Some(wait))
                && error.kind() != io::ErrorKind::Interrupted
            {
                break;
            }
            let woken = Instant::now();
            for event in &events {
                match event.token() {
                    ANSWERS => {}
                    Token(seat) => self.read(seat, &mut buffer),
                }
            }
            self.take_answers();
            self.deliver(Instant::now());
            loop {
                let now = Instant::now();
                if next_slot > now {
                    break;
                }
                self.clock_late.record((now - next_slot).as_secs_f64() * 1000.0);
                for (number, seat) in self.seats.iter_mut().enumerate() {
                    match number % SLOTS == slot {
                        true => seat.tick(&mut self.room, next_slot),
                        false => seat.hurry(&mut self.room, now),
                    }
                }
                // A late slot is made up for at once, as a sound card's clock would: streams stay gapless.
                (next_slot, slot) = (next_slot + SLOT, (slot + 1) % SLOTS);
            }
            if woken >= next_flush {
                next_flush = woken + FLUSH;
                self.flush(woken);
            }
            busy += woken.elapsed();
        }
        let now = Instant::now();
        self.flush(now);
        let mut carried = [Carried::default(); 2];
        for seat in &mut self.seats {
            seat.stop(&mut self.room, now);
            for (sum, line) in carried.iter_mut().zip(seat.carried()) {
                sum.add(line);
            }
        }
        let mut measures = lock(&self.room.measures);
        for (sum, carried) in measures.carried.iter_mut().zip(carried) {
            sum.add(carried);
        }
        busy.as_secs_f64() / (now - start).as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// Reads everything that has come for a caller.
    fn read(&mut self, seat: usize, buffer: &mut [u8; 2_048]) {
        let Some(seat) = self.seats.get_mut(seat) else { return };
        while let Some((from, length)) = seat.wire().and_then(|wire| wire.read(buffer)) {
            seat.arrive(&mut self.room, from, BytesMut::from(&buffer[..length]), Instant::now());
        }
    }

    /// Lets what was delayed arrive.
    fn deliver(&mut self, now: Instant) {
        while let Some(datagram) = self.room.in_flight.poll(now) {
            let Some(seat) = self.seats.get_mut(datagram.seat) else {
                continue;
            };
            if seat.generation() != datagram.generation {
                continue;
            }
            match datagram.way {
                Way::Up => {
                    if let Some(wire) = seat.wire() {
                        wire.send(datagram.peer, &datagram.bytes);
                    }
                }
                Way::Down => seat.hear(&mut self.room, datagram.peer, datagram.bytes, now),
            }
        }
    }

    fn take_answers(&mut self) {
        while let Ok((index, generation, answer)) = self.inbox.try_recv() {
            let now = Instant::now();
            let Some(seat) = self.seats.get_mut(index).filter(|seat| seat.generation() == generation) else {
                continue;
            };
            match answer {
                Answer::Entered(entered) => seat.enter(&mut self.room, *entered, now),
                Answer::Shut(Shut::Refused { took, retry_after }) => {
                    seat.tell(&mut self.room, Input::Refused { took, retry_after }, now);
                }
                Answer::Shut(Shut::Failed(why)) => seat.tell(&mut self.room, Input::Failed(why), now),
                Answer::Ended => seat.tell(&mut self.room, Input::Ended, now),
            }
        }
    }

    fn flush(&mut self, now: Instant) {
        let mut measures = lock(&self.room.measures);
        measures.add_heard(&self.room.heard, now);
        measures.clock_late.add(&self.clock_late);
        self.room.heard.clear();
        self.clock_late.clear();
    }
}

//! What the actors of one arbiter share: its sockets, who is behind which address, and when somebody must wake up.
//!
//! Lives on one thread; borrowed for the moment of a call and never across an await.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;
use bytes::BytesMut;
use colloquy_signaling::demux::{self, Demux, DemuxCounters, Route};
use colloquy_signaling::tcp;
use colloquy_signaling::{Path, Transport};
use prometheus_client::metrics::gauge::Gauge;
use tokio::net::UdpSocket;
use tokio::sync::{Notify, mpsc};
use tokio::time::MissedTickBehavior;

use super::agent::Agent;
use super::coalescing::{self, Ahead, Coalescing, Made, thread_time};
use super::conversation::{Conversation, Datagram, Tick};
use super::datagrams::{self, Left, Outlet};
use super::deadlines::Deadlines;
use super::load::recognition::{RecognitionMeter, Waits};
use super::load::{Judgement, LoadMeter, Pressure};
use super::metrics::LiveMetrics;
use super::placement::{NEVER_TOO_MANY, SharedPressure};
use super::residents::Residents;
use super::streams::UfragRegistry;
use super::streams::table::{StreamId, StreamTable};

/// The pace of everything that has no deadline of its own.
pub const TICK: Duration = Duration::from_millis(20);

/// A peer of a call on this arbiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerKey {
    /// The call.
    pub call: u64,
    /// The peer, counted from 1 in each call.
    pub peer: u32,
}

/// Why somebody is woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Timer {
    /// The media of a call: a frame to send, a retransmission, a consent check.
    Media(u64),
    /// The mind of a call's agent.
    Mind(u64),
}

/// A deadline has come.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "()")]
pub struct Wake;

/// A UDP socket and the addresses that callers know it by.
pub struct Socket {
    /// As told in candidates.
    pub advertised: Vec<SocketAddr>,
    /// The socket.
    pub udp: UdpSocket,
    /// What is about to leave by it.
    outlet: RefCell<Outlet>,
}

impl Socket {
    /// A socket that callers know by these addresses.
    pub fn new(advertised: Vec<SocketAddr>, udp: UdpSocket) -> Self {
        let outlet = RefCell::new(Outlet::new(Instant::now()));
        Self {
            advertised,
            udp,
            outlet,
        }
    }
}

/// How an arbiter keeps pace.
pub struct Pace {
    meter: RefCell<LoadMeter>,
    recognition: RefCell<RecognitionMeter>,
    shared: SharedPressure,
    gauge: Gauge,
}

impl Pace {
    /// `most_lateness`: of one frame in a hundred, before no call is taken. `recognition`: what waits to be recognised. `shared` and
    /// `gauge` are told what comes of them.
    pub fn new(most_lateness: Duration, recognition: Arc<Waits>, shared: SharedPressure, gauge: Gauge) -> Self {
        let now = Instant::now();
        Self {
            meter: RefCell::new(LoadMeter::new(most_lateness, now)),
            recognition: RefCell::new(RecognitionMeter::new(recognition, now)),
            shared,
            gauge,
        }
    }

    /// Judges a thread that holds so many calls, of which something was due for so long.
    fn judge(&self, calls: usize, late: Duration, now: Instant) -> Judgement {
        let mut meter = self.meter.borrow_mut();
        meter.note(late);
        meter
            .judge(calls, now)
            .or(self.recognition.borrow_mut().judge(calls, now))
    }

    fn tell(&self, judged: Judgement) {
        self.shared.store(judged);
        self.gauge.set(judged.pressure as i64);
    }
}

/// The shared state of one arbiter.
pub struct Wire {
    sockets: Vec<Socket>,
    streams: RefCell<StreamTable>,
    demux: RefCell<Demux<PeerKey>>,
    /// What the demux had dropped when it was last counted.
    counted: Cell<DemuxCounters>,
    residents: RefCell<HashMap<u64, Residents>>,
    deadlines: RefCell<Deadlines<Timer>>,
    asleep_until: Cell<Option<Instant>>,
    rearmed: Notify,
    coalescing: RefCell<Coalescing>,
    /// Tells whether it is on.
    coalescing_gauge: Gauge,
    ahead: RefCell<Ahead>,
    /// Datagrams wait to be sent.
    filled: Notify,
    pace: Pace,
    registry: UfragRegistry,
    arbiter: usize,
    metrics: Arc<LiveMetrics>,
}

impl Wire {
    /// A wire over an arbiter's sockets. `registry` tells the TCP acceptor which arbiter has which peer.
    pub fn new(
        sockets: Vec<Socket>,
        pace: Pace,
        coalescing: Coalescing,
        coalescing_gauge: Gauge,
        arbiter: usize,
        registry: UfragRegistry,
        metrics: Arc<LiveMetrics>,
    ) -> Self {
        Self {
            sockets,
            streams: RefCell::default(),
            demux: RefCell::default(),
            counted: Cell::default(),
            residents: RefCell::default(),
            deadlines: RefCell::default(),
            asleep_until: Cell::default(),
            rearmed: Notify::new(),
            coalescing: RefCell::new(coalescing),
            coalescing_gauge,
            ahead: RefCell::default(),
            filled: Notify::new(),
            pace,
            registry,
            arbiter,
            metrics,
        }
    }

    /// How many sockets there are.
    pub fn socket_count(&self) -> usize {
        self.sockets.len()
    }

    /// Lets a call's actors receive.
    pub fn move_in(&self, call: u64, conversation: Option<Addr<Conversation>>, agent: Addr<Agent>) {
        self.residents
            .borrow_mut()
            .insert(call, Residents::new(conversation, agent));
    }

    /// Forgets a call.
    pub fn move_out(&self, call: u64) {
        self.residents.borrow_mut().remove(&call);
        self.arm(Timer::Media(call), None);
        self.arm(Timer::Mind(call), None);
    }

    /// A frame of speech left this much after its time.
    pub fn note_frame(&self, lateness: Duration) {
        self.metrics.frame_lateness.observe(lateness.as_secs_f64());
        self.pace.meter.borrow_mut().note(lateness);
    }

    /// A call was looked after this much after what there was to do for it had been read. Where speech leaves along with that,
    /// its own lateness tells. Where it is made ahead, it is late only much later, and this tells, too.
    pub fn note_visit(&self, wait: Duration) {
        if self.coalesces() {
            self.pace.meter.borrow_mut().note(wait / coalescing::WAIT_FOR_LATENESS);
        }
    }

    /// How hard pressed this arbiter is.
    pub fn pressure(&self) -> Pressure {
        self.pace.shared.load()
    }

    /// Sets the deadline at which somebody is woken, in place of the one before.
    pub fn arm(&self, timer: Timer, at: Option<Instant>) {
        self.deadlines.borrow_mut().arm(timer, at);
        self.wake_at(at);
    }

    /// Something is due then.
    fn wake_at(&self, at: Option<Instant>) {
        let is_earlier = match (at, self.asleep_until.get()) {
            (Some(at), Some(until)) => at < until,
            (at, None) => at.is_some(),
            (None, Some(_)) => false,
        };
        if is_earlier {
            self.rearmed.notify_one();
        }
    }

    /// Whether two frames of a call's speech are to be made at a time.
    pub fn coalesces(&self) -> bool {
        self.coalescing.borrow().is_on()
    }

    /// Lets checks for this username fragment reach a peer.
    pub fn register_ufrag(&self, key: PeerKey, ufrag: &str) {
        self.demux.borrow_mut().register_ufrag(key, ufrag);
        self.registry.insert(ufrag, self.arbiter);
    }

    /// Lets SRTP of this source reach a peer from addresses that nobody has confirmed.
    pub fn register_source(&self, key: PeerKey, ssrc: u32) {
        self.demux.borrow_mut().register_source(key, ssrc);
    }

    /// A peer has authenticated a datagram from this address.
    pub fn confirm(&self, key: PeerKey, path: Path) {
        self.demux.borrow_mut().confirm(key, path.transport, path.remote);
    }

    /// Lets no new connection find a peer by a fragment of long ago; the demux forgets it by itself.
    pub fn forget_ufrag(&self, ufrag: &str) {
        self.registry.remove(ufrag);
    }

    /// Forgets a peer and the fragments it had. Its TCP connections end once what is queued has left.
    pub fn remove_peer<'a>(&self, key: PeerKey, ufrags: impl IntoIterator<Item = &'a String>) {
        self.demux.borrow_mut().remove(key);
        self.ahead.borrow_mut().forget(key);
        self.streams.borrow_mut().close_peer(key);
        for ufrag in ufrags {
            self.registry.remove(ufrag);
        }
    }

    /// Sends a datagram, along with others that are made in the same moment, or drops and counts it: media that waits is worth
    /// nothing.
    pub fn send(&self, path: Path, datagram: BytesMut) {
        let left = match path.transport {
            Transport::Udp => {
                let by = |socket: &&Socket| socket.advertised.contains(&path.local);
                match self.sockets.iter().find(by) {
                    Some(socket) => self.send_by(socket, path.remote, datagram),
                    None => Left {
                        unsent: 1,
                        ..Left::default()
                    },
                }
            }
            Transport::Tcp => {
                let mut framed = BytesMut::new();
                let is_sent =
                    tcp::frame(&datagram, &mut framed).is_ok() && self.streams.borrow().send(path.remote, framed);
                Left {
                    sent: is_sent.into(),
                    unsent: (!is_sent).into(),
                    ..Left::default()
                }
            }
        };
        self.count(left);
    }

    /// Sends a packet of speech when it is due.
    pub fn send_when_due(&self, made: Made) {
        let due = made.due;
        self.ahead.borrow_mut().push(made);
        self.wake_at(Some(due));
    }

    /// Sends what is due now. Whoever has much to do asks for it in between: others don't wait for all of it then.
    pub fn send_due(&self, now: Instant) {
        loop {
            let Some(made) = self.ahead.borrow_mut().pop_due(now) else {
                break;
            };
            if made.is_first {
                self.note_frame(now.saturating_duration_since(made.due));
            }
            self.send(made.path, made.datagram);
        }
        for socket in &self.sockets {
            let mut outlet = socket.outlet.borrow_mut();
            if outlet.is_overdue(now) {
                self.count(outlet.flush(&socket.udp));
            }
        }
    }

    fn send_by(&self, socket: &Socket, remote: SocketAddr, datagram: BytesMut) -> Left {
        let mut outlet = socket.outlet.borrow_mut();
        if outlet.push(remote, datagram, Instant::now()) {
            self.filled.notify_one();
            return Left::default();
        }
        outlet.flush(&socket.udp)
    }

    fn count(&self, left: Left) {
        self.metrics.datagrams_out.inc_by(left.sent);
        self.metrics.datagrams_unsent.inc_by(left.unsent);
        self.metrics.sends.inc_by(left.calls);
    }

    /// Sends for ever what waits, each time after everybody who has something to do has done it.
    pub async fn flush(&self) {
        loop {
            self.filled.notified().await;
            for socket in &self.sockets {
                self.count(socket.outlet.borrow_mut().flush(&socket.udp));
            }
        }
    }

    /// Hands a datagram to its conversation, or drops and counts it.
    pub fn deliver(&self, path: Path, datagram: BytesMut) {
        self.metrics.datagrams_in.inc();
        let Some(route) = self.route(path, &datagram) else {
            return;
        };
        let key = route.key();
        let at = Instant::now();
        let message = Datagram {
            peer: key.peer,
            path,
            is_claimed: matches!(route, Route::Claimed(_)),
            bytes: datagram,
            at,
            handed: at,
            is_followed: false,
        };
        let may_be_kept = self.coalesces() && !message.is_claimed && demux::is_srtp(&message.bytes);
        let residents = self.residents.borrow();
        let is_taken = residents.get(&key.call).is_some_and(|call| match may_be_kept {
            true => call.keep(message),
            false => call.hand(message),
        });
        if !is_taken {
            self.metrics.datagrams_overrun.inc();
        }
    }

    /// Whose a datagram is; what is nobody's is counted by cause.
    fn route(&self, path: Path, datagram: &[u8]) -> Option<Route<PeerKey>> {
        let mut demux = self.demux.borrow_mut();
        let route = demux.route(path.transport, path.remote, datagram);
        if route.is_none() {
            let counters = demux.counters();
            self.metrics.foreign.count(self.counted.replace(counters), counters);
        }
        route
    }

    /// Takes up a TCP connection of the peer that its `first` datagram is for; what is sent there from now on comes out of
    /// the receiver, framed. `None` if there is no such peer any more, or it has too many connections.
    pub fn open_stream(&self, path: Path, first: &[u8]) -> Option<(StreamId, mpsc::Receiver<BytesMut>)> {
        let peer = self.route(path, first)?.key();
        self.streams.borrow_mut().open(path.remote, peer)
    }

    /// Forgets a TCP connection that has ended.
    pub fn close_stream(&self, remote: SocketAddr, id: StreamId) {
        self.streams.borrow_mut().close(remote, id);
    }

    /// Reads one socket for ever.
    pub async fn read(&self, socket: usize) {
        let Some(socket) = self.sockets.get(socket) else {
            return;
        };
        let Some(local) = socket.advertised.first().copied() else {
            return;
        };
        let deliver = |remote, datagram: &[u8]| self.deliver(Path::udp(local, remote), BytesMut::from(datagram));
        datagrams::read(&socket.udp, local, deliver).await;
    }

    /// Keeps time for ever: the 20 ms tick, and the earliest deadline.
    pub async fn keep_time(&self) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            let deadline = self.deadlines.borrow().next();
            let next = deadline.into_iter().chain(self.ahead.borrow().next()).min();
            self.asleep_until.set(next);
            let deadline = async {
                match next {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = deadline => {}
                () = self.rearmed.notified() => {}
                due = ticks.tick() => {
                    let now = Instant::now();
                    self.judge(due.into(), now);
                    let residents = self.residents.borrow();
                    let overrun = residents.values().filter(|call| !call.hand_overdue(now)).count();
                    self.metrics.datagrams_overrun.inc_by(overrun as u64);
                    let waiting = residents.values().filter(|call| !call.spares_tick(now));
                    for conversation in waiting.filter_map(|call| call.conversation.as_ref()) {
                        // A full mailbox drops the tick: whoever has so much to do has no need of it, and the next one makes
                        // up for it, since silence is counted by the clock and not by ticks.
                        let _ = conversation.try_send(Tick);
                    }
                }
            }
            let now = Instant::now();
            self.send_due(now);
            self.wake_due(now);
        }
    }

    /// A tick was due: how late it is tells of an arbiter that has too much to do while nobody speaks.
    fn judge(&self, due: Instant, now: Instant) {
        let calls = self.residents.borrow().len();
        let judged = self.pace.judge(calls, now.saturating_duration_since(due), now);
        // It isn't so few calls that make a thread late, and to do without anything of theirs would not help.
        let is_crowded = calls > NEVER_TOO_MANY;
        let mut coalescing = self.coalescing.borrow_mut();
        coalescing.judge(thread_time, judged.pressure > Pressure::Calm, is_crowded, now);
        self.coalescing_gauge.set(coalescing.is_on().into());
        let (was, is) = (
            self.pressure(),
            if is_crowded { judged.pressure } else { Pressure::Calm },
        );
        self.pace.tell(Judgement { pressure: is, ..judged });
        if was != is {
            tracing::info!(arbiter = self.arbiter, pressure = ?is, "a media thread's load has changed");
        }
    }

    fn wake_due(&self, now: Instant) {
        loop {
            let Some((timer, at)) = self.deadlines.borrow_mut().due(now) else {
                return;
            };
            self.metrics.lateness.observe((now - at).as_secs_f64());
            let residents = self.residents.borrow();
            match timer {
                Timer::Media(call) => {
                    if let Some(call) = residents.get(&call) {
                        // What it waits for may be what is kept.
                        let is_handed = call.hand_kept(now);
                        self.metrics.datagrams_overrun.inc_by((!is_handed).into());
                        if let Some(conversation) = &call.conversation {
                            conversation.do_send(Wake);
                        }
                    }
                }
                Timer::Mind(call) => {
                    if let Some(call) = residents.get(&call) {
                        call.agent.do_send(Wake);
                    }
                }
            }
        }
    }
}

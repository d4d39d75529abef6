//! A peer, a client behind a NAT, and the network between them, in simulated time and with seeded loss.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use colloquy_signaling::peer::{Certificate, Receipt};
use colloquy_signaling::tcp::{Deframer, frame};
use colloquy_signaling::{Demux, Peer, PeerConfig, PeerEvent, Transport};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::client::{Client, Options};

pub const UDP: &str = "10.0.0.1:7882";
pub const TCP: &str = "10.0.0.1:7881";
pub const NAT: &str = "203.0.113.1:1111";
const KEY: u8 = 1;
const FRAME: Duration = Duration::from_millis(20);

pub fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub fn config() -> PeerConfig {
    PeerConfig {
        certificate: Certificate::generate().unwrap(),
        udp: vec![addr(UDP)],
        tcp: vec![addr(TCP)],
        takes_redundant: true,
    }
}

struct InFlight {
    to_peer: bool,
    transport: Transport,
    /// Where it comes from, as the receiver sees it.
    from: SocketAddr,
    bytes: BytesMut,
}

pub struct World {
    pub start: Instant,
    pub now: Instant,
    pub peer: Peer,
    pub demux: Demux<u8>,
    pub client: Client,
    pub answer: String,
    pub events: Vec<(Instant, PeerEvent)>,
    /// The client's address outside.
    pub nat: SocketAddr,
    /// One way.
    pub delay: Duration,
    /// Datagrams lost, each way, 0 to 1.
    pub loss: f64,
    /// Datagrams lost in bursts on top of that, 0 to 1, and how many in one of them, in the mean (Gilbert 1960).
    pub bursts: Option<(f64, f64)>,
    /// Delay on top of `delay`, evenly spread up to this.
    pub jitter: Duration,
    /// Whether a burst is under way: to the client, to the peer.
    in_burst: [bool; 2],
    pub agent_speaks: bool,
    pub dropped_by_nat: u64,
    /// The last SRTP packet that the client sent, delivered or not.
    pub last_srtp: BytesMut,
    /// Wake-ups of the peer.
    pub timeouts: u64,
    rng: StdRng,
    queue: BTreeMap<(Instant, u64), InFlight>,
    order: u64,
    next_frame: Instant,
    timestamp: u32,
    stream_to_peer: Deframer,
    stream_to_client: Deframer,
}

impl World {
    /// The client has offered and the peer answered; nothing has been sent yet.
    pub fn new(options: Options) -> Self {
        Self::with(options, &config(), |offer| offer)
    }

    pub fn with(options: Options, config: &PeerConfig, edit: impl FnOnce(String) -> String) -> Self {
        let start = Instant::now() + Duration::from_secs(1000);
        let mut client = Client::new(addr("192.168.1.2:40000"), options, start);
        let offer = edit(client.offer(start));
        let (peer, answer) = Peer::answer(&offer, config, start).unwrap();
        client.accept(answer.clone(), start);
        let mut demux = Demux::new();
        demux.register_ufrag(KEY, peer.local_ufrag());
        if let Some(ssrc) = peer.remote_ssrc() {
            demux.register_source(KEY, ssrc);
        }
        Self {
            start,
            now: start,
            peer,
            demux,
            client,
            answer,
            events: Vec::new(),
            nat: addr(NAT),
            delay: ms(25),
            loss: 0.0,
            bursts: None,
            jitter: Duration::ZERO,
            in_burst: [false; 2],
            agent_speaks: true,
            dropped_by_nat: 0,
            last_srtp: BytesMut::new(),
            timeouts: 0,
            rng: StdRng::seed_from_u64(7),
            queue: BTreeMap::new(),
            order: 0,
            next_frame: start,
            timestamp: 0,
            stream_to_peer: Deframer::new(),
            stream_to_client: Deframer::new(),
        }
    }

    /// Other datagrams are lost.
    pub fn seed(&mut self, seed: u64) {
        self.rng = StdRng::seed_from_u64(seed);
    }

    /// A world whose two ends are connected and have talked for a second.
    pub fn connected(options: Options) -> Self {
        let mut world = Self::new(options);
        world.run(ms(1000));
        assert!(world.peer.is_connected());
        world
    }

    /// Lets time pass.
    pub fn run(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            self.exchange();
            if self.client.poll_timeout().is_some_and(|due| due <= self.now) {
                self.client.handle_timeout(self.now);
            }
            if self.peer.poll_timeout().is_some_and(|due| due <= self.now) {
                self.timeouts += 1;
                self.peer.handle_timeout(self.now);
                let due = self.peer.poll_timeout();
                assert!(due.is_none_or(|due| due > self.now), "a timer is due again at once");
            }
            self.exchange();
            let mut next = end.min(self.next_frame);
            if let Some(((at, _), _)) = self.queue.first_key_value() {
                next = next.min(*at);
            }
            if let Some(due) = self.peer.poll_timeout() {
                next = next.min(due);
            }
            if let Some(due) = self.client.poll_timeout() {
                // The client's core may leave expired timers standing; only our peer promises not to.
                next = next.min(due.max(self.now + ms(1)));
            }
            if next >= end {
                self.now = end;
                return;
            }
            self.now = self.now.max(next);
            if self.next_frame <= self.now {
                self.next_frame += FRAME;
                self.speak();
            }
            self.deliver();
        }
    }

    /// Brings a datagram to the peer as the shell would. Whether it was the peer's.
    pub fn arrive(&mut self, transport: Transport, from: SocketAddr, bytes: BytesMut) -> bool {
        let local = match transport {
            Transport::Udp => addr(UDP),
            Transport::Tcp => addr(TCP),
        };
        let Some(route) = self.demux.route(transport, from, &bytes) else {
            return false;
        };
        let receipt = self.peer.handle_datagram(local, from, transport, bytes, self.now);
        if receipt == Receipt::Authenticated {
            self.demux.confirm(route.key(), transport, from);
        }
        true
    }

    pub fn events_of(&self, wanted: impl Fn(&PeerEvent) -> bool) -> Vec<&(Instant, PeerEvent)> {
        self.events.iter().filter(|(_, event)| wanted(event)).collect()
    }

    pub fn first(&self, wanted: PeerEvent) -> Option<Duration> {
        self.events
            .iter()
            .find(|(_, event)| *event == wanted)
            .map(|(at, _)| *at - self.start)
    }

    pub fn received_between(&self, from: Instant, to: Instant) -> usize {
        self.events_of(|event| matches!(event, PeerEvent::Rtp(_)))
            .iter()
            .filter(|(at, _)| (from..=to).contains(at))
            .count()
    }

    /// The longest time without audio from the client between two instants.
    pub fn longest_gap(&self, from: Instant, to: Instant) -> Duration {
        let mut last = from;
        let mut longest = Duration::ZERO;
        for (at, _) in self.events_of(|event| matches!(event, PeerEvent::Rtp(_))) {
            if (from..=to).contains(at) {
                longest = longest.max(*at - last);
                last = *at;
            }
        }
        longest.max(to - last)
    }

    /// What the shell does after a restart.
    pub fn register(&mut self) {
        let ufrag = self.peer.local_ufrag().to_owned();
        self.demux.register_ufrag(KEY, &ufrag);
    }

    fn speak(&mut self) {
        if self.client.speaking {
            self.client.speak(self.now);
        }
        self.timestamp = self.timestamp.wrapping_add(960);
        if self.agent_speaks {
            let payload = Bytes::from_static(&[0xF8, 0xFF, 0xFE]);
            self.peer.send_audio(payload, self.timestamp, false, self.now);
        }
    }

    /// Moves what both ends have to say onto the network.
    fn exchange(&mut self) {
        for outgoing in self.client.drain(self.now) {
            let from = self.nat;
            self.send(true, outgoing.transport, from, outgoing.bytes);
        }
        while let Some(transmit) = self.peer.poll_transmit() {
            // A NAT lets in only what is sent to the address that it gave out last.
            if transmit.remote() == self.nat {
                self.send(false, transmit.path.transport, transmit.path.local, transmit.bytes);
            } else {
                self.dropped_by_nat += 1;
            }
        }
        while let Some(event) = self.peer.poll_event() {
            self.events.push((self.now, event));
        }
    }

    fn send(&mut self, to_peer: bool, transport: Transport, from: SocketAddr, bytes: BytesMut) {
        if to_peer && bytes[0] >= 128 && !(192..=223).contains(&bytes[1]) {
            self.last_srtp = bytes.clone();
        }
        if transport == Transport::Udp && self.is_lost(to_peer) {
            return;
        }
        let delay = match transport {
            Transport::Udp if !self.jitter.is_zero() => self.delay + self.jitter.mul_f64(self.rng.random()),
            _ => self.delay,
        };
        self.order += 1;
        let in_flight = InFlight {
            to_peer,
            transport,
            from,
            bytes,
        };
        self.queue.insert((self.now + delay, self.order), in_flight);
    }

    fn is_lost(&mut self, to_peer: bool) -> bool {
        if let Some((rate, length)) = self.bursts {
            let in_burst = &mut self.in_burst[usize::from(to_peer)];
            *in_burst ^= self.rng.random_bool(match *in_burst {
                true => 1.0 / length,
                false => rate / (1.0 - rate) / length,
            });
        }
        self.rng.random::<f64>() < self.loss || self.bursts.is_some() && self.in_burst[usize::from(to_peer)]
    }

    fn deliver(&mut self) {
        while let Some(entry) = self.queue.first_entry() {
            if entry.key().0 > self.now {
                return;
            }
            let InFlight {
                to_peer,
                transport,
                from,
                bytes,
            } = entry.remove();
            for datagram in self.carried(to_peer, transport, bytes) {
                if to_peer {
                    self.arrive(transport, from, datagram);
                } else {
                    self.client.handle_datagram(transport, from, datagram, self.now);
                }
                self.exchange();
            }
        }
    }

    /// What comes out at the other end: over TCP, framed, cut into pieces and put together again.
    fn carried(&mut self, to_peer: bool, transport: Transport, bytes: BytesMut) -> Vec<BytesMut> {
        if transport == Transport::Udp {
            return vec![bytes];
        }
        let mut stream = BytesMut::new();
        frame(&bytes, &mut stream).unwrap();
        let deframer = match to_peer {
            true => &mut self.stream_to_peer,
            false => &mut self.stream_to_client,
        };
        let mut out = Vec::new();
        for piece in stream.chunks(100) {
            deframer.handle_bytes(piece);
            while let Some(datagram) = deframer.poll_frame().unwrap() {
                out.push(datagram);
            }
        }
        out
    }
}

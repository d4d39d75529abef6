//! A call to the server's own peer through the impaired network, in simulated time.

use std::collections::BTreeMap;
use std::time::Duration;

use colloquy_media::level::AudioLevel;
use colloquy_signaling::peer::Certificate as PeerCertificate;
use colloquy_signaling::{Peer, PeerConfig, PeerEvent, Transport};

use super::*;
use crate::measure::{Arrivals, Heard};
use crate::network::Line;

const SERVER: &str = "127.0.0.1:7882";
const CALLER: &str = "127.0.0.1:40000";
const FRAME: Duration = Duration::from_millis(20);
/// Both ends are asked at least so often whether anything is due.
const STEP: Duration = Duration::from_millis(1);

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

/// Both ends and the lines between them.
struct World {
    now: Instant,
    call: Whip,
    peer: Peer,
    up: Line,
    down: Line,
    in_flight: BTreeMap<(Instant, u64), (bool, BytesMut)>,
    order: u64,
    arrivals: Arrivals,
    heard: Heard,
    connected_after: Option<Duration>,
    messages: Vec<Bytes>,
    server_heard: u64,
    server_levels: Vec<Option<u8>>,
    /// Copies of packets before them that packets to the server carried.
    server_copies: usize,
    /// The newest packet that the server has.
    server_newest: Option<u16>,
    /// Packs what the server says, where redundant audio was offered.
    packer: Option<Packer>,
}

impl World {
    fn new(conditions: &str) -> Self {
        Self::with(Repair::default(), conditions)
    }

    fn with(repair: Repair, conditions: &str) -> Self {
        let now = Instant::now();
        let certificate = Certificate::generate().expect("a certificate");
        let (mut call, offer) = Whip::offer(address(CALLER), &certificate, repair, now).expect("an offer");
        let config = PeerConfig {
            certificate: PeerCertificate::generate().expect("a certificate"),
            udp: vec![address(SERVER)],
            tcp: Vec::new(),
            takes_redundant: true,
        };
        let (peer, answer) = Peer::answer(&offer, &config, now).expect("an answer");
        call.answer(&answer, address(SERVER).ip(), now).expect("accepted");
        let line = |seed| Line::new(conditions.parse().expect("conditions"), seed, now);
        Self {
            now,
            call,
            peer,
            up: line(1),
            down: line(2),
            in_flight: BTreeMap::new(),
            order: 0,
            arrivals: Arrivals::default(),
            heard: Heard::default(),
            connected_after: None,
            messages: Vec::new(),
            server_heard: 0,
            server_levels: Vec::new(),
            server_copies: 0,
            server_newest: None,
            packer: repair.red.then(|| Packer::new(OPUS_PAYLOAD_TYPE)),
        }
    }

    /// Both talk for so long.
    fn run(&mut self, span: Duration) {
        let start = self.now;
        let mut next_frame = start;
        let mut timestamp = 0;
        while self.now - start < span {
            if self.now >= next_frame {
                next_frame += FRAME;
                timestamp += SAMPLES_PER_FRAME;
                let frame = Frame {
                    payload: &[7; 80],
                    level: AudioLevel {
                        voice: true,
                        below_overload: 30,
                    },
                };
                self.call.send(frame, self.now).expect("sent");
                let said = Bytes::from_static(&[9; 80]);
                match self
                    .packer
                    .as_mut()
                    .and_then(|packer| packer.pack(&said, timestamp, COPIES))
                {
                    Some(packed) => self.peer.send_redundant_audio(packed, timestamp, false, self.now),
                    None => self.peer.send_audio(said, timestamp, false, self.now),
                }
            }
            if self.call.is_joining() || self.call.poll_timeout().is_some_and(|at| at <= self.now) {
                self.call.handle_timeout(self.now).expect("it goes on");
            }
            if self.peer.poll_timeout().is_some_and(|at| at <= self.now) {
                self.peer.handle_timeout(self.now);
            }
            self.exchange(start);
            self.now += STEP;
        }
    }

    fn exchange(&mut self, start: Instant) {
        loop {
            while let Some(transmit) = self.call.poll_transmit() {
                self.carry(true, transmit.bytes);
            }
            while let Some(transmit) = self.peer.poll_transmit() {
                self.carry(false, transmit.bytes);
            }
            while let Some(event) = self.call.poll_event() {
                match event {
                    WhipEvent::Connected => self.connected_after = Some(self.now - start),
                    WhipEvent::Audio(packet) => _ = self.arrivals.handle(&mut self.heard, &packet, self.now),
                    WhipEvent::Message(message) => self.messages.push(message),
                    WhipEvent::Closed => panic!("it was closed"),
                }
            }
            while let Some(event) = self.peer.poll_event() {
                match event {
                    PeerEvent::Rtp(packet) => {
                        self.server_heard += 1;
                        self.server_levels.push(packet.level);
                        if packet.is_redundant {
                            let redundant = Redundant::parse(packet.payload).expect("it can be read");
                            self.server_copies += redundant.copies().count();
                        }
                        // Whatever was left out is asked for at once.
                        let ahead = self
                            .server_newest
                            .map_or(1, |newest| packet.sequence.wrapping_sub(newest));
                        if (1..100).contains(&ahead) {
                            self.server_newest = Some(packet.sequence);
                            let missing: Vec<u16> = (1..ahead).map(|back| packet.sequence.wrapping_sub(back)).collect();
                            self.peer.request_again(&missing, self.now);
                        }
                    }
                    PeerEvent::EventsOpen => self.peer.send_events_message("{}", self.now),
                    _ => {}
                }
            }
            let Some(entry) = self.in_flight.first_entry().filter(|entry| entry.key().0 <= self.now) else {
                return;
            };
            match entry.remove() {
                (true, bytes) => {
                    let (to, from) = (address(SERVER), address(CALLER));
                    self.peer.handle_datagram(to, from, Transport::Udp, bytes, self.now);
                }
                (false, bytes) => {
                    // What is garbled by nobody is refused by nobody.
                    self.call
                        .handle_datagram(address(SERVER), bytes, self.now)
                        .expect("taken");
                }
            }
        }
    }

    fn carry(&mut self, is_up: bool, bytes: BytesMut) {
        let line = if is_up { &mut self.up } else { &mut self.down };
        let fate = line.carry(bytes.len(), self.now);
        for at in [fate.arrives, fate.again].into_iter().flatten() {
            self.order += 1;
            self.in_flight.insert((at, self.order), (is_up, bytes.clone()));
        }
    }
}

#[test]
fn a_call_connects_at_once_and_audio_and_messages_flow() {
    let mut world = World::new("delay=5ms");
    world.run(Duration::from_secs(5));
    let connected = world.connected_after.expect("a connection");
    // Checks, the handshake of DTLS and nothing else: no timer of 200 ms.
    assert!(connected < Duration::from_millis(100), "{connected:?}");
    assert!(world.call.is_connected());
    assert_eq!(world.messages, [Bytes::from_static(b"{}")]);
    // Five seconds are 250 packets; those before the connection don't go out.
    assert!((240..=250).contains(&world.server_heard), "{}", world.server_heard);
    assert!(
        world.server_levels.iter().all(|level| *level == Some(0x80 | 30)),
        "voiced, at -30 dBov"
    );
    assert!((240..=250).contains(&world.heard.packets), "{:?}", world.heard);
    assert_eq!(world.heard.lost(), 0);
    assert_eq!(world.heard.lateness.spread().map(|spread| spread.max), Some(0.0));
}

#[test]
fn what_the_network_takes_is_what_the_caller_misses() {
    let mut world = World::with(Repair::NONE, "loss=5%,delay=20ms,jitter=20ms");
    world.run(Duration::from_secs(60));
    let heard = &world.heard;
    let share = heard.lost() as f64 / (heard.packets + heard.lost()) as f64;
    assert!((0.03..0.07).contains(&share), "{share}");
    let spread = heard.lateness.spread().expect("packets");
    assert!((10.0..=21.0).contains(&spread.p95), "{spread:?}");
    assert!(world.server_heard > 2_700, "{}", world.server_heard);
}

#[test]
fn what_is_missing_is_asked_for_and_sent_again() {
    let lost = |repair: Repair| {
        let mut world = World::with(repair, "loss=5%,delay=10ms");
        world.run(Duration::from_secs(60));
        let sent = world.heard.packets + world.heard.lost();
        (world.heard.lost() as f64 / sent as f64, 3_000 - world.server_heard)
    };
    let (missed, missed_by_server) = lost(Repair::NONE);
    assert!(missed > 0.03 && missed_by_server > 90, "{missed}, {missed_by_server}");
    let (missed, missed_by_server) = lost(Repair::default());
    // Of what is asked for twice, one in a hundred is lost again each time; the first packets go out before the connection.
    assert!(missed < 0.005 && missed_by_server < 40, "{missed}, {missed_by_server}");
}

#[test]
fn redundant_packets_make_up_for_those_before_them() {
    let mut world = World::with("red".parse().expect("an offer"), "loss=5%,delay=10ms");
    world.run(Duration::from_secs(60));
    let sent = world.heard.packets + world.heard.lost();
    // Two in a row are lost one time in four hundred.
    assert!((world.heard.lost() as f64 / sent as f64) < 0.01, "{:?}", world.heard);
    assert!(
        world.heard.duplicates > 2_500,
        "the copies of what came: {:?}",
        world.heard
    );
    assert!(world.server_copies > 2_500, "{}", world.server_copies);
    // A server that agrees to nothing gets plain Opus.
    assert!(!takes_redundant(
        "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n"
    ));
}

#[test]
fn only_candidates_that_can_be_reached_are_tried() {
    let sdp = "v=0\r\na=candidate:1 1 udp 9 127.0.0.1 7882 typ host\r\na=candidate:2 1 udp 8 10.0.0.9 7882 typ host\r\n\
               a=candidate:3 1 tcp 7 127.0.0.1 7881 typ host tcptype passive\r\na=candidate:4 1 udp 6 ::1 7882 typ host\r\n\
               a=end-of-candidates\r\n";
    let kept = |prefer: &str| -> Vec<String> {
        let kept = reachable(sdp, prefer.parse().expect("an address"));
        kept.lines().map(|line| line[..line.len().min(13)].to_owned()).collect()
    };
    assert_eq!(kept("127.0.0.1"), ["v=0", "a=candidate:1", "a=end-of-cand"]);
    assert_eq!(
        kept("192.0.2.1"),
        ["v=0", "a=candidate:1", "a=candidate:2", "a=end-of-cand"]
    );
    assert_eq!(kept("::1"), ["v=0", "a=candidate:4", "a=end-of-cand"]);
}

#[test]
fn an_offer_has_audio_events_and_one_candidate() {
    let certificate = Certificate::generate().expect("a certificate");
    let local = "127.0.0.1:40000".parse().expect("an address");
    let (mut call, offer) = Whip::offer(local, &certificate, Repair::default(), Instant::now()).expect("an offer");
    for part in [
        "m=audio",
        "m=application",
        "ssrc-audio-level",
        "127.0.0.1 40000 typ host",
    ] {
        assert!(offer.contains(part), "{part} in {offer}");
    }
    assert!(!call.is_connected());
    assert!(call.answer("nonsense", local.ip(), Instant::now()).is_err());
}

//! What a conversation costs for each 20 ms, from the datagram that comes to the datagram that leaves, beside what no server can do
//! without: decoding what comes and encoding what is said, at the same complexity, measured in turns with it.
//!
//! Left out are the kernel's part and what isn't done for each frame: recognition, dialogue, synthesis, assessment.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use colloquy_media::codec::{Decoder, Encoder, EncoderConfig, MAX_PACKET};
use colloquy_media::downlink::{Downlink, DownlinkConfig, Speech};
use colloquy_media::resample::Resampler;
use colloquy_media::uplink::{self, Uplink, UplinkConfig};
use colloquy_media::{FRAME, HEARD_FRAME, RTP_FRAME, SENT_FRAME, SENT_RATE};
use colloquy_signaling::{PeerEvent, Transport};

#[allow(dead_code, reason = "more of it is used in tests")]
#[path = "../tests/peers/client.rs"]
mod client;
#[allow(dead_code, reason = "more of it is used in tests")]
#[path = "../../media/tests/simulated/clip.rs"]
mod clip;
#[allow(dead_code, reason = "more of it is used in tests")]
#[path = "../tests/peers/deliver.rs"]
mod deliver;
#[allow(dead_code, reason = "more of it is used in tests")]
#[path = "../tests/peers/world.rs"]
mod world;

use client::{Options, SSRC};
use world::{NAT, UDP, World, addr};

/// A round: 10 s, of which the agent talks for 4 s, and then the learner for a moment.
const ROUND: usize = 500;
const AGENT: usize = 200;
const LEARNER: std::ops::Range<usize> = 250..400;
/// Rounds of a conversation that is alone.
const ROUNDS: usize = 12;
/// Conversations that take turns, as on a thread that has much to do: whatever one of them needs isn't in the caches any more.
const CROWD: usize = 200;

/// Where the time goes.
#[derive(Clone, Copy, Debug, Default)]
struct Costs {
    demux: Duration,
    core_in: Duration,
    listening: Duration,
    speaking: Duration,
    core_out: Duration,
    timers: Duration,
    floor: Duration,
}

impl std::ops::Add for Costs {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            demux: self.demux + other.demux,
            core_in: self.core_in + other.core_in,
            listening: self.listening + other.listening,
            speaking: self.speaking + other.speaking,
            core_out: self.core_out + other.core_out,
            timers: self.timers + other.timers,
            floor: self.floor + other.floor,
        }
    }
}

impl Costs {
    fn pipeline(&self) -> Duration {
        self.demux + self.core_in + self.listening + self.speaking + self.core_out + self.timers
    }
}

/// One conversation.
struct Call {
    world: World,
    uplink: Uplink,
    downlink: Downlink,
    floor: (Decoder, Encoder),
    /// The learner's packets, and the agent's sound.
    learner: Vec<Bytes>,
    agent: Arc<[i16]>,
    frames: Vec<[i16; SENT_FRAME]>,
    sent: u16,
    generation: u64,
    costs: Costs,
}

impl Call {
    fn new(complexity: u8) -> Self {
        let mut world = World::connected(Options::default());
        world.client.speaking = false;
        world.agent_speaks = false;
        world.run(Duration::from_millis(500));
        let encoder = EncoderConfig {
            complexity,
            ..EncoderConfig::default()
        };
        let agent = looped("en-queue-youarenext", AGENT * HEARD_FRAME);
        let frames = wide(&agent);
        let config = DownlinkConfig {
            encoder,
            first_timestamp: 0,
        };
        Self {
            uplink: Uplink::new(UplinkConfig::default()).expect("a listener"),
            downlink: Downlink::new(config, world.now).expect("a voice"),
            floor: (
                Decoder::new().expect("a decoder"),
                Encoder::new(encoder).expect("an encoder"),
            ),
            learner: learner(),
            agent: agent.into(),
            frames,
            sent: 0,
            generation: 0,
            costs: Costs::default(),
            world,
        }
    }

    /// One frame of a round, which begins with the agent's speech.
    fn frame(&mut self, at: usize) {
        if at == 0 {
            self.generation += 1;
            let now = self.world.now;
            let speech = Speech::Pcm {
                rate: 16_000,
                samples: Arc::clone(&self.agent),
            };
            self.downlink
                .play(self.generation, 0, speech, now)
                .expect("there is room");
            self.downlink.finish(self.generation, now);
        }
        self.world.now += FRAME;
        for datagram in self.client_sends(at) {
            self.hear(datagram);
        }
        self.speak();
        self.keep_time();
        self.pay_floor(at);
    }

    /// What the client sends in this frame. Not part of the costs.
    fn client_sends(&mut self, at: usize) -> Vec<BytesMut> {
        let mut packet = rtc::rtp::Packet::default();
        packet.header.version = 2;
        packet.header.ssrc = SSRC;
        packet.header.payload_type = 111;
        // After those of the connection's first second.
        packet.header.sequence_number = self.sent.wrapping_add(1_000);
        packet.header.timestamp = (u32::from(self.sent) + 1_000).wrapping_mul(RTP_FRAME);
        packet.payload = self.learner[at].clone();
        self.sent = self.sent.wrapping_add(1);
        let now = self.world.now;
        let client = &mut self.world.client;
        client.write(packet, now);
        if client.poll_timeout().is_some_and(|due| due <= now) {
            client.handle_timeout(now);
        }
        client.sent.clear();
        client.heard.clear();
        client.drain(now).into_iter().map(|outgoing| outgoing.bytes).collect()
    }

    fn hear(&mut self, datagram: BytesMut) {
        let now = self.world.now;
        let (from, local) = (addr(NAT), addr(UDP));
        let begin = Instant::now();
        let route = self.world.demux.route(Transport::Udp, from, &datagram);
        let routed = Instant::now();
        assert!(route.is_some());
        self.world
            .peer
            .handle_datagram(local, from, Transport::Udp, datagram, now);
        let mut packet = None;
        while let Some(event) = self.world.peer.poll_event() {
            if let PeerEvent::Rtp(rtp) = event {
                packet = Some(rtp);
            }
        }
        let decrypted = Instant::now();
        if let Some(packet) = packet {
            let packet = uplink::RtpPacket {
                sequence: packet.sequence,
                timestamp: packet.timestamp,
                payload: packet.payload,
                is_redundant: false,
                level: None,
            };
            self.uplink.handle_rtp(packet, now);
            self.uplink.handle_tick(now);
            while let Some(event) = self.uplink.poll_event() {
                drop(event);
            }
        }
        let heard = Instant::now();
        self.costs.demux += routed - begin;
        self.costs.core_in += decrypted - routed;
        self.costs.listening += heard - decrypted;
        self.client_hears();
    }

    fn speak(&mut self) {
        let now = self.world.now;
        let begin = Instant::now();
        let frame = self.downlink.poll_frame(now);
        let frame = frame.map(|frame| (Bytes::copy_from_slice(frame.payload), frame.timestamp, frame.marker));
        while let Some(event) = self.downlink.poll_event() {
            drop(event);
        }
        let spoken = Instant::now();
        if let Some((payload, timestamp, marker)) = frame {
            self.world.peer.send_audio(payload, timestamp, marker, now);
        }
        let transmit = self.world.peer.poll_transmit();
        let sent = Instant::now();
        self.costs.speaking += spoken - begin;
        self.costs.core_out += sent - spoken;
        if let Some(transmit) = transmit {
            self.world
                .client
                .handle_datagram(Transport::Udp, transmit.path.local, transmit.bytes, now);
        }
        self.client_hears();
    }

    fn keep_time(&mut self) {
        let now = self.world.now;
        let begin = Instant::now();
        if self.world.peer.poll_timeout().is_some_and(|due| due <= now) {
            self.world.peer.handle_timeout(now);
        }
        self.costs.timers += begin.elapsed();
        self.client_hears();
    }

    /// Not part of the costs.
    fn client_hears(&mut self) {
        let now = self.world.now;
        while let Some(transmit) = self.world.peer.poll_transmit() {
            self.world
                .client
                .handle_datagram(Transport::Udp, transmit.path.local, transmit.bytes, now);
        }
    }

    /// What no server can do without.
    fn pay_floor(&mut self, at: usize) {
        let (decoder, encoder) = &mut self.floor;
        let mut packet = [0; MAX_PACKET];
        let begin = Instant::now();
        std::hint::black_box(decoder.decode(&self.learner[at]).expect("a packet").len());
        if let Some(frame) = self.frames.get(at) {
            std::hint::black_box(encoder.encode(frame, &mut packet).expect("a frame"));
        }
        self.costs.floor += begin.elapsed();
    }
}

/// A recording at 16 kHz, over and over.
fn looped(name: &str, samples: usize) -> Vec<i16> {
    clip::trimmed(name).into_iter().cycle().take(samples).collect()
}

fn wide(sound: &[i16]) -> Vec<[i16; SENT_FRAME]> {
    let mut resampler = Resampler::new(16_000, SENT_RATE).expect("rates of speech");
    let mut wide = Vec::new();
    resampler.push(sound, &mut wide);
    let frames = wide.chunks_exact(SENT_FRAME);
    frames.map(|frame| frame.try_into().expect("a frame")).collect()
}

/// A round of the learner's microphone: a room, and speech in it.
fn learner() -> Vec<Bytes> {
    let mut sound = clip::room(ROUND * 20);
    let speech = looped("en-agent-incorrect", LEARNER.len() * HEARD_FRAME);
    sound[LEARNER.start * HEARD_FRAME..LEARNER.end * HEARD_FRAME].copy_from_slice(&speech);
    let mut encoder = Encoder::new(EncoderConfig {
        bitrate: 32_000,
        complexity: 9,
        ..EncoderConfig::default()
    })
    .expect("an encoder");
    let mut packet = [0; MAX_PACKET];
    let mut packets: Vec<_> = wide(&sound)
        .iter()
        .map(|frame| {
            let length = encoder.encode(frame, &mut packet).expect("a frame");
            Bytes::copy_from_slice(&packet[..length])
        })
        .collect();
    // The resampler keeps the end of the last frame.
    packets.resize(ROUND, packets[0].clone());
    packets
}

fn main() {
    // `cargo test --benches` only wants to know whether it runs.
    let (rounds, crowd) = if std::env::args().any(|argument| argument == "--bench") {
        (ROUNDS, CROWD)
    } else {
        (1, 2)
    };
    for (complexity, crowd) in [(5, 1), (5, crowd), (2, crowd)] {
        let mut calls: Vec<_> = (0..crowd).map(|_| Call::new(complexity)).collect();
        // Each is at another place of its round.
        let frames = if crowd == 1 { rounds * ROUND } else { ROUND };
        for at in 0..ROUND / 2 + frames {
            if at == ROUND / 2 {
                calls.iter_mut().for_each(|call| call.costs = Costs::default());
            }
            for (number, call) in calls.iter_mut().enumerate() {
                call.frame((at + number * ROUND / crowd) % ROUND);
            }
        }
        let costs = calls.iter().fold(Costs::default(), |sum, call| sum + call.costs);
        let Costs {
            demux,
            core_in,
            listening,
            speaking,
            core_out,
            timers,
            floor,
        } = costs;
        let frames = (crowd * frames) as f64;
        let micros = |cost: Duration| cost.as_secs_f64() * 1e6 / frames;
        println!(
            "\none of {crowd}, agent talking {} %, complexity {complexity}",
            AGENT * 100 / ROUND
        );
        for (name, cost) in [
            ("demux", demux),
            ("WebRTC core in, SRTP", core_in),
            ("listening: jitter, decoding, voice, turns", listening),
            ("speaking: resampling, encoding, pace", speaking),
            ("WebRTC core out, SRTP", core_out),
            ("WebRTC core, timers", timers),
            ("pipeline", costs.pipeline()),
            ("floor: decoding, encoding", floor),
        ] {
            println!("  {name:<44} {:>7.2} us a frame", micros(cost));
        }
        let carried = |cost: Duration| 20_000.0 / micros(cost);
        println!(
            "  conversations a core {:.0}, of the floor's {:.0}: {:.1} %",
            carried(costs.pipeline()),
            carried(floor),
            100.0 * floor.as_secs_f64() / costs.pipeline().as_secs_f64()
        );
    }
}

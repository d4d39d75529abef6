//! All of listening: packets or PCM in, utterances and turns out.

mod event;
mod listener;
mod pre_roll;
mod supply;

use std::time::{Duration, Instant};

use bytes::Bytes;

pub use self::event::{EndReason, UplinkEvent, UplinkStats};
use self::listener::Listener;
use self::pre_roll::PreRoll;
use self::supply::Supply;
use crate::codec::{CodecError, Decoder, Recovery};
use crate::jitter::{JitterBuffer, Packet, Playout, Reported};
use crate::level::AudioLevel;
use crate::red::Redundant;
use crate::turn::{Fit, Patience};
use crate::vad::VoiceKind;
use crate::{HEARD_RATE, RTP_RATE};

/// Samples at 48 kHz for one at 16 kHz.
const RATIO: u64 = (RTP_RATE / HEARD_RATE) as u64;
/// The longest loss that is made up for; more than that is silence. In samples at 16 kHz: 120 ms.
const LONGEST_CONCEALED: u64 = 1_920;
/// How late the next packet may be after one that the client reported sound in; silence is assumed a frame later.
const LATE_SOUND: Duration = Duration::from_millis(200);
/// The longest pause of the sender's (DTX) that is made up in full when its end comes early. In samples at 16 kHz: 100 ms.
const LONGEST_FILLED: u64 = 1_600;

/// How to listen.
#[derive(Clone, Copy, Debug)]
pub struct UplinkConfig {
    /// The speaker's level.
    pub patience: Patience,
    /// What judges voice.
    pub voice: VoiceKind,
    /// How much sound before the onset belongs to an utterance; 300 to 500 ms.
    pub pre_roll: Duration,
    /// How late the next sound may be before silence is assumed in its place \[80 ms\]; longer where nothing gets lost, and
    /// what is late still comes.
    pub stall: Duration,
    /// Whether the sender can be asked for packets that are missing \[no\].
    pub asks_again: bool,
}

impl Default for UplinkConfig {
    fn default() -> Self {
        Self {
            patience: Patience::default(),
            voice: VoiceKind::default(),
            pre_roll: Duration::from_millis(400),
            stall: Duration::from_millis(80),
            asks_again: false,
        }
    }
}

/// One packet off the network.
#[derive(Clone, Debug)]
pub struct RtpPacket {
    /// Sequence number.
    pub sequence: u16,
    /// Timestamp at 48 kHz.
    pub timestamp: u32,
    /// One Opus packet, or redundant audio.
    pub payload: Bytes,
    /// Whether the payload is redundant audio (RFC 2198): an Opus packet and copies of those before it.
    pub is_redundant: bool,
    /// Audio level (RFC 6464), if the client sends it.
    pub level: Option<AudioLevel>,
}

/// All of listening to one person. Owned by one thread; it can't be sent to another.
///
/// After each `handle_*` poll events until there are none.
pub struct Uplink {
    jitter: JitterBuffer,
    decoder: Decoder,
    listener: Listener,
    supply: Supply,
    pre_roll: PreRoll,
    agent_speaking: bool,
    recovered: u64,
    invalid: u64,
    skipped: u64,
    /// In samples at 16 kHz.
    concealed: u64,
    filled: Duration,
}

impl Uplink {
    /// A listener who has heard nothing yet. Fails only if libopus has no memory.
    pub fn new(config: UplinkConfig) -> Result<Self, CodecError> {
        let pre_roll = config
            .pre_roll
            .clamp(Duration::from_millis(300), Duration::from_millis(500));
        let mut jitter = JitterBuffer::default();
        jitter.set_requests(config.asks_again);
        Ok(Self {
            jitter,
            decoder: Decoder::new()?,
            listener: Listener::new(config.voice.build(), config.patience, pre_roll),
            supply: Supply::new(config.stall),
            pre_roll: PreRoll::new(pre_roll.as_millis() as u64 * u64::from(RTP_RATE) / 1_000),
            agent_speaking: false,
            recovered: 0,
            invalid: 0,
            skipped: 0,
            concealed: 0,
            filled: Duration::ZERO,
        })
    }

    /// Takes a packet off the network.
    pub fn handle_rtp(&mut self, packet: RtpPacket, now: Instant) {
        let RtpPacket {
            sequence,
            timestamp,
            payload,
            is_redundant,
            level,
        } = packet;
        if is_redundant {
            self.handle_redundant(sequence, timestamp, payload, level, now);
        } else {
            self.jitter.insert(sequence, timestamp, payload, level, now);
        }
        self.drain(now);
    }

    fn handle_redundant(
        &mut self,
        sequence: u16,
        timestamp: u32,
        payload: Bytes,
        level: Option<AudioLevel>,
        now: Instant,
    ) {
        let Ok(packet) = Redundant::parse(payload) else {
            // It counts as a packet that can't be read.
            self.jitter.insert(sequence, timestamp, Bytes::new(), level, now);
            return;
        };
        self.jitter
            .insert(sequence, timestamp, packet.primary().clone(), level, now);
        for copied in packet.copies() {
            let timestamp = timestamp.wrapping_sub(copied.offset);
            self.jitter
                .insert_copy(sequence, copied.age, timestamp, copied.payload, now);
        }
    }

    /// How long a packet takes there and back.
    pub fn handle_round_trip(&mut self, round_trip: Duration) {
        self.jitter.handle_round_trip(round_trip);
    }

    /// The next missing packet to ask for (generic NACK, RFC 4585), where that was agreed
    /// ([`UplinkConfig::asks_again`]). Call until there is none, after each other call that takes the time.
    pub fn poll_request(&mut self, now: Instant) -> Option<u16> {
        self.jitter.poll_request(now)
    }

    /// Takes 16 kHz mono sound, in pieces of any length (WebSocket, files).
    pub fn handle_pcm(&mut self, pcm: &[i16], now: Instant) {
        self.supply
            .handle_sound(heard_time(pcm.len() as u64), Duration::ZERO, now);
        self.listener.handle_sound(pcm, now);
    }

    /// Time passed: call every 20 ms. Where nothing comes, silence is assumed, so that turns end all the same.
    pub fn handle_tick(&mut self, now: Instant) {
        self.drain(now);
        if self.jitter.is_waiting() {
            // Something came after what is missing: this is no silence.
            return;
        }
        let frames = self.supply.handle_tick(now);
        if frames > 0 {
            self.filled += crate::FRAME * frames;
            self.skip_pre_roll();
            self.listener.handle_silence(frames, now);
        }
    }

    /// The wait for a missing packet is over: call at [`poll_timeout`](Self::poll_timeout).
    pub fn handle_timeout(&mut self, now: Instant) {
        self.drain(now);
    }

    /// The recogniser's view of an utterance at one of its pauses.
    pub fn handle_view(&mut self, utterance: u64, pause: u32, fit: Fit, now: Instant) {
        self.listener.handle_view(utterance, pause, fit, now);
    }

    /// The recogniser says that what was said over the agent up to a pause is a backchannel ("mhm").
    pub fn handle_backchannel(&mut self, utterance: u64, pause: u32, now: Instant) {
        self.listener.handle_backchannel(utterance, pause, now);
    }

    /// The person asks for time ("let me think"), or gives it back.
    pub fn handle_hold(&mut self, on: bool) {
        self.listener.handle_hold(on);
    }

    /// The agent has the floor: from its first frame to its last, also while a barge-in has paused it.
    pub fn handle_agent_speaking(&mut self, on: bool) {
        self.agent_speaking = on;
        // Whoever wants to interrupt the agent is to be heard at once rather than whole.
        self.jitter.set_patient(!on);
        self.listener.handle_agent_speaking(on);
    }

    /// A frame of this level, in dBov, leaves for the person at `now`.
    pub fn handle_far_level(&mut self, dbov: f32, now: Instant) {
        self.listener.handle_far_level(dbov, now);
    }

    /// Whether nobody speaks, nor may be starting to.
    pub fn is_quiet(&self) -> bool {
        self.listener.is_quiet()
    }

    /// Changes the profile.
    pub fn set_patience(&mut self, patience: Patience) {
        self.listener.set_patience(patience);
    }

    /// What was heard and decided, in order.
    pub fn poll_event(&mut self) -> Option<UplinkEvent> {
        self.listener.poll_event()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout).
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.jitter.poll_timeout()
    }

    /// Sound heard since the start.
    pub fn heard(&self) -> Duration {
        self.listener.heard()
    }

    /// Counts since the start, and what is measured now.
    pub fn stats(&self) -> UplinkStats {
        let counts = self.jitter.counts();
        UplinkStats {
            received: counts.received,
            lost: counts.lost,
            late: counts.late,
            duplicate: counts.duplicate,
            invalid: counts.invalid + self.invalid,
            restored: counts.restored,
            requested: counts.requested,
            resent: counts.resent,
            gaps: counts.gaps,
            recovered: self.recovered,
            concealed: heard_time(self.concealed),
            filled: self.filled,
            skipped: self.skipped,
            dropped_events: self.listener.dropped(),
            jitter: self.jitter.interarrival_jitter(),
            target_delay: self.jitter.target(),
            level: self.listener.level(),
            noise: self.listener.noise(),
        }
    }

    fn drain(&mut self, now: Instant) {
        while let Some(playout) = self.jitter.poll(now) {
            match playout {
                Playout::Packet { packet, silence } => self.handle_packet(packet, silence / RATIO, now),
                Playout::Missing { samples, next, .. } => self.handle_loss(samples / RATIO, &next, now),
            }
        }
    }

    /// The next packet, after `silence` samples at 16 kHz in which the sender sent nothing.
    fn handle_packet(&mut self, packet: Packet, silence: u64, now: Instant) {
        let length = heard_time(packet.duration / RATIO);
        // Nobody falls silent in the middle of a sound: what comes next is lost or late.
        let lateness = match packet.reported {
            Reported::Sound => self.jitter.target().max(LATE_SOUND),
            Reported::Silence | Reported::Nothing => self.jitter.target(),
        };
        let filled = self.supply.handle_sound(length, lateness, now);
        // Time that the sender skipped and the tick hasn't filled. While nobody speaks it doesn't matter.
        let unfilled = silence.saturating_sub(heard_samples(filled)).min(LONGEST_FILLED);
        if unfilled > 0 && !self.listener.is_quiet() {
            self.listener
                .handle_sound(&[0; LONGEST_FILLED as usize][..unfilled as usize], now);
        }
        if packet.reported == Reported::Silence && self.listener.is_quiet() {
            self.listener
                .set_level(packet.level.map_or(crate::level::SILENCE_DBOV, AudioLevel::dbov));
            self.pre_roll.push(packet);
            while let Some(packet) = self.pre_roll.pop_excess() {
                self.skip(&packet);
            }
            return;
        }
        while let Some(packet) = self.pre_roll.pop() {
            self.decode(&packet);
        }
        self.decode(&packet);
    }

    fn handle_loss(&mut self, samples: u64, next: &[u8], now: Instant) {
        if self.listener.is_quiet() {
            // Nobody was speaking: whatever was lost is in the pre-roll at most.
            return;
        }
        // Silence that was assumed meanwhile stands in the place of what was lost.
        let filled = heard_samples(self.supply.handle_sound(Duration::ZERO, self.jitter.target(), now));
        let mut left = samples.saturating_sub(filled).min(LONGEST_CONCEALED);
        let copied = crate::codec::duration(next)
            .map_or(0, |duration| duration / RATIO)
            .min(left);
        left -= copied;
        if left > 0 {
            let sound = self.decoder.conceal(left as usize);
            self.concealed += sound.len() as u64;
            self.listener.handle_sound(sound, now);
        }
        if copied > 0 {
            let (sound, recovery) = self.decoder.recover(next, copied as usize);
            match recovery {
                Recovery::Copy => self.recovered += 1,
                Recovery::Concealed => self.concealed += sound.len() as u64,
            }
            self.listener.handle_sound(sound, now);
        }
    }

    fn decode(&mut self, packet: &Packet) {
        let sound = match self.decoder.decode(&packet.payload) {
            Ok(sound) => sound,
            Err(_) => {
                self.invalid += 1;
                let sound = self.decoder.conceal((packet.duration / RATIO) as usize);
                self.concealed += sound.len() as u64;
                sound
            }
        };
        self.listener.handle_sound(sound, packet.arrived);
    }

    fn skip_pre_roll(&mut self) {
        while let Some(packet) = self.pre_roll.pop() {
            self.skip(&packet);
        }
    }

    fn skip(&mut self, packet: &Packet) {
        self.skipped += 1;
        let level = packet.level.map_or(crate::level::SILENCE_DBOV, AudioLevel::dbov);
        self.listener
            .skip(heard_time(packet.duration / RATIO), level, packet.arrived);
    }
}

fn heard_time(samples: u64) -> Duration {
    Duration::from_micros(samples * 1_000_000 / u64::from(HEARD_RATE))
}

fn heard_samples(time: Duration) -> u64 {
    time.as_micros() as u64 * u64::from(HEARD_RATE) / 1_000_000
}

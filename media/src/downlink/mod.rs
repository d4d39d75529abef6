//! All of speaking: speech in, paced packets out, and an exact account of what was heard.

mod account;
mod event;
mod lead;
mod pacer;
mod source;
mod speech;
mod splice;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

pub use self::account::{Played, PlayedPhrase};
pub use self::event::{DownlinkEvent, DownlinkStats, Frame, PlayError};
pub use self::source::Speech;
pub use self::speech::{EncodedSpeech, SpeechError};

use self::account::{Account, Firsts};
use self::pacer::Pacer;
use self::source::{Next, Source};
use crate::codec::{CodecError, Encoder, EncoderConfig, MAX_PACKET};
use crate::link::Sending;
use crate::{SENT_FRAME, level};

/// 20 ms of digital silence: CELT at full band, mono.
const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];
/// A packet without a frame: the sender is silent (DTX), the decoder makes comfort noise.
const NOTHING: [u8; 1] = [0xf8];
/// Frames of silence that follow speech, so that a decoder doesn't prolong the last sound.
const TAIL: u8 = 2;
/// Sound below this is sent as silence, in dBov.
const INAUDIBLE: f32 = -75.0;
/// Events that wait to be polled, at most.
const MOST_EVENTS: usize = 256;
/// How long before it is due a frame may be made. Whoever makes frames ahead once in 40 ms is never late then, if that is up to
/// 10 ms later than usual.
const MOST_AHEAD: Duration = Duration::from_millis(50);

/// How to speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DownlinkConfig {
    /// How to encode speech that isn't encoded yet.
    pub encoder: EncoderConfig,
    /// The RTP timestamp to start from; should be random (RFC 3550).
    pub first_timestamp: u32,
}

/// All of speaking to one listener. See the [module](self).
///
/// Drive it by [`Downlink::poll_frame`] until there is none, then wait for [`Downlink::poll_timeout`]; after
/// [`Downlink::play`] poll at once, so that the first frame doesn't wait for a tick.
pub struct Downlink {
    source: Source,
    pacer: Pacer,
    account: Account,
    encoder: Encoder,
    /// The encoder has not seen the sound just before.
    cold: bool,
    packet: Box<[u8; MAX_PACKET]>,
    /// A frame that fades out what was cut: its length in `fade`, and its level.
    fading: Option<(usize, f32)>,
    fade: Box<[u8; MAX_PACKET]>,
    paused: bool,
    fade_in: bool,
    /// The last frame was speech.
    talking: bool,
    /// Frames of silence still to follow speech.
    tail: u8,
    /// A part of a frame waits since the last one was due.
    starved: bool,
    /// Frames of silence that were passed over at the beginning of the reply that is to be heard next.
    lead: u8,
    /// Phrases that began with them.
    begun: Firsts,
    /// The newest reply.
    newest: u64,
    /// The reply of which a packet left last.
    current: Option<u64>,
    /// Replies up to this one were flushed.
    flushed: Option<u64>,
    /// When something last became ready to be sent.
    woken: Instant,
    stats: DownlinkStats,
    events: VecDeque<DownlinkEvent>,
}

impl Downlink {
    /// A speaker who has said nothing yet. Fails only if libopus has no memory.
    pub fn new(config: DownlinkConfig, now: Instant) -> Result<Self, CodecError> {
        Ok(Self {
            source: Source::default(),
            pacer: Pacer::new(config.first_timestamp, now),
            account: Account::default(),
            encoder: Encoder::new(config.encoder)?,
            cold: true,
            packet: Box::new([0; MAX_PACKET]),
            fading: None,
            fade: Box::new([0; MAX_PACKET]),
            paused: false,
            fade_in: false,
            talking: false,
            tail: 0,
            starved: false,
            lead: 0,
            begun: Firsts::default(),
            newest: 0,
            current: None,
            flushed: None,
            woken: now,
            stats: DownlinkStats::default(),
            events: VecDeque::new(),
        })
    }

    /// Queues speech of a phrase of a reply. Phrases are played in the order in which they are queued.
    pub fn play(&mut self, generation: u64, phrase: u32, speech: Speech, now: Instant) -> Result<(), PlayError> {
        if self.is_stale(generation) {
            return Err(PlayError::Stale);
        }
        self.source.push(generation, phrase, speech)?;
        self.newest = generation;
        self.wake(now);
        Ok(())
    }

    /// Nothing more comes of this reply: when all has left, `Finished` is told.
    pub fn finish(&mut self, generation: u64, now: Instant) {
        if self.is_stale(generation) {
            return;
        }
        self.newest = generation;
        self.source.finish(generation);
        self.wake(now);
        self.settle(now);
    }

    /// Falls silent within a frame, and keeps what is left.
    pub fn pause(&mut self, now: Instant) {
        if !self.paused {
            self.cut();
            self.paused = true;
            self.wake(now);
        }
    }

    /// Goes on where it fell silent.
    pub fn resume(&mut self, now: Instant) {
        if self.paused {
            self.paused = false;
            self.fade_in = true;
            self.wake(now);
        }
    }

    /// Falls silent within a frame and drops what is left; these replies can't be played any more.
    ///
    /// Answers what left, to the sample. The 10 ms that fade out the cut don't count.
    pub fn flush(&mut self, now: Instant) -> Played {
        if !self.paused {
            self.cut();
        }
        self.source.clear();
        self.paused = false;
        self.fade_in = false;
        self.starved = false;
        self.forget_lead();
        self.flushed = Some(self.newest);
        self.current = None;
        self.wake(now);
        self.account.close_all()
    }

    /// The next packet, if one is due.
    pub fn poll_frame(&mut self, now: Instant) -> Option<Frame<'_>> {
        if self.pacer.due(now) > now {
            return None;
        }
        if let Some((length, level)) = self.fading.take() {
            let step = self.pacer.step(now);
            self.talking = false;
            self.tail = TAIL;
            return Some(Frame {
                payload: &self.fade[..length],
                timestamp: step.timestamp,
                marker: false,
                level,
                speech: true,
                late: step.late,
            });
        }
        if !self.paused {
            self.settle(now);
            self.pass_over_lead(now);
            match self.source.next() {
                Next::Pcm => return Some(self.send_pcm(now)),
                Next::Packet { speech, index } => {
                    return Some(self.send_packet(&speech, index, now));
                }
                Next::Starved if self.starved => {
                    // The rest did not come within a frame: say what there is.
                    self.starved = false;
                    self.source.close_stream();
                    if !self.source.pcm().is_empty() {
                        return Some(self.send_pcm(now));
                    }
                }
                Next::Starved => {
                    self.starved = true;
                    self.stats.starved += 1;
                    self.pacer.defer(now);
                    return None;
                }
                Next::Finished(_) | Next::Nothing => {}
            }
        }
        self.send_silence(now)
    }

    /// Something is done anyway at `now`, as it is every 20 ms: the next frame of speech that is going on leaves along with it if
    /// it is due soon, so that nobody need wake up for it. To be followed by [`poll_frame`](Self::poll_frame).
    pub fn bring_forward(&mut self, now: Instant) {
        if self.goes_on() {
            self.pacer.bring_forward(now);
        }
    }

    /// The next frame of speech that goes on, before it is due, and when it is: for whoever can see to it that it leaves then. To
    /// make several at a time costs less, and whoever has them isn't late. From here on it counts as having left.
    pub fn poll_ahead(&mut self, now: Instant) -> Option<(Instant, Frame<'_>)> {
        let due = self.pacer.due(now);
        if due > now + MOST_AHEAD || !self.goes_on() {
            return None;
        }
        self.poll_frame(due).map(|frame| (due, frame))
    }

    /// Whether a frame of speech follows the last one.
    fn goes_on(&mut self) -> bool {
        let is_whole = self.talking && !self.paused && matches!(self.source.next(), Next::Pcm | Next::Packet { .. });
        // The next reply may begin with silence that is passed over.
        is_whole && self.fading.is_none() && self.source.generation() == self.current
    }

    /// When to poll again.
    pub fn poll_timeout(&self) -> Instant {
        let speaks = !self.paused && !self.source.is_empty();
        if speaks || self.fading.is_some() || self.tail > 0 {
            self.pacer.due(self.woken)
        } else {
            self.pacer.alive_due()
        }
    }

    /// What happened, in order.
    pub fn poll_event(&mut self) -> Option<DownlinkEvent> {
        self.events.pop_front()
    }

    /// How the ways to the listeners need speech to be encoded. Speech that is encoded already stays as it is, and copies are
    /// for whoever sends the packets to put into them.
    pub fn handle_sending(&mut self, sending: Sending) {
        self.encoder.set_loss(sending.loss);
        self.encoder.set_bitrate(sending.bitrate);
    }

    /// Effort of encoding, 0 to 10.
    pub fn set_complexity(&mut self, complexity: u8) {
        self.encoder.set_complexity(complexity);
    }

    /// Whether there is speech that has not left, paused or not.
    pub fn is_speaking(&self) -> bool {
        !self.source.is_empty()
    }

    /// What has left so far of the phrases of replies that are not over, in order.
    pub fn played(&self) -> impl DoubleEndedIterator<Item = &PlayedPhrase> {
        self.account.open()
    }

    /// Whether it is paused.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Counts since the start.
    pub fn stats(&self) -> DownlinkStats {
        self.stats
    }

    fn is_stale(&self, generation: u64) -> bool {
        generation < self.newest || self.flushed.is_some_and(|flushed| generation <= flushed)
    }

    fn wake(&mut self, now: Instant) {
        self.woken = now;
        if self.starved {
            self.pacer.hurry(now);
        }
    }

    /// Tells of replies that are over.
    fn settle(&mut self, now: Instant) {
        if self.paused {
            return;
        }
        while let Next::Finished(generation) = self.source.next() {
            self.source.take_finish();
            let played = self.account.close(generation);
            self.forget_lead();
            self.push(DownlinkEvent::Finished {
                generation,
                played,
                at: now,
            });
        }
    }

    fn send_pcm(&mut self, now: Instant) -> Frame<'_> {
        let mut frame = [0; SENT_FRAME];
        let sound = self.source.pcm();
        frame[..sound.len()].copy_from_slice(sound);
        if std::mem::take(&mut self.fade_in) {
            splice::fade_in(&mut frame);
        }
        let level = level::dbov(&frame);
        let length = self.encode(&frame, level);
        let account = &mut self.account;
        let mut firsts = std::mem::take(&mut self.begun);
        self.source.take_pcm(|generation, phrase, samples| {
            if account.leave(generation, phrase, samples, now) {
                firsts.push(generation, phrase);
            }
        });
        self.tell_started(&firsts, now);
        self.send_speech(length, level, now)
    }

    fn send_packet(&mut self, speech: &EncodedSpeech, index: usize, now: Instant) -> Frame<'_> {
        let (packet, mut level) = speech.packet(index).unwrap_or((&SILENCE, level::SILENCE_DBOV));
        let mut length = packet.len().min(MAX_PACKET);
        self.packet[..length].copy_from_slice(&packet[..length]);
        self.cold = true;
        self.stats.cached += 1;
        if std::mem::take(&mut self.fade_in)
            && let Ok((_, mut frame)) = splice::decode_at(speech, index)
        {
            splice::fade_in(&mut frame);
            level = level::dbov(&frame);
            length = self.encode(&frame, level);
            self.cold = true;
        }
        let account = &mut self.account;
        let mut firsts = std::mem::take(&mut self.begun);
        self.source.take_packet(|generation, phrase, samples| {
            if account.leave(generation, phrase, samples, now) {
                firsts.push(generation, phrase);
            }
        });
        self.tell_started(&firsts, now);
        self.send_speech(length, level, now)
    }

    fn send_speech(&mut self, length: usize, level: f32, now: Instant) -> Frame<'_> {
        let step = self.pacer.step(now);
        let marker = !std::mem::replace(&mut self.talking, true);
        self.tail = TAIL;
        self.starved = false;
        self.settle(now);
        Frame {
            payload: &self.packet[..length],
            timestamp: step.timestamp,
            marker,
            level,
            speech: true,
            late: step.late,
        }
    }

    /// Silence after speech, or a sign of life, or nothing.
    fn send_silence(&mut self, now: Instant) -> Option<Frame<'_>> {
        self.talking = false;
        self.cold = true;
        let (payload, step): (&[u8], _) = if self.tail > 0 {
            self.tail -= 1;
            (&SILENCE, self.pacer.step(now))
        } else if self.pacer.alive_due() <= now {
            (&NOTHING, self.pacer.step_alive(now))
        } else {
            self.pacer.stop();
            return None;
        };
        self.stats.silent += 1;
        Some(Frame {
            payload,
            timestamp: step.timestamp,
            marker: false,
            level: level::SILENCE_DBOV,
            speech: false,
            late: step.late,
        })
    }

    /// Prepares the frame that fades out the speech that is cut. Nothing of it is taken off the queue.
    fn cut(&mut self) {
        if !self.talking {
            return;
        }
        let mut frame = [0; SENT_FRAME];
        match self.source.next() {
            Next::Pcm => {
                let sound = self.source.pcm();
                frame[..sound.len()].copy_from_slice(sound);
            }
            Next::Packet { speech, index } => {
                let Ok((before, sound)) = splice::decode_at(&speech, index) else {
                    return;
                };
                frame = sound;
                self.encoder.reset();
                // Only for the encoder to know what comes before; if it fails, the fade starts afresh.
                let _ = self.encoder.encode(&before, &mut self.fade[..]);
            }
            Next::Finished(_) | Next::Starved | Next::Nothing => return,
        }
        splice::fade_out(&mut frame);
        let level = level::dbov(&frame);
        match self.encoder.encode(&frame, &mut self.fade[..]) {
            Ok(length) => self.fading = Some((length, level)),
            Err(_) => self.stats.failed += 1,
        }
        self.cold = true;
    }

    /// Encodes a frame into the packet; silence costs nothing.
    fn encode(&mut self, frame: &[i16; SENT_FRAME], level: f32) -> usize {
        if level > INAUDIBLE {
            if std::mem::take(&mut self.cold) {
                self.encoder.reset();
            }
            match self.encoder.encode(frame, &mut self.packet[..]) {
                Ok(length) => {
                    self.stats.encoded += 1;
                    return length;
                }
                Err(_) => self.stats.failed += 1,
            }
        }
        self.cold = true;
        self.packet[..SILENCE.len()].copy_from_slice(&SILENCE);
        SILENCE.len()
    }

    fn tell_started(&mut self, firsts: &Firsts, now: Instant) {
        self.lead = 0;
        for &(generation, phrase) in firsts.iter() {
            if self.current != Some(generation) {
                self.current = Some(generation);
                self.push(DownlinkEvent::Started { generation, at: now });
            }
            self.push(DownlinkEvent::PhraseStarted {
                generation,
                phrase,
                at: now,
            });
        }
    }

    fn push(&mut self, event: DownlinkEvent) {
        if self.events.len() >= MOST_EVENTS {
            self.events.pop_front();
            self.stats.dropped_events += 1;
        }
        self.events.push_back(event);
    }
}

#[cfg(test)]
mod tests;

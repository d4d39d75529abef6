//! What is done for every packet and every frame asks for no memory, once it has all that it needs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use allocation_counter::measure;
use bytes::Bytes;
use colloquy_media::codec::{Encoder, EncoderConfig, MAX_PACKET};
use colloquy_media::downlink::{Downlink, DownlinkConfig, EncodedSpeech, Speech};
use colloquy_media::level::{AudioLevel, dbov};
use colloquy_media::resample::Resampler;
use colloquy_media::uplink::{RtpPacket, Uplink, UplinkConfig, UplinkEvent};
use colloquy_media::{FRAME, RTP_FRAME, SENT_FRAME, SENT_RATE};

#[allow(dead_code, reason = "more of it is used elsewhere")]
#[path = "simulated/clip.rs"]
mod clip;

/// The sound of a microphone, encoded.
fn packets(sound: &[i16]) -> Vec<(Bytes, AudioLevel)> {
    let mut resampler = Resampler::new(16_000, SENT_RATE).unwrap();
    let mut wide = Vec::new();
    resampler.push(sound, &mut wide);
    let mut encoder = Encoder::new(EncoderConfig::default()).unwrap();
    let mut packet = [0; MAX_PACKET];
    let frames = wide.chunks_exact(SENT_FRAME);
    let packets = frames.map(|frame| {
        let length = encoder.encode(frame, &mut packet).unwrap();
        let payload = Bytes::copy_from_slice(&packet[..length]);
        // The first clone of all asks for memory.
        drop(payload.clone());
        (payload, AudioLevel::from_dbov(dbov(frame), dbov(frame) > -50.0))
    });
    packets.collect()
}

/// A client, and what hears it.
struct Listening {
    uplink: Uplink,
    sent: u16,
    now: Instant,
    levels: bool,
}

impl Listening {
    fn new(levels: bool) -> Self {
        Self {
            uplink: Uplink::new(UplinkConfig::default()).unwrap(),
            sent: 0,
            now: Instant::now(),
            levels,
        }
    }

    /// Hears packets at the pace of the network; how many pieces of sound were handed out.
    fn hear(&mut self, packets: &[(Bytes, AudioLevel)]) -> u64 {
        let mut pieces = 0;
        for (payload, level) in packets {
            self.now += FRAME;
            self.sent = self.sent.wrapping_add(1);
            let packet = RtpPacket {
                sequence: self.sent,
                timestamp: u32::from(self.sent) * RTP_FRAME,
                payload: payload.clone(),
                is_redundant: false,
                level: self.levels.then_some(*level),
            };
            self.uplink.handle_rtp(packet, self.now);
            self.uplink.handle_tick(self.now);
            while self.uplink.poll_request(self.now).is_some() {}
            while let Some(event) = self.uplink.poll_event() {
                pieces += u64::from(matches!(event, UplinkEvent::Audio { .. }));
            }
        }
        pieces
    }
}

#[test]
fn hearing_asks_for_memory_only_for_the_sound_that_is_handed_out() {
    let speech = packets(&clip::clip("en-vm-intro"));
    let silence = packets(&clip::noise(4_000, -60.0, 3));
    for levels in [false, true] {
        let mut listening = Listening::new(levels);
        // All states once: an utterance, its end, and the silence after it.
        assert!(listening.hear(&speech) > 0);
        listening.hear(&silence);
        let mut pieces = 0;
        let quiet = measure(|| pieces = listening.hear(&silence));
        assert_eq!((quiet.count_total, pieces), (0, 0), "levels: {levels}");
        let spoken = measure(|| pieces = listening.hear(&speech));
        // A piece of 80 ms belongs to whoever recognises it.
        assert!(pieces > 10, "levels: {levels}");
        assert_eq!(spoken.count_total, pieces, "levels: {levels}");
    }
}

#[test]
fn reported_silence_is_not_decoded() {
    let mut listening = Listening::new(true);
    let silence = packets(&clip::noise(4_000, -60.0, 3));
    listening.hear(&silence);
    let skipped = listening.uplink.stats().skipped;
    let asked = measure(|| {
        listening.hear(&silence);
    });
    assert_eq!(asked.count_total, 0);
    assert_eq!(listening.uplink.stats().skipped - skipped, silence.len() as u64);
}

/// Plays this to its end; how many frames of speech that were.
fn play(downlink: &mut Downlink, now: &mut Instant, most: usize) -> usize {
    let mut spoken = 0;
    for _ in 0..most {
        while let Some(frame) = downlink.poll_frame(*now) {
            spoken += usize::from(frame.speech);
        }
        while downlink.poll_event().is_some() {}
        *now += FRAME;
    }
    spoken
}

#[test]
fn speaking_asks_for_no_memory_while_a_phrase_is_said() {
    let samples: Arc<[i16]> = clip::clip("en-vm-intro").into();
    let rate = 16_000;
    let encoded = Arc::new(EncodedSpeech::encode(&samples, rate, 5).unwrap());
    let pcm = Speech::Pcm { rate, samples };
    for (name, speech) in [("sound", pcm), ("packets", Speech::Encoded(encoded))] {
        let mut now = Instant::now();
        let mut downlink = Downlink::new(DownlinkConfig::default(), now).unwrap();
        for generation in 1..4 {
            downlink.play(generation, 0, speech.clone(), now).unwrap();
            downlink.finish(generation, now);
            // A phrase begins with a resampler of its own.
            let begun = play(&mut downlink, &mut now, 2);
            assert_eq!(begun, 2, "{name}");
            let mut spoken = 0;
            let asked = measure(|| spoken = play(&mut downlink, &mut now, 60));
            assert_eq!(spoken, 60, "{name}");
            assert_eq!(asked.count_total, 0, "{name}, reply {generation}");
            play(&mut downlink, &mut now, 1_000);
        }
        // Only what wasn't encoded before was encoded, and no silence.
        let stats = downlink.stats();
        assert_eq!(stats.encoded > 0, name == "sound", "{stats:?}");
        assert_eq!(stats.cached > 0, name == "packets", "{stats:?}");
    }
}

#[test]
fn silence_is_not_encoded_and_asks_for_no_memory() {
    let mut now = Instant::now();
    let mut downlink = Downlink::new(DownlinkConfig::default(), now).unwrap();
    let asked = measure(|| {
        play(
            &mut downlink,
            &mut now,
            (Duration::from_secs(20).as_millis() / FRAME.as_millis()) as usize,
        );
    });
    let stats = downlink.stats();
    assert_eq!((asked.count_total, stats.encoded), (0, 0), "{stats:?}");
    assert!(stats.silent > 0, "{stats:?}");
}

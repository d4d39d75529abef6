//! What each stage costs for a frame of 20 ms.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use colloquy_media::codec::{Decoder, Encoder, EncoderConfig, MAX_PACKET};
use colloquy_media::downlink::{Downlink, DownlinkConfig, EncodedSpeech, Speech};
use colloquy_media::jitter::JitterBuffer;
use colloquy_media::level::{AudioLevel, dbov};
use colloquy_media::link::{Link, Report};
use colloquy_media::prosody::ProsodyTracker;
use colloquy_media::red::{Packer, Redundant};
use colloquy_media::resample::Resampler;
use colloquy_media::turn::{Heard, Patience, TurnDetector};
use colloquy_media::uplink::{RtpPacket, Uplink, UplinkConfig};
use colloquy_media::vad::{Activity, VoiceKind};
use colloquy_media::{FRAME, HEARD_FRAME, SENT_FRAME, SENT_RATE};
use criterion::Criterion;

/// Frames of the sound that the benches repeat: 10 s.
const FRAMES: usize = 500;

/// A voice-like sound: a buzz whose pitch wanders and whose level swells in syllables, with a pause every two seconds.
fn voice(rate: usize) -> Vec<i16> {
    let mut phase = 0.0f32;
    (0..rate / 50 * FRAMES)
        .map(|n| {
            let time = n as f32 / rate as f32;
            phase = (phase + (140.0 + 40.0 * (time * 3.0).sin()) / rate as f32).fract();
            let swell = (time * 12.0).sin().max(0.05);
            let spoken = if time % 2.0 < 1.5 { 1.0 } else { 0.0 };
            ((-phase * 10.0).exp() * (phase * 45.0).sin() * swell * spoken * 20_000.0) as i16
        })
        .collect()
}

fn packets() -> Vec<(Bytes, AudioLevel)> {
    let mut encoder = Encoder::new(EncoderConfig {
        bitrate: 32_000,
        ..EncoderConfig::default()
    })
    .expect("an encoder");
    let mut packet = [0; MAX_PACKET];
    voice(SENT_RATE as usize)
        .chunks_exact(SENT_FRAME)
        .map(|frame| {
            let length = encoder.encode(frame, &mut packet).expect("a packet");
            (
                Bytes::copy_from_slice(&packet[..length]),
                AudioLevel::from_dbov(dbov(frame), dbov(frame) > -50.0),
            )
        })
        .collect()
}

fn codec(criterion: &mut Criterion) {
    let packets = packets();
    let mut decoder = Decoder::new().expect("a decoder");
    let mut n = 0;
    criterion.bench_function("decode", |bencher| {
        bencher.iter(|| {
            n = (n + 1) % FRAMES;
            black_box(decoder.decode(&packets[n].0).expect("a packet").len())
        });
    });
    let sound = voice(SENT_RATE as usize);
    for complexity in [0, 5, 9] {
        let mut encoder = Encoder::new(EncoderConfig {
            complexity,
            ..EncoderConfig::default()
        })
        .expect("an encoder");
        let mut packet = [0; MAX_PACKET];
        criterion.bench_function(&format!("encode, complexity {complexity}"), |bencher| {
            bencher.iter(|| {
                n = (n + 1) % FRAMES;
                let frame = &sound[n * SENT_FRAME..(n + 1) * SENT_FRAME];
                black_box(encoder.encode(frame, &mut packet).expect("a packet"))
            });
        });
    }
}

fn hearing(criterion: &mut Criterion) {
    let sound = voice(16_000);
    let frames: Vec<[i16; HEARD_FRAME]> = sound
        .chunks_exact(HEARD_FRAME)
        .map(|frame| frame.try_into().expect("a frame"))
        .collect();
    let mut n = 0;
    for kind in [VoiceKind::Earshot, VoiceKind::Webrtc] {
        let mut judge = kind.build();
        criterion.bench_function(&format!("voice activity, {}", judge.name()), |bencher| {
            bencher.iter(|| {
                n = (n + 1) % FRAMES;
                black_box(judge.probability(&frames[n]))
            });
        });
    }
    let mut turns = TurnDetector::new(Patience::default());
    criterion.bench_function("turn detector", |bencher| {
        bencher.iter(|| {
            n = (n + 1) % FRAMES;
            // A second of voice, then one of silence.
            let voiced = n % 100 < 50;
            turns.handle_frame(Heard {
                activity: if voiced { Activity::Speaking } else { Activity::Quiet },
                voiced,
                silence: FRAME * (n as u32 % 100).saturating_sub(49),
                echo: false,
                closing: Default::default(),
            });
            black_box(std::iter::from_fn(|| turns.poll_event()).count())
        });
    });
    let mut prosody = ProsodyTracker::default();
    criterion.bench_function("prosody", |bencher| {
        bencher.iter(|| {
            n = (n + 1) % FRAMES;
            prosody.handle_frame(&frames[n], -20.0, true);
        });
    });
    let mut resampler = Resampler::new(22_050, SENT_RATE).expect("both are rates of speech");
    let input = voice(22_050);
    let mut output = Vec::with_capacity(2 * SENT_FRAME);
    criterion.bench_function("resample 22.05 to 24 kHz", |bencher| {
        bencher.iter(|| {
            n = (n + 1) % FRAMES;
            output.clear();
            resampler.push(&input[n * 441..(n + 1) * 441], &mut output);
            black_box(output.len())
        });
    });
}

fn network(criterion: &mut Criterion) {
    let packets = packets();
    let mut now = Instant::now();
    let mut buffer = JitterBuffer::default();
    let mut n = 0u32;
    criterion.bench_function("jitter buffer", |bencher| {
        bencher.iter(|| {
            n = n.wrapping_add(1);
            now += FRAME;
            let (payload, level) = &packets[n as usize % FRAMES];
            buffer.insert(n as u16, n.wrapping_mul(960), payload.clone(), Some(*level), now);
            black_box(buffer.poll(now).is_some())
        });
    });
    // Every third packet is missing for as long as the next takes to come, so each call looks at a gap.
    let mut buffer = JitterBuffer::default();
    buffer.set_requests(true);
    buffer.handle_round_trip(FRAME / 2);
    criterion.bench_function("jitter buffer that asks again", |bencher| {
        bencher.iter(|| {
            n = n.wrapping_add(1);
            now += FRAME;
            let at = match n % 3 {
                0 => n + 1,
                1 => n - 1,
                _ => n,
            };
            let (payload, level) = &packets[at as usize % FRAMES];
            buffer.insert(at as u16, at.wrapping_mul(960), payload.clone(), Some(*level), now);
            let given = std::iter::from_fn(|| buffer.poll(now)).count();
            black_box((given, buffer.poll_request(now)))
        });
    });
    for levels in [false, true] {
        let mut uplink = Uplink::new(UplinkConfig::default()).expect("an uplink");
        let name = if levels {
            "uplink frame, client reports levels"
        } else {
            "uplink frame"
        };
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                n = n.wrapping_add(1);
                now += FRAME;
                let (payload, level) = &packets[n as usize % FRAMES];
                let packet = RtpPacket {
                    sequence: n as u16,
                    timestamp: n.wrapping_mul(960),
                    payload: payload.clone(),
                    is_redundant: false,
                    level: levels.then_some(*level),
                };
                uplink.handle_rtp(packet, now);
                uplink.handle_tick(now);
                while let Some(event) = uplink.poll_event() {
                    black_box(event);
                }
            });
        });
    }
    let mut uplink = Uplink::new(UplinkConfig::default()).expect("an uplink");
    let silence: Vec<_> = packets
        .iter()
        .filter(|packet| packet.1 == AudioLevel::SILENCE)
        .cloned()
        .collect();
    criterion.bench_function("uplink frame, reported silence", |bencher| {
        bencher.iter(|| {
            n = n.wrapping_add(1);
            now += FRAME;
            let (payload, level) = silence[n as usize % silence.len()].clone();
            uplink.handle_rtp(
                RtpPacket {
                    sequence: n as u16,
                    timestamp: n.wrapping_mul(960),
                    payload,
                    is_redundant: false,
                    level: Some(level),
                },
                now,
            );
            uplink.handle_tick(now);
            black_box(uplink.poll_event().is_some())
        });
    });
}

fn loss(criterion: &mut Criterion) {
    let packets = packets();
    let mut n = 0u32;
    for copies in [0, 1, 2] {
        let mut packer = Packer::new(111);
        criterion.bench_function(&format!("redundant audio, {copies} copies packed"), |bencher| {
            bencher.iter(|| {
                n = n.wrapping_add(1);
                black_box(packer.pack(&packets[n as usize % FRAMES].0, n.wrapping_mul(960), copies))
            });
        });
    }
    let mut packer = Packer::new(111);
    packer.pack(&packets[0].0, 0, 2);
    packer.pack(&packets[1].0, 960, 2);
    let packed = packer.pack(&packets[2].0, 1_920, 2).expect("there are copies");
    criterion.bench_function("redundant audio, 2 copies read", |bencher| {
        bencher.iter(|| {
            let packet = Redundant::parse(packed.clone()).expect("it was packed here");
            black_box(packet.copies().map(|copied| copied.payload.len()).sum::<usize>())
        });
    });
    let mut link = Link::new(24_000);
    let now = Instant::now();
    let report = Report {
        fraction: 0.05,
        highest: 100,
    };
    link.handle_report(report, now);
    criterion.bench_function("how to send to a listener", |bencher| {
        bencher.iter(|| black_box(black_box(&link).sending(now)));
    });
}

fn speaking(criterion: &mut Criterion) {
    let sound: Arc<[i16]> = voice(24_000).into();
    let encoded = Arc::new(EncodedSpeech::encode(&sound, 24_000, 5).expect("24 kHz is a rate of speech"));
    let cases = [
        ("downlink frame, encoded before", Some(Speech::Encoded(encoded))),
        (
            "downlink frame, 24 kHz PCM",
            Some(Speech::Pcm {
                rate: 24_000,
                samples: sound,
            }),
        ),
        ("downlink frame, silence", None),
    ];
    for (name, speech) in cases {
        let mut now = Instant::now();
        let mut downlink = Downlink::new(DownlinkConfig::default(), now).expect("a downlink");
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                now += FRAME;
                if let Some(speech) = &speech
                    && !downlink.is_speaking()
                {
                    downlink.play(1, 0, speech.clone(), now).expect("there is room");
                }
                black_box(downlink.poll_frame(now).map(|frame| frame.payload.len()))
            });
        });
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    codec(&mut criterion);
    hearing(&mut criterion);
    network(&mut criterion);
    loss(&mut criterion);
    speaking(&mut criterion);
    criterion.final_summary();
}

//! Whatever the network and the actors do, the uplink goes on.

use std::time::{Duration, Instant};

use bytes::Bytes;
use colloquy_media::level::AudioLevel;
use colloquy_media::red::Packer;
use colloquy_media::turn::Fit;
use colloquy_media::uplink::{RtpPacket, Uplink, UplinkConfig, UplinkEvent};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Rtp(u16, u32, Vec<u8>, Option<u8>, bool),
    Run(u8, u8),
    /// So many packets are lost, and the next brings so many copies.
    Gap(u8, u8),
    RoundTrip(u64),
    Pcm(u16, i16),
    Tick(u16),
    View(u64, u32, u8),
    Backchannel(u64, u32),
    Timeout,
    Hold(bool),
    Agent(bool),
    Far(f32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<u16>(), any::<u32>(), prop::collection::vec(any::<u8>(), 0..80), any::<Option<u8>>(), any::<bool>())
            .prop_map(|(s, t, p, l, r)| Step::Rtp(s, t, p, l, r)),
        4 => (1u8..40, any::<u8>()).prop_map(|(n, seed)| Step::Run(n, seed)),
        2 => (1u8..9, 0u8..3).prop_map(|(lost, copies)| Step::Gap(lost, copies)),
        1 => (0u64..200).prop_map(Step::RoundTrip),
        2 => (0u16..5_000, any::<i16>()).prop_map(|(n, amplitude)| Step::Pcm(n, amplitude)),
        4 => (0u16..3_000).prop_map(Step::Tick),
        2 => (0u64..4, 0u32..4, any::<u8>()).prop_map(|(u, p, f)| Step::View(u, p, f)),
        1 => (0u64..4, 0u32..4).prop_map(|(u, p)| Step::Backchannel(u, p)),
        2 => Just(Step::Timeout),
        1 => any::<bool>().prop_map(Step::Hold),
        2 => any::<bool>().prop_map(Step::Agent),
        1 => (-200.0f32..50.0).prop_map(Step::Far),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// No input panics, and utterances stay well-formed: audio only between a start and an end, numbers that grow.
    #[test]
    fn any_input_is_taken(steps in prop::collection::vec(step(), 0..60)) {
        let mut uplink = Uplink::new(UplinkConfig { asks_again: true, ..UplinkConfig::default() }).unwrap();
        let mut packer = Packer::new(111);
        let mut now = Instant::now();
        let mut next = 0u16;
        let mut open = None;
        let mut last = 0;
        for step in steps {
            match step {
                Step::Rtp(sequence, timestamp, payload, level, is_redundant) => {
                    let level = level.and_then(|byte| AudioLevel::parse(&[byte]));
                    uplink.handle_rtp(RtpPacket { sequence, timestamp, payload: Bytes::from(payload), is_redundant, level }, now);
                }
                Step::Run(packets, seed) => {
                    for n in 0..packets {
                        next = next.wrapping_add(1);
                        // The first byte tells of one SILK frame of 20 ms; the rest is anything.
                        let mut payload = vec![0x48];
                        payload.extend((0..30).map(|i: u8| i.wrapping_mul(seed).wrapping_add(n)));
                        let packet = RtpPacket { sequence: next, timestamp: u32::from(next) * 960, payload: payload.into(), is_redundant: false, level: None };
                        now += Duration::from_millis(20);
                        uplink.handle_rtp(packet, now);
                    }
                }
                Step::Gap(lost, copies) => {
                    for n in 0..=lost {
                        next = next.wrapping_add(1);
                        now += Duration::from_millis(20);
                        let payload = Bytes::from(vec![0x48, n, lost]);
                        let timestamp = u32::from(next) * 960;
                        let packed = packer.pack(&payload, timestamp, copies);
                        if n == lost {
                            let is_redundant = packed.is_some();
                            let payload = packed.unwrap_or(payload);
                            uplink.handle_rtp(RtpPacket { sequence: next, timestamp, payload, is_redundant, level: None }, now);
                        }
                    }
                }
                Step::RoundTrip(ms) => uplink.handle_round_trip(Duration::from_millis(ms)),
                Step::Pcm(samples, amplitude) => uplink.handle_pcm(&vec![amplitude; samples.into()], now),
                Step::Tick(ms) => {
                    now += Duration::from_millis(ms.into());
                    uplink.handle_tick(now);
                }
                Step::View(utterance, pause, choice) => {
                    let fit = [Fit::Complete, Fit::Extendable { politely: true }, Fit::Beginning, Fit::Unlisted { open: true }, Fit::Unlisted { open: false }];
                    uplink.handle_view(utterance, pause, fit[usize::from(choice) % 5], now);
                }
                Step::Backchannel(utterance, pause) => uplink.handle_backchannel(utterance, pause, now),
                Step::Timeout => {
                    if let Some(at) = uplink.poll_timeout() {
                        now = now.max(at);
                        uplink.handle_timeout(now);
                    }
                }
                Step::Hold(on) => uplink.handle_hold(on),
                Step::Agent(on) => uplink.handle_agent_speaking(on),
                Step::Far(level) => uplink.handle_far_level(level, now),
            }
            while let Some(event) = uplink.poll_event() {
                match event {
                    UplinkEvent::SpeechStarted { utterance, .. } => {
                        prop_assert_eq!(open, None);
                        prop_assert_eq!(utterance, last + 1);
                        last = utterance;
                        open = Some(utterance);
                    }
                    UplinkEvent::TurnEnded { utterance, .. } | UplinkEvent::FalseAlarm { utterance, .. } => {
                        prop_assert_eq!(open, Some(utterance));
                        open = None;
                    }
                    UplinkEvent::Audio { utterance, pcm } => {
                        prop_assert_eq!(open, Some(utterance));
                        prop_assert_eq!(pcm.len() % 320, 0);
                    }
                    _ => {}
                }
            }
            while uplink.poll_request(now).is_some() {}
            // A deadline that has come is done with: nothing may be due at once again.
            prop_assert!(uplink.poll_timeout().is_none_or(|at| at > now && at <= now + Duration::from_millis(120)));
        }
    }
}

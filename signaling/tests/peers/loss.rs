//! What is agreed on against loss, and that it works: redundant audio, asking again, transport-wide feedback.

use bytes::Bytes;
use colloquy_signaling::PeerEvent;
use colloquy_signaling::peer::RtpPacket;
use rtc::rtcp::payload_feedbacks::receiver_estimated_maximum_bitrate::ReceiverEstimatedMaximumBitrate;
use rtc::rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::{TransportLayerNack, nack_pairs_from_sequence_numbers};

use crate::client::{Options, RED, SSRC};
use crate::world::{World, ms};

const ALL: Options = Options {
    payload_type: 111,
    transport: colloquy_signaling::Transport::Udp,
    events: true,
    check: ms(200),
    red: true,
    nack: true,
    feedback: true,
    insists: false,
};

fn lines<'a>(answer: &'a str, start: &str) -> Vec<&'a str> {
    answer.lines().filter(|line| line.starts_with(start)).collect()
}

fn packets(world: &World) -> Vec<&RtpPacket> {
    let packets = world.events.iter().filter_map(|(_, event)| match event {
        PeerEvent::Rtp(packet) => Some(packet),
        _ => None,
    });
    packets.collect()
}

/// The sequence numbers of what the client heard.
fn heard(world: &World) -> Vec<u16> {
    let heard = world.client.heard.iter();
    heard.map(|(_, packet)| packet.header.sequence_number).collect()
}

#[test]
fn all_that_is_offered_is_accepted_and_redundant_audio_preferred() {
    let world = World::new(ALL);
    let answer = &world.answer;
    assert_eq!(lines(answer, "m=audio"), ["m=audio 9 UDP/TLS/RTP/SAVPF 63 111"]);
    assert_eq!(lines(answer, "a=rtpmap:63"), ["a=rtpmap:63 red/48000/2"]);
    assert_eq!(lines(answer, "a=fmtp:63"), ["a=fmtp:63 111/111"]);
    assert_eq!(
        lines(answer, "a=rtcp-fb:111"),
        ["a=rtcp-fb:111 nack", "a=rtcp-fb:111 transport-cc"],
        "{answer}"
    );
    assert!(
        lines(answer, "a=extmap")
            .iter()
            .any(|line| line.contains("transport-wide-cc")),
        "{answer}"
    );
    assert_eq!(world.peer.offer().redundant_payload_type(), Some(RED));
    assert!(world.peer.offer().asks_again());
}

#[test]
fn what_is_not_offered_is_not_answered() {
    let world = World::new(Options::default());
    let answer = &world.answer;
    assert_eq!(lines(answer, "m=audio"), ["m=audio 9 UDP/TLS/RTP/SAVPF 111"]);
    assert_eq!(lines(answer, "a=rtcp-fb"), [""; 0]);
    assert!(
        !answer.contains("red/") && !answer.contains("transport-wide-cc"),
        "{answer}"
    );
}

#[test]
fn redundant_audio_of_anything_but_the_opus_is_left_out() {
    for (from, to) in [
        ("a=fmtp:63 111/111", "a=fmtp:63 111/0"),
        ("a=fmtp:63 111/111", "a=fmtp:63 111"),
        ("a=fmtp:63 111/111", "a=nothing:0"),
        ("red/48000/2", "red/8000"),
    ] {
        let mut is_edited = false;
        let world = World::with(ALL, &crate::world::config(), |offer| {
            is_edited = offer.contains(from);
            offer.replace(from, to)
        });
        assert!(is_edited, "{from}");
        assert_eq!(world.peer.offer().redundant_payload_type(), None, "{to}");
        assert!(!world.answer.contains("red/48000"), "{to}");
    }
}

#[test]
fn redundant_audio_flows_both_ways_beside_plain() {
    let mut world = World::connected(ALL);
    let before = packets(&world).len();
    assert!(packets(&world).iter().all(|packet| !packet.is_redundant));
    world.client.speaking = false;
    let mut packet = world.client.sent.last().unwrap().clone();
    packet.header.payload_type = RED;
    packet.header.sequence_number = packet.header.sequence_number.wrapping_add(1);
    packet.payload = Bytes::from_static(&[0x6f, 1, 2, 3]);
    world.run(ms(100));
    world.client.write(packet, world.now);
    world
        .peer
        .send_redundant_audio(Bytes::from_static(&[0x6f, 9]), 7, false, world.now);
    world.run(ms(100));
    let packets = packets(&world);
    let redundant: Vec<_> = packets[before..].iter().filter(|packet| packet.is_redundant).collect();
    assert_eq!(redundant.len(), 1);
    assert_eq!(redundant[0].payload[..], [0x6f, 1, 2, 3]);
    let formats = world.client.heard.iter().map(|(_, packet)| packet.header.payload_type);
    assert_eq!(formats.filter(|&format| format == RED).count(), 1);
    let heard = heard(&world);
    assert!(
        heard.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1)),
        "{heard:?}"
    );
    let counters = world.peer.counters();
    assert_eq!((counters.rtp_redundant, counters.rtp_foreign), (1, 0));
}

#[test]
fn redundant_audio_is_not_sent_to_who_did_not_offer_it() {
    let mut world = World::connected(Options::default());
    let unsent = world.peer.counters().audio_unsent;
    world
        .peer
        .send_redundant_audio(Bytes::from_static(&[0x6f, 9]), 7, false, world.now);
    assert_eq!(world.peer.counters().audio_unsent, unsent + 1);
    assert!(world.peer.poll_transmit().is_none());
}

fn nack(world: &World, source: u32, sequences: &[u16]) -> Box<TransportLayerNack> {
    let _ = world;
    Box::new(TransportLayerNack {
        sender_ssrc: SSRC,
        media_ssrc: source,
        nacks: nack_pairs_from_sequence_numbers(sequences),
    })
}

#[test]
fn what_the_client_asks_for_is_sent_again_twice_at_most() {
    let mut world = World::connected(ALL);
    // Three packets are lost on the way to the client.
    world.loss = 1.0;
    world.run(ms(60));
    world.loss = 0.0;
    world.run(ms(100));
    let before = heard(&world);
    let hole = before
        .windows(2)
        .find(|pair| pair[1] != pair[0].wrapping_add(1))
        .unwrap();
    let missing: Vec<u16> = (1..hole[1].wrapping_sub(hole[0]))
        .map(|n| hole[0].wrapping_add(n))
        .collect();
    assert_eq!(missing.len(), 3);
    world.agent_speaks = false;
    world.run(ms(60));
    let source = world.client.heard[0].1.header.ssrc;
    let known = heard(&world).len();
    for _ in 0..4 {
        let nack = nack(&world, source, &missing);
        world.client.report(nack, world.now);
        world.run(ms(100));
    }
    let again = heard(&world)[known..].to_vec();
    // The client's own window against replays lets each through once.
    assert_eq!(again, missing);
    let counters = world.peer.counters();
    assert_eq!((counters.audio_resent, counters.resends_refused), (6, 6));
}

#[test]
fn nothing_is_sent_again_that_is_of_another_source_or_unknown_or_was_not_agreed_on() {
    for options in [ALL, Options::default()] {
        let mut world = World::connected(options);
        world.agent_speaks = false;
        world.run(ms(100));
        let source = world.client.heard[0].1.header.ssrc;
        let last = *heard(&world).last().unwrap();
        let known = heard(&world).len();
        let asked = match options.nack {
            true => (source ^ 1, last),
            false => (source, last),
        };
        let foreign = nack(&world, asked.0, &[asked.1]);
        world.client.report(foreign, world.now);
        let unknown = nack(&world, source, &[last.wrapping_add(1_000)]);
        world.client.report(unknown, world.now);
        world.run(ms(100));
        assert_eq!(heard(&world).len(), known);
        assert_eq!(world.peer.counters().audio_resent, 0);
    }
}

#[test]
fn what_we_ask_for_reaches_the_client_and_its_answer_reaches_us() {
    let mut world = World::connected(ALL);
    world.run(ms(100));
    world.loss = 1.0;
    world.run(ms(20));
    let lost = world.client.sent.last().unwrap().clone();
    world.loss = 0.0;
    world.run(ms(60));
    world.peer.request_again(&[lost.header.sequence_number], world.now);
    world.run(ms(60));
    let asked: Vec<u16> = world
        .client
        .feedback
        .iter()
        .filter_map(|packet| packet.as_any().downcast_ref::<TransportLayerNack>())
        .filter(|nack| nack.media_ssrc == SSRC)
        .flat_map(|nack| nack.nacks.iter().flat_map(|pair| pair.packet_list()))
        .collect();
    assert_eq!(asked, [lost.header.sequence_number]);
    world.client.write(lost.clone(), world.now);
    world.run(ms(60));
    let came = packets(&world)
        .iter()
        .filter(|packet| packet.sequence == lost.header.sequence_number)
        .count();
    assert_eq!(came, 1);
    // Where it was not agreed on nobody is asked.
    let mut world = World::connected(Options::default());
    while world.peer.poll_transmit().is_some() {}
    world.peer.request_again(&[1], world.now);
    assert!(world.peer.poll_transmit().is_none());
}

#[test]
fn arrivals_are_reported_for_the_clients_congestion_control() {
    let mut world = World::connected(ALL);
    world.client.feedback.clear();
    let sent = world.client.sent.len();
    world.run(ms(2_000));
    let sent = world.client.sent.len() - sent;
    let reports: Vec<&TransportLayerCc> = world
        .client
        .feedback
        .iter()
        .filter_map(|packet| packet.as_any().downcast_ref())
        .collect();
    assert!((9..=11).contains(&reports.len()), "{} in 2 s", reports.len());
    let reported: u16 = reports.iter().map(|report| report.packet_status_count).sum();
    assert!(usize::from(reported).abs_diff(sent) <= 12, "{reported} of {sent}");
    // Without being offered, nothing is reported.
    let mut world = World::connected(Options::default());
    world.run(ms(1_000));
    assert!(world.client.feedback.is_empty());
}

#[test]
fn the_clients_estimate_of_the_bandwidth_is_told() {
    let mut world = World::connected(ALL);
    let source = world.client.heard[0].1.header.ssrc;
    let estimate = ReceiverEstimatedMaximumBitrate {
        sender_ssrc: SSRC,
        bitrate: 64_000.0,
        ssrcs: vec![source],
    };
    world.client.report(Box::new(estimate), world.now);
    world.run(ms(100));
    let told = world.events_of(|event| matches!(event, PeerEvent::Bandwidth(_)));
    assert_eq!(told.len(), 1);
    let PeerEvent::Bandwidth(bits) = told[0].1 else {
        unreachable!()
    };
    assert!((63_000..=64_000).contains(&bits), "{bits}");
}

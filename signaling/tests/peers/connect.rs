//! Coming in, talking both ways, and leaving.

use std::time::Duration;

use colloquy_signaling::peer::{Failure, Receipt};
use colloquy_signaling::{PeerEvent, Transport};
use rtc::peer_connection::state::RTCPeerConnectionState;

use crate::client::{LEVEL, Options, SSRC};
use crate::world::{NAT, World, addr, ms};

/// Joins over a bad network.
const JOINS: u64 = 400;
/// Whoever isn't in by then has given up.
const NEVER: Duration = Duration::from_secs(15);

#[test]
fn a_peer_connects_in_four_and_a_half_round_trips() {
    let mut world = World::new(Options::default());
    world.run(ms(2000));
    let connected = world.first(PeerEvent::Connected).expect("it connects");
    // Check, nomination, ClientHello, the same with the cookie, Finished: the client begins each, and we answer each within
    // the instant. One way takes 25 ms.
    assert_eq!(connected, ms(225));
}

#[test]
fn audio_flows_both_ways_with_levels() {
    let mut world = World::connected(Options::default());
    let from = world.now;
    world.run(ms(2000));
    assert_eq!(world.received_between(from, world.now), 100);
    let packets: Vec<_> = world
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            PeerEvent::Rtp(packet) => Some(packet),
            _ => None,
        })
        .collect();
    for pair in packets.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
    }
    for packet in &packets {
        assert_eq!(packet.level, Some(LEVEL));
        assert_eq!(packet.payload[..], packet.sequence.to_be_bytes());
        assert_eq!(packet.timestamp, u32::from(packet.sequence) * 960);
    }
    let heard: Vec<_> = world.client.heard.iter().filter(|(at, _)| *at >= from).collect();
    assert_eq!(heard.len(), 100);
    for pair in heard.windows(2) {
        let (before, after) = (&pair[0].1.header, &pair[1].1.header);
        assert_eq!(after.sequence_number, before.sequence_number.wrapping_add(1));
        assert_eq!(after.timestamp.wrapping_sub(before.timestamp), 960);
        assert_eq!(after.payload_type, 111);
    }
    assert_eq!(world.peer.counters().rtp_refused, 0);
}

#[test]
fn a_client_with_its_own_payload_type_is_served_with_that() {
    let world = World::connected(Options {
        payload_type: 109,
        ..Options::default()
    });
    assert!(world.answer.contains("a=rtpmap:109 opus/48000/2"));
    assert!(world.answer.contains("a=fmtp:109 minptime=10;useinbandfec=1"));
    assert!(world.peer.counters().rtp_received > 30);
    assert!(
        world
            .client
            .heard
            .iter()
            .all(|(_, packet)| packet.header.payload_type == 109)
    );
}

#[test]
fn a_source_that_the_offer_does_not_declare_is_heard() {
    let mut world = World::with(Options::default(), &crate::world::config(), |offer| {
        offer
            .lines()
            .filter(|line| !line.starts_with("a=ssrc"))
            .map(|line| format!("{line}\r\n"))
            .collect()
    });
    world.run(ms(1000));
    assert_eq!(world.events_of(|event| *event == PeerEvent::Source(SSRC)).len(), 1);
    assert_eq!(world.peer.remote_ssrc(), Some(SSRC));
    assert!(world.peer.counters().rtp_received > 30);
}

#[test]
fn a_client_that_only_has_tcp_connects() {
    let mut world = World::new(Options {
        transport: Transport::Tcp,
        ..Options::default()
    });
    world.run(ms(2000));
    assert!(world.first(PeerEvent::Connected).is_some());
    assert!(world.peer.counters().rtp_received > 50);
    assert!(world.client.heard.len() > 50);
}

#[test]
fn a_wildcard_socket_stands_for_the_address_that_was_advertised() {
    let mut world = World::connected(Options::default());
    world.run(ms(30));
    world.loss = 1.0;
    world.run(ms(20));
    let packet = world.last_srtp.clone();
    let wildcard = addr("0.0.0.0:7882");
    let receipt = world
        .peer
        .handle_datagram(wildcard, addr(NAT), Transport::Udp, packet, world.now);
    assert_eq!(receipt, Receipt::Authenticated);
    assert_eq!(world.peer.counters().path_changes, 0);
}

#[test]
fn a_peer_connects_through_loss() {
    for percent in [5, 20] {
        let mut world = World::new(Options::default());
        world.loss = f64::from(percent) / 100.0;
        world.run(Duration::from_secs(20));
        assert!(world.peer.is_connected(), "at {percent}%");
        assert!(world.client.heard.len() > 500, "at {percent}%");
    }
}

/// 5% lost at random and 10% in bursts, 40 ms jitter. How long each of so many joins takes, sorted; 15 s is never.
fn joins(joins: u64, insists: bool) -> Vec<Duration> {
    let config = crate::world::config();
    let mut waits = Vec::new();
    for seed in 0..joins {
        let options = Options {
            check: ms(50),
            insists,
            ..Options::default()
        };
        let mut world = World::with(options, &config, |offer| offer);
        world.seed(seed);
        (world.loss, world.bursts, world.jitter) = (0.05, Some((0.10, 3.0)), ms(40));
        while (!world.peer.is_connected() || world.client.heard.is_empty()) && world.now - world.start < NEVER {
            world.run(ms(50));
        }
        if world.now - world.start >= NEVER {
            let phases: Vec<_> = world.events_of(|event| !matches!(event, PeerEvent::Rtp(_)));
            let (states, is_broken) = (&world.client.states, world.client.is_broken);
            println!("{seed}: {phases:?} {states:?}, broken: {is_broken}");
        }
        waits.push(world.now - world.start);
    }
    waits.sort();
    let of = |percent: usize| waits[(waits.len() - 1) * percent / 100];
    let never = waits.iter().filter(|wait| **wait >= NEVER).count();
    println!(
        "p50 {:?}, p95 {:?}, p99 {:?}, {never} of {joins} never",
        of(50),
        of(95),
        of(99)
    );
    waits
}

#[test]
fn through_bursts_of_loss_98_of_100_clients_that_insist_as_browsers_do_connect_within_15_seconds() {
    let waits = joins(JOINS, true);
    let never = waits.iter().filter(|wait| **wait >= NEVER).count() as u64;
    assert!(never * 100 <= JOINS * 2, "{never} of {JOINS}");
    assert!(waits[waits.len() / 2] <= ms(1_000), "{waits:?}");
}

/// Without copies of our side of the DTLS handshake 46 of 400 don't make it. The rest is the other side's: it is the same core, which
/// says each of its flights once a second, seven times at most, and has no copies.
#[test]
fn through_bursts_of_loss_nine_of_ten_clients_that_do_not_insist_connect_within_15_seconds() {
    let waits = joins(JOINS, false);
    let never = waits.iter().filter(|wait| **wait >= NEVER).count() as u64;
    assert!(never * 10 <= JOINS, "{never} of {JOINS}");
}

#[test]
fn the_client_reports_loss_and_checks_measure_the_round_trip() {
    let mut world = World::connected(Options::default());
    world.loss = 0.2;
    world.run(Duration::from_secs(20));
    let worst = world
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            PeerEvent::LossReport(report) => Some(report.fraction),
            _ => None,
        })
        .fold(0.0, f32::max);
    assert!((0.1..0.6).contains(&worst), "{worst}");
    let trips: Vec<_> = world
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            PeerEvent::RoundTrip(trip) => Some(*trip),
            _ => None,
        })
        .collect();
    assert!(trips.len() >= 5);
    assert!(trips.iter().all(|trip| *trip == ms(50)), "{trips:?}");
}

#[test]
fn our_goodbye_reaches_the_client() {
    let mut world = World::connected(Options::default());
    world.peer.close(world.now);
    world.run(ms(1000));
    assert!(world.first(PeerEvent::Closed).is_some());
    assert!(world.peer.is_ended());
    assert_eq!(world.peer.poll_timeout(), None);
    let before = world.client.heard.len();
    world.run(ms(1000));
    assert_eq!(world.client.heard.len(), before);
    assert!(world.peer.counters().audio_unsent > 0);
}

#[test]
fn the_clients_goodbye_ends_the_peer_at_once() {
    for events in [true, false] {
        let mut world = World::connected(Options {
            events,
            ..Options::default()
        });
        let left = world.now - world.start;
        rtc::sansio::Protocol::close(&mut world.client.core).unwrap();
        world.client.speaking = false;
        world.run(ms(1000));
        let closed = world.first(PeerEvent::Closed).expect("the peer ends");
        assert!(closed <= left + ms(30), "left at {left:?}, closed at {closed:?}");
        assert!(world.client.states.contains(&RTCPeerConnectionState::Closed));
    }
}

#[test]
fn silence_ends_a_peer_within_thirty_seconds_and_leaves_nothing_to_do() {
    // Whenever it begins between two checks.
    for n in 0..10 {
        let mut world = World::connected(Options::default());
        world.run(ms(2_000 + n * 250));
        let silent_from = world.now - world.start;
        world.loss = 1.0;
        world.run(Duration::from_secs(40));
        let disconnected = world.first(PeerEvent::Disconnected).expect("it is noticed") - silent_from;
        let failed = world
            .first(PeerEvent::Failed(Failure::ConsentLost))
            .expect("consent expires")
            - silent_from;
        // The client's last check was up to one keepalive interval before the silence.
        assert!((ms(2_500)..ms(7_000)).contains(&disconnected), "{disconnected:?}");
        assert!((ms(26_000)..=ms(30_000)).contains(&failed), "{failed:?}");
        assert!(world.peer.is_ended());
        assert_eq!(world.peer.poll_timeout(), None);
        assert!(world.peer.poll_transmit().is_none());
    }
}

#[test]
fn a_peer_comes_back_after_a_short_silence() {
    let mut world = World::connected(Options::default());
    world.loss = 1.0;
    world.run(Duration::from_secs(12));
    assert!(world.first(PeerEvent::Disconnected).is_some());
    world.loss = 0.0;
    world.run(Duration::from_secs(5));
    assert_eq!(world.events_of(|event| *event == PeerEvent::Connected).len(), 2);
    let recent = world.now - ms(1000);
    assert!(world.received_between(recent, world.now) >= 49);
}

#[test]
fn a_client_that_never_comes_fails_as_unreachable() {
    let mut world = World::new(Options::default());
    world.loss = 1.0;
    world.run(Duration::from_secs(60));
    assert!(world.first(PeerEvent::Failed(Failure::Unreachable)).is_some());
}

#[test]
fn expired_timers_do_not_spin() {
    let mut world = World::connected(Options::default());
    let before = world.timeouts;
    world.run(Duration::from_secs(10));
    let wakeups = world.timeouts - before;
    assert!(wakeups < 1000, "{wakeups} wake-ups in 10 s");
}

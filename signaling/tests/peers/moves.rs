//! A client whose NAT gives it a new address in the middle of the call.

use std::time::Duration;

use bytes::BytesMut;
use colloquy_signaling::{Path, Route, Transport};

use crate::checks::{Check, attribute, success};
use crate::client::Options;
use crate::world::{NAT, TCP, UDP, World, addr, ms};

const MOVED: &str = "203.0.113.1:2222";

/// A check of the client's, nominating, as Chromium sends one every 2.5 s.
fn nomination(world: &World, offer: &str) -> BytesMut {
    Check {
        username: format!("{}:{}", world.peer.local_ufrag(), attribute(offer, "ice-ufrag")),
        password: attribute(&world.answer, "ice-pwd"),
        nominates: true,
        controlled: false,
    }
    .bytes()
}

fn connected() -> (World, String) {
    let mut world = World::connected(Options::default());
    let offer = world.client.core.local_description().unwrap().sdp;
    world.run(Duration::from_secs(4));
    (world, offer)
}

#[test]
fn audio_from_the_new_address_takes_ours_along() {
    let (mut world, _) = connected();
    world.nat = addr(MOVED);
    let moved = world.now;
    world.run(Duration::from_secs(60));
    assert!(world.peer.is_connected());
    assert_eq!(world.peer.counters().path_changes, 1);
    let gap = world.client.longest_gap(moved, world.now);
    assert!(gap <= ms(100), "the agent was silent for {gap:?}");
    assert!(world.received_between(moved, world.now) >= 2990);
    // Consent is kept up over the new path: nothing of ours goes to the old one any more.
    let lost = world.dropped_by_nat;
    world.run(Duration::from_secs(10));
    assert_eq!(world.dropped_by_nat, lost);
}

#[test]
fn a_move_over_a_bad_network_is_no_longer_gap_than_half_a_second() {
    for n in 0..8 {
        let (mut world, _) = connected();
        world.run(ms(n * 20));
        world.loss = 0.05;
        world.delay = ms(60);
        world.run(ms(1_000));
        world.nat = addr(MOVED);
        let moved = world.now;
        world.run(Duration::from_secs(8));
        let gaps = [
            world.client.longest_gap(moved, world.now),
            world.longest_gap(moved, world.now),
        ];
        assert!(gaps.iter().all(|gap| *gap < ms(500)), "{gaps:?}");
        assert_eq!(world.peer.counters().path_changes, 1);
    }
}

#[test]
fn a_nomination_from_the_new_address_moves_a_client_that_is_silent() {
    let (mut world, offer) = connected();
    world.client.speaking = false;
    world.nat = addr(MOVED);
    let moved = world.now;
    world.run(ms(1200));
    assert_eq!(world.peer.counters().path_changes, 0);
    let check = nomination(&world, &offer);
    assert!(world.arrive(Transport::Udp, addr(MOVED), check));
    world.run(Duration::from_secs(40));
    let gap = world.client.longest_gap(moved, world.now);
    assert!(gap < Duration::from_secs(2), "the agent was silent for {gap:?}");
    assert_eq!(world.peer.counters().path_changes, 1);
    assert!(world.peer.is_connected());
}

#[test]
fn a_check_that_does_not_nominate_moves_nothing() {
    let (mut world, offer) = connected();
    let check = Check {
        username: format!("{}:{}", world.peer.local_ufrag(), attribute(&offer, "ice-ufrag")),
        password: attribute(&world.answer, "ice-pwd"),
        nominates: false,
        controlled: false,
    };
    assert!(world.arrive(Transport::Udp, addr(MOVED), check.bytes()));
    let answered: Vec<_> = std::iter::from_fn(|| world.peer.poll_transmit()).collect();
    let to_the_new = answered
        .iter()
        .filter(|transmit| transmit.path == Path::udp(addr(UDP), addr(MOVED)))
        .count();
    assert!(to_the_new >= 1, "it is answered where it came from");
    assert_eq!(world.peer.counters().path_changes, 0);
}

#[test]
fn a_client_may_move_again_and_back() {
    let (mut world, _) = connected();
    let moved = world.now;
    for address in [MOVED, "203.0.113.1:3333", NAT, MOVED] {
        world.nat = addr(address);
        world.run(Duration::from_secs(8));
    }
    let gap = world.client.longest_gap(moved, world.now);
    assert!(gap <= ms(100), "the agent was silent for {gap:?}");
    assert_eq!(world.peer.counters().path_changes, 4);
    assert!(world.peer.is_connected());
}

/// Where our audio goes at the moment.
fn audio_path(world: &mut World) -> Path {
    while world.peer.poll_transmit().is_some() {}
    let payload = bytes::Bytes::from_static(&[1]);
    world.peer.send_audio(payload, 0, false, world.now);
    world.peer.poll_transmit().unwrap().path
}

#[test]
fn a_nomination_moves_a_client_only_when_the_new_path_works_both_ways() {
    let (mut world, offer) = connected();
    let (first, second) = (Path::udp(addr(UDP), addr(NAT)), Path::tcp(addr(TCP), addr(MOVED)));
    world.client.speaking = false;
    world.run(ms(100));
    while world.peer.poll_transmit().is_some() {}

    let check = nomination(&world, &offer);
    assert!(world.arrive(Transport::Tcp, addr(MOVED), check.clone()));
    let sent: Vec<_> = std::iter::from_fn(|| world.peer.poll_transmit()).collect();
    let paths: Vec<_> = sent.iter().map(|transmit| transmit.path).collect();
    assert_eq!(paths, [second], "the peer checks the path itself first");
    // A replay of the client's check gets an attacker no further than this.
    assert!(world.arrive(Transport::Tcp, addr(MOVED), check));
    assert_eq!(audio_path(&mut world), first);

    let check = nomination(&world, &offer);
    assert!(world.arrive(Transport::Tcp, addr(MOVED), check));
    let checked = world.peer.poll_transmit().unwrap();
    assert_eq!(checked.path, second);
    let forged = success(&checked.bytes, "a password that is not the client's", addr(TCP));
    assert!(world.arrive(Transport::Tcp, addr(MOVED), forged));
    assert_eq!(audio_path(&mut world), first);

    let check = nomination(&world, &offer);
    assert!(world.arrive(Transport::Tcp, addr(MOVED), check));
    let checked = world.peer.poll_transmit().unwrap();
    let response = success(&checked.bytes, attribute(&offer, "ice-pwd"), addr(TCP));
    assert!(world.arrive(Transport::Tcp, addr(MOVED), response));
    assert_eq!(audio_path(&mut world), second);
    assert_eq!(world.peer.counters().path_changes, 1);
}

#[test]
fn a_replayed_packet_from_elsewhere_moves_nothing() {
    let (mut world, _) = connected();
    world.run(ms(30));
    let captured = world.last_srtp.clone();
    world.run(ms(30));
    let refused = world.peer.counters().rtp_refused;
    assert_eq!(
        world.demux.route(Transport::Udp, addr("198.51.100.66:6666"), &captured),
        Some(Route::Claimed(1))
    );
    world.arrive(Transport::Udp, addr("198.51.100.66:6666"), captured);
    assert_eq!(world.peer.counters().rtp_refused, refused + 1);
    assert_eq!(world.peer.counters().path_changes, 0);
}

#[test]
fn a_late_packet_from_the_old_address_does_not_move_the_client_back() {
    let (mut world, _) = connected();
    // One packet is held up on the old path while the client moves.
    world.loss = 1.0;
    world.run(ms(20));
    let held_up = world.last_srtp.clone();
    world.loss = 0.0;
    world.run(ms(20));
    world.nat = addr(MOVED);
    world.run(ms(200));
    let received = world.peer.counters().rtp_received;
    world.arrive(Transport::Udp, addr(NAT), held_up);
    assert_eq!(world.peer.counters().rtp_received, received + 1);
    assert_eq!(world.peer.counters().path_changes, 1);
}

//! What attackers and broken networks send. It is dropped and counted, and the call goes on.

use std::cell::RefCell;
use std::time::Duration;

use bytes::BytesMut;
use colloquy_signaling::Transport;
use colloquy_signaling::peer::Receipt;
use proptest::prelude::*;

use crate::checks::{Check, attribute};
use crate::client::Options;
use crate::world::{NAT, UDP, World, addr, ms};

const ATTACKER: &str = "198.51.100.66:6666";

fn feed(world: &mut World, from: &str, bytes: &[u8]) -> Receipt {
    let now = world.now;
    world
        .peer
        .handle_datagram(addr(UDP), addr(from), Transport::Udp, BytesMut::from(bytes), now)
}

/// The call goes on as if nothing had been.
fn still_well(mut world: World) {
    let from = world.now;
    world.run(Duration::from_secs(2));
    assert!(world.peer.is_connected());
    assert!(world.received_between(from, world.now) >= 98);
    assert!(world.client.longest_gap(from, world.now) <= ms(60));
}

#[test]
fn garbage_is_dropped_and_counted() {
    let mut world = World::connected(Options::default());
    for bytes in [&[][..], &[70; 100], &[250; 100], &[5; 30], &[22; 5], &[0x80, 111, 0]] {
        assert_eq!(feed(&mut world, NAT, bytes), Receipt::Dropped);
    }
    assert_eq!(world.peer.counters().garbage, 6);
    still_well(world);
}

#[test]
fn truncated_and_forged_srtp_is_refused() {
    let mut world = World::connected(Options::default());
    world.run(ms(30));
    let mut forged = world.last_srtp.to_vec();
    // A sequence number that has not been seen, so that only the tag can tell.
    forged[3] = forged[3].wrapping_add(50);
    let before = world.peer.counters();
    assert_eq!(feed(&mut world, NAT, &forged), Receipt::Dropped);
    let cut = &forged[..forged.len() - 3];
    assert_eq!(feed(&mut world, NAT, cut), Receipt::Dropped);
    assert_eq!(feed(&mut world, NAT, &forged[..13]), Receipt::Dropped);
    let after = world.peer.counters();
    assert_eq!(after.rtp_refused - before.rtp_refused, 2);
    assert_eq!(after.garbage - before.garbage, 1);
    assert_eq!(after.rtp_received, before.rtp_received);
    still_well(world);
}

#[test]
fn forged_srtp_before_the_clients_first_does_not_shut_the_client_out() {
    let mut world = World::new(Options::default());
    world.client.speaking = false;
    world.run(Duration::from_secs(2));
    assert!(world.peer.is_connected());
    // From elsewhere, with the client's source, and numbers half the space ahead of what it will send.
    let mut forged = vec![0x80, 111];
    for ahead in [1u16, 20_000, 32_000] {
        forged.truncate(2);
        forged.extend(ahead.to_be_bytes());
        forged.extend([0; 4]);
        forged.extend(crate::client::SSRC.to_be_bytes());
        forged.extend([0x55; 60]);
        assert_eq!(feed(&mut world, ATTACKER, &forged), Receipt::Dropped);
    }
    let report = [&[0x80, 200, 0, 6][..], &crate::client::SSRC.to_be_bytes(), &[0x55; 40]].concat();
    assert_eq!(feed(&mut world, ATTACKER, &report), Receipt::Dropped);
    assert_eq!(world.peer.counters().rtp_refused, 4);
    world.client.speaking = true;
    still_well(world);
}

#[test]
fn replayed_srtp_is_refused() {
    let mut world = World::connected(Options::default());
    world.run(ms(30));
    let replay = world.last_srtp.clone();
    world.run(ms(30));
    let before = world.peer.counters();
    for _ in 0..5 {
        assert_eq!(feed(&mut world, NAT, &replay), Receipt::Dropped);
    }
    assert_eq!(world.peer.counters().rtp_refused - before.rtp_refused, 5);
    still_well(world);
}

#[test]
fn srtp_before_there_are_keys_is_counted() {
    let mut world = World::new(Options::default());
    assert_eq!(feed(&mut world, NAT, &[0x80; 60]), Receipt::Dropped);
    assert_eq!(world.peer.counters().rtp_early, 1);
    world.run(ms(1000));
    still_well(world);
}

#[test]
fn checks_for_another_fragment_never_reach_the_peer() {
    let mut world = World::connected(Options::default());
    let check = Check {
        username: "mallory:x".into(),
        password: "p",
        nominates: true,
        controlled: false,
    };
    assert!(!world.arrive(Transport::Udp, addr(ATTACKER), check.bytes()));
    assert_eq!(world.demux.counters().foreign_ufrag, 1);
    still_well(world);
}

#[test]
fn checks_with_the_wrong_password_are_refused_and_move_nothing() {
    let mut world = World::connected(Options::default());
    let check = Check {
        username: format!("{}:{}", world.peer.local_ufrag(), world.peer.offer().ufrag()),
        password: "notthepasswordnotthepassword",
        nominates: true,
        controlled: false,
    };
    assert!(world.arrive(Transport::Udp, addr(ATTACKER), check.bytes()));
    assert_eq!(world.peer.counters().stun_refused, 1);
    assert_eq!(world.peer.counters().path_changes, 0);
    assert!(world.peer.poll_transmit().is_none());
    still_well(world);
}

#[test]
fn a_claimed_role_conflict_changes_nothing() {
    let mut world = World::connected(Options::default());
    let check = Check {
        username: format!("{}:x", world.peer.local_ufrag()),
        password: "p",
        nominates: false,
        controlled: true,
    };
    assert_eq!(feed(&mut world, NAT, &check.bytes()), Receipt::Dropped);
    assert_eq!(world.peer.counters().stun_ignored, 1);
    still_well(world);
}

#[test]
fn checks_from_ever_new_addresses_are_bounded() {
    let mut world = World::connected(Options::default());
    let check = Check {
        username: format!("{}:{}", world.peer.local_ufrag(), world.peer.offer().ufrag()),
        password: attribute(&world.answer, "ice-pwd"),
        nominates: false,
        controlled: false,
    };
    let check = check.bytes();
    for port in 10_000..10_100u16 {
        let from = format!("198.51.100.66:{port}");
        feed(&mut world, &from, &check);
    }
    assert_eq!(world.peer.counters().too_many_paths, 37);
    still_well(world);
}

#[test]
fn an_alert_in_the_clear_ends_nothing() {
    let mut world = World::connected(Options::default());
    for alert in [[1, 0], [2, 0], [2, 40]] {
        let mut record = vec![21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 99, 0, 2];
        record.extend(alert);
        feed(&mut world, NAT, &record);
    }
    still_well(world);
}

#[test]
fn random_datagrams_from_the_clients_own_address_do_no_harm() {
    let world = RefCell::new(World::connected(Options::default()));
    proptest!(ProptestConfig::with_cases(400), |(
        first in prop_oneof![0u8..4, 20u8..64, 128u8..192, any::<u8>()],
        rest in proptest::collection::vec(any::<u8>(), 0..300),
    )| {
        let mut bytes = vec![first];
        bytes.extend(rest);
        feed(&mut world.borrow_mut(), NAT, &bytes);
    });
    still_well(world.into_inner());
}

#[test]
fn mutations_of_real_datagrams_do_no_harm() {
    let mut world = World::connected(Options::default());
    world.run(ms(30));
    let srtp = world.last_srtp.to_vec();
    let check = Check {
        username: format!("{}:{}", world.peer.local_ufrag(), world.peer.offer().ufrag()),
        password: attribute(&world.answer, "ice-pwd"),
        nominates: true,
        controlled: false,
    }
    .bytes()
    .to_vec();
    let world = RefCell::new(world);
    proptest!(ProptestConfig::with_cases(400), |(
        of_check in any::<bool>(), at in any::<prop::sample::Index>(), flips in 1..=u8::MAX, cut in any::<prop::sample::Index>(),
    )| {
        let mut bytes = if of_check { check.clone() } else { srtp.clone() };
        let at = at.index(bytes.len());
        // Whole and unchanged it would be the client's own packet, still on its way, that somebody carried faster: that moves.
        bytes[at] ^= flips;
        bytes.truncate(cut.index(bytes.len()) + 1);
        feed(&mut world.borrow_mut(), ATTACKER, &bytes);
    });
    let world = world.into_inner();
    assert_eq!(world.peer.counters().path_changes, 0);
    still_well(world);
}

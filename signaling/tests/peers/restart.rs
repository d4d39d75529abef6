//! ICE restart and trickle by fragments, as WHIP PATCH brings them.

use std::time::Duration;

use colloquy_signaling::peer::{Failure, RestartError};
use colloquy_signaling::{Fragment, PeerEvent, Transport};

use crate::checks::attribute;
use crate::client::Options;
use crate::world::{NAT, World, addr, ms};

/// Restarts ICE at both ends, the fragments going through their text form and taking 50 ms each way.
fn restart(world: &mut World) {
    let offer = world.client.restart(world.now);
    let fragment = format!(
        "a=ice-ufrag:{}\r\na=ice-pwd:{}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:{}\r\n",
        attribute(&offer, "ice-ufrag"),
        attribute(&offer, "ice-pwd"),
        attribute(&offer, "candidate"),
    );
    let fragment = Fragment::parse(&fragment).unwrap();
    assert!(world.peer.is_restart(&fragment));
    world.run(ms(50));
    let before = world.peer.local_ufrag().to_owned();
    let ours = world.peer.restart(&fragment, world.now).unwrap();
    world.register();
    let ours = Fragment::parse(&ours.render()).unwrap();
    assert_ne!(world.peer.local_ufrag(), before);
    assert_eq!(ours.ufrag.as_deref(), Some(world.peer.local_ufrag()));
    assert_eq!(ours.candidates.len(), 2, "{ours:?}");
    world.run(ms(50));
    // A WHIP client has no new answer: it puts the new credentials into the one that it has.
    let answer = world
        .answer
        .replace(attribute(&world.answer, "ice-ufrag"), ours.ufrag.as_deref().unwrap())
        .replace(attribute(&world.answer, "ice-pwd"), ours.pwd.as_deref().unwrap());
    world.answer = answer.clone();
    world.client.accept(answer, world.now);
}

#[test]
fn a_restart_keeps_the_call_alive() {
    let mut world = World::connected(Options::default());
    world.run(Duration::from_secs(3));
    let from = world.now;
    restart(&mut world);
    world.run(Duration::from_secs(8));
    let gap = world.client.longest_gap(from, world.now);
    assert!(gap < ms(500), "the agent was silent for {gap:?}");
    let gap = world.longest_gap(from, world.now);
    assert!(gap < ms(500), "the client was silent for {gap:?}");
    let now = world.now;
    assert!(world.received_between(now - ms(1000), now) >= 49);
    world.peer.send_events_message("still here", now);
    world.run(ms(500));
    assert_eq!(world.client.messages, ["still here"]);
    assert_eq!(world.peer.counters().rtp_refused, 0);
}

#[test]
fn a_restart_over_a_bad_network_is_no_longer_gap_than_half_a_second() {
    for start in 0..8 {
        let mut world = World::connected(Options {
            check: ms(50),
            ..Options::default()
        });
        // Another start falls on other packets.
        world.run(ms(3_000 + start * 20));
        world.loss = 0.05;
        world.delay = ms(60);
        let from = world.now;
        restart(&mut world);
        world.run(Duration::from_secs(8));
        let gaps = [
            world.client.longest_gap(from, world.now),
            world.longest_gap(from, world.now),
        ];
        assert!(gaps.iter().all(|gap| *gap < ms(500)), "{gaps:?}");
    }
}

#[test]
fn audio_that_falls_between_two_ice_sessions_is_counted() {
    let mut world = World::connected(Options::default());
    world.loss = 1.0;
    world.run(ms(20));
    let on_the_way = world.last_srtp.clone();
    let fragment = Fragment {
        ufrag: Some("fresh".into()),
        pwd: Some("p".repeat(24)),
        ..Fragment::default()
    };
    world.peer.restart(&fragment, world.now).unwrap();
    let before = world.peer.counters();
    world.arrive(Transport::Udp, addr(NAT), on_the_way);
    let payload = bytes::Bytes::from_static(&[1]);
    world.peer.send_audio(payload, 0, false, world.now);
    let after = world.peer.counters();
    assert_eq!(after.rtp_restarting - before.rtp_restarting, 1);
    assert_eq!(after.audio_unsent - before.audio_unsent, 1);
    assert_eq!(after.rtp_refused, before.rtp_refused);
}

#[test]
fn a_client_in_a_new_network_comes_back_by_a_restart() {
    let mut world = World::connected(Options::default());
    world.run(Duration::from_secs(3));
    world.loss = 1.0;
    world.run(Duration::from_secs(10));
    world.loss = 0.0;
    world.nat = addr("198.51.100.7:9999");
    restart(&mut world);
    world.run(Duration::from_secs(5));
    let now = world.now;
    assert!(world.received_between(now - ms(1000), now) >= 49);
    assert!(world.client.longest_gap(now - ms(1000), now) <= ms(40));
}

#[test]
fn a_restart_revives_a_peer_whose_consent_had_expired() {
    let mut world = World::connected(Options::default());
    world.loss = 1.0;
    world.run(Duration::from_secs(40));
    assert!(world.first(PeerEvent::Failed(Failure::ConsentLost)).is_some());
    world.loss = 0.0;
    restart(&mut world);
    world.run(Duration::from_secs(5));
    let now = world.now;
    assert!(world.peer.is_connected());
    assert!(world.received_between(now - ms(1000), now) >= 49);
    assert!(world.client.longest_gap(now - ms(1000), now) <= ms(40));
}

#[test]
fn restarts_can_follow_each_other() {
    let mut world = World::connected(Options::default());
    for _ in 0..3 {
        restart(&mut world);
        world.run(Duration::from_secs(4));
    }
    let now = world.now;
    assert!(world.received_between(now - ms(1000), now) >= 49);
    assert!(world.client.longest_gap(now - ms(1000), now) <= ms(40));
}

#[test]
fn trickled_candidates_are_checked_and_useless_ones_counted() {
    let mut world = World::new(Options::default());
    let ufrag = world.peer.offer().ufrag().to_owned();
    let fragment = Fragment::parse(&format!(
        "a=ice-ufrag:{ufrag}\r\na=ice-pwd:{}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n\
         a=candidate:1 1 udp 2122260223 198.51.100.20 61764 typ host\r\n\
         a=candidate:2 1 udp 2122260222 8f2d.local 61765 typ host\r\n\
         a=candidate:3 1 tcp 1518280447 198.51.100.20 9 typ host tcptype active\r\n",
        "p".repeat(24)
    ))
    .unwrap();
    assert!(!world.peer.is_restart(&fragment));
    let now = world.now;
    assert_eq!(world.peer.trickle(&fragment, now), Ok(()));
    assert_eq!(world.peer.counters().candidates_ignored, 2);
    world.peer.handle_timeout(now);
    let checked: Vec<_> = std::iter::from_fn(|| world.peer.poll_transmit())
        .map(|transmit| transmit.remote())
        .collect();
    assert!(checked.contains(&addr("198.51.100.20:61764")), "{checked:?}");
}

#[test]
fn fragments_that_fit_no_session_are_refused() {
    let mut world = World::connected(Options::default());
    let now = world.now;
    let fragment = |ufrag: &str| Fragment {
        ufrag: Some(ufrag.to_owned()),
        pwd: Some("p".repeat(24)),
        ..Fragment::default()
    };
    let current = world.peer.offer().ufrag().to_owned();
    assert_eq!(
        world.peer.trickle(&fragment("other"), now),
        Err(RestartError::ForeignSession)
    );
    assert_eq!(
        world.peer.restart(&fragment(&current), now),
        Err(RestartError::Unchanged)
    );
    assert_eq!(
        world.peer.restart(&Fragment::default(), now),
        Err(RestartError::NoCredentials)
    );
    world.peer.close(now);
    assert_eq!(world.peer.restart(&fragment("other"), now), Err(RestartError::Ended));
    assert_eq!(world.peer.trickle(&fragment(&current), now), Err(RestartError::Ended));
}

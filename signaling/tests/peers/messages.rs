//! The data channel `events`.

use std::time::Duration;

use colloquy_signaling::PeerEvent;
use colloquy_signaling::events::MAX_MESSAGE;

use crate::client::Options;
use crate::world::{World, ms};

fn received(world: &World) -> Vec<&str> {
    world
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            PeerEvent::EventsMessage(text) => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

#[test]
fn messages_flow_both_ways() {
    let mut world = World::connected(Options::default());
    assert!(world.first(PeerEvent::EventsOpen).is_some());
    for number in 0..20 {
        let now = world.now;
        world.client.send("events", &format!("up {number}"), now);
        world.peer.send_events_message(&format!("down {number}"), now);
        world.run(ms(20));
    }
    world.run(ms(500));
    let up: Vec<_> = (0..20).map(|number| format!("up {number}")).collect();
    let down: Vec<_> = (0..20).map(|number| format!("down {number}")).collect();
    assert_eq!(received(&world), up);
    assert_eq!(world.client.messages, down);
}

#[test]
fn messages_wait_until_the_channel_opens() {
    let mut world = World::new(Options::default());
    let now = world.now;
    world.peer.send_events_message("first", now);
    world.peer.send_events_message("second", now);
    world.run(ms(1000));
    assert_eq!(world.client.messages, ["first", "second"]);
}

#[test]
fn a_channel_opened_late_gets_what_waited() {
    let mut world = World::connected(Options::default());
    let now = world.now;
    world.client.channel("events").close().unwrap();
    world.run(ms(500));
    assert!(world.first(PeerEvent::EventsClosed).is_some());
    world.peer.send_events_message("meanwhile", now);
    world.client.channels.clear();
    world.client.core.create_data_channel("events", None).unwrap();
    world.run(ms(1000));
    assert_eq!(world.events_of(|event| *event == PeerEvent::EventsOpen).len(), 2);
    assert_eq!(world.client.messages, ["meanwhile"]);
}

#[test]
fn waiting_messages_are_bounded_and_the_newest_kept() {
    let mut world = World::new(Options::default());
    let now = world.now;
    for number in 0..300 {
        world.peer.send_events_message(&format!("{number}"), now);
    }
    assert_eq!(world.peer.counters().channel_overflow, 44);
    world.run(ms(2000));
    assert_eq!(world.client.messages.len(), 256);
    assert_eq!(world.client.messages[0], "44");
    assert_eq!(world.client.messages[255], "299");
}

#[test]
fn a_client_without_the_channel_is_served_all_the_same() {
    let mut world = World::new(Options {
        events: false,
        ..Options::default()
    });
    let now = world.now;
    world.peer.send_events_message("nobody listens", now);
    world.run(ms(1000));
    assert!(world.peer.is_connected());
    assert!(!world.answer.contains("m=application"));
    assert!(world.client.heard.len() > 20);
}

#[test]
fn binary_oversized_and_foreign_messages_are_dropped_and_counted() {
    let mut world = World::connected(Options::default());
    world.client.core.create_data_channel("other", None).unwrap();
    world.run(ms(500));
    let now = world.now;
    world.client.send_binary("events", &[1, 2, 3], now);
    world.client.send("events", &"x".repeat(MAX_MESSAGE + 1), now);
    world.client.send("other", "hello", now);
    world.client.send("events", &"x".repeat(MAX_MESSAGE), now);
    world.run(ms(1000));
    let counters = world.peer.counters();
    assert_eq!(
        (
            counters.channel_binary,
            counters.channel_oversized,
            counters.channel_foreign
        ),
        (1, 1, 1)
    );
    assert_eq!(received(&world).len(), 1);
}

#[test]
fn messages_survive_loss_in_order() {
    let mut world = World::connected(Options::default());
    world.loss = 0.1;
    for number in 0..100 {
        let now = world.now;
        world.peer.send_events_message(&format!("{number}"), now);
        world.run(ms(50));
    }
    world.run(Duration::from_secs(20));
    let expected: Vec<_> = (0..100).map(|number| number.to_string()).collect();
    assert_eq!(world.client.messages, expected);
}

use proptest::prelude::*;

use super::*;

mod asking;

/// A packet of 20 ms: configuration 9 (SILK wide-band, 20 ms), one frame.
const PAYLOAD: [u8; 3] = [0x48, 1, 2];

struct Line {
    buffer: JitterBuffer,
    start: Instant,
}

impl Line {
    fn new() -> Self {
        Self {
            buffer: JitterBuffer::default(),
            start: Instant::now(),
        }
    }

    /// Packet `n` comes at `ms`.
    fn insert(&mut self, n: u16, ms: u64) -> Inserted {
        let payload = Bytes::from_static(&PAYLOAD);
        self.buffer.insert(
            n,
            u32::from(n) * 960,
            payload,
            None,
            self.start + Duration::from_millis(ms),
        )
    }

    /// What is due at `ms`: sequence numbers, and gaps as negative counts.
    fn due(&mut self, ms: u64) -> Vec<i64> {
        let now = self.start + Duration::from_millis(ms);
        std::iter::from_fn(|| self.buffer.poll(now))
            .map(|playout| match playout {
                Playout::Packet { packet, .. } => packet.sequence as i64 - 65_536,
                Playout::Missing { packets, .. } => -(packets as i64),
            })
            .collect()
    }
}

#[test]
fn packets_in_order_are_due_at_once() {
    let mut line = Line::new();
    for n in 0..50 {
        line.insert(n, u64::from(n) * 20);
        assert_eq!(line.due(u64::from(n) * 20), [i64::from(n)]);
    }
    assert_eq!(
        line.buffer.counts(),
        Counts {
            received: 50,
            ..Counts::default()
        }
    );
}

#[test]
fn on_a_clean_network_a_lost_packet_costs_nothing_but_itself() {
    let mut line = Line::new();
    for n in (0..50).filter(|&n| n != 30) {
        line.insert(n, u64::from(n) * 20);
        let due = line.due(u64::from(n) * 20);
        assert_eq!(due, if n == 31 { vec![-1, 31] } else { vec![i64::from(n)] });
    }
    assert_eq!(line.buffer.counts().lost, 1);
}

#[test]
fn under_jitter_a_gap_waits_for_the_packet_that_overtook_it() {
    let mut line = Line::new();
    for n in 0..200u16 {
        line.insert(n, u64::from(n) * 20 + u64::from(n * 7 % 50));
        line.due(10_000);
    }
    line.insert(201, 201 * 20);
    assert_eq!(line.due(201 * 20), []);
    assert!(line.buffer.poll_timeout().is_some());
    line.insert(200, 201 * 20 + 10);
    assert_eq!(line.due(201 * 20 + 10), [200, 201]);
    assert_eq!(line.buffer.poll_timeout(), None);
}

#[test]
fn a_gap_is_given_up_at_its_deadline() {
    let mut line = Line::new();
    for n in 0..200u16 {
        line.insert(n, u64::from(n) * 20 + u64::from(n * 7 % 50));
        line.due(10_000);
    }
    line.insert(201, 201 * 20);
    let deadline = line.buffer.poll_timeout().unwrap();
    assert!(deadline <= line.start + Duration::from_millis(200 * 20 + 60));
    assert_eq!(line.due((deadline - line.start).as_millis() as u64 + 1), [-1, 201]);
}

#[test]
fn duplicates_and_latecomers_are_told_apart() {
    let mut line = Line::new();
    for n in [0, 1, 3] {
        line.insert(n, u64::from(n) * 20);
        line.due(u64::from(n) * 20);
    }
    assert_eq!(line.insert(1, 70), Inserted::Duplicate);
    assert_eq!(line.insert(2, 71), Inserted::Late);
    assert_eq!(line.insert(2, 72), Inserted::Duplicate);
    assert_eq!(line.due(73), []);
    let expected = Counts {
        received: 6,
        lost: 1,
        gaps: 1,
        late: 1,
        duplicate: 2,
        ..Counts::default()
    };
    assert_eq!(line.buffer.counts(), expected);
}

#[test]
fn after_an_outage_and_a_burst_packets_are_due_at_once_again() {
    let mut line = Line::new();
    for n in 0..50u16 {
        line.insert(n, u64::from(n) * 20);
        line.due(u64::from(n) * 20);
    }
    // Two seconds arrive together at 3 s, the first of them lost.
    for n in 51..150u16 {
        line.insert(n, 3_000);
        line.due(3_000);
    }
    for n in 150..200u16 {
        let ms = u64::from(n) * 20;
        line.insert(n, ms);
        assert_eq!(line.due(ms), [i64::from(n)]);
    }
    // A packet lost half a second later costs no more than before the outage.
    line.insert(201, 201 * 20);
    let wait = line
        .buffer
        .poll_timeout()
        .map_or(Duration::ZERO, |at| at.saturating_duration_since(line.start));
    assert!(wait <= Duration::from_millis(201 * 20 + 20), "{wait:?}");
}

#[test]
fn silence_without_packets_is_no_loss() {
    let mut line = Line::new();
    line.insert(0, 0);
    line.due(0);
    let now = line.start + Duration::from_millis(400);
    line.buffer.insert(1, 400 * 48, Bytes::from_static(&PAYLOAD), None, now);
    let Some(Playout::Packet { silence, .. }) = line.buffer.poll(now) else {
        panic!("the packet is due")
    };
    assert_eq!(silence, 380 * 48);
    assert_eq!(line.buffer.counts().lost, 0);
}

#[test]
fn a_restarted_sender_is_followed_after_two_packets() {
    let mut line = Line::new();
    for n in 0..10 {
        line.insert(n, u64::from(n) * 20);
        line.due(u64::from(n) * 20);
    }
    assert_eq!(line.insert(40_000, 200), Inserted::Suspect);
    assert_eq!(line.insert(40_001, 220), Inserted::Queued);
    assert_eq!(line.due(220), [40_001]);
    assert_eq!(line.buffer.counts().lost, 0);
}

#[test]
fn one_stray_packet_does_not_restart_the_stream() {
    let mut line = Line::new();
    for n in 0..10 {
        line.insert(n, u64::from(n) * 20);
        line.due(u64::from(n) * 20);
    }
    assert_eq!(line.insert(40_000, 200), Inserted::Suspect);
    line.insert(10, 200);
    assert_eq!(line.due(200), [10]);
}

/// Packet `n` comes at `ms`, with copies of those before it that are so many packets old.
fn insert_with_copies(line: &mut Line, n: u16, ms: u64, ages: &[u16]) -> usize {
    line.insert(n, ms);
    let now = line.start + Duration::from_millis(ms);
    let copies = ages.iter().filter(|&&age| {
        let timestamp = u32::from(n - age) * 960;
        line.buffer
            .insert_copy(n, age, timestamp, Bytes::from_static(&PAYLOAD), now)
    });
    copies.count()
}

#[test]
fn a_copy_in_the_next_packet_leaves_nothing_missing_and_nothing_to_wait_for() {
    let mut line = Line::new();
    for n in 0..200u16 {
        line.insert(n, u64::from(n) * 20 + u64::from(n * 7 % 50));
        line.due(10_000);
    }
    assert_eq!(insert_with_copies(&mut line, 201, 4_040, &[1]), 1);
    assert_eq!(line.due(4_040), [200, 201]);
    assert_eq!(line.buffer.counts().lost, 0);
    assert_eq!(line.buffer.counts().restored, 1);
    // The packet itself was only slow.
    assert_eq!(line.insert(200, 4_041), Inserted::Duplicate);
}

#[test]
fn copies_fill_what_they_can_of_a_longer_gap() {
    let mut line = Line::new();
    line.insert(0, 0);
    line.due(0);
    assert_eq!(insert_with_copies(&mut line, 4, 80, &[2, 1]), 2);
    assert_eq!(line.due(80), [-1, 2, 3, 4]);
    assert_eq!(line.buffer.counts().restored, 2);
    assert_eq!(line.buffer.counts().lost, 1);
}

#[test]
fn a_copy_of_what_is_there_or_was_given_is_not_needed() {
    let mut line = Line::new();
    assert_eq!(insert_with_copies(&mut line, 1, 20, &[1]), 0, "nothing came before it");
    line.due(20);
    assert_eq!(insert_with_copies(&mut line, 2, 40, &[1]), 0);
    line.insert(4, 80);
    assert_eq!(insert_with_copies(&mut line, 5, 100, &[1]), 0);
    assert_eq!(
        insert_with_copies(&mut line, 5, 100, &[2]),
        0,
        "the carrier is late or known"
    );
    assert_eq!(line.buffer.counts().restored, 0);
}

#[test]
fn a_copy_is_placed_by_its_timestamp_where_nothing_was_left_out() {
    // A sender that carries the packet before the last: its only copy is two packets old.
    let mut line = Line::new();
    line.insert(0, 0);
    line.due(0);
    line.insert(3, 60);
    let now = line.start + Duration::from_millis(60);
    let payload = Bytes::from_static(&PAYLOAD);
    assert!(line.buffer.insert_copy(3, 1, 960, payload, now));
    assert_eq!(line.due(60), [1, -1, 3]);
}

#[test]
fn a_copy_from_before_a_pause_is_placed_by_its_age() {
    let mut line = Line::new();
    line.insert(0, 0);
    line.due(0);
    // Packet 1 was lost, and 200 ms of silence followed it.
    let now = line.start + Duration::from_millis(240);
    let payload = Bytes::from_static(&PAYLOAD);
    line.buffer.insert(2, 11_520, payload.clone(), None, now);
    assert!(line.buffer.insert_copy(2, 1, 960, payload.clone(), now));
    assert_eq!(line.due(240), [1, 2]);
    // One that can't be from where it claims to be is not believed.
    line.buffer.insert(4, 13_440, payload.clone(), None, now);
    assert!(!line.buffer.insert_copy(4, 1, 11_520, payload, now));
}

#[test]
fn a_full_buffer_gives_up_its_gap() {
    let mut line = Line::new();
    line.insert(0, 0);
    line.due(0);
    for n in 0..CAPACITY as u16 {
        line.insert(n + 2, 20);
    }
    assert_eq!(line.due(20).len(), CAPACITY + 1);
}

proptest! {
    /// Whatever comes, packets leave in order, each once, and everything is accounted for.
    #[test]
    fn order_holds_for_any_arrivals(
        arrivals in prop::collection::vec((any::<u16>(), any::<u32>(), prop::collection::vec(any::<u8>(), 0..8), 0u64..60), 0..300),
    ) {
        let mut buffer = JitterBuffer::default();
        let mut now = Instant::now();
        let mut given = 0;
        for (sequence, timestamp, payload, wait) in arrivals {
            now += Duration::from_millis(wait);
            buffer.insert(sequence, timestamp, Bytes::from(payload.clone()), None, now);
            let age = sequence % 3;
            buffer.insert_copy(sequence, age, timestamp.wrapping_sub(u32::from(age) * 960), Bytes::from(payload), now);
            let mut last = None;
            while let Some(playout) = buffer.poll(now) {
                if let Playout::Packet { packet, .. } = playout {
                    prop_assert!(last < Some(packet.sequence));
                    last = Some(packet.sequence);
                    given += 1;
                }
            }
            prop_assert!(buffer.waiting.len() < CAPACITY);
        }
        prop_assert!(given <= buffer.counts().received + buffer.counts().restored);
    }

    /// Any shuffle within the wait comes out whole and in order.
    #[test]
    fn reordering_loses_nothing(order in Just((1u16..40).collect::<Vec<_>>()).prop_shuffle(), first in any::<u16>()) {
        let mut buffer = JitterBuffer::default();
        let now = Instant::now();
        let payload = Bytes::from_static(&PAYLOAD);
        buffer.insert(first, 0, payload.clone(), None, now);
        prop_assert!(buffer.poll(now).is_some());
        for n in order {
            buffer.insert(first.wrapping_add(n), u32::from(n) * 960, payload.clone(), None, now);
        }
        let mut expected = 1;
        while let Some(Playout::Packet { packet, .. }) = buffer.poll(now) {
            prop_assert_eq!(packet.sequence as u16, first.wrapping_add(expected));
            expected += 1;
        }
        prop_assert_eq!(expected, 40);
    }
}

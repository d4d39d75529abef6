//! What is asked for, and how long that is waited for.

use super::*;

#[test]
fn a_packet_is_asked_for_again_when_its_gap_waits_long_enough() {
    let mut line = Line::new();
    line.buffer.set_requests(true);
    line.buffer.handle_round_trip(Duration::from_millis(10));
    let at = |line: &Line, ms| line.start + Duration::from_millis(ms);
    for n in 0..200u16 {
        let ms = u64::from(n) * 20 + u64::from(n * 7 % 50);
        line.insert(n, ms);
        line.due(10_000);
        assert_eq!(line.buffer.poll_request(at(&line, ms)), None);
    }
    // The gap is given up at 4,040 ms: there is time to ask once.
    line.insert(201, 4_010);
    assert_eq!(line.due(4_010), []);
    assert_eq!(line.buffer.poll_request(at(&line, 4_010)), Some(200));
    assert_eq!(line.buffer.poll_request(at(&line, 4_010)), None);
    assert_eq!(line.buffer.poll_timeout(), Some(at(&line, 4_040)));
    let jitter = line.buffer.target();
    assert_eq!(line.insert(200, 4_021), Inserted::Queued);
    assert_eq!(line.due(4_021), [200, 201]);
    assert_eq!(line.buffer.target(), jitter, "an answer is no jitter");
    assert_eq!((line.buffer.counts().requested, line.buffer.counts().resent), (1, 1));
    assert_eq!(line.buffer.poll_timeout(), None);
}

/// A clean line on which can be asked, 100 ms there and back, with its packets up to 29 given.
fn asking(level: impl Fn(u16) -> f32) -> Line {
    let mut line = Line::new();
    line.buffer.set_requests(true);
    line.buffer.handle_round_trip(Duration::from_millis(100));
    for n in 0..30 {
        line.say(n, u64::from(n) * 20, level(n));
        assert_eq!(line.due(u64::from(n) * 20), [i64::from(n)]);
    }
    line
}

impl Line {
    /// Packet `n` comes at `ms`, and its sender says how loud it is.
    fn say(&mut self, n: u16, ms: u64, dbov: f32) -> Inserted {
        let level = Some(AudioLevel::from_dbov(dbov, dbov > -40.0));
        let now = self.start + Duration::from_millis(ms);
        let payload = Bytes::from_static(&PAYLOAD);
        self.buffer.insert(n, u32::from(n) * 960, payload, level, now)
    }

    fn asked(&mut self, ms: u64) -> Vec<u16> {
        let now = self.start + Duration::from_millis(ms);
        std::iter::from_fn(|| self.buffer.poll_request(now)).collect()
    }
}

#[test]
fn inside_of_speech_a_gap_waits_for_what_was_asked_for() {
    let mut line = asking(|_| -20.0);
    line.say(31, 620, -20.0);
    assert_eq!(line.due(620), []);
    assert_eq!(line.asked(620), [30]);
    for n in 32..36 {
        line.say(n, u64::from(n) * 20, -20.0);
        assert_eq!(line.due(u64::from(n) * 20), []);
    }
    assert_eq!(line.say(30, 719, -20.0), Inserted::Queued);
    assert_eq!(line.due(719), [30, 31, 32, 33, 34, 35]);
    // If it doesn't come, it is asked for once more, and given up after two rounds.
    line.say(37, 740, -20.0);
    line.due(740);
    assert_eq!(line.asked(740), [36]);
    assert_eq!(line.asked(849), [0; 0]);
    assert_eq!(line.asked(850), [36]);
    assert_eq!(
        line.buffer.poll_timeout(),
        Some(line.start + Duration::from_millis(960))
    );
    assert_eq!(line.due(959), []);
    assert_eq!(line.due(960), [-1, 37]);
}

#[test]
fn once_80_ms_of_silence_came_behind_it_a_gap_is_waited_for_no_more() {
    let mut line = asking(|_| -20.0);
    for n in 31..34 {
        line.say(n, u64::from(n) * 20, -80.0);
        assert_eq!(line.due(u64::from(n) * 20), [], "{n}");
    }
    line.say(34, 680, -80.0);
    assert_eq!(line.due(680), [-1, 31, 32, 33, 34]);
}

#[test]
fn in_silence_and_for_whoever_is_in_a_hurry_nothing_waits() {
    let mut line = asking(|_| -80.0);
    line.say(31, 620, -80.0);
    assert_eq!(line.due(620), [-1, 31]);
    let mut line = asking(|_| -20.0);
    line.buffer.set_patient(false);
    line.say(31, 620, -20.0);
    assert_eq!(line.due(620), [-1, 31]);
    // An outage is not asked back.
    let mut line = asking(|_| -20.0);
    line.say(43, 860, -20.0);
    assert_eq!(line.due(860), [-13, 43]);
}

#[test]
fn where_no_levels_are_told_nothing_waits_on_a_clean_network() {
    let mut line = Line::new();
    line.buffer.set_requests(true);
    line.buffer.handle_round_trip(Duration::from_millis(1));
    for n in (0..50).filter(|&n| n != 30) {
        line.insert(n, u64::from(n) * 20);
        line.due(u64::from(n) * 20);
        assert_eq!(
            line.buffer
                .poll_request(line.start + Duration::from_millis(u64::from(n) * 20)),
            None
        );
    }
    assert_eq!(line.buffer.counts().lost, 1);
}

//! Coalescing: on a busy thread, what comes for a call and what leaves it is done two packets at a time.
//!
//! A call is a few hundred kilobytes of state, and with a hundred of them on a thread none is in the processor's caches when its
//! packet comes: to fetch it costs about as much as to handle the packet. So a busy thread keeps a packet of audio for the one
//! that follows it 20 ms later, and makes frames of speech two at a time, before they are due; each leaves when it is. As with
//! interrupt coalescing of network interfaces, it is paid for with delay: a packet is heard 20 ms later, the last one before a gap up
//! to 45. Nothing is made ahead while somebody speaks, so that who interrupts is let speak as soon as ever; only where the page
//! asks for silence up to 50 ms of speech may still leave. What is made ahead isn't late when much comes at once.
//!
//! | | |
//! |---|---|
//! | [`Coalescing`] | whether a thread does so |
//! | [`Kept`] | what waits for what follows it |
//! | [`Ahead`] | what was made before it is due |

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use colloquy_signaling::Path;

use super::wire::PeerKey;
use crate::config::When;

/// How long a thread's time is measured before it is judged.
const WINDOW: Duration = Duration::from_secs(1);
/// The part of its time, in percent, for which a thread runs from which on it is busy, and below which it isn't any more. Between
/// them lies more than is won.
const BUSY: u32 = 45;
const IDLE: u32 = 25;
/// A packet that waits for five times as long as a frame may be late is as bad: speech is made ahead, so that it isn't late by
/// that, but what is said is heard later.
pub const WAIT_FOR_LATENESS: u32 = 5;
/// How long a packet is kept for the one that follows it, which comes after 20 ms, a little sooner or later.
const MOST_KEPT: Duration = Duration::from_millis(25);

/// Judges one thread. Takes the times as arguments.
#[derive(Debug)]
pub struct Coalescing {
    when: When,
    is_on: bool,
    opened: Instant,
    /// For how long the thread had run then.
    run: Duration,
}

impl Coalescing {
    /// A thread that has run for this long until now.
    pub fn new(when: When, run: Duration, now: Instant) -> Self {
        Self {
            when,
            is_on: when == When::On,
            opened: now,
            run,
        }
    }

    /// Whether two packets are handled at a time.
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// Judges anew, once a second. `run`: for how long the thread has run. `is_late`: whether it has too much to do, whatever that
    /// is; `is_crowded`: whether its calls are what it has to do.
    pub fn judge(&mut self, run: impl FnOnce() -> Duration, is_late: bool, is_crowded: bool, now: Instant) {
        let passed = now.saturating_duration_since(self.opened);
        if self.when != When::Auto || passed < WINDOW {
            return;
        }
        let run = run();
        let ran = run.saturating_sub(self.run);
        let least = if self.is_on { IDLE } else { BUSY };
        self.is_on = is_crowded && (is_late || ran * 100 >= passed * least);
        (self.opened, self.run) = (now, run);
    }
}

/// For how long the thread that asks has run; nothing where the system doesn't tell.
#[cfg(unix)]
pub fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// For how long the thread that asks has run; nothing where the system doesn't tell.
#[cfg(not(unix))]
pub fn thread_time() -> Duration {
    Duration::ZERO
}

/// A packet that waits for the one that follows it.
#[derive(Debug)]
pub struct Kept<T>(Option<(Instant, T)>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Kept<T> {
    /// Keeps a packet that came at `at`, or gives it back if one is kept already: then both are to be handled.
    pub fn keep(&mut self, at: Instant, packet: T) -> Result<(), T> {
        match self.0 {
            Some(_) => Err(packet),
            None => {
                self.0 = Some((at, packet));
                Ok(())
            }
        }
    }

    /// Takes what is kept.
    pub fn take(&mut self) -> Option<T> {
        self.0.take().map(|(_, packet)| packet)
    }

    /// Takes what is kept if what should follow it hasn't come.
    pub fn take_overdue(&mut self, now: Instant) -> Option<T> {
        let overdue = self.0.take_if(|(at, _)| now.saturating_duration_since(*at) > MOST_KEPT);
        overdue.map(|(_, packet)| packet)
    }
}

/// A datagram of speech that is made before it is due.
#[derive(Debug)]
pub struct Made {
    /// When it is to leave.
    pub due: Instant,
    /// Whose it is.
    pub peer: PeerKey,
    /// Where it runs.
    pub path: Path,
    /// It.
    pub datagram: BytesMut,
    /// Whether it is the first one of its frame: several people may hear one.
    pub is_first: bool,
}

/// Datagrams that wait for their time, the earliest first.
#[derive(Debug, Default)]
pub struct Ahead(VecDeque<Made>);

impl Ahead {
    /// Adds one. Those that are due at the same time keep their order.
    pub fn push(&mut self, made: Made) {
        // What waits is due within a few frames, so few of a few dozen have to make room.
        let after = self.0.iter().rev().take_while(|other| other.due > made.due).count();
        self.0.insert(self.0.len() - after, made);
    }

    /// When the earliest is due.
    pub fn next(&self) -> Option<Instant> {
        self.0.front().map(|made| made.due)
    }

    /// Takes the earliest if it is due.
    pub fn pop_due(&mut self, now: Instant) -> Option<Made> {
        self.0.pop_front_if(|made| made.due <= now)
    }

    /// Drops what is for somebody who has gone.
    pub fn forget(&mut self, peer: PeerKey) {
        self.0.retain(|made| made.peer != peer);
    }
}

#[cfg(test)]
mod tests {
    use colloquy_signaling::Transport;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Whether it is on after each second in which a thread that is asked `when` runs for so many milliseconds.
    fn judged<const SECONDS: usize>(
        when: When,
        ran: [u64; SECONDS],
        is_late: bool,
        is_crowded: bool,
    ) -> [bool; SECONDS] {
        let start = Instant::now();
        let mut coalescing = Coalescing::new(when, ms(70), start);
        let (mut run, mut now) = (ms(70), start);
        ran.map(|ran| {
            run += ms(ran);
            now += ms(1_000);
            coalescing.judge(|| run, is_late, is_crowded, now);
            coalescing.is_on()
        })
    }

    #[test]
    fn a_thread_that_becomes_busy_coalesces_until_it_has_much_less_to_do() {
        let seconds = [440, 460, 300, 260, 240, 440];
        assert_eq!(
            judged(When::Auto, seconds, false, true),
            [false, true, true, true, false, false]
        );
        assert_eq!(judged(When::Auto, seconds, true, true), [true; 6], "it is late");
        assert_eq!(judged(When::Auto, seconds, true, false), [false; 6], "not by its calls");
        assert_eq!(judged(When::On, seconds, false, false), [true; 6]);
        assert_eq!(judged(When::Off, seconds, true, true), [false; 6]);
    }

    #[test]
    fn a_moment_is_not_judged() {
        let start = Instant::now();
        let mut coalescing = Coalescing::new(When::Auto, Duration::ZERO, start);
        coalescing.judge(|| ms(999), false, true, start + ms(999));
        assert!(!coalescing.is_on());
        coalescing.judge(|| ms(999), false, true, start + ms(1_000));
        assert!(coalescing.is_on());
    }

    #[cfg(unix)]
    #[test]
    fn a_thread_that_works_tells_how_long_and_one_that_sleeps_does_not() {
        let before = thread_time();
        std::thread::sleep(ms(200));
        let slept = thread_time() - before;
        assert!(slept < ms(100), "{slept:?}");
        let mut random = 7u64;
        while thread_time() < before + ms(20) {
            random = std::hint::black_box(random.wrapping_mul(6_364_136_223_846_793_005));
        }
    }

    #[test]
    fn a_packet_is_kept_for_the_next_one_and_not_for_long() {
        let start = Instant::now();
        let mut kept = Kept::default();
        assert_eq!(kept.keep(start, 'a'), Ok(()));
        assert_eq!(kept.keep(start + ms(20), 'b'), Err('b'));
        assert_eq!(kept.take(), Some('a'));
        assert_eq!(kept.take(), None);
        assert_eq!(kept.keep(start + ms(40), 'c'), Ok(()));
        assert_eq!(kept.take_overdue(start + ms(60)), None);
        assert_eq!(kept.take_overdue(start + ms(66)), Some('c'));
        assert_eq!(kept.take_overdue(start + ms(90)), None);
    }

    #[test]
    fn what_is_made_ahead_leaves_when_it_is_due_and_in_order() {
        let start = Instant::now();
        let path = Path {
            transport: Transport::Udp,
            local: ([127, 0, 0, 1], 1).into(),
            remote: ([127, 0, 0, 1], 2).into(),
        };
        let [here, gone] = [1, 2].map(|peer| PeerKey { call: 1, peer });
        let mut ahead = Ahead::default();
        for (due, name, peer) in [
            (20, "b", here),
            (23, "d", here),
            (20, "c", here),
            (20, "?", gone),
            (3, "a", here),
            (40, "e", here),
        ] {
            ahead.push(Made {
                due: start + ms(due),
                peer,
                path,
                datagram: BytesMut::from(name),
                is_first: true,
            });
        }
        ahead.forget(gone);
        assert_eq!(ahead.next(), Some(start + ms(3)));
        let mut left = String::new();
        while let Some(made) = ahead.pop_due(start + ms(23)) {
            assert!(made.due <= start + ms(23));
            left.push_str(std::str::from_utf8(&made.datagram).expect("text"));
        }
        assert_eq!(left, "abcd");
        assert_eq!(ahead.next(), Some(start + ms(40)));
    }
}

//! Coalescing: on a busy thread, what comes for a call and what leaves it is done two packets at a time.
//!
//! A call is a few hundred kilobytes of state, and with a hundred of them on a thread none is in the processor's caches when its
//! packet comes: to fetch it costs about as much as to handle the packet. So a busy thread keeps a packet of audio for the one
//! that follows it 20 ms later, and makes frames of speech two at a time, before they are due; each leaves when it is. As with
//! interrupt coalescing of network interfaces, it is paid for with delay: 20 ms at most until a packet is heard, and 50 ms of
//! speech at most that leave after somebody has interrupted. What is made ahead isn't late when much comes at once.
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

/// How long a thread's time is measured before it is judged.
const WINDOW: Duration = Duration::from_secs(1);
/// The part of its time, in percent, for which a thread runs from which on it is busy, and below which it isn't any more. Between
/// them lies more than is won.
const BUSY: u32 = 45;
const IDLE: u32 = 25;
/// A packet that waits for four times as long as a frame may be late is as bad: calls are looked after once in 40 ms, and speech is
/// made ahead until the next time and 10 ms more.
pub const WAIT_FOR_LATENESS: u32 = 4;
/// How long a packet is kept for the one that follows it, which comes after 20 ms, a little sooner or later.
const MOST_KEPT: Duration = Duration::from_millis(25);

/// Judges one thread. Takes the times as arguments.
#[derive(Debug)]
pub struct Coalescing {
    is_on: bool,
    opened: Instant,
    /// For how long the thread had run then.
    run: Duration,
}

impl Coalescing {
    /// A thread that has run for this long until now.
    pub fn new(run: Duration, now: Instant) -> Self {
        Self {
            is_on: false,
            opened: now,
            run,
        }
    }

    /// Whether two packets are handled at a time; judged anew once a second. `run`: for how long the thread has run.
    pub fn judge(&mut self, run: Duration, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.opened);
        if passed >= WINDOW {
            let ran = run.saturating_sub(self.run);
            self.is_on = match self.is_on {
                true => ran * 100 >= passed * IDLE,
                false => ran * 100 >= passed * BUSY,
            };
            (self.opened, self.run) = (now, run);
        }
        self.is_on
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

/// Datagrams that wait for their time, the earliest first.
#[derive(Debug, Default)]
pub struct Ahead(VecDeque<(Instant, Path, BytesMut)>);

impl Ahead {
    /// Adds one that is due then. Those that are due at the same time keep their order.
    pub fn push(&mut self, due: Instant, path: Path, datagram: BytesMut) {
        // All are due about a frame after they are made, so it is one of the last.
        let after = self.0.iter().rev().take_while(|(other, ..)| *other > due).count();
        self.0.insert(self.0.len() - after, (due, path, datagram));
    }

    /// When the earliest is due.
    pub fn next(&self) -> Option<Instant> {
        self.0.front().map(|(due, ..)| *due)
    }

    /// Takes the earliest if it is due.
    pub fn pop_due(&mut self, now: Instant) -> Option<(Instant, Path, BytesMut)> {
        self.0.pop_front_if(|(due, ..)| *due <= now)
    }
}

#[cfg(test)]
mod tests {
    use colloquy_signaling::Transport;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_thread_that_becomes_busy_coalesces_until_it_has_much_less_to_do() {
        let start = Instant::now();
        let mut coalescing = Coalescing::new(ms(70), start);
        let mut run = ms(70);
        // In each second the thread runs for so long.
        let judged = [440, 460, 300, 260, 240, 440].map(|ran| {
            run += ms(ran);
            run
        });
        let judged = (1..)
            .zip(judged)
            .map(|(second, run)| coalescing.judge(run, start + ms(1_000 * second)));
        assert_eq!(judged.collect::<Vec<_>>(), [false, true, true, true, false, false]);
    }

    #[test]
    fn a_moment_is_not_judged() {
        let start = Instant::now();
        let mut coalescing = Coalescing::new(Duration::ZERO, start);
        assert!(!coalescing.judge(ms(999), start + ms(999)));
        assert!(coalescing.judge(ms(999), start + ms(1_000)));
    }

    #[test]
    fn a_thread_that_works_tells_how_long() {
        let before = thread_time();
        let started = Instant::now();
        while thread_time() == before {
            assert!(started.elapsed() < Duration::from_secs(60), "the system doesn't tell");
        }
        assert!(thread_time() > before);
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
        let mut ahead = Ahead::default();
        for (due, name) in [(20, "b"), (23, "d"), (20, "c"), (3, "a"), (40, "e")] {
            ahead.push(start + ms(due), path, BytesMut::from(name));
        }
        assert_eq!(ahead.next(), Some(start + ms(3)));
        let mut left = String::new();
        while let Some((due, _, datagram)) = ahead.pop_due(start + ms(23)) {
            assert!(due <= start + ms(23));
            left.push_str(std::str::from_utf8(&datagram).expect("text"));
        }
        assert_eq!(left, "abcd");
        assert_eq!(ahead.next(), Some(start + ms(40)));
    }
}

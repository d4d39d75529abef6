//! Which missing packets to ask for again (generic NACK, RFC 4585 section 6.2.1), and when.
//!
//! Under jitter most packets that are missing have only been overtaken. So a packet is asked for as late as can be: when there
//! is just time for the request and its answer, twice over. Where the wait for a gap is shorter than that, what is worth it
//! is asked for once no jitter explains any more that it is late, and again a round trip later, and its gap waits as much longer.
//! For what isn't worth it nobody is asked, since nothing would come in time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{CAPACITY, Gap};

/// Times that a packet is asked for, at most.
const MOST_ASKED: u8 = 2;
/// What a request takes beyond the round trip, at both ends together.
const MARGIN: Duration = Duration::from_millis(10);
/// The longest that answers are waited for once no jitter explains any more that a packet is late.
const LONGEST: Duration = Duration::from_millis(300);

/// Requests in a row that nobody answers, after which answers are no longer waited for: not everybody does what they agreed to.
const UNANSWERED: u8 = 32;

/// Missing packets, and what was asked for.
#[derive(Debug, Default)]
pub struct Requests {
    /// There and back; nothing is asked for while it is not known.
    round_trip: Option<Duration>,
    /// In order of sequence.
    missing: VecDeque<Missing>,
    /// Packets that were asked for lately, and may come yet.
    asked: VecDeque<u64>,
    /// Requests since the last answer.
    unanswered: u8,
}

#[derive(Clone, Copy, Debug)]
struct Missing {
    sequence: u64,
    /// When its gap is given up if nobody is asked.
    deadline: Instant,
    is_worth_it: bool,
    asked: u8,
    /// When it was noticed, then when it was asked for last.
    since: Instant,
}

impl Requests {
    /// How long a packet takes there and back.
    pub fn handle_round_trip(&mut self, round_trip: Duration) {
        // Rather too long than too short: what is asked for too late is asked for in vain.
        let decayed = self.round_trip.map_or(round_trip, |before| before / 10 * 9);
        self.round_trip = Some(round_trip.max(decayed));
    }

    /// The numbers begin anew: what was asked for is of the past. The way is the same.
    pub fn restart(self) -> Self {
        Self {
            round_trip: self.round_trip,
            unanswered: self.unanswered,
            ..Self::default()
        }
    }

    /// What is missing now; `gaps` are in order.
    pub fn handle_gaps(&mut self, gaps: impl Iterator<Item = Gap>, now: Instant) {
        let mut known = 0;
        let is_answering = self.unanswered < UNANSWERED;
        for gap in gaps {
            let is_worth_it = gap.is_worth_it && is_answering;
            // What is left of a gap by a packet that came leads the list, so the newest of a long gap are let go.
            for sequence in gap.first..gap.first + gap.packets.min(CAPACITY as u64) {
                // Those before it came, or were given up.
                while self.missing.get(known).is_some_and(|before| before.sequence < sequence) {
                    self.missing.remove(known);
                }
                match self.missing.get_mut(known) {
                    Some(missing) if missing.sequence == sequence => {
                        missing.deadline = gap.deadline;
                        missing.is_worth_it = is_worth_it;
                    }
                    _ if known >= CAPACITY => return,
                    _ => {
                        self.missing.truncate(CAPACITY - 1);
                        let missing = Missing {
                            sequence,
                            deadline: gap.deadline,
                            is_worth_it,
                            asked: 0,
                            since: now,
                        };
                        self.missing.insert(known, missing);
                    }
                }
                known += 1;
            }
        }
        self.missing.truncate(known);
    }

    /// A packet came. Whether it had been asked for.
    pub fn handle_came(&mut self, sequence: u64) -> bool {
        let at = self.asked.iter().position(|&asked| asked == sequence);
        let is_answer = at.and_then(|at| self.asked.remove(at)).is_some();
        if is_answer {
            self.unanswered = 0;
        }
        is_answer
    }

    /// The next packet to ask for now.
    pub fn poll(&mut self, now: Instant) -> Option<u64> {
        let round_trip = self.round_trip?;
        loop {
            let due = self
                .missing
                .iter_mut()
                .find(|missing| missing.ask_at(round_trip).is_some_and(|at| at <= now))?;
            if now + round_trip > due.deadline && due.tries(round_trip + MARGIN) == 0 {
                due.asked = MOST_ASKED;
                continue;
            }
            due.asked += 1;
            due.since = now;
            self.unanswered = self.unanswered.saturating_add(1);
            if due.asked == 1 {
                if self.asked.len() >= CAPACITY {
                    self.asked.pop_front();
                }
                self.asked.push_back(due.sequence);
            }
            return Some(due.sequence);
        }
    }

    /// When a gap is given up that begins with this packet and that jitter explains until `deadline`.
    pub fn given_up(&self, sequence: u64, deadline: Instant) -> Instant {
        let Some(round_trip) = self.round_trip else {
            return deadline;
        };
        // They are in order, and few.
        let missing = self.missing.iter().find(|missing| missing.sequence == sequence);
        missing
            .and_then(|missing| missing.answered(round_trip + MARGIN))
            .map_or(deadline, |answered| answered.max(deadline))
    }

    /// When there is something to ask for.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let round_trip = self.round_trip?;
        self.missing
            .iter()
            .filter_map(|missing| missing.ask_at(round_trip))
            .min()
    }
}

impl Missing {
    /// When to ask for it next.
    fn ask_at(&self, round_trip: Duration) -> Option<Instant> {
        let round = round_trip + MARGIN;
        let tries = self.tries(round);
        let latest = self.deadline.checked_sub(round)?;
        match self.asked {
            0 if self.since <= latest => {
                let twice = latest.checked_sub(round)?;
                // Another try may follow later where that is waited for: no need to hurry.
                let once = if tries > 0 { latest } else { self.since };
                Some(if self.since <= twice { twice } else { once })
            }
            0 => (tries > 0).then(|| self.deadline.max(self.since)),
            MOST_ASKED.. => None,
            asked if asked < tries => Some(self.since + round),
            _ => (self.since + round <= latest).then_some(latest),
        }
    }

    /// How often it may be asked for though its answer comes later than jitter explains.
    fn tries(&self, round: Duration) -> u8 {
        let fitting = (1..=MOST_ASKED)
            .rev()
            .find(|&tries| round * u32::from(tries) <= LONGEST);
        fitting.filter(|_| self.is_worth_it).unwrap_or(0)
    }

    /// When its last answer should have come, if that is waited for.
    fn answered(&self, round: Duration) -> Option<Instant> {
        let tries = self.tries(round);
        let (next, left) = match self.asked {
            0 => (self.deadline.max(self.since), tries),
            asked => (self.since, 1 + tries.saturating_sub(asked)),
        };
        (tries > 0).then(|| next + round * u32::from(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn gap(first: u64, packets: u64, deadline: Instant) -> Gap {
        Gap {
            first,
            packets,
            deadline,
            is_worth_it: false,
        }
    }

    /// Asks until there is nothing more to ask for: what, and when.
    fn asked(requests: &mut Requests, start: Instant) -> Vec<(u64, u64)> {
        let mut asked = Vec::new();
        while let Some(at) = requests.poll_timeout() {
            while let Some(sequence) = requests.poll(at) {
                asked.push((sequence, (at - start).as_millis() as u64));
            }
        }
        asked
    }

    #[test]
    fn a_packet_is_asked_for_twice_as_late_as_can_be() {
        let start = Instant::now();
        let mut requests = Requests::default();
        requests.handle_round_trip(ms(20));
        requests.handle_gaps([gap(7, 1, start + ms(100))].into_iter(), start);
        assert_eq!(asked(&mut requests, start), [(7, 40), (7, 70)]);
    }

    #[test]
    fn what_can_come_in_time_once_is_asked_for_once_and_at_once() {
        let start = Instant::now();
        let mut requests = Requests::default();
        requests.handle_round_trip(ms(40));
        requests.handle_gaps([gap(7, 2, start + ms(60))].into_iter(), start);
        assert_eq!(asked(&mut requests, start), [(7, 0), (8, 0)]);
    }

    #[test]
    fn what_is_too_late_is_not_asked_for() {
        let start = Instant::now();
        let mut requests = Requests::default();
        requests.handle_gaps([gap(7, 1, start + ms(60))].into_iter(), start);
        assert_eq!(requests.poll(start + ms(60)), None, "the round trip is not known");
        requests.handle_round_trip(ms(60));
        assert_eq!(asked(&mut requests, start), []);
        // A wake-up that comes too late is of no use either.
        requests.handle_gaps([gap(8, 1, start + ms(200))].into_iter(), start);
        assert_eq!(requests.poll(start + ms(150)), None);
        assert_eq!(requests.poll_timeout(), None);
    }

    #[test]
    fn what_came_is_not_asked_for_and_what_was_asked_for_is_known_when_it_comes() {
        let start = Instant::now();
        let mut requests = Requests::default();
        requests.handle_round_trip(ms(10));
        requests.handle_gaps([gap(7, 3, start + ms(100))].into_iter(), start);
        requests.handle_gaps(
            [gap(7, 1, start + ms(100)), gap(9, 1, start + ms(110))].into_iter(),
            start,
        );
        assert!(!requests.handle_came(8));
        assert_eq!(asked(&mut requests, start), [(7, 60), (9, 70), (7, 80), (9, 90)]);
        assert!(requests.handle_came(9));
        assert!(!requests.handle_came(9));
    }

    fn worth_it(first: u64, packets: u64, deadline: Instant) -> Gap {
        Gap {
            is_worth_it: true,
            ..gap(first, packets, deadline)
        }
    }

    #[test]
    fn what_is_worth_it_is_asked_for_when_no_jitter_explains_it_and_waited_for_two_rounds() {
        let start = Instant::now();
        let mut requests = Requests::default();
        requests.handle_round_trip(ms(100));
        requests.handle_gaps([worth_it(7, 2, start + ms(30))].into_iter(), start);
        assert_eq!(requests.given_up(7, start + ms(30)), start + ms(250));
        assert_eq!(asked(&mut requests, start), [(7, 30), (8, 30), (7, 140), (8, 140)]);
        assert_eq!(requests.given_up(7, start + ms(30)), start + ms(250));
        // Nobody speaks any more: it is not worth it after all.
        requests.handle_gaps([gap(7, 2, start + ms(30))].into_iter(), start + ms(150));
        assert_eq!(requests.given_up(7, start + ms(30)), start + ms(30));
    }

    #[test]
    fn what_can_come_in_time_makes_nobody_wait_even_if_it_is_worth_it() {
        let start = Instant::now();
        let mut requests = Requests::default();
        requests.handle_round_trip(ms(20));
        requests.handle_gaps([worth_it(7, 1, start + ms(100))].into_iter(), start);
        assert_eq!(asked(&mut requests, start), [(7, 40), (7, 70)]);
        assert_eq!(requests.given_up(7, start + ms(100)), start + ms(100));
    }

    #[test]
    fn over_a_long_way_there_is_one_try_and_over_a_longer_one_none() {
        let start = Instant::now();
        let mut requests = Requests::default();
        requests.handle_round_trip(ms(200));
        requests.handle_gaps([worth_it(7, 1, start)].into_iter(), start);
        assert_eq!(asked(&mut requests, start), [(7, 0)]);
        assert_eq!(requests.given_up(7, start), start + ms(210));
        let mut requests = Requests::default();
        requests.handle_round_trip(ms(300));
        requests.handle_gaps([worth_it(7, 1, start)].into_iter(), start);
        assert_eq!(asked(&mut requests, start), []);
        assert_eq!(requests.given_up(7, start), start);
    }

    #[test]
    fn whoever_never_answers_is_not_waited_for_until_they_do() {
        let start = Instant::now();
        let mut requests = Requests::default();
        requests.handle_round_trip(ms(100));
        for first in 0..16 {
            requests.handle_gaps([worth_it(first * 5, 1, start)].into_iter(), start);
            assert_eq!(requests.given_up(first * 5, start), start + ms(220), "{first}");
            assert_eq!(asked(&mut requests, start).len(), 2);
        }
        requests.handle_gaps([worth_it(100, 1, start)].into_iter(), start);
        assert_eq!(requests.given_up(100, start), start);
        assert!(requests.handle_came(75));
        requests.handle_gaps([worth_it(100, 1, start)].into_iter(), start);
        assert_eq!(requests.given_up(100, start), start + ms(220));
    }

    #[test]
    fn one_slow_answer_is_remembered_for_a_while() {
        let mut requests = Requests::default();
        for round_trip in [20, 100, 20] {
            requests.handle_round_trip(ms(round_trip));
        }
        assert_eq!(requests.round_trip, Some(ms(90)));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let start = Instant::now();
        let mut requests = Requests::default();
        requests.handle_round_trip(ms(1));
        for first in 0..1_000 {
            requests.handle_gaps([gap(first * 1_000, 900, start + ms(100))].into_iter(), start);
            assert!(requests.missing.len() <= CAPACITY);
            while requests.poll(start + ms(80)).is_some() {}
            assert!(requests.asked.len() <= CAPACITY);
        }
    }
}

//! Crowds of callers before a media thread, in simulated time: the meter and the pace of placing calls judged together.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{Judgement, LoadMeter, Pressure, WINDOW};
use crate::live::placement::{NEVER_TOO_MANY, Place, Placement, SharedPressure};

const MOST: Duration = Duration::from_millis(8);
const FRAME: Duration = Duration::from_millis(20);
/// What is later than this is not caught up with, as in the downlink's pacer.
const CATCH_UP: Duration = Duration::from_millis(60);
/// What a frame costs: a thread that spends all its time on them, with turns assessed and all effort, has 200 calls.
const FRAME_COST: Duration = Duration::from_micros(100);
const CARRIES: usize = 200;
/// What it costs to set a call up.
const JOIN_COST: Duration = Duration::from_millis(2);
/// How long those who are sent away wait.
const RETRY: Duration = Duration::from_secs(5);

/// What happens next, by time; at one time in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// Something else has the core for this long.
    Hold(Duration),
    /// The thread judges itself.
    Judge,
    /// Somebody wants to join.
    Ask,
    /// Somebody who was given a place is set up.
    Join,
    /// A call's frame is due.
    Frame { ends: Instant },
}

/// A media thread, and everybody before it.
struct Thread {
    start: Instant,
    now: Instant,
    events: BinaryHeap<Reverse<(Instant, Event)>>,
    meter: LoadMeter,
    shared: SharedPressure,
    placement: Placement,
    random: StdRng,
    /// How long a call lasts, more or less.
    lasts: Duration,
    /// Whether somebody comes for each one that goes.
    come_again: bool,
    /// Handed out to those who are not set up yet.
    places: VecDeque<Place>,
    /// Held.
    calls: usize,
    joined: usize,
    refused: usize,
    waited: Duration,
    /// When each frame left, how late, and how many calls there were.
    frames: Vec<(Duration, Duration, usize)>,
}

impl Thread {
    /// Callers come at these times, for this long. Now and then something else has the core.
    fn new(callers: impl Iterator<Item = Duration>, lasts: Duration) -> Self {
        let start = Instant::now();
        let shared = SharedPressure::default();
        let mut random = StdRng::seed_from_u64(7);
        let mut events: BinaryHeap<_> = callers.map(|at| Reverse((start + at, Event::Ask))).collect();
        for second in 0..120 {
            let second = start + Duration::from_secs(second);
            events.push(Reverse((second, Event::Judge)));
            for _ in 0..4 {
                let at = second + Duration::from_millis(random.random_range(0..1_000));
                events.push(Reverse((at, Event::Hold(Duration::from_millis(3)))));
            }
            if random.random_ratio(1, 8) {
                events.push(Reverse((second, Event::Hold(Duration::from_millis(15)))));
            }
        }
        Self {
            start,
            now: start,
            events,
            meter: LoadMeter::new(MOST, start),
            placement: Placement::new(vec![shared.clone()]),
            shared,
            random,
            lasts,
            come_again: false,
            places: VecDeque::new(),
            calls: 0,
            joined: 0,
            refused: 0,
            waited: Duration::ZERO,
            frames: Vec::new(),
        }
    }

    fn returning(self) -> Self {
        Self {
            come_again: true,
            ..self
        }
    }

    fn run(mut self, until: Duration) -> Self {
        while let Some(Reverse((at, event))) = self.events.pop()
            && at < self.start + until
        {
            // Whoever places calls does so elsewhere; everything else waits for the thread.
            if event == Event::Ask {
                self.ask(at);
                continue;
            }
            self.now = self.now.max(at);
            match event {
                Event::Hold(long) => self.now += long,
                Event::Judge => self.judge(),
                Event::Ask => {}
                Event::Join => {
                    self.now += JOIN_COST;
                    self.joined += 1;
                    self.calls += 1;
                    self.places.pop_front();
                    let phase = self.random.random_range(Duration::ZERO..FRAME);
                    let lasts = self.lasts * self.random.random_range(50..150) / 100;
                    self.schedule(self.now + phase, self.now + lasts);
                }
                Event::Frame { ends } => self.send(at, ends),
            }
        }
        self
    }

    fn schedule(&mut self, at: Instant, ends: Instant) {
        if at < ends {
            return self.events.push(Reverse((at, Event::Frame { ends })));
        }
        self.calls -= 1;
        if self.come_again {
            self.events.push(Reverse((at, Event::Ask)));
        }
    }

    fn ask(&mut self, at: Instant) {
        match self.placement.place(&[self.calls], at) {
            Some(place) => {
                self.waited = self.waited.max(place.wait);
                self.events.push(Reverse((at + place.wait, Event::Join)));
                self.places.push_back(place);
            }
            None => {
                self.refused += 1;
                self.events.push(Reverse((at + RETRY, Event::Ask)));
            }
        }
    }

    fn judge(&mut self) {
        let judged = self.meter.judge(self.calls, self.now);
        let is_crowded = self.calls > NEVER_TOO_MANY;
        let pressure = if is_crowded { judged.pressure } else { Pressure::Calm };
        self.shared.store(Judgement { pressure, ..judged });
    }

    fn send(&mut self, due: Instant, ends: Instant) {
        let late = self.now - due;
        self.meter.note(late);
        self.frames.push((self.now - self.start, late, self.calls));
        // What it costs to assess turns, and what more effort costs than the least.
        let percent = match self.shared.load() {
            Pressure::Calm => 100,
            Pressure::Busy => 95,
            Pressure::Strained | Pressure::Full => 80,
        };
        self.now += FRAME_COST * percent / 100;
        self.schedule(if late > CATCH_UP { self.now } else { due } + FRAME, ends);
    }

    /// How late one in a hundred was.
    fn late(&self) -> Duration {
        let mut late: Vec<_> = self.frames.iter().map(|(_, late, _)| *late).collect();
        late.sort_unstable();
        late[late.len() * 99 / 100]
    }

    /// How many calls there were on average once it was full.
    fn held(&self) -> usize {
        let frames = self.frames.iter().filter(|(at, ..)| *at >= WINDOW * 30);
        let calls: Vec<_> = frames.map(|(.., calls)| *calls).collect();
        calls.iter().sum::<usize>() / calls.len()
    }
}

fn ramp(callers: u32, a_second: u32) -> impl Iterator<Item = Duration> {
    (0..callers).map(move |caller| WINDOW * caller / a_second)
}

#[test]
fn nobody_is_refused_while_there_is_room() {
    let thread = Thread::new(ramp(140, 10), WINDOW * 200).run(WINDOW * 60);
    assert_eq!((thread.joined, thread.refused), (140, 0));
    assert!(thread.late() < MOST, "{:?}", thread.late());
}

#[test]
fn a_crowd_that_comes_at_once_is_taken_one_after_the_other() {
    let thread = Thread::new((0..40).map(|_| Duration::ZERO), WINDOW * 200).run(WINDOW * 20);
    assert_eq!((thread.joined, thread.refused), (40, 0));
    assert!(thread.waited > WINDOW / 2, "{:?}", thread.waited);
}

#[test]
fn a_hundred_at_once_leave_a_calm_thread_open_to_whoever_comes_afterwards() {
    let crowd = std::iter::repeat_n(Duration::ZERO, 100);
    let refused_of_it = Thread::new(crowd.clone(), WINDOW * 200).run(WINDOW * 2).refused;
    let later = [WINDOW * 2, WINDOW * 3, WINDOW * 4];
    let thread = Thread::new(crowd.chain(later), WINDOW * 200).run(RETRY);
    assert_eq!(thread.refused, refused_of_it);
    assert!(thread.waited <= WINDOW, "{:?}", thread.waited);
}

#[test]
fn before_twice_what_it_carries_a_thread_keeps_its_pace_and_is_two_thirds_full_at_least() {
    for a_second in [10, 20, 50] {
        // Twice as many as it carries; others come as they go.
        let thread = Thread::new(ramp(2 * CARRIES as u32, a_second), WINDOW * 40).run(WINDOW * 100);
        let (late, held) = (thread.late(), thread.held());
        let (joined, refused) = (thread.joined, thread.refused);
        println!("{a_second} a second: {held} held, {joined} joined, {refused} refused, {late:?}");
        assert!(late <= Duration::from_millis(10), "{a_second} a second: {late:?}");
        assert!(held >= CARRIES * 2 / 3, "{a_second} a second: {held}");
        assert!(refused > 0, "{a_second} a second");
    }
}

#[test]
fn callers_who_come_and_go_quickly_find_as_many_places_as_are_left() {
    // Half as many again as it carries, each for a quarter of a minute; others come as they go.
    let thread = Thread::new(ramp(CARRIES as u32 * 3 / 2, 10), WINDOW * 15)
        .returning()
        .run(WINDOW * 110);
    let (late, held) = (thread.late(), thread.held());
    println!("{held} held, {} joined, {late:?}", thread.joined);
    assert!(held >= CARRIES * 3 / 5, "{held}");
    assert!(late <= MOST * 2, "{late:?}");
}

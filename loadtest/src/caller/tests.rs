//! Callers in simulated time, with an agent that keeps a simple timetable.

use super::*;
use crate::clip::tests::tone;
use crate::plan::Behaviour;

const FRAME: Duration = Duration::from_millis(20);

/// When the agent says what, from the start of the test in frames.
struct World {
    start: Instant,
    now: Instant,
    caller: Caller,
    /// Frames that the agent still speaks, and frames until it begins.
    speaking: usize,
    silent: usize,
    /// How many frames of voice over itself it takes to give way.
    gives_way_after: usize,
    voiced_over: usize,
    replies: bool,
    refuses: Option<Duration>,
    reply_frames: usize,
    orders: Vec<Order>,
    observations: Vec<Observation>,
    voiced: Vec<Instant>,
}

impl World {
    fn new(behaviour: Behaviour, until: Option<u64>) -> Self {
        let start = Instant::now();
        let answers = vec![tone("one"), tone("two"), tone("three")];
        let script = crate::plan::tests::script(behaviour, answers);
        Self {
            start,
            now: start,
            caller: Caller::new(
                script,
                Surface::Whip,
                start,
                until.map(|until| start + Duration::from_secs(until)),
            ),
            speaking: 0,
            silent: 0,
            gives_way_after: 10,
            voiced_over: 0,
            replies: true,
            refuses: None,
            reply_frames: 100,
            orders: Vec::new(),
            observations: Vec::new(),
            voiced: Vec::new(),
        }
    }

    fn steady(until: Option<u64>) -> Self {
        Self::new(Behaviour::steady(Duration::from_millis(400)), until)
    }

    /// A caller that does something at every opportunity, and is steady otherwise.
    fn always(change: impl Fn(&mut Behaviour)) -> Self {
        let mut behaviour = Behaviour::steady(Duration::from_millis(400));
        change(&mut behaviour);
        Self::new(behaviour, None)
    }

    fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while self.now < end && !self.caller.is_done() {
            self.step();
        }
    }

    fn step(&mut self) {
        self.now += FRAME;
        match self.caller.tick(self.now, self.now) {
            Sound::Voice { is_last, .. } => {
                self.voiced.push(self.now);
                if self.speaking > 0 && self.silent == 0 {
                    self.voiced_over += 1;
                    if self.voiced_over >= self.gives_way_after {
                        self.speaking = 0;
                    }
                }
                if is_last && self.replies {
                    (self.silent, self.speaking) = (9, self.reply_frames);
                    self.caller
                        .handle(Input::Transcript("what was said".to_owned()), self.now);
                }
            }
            Sound::Silence | Sound::Nothing => self.voiced_over = 0,
        }
        while let Some(order) = self.caller.poll_order() {
            self.orders.push(order);
            let input = match (order, self.refuses) {
                (Order::Begin | Order::Rejoin, Some(retry_after)) => Input::Refused {
                    took: Duration::from_millis(3),
                    retry_after: Some(retry_after),
                },
                (Order::Begin | Order::Rejoin, None) => {
                    if order == Order::Begin {
                        (self.silent, self.speaking) = (5, 50);
                    }
                    Input::Connected {
                        offered: self.now - Duration::from_millis(100),
                    }
                }
                (Order::End, _) => Input::Ended,
                (Order::Vanish, _) => {
                    self.speaking = 0;
                    continue;
                }
                (Order::Rebind, _) => continue,
            };
            self.caller.handle(input, self.now);
        }
        if self.silent > 0 {
            self.silent -= 1;
        } else if self.speaking > 0 {
            self.speaking -= 1;
            self.caller.handle(Input::Speech { marked: false }, self.now);
            self.caller.handle(Input::Listening(self.speaking == 0), self.now);
        }
        while let Some(observation) = self.caller.poll_observation() {
            self.observations.push(observation);
        }
    }

    fn turns(&self) -> Vec<&Turn> {
        let mut turns = Vec::new();
        for observation in &self.observations {
            if let Observation::Turn(turn) = observation {
                turns.push(turn);
            }
        }
        turns
    }

    fn count(&self, wanted: impl Fn(&Observation) -> bool) -> usize {
        self.observations
            .iter()
            .filter(|observation| wanted(observation))
            .count()
    }
}

#[test]
fn a_caller_waits_for_the_greeting_and_gives_every_answer_once() {
    let mut world = World::steady(None);
    world.run(Duration::from_secs(60));
    assert!(world.caller.is_done());
    assert_eq!(world.orders, [Order::Begin, Order::End]);
    let turns = world.turns();
    let said: Vec<&str> = turns.iter().map(|turn| turn.said.as_str()).collect();
    assert_eq!(said, ["one", "two", "three"]);
    for turn in turns {
        assert_eq!(turn.reply_ms.map(f64::round), Some(180.0), "{turn:?}");
        assert!(turn.answered && !turn.cut_off && turn.heard.is_some());
    }
    assert_eq!(world.observations[0], Observation::Joined(100.0));
    assert_eq!(world.observations[1], Observation::FirstAudio(200.0));
    // The greeting takes a second, and after 300 ms of silence it is certain that it is over; then the caller thinks.
    let first = world.voiced[0] - world.start;
    assert!((1_800..1_900).contains(&first.as_millis()), "{first:?}");
    assert!(matches!(world.observations.last(), Some(Observation::Conversation(_))));
}

#[test]
fn a_caller_with_time_begins_again_and_stops_when_it_is_up() {
    let mut world = World::steady(Some(60));
    world.run(Duration::from_secs(120));
    assert!(world.caller.is_done());
    assert!(
        (60..75).contains(&(world.now - world.start).as_secs()),
        "{:?}",
        world.now - world.start
    );
    let begun = world.orders.iter().filter(|order| **order == Order::Begin).count();
    assert!(begun > 3, "{begun}");
    assert_eq!(world.count(|seen| matches!(seen, Observation::Conversation(_))), begun);
    assert!(world.turns().iter().all(|turn| turn.answered));
}

#[test]
fn an_utterance_that_nobody_answers_is_told_and_the_next_one_said() {
    let mut world = World::steady(None);
    world.replies = false;
    world.run(Duration::from_secs(120));
    assert!(world.caller.is_done());
    let answered: Vec<bool> = world.turns().iter().map(|turn| turn.answered).collect();
    assert_eq!(answered, [false, false, false]);
}

#[test]
fn somebody_who_hesitates_pauses_once_in_the_middle() {
    let mut world = World::always(|behaviour| behaviour.hesitate = 1.0);
    world.run(Duration::from_secs(60));
    let frames = tone("one").voiced_frames();
    let one = &world.voiced[..frames];
    let pauses: Vec<Duration> = one
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .filter(|gap| *gap > FRAME)
        .collect();
    let [pause] = pauses[..] else {
        panic!("{pauses:?}");
    };
    assert!((300..=940).contains(&pause.as_millis()), "{pause:?}");
    assert!(world.turns().iter().all(|turn| turn.hesitating && turn.answered));
}

#[test]
fn how_long_the_agent_takes_to_give_way_is_measured_from_the_first_voiced_frame_over_it() {
    let mut world = World::always(|behaviour| behaviour.interrupt = 1.0);
    world.reply_frames = 200;
    world.run(Duration::from_secs(60));
    // The agent gives way within ten frames; the tenth of them finds it silent.
    let barge_ins: Vec<f64> = world
        .observations
        .iter()
        .filter_map(|seen| match seen {
            Observation::BargeIn(took) => Some(took.round()),
            _ => None,
        })
        .collect();
    assert_eq!(
        barge_ins.len(),
        2,
        "the greeting is too short for it: {:?}",
        world.observations
    );
    assert!(
        barge_ins.iter().all(|took| (140.0..=200.0).contains(took)),
        "{barge_ins:?}"
    );
    let turns = world.turns();
    assert!(turns.iter().all(|turn| turn.answered && !turn.cut_off), "{turns:?}");
    assert!(
        turns
            .iter()
            .any(|turn| turn.interrupting && turn.reply_ms == Some(180.0))
    );
}

#[test]
fn an_agent_that_was_just_through_has_given_way_to_nobody() {
    let mut world = World::always(|behaviour| behaviour.interrupt = 1.0);
    world.reply_frames = 200;
    // Nothing of it is heard any more over the first voiced frame.
    world.gives_way_after = 1;
    world.run(Duration::from_secs(60));
    assert!(world.turns().iter().any(|turn| turn.interrupting && turn.answered));
    assert_eq!(world.count(|seen| matches!(seen, Observation::BargeIn(_))), 0);
}

#[test]
fn an_agent_that_talks_before_the_answer_is_out_cuts_it_off() {
    let mut world = World::steady(None);
    while world.voiced.len() < 5 {
        world.step();
    }
    world.caller.handle(Input::Speech { marked: true }, world.now);
    world.run(Duration::from_secs(60));
    let turns = world.turns();
    assert!(turns[0].cut_off && turns[0].answered, "{turns:?}");
    assert_eq!(turns[0].reply_ms, None, "the time would flatter");
    assert!(!turns[1].cut_off);
}

#[test]
fn somebody_who_loses_the_connection_comes_back_and_goes_on() {
    let mut world = World::always(|behaviour| behaviour.drop = 1.0);
    // Whether there is something to come back for is the seed's choice: this one's first conversation has.
    world.run(Duration::from_secs(90));
    assert!(world.caller.is_done());
    assert_eq!(world.orders, [Order::Begin, Order::Vanish, Order::Rejoin, Order::End]);
    assert_eq!(world.turns().len(), 3);
    assert_eq!(world.count(|seen| matches!(seen, Observation::Rejoined(_))), 1);
    assert_eq!(world.count(|seen| matches!(seen, Observation::Conversation(_))), 1);
}

#[test]
fn a_change_of_address_is_ordered_while_the_agent_speaks() {
    let mut world = World::always(|behaviour| behaviour.rebind = 1.0);
    world.run(Duration::from_secs(60));
    assert_eq!(world.orders, [Order::Begin, Order::Rebind, Order::End]);
    assert_eq!(world.count(|seen| matches!(seen, Observation::RebindGap(_))), 1);
}

#[test]
fn a_refused_caller_comes_back_when_it_was_told_to_if_there_is_time() {
    let mut world = World::steady(Some(60));
    world.refuses = Some(Duration::from_secs(20));
    world.run(Duration::from_secs(25));
    assert_eq!(world.orders, [Order::Begin, Order::Begin]);
    world.refuses = None;
    world.run(Duration::from_secs(60));
    assert_eq!(world.count(|seen| *seen == Observation::Refused(3.0)), 2);
    assert!(world.count(|seen| matches!(seen, Observation::Joined(_))) > 0);
    assert_eq!(world.count(|seen| matches!(seen, Observation::Failed(_))), 0);

    let mut world = World::steady(None);
    world.refuses = Some(Duration::from_secs(20));
    world.run(Duration::from_secs(60));
    assert!(world.caller.is_done());
    assert_eq!(world.orders, [Order::Begin]);
}

#[test]
fn whoever_gets_no_connection_or_loses_it_for_good_says_so() {
    let mut world = World::steady(None);
    world.run(Duration::from_secs(3));
    world.caller.handle(Input::Failed("it broke".to_owned()), world.now);
    world.step();
    assert!(world.caller.is_done());
    assert_eq!(
        world.count(|seen| *seen == Observation::Failed("it broke".to_owned())),
        1
    );
    assert_eq!(world.orders.last(), Some(&Order::Vanish));

    let start = Instant::now();
    let script = Script::steady(vec![tone("one")], Duration::ZERO);
    let mut caller = Caller::new(script, Surface::Whip, start, None);
    caller.tick(start, start);
    assert_eq!(caller.poll_order(), Some(Order::Begin));
    let late = start + JOIN_TIMEOUT + FRAME;
    caller.tick(late, late);
    assert!(matches!(caller.poll_observation(), Some(Observation::Failed(_))));
    assert!(caller.is_done());
    // What comes afterwards is nothing any more.
    caller.handle(Input::Connected { offered: start }, late);
    assert!(caller.is_done());
}

#[test]
fn an_agent_that_never_gives_way_is_given_up() {
    let mut world = World::steady(None);
    world.run(Duration::from_secs(1));
    world.speaking = usize::MAX;
    world.run(Duration::from_secs(60));
    assert!(world.caller.is_done());
    assert_eq!(world.count(|seen| matches!(seen, Observation::Failed(_))), 1);
}

#[test]
fn whoever_thinks_for_a_minute_has_not_given_up() {
    let mut world = World::new(Behaviour::steady(Duration::from_secs(60)), None);
    world.run(Duration::from_secs(240));
    assert_eq!(world.count(|seen| matches!(seen, Observation::Failed(_))), 0);
    assert_eq!(world.turns().len(), 3);
}

#[test]
fn over_a_socket_nobody_is_greeted_and_whole_replies_are_listened_to() {
    let start = Instant::now();
    let script = Script::steady(vec![tone("one"), tone("two")], Duration::from_millis(100));
    let mut caller = Caller::new(script, Surface::Chat, start, None);
    let mut now = start;
    caller.tick(now, now);
    caller.handle(Input::Connected { offered: now }, now);
    let mut begun = Vec::new();
    let mut was_voice = false;
    while now - start < Duration::from_secs(20) {
        now += FRAME;
        let sound = caller.tick(now, now);
        let is_voice = matches!(sound, Sound::Voice { .. });
        if is_voice && !was_voice {
            begun.push(now - start);
        }
        was_voice = is_voice;
        if let Sound::Voice { is_last: true, .. } = sound {
            let plays_for = Duration::from_secs(3);
            caller.handle(Input::Reply { plays_for }, now + FRAME * 10);
        }
    }
    assert_eq!(begun.len(), 2);
    assert!((500..700).contains(&begun[0].as_millis()), "{begun:?}");
    assert!((begun[1] - begun[0]).as_millis() > 3_800, "{begun:?}");
    let replies: Vec<Option<f64>> = std::iter::from_fn(|| caller.poll_observation())
        .filter_map(|seen| match seen {
            Observation::Turn(turn) => Some(turn.reply_ms.map(f64::round)),
            _ => None,
        })
        .collect();
    assert_eq!(replies, [Some(200.0), Some(200.0)]);
}

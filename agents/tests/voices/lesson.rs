//! One lesson: a learner who says some expected answer at each step, and what is suggested where that was not understood.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::acoustic::{Expectation, Pronouncer};
use colloquy_agents::engine::{Speaker, Transcript};
use colloquy_agents::mind::{Input, State};
use colloquy_agents::scenario::{Grade, Level, Progress, Script};
use colloquy_media::HEARD_FRAME;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use crate::line::Line;
use crate::network::Conditions;
use crate::room::Room;
use crate::talk::Talk;
use crate::voice::Voice;

/// How answers were understood.
#[derive(Debug, Default)]
pub struct Tally {
    /// Answers that were given first at their step.
    pub steps: usize,
    /// Of them, those that were understood as they were meant at once.
    pub at_once: usize,
    /// Of them, those that were asked for again.
    pub asked_again: usize,
    /// Of them, those that were understood as something else.
    pub misunderstood: usize,
    /// Answers that were given after the tutor asked again, and not understood either.
    pub missed_again: usize,
}

impl Tally {
    pub fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.at_once += other.at_once;
        self.asked_again += other.asked_again;
        self.misunderstood += other.misunderstood;
        self.missed_again += other.missed_again;
    }
}

pub struct Lesson {
    pub tally: Tally,
    script: Arc<Script>,
    voice: Voice,
    talk: Talk,
    room: Room,
    random: StdRng,
    /// What may be said in every step.
    asides: HashSet<String>,
}

/// An ordinary line: a packet in a hundred is lost.
const NETWORK: Conditions = Conditions {
    loss: 0.01,
    jitter: Duration::from_millis(30),
    ..Conditions::CLEAN
};
/// Longer than any reply.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
const SAMPLES_A_MS: usize = 16;

impl Lesson {
    /// The learner joins.
    pub fn begin(script: Arc<Script>, voice: Voice, pronouncer: Arc<Pronouncer>, seed: u64) -> Self {
        let language = script.language();
        let prepare = move |expected: &_| Arc::new(Expectation::prepare(&pronouncer, language, expected).unwrap());
        let expectation = prepare(&script.expected(&Progress::default()));
        let over = Progress {
            complete: true,
            ..Progress::default()
        };
        let asides = script.expected(&over).phrases.into_iter().map(|phrase| phrase.text);
        let mut room = Room::new(seed);
        let mut talk = Talk::new(
            Line::new(expectation, NETWORK, seed),
            Arc::clone(&script),
            tutors_voice(),
        );
        talk.prepare = Some(Box::new(prepare));
        talk.hear(&room.silence(500 * SAMPLES_A_MS));
        talk.tell(Input::Joined);
        Self {
            tally: Tally::default(),
            asides: asides.collect(),
            random: StdRng::seed_from_u64(seed),
            script,
            voice,
            talk,
            room,
        }
    }

    /// To the end of the scenario.
    pub fn play(&mut self) {
        self.listen(0);
        while !self.script.is_complete(self.talk.mind.progress()) {
            self.take_step();
        }
    }

    /// The same, with one of the sounds before each answer. Tells what the tutor said to them.
    pub fn play_disturbed_by(&mut self, sounds: &[Vec<i16>]) -> Vec<String> {
        self.listen(0);
        let mut replies = Vec::new();
        for sound in sounds.iter().cycle() {
            if self.script.is_complete(self.talk.mind.progress()) {
                break;
            }
            let before = self.talk.records.len();
            self.hear(sound);
            // Whether it is answered or not, it is soon over.
            self.talk.hear(&self.room.silence(whole_frames(5_000 * SAMPLES_A_MS)));
            while self.talk.mind.state() != State::Listening {
                self.talk.hear(&self.room.silence(HEARD_FRAME));
            }
            let said = self.talk.records[before..].iter();
            let said = said.filter(|record| record.speaker == Speaker::Agent);
            replies.extend(said.map(|record| record.text.clone()));
            if !self.script.is_complete(self.talk.mind.progress()) {
                self.take_step();
            }
        }
        replies
    }

    /// How long it lasted.
    pub fn lasted(&self) -> Duration {
        self.talk.line.now
    }

    fn take_step(&mut self) {
        let before = self.talk.mind.progress().clone();
        let answers = self.answers(&before);
        let (meant, text) = answers.choose(&mut self.random).cloned().expect("a step has answers");
        self.tally.steps += 1;
        self.say(&text);
        let after = self.talk.mind.progress().clone();
        if after == meant {
            self.tally.at_once += 1;
            return;
        }
        let heard = self.talk.transcripts.last().cloned().unwrap_or_default();
        println!(
            "{} {}, {:?}: {text:?} is heard as {heard:?}",
            self.script.language(),
            self.script.step_id(&before),
            self.voice,
        );
        if after.step != before.step || after.complete {
            self.tally.misunderstood += 1;
            return;
        }
        self.tally.asked_again += 1;
        self.try_again();
    }

    /// Says what the tutor suggests until it is understood. The tutor must not have to say it in the learner's place.
    fn try_again(&mut self) {
        loop {
            let before = self.talk.mind.progress().clone();
            let mut hints = self.script.hints(&before, "");
            // The shorter one after the longer.
            let grade = if before.reprompts > 1 {
                Grade::Short
            } else {
                Grade::Whole
            };
            hints.retain(|hint| hint.grade == grade);
            let hint = hints.pop().expect("every step has hints").text;
            self.say(&hint);
            let after = self.talk.mind.progress();
            let meant = self.script.respond(&before, &said(&hint, None)).1;
            if *after == meant {
                return;
            }
            let heard = self.talk.transcripts.last();
            println!("then {hint:?} is heard as {heard:?}");
            assert!(
                before.reprompts <= asked_again(self.script.level()),
                "{} {} {}: not understood with all the help that there is",
                self.script.language(),
                self.script.scenario_id(),
                self.script.step_id(&before)
            );
            self.tally.missed_again += 1;
            if after.step != before.step || after.complete {
                return;
            }
        }
    }

    /// What may be answered now and leads on, and where to. How short answers that nobody suggests are heard, `short.rs` tells.
    fn answers(&self, progress: &Progress) -> Vec<(Progress, String)> {
        let expected = self.script.expected(progress);
        let is_short: Vec<bool> = (0..expected.phrases.len())
            .map(|phrase| expected.is_short(phrase))
            .collect();
        let phrases = expected.phrases.into_iter().enumerate();
        phrases
            .filter(|(number, phrase)| !is_short[*number] && !self.asides.contains(&phrase.text))
            .map(|(number, phrase)| {
                let after = self.script.respond(progress, &said(&phrase.text, Some(number))).1;
                (after, phrase.text)
            })
            .filter(|(after, _)| after.step > progress.step || after.complete)
            .collect()
    }

    /// Says a sentence after a moment's thought, and hears the reply to it.
    fn say(&mut self, text: &str) {
        let thought = self.random.random_range(300..900);
        self.talk.hear(&self.room.silence(whole_frames(thought * SAMPLES_A_MS)));
        let said = self.voice.say(text);
        let replies = self.replies();
        self.hear(&said);
        self.listen(replies);
    }

    /// A sound in the room.
    fn hear(&mut self, sound: &[i16]) {
        let mut sound = self.room.speech(sound, 0);
        let missing = whole_frames(sound.len()) + HEARD_FRAME - sound.len();
        sound.extend(self.room.silence(missing));
        self.talk.hear(&sound);
    }

    /// Listens until the tutor has said something more, to its end.
    fn listen(&mut self, replies: usize) {
        let start = self.talk.line.now;
        while self.replies() == replies || self.talk.mind.state() != State::Listening {
            assert!(
                self.talk.line.now - start < LONGEST_WAIT,
                "{} {}: no reply; {:?}",
                self.script.language(),
                self.script.step_id(self.talk.mind.progress()),
                self.talk.transcripts.last()
            );
            self.talk.hear(&self.room.silence(HEARD_FRAME));
        }
    }

    fn replies(&self) -> usize {
        let records = self.talk.records.iter();
        records.filter(|record| record.speaker == Speaker::Agent).count()
    }
}

fn said(text: &str, phrase: Option<usize>) -> Transcript {
    Transcript {
        text: text.to_owned(),
        phrase,
        confidence: 1.0,
        ..Transcript::default()
    }
}

/// How often the tutor asks again before it suggests the easiest answer, and then gives it in the learner's place.
fn asked_again(level: Level) -> u8 {
    match level {
        Level::Beginner => 1,
        Level::Intermediate | Level::Advanced => 2,
    }
}

fn whole_frames(samples: usize) -> usize {
    samples / HEARD_FRAME * HEARD_FRAME
}

/// A hum: what the tutor says is told by its words, not by its sound.
fn tutors_voice() -> Vec<i16> {
    (0..16_000)
        .map(|at| (3_000.0 * (f64::from(at) * 0.05).sin()) as i16)
        .collect()
}

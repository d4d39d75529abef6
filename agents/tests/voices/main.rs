//! Scenarios that are completed by voice: a synthetic learner answers over a network, and uplink, recogniser, mind and downlink do
//! the rest, in simulated time. See `voice.rs` for whose voices they are.

mod expected;
mod hesitation;
mod lesson;
#[allow(dead_code, reason = "the tests of recognition ask more of it")]
#[path = "../recognition/line.rs"]
mod line;
#[allow(dead_code, reason = "some callers send no levels")]
#[path = "../../../media/tests/simulated/microphone.rs"]
mod microphone;
mod naming;
#[allow(dead_code, reason = "not all conditions are made here")]
#[path = "../../../media/tests/simulated/network.rs"]
mod network;
mod polite;
mod room;
mod short;
mod slips;
#[allow(dead_code, reason = "the tests of recognition ask more of it")]
#[path = "../recognition/talk.rs"]
mod talk;
mod voice;

use std::sync::Arc;
use std::time::{Duration, Instant};

use colloquy_agents::acoustic::Pronouncer;
use colloquy_agents::language::Language;
use colloquy_agents::scenario::{Catalogue, Level, OPEN_TALK};
use rand::rngs::StdRng;
use rand::seq::IteratorRandom;
use rand::{Rng, SeedableRng};

use crate::lesson::{Lesson, Tally};
use crate::voice::Voice;

/// Played wholly in every language that is taught.
const FLAGSHIPS: [&str; 4] = ["restaurant", "coffee_shop", "airport_checkin", "hotel_reservation"];
/// How many of the other scenarios are drawn for each language.
const SAMPLE: usize = 2;
/// What is drawn, and which answers are given. `VOICES_SEED` is another.
const SEED: u64 = 4;

#[test]
fn english_lessons_are_completed_by_voice() {
    assert_completed(Language::English, 0.95);
}

#[test]
fn french_lessons_are_completed_by_voice() {
    assert_completed(Language::French, 0.95);
}

#[test]
fn german_lessons_are_completed_by_voice() {
    assert_completed(Language::German, 0.95);
}

#[test]
fn italian_lessons_are_completed_by_voice() {
    assert_completed(Language::Italian, 0.9);
}

#[test]
fn portuguese_lessons_are_completed_by_voice() {
    assert_completed(Language::Portuguese, 0.85);
}

#[test]
fn spanish_lessons_are_completed_by_voice() {
    assert_completed(Language::Spanish, 0.95);
}

/// Twelve seconds of nothing, white noise, clicks, a hum, the wrong language and an insult: each stands before some answer, and
/// every lesson goes on to its end all the same.
#[test]
fn noise_silence_the_wrong_language_and_insults_by_voice_end_no_lesson() {
    let pronouncer = Arc::new(Pronouncer::new());
    let catalogue = Catalogue::built_in();
    let foreign = [
        (Language::English, "What time does the museum close on Sundays?"),
        (Language::French, "Est-ce que le musée ferme plus tôt le dimanche ?"),
    ];
    for (language, scenario, insult) in [
        (
            Language::French,
            "restaurant",
            "Espèce de connard, va te faire foutre !",
        ),
        (
            Language::English,
            "hotel_reservation",
            "You are a stupid fucking idiot!",
        ),
        (Language::German, "coffee_shop", "Du bist doch ein blödes Arschloch!"),
    ] {
        let mut random = StdRng::seed_from_u64(SEED);
        let (other, sentence) = foreign.into_iter().find(|(other, _)| *other != language).unwrap();
        let noise: Vec<i16> = (0..24_000).map(|_| random.random_range(-5_000..=5_000)).collect();
        let clicks = (0..24_000_i32)
            .map(|at| if at % 4_000 < 40 { 12_000 } else { 0 })
            .collect();
        let hum = (0..24_000_i32)
            .map(|at| (6_000.0 * (f64::from(at) * 0.04).sin()) as i16)
            .collect();
        let sounds = [
            noise,
            Voice::of(other, &mut random).say(sentence),
            vec![0; 12 * 16_000],
            Voice::of(language, &mut random).say(insult),
            clicks,
            hum,
        ];
        let script = catalogue
            .script(scenario, language, Level::Intermediate)
            .expect("it is taught");
        let voice = Voice::of(language, &mut random);
        let mut lesson = Lesson::begin(Arc::new(script), voice, Arc::clone(&pronouncer), random.random());
        let replies = lesson.play_disturbed_by(&sounds);
        println!("{language}: {:?}; {replies:#?}", lesson.tally);
        assert!(lesson.tally.steps >= 3, "{language}: {:?}", lesson.tally);
        for rude in ["connard", "foutre", "stupid", "idiot", "arschloch", "museum", "musée"] {
            assert!(
                !replies.iter().any(|reply| reply.to_lowercase().contains(rude)),
                "{replies:?}"
            );
        }
    }
}

/// Every lesson reaches its end without the tutor giving an answer in the learner's place, and so many answers are understood
/// as they were meant the first time they are given.
fn assert_completed(language: Language, at_once: f64) {
    let seed = expected::seed("VOICES_SEED", SEED);
    let mut random = StdRng::seed_from_u64(seed ^ (language as u64) << 32);
    let catalogue = Catalogue::built_in();
    let topics = catalogue.topics(language, None);
    let topics = topics.iter().flat_map(|category| &category.topics);
    let taught = topics.map(|topic| topic.id.as_str()).filter(|id| *id != OPEN_TALK);
    let (flagships, others): (Vec<&str>, Vec<&str>) = taught.partition(|id| FLAGSHIPS.contains(id));
    let drawn = others.into_iter().choose_multiple(&mut random, SAMPLE);
    assert!(flagships.len() >= 3, "{language} {flagships:?}");

    let pronouncer = Arc::new(Pronouncer::new());
    let levels = [Level::Beginner, Level::Intermediate, Level::Advanced];
    let (started, mut tally, mut simulated) = (Instant::now(), Tally::default(), Duration::ZERO);
    for (number, scenario) in flagships.into_iter().chain(drawn).enumerate() {
        let script = catalogue.script(scenario, language, levels[number % levels.len()]);
        let script = Arc::new(script.expect("it is taught"));
        let voice = Voice::of(language, &mut random);
        let mut lesson = Lesson::begin(script, voice, Arc::clone(&pronouncer), random.random());
        lesson.play();
        println!("{language}, {scenario}, {voice:?}: {:?}", lesson.tally);
        tally.add(&lesson.tally);
        simulated += lesson.lasted();
    }
    let (took, share) = (started.elapsed(), tally.at_once as f64 / tally.steps as f64);
    println!(
        "{language}, seed {seed}: {:.1}% of {} answers understood at once; {:.0} s of calls in {:.1} s, {:.0} times real time",
        100.0 * share,
        tally.steps,
        simulated.as_secs_f64(),
        took.as_secs_f64(),
        simulated.as_secs_f64() / took.as_secs_f64()
    );
    assert!(share >= at_once, "{language}: {tally:?}");
}

//! What the scenarios expect, and how it is heard when a voice says it.

use std::ops::Range;
use std::sync::Arc;

use colloquy_agents::acoustic::{Expectation, Recognizer};
use colloquy_agents::engine::Expected;
use colloquy_agents::language::Language;
use colloquy_agents::scenario::{Catalogue, Level, Progress};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use crate::voice::Voice;

/// What is drawn by: the number in this variable of the environment, if there is one.
pub fn seed(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |seed| seed.parse().expect("a seed is a number"))
}

/// What is expected at each step of each scenario.
pub fn steps(language: Language) -> Vec<Expected> {
    let catalogue = Catalogue::built_in();
    let topics = catalogue.topics(language, None);
    let topics = topics.iter().flat_map(|category| &category.topics);
    let scripts = topics.filter_map(|topic| catalogue.script(&topic.id, language, Level::Intermediate));
    let expected = scripts.flat_map(|script| {
        let at = |step| Progress {
            step,
            ..Progress::default()
        };
        let steps = 0..script.step_count();
        steps.map(|step| script.expected(&at(step))).collect::<Vec<_>>()
    });
    expected.collect()
}

/// A learner's voice or a usual one: `kal16` of flite among the English ones, espeak-ng's with one of `variants` in the other languages, at
/// one of `paces` in words a minute.
pub fn usual_voice(language: Language, variants: &[&'static str], paces: Range<u8>, random: &mut StdRng) -> Voice {
    let language = match language {
        Language::English if random.random_bool(0.25) => return Voice::Flite("kal16"),
        Language::English => return Voice::of(language, random),
        Language::Italian if random.random_bool(0.5) => return Voice::of(language, random),
        Language::Italian => "it",
        Language::French => "fr",
        Language::German => "de",
        Language::Spanish => "es-419",
        _ => panic!("{language} is not measured"),
    };
    Voice::Espeak {
        language,
        variant: variants.choose(random).unwrap(),
        pitch: random.random_range(35..65),
        pace: random.random_range(paces),
    }
}

/// A recogniser that has heard a voice say a text, frame by frame, with silence around it.
pub fn hear(expectation: &Arc<Expectation>, voice: Voice, text: &str) -> Recognizer {
    let mut recognizer = Recognizer::new(Arc::clone(expectation));
    let quiet = vec![0; 4_800];
    for piece in [quiet.clone(), voice.say(text), quiet].concat().chunks(320) {
        recognizer.hear(piece);
    }
    recognizer
}

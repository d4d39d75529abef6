//! Utterances at steps of scenarios: answers that are expected there, and everything else that may be said.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use colloquy_agents::acoustic::{Expectation, Pronouncer, Recognizer};
use colloquy_agents::assessment::language::Grammars;
use colloquy_agents::engine::Expected;
use colloquy_agents::language::Language;
use colloquy_agents::scenario::{Catalogue, Level, Progress, Script};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use crate::room::Room;
use crate::voice::Voice;

/// The languages that the recogniser knows.
pub const LANGUAGES: [Language; 6] = [
    Language::English,
    Language::French,
    Language::German,
    Language::Italian,
    Language::Portuguese,
    Language::Spanish,
];
/// The scenarios whose steps are tried.
const SCENARIOS: [&str; 4] = ["restaurant", "coffee_shop", "airport_checkin", "hotel_reservation"];

/// For what trials are: no text and no voice is in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Weights are fitted on them.
    Fit,
    /// What was fitted is tried.
    Test,
}

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An answer that the step expects.
    Expected,
    /// An answer to the question of another step.
    Elsewhere,
    /// A sentence about anything else.
    OffTopic,
    /// One in another language.
    Foreign,
    /// A recording of somebody who reads something else.
    Recorded,
}

/// A step, and what the recogniser listens for in it.
pub struct Place {
    pub script: Arc<Script>,
    pub progress: Progress,
    pub expected: Expected,
    pub expectation: Arc<Expectation>,
}

/// An utterance at a step.
pub struct Trial<'a> {
    pub place: &'a Place,
    pub kind: Kind,
    /// The words, or the name of the recording.
    pub text: String,
    /// Which of the expected phrases it is.
    pub phrase: Option<usize>,
    pub sound: Vec<i16>,
}

impl Trial<'_> {
    /// A recogniser that has heard it.
    pub fn heard(&self) -> Recognizer {
        let mut recognizer = Recognizer::new(Arc::clone(&self.place.expectation));
        recognizer.hear(&self.sound);
        recognizer
    }
}

/// Every step of the scenarios in a language.
pub fn places(language: Language) -> Vec<Place> {
    let (catalogue, pronouncer, grammars) = (Catalogue::built_in(), Pronouncer::new(), Grammars::built_in());
    let scripts = SCENARIOS
        .iter()
        .filter_map(|id| catalogue.script(id, language, Level::Intermediate));
    scripts
        .flat_map(|script| {
            let script = Arc::new(script);
            (0..script.step_count()).map(move |step| {
                let progress = Progress {
                    step,
                    ..Progress::default()
                };
                (Arc::clone(&script), progress)
            })
        })
        .map(|(script, progress)| {
            let expected = script.expected(&progress);
            let expectation = Expectation::prepare(&pronouncer, language, &expected).expect("espeak-ng is installed");
            let answers = expected.phrases.iter().take_while(|phrase| phrase.instead_of.is_none());
            let sentences: Vec<&str> = answers.map(|phrase| phrase.text.as_str()).collect();
            let variants = grammars.variants(&sentences, language);
            expectation
                .learn_variants(&pronouncer, &variants)
                .expect("espeak-ng is installed");
            Place {
                expectation: Arc::new(expectation),
                script,
                progress,
                expected,
            }
        })
        .collect()
}

/// So many utterances of each kind at every one of some places.
pub struct Plan {
    pub purpose: Purpose,
    pub expected: usize,
    pub elsewhere: usize,
    pub off_topic: usize,
    pub foreign: usize,
    pub recordings: usize,
}

/// Somebody who reads something that no step expects, at 16 kHz.
pub struct Recording {
    pub name: String,
    pub sound: Vec<i16>,
}

/// Calls `each` with every trial of a plan.
pub fn run<'a>(
    places: &'a [Place],
    language: Language,
    plan: &Plan,
    recordings: &[Recording],
    mut each: impl FnMut(Trial<'a>),
) {
    let mut random = StdRng::seed_from_u64(language as u64 + 100 * plan.purpose as u64);
    let mut room = Room::new(7);
    let texts = off_topic(language, plan.purpose);
    for place in places {
        let known: Vec<&str> = place
            .expected
            .phrases
            .iter()
            .map(|phrase| phrase.text.as_str())
            .collect();
        let numbers: Vec<usize> = whole_answers(&place.expected).collect();
        let mut tell = |kind, text: &str, phrase, language, random: &mut StdRng| {
            let voice = voice(language, plan.purpose, random);
            each(Trial {
                place,
                kind,
                text: text.to_owned(),
                phrase,
                sound: in_room(&mut room, &voice.say(text)),
            });
        };
        for &number in numbers.choose_multiple(&mut random, plan.expected) {
            tell(Kind::Expected, known[number], Some(number), language, &mut random);
        }
        let others: Vec<&str> = places
            .iter()
            .filter(|other| Arc::ptr_eq(&other.script, &place.script))
            .flat_map(|other| {
                whole_answers(&other.expected).map(move |number| other.expected.phrases[number].text.as_str())
            })
            .filter(|text| !known.iter().any(|known| shared_words(known, text) >= 0.5))
            .collect();
        for text in others.choose_multiple(&mut random, plan.elsewhere) {
            tell(Kind::Elsewhere, text, None, language, &mut random);
        }
        for text in texts.choose_multiple(&mut random, plan.off_topic) {
            tell(Kind::OffTopic, text, None, language, &mut random);
        }
        for _ in 0..plan.foreign {
            let other = *LANGUAGES.choose(&mut random).expect("there are languages");
            if other != language {
                let texts = off_topic(other, plan.purpose);
                let text = texts.choose(&mut random).expect("there are texts");
                tell(Kind::Foreign, text, None, other, &mut random);
            }
        }
        for recording in recordings.choose_multiple(&mut random, plan.recordings) {
            each(Trial {
                place,
                kind: Kind::Recorded,
                text: recording.name.clone(),
                phrase: None,
                sound: in_room(&mut room, &recording.sound),
            });
        }
    }
}

/// The numbers of all phrases but short answers: how these are heard, `tests/voices/short.rs` tells.
fn whole_answers(expected: &Expected) -> impl Iterator<Item = usize> {
    (0..expected.phrases.len()).filter(|&number| !expected.is_short(number))
}

/// Sentences that no scenario expects; every other one for each purpose.
pub fn off_topic(language: Language, purpose: Purpose) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/unexpected");
    let file = folder.join(format!("{}.txt", language.tag()));
    let text = fs::read_to_string(file).expect("it is part of the repository");
    text.lines()
        .skip(purpose as usize)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// Voices that are tested are those of `tests/voices`; others are fitted on.
fn voice(language: Language, purpose: Purpose, random: &mut StdRng) -> Voice {
    if purpose == Purpose::Test {
        return Voice::of(language, random);
    }
    let tag = match language {
        Language::English if random.random_bool(0.5) => return Voice::Flite(["kal", "kal16"].choose(random).unwrap()),
        Language::English => "en-us",
        Language::Spanish => "es-419",
        Language::French => "fr-fr",
        Language::German => "de",
        Language::Italian => "it",
        Language::Portuguese => "pt-br",
        Language::Chinese | Language::Japanese => panic!("{language} is not recognised"),
    };
    Voice::Espeak {
        language: tag,
        variant: ["m1", "m3", "m7", "f2", "f4", "f5"].choose(random).unwrap(),
        pitch: random.random_range(30..70),
        pace: random.random_range(120..170),
    }
}

fn in_room(room: &mut Room, voice: &[i16]) -> Vec<i16> {
    [room.silence(4_800), room.speech(voice, voice.len() + 3_200)].concat()
}

/// The words of a text, in lower case.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace('’', "'");
    lower
        .split(|sign: char| !sign.is_alphanumeric() && sign != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The share of the words of the shorter text that are also in the other.
fn shared_words(a: &str, b: &str) -> f64 {
    let set = |text: &str| words(text).into_iter().collect::<HashSet<_>>();
    let (a, b) = (set(a), set(b));
    a.intersection(&b).count() as f64 / a.len().min(b.len()).max(1) as f64
}

//! Answers with a pause in the middle: between words, or before a plosive within one.

use std::sync::Arc;

use colloquy_agents::acoustic::{Expectation, Pronouncer, Recognizer};
use colloquy_agents::engine::{ExpectedPhrase, Transcript};
use colloquy_agents::language::Language;
use colloquy_agents::scenario::{Catalogue, Level, Progress};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use crate::expected::{seed, steps, usual_voice};
use crate::voice::Voice;

/// `HESITATION_SEED` is another.
const SEED: u64 = 5;
/// Answers of each language; `HESITATION_ANSWERS` are others.
const ANSWERS: u64 = 40;
/// Words of an answer that one pauses in, at least.
const WORDS: usize = 3;
/// Samples of a frame of 20 ms.
const FRAME: usize = 320;
/// How long one pauses, in frames.
const PAUSES: [usize; 5] = [15, 22, 30, 37, 45];
/// A frame is voiced from this mean square of a sample on.
const VOICED: i64 = 10_000;

#[test]
fn answers_with_a_pause_in_the_middle_are_understood() {
    let seed = seed("HESITATION_SEED", SEED);
    let answers = self::seed("HESITATION_ANSWERS", ANSWERS);
    let pronouncer = Pronouncer::new();
    for language in [
        Language::English,
        Language::French,
        Language::German,
        Language::Italian,
        Language::Spanish,
    ] {
        let mut random = StdRng::seed_from_u64(seed ^ (language as u64) << 32);
        let steps = steps(language);
        let suggested = steps.iter().flat_map(|expected| {
            let phrases = expected.phrases.iter().enumerate();
            let is_suggested = |phrase: &ExpectedPhrase| phrase.instead_of.is_none() && !phrase.leaves;
            let long =
                phrases.filter(move |(_, phrase)| is_suggested(phrase) && phrase.text.split(' ').count() >= WORDS);
            long.map(move |(number, phrase)| (expected, number, &phrase.text))
        });
        let suggested: Vec<_> = suggested.collect();
        let [mut fluent, mut paused] = [0_u64; 2];
        for _ in 0..answers {
            let (expected, phrase, text) = suggested.choose(&mut random).unwrap();
            let expectation = Arc::new(Expectation::prepare(&pronouncer, language, expected).unwrap());
            let voice = usual_voice(language, &["klatt", "klatt2", "f2", "f3", ""], 110..170, &mut random);
            let said = voice.say(text);
            let is_right = |pause: usize| {
                let heard = hear(&expectation, &said, pause);
                let is_right = heard.phrase == Some(*phrase);
                if !is_right {
                    let Transcript {
                        text: heard,
                        confidence,
                        ..
                    } = heard;
                    println!(
                        "{language} {voice:?}, {pause} frames of pause: {text:?} is heard as {heard:?} ({confidence:.2})"
                    );
                }
                u64::from(is_right)
            };
            fluent += is_right(0);
            paused += is_right(*PAUSES.choose(&mut random).unwrap());
        }
        println!("{language}, seed {seed}: of {answers} answers {fluent} without a pause, {paused} with one");
        assert!(paused + answers / 8 >= fluent, "{language}: {paused} of {fluent}");
    }
}

/// What the load test's diner says, with pauses of several lengths: a language, its voice, how many of 35 are understood at least, and the answers.
/// Fewer are where the quietest moment is within a word ("zw … ei").
const DINERS: [(Language, &str, usize, &str); 5] = [
    (
        Language::English,
        "en-us",
        34,
        include_str!("../../../loadtest/answers/restaurant.english.txt"),
    ),
    (
        Language::French,
        "fr-fr",
        31,
        include_str!("../../../loadtest/answers/restaurant.french.txt"),
    ),
    (
        Language::German,
        "de",
        22,
        include_str!("../../../loadtest/answers/restaurant.german.txt"),
    ),
    (
        Language::Italian,
        "it",
        23,
        include_str!("../../../loadtest/answers/restaurant.italian.txt"),
    ),
    (
        Language::Spanish,
        "es",
        29,
        include_str!("../../../loadtest/answers/restaurant.spanish.txt"),
    ),
];

#[test]
fn a_diner_who_hesitates_is_understood() {
    let pronouncer = Pronouncer::new();
    for (language, tag, least, answers) in DINERS {
        let script = Catalogue::built_in()
            .script("restaurant", language, Level::Beginner)
            .expect("it is taught");
        let voice = Voice::Espeak {
            language: tag,
            variant: "",
            pitch: 50,
            pace: 140,
        };
        let (mut said, mut understood) = (0, 0);
        let answers = answers.lines().filter(|line| !line.starts_with('#'));
        for (step, text) in answers.enumerate() {
            let at = Progress {
                step,
                ..Progress::default()
            };
            let expectation = Expectation::prepare(&pronouncer, language, &script.expected(&at)).unwrap();
            let expectation = Arc::new(expectation);
            let sound = voice.say(text);
            for pause in PAUSES {
                let heard = hear(&expectation, &sound, pause);
                said += 1;
                understood += usize::from(heard.text == text);
                if heard.text != text {
                    println!(
                        "{language}, {pause} frames of pause: {text:?} is heard as {:?}",
                        heard.text
                    );
                }
            }
        }
        println!("{language}: {understood} of {said} answers of a diner understood");
        assert!(understood >= least, "{language}: {understood} of {said}");
    }
}

/// What is heard of speech in which one pauses for so many frames: in the last of the quietest frames of its middle third.
fn hear(expectation: &Arc<Expectation>, said: &[i16], paused: usize) -> Transcript {
    let power = |frame: &[i16]| {
        let squares = frame.iter().map(|&sample| i64::from(sample).pow(2));
        squares.sum::<i64>() / frame.len() as i64
    };
    let frames: Vec<&[i16]> = said.chunks(FRAME).collect();
    let is_voiced = |frame: &&[i16]| power(frame) >= VOICED;
    let first = frames.iter().position(is_voiced).unwrap_or(0);
    let last = frames.iter().rposition(is_voiced).unwrap_or(frames.len());
    let third = (last - first) / 3;
    let middle = (first + third..last - third).rev();
    let at = middle.min_by_key(|&index| power(frames[index])).unwrap_or(first);
    let quiet = |frames| std::iter::repeat_n(&[0; FRAME][..], frames);
    let (before, after) = frames.split_at(at);
    let heard = quiet(15).chain(before.iter().copied()).chain(quiet(paused));
    let mut recognizer = Recognizer::new(Arc::clone(expectation));
    for frame in heard.chain(after.iter().copied()).chain(quiet(15)) {
        recognizer.hear(frame);
    }
    recognizer.view().transcript
}

//! Expected answers of all scenarios that nobody understands: a false rejection costs the learner two seconds and a question that is
//! asked again.

use std::collections::HashSet;
use std::sync::Arc;

use colloquy_agents::acoustic::{Expectation, Pronouncer, Recognizer};
use colloquy_agents::engine::{Expected, UNHEARD};
use colloquy_agents::language::Language;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use crate::expected::{seed, steps};
use crate::room::Room;
use crate::voice::Voice;

/// Answers of each language.
const ANSWERS: usize = 240;
/// The share that may be taken for another answer, or for the beginning of one.
const OTHERS: f64 = 0.02;
/// What is drawn, and who says it. `ANSWERS_SEED` is another.
const SEED: u64 = 12;

#[test]
fn english_answers_are_understood() {
    assert_understood(Language::English, 0.01);
}

#[test]
fn french_answers_are_understood() {
    assert_understood(Language::French, 0.03);
}

#[test]
fn german_answers_are_understood() {
    assert_understood(Language::German, 0.03);
}

#[test]
fn italian_answers_are_understood() {
    assert_understood(Language::Italian, 0.05);
}

#[test]
fn portuguese_answers_are_understood() {
    assert_understood(Language::Portuguese, 0.05);
}

#[test]
fn spanish_answers_are_understood() {
    assert_understood(Language::Spanish, 0.03);
}

/// No more than this share is "…", and hardly any is taken for another answer, with a room around it, and with nothing around it, as noise suppression leaves it.
fn assert_understood(language: Language, rejected: f64) {
    let seed = seed("ANSWERS_SEED", SEED);
    let mut random = StdRng::seed_from_u64(seed + 1_000 * language as u64);
    let mut answers = answers(language);
    answers.shuffle(&mut random);
    let (pronouncer, mut room) = (Pronouncer::new(), Room::new(seed));
    let (mut all, mut unheard, mut other) = (0, [0; 2], 0);
    for (expected, phrase) in answers.into_iter().take(ANSWERS) {
        let expectation = Expectation::prepare(&pronouncer, language, &expected).expect("espeak-ng is installed");
        let expectation = Arc::new(expectation);
        let (text, voice) = (&expected.phrases[phrase].text, Voice::of(language, &mut random));
        let said = voice.say(text);
        let in_room = [room.silence(4_800), room.speech(&said, said.len() + 3_200)].concat();
        let in_nothing = [vec![0; 4_800], said, vec![0; 3_200]].concat();
        for (unheard, sound) in unheard.iter_mut().zip([in_room, in_nothing]) {
            let mut recognizer = Recognizer::new(Arc::clone(&expectation));
            recognizer.hear(&sound);
            let heard = recognizer.view().transcript;
            all += 1;
            let is_unheard = heard.text == UNHEARD || heard.text.is_empty();
            *unheard += usize::from(is_unheard);
            other += usize::from(!is_unheard && heard.phrase != Some(phrase));
            if is_unheard {
                println!(
                    "{language}, {voice:?}: {text:?} is not understood ({:.2})",
                    heard.confidence
                );
            }
        }
    }
    let share = |count: usize| count as f64 / f64::from(all);
    println!(
        "{language}, seed {seed}: of {all} answers {:.1}% are not understood ({} in a room, {} in nothing), {:.1}% as another one or its beginning",
        100.0 * share(unheard[0] + unheard[1]),
        unheard[0],
        unheard[1],
        100.0 * share(other)
    );
    assert!(
        share(unheard[0] + unheard[1]) <= rejected,
        "{language}: {unheard:?} of {all}"
    );
    assert!(share(other) <= OTHERS, "{language}: {other} of {all}");
}

/// The suggested answers of every step of every scenario, each once, with what else is expected there. How they are heard with other values in
/// them, `tests/voices/naming.rs` tells.
pub fn answers(language: Language) -> Vec<(Arc<Expected>, usize)> {
    let (mut seen, mut answers) = (HashSet::new(), Vec::new());
    for expected in steps(language).into_iter().map(Arc::new) {
        for (phrase, answer) in expected.phrases.iter().enumerate() {
            if answer.instead_of.is_none() && seen.insert(answer.text.clone()) {
                answers.push((Arc::clone(&expected), phrase));
            }
        }
    }
    answers
}

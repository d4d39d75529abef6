//! Whole conversations, played by text and by recognised phrase.

mod answers;
mod asking;
mod besides;
mod company;
mod content;
mod corrections;
mod disturbances;
mod inquiries;
mod names;
mod plausible;
mod plays;
mod texts;

use std::sync::LazyLock;

use super::meaning::{Meaning, choices};
use super::{Catalogue, Level, OPEN_TALK, Progress, Reply, Script};
use crate::engine::Transcript;
use crate::language::Language;

const TAUGHT: [Language; 5] = [
    Language::French,
    Language::Spanish,
    Language::English,
    Language::German,
    Language::Italian,
];

const LEVELS: [Level; 3] = [Level::Beginner, Level::Intermediate, Level::Advanced];

/// Languages in which only the commonest scenes are taught.
const TAUGHT_IN_PART: [Language; 3] = [Language::Portuguese, Language::Chinese, Language::Japanese];
const COMMONEST: [&str; 3] = ["coffee_shop", "hotel_reservation", "restaurant"];

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::built_in);

/// Every scenario but the open talk.
fn scenes() -> impl Iterator<Item = &'static str> {
    let ids = CATALOGUE.scenarios().map(|scenario| scenario.id.as_str());
    ids.filter(|id| *id != OPEN_TALK)
}

/// Every scenario but the open talk, in each language that it is taught in.
fn lessons() -> impl Iterator<Item = (&'static str, Language)> {
    let everywhere = scenes().flat_map(|topic| TAUGHT.map(|language| (topic, language)));
    everywhere.chain(
        COMMONEST
            .iter()
            .flat_map(|&topic| TAUGHT_IN_PART.map(|language| (topic, language))),
    )
}

fn script(topic: &str, language: Language) -> Script {
    let script = CATALOGUE.script(topic, language, Level::Intermediate);
    script.expect("the language has an open talk")
}

fn typed(text: &str) -> Transcript {
    Transcript {
        text: text.to_owned(),
        confidence: 1.0,
        ..Transcript::default()
    }
}

/// Whether a reply begins with what is said to an answer that wasn't understood.
fn is_sorry(script: &Script, reply: &str) -> bool {
    let mut sorry = script.courtesy().sorry.iter();
    sorry.any(|sorry| reply.starts_with(&sorry.text))
}

fn recognised(script: &Script, progress: &Progress, index: usize) -> Transcript {
    Transcript {
        phrase: Some(index),
        ..typed(&script.expected(progress).phrases[index].text)
    }
}

/// Plays answers in order and returns the last reply and progress.
fn play(script: &Script, answers: &[&str]) -> (Reply, Progress) {
    let start = (script.opener(), Progress::default());
    answers
        .iter()
        .fold(start, |(_, progress), answer| script.respond(&progress, &typed(answer)))
}

/// The answers to a step, without what may be said at any time, by their index.
fn answers(script: &Script, progress: &Progress) -> Vec<usize> {
    let choices = choices(script.turn(progress), script.courtesy());
    (0..choices.len())
        .filter(|&index| matches!(choices[index].meaning, Meaning::Intent(_)))
        .collect()
}

fn at(script: &Script, step: &str) -> Progress {
    let index = script.scenario.steps.iter().position(|known| known.id == step);
    Progress {
        step: index.expect("a step"),
        ..Progress::default()
    }
}

/// Says something at a step; the reply, and where the script stands then.
fn said(script: &Script, progress: &Progress, text: &str) -> (String, Progress) {
    let (reply, after) = script.respond(progress, &typed(text));
    (reply.text, after)
}

/// What a slot is filled with by an answer.
fn filled(topic: &str, language: Language, step: &str, slot: &str, text: &str) -> Option<String> {
    let script = script(topic, language);
    said(&script, &at(&script, step), text).1.slots.get(slot).cloned()
}

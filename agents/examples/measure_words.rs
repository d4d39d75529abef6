//! Measures the list of English words by CEFR band that is built in, or another: how much of what learners are expected to say it
//! knows, what it makes of it, and what that costs.
//!
//! `cargo run --release -p colloquy-agents --example measure_words [-- <list>]`

use std::collections::HashSet;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use colloquy_agents::assessment::vocabulary::{Band, BandList};
use colloquy_agents::language::Language;
use colloquy_agents::scenario::{Catalogue, Level, Progress};

/// How often everything is profiled for the time of a turn.
const ROUNDS: u32 = 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let began = Instant::now();
    let list = match std::env::args().nth(1) {
        Some(path) => Arc::new(BandList::read(Path::new(&path))?),
        None => BandList::built_in(),
    };
    println!("{} words, read in {:.1?}", list.len(), began.elapsed());
    let answers = answers();
    let (mut listed, mut unlisted) = (0, 0);
    let mut bands = [0; Band::ALL.len()];
    let mut unknown = HashSet::new();
    for answer in &answers {
        let profile = list.profile(answer);
        listed += profile.listed();
        unlisted += profile.unlisted;
        if let Some(band) = profile.band {
            bands[band as usize] += 1;
        }
        unknown.extend(
            answer
                .split_whitespace()
                .map(|word| word.trim_matches(|letter: char| !letter.is_alphanumeric()))
                .filter(|word| !word.is_empty() && list.profile(word).listed() == 0)
                .map(str::to_owned),
        );
    }
    println!(
        "{} answers, {listed} of {} words listed; by band:",
        answers.len(),
        listed + unlisted
    );
    for (band, count) in Band::ALL.iter().zip(bands) {
        println!("{band:?}\t{count}");
    }
    println!("too few listed words\t{}", answers.len() - bands.iter().sum::<usize>());
    let mut unknown: Vec<String> = unknown.into_iter().collect();
    unknown.sort();
    println!("not listed: {}", unknown.join(" "));
    let began = Instant::now();
    for _ in 0..ROUNDS {
        for answer in &answers {
            black_box(list.profile(black_box(answer)));
        }
    }
    let profiles = ROUNDS * u32::try_from(answers.len())?;
    println!("{:.1?} an answer", began.elapsed() / profiles);
    Ok(())
}

/// What learners of English are expected to say in the scenarios, each once.
fn answers() -> Vec<String> {
    let catalogue = Catalogue::built_in();
    let mut answers = HashSet::new();
    for topic in catalogue
        .topics(Language::English, None)
        .iter()
        .flat_map(|category| &category.topics)
    {
        for level in [Level::Beginner, Level::Intermediate, Level::Advanced] {
            let Some(script) = catalogue.script(&topic.id, Language::English, level) else {
                continue;
            };
            for step in 0..script.step_count() {
                let expected = script.expected(&Progress {
                    step,
                    ..Progress::default()
                });
                answers.extend(expected.phrases.into_iter().map(|phrase| phrase.text));
            }
        }
    }
    let mut answers: Vec<String> = answers.into_iter().collect();
    answers.sort();
    answers
}

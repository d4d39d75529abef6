//! Measures how well speech is assessed, fits what it is assessed by, and assesses a recording.
//!
//! ```sh
//! cargo run -p colloquy-agents --example assess                                    # the figures of docs/assessment.md
//! cargo run -p colloquy-agents --example assess -- figures <directory>             # on other recordings
//! cargo run -p colloquy-agents --example assess -- synthetic                       # on synthetic voices, in four more languages
//! cargo run -p colloquy-agents --example assess -- pairs                           # sounds against those of learners
//! cargo run -p colloquy-agents --example assess -- melody                          # the ends of statements; or of those in a directory
//! cargo run -p colloquy-agents --example assess -- beginnings                      # recordings that stop in the middle of their text
//! cargo run -p colloquy-agents --example assess -- fit <directory>                 # the numbers of `calibration`
//! cargo run -p colloquy-agents --example assess -- <16 kHz mono .wav> <language> <text>    # as JSON; needs espeak-ng
//! ```
//!
//! Synthetic voices are espeak-ng's, and festival's for Italian. A directory holds what `examples/pack_clips.rs` makes; without one it is `tests/data`.

mod beginnings;
mod confusions;
mod corpus;
mod fit;
mod melody;
mod pairs;
mod sentences;
mod single;
mod synthetic;
mod trials;

use std::path::Path;
use std::{env, io};

use colloquy_agents::assessment::speech::calibration::{self, SOUND, WORD};
use colloquy_agents::assessment::speech::distinction::{is_scored, is_told_from};
use colloquy_agents::language::Language;

use beginnings::Beginnings;
use corpus::Corpus;
use melody::Melodies;
use pairs::{FEWEST, People};
use trials::Trials;

/// The languages that there are recordings of.
const LANGUAGES: [Language; 4] = [
    Language::English,
    Language::Spanish,
    Language::French,
    Language::Italian,
];
/// Those that only synthetic voices speak here.
const SYNTHETIC: [Language; 4] = [
    Language::French,
    Language::German,
    Language::Italian,
    Language::Portuguese,
];
/// White noise so far below the recordings, in dB.
const SNR_DB: f64 = 15.0;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => figures(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")),
        ["figures", directory] => figures(Path::new(directory)),
        ["synthetic"] => synthetic_figures(),
        ["pairs"] => print_pairs(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")),
        ["melody"] => print_melodies(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")),
        ["melody", directory] => print_melodies(Path::new(directory)),
        ["beginnings"] => print_beginnings(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")),
        ["fit", directory] => fit(Path::new(directory)),
        [file, language, text] => single::print(Path::new(file), language, text),
        _ => Err(io::Error::other(
            "nothing, `figures DIR`, `synthetic`, `pairs`, `melody [DIR]`, `beginnings`, `fit DIR`, or `FILE LANGUAGE TEXT`",
        )),
    }
}

fn figures(directory: &Path) -> io::Result<()> {
    for language in LANGUAGES {
        let corpus = Corpus::read(directory, language)?;
        let words: usize = corpus.clips.iter().map(|clip| clip.words.len()).sum();
        println!("{language}: {} recordings, {words} words", corpus.clips.len());
        print("quiet room", &Trials::run(&corpus, |clip| clip.in_quiet()));
        print(
            &format!("white noise at {SNR_DB} dB"),
            &Trials::run(&corpus, |clip| clip.in_noise(SNR_DB)),
        );
    }
    Ok(())
}

/// The same on synthetic voices. Those of Italian have rules of their own, the others share theirs with the assessor.
fn synthetic_figures() -> io::Result<()> {
    for language in SYNTHETIC {
        let corpus = synthetic::corpus(language)?;
        let words: usize = corpus.clips.iter().map(|clip| clip.words.len()).sum();
        println!(
            "{language}: {} sentences of synthetic voices, {words} words",
            corpus.clips.len()
        );
        print("quiet room", &Trials::run(&corpus, |clip| clip.in_quiet()));
    }
    Ok(())
}

fn print_melodies(directory: &Path) -> io::Result<()> {
    for language in LANGUAGES {
        if !directory.join(format!("{}.tsv", language.tag())).exists() {
            continue;
        }
        let melodies = Melodies::run(&Corpus::read(directory, language)?);
        let good = melodies.scores.iter().filter(|score| **score >= 60).count();
        println!(
            "{language}: {} statements, {} scored; {} fall, {} level, {} rise; {good} score 60 and more",
            melodies.statements, melodies.scored, melodies.falling, melodies.level, melodies.rising
        );
    }
    Ok(())
}

fn print_beginnings(directory: &Path) -> io::Result<()> {
    let people = LANGUAGES.map(|language| (Corpus::read(directory, language), "people"));
    let voices = SYNTHETIC.map(|language| (synthetic::corpus(language), "synthetic voices"));
    for (corpus, speakers) in people.into_iter().chain(voices) {
        let corpus = corpus?;
        let tried = Beginnings::run(&corpus);
        println!("{}, {speakers}", corpus.language);
        println!(
            "    {} that stop: {} taken for the text, {} of these with as many words as were said, give or take one",
            tried.stopped, tried.taken, tried.right_length
        );
        println!(
            "    {} other texts: {} taken for the whole, {} for begun",
            tried.others, tried.wrongly_whole, tried.wrongly_begun
        );
    }
    Ok(())
}

fn print(condition: &str, trials: &Trials) {
    let share = |count: usize, all: usize| 100.0 * count as f64 / all.max(1) as f64;
    println!("  {condition}");
    println!("    right against wrong text       AUC {:.4}", trials.text_auc());
    println!(
        "    the substituted word is lowest {:.1}%",
        100.0 * trials.lowest_share()
    );
    println!("    a random phone in its place    AUC {:.3}", trials.random_auc());
    if !trials.confusable_sounds.is_empty() {
        println!("    a confusable phone             AUC {:.3}", trials.confusable_auc());
    }
    let below = |values: &[f32], score: &dyn Fn(f32) -> u8, least: u8| {
        share(
            values.iter().filter(|value| score(**value) < least).count(),
            values.len(),
        )
    };
    let qualities = |tried: &[trials::Tried]| tried.iter().map(|tried| tried.quality).collect::<Vec<f32>>();
    let (word, sound) = (|value| WORD.score(value), |value| SOUND.score(value));
    println!(
        "    words below 60                 {:.1}% of the right, {:.1}% of the substituted",
        below(&trials.right_words, &word, 60),
        below(&trials.wrong_words, &word, 60)
    );
    println!(
        "    phones below 60                {:.1}% of the right, {:.1}% of the random, {:.1}% of the confusable",
        below(&qualities(&trials.right_sounds), &sound, 60),
        below(&qualities(&trials.random_sounds), &sound, 60),
        below(&qualities(&trials.confusable_sounds), &sound, 60)
    );
    let text = |value| calibration::text(trials.language).score(value);
    println!(
        "    taken for another text         {:.1}% of the right, {:.1}% of the wrong",
        below(&trials.right_texts, &text, 50),
        below(&trials.wrong_texts, &text, 50)
    );
    println!(
        "    omissions                      {:.1}% of the words said, {:.1}% of those left out",
        share(trials.omitted[0], trials.right_words.len()),
        share(trials.omitted[1], trials.added)
    );
    println!(
        "    insertions                     {} in {} right texts, {:.1}% of those made",
        trials.inserted[0],
        trials.right_texts.len(),
        share(trials.inserted[1], trials.removed)
    );
}

fn fit(directory: &Path) -> io::Result<()> {
    let mut all = Vec::new();
    for language in LANGUAGES {
        if !directory.join(format!("{}.tsv", language.tag())).exists() {
            continue;
        }
        let corpus = Corpus::read(directory, language)?;
        all.push((language, Trials::run(&corpus, |clip| clip.in_quiet())));
    }
    fit::print_usual(&all);
    // These hold for the usual measures that the program was compiled with: copy those first, then run it again.
    fit::print_logistics(&all);
    Ok(())
}

/// How sounds are told from those that learners put in their place: by people where those sounds are recorded, and by synthetic voices.
fn print_pairs(directory: &Path) -> io::Result<()> {
    for language in LANGUAGES {
        println!("{language}, by people");
        let people = People::of(Corpus::read(directory, language)?);
        for pair in pairs::pairs_of_people(language) {
            let told = people.tell(pair);
            if told.right.len().min(told.wrong.len()) >= FEWEST {
                print_pair(language, pair, &told);
            }
        }
    }
    let spanish = People::of(Corpus::read(directory, Language::Spanish)?);
    for language in SYNTHETIC {
        println!("{language}, by synthetic voices");
        for &pair in pairs::pairs(language) {
            let told = pairs::tell(language, pair, 2)?;
            print_pair(language, pair, &told);
            let is_it = |of: &&pairs::Pair| (of.ipa, of.rival) == (pair.ipa, pair.rival);
            if let Some(pair) = pairs::OF_PEOPLE
                .iter()
                .find(is_it)
                .filter(|_| language == Language::French)
            {
                let wrong = spanish.wrong(language, *pair);
                let right = told.right;
                println!("      as people say it in Spanish:");
                print_pair(language, *pair, &pairs::Told { right, wrong });
            }
        }
    }
    Ok(())
}

fn print_pair(language: Language, pair: pairs::Pair, told: &pairs::Told) {
    let below = |values: &[f32]| {
        let count = values.iter().filter(|value| SOUND.score(**value) < 60).count();
        100.0 * count as f64 / values.len().max(1) as f64
    };
    println!(
        "    {} from {}: AUC {:.3} ({} and {}), below 60: {:.0}% of the right, {:.0}% of the wrong{}",
        pair.ipa,
        pair.rival,
        told.auc(),
        told.right.len(),
        told.wrong.len(),
        below(&told.right),
        below(&told.wrong),
        match (
            is_scored(pair.ipa, language),
            is_told_from(pair.ipa, pair.rival, language)
        ) {
            (false, _) => ", has no score",
            (true, false) => ", isn't named",
            (true, true) => "",
        }
    );
}

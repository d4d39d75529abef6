//! Fits what tells an expected answer from anything else that is said, and measures it.
//!
//! ```sh
//! cargo run -p colloquy-agents --example rejection -- fit [<directory>]       # the weights of `acoustic::verdict`
//! cargo run -p colloquy-agents --example rejection -- figures [<directory>]   # on other texts and voices
//! ```
//!
//! Needs flite, festival with its Italian voices, and espeak-ng. A directory holds recordings of people, `<language>/*.raw`, 16-bit mono
//! at 16 kHz, of texts that no scenario expects: every other one is fitted on, the rest is measured.

mod logistic;
#[allow(dead_code, reason = "the tests of voices ask more of it")]
#[path = "../../tests/voices/room.rs"]
mod room;
#[path = "../../tests/unexpected/tally.rs"]
mod tally;
#[allow(dead_code, reason = "the tests tell what was said")]
#[path = "../../tests/unexpected/trials.rs"]
mod trials;
#[path = "../../tests/voices/voice.rs"]
mod voice;

use std::path::Path;
use std::{env, fs, io};

use colloquy_agents::language::Language;

use logistic::{Sample, fit};
use tally::Tally;
use trials::{Kind, LANGUAGES, Plan, Purpose, Recording, places, run};

/// What is added to where the weighing starts: an answer that is not understood costs more than the fit, for which both sides are
/// alike, makes of it. The figures tell what it costs on the other side.
const LENIENCY: f64 = 0.7;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["fit"] => print_weights(None),
        ["fit", directory] => print_weights(Some(Path::new(directory))),
        ["figures"] => print_figures(None),
        ["figures", directory] => print_figures(Some(Path::new(directory))),
        _ => Err(io::Error::other("`fit [DIRECTORY]` or `figures [DIRECTORY]`")),
    }
}

fn plan(purpose: Purpose) -> Plan {
    Plan {
        purpose,
        expected: 9,
        elsewhere: 4,
        off_topic: 8,
        foreign: 3,
        recordings: 5,
    }
}

fn print_weights(directory: Option<&Path>) -> io::Result<()> {
    let mut samples = Vec::new();
    for (number, language) in LANGUAGES.into_iter().enumerate() {
        let places = places(language);
        let recordings = recordings(directory, language, Purpose::Fit)?;
        run(&places, language, &plan(Purpose::Fit), &recordings, |trial| {
            let Some((verdict, view)) = trial.heard().unrejected() else {
                return;
            };
            let phrase = view.transcript.phrase;
            // A beginning of an answer that was said whole is neither right nor wrong.
            if trial.kind == Kind::Expected && phrase.is_none() {
                return;
            }
            let is_right = trial.kind == Kind::Expected && phrase == trial.phrase;
            samples.push(Sample {
                evidence: verdict.evidence().map(f64::from),
                language: number,
                is_right,
                weight: match trial.kind {
                    Kind::Expected if is_right => 1.0,
                    // Answers to other questions may share words with those to this one.
                    Kind::Expected | Kind::Elsewhere | Kind::Foreign => 0.5,
                    Kind::OffTopic | Kind::Recorded => 1.0,
                },
            });
        });
        eprintln!("{language}: {} utterances so far", samples.len());
    }
    let (weights, starts) = fit(&samples);
    println!("WEIGHTS: {weights:.2?}");
    for (language, start) in LANGUAGES.into_iter().zip(starts) {
        println!("{language}: start {:.2}", start + LENIENCY);
    }
    Ok(())
}

fn print_figures(directory: Option<&Path>) -> io::Result<()> {
    const KINDS: [Kind; 5] = [
        Kind::Expected,
        Kind::Elsewhere,
        Kind::OffTopic,
        Kind::Foreign,
        Kind::Recorded,
    ];
    for language in LANGUAGES {
        let places = places(language);
        let recordings = recordings(directory, language, Purpose::Test)?;
        let mut tallies = [Tally::default(); KINDS.len()];
        run(&places, language, &plan(Purpose::Test), &recordings, |trial| {
            let heard = trial.heard().view().transcript;
            let kind = KINDS
                .iter()
                .position(|kind| *kind == trial.kind)
                .expect("all are listed");
            tallies[kind].count(&trial, &heard);
        });
        for (kind, tally) in KINDS.into_iter().zip(tallies).filter(|(_, tally)| tally.all > 0) {
            println!(
                "{language}, {kind:?}: {}; right {:.1}%, wrong {:.1}%, begun {:.1}%, moved {:.1}%",
                tally.all,
                100.0 * tally.share(tally.right),
                100.0 * tally.share(tally.wrong),
                100.0 * tally.share(tally.begun),
                100.0 * tally.share(tally.moved),
            );
        }
    }
    Ok(())
}

/// Every other recording of a language for each purpose.
fn recordings(directory: Option<&Path>, language: Language, purpose: Purpose) -> io::Result<Vec<Recording>> {
    let folder = directory.map(|directory| directory.join(language.tag()));
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        return Ok(Vec::new());
    };
    let mut files: Vec<_> = fs::read_dir(folder)?
        .map(|file| Ok(file?.path()))
        .collect::<io::Result<_>>()?;
    files.sort();
    let read = |file: std::path::PathBuf| {
        let bytes = fs::read(&file)?;
        let samples = bytes
            .chunks_exact(2)
            .map(|sample| i16::from_le_bytes([sample[0], sample[1]]));
        Ok(Recording {
            name: file.display().to_string(),
            sound: samples.collect(),
        })
    };
    files.into_iter().skip(purpose as usize).step_by(2).map(read).collect()
}

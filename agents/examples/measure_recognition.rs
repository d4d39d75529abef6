//! Measures recognition on a set of recordings: choose among N phrases, reject what is not listed.
//!
//! `cargo run --release -p colloquy-agents --example measure_recognition -- <language> <index.tsv> <directory> [phrases [v]]`
//!
//! With a fifth argument every result is shown, not only the wrong ones.
//!
//! The index has lines of `name<tab>text`; the directory holds `name.raw`, 16-bit mono at 16 kHz.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fs, io};

use colloquy_agents::acoustic::{Expectation, Pronouncer, Recognizer};
use colloquy_agents::engine::{Expected, ExpectedPhrase, Fit};
use colloquy_agents::language::Language;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [language, index, directory, rest @ ..] = arguments.as_slice() else {
        return Err(io::Error::other("language, index and directory are needed"));
    };
    let language = Language::parse(language).ok_or_else(|| io::Error::other("unknown language"))?;
    let size = rest
        .first()
        .map_or(Ok(50), |size| size.parse())
        .map_err(io::Error::other)?;
    let verbose = rest.len() > 1;
    let clips: Vec<(String, String, Vec<i16>)> = fs::read_to_string(index)?
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(name, text)| {
            Ok((
                name.to_owned(),
                text.to_owned(),
                read(&Path::new(directory).join(format!("{name}.raw")))?,
            ))
        })
        .collect::<io::Result<_>>()?;

    let pronouncer = Pronouncer::new();
    let (mut right, mut accepted, mut complete) = (0, 0, 0);
    let (mut listed, mut unlisted) = (Vec::new(), Vec::new());
    let (mut time, mut live, mut sound) = (Duration::ZERO, Duration::ZERO, 0.0);
    for (number, (name, text, pcm)) in clips.iter().enumerate() {
        for with_own in [true, false] {
            let others = (1..clips.len()).map(|offset| &clips[(number + offset * 7) % clips.len()].1);
            let mut seen = HashSet::from([text]);
            let phrases: Vec<ExpectedPhrase> = with_own
                .then_some(text)
                .into_iter()
                .chain(others.filter(|other| seen.insert(other)))
                .take(size)
                .map(|text| ExpectedPhrase {
                    text: text.clone(),
                    spoken: None,
                    leaves: false,
                    instead_of: None,
                })
                .collect();
            let expected = Expected {
                phrases,
                vocabulary: Vec::new(),
            };
            let expectation = Expectation::prepare(&pronouncer, language, &expected).map_err(io::Error::other)?;
            let mut recognizer = Recognizer::new(Arc::new(expectation));
            let began = Instant::now();
            let mut partials = Vec::new();
            for piece in pcm.chunks(320) {
                recognizer.hear(piece);
                partials.extend(recognizer.poll_partial());
            }
            live += began.elapsed();
            let began = Instant::now();
            let view = recognizer.view();
            let taken = began.elapsed();
            let Some((phrase, verdict)) = recognizer.nearest() else {
                continue;
            };
            if with_own {
                time += taken;
                sound += pcm.len() as f64 / 16_000.0;
                right += usize::from(phrase == 0);
                accepted += usize::from(view.transcript.phrase == Some(0));
                complete += usize::from(view.fit == Fit::Complete);
                listed.push([verdict.confidence(language), verdict.frames, verdict.sounds]);
                if verbose || phrase != 0 || view.transcript.phrase != Some(0) {
                    println!("{name}: {text:?} -> {view:?} {verdict:?}");
                }
                if verbose {
                    println!("    {partials:?}");
                }
            } else {
                if verdict.confidence(language) > 0.5 && rest.len() > 1 {
                    println!(
                        "  not listed: {text:?} -> {:?} {verdict:?} {:?}",
                        expected.phrases[phrase].text, view.fit
                    );
                }
                unlisted.push([verdict.confidence(language), verdict.frames, verdict.sounds]);
                if verbose {
                    println!("  not listed: {:?} {:?}", view.transcript.text, view.fit);
                }
            }
        }
    }
    let count = clips.len() as f64;
    println!("{language}: {} clips, {size} phrases", clips.len());
    println!(
        "right {:.1}%, accepted {:.1}%, complete {:.1}%",
        100.0 * f64::from(right as u32) / count,
        100.0 * f64::from(accepted as u32) / count,
        100.0 * f64::from(complete as u32) / count
    );
    for (what, value) in [("confidence", 0), ("frames", 1), ("sounds", 2)] {
        let pick = |scores: &[[f32; 3]]| -> Vec<f32> {
            let mut picked: Vec<f32> = scores.iter().map(|score| score[value]).collect();
            picked.sort_by(f32::total_cmp);
            picked
        };
        let (yes, no) = (pick(&listed), pick(&unlisted));
        let at = |scores: &[f32], share: f64| scores[((scores.len() - 1) as f64 * share) as usize];
        println!(
            "{what}: AUC {:.4}; listed 0/5/50/95% {:.2} {:.2} {:.2} {:.2}; not listed 5/50/95/100% {:.2} {:.2} {:.2} {:.2}",
            auc(&yes, &no),
            at(&yes, 0.0),
            at(&yes, 0.05),
            at(&yes, 0.5),
            at(&yes, 0.95),
            at(&no, 0.05),
            at(&no, 0.5),
            at(&no, 0.95),
            at(&no, 1.0),
        );
    }
    // Everything was listened to twice: once listed, once not.
    println!(
        "while speaking {:.2} ms, at the pause {:.2} ms a second of sound; {:.2} ms a view",
        live.as_secs_f64() * 1e3 / sound / 2.0,
        time.as_secs_f64() * 1e3 / sound,
        time.as_secs_f64() * 1e3 / count
    );
    Ok(())
}

/// The recording between 300 and 200 ms of faint noise, as voice activity detection would cut it out.
fn read(path: &Path) -> io::Result<Vec<i16>> {
    let mut seed = 1u32;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 28) as i16 - 8
    };
    let mut pcm: Vec<i16> = (0..4800).map(|_| noise()).collect();
    let bytes = fs::read(path)?;
    pcm.extend(
        bytes
            .chunks_exact(2)
            .map(|sample| i16::from_le_bytes([sample[0], sample[1]]).saturating_add(noise())),
    );
    pcm.extend((0..3200).map(|_| noise()));
    Ok(pcm)
}

/// The chance that a listed one scores above an unlisted one.
fn auc(yes: &[f32], no: &[f32]) -> f64 {
    let above: usize = yes.iter().map(|yes| no.iter().filter(|no| yes > no).count()).sum();
    above as f64 / (yes.len() * no.len()) as f64
}

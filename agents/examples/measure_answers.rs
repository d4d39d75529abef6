//! Measures how well the expected answers of scenarios are told apart by ear: a voice says each one, and the recogniser chooses
//! among all that is expected in its step.
//!
//! `cargo run -p colloquy-agents --example measure_answers -- <language> <scenario>...`
//!
//! The voice is flite in English, which pronounces by its own dictionary, and else espeak-ng, which also tells the recogniser
//! how words are pronounced: real learners are harder to hear. What it finds is which answers of a step sound too much alike.

use std::io;
use std::sync::Arc;

use colloquy_agents::acoustic::{Expectation, Pronouncer, Recognizer};
use colloquy_agents::engine::{Pace, SpeakRequest, Transcript, Tts};
use colloquy_agents::language::Language;
use colloquy_agents::scenario::{Catalogue, Level, Progress, Script};
use colloquy_agents::tts::espeak::Espeak;
use colloquy_agents::tts::flite::Flite;
use colloquy_media::resample::Resampler;
use futures::StreamExt;

/// What the recogniser hears.
const RATE: u32 = 16_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [language, scenarios @ ..] = arguments.as_slice() else {
        return Err(io::Error::other("a language and scenarios are needed").into());
    };
    let language = Language::parse(language).ok_or_else(|| io::Error::other("unknown language"))?;
    let voice: Box<dyn Tts> = match language {
        Language::English => Box::new(Flite::new()?),
        _ => Box::new(Espeak::detect().await),
    };
    let pronouncer = Pronouncer::new();
    for scenario in scenarios {
        let script = Catalogue::built_in().script(scenario, language, Level::default());
        let script = script.ok_or_else(|| io::Error::other("no script"))?;
        let mut told = Told::default();
        for step in 0..script.step_count() {
            measure(&script, step, &pronouncer, &*voice, &mut told).await?;
        }
        println!(
            "{language} {scenario}: {} answers, {} heard as they were said, {} understood alike, {} not understood, {} misunderstood",
            told.answers, told.same, told.alike, told.unknown, told.wrong
        );
    }
    Ok(())
}

/// How many answers were heard how.
#[derive(Default)]
struct Told {
    answers: usize,
    same: usize,
    /// As another answer that gets the same reply.
    alike: usize,
    unknown: usize,
    wrong: usize,
}

async fn measure(
    script: &Script,
    step: usize,
    pronouncer: &Pronouncer,
    voice: &dyn Tts,
    told: &mut Told,
) -> Result<(), Box<dyn std::error::Error>> {
    let progress = Progress {
        step,
        ..Progress::default()
    };
    let expected = script.expected(&progress);
    let expectation = Arc::new(Expectation::prepare(pronouncer, script.language(), &expected)?);
    for (phrase, said) in expected.phrases.iter().enumerate() {
        let sound = speak(voice, script.language(), &said.text).await?;
        let mut recognizer = Recognizer::new(Arc::clone(&expectation));
        for piece in sound.chunks(320) {
            recognizer.hear(piece);
        }
        let heard = recognizer.view().transcript;
        let meant = script.respond(
            &progress,
            &Transcript {
                phrase: Some(phrase),
                text: said.text.clone(),
                ..Transcript::default()
            },
        );
        let understood = script.respond(&progress, &heard);
        told.answers += 1;
        if heard.phrase == Some(phrase) {
            told.same += 1;
        } else if understood == meant {
            told.alike += 1;
        } else {
            let count = match heard.phrase {
                None => &mut told.unknown,
                Some(_) => &mut told.wrong,
            };
            *count += 1;
            println!(
                "{} {}: {:?} is heard as {:?} ({:?}, {:.2})",
                script.language(),
                script.step_id(&progress),
                said.text,
                heard.text,
                heard.phrase,
                heard.confidence
            );
        }
    }
    Ok(())
}

/// A phrase as sound, with some silence around it.
async fn speak(voice: &dyn Tts, language: Language, text: &str) -> Result<Vec<i16>, Box<dyn std::error::Error>> {
    let mut sound = vec![0; RATE as usize / 4];
    let mut resampler: Option<Resampler> = None;
    let mut speech = voice.speak(SpeakRequest {
        language,
        text: text.to_owned(),
        pace: Pace::Natural,
        melody: None,
    });
    while let Some(chunk) = speech.next().await {
        let chunk = chunk?;
        if resampler.is_none() {
            resampler = Some(Resampler::new(chunk.rate, RATE)?);
        }
        if let Some(resampler) = &mut resampler {
            resampler.push(&chunk.pcm, &mut sound);
        }
    }
    if let Some(resampler) = &mut resampler {
        resampler.flush(&mut sound);
    }
    sound.resize(sound.len() + RATE as usize / 2, 0);
    Ok(sound)
}

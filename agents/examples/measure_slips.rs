//! Measures how well slips of grammar are told from right words: a voice says expected answers and their variants with a slip, and
//! the recogniser, which expects what the step does, says which it was.
//!
//! `cargo run -p colloquy-agents --example measure_slips -- <language> [answers [seed]]`
//!
//! It prints a line for each utterance: `slip` or `right`, by how much the best variant fits better than the answer, in
//! log-likelihoods, and what was heard. The voices are those of the tests of lessons by voice, see `tests/voices/voice.rs`.

#[allow(dead_code, reason = "the tests take their seeds from the environment")]
#[path = "../tests/voices/expected.rs"]
mod expected;
#[path = "../tests/voices/voice.rs"]
mod voice;

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use colloquy_agents::acoustic::{Expectation, Pronouncer};
use colloquy_agents::assessment::language::Grammars;
use colloquy_agents::language::Language;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};

use crate::expected::{hear, steps};
use crate::voice::Voice;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let language = arguments.first().and_then(|language| Language::parse(language));
    let language = language.ok_or_else(|| io::Error::other("a language is needed"))?;
    let answers = arguments.get(1).map_or(Ok(100), |answers| answers.parse())?;
    let seed = arguments.get(2).map_or(Ok(1), |seed| seed.parse())?;
    let mut random = StdRng::seed_from_u64(seed);
    let (pronouncer, grammars) = (Pronouncer::new(), Grammars::built_in());
    let mut steps = steps(language);
    steps.shuffle(&mut random);
    let (mut audible, mut written, mut told) = (0, 0, Told::default());
    let mut said = HashSet::new();
    for expected in steps {
        if told.right >= answers {
            break;
        }
        let sentences: Vec<&str> = expected.phrases.iter().map(|phrase| phrase.text.as_str()).collect();
        let variants = grammars.variants(&sentences, language);
        let expectation = Expectation::prepare(&pronouncer, language, &expected)?;
        expectation.learn_variants(&pronouncer, &variants)?;
        let expectation = Arc::new(expectation);
        for (phrase, right) in sentences.iter().enumerate() {
            // What may be said at every step is said once.
            if !said.insert((*right).to_owned()) {
                continue;
            }
            written += variants[phrase].len();
            let heard: Vec<String> = expectation.variants_of(phrase).map(str::to_owned).collect();
            audible += heard.len();
            let voice = Voice::of(language, &mut random);
            let Some(slip) = heard.choose(&mut random) else {
                continue;
            };
            told.say(&expectation, phrase, right, None, voice);
            told.say(&expectation, phrase, slip, Some(slip), voice);
        }
    }
    println!(
        "{language}, seed {seed}: {audible} of {written} variants are audible; {} answers, {} not understood; {} false alarms, {} heard to \
         be right; {} slips, {} told, {} as another one, {} heard to be right",
        told.right, told.lost, told.alarms, told.praised, told.slips, told.found, told.others, told.missed
    );
    Ok(())
}

#[derive(Default)]
struct Told {
    right: usize,
    lost: usize,
    alarms: usize,
    praised: usize,
    slips: usize,
    found: usize,
    others: usize,
    missed: usize,
}

impl Told {
    fn say(&mut self, expectation: &Arc<Expectation>, phrase: usize, text: &str, slip: Option<&str>, voice: Voice) {
        let mut recognizer = hear(expectation, voice, text);
        let transcript = recognizer.view().transcript;
        let best = |margins: Vec<(String, f32)>| margins.into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
        let (best, margin) = best(recognizer.margins()).unwrap_or_default();
        let is_understood = transcript.phrase == Some(phrase);
        let has_slip = !transcript.wording.slips.is_empty();
        println!(
            "{}\t{margin:.1}\t{}\t{text}\t{best}\t{}\t{:.2}",
            if slip.is_some() { "slip" } else { "right" },
            if is_understood { "understood" } else { "lost" },
            transcript.text,
            transcript.confidence
        );
        match slip {
            None => {
                self.right += 1;
                self.lost += usize::from(!is_understood);
                self.alarms += usize::from(has_slip);
                self.praised += usize::from(is_understood && transcript.wording.is_right());
            }
            Some(slip) => {
                self.slips += 1;
                let is_it = transcript.text == slip;
                self.found += usize::from(has_slip && is_it);
                self.others += usize::from(has_slip && !is_it);
                self.missed += usize::from(is_understood && transcript.wording.is_right());
            }
        }
    }
}

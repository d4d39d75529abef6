//! Requests as they are politely made: "Je voudrais une table pour deux", and "Je voudrais" before a pause.

use std::sync::Arc;

use colloquy_agents::acoustic::courtesy::{self, Before};
use colloquy_agents::acoustic::{Expectation, Pronouncer};
use colloquy_agents::engine::Fit;
use colloquy_agents::language::Language;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use crate::expected::{hear, seed, steps, usual_voice};

/// `POLITE_SEED` is another.
const SEED: u64 = 5;
/// Requests of each kind and language; `POLITE_REQUESTS` are others.
const REQUESTS: u64 = 40;
const VOICES: [&str; 5] = ["klatt", "klatt2", "f2", "f3", ""];
/// A language, what answers begin with that name something one may ask for, and of 40 each how many requests are understood at least, how many
/// that were only begun are taken for no answer, and how many goodbyes are heard.
const LANGUAGES: [(Language, &[&str], [u64; 3]); 5] = [
    (Language::English, &["a", "an", "two", "three"], [37, 38, 36]),
    (
        Language::French,
        &["un", "une", "deux", "trois", "de", "du"],
        [28, 35, 28],
    ),
    (
        Language::German,
        &["einen", "eine", "ein", "zwei", "drei"],
        [25, 34, 33],
    ),
    (Language::Italian, &["un", "una", "due", "tre"], [22, 36, 23]),
    (Language::Spanish, &["un", "una", "dos", "tres"], [36, 35, 36]),
];

#[test]
fn polite_requests_are_understood_and_waited_for_and_are_no_goodbyes() {
    let seed = seed("POLITE_SEED", SEED);
    let requests = self::seed("POLITE_REQUESTS", REQUESTS);
    let pronouncer = Pronouncer::new();
    for (language, articles, least) in LANGUAGES {
        let mut random = StdRng::seed_from_u64(seed ^ (language as u64) << 32);
        let steps = steps(language);
        let named = steps.iter().flat_map(|expected| {
            let phrases = expected.phrases.iter().enumerate();
            let is_named =
                |text: &str| articles.contains(&text.split(' ').next().unwrap_or_default().to_lowercase().as_str());
            let named = phrases
                .filter(move |(_, phrase)| phrase.instead_of.is_none() && !phrase.leaves && is_named(&phrase.text));
            named.map(move |(number, phrase)| (expected, number, phrase.text.as_str()))
        });
        let named: Vec<_> = named.collect();
        let leaving = steps.iter().flat_map(|expected| {
            expected
                .phrases
                .iter()
                .filter(|phrase| phrase.leaves)
                .map(move |phrase| (expected, &phrase.text))
        });
        let leaving: Vec<_> = leaving.collect();
        let asks: Vec<Before> = courtesy::before(language)
            .iter()
            .copied()
            .filter(|before| matches!(before, Before::Request(_)))
            .collect();
        let mut counts = [0_u64; 3];
        let (mut left, mut others) = (0, 0);
        for _ in 0..requests {
            let voice = usual_voice(language, &VOICES, 110..170, &mut random);
            let ask = *asks.choose(&mut random).unwrap();
            let (expected, phrase, text) = named.choose(&mut random).unwrap();
            let expectation = Arc::new(Expectation::prepare(&pronouncer, language, expected).unwrap());
            // Half of them without the "please", and half after a greeting.
            let bare = courtesy::without_politeness(language, text).filter(|_| random.random_bool(0.5));
            let greeting = courtesy::before(language)[0];
            let before = [greeting, ask];
            let said = bare.as_deref().unwrap_or(text);
            let said = courtesy::around(said, &before[usize::from(random.random_bool(0.5))..], None);
            let heard = hear(&expectation, voice, &said).view().transcript;
            counts[0] += u64::from(heard.phrase == Some(*phrase));
            others += u64::from(heard.phrase.is_some_and(|heard| heard != *phrase));
            if heard.phrase != Some(*phrase) {
                println!(
                    "{language} {voice:?}: {said:?} is {:?} ({:.2})",
                    heard.text, heard.confidence
                );
            }
            let said = courtesy::around("", &[ask], None);
            let view = hear(&expectation, voice, said.trim_end()).view();
            counts[1] += u64::from(matches!(view.fit, Fit::Beginning | Fit::Unlisted { .. }));
            left += u64::from(
                view.transcript
                    .phrase
                    .is_some_and(|heard| expected.phrases[heard].leaves),
            );
            if view.fit != Fit::Beginning {
                println!("{language} {voice:?}: {said:?} is {:?}", view.transcript);
            }
            let (expected, text) = leaving.choose(&mut random).unwrap();
            let expectation = Arc::new(Expectation::prepare(&pronouncer, language, expected).unwrap());
            let heard = hear(&expectation, voice, text).view().transcript;
            let leaves = heard.phrase.is_some_and(|heard| expected.phrases[heard].leaves);
            counts[2] += u64::from(leaves);
            if !leaves {
                println!(
                    "{language} {voice:?}: {text:?} is {:?} ({:.2})",
                    heard.text, heard.confidence
                );
            }
        }
        println!(
            "{language}, seed {seed}: of {requests} each: {} requests understood, {others} as something else, {} begun ones no answer, {left} taken for a goodbye, {} goodbyes heard",
            counts[0], counts[1], counts[2]
        );
        for (count, least) in counts.into_iter().zip(least) {
            assert!(count * REQUESTS >= least * requests, "{language}: {counts:?}");
        }
        assert_eq!(others, 0, "{language}");
        assert_eq!(left, 0, "{language}");
    }
}

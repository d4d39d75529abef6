//! What people read that has nothing to do with a lesson is none of its answers, and least of all one with a slip in it.

use std::sync::Arc;

use colloquy_agents::acoustic::{Expectation, Pronouncer, Recognizer};
use colloquy_agents::assessment::language::Grammars;
use colloquy_agents::language::Language;
use colloquy_agents::scenario::{Catalogue, Level, Progress};

use crate::corpus::Corpus;

/// Where it is said: in the first step of each.
const SCENARIOS: [&str; 3] = ["open_talk", "restaurant", "hotel_reservation"];
/// Of recordings, those that may be heard as an answer.
const HEARD: f64 = 0.03;

#[test]
fn what_people_read_is_no_answer_of_a_lesson_and_has_no_slips() {
    let (pronouncer, grammars, catalogue) = (Pronouncer::new(), Grammars::built_in(), Catalogue::built_in());
    let (mut tried, mut answers, mut slips) = (0, 0, 0);
    for language in [
        Language::English,
        Language::Spanish,
        Language::French,
        Language::Italian,
    ] {
        let corpus = Corpus::read(language);
        let expectations = SCENARIOS.map(|scenario| {
            let script = catalogue.script(scenario, language, Level::Intermediate);
            let expected = script.expect("it is taught").expected(&Progress::default());
            let sentences: Vec<&str> = expected.phrases.iter().map(|phrase| phrase.text.as_str()).collect();
            let variants = grammars.variants(&sentences, language);
            let expectation = Expectation::prepare(&pronouncer, language, &expected).unwrap();
            expectation.learn_variants(&pronouncer, &variants).unwrap();
            Arc::new(expectation)
        });
        let (mut of, mut heard, mut slipped) = (0, 0, 0);
        for clip in corpus.clips() {
            for expectation in &expectations {
                let mut recognizer = Recognizer::new(Arc::clone(expectation));
                recognizer.hear(&corpus.sound(clip));
                let transcript = recognizer.view().transcript;
                of += 1;
                if !transcript.is_unheard() && !transcript.text.is_empty() {
                    println!("{:?} is heard as {transcript:?}", corpus.rows[clip].text);
                    heard += 1;
                    slipped += usize::from(!transcript.wording.slips.is_empty());
                }
            }
        }
        println!("{language}: of {of} recordings {heard} are heard as an answer, {slipped} as one with a slip");
        (tried, answers, slips) = (tried + of, answers + heard, slips + slipped);
    }
    assert!(tried >= 300, "{tried}");
    assert!(answers as f64 <= HEARD * tried as f64, "{answers} of {tried}");
    assert_eq!(slips, 0);
}

//! Greetings and assents around an answer are written down where they were said, and nowhere else: of recordings that begin and end
//! with the word, too.

use std::sync::Arc;

use colloquy_agents::acoustic::{Expectation, Pronouncer, Recognizer};
use colloquy_agents::engine::{Expected, Transcript};
use colloquy_agents::language::Language;
use colloquy_agents::scenario::{Catalogue, Level, Progress};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};

use crate::answers::answers;
use crate::room::Room;
use crate::voice::Voice;

/// Answers of each language, and of those with a courtesy in front.
const ANSWERS: usize = 100;
const COURTEOUS: usize = 50;
const SEED: u64 = 21;

/// The usual voices of espeak-ng, which most learners' clients have.
fn voice(language: Language, random: &mut StdRng) -> Voice {
    let language = match language {
        Language::French => "fr-fr",
        Language::German => "de",
        Language::Italian => "it",
        Language::Spanish => "es",
        Language::Portuguese => "pt-br",
        _ => "en-us",
    };
    Voice::Espeak {
        language,
        variant: ["m2", "f3", "m3", "klatt"].choose(random).unwrap(),
        pitch: 50,
        pace: *[130, 160, 175].choose(random).unwrap(),
    }
}

fn heard(expectation: &Arc<Expectation>, sound: &[i16]) -> Transcript {
    let mut recognizer = Recognizer::new(Arc::clone(expectation));
    recognizer.hear(sound);
    recognizer.view().transcript
}

fn bare(text: &str) -> String {
    let letters = text.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Whether a transcript has something before the answer that it is.
fn is_led(transcript: &Transcript, expected: &Expected) -> bool {
    transcript.phrase.is_some_and(|phrase| {
        let answer = bare(&expected.phrases[phrase].text);
        let text = bare(&transcript.text);
        text != answer && !text.starts_with(&answer) && text.contains(&answer)
    })
}

fn assert_told(language: Language, before: &[&str], invented: usize, told: f64) {
    let mut random = StdRng::seed_from_u64(SEED + language as u64);
    let mut answers = answers(language);
    answers.shuffle(&mut random);
    let (pronouncer, mut room) = (Pronouncer::new(), Room::new(SEED));
    let (mut made_up, mut written, mut known) = (0, 0, 0);
    for (number, (expected, phrase)) in answers.into_iter().take(ANSWERS).enumerate() {
        let expectation = Expectation::prepare(&pronouncer, language, &expected).expect("espeak-ng is installed");
        let expectation = Arc::new(expectation);
        let (text, voice) = (&expected.phrases[phrase].text, voice(language, &mut random));
        let said = voice.say(text);
        let in_room = [room.silence(4_800), room.speech(&said, said.len() + 3_200)].concat();
        for sound in [&said, &in_room] {
            let heard = heard(&expectation, sound);
            // "Sì" and a croissant may be heard as an assent and another answer: no word is made up by that.
            if is_led(&heard, &expected) && bare(&heard.text) != bare(text) {
                made_up += 1;
                println!(
                    "{language}, {voice:?}: {text:?} is heard as {:?} ({:.2})",
                    heard.text, heard.confidence
                );
            }
        }
        if number < COURTEOUS {
            let before = before.choose(&mut random).unwrap();
            let said = voice.say(&format!("{before}, {text}"));
            let in_room = [room.silence(4_800), room.speech(&said, said.len() + 3_200)].concat();
            let heard = heard(&expectation, &in_room);
            if heard.phrase == Some(phrase) {
                known += 1;
                written += usize::from(is_led(&heard, &expected));
            }
        }
    }
    println!(
        "{language}: {made_up} of {} with a courtesy that nobody said; of {known} that were said {written} are written",
        2 * ANSWERS
    );
    assert!(made_up <= invented, "{language}: {made_up} courtesies that nobody said");
    assert!(
        written as f64 >= told * f64::from(known),
        "{language}: {written} of {known}"
    );
}

#[test]
fn no_french_courtesy_is_made_up() {
    assert_told(Language::French, &["Oui", "Bonjour", "Alors"], 0, 0.9);
}

#[test]
fn no_german_courtesy_is_made_up() {
    assert_told(Language::German, &["Ja", "Hallo", "Guten Tag"], 0, 0.9);
}

#[test]
fn no_english_courtesy_is_made_up() {
    assert_told(Language::English, &["Yes", "Hello", "Good evening"], 0, 0.9);
}

#[test]
fn no_italian_courtesy_is_made_up() {
    assert_told(Language::Italian, &["Sì", "Buongiorno", "Allora"], 0, 0.9);
}

#[test]
fn no_spanish_courtesy_is_made_up() {
    assert_told(Language::Spanish, &["Sí", "Hola", "Bueno"], 0, 0.9);
}

/// The first answer of a step, and the natural one to the question, once ended the conversation.
#[test]
fn fever_is_no_goodbye() {
    let script = Catalogue::built_in()
        .script("doctor_visit", Language::French, Level::Beginner)
        .expect("it is taught");
    let (pronouncer, mut room) = (Pronouncer::new(), Room::new(SEED));
    let at = (0..script.step_count())
        .map(|step| Progress {
            step,
            ..Progress::default()
        })
        .find(|at| script.step_id(at) == "adding_symptoms")
        .expect("the step that asks for other symptoms");
    let expected = script.expected(&at);
    let expectation = Expectation::prepare(&pronouncer, Language::French, &expected).expect("espeak-ng is installed");
    let expectation = Arc::new(expectation);
    let (mut all, mut understood, mut left) = (0, 0, 0);
    for (language, variant) in [
        ("fr-fr", "m1"),
        ("fr-fr", "f3"),
        ("fr-fr", "m2"),
        ("fr-fr", "klatt"),
        ("fr-be", "m3"),
        ("fr-ch", "m3"),
    ] {
        for pace in [130, 175, 200] {
            for text in ["Oui, un peu de fièvre", "Oui, de la fièvre", "Un peu de fièvre"] {
                let voice = Voice::Espeak {
                    language,
                    variant,
                    pitch: 50,
                    pace,
                };
                let said = voice.say(text);
                let in_room = [room.silence(4_800), room.speech(&said, said.len() + 3_200)].concat();
                for sound in [&said, &in_room] {
                    let heard = heard(&expectation, sound);
                    let after = script.respond(&at, &heard).1;
                    println!("{voice:?} {text:?}: {:?} ({:.2})", heard.text, heard.confidence);
                    all += 1;
                    left += usize::from(after.complete);
                    let phrase = heard.phrase.map(|phrase| expected.phrases[phrase].text.as_str());
                    understood += usize::from(phrase.is_some_and(|text| text.ends_with("fièvre")));
                }
            }
        }
    }
    println!("{understood} of {all} are understood; {left} leave");
    assert_eq!(left, 0, "answers that are heard as a goodbye");
    assert!(understood * 2 >= all, "{understood} of {all} are understood");
}

/// Who takes their leave is understood, however they begin.
#[test]
fn a_goodbye_that_is_said_is_heard() {
    assert_goodbyes_heard(|_| "", 0.75);
}

#[test]
fn a_goodbye_after_a_word_to_begin_with_is_heard() {
    let lead = |language| match language {
        Language::French => "Alors, ",
        Language::German => "Also, ",
        Language::Italian => "Allora, ",
        Language::Spanish => "Bueno, ",
        _ => "Okay, ",
    };
    assert_goodbyes_heard(lead, 0.5);
}

/// Says the goodbyes of five languages after a lead, of which a share must be heard.
fn assert_goodbyes_heard(lead: impl Fn(Language) -> &'static str, share: f64) {
    let (mut all, mut left) = (0, 0);
    for language in [
        Language::English,
        Language::French,
        Language::German,
        Language::Italian,
        Language::Spanish,
    ] {
        let mut random = StdRng::seed_from_u64(SEED);
        let (pronouncer, mut room) = (Pronouncer::new(), Room::new(SEED));
        for scenario in ["doctor_visit", "restaurant", "hotel_reservation"] {
            let script = Catalogue::built_in().script(scenario, language, Level::Beginner);
            let script = script.expect("it is taught");
            let over = Progress {
                complete: true,
                ..Progress::default()
            };
            let goodbyes = script
                .expected(&over)
                .phrases
                .into_iter()
                .filter(|phrase| phrase.leaves);
            let goodbyes: Vec<String> = goodbyes.map(|phrase| phrase.text).collect();
            for step in [0, script.step_count() - 1] {
                let at = Progress {
                    step,
                    ..Progress::default()
                };
                let expected = script.expected(&at);
                let expectation =
                    Expectation::prepare(&pronouncer, language, &expected).expect("espeak-ng is installed");
                let expectation = Arc::new(expectation);
                for text in &goodbyes {
                    for voice in [voice(language, &mut random), Voice::of(language, &mut random)] {
                        let said = voice.say(&format!("{}{text}", lead(language)));
                        let in_room = [room.silence(4_800), room.speech(&said, said.len() + 3_200)].concat();
                        let heard = heard(&expectation, &in_room);
                        all += 1;
                        let is_heard = heard.phrase.is_some_and(|phrase| expected.phrases[phrase].leaves);
                        left += u32::from(is_heard);
                        if !is_heard {
                            println!(
                                "{language} {voice:?} {text:?}: {:?} ({:.2})",
                                heard.text, heard.confidence
                            );
                        }
                    }
                }
            }
        }
    }
    println!("{left} of {all} goodbyes are heard");
    assert!(f64::from(left) >= share * f64::from(all), "{left} of {all}");
}

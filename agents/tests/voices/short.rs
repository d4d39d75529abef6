//! Short answers by voice: what a question offers, said alone or with "please"; goodbyes; and requests that are only begun.
//!
//! The voices are those of `naming.rs`, and the usual one of espeak-ng.

use std::collections::HashMap;
use std::sync::Arc;

use colloquy_agents::acoustic::{Expectation, Pronouncer, View};
use colloquy_agents::engine::{Expected, Fit, Transcript};
use colloquy_agents::language::Language;
use colloquy_agents::scenario::{Catalogue, Level, Progress, Script};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use crate::expected::{hear, seed, usual_voice};
use crate::voice::Voice;

/// `SHORT_SEED` is another.
const SEED: u64 = 17;
/// Answers of each kind, of each language; `SHORT_ANSWERS` are others.
const ANSWERS: u64 = 40;

#[test]
fn english_short_answers_are_understood() {
    assert_understood(Language::English);
}

#[test]
fn french_short_answers_are_understood() {
    assert_understood(Language::French);
}

#[test]
fn german_short_answers_are_understood() {
    assert_understood(Language::German);
}

#[test]
fn italian_short_answers_are_understood() {
    assert_understood(Language::Italian);
}

#[test]
fn spanish_short_answers_are_understood() {
    assert_understood(Language::Spanish);
}

const RIGHT: &str = "right";

/// How answers were heard.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    said: usize,
    right: usize,
    asked_again: usize,
    /// With another meaning.
    other: usize,
}

impl Tally {
    /// Tells how it was heard.
    fn add(&mut self, script: &Script, step: usize, said: &str, heard: &Transcript) -> &'static str {
        self.said += 1;
        let typed = Transcript {
            text: said.to_owned(),
            confidence: 1.0,
            ..Transcript::default()
        };
        let after = |transcript: &Transcript| script.respond(&at(step), transcript).1;
        if after(heard) == after(&typed) && !heard.is_unheard() {
            self.right += 1;
            RIGHT
        } else if heard.is_unheard() || after(heard).step == step {
            self.asked_again += 1;
            "asked again"
        } else {
            self.other += 1;
            "another meaning"
        }
    }

    fn share(&self, of: usize) -> f64 {
        of as f64 / self.said.max(1) as f64
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let percent = |of| 100.0 * self.share(of);
        write!(
            f,
            "{} said, right {:.1}%, asked again {:.1}%, another meaning {:.1}%",
            self.said,
            percent(self.right),
            percent(self.asked_again),
            percent(self.other)
        )
    }
}

fn at(step: usize) -> Progress {
    Progress {
        step,
        ..Progress::default()
    }
}

fn please(language: Language) -> &'static str {
    match language {
        Language::English => "please",
        Language::French => "s'il vous plaît",
        Language::German => "bitte",
        Language::Italian => "per favore",
        _ => "por favor",
    }
}

/// What is expected without short answers, which come last.
fn without_short(expected: &Expected) -> Expected {
    let count = (0..expected.phrases.len())
        .take_while(|&phrase| !expected.is_short(phrase))
        .count();
    Expected {
        phrases: expected.phrases[..count].to_vec(),
        vocabulary: expected.vocabulary.clone(),
    }
}

fn assert_understood(language: Language) {
    let seed = seed("SHORT_SEED", SEED);
    let answers = usize::try_from(self::seed("SHORT_ANSWERS", ANSWERS)).expect("they are few");
    let mut random = StdRng::seed_from_u64(seed ^ (language as u64) << 32);
    let pronouncer = Pronouncer::new();
    let prepared = |expected: &Expected| Arc::new(Expectation::prepare(&pronouncer, language, expected).unwrap());
    let catalogue = Catalogue::built_in();
    let topics = catalogue.topics(language, None);
    let topics = topics.iter().flat_map(|category| &category.topics);
    let scripts = topics.filter_map(|topic| catalogue.script(&topic.id, language, Level::Beginner));
    let scripts: Vec<Script> = scripts.collect();
    let (mut short, mut suggested) = (Vec::new(), Vec::new());
    for (number, script) in scripts.iter().enumerate() {
        for step in 0..script.step_count() {
            let expected = script.expected(&at(step));
            for (phrase, answer) in expected.phrases.iter().enumerate() {
                if expected.is_short(phrase) {
                    short.push((number, step, answer.text.clone()));
                } else if answer.instead_of.is_none() && !answer.leaves {
                    suggested.push((number, step, answer.text.clone()));
                }
            }
        }
    }
    println!("{language}: {} short answers", short.len());
    for drawn in [&mut short, &mut suggested] {
        drawn.shuffle(&mut random);
        drawn.truncate(answers);
    }
    let mut known = HashMap::new();
    let [mut alone, mut polite, mut none, mut all, mut before] = [Tally::default(); 5];
    let said = short.iter().map(|one| (one, true));
    for ((number, step, text), is_short) in said.chain(suggested.iter().map(|one| (one, false))) {
        let script = &scripts[*number];
        let (listed, bare) = known.entry((*number, *step)).or_insert_with(|| {
            let expected = script.expected(&at(*step));
            (prepared(&expected), prepared(&without_short(&expected)))
        });
        let voice = usual_voice(language, &["klatt", "klatt2", "f2", "f3", ""], 110..170, &mut random);
        let say = |tally: &mut Tally, expectation: &Arc<Expectation>, text: &str| {
            let heard = hear(expectation, voice, text).view().transcript;
            let how = tally.add(script, *step, text, &heard);
            println!(
                "{how}: {language} {} {step} {voice:?}: {text:?} is heard as {:?} ({:.2})",
                script.scenario_id(),
                heard.text,
                heard.confidence
            );
        };
        if is_short {
            say(&mut alone, listed, text);
            say(&mut polite, listed, &format!("{text}, {}", please(language)));
            say(&mut none, bare, text);
        } else {
            say(&mut all, listed, text);
            say(&mut before, bare, text);
        }
    }
    for (name, tally) in [
        ("alone", alone),
        ("with \"please\"", polite),
        ("alone, none listed", none),
        ("suggested", all),
        ("suggested, no short ones listed", before),
    ] {
        println!("{language}, seed {seed}: {name}: {tally}");
    }
    for tally in [alone, polite] {
        assert!(tally.share(tally.right) >= 0.6, "{tally:?}");
        assert!(
            tally.share(tally.right) >= none.share(none.right) + 0.3,
            "{tally:?} {none:?}"
        );
        assert!(tally.share(tally.other) <= 0.05, "{tally:?}");
    }
    assert!(all.right + all.said.div_ceil(50) >= before.right, "{all:?} {before:?}");
}

/// Voices at several paces.
fn voices(language: Language) -> Vec<Voice> {
    let espeak = |language, variant, pace| Voice::Espeak {
        language,
        variant,
        pitch: 50,
        pace,
    };
    let tag = match language {
        Language::English => return ["awb", "rms", "slt", "kal16"].map(Voice::Flite).to_vec(),
        Language::French => "fr",
        Language::German => "de",
        Language::Italian => "it",
        _ => "es-419",
    };
    let mut all = [("", 110), ("", 160), ("f2", 140), ("klatt", 140)]
        .map(|(variant, pace)| espeak(tag, variant, pace))
        .to_vec();
    if language == Language::Italian {
        all.extend(["lp_diphone", "pc_diphone"].map(Voice::Festival));
    }
    all
}

/// Says each text at each of some steps of the restaurant, with each voice.
fn say_at(
    language: Language,
    steps: &[usize],
    texts: &[&str],
    pronouncer: &Pronouncer,
    mut each: impl FnMut(&Script, usize, &str, &View) -> bool,
) {
    let script = Catalogue::built_in()
        .script("restaurant", language, Level::Beginner)
        .expect("it is taught");
    for &step in steps {
        let expectation = Expectation::prepare(pronouncer, language, &script.expected(&at(step))).unwrap();
        let expectation = Arc::new(expectation);
        for text in texts {
            for voice in voices(language) {
                let view = hear(&expectation, voice, text).view();
                let is_right = each(&script, step, text, &view);
                let View { transcript, fit } = &view;
                if !is_right {
                    println!(
                        "{language} {step} {voice:?}: {text:?} is heard as {:?} ({:.2}), {fit:?}",
                        transcript.text, transcript.confidence
                    );
                }
            }
        }
    }
}

/// What may be said at steps, which are counted from 0.
type AtSteps = &'static [(usize, &'static [&'static str])];

/// What people say to the restaurant's questions.
const NATURAL: &[(Language, AtSteps)] = &[
    (
        Language::English,
        &[
            (0, &["Two", "Two people", "For two, please"]),
            (1, &["Inside, please", "By the window", "Outside"]),
            (
                2,
                &["Water", "Just water, please", "A beer, please", "A glass of red wine"],
            ),
            (3, &["No", "Yes, nuts", "No allergies"]),
        ],
    ),
    (
        Language::French,
        &[
            (0, &["Deux", "Deux personnes", "Pour deux, s'il vous plaît"]),
            (
                1,
                &[
                    "Près de la fenêtre",
                    "En terrasse, s'il vous plaît",
                    "Dehors",
                    "À l'intérieur, s'il vous plaît",
                ],
            ),
            (
                2,
                &[
                    "De l'eau, s'il vous plaît",
                    "Un verre de vin rouge",
                    "Une bière",
                    "Un jus d'orange",
                ],
            ),
            (3, &["Non", "Oui, aux noix", "Pas d'allergie"]),
        ],
    ),
    (
        Language::German,
        &[
            (0, &["Zwei", "Zwei Personen", "Wir sind zu zweit"]),
            (
                1,
                &["Am Fenster", "Auf der Terrasse, bitte", "Drinnen, bitte", "Draußen"],
            ),
            (2, &["Wasser, bitte", "Ein Bier, bitte", "Ein Glas Rotwein"]),
            (3, &["Nein", "Ja, gegen Nüsse", "Keine Allergie"]),
        ],
    ),
    (
        Language::Italian,
        &[
            (0, &["Due", "Due persone", "Per due, per favore"]),
            (1, &["Vicino alla finestra", "Dentro, per favore", "Fuori"]),
            (
                2,
                &["Dell'acqua, per favore", "Una birra", "Un bicchiere di vino rosso"],
            ),
            (3, &["No", "Sì, alle noci", "Nessuna allergia"]),
        ],
    ),
    (
        Language::Spanish,
        &[
            (0, &["Dos", "Dos personas", "Para dos, por favor"]),
            (
                1,
                &["Junto a la ventana", "Dentro, por favor", "Fuera", "En la terraza"],
            ),
            (2, &["Agua, por favor", "Una cerveza", "Una copa de vino tinto"]),
            (3, &["No", "Sí, al gluten", "Ninguna alergia"]),
        ],
    ),
];

#[test]
fn what_people_say_to_the_restaurants_questions_is_understood() {
    let pronouncer = Pronouncer::new();
    for (language, steps) in NATURAL {
        let mut tally = Tally::default();
        for (step, texts) in *steps {
            say_at(*language, &[*step], texts, &pronouncer, |script, step, text, view| {
                tally.add(script, step, text, &view.transcript) == RIGHT
            });
        }
        println!("{language}, natural answers: {tally}");
        assert!(tally.share(tally.right) >= 0.4, "{language} {tally:?}");
        assert!(tally.share(tally.other) <= 0.04, "{language} {tally:?}");
    }
}

#[test]
fn goodbyes_are_heard_as_such() {
    let pronouncer = Pronouncer::new();
    for (language, least, texts) in [
        (
            Language::English,
            0.7,
            &["Okay, bye", "Bye bye", "Thank you, goodbye", "Okay, goodbye", "Goodbye"][..],
        ),
        (
            Language::French,
            0.1,
            &["Alors, au revoir", "Au revoir", "Merci, au revoir"],
        ),
        (
            Language::German,
            0.4,
            &[
                "Also, auf Wiedersehen",
                "Auf Wiedersehen",
                "Danke, auf Wiedersehen",
                "Also, tschüss",
                "Tschüss",
            ],
        ),
        (
            Language::Italian,
            0.1,
            &["Allora, arrivederci", "Arrivederci", "Grazie, arrivederci"],
        ),
        (
            Language::Spanish,
            0.9,
            &["Bueno, adiós", "Adiós", "Gracias, adiós", "Hasta luego"],
        ),
    ] {
        let (mut said, mut left) = (0_u32, 0_u32);
        say_at(language, &[0, 2, 3], texts, &pronouncer, |script, step, _, view| {
            let has_left = script.respond(&at(step), &view.transcript).1.left;
            said += 1;
            left += u32::from(has_left);
            has_left
        });
        println!("{language}, goodbyes: {left} of {said} heard");
        assert!(
            f64::from(left) >= least * f64::from(said),
            "{language}: {left} of {said}"
        );
    }
}

#[test]
fn requests_that_are_only_begun_are_waited_for_at_any_step() {
    let pronouncer = Pronouncer::new();
    for (language, texts) in [
        (Language::English, &["I would like", "I'd like", "Could I have"][..]),
        (Language::French, &["Je voudrais", "On voudrait"]),
        (Language::German, &["Ich möchte", "Ich hätte gern"]),
        (Language::Italian, &["Vorrei", "Vorremmo"]),
        (Language::Spanish, &["Quisiera", "Quiero", "Me gustaría"]),
    ] {
        let (mut said, mut waited, mut other) = (0_u32, 0_u32, 0_u32);
        say_at(language, &[0, 1, 3], texts, &pronouncer, |_, _, _, view| {
            let is_open = matches!(view.fit, Fit::Beginning | Fit::Unlisted { open: true });
            said += 1;
            waited += u32::from(is_open);
            other += u32::from(!is_open && !view.transcript.is_unheard());
            is_open
        });
        println!("{language}, beginnings: {waited} of {said} waited for, {other} heard as an answer");
        assert!(2 * waited >= said, "{language}: {waited} of {said}");
    }
}

use std::collections::BTreeMap;

use super::*;
use crate::scenario::ContentError;
use crate::scenario::words::is_syllabic;

const COURTESIES: &str = include_str!("../../../../content/courtesies.toml");
const RESTAURANT: &str = include_str!("../../../../content/scenarios/restaurant.toml");
const OPEN_TALK: &str = include_str!("../../../../content/scenarios/open_talk.toml");

fn read(restaurant: &str) -> Result<Catalogue, String> {
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    Catalogue::read(
        file("courtesies.toml", COURTESIES),
        vec![
            file("scenarios/open_talk.toml", OPEN_TALK),
            file("scenarios/restaurant.toml", restaurant),
        ],
    )
    .map_err(|error| error.to_string())
}

fn documented_example() -> &'static str {
    let documentation = include_str!("../../../../docs/content.md");
    let (_, example) = documentation.split_once("```toml\n").expect("an example");
    let (example, _) = example.split_once("```").expect("its end");
    example
}

#[test]
fn the_built_in_content_is_without_fault() {
    let dir = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../content"));
    if let Err(error) = Catalogue::load(dir) {
        panic!("{error}");
    }
    let _ = Catalogue::built_in();
}

#[test]
fn every_scene_is_taught_in_five_languages_and_the_commonest_in_all() {
    for (topic, language) in lessons() {
        let script = script(topic, language);
        assert_eq!(script.scenario_id(), topic, "{language}");
        assert!(script.step_count() >= 6, "{topic} {language}");
        for step in 0..script.step_count() {
            let progress = Progress {
                step,
                ..Progress::default()
            };
            let (_, turn) = script.turn(&progress).expect("a step");
            let answers: usize = turn.answers.values().map(Vec::len).sum();
            assert!(
                answers >= 8,
                "{topic} {language} {}: {answers} answers",
                script.step_id(&progress)
            );
            assert!(script.hints(&progress, "").len() >= 2);
        }
    }
}

#[test]
fn every_language_has_an_open_talk() {
    let catalogue = &CATALOGUE;
    for language in Language::ALL {
        let script = catalogue.script("the weather on Mars", language, Level::Beginner);
        let script = script.expect("an open talk");
        assert!(!script.opener().text.is_empty());
        for (step, turn) in &script.lesson().steps {
            let answers: usize = turn.answers.values().map(Vec::len).sum();
            assert!(answers >= 5, "{language} {step}: {answers} answers");
        }
    }
}

#[test]
fn a_step_with_three_answers_is_a_fault_that_names_it() {
    let fourth = r#", ["Avec mon téléphone", "With my phone"]"#;
    let example = documented_example();
    assert!(example.contains(fourth));
    let error = read(&example.replace(fourth, "")).expect_err("too few");
    let fault = "scenarios/restaurant.toml, french, step paying: 3 answers instead of at least 4";
    assert!(error.contains(fault), "{error}");
}

#[test]
fn expected_answers_of_a_step_are_two_to_nine_words_long() {
    for (topic, language) in lessons() {
        let script = script(topic, language);
        for turn in script.lesson().steps.values() {
            for line in turn.answers.values().flatten() {
                let is_said = |word: &&str| word.chars().any(char::is_alphanumeric);
                // In a script without spaces a word has two signs or so.
                let signs = line.text.chars().filter(|&c| is_syllabic(c)).count();
                let words = line.text.split_whitespace().filter(is_said).count().max(signs / 2);
                assert!((1..=9).contains(&words), "{topic} {language}: {}", line.text);
            }
        }
    }
}

#[test]
fn faults_name_the_file_the_language_and_the_step() {
    let changed = |from: &str, to: &str| {
        assert!(RESTAURANT.contains(from), "{from}");
        read(&RESTAURANT.replacen(from, to, 1)).expect_err(to)
    };
    for (from, to, fault) in [
        (
            "no_reservation = [[\"Pas de problème",
            "elsewhere = [[\"Pas de problème",
            "french, step welcoming_guests: `replies.elsewhere`: no answer has this intent",
        ),
        (
            r#"hints = ["Nous sommes quatre""#,
            r#"hints = ["Nous sommes mille""#,
            "scenarios/restaurant.toml, french, step welcoming_guests: hint \"Nous sommes mille\" is not one of the answers",
        ),
        (
            r#"party = [["Parfait, {party}.", "Perfect, {party}."]"#,
            r#"party = [["Parfait, {guests}.", "Perfect, {party}."]"#,
            "scenarios/restaurant.toml, french, step welcoming_guests: `replies.party`: \"Parfait, {guests}.\" names the unknown slot {guests}",
        ),
        (
            r#"["Nous sommes quatre", "There are four of us"]"#,
            r#"["Nous sommes quatre"]"#,
            "scenarios/restaurant.toml, french, step welcoming_guests: answer \"Nous sommes quatre\" has no translation",
        ),
        (
            r#"["Nous sommes quatre", "There are four of us"]"#,
            r#"["Nous sommes quatre", "There are four of us"], ["nous sommes 4", "We are four"]"#,
            "scenarios/restaurant.toml, french, step welcoming_guests: answers \"Nous sommes quatre\" and \"nous sommes 4\" are the same",
        ),
        (
            r#"skip_when = "diet""#,
            r#"skip_when = "weather""#,
            "french, step discussing_diet: a condition names the unknown slot `weather`",
        ),
        (
            r#"when = "diet=sans viande""#,
            r#"when = "diet=sans chapeau""#,
            "french, step taking_food_order: a condition asks whether `diet` is \"sans chapeau\", which it never is",
        ),
        (
            r#"stays = ["ask_advice"]"#,
            r#"stays = ["ask_advise"]"#,
            "french, step taking_drink_order: intent `ask_advise` has no answer",
        ),
    ] {
        let error = changed(from, to);
        assert!(error.contains(fault), "{error}");
    }
}

#[test]
fn unknown_fields_and_broken_toml_are_errors_with_a_line() {
    for (from, to) in [
        ("duration_minutes = 10", "duration_minutes = 10\nmood = \"good\""),
        ("duration_minutes = 10", "duration_minutes = "),
        (
            "[french.steps.welcoming_guests]",
            "[french.steps.welcoming_guests]\ntips = []",
        ),
        (r#"skip_when = "diet""#, r#"skip_when = "two words""#),
        ("level = \"beginner\"", "level = \"easy\""),
    ] {
        let error = read(&RESTAURANT.replacen(from, to, 1)).expect_err(to);
        assert!(
            error.starts_with("scenarios/restaurant.toml: ") && error.contains("line "),
            "{error}"
        );
    }
}

#[test]
fn the_example_of_the_documentation_is_without_fault() {
    let catalogue = read(documented_example()).unwrap_or_else(|error| panic!("{error}"));
    let bakery = catalogue.script("buying bread", Language::French, Level::Beginner);
    let bakery = bakery.expect("the example");
    assert_eq!(bakery.scenario_id(), "bakery");
    let (reply, after) = play(&bakery, &["non"]);
    assert_eq!(reply.text, "D'accord. À demain ?");
    assert_eq!(after.step, 2);
}

#[test]
fn a_directory_without_content_is_an_error_that_names_it() {
    let error = Catalogue::load(std::path::Path::new("/nonexistent/content")).expect_err("nothing there");
    assert!(matches!(error, ContentError::Read { .. }));
    assert!(error.to_string().starts_with("/nonexistent/content/scenarios"));
}

#[test]
fn topics_find_their_scenario_and_everything_else_is_talked_about() {
    let catalogue = &CATALOGUE;
    for (topic, id, named) in [
        ("restaurant", "restaurant", None),
        ("ordering_food_restaurant", "restaurant", None),
        ("restaurant_ordering", "restaurant", None),
        ("Dinner in a little restaurant", "restaurant", None),
        ("coffee_shop", "coffee_shop", None),
        ("Coffee Shop", "coffee_shop", None),
        ("business_meeting", "business_meeting", None),
        ("An interview for a job", "job_interview", None),
        ("at the airport", "airport_checkin", None),
        ("buying clothes for the summer", "clothes_shopping", None),
        ("ropa de invierno", "clothes_shopping", None),
        ("seeing the doctor", "doctor_visit", None),
        ("beim Arzt", "doctor_visit", None),
        ("at the railway station", "train_station", None),
        ("un viaggio in treno", "train_station", None),
        ("renting an apartment in Lyon", "apartment_viewing", None),
        ("Wohnungssuche", "apartment_viewing", None),
        ("asking for directions", "asking_directions", None),
        ("nach dem Weg fragen", "asking_directions", None),
        ("introducing yourself", "meeting_people", None),
        ("Leute kennenlernen", "meeting_people", None),
        ("climate_change", "open_talk", Some("climate change")),
        ("my {dog} «Rex»", "open_talk", Some("my dog Rex")),
        ("open_talk", "open_talk", None),
        ("", "open_talk", None),
        ("!!!", "open_talk", None),
    ] {
        let script = catalogue
            .script(topic, Language::French, Level::Beginner)
            .expect("a script");
        assert_eq!(script.scenario_id(), id, "{topic}");
        if id == "open_talk" && topic != "open_talk" {
            assert_eq!(script.topic(), named, "{topic}");
        }
    }
    assert_eq!(catalogue.scenario_of("climate_change"), None);
    assert_eq!(catalogue.scenario_of("coffee"), Some("coffee_shop"));
}

#[test]
fn topics_are_listed_by_category_at_the_level_asked_for() {
    let catalogue = &CATALOGUE;
    let listed = catalogue.topics(Language::French, Some(Level::Intermediate));
    let ids: Vec<(&str, Vec<&str>)> = listed
        .iter()
        .map(|category| {
            (
                category.id.as_str(),
                category.topics.iter().map(|topic| topic.id.as_str()).collect(),
            )
        })
        .collect();
    assert_eq!(
        ids,
        [
            ("business", vec!["business_meeting", "job_interview"]),
            ("daily_life", vec!["apartment_viewing"]),
            ("food", vec!["coffee_shop", "restaurant"]),
            ("health", vec!["doctor_visit"]),
            ("shopping", vec!["clothes_shopping"]),
            ("social", vec!["meeting_people", "open_talk"]),
            (
                "travel",
                vec![
                    "airport_checkin",
                    "asking_directions",
                    "hotel_reservation",
                    "train_station"
                ],
            ),
        ]
    );
    // Every scenario can be played at every level, but none is listed below its own.
    let difficulty = |level, id: &str| {
        let listed = catalogue.topics(Language::French, level);
        let mut topics = listed.into_iter().flat_map(|category| category.topics);
        topics.find(|topic| topic.id == id).map(|topic| topic.difficulty)
    };
    use Level::{Advanced, Beginner, Intermediate};
    for (id, own, listed) in [
        ("restaurant", Beginner, [Beginner, Intermediate, Advanced]),
        ("airport_checkin", Intermediate, [Intermediate, Intermediate, Advanced]),
        ("job_interview", Advanced, [Advanced; 3]),
    ] {
        assert_eq!(difficulty(None, id), Some(own), "{id}");
        for (level, listed) in [Beginner, Intermediate, Advanced].into_iter().zip(listed) {
            assert_eq!(difficulty(Some(level), id), Some(listed), "{id} {level:?}");
        }
    }
    let japanese = catalogue.topics(Language::Japanese, None).into_iter();
    let japanese: Vec<String> = japanese.flat_map(|c| c.topics).map(|topic| topic.id).collect();
    assert_eq!(
        japanese,
        ["coffee_shop", "restaurant", "open_talk", "hotel_reservation"]
    );
}

/// How long a line is: its words, or in a script without spaces its signs.
fn length(line: &str) -> usize {
    match line.chars().filter(|&c| is_syllabic(c)).count() {
        0 => line.split_whitespace().count(),
        signs => signs,
    }
}

/// The questions of a lesson at a level, as they are asked when nothing is known yet.
fn questions(topic: &str, language: Language, level: Level) -> Vec<String> {
    let script = CATALOGUE.script(topic, language, level).expect("a script");
    let slots = BTreeMap::new();
    let asked = (0..script.step_count()).map(|step| {
        let (_, turn) = script.turn_at(step).expect("a step");
        let line = script.filling(&slots, &[]).choose(&turn.ask);
        line.expect("a question").text.clone()
    });
    asked.collect()
}

#[test]
fn every_question_is_shorter_for_beginners_and_longer_for_the_advanced() {
    let open_talks = Language::ALL.map(|language| (OPEN_TALK, language));
    let mut words_a_question: BTreeMap<Level, (usize, usize)> = BTreeMap::new();
    for (topic, language) in lessons().chain(open_talks) {
        let [beginner, intermediate, advanced] = LEVELS.map(|level| questions(topic, language, level));
        let mean = |asked: &[String]| {
            let lengths: usize = asked.iter().map(|line| length(line)).sum();
            lengths as f64 / asked.len() as f64
        };
        let means = [&beginner, &intermediate, &advanced].map(|asked| mean(asked));
        assert!(
            means.is_sorted_by(|shorter, longer| shorter < longer) && means[2] >= 1.5 * means[0],
            "{topic} {language}: {means:?}"
        );
        for (easy, hard) in beginner.iter().zip(&advanced) {
            assert!(length(easy) < length(hard), "{topic} {language}: {easy:?}, {hard:?}");
        }
        if language != Language::Chinese && language != Language::Japanese {
            for (level, asked) in LEVELS.into_iter().zip([beginner, intermediate, advanced]) {
                let (words, questions) = words_a_question.entry(level).or_default();
                *words += asked.iter().map(|line| length(line)).sum::<usize>();
                *questions += asked.len();
            }
        }
    }
    for (level, (words, questions)) in words_a_question {
        println!(
            "{}: {:.1} words a question",
            level.name(),
            words as f64 / questions as f64
        );
    }
}

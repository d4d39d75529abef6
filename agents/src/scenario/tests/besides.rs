//! What an answer says besides what was asked, too early, or in greeting.

use super::*;
use crate::scenario::meaning::understand;

#[test]
fn an_allergy_is_taken_note_of_at_any_step_and_the_question_waits() {
    for (language, text, diet) in [
        (
            Language::French,
            "Nous sommes quatre et je suis allergique aux noix",
            "sans noix",
        ),
        (Language::English, "By the way, I'm allergic to peanuts", "no nuts"),
        (Language::German, "Ich bin allergisch gegen Nüsse", "ohne Nüsse"),
        (Language::Spanish, "Soy alérgico a los frutos secos", "sin frutos secos"),
        (Language::Italian, "Sono allergica alle noci", "senza noci"),
    ] {
        let script = script("restaurant", language);
        let before = at(&script, "taking_food_order");
        let (reply, after) = said(&script, &before, text);
        assert_eq!(
            after.slots.get("diet").map(String::as_str),
            Some(diet),
            "{language}: {reply}"
        );
        assert!(reply.contains(diet), "{language}: {reply}");
        assert_eq!(
            (after.step, after.reprompts, after.slots.len()),
            (before.step, 0, 1),
            "{language}: {reply}"
        );
    }
    let script = script("restaurant", Language::French);
    let before = at(&script, "taking_food_order");
    let (reply, after) = said(
        &script,
        &before,
        "Je prends la quiche, mais je suis allergique aux noix",
    );
    assert_eq!(
        (after.slots["dish"].as_str(), after.slots["diet"].as_str()),
        ("la quiche lorraine", "sans noix")
    );
    assert!(reply.contains("sans noix"), "{reply}");
    for text in [
        "Je ne suis pas allergique aux noix",
        "C'est un plat végétarien ?",
        "J'adore les noix",
    ] {
        let (reply, after) = said(&script, &before, text);
        assert!(!after.slots.contains_key("diet"), "{text}: {reply}");
    }
}

#[test]
fn a_greeting_is_returned_at_the_first_step_of_every_scenario() {
    for (language, greetings) in [
        (Language::English, &["Hello?", "Good morning!", "Hi there"][..]),
        (Language::French, &["Bonjour !", "Bonsoir", "Salut"]),
        (Language::German, &["Guten Morgen!", "Hallo!", "Hallo, guten Tag!"]),
        (Language::Spanish, &["¡Hola!", "Buenos días", "Hola, buenas tardes"]),
        (Language::Italian, &["Buongiorno!", "Salve", "Ciao"]),
    ] {
        for (topic, _) in lessons().filter(|(_, known)| *known == language) {
            for text in greetings {
                let script = script(topic, language);
                let (reply, after) = said(&script, &Progress::default(), text);
                assert_eq!(
                    (after.step, after.reprompts),
                    (0, 0),
                    "{language} {topic} {text}: {reply}"
                );
                assert!(!is_sorry(&script, &reply), "{text}: {reply}");
            }
        }
    }
    // Tomorrow is no greeting, and a greeting before an answer is no more than polite.
    let script = script("restaurant", Language::German);
    let (_, after) = said(&script, &Progress::default(), "Guten Abend, einen Tisch für zwei");
    assert_eq!(after.slots["party"], "zwei Personen");
    let (asked, turn) = script.turn(&Progress::default()).expect("a step");
    let (meaning, _) = understand(asked, turn, &script.slot_table(), &typed("Morgen"));
    assert_ne!(meaning, Meaning::Aside(crate::scenario::format::Aside::Greeting));
}

#[test]
fn what_a_later_step_asks_is_put_off_until_then() {
    let script = script("airport_checkin", Language::Italian);
    let (reply, after) = said(&script, &Progress::default(), "Buongiorno, ecco il mio passaporto.");
    let early: Vec<&str> = script.courtesy().early.iter().map(|line| line.text.as_str()).collect();
    assert!(early.iter().any(|line| reply.starts_with(line)), "{reply}");
    assert_eq!(after.step, 0);
    let (reply, _) = said(&script, &Progress::default(), "Il mio gatto dorme sempre.");
    assert!(early.iter().all(|line| !reply.contains(line)), "{reply}");
}

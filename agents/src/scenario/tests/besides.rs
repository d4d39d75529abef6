//! What an answer says besides what was asked: what is taken back, asked, refused for good, taken, said too
//! early, or said in greeting.

use super::*;
use crate::correction::Correction;
use crate::scenario::meaning::understand;
use crate::scenario::script::OFFERED;

#[test]
fn what_is_taken_back_does_not_count_and_what_is_denied_is_not_taken_back() {
    for (language, step, slot, text, value) in [
        (
            Language::English,
            "taking_food_order",
            "dish",
            "The soup, no wait, the risotto",
            Some("the mushroom risotto"),
        ),
        (
            Language::English,
            "choosing_table",
            "place",
            "Inside, no, outside please",
            Some("in the garden"),
        ),
        (
            Language::English,
            "taking_food_order",
            "dish",
            "The risotto, no soup",
            Some("the mushroom risotto"),
        ),
        (
            Language::French,
            "taking_food_order",
            "dish",
            "La soupe, non pardon, la quiche",
            Some("la quiche lorraine"),
        ),
        (
            Language::French,
            "choosing_table",
            "place",
            "Pas en terrasse, à l'intérieur",
            Some("à l'intérieur"),
        ),
        (
            Language::German,
            "taking_food_order",
            "dish",
            "Die Suppe, nein, das Schnitzel",
            Some("das Wiener Schnitzel"),
        ),
        (Language::Spanish, "taking_drink_order", "drink", "No, gracias", None),
    ] {
        let found = filled("restaurant", language, step, slot, text);
        assert_eq!(found.as_deref(), value, "{language} {text}");
    }
}

#[test]
fn whoever_asks_whether_there_is_something_has_not_ordered_it() {
    for (language, step, texts) in [
        (
            Language::German,
            "offering_snack",
            &[
                "Was für Kuchen haben Sie?",
                "Welche Kuchen haben Sie?",
                "Haben Sie Kuchen?",
            ][..],
        ),
        (
            Language::German,
            "ordering_drink",
            &["Haben Sie auch Tee?", "Gibt es Kakao?"],
        ),
        (
            Language::English,
            "offering_snack",
            &[
                "Do you have any cake?",
                "What cakes do you have?",
                "Have you got muffins?",
            ],
        ),
        (Language::English, "ordering_drink", &["Do you have any tea?"]),
        (
            Language::Spanish,
            "offering_snack",
            &["¿Qué tartas tienen?", "¿Tienen tarta?"],
        ),
        (
            Language::Italian,
            "offering_snack",
            &["Che torte avete?", "Avete anche la pizza?"],
        ),
        (
            Language::French,
            "offering_snack",
            &["Vous avez quoi comme gâteaux ?", "Vous avez des macarons ?"],
        ),
    ] {
        for text in texts {
            let script = script("coffee_shop", language);
            let before = at(&script, step);
            let (reply, after) = said(&script, &before, text);
            assert_eq!(
                (after.step, after.reprompts),
                (before.step, 0),
                "{language} {text}: {reply}"
            );
            assert!(
                !after.slots.contains_key("snack") && !after.slots.contains_key("drink"),
                "{language} {text}"
            );
            assert!(
                script
                    .courtesy()
                    .sorry
                    .iter()
                    .all(|sorry| !reply.starts_with(&sorry.text)),
                "{text}: {reply}"
            );
        }
    }
    // One of a thing is asked for, and what is expected is expected.
    for (language, text, drink) in [
        (Language::English, "Have you got fresh apple juice?", true),
        (Language::German, "Haben Sie frischen Apfelsaft?", true),
        (
            Language::French,
            "Je voudrais un café crème, vous avez du sucre ?",
            true,
        ),
        (Language::English, "Do you have fresh milk for the baby?", false),
    ] {
        let script = script("coffee_shop", language);
        let (reply, after) = said(&script, &at(&script, "ordering_drink"), text);
        assert_eq!(after.slots.contains_key("drink"), drink, "{text}: {reply}");
    }
}

#[test]
fn a_question_is_no_failed_answer_and_nothing_is_said_in_the_learners_place() {
    for (language, questions) in [
        (
            Language::Spanish,
            [
                "¿Está incluido el desayuno?",
                "¿A qué hora es el desayuno?",
                "¿Puedo dejar las maletas en el hotel?",
            ],
        ),
        (
            Language::English,
            [
                "Is breakfast included?",
                "What time is breakfast?",
                "Can I leave my bags at the hotel?",
            ],
        ),
        (
            Language::French,
            [
                "Le petit déjeuner est inclus ?",
                "Le petit déjeuner est à quelle heure ?",
                "Je peux laisser mes valises à l'hôtel ?",
            ],
        ),
        (
            Language::German,
            [
                "Ist das Frühstück inklusive?",
                "Wann gibt es Frühstück?",
                "Kann ich mein Gepäck im Hotel lassen?",
            ],
        ),
        (
            Language::Italian,
            [
                "La colazione è inclusa?",
                "A che ora è la colazione?",
                "Posso lasciare le valigie in albergo?",
            ],
        ),
    ] {
        let script = script("hotel_reservation", language);
        let before = at(&script, "giving_arrival");
        let mut progress = before.clone();
        for text in questions.iter().cycle().take(6) {
            let (reply, after) = said(&script, &progress, text);
            assert_eq!(
                (after.step, after.reprompts),
                (before.step, 0),
                "{language} {text}: {reply}"
            );
            progress = after;
        }
    }
}

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
fn what_was_recommended_is_taken_by_saying_so() {
    for (language, question, taking, refusing) in [
        (
            Language::French,
            "Qu'est-ce que vous me conseillez ?",
            "D'accord, je prends ça.",
            "Non, je ne prends pas ça",
        ),
        (
            Language::English,
            "What do you recommend?",
            "OK, I'll take that.",
            "No, not that",
        ),
        (
            Language::German,
            "Was empfehlen Sie?",
            "Gut, das nehme ich.",
            "Nein, das nehme ich nicht",
        ),
        (
            Language::Spanish,
            "¿Qué me recomienda?",
            "Vale, lo tomo.",
            "No, no lo tomo",
        ),
        (
            Language::Italian,
            "Che cosa mi consiglia?",
            "Va bene, prendo quello.",
            "No, non prendo quello",
        ),
    ] {
        let script = script("restaurant", language);
        let before = at(&script, "taking_food_order");
        let (reply, told) = said(&script, &before, question);
        assert_eq!(told.step, before.step, "{language}: {reply}");
        let (reply, after) = said(&script, &told, taking);
        let dish = after.slots.get("dish").unwrap_or_else(|| panic!("{language}: {reply}"));
        assert!(
            after.step > before.step && reply.contains(dish.as_str()),
            "{language}: {reply}"
        );
        assert!(!after.slots.contains_key("offered"), "{language}");
        let (reply, after) = said(&script, &told, refusing);
        assert!(!after.slots.contains_key("dish"), "{language}: {reply}");
        let (reply, after) = said(&script, &before, taking);
        assert!(
            !after.slots.contains_key("dish"),
            "{language}, nothing was recommended: {reply}"
        );
    }
    let script = script("restaurant", Language::French);
    let (_, told) = said(
        &script,
        &at(&script, "taking_food_order"),
        "Qu'est-ce que vous me conseillez ?",
    );
    let (_, after) = said(&script, &told, "Merci, bonne soirée !");
    assert!(after.complete && after.left && !after.slots.contains_key("dish"));
}

#[test]
fn what_a_correction_names_is_not_what_was_recommended() {
    let script = script("restaurant", Language::English);
    let before = at(&script, "taking_food_order");
    let asking = typed("What do you recommend?");
    let offered = script.respond(&before, &asking).1.slots.remove(OFFERED);
    assert!(offered.is_some());
    let correction = Correction {
        wrong: "soup".to_owned(),
        right: "soups".to_owned(),
        phrase: "the soup".to_owned(),
        explanation: String::new(),
        rule: String::new(),
    };
    let (reply, mut after) = script.respond_recasting(&before, &asking, Some(&correction));
    assert!(reply.text.contains("the soup"), "{}", reply.text);
    assert_eq!(after.slots.remove(OFFERED), offered, "{}", reply.text);
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
                assert!(
                    script
                        .courtesy()
                        .sorry
                        .iter()
                        .all(|sorry| !reply.starts_with(&sorry.text)),
                    "{text}: {reply}"
                );
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

#[test]
fn only_what_is_a_name_is_taken_for_one() {
    for (language, text, name) in [
        (Language::French, "Je suis faim.", None),
        (Language::French, "Je suis mangé une pomme.", None),
        (Language::French, "Je suis Française.", None),
        (Language::French, "Bonjour, je suis Thomas.", Some("Thomas")),
        (Language::French, "je m'appelle zoé", Some("zoé")),
        (Language::Spanish, "Yo soy veinte años.", None),
        (Language::Spanish, "Soy Ana.", Some("Ana")),
        (Language::Italian, "Io sono venti anni.", None),
        (Language::Italian, "Sono Luca", Some("Luca")),
        (Language::German, "Ich bin gegesst.", None),
        (Language::German, "Ich bin Student.", None),
        (Language::German, "Ich bin Max", Some("Max")),
        (Language::German, "Hallo, ich bin Max", Some("Max")),
        (Language::English, "I'm tired", None),
        (Language::English, "I'm German", None),
        (Language::English, "I AM HUNGRY", None),
        (Language::English, "I'm Sarah, nice to meet you", Some("Sarah")),
    ] {
        let found = filled(OPEN_TALK, language, "introducing_yourself", "name", text);
        assert_eq!(found.as_deref(), name, "{language} {text}");
    }
}

#[test]
fn an_open_talk_quotes_things_and_no_fragments() {
    for (language, text, quoted) in [
        (Language::English, "I didn't saw him.", None),
        (
            Language::English,
            "I worked in the garden with my brother",
            Some("“brother”"),
        ),
        (Language::French, "Vous faisez quoi ?", None),
        (Language::French, "J'ai travaillé à l'hôpital", Some("« hôpital »")),
        (Language::German, "ich habe kaffee und hunger", None),
        (Language::German, "Ich möchte mehr schlafen", None),
        (Language::German, "Ich war heute im Garten", Some("„Garten“")),
        (Language::Spanish, "Fui a la playa", Some("«playa»")),
        (Language::Italian, "Ho visto un film al cinema", Some("«cinema»")),
    ] {
        let script = script(OPEN_TALK, language);
        let (reply, after) = said(&script, &at(&script, "opening_topic"), text);
        match quoted {
            Some(quoted) => assert!(reply.contains(quoted), "{language} {text}: {reply}"),
            None => {
                let marks = ['“', '«', '„'];
                let first = reply.split(['.', '!']).next().unwrap_or_default();
                assert!(!first.contains(marks), "{language} {text}: {reply}");
            }
        }
        assert!(after.step > 1 || text.ends_with('?'), "{language} {text}: {reply}");
    }
}

#[test]
fn a_word_of_the_scenario_is_explained_to_whoever_asks() {
    for (language, question, word, meaning) in [
        (
            Language::French,
            "Qu'est-ce que ça veut dire, terrasse ?",
            "en terrasse",
            "on the terrace",
        ),
        (Language::French, "Que veut dire l'addition ?", "l'addition", "the bill"),
        (Language::German, "Was bedeutet Rechnung?", "Rechnung", "bill"),
        (Language::Spanish, "¿Qué significa la cuenta?", "la cuenta", "the bill"),
        (Language::Italian, "Cosa significa conto?", "il conto", "the bill"),
        (
            Language::French,
            "Pardon, que veut dire « terrasse » ?",
            "en terrasse",
            "on the terrace",
        ),
        (
            Language::French,
            "Que signifie en terrasse ?",
            "en terrasse",
            "on the terrace",
        ),
        (Language::German, "Was heißt Rechnung?", "Rechnung", "bill"),
        (
            Language::German,
            "Entschuldigung, was heißt „Rechnung“ auf Englisch?",
            "Rechnung",
            "bill",
        ),
        (
            Language::Spanish,
            "¿Qué quiere decir «cuenta»?",
            "la cuenta",
            "the bill",
        ),
        (
            Language::Spanish,
            "Perdón, ¿qué significa cuenta?",
            "la cuenta",
            "the bill",
        ),
        (Language::Italian, "Scusi, che vuol dire conto?", "il conto", "the bill"),
    ] {
        let script = script("restaurant", language).for_native(Language::English);
        let before = at(&script, "choosing_table");
        let (reply, after) = said(&script, &before, question);
        assert!(reply.contains(word) && reply.contains(meaning), "{language}: {reply}");
        assert_eq!(after, before, "{language}: {reply}");
    }
    let english = script("restaurant", Language::English).for_native(Language::French);
    for question in [
        "What does bill mean?",
        "Sorry, what does “bill” mean?",
        "What is the meaning of the bill?",
    ] {
        let (reply, _) = said(&english, &at(&english, "choosing_table"), question);
        assert!(reply.contains("l'addition"), "{question}: {reply}");
    }
    let script = script("restaurant", Language::French).for_native(Language::English);
    let (reply, after) = said(&script, &at(&script, "choosing_table"), "Que veut dire hippopotame ?");
    assert!(!reply.contains("hippopotame"), "{reply}");
    assert_eq!(after.reprompts, 1);
}

#[test]
fn what_somebody_does_for_a_living_is_not_their_name() {
    let script = script("open_talk", Language::German);
    for (text, name) in [
        ("Ich bin Bäcker.", None),
        ("Hallo, ich bin Architektin", None),
        ("Ich bin Anna.", Some("Anna")),
    ] {
        let (_, after) = said(&script, &Progress::default(), text);
        assert_eq!(after.slots.get("name").map(String::as_str), name, "{text}");
    }
}

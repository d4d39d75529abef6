//! Questions besides the one that waits: whether there is a thing, what it is, what a word means.

use super::*;
use crate::scenario::format::Aside;

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
            assert!(!is_sorry(&script, &reply), "{text}: {reply}");
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
    // "On" is a French word here, no part of "on the terrace".
    let (reply, after) = said(&script, &at(&script, "choosing_table"), "Que veut dire « on » ?");
    assert!(!reply.contains("terrace") && !reply.contains("veut dire"), "{reply}");
    assert_eq!(after.reprompts, 1);
    // What fills a pause asks nothing.
    let (reply, _) = said(
        &script,
        &at(&script, "choosing_table"),
        "Comment dire, je préfère une table près de la fenêtre",
    );
    assert!(reply.starts_with("D'accord, près de la fenêtre"), "{reply}");
    let (reply, _) = said(&script, &at(&script, "choosing_table"), "Comment dire « the bill » ?");
    assert!(reply.contains("l'addition"), "{reply}");
}

#[test]
fn how_a_word_is_said_in_a_language_is_told_and_never_taken_for_an_answer() {
    for (language, question, told) in [
        (Language::English, "How do you say that in French?", None),
        (
            Language::English,
            "What does “bill” mean in French?",
            Some("l'addition"),
        ),
        (Language::English, "How do you say l'addition in English?", Some("bill")),
        (Language::French, "Comment dit-on ça en anglais ?", None),
        (
            Language::French,
            "Que veut dire terrasse en anglais ?",
            Some("on the terrace"),
        ),
        (
            Language::French,
            "Comment dit-on « the bill » en français ?",
            Some("l'addition"),
        ),
        (Language::German, "Wie sagt man das auf Französisch?", None),
        (Language::German, "Wie sagt man bill auf Deutsch?", Some("Rechnung")),
        (Language::German, "Was heißt Rechnung auf Englisch?", Some("bill")),
        (Language::German, "Wie heißt das auf Deutsch?", None),
        (Language::Spanish, "¿Cómo se dice eso en español?", None),
        (Language::Spanish, "¿Cómo se dice bill en español?", Some("la cuenta")),
        (Language::Spanish, "¿Qué significa cuenta en inglés?", Some("the bill")),
        (Language::Italian, "Come si dice in italiano?", None),
        (Language::Italian, "Come si dice bill in italiano?", Some("il conto")),
        (Language::Italian, "Cosa vuol dire conto in inglese?", Some("the bill")),
    ] {
        let native = match language {
            Language::English => Language::French,
            _ => Language::English,
        };
        let script = script("restaurant", language).for_native(native);
        let before = at(&script, "taking_drink_order");
        let (reply, after) = said(&script, &before, question);
        assert_eq!(
            (after.step, after.slots.len()),
            (before.step, 0),
            "{language} {question}: {reply}"
        );
        let confused = script.courtesy().replies.get(&Aside::Confused).expect("a reply");
        match told {
            Some(told) => {
                assert!(reply.contains(told), "{language} {question}: {reply}");
                assert_eq!(after.reprompts, 0, "{language} {question}: {reply}");
            }
            None => assert!(reply.contains(&confused[0].text), "{language} {question}: {reply}"),
        }
    }
}

//! What is asked about a thing is no order of it, what is liked is not refused, and what is about something else is neither.

use super::*;
use crate::scenario::meaning::understand;
use crate::scenario::words::words;

/// What a sentence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// A question that the tutor answers, or puts off, without leaving the step.
    Question,
    /// It is what it says, and the lesson goes on.
    Order,
    /// Something that isn't wanted, or "no".
    Refusal,
    Unknown,
}

use Class::{Order, Question, Refusal, Unknown};

fn class(topic: &str, language: Language, step: &str, text: &str) -> Class {
    let script = script(topic, language);
    let index = script.scenario.steps.iter().position(|known| known.id == step);
    let before = Progress {
        step: index.expect("a step"),
        ..Progress::default()
    };
    let (asked, turn) = script.turn(&before).expect("a step");
    let (meaning, _) = understand(asked, turn, &script.slot_table(), &typed(text));
    let (_, mut after) = script.respond(&before, &typed(text));
    after.slots.remove("offered");
    match meaning {
        Meaning::Question => {
            assert_eq!(after, Progress { questions: 1, ..before }, "{text}");
            Question
        }
        Meaning::Intent(intent) if asked.stays.contains(&intent) => {
            assert_eq!((after.step, after.slots.get("dish")), (before.step, None), "{text}");
            Question
        }
        Meaning::Intent(intent) if asked.no.as_ref() == Some(&intent) => Refusal,
        Meaning::Intent(_) => Order,
        Meaning::Refused => Refusal,
        Meaning::Aside(_) | Meaning::Unknown => Unknown,
    }
}

fn assert_classes(topic: &str, language: Language, step: &str, sentences: &[(&str, Class)]) {
    let wrong: Vec<String> = sentences
        .iter()
        .map(|&(text, meant)| (text, meant, class(topic, language, step, text)))
        .filter(|(_, meant, found)| meant != found)
        .map(|(text, meant, found)| format!("{text:?} is {found:?} and not {meant:?}"))
        .collect();
    assert!(wrong.is_empty(), "{language} {topic} {step}:\n{}", wrong.join("\n"));
}

#[test]
fn a_question_about_a_dish_is_no_order_of_it() {
    let at =
        |language, sentences: &[(&str, Class)]| assert_classes("restaurant", language, "taking_food_order", sentences);
    at(
        Language::French,
        &[
            ("C'est quoi la ratatouille ?", Question),
            ("Le saumon, c'est combien ?", Question),
            ("Combien coûte la quiche ?", Question),
            ("Est-ce que le steak est bon ?", Question),
            ("Il y a de la viande dans la quiche ?", Question),
            ("Qu'est-ce qu'il y a dans la salade ?", Question),
            ("La soupe est comment ?", Question),
            ("Je prends le saumon, c'est combien ?", Order),
            ("C'est quoi la ratatouille ? Ah non, je prends la quiche.", Order),
            ("Pour moi le saumon", Order),
            ("Le saumon ?", Order),
            ("La quiche, s'il vous plaît", Order),
            ("Où sont les toilettes ?", Question),
            ("J'ai perdu mon téléphone", Unknown),
            ("Pas de saumon", Refusal),
        ],
    );
    at(
        Language::English,
        &[
            ("What is the risotto like?", Question),
            ("How much is the fish pie?", Question),
            ("Is there meat in the pie?", Question),
            ("What's in the soup?", Question),
            ("Is the chicken spicy?", Question),
            ("Does the burger come with chips?", Question),
            ("Could I have the risotto?", Order),
            ("The risotto, please", Order),
            ("I'll have the pie. How much is it?", Order),
            ("Where is the restroom?", Question),
            ("The weather is nice today", Unknown),
            ("No fish, please", Refusal),
        ],
    );
    at(
        Language::German,
        &[
            ("Was ist ein Schnitzel?", Question),
            ("Wie viel kostet das Schnitzel?", Question),
            ("Ist der Braten gut?", Question),
            ("Ist in der Suppe Fleisch drin?", Question),
            ("Das Schnitzel, bitte", Order),
            ("Ich nehme den Fisch, was kostet der?", Order),
            ("Wo ist die Toilette?", Question),
            ("Kein Fleisch", Question),
            ("Das Wetter ist schön heute", Unknown),
        ],
    );
    at(
        Language::Spanish,
        &[
            ("¿Qué es el cocido?", Question),
            ("¿Cuánto cuesta la paella?", Question),
            ("¿Está bueno el pescado?", Question),
            ("¿Lleva carne la paella?", Question),
            ("La paella, por favor", Order),
            ("Quiero el cocido", Order),
            ("¿Dónde está el baño?", Question),
            ("Hoy hace buen tiempo", Unknown),
        ],
    );
    at(
        Language::Italian,
        &[
            ("Che cos'è la carbonara?", Question),
            ("Quanto costa la carbonara?", Question),
            ("C'è carne nella parmigiana?", Question),
            ("La carbonara, grazie", Order),
            ("Prendo i carciofi", Order),
            ("Dov'è il bagno?", Question),
            ("Oggi fa bel tempo", Unknown),
            ("Non mi piace molto il pesce", Unknown),
        ],
    );
}

#[test]
fn what_is_liked_is_not_refused_and_a_slip_is_no_other_word() {
    let at =
        |language, sentences: &[(&str, Class)]| assert_classes("restaurant", language, "discussing_diet", sentences);
    at(
        Language::French,
        &[
            ("J'adore les noix", Refusal),
            ("J'aime beaucoup les crevettes", Refusal),
            ("Je mange du porc et des noix", Refusal),
            ("Je ne mange pas de porc", Order),
            ("Les noix", Order),
            ("Je suis allergique aux noisettes", Order),
            ("Je mange de tout sauf le porc", Order),
            ("Les toilettes", Unknown),
            ("Où sont les toilettes ?", Question),
        ],
    );
    at(
        Language::English,
        &[
            ("I love nuts", Refusal),
            ("I eat everything except pork", Order),
            ("I don't eat nuts", Order),
            ("No nuts, please", Order),
            ("I like fish but I can't eat nuts", Order),
        ],
    );
    at(
        Language::German,
        &[
            ("Ich liebe Nüsse", Refusal),
            ("Ich esse keine Nüsse", Order),
            ("Nüsse", Order),
        ],
    );
    at(
        Language::Spanish,
        &[
            ("Me encantan las gambas", Refusal),
            ("No como cerdo", Order),
            ("Gambas", Order),
        ],
    );
    at(
        Language::Italian,
        &[
            ("Adoro le noci", Refusal),
            ("Non mangio maiale", Order),
            ("Le noci", Order),
        ],
    );
}

#[test]
fn a_word_of_an_answer_in_a_sentence_about_something_else_is_no_answer() {
    for (language, sentences) in [
        (
            Language::French,
            [
                ("J'ai perdu mon téléphone", Unknown),
                ("Avec le téléphone", Order),
                ("Je paie par carte", Order),
            ],
        ),
        (
            Language::English,
            [
                ("I lost my phone", Unknown),
                ("By phone", Order),
                ("I'd like to pay with my phone", Order),
            ],
        ),
        (
            Language::German,
            [
                ("Ich habe mein Handy verloren", Unknown),
                ("Mit dem Handy", Order),
                ("Ich zahle bar", Order),
            ],
        ),
        (
            Language::Spanish,
            [
                ("He perdido mi móvil", Unknown),
                ("Con el móvil", Order),
                ("Pago con tarjeta", Order),
            ],
        ),
        (
            Language::Italian,
            [
                ("Ho perso il telefono", Unknown),
                ("Con il telefono", Order),
                ("Pago in contanti", Order),
            ],
        ),
    ] {
        for topic in ["restaurant", "coffee_shop"] {
            let step = if topic == "restaurant" {
                "paying_bill"
            } else {
                "paying_order"
            };
            for (text, meant) in sentences {
                let found = class(topic, language, step, text);
                let is_right = found == meant || (meant, found) == (Unknown, Refusal);
                assert!(is_right, "{language} {topic}: {text:?} is {found:?}");
            }
        }
    }
    for (language, text) in [
        (Language::English, "The weather is nice today"),
        (Language::French, "Il fait beau aujourd'hui"),
        (Language::German, "Das Wetter ist schön heute"),
        (Language::Spanish, "Hoy hace buen tiempo"),
        (Language::Italian, "Oggi fa bel tempo"),
    ] {
        for step in ["opening_call", "confirming_booking"] {
            assert_eq!(
                class("hotel_reservation", language, step, text),
                Unknown,
                "{language} {step}"
            );
        }
    }
    for (language, text) in [
        (Language::Spanish, "¿Dónde está el baño?"),
        (Language::Italian, "Dov'è il bagno?"),
    ] {
        assert_eq!(
            class("train_station", language, "finding_platform", text),
            Question,
            "{language}"
        );
    }
    assert_eq!(
        class(
            "airport_checkin",
            Language::English,
            "showing_passport",
            "Where is the restroom?"
        ),
        Question
    );
}

#[test]
fn who_asks_about_the_wine_has_not_ordered_it() {
    let script = script("restaurant", Language::French);
    let before = Progress {
        step: 2,
        ..Progress::default()
    };
    let (_, after) = script.respond(&before, &typed("Quel vin est-ce que vous recommandez ?"));
    assert_eq!((after.step, after.slots.get("drink")), (before.step, None));
    let (reply, after) = script.respond(&after, &typed("Rien, merci"));
    assert!(!after.slots.contains_key("drink"), "{}", reply.text);
}

#[test]
fn whoever_asks_on_is_put_off_in_other_words_and_shown_an_answer() {
    for language in [
        Language::English,
        Language::French,
        Language::German,
        Language::Italian,
        Language::Spanish,
    ] {
        let script = script("restaurant", language);
        let question = match language {
            Language::French => "Où sont les toilettes ?",
            Language::German => "Wo ist die Toilette?",
            Language::Italian => "Dov'è il bagno?",
            Language::Spanish => "¿Dónde está el baño?",
            _ => "Where is the restroom?",
        };
        let step = script
            .scenario
            .steps
            .iter()
            .position(|step| step.id == "taking_food_order");
        let step = step.expect("a step");
        let mut progress = Progress {
            step,
            ..Progress::default()
        };
        let (_, turn) = script.turn(&progress).expect("a step");
        let mut before = String::new();
        for asked in 0..4u8 {
            assert_eq!(
                (progress.step, progress.questions, progress.reprompts),
                (step, asked, 0),
                "{language}"
            );
            let (reply, after) = script.respond(&progress, &typed(question));
            assert_ne!(reply.text, before, "{language}");
            let is_shown = turn
                .hints
                .iter()
                .any(|hint| reply.text.contains(hint.trim_end_matches(['.', '!', '?'])));
            assert_eq!(is_shown, asked > 0, "{language}: {}", reply.text);
            (before, progress) = (reply.text, after);
        }
        let (_, after) = script.respond(&progress, &recognised(&script, &progress, 0));
        assert_eq!(after.questions, 0, "{language}: an answer begins anew");
    }
}

/// What means the weather in one sentence and time, a place in the sun or a beautiful thing in another is about the lesson.
#[test]
fn a_word_that_means_something_else_too_is_no_small_talk() {
    for (language, clauses) in [
        (Language::English, &["sunny"][..]),
        (Language::French, &["temps", "soleil", "beau"]),
        (Language::German, &["Sonne"]),
        (Language::Italian, &["tempo", "sole", "calcio"]),
        (Language::Spanish, &["tiempo", "sol", "con sol"]),
        (Language::Portuguese, &["tempo", "sol"]),
    ] {
        for (topic, _) in lessons().filter(|(_, known)| *known == language) {
            let script = script(topic, language);
            let table = script.slot_table();
            for clause in clauses {
                let clause = words(clause, script.courtesy());
                assert!(table.vocabulary().covers(&clause), "{language} {topic}: {clause:?}");
            }
        }
    }
}

#[test]
fn nothing_yet_is_said_in_every_language() {
    for (language, texts) in [
        (Language::French, ["Je n'ai pas encore décidé", "Je ne bois rien"]),
        (
            Language::English,
            ["I haven't decided yet", "I'm not drinking anything"],
        ),
        (Language::German, ["Ich weiß noch nicht", "Ich trinke nichts"]),
        (Language::Italian, ["Non so ancora", "Non bevo niente"]),
        (Language::Spanish, ["No he decidido todavía", "No bebo nada"]),
    ] {
        for text in texts {
            let found = class("restaurant", language, "taking_drink_order", text);
            assert_eq!(found, Refusal, "{language} {text}");
        }
    }
}

#[test]
fn a_repetition_slower_speech_and_an_explanation_can_be_asked_for_in_many_words() {
    use crate::scenario::format::Aside;
    for language in Language::ALL {
        let script = script("restaurant", language);
        let wordings = &script.courtesy().wordings;
        for aside in [Aside::Repeat, Aside::Slower, Aside::Confused] {
            let known = &wordings[&aside];
            let phrases = &script.courtesy().phrases[&aside];
            assert!(known.len() + phrases.len() >= 10, "{language} {aside:?}");
            for (topic, text) in known.iter().flat_map(|text| COMMONEST.map(|topic| (topic, text))) {
                let script = super::script(topic, language);
                for step in 0..script.step_count() {
                    let at = Progress {
                        step,
                        ..Progress::default()
                    };
                    let (asked, turn) = script.turn(&at).expect("a step");
                    let text = text.replace('…', " Xyz ");
                    let (meaning, _) = understand(asked, turn, &script.slot_table(), &typed(&text));
                    assert_eq!(meaning, Meaning::Aside(aside), "{language} {topic} {step}: {text}");
                }
            }
        }
    }
    for (language, text) in [
        (Language::French, "Répétez s'il vous plaît"),
        (Language::English, "Once more please"),
        (Language::German, "Noch einmal bitte!"),
        (Language::Spanish, "¿Perdón?"),
        (Language::Italian, "Più piano per favore"),
        (Language::French, "Que veut dire terrasse ?"),
    ] {
        let script = script("restaurant", language);
        let (asked, turn) = script.turn(&Progress::default()).expect("a step");
        let (meaning, _) = understand(asked, turn, &script.slot_table(), &typed(text));
        assert!(matches!(meaning, Meaning::Aside(_)), "{language} {text}: {meaning:?}");
    }
}

#[test]
fn open_questions_are_answered_in_words_of_the_language() {
    for (language, answers, others) in [
        (
            Language::French,
            &[
                "Je travaille dans une boulangerie industrielle",
                "Boulanger",
                "J'ai étudié le droit à Lyon",
            ][..],
            &[
                "Tu es un connard",
                "12345 @@@",
                "asdf",
                "???",
                "I have worked for seven years with children",
                "Ich habe sieben Jahre mit Kindern gearbeitet",
            ][..],
        ),
        (
            Language::English,
            &["I was a nurse in Leeds", "Teaching", "I looked after my grandmother"],
            &[
                "You are an idiot",
                "42",
                "asdf jkl",
                "J'ai travaillé pendant sept ans avec des enfants",
            ],
        ),
        (
            Language::German,
            &[
                "Ich war fünf Jahre bei der Post",
                "Krankenpfleger",
                "Ich habe viel gelernt",
            ],
            &[
                "Arschloch",
                "1 2 3",
                "qwrtz",
                "J'ai travaillé pendant sept ans avec des enfants",
            ],
        ),
        (
            Language::Spanish,
            &["Trabajé cinco años en una panadería", "Enfermera", "He vivido en Chile"],
            &[
                "Eres un gilipollas",
                "123",
                "xcvb",
                "I have worked for seven years with children",
            ],
        ),
        (
            Language::Italian,
            &[
                "Ho lavorato cinque anni in un forno",
                "Infermiera",
                "Ho studiato a Pisa",
            ],
            &[
                "Sei uno stronzo",
                "99",
                "sdfg",
                "I have worked for seven years with children",
            ],
        ),
    ] {
        let script = script("job_interview", language);
        let open = script.scenario.steps.iter().enumerate().filter(|(_, step)| step.open);
        for (step, asked) in open {
            let at = Progress {
                step,
                ..Progress::default()
            };
            let (_, turn) = script.turn(&at).expect("a step");
            let meaning = |text: &str| understand(asked, turn, &script.slot_table(), &typed(text)).0;
            for text in answers {
                assert!(
                    matches!(meaning(text), Meaning::Intent(_)),
                    "{language} {}: {text}",
                    asked.id
                );
            }
            for text in others {
                assert!(
                    !matches!(meaning(text), Meaning::Intent(_)),
                    "{language} {}: {text}",
                    asked.id
                );
            }
        }
    }
}

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::engine::Pace;
use crate::scenario::meaning::{Meaning, choices};

/// The answers to a step, without what may be said at any time, by their index.
fn answers(script: &Script, progress: &Progress) -> Vec<usize> {
    let choices = choices(script.turn(progress), script.courtesy());
    (0..choices.len())
        .filter(|&index| matches!(choices[index].meaning, Meaning::Intent(_)))
        .collect()
}

fn assert_sound(script: &Script, reply: &Reply, said: &str) {
    assert!(
        !reply.text.trim().is_empty(),
        "{}: {said}",
        script.language()
    );
    assert!(!reply.text.contains(['{', '}']), "{}", reply.text);
    assert!(
        !reply.translation.contains(['{', '}']),
        "{}",
        reply.translation
    );
    assert_eq!(
        reply.translation.is_empty(),
        script.language() == Language::English,
        "{}",
        reply.text
    );
    for word in &reply.vocabulary {
        assert!(
            reply.text.to_lowercase().contains(&word.to_lowercase()),
            "{word} in {}",
            reply.text
        );
    }
}

#[test]
fn every_expected_answer_of_every_step_leads_on() {
    for topic in ["restaurant", "coffee_shop", "something else"] {
        for language in Language::ALL {
            let script = script(topic, language);
            assert_sound(&script, &script.opener(), "opener");
            let mut progress = Progress::default();
            let mut steps = 0;
            while !script.is_complete(&progress) {
                let current = script.turn(&progress).expect("a step");
                let mut led_on = None;
                for index in answers(&script, &progress) {
                    let heard = recognised(&script, &progress, index);
                    let (reply, after) = script.respond(&progress, &heard);
                    assert_sound(&script, &reply, &heard.text);
                    assert_eq!(after.reprompts, 0, "{language}: {}", heard.text);
                    let choice = &choices(Some(current), script.courtesy())[index];
                    let Meaning::Intent(intent) = &choice.meaning else {
                        continue;
                    };
                    let leads = after.step > progress.step || after.complete;
                    assert_ne!(
                        leads,
                        current.0.stays.contains(intent),
                        "{language}: {}",
                        heard.text
                    );
                    let (same_reply, same_after) = script.respond(&progress, &typed(&heard.text));
                    assert_eq!(
                        (same_reply, &same_after),
                        (reply, &after),
                        "{language}: {}",
                        heard.text
                    );
                    if leads {
                        led_on.get_or_insert(after);
                    }
                }
                progress = led_on.expect("one answer leads on");
                steps += 1;
                assert!(steps <= script.step_count(), "{topic} {language}");
            }
        }
    }
}

#[test]
fn every_combination_of_answers_reaches_the_end() {
    // All pairs of neighbouring steps are walked through by taking the n-th answer everywhere, for each n.
    for topic in ["restaurant", "coffee_shop", "my garden"] {
        for language in Language::ALL {
            let script = script(topic, language);
            for n in 0..12 {
                let mut progress = Progress::default();
                let mut turns = 0;
                while !script.is_complete(&progress) {
                    let answers = answers(&script, &progress);
                    let heard =
                        recognised(&script, &progress, answers[(n + turns) % answers.len()]);
                    let (reply, after) = script.respond(&progress, &heard);
                    assert_sound(&script, &reply, &heard.text);
                    progress = after;
                    turns += 1;
                    assert!(turns < 40, "{topic} {language} {n}");
                }
            }
        }
    }
}

#[test]
fn what_was_said_is_remembered_and_used_later() {
    let script = script("restaurant", Language::French);
    assert_eq!(
        script.opener().text,
        "Bonsoir ! Bienvenue dans notre bistro. Je suis Marie, votre serveuse ce soir. Vous êtes combien, ce soir ?"
    );
    let (reply, progress) = play(&script, &["Une table pour deux, s'il vous plaît"]);
    assert!(
        reply.text.starts_with("Parfait, deux personnes."),
        "{}",
        reply.text
    );
    assert!(
        reply.translation.starts_with("Perfect, two people."),
        "{}",
        reply.translation
    );
    assert_eq!(script.step_id(&progress), "choosing_table");
    assert_eq!(script.step_name(&progress), "Choosing Table");
    let (reply, progress) = play(
        &script,
        &[
            "J'ai réservé au nom de Martin",
            "En terrasse, si possible",
            "Je voudrais un verre de vin rouge",
            "Je suis végétarien",
        ],
    );
    assert!(
        reply.text.contains("Sans viande, la ratatouille"),
        "{}",
        reply.text
    );
    let (reply, progress) = script.respond(&progress, &typed("Je prends la ratatouille"));
    assert!(
        reply
            .text
            .contains("la ratatouille, et voici déjà un verre de vin rouge"),
        "{}",
        reply.text
    );
    let (reply, progress) = script.respond(&progress, &typed("Un café, s'il vous plaît"));
    assert!(
        reply
            .text
            .contains("avec la ratatouille et un verre de vin rouge"),
        "{}",
        reply.text
    );
    assert!(
        reply
            .translation
            .contains("with the ratatouille and a glass of red wine"),
        "{}",
        reply.translation
    );
    let (reply, progress) = script.respond(&progress, &typed("Par carte, s'il vous plaît"));
    assert!(reply.text.contains("Merci, Martin"), "{}", reply.text);
    assert!(script.is_complete(&progress));
}

#[test]
fn a_step_whose_answer_is_known_already_is_skipped() {
    let script = script("restaurant", Language::English);
    let (reply, progress) = play(
        &script,
        &[
            "Good evening, a table for two, I'm a vegetarian",
            "by the window",
            "just tap water please",
        ],
    );
    assert_eq!(progress.slots["diet"], "no meat");
    assert_eq!(script.step_id(&progress), "taking_food_order");
    assert!(
        reply.text.contains("With no meat, the mushroom risotto"),
        "{}",
        reply.text
    );
}

#[test]
fn a_question_of_the_learner_is_answered_without_leaving_the_step() {
    let script = script("restaurant", Language::French);
    let before = Progress {
        step: 4,
        ..Progress::default()
    };
    let (reply, after) = script.respond(
        &before,
        &typed("Est-ce que vous avez des plats végétariens ?"),
    );
    assert_eq!(after, before);
    assert!(
        reply.text.starts_with("La ratatouille et la quiche"),
        "{}",
        reply.text
    );
}

#[test]
fn the_first_message_of_the_document_is_answered() {
    let script = script("ordering_food_restaurant", Language::French);
    let asked =
        "Bonjour Marie ! Oui, j'ai regardé le menu. Est-ce que vous avez des plats végétariens ?";
    let (reply, after) = play(&script, &[asked]);
    assert!(
        reply
            .text
            .starts_with("Oui, la ratatouille est végétarienne"),
        "{}",
        reply.text
    );
    assert_eq!(
        (after.step, after.slots["diet"].as_str()),
        (0, "sans viande")
    );
}

#[test]
fn typed_answers_in_other_words_are_understood() {
    for (language, step, text, slot, value) in [
        (
            Language::French,
            0,
            "une table pour 2 svp",
            "party",
            "deux personnes",
        ),
        (
            Language::French,
            0,
            "bonsoir on sera 4 personnes",
            "party",
            "quatre personnes",
        ),
        (
            Language::French,
            0,
            "j ai reserve au nom de Durand",
            "name",
            "Durand",
        ),
        (Language::French, 1, "dehors svp", "place", "en terrasse"),
        (
            Language::French,
            2,
            "un verre de vin rouge pour moi",
            "drink",
            "un verre de vin rouge",
        ),
        (
            Language::French,
            2,
            "je veux bien une biere",
            "drink",
            "une bière pression",
        ),
        (
            Language::French,
            3,
            "chui vegetarienne",
            "diet",
            "sans viande",
        ),
        (
            Language::French,
            4,
            "la quiche",
            "dish",
            "la quiche lorraine",
        ),
        (Language::French, 6, "en especes", "payment", "en espèces"),
        (
            Language::English,
            0,
            "We're 5 people",
            "party",
            "five people",
        ),
        (
            Language::English,
            2,
            "id like some red wine pls",
            "drink",
            "a glass of red wine",
        ),
        (
            Language::English,
            3,
            "i cant eat peanuts",
            "diet",
            "no nuts",
        ),
        (
            Language::Spanish,
            0,
            "mesa para 2 porfa",
            "party",
            "dos personas",
        ),
        (Language::Spanish, 3, "no como carne", "diet", "sin carne"),
        (
            Language::German,
            0,
            "ein tisch fuer 4 personen",
            "party",
            "vier Personen",
        ),
        (
            Language::German,
            4,
            "ich haette gern schnitzel",
            "dish",
            "das Wiener Schnitzel",
        ),
        (Language::Italian, 0, "siamo in 2", "party", "due persone"),
        (
            Language::Italian,
            5,
            "prendo un tiramisu",
            "dessert",
            "il tiramisù",
        ),
    ] {
        let script = script("restaurant", language);
        let before = Progress {
            step,
            ..Progress::default()
        };
        let (reply, after) = script.respond(&before, &typed(text));
        assert_eq!(
            after.slots.get(slot).map(String::as_str),
            Some(value),
            "{text}: {}",
            reply.text
        );
        assert!(
            after.step > step || after.complete,
            "{text}: {}",
            reply.text
        );
    }
}

#[test]
fn answers_typed_without_case_accents_and_punctuation_mean_the_same() {
    use unicode_normalization::UnicodeNormalization;
    for topic in ["restaurant", "coffee_shop"] {
        for language in TAUGHT {
            let script = script(topic, language);
            for step in 0..script.step_count() {
                let before = Progress {
                    step,
                    ..Progress::default()
                };
                for index in answers(&script, &before) {
                    let heard = recognised(&script, &before, index);
                    let bare = |text: &str| -> String {
                        text.to_uppercase().nfd().filter(char::is_ascii).collect()
                    };
                    let plain = bare(&heard.text).replace([',', '.', '?', '!'], " ");
                    let (reply, after) = script.respond(&before, &heard);
                    let (plain_reply, plain_after) = script.respond(&before, &typed(&plain));
                    // A name is taken as it is written.
                    assert_eq!(bare(&plain_reply.text), bare(&reply.text), "{plain}");
                    assert_eq!(plain_after.step, after.step);
                }
            }
        }
    }
}

#[test]
fn an_answer_that_is_none_gets_a_kind_reprompt_with_an_example_then_a_hint_then_help() {
    let script = script("restaurant", Language::French);
    let mut progress = Progress::default();
    let mut replies = Vec::new();
    for _ in 0..3 {
        let (reply, after) = script.respond(&progress, &typed("mon chat dort sur le toit bleu"));
        assert_eq!(script.step_id(&after), "welcoming_guests");
        progress = after;
        replies.push(reply.text);
    }
    assert!(
        replies[0].contains("Une table pour deux, s'il vous plaît"),
        "{}",
        replies[0]
    );
    assert!(replies[2].contains("Nous sommes quatre"), "{}", replies[2]);
    assert_eq!(
        replies.iter().collect::<BTreeSet<_>>().len(),
        3,
        "{replies:?}"
    );
    let (reply, after) = script.respond(&progress, &typed("mon chat dort encore"));
    assert!(
        reply.text.contains("je vous aide") || reply.text.contains("pas grave"),
        "{}",
        reply.text
    );
    assert_eq!(script.step_id(&after), "choosing_table");
    assert_eq!(after.slots["party"], "quatre personnes");
    assert_eq!(after.reprompts, 0);
}

#[test]
fn nonsense_alone_never_dead_ends() {
    for topic in ["restaurant", "coffee_shop", "chess"] {
        for language in Language::ALL {
            for level in [Level::Beginner, Level::Intermediate, Level::Advanced] {
                let catalogue = &CATALOGUE;
                let script = catalogue.script(topic, language, level).expect("a script");
                let mut progress = Progress::default();
                let mut last = String::new();
                for turn in 0.. {
                    assert!(turn < script.step_count() * 4 + 1, "{topic} {language}");
                    let (reply, after) = script.respond(&progress, &typed("xyzzy plugh qwrtz"));
                    assert_sound(&script, &reply, "nonsense");
                    assert_ne!(reply.text, last, "{language}");
                    last = reply.text;
                    progress = after;
                    if script.is_complete(&progress) {
                        break;
                    }
                }
            }
        }
    }
}

#[test]
fn what_may_be_said_at_any_time_is_answered_in_every_step() {
    let script = script("restaurant", Language::French);
    for step in 0..script.step_count() {
        let before = Progress {
            step,
            ..Progress::default()
        };
        let (_, turn) = script.turn(&before).expect("a step");
        let ask = &turn.ask.last().expect("a question").text;
        let (reply, after) =
            script.respond(&before, &typed("Vous pouvez répéter, s'il vous plaît ?"));
        assert_eq!(reply.text, format!("Bien sûr. {ask}"));
        assert_eq!(after, before);
        let (slow, _) = script.respond(&before, &typed("Parlez plus lentement, s'il vous plaît !"));
        assert!(
            slow.text.starts_with("Bien sûr, je parle plus lentement."),
            "{}",
            slow.text
        );
        let (reply, after) = script.respond(&before, &typed("merci beaucoup"));
        assert!(reply.text.starts_with("Je vous en prie."), "{}", reply.text);
        assert_eq!(after, before);
        let (reply, after) = script.respond(&before, &typed("je ne comprends pas"));
        assert!(reply.text.starts_with("Pas de souci."), "{}", reply.text);
        assert_eq!(after.reprompts, 1);
        let (_, after) = script.respond(&before, &typed("Plus lentement, s'il vous plaît"));
        assert_eq!(script.pace(&after), Pace::Slow);
        let (reply, after) = script.respond(&before, &typed("au revoir"));
        assert!(reply.text.starts_with("Au revoir"), "{}", reply.text);
        assert!(script.is_complete(&after));
    }
}

#[test]
fn yes_and_no_are_expected_only_where_they_mean_something() {
    let script = script("restaurant", Language::French);
    let offers = |step| {
        let expected = script.expected(&Progress {
            step,
            ..Progress::default()
        });
        expected
            .phrases
            .iter()
            .any(|phrase| phrase.text == "Oui, avec plaisir")
    };
    assert!(!offers(0));
    assert!(offers(5));
    let (reply, after) = script.respond(
        &Progress {
            step: 5,
            ..Progress::default()
        },
        &typed("oui"),
    );
    assert_eq!(after.step, 6, "{}", reply.text);
    let diet = Progress {
        step: 3,
        ..Progress::default()
    };
    let (reply, after) = script.respond(&diet, &typed("non"));
    assert!(
        reply.text.starts_with("Parfait, alors vous avez le choix."),
        "{}",
        reply.text
    );
    assert_eq!(after.step, 4);
}

#[test]
fn silence_is_met_with_the_question_again_then_an_example() {
    let script = script("coffee_shop", Language::Spanish);
    let (first, progress) = script.idle(&Progress::default());
    let (second, progress) = script.idle(&progress);
    assert_eq!(first.text, "Tómese su tiempo. ¿Quiere un café, o un té?");
    assert!(
        second.text.contains("Un cortado, por favor"),
        "{}",
        second.text
    );
    assert_eq!((progress.step, progress.reprompts), (0, 2));
}

#[test]
fn hints_are_answers_with_their_meaning() {
    let script = script("restaurant", Language::German);
    let hints = script.hints(&Progress::default());
    assert_eq!(hints[0].text, "Wir sind zu viert");
    assert_eq!(hints[0].translation, "There are four of us");
    let other = script.clone().for_native(Language::Japanese);
    assert_eq!(other.hints(&Progress::default())[0].translation, "");
    assert_eq!(other.opener().translation, "");
}

#[test]
fn levels_change_the_help_and_not_the_plot() {
    let catalogue = &CATALOGUE;
    let scripts = [Level::Beginner, Level::Advanced].map(|level| {
        catalogue
            .script("restaurant", Language::Italian, level)
            .expect("a script")
    });
    let start = Progress::default();
    assert_eq!(
        scripts.each_ref().map(|script| script.pace(&start)),
        [Pace::Slow, Pace::Natural]
    );
    assert_eq!(scripts[0].expected(&start), scripts[1].expected(&start));
    let hinted = scripts.each_ref().map(|script| {
        let (reply, _) = script.respond(
            &Progress {
                reprompts: 1,
                ..start.clone()
            },
            &typed("boh"),
        );
        reply.text.contains("Siamo in quattro")
    });
    assert_eq!(hinted, [true, false]);
}

#[test]
fn expected_phrases_differ_and_the_vocabulary_holds_their_words() {
    for language in Language::ALL {
        let script = script("restaurant", language);
        for step in 0..script.step_count() {
            let expected = script.expected(&Progress {
                step,
                ..Progress::default()
            });
            let texts: BTreeSet<&str> = expected
                .phrases
                .iter()
                .map(|phrase| phrase.text.as_str())
                .collect();
            assert_eq!(texts.len(), expected.phrases.len());
            let vocabulary: BTreeSet<&str> =
                expected.vocabulary.iter().map(String::as_str).collect();
            assert_eq!(vocabulary.len(), expected.vocabulary.len());
            for word in texts.iter().flat_map(|text| text.split_whitespace()) {
                let word = word
                    .trim_matches(|c: char| !c.is_alphanumeric())
                    .to_lowercase();
                assert!(
                    word.is_empty() || vocabulary.contains(word.as_str()),
                    "{language}: {word}"
                );
            }
        }
    }
}

#[test]
fn open_talk_picks_up_words_and_names_and_asks_nothing_twice() {
    let script = script("classical_music", Language::French);
    let (reply, progress) =
        script.respond(&Progress::default(), &typed("Bonjour, je m'appelle Nadia."));
    assert!(
        reply.text.starts_with("Enchantée, Nadia !"),
        "{}",
        reply.text
    );
    assert!(reply.text.contains("« classical music »"), "{}", reply.text);
    let (reply, mut progress) = script.respond(&progress, &typed("J'écoute souvent Beethoven"));
    assert!(reply.text.contains("« beethoven »"), "{}", reply.text);
    let mut questions = BTreeSet::new();
    while !script.is_complete(&progress) {
        let (reply, after) = script.respond(&progress, &typed("J'aime la natation"));
        let question = reply
            .text
            .rsplit(['.', '!'])
            .next()
            .unwrap_or_default()
            .to_owned();
        assert!(
            question.is_empty() || questions.insert(question),
            "{}",
            reply.text
        );
        progress = after;
        if script.is_complete(&progress) {
            assert!(reply.text.contains("Merci, Nadia"), "{}", reply.text);
        }
    }
    assert_eq!(progress.slots["likes"], "la natation");
}

#[test]
fn after_the_end_a_goodbye_is_returned_and_nothing_changes() {
    let script = script("restaurant", Language::English);
    let done = Progress {
        step: 6,
        complete: true,
        ..Progress::default()
    };
    for text in ["goodbye", "a table for two, please", ""] {
        let (reply, after) = script.respond(&done, &typed(text));
        assert!(!reply.text.is_empty());
        assert_eq!(after, done);
    }
    assert!(script.hints(&done).is_empty());
    assert!(!script.expected(&done).phrases.is_empty());
    assert_eq!(script.step_id(&done), "paying_bill");
}

#[test]
fn persona_and_context_are_those_of_the_documents() {
    let script = script("ordering_food_restaurant", Language::French);
    let persona = script.persona();
    assert_eq!((persona.name, persona.role), ("Marie", "restaurant_server"));
    assert_eq!(persona.personality, "friendly, helpful, patient");
    assert_eq!(
        (script.title(), script.role_title()),
        ("Dining at a Restaurant", "waiter")
    );
    assert!(
        script.context()["menu_items"]
            .as_array()
            .is_some_and(|items| items.len() >= 3)
    );
    let third = Progress {
        step: 2,
        ..Progress::default()
    };
    assert_eq!(script.step_name(&third), "Taking Drink Order");
    assert!(!script.goal(&third).is_empty() && !script.grammar(&third).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_panics_or_loses_progress(
        texts in prop::collection::vec("\\PC{0,60}|[a-zé' ,.{}!?0-9]{0,80}|(une|table|pour|deux|oui|non|vin|[a-z]{1,6}| ){1,12}", 1..10),
        phrase in prop::option::of(0_usize..60),
        topic in 0_usize..3,
        language in 0_usize..8,
    ) {
        let script = script(["restaurant", "coffee_shop", "anything"][topic], Language::ALL[language]);
        let mut progress = Progress::default();
        for text in &texts {
            let (reply, after) = script.respond(&progress, &Transcript { phrase, ..typed(text) });
            prop_assert!(!reply.text.is_empty());
            prop_assert!(after.step >= progress.step);
            prop_assert!(!progress.complete || after.complete);
            prop_assert!(progress.slots.keys().all(|slot| after.slots.contains_key(slot)));
            prop_assert!(after != progress || progress.complete || reply != script.opener());
            progress = after;
        }
    }

    #[test]
    fn any_progress_is_survived(
        step in prop::num::usize::ANY,
        reprompts in prop::num::u8::ANY,
        complete in prop::bool::ANY,
        slots in prop::collection::btree_map("[a-z]{0,6}|party|diet|echo|topic", "\\PC{0,20}", 0..4),
        topic in "\\PC{0,70}",
    ) {
        let progress = Progress { step, slots, reprompts, complete };
        for topic in ["restaurant", &topic] {
            let script = script(topic, Language::Spanish);
            let _ = (script.expected(&progress), script.hints(&progress), script.step_name(&progress), script.goal(&progress));
            prop_assert!(!script.idle(&progress).0.text.is_empty());
            prop_assert!(!script.respond(&progress, &typed("hola")).0.text.is_empty());
        }
    }
}

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::scenario::format::Aside;
use crate::scenario::meaning::{Meaning, choices};

fn assert_sound(script: &Script, reply: &Reply, said: &str) {
    assert!(!reply.text.trim().is_empty(), "{}: {said}", script.language());
    assert!(!reply.text.contains(['{', '}']), "{}", reply.text);
    assert!(!reply.translation.contains(['{', '}']), "{}", reply.translation);
    assert_eq!(
        reply.translation.is_empty(),
        script.language() == Language::English,
        "{}",
        reply.text
    );
    for word in &reply.insights.vocabulary {
        assert!(
            reply.text.to_lowercase().contains(&word.to_lowercase()),
            "{word} in {}",
            reply.text
        );
    }
}

#[test]
fn every_expected_answer_of_every_step_leads_on() {
    for topic in scenes().chain(["something else"]) {
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
                    assert_ne!(leads, current.0.stays.contains(intent), "{language}: {}", heard.text);
                    let (same_reply, same_after) = script.respond(&progress, &typed(&heard.text));
                    assert_eq!((same_reply, &same_after), (reply, &after), "{language}: {}", heard.text);
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
    // All pairs of neighbouring steps are walked through by taking the n-th answer everywhere, for each n, at each level.
    for topic in scenes().chain(["my garden"]) {
        for language in Language::ALL {
            for (n, level) in (0..12).flat_map(|n| LEVELS.map(|level| (n, level))) {
                let script = CATALOGUE.script(topic, language, level).expect("a script");
                let mut progress = Progress::default();
                let mut turns = 0;
                while !script.is_complete(&progress) {
                    let answers = answers(&script, &progress);
                    let heard = recognised(&script, &progress, answers[(n + turns) % answers.len()]);
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
    assert!(reply.text.starts_with("Parfait, deux personnes."), "{}", reply.text);
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
    assert!(reply.text.contains("Sans viande, la ratatouille"), "{}", reply.text);
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
        reply.text.contains("avec la ratatouille et un verre de vin rouge"),
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
fn nonsense_alone_never_dead_ends() {
    for topic in scenes().chain(["chess"]) {
        for language in Language::ALL {
            for level in LEVELS {
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
fn the_learners_own_language_is_met_with_an_example_and_never_dead_ends() {
    for topic in scenes().chain(["chess"]) {
        for language in Language::ALL {
            for level in [Level::Beginner, Level::Intermediate, Level::Advanced] {
                let script = CATALOGUE.script(topic, language, level).expect("a script");
                let mut progress = Progress::default();
                let mut last = String::new();
                for turn in 0.. {
                    assert!(turn < script.step_count() * 4 + 1, "{topic} {language}");
                    let said = typed("I would like to say it in English, please");
                    let (reply, after) = script.ask_in_practised(&progress, &said);
                    assert_sound(&script, &reply, "another language");
                    assert_ne!(reply.text, last, "{language}");
                    if after.step == progress.step && !after.complete {
                        let hints = script.turn(&progress).map(|(_, turn)| &turn.hints);
                        let mut hints = hints.into_iter().flatten();
                        assert!(
                            hints.any(|hint| reply.text.contains(hint)),
                            "{language}: {}",
                            reply.text
                        );
                        assert_eq!(after.reprompts, progress.reprompts + 1);
                    }
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
fn expected_phrases_differ_and_the_vocabulary_holds_their_words() {
    for (topic, language) in scenes().flat_map(|topic| Language::ALL.map(|language| (topic, language))) {
        let script = script(topic, language);
        for step in 0..script.step_count() {
            let expected = script.expected(&Progress {
                step,
                ..Progress::default()
            });
            let texts: BTreeSet<&str> = expected.phrases.iter().map(|phrase| phrase.text.as_str()).collect();
            assert_eq!(texts.len(), expected.phrases.len());
            let vocabulary: BTreeSet<&str> = expected.vocabulary.iter().map(String::as_str).collect();
            assert_eq!(vocabulary.len(), expected.vocabulary.len());
            for word in texts.iter().flat_map(|text| text.split_whitespace()) {
                let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
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
    let (reply, progress) = script.respond(&Progress::default(), &typed("Bonjour, je m'appelle Nadia."));
    assert!(reply.text.starts_with("Enchantée, Nadia !"), "{}", reply.text);
    assert!(reply.text.contains("« classical music »"), "{}", reply.text);
    let (reply, mut progress) = script.respond(&progress, &typed("J'écoute souvent Beethoven"));
    assert!(reply.text.contains("« Beethoven »"), "{}", reply.text);
    let mut questions = BTreeSet::new();
    while !script.is_complete(&progress) {
        let (reply, after) = script.respond(&progress, &typed("J'aime la natation"));
        let question = reply.text.rsplit(['.', '!']).next().unwrap_or_default().to_owned();
        assert!(question.is_empty() || questions.insert(question), "{}", reply.text);
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
    assert!(script.hints(&done, "").is_empty());
    assert!(!script.expected(&done).phrases.is_empty());
    assert_eq!(script.step_id(&done), "paying_bill");
}

#[test]
fn whoever_takes_leave_in_any_words_has_gone_through_no_more_than_they_have() {
    let mut tried = 0;
    for language in Language::ALL {
        for topic in ["restaurant", "open_talk"] {
            let script = script(topic, language);
            let courtesy = script.courtesy();
            let phrases = courtesy.phrases[&Aside::Goodbye].iter().map(|line| &line.text);
            for text in phrases.chain(courtesy.wordings.get(&Aside::Goodbye).into_iter().flatten()) {
                let (_, after) = script.respond(&Progress::default(), &typed(text));
                assert!(script.is_complete(&after), "{language} {topic}: {text}");
                assert!(script.steps_covered(&after).is_empty(), "{language} {topic}: {text}");
                tried += 1;
            }
        }
    }
    assert!(tried > 150, "{tried}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_panics_or_loses_progress(
        texts in prop::collection::vec("\\PC{0,60}|[a-zé' ,.{}!?0-9]{0,80}|(une|table|pour|deux|oui|non|vin|[a-z]{1,6}| ){1,12}", 1..10),
        phrase in prop::option::of(0_usize..60),
        topic in prop::sample::select(scenes().chain(["anything"]).collect::<Vec<_>>()),
        language in 0_usize..8,
    ) {
        let script = script(topic, Language::ALL[language]);
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
        questions in prop::num::u8::ANY,
        [complete, left] in prop::array::uniform2(prop::bool::ANY),
        slots in prop::collection::btree_map("[a-z]{0,6}|party|diet|echo|topic", "\\PC{0,20}", 0..4),
        topic in "\\PC{0,70}",
    ) {
        let progress = Progress { step, slots, reprompts, questions, complete, left };
        for topic in ["restaurant", &topic] {
            let script = script(topic, Language::Spanish);
            let _ = (script.steps_covered(&progress), script.expected(&progress), script.hints(&progress, ""), script.step_name(&progress), script.goal(&progress));
            prop_assert!(!script.idle(&progress).0.text.is_empty());
            prop_assert!(!script.respond(&progress, &typed("hola")).0.text.is_empty());
        }
    }
}

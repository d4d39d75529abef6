//! Noise, silence, the wrong language and insults: the tutor stays in its role and goes on.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::scenario::format::Line;
use crate::scenario::template::slots_of;
use crate::scenario::words::{is_rude, words};

/// What comes instead of an answer.
#[derive(Clone, Debug)]
enum Disturbance {
    Silence,
    Noise(String),
    /// An answer to the same or another scenario, in another language.
    WrongLanguage {
        language: usize,
        pick: usize,
    },
    Insult {
        language: usize,
        word: usize,
        way: usize,
    },
}

/// How insults are said: bare, to the tutor, as one's name, as what one likes, as an answer, and as a topic.
const WAYS: [&str; 9] = [
    "{}",
    "{}!!! {}",
    "you are a {}",
    "je m'appelle {}",
    "me llamo {}, idiota",
    "ich mag {}",
    "I would like to talk about {}",
    "une table pour {}, s'il vous plaît",
    "我叫{}",
];

fn disturbance() -> impl Strategy<Value = Disturbance> {
    let any = || any::<prop::sample::Index>().prop_map(|index| index.index(1 << 16));
    prop_oneof![
        1 => Just(Disturbance::Silence),
        2 => "\\PC{0,40}|[a-z ]{0,40}|[bcdfgkptz]{3,9}".prop_map(Disturbance::Noise),
        3 => (any(), any()).prop_map(|(language, pick)| Disturbance::WrongLanguage { language, pick }),
        3 => (any(), any(), any()).prop_map(|(language, word, way)| Disturbance::Insult { language, word, way }),
    ]
}

impl Disturbance {
    fn text(&self, script: &Script, progress: &Progress) -> String {
        match self {
            Self::Silence => String::new(),
            Self::Noise(text) => text.clone(),
            Self::WrongLanguage { language, pick } => {
                let others: Vec<Language> = Language::ALL
                    .into_iter()
                    .filter(|other| *other != script.language())
                    .collect();
                let topic = script.scenario_id();
                let other = CATALOGUE.script(topic, others[language % others.len()], Level::Intermediate);
                let other = other.expect("the language has an open talk");
                let step = progress.step.min(other.step_count() - 1);
                let phrases = other
                    .expected(&Progress {
                        step,
                        ..Progress::default()
                    })
                    .phrases;
                phrases[pick % phrases.len()].text.clone()
            }
            Self::Insult { language, word, way } => {
                let insults = insults(Language::ALL[language % Language::ALL.len()]);
                WAYS[way % WAYS.len()].replace("{}", insults[word % insults.len()])
            }
        }
    }
}

/// The content's list would do for all languages at once; these are some that must be in it.
fn insults(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &["idiot", "stupid bastard", "fucking moron"],
        Language::French => &["connard", "salope", "imbécile", "pauvre merde"],
        Language::Spanish => &["gilipollas", "hijo de puta", "ESTÚPIDO"],
        Language::German => &["Arschloch", "blöde Schlampe", "dumme Hure"],
        Language::Italian => &["stronzo", "testa di cazzo", "cretina"],
        Language::Portuguese => &["caralho", "filho da puta", "babaca"],
        Language::Chinese => &["白痴", "你这个混蛋"],
        Language::Japanese => &["馬鹿", "バカ野郎", "死ね"],
    }
}

/// Every line that a script may say.
fn lines(script: &Script) -> Vec<&Line> {
    let (lesson, courtesy) = (script.lesson(), script.courtesy());
    let turns = lesson
        .steps
        .values()
        .flat_map(|turn| [&turn.ask, &turn.reprompts].into_iter().chain(turn.replies.values()));
    let own = courtesy
        .own_topic
        .iter()
        .flat_map(|own| [&own.taken, &own.more, &own.back]);
    let rest = [
        &lesson.opener,
        &lesson.farewell,
        &courtesy.sorry,
        &courtesy.refused,
        &courtesy.put_off,
        &courtesy.have_it,
        &courtesy.early,
        &courtesy.suggest,
        &courtesy.help_on,
        &courtesy.idle,
    ];
    let all = turns.chain(courtesy.replies.values()).chain(own).chain(rest);
    all.flatten().collect()
}

/// Whether a text is a run of lines of the script, one after another, whatever their slots are filled with.
fn is_in_role(script: &Script, text: &str) -> bool {
    let lines = lines(script);
    let mut reached = HashSet::from([0]);
    let mut open = vec![0];
    while let Some(at) = open.pop() {
        if at == text.len() {
            return true;
        }
        let start = at + (text.len() - at - text[at..].trim_start().len());
        for line in &lines {
            for end in ends(&text[start..], &line.text) {
                if reached.insert(start + end) {
                    open.push(start + end);
                }
            }
        }
    }
    false
}

/// Where a line with slots may end that begins a text.
fn ends(text: &str, line: &str) -> Vec<usize> {
    let Some(slot) = slots_of(line).next() else {
        return text.starts_with(line).then_some(line.len()).into_iter().collect();
    };
    let (before, after) = line.split_once(&format!("{{{slot}}}")).expect("it has the slot");
    let Some(rest) = text.strip_prefix(before) else {
        return Vec::new();
    };
    // The longest that is put into a line is an answer.
    let values = rest
        .char_indices()
        .map(|(at, _)| at)
        .chain([rest.len()])
        .skip(1)
        .take(120);
    values
        .flat_map(|value| {
            let ends = ends(&rest[value..], after);
            ends.into_iter().map(move |end| before.len() + value + end)
        })
        .collect()
}

fn assert_in_role(script: &Script, reply: &Reply, said: &str) {
    let place = format!(
        "{} {} {said:?}: {:?}",
        script.language(),
        script.scenario_id(),
        reply.text
    );
    assert!(!reply.text.trim().is_empty(), "{place}");
    assert!(is_in_role(script, &reply.text), "{place}");
    assert!(!is_rude(&reply.text, script.courtesy()), "{place}");
    assert!(!is_rude(&reply.translation, script.courtesy()), "{place}");
}

/// Whether some expected answer leads on from here.
fn leads_on(script: &Script, progress: &Progress) -> bool {
    let choices = choices(script.turn(progress), script.courtesy());
    (0..choices.len())
        .filter(|&index| matches!(choices[index].meaning, Meaning::Intent(_)))
        .map(|index| Transcript {
            phrase: Some(index),
            ..typed(&choices[index].line.text)
        })
        .map(|answer| script.respond(progress, &answer).1)
        .any(|after| after.step > progress.step || after.complete)
}

#[test]
fn what_no_script_says_is_out_of_role() {
    let script = script("restaurant", Language::French);
    assert!(is_in_role(&script, &script.opener().text));
    for text in [
        "You are an idiot yourself.",
        "Bonsoir ! Bienvenue dans notre bistro. Toi-même !",
        "D'accord. As an AI, I can't answer.",
    ] {
        assert!(!is_in_role(&script, text), "{text}");
    }
}

#[test]
fn the_insults_of_the_tests_are_known_in_every_language() {
    for (topic, language) in lessons().chain(Language::ALL.map(|language| ("open_talk", language))) {
        let script = script(topic, language);
        for insult in Language::ALL.into_iter().flat_map(insults) {
            assert!(is_rude(insult, script.courtesy()), "{language}: {insult}");
        }
        // And nothing that the tutor says, or a learner is expected to say, is one.
        for text in script.every_text() {
            assert!(!is_rude(&text, script.courtesy()), "{language} {topic}: {text}");
        }
    }
}

#[test]
fn an_insult_is_neither_quoted_nor_taken_for_a_name() {
    let script = script("cars", Language::French);
    let (reply, after) = script.respond(&Progress::default(), &typed("Je m'appelle Connard."));
    assert!(!after.slots.contains_key("name"), "{after:?}");
    assert!(!words(&reply.text, script.courtesy()).contains(&"connard".to_owned()));
    let (reply, after) = script.respond(&Progress::default(), &typed("Je m'appelle Connor."));
    assert_eq!(after.slots["name"], "Connor");
    assert!(reply.text.contains("Connor"), "{}", reply.text);
}

#[test]
fn insults_and_the_wrong_language_at_every_step_of_every_level_are_survived() {
    for (topic, language) in lessons() {
        for level in LEVELS {
            let script = CATALOGUE.script(topic, language, level).expect("it is taught");
            for step in 0..script.step_count() {
                let other = (language as usize + 1 + step) % Language::ALL.len();
                for disturbance in [
                    Disturbance::Silence,
                    Disturbance::Noise("krrrk".to_owned()),
                    Disturbance::WrongLanguage {
                        language: other,
                        pick: step,
                    },
                    Disturbance::Insult {
                        language: language as usize,
                        word: step,
                        way: step % 3,
                    },
                ] {
                    let mut progress = Progress {
                        step,
                        ..Progress::default()
                    };
                    // Help comes at last, however often the same is said.
                    let mut turns = 0;
                    while progress.step == step && !progress.complete {
                        let said = disturbance.text(&script, &progress);
                        let (reply, after) = script.respond(&progress, &typed(&said));
                        assert_in_role(&script, &reply, &said);
                        assert!(
                            after.step > step || after.complete || leads_on(&script, &after),
                            "{topic} {language} {step} {said:?}"
                        );
                        progress = after;
                        turns += 1;
                        // What is understood as "pardon?" or "hello" is answered as that, again and again.
                        if turns > 5 {
                            assert!(
                                is_aside(&script, &progress, &said),
                                "{topic} {language} {step} {said:?}"
                            );
                            break;
                        }
                    }
                }
            }
        }
    }
}

/// Whether a text means something that may be said in every step.
fn is_aside(script: &Script, progress: &Progress, said: &str) -> bool {
    let (step, turn) = script.turn(progress).expect("a step");
    let (meaning, _) = super::super::meaning::understand(step, turn, &script.slot_table(), &typed(said));
    matches!(meaning, Meaning::Aside(_) | Meaning::Question)
        || matches!(meaning, Meaning::Intent(intent) if step.stays.contains(&intent))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn whatever_disturbs_a_conversation_it_goes_on_in_role(
        topic in prop::sample::select(scenes().chain(["my garden"]).collect::<Vec<_>>()),
        language in 0..Language::ALL.len(),
        level in prop::sample::select(LEVELS.to_vec()),
        start in any::<prop::sample::Index>(),
        disturbances in prop::collection::vec(disturbance(), 1..8),
    ) {
        let script = CATALOGUE.script(topic, Language::ALL[language], level).expect("at least an open talk");
        let mut progress = Progress { step: start.index(script.step_count()), ..Progress::default() };
        for disturbance in &disturbances {
            let said = disturbance.text(&script, &progress);
            let (reply, after) = script.respond(&progress, &typed(&said));
            assert_in_role(&script, &reply, &said);
            prop_assert!(after.step >= progress.step);
            progress = after;
            if script.is_complete(&progress) {
                break;
            }
            prop_assert!(leads_on(&script, &progress), "{} {:?}", script.step_id(&progress), said);
        }
        // Left alone with somebody who says nothing, it comes to its end by its own help.
        let mut turns = 0;
        while !script.is_complete(&progress) {
            let (reply, after) = script.respond(&progress, &typed(""));
            assert_in_role(&script, &reply, "");
            progress = after;
            turns += 1;
            prop_assert!(turns <= 5 * script.step_count());
        }
    }
}

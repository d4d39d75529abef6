//! What is noticed and what is not, in what the scenarios expect and in what people say who are stuck.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::scenario::{Catalogue, Progress, Script};

#[test]
fn answers_in_the_learners_own_language_are_noticed() {
    use Language::{Chinese, English, French, German, Italian, Japanese, Spanish};
    for (text, practised, native) in [
        ("I would like a table for two, please", French, English),
        ("Yes, I have a reservation", Spanish, English),
        ("Ich hätte gern einen Tisch am Fenster", French, German),
        ("Je voudrais une table pour deux", English, French),
        ("No sé cómo se dice esto en inglés", English, Spanish),
        ("Vorrei prenotare una camera doppia", German, Italian),
        ("我不知道怎么说", English, Chinese),
        ("すみません、わかりません", English, Japanese),
        ("No idea", German, English),
        ("I want water", Spanish, English),
        ("Can I pay by card?", French, English),
        ("Ich weiß nicht", English, German),
    ] {
        assert_eq!(answered_in(text, practised, native), Some(native), "{text}");
    }
}

#[test]
fn a_third_language_is_noticed_too() {
    use Language::{English, French, German, Japanese, Spanish};
    for (text, practised, native, third) in [
        ("Je ne sais pas quoi répondre, désolé", English, German, French),
        ("Ich verstehe das leider nicht so gut", English, Spanish, German),
        ("I don't understand what you want", French, Japanese, English),
        ("Je voudrais une table pour deux", German, Spanish, French),
    ] {
        assert_eq!(answered_in(text, practised, native), Some(third), "{text}");
    }
}

#[test]
fn what_could_be_either_is_the_language_that_is_practised() {
    use Language::{Chinese, English, French, German, Italian, Japanese, Spanish};
    for (text, practised, native) in [
        ("", French, English),
        ("no", Spanish, English),
        ("Taxi, hotel, restaurant", French, English),
        ("A table", French, English),
        ("Hotel Berlin", French, German),
        ("Pizza Margherita", German, Italian),
        ("Je voudrais une table pour deux", French, English),
        ("Je voudrais une table pour deux", French, Italian),
        ("Un café con leche", Spanish, Italian),
        ("I want a coffee", English, English),
        ("Wang 王", English, Chinese),
        ("二名です", Japanese, Chinese),
    ] {
        assert_eq!(answered_in(text, practised, native), None, "{text}");
    }
}

/// Answers of every step of every scenario in a language.
fn expected_answers(language: Language) -> BTreeSet<String> {
    let answers = |script: Script| {
        let at = |step| Progress {
            step,
            ..Progress::default()
        };
        let phrases = (0..script.step_count()).flat_map(|step| script.expected(&at(step)).phrases);
        phrases.map(|phrase| phrase.text).collect::<Vec<_>>()
    };
    Catalogue::built_in().scripts(language).flat_map(answers).collect()
}

const LATIN: [Language; 6] = [
    Language::French,
    Language::Spanish,
    Language::English,
    Language::German,
    Language::Italian,
    Language::Portuguese,
];

/// Of everything that is expected in a language, nothing is taken for another one, whichever is the learner's own.
#[test]
fn expected_answers_are_taken_for_what_they_are() {
    let mut wrong = BTreeSet::new();
    let mut texts = 0;
    for practised in LATIN {
        for text in expected_answers(practised) {
            let witnesses = Witnesses::of(&text);
            texts += 1;
            for native in Language::ALL {
                if let Some(other) = witnesses.language(practised, native) {
                    wrong.insert((practised, other, text.clone()));
                }
            }
        }
    }
    assert!(texts > 3000, "{texts}");
    assert!(wrong.is_empty(), "{} of {texts}: {wrong:#?}", wrong.len());
}

/// Of whole sentences in the learner's own language, nearly all are noticed.
#[test]
fn whole_sentences_in_the_own_language_are_noticed() {
    let (mut noticed, mut texts) = (0, 0);
    for native in LATIN {
        for text in expected_answers(native).into_iter().step_by(5) {
            if text.unicode_words().count() < 5 {
                continue;
            }
            let witnesses = Witnesses::of(&text);
            for practised in LATIN.into_iter().filter(|other| *other != native) {
                texts += 1;
                noticed += usize::from(witnesses.language(practised, native) == Some(native));
            }
        }
    }
    println!("{noticed} of {texts} whole sentences");
    assert!(texts > 400, "{texts}");
    assert!(noticed * 100 > texts * 95, "{noticed} of {texts}");
}

/// `cargo test -p colloquy-agents --lib everyday -- --nocapture` prints how many of thirty are noticed in each.
#[test]
fn everyday_sentences_in_the_own_language_are_noticed() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/everyday.toml");
    let sentences: BTreeMap<Language, Vec<String>> =
        toml::from_str(&std::fs::read_to_string(path).expect("it is there")).expect("it is a list");
    for (native, sentences) in sentences {
        assert_eq!(sentences.len(), 30, "{native}");
        let mut shares = Vec::new();
        let (mut all, mut as_third) = (0, 0);
        for practised in LATIN.into_iter().filter(|other| *other != native) {
            let (mut noticed, mut missed) = (0, Vec::new());
            for text in &sentences {
                let witnesses = Witnesses::of(text);
                match witnesses.language(practised, native) {
                    Some(language) => {
                        assert_eq!(language, native, "{text}");
                        noticed += 1;
                    }
                    None => missed.push(text.as_str()),
                }
                // Those of somebody whose own language is yet another one.
                as_third += usize::from(witnesses.language(practised, Language::Japanese) == Some(native));
            }
            all += noticed;
            shares.push(format!("{practised} {noticed} (not {})", missed.join("; ")));
        }
        println!("{native}: {all} of 150, {as_third} as a third language: {shares:#?}");
        assert!(all >= 105, "{native}: {shares:#?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_read(text: String, practised in 0usize..8, native in 0usize..8) {
        let _ = answered_in(&text, Language::ALL[practised], Language::ALL[native]);
    }
}

#[test]
fn words_of_a_third_language_are_no_misspellings() {
    for (text, practised, foreign) in [
        ("Una mesa para dos, por favor", Language::French, true),
        ("the table by the window", Language::French, true),
        ("Je voudrais una table", Language::French, false),
        ("Un vere d'eau si vous plait", Language::French, false),
        ("", Language::French, false),
        ("Una mesa para dos, por favor", Language::Spanish, false),
        ("Buenos dias, quiero un cafe", Language::Spanish, false),
        ("I want to practise my english", Language::English, false),
    ] {
        assert_eq!(is_foreign(text, practised), foreign, "{text}");
    }
}

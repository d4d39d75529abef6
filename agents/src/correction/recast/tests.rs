//! What is said is right.

use std::path::Path;

use super::super::choose;
use crate::assessment::language::Grammars;
use crate::correction::Proofread;
use crate::correction::phrase::has_words;
use crate::engine::Transcript;
use crate::language::Language;

/// From the files as they are now, so that writing rules builds nothing anew.
fn grammars() -> Grammars {
    let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("../content");
    Grammars::load(&content).unwrap_or_else(|error| panic!("{error}"))
}

/// What a tutor says after somebody who typed this.
fn said(grammars: &Grammars, language: Language, text: &str) -> Option<String> {
    let answer = Transcript {
        text: text.to_owned(),
        confidence: 1.0,
        ..Transcript::default()
    };
    let slips = grammars.slips(text, language, Language::English);
    choose(&answer, &slips, &[], None).map(|correction| correction.phrase)
}

#[test]
fn everything_that_is_said_is_set_right() {
    let grammars = grammars();
    for (language, wrong, right) in [
        (Language::German, "Ich habe gegeht.", "Ich bin gegangen"),
        (Language::German, "Ich habe gekommt.", "Ich bin gekommen"),
        (Language::German, "Ich bin gegesst.", "Ich habe gegessen"),
        (Language::English, "I buyed two shirt.", "I bought two shirts"),
        (
            Language::English,
            "He explained me the problem.",
            "He explained the problem to me",
        ),
        (Language::English, "Two table please", "Two tables please"),
        (
            Language::English,
            "Give me a informations please",
            "some information please",
        ),
        (Language::French, "J'ai allée à le marché.", "Je suis allée au marché"),
        (
            Language::French,
            "Nous avons mangés des pizza.",
            "Nous avons mangé des pizzas",
        ),
        (Language::French, "Bonsoir, un table pour deux !", "une table pour deux"),
    ] {
        assert_eq!(said(&grammars, language, wrong).as_deref(), Some(right), "{wrong}");
    }
}

/// The word that was set right is among what is said, and all of it is right. "Ma" begins a clause in Italian, and is an article in French.
#[test]
fn what_was_set_right_is_said() {
    let grammars = grammars();
    for (language, wrong, right, word) in [
        (
            Language::French,
            "Mon sœur habite à Nice.",
            "Ma sœur habite à Nice.",
            "ma sœur",
        ),
        (Language::French, "Mon femme est là.", "Ma femme est là.", "ma femme"),
        (
            Language::French,
            "Mais mon voiture est rouge.",
            "Mais ma voiture est rouge.",
            "ma voiture",
        ),
        (
            Language::French,
            "Il a beaucoup des amis.",
            "Il a beaucoup d'amis.",
            "d'amis",
        ),
        (
            Language::French,
            "Nous avons mangé au le restaurant.",
            "Nous avons mangé au restaurant.",
            "au restaurant",
        ),
        (
            Language::English,
            "Yesterday I have seen him.",
            "Yesterday I saw him.",
            "I saw",
        ),
        (
            Language::English,
            "I need a advice.",
            "I need some advice.",
            "some advice",
        ),
        (
            Language::English,
            "Can you explain me this?",
            "Can you explain this to me?",
            "this to me",
        ),
        (
            Language::Spanish,
            "La agua está frío.",
            "El agua está fría.",
            "agua está fría",
        ),
        (
            Language::Spanish,
            "Quiero un vaso de la agua.",
            "Quiero un vaso de agua.",
            "de agua",
        ),
        (
            Language::German,
            "Ich habe gestern ins Kino gewesen.",
            "Ich bin gestern im Kino gewesen.",
            "bin gestern im Kino gewesen",
        ),
        (
            Language::Italian,
            "Ma il mia casa è grande.",
            "Ma la mia casa è grande.",
            "la mia casa",
        ),
    ] {
        let phrase = said(&grammars, language, wrong).unwrap_or_default();
        assert!(
            has_words(&phrase, word) && has_words(right, &phrase),
            "{wrong}: {phrase}"
        );
    }
}

#[test]
fn what_nobody_judged_is_not_said_again() {
    let grammars = grammars();
    for (language, text, said_of_it) in [
        // Whether somebody has gone or goes, no rule tells.
        (Language::English, "I has go to school.", Some("I have")),
        (Language::French, "Un table zibeline frobi", Some("Une table")),
        // No half of another clause.
        (
            Language::German,
            "Ich nehme ein Bier und mein Frau nimmt dann Wasser",
            Some("meine Frau nimmt dann"),
        ),
        (Language::French, "Je voudrais une table", None),
    ] {
        assert_eq!(said(&grammars, language, text).as_deref(), said_of_it, "{text}");
    }
}

/// What is recast of a sentence with one mistake is a piece of the right one, word for word.
#[test]
fn what_is_said_of_a_known_mistake_is_a_piece_of_the_right_sentence() {
    let grammars = grammars();
    let (mut recast, mut faults) = (0, Vec::new());
    for language in grammars.languages() {
        let path = format!("{}/tests/data/grammar/{language}.toml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("it is there");
        let corpus: toml::Table = toml::from_str(&text).expect("it is a corpus");
        for pair in corpus["wrong"].as_array().expect("pairs") {
            let [wrong, right] = [0, 1].map(|at| pair[at].as_str().expect("a sentence"));
            let Some(phrase) = said(&grammars, language, wrong) else {
                continue;
            };
            recast += 1;
            if !has_words(right, &phrase) {
                faults.push(format!("{wrong} -> {phrase:?}, not {right}"));
            }
        }
    }
    println!("{recast} are recast");
    assert!(recast >= 320, "{recast}");
    assert!(
        faults.is_empty(),
        "{} of {recast}:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

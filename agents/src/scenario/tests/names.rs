//! What is a name, and what an open talk quotes.

use super::*;

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

//! What is misspelled and what is not.

use super::super::rules::tests::{TAUGHT, right_texts};
use super::*;

fn typed(text: &str, language: Language) -> Request {
    Request {
        text: text.to_owned(),
        language,
        native: Language::English,
        is_typed: true,
        known_words: vec!["Marie Curie".to_owned()],
        taught_words: 0,
    }
}

/// A dictionary of a few words.
fn directory(encoding: &str, words: &[&str]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let encoded = |text: String| match encoding {
        "UTF-8" => text.into_bytes(),
        _ => text.chars().map(|c| u8::try_from(c).expect("Latin-1")).collect(),
    };
    let rules = format!("SET {encoding}\nTRY aeiou\n");
    let words = format!("{}\n{}\n", words.len(), words.join("\n"));
    std::fs::write(directory.path().join("fr.aff"), encoded(rules)).expect("it is written");
    std::fs::write(directory.path().join("fr.dic"), encoded(words)).expect("it is written");
    directory
}

const WORDS: [&str; 8] = [
    "je",
    "voudrais",
    "une",
    "table",
    "réservation",
    "pour",
    "demain",
    "weekend",
];

#[tokio::test]
async fn what_is_nearly_a_word_is_misspelled_and_names_are_not() {
    for encoding in ["UTF-8", "ISO8859-1", "ISO8859-15"] {
        let directory = directory(encoding, &WORDS);
        let spelling = Arc::new(Spelling::new(Some(directory.path().to_owned())));
        assert_eq!(spelling.languages(), [Language::French]);
        let text = "Voudrias une reservation pour Curie, pour Xylo demian ; l'HTTP 12h gzrmpf";
        let found = spelling
            .check(&typed(text, Language::French))
            .await
            .expect("a dictionary");
        let found: Vec<(&str, &str)> = found
            .findings
            .iter()
            .map(|f| (f.word.as_str(), f.suggestion.as_str()))
            .collect();
        let expected = [
            ("Voudrias", "Voudrais"),
            ("reservation", "réservation"),
            ("demian", "demain"),
        ];
        assert_eq!(found, expected, "{encoding}");
    }
}

#[tokio::test]
async fn a_transcript_and_a_language_without_a_dictionary_are_not_judged() {
    let directory = directory("UTF-8", &WORDS);
    let spelling = Arc::new(Spelling::new(Some(directory.path().to_owned())));
    let said = Request {
        is_typed: false,
        ..typed("une tabel", Language::French)
    };
    assert_eq!(spelling.check(&said).await, None);
    assert_eq!(spelling.check(&typed("eine tabel", Language::German)).await, None);
}

#[tokio::test]
async fn a_dictionary_that_cannot_be_read_is_none() {
    for (rules, words) in [("SET KOI8-R\n", "1\nje\n"), ("SET UTF-8\n", "no number\n")] {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("fr.aff"), rules).expect("it is written");
        std::fs::write(directory.path().join("fr.dic"), words).expect("it is written");
        let spelling = Arc::new(Spelling::new(Some(directory.path().to_owned())));
        let found = spelling.check(&typed("jee", Language::French)).await;
        assert!(found.is_none_or(|found| found.findings.is_empty()), "{rules}");
    }
}

#[tokio::test]
async fn a_dictionary_is_read_ahead_once_and_in_the_background() {
    let directory = directory("UTF-8", &WORDS);
    let spelling = Arc::new(Spelling::new(Some(directory.path().to_owned())));
    for language in [Language::French, Language::French, Language::German, Language::Japanese] {
        spelling.read_ahead(language);
    }
    let french = index(Language::French).expect("a language");
    while spelling.dictionaries[french].get().is_none() {
        tokio::task::yield_now().await;
    }
    // Whoever reads from now on finds another word there: what was read knows "table" and not "tabel".
    std::fs::write(directory.path().join("fr.dic"), "2\nune\ntabel\n").expect("it is written");
    spelling.read_ahead(Language::French);
    for (text, has_unknown) in [("une tabel", true), ("une table", false)] {
        let found = spelling.check(&typed(text, Language::French)).await;
        assert_eq!(found.map(|found| found.has_unknown), Some(has_unknown), "{text}");
    }
    let another = Arc::new(Spelling::new(Some(directory.path().to_owned())));
    let found = another.check(&typed("une tabel", Language::French)).await;
    assert_eq!(
        found.map(|found| found.has_unknown),
        Some(false),
        "what lies there now is read by others"
    );
}

#[test]
fn an_unknown_word_is_one_also_when_there_is_no_time_to_look_for_what_is_meant() {
    let directory = directory("UTF-8", &WORDS);
    let spelling = Spelling::new(Some(directory.path().to_owned()));
    let known = spelling.dictionary(Language::French).expect("a dictionary");
    let at_leisure = known.misspelled(&typed("une tabel", Language::French), || true);
    let in_haste = known.misspelled(&typed("une tabel", Language::French), || false);
    assert_eq!((at_leisure.findings.len(), in_haste.findings.len()), (1, 0));
    assert!(at_leisure.has_unknown && in_haste.has_unknown);
    assert!(
        !known
            .misspelled(&typed("une table", Language::French), || false)
            .has_unknown
    );
}

/// With the dictionaries that the machine has: all of them where `CI` is set, as `make test` has installed them.
#[tokio::test]
async fn the_systems_dictionaries_know_common_words() {
    let spelling = Arc::new(Spelling::new(None));
    for (language, text, wrong) in [
        (
            Language::French,
            "Je voudrais une tabel pour demain, s'il vous plaît.",
            "tabel",
        ),
        (
            Language::Spanish,
            "Quisiera una mesa para dos perzonas, por favor.",
            "perzonas",
        ),
        (
            Language::English,
            "I'd like a tabel for two, please. It's my favourite.",
            "tabel",
        ),
        (Language::German, "Ich hätte gern ein Zimmmer mit Frühstück.", "Zimmmer"),
        (Language::Italian, "Vorrei un tavlo per due persone.", "tavlo"),
    ] {
        let Some(found) = spelling.check(&typed(text, language)).await else {
            assert!(std::env::var_os("CI").is_none(), "there is no dictionary of {language}");
            println!("not tested: there is no dictionary of {language}");
            continue;
        };
        let words: Vec<&str> = found.findings.iter().map(|finding| finding.word.as_str()).collect();
        assert_eq!(words, [wrong], "{language}");
    }
}

/// What of some texts is found misspelled, with the dictionary that the machine has.
fn found(language: Language, texts: impl IntoIterator<Item = String>) -> Option<Vec<(String, String, String)>> {
    let spelling = Spelling::new(None);
    let Some(known) = spelling.dictionary(language) else {
        assert!(std::env::var_os("CI").is_none(), "there is no dictionary of {language}");
        println!("not tested: there is no dictionary of {language}");
        return None;
    };
    let mut found = Vec::new();
    for text in texts {
        let request = Request {
            known_words: Vec::new(),
            ..typed(&text, language)
        };
        for finding in known.misspelled(&request, || true).findings {
            found.push((finding.word, finding.suggestion, text.clone()));
        }
    }
    Some(found)
}

/// Everything that the tutor says and expects, and all exercises, whatever their scenario teaches.
#[test]
fn nothing_that_the_program_says_or_expects_is_misspelled() {
    let mut alarms = std::collections::BTreeSet::new();
    for language in TAUGHT.into_iter().chain([Language::Portuguese]) {
        let found = found(language, right_texts(language)).unwrap_or_default();
        alarms.extend(
            found
                .into_iter()
                .map(|(word, suggestion, _)| (language, word, suggestion)),
        );
    }
    assert!(alarms.is_empty(), "{alarms:#?}");
}

#[test]
fn names_and_both_kinds_of_english_are_left_alone() {
    for (language, texts) in [
        (
            Language::German,
            &[
                "Gern, auf den Namen Petersen",
                "Mein Name ist Fickert",
                "Ich heiße petersen",
                "Guten Tag, Meyer ist mein Name",
                "Petersen, guten Tag.",
                "Ich wohne in Eimsbüttel",
                "Na, wie war's? Hm, gibt's Kaffee?",
                "Ich bin Herr Hackmann aus Wuppertal",
                "ich möchte ein zimmer",
                "Neinsagen ist schwer, weiterzugehen auch",
            ][..],
        ),
        (
            Language::English,
            &[
                "My favourite colour is grey",
                "It's my mum's birthday",
                "I'm good at maths",
                "The cosy café has tyres",
                "my name is kowalski",
                "I'm from Wolverhampton",
                "i live in london",
                "asdf",
            ],
        ),
        (
            Language::French,
            &["Je m'appelle Nguyen", "je m'appelle petersen", "J'habite à Vénissieux"],
        ),
        (
            Language::Spanish,
            &[
                "Póngame dos, apúnteme, hablarlo",
                "Está malísima, un frasquito",
                "Me llamo petersen",
                "Quiero teletrabajar",
            ],
        ),
        (Language::Italian, &["mi chiamo petersen", "A nome Brambilla"]),
    ] {
        let texts = texts.iter().map(|text| (*text).to_owned());
        assert_eq!(found(language, texts).unwrap_or_default(), [], "{language}");
    }
}

#[test]
fn what_is_suggested_is_one_word_of_the_same_kind() {
    for (language, text, expected) in [
        (Language::German, "Ich möchte gern bezalen.", Some("bezahlen")),
        (Language::English, "I want a tabel.", Some("table")),
        (Language::Spanish, "Necesito una habitasión.", Some("habitación")),
        (Language::English, "I have zonk.", None),
    ] {
        let Some(found) = found(language, [text.to_owned()]) else {
            continue;
        };
        let first = found.first().map(|(_, suggestion, _)| suggestion.to_lowercase());
        assert_eq!(first.as_deref(), expected, "{text}");
        assert!(
            found.iter().all(|(_, suggestion, _)| !suggestion.contains(' ')),
            "{found:?}"
        );
    }
}

/// Common misspellings, which a rule for words that no dictionary lists would make words of.
#[test]
fn common_misspellings_of_english_are_no_words() {
    const MISSPELLED: [&str; 40] = [
        "accross",
        "acros",
        "addres",
        "allways",
        "alway",
        "beautifull",
        "busines",
        "carefull",
        "clas",
        "colege",
        "cort",
        "dolar",
        "exercize",
        "expence",
        "expres",
        "familly",
        "feelling",
        "glas",
        "humourous",
        "jorney",
        "lettre",
        "membre",
        "perhap",
        "proces",
        "realy",
        "ruller",
        "sence",
        "smilling",
        "succes",
        "surprize",
        "thi",
        "thiz",
        "tomorow",
        "unles",
        "untill",
        "wa",
        "wellcome",
        "wich",
        "wil",
        "yor",
    ];
    let spelling = Spelling::new(None);
    let Some(known) = spelling.dictionary(Language::English) else {
        assert!(std::env::var_os("CI").is_none(), "there is no dictionary of English");
        println!("not tested: there is no dictionary of English");
        return;
    };
    let is_known = |word: &&str| known.knows(&tokens(word, Language::English)[0], Language::English);
    let taken: Vec<&str> = MISSPELLED.into_iter().filter(is_known).collect();
    assert!(taken.is_empty(), "{taken:?}");
}

/// What is suggested is the common word that was meant, not a rare one that is a letter nearer.
#[test]
fn what_is_suggested_is_what_was_most_likely_meant() {
    for (language, misspelled) in [
        (
            Language::English,
            &[
                ("adress", "address"),
                ("busines", "business"),
                ("wich", "which"),
                ("realy", "really"),
                ("langage", "language"),
                ("leter", "letter"),
                ("lisen", "listen"),
                ("adresse", "address"),
                ("becouse", "because"),
                ("recieve", "receive"),
            ][..],
        ),
        (
            Language::French,
            &[("bonjoure", "bonjour"), ("vacanses", "vacances"), ("adrese", "adresse")],
        ),
        (
            Language::Spanish,
            &[("berdad", "verdad"), ("haver", "haber"), ("ecsamen", "examen")],
        ),
        (
            Language::German,
            &[
                ("vieleicht", "vielleicht"),
                ("Wohnug", "Wohnung"),
                ("Addresse", "Adresse"),
            ],
        ),
        (
            Language::Italian,
            &[
                ("stazzione", "stazione"),
                ("bichiere", "bicchiere"),
                ("bevato", "bevuto"),
                ("andatto", "andato"),
            ],
        ),
    ] {
        for (word, meant) in misspelled {
            let Some(found) = found(language, [format!("xxx {word}")]) else {
                continue;
            };
            let suggested = found
                .iter()
                .find(|(wrong, ..)| wrong == word)
                .map(|(_, suggestion, _)| suggestion.as_str());
            assert_eq!(suggested, Some(*meant), "{word}");
        }
    }
}

#[test]
fn a_rare_word_that_is_no_slight_slip_away_is_not_suggested() {
    for (language, word) in [(Language::French, "mouru"), (Language::German, "gefliegt")] {
        let Some(found) = found(language, [format!("xxx {word}")]) else {
            continue;
        };
        assert!(found.iter().all(|(wrong, ..)| wrong != word), "{found:?}");
    }
}

/// The lists were counted in lessons, whose notes are in English.
#[test]
fn dictionaries_have_all_common_words_of_their_languages() {
    let spelling = Spelling::new(None);
    for language in TAUGHT.into_iter().chain([Language::Portuguese]) {
        // English has its words by their bands, in the spelling of two countries.
        if language == Language::English {
            continue;
        }
        let Some(known) = spelling.dictionary(language) else {
            assert!(std::env::var_os("CI").is_none(), "there is no dictionary of {language}");
            println!("not tested: there is no dictionary of {language}");
            continue;
        };
        let common: Vec<&str> = commonness::words(language).collect();
        let unknown: Vec<&&str> = common.iter().filter(|word| known.spelled(word).is_none()).collect();
        assert!(common.len() > 900 && unknown.is_empty(), "{language}: {unknown:?}");
    }
}

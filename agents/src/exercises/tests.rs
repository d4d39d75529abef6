use std::collections::BTreeSet;

use super::*;

/// Languages in which single sounds are judged.
const JUDGED: [Language; 6] = [
    Language::English,
    Language::Spanish,
    Language::French,
    Language::German,
    Language::Italian,
    Language::Portuguese,
];

const LEVELS: [Level; 3] = [Level::Beginner, Level::Intermediate, Level::Advanced];

fn everything(exercises: &Exercises, language: Language) -> Vec<&Exercise> {
    exercises.list(language, None, Difficulty::Any)
}

#[test]
fn every_language_has_exercises_of_both_types_at_every_level() {
    let exercises = Exercises::built_in();
    for language in Language::ALL {
        let all = everything(&exercises, language);
        let fewest = if JUDGED.contains(&language) { 20 } else { 10 };
        assert!(all.len() >= fewest, "{language}: {}", all.len());
        assert!(all.iter().all(|exercise| exercise.items.len() >= 3), "{language}");
        assert!(all[0].kind.is_of_words(), "{language}");
        for level in LEVELS {
            for is_of_words in [true, false] {
                let of_it =
                    |exercise: &&&Exercise| exercise.difficulty == level && exercise.kind.is_of_words() == is_of_words;
                assert!(all.iter().filter(of_it).count() >= 1, "{language} {level:?}");
            }
        }
    }
}

#[test]
fn titles_and_tips_are_in_the_learners_own_language() {
    let (exercises, phonemes) = (Exercises::built_in(), Phonemes::built_in());
    for practised in Language::ALL {
        for exercise in everything(&exercises, practised) {
            let mut said: Vec<BTreeSet<String>> = Vec::new();
            said.push(Language::ALL.map(|native| exercises.title(exercise, native)).into());
            match &exercise.items {
                Items::Words(words) => said.extend(words.iter().map(|word| {
                    let tips = |native| exercises.word_tips(exercise, word, native, &phonemes);
                    Language::ALL.map(tips).into()
                })),
                Items::Sentences(sentences) => said.extend(sentences.iter().map(|sentence| {
                    let tips = |native| exercises.sentence_tips(exercise, sentence, native);
                    Language::ALL.map(tips).into()
                })),
            }
            for texts in said {
                // Titles of pairs may be the same word in two languages; a tip never is.
                assert!(texts.len() >= 7, "{}: {texts:?}", exercise.id);
                assert!(
                    texts
                        .iter()
                        .all(|text| !text.trim().is_empty() && !text.contains(['{', '}'])),
                    "{}: {texts:?}",
                    exercise.id
                );
            }
        }
        for native in Language::ALL {
            let all = everything(&exercises, practised);
            let titles: BTreeSet<String> = all.iter().map(|exercise| exercises.title(exercise, native)).collect();
            assert_eq!(titles.len(), all.len(), "{practised} for {native}");
        }
    }
    let exercise = exercises.find("fr_r_sound").unwrap();
    assert_eq!(exercises.title(exercise, Language::German), "/ʁ/ aussprechen: rouge");
    let pair = exercises.find("en_r_and_l").unwrap();
    assert_eq!(
        exercises.title(pair, Language::Spanish),
        "Distinguir /ɹ/, /l/: right, light"
    );
}

#[test]
fn every_sound_that_is_judged_has_its_exercise() {
    let (exercises, phonemes) = (Exercises::built_in(), Phonemes::built_in());
    for language in JUDGED {
        for phoneme in phonemes.of(language) {
            let focus = Focus::of_sound(&phoneme.ipa, language, &phonemes);
            let listed = exercises.list(language, Some(&focus), Difficulty::Any);
            assert!(!listed.is_empty(), "{language} /{}/", phoneme.ipa);
            for exercise in listed {
                assert!(exercise.sounds().contains(&phoneme.ipa.as_str()), "{}", exercise.id);
            }
        }
    }
}

#[test]
fn a_difficulty_filters_and_gives_way_to_the_nearest() {
    let (exercises, phonemes) = (Exercises::built_in(), Phonemes::built_in());
    let all = everything(&exercises, Language::French).len();
    for level in LEVELS {
        let listed = exercises.list(Language::French, None, Difficulty::Only(level));
        assert!(listed.len() > 2 && listed.len() < all);
        assert!(listed.iter().all(|exercise| exercise.difficulty == level));
        let first = exercises.list(Language::French, None, Difficulty::First(level));
        let distance = |exercise: &&Exercise| (exercise.difficulty as i8 - level as i8).abs();
        assert!(first.len() == all && first.is_sorted_by_key(distance));
    }
    // The sound of "brun" is for the advanced alone.
    let focus = Focus::of_sound("/œ\u{303}/", Language::French, &phonemes);
    let listed = exercises.list(Language::French, Some(&focus), Difficulty::Only(Level::Beginner));
    let ids: Vec<&str> = listed.iter().map(|exercise| exercise.id.as_str()).collect();
    assert_eq!(ids, ["fr_un"]);
}

#[test]
fn a_focus_is_an_area_or_a_sound_of_the_language() {
    let (exercises, phonemes) = (Exercises::built_in(), Phonemes::built_in());
    assert_eq!(Focus::parse("Intonation"), Some(Focus::Intonation));
    assert_eq!(Focus::parse(" fluency"), Some(Focus::Fluency));
    assert_eq!(Focus::parse("grammar"), None);
    let sound = |text, language| Focus::of_sound(text, language, &phonemes);
    assert_eq!(sound("/ʁ/", Language::French), Focus::Sound("ʁ".to_owned()));
    assert_eq!(sound("r", Language::French), Focus::Sound("ʁ".to_owned()));
    for (text, language) in [
        ("θ", Language::French),
        ("", Language::English),
        ("\0", Language::Chinese),
    ] {
        let listed = exercises.list(
            language,
            Some(&sound(text, language)),
            Difficulty::Only(Level::Beginner),
        );
        assert!(listed.is_empty(), "{text:?}");
    }
}

#[test]
fn every_chinese_and_japanese_item_can_be_read_aloud() {
    let exercises = Exercises::built_in();
    let mut readings = Readings::default();
    exercises.add_readings(&mut readings);
    for language in [Language::Chinese, Language::Japanese] {
        for exercise in everything(&exercises, language) {
            for (text, _) in exercise.items.texts() {
                assert!(readings.spoken(language, text).is_some(), "{text}");
            }
        }
    }
}

#[test]
fn an_exercise_is_found_by_its_id_with_the_texts_of_its_items() {
    let exercises = Exercises::built_in();
    let exercise = exercises.find("fr_r_sound").unwrap();
    assert_eq!(exercise.items.text(0), Some("rouge"));
    assert_eq!(exercise.items.text(99), None);
    assert_eq!(exercises.find("nothing"), None);
}

#[test]
fn faults_name_the_file_and_the_exercise() {
    let phonemes = Phonemes::built_in();
    let read = |text: &str| format::read(vec![("exercises/x.toml".to_owned(), text.to_owned())], &phonemes);
    let entry = |id: &str, kind: &str, rest: &str| {
        format!("[[exercises]]\nid = \"{id}\"\nkind = \"{kind}\"\ndifficulty = \"beginner\"\n{rest}\n")
    };
    let word = |phonetic: &str, sound: &str| {
        format!("words = [{{ text = \"a\", phonetic = \"{phonetic}\", sound = \"{sound}\" }}]")
    };
    let right = word("/a/", "a");
    let sentence = |rest: &str| format!("sentences = [{{ text = \"a b\", {rest} }}]");
    let falls = "intonation_pattern = \"falling\"";
    for (entries, reason) in [
        (entry("A b", "sounds", &right), "must have an id"),
        (entry("a", "sounds", ""), "words or sentences"),
        (entry("a", "lists", &right), "words or sentences"),
        (entry("a", "sounds", &word("a", "a")), "between slashes"),
        (entry("a", "sounds", &word("/a/", "θ")), "no sound of french"),
        (entry("a", "sounds", &word("/a/", "y")), "/y/, which is not in /a/"),
        (
            entry("a", "lists", &sentence("intonation_pattern = \"wavy\"")),
            "intonation_pattern",
        ),
        (
            entry("a", "lists", &sentence("intonation_pattern = \"rising\"")),
            "not that of such a sentence",
        ),
        (
            entry("a", "lists", &sentence(&format!("{falls}, tip = \"none\""))),
            "has a tip",
        ),
        (entry("a", "emphasis", &sentence(falls)), "stressed word"),
        (
            entry("a", "lists", &sentence(&format!("{falls}, stress = \"c\""))),
            "stressed word",
        ),
        (
            entry("a", "sounds", &right) + &entry("a", "sounds", &right),
            "id of another",
        ),
    ] {
        let error = read(&format!("language = \"french\"\n{entries}"))
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("exercises/x.toml"), "{error}");
        assert!(error.contains(reason), "{error}");
    }
    assert!(matches!(read("language = 1"), Err(ContentError::Syntax { .. })));
}

#[test]
fn a_title_or_tip_that_lacks_a_language_or_a_place_is_a_fault() {
    let phonemes = Phonemes::built_in();
    let built_in = include_str!("../../../content/exercises/guidance.toml");
    let read = |guidance: &str| {
        let file = ("exercises/guidance.toml".to_owned(), guidance.to_owned());
        format::read(vec![file], &phonemes)
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    assert_eq!(read(built_in), Ok(()));
    for (from, to, fault) in [
        (
            "german = \"{sounds} aussprechen: {words}\"\n",
            "",
            "title \"sounds\" has no text in german",
        ),
        (
            "{sounds} aussprechen: {words}",
            "aussprechen: {words}",
            "title \"sounds\" in german must have",
        ),
        (
            "Make “{word}” stand out",
            "Make it stand out",
            "tip \"emphasis\" in english must have",
        ),
        (
            "Only the last beat rises",
            "Only {it} rises",
            "tip \"final_ka\" in english must have",
        ),
        ("[tips.lists]", "[tips.listing]", "tip \"lists\" is missing"),
    ] {
        assert!(built_in.contains(from), "{from}");
        let error = read(&built_in.replacen(from, to, 1)).unwrap_err();
        assert!(error.contains(fault), "{error}");
    }
}

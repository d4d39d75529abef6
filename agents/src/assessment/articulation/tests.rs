use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::acoustic::{Pronouncer, SpokenPhrase};
use crate::exercises::{Difficulty, Exercises};
use crate::scenario::Catalogue;

static PHONEMES: LazyLock<Phonemes> = LazyLock::new(Phonemes::built_in);

/// What espeak-ng writes otherwise: it has no such sound.
const NOT_ESPEAKS: [(Language, &str); 4] = [
    (Language::French, "ɥ"),
    (Language::German, "ʔ"),
    (Language::Portuguese, "e\u{303}"),
    (Language::Portuguese, "i\u{303}"),
];

fn pronounced() -> impl Iterator<Item = Language> {
    Language::ALL
        .into_iter()
        .filter(|language| Pronouncer::new().speaks(*language))
}

fn sounds_of(phrase: &SpokenPhrase) -> impl Iterator<Item = String> {
    let sounds = phrase.iter().flat_map(|word| &word.sounds);
    sounds.map(|sound| normal(&sound.ipa)).collect::<Vec<_>>().into_iter()
}

fn text(practised: Language, native: Language, ipa: &str, heard: Option<&str>) -> String {
    PHONEMES.advice(practised, native, ipa, heard).unwrap().text
}

#[test]
fn every_sound_and_contrast_is_explained_in_every_language() {
    let own = PHONEMES
        .inventories
        .values()
        .flatten()
        .filter_map(|phoneme| phoneme.advice.as_ref());
    let texts = PHONEMES.sounds.iter().map(|sound| &sound.advice);
    for texts in texts.chain(PHONEMES.contrasts.values()).chain(own) {
        assert_eq!(
            texts.keys().copied().collect::<BTreeSet<_>>(),
            BTreeSet::from(Language::ALL)
        );
        let distinct: BTreeSet<&String> = texts.values().collect();
        assert_eq!(distinct.len(), texts.len(), "{texts:?}");
        for (language, text) in texts {
            let (end, is_own): (char, fn(char) -> bool) = match language {
                Language::Chinese => ('。', |c| matches!(c, '\u{4e00}'..='\u{9fff}')),
                Language::Japanese => ('。', |c| matches!(c, '\u{3040}'..='\u{309f}')),
                _ => ('.', |c| c.is_ascii_alphabetic()),
            };
            assert!(text.ends_with(end) && text.chars().any(is_own), "{language}: {text}");
            assert!(text.chars().count() <= 170, "{language}: {text}");
        }
    }
}

#[test]
fn every_language_has_its_phonemes() {
    for language in Language::ALL {
        let phonemes = PHONEMES.of(language);
        assert!((30..=70).contains(&phonemes.len()), "{language}: {}", phonemes.len());
        for phoneme in phonemes {
            for native in Language::ALL {
                let advice = PHONEMES.advice(language, native, &phoneme.ipa, None).unwrap();
                assert_eq!(advice.ipa, phoneme.ipa);
                assert_eq!(advice.example.as_ref(), Some(&phoneme.example));
                assert!(!advice.text.is_empty());
            }
        }
    }
}

#[test]
fn every_sound_of_the_content_has_advice() {
    let (catalogue, exercises) = (Catalogue::built_in(), Exercises::built_in());
    let pronouncer = Pronouncer::new();
    for language in pronounced() {
        let mut texts: BTreeSet<String> = catalogue
            .texts(language)
            .into_iter()
            .map(|text| text.replace(['{', '}'], " "))
            .collect();
        for exercise in exercises.list(language, None, Difficulty::Any) {
            let spoken = |index| exercise.items.text(index).map(str::to_owned);
            texts.extend((0..exercise.items.len()).filter_map(spoken));
        }
        assert!(texts.len() > 50, "{language}: {}", texts.len());
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let phrases = pronouncer.pronounce(language, &texts).expect("espeak-ng is installed");
        let mut foreign: BTreeMap<String, usize> = BTreeMap::new();
        let mut count = 0;
        for ipa in phrases.iter().flat_map(sounds_of) {
            let advice = PHONEMES.advice(language, Language::English, &ipa, None);
            let advice = advice.unwrap_or_else(|| panic!("{language} has no advice for /{ipa}/"));
            count += 1;
            if advice.example.is_none() {
                *foreign.entry(ipa).or_default() += 1;
            }
        }
        // Names and loanwords bring sounds of other languages; there are few of them.
        assert!(
            foreign.values().sum::<usize>() * 50 < count,
            "{language}: {count} sounds, {foreign:?}"
        );
    }
}

#[test]
fn every_sound_is_heard_in_its_example() {
    let pronouncer = Pronouncer::new();
    for language in pronounced() {
        let phonemes = PHONEMES.of(language);
        let examples: Vec<&str> = phonemes.iter().map(|phoneme| phoneme.example.as_str()).collect();
        let spoken = pronouncer
            .pronounce(language, &examples)
            .expect("espeak-ng is installed");
        for (phoneme, phrase) in phonemes.iter().zip(&spoken) {
            // Length is written, but not kept in every sound.
            let written = phrase.iter().flat_map(|word| word.ipa.split('_')).map(normal);
            let is_it = |ipa: String| {
                PHONEMES
                    .find(language, &ipa)
                    .is_some_and(|found| found.ipa == phoneme.ipa)
            };
            let is_heard = written.chain(sounds_of(phrase)).any(is_it);
            let is_espeaks = !NOT_ESPEAKS.contains(&(language, phoneme.ipa.as_str()));
            assert_eq!(is_heard, is_espeaks, "{language}: /{}/ in {phrase:?}", phoneme.ipa);
        }
    }
}

#[test]
fn sounds_that_are_alike_are_told_apart_by_what_to_change() {
    let english = |practised, ipa, heard| text(practised, Language::English, ipa, Some(heard));
    assert_eq!(
        english(Language::French, "y", "u"),
        "That sounded like /u/ rather than /y/. Push the tongue further forward."
    );
    assert_eq!(
        english(Language::French, "y", "i"),
        "That sounded like /i/ rather than /y/. Round your lips more."
    );
    for (practised, ipa, heard, change) in [
        (Language::English, "z", "s", Change::Voiced),
        (Language::English, "v", "f", Change::Voiced),
        (Language::French, "ɑ̃", "ɑ", Change::NasalVowel),
        (Language::Spanish, "r", "ɾ", Change::Trill),
        (Language::Spanish, "e", "eɪ", Change::Steady),
        (Language::Italian, "tː", "t", Change::LongConsonant),
        (Language::Portuguese, "ɐ̃ʊ̃", "aʊ", Change::NasalVowel),
        (Language::Chinese, "pʰ", "p", Change::Aspirated),
        (Language::Chinese, "p", "pʰ", Change::Unaspirated),
        (Language::Chinese, "an", "aŋ", Change::GlideN),
        (Language::Japanese, "aː", "a", Change::LongVowel),
        (Language::Japanese, "ɾ", "l", Change::Tap),
        (Language::French, "ə", "e", Change::Rounded),
        (Language::English, "ʌ", "ə", Change::Lower),
    ] {
        let advised = text(practised, Language::German, ipa, Some(heard));
        assert!(advised.starts_with("Das klang wie /"), "{advised}");
        let sentence = PHONEMES.sentence(change, Language::German);
        assert!(advised.contains(sentence), "{practised} {ipa} {heard}: {advised}");
    }
}

/// Every sound of a language, heard as every other one: where they are made in different places, the advice is the sound's own
/// description, and what is to be changed never says what the description denies.
#[test]
fn what_to_change_never_contradicts_how_a_sound_is_made() {
    let consonant = |made: &Composed| match made.features {
        features::Features::Consonant(consonant) => Some(consonant),
        _ => None,
    };
    // What a description says, and what no change may say then.
    let denials: [(&[&str], &[&str]); 5] = [
        (
            &["without touching", "don't touch", "never touches"],
            &[
                "press",
                "ridge",
                "touch just",
                "stop the air completely",
                "stop the air first",
            ],
        ),
        (
            &["doesn't buzz", "only the breath", "breathe out"],
            &["use your voice", "let the voice"],
        ),
        (
            &["voice on", "throat buzz", "with voice"],
            &["leave your voice out", "no buzz", "only air"],
        ),
        (&["keep it short", "make it short"], &["hold it for longer"]),
        (
            &["lips unrounded", "don't round", "flat, relaxed lips"],
            &["round your lips more", "push your lips"],
        ),
    ];
    let mut compared = 0;
    for language in Language::ALL {
        let phonemes = PHONEMES.of(language);
        for (sound, heard) in phonemes
            .iter()
            .flat_map(|one| phonemes.iter().map(move |other| (one, other)))
        {
            let described = text(language, Language::English, &sound.ipa, None);
            let stays = described.contains("hold it there") || described.contains("without its glide");
            assert!(!stays || !described.contains("Then glide"), "{language}: {described}");
            let advised = text(language, Language::English, &sound.ipa, Some(&heard.ipa));
            let places = (consonant(&sound.made), consonant(&heard.made));
            if matches!(places, (Some(one), Some(other)) if one.place != other.place) {
                assert!(advised.ends_with(&described), "{language}: {advised}");
                compared += 1;
            }
            if advised.ends_with(&described) {
                continue;
            }
            let (described, advised) = (described.to_lowercase(), advised.to_lowercase());
            for (says, denies) in denials {
                if says.iter().any(|part| described.contains(part)) {
                    let is_denied = denies.iter().any(|part| advised.contains(part));
                    assert!(!is_denied, "{language}: {described} But: {advised}");
                }
            }
        }
    }
    assert!(compared > 2_000, "{compared}");
    // Nothing touches the ridge in an English R.
    for heard in ["j", "w", "l", "r", "ʁ"] {
        let advised = text(Language::English, Language::English, "ɹ", Some(heard));
        assert!(!advised.contains("ridge"), "{advised}");
    }
}

#[test]
fn sounds_that_are_far_apart_are_described_from_the_start() {
    let alone = text(Language::French, Language::Spanish, "ʁ", None);
    let heard = text(Language::French, Language::Spanish, "ʁ", Some("k"));
    assert_eq!(heard, format!("Sonó como /k/ en vez de /ʁ/. {alone}"));
    // What is the same, or no sound at all, was not heard instead of it.
    for heard in ["ʁ", "r", "ʀ", "☃", ""] {
        assert_eq!(
            text(Language::French, Language::Spanish, "ʁ", Some(heard)),
            alone,
            "{heard}"
        );
    }
    let chinese = text(Language::French, Language::Chinese, "ʁ", Some("k"));
    assert!(chinese.starts_with("听起来像 /k/，不像 /ʁ/。舌尖"), "{chinese}");
}

#[test]
fn what_a_sound_is_made_of_is_said_in_order() {
    let parts = |practised, ipa: &str| text(practised, Language::English, ipa, None);
    let sentence = |change| PHONEMES.sentence(change, Language::English);
    let a = "Open your mouth wide and let the tongue lie flat, a bit further forward than in “father”.";
    assert_eq!(
        parts(Language::English, "aɪ"),
        format!("{a} {}", sentence(Change::GlideI))
    );
    assert_eq!(
        parts(Language::Japanese, "aː"),
        format!("{a} {}", sentence(Change::LongVowel))
    );
    let nasal = format!(" {} {}", sentence(Change::NasalVowel), sentence(Change::GlideU));
    assert!(parts(Language::Portuguese, "ɐ̃ʊ̃").ends_with(&nasal));
    assert!(parts(Language::English, "p").ends_with(sentence(Change::Aspirated)));
    assert!(parts(Language::Italian, "pː").contains(sentence(Change::Unaspirated)));
    assert!(parts(Language::Chinese, "jɛn").starts_with("Start with the tongue"));
    assert!(parts(Language::Chinese, "jɛn").ends_with(sentence(Change::GlideN)));
    // Romance T touches the teeth, English T doesn't.
    assert!(parts(Language::Spanish, "t").contains("your upper teeth themselves"));
    assert!(parts(Language::English, "t").contains("the ridge behind"));
}

#[test]
fn signs_are_read_as_engines_write_them() {
    let ipa = |practised, ipa: &str| Some(PHONEMES.advice(practised, Language::English, ipa, None)?.ipa);
    for (practised, written, expected) in [
        (Language::English, "ˈɪ", "ɪ"),
        (Language::English, "g", "ɡ"),
        (Language::English, "/t͡ʃ/", "tʃ"),
        (Language::English, "ᵻ", "ɪ"),
        (Language::English, "əl", "l"),
        (Language::French, "ə-", "ə"),
        (Language::French, "yː", "y"),
        (Language::Portuguese, "õ", "o\u{303}"),
        (Language::Portuguese, "y", "i"),
        (Language::Chinese, "ɑ5", "a"),
        (Language::Japanese, "ɯᵝ", "ɯ"),
    ] {
        assert_eq!(ipa(practised, written).as_deref(), Some(expected), "{written}");
    }
    let foreign = PHONEMES.advice(Language::French, Language::English, "θ", None).unwrap();
    assert_eq!(foreign.example, None);
    for unknown in ["", "☃", "a☃", "SIL", "ˈ"] {
        assert_eq!(ipa(Language::English, unknown), None, "{unknown}");
    }
}

#[test]
fn every_phoneme_is_found_by_its_address_alone() {
    let mut ids = BTreeSet::new();
    for phoneme in Language::ALL.into_iter().flat_map(|language| PHONEMES.of(language)) {
        let id = phoneme.id();
        assert!(
            id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
            "{id}"
        );
        assert_eq!(PHONEMES.by_id(&id).map(Phoneme::id), Some(id.clone()));
        assert!(ids.insert(id));
    }
    assert!(ids.contains("fr-0254-0303"));
    for id in [
        "",
        "fr",
        "fr-",
        "fr-2603",
        "xx-0061",
        "fr-61",
        "fr-0061-zz",
        "fr-d800",
        "french-0061",
    ] {
        assert!(PHONEMES.by_id(id).is_none(), "{id}");
    }
}

#[test]
fn chinese_examples_can_be_read_aloud() {
    let mut readings = Catalogue::built_in().readings();
    PHONEMES.add_readings(&mut readings);
    for phoneme in PHONEMES.of(Language::Chinese) {
        let spoken = readings.spoken(Language::Chinese, &phoneme.example);
        assert_eq!(spoken.as_ref(), phoneme.spoken.as_ref());
    }
}

/// The built-in files, one of them changed.
fn read_with(file: &str, change: impl Fn(&str) -> String) -> Result<Phonemes, ContentError> {
    let files = BUILT_IN.into_iter().map(|(name, text)| {
        let text = if name == file { change(text) } else { text.to_owned() };
        (name.to_owned(), text)
    });
    format::read(files.collect())
}

#[test]
fn faults_name_the_file_and_the_sound() {
    let french = "phonemes/french.toml";
    for (file, from, to, reason) in [
        (
            format::SOUNDS,
            "close front rounded",
            "close lateral",
            "sound \"y\" has a name",
        ),
        (
            format::SOUNDS,
            "advice.english = \"Say “ee”",
            "advice.x = \"",
            "unknown variant",
        ),
        (
            format::SOUNDS,
            "ipa = \"ʎ\"",
            "ipa = \"l\"",
            "sound \"l\" has the sign /l/ twice",
        ),
        (
            format::SOUNDS,
            "ipa = \"ʎ\"",
            "ipa = \"ˈ\"",
            "sound \"ˈ\" has an empty sign",
        ),
        (format::CONTRASTS, "[steady]", "[wobbly]", "unknown variant `wobbly`"),
        (format::CONTRASTS, "/{heard}/", "/it/", "must hold {heard}"),
        (
            format::CONTRASTS,
            "\"Round your lips more.\"",
            "\" \"",
            "contrast Rounded has a text that is empty",
        ),
        (french, "\"ʁ\"", "\"☃\"", "phoneme \"☃\" is not made of the sounds"),
        (
            french,
            "ipa = \"z\"",
            "ipa = \"s\"",
            "phoneme \"s\" has the sign /s/ twice",
        ),
        (
            french,
            "example = \"rose\"",
            "example = \" \"",
            "phoneme \"z\" has an example that is empty",
        ),
        (
            french,
            "example = \"rose\"",
            "sample = \"rose\"",
            "unknown field `sample`",
        ),
        (french, "\"french\"", "\"german\"", "german has another file, too"),
    ] {
        let error = read_with(file, |text| text.replacen(from, to, 1))
            .unwrap_err()
            .to_string();
        assert!(error.contains(reason), "{error}");
        assert!(error.starts_with("phonemes/"), "{error}");
    }
    let without = |file: &str| {
        let files = BUILT_IN.into_iter().filter(|(name, _)| *name != file);
        format::read(files.map(|(name, text)| (name.to_owned(), text.to_owned())).collect())
    };
    assert!(
        without(format::CONTRASTS)
            .unwrap_err()
            .to_string()
            .contains("contrasts.toml: is missing")
    );
    assert!(without(french).unwrap().of(Language::French).is_empty());
}

#[test]
fn a_native_language_without_a_text_is_told_in_english() {
    let french = |text: &str| {
        let lines = text.lines().filter(|line| !line.starts_with("advice.french"));
        lines.collect::<Vec<_>>().join("\n")
    };
    let phonemes = read_with(format::SOUNDS, french).unwrap();
    let advice = |native| phonemes.advice(Language::German, native, "ç", None).unwrap().text;
    assert_eq!(advice(Language::French), advice(Language::English));
    assert_ne!(advice(Language::Spanish), advice(Language::English));
}

#[test]
fn a_directory_without_phonemes_has_the_built_in_ones() {
    let dir = tempfile::tempdir().unwrap();
    assert!(!Phonemes::load(dir.path()).unwrap().of(Language::French).is_empty());
    std::fs::create_dir(dir.path().join("phonemes")).unwrap();
    let error = Phonemes::load(dir.path()).unwrap_err().to_string();
    assert!(error.contains("phonemes/sounds.toml: is missing"), "{error}");
    for (file, text) in BUILT_IN {
        std::fs::write(dir.path().join(file), text).unwrap();
    }
    let loaded = Phonemes::load(dir.path()).unwrap();
    assert_eq!(loaded.of(Language::Chinese).len(), PHONEMES.of(Language::Chinese).len());
}

proptest! {
    #[test]
    fn any_sound_is_looked_up(
        practised in proptest::sample::select(&Language::ALL[..]),
        native in proptest::sample::select(&Language::ALL[..]),
        ipa in "\\PC*|[aeijwɥnŋptɾɹsʃːʰ˭\u{303}ˈ]{0,6}",
        heard in proptest::option::of("\\PC*|[aeijwɥnŋptɾɹsʃːʰ˭\u{303}ˈ]{0,6}"),
    ) {
        if let Some(advice) = PHONEMES.advice(practised, native, &ipa, heard.as_deref()) {
            prop_assert!(!advice.text.is_empty() && !advice.ipa.is_empty());
        }
        PHONEMES.by_id(&ipa);
    }
}

//! The files of `content/phonemes/` as they are written, and what may be wrong in them. Unknown fields are errors.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::composition::{Composed, Sound, Texts, normal};
use super::contrast::Change;
use super::features::Features;
use super::{Phoneme, Phonemes};
use crate::language::Language;
use crate::scenario::{ContentError, Fault};

/// Where each of the three kinds of file lies, from the content directory.
pub(super) const SOUNDS: &str = "phonemes/sounds.toml";
pub(super) const CONTRASTS: &str = "phonemes/contrasts.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SoundsFile {
    sounds: Vec<SoundEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SoundEntry {
    ipa: String,
    name: String,
    #[serde(default)]
    aliases: Vec<String>,
    advice: Texts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InventoryFile {
    language: Language,
    phonemes: Vec<PhonemeEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PhonemeEntry {
    ipa: String,
    #[serde(default)]
    aliases: Vec<String>,
    sound: Option<String>,
    example: String,
    spoken: Option<String>,
    advice: Option<Texts>,
}

/// Reads all files, each given as its name and text.
///
/// # Errors
/// The first file that is no TOML of its kind, or all faults.
pub(super) fn read(files: Vec<(String, String)>) -> Result<Phonemes, ContentError> {
    let mut faults = Vec::new();
    let (mut sounds, mut contrasts, mut inventories) = (None, None, Vec::new());
    for (file, text) in &files {
        match file.as_str() {
            SOUNDS => sounds = Some(read_sounds(file, parse(file, text)?, &mut faults)),
            CONTRASTS => contrasts = Some(read_contrasts(file, parse(file, text)?, &mut faults)),
            _ => inventories.push((file, parse::<InventoryFile>(file, text)?)),
        }
    }
    for (file, is_there) in [(SOUNDS, sounds.is_some()), (CONTRASTS, contrasts.is_some())] {
        if !is_there {
            faults.push(Fault::of_file(file, "is missing".to_owned()));
        }
    }
    let sounds = sounds.unwrap_or_default();
    let mut by_language = BTreeMap::new();
    for (file, inventory) in inventories {
        let language = inventory.language;
        let phonemes = read_inventory(file, inventory, &sounds, &mut faults);
        if by_language.insert(language, phonemes).is_some() {
            faults.push(Fault::of_file(file, format!("{language} has another file, too")));
        }
    }
    if !faults.is_empty() {
        return Err(ContentError::Faults { faults });
    }
    Ok(Phonemes {
        sounds,
        contrasts: contrasts.unwrap_or_default(),
        inventories: by_language,
    })
}

fn parse<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, ContentError> {
    toml::from_str(text).map_err(|error| ContentError::Syntax {
        file: file.to_owned(),
        reason: error.to_string(),
    })
}

fn read_sounds(file: &str, parsed: SoundsFile, faults: &mut Vec<Fault>) -> Vec<Sound> {
    let mut taken = BTreeSet::new();
    let mut sounds = Vec::new();
    for entry in parsed.sounds {
        let mut wrong = |reason: &str| faults.push(Fault::of_file(file, format!("sound {:?} {reason}", entry.ipa)));
        let signs = signs_of(&entry.ipa, &entry.aliases, &mut taken, &mut wrong);
        check_texts(&entry.advice, &mut wrong);
        let Some(features) = Features::parse(&entry.name) else {
            wrong("has a name that is not made of features");
            continue;
        };
        if let Some((ipa, aliases)) = signs {
            sounds.push(Sound {
                ipa,
                aliases,
                features,
                advice: entry.advice,
            });
        }
    }
    sounds
}

fn read_contrasts(file: &str, parsed: BTreeMap<Change, Texts>, faults: &mut Vec<Fault>) -> BTreeMap<Change, Texts> {
    for change in Change::ALL {
        let mut wrong = |reason: &str| faults.push(Fault::of_file(file, format!("contrast {change:?} {reason}")));
        match parsed.get(&change) {
            Some(texts) => check_texts(texts, &mut wrong),
            None => wrong("is missing"),
        }
    }
    let heard = parsed.get(&Change::Heard).into_iter().flat_map(BTreeMap::values);
    for text in heard {
        if !(text.contains(HEARD) && text.contains(SHOULD)) {
            let reason = format!("contrast Heard must hold {HEARD} and {SHOULD}: {text:?}");
            faults.push(Fault::of_file(file, reason));
        }
    }
    parsed
}

fn read_inventory(file: &str, parsed: InventoryFile, sounds: &[Sound], faults: &mut Vec<Fault>) -> Vec<Phoneme> {
    let language = parsed.language;
    let mut taken = BTreeSet::new();
    let mut phonemes = Vec::new();
    for entry in parsed.phonemes {
        let mut wrong = |reason: &str| faults.push(Fault::of_file(file, format!("phoneme {:?} {reason}", entry.ipa)));
        let signs = signs_of(&entry.ipa, &entry.aliases, &mut taken, &mut wrong);
        if entry.example.trim().is_empty() || entry.spoken.as_ref().is_some_and(|spoken| spoken.trim().is_empty()) {
            wrong("has an example that is empty");
        }
        if let Some(texts) = &entry.advice {
            check_texts(texts, &mut wrong);
        }
        let sound = normal(entry.sound.as_ref().unwrap_or(&entry.ipa));
        let Some(made) = Composed::parse(sounds, &sound) else {
            wrong("is not made of the sounds of sounds.toml");
            continue;
        };
        let Some((ipa, aliases)) = signs else { continue };
        let phoneme = Phoneme {
            language,
            ipa,
            aliases,
            example: entry.example,
            spoken: entry.spoken,
            advice: entry.advice,
            made,
        };
        if phoneme.id().len() > LONGEST_ID {
            wrong("has too many signs");
        }
        phonemes.push(phoneme);
    }
    phonemes
}

/// The signs of a sound as they are looked up, unless one of them is empty or another's.
fn signs_of(
    ipa: &str,
    aliases: &[String],
    taken: &mut BTreeSet<String>,
    wrong: &mut impl FnMut(&str),
) -> Option<(String, Vec<String>)> {
    let mut signs: Vec<String> = Vec::new();
    for sign in std::iter::once(ipa).chain(aliases.iter().map(String::as_str)) {
        let sign = normal(sign);
        if sign.is_empty() {
            wrong("has an empty sign");
            return None;
        }
        if !taken.insert(sign.clone()) {
            wrong(&format!("has the sign /{sign}/ twice, or another's"));
            return None;
        }
        signs.push(sign);
    }
    let aliases = signs.split_off(1);
    Some((signs.pop()?, aliases))
}

fn check_texts(texts: &Texts, wrong: &mut impl FnMut(&str)) {
    if !texts.contains_key(&Language::English) {
        wrong("has no English text");
    }
    if texts.values().any(|text| text.trim().is_empty()) {
        wrong("has a text that is empty");
    }
}

/// What stands for the sound that was heard.
pub(super) const HEARD: &str = "{heard}";
/// What stands for the sound that should be said.
pub(super) const SHOULD: &str = "{sound}";
/// Names of files of sound are at most 64 characters long, with the hash of their text.
const LONGEST_ID: usize = 48;

//! The files of exercises as they are written, read and checked.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::guidance::Guidance;
use super::{Exercise, Exercises, Items, Kind, Sentence, Word};
use crate::assessment::articulation::Phonemes;
use crate::language::Language;
use crate::melody::Melody;
use crate::scenario::{ContentError, Fault, Level};

/// A file as it is written. Unknown fields are errors.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    language: Language,
    exercises: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    kind: Kind,
    difficulty: Level,
    #[serde(default)]
    words: Vec<Word>,
    #[serde(default)]
    sentences: Vec<Sentence>,
}

/// The file of titles and tips.
const GUIDANCE: (&str, &str) = (
    "exercises/guidance.toml",
    include_str!("../../../content/exercises/guidance.toml"),
);

const BUILT_IN: [(&str, &str); 8] = [
    (
        "exercises/chinese.toml",
        include_str!("../../../content/exercises/chinese.toml"),
    ),
    (
        "exercises/english.toml",
        include_str!("../../../content/exercises/english.toml"),
    ),
    (
        "exercises/french.toml",
        include_str!("../../../content/exercises/french.toml"),
    ),
    (
        "exercises/german.toml",
        include_str!("../../../content/exercises/german.toml"),
    ),
    (
        "exercises/italian.toml",
        include_str!("../../../content/exercises/italian.toml"),
    ),
    (
        "exercises/japanese.toml",
        include_str!("../../../content/exercises/japanese.toml"),
    ),
    (
        "exercises/portuguese.toml",
        include_str!("../../../content/exercises/portuguese.toml"),
    ),
    (
        "exercises/spanish.toml",
        include_str!("../../../content/exercises/spanish.toml"),
    ),
];

/// The files that the program is built with.
pub(super) fn built_in() -> Vec<(String, String)> {
    let owned = |(file, text): (&str, &str)| (file.to_owned(), text.to_owned());
    BUILT_IN.into_iter().chain([GUIDANCE]).map(owned).collect()
}

/// Reads files of exercises, and the titles and tips beside them: the built-in ones, where there is no such file.
pub(super) fn read(files: Vec<(String, String)>, phonemes: &Phonemes) -> Result<Exercises, ContentError> {
    let (guidance, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|(file, _)| file == GUIDANCE.0);
    let guidance_text = guidance.first().map_or(GUIDANCE.1, |(_, text)| text);
    let guidance: Guidance = parse(GUIDANCE.0, guidance_text)?;
    let mut faults: Vec<Fault> = guidance
        .faults()
        .into_iter()
        .map(|reason| Fault::of_file(GUIDANCE.0, reason))
        .collect();
    let mut exercises = Vec::new();
    let mut ids = BTreeSet::new();
    for (file, text) in files {
        let parsed: File = parse(&file, &text)?;
        for mut entry in parsed.exercises {
            let mut wrong: Vec<String> = check(&entry, &guidance).into_iter().map(str::to_owned).collect();
            for word in &mut entry.words {
                wrong.extend(find_sound(word, parsed.language, phonemes));
            }
            wrong.extend(
                entry
                    .sentences
                    .iter()
                    .filter_map(|sentence| check_melody(sentence, parsed.language)),
            );
            if !ids.insert(entry.id.clone()) {
                wrong.push("has the id of another".to_owned());
            }
            faults.extend(
                wrong
                    .into_iter()
                    .map(|reason| Fault::of_file(&file, format!("exercise {:?} {reason}", entry.id))),
            );
            exercises.push(Exercise {
                id: entry.id,
                language: parsed.language,
                kind: entry.kind,
                difficulty: entry.difficulty,
                items: match entry.kind.is_of_words() {
                    true => Items::Words(entry.words),
                    false => Items::Sentences(entry.sentences),
                },
            });
        }
    }
    match faults.is_empty() {
        true => Ok(Exercises { exercises, guidance }),
        false => Err(ContentError::Faults { faults }),
    }
}

fn parse<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, ContentError> {
    toml::from_str(text).map_err(|error| ContentError::Syntax {
        file: file.to_owned(),
        reason: error.to_string(),
    })
}

fn check(entry: &Entry, guidance: &Guidance) -> Vec<&'static str> {
    let mut wrong = Vec::new();
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if entry.id.is_empty() || entry.id.len() > 48 || !entry.id.chars().all(is_plain) {
        wrong.push("must have an id of at most 48 lower-case letters, digits and _");
    }
    let (wanted, other) = match entry.kind.is_of_words() {
        true => (entry.words.len(), entry.sentences.len()),
        false => (entry.sentences.len(), entry.words.len()),
    };
    if wanted == 0 || other > 0 {
        wrong.push("must have words or sentences, as its kind says, not both");
    }
    let words = entry.words.iter().map(|word| (&word.text, &word.tip));
    let sentences = entry.sentences.iter().map(|sentence| (&sentence.text, &sentence.tip));
    for (text, tip) in words.chain(sentences) {
        if text.trim().is_empty() {
            wrong.push("has a text that is empty");
        }
        if tip.as_ref().is_some_and(|tip| !guidance.has_tip(tip)) {
            wrong.push("has a tip that guidance.toml does not have");
        }
    }
    let is_ipa = |text: &str| text.len() > 2 && text.starts_with('/') && text.ends_with('/');
    if !entry.words.iter().all(|word| is_ipa(&word.phonetic)) {
        wrong.push("has a phonetic that is not between slashes");
    }
    let stresses = |sentence: &Sentence| match &sentence.stress {
        Some(word) => !word.is_empty() && sentence.text.contains(word.as_str()),
        None => entry.kind != Kind::Emphasis,
    };
    if !entry.sentences.iter().all(stresses) {
        wrong.push("has a sentence without its stressed word");
    }
    wrong
}

/// Whoever says a sentence as the exercise has it is judged by what sentences of its kind need: both must be the same. In Japanese
/// nobody judges, and more than a mark or a particle tells a question.
fn check_melody(sentence: &Sentence, language: Language) -> Option<String> {
    let expected = Melody::of(&sentence.text, language);
    let is_it = match expected {
        Melody::RiseFall => sentence.melody == expected,
        // A list, and a sentence of two parts, end as a statement does.
        Melody::Rising | Melody::Falling => sentence.melody.end() == expected.end(),
    };
    (!is_it && language != Language::Japanese).then(|| {
        format!(
            "has an intonation_pattern for {:?} that is not that of such a sentence",
            sentence.text
        )
    })
}

/// Names the sound of a word as the phonemes of the language do, or says what is wrong with it.
fn find_sound(word: &mut Word, language: Language, phonemes: &Phonemes) -> Option<String> {
    let Some(phoneme) = phonemes.find(language, &word.sound) else {
        return Some(format!("trains /{}/, which is no sound of {language}", word.sound));
    };
    word.sound.clone_from(&phoneme.ipa);
    let is_in = phoneme.is_in(&word.phonetic);
    (!is_in).then(|| format!("trains /{}/, which is not in {}", word.sound, word.phonetic))
}

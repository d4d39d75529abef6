//! Exercises for pronunciation and intonation, as data: `content/exercises/<language>.toml`.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use crate::language::Language;
use crate::scenario::directory::files;
use crate::scenario::{ContentError, Fault, Level, Readings};

/// All exercises in all languages.
#[derive(Clone, Debug)]
pub struct Exercises {
    /// In the order of the files.
    exercises: Vec<Exercise>,
}

/// One exercise: a few things to say after the voice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exercise {
    /// Unique among all, of letters, digits and `_`: `fr_r_sound`.
    pub id: String,
    /// The language that is practised.
    pub language: Language,
    /// In English.
    pub title: String,
    /// For whom it is.
    pub difficulty: Level,
    /// What is said.
    pub items: Items,
}

/// What is said in an exercise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Items {
    /// Single words: `word_repetition`.
    Words(Vec<Word>),
    /// Whole sentences: `sentence_practice`.
    Sentences(Vec<Sentence>),
}

/// A word to repeat.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Word {
    /// As written.
    pub text: String,
    /// In IPA, between slashes.
    pub phonetic: String,
    /// What to look out for, in English.
    pub tips: String,
    /// As the embedded voice reads it, where the writing system needs it.
    pub spoken: Option<String>,
}

/// A sentence to say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sentence {
    /// As written.
    pub text: String,
    /// How its melody goes: `rising`, `falling` or `rise_fall`.
    pub intonation_pattern: String,
    /// What to look out for, in English.
    pub tips: String,
    /// As the embedded voice reads it, where the writing system needs it.
    pub spoken: Option<String>,
}

/// What an exercise is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// Sounds, which words and sentences are made of: every exercise.
    Pronunciation,
    /// Melody, which only sentences have.
    Intonation,
}

impl Focus {
    /// Reads its name.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "pronunciation" => Some(Self::Pronunciation),
            "intonation" => Some(Self::Intonation),
            _ => None,
        }
    }
}

impl Items {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Words(words) => words.len(),
            Self::Sentences(sentences) => sentences.len(),
        }
    }

    /// Whether there are none, which content never has.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What there is to say, with its spoken form where it has one.
    fn texts(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let (words, sentences): (&[Word], &[Sentence]) = match self {
            Self::Words(words) => (words, &[]),
            Self::Sentences(sentences) => (&[], sentences),
        };
        let words = words.iter().map(|word| (&word.text, &word.spoken));
        let sentences = sentences.iter().map(|sentence| (&sentence.text, &sentence.spoken));
        words
            .chain(sentences)
            .map(|(text, spoken)| (text.as_str(), spoken.as_deref()))
    }

    /// The text of one, counted from 0.
    pub fn text(&self, index: usize) -> Option<&str> {
        match self {
            Self::Words(words) => words.get(index).map(|word| word.text.as_str()),
            Self::Sentences(sentences) => sentences.get(index).map(|sentence| sentence.text.as_str()),
        }
    }
}

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
    title: String,
    difficulty: Level,
    #[serde(default)]
    words: Vec<Word>,
    #[serde(default)]
    sentences: Vec<Sentence>,
}

const BUILT_IN: [(&str, &str); 8] = [
    (
        "exercises/chinese.toml",
        include_str!("../../content/exercises/chinese.toml"),
    ),
    (
        "exercises/english.toml",
        include_str!("../../content/exercises/english.toml"),
    ),
    (
        "exercises/french.toml",
        include_str!("../../content/exercises/french.toml"),
    ),
    (
        "exercises/german.toml",
        include_str!("../../content/exercises/german.toml"),
    ),
    (
        "exercises/italian.toml",
        include_str!("../../content/exercises/italian.toml"),
    ),
    (
        "exercises/japanese.toml",
        include_str!("../../content/exercises/japanese.toml"),
    ),
    (
        "exercises/portuguese.toml",
        include_str!("../../content/exercises/portuguese.toml"),
    ),
    (
        "exercises/spanish.toml",
        include_str!("../../content/exercises/spanish.toml"),
    ),
];

/// How the melody of a sentence may go.
const PATTERNS: [&str; 3] = ["rising", "falling", "rise_fall"];

impl Exercises {
    /// Those that the program is built with.
    pub fn built_in() -> Self {
        let owned = |(file, text): (&str, &str)| (file.to_owned(), text.to_owned());
        let exercises = Self::read(BUILT_IN.into_iter().map(owned).collect());
        exercises.expect("the built-in content is checked by a test")
    }

    /// Those of a directory of content: `exercises/*.toml`. Without that directory in it, the built-in ones.
    ///
    /// # Errors
    /// A file that can't be read or parsed, or all faults of those that can.
    pub fn load(dir: &Path) -> Result<Self, ContentError> {
        if !dir.join("exercises").is_dir() {
            return Ok(Self::built_in());
        }
        Self::read(files(dir, "exercises")?)
    }

    fn read(files: Vec<(String, String)>) -> Result<Self, ContentError> {
        let mut exercises = Vec::new();
        let mut faults = Vec::new();
        let mut ids = BTreeSet::new();
        for (file, text) in files {
            let parsed: File = toml::from_str(&text).map_err(|error| ContentError::Syntax {
                file: file.clone(),
                reason: error.to_string(),
            })?;
            for entry in parsed.exercises {
                let id = entry.id.clone();
                let mut wrong: Vec<String> = check(&entry).into_iter().map(str::to_owned).collect();
                if !ids.insert(id.clone()) {
                    wrong.push("has the id of another".to_owned());
                }
                faults.extend(
                    wrong
                        .into_iter()
                        .map(|reason| Fault::of_file(&file, format!("exercise {id:?} {reason}"))),
                );
                exercises.push(Exercise {
                    id,
                    language: parsed.language,
                    title: entry.title,
                    difficulty: entry.difficulty,
                    items: if entry.words.is_empty() {
                        Items::Sentences(entry.sentences)
                    } else {
                        Items::Words(entry.words)
                    },
                });
            }
        }
        if faults.is_empty() {
            Ok(Self { exercises })
        } else {
            Err(ContentError::Faults { faults })
        }
    }

    /// The exercises of a language, for a focus if one is asked for; those nearest to a level first. A level recommends, it
    /// does not exclude.
    pub fn list(&self, language: Language, focus: Option<Focus>, level: Option<Level>) -> Vec<&Exercise> {
        let suits = |exercise: &&Exercise| {
            let has_melody = matches!(exercise.items, Items::Sentences(_));
            exercise.language == language && (focus != Some(Focus::Intonation) || has_melody)
        };
        let mut listed: Vec<&Exercise> = self.exercises.iter().filter(suits).collect();
        if let Some(level) = level {
            // The sort is stable: words come before sentences, as the files have them.
            listed.sort_by_key(|exercise| (exercise.difficulty as i8 - level as i8).abs());
        }
        listed
    }

    /// Adds how what is said in the exercises is read aloud where its writing system needs it.
    pub fn add_readings(&self, readings: &mut Readings) {
        for exercise in &self.exercises {
            for (text, spoken) in exercise.items.texts() {
                if let Some(spoken) = spoken {
                    readings.learn(exercise.language, text, spoken);
                }
            }
        }
    }

    /// The exercise of that id.
    pub fn find(&self, id: &str) -> Option<&Exercise> {
        self.exercises.iter().find(|exercise| exercise.id == id)
    }
}

fn check(entry: &Entry) -> Vec<&'static str> {
    let mut wrong = Vec::new();
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if entry.id.is_empty() || entry.id.len() > 48 || !entry.id.chars().all(is_plain) {
        wrong.push("must have an id of at most 48 lower-case letters, digits and _");
    }
    if entry.words.is_empty() == entry.sentences.is_empty() {
        wrong.push("must have words or sentences, not both");
    }
    let texts = entry.words.iter().map(|word| (&word.text, &word.tips));
    let mut texts = texts.chain(entry.sentences.iter().map(|sentence| (&sentence.text, &sentence.tips)));
    if entry.title.trim().is_empty() || texts.any(|(text, tips)| text.trim().is_empty() || tips.trim().is_empty()) {
        wrong.push("has a title, a text or a tip that is empty");
    }
    let is_ipa = |text: &str| text.len() > 2 && text.starts_with('/') && text.ends_with('/');
    if !entry.words.iter().all(|word| is_ipa(&word.phonetic)) {
        wrong.push("has a phonetic that is not between slashes");
    }
    let is_known = |sentence: &Sentence| PATTERNS.contains(&sentence.intonation_pattern.as_str());
    if !entry.sentences.iter().all(is_known) {
        wrong.push("has an intonation_pattern that is none of rising, falling, rise_fall");
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_two_exercises_of_three_items_for_each_focus() {
        let exercises = Exercises::built_in();
        for language in Language::ALL {
            let sentences = exercises.list(language, Some(Focus::Intonation), None);
            let all = exercises.list(language, Some(Focus::Pronunciation), None);
            assert!(sentences.len() >= 2, "{language}");
            assert!(all.len() >= sentences.len() + 2, "{language}");
            assert!(all.iter().all(|exercise| exercise.items.len() >= 3), "{language}");
            assert!(matches!(all[0].items, Items::Words(_)), "{language}");
        }
    }

    #[test]
    fn every_chinese_and_japanese_item_can_be_read_aloud() {
        let exercises = Exercises::built_in();
        let mut readings = Readings::default();
        exercises.add_readings(&mut readings);
        for language in [Language::Chinese, Language::Japanese] {
            for exercise in exercises.list(language, None, None) {
                for (text, _) in exercise.items.texts() {
                    assert!(readings.spoken(language, text).is_some(), "{text}");
                }
            }
        }
    }

    #[test]
    fn the_level_asked_for_comes_first_and_excludes_none() {
        let exercises = Exercises::built_in();
        let all = exercises.list(Language::French, None, None).len();
        for level in [Level::Beginner, Level::Intermediate, Level::Advanced] {
            let listed = exercises.list(Language::French, None, Some(level));
            assert_eq!(listed.len(), all);
            let distance = |exercise: &&Exercise| (exercise.difficulty as i8 - level as i8).abs();
            assert!(listed.is_sorted_by_key(distance));
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
        let read = |text: &str| Exercises::read(vec![("exercises/x.toml".to_owned(), text.to_owned())]);
        let entry = |id: &str, rest: &str| {
            format!("[[exercises]]\nid = \"{id}\"\ntitle = \"T\"\ndifficulty = \"beginner\"\n{rest}\n")
        };
        let word = |phonetic: &str| format!("words = [{{ text = \"a\", phonetic = \"{phonetic}\", tips = \"t\" }}]");
        let sentence = "sentences = [{ text = \"a\", intonation_pattern = \"wavy\", tips = \"t\" }]";
        for (entries, reason) in [
            (entry("A b", &word("/a/")), "must have an id"),
            (entry("a", ""), "words or sentences"),
            (entry("a", &word("a")), "between slashes"),
            (entry("a", sentence), "intonation_pattern"),
            (entry("a", &word("/a/")) + &entry("a", &word("/a/")), "id of another"),
        ] {
            let error = read(&format!("language = \"french\"\n{entries}"))
                .unwrap_err()
                .to_string();
            assert!(error.starts_with("exercises/x.toml"), "{error}");
            assert!(error.contains(reason), "{error}");
        }
        assert!(matches!(read("language = 1"), Err(ContentError::Syntax { .. })));
    }
}

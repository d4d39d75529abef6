//! Exercises for pronunciation and intonation, as data: `content/exercises/<language>.toml`, and what they are called and what
//! there is to look out for in them, in the learner's own language.

use std::path::Path;

use serde::Deserialize;

use crate::assessment::articulation::Phonemes;
use crate::assessment::feedback::joined;
use crate::language::Language;
use crate::melody::Melody;
use crate::scenario::directory::files;
use crate::scenario::{ContentError, Level, Readings};

mod format;
mod guidance;
#[cfg(test)]
mod tests;

use guidance::Guidance;

/// All exercises in all languages.
#[derive(Clone, Debug)]
pub struct Exercises {
    /// In the order of the files.
    exercises: Vec<Exercise>,
    guidance: Guidance,
}

/// One exercise: a few things to say after the voice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exercise {
    /// Unique among all, of letters, digits and `_`: `fr_r_sound`.
    pub id: String,
    /// The language that is practised.
    pub language: Language,
    /// What is practised.
    pub kind: Kind,
    /// For whom it is.
    pub difficulty: Level,
    /// What is said.
    pub items: Items,
}

/// What an exercise practises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Words with a sound.
    Sounds,
    /// Words that only one sound tells apart.
    Pairs,
    /// Sentences that state something.
    Statements,
    /// Questions that are answered by yes or no.
    Questions,
    /// Questions with a question word.
    OpenQuestions,
    /// Questions that leave a choice.
    Choices,
    /// Things that are named one after the other.
    Lists,
    /// Polite requests.
    Requests,
    /// Sentences in which one word stands out.
    Emphasis,
    /// Long sentences, said in groups of words.
    Phrasing,
}

impl Kind {
    /// Every one.
    pub const ALL: [Self; 10] = [
        Self::Sounds,
        Self::Pairs,
        Self::Statements,
        Self::Questions,
        Self::OpenQuestions,
        Self::Choices,
        Self::Lists,
        Self::Requests,
        Self::Emphasis,
        Self::Phrasing,
    ];

    /// Whether single words are said.
    pub fn is_of_words(self) -> bool {
        matches!(self, Self::Sounds | Self::Pairs)
    }
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
    /// The sound that it is there for, as the phonemes of the language have it.
    pub sound: String,
    /// What else to look out for: the name of a tip.
    pub tip: Option<String>,
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
    #[serde(rename = "intonation_pattern")]
    pub melody: Melody,
    /// What to look out for: the name of a tip. That of the exercise's kind where there is none.
    pub tip: Option<String>,
    /// The word that stands out.
    pub stress: Option<String>,
    /// As the embedded voice reads it, where the writing system needs it.
    pub spoken: Option<String>,
}

/// What an exercise is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Focus {
    /// Sounds, which words and sentences are made of: every exercise.
    Pronunciation,
    /// Melody, which only sentences have.
    Intonation,
    /// Pace and pauses, for which sentences must be long.
    Fluency,
    /// One sound, as the phonemes of the language have it.
    Sound(String),
    /// One kind of exercise.
    Kind(Kind),
}

impl Focus {
    /// Reads the name of an area.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "pronunciation" => Some(Self::Pronunciation),
            "intonation" => Some(Self::Intonation),
            "fluency" => Some(Self::Fluency),
            _ => None,
        }
    }

    /// A sound in IPA, with slashes or without: by the sign that the phonemes of the language have for it, if it is one of them.
    pub fn of_sound(ipa: &str, language: Language, phonemes: &Phonemes) -> Self {
        let known = phonemes.find(language, ipa.trim());
        Self::Sound(known.map_or(ipa, |phoneme| &phoneme.ipa).to_owned())
    }
}

/// How much the difficulty counts when exercises are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difficulty {
    /// It doesn't.
    Any,
    /// Those nearest to a level come first.
    First(Level),
    /// Only those of a level; where it has none, only those nearest to it.
    Only(Level),
}

impl Exercise {
    /// The sounds that its words are there for, each once.
    pub fn sounds(&self) -> Vec<&str> {
        let mut sounds: Vec<&str> = Vec::new();
        if let Items::Words(words) = &self.items {
            for word in words {
                if !sounds.contains(&word.sound.as_str()) {
                    sounds.push(&word.sound);
                }
            }
        }
        sounds
    }

    /// Whether it is good for that.
    pub fn trains(&self, focus: &Focus) -> bool {
        match focus {
            Focus::Pronunciation => true,
            Focus::Intonation => !self.kind.is_of_words(),
            Focus::Fluency => self.kind == Kind::Phrasing,
            Focus::Sound(sound) => self.sounds().contains(&sound.as_str()),
            Focus::Kind(kind) => self.kind == *kind,
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

    /// How the melody of one goes, counted from 0; single words have none.
    pub fn melody(&self, index: usize) -> Option<Melody> {
        match self {
            Self::Words(_) => None,
            Self::Sentences(sentences) => sentences.get(index).map(|sentence| sentence.melody),
        }
    }

    /// The text of one, counted from 0.
    pub fn text(&self, index: usize) -> Option<&str> {
        self.texts().nth(index).map(|(text, _)| text)
    }
}

impl Exercises {
    /// Those that the program is built with.
    pub fn built_in() -> Self {
        let exercises = format::read(format::built_in(), &Phonemes::built_in());
        exercises.expect("the built-in content is checked by a test")
    }

    /// Those of a directory of content: `exercises/*.toml`. Without that directory in it, the built-in ones.
    ///
    /// # Errors
    /// A file that can't be read or parsed, or all faults of those that can; among them a sound that is none of the `phonemes`
    /// of its language.
    pub fn load(dir: &Path, phonemes: &Phonemes) -> Result<Self, ContentError> {
        match dir.join("exercises").is_dir() {
            true => format::read(files(dir, "exercises")?, phonemes),
            false => format::read(format::built_in(), phonemes),
        }
    }

    /// The exercises of a language, for a focus if one is asked for.
    pub fn list(&self, language: Language, focus: Option<&Focus>, difficulty: Difficulty) -> Vec<&Exercise> {
        let suits =
            |exercise: &&Exercise| exercise.language == language && focus.is_none_or(|focus| exercise.trains(focus));
        let mut listed: Vec<&Exercise> = self.exercises.iter().filter(suits).collect();
        let distance = |exercise: &Exercise, level: Level| (exercise.difficulty as i8 - level as i8).abs();
        match difficulty {
            Difficulty::Any => {}
            // The sort is stable: words come before sentences, as the files have them.
            Difficulty::First(level) => listed.sort_by_key(|exercise| distance(exercise, level)),
            Difficulty::Only(level) => {
                let nearest = listed.iter().map(|exercise| distance(exercise, level)).min();
                listed.retain(|exercise| Some(distance(exercise, level)) == nearest);
            }
        }
        listed
    }

    /// What an exercise is called in the learner's own language.
    pub fn title(&self, exercise: &Exercise, native: Language) -> String {
        let (sounds, words) = match &exercise.items {
            Items::Words(words) => {
                let sounds = exercise.sounds();
                let examples: Vec<&str> = match exercise.kind {
                    Kind::Pairs => words.iter().take(2).map(|word| word.text.as_str()).collect(),
                    _ => sounds
                        .iter()
                        .filter_map(|sound| words.iter().find(|word| word.sound == *sound))
                        .map(|word| word.text.as_str())
                        .collect(),
                };
                let sounds: Vec<String> = sounds.iter().map(|sound| format!("/{sound}/")).collect();
                (sounds.join(", "), examples.join(", "))
            }
            Items::Sentences(_) => Default::default(),
        };
        let text = exercise.items.text(0).unwrap_or_default();
        let title = self.guidance.title(exercise.kind, native);
        guidance::fill(title, &[("sounds", &sounds), ("words", &words), ("text", text)])
    }

    /// What to look out for in a word, in the learner's own language: how its sound is made, and what else there is.
    pub fn word_tips(&self, exercise: &Exercise, word: &Word, native: Language, phonemes: &Phonemes) -> String {
        let sound = phonemes.advice(exercise.language, native, &word.sound, None);
        let sound = sound.map(|advice| advice.text).unwrap_or_default();
        let tip = word.tip.as_ref().map_or("", |tip| self.guidance.tip(tip, native));
        joined(native, [sound.as_str(), tip])
    }

    /// What to look out for in a sentence, in the learner's own language.
    pub fn sentence_tips(&self, exercise: &Exercise, sentence: &Sentence, native: Language) -> String {
        let tip = match &sentence.tip {
            Some(tip) => self.guidance.tip(tip, native),
            None => self.guidance.tip_of(exercise.kind, native),
        };
        guidance::fill(tip, &[("word", sentence.stress.as_deref().unwrap_or_default())])
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

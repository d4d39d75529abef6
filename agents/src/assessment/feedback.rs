//! What learners are told about a recording of theirs, in their own language: sentences with places for what was measured. Data:
//! `content/feedback.toml`, explained in `docs/content.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use crate::language::Language;
use crate::scenario::directory::file;
use crate::scenario::{ContentError, Fault};

/// Where the file lies, from the content directory.
const FILE: &str = "feedback.toml";

/// All sentences in all languages.
#[derive(Clone, Debug)]
pub struct Feedback {
    texts: BTreeMap<Sentence, BTreeMap<Language, String>>,
}

macro_rules! sentences {
    ($($(#[$doc:meta])* $name:ident $(($($place:literal),+))?,)+) => {
        /// Something to tell.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Sentence {
            $($(#[$doc])* $name,)+
        }

        impl Sentence {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// What its texts have places for, in braces.
            pub fn places(self) -> &'static [&'static str] {
                match self {
                    $(Self::$name => &[$($($place),+)?],)+
                }
            }
        }
    };
}

sentences! {
    /// Less than half as fast as natives.
    PaceSlow,
    /// As fast as natives, nearly.
    PaceAppropriate,
    /// Faster than natives.
    PaceFast,
    /// Too few syllables to tell.
    PaceUnclear,
    /// No pause.
    PausesNone,
    /// One.
    PausesOne,
    /// Two and more.
    PausesMany("count"),
    /// One of them, within a clause, is longer than a second.
    PauseLong,
    /// One filler word.
    FillersOne,
    /// Two and more.
    FillersMany("count"),
    /// A question that rises as it should.
    EndRisesWell,
    /// The same, less than clearly.
    EndRisesFaintly,
    /// What rises and should fall.
    EndRisesWrongly,
    /// What falls as it should.
    EndFallsWell,
    /// The same, less than clearly.
    EndFallsFaintly,
    /// A question that falls and should rise.
    EndFallsWrongly,
    /// A question that doesn't rise.
    EndLevelNotRising,
    /// What doesn't fall.
    EndLevelNotFalling,
    /// What rises; how it should end isn't known.
    EndRises,
    /// What falls, likewise.
    EndFalls,
    /// What does neither, likewise.
    EndLevel,
    /// Too little of the end has a pitch.
    EndUnclear,
    /// Nobody here judges the language.
    NoScoreLanguage,
    /// Something else was said.
    NoScoreOtherText,
    /// Too little was said.
    NoScoreShort,
    /// There is too much noise.
    NoScoreNoisy,
    /// It is too loud.
    NoScoreClipped,
    /// It came over a telephone.
    NoScoreNarrowBand,
    /// Any other lack of certainty.
    NoScoreUnclear,
    /// Of a sound that was made well.
    SoundExcellent,
    /// Of one that was nearly made well.
    SoundNearly,
    /// Of one that nothing here tells from what learners usually say in its place.
    SoundUntold,
    /// Of a word whose sounds aren't told apart.
    WordOnceMore("word"),
    /// Of a word in whose place another was said.
    WordOther,
    /// A word, and what to do about it.
    WordTip("word", "tip"),
    /// A word that was left out.
    WordOmitted("word"),
    /// Something was said beside the text.
    WordsAdded,
    /// Say the text.
    DoOtherText,
    /// Don't halt.
    DoSlow,
    /// Don't hurry.
    DoFast,
    /// Pause where clauses end.
    DoPauses,
    /// No fillers.
    DoFillers,
    /// Let the question rise.
    DoRise,
    /// Let the sentence fall.
    DoFall,
    /// Move the voice.
    DoLivelier,
    /// There is nothing to do.
    DoKeepOn,
    /// It was good.
    DoPraise,
}

impl Feedback {
    /// What the program is built with.
    pub fn built_in() -> Self {
        let read = read(FILE, include_str!("../../../content/feedback.toml"));
        read.expect("the built-in content is checked by a test")
    }

    /// That of a directory of content: `feedback.toml`. Without that file in it, the built-in one.
    ///
    /// # Errors
    /// A file that can't be read or parsed, or all its faults.
    pub fn load(dir: &Path) -> Result<Self, ContentError> {
        let path = dir.join(FILE);
        if !path.is_file() {
            return Ok(Self::built_in());
        }
        let (name, text) = file(dir, path)?;
        read(&name, &text)
    }

    /// A sentence in the learner's own language.
    pub fn say(&self, sentence: Sentence, native: Language) -> &str {
        let texts = self.texts.get(&sentence);
        texts.and_then(|texts| texts.get(&native)).map_or("", String::as_str)
    }

    /// The same with what belongs in its places.
    pub fn fill(&self, sentence: Sentence, native: Language, filling: &[(&str, &str)]) -> String {
        let mut rest = self.say(sentence, native);
        let mut filled = String::with_capacity(rest.len() + 32);
        // In one go: what is filled in may have braces of its own.
        while let Some((before, place, after)) = next_place(rest) {
            filled.push_str(before);
            let value = filling.iter().find(|(name, _)| *name == place);
            filled.push_str(value.map_or("", |(_, value)| value));
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

/// What stands before the first place, its name, and what stands behind it.
fn next_place(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (place, after) = rest.split_once('}')?;
    Some((before, place, after))
}

/// Sentences of a language in a row.
pub fn joined<'a>(language: Language, sentences: impl IntoIterator<Item = &'a str>) -> String {
    let space = match language {
        Language::Chinese | Language::Japanese => "",
        _ => " ",
    };
    let sentences: Vec<&str> = sentences.into_iter().filter(|sentence| !sentence.is_empty()).collect();
    sentences.join(space)
}

fn read(name: &str, text: &str) -> Result<Feedback, ContentError> {
    let texts: BTreeMap<Sentence, BTreeMap<Language, String>> =
        toml::from_str(text).map_err(|error| ContentError::Syntax {
            file: name.to_owned(),
            reason: error.to_string(),
        })?;
    let mut faults = Vec::new();
    for sentence in Sentence::ALL {
        for language in Language::ALL {
            let text = texts.get(sentence).and_then(|texts| texts.get(&language));
            let fault = match text {
                None => Some("is missing".to_owned()),
                Some(text) => wrong(*sentence, text).map(|wrong| format!("{wrong}: {text:?}")),
            };
            if let Some(fault) = fault {
                faults.push(Fault::of_file(name, format!("{sentence:?} in {language} {fault}")));
            }
        }
    }
    if faults.is_empty() {
        Ok(Feedback { texts })
    } else {
        Err(ContentError::Faults { faults })
    }
}

fn wrong(sentence: Sentence, text: &str) -> Option<&'static str> {
    if text.trim().is_empty() || text.trim() != text {
        return Some("is empty or has a blank at an end");
    }
    let mut places = Vec::new();
    let mut rest = text;
    while let Some((_, place, after)) = next_place(rest) {
        places.push(place);
        rest = after;
    }
    if rest.contains(['{', '}']) {
        return Some("has a brace too many");
    }
    let known: BTreeSet<&str> = sentence.places().iter().copied().collect();
    let used: BTreeSet<&str> = places.iter().copied().collect();
    (used != known || used.len() != places.len()).then_some("must have each of its places once, and no other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_is_there_in_every_language_with_all_its_places() {
        let feedback = Feedback::built_in();
        for sentence in Sentence::ALL {
            let mut texts = BTreeSet::new();
            for language in Language::ALL {
                let filling: Vec<(&str, &str)> = sentence.places().iter().map(|place| (*place, "Ω")).collect();
                let text = feedback.fill(*sentence, language, &filling);
                assert_eq!(text.matches('Ω').count(), sentence.places().len(), "{text}");
                assert!(!text.contains(['{', '}']), "{text}");
                texts.insert(text);
            }
            // A translation that was forgotten shows as its original.
            let fewest = if *sentence == Sentence::WordTip {
                3
            } else {
                Language::ALL.len()
            };
            assert_eq!(texts.len(), fewest, "{texts:?}");
        }
    }

    #[test]
    fn braces_of_a_learners_own_stay_as_they_are() {
        let feedback = Feedback::built_in();
        let filling = [("word", "{tip}"), ("tip", "{word}")];
        let text = feedback.fill(Sentence::WordTip, Language::English, &filling);
        assert_eq!(text, "{tip}: {word}");
    }

    #[test]
    fn all_faults_of_a_file_are_told() {
        let text = include_str!("../../../content/feedback.toml");
        for (wrong, right, told) in [
            (
                "Du hast {count} Pausen gemacht.",
                "Du hast Pausen gemacht.",
                "PausesMany in german must",
            ),
            ("You paused once.", " ", "PausesOne in english is empty"),
            ("[do_fall]\n", "[do_fal]\n", "do_fal"),
            (
                "Let your voice rise at the end of this question.",
                "Rise {",
                "DoRise in english has a brace",
            ),
            (
                "japanese = \"途中で止まりませんでした。\"\n",
                "",
                "PausesNone in japanese is missing",
            ),
        ] {
            assert!(text.contains(wrong), "{wrong}");
            let error = read(FILE, &text.replace(wrong, right)).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn a_directory_without_the_file_keeps_the_built_in_one() {
        let dir = tempfile::tempdir().unwrap();
        let told = |feedback: &Feedback| feedback.say(Sentence::DoFall, Language::German).to_owned();
        assert_eq!(told(&Feedback::load(dir.path()).unwrap()), told(&Feedback::built_in()));
        let text = include_str!("../../../content/feedback.toml")
            .replace("Lass die Stimme am Ende des Satzes sinken.", "Tiefer!");
        std::fs::write(dir.path().join(FILE), text).unwrap();
        assert_eq!(told(&Feedback::load(dir.path()).unwrap()), "Tiefer!");
    }
}

//! How demanding the words of an English text are, by the bands of the CEFR that a published list puts them in.
//!
//! The list is the operator's: a file of comma-separated values that begins `headword,pos,CEFR`, as the CEFR-J Vocabulary Profile
//! (Tono, Tokyo University of Foreign Studies; A1 to B2) and the Octanove Vocabulary Profile (C1 and C2) are published. None is
//! part of the program.
//!
//! A text's band is the lowest one that, with those below it, covers 95% of its listed words: the share of a text that Laufer
//! (1989) found a reader has to know. Under twenty words that is all of them, so that the hardest word decides. A word that
//! is listed in several bands counts in the lowest, since no part of speech is told here; one that is not listed itself is looked
//! for as the form of another. Names, numbers and whatever else is not listed don't count. There is no band where fewer than
//! three words are listed, or fewer than half.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use super::inflection::headwords;
use crate::scenario::Level;

/// A band of the CEFR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Band {
    /// Breakthrough.
    A1,
    /// Waystage.
    A2,
    /// Threshold.
    B1,
    /// Vantage.
    B2,
    /// Effective operational proficiency.
    C1,
    /// Mastery.
    C2,
}

impl Band {
    /// All of them, the lowest first.
    pub const ALL: [Self; 6] = [Self::A1, Self::A2, Self::B1, Self::B2, Self::C1, Self::C2];

    /// Reads a band's name.
    pub fn parse(text: &str) -> Option<Self> {
        let names = ["A1", "A2", "B1", "B2", "C1", "C2"];
        let at = names.iter().position(|name| name.eq_ignore_ascii_case(text.trim()))?;
        Some(Self::ALL[at])
    }

    /// The level that the band is part of.
    pub fn level(self) -> Level {
        match self {
            Self::A1 | Self::A2 => Level::Beginner,
            Self::B1 | Self::B2 => Level::Intermediate,
            Self::C1 | Self::C2 => Level::Advanced,
        }
    }
}

/// Words and the bands that they are learnt in.
#[derive(Clone, Debug, Default)]
pub struct BandList {
    bands: HashMap<String, Band>,
}

/// Why a list can't be used.
#[derive(Debug, thiserror::Error)]
pub enum BandListError {
    /// The file or directory can't be read.
    #[error("{path} can't be read: {source}")]
    Read {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line is not what it should be.
    #[error("{path}, line {line}: {reason}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// There is nothing in it.
    #[error("{0} has no words")]
    Empty(PathBuf),
}

/// What the words of a text are by the list: the evidence of its band.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// The text's band, if there is enough to tell it by.
    pub band: Option<Band>,
    /// How many words are in each band, from A1 to C2.
    pub counts: [usize; Band::ALL.len()],
    /// Words that are not listed: names, numbers, rare ones.
    pub unlisted: usize,
    /// The words of the text's band and of those above it, each once, in the order of the text; none of A1.
    pub hardest: Vec<(String, Band)>,
}

/// Listed words that a text has at least before it has a band.
const FEWEST: usize = 3;
/// The share of the listed words that the text's band covers, in hundredths.
const COVERED: usize = 95;
/// The longest headword, in words ("as well as").
const LONGEST: usize = 3;
/// What a list begins with.
const HEADING: [&str; 3] = ["headword", "pos", "cefr"];

impl BandList {
    /// Reads a file, or all files of a directory whose names end in `.csv`.
    ///
    /// # Errors
    /// What can't be read, and the first line that is no entry.
    pub fn read(path: &Path) -> Result<Self, BandListError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| BandListError::Read { path, source }
        };
        let mut files = vec![path.to_owned()];
        if path.is_dir() {
            let entries = std::fs::read_dir(path).map_err(failed(path))?;
            let paths: Result<Vec<PathBuf>, _> = entries.map(|entry| Ok(entry.map_err(failed(path))?.path())).collect();
            files = paths?;
            files.retain(|file| file.extension().is_some_and(|extension| extension == "csv"));
        }
        let mut list = Self::default();
        for file in &files {
            let text = std::fs::read_to_string(file).map_err(failed(file))?;
            list.add(&text).map_err(|(line, reason)| BandListError::Line {
                path: file.clone(),
                line,
                reason,
            })?;
        }
        match list.bands.is_empty() {
            true => Err(BandListError::Empty(path.to_owned())),
            false => Ok(list),
        }
    }

    /// How many words it has; different spellings are different words.
    pub fn len(&self) -> usize {
        self.bands.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.bands.is_empty()
    }

    /// Adds the entries of a file. On failure, the line, counted from 1, and what is wrong with it.
    fn add(&mut self, text: &str) -> Result<(), (usize, String)> {
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let at = index + 1;
            if line.trim().is_empty() {
                continue;
            }
            let mut fields = line.splitn(4, ',').map(|field| field.trim().trim_matches('"').trim());
            let [headword, pos, band] = [(); 3].map(|()| fields.next().unwrap_or_default());
            if at == 1 {
                if ![headword, pos, band]
                    .iter()
                    .zip(HEADING)
                    .all(|(field, name)| field.eq_ignore_ascii_case(name))
                {
                    return Err((at, format!("the file doesn't begin with {:?}", HEADING.join(","))));
                }
                continue;
            }
            let band = Band::parse(band).ok_or_else(|| (at, format!("{band:?} is no band of the CEFR")))?;
            // "center/centre": spellings of one word.
            for spelling in headword.split('/') {
                let word = spelled(spelling);
                if word.is_empty() {
                    return Err((at, "the headword is empty".to_owned()));
                }
                let known = self.bands.entry(word).or_insert(band);
                *known = band.min(*known);
            }
        }
        Ok(())
    }

    /// The band of a word in lower case: its own, or else the lowest of those that it may be a form of.
    pub fn band(&self, word: &str) -> Option<Band> {
        let own = self.bands.get(word).copied();
        own.or_else(|| {
            headwords(word)
                .iter()
                .filter_map(|head| self.bands.get(head).copied())
                .min()
        })
    }

    /// What the words of a text are.
    pub fn profile(&self, text: &str) -> Profile {
        let text = text.replace(['’', 'ʼ'], "'").to_lowercase();
        let words: Vec<&str> = text.unicode_words().collect();
        let mut profile = Profile::default();
        let mut found: Vec<(String, Band)> = Vec::new();
        let mut at = 0;
        while at < words.len() {
            // The longest headword that begins here; the last try is the word alone.
            let entry = (1..=LONGEST.min(words.len() - at)).rev().find_map(|length| {
                let entry = words[at..at + length].join(" ");
                let band = match length {
                    1 => self.band(&entry),
                    _ => self.bands.get(&entry).copied(),
                };
                Some((entry, band?, length))
            });
            match entry {
                Some((entry, band, length)) => {
                    profile.counts[band as usize] += 1;
                    found.push((entry, band));
                    at += length;
                }
                None => {
                    profile.unlisted += 1;
                    at += 1;
                }
            }
        }
        profile.band = profile.covering();
        for (word, band) in found {
            let is_telling = band > Band::A1 && profile.band.is_some_and(|own| band >= own);
            if is_telling && profile.hardest.iter().all(|(other, _)| *other != word) {
                profile.hardest.push((word, band));
            }
        }
        profile
    }
}

impl Profile {
    /// How many words are listed.
    pub fn listed(&self) -> usize {
        self.counts.iter().sum()
    }

    fn covering(&self) -> Option<Band> {
        let listed = self.listed();
        if listed < FEWEST || listed < self.unlisted {
            return None;
        }
        let mut covered = 0;
        Band::ALL.into_iter().find(|band| {
            covered += self.counts[*band as usize];
            covered * 100 >= listed * COVERED
        })
    }
}

/// A headword as words of a text are compared with it: lower case, without marks, single spaces.
fn spelled(headword: &str) -> String {
    let lower = headword.replace('’', "'").to_lowercase();
    lower.unicode_words().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Entries made up for the test, in the form of the published lists.
    const LIST: &str = "headword,pos,CEFR,CoreInventory 1,CoreInventory 2,Threshold
a,determiner,A1,,,
I,pronoun,A1,,,
would,modal auxiliary,A1,,,
like,verb,A1,,,
two,number,A1,,,
table,noun,A1,\"Food, drink\",,
table,verb,C1,,,
for,preposition,A1,,,
center/centre,noun,A2,,,
ticket,noun,A2,,,
reserve,verb,B1,,,
as well as,preposition,B1,,,
well,adverb,A1,,,
as,preposition,A1,,,
postpone,verb,B2,,,
meeting,noun,A2,,,
";

    fn list() -> BandList {
        let mut list = BandList::default();
        list.add(LIST).expect("it is right");
        list
    }

    #[test]
    fn a_text_has_the_band_that_covers_its_words() {
        let list = list();
        for (text, band, unlisted) in [
            ("A table for two.", Some(Band::A1), 0),
            ("I’d like a table, Marie", Some(Band::A1), 1),
            ("I would like two tickets for the centre.", Some(Band::A2), 1),
            ("I reserved a table for two", Some(Band::B1), 0),
            ("I would like a postponed meeting.", Some(Band::B2), 0),
            ("A table", None, 0),
            ("Yes!", None, 1),
            ("Zwei Tische bitte, für for two tables heute Abend", None, 6),
            ("", None, 0),
        ] {
            let profile = list.profile(text);
            assert_eq!(
                (profile.band, profile.unlisted),
                (band, unlisted),
                "{text}: {profile:?}"
            );
        }
    }

    #[test]
    fn in_a_longer_text_one_hard_word_in_twenty_does_not_decide() {
        let list = list();
        let easy = "a table for two ".repeat(5);
        assert_eq!(list.profile(&format!("{easy} postpone")).band, Some(Band::A1));
        assert_eq!(list.profile(&format!("{easy} postpone postpone")).band, Some(Band::B2));
    }

    #[test]
    fn the_evidence_names_the_hardest_words_and_counts_all() {
        let profile =
            list().profile("I would like to postpone a meeting, as well as two tables, postpone two tickets.");
        assert_eq!(profile.counts, [7, 2, 1, 2, 0, 0]);
        assert_eq!(profile.unlisted, 1);
        let postpone = ("postpone".to_owned(), Band::B2);
        assert_eq!(profile.hardest, std::slice::from_ref(&postpone));
        let easy = list().profile(&format!("{} postpone", "a table for two ".repeat(5)));
        assert_eq!((easy.band, easy.hardest), (Some(Band::A1), vec![postpone]));
        let told = serde_json::to_value(&profile).expect("JSON");
        assert_eq!(told["band"], "B2");
        assert_eq!(told["hardest"][0][1], "B2");
    }

    #[test]
    fn of_several_bands_the_lowest_counts_and_spellings_are_words() {
        let list = list();
        assert_eq!(list.band("table"), Some(Band::A1));
        assert_eq!(list.band("tables"), Some(Band::A1));
        assert_eq!(list.band("center"), list.band("centre"));
        assert_eq!(list.band("postponing"), Some(Band::B2));
        assert_eq!(list.band("tabl"), None);
        assert_eq!(list.len(), 16);
    }

    #[test]
    fn bands_are_parts_of_levels() {
        let levels = Band::ALL.map(Band::level);
        use Level::{Advanced, Beginner, Intermediate};
        assert_eq!(
            levels,
            [Beginner, Beginner, Intermediate, Intermediate, Advanced, Advanced]
        );
        assert_eq!((Band::parse(" b2 "), Band::parse("B3")), (Some(Band::B2), None));
    }

    #[test]
    fn files_and_directories_are_read_and_faults_name_file_and_line() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("low.csv");
        std::fs::write(&file, LIST).expect("it is written");
        std::fs::write(dir.path().join("notes.txt"), "no list").expect("it is written");
        assert_eq!(BandList::read(&file).expect("a list").len(), 16);
        std::fs::write(
            dir.path().join("high.csv"),
            "\u{feff}headword,pos,CEFR,notes\r\nmitigate,verb,C2,\r\n",
        )
        .expect("written");
        let both = BandList::read(dir.path()).expect("two lists");
        assert_eq!((both.len(), both.band("mitigated")), (17, Some(Band::C2)));
        for (text, reason) in [
            ("word,level\na,A1\n", "line 1: the file doesn't begin with"),
            ("headword,pos,CEFR\na,determiner,easy\n", "line 2: \"easy\" is no band"),
            ("headword,pos,CEFR\n?,noun,A1\n", "line 2: the headword is empty"),
            ("headword,pos,CEFR\n", "has no words"),
            ("", "has no words"),
        ] {
            std::fs::write(&file, text).expect("it is written");
            let error = BandList::read(&file).expect_err(reason).to_string();
            assert!(error.contains("low.csv") && error.contains(reason), "{error}");
        }
        let error = BandList::read(&dir.path().join("nowhere.csv")).expect_err("nothing there");
        assert!(error.to_string().contains("nowhere.csv can't be read"), "{error}");
    }

    proptest! {
        #[test]
        fn any_file_is_a_list_or_a_fault(text in "\\PC{0,60}|headword,pos,CEFR\n([a-z\"/ ]{0,9},[a-z]{0,4},(A1|C2|x)\n){0,5}") {
            let _ = BandList::default().add(&text);
        }

        #[test]
        fn every_word_of_any_text_is_counted(text in "\\PC{0,60}|((a|table|tickets|postponed|Marie|well|as)[ ,.'’]{1,2}){0,30}") {
            let profile = list().profile(&text);
            let counted = profile.listed() + profile.unlisted;
            prop_assert!(counted <= text.to_lowercase().unicode_words().count());
            prop_assert!(profile.band.is_none() || profile.listed() >= FEWEST);
            let found = profile.hardest.iter().all(|(_, band)| profile.counts[*band as usize] > 0);
            prop_assert!(found);
        }
    }
}

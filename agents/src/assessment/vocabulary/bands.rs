//! The bands of the CEFR that lists put English words in.
//!
//! The list that is built in, [`BandList::built_in`], is `content/words/english.csv`: A1 to B2 as the CEFR-J Wordlist has them (Tono,
//! Tokyo University of Foreign Studies), as far as the package cefrpy tells them, and as C1 what is common and in none of these. An
//! operator's list takes its place: a file of comma-separated values that begins `headword,pos,CEFR`, as the CEFR-J Vocabulary Profile
//! (A1 to B2) and the Octanove Vocabulary Profile (C1 and C2) are published.
//!
//! A word that is listed in several bands counts in the lowest, since no part of speech is told here. So does one that may be a form
//! of another: "found" is learnt with "find". Where a word isn't listed, it may be the comparison of an adjective that is.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use super::inflection::{adjectives, headwords};
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
    entries: HashMap<String, Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    band: Band,
    /// Whether it is written with a capital wherever it stands.
    is_capitalised: bool,
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

/// What a list begins with.
const HEADING: [&str; 3] = ["headword", "pos", "cefr"];

/// The list of `content/words`.
const BUILT_IN: &str = include_str!("../../../../content/words/english.csv");

impl BandList {
    /// The list that is part of the program, read when it is first asked for.
    pub fn built_in() -> Arc<Self> {
        static LIST: LazyLock<Arc<BandList>> = LazyLock::new(|| {
            let mut list = BandList::default();
            list.add(BUILT_IN).expect("a test reads it");
            Arc::new(list)
        });
        LIST.clone()
    }

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
        match list.entries.is_empty() {
            true => Err(BandListError::Empty(path.to_owned())),
            false => Ok(list),
        }
    }

    /// How many words it has; different spellings are different words.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
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
                let is_capitalised = spelling.starts_with(char::is_uppercase);
                let known = self.entries.entry(word).or_insert(Entry { band, is_capitalised });
                known.band = band.min(known.band);
                known.is_capitalised &= is_capitalised;
            }
        }
        Ok(())
    }

    /// The band of a word in lower case: its own or that of a word that it may be a form of, whichever is lower.
    pub fn band(&self, word: &str) -> Option<Band> {
        let forms = headwords(word);
        let forms = forms.iter().filter_map(|head| self.own_band(head));
        let lowest = forms.chain(self.own_band(word)).min();
        lowest.or_else(|| adjectives(word).iter().filter_map(|head| self.own_band(head)).min())
    }

    /// Its words in lower case, and their bands, in no order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, Band)> {
        self.entries.iter().map(|(word, entry)| (word.as_str(), entry.band))
    }

    /// The band that the list gives to a word in lower case, or to several with single spaces between them.
    pub(super) fn own_band(&self, entry: &str) -> Option<Band> {
        self.entries.get(entry).map(|entry| entry.band)
    }

    /// Whether a word in lower case is written with a capital wherever it stands, so that the capital makes no name of it.
    pub(super) fn is_capitalised(&self, word: &str) -> bool {
        self.entries.get(word).is_some_and(|entry| entry.is_capitalised)
    }
}

/// A headword as words of a text are compared with it: lower case, without marks, single spaces.
fn spelled(headword: &str) -> String {
    let lower = headword.replace('’', "'").to_lowercase();
    lower.unicode_words().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
pub(super) mod tests {
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

    pub fn list() -> BandList {
        let mut list = BandList::default();
        list.add(LIST).expect("it is right");
        list
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
    fn the_list_that_is_built_in_has_everyday_words_in_the_bands_that_courses_have_them_in() {
        let list = BandList::built_in();
        assert_eq!(list.len(), BUILT_IN.lines().count() - 1, "each word once");
        for (band, words) in [
            (
                Band::A1,
                "cat mother water happy eat book the i monday two hello please red",
            ),
            (
                Band::A1,
                "went cats running children isn't we'll better was o'clock women's found",
            ),
            (
                Band::A2,
                "journey decide careful invite accident lend decided invitations",
            ),
            (Band::B1, "reluctant achieve environment opinion nevertheless scarcely"),
            (Band::B2, "ambiguous consistent interpret comprehensive whereas"),
        ] {
            for word in words.split(' ') {
                let own = list.band(word).unwrap_or_else(|| panic!("{word} is listed"));
                assert!((own as i8 - band as i8).abs() <= 1, "{word}: {own:?}");
            }
        }
        for word in "alleviate mitigate pragmatic discrepancies undermined plausible".split(' ') {
            assert_eq!(list.band(word), Some(Band::C1), "{word}");
        }
        for word in "london maria ephemeral quintessential xyz 42".split(' ') {
            assert_eq!(list.band(word), None, "{word}");
        }
    }

    #[test]
    fn a_form_counts_as_its_headword_and_a_comparison_only_if_it_is_nothing_else() {
        let mut list = BandList::default();
        list.add("headword,pos,CEFR\nfind,,A1\nfound,,B2\ncorn,,A1\ncorner,,A2\nbig,,A1\n")
            .expect("it is right");
        assert_eq!(list.band("found"), Some(Band::A1));
        assert_eq!(list.band("corner"), Some(Band::A2));
        assert_eq!(list.band("bigger"), Some(Band::A1));
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
    }
}

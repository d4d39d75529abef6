//! How demanding the words of an English text are, by the bands of the CEFR that a list puts them in.
//!
//! A text's band is the lowest one that, with those below it, covers 95% of its listed words: the share of a text that Laufer
//! (1989) found a reader has to know. Under twenty words that is all of them, so that the hardest word decides. One word alone makes
//! no text C1, however short: it may have been learnt by heart, or be a name.
//!
//! Numbers and whatever else isn't listed don't count, and neither do names: words with a capital that they have only where they
//! stand, in the middle of a sentence. There is no band where fewer than three words are listed, or fewer than half.

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use super::bands::{Band, BandList};

/// What the words of a text are by a list: the evidence of its band.
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
/// Different words beyond B2 that a text has at least before it is beyond B2.
const FEWEST_BEYOND: usize = 2;
/// The longest headword, in words ("as well as").
const LONGEST: usize = 3;

/// A word as it stands in a text.
struct Word {
    /// In lower case.
    lower: String,
    /// A capital, in the middle of a sentence.
    is_capitalised: bool,
}

impl BandList {
    /// What the words of a text are.
    pub fn profile(&self, text: &str) -> Profile {
        let words = words(&text.replace(['’', 'ʼ'], "'"));
        let mut profile = Profile::default();
        let mut found: Vec<(String, Band)> = Vec::new();
        let mut at = 0;
        while at < words.len() {
            // The longest headword that begins here; the last try is the word alone.
            let entry = (1..=LONGEST.min(words.len() - at))
                .rev()
                .find_map(|length| self.entry(&words[at..at + length]));
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
        profile.band = profile.covering(&found);
        for (word, band) in found {
            let is_telling = band > Band::A1 && profile.band.is_some_and(|own| band >= own);
            if is_telling && profile.hardest.iter().all(|(other, _)| *other != word) {
                profile.hardest.push((word, band));
            }
        }
        profile
    }

    /// The entry that some words are together, its band, and how many they are.
    fn entry(&self, words: &[Word]) -> Option<(String, Band, usize)> {
        if let [word] = words {
            let is_name = word.is_capitalised && !self.is_capitalised(&word.lower);
            let band = self.band(&word.lower).filter(|_| !is_name)?;
            return Some((word.lower.clone(), band, 1));
        }
        let lower: Vec<&str> = words.iter().map(|word| word.lower.as_str()).collect();
        let entry = lower.join(" ");
        let band = self.own_band(&entry)?;
        Some((entry, band, words.len()))
    }
}

impl Profile {
    /// How many words are listed.
    pub fn listed(&self) -> usize {
        self.counts.iter().sum()
    }

    fn covering(&self, found: &[(String, Band)]) -> Option<Band> {
        let listed = self.listed();
        if listed < FEWEST || listed < self.unlisted {
            return None;
        }
        let mut covered = 0;
        let band = Band::ALL.into_iter().find(|band| {
            covered += self.counts[*band as usize];
            covered * 100 >= listed * COVERED
        });
        let mut beyond: Vec<&str> = found
            .iter()
            .filter(|(_, band)| *band > Band::B2)
            .map(|(word, _)| word.as_str())
            .collect();
        beyond.sort_unstable();
        beyond.dedup();
        match beyond.len() {
            FEWEST_BEYOND.. => band,
            _ => band.map(|band| band.min(Band::B2)),
        }
    }
}

/// The words of a text. Where nearly all begin with a capital, as in a heading, none is told by it; "I" has one everywhere.
fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut end = 0;
    let mut inner = 0;
    for (at, word) in text.unicode_word_indices() {
        let begins_sentence = end == 0 || text[end..at].contains(['.', '!', '?', '…', ':', '\n', '"', '“', '«', '(']);
        inner += usize::from(!begins_sentence);
        let is_i = word == "I" || word.starts_with("I'");
        words.push(Word {
            lower: word.to_lowercase(),
            is_capitalised: !begins_sentence && !is_i && word.starts_with(char::is_uppercase),
        });
        end = at + word.len();
    }
    if words.iter().filter(|word| word.is_capitalised).count() * 4 > inner * 3 {
        for word in &mut words {
            word.is_capitalised = false;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::bands::tests::list;
    use super::*;

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

    fn built_in(text: &str) -> Profile {
        BandList::built_in().profile(text)
    }

    #[test]
    fn names_dont_count_whatever_they_would_be_as_words() {
        for (text, unlisted) in [
            ("We visited Mark and Heather Baker in London.", 4),
            ("My friend Maria lives near Paris", 2),
            ("I'm sure I can come on Monday or in April, OK?", 0),
            ("My name is mark", 0),
            ("GIVE ME A GLASS OF WATER", 0),
            ("Welcome To The Big City", 0),
            ("He said: \"Give me the book.\" Then (Perhaps) he left.", 0),
        ] {
            let profile = built_in(text);
            assert_eq!(profile.unlisted, unlisted, "{text}: {profile:?}");
            assert!(profile.band <= Some(Band::A2), "{text}: {profile:?}");
        }
    }

    #[test]
    fn what_beginners_say_is_in_the_lowest_bands() {
        for text in [
            "I went to the park with my cats yesterday.",
            "She's running because the bus is coming.",
            "Hello, my name is Maria and I live in Madrid.",
            "I don't like coffee, but I'd like two cups of tea, please.",
            "We have three children and they're very happy.",
            "My brother works in a big hospital.",
            "Where can I buy a ticket for the train?",
            "Yesterday we ate fish and drank water.",
            "The shop opens at nine o'clock on Saturdays.",
            "Have you got a room with a bathroom?",
        ] {
            let profile = built_in(text);
            assert!(profile.band.is_some_and(|band| band <= Band::A2), "{text}: {profile:?}");
        }
    }

    #[test]
    fn what_is_said_of_research_and_policy_is_b2_and_beyond() {
        for text in [
            "The hypothesis remains plausible, although its implications are ambiguous.",
            "Critics contend that the legislation undermines the credibility of democratic institutions.",
            "Researchers have to scrutinise their assumptions before they draw conclusions from sparse evidence.",
            "The government should allocate sufficient funds to alleviate poverty.",
            "Such discrepancies can be attributed to inadequate sampling.",
            "Their stance is pragmatic, yet the drawbacks are seldom acknowledged.",
        ] {
            let profile = built_in(text);
            assert!(profile.band >= Some(Band::B2), "{text}: {profile:?}");
        }
    }

    #[test]
    fn one_hard_word_alone_makes_no_text_advanced() {
        let one = built_in("The weather is dismal, isn't it? It is dismal!");
        assert_eq!((one.counts[Band::C1 as usize], one.band), (2, Some(Band::B2)));
        let two = built_in("The weather is dismal and the prospects are dreary.");
        assert_eq!(two.band, Some(Band::C1));
    }

    proptest! {
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

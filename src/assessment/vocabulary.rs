//! The bands of the CEFR that a turn's words are in, as they are told.

use std::collections::BTreeMap;

use colloquy_agents::assessment::vocabulary::{Band, Profile};
use serde::Serialize;

/// What the words of a turn are by a list of words, in a language that has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Vocabulary {
    /// The band of the turn, `A1` to `C2`; null where too few of its words are listed.
    pub cefr: Option<Band>,
    /// How many words are in each band that has any.
    pub counts: BTreeMap<Band, usize>,
    /// How many words are not listed: names, numbers, rare ones.
    pub unlisted: usize,
    /// The hardest words, in the order of the text; none of A1.
    pub hardest: Vec<HardWord>,
}

/// A word of the turn's band or above.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HardWord {
    /// In lower case.
    pub word: String,
    /// Its band.
    pub cefr: Band,
}

/// Hardest words that are told: more are no evidence that anybody reads.
const MOST_WORDS: usize = 10;

impl From<&Profile> for Vocabulary {
    fn from(profile: &Profile) -> Self {
        let counts = Band::ALL.into_iter().zip(profile.counts);
        let hardest = profile.hardest.iter().take(MOST_WORDS);
        Self {
            cefr: profile.band,
            counts: counts.filter(|(_, count)| *count > 0).collect(),
            unlisted: profile.unlisted,
            hardest: hardest
                .map(|(word, band)| HardWord {
                    word: word.clone(),
                    cefr: *band,
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use colloquy_agents::assessment::vocabulary::BandList;
    use serde_json::json;

    use super::*;

    #[test]
    fn bands_are_told_with_what_they_stand_on() {
        let told = |text| serde_json::to_value(Vocabulary::from(&BandList::built_in().profile(text))).expect("JSON");
        assert_eq!(
            told("My dog is happy in Berlin"),
            json!({"cefr": "A1", "counts": {"A1": 5}, "unlisted": 1, "hardest": []})
        );
        let hard = told("The drawbacks are dubious");
        assert_eq!(hard["cefr"], "C1");
        assert_eq!(hard["hardest"][1], json!({"word": "dubious", "cefr": "C1"}));
        assert_eq!(
            told("Yes"),
            json!({"cefr": null, "counts": {"A1": 1}, "unlisted": 0, "hardest": []})
        );
    }
}

//! What is named in an answer that is expected: the number, the drink, the person.
//!
//! Whoever recognises an expected answer hears what is named in it, whatever was: most of its words fit. So the answer that fits best is
//! searched once more beside its substitutions, the same with other things named. And what is named has to be borne out by its own
//! sounds, since something may have been named that nobody listed: of what isn't, nothing is known.

use std::ops::Range;

use super::alignment::AlignedWord;
use super::pronunciation::{SpokenPhrase, SpokenWord, words_of};
use super::variants::{is_audible, plain_words, sounds};
use crate::engine::Expected;
use crate::language::Language;

/// What an answer names.
#[derive(Clone, Debug, Default)]
pub(super) struct NamedWords {
    /// Its words that name something, by their numbers.
    pub places: Vec<Place>,
    /// The same answer with something else named in it.
    pub substitutions: Vec<Substituted>,
}

/// Words that name something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub words: Range<usize>,
    /// Whether it is the speaker's own, which nobody can list.
    pub is_own: bool,
}

/// An answer with something else named in it.
#[derive(Clone, Debug)]
pub(super) struct Substituted {
    /// Its number among all phrases and substitutions.
    pub number: usize,
    pub text: String,
    pub words: SpokenPhrase,
    /// The words of the answer that differ, and its own.
    pub place: Range<usize>,
    pub changed: Range<usize>,
}

/// Something that may have been said where an answer was heard.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    pub number: usize,
    pub text: &'a str,
    pub words: &'a [SpokenWord],
    /// Its words that name something.
    pub places: Vec<Place>,
    /// The answer that it is, or is made of.
    pub of: usize,
    /// Whether it names something else than that answer, at each of the places.
    pub differs: Vec<bool>,
}

/// What the phrases name, and what else may be named in them. `spoken` and `others` are how phrases and substitutions are said.
pub(super) fn read(expected: &Expected, spoken: &[SpokenPhrase], others: &[SpokenPhrase]) -> Vec<NamedWords> {
    // Places are counted in words as written, which have to be those that are said.
    let places = expected.phrases.iter().enumerate().map(|(answer, phrase)| {
        if !spoken
            .get(answer)
            .is_some_and(|words| is_said_as_written(words, &phrase.text))
        {
            return Vec::new();
        }
        let places = phrase.named.iter().map(|named| Place {
            words: words_at(&phrase.text, &named.at),
            is_own: named.is_own,
        });
        places.filter(|place| !place.words.is_empty()).collect()
    });
    let mut named: Vec<NamedWords> = places
        .map(|places| NamedWords {
            places,
            substitutions: Vec::new(),
        })
        .collect();
    for (number, (other, words)) in expected.substitutions.iter().zip(others).enumerate() {
        let (Some(named), Some(answer)) = (named.get_mut(other.of), spoken.get(other.of)) else {
            continue;
        };
        let text = &expected.phrases[other.of].text;
        let (place, changed) = differing(text, &other.text);
        let is_as_written = is_said_as_written(answer, text) && is_said_as_written(words, &other.text);
        if is_as_written && is_audible(&sounds(answer), &sounds(words)) {
            named.substitutions.push(Substituted {
                number: expected.phrases.len() + number,
                text: other.text.clone(),
                words: words.clone(),
                place,
                changed,
            });
        }
    }
    named
}

impl NamedWords {
    /// What may have been said where an answer was heard, of all of its words or of the first ones of them: itself first.
    pub fn candidates<'a>(&'a self, number: usize, text: &'a str, words: &'a [SpokenWord]) -> Vec<Candidate<'a>> {
        let heard = words.len();
        let is_heard = |place: &Range<usize>| place.end <= heard;
        let mut places: Vec<Place> = self
            .places
            .iter()
            .filter(|place| is_heard(&place.words))
            .cloned()
            .collect();
        // Of "red wine", beside "white wine", the "red" tells.
        for other in self.substitutions.iter().filter(|other| is_heard(&other.place)) {
            let telling = Place {
                words: other.place.clone(),
                is_own: false,
            };
            if !telling.words.is_empty() && !places.contains(&telling) {
                places.push(telling);
            }
        }
        let own = Candidate {
            number,
            text,
            words,
            places: places.iter().map(|place| place.with_sounds(words)).collect(),
            of: number,
            differs: vec![false; places.len()],
        };
        let mut candidates = vec![own];
        candidates.extend(
            self.substitutions
                .iter()
                .filter(|other| is_heard(&other.place))
                .map(|other| {
                    let longer = |at: usize| at + other.changed.len() - other.place.len();
                    let moved = |place: &Place| {
                        let Range { start, end } = place.words;
                        let words = match () {
                            () if end <= other.place.start => start..end,
                            () if start >= other.place.end => longer(start)..longer(end),
                            () => start.min(other.place.start)..longer(end.max(other.place.end)),
                        };
                        Place { words, ..place.clone() }
                    };
                    let words = &other.words[..longer(heard).min(other.words.len())];
                    Candidate {
                        number: other.number,
                        text: &other.text,
                        words,
                        places: places.iter().map(|place| moved(place).with_sounds(words)).collect(),
                        of: number,
                        differs: places.iter().map(|place| place.meets(&other.place)).collect(),
                    }
                }),
        );
        candidates
    }
}

impl Place {
    /// Whether words that differ are among these; where there are none, whether they would be put in or beside them.
    fn meets(&self, differing: &Range<usize>) -> bool {
        if differing.is_empty() {
            return self.words.start <= differing.start && differing.end <= self.words.end;
        }
        self.words.start < differing.end && differing.start < self.words.end
    }

    /// The same with a word on each side, if there is no sound in it to be heard by: what another names by more words, or a word
    /// that is said as one with the next.
    fn with_sounds(&self, words: &[SpokenWord]) -> Self {
        let Range { start, end } = self.words;
        let own = words.get(start..end).unwrap_or_default();
        if own.iter().any(|word| !word.sounds.is_empty()) {
            return self.clone();
        }
        Self {
            words: start.saturating_sub(1)..(end + 1).min(words.len()),
            ..*self
        }
    }
}

/// By how much the best of some candidates leads all that name something else, at each of its places; nothing where no other does.
/// What another one names elsewhere tells nothing about a place. `margins` are how well the candidates fit.
pub(super) fn leads(candidates: &[Candidate<'_>], margins: &[f32], best: usize) -> Vec<Option<f32>> {
    let chosen = &candidates[best];
    let fitted = || candidates.iter().zip(margins);
    // The answer that the best one is made of: what it names where the best one doesn't differ is the same.
    let answer = fitted().find(|(other, _)| other.number == chosen.of);
    let answer = answer.map_or(margins[best], |(_, &margin)| margin);
    let lead = |place: usize| {
        let rivals = fitted().filter(|(other, _)| other.number != chosen.number);
        let leads = rivals.filter_map(|(other, &margin)| match chosen.differs[place] {
            _ if other.of != chosen.of => Some(margins[best] - margin),
            true => Some(margins[best] - margin),
            false => other.differs[place].then_some(answer - margin),
        });
        leads.reduce(f32::min)
    };
    (0..chosen.places.len()).map(lead).collect()
}

/// How the sound bears out words that name something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Support {
    /// Mean goodness of their sounds, long and short alike; without a sound nothing is borne out.
    pub sounds: f32,
    /// How much better they fit than the best of what else may be named there, in log-likelihoods; nothing if nothing else is listened for.
    pub lead: Option<f32>,
}

impl Support {
    pub fn of(aligned: &[AlignedWord], lead: Option<f32>) -> Self {
        let sounds: Vec<f32> = aligned
            .iter()
            .flat_map(|word| &word.sounds)
            .map(|sound| sound.goodness)
            .collect();
        let total: f32 = sounds.iter().map(|goodness| goodness.max(WORST_SOUND)).sum();
        let sounds = match sounds.len() {
            0 => f32::NEG_INFINITY,
            count => total / count as f32,
        };
        Self { sounds, lead }
    }

    /// Whether they are what was said. Where others are listened for, what was said is clearly the best of them, and where it isn't
    /// among them, the best of them fits badly or hardly better than the next.
    pub fn bears_out(&self, is_own: bool, language: Language) -> bool {
        let is_english = language == Language::English;
        match self.lead {
            _ if is_own => self.sounds >= if is_english { -1.7 } else { -2.0 },
            None => self.sounds >= WITHOUT_RIVALS,
            Some(lead) => {
                let least = if is_english { -1.6 } else { -2.0 };
                lead >= LEAST_LEAD && self.sounds + LEAD_WEIGHT * lead.min(MOST_LEAD) >= least
            }
        }
    }
}

/// No single sound counts for worse.
const WORST_SOUND: f32 = -8.0;
/// Mean goodness of words that nothing else is listened for beside: more than one in fifty that were said has less.
const WITHOUT_RIVALS: f32 = -3.5;
/// With less of a lead nobody can tell which of two was said.
const LEAST_LEAD: f32 = 4.0;
/// What a lead counts for, in goodness for each log-likelihood, and how much of it.
const LEAD_WEIGHT: f32 = 0.03;
const MOST_LEAD: f32 = 60.0;

/// Whether words are those of a text, one by one: what is read aloud may be another text.
fn is_said_as_written(words: &[SpokenWord], text: &str) -> bool {
    let written = plain_words(text);
    let is_same = |(word, written): (&SpokenWord, &String)| plain_words(&word.text) == std::slice::from_ref(written);
    words.len() == written.len() && words.iter().zip(&written).all(is_same)
}

/// The words of a text that meet a part of it, in bytes.
fn words_at(text: &str, at: &Range<usize>) -> Range<usize> {
    let start_of = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    let meets = |word: &&str| start_of(word) < at.end && at.start < start_of(word) + word.len();
    let words = words_of(text);
    let first = words.iter().position(meets).unwrap_or_default();
    let count = words.iter().filter(|word| meets(word)).count();
    first..first + count
}

/// The words that differ between two texts: of one, of the other.
fn differing(one: &str, other: &str) -> (Range<usize>, Range<usize>) {
    let (one, other) = (plain_words(one), plain_words(other));
    let before = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let rest = one.len().min(other.len()) - before;
    let after = one
        .iter()
        .rev()
        .zip(other.iter().rev())
        .take(rest)
        .take_while(|(a, b)| a == b)
        .count();
    (before..one.len() - after, before..other.len() - after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{ExpectedPhrase, Named, Substitution};

    fn spoken(text: &str) -> SpokenPhrase {
        let ipa = |word: &str| match word {
            "two" => "t_uː",
            "too" => "t_uː",
            "three" => "θ_ɹ_iː",
            _ => "ɐ",
        };
        text.split(' ')
            .map(|word| SpokenWord::from_ipa(word, ipa(word)))
            .collect()
    }

    fn table() -> NamedWords {
        let text = "A table for two, please";
        let others = ["A table for three, please", "A table for too, please"];
        let expected = Expected {
            phrases: vec![ExpectedPhrase {
                text: text.to_owned(),
                named: vec![Named {
                    at: 12..15,
                    is_own: false,
                }],
                ..ExpectedPhrase::default()
            }],
            substitutions: others
                .map(|text| Substitution {
                    of: 0,
                    text: text.to_owned(),
                })
                .to_vec(),
            ..Expected::default()
        };
        let plain = |text: &str| spoken(&text.replace(',', ""));
        read(&expected, &[plain(text)], &others.map(plain)).remove(0)
    }

    #[test]
    fn what_sounds_alike_is_not_listened_for_beside_each_other() {
        let table = table();
        assert_eq!(
            table.places,
            [Place {
                words: 3..4,
                is_own: false
            }]
        );
        let [three] = table.substitutions.as_slice() else {
            panic!("{table:?}");
        };
        assert_eq!(
            (three.number, three.place.clone(), three.changed.clone()),
            (1, 3..4, 3..4)
        );
    }

    #[test]
    fn a_beginning_is_held_against_beginnings_once_something_is_named_in_it() {
        let table = table();
        let words = spoken("A table for two please");
        let candidates = |length: usize| table.candidates(0, "", &words[..length]);
        assert_eq!(candidates(3).len(), 1);
        let [own, three]: [Candidate<'_>; 2] = candidates(4).try_into().unwrap();
        assert_eq!((own.places.len(), own.words.len()), (1, 4));
        assert_eq!(
            (three.number, three.words.len(), three.words[3].text.as_str()),
            (1, 4, "three")
        );
        assert_eq!(candidates(5)[1].words.len(), 5);
    }

    #[test]
    fn words_that_meet_a_part_of_a_text_are_found() {
        for (text, at, words) in [
            ("J'ai deux valises", 5..9, 1..2),
            ("- Deux !", 2..6, 0..1),
            ("Deux", 4..4, 0..0),
        ] {
            assert_eq!(words_at(text, &at), words, "{text}");
        }
        assert_eq!(differing("Un kir, merci", "Un grand café, merci"), (1..2, 1..3));
    }

    #[test]
    fn what_another_names_elsewhere_is_no_rival() {
        let candidate = |number: usize, of: usize, differs: [bool; 2]| Candidate {
            number,
            text: "",
            words: &[],
            places: [0..1, 1..2].map(|words| Place { words, is_own: false }).to_vec(),
            of,
            differs: differs.to_vec(),
        };
        let mut candidates = vec![
            candidate(0, 0, [false, false]),
            candidate(5, 0, [true, false]),
            candidate(6, 0, [true, false]),
            candidate(7, 0, [false, true]),
        ];
        assert_eq!(
            leads(&candidates, &[0.0, -20.0, -30.0, -3.0], 0),
            [Some(20.0), Some(3.0)]
        );
        assert_eq!(
            leads(&candidates, &[0.0, 20.0, 15.0, -30.0], 1),
            [Some(5.0), Some(30.0)]
        );
        assert_eq!(
            leads(&candidates[..3], &[0.0, 20.0, 15.0], 1),
            [Some(5.0), None],
            "nothing else there"
        );
        candidates.push(candidate(9, 1, [true, false]));
        assert_eq!(
            leads(&candidates, &[0.0, 20.0, 15.0, -30.0, 18.0], 1),
            [Some(2.0), Some(2.0)]
        );
    }

    #[test]
    fn places_are_those_of_words_that_are_said_as_written() {
        let phrase = ExpectedPhrase {
            text: "For two".to_owned(),
            named: vec![Named {
                at: 4..7,
                is_own: false,
            }],
            ..ExpectedPhrase::default()
        };
        let other = Substitution {
            of: 0,
            text: "For three".to_owned(),
        };
        let expected = Expected {
            phrases: vec![phrase],
            substitutions: vec![other],
            ..Expected::default()
        };
        let named = |said: &str| read(&expected, &[spoken(said)], &[spoken("For three")]).remove(0);
        assert_eq!(
            (named("for two").places.len(), named("for two").substitutions.len()),
            (1, 1)
        );
        for said in ["For the two", "For three", "two"] {
            assert_eq!(
                (named(said).places.len(), named(said).substitutions.len()),
                (0, 0),
                "{said}"
            );
        }
    }

    #[test]
    fn what_has_no_sound_is_heard_by_the_words_beside_it_and_otherwise_not_borne_out() {
        let support = Support::of(&[], Some(60.0));
        assert!(!support.bears_out(false, Language::English) && !support.bears_out(true, Language::French));
        let words = spoken("For two too");
        let at = |words| Place { words, is_own: false };
        assert_eq!(at(1..2).with_sounds(&words), at(1..2));
        assert_eq!(at(2..2).with_sounds(&words), at(1..3));
        assert_eq!(at(3..3).with_sounds(&words), at(2..3));
    }

    #[test]
    fn what_fits_badly_or_no_better_than_another_is_not_borne_out() {
        for (sounds, lead, is_own, is_said) in [
            (-0.5, Some(30.0), false, true),
            (-0.5, Some(1.0), false, false),
            (-2.5, Some(80.0), false, true),
            (-4.0, Some(20.0), false, false),
            (-3.0, None, false, true),
            (-5.0, None, false, false),
            (-1.0, None, true, true),
            (-3.0, None, true, false),
        ] {
            let support = Support { sounds, lead };
            for language in [Language::English, Language::French] {
                assert_eq!(support.bears_out(is_own, language), is_said, "{support:?}");
            }
        }
    }
}

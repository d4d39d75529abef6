//! How many people an answer speaks of, where it names them one kind after another: "two adults and a child".

use std::ops::Range;

use super::format::{Courtesy, Slot, SlotValue};
use super::negation::Said;
use super::words::words;

/// What an answer says of how many they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Company {
    /// It names no more than one kind: a number in it is the number.
    Plain,
    /// So many in all.
    Sum(usize),
    /// Its numbers don't agree with each other.
    Unclear,
}

/// What people are counted by in a language, as its words are compared. Read once: answers are counted on threads that carry sound.
#[derive(Clone, Debug, Default)]
pub(super) struct Counting {
    numbers: Vec<Vec<String>>,
    /// Those after them, and how much each is: the longest first.
    larger: Vec<(Vec<String>, usize)>,
    units: Vec<Vec<String>>,
    company: Vec<(Vec<String>, usize)>,
    persons: Vec<Vec<String>>,
    people: Vec<Vec<String>>,
    ones: Vec<Vec<String>>,
    joiners: Vec<Vec<String>>,
    including: Vec<Vec<String>>,
}

impl Counting {
    fn of(courtesy: &Courtesy) -> &Self {
        courtesy.read_counting.get_or_init(|| {
            let list = |list: &[String]| -> Vec<Vec<String>> {
                let phrases = list.iter();
                phrases.map(|phrase| words(phrase, courtesy)).collect()
            };
            let company = courtesy.company.iter();
            let larger = list(&courtesy.larger_numbers).into_iter();
            let mut larger: Vec<_> = larger.zip(courtesy.numbers.len()..).collect();
            larger.sort_by_key(|(number, _)| std::cmp::Reverse(number.len()));
            Self {
                numbers: list(&courtesy.numbers),
                larger,
                units: list(&courtesy.units),
                company: company
                    .map(|(phrase, &count)| (words(phrase, courtesy), usize::from(count)))
                    .collect(),
                persons: list(&courtesy.persons),
                people: list(&courtesy.people),
                ones: list(&courtesy.ones),
                joiners: list(&courtesy.joiners),
                including: list(&courtesy.including),
            }
        })
    }

    /// A number that begins at a word: how much it is, and of how many words.
    fn number_at(&self, words: &[String], at: usize) -> Option<(usize, usize)> {
        let rest = words.get(at..)?;
        let larger = self.larger.iter().find(|(number, _)| rest.starts_with(number));
        if let Some((number, count)) = larger {
            return Some((*count, number.len()));
        }
        let word = rest.first()?;
        let is_it = |number: &Vec<String>| number.iter().eq([word]);
        let digits = || word.parse::<usize>().ok().filter(|count| (1..=MOST).contains(count));
        let count = self.numbers.iter().position(is_it).or_else(digits)?;
        Some((count, 1))
    }

    /// Whether what ends before a word is a number of hours, years or euros.
    fn is_measured(&self, words: &[String], end: usize) -> bool {
        let rest = words.get(end..).unwrap_or_default();
        self.units.iter().any(|unit| rest.starts_with(unit))
    }
}

/// The most people that a number in digits can mean.
const MOST: usize = 999;

/// How a number that stands alone goes on within its clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joined {
    No,
    /// Others come on top of it ("two and a child").
    Added,
    /// Others are part of it ("four with a child"), as after a word for people.
    Including,
}

/// Counts the people of an answer. A number counts that stands before a word for people, a word at most between them, or that is joined to
/// such a pair ("two and a child"); and so does each of `company` ("my wife"). A number of `people` that is the sum of all others says the
/// same once more; another that stands alone contradicts, unless some of them are only named as part of it ("five, including two
/// children").
pub(super) fn company(said: &Said, courtesy: &Courtesy) -> Company {
    company_from(said, 0, courtesy)
}

/// The same, of the words from one on: what was said before is taken back.
///
/// Who speaks is one of them once, and only where "and I" doesn't begin what they do: "a table for four and I'd like to sit outside".
pub(super) fn company_from(said: &Said, from: usize, courtesy: &Courtesy) -> Company {
    let words = &said.words;
    let counting = Counting::of(courtesy);
    let Counting {
        company,
        persons,
        people,
        ones,
        joiners,
        including,
        ..
    } = counting;
    let is_in = |list: &[Vec<String>], at: usize| {
        list.iter()
            .any(|phrase| words[at.min(words.len())..].starts_with(phrase))
    };
    // "a small child": one word may stand between, but no other number.
    let person_after = |at: usize| {
        [at + 1, at + 2].into_iter().find(|&person| {
            let between = &words[at + 1..person.min(words.len())];
            (is_in(persons, person) || is_in(people, person))
                && said.is_one_clause(at, person)
                && between
                    .iter()
                    .all(|word| number(word, courtesy).is_none() && !is_word(joiners, word))
        })
    };
    let named_at = |at: usize| company.iter().find(|(phrase, _)| words[at..].starts_with(phrase));
    let is_someone = |at: usize| {
        let is_person = || number(&words[at], courtesy).is_some() || is_in(ones, at) && person_after(at).is_some();
        at < words.len() && (named_at(at).is_some() || is_person())
    };
    // "Five people with two children" are five: what joins there joins nothing elsewhere.
    let may_be_part = |word: &String| {
        including
            .iter()
            .any(|phrase| phrase.len() > 1 && phrase.last() == Some(word))
    };
    let joined = |at: usize| match words.get(at + 1) {
        Some(word) if said.is_one_clause(at, at + 1) && is_in(joiners, at + 1) => match may_be_part(word) {
            true => Joined::Including,
            false => Joined::Added,
        },
        _ => Joined::No,
    };
    let (mut kinds, mut in_all, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    let (mut has_company, mut has_speaker, mut person_end) = (false, false, None);
    let mut at = from;
    while at < words.len() {
        if let Some((phrase, count)) = named_at(at) {
            let end = at + phrase.len();
            let is_joiner = |word: Option<&String>| word.is_some_and(|word| is_word(joiners, word));
            let counts = if is_joiner(phrase.last()) {
                !has_speaker && is_someone(end)
            } else if is_joiner(phrase.first()) {
                let ends = !said.is_one_clause(end - 1, end) || is_in(joiners, end);
                if !ends && !has_company && person_end == Some(at) && said.is_one_clause(at - 1, at) {
                    // "Two friends and I would like", or "for two adults and I would like".
                    return Company::Unclear;
                }
                !has_speaker && (ends || has_company)
            } else {
                has_company = true;
                kinds.push(*count);
                false
            };
            if counts {
                has_speaker = true;
                kinds.push(*count);
            }
            at = end;
            continue;
        }
        let (number, length) = counting.number_at(words, at).unzip();
        let one = is_in(ones, at).then_some(1);
        let last = at + length.unwrap_or(1) - 1;
        let person = person_after(last);
        // "At 20 o'clock" contradicts no number of people.
        let is_larger = number.is_some_and(|count| count >= courtesy.numbers.len());
        let is_measured = is_larger && counting.is_measured(words, last + 1);
        match (number.or(one), person) {
            (Some(count), Some(person)) => {
                let list = if is_in(people, person) { &mut in_all } else { &mut kinds };
                list.push(count);
                at = person;
                person_end = Some(person + 1);
            }
            (Some(count), None) if one.is_none() && !is_measured => {
                alone.push((count, joined(last)));
                at = last;
            }
            _ => at = last,
        }
        at += 1;
    }
    let sum: usize = kinds.iter().sum();
    let named = || kinds.iter().chain(&in_all).copied();
    let has_part = (from..words.len()).any(|at| is_in(including, at));
    let largest = named().chain(alone.iter().map(|&(count, _)| count)).max();
    match (largest, named().collect::<Vec<_>>().as_slice(), alone.as_slice()) {
        (Some(largest), named, alone) if has_part && named.len() + alone.len() > 1 => Company::Sum(largest),
        (_, [one], [(other, Joined::Added)]) => Company::Sum(one + other),
        (_, [_], &[(all, Joined::Including)]) => Company::Sum(all),
        (_, [] | [_], _) => Company::Plain,
        _ if alone.iter().any(|&(count, _)| count != sum) => Company::Unclear,
        _ if kinds.len() > 1 && in_all == [sum] => Company::Sum(sum),
        _ => Company::Sum(named().sum()),
    }
}

/// How many people an answer says that there are, from a word on, where that is more than any value says. A number is one of people where it
/// stands before a word for them, in the place that another has in the words of a value ("for eight"), or by itself.
pub(super) fn unlisted(slot: &Slot, said: &Said, from: usize, courtesy: &Courtesy) -> Option<usize> {
    let counting = Counting::of(courtesy);
    let all = &said.words;
    let polite = || {
        let listed = courtesy.polite_words.iter().chain(&courtesy.leads);
        listed.flat_map(|word| words(word, courtesy)).collect::<Vec<_>>()
    };
    let is_of_people = |at: usize, end: usize| {
        let is_in =
            |list: &[Vec<String>], at: usize| list.iter().any(|word| all[at.min(all.len())..].starts_with(word));
        let is_person = |at: usize| {
            said.is_one_clause(end - 1, at) && (is_in(&counting.people, at) || is_in(&counting.persons, at))
        };
        let is_alone = || {
            let polite = polite();
            all[..at].iter().chain(&all[end..]).all(|word| polite.contains(word))
        };
        let is_as_in = |name: &String| {
            let name = words(name, courtesy);
            (0..name.len()).any(|place| {
                let Some((_, length)) = counting.number_at(&name, place) else {
                    return false;
                };
                let (before, after) = (&name[..place], &name[place + length..]);
                name.len() > length && all[..at].ends_with(before) && all[end..].starts_with(after)
            })
        };
        let names = || {
            slot.values
                .iter()
                .flat_map(|value| std::iter::once(&value.value).chain(&value.words))
        };
        is_person(end) || is_person(end + 1) || names().any(is_as_in) || is_alone()
    };
    let mut at = from;
    while at < all.len() {
        let named = counting
            .company
            .iter()
            .find(|(phrase, _)| all[at..].starts_with(phrase));
        let named = named.map(|(phrase, count)| (*count, phrase.len()));
        let Some((count, length)) = named.or_else(|| counting.number_at(all, at)) else {
            at += 1;
            continue;
        };
        let end = at + length;
        let is_meant = || named.is_some() || !counting.is_measured(all, end) && is_of_people(at, end);
        // "Four no fifteen": the word before takes back, it denies nothing.
        let is_denied = || at != from && said.denies(&(at..end));
        if is_unlisted(slot, count, courtesy) && is_meant() && !is_denied() {
            return Some(count);
        }
        at = end;
    }
    None
}

/// Where an answer has numbers that are larger than those of all values.
pub(super) fn unlisted_places(slot: &Slot, said: &Said, courtesy: &Courtesy) -> Vec<Range<usize>> {
    let counting = Counting::of(courtesy);
    let (mut places, mut at) = (Vec::new(), 0);
    while at < said.words.len() {
        let (count, length) = counting.number_at(&said.words, at).unwrap_or((0, 1));
        if is_unlisted(slot, count, courtesy) {
            places.push(at..at + length);
        }
        at += length;
    }
    places
}

/// Whether what ends before a word is a number of something else than people.
pub(super) fn is_measured(said: &Said, end: usize, courtesy: &Courtesy) -> bool {
    let counting = Counting::of(courtesy);
    let is_number = end > 0 && counting.number_at(&said.words, end - 1).is_some();
    is_number && counting.is_measured(&said.words, end)
}

/// What a slot is filled with for so many: the value that says so, or one of its other values with that number.
pub(super) fn value_of(slot: &Slot, count: usize, courtesy: &Courtesy) -> Option<String> {
    let counted = || {
        let mut several = (2..courtesy.numbers.len()).filter_map(|count| listed(slot, count, courtesy));
        let (_, people) = several.find_map(|value| value.value.split_once(' '))?;
        is_unlisted(slot, count, courtesy).then(|| format!("{count} {people}"))
    };
    listed(slot, count, courtesy)
        .map(|value| value.value.clone())
        .or_else(counted)
}

/// What such a value means in English: it ends as another value does.
pub(super) fn meaning_of(slot: &Slot, counted: &str) -> Option<String> {
    let (count, people) = counted.split_once(' ')?;
    let is_alike = |value: &&SlotValue| value.value.split_once(' ').is_some_and(|(_, other)| other == people);
    let alike = slot.values.iter().filter(|_| slot.is_company).find(is_alike)?;
    let (_, people) = alike.en.split_once(' ')?;
    Some(format!("{count} {people}"))
}

/// Whether so many are more than any value of a slot says.
fn is_unlisted(slot: &Slot, count: usize, courtesy: &Courtesy) -> bool {
    let is_listed = |count| listed(slot, count, courtesy).is_some();
    let all = courtesy.numbers.len();
    count > 1 && !is_listed(count) && !(count + 1..all).any(is_listed) && (1..count.min(all)).any(is_listed)
}

/// The value of a slot that stands for so many.
fn listed<'a>(slot: &'a Slot, count: usize, courtesy: &Courtesy) -> Option<&'a SlotValue> {
    let number = words(courtesy.numbers.get(count)?, courtesy);
    let is_so_many = |name: &String| {
        words(name, courtesy)
            .windows(number.len().max(1))
            .any(|part| part == number)
    };
    let mut values = slot.values.iter();
    values.find(|value| is_so_many(&value.value) || value.words.iter().any(is_so_many))
}

/// A word that is a number, as it is compared.
pub(super) fn number(word: &str, courtesy: &Courtesy) -> Option<usize> {
    let is_it = |number: &Vec<String>| number.iter().eq([word]);
    Counting::of(courtesy).numbers.iter().position(is_it)
}

fn is_word(list: &[Vec<String>], word: &String) -> bool {
    list.iter().any(|phrase| phrase.iter().eq([word]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::scenario::negation::Negation;
    use crate::scenario::{Catalogue, Level};

    #[test]
    fn people_of_several_kinds_are_added_up() {
        let catalogue = Catalogue::built_in();
        for (language, answers) in [
            (
                Language::English,
                &[
                    ("Two adults and a child", Company::Sum(3)),
                    ("Two people and two children", Company::Sum(4)),
                    ("We are two adults and three small children", Company::Sum(5)),
                    ("A table for my wife, two kids and me", Company::Sum(4)),
                    ("For two and a baby, please", Company::Sum(3)),
                    ("There are five of us, including two children", Company::Sum(5)),
                    ("Four people, two adults and two children", Company::Sum(4)),
                    ("We're five: two adults and two children", Company::Unclear),
                    ("A table for two adults", Company::Plain),
                    ("Give me a table for four", Company::Plain),
                    ("A table for two at eight", Company::Plain),
                    ("I'd like a quiet table for one person", Company::Plain),
                    ("A table for four, and I'd like to sit outside", Company::Plain),
                    ("A table for four and I'd like to sit outside", Company::Plain),
                    ("For two adults and I'd like to sit outside", Company::Unclear),
                    (
                        "My wife and I would like a table, and I'd like it outside",
                        Company::Sum(2),
                    ),
                    ("There are two of us and a baby", Company::Sum(3)),
                    ("Four of us with two kids", Company::Sum(4)),
                    ("For two, and a baby is asleep", Company::Plain),
                ][..],
            ),
            (
                Language::French,
                &[
                    ("Deux adultes et un enfant", Company::Sum(3)),
                    ("Ma femme, moi et deux enfants", Company::Sum(4)),
                    ("Nous sommes quatre, dont un bébé", Company::Sum(4)),
                    ("Une table pour deux personnes", Company::Plain),
                    ("Nous sommes cinq avec deux enfants", Company::Sum(5)),
                    ("Cinq personnes, avec deux enfants", Company::Sum(5)),
                    ("Une table pour deux et moi je voudrais du vin", Company::Plain),
                ][..],
            ),
            (
                Language::German,
                &[
                    ("Wir sind zwei Erwachsene und drei Kinder", Company::Sum(5)),
                    ("Mein Mann, ich und ein kleines Kind", Company::Sum(3)),
                    ("Ein Tisch für vier Personen", Company::Plain),
                    ("Wir sind zwei und ich möchte am Fenster sitzen", Company::Plain),
                    ("Wir sind vier mit einem Kind", Company::Sum(4)),
                ][..],
            ),
            (
                Language::Spanish,
                &[
                    ("Somos dos adultos y un niño", Company::Sum(3)),
                    ("Mi mujer, mis dos hijos y yo", Company::Sum(4)),
                    ("Una mesa para dos", Company::Plain),
                    ("Una mesa para cuatro con un niño", Company::Sum(4)),
                    ("Somos dos y yo quiero sentarme fuera", Company::Plain),
                ][..],
            ),
            (
                Language::Italian,
                &[
                    ("Due adulti e un bambino", Company::Sum(3)),
                    ("Siamo in quattro, compresi due bambini", Company::Sum(4)),
                    ("Un tavolo per due persone", Company::Plain),
                    ("Siamo in due e io vorrei stare fuori", Company::Plain),
                    ("Cinque, con una bambina piccola", Company::Plain),
                    ("Siamo in cinque con una bambina", Company::Sum(5)),
                ][..],
            ),
        ] {
            let script = catalogue.script("restaurant", language, Level::Intermediate);
            let script = script.expect("it is built in");
            for (text, meant) in answers {
                let found = company(&Negation::of(script.courtesy()).read(text), script.courtesy());
                assert_eq!(found, *meant, "{language} {text}");
            }
        }
    }
}

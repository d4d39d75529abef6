//! Numbers of people as they are said: the words that a language counts by, and what the values of a slot have of them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::format::{Courtesy, Slot, SlotValue, Spelled};
use super::negation::Said;
use super::words::words;

/// The most people that an answer can speak of.
pub(super) const MOST: usize = 999;

/// What people are counted by in a language, as its words are compared. Read once: answers are counted on threads that carry sound.
#[derive(Debug)]
pub(super) struct Counting {
    /// The longest first.
    spelled: Vec<Spelling>,
    units: Vec<Vec<String>>,
    pub company: Vec<(Vec<String>, usize)>,
    pub persons: Vec<Vec<String>>,
    pub people: Vec<Vec<String>>,
    pub ones: Vec<Vec<String>>,
    pub joiners: Vec<Vec<String>>,
    pub including: Vec<Vec<String>>,
    /// Words that may stand beside a number that is all of an answer.
    polite: BTreeSet<String>,
}

/// A number in words.
#[derive(Debug)]
struct Spelling {
    words: Vec<String>,
    count: usize,
    is_total: bool,
}

/// A number that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Numeral {
    pub count: usize,
    /// Its words.
    pub at: Range<usize>,
    /// Whether it says that they are so many in all ("zu zehnt").
    pub is_total: bool,
}

impl Counting {
    /// That of a language, whose lists are read once.
    pub fn of(courtesy: &Courtesy) -> &Self {
        courtesy.read_counting.get_or_init(|| Self::read(courtesy))
    }

    fn read(courtesy: &Courtesy) -> Self {
        let list = |list: &[String]| -> Vec<Vec<String>> {
            let phrases = list.iter();
            phrases.map(|phrase| words(phrase, courtesy)).collect()
        };
        let larger = courtesy.larger_numbers.iter().map(Spelled::all);
        let numbers = courtesy
            .numbers
            .iter()
            .map(std::slice::from_ref)
            .chain(larger)
            .enumerate();
        let numbers = numbers.flat_map(|(count, spelled)| spelled.iter().map(move |text| (text, count, false)));
        let totals = courtesy.totals.iter();
        let totals = totals.map(|(text, &count)| (text, usize::from(count), true));
        let mut spelled: Vec<Spelling> = numbers
            .chain(totals)
            .map(|(text, count, is_total)| Spelling {
                words: words(text, courtesy),
                count,
                is_total,
            })
            .filter(|spelling| !spelling.words.is_empty())
            .collect();
        spelled.sort_by_key(|spelling| std::cmp::Reverse(spelling.words.len()));
        let company = courtesy.company.iter();
        let polite = courtesy.polite_words.iter().chain(&courtesy.leads);
        Self {
            spelled,
            units: list(&courtesy.units),
            company: company
                .map(|(phrase, &count)| (words(phrase, courtesy), usize::from(count)))
                .collect(),
            persons: list(&courtesy.persons),
            people: list(&courtesy.people),
            ones: list(&courtesy.ones),
            joiners: list(&courtesy.joiners),
            including: list(&courtesy.including),
            polite: polite.flat_map(|text| words(text, courtesy)).collect(),
        }
    }

    /// The number that begins at a word.
    pub fn number_at(&self, words: &[String], at: usize) -> Option<Numeral> {
        let rest = words.get(at..)?;
        if let Some(spelling) = self.spelled.iter().find(|spelling| rest.starts_with(&spelling.words)) {
            return Some(Numeral {
                count: spelling.count,
                at: at..at + spelling.words.len(),
                is_total: spelling.is_total,
            });
        }
        let count = rest.first()?.parse().ok().filter(|count| (1..=MOST).contains(count))?;
        Some(Numeral {
            count,
            at: at..at + 1,
            is_total: false,
        })
    }

    /// The numbers from a word on, one after the other.
    fn numbers_from<'a>(&'a self, words: &'a [String], from: usize) -> impl Iterator<Item = Numeral> + 'a {
        let mut at = from;
        std::iter::from_fn(move || {
            while at < words.len() {
                if let Some(number) = self.number_at(words, at) {
                    at = number.at.end;
                    return Some(number);
                }
                at += 1;
            }
            None
        })
    }

    /// Whether what ends before a word is a number of hours, years or euros, if it is one at all.
    pub fn has_unit(&self, said: &Said, end: usize) -> bool {
        begins(&self.units, &said.words, end) && said.is_one_clause(end - 1, end)
    }

    /// Where the word for people is that a number ends before. One word may stand between that is no number and joins nothing ("a
    /// small child").
    pub fn person_after(&self, said: &Said, last: usize) -> Option<usize> {
        let words = &said.words;
        let is_person = |at: usize| begins(&self.persons, words, at) || begins(&self.people, words, at);
        let may_be_between = |at: usize| {
            let is_one = begins(&self.ones, words, at) || begins(&self.joiners, words, at);
            !is_one && self.number_at(words, at).is_none()
        };
        [last + 1, last + 2].into_iter().find(|&person| {
            is_person(person) && said.is_one_clause(last, person) && (last + 1..person).all(may_be_between)
        })
    }
}

/// Whether one of a list of phrases begins at a word.
pub(super) fn begins(list: &[Vec<String>], words: &[String], at: usize) -> bool {
    let rest = words.get(at..).unwrap_or_default();
    list.iter().any(|phrase| rest.starts_with(phrase))
}

/// What the values of a slot have of numbers of people, as their words are compared. Read once, as [`Counting`] is.
#[derive(Debug)]
pub(super) struct NumberedValues {
    /// The place of the value with a number in the slot's list.
    places: BTreeMap<usize, usize>,
    /// Numbers that are a value wherever they are said ("four").
    bare: BTreeSet<usize>,
    /// What stands before and after a number in the words of a value ("we are", "of us").
    around: Vec<(Vec<String>, Vec<String>)>,
}

impl NumberedValues {
    /// Those of a slot in a language.
    pub fn of<'a>(slot: &'a Slot, courtesy: &Courtesy) -> &'a Self {
        slot.read_numbers.get_or_init(|| Self::read(slot, courtesy))
    }

    fn read(slot: &Slot, courtesy: &Courtesy) -> Self {
        let counting = Counting::of(courtesy);
        let (mut places, mut bare, mut around) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
        for (place, value) in slot.values.iter().enumerate() {
            let names = std::iter::once(&value.value).chain(&value.words);
            let mut of_value = None;
            for name in names.map(|name| words(name, courtesy)) {
                let is_one = begins(&counting.ones, &name, 0) && begins(&counting.people, &name, 1);
                let Some(number) = counting.numbers_from(&name, 0).next() else {
                    of_value = of_value.or(is_one.then_some(1));
                    continue;
                };
                of_value = of_value.or(Some(number.count));
                let (before, after) = (&name[..number.at.start], &name[number.at.end..]);
                match before.is_empty() && after.is_empty() {
                    true if number.is_total => {}
                    true => {
                        bare.insert(number.count);
                    }
                    false => around.push((before.to_vec(), after.to_vec())),
                }
            }
            if let Some(count) = of_value {
                places.entry(count).or_insert(place);
            }
        }
        around.sort();
        around.dedup();
        Self { places, bare, around }
    }

    /// The value that a slot is filled with for so many: the one that says so, or for more than any says, another with that number.
    pub fn value(&self, slot: &Slot, count: usize) -> Option<String> {
        let value_at = |place: &usize| slot.values.get(*place).map(|value: &SlotValue| &value.value);
        let several = || {
            let mut several = self.places.range(2..).filter_map(|(_, place)| value_at(place));
            let (_, people) = several.find_map(|value| value.split_once(' '))?;
            self.is_more_than_any(count).then(|| format!("{count} {people}"))
        };
        let listed = self.places.get(&count).and_then(value_at);
        listed.cloned().or_else(several)
    }

    fn is_more_than_any(&self, count: usize) -> bool {
        let largest = self.places.last_key_value();
        count > 1 && largest.is_some_and(|(&largest, _)| largest < count)
    }

    /// Whether so many can be meant, but not wherever the number is said.
    fn needs_people(&self, count: usize) -> bool {
        !self.bare.contains(&count) && (self.places.contains_key(&count) || self.is_more_than_any(count))
    }

    /// Whether a number is one of people. One that is a value by itself is; any other where it stands before a word for them, in the place
    /// that another has in the words of a value ("for eight"), or by itself in what is said from a word on.
    pub fn is_of_people(&self, number: &Numeral, said: &Said, from: usize, counting: &Counting) -> bool {
        let Range { start, end } = number.at;
        let (before, after) = (&said.words[from.min(start)..start], &said.words[end..]);
        let is_alone = || before.iter().chain(after).all(|word| counting.polite.contains(word));
        // "One" and "un" are articles and pronouns, too.
        if number.count < 2 {
            return is_alone();
        }
        let is_as_in = |(before, after): &(Vec<String>, Vec<String>)| {
            said.words[..start].ends_with(before) && said.words[end..].starts_with(after)
        };
        let is_placed = || self.around.iter().any(is_as_in);
        number.is_total
            || !counting.has_unit(said, end)
                && (self.bare.contains(&number.count)
                    || counting.person_after(said, end - 1).is_some()
                    || is_placed()
                    || is_alone())
    }
}

/// How many people an answer says that there are, from a word on, by a number that is no value by itself.
pub(super) fn number_of_people(slot: &Slot, said: &Said, from: usize, courtesy: &Courtesy) -> Option<usize> {
    let (counting, values) = (Counting::of(courtesy), NumberedValues::of(slot, courtesy));
    // "Four no fifteen": the word before takes back, it denies nothing.
    let is_denied = |at: &Range<usize>| at.start != from && said.denies(at);
    let mut numbers = counting.numbers_from(&said.words, from);
    let number = numbers.find(|number| {
        values.needs_people(number.count) && values.is_of_people(number, said, from, counting) && !is_denied(&number.at)
    })?;
    Some(number.count)
}

/// Where an answer has numbers that are no value by themselves.
pub(super) fn number_places(slot: &Slot, said: &Said, courtesy: &Courtesy) -> Vec<Range<usize>> {
    let (counting, values) = (Counting::of(courtesy), NumberedValues::of(slot, courtesy));
    let numbers = counting.numbers_from(&said.words, 0);
    numbers
        .filter(|number| number.count > 1 && values.needs_people(number.count))
        .map(|number| number.at)
        .collect()
}

/// Whether what ends before a word is a number of something else than people.
pub(super) fn is_measured(said: &Said, end: usize, courtesy: &Courtesy) -> bool {
    let counting = Counting::of(courtesy);
    let is_number = end > 0 && counting.number_at(&said.words[..end], end - 1).is_some();
    is_number && counting.has_unit(said, end)
}

/// What a value with a number that no value of a slot has means in English: it ends as another value does.
pub(super) fn meaning_of(slot: &Slot, counted: &str) -> Option<String> {
    if !slot.is_company {
        return None;
    }
    let (count, people) = counted.split_once(' ')?;
    let is_alike = |value: &&SlotValue| value.value.split_once(' ').is_some_and(|(_, other)| other == people);
    let (_, people) = slot.values.iter().find(is_alike)?.en.split_once(' ')?;
    Some(format!("{count} {people}"))
}

/// Whether a word is a number.
pub(super) fn is_number(word: &String, courtesy: &Courtesy) -> bool {
    let counting = Counting::of(courtesy);
    counting.number_at(std::slice::from_ref(word), 0).is_some()
}

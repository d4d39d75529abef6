//! How many people an answer speaks of, where it names them one kind after another: "two adults and a child".

use super::format::{Courtesy, Slot};
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
            let list = |list: &[String]| list.iter().map(|phrase| words(phrase, courtesy)).collect();
            let company = courtesy.company.iter();
            Self {
                numbers: list(&courtesy.numbers),
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
}

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
    let Counting {
        company,
        persons,
        people,
        ones,
        joiners,
        including,
        ..
    } = Counting::of(courtesy);
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
        let number = number(&words[at], courtesy);
        let one = is_in(ones, at).then_some(1);
        let person = person_after(at);
        match (number.or(one), person) {
            (Some(count), Some(person)) => {
                let list = if is_in(people, person) { &mut in_all } else { &mut kinds };
                list.push(count);
                at = person;
                person_end = Some(person + 1);
            }
            (Some(count), None) if one.is_none() => alone.push((count, joined(at))),
            _ => {}
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

/// The value of a slot that stands for so many.
pub(super) fn value_of(slot: &Slot, count: usize, courtesy: &Courtesy) -> Option<String> {
    let number = words(courtesy.numbers.get(count)?, courtesy);
    let is_so_many = |name: &String| {
        words(name, courtesy)
            .windows(number.len().max(1))
            .any(|part| part == number)
    };
    let mut values = slot.values.iter();
    let found = values.find(|value| is_so_many(&value.value) || value.words.iter().any(is_so_many))?;
    Some(found.value.clone())
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

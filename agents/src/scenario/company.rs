//! How many people an answer speaks of, where it names them one kind after another: "two adults and a child".

use super::counting::{Counting, MOST, NumberedValues, Numeral, begins};
use super::format::{Courtesy, Slot};
use super::negation::Said;

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
/// same once more; another of people that stands alone contradicts, unless some of them are only named as part of it ("five, including
/// two children").
pub(super) fn company(slot: &Slot, said: &Said, courtesy: &Courtesy) -> Company {
    company_from(slot, said, 0, courtesy)
}

/// The same, of the words from one on: what was said before is taken back.
///
/// Who speaks is one of them once, and only where "and I" doesn't begin what they do: "a table for four and I'd like to sit outside".
pub(super) fn company_from(slot: &Slot, said: &Said, from: usize, courtesy: &Courtesy) -> Company {
    match count(slot, said, from, courtesy) {
        // It is a joke, or misheard.
        Company::Sum(sum) if sum > MOST => Company::Unclear,
        company => company,
    }
}

fn count(slot: &Slot, said: &Said, from: usize, courtesy: &Courtesy) -> Company {
    let words = &said.words;
    let (counting, values) = (Counting::of(courtesy), NumberedValues::of(slot, courtesy));
    let Counting {
        company,
        people,
        ones,
        joiners,
        including,
        ..
    } = counting;
    let is_in = |list: &[Vec<String>], at: usize| begins(list, words, at);
    let person_after = |last: usize| counting.person_after(said, last);
    let named_at = |at: usize| company.iter().find(|(phrase, _)| words[at..].starts_with(phrase));
    let is_someone = |at: usize| {
        let is_person = || counting.number_at(words, at).is_some() || is_in(ones, at) && person_after(at).is_some();
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
            let is_joiner =
                |word: Option<&String>| word.is_some_and(|word| joiners.iter().any(|phrase| phrase.iter().eq([word])));
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
        let number = counting.number_at(words, at);
        let one = is_in(ones, at).then_some(1);
        let last = number.as_ref().map_or(at, |number| number.at.end - 1);
        // "Zu zehnt" counts nobody of a kind.
        let is_total = number.as_ref().is_some_and(|number| number.is_total);
        let person = person_after(last).filter(|_| !is_total);
        let joined = joined(last);
        // "At eight o'clock" and "aged 15" contradict no number of people.
        let counts = |number: &Numeral| {
            let is_of_people = || joined != Joined::No || values.is_of_people(number, said, from, counting);
            !counting.has_unit(said, number.at.end) && is_of_people()
        };
        match (number.as_ref().map(|number| number.count).or(one), person) {
            (Some(count), Some(person)) => {
                let list = if is_in(people, person) { &mut in_all } else { &mut kinds };
                list.push(count);
                at = person;
                person_end = Some(person + 1);
            }
            (Some(count), None) if one.is_none() && number.as_ref().is_some_and(counts) => {
                alone.push((count, joined));
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
                    ("Two adults and a child at eight o'clock", Company::Sum(3)),
                    ("Two adults and a child, aged 15", Company::Sum(3)),
                    ("Two adults and a child, aged eight", Company::Sum(3)),
                    ("We're fifteen: ten adults and four children", Company::Unclear),
                    ("Seven and a baby", Company::Sum(8)),
                    ("At nine two people", Company::Plain),
                    ("999 adults and 999 children", Company::Unclear),
                    ("998 adults and a child", Company::Sum(999)),
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
                    ("Deux adultes et un enfant à huit heures", Company::Sum(3)),
                    ("Vingt et une personnes", Company::Plain),
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
                    ("Wir sind zu zehnt, acht Erwachsene und zwei Kinder", Company::Sum(10)),
                    ("Wir sind zu zehnt acht Erwachsene und zwei Kinder", Company::Sum(10)),
                    ("Wir sind zu zehnt, acht Erwachsene und ein Kind", Company::Unclear),
                    ("Wir sind zu fünft, drei Erwachsene und zwei Kinder", Company::Sum(5)),
                    ("Wir sind zu zehnt und ich möchte draußen sitzen", Company::Plain),
                    ("Wir sind zu neunt mit zwei Kindern", Company::Sum(9)),
                    ("Wir sind zu zweit und ein Kind", Company::Sum(3)),
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
                    ("Dos adultos a las ocho y media", Company::Plain),
                    ("Treinta y un adultos y dos niños", Company::Sum(33)),
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
            let party = &script.lesson().slots["party"];
            for (text, meant) in answers {
                let said = Negation::of(script.courtesy()).read(text);
                let found = company(party, &said, script.courtesy());
                assert_eq!(found, *meant, "{language} {text}");
            }
        }
    }
}

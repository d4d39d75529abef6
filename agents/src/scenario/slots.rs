//! Finding what is worth remembering in an answer.

use std::ops::Range;

use super::company::{Company, company_from};
use super::counting::{NumberedValues, is_measured, is_number, number_of_people, number_places};
use super::format::{Courtesy, Slot, SlotValue};
use super::negation::{Negation, Said};
use super::words::{find, find_all, is_rude, is_syllabic, words};

/// The value that an answer gives a slot. What is denied is not taken. Of several, one that was said as it is written before
/// one with a slip in it ("intérieur" is no slip of "extérieur"); then the one said in the most words; then the one said first.
///
/// What is taken back ("four, no, five") doesn't count, and people of several kinds are added up.
pub(super) fn value(slot: &Slot, answer: &str, said: &Said, courtesy: &Courtesy) -> Option<String> {
    if slot.is_company && answer.split_whitespace().any(is_time) {
        let others = answer.split_whitespace().filter(|word| !is_time(word));
        let timeless = others.collect::<Vec<_>>().join(" ");
        return value(slot, &timeless, &Negation::of(courtesy).read(&timeless), courtesy);
    }
    let from = corrected_from(slot, said, courtesy);
    if slot.is_company {
        let count = match company_from(slot, said, from, courtesy) {
            Company::Sum(count) => Some(count),
            Company::Unclear => return None,
            Company::Plain => number_of_people(slot, said, from, courtesy),
        };
        if let Some(count) = count {
            return NumberedValues::of(slot, courtesy).value(slot, count);
        }
    }
    let numbers = if slot.is_company {
        number_places(slot, said, courtesy)
    } else {
        Vec::new()
    };
    // Neither "twenty-two" nor "two o'clock" names two.
    let is_number_of_else = |at: &Range<usize>| {
        let is_part = numbers.iter().any(|number| {
            let has_it = at.start <= number.start && number.end <= at.end;
            number.start < at.end && at.start < number.end && !has_it
        });
        slot.is_company && (is_part || is_measured(said, at.end, courtesy))
    };
    let known = named(slot, said, courtesy)
        .filter(|named| named.at.start >= from && !is_number_of_else(&named.at))
        // "Four no five": the word before takes back, it denies nothing.
        .filter(|named| from > 0 && from == named.at.start || !is_denied(slot, said, &named.at, courtesy))
        .min_by_key(|named| (named.has_slip, std::cmp::Reverse(named.at.len()), named.at.start));
    if let Some(known) = known {
        return Some(known.value.value.clone());
    }
    let take = slot.take.unwrap_or(1);
    let after = |phrase: &String| match phrase.chars().all(is_syllabic) {
        true => following_unspaced(answer, phrase),
        false => {
            let phrase = words(phrase, courtesy);
            let at = find(&said.words, &phrase)?;
            let is_said = !said.denies(&(at..at + phrase.len()));
            is_said.then(|| following(answer, &phrase, take, courtesy))?
        }
    };
    let named = || {
        slot.after_capital
            .iter()
            .filter_map(after)
            .find(|free| is_name(free, answer, courtesy))
    };
    slot.after
        .iter()
        .find_map(after)
        .filter(|free| !begins_with_negator(free, courtesy))
        .or_else(named)
        .filter(|free| !is_rude(free, courtesy))
}

/// Whether a word is a time of day in digits ("19:30", "8.15").
fn is_time(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let is_number =
        |part: &str, digits: &[usize]| digits.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    word.split_once([':', '.'])
        .is_some_and(|(hour, minute)| is_number(hour, &[1, 2]) && is_number(minute, &[2]))
}

/// The value of a slot of what is refused that an answer claims in so many words ("I'm allergic to nuts"), whatever it was asked.
pub(super) fn claimed<'a>(slot: &'a Slot, said: &Said, courtesy: &Courtesy) -> Option<&'a SlotValue> {
    let claims: Vec<Range<usize>> = slot
        .claims
        .iter()
        .flat_map(|claim| {
            let claim = words(claim, courtesy);
            find_all(&said.words, &claim)
                .map(|at| at..at + claim.len())
                .collect::<Vec<_>>()
        })
        .collect();
    named(slot, said, courtesy)
        .filter(|named| {
            let mut before = claims.iter().filter(|claim| claim.start <= named.at.start);
            before.any(|claim| said.is_one_clause(claim.start, named.at.start) && !said.denies(claim))
        })
        .filter(|named| !is_denied(slot, said, &named.at, courtesy))
        .min_by_key(|named| (named.has_slip, std::cmp::Reverse(named.at.len()), named.at.start))
        .map(|named| named.value)
}

/// The value of a slot that a text of the tutor names first.
pub(super) fn first_named<'a>(slot: &'a Slot, said: &Said, courtesy: &Courtesy) -> Option<(usize, &'a SlotValue)> {
    let named = named(slot, said, courtesy).filter(|named| !named.has_slip && !said.denies(&named.at));
    let first = named.min_by_key(|named| (named.at.start, std::cmp::Reverse(named.at.len())))?;
    Some((first.at.start, first.value))
}

/// Where an answer takes back what it has named before ("the soup, no, the pasta"): the word from which on it counts; 0 where it takes
/// nothing back. One word does so where it is a clause by itself, or between two numbers of people.
fn corrected_from(slot: &Slot, said: &Said, courtesy: &Courtesy) -> usize {
    if !slot.claims.is_empty() {
        return 0;
    }
    let mut places: Vec<Range<usize>> = named(slot, said, courtesy).map(|named| named.at).collect();
    if slot.is_company {
        places.extend(number_places(slot, said, courtesy));
    }
    let is_between = |at: &Range<usize>| {
        places.iter().any(|place| place.end <= at.start) && places.iter().any(|place| place.start >= at.end)
    };
    let takes_back = |at: &Range<usize>| {
        let is_alone = said.clause_of(at.start).len() == at.len();
        let is_amid =
            || places.iter().any(|place| place.end == at.start) && places.iter().any(|place| place.start == at.end);
        at.len() > 1 || is_alone || slot.is_company && is_amid()
    };
    let phrases = courtesy.corrections.iter().map(|phrase| words(phrase, courtesy));
    let found = phrases.flat_map(|phrase| {
        let starts = said
            .words
            .windows(phrase.len().max(1))
            .enumerate()
            .filter(|(_, window)| *window == phrase);
        starts.map(|(at, _)| at..at + phrase.len()).collect::<Vec<_>>()
    });
    found
        .filter(is_between)
        .filter(takes_back)
        .map(|at| at.end)
        .max()
        .unwrap_or(0)
}

/// Whether what follows a phrase such as "I'm" is a name: it has its capital letter, where not all letters have one, and is none of the
/// words that have one, too.
fn is_name(free: &str, answer: &str, courtesy: &Courtesy) -> bool {
    let is_capital = free.chars().next().is_some_and(char::is_uppercase) && answer.chars().any(char::is_lowercase);
    let said = words(free, courtesy);
    let is_listed = |name: &String| words(name, courtesy) == said;
    let is_number = said
        .iter()
        .any(|word| word.chars().all(char::is_numeric) || is_number(word, courtesy));
    is_capital
        && !is_number
        && !courtesy.no_names.iter().any(is_listed)
        && !courtesy.small_words.contains(&free.to_lowercase())
}

fn begins_with_negator(free: &str, courtesy: &Courtesy) -> bool {
    let said = words(free, courtesy);
    let mut negators = courtesy.negators.keys().map(|negator| words(negator, courtesy));
    negators.any(|negator| said.starts_with(&negator))
}

/// Whether an answer says that a value, or any claim of one, does not hold.
pub(super) fn denies(slot: &Slot, said: &Said, courtesy: &Courtesy) -> bool {
    let is_claim_denied = |claim: &String| {
        let claim = words(claim, courtesy);
        find_all(&said.words, &claim).any(|at| said.denies(&(at..at + claim.len())))
    };
    slot.claims.iter().any(is_claim_denied)
        || named(slot, said, courtesy).any(|named| is_denied(slot, said, &named.at, courtesy))
}

/// The clauses of an answer that name a value of a slot.
pub(super) fn naming<'a>(slot: &'a Slot, said: &'a Said, courtesy: &'a Courtesy) -> impl Iterator<Item = &'a [String]> {
    named(slot, said, courtesy)
        .filter(|named| !is_denied(slot, said, &named.at, courtesy))
        .map(|named| said.clause_of(named.at.start))
}

/// A value that was named.
struct Named<'a> {
    value: &'a SlotValue,
    at: Range<usize>,
    has_slip: bool,
}

/// All the places where an answer names a value.
fn named<'a>(slot: &'a Slot, said: &Said, courtesy: &Courtesy) -> impl Iterator<Item = Named<'a>> {
    let names = slot.values.iter().flat_map(|value| {
        let names = std::iter::once(&value.value).chain(&value.words);
        names.map(move |name| (value, name))
    });
    names.flat_map(|(value, name)| {
        let name = words(name, courtesy);
        let has_slip = !said.words.windows(name.len().max(1)).any(|window| window == name);
        find_all(&said.words, &name)
            .map(|at| Named {
                value,
                at: at..at + name.len(),
                has_slip,
            })
            .collect::<Vec<_>>()
    })
}

/// Whether a value that was named is denied. Where values are claimed, it is the last claim up to it in its clause that counts,
/// itself included; and without a claim, what is liked ("I love nuts") is not refused.
fn is_denied(slot: &Slot, said: &Said, at: &Range<usize>, courtesy: &Courtesy) -> bool {
    if slot.claims.is_empty() {
        return said.denies(at);
    }
    let last = |phrases: &[String]| {
        let found = phrases.iter().flat_map(|phrase| {
            let phrase = words(phrase, courtesy);
            let found = find_all(&said.words, &phrase).map(|at| at..at + phrase.len());
            found.collect::<Vec<_>>()
        });
        found
            .filter(|found| found.start <= at.start && said.is_one_clause(found.start, at.start))
            .max_by_key(|found| found.start)
    };
    match last(&slot.claims) {
        Some(claim) => said.denies(&claim),
        None => !said.denies(at) && last(&courtesy.likes).is_some_and(|liked| !said.denies(&liked)),
    }
}

/// What follows a phrase in a writing system without spaces, up to the next punctuation or what closes a Japanese sentence.
fn following_unspaced(answer: &str, phrase: &str) -> Option<String> {
    const LONGEST: usize = 12;
    const CLOSING: [&str; 4] = ["です", "と申し", "といい", "と言い"];
    let (_, rest) = answer.split_once(phrase)?;
    let end = CLOSING.iter().filter_map(|closing| rest.find(closing)).min();
    let rest = &rest[..end.unwrap_or(rest.len())];
    let value: String = rest
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == 'ー')
        .take(LONGEST)
        .collect();
    (!value.is_empty()).then_some(value)
}

/// Whether a word says nothing without what follows it.
fn is_small(word: &str, courtesy: &Courtesy) -> bool {
    const LONGEST: usize = 3;
    let lower = word.to_lowercase();
    word.chars().count() <= LONGEST || courtesy.small_words.contains(&lower)
}

/// Up to `take` words as they were said after a phrase, within its sentence.
fn following(answer: &str, phrase: &[String], take: usize, courtesy: &Courtesy) -> Option<String> {
    const LONGEST: usize = 24;
    if phrase.is_empty() {
        return None;
    }
    let chunks: Vec<&str> = answer.split_whitespace().collect();
    let starts = (0..chunks.len()).find_map(|start| {
        (start + 1..=chunks.len().min(start + phrase.len() + 1))
            .find(|&end| words(&chunks[start..end].join(" "), courtesy) == phrase)
    })?;
    let mut taken = Vec::new();
    for chunk in chunks.iter().skip(starts).take(take) {
        let word = chunk.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'');
        if word.is_empty() || word.chars().count() > LONGEST {
            break;
        }
        taken.push(word);
        if chunk.ends_with(['.', ',', '!', '?', ';', ':', '。', '、']) {
            break;
        }
    }
    // "cuisiner pour" is cut to "cuisiner": what follows the last word was not taken.
    while taken.len() > 1 && taken.last().is_some_and(|word| is_small(word, courtesy)) {
        taken.pop();
    }
    let value = taken.join(" ");
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn courtesy() -> Courtesy {
        Courtesy::sample(
            r#"
            numbers = ["zéro", "un", "deux", "trois"]
            small_words = ["j'aime", "beaucoup", "avec"]
            "#,
        )
    }

    fn value(slot: &Slot, answer: &str) -> Option<String> {
        let courtesy = courtesy();
        super::value(slot, answer, &Negation::of(&courtesy).read(answer), &courtesy)
    }

    #[test]
    fn the_longest_name_wins_then_the_first() {
        let named = |value: &str, words: &[&str]| SlotValue {
            value: value.to_owned(),
            en: String::new(),
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            spoken: None,
        };
        let slot = Slot {
            values: vec![
                named("un verre de vin", &["vin"]),
                named("un verre de vin blanc", &["vin blanc"]),
                named("une bière", &["bière"]),
            ],
            ..Slot::default()
        };
        for (answer, value_said) in [
            ("Du vin blanc !", Some("un verre de vin blanc")),
            ("une biere ou du vin", Some("une bière")),
            ("rien", None),
            ("", None),
        ] {
            assert_eq!(value(&slot, answer).as_deref(), value_said, "{answer}");
        }
    }

    #[test]
    fn words_after_a_phrase_are_taken_within_the_sentence() {
        let slot = |take| Slot {
            after: vec!["je m'appelle".to_owned(), "au nom de".to_owned()],
            take: Some(take),
            ..Slot::default()
        };
        assert_eq!(value(&slot(1), "Bonsoir, je m'appelle Zoé.").as_deref(), Some("Zoé"));
        assert_eq!(
            value(&slot(2), "C’est au nom de Le Gall, merci").as_deref(),
            Some("Le Gall")
        );
        assert_eq!(value(&slot(1), "je m'appelle"), None);
    }

    #[test]
    fn names_are_taken_without_spaces_too() {
        let slot = Slot {
            after: vec!["我叫".to_owned(), "私は".to_owned()],
            ..Slot::default()
        };
        assert_eq!(value(&slot, "你好，我叫大卫。").as_deref(), Some("大卫"));
        assert_eq!(value(&slot, "私はケンです").as_deref(), Some("ケン"));
        assert_eq!(value(&slot, "私はスミスと申します").as_deref(), Some("スミス"));
        assert_eq!(value(&slot, "私は"), None);
    }
}

//! Finding what is worth remembering in an answer.

use std::ops::Range;

use super::format::{Courtesy, Slot, SlotValue};
use super::negation::Said;
use super::words::{find, find_all, is_rude, is_syllabic, words};

/// The value that an answer gives a slot. What is denied is not taken. Of several, one that was said as it is written before
/// one with a slip in it ("intérieur" is no slip of "extérieur"); then the one said in the most words; then the one said first.
pub(super) fn value(slot: &Slot, answer: &str, said: &Said, courtesy: &Courtesy) -> Option<String> {
    let known = named(slot, said, courtesy)
        .filter(|named| !is_denied(slot, said, &named.at, courtesy))
        .min_by_key(|named| (named.has_slip, std::cmp::Reverse(named.at.len()), named.at.start));
    if let Some(known) = known {
        return Some(known.value.value.clone());
    }
    slot.after
        .iter()
        .find_map(|phrase| match phrase.chars().all(is_syllabic) {
            true => following_unspaced(answer, phrase),
            false => {
                let phrase = words(phrase, courtesy);
                let at = find(&said.words, &phrase)?;
                let is_said = !said.denies(&(at..at + phrase.len()));
                is_said.then(|| following(answer, &phrase, slot.take.unwrap_or(1), courtesy))?
            }
        })
        .filter(|free| !is_rude(free, courtesy))
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

/// The word of an answer that says the most, as it was said: the longest that is not among the small ones. None of a rude answer.
pub(super) fn echo(answer: &str, courtesy: &Courtesy) -> Option<String> {
    const SHORTEST: usize = 4;
    if is_rude(answer, courtesy) {
        return None;
    }
    let small: Vec<String> = courtesy
        .small_words
        .iter()
        .flat_map(|word| words(word, courtesy))
        .collect();
    answer
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .filter(|word| (SHORTEST..=24).contains(&word.chars().count()))
        .filter(|word| !words(word, courtesy).iter().any(|word| small.contains(word)))
        .rev()
        .max_by_key(|word| word.chars().count())
        .map(str::to_lowercase)
        // A very long answer was not read to its end.
        .filter(|word| !is_rude(word, courtesy))
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
    use crate::scenario::negation::Negation;

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

    #[test]
    fn the_word_that_says_most_is_echoed() {
        assert_eq!(
            echo("J'aime beaucoup la natation.", &courtesy()).as_deref(),
            Some("natation")
        );
        assert_eq!(echo("oui, avec toi", &courtesy()), None);
    }
}

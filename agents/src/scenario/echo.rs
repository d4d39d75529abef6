//! The word of an answer that an open step's reply may quote.

use super::format::Courtesy;
use super::words::{is_rude, words};

/// Letters of a word that is quoted.
const LETTERS: std::ops::RangeInclusive<usize> = 4..=24;

/// A word as it was written.
struct Written<'a> {
    text: &'a str,
    /// How many sentences and clauses were begun before it.
    clause: usize,
    begins_sentence: bool,
    /// It holds more than one word ("didn't").
    is_contracted: bool,
}

/// The word of an answer that says the most, as it was said: the longest that names a thing and is not among the small ones. None
/// of a rude answer, and none of a question.
///
/// What names a thing shows in what stands before it, a word at most between them: one of the language's `determiners`, or of its
/// `likes`; or in its capital letter within a sentence. What is half a word ("didn"), a verb or a mistake in one is nothing to
/// say back. Without `determiners` any word is.
pub(super) fn echo(answer: &str, courtesy: &Courtesy) -> Option<String> {
    if is_rude(answer, courtesy) || answer.contains(['?', '？']) {
        return None;
    }
    let small: Vec<String> = courtesy
        .small_words
        .iter()
        .flat_map(|word| words(word, courtesy))
        .collect();
    let is_loud = !answer.chars().any(char::is_lowercase);
    let written = written(answer, courtesy);
    (0..written.len())
        .filter(|&at| !written[at].is_contracted)
        .filter(|&at| LETTERS.contains(&written[at].text.chars().count()))
        .filter(|&at| written[at].text.chars().all(|c| c.is_alphabetic() || c == '-'))
        .filter(|&at| {
            !words(written[at].text, courtesy)
                .iter()
                .any(|word| small.contains(word))
        })
        .filter(|&at| courtesy.determiners.is_empty() || names_a_thing(&written, at, is_loud, courtesy))
        .rev()
        .max_by_key(|&at| written[at].text.chars().count())
        .map(
            |at| match is_capital(&written[at], is_loud) && !courtesy.determiners.is_empty() {
                true => written[at].text.to_owned(),
                false => written[at].text.to_lowercase(),
            },
        )
        // A very long answer was not read to its end.
        .filter(|word| !is_rude(word, courtesy))
}

fn names_a_thing(written: &[Written<'_>], at: usize, is_loud: bool, courtesy: &Courtesy) -> bool {
    if is_capital(&written[at], is_loud) {
        return true;
    }
    if courtesy.capital_nouns {
        return false;
    }
    let before = written[..at]
        .iter()
        .rev()
        .take_while(|word| word.clause == written[at].clause);
    let before: Vec<&str> = before.map(|word| word.text).take(LONGEST_LEAD).collect();
    let lead: Vec<String> = before
        .iter()
        .rev()
        .map(|word| word.to_lowercase().replace('’', "'"))
        .collect();
    let leads = |lead: &[String]| {
        let said = words(&lead.join(" "), courtesy);
        let ends = |phrase: &String| said.ends_with(&words(phrase, courtesy));
        lead.last().is_some_and(|last| courtesy.determiners.contains(last)) || courtesy.likes.iter().any(ends)
    };
    leads(&lead) || lead.split_last().is_some_and(|(_, further)| leads(further))
}

/// Words of a phrase before a thing that are looked at.
const LONGEST_LEAD: usize = 5;

fn is_capital(word: &Written<'_>, is_loud: bool) -> bool {
    !is_loud && !word.begins_sentence && word.text.chars().next().is_some_and(char::is_uppercase)
}

/// The words of an answer. What is elided before one ("l'", "dell'") is a word of its own.
fn written<'a>(answer: &'a str, courtesy: &Courtesy) -> Vec<Written<'a>> {
    let mut found: Vec<Written<'a>> = Vec::new();
    let (mut clause, mut begins_sentence) = (0, true);
    for chunk in answer.split_inclusive(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '\'' | '’'))) {
        let word = chunk.trim_end_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '\'' | '’'));
        let word_only = word.trim_matches(['\'', '’', '-']);
        if !word_only.is_empty() {
            let elided = word_only
                .match_indices(['\'', '’'])
                .next()
                .map(|(at, mark)| word_only.split_at(at + mark.len()));
            let is_listed = |elided: &str| courtesy.determiners.contains(&elided.to_lowercase().replace('’', "'"));
            let parts = match elided {
                Some((elided, rest)) if is_listed(elided) => [Some(elided), Some(rest)],
                _ => [Some(word_only), None],
            };
            for text in parts.into_iter().flatten() {
                found.push(Written {
                    text,
                    clause,
                    begins_sentence: std::mem::take(&mut begins_sentence),
                    is_contracted: text.contains(['\'', '’']),
                });
            }
        }
        let mark = chunk[word.len()..].chars().next();
        clause += usize::from(mark.is_some_and(|mark| !mark.is_whitespace()));
        begins_sentence |= mark.is_some_and(|mark| matches!(mark, '.' | '!' | '…' | ':' | '。' | '！'));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn french() -> Courtesy {
        Courtesy::sample(
            r#"
            small_words = ["j'aime", "beaucoup", "avec"]
            determiners = ["la", "un", "une", "l'", "dans"]
            likes = ["j'aime", "j'aime beaucoup"]
            rude_words = ["idiot"]
            "#,
        )
    }

    #[test]
    fn the_word_that_says_most_is_echoed() {
        let courtesy = french();
        for (answer, echoed) in [
            ("J'aime beaucoup la natation.", Some("natation")),
            ("Je travaille à l’hôpital", Some("hôpital")),
            ("J'aime beaucoup cuisiner", Some("cuisiner")),
            ("Je vis dans un petit village", Some("village")),
            ("Hier, je suis allé à Paris", Some("Paris")),
            ("Vous faisez quoi ?", None),
            ("Je faisez rien", None),
            ("JE SUIS FATIGUÉ", None),
            ("Voyager", None),
            ("une idiote, un idiot", None),
            ("oui, avec toi", None),
            ("", None),
        ] {
            assert_eq!(echo(answer, &courtesy).as_deref(), echoed, "{answer}");
        }
    }

    #[test]
    fn half_a_word_is_no_echo() {
        let courtesy = Courtesy::sample(r#"determiners = ["the", "my"]"#);
        assert_eq!(echo("I didn't saw him.", &courtesy), None);
        assert_eq!(
            echo("I couldn’t find the station", &courtesy).as_deref(),
            Some("station")
        );
        assert_eq!(echo("the didn't", &courtesy), None);
    }

    #[test]
    fn where_nouns_have_capitals_nothing_else_is_echoed() {
        let courtesy = Courtesy::sample("determiners = [\"einen\"]\ncapital_nouns = true");
        assert_eq!(echo("Ich trinke einen kaffee", &courtesy), None);
        assert_eq!(echo("Ich trinke gern Kaffee", &courtesy).as_deref(), Some("Kaffee"));
        assert_eq!(echo("Schwimmen macht Spaß", &courtesy).as_deref(), Some("Spaß"));
    }

    #[test]
    fn without_determiners_any_word_may_be_echoed() {
        let courtesy = Courtesy::sample("");
        assert_eq!(echo("Gosto de nadar", &courtesy).as_deref(), Some("gosto"));
    }
}

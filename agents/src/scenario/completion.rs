//! Which answer completes what was begun.

use super::format::{Courtesy, Line, Turn};
use super::words::{alike, words};

/// The answer of a step that completes what was said so far: the one that goes on from most of its last words, at least two
/// unless that is all there is. A hint before the others, an earlier hint before a later one.
pub(super) fn completing<'a>(turn: &'a Turn, begun: &str, courtesy: &Courtesy) -> Option<&'a Line> {
    let begun = words(begun, courtesy);
    let fewest = begun.len().clamp(1, 2);
    let hinted = |line: &Line| turn.hints.iter().position(|hint| *hint == line.text);
    turn.answers
        .values()
        .flatten()
        .map(|line| (shared(&begun, &words(&line.text, courtesy)), line))
        .filter(|&(shared, _)| shared >= fewest)
        .min_by_key(|&(shared, line)| (std::cmp::Reverse(shared), hinted(line).unwrap_or(usize::MAX)))
        .map(|(_, line)| line)
}

/// How many words of an answer were said already, when this was.
pub(super) fn begun_words(line: &Line, begun: &str, courtesy: &Courtesy) -> usize {
    shared(&words(begun, courtesy), &words(&line.text, courtesy))
}

/// How many of the last words of `begun` are the first of `whole`, which has more.
fn shared(begun: &[String], whole: &[String]) -> usize {
    let longest = begun.len().min(whole.len().saturating_sub(1));
    let is_start = |count: &usize| {
        let last = &begun[begun.len() - count..];
        last.iter().zip(whole).all(|(a, b)| alike(a, b))
    };
    (1..=longest).rev().find(is_start).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::scenario::{Catalogue, Level, Progress};

    #[test]
    fn the_answer_that_goes_on_from_the_last_words_is_found() {
        let script = Catalogue::built_in().script("restaurant", Language::French, Level::Beginner);
        let script = script.expect("it is built in");
        let (_, turn) = script.turn(&Progress::default()).expect("a step");
        for (begun, whole) in [
            ("Une table", Some("Une table pour deux, s'il vous plaît")),
            (
                "Bonsoir, euh, une table pour",
                Some("Une table pour deux, s'il vous plaît"),
            ),
            ("j'ai réservé au nom", Some("J'ai réservé au nom de Martin")),
            ("Nous", Some("Nous sommes quatre")),
            ("Nous sommes quatre", None),
            ("mon chat, nous", None),
            ("le toit", None),
            ("", None),
        ] {
            let found = completing(turn, begun, script.courtesy()).map(|line| line.text.as_str());
            assert_eq!(found, whole, "{begun}");
        }
    }
}

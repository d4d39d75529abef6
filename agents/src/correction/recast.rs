//! The words that a recast says: right words in the place of wrong ones, with as much around them as is known to be right.
//!
//! A tutor says nothing wrong after the learner. So the text is set right first, as far as the rules are sure of it, and held against
//! all rules again, until they find nothing more that they are sure of. Then the words that a rule looked at are said, and those beside
//! them in constructions of which every word is judged. Where something else stays in doubt among them, nothing is said.

use std::ops::Range;

use super::choice::is_sure;
use crate::assessment::language::{Finding, Grammar, Judgement};
use crate::language::Language;

/// Words that are said in one breath.
const BREATH: usize = 8;
/// How often a text that was set right is judged again.
const ROUNDS: usize = 3;

/// What joins a clause to the one before it is said with that one. One language's is another one's article: "ma" is "but" in Italian.
fn conjunctions(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &["and", "but"],
        Language::French => &["et", "mais", "ou"],
        Language::German => &["aber", "denn", "oder", "und"],
        Language::Spanish => &["pero", "y"],
        Language::Italian => &["e", "ma"],
        Language::Portuguese => &["e", "mas", "ou"],
        Language::Chinese | Language::Japanese => &[],
    }
}

/// What to say of each finding of a judgement, in its order; empty where nothing can be said that is known to be right.
pub(super) fn recasts(grammar: &Grammar, text: &str, judgement: &Judgement) -> Vec<String> {
    let mut places = judgement.looked_at.clone();
    let mut text = text.to_owned();
    let mut last = judgement.clone();
    for _ in 0..ROUNDS {
        let sure: Vec<&Finding> = last.findings.iter().filter(|finding| may_be_said(finding)).collect();
        if sure.is_empty() {
            break;
        }
        set_right(&mut text, &sure, &mut places);
        last = grammar.judge(&text);
    }
    let said = judgement.findings.iter().zip(&places);
    said.map(|(finding, place)| match may_be_said(finding) {
        true => phrase(&text, place.clone(), &last, grammar.language()),
        false => String::new(),
    })
    .collect()
}

/// Whether a finding is sure enough to be said, however well it was heard.
fn may_be_said(finding: &Finding) -> bool {
    is_sure(finding.certainty.likelihood(), 1.0)
}

/// Puts what is suggested into a text, and moves places in it accordingly. A place grows by what is set right on both sides of its ends.
fn set_right(text: &mut String, findings: &[&Finding], places: &mut [Range<usize>]) {
    // From the end, so that what comes before stays where it is.
    for finding in findings.iter().rev() {
        let old = &finding.span;
        let new = old.start + finding.suggestion.len();
        text.replace_range(old.clone(), &finding.suggestion);
        let moved = |at: usize, inside: usize| match at {
            at if at >= old.end => at - old.len() + finding.suggestion.len(),
            at if at > old.start => inside,
            at => at,
        };
        for place in places.iter_mut() {
            *place = moved(place.start, old.start)..moved(place.end, new);
        }
    }
}

/// What is said around a place of a text that is right as far as its judgement tells.
fn phrase(text: &str, place: Range<usize>, judgement: &Judgement, language: Language) -> String {
    let overlaps = |span: &Range<usize>, other: &Range<usize>| span.start < other.end && other.start < span.end;
    if judgement.findings.iter().any(|finding| overlaps(&finding.span, &place)) {
        return String::new();
    }
    let words = |at: &Range<usize>| text.get(at.clone()).map_or(0, |text| text.split_whitespace().count());
    let mut said = place;
    loop {
        let joined = judgement.constructions.iter().filter_map(|other| {
            let between = text
                .get(said.end.min(other.end)..said.start.max(other.start))
                .unwrap_or_default();
            let union = said.start.min(other.start)..said.end.max(other.end);
            let is_beside = between.trim().is_empty() && union != said && words(&union) <= BREATH;
            let is_right = !judgement.findings.iter().any(|finding| overlaps(&finding.span, &union));
            (is_beside && is_right).then_some(union)
        });
        // What adds least first: of two that can't both be said in a breath, the closer one.
        match joined.min_by_key(|union| union.len()) {
            Some(union) => said = union,
            None => break,
        }
    }
    let mut said: Vec<&str> = text.get(said).unwrap_or_default().split_whitespace().collect();
    if said.len() > 1 && conjunctions(language).contains(&said[0].to_lowercase().as_str()) {
        said.remove(0);
    }
    said.join(" ")
}

#[cfg(test)]
mod tests;

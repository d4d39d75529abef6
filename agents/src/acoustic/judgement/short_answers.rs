//! What short answers are held to: a word or two that nobody suggested, which much else sounds like.

use super::{ACCEPTED, Judgement, View, sounds_of};
use crate::acoustic::expectation::Expectation;
use crate::acoustic::phrases::Reading;
use crate::acoustic::verdict::Verdict;
use crate::language::Language;

impl Judgement<'_> {
    /// The confidence from which what was heard is taken as said: a word or two that nobody suggested have to be borne out by more.
    /// Those that seem to follow a greeting most of all: that is one more thing that anything may be taken for.
    pub(super) fn accepted(&self, view: &View, courteous: bool) -> f32 {
        let Expectation { spoken, instead_of, .. } = self.expectation;
        let least = |phrase: usize| {
            let sounds = sounds_of(&spoken[phrase]);
            let is_short = self.expectation.is_short(phrase);
            let is_brief = instead_of[phrase].is_some() && sounds <= BRIEF;
            match self.expectation.language {
                _ if is_short && courteous => LED_ACCEPTED,
                Language::French if is_short => SHORT_ACCEPTED_IN_FRENCH,
                _ if is_short && sounds <= A_WORD => WORD_ACCEPTED,
                _ if is_short || is_brief => SHORT_ACCEPTED,
                _ => ACCEPTED,
            }
        };
        view.transcript.phrase.map_or(ACCEPTED, least)
    }

    /// What was heard; of a short answer that is part of a longer one, which fits nearly as well, that one instead: an article is soon passed over.
    pub(super) fn unless_part(&self, listed: (Verdict, View)) -> (Verdict, View) {
        let phrase = listed.1.transcript.phrase;
        let Some(short) = phrase.filter(|&phrase| self.expectation.is_short(phrase)) else {
            return listed;
        };
        let expectation = self.expectation;
        // What ends the conversation has to win clearly, which was looked at before.
        let is_longer = |other: usize| {
            !expectation.is_short(other) && !expectation.leaves[other] && expectation.is_part(short, other)
        };
        let longer = expectation.phrases.nearest_of(&self.trellis, is_longer);
        let longer = longer.filter(Reading::is_possible);
        let is_near = |longer: &(Verdict, View)| {
            longer.1.transcript.confidence >= ACCEPTED && longer.0.goodness() > listed.0.goodness() - PART_MARGIN
        };
        longer
            .map(|longer| self.listed(&longer))
            .filter(is_near)
            .unwrap_or(listed)
    }

    /// Whether a short answer fits clearly better than those that name another value in its place. All of it is about the value, so that its
    /// verdict says whether the sound bears it out.
    pub(super) fn is_leading(&self, phrase: usize) -> bool {
        let ends: Vec<f32> = self.expectation.phrases.end_scores(&self.trellis).collect();
        let fit = self.fit_beside(phrase, &ends);
        let mut others = self.expectation.others_like(phrase);
        others.all(|other| fit(phrase) - fit(other) >= LEAST_LEAD_OF_SHORT)
    }
}

/// The confidence from which a short answer is taken as said, and any other that nobody suggested and that is brief.
const SHORT_ACCEPTED: f32 = 0.8;
/// The same of a short answer of a word, which much else sounds like ("Che buffo" is "Quattro").
const WORD_ACCEPTED: f32 = 0.9;
/// The same of short answers after something else: a greeting, a "yes", "I would like".
const LED_ACCEPTED: f32 = 0.97;
/// The same of short answers in French, whose sounds the model tells least: from there on what nobody expected moves the lesson hardly more
/// often than without them.
const SHORT_ACCEPTED_IN_FRENCH: f32 = 0.95;
/// Sounds of a word, at most.
const A_WORD: usize = 7;
/// Sounds of a phrase that is brief, at most.
const BRIEF: usize = 6;
/// How much better a short answer must fit than one that names another value, in log-likelihoods.
const LEAST_LEAD_OF_SHORT: f32 = 10.0;
/// How much better the goodness of a short answer must be than that of a longer one with the same words in it.
const PART_MARGIN: f32 = 0.3;

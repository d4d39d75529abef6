//! Evidence for a courtesy beside an answer: how much worse the sound fits without it.
//!
//! The search takes a greeting or an assent in front of an answer wherever a few frames fit it better than silence does: the
//! onset of a recording that begins with the word, the "n" of "nein". Where one was really said, the answer without it has
//! nothing to explain its sounds by.

use std::sync::Arc;

use super::likelihood::StateScores;
use super::phrases::{Courtesies, PhraseNetwork};
use super::pronunciation::SpokenWord;
use super::trellis::Trellis;

/// Which of the courtesies around an answer are in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

/// Whether an answer fits so much worse without any courtesy on one side that one was said there. `with` is its score with
/// them.
pub(super) fn is_borne_out(
    side: Side,
    with: f32,
    words: &[SpokenWord],
    courtesies: &Courtesies,
    scores: &[StateScores],
) -> bool {
    gain(side, with, words, courtesies, scores) >= LEAST
}

/// By how much better the answer fits with its courtesies, in log-likelihoods.
fn gain(side: Side, with: f32, words: &[SpokenWord], courtesies: &Courtesies, scores: &[StateScores]) -> f32 {
    let mut others = courtesies.clone();
    match side {
        Side::Before => others.before.clear(),
        Side::After => others.after.clear(),
    }
    let network = PhraseNetwork::new(&[words], &others);
    let mut trellis = Trellis::new(Arc::clone(network.network()));
    for frame in scores {
        trellis.advance(frame);
    }
    let without = network
        .nearest(&trellis)
        .map_or(f32::NEG_INFINITY, |reading| reading.score);
    with - without
}

/// What a courtesy that was said gains at least: nearly all gain 120 and more, those that were not seldom 60.
const LEAST: f32 = 80.0;

#[cfg(test)]
mod tests {
    use super::super::trellis::tests::said;
    use super::*;

    fn gain_before(phones: &str) -> f32 {
        let words = [SpokenWord::from_ipa("see my", "s_iː_m_aɪ")];
        let courtesies = Courtesies {
            before: vec![[SpokenWord::from_ipa("yes", "j_ɛ_s")].into()],
            after: Vec::new(),
        };
        let network = PhraseNetwork::new(&[&words], &courtesies);
        let mut trellis = Trellis::new(Arc::clone(network.network()));
        let frames = said(phones);
        for frame in &frames {
            trellis.advance(frame);
        }
        let with = network.nearest(&trellis).expect("a phrase").score;
        gain(Side::Before, with, &words, &courtesies, &frames)
    }

    #[test]
    fn a_courtesy_that_was_said_gains_and_one_that_was_not_gains_nothing() {
        assert!(gain_before("SIL Y EH S SIL S IY M AY SIL") > 20.0);
        assert_eq!(gain_before("SIL S IY M AY SIL"), 0.0);
    }
}

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
pub(super) fn has_courtesy(
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
        Side::Before => {
            others.greetings.clear();
            others.requests.clear();
        }
        Side::After => others.after.clear(),
    }
    with - score(words, &others, scores)
}

/// How well an answer fits, said to its end, with any of these courtesies around it or none.
fn score(words: &[SpokenWord], courtesies: &Courtesies, scores: &[StateScores]) -> f32 {
    let network = PhraseNetwork::new(&[words], courtesies);
    let mut trellis = Trellis::new(Arc::clone(network.network()));
    for frame in scores {
        trellis.advance(frame);
    }
    let nearest = network.nearest(&trellis);
    nearest.map_or(f32::NEG_INFINITY, |reading| reading.score)
}

/// What a courtesy that was said gains at least: nearly all gain 120 and more, those that were not seldom 60.
const LEAST: f32 = 80.0;

#[cfg(test)]
mod tests {
    use super::super::trellis::tests::said;
    use super::*;

    /// Whether "yes" is heard before "see my" in these phones, a tenth of a second each.
    fn hears_yes(phones: &str) -> bool {
        let words = [SpokenWord::from_ipa("see my", "s_iː_m_aɪ")];
        let courtesies = Courtesies {
            greetings: vec![[SpokenWord::from_ipa("yes", "j_ɛ_s")].into()],
            ..Courtesies::default()
        };
        let frames: Vec<StateScores> = said(phones).into_iter().flat_map(|frame| [frame; 2]).collect();
        let with = score(&words, &courtesies, &frames);
        assert!(
            !has_courtesy(Side::After, with, &words, &courtesies, &frames),
            "{phones}"
        );
        has_courtesy(Side::Before, with, &words, &courtesies, &frames)
    }

    #[test]
    fn a_courtesy_is_heard_where_it_was_said_and_nowhere_else() {
        assert!(hears_yes("SIL Y EH S SIL S IY M AY SIL"));
        assert!(hears_yes("Y EH S S IY M AY"), "without a pause");
        assert!(!hears_yes("SIL S IY M AY SIL"));
        assert!(!hears_yes("SIL S SIL S IY M AY SIL"), "a hiss is no word");
        assert!(!hears_yes("SIL HH SIL S IY M AY SIL"), "nor is a breath");
    }
}

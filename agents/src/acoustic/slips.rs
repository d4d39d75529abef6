//! Slips of grammar in an answer that is expected: the answer and its variants held against the same sound.
//!
//! Whoever recognises an expected answer hears its own words, whichever were said. So the answer that fits best is searched once
//! more, beside its variants with one slip each, as in extended recognition networks (Harrison, Lo, Qian & Meng 2009). All words but
//! those that differ are the same, so that the difference of two scores is that of these words: it says which were said, or,
//! where it is small, that nobody can tell.

use std::ops::Range;

use super::likelihood::StateScores;
use super::phrases::{Courtesies, PhraseNetwork};
use super::pronunciation::SpokenWord;
use super::variants::SpokenVariant;
use crate::language::Language;

/// What the sound tells of the variants of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Weighed {
    /// The variant that fits better than the answer does by the most, and by how much.
    pub likeliest: Option<(usize, f32)>,
    /// Places at which all variants fit clearly worse than the answer.
    pub right: usize,
    /// Places at which there are variants.
    pub places: usize,
}

/// From how sure on a slip was said.
const SURE: f32 = 0.9;
/// By how much a variant has to fit worse than the answer, in log-likelihoods, to be what was not said.
const RIGHT_MARGIN: f32 = 15.0;
/// How long a sound is, in frames: 80 ms.
const SOUND_FRAMES: f32 = 8.0;
/// The log-likelihood that makes a slip e times as likely, about as a logistic regression on synthetic voices weighs it.
const SCALE: f32 = 5.0;
/// How well the words that differ have to fit by themselves, a frame: words that fit badly are others than either.
const LEAST_GOODNESS: f32 = -2.5;

/// Holds an answer and its variants against what was heard.
pub(super) fn weigh(
    answer: &[SpokenWord],
    variants: &[SpokenVariant],
    courtesies: &Courtesies,
    language: Language,
    scores: &[StateScores],
) -> Weighed {
    if variants.is_empty() {
        return Weighed::default();
    }
    let margins = margins(answer, variants, courtesies, scores);
    let mut weighed = Weighed::default();
    for (number, &margin) in margins.iter().enumerate() {
        if confidence(margin, language) >= SURE && weighed.likeliest.is_none_or(|(_, most)| margin > most) {
            weighed.likeliest = Some((number, margin));
        }
    }
    let judged = variants.iter().zip(&margins);
    let judged = judged.map(|(variant, margin)| (variant.place.clone(), *margin <= -RIGHT_MARGIN));
    let places = places(judged);
    weighed.places = places.len();
    weighed.right = places.iter().filter(|(_, is_right)| *is_right).count();
    weighed
}

/// The places that variants are about, in words, and whether all that are about a place fit clearly worse than the answer. Those that
/// change the same words are about one place.
fn places(variants: impl Iterator<Item = (Range<usize>, bool)>) -> Vec<(Range<usize>, bool)> {
    let mut places: Vec<(Range<usize>, bool)> = Vec::new();
    for (changed, is_right) in variants {
        let changed = changed.start..changed.end.max(changed.start + 1);
        let meets = |(place, _): &(Range<usize>, bool)| place.start < changed.end && changed.start < place.end;
        let (met, mut others): (Vec<_>, Vec<_>) = places.into_iter().partition(meets);
        let whole = met
            .into_iter()
            .fold((changed, is_right), |(one, all), (place, is_right)| {
                (one.start.min(place.start)..one.end.max(place.end), all && is_right)
            });
        others.push(whole);
        places = others;
    }
    places
}

/// By how much each variant fits better than the answer, in log-likelihoods: hugely less if it was given up.
pub(super) fn margins(
    answer: &[SpokenWord],
    variants: &[SpokenVariant],
    courtesies: &Courtesies,
    scores: &[StateScores],
) -> Vec<f32> {
    let phrases: Vec<&[SpokenWord]> = std::iter::once(answer)
        .chain(variants.iter().map(|variant| &variant.words[..]))
        .collect();
    let network = PhraseNetwork::new(&phrases, courtesies);
    let mut trellis = network.search();
    for frame in scores {
        trellis.advance(frame);
    }
    let mut ends = network.end_scores(&trellis);
    let own = ends.next().unwrap_or_default() - freedom(answer);
    ends.zip(variants)
        .map(|(score, variant)| score - freedom(&variant.words) - own)
        .collect()
}

/// What words gain in log-likelihood, whatever was said, by sounds that may be any of several phones. The search takes the best of
/// them; the likelihood of such a sound is the mean of theirs, which for the best alone is less by the logarithm of their number, a
/// frame. Without this an Italian "la", whose vowel may be three phones, fits better than "il" whichever was said.
pub(super) fn freedom(words: &[SpokenWord]) -> f32 {
    let sounds = words.iter().flat_map(|word| &word.sounds);
    let phones = sounds.map(|sound| sound.phones.len().max(1) as f32);
    SOUND_FRAMES * phones.map(f32::ln).sum::<f32>()
}

/// The same a sound: to hold phrases against each other that have more sounds or fewer for the same time.
pub(super) fn freedom_of_a_sound(words: &[SpokenWord]) -> f32 {
    let sounds: usize = words.iter().map(|word| word.sounds.len()).sum();
    freedom(words) / sounds.max(1) as f32
}

/// How sure it is that a slip was said that fits so much better than the answer, 0 to 1.
pub(super) fn confidence(margin: f32, language: Language) -> f32 {
    1.0 / (1.0 + ((even(language) - margin) / SCALE).exp())
}

/// The margin at which a slip and right words are equally likely where one answer in five has a slip. Measured by
/// `examples/measure_slips.rs`.
fn even(language: Language) -> f32 {
    match language {
        // Its vowels are the furthest from those of the model.
        Language::French => 20.0,
        _ => 14.0,
    }
}

/// Whether the words that differ are what was said, as far as the sound bears them out at all: the mean goodness of their frames.
pub(super) fn is_borne_out(goodness: Option<f32>) -> bool {
    goodness.is_none_or(|goodness| goodness >= LEAST_GOODNESS)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::trellis::tests::said;
    use super::super::variants::tests::spoken;
    use super::*;

    fn heard(phones: &str) -> Weighed {
        let (answer, variants) = spoken();
        weigh(
            &answer,
            &variants,
            &Courtesies::default(),
            Language::French,
            &said(phones),
        )
    }

    #[test]
    fn the_variant_that_was_said_is_told_and_so_is_the_answer() {
        let slip = heard("SIL AE AE AE T AA B L L IY B R SIL");
        assert_eq!(slip.likeliest.map(|(number, _)| number), Some(0), "{slip:?}");
        assert_eq!(slip.right, 0);
        let right = heard("SIL UW UW N N T AA B L L IY B R SIL");
        assert_eq!((right.likeliest, right.right), (None, 1));
    }

    #[test]
    fn what_fits_both_alike_tells_nothing() {
        let (answer, mut variants) = spoken();
        variants[0].words = Arc::clone(&answer);
        let weighed = weigh(
            &answer,
            &variants,
            &Courtesies::default(),
            Language::French,
            &said("SIL UW N T AA B L L IY B R SIL"),
        );
        assert_eq!((weighed.likeliest, weighed.right, weighed.places), (None, 0, 1));
        let none = weigh(&answer, &[], &Courtesies::default(), Language::French, &[]);
        assert_eq!(none, Weighed::default());
    }

    #[test]
    fn variants_that_share_a_word_are_about_one_place_in_whichever_order_they_come() {
        let of = |variants: &[(Range<usize>, bool)]| places(variants.iter().cloned());
        let (first, second, both) = ((0..1, true), (2..3, true), (0..3, false));
        assert_eq!(of(&[first.clone(), second.clone()]), [first.clone(), second.clone()]);
        for variants in [
            [first.clone(), second.clone(), both.clone()],
            [both.clone(), second.clone(), first.clone()],
            [first, both.clone(), second],
        ] {
            assert_eq!(of(&variants), vec![both.clone()], "{variants:?}");
        }
        // Between two words there is a place, too.
        assert_eq!(of(&[(1..1, true), (1..2, false)]), [(1..2, false)]);
    }

    #[test]
    fn a_larger_margin_is_a_surer_slip() {
        for language in Language::ALL {
            assert!(confidence(32.0, language) > SURE);
            assert!(confidence(40.0, language) > confidence(32.0, language));
            assert!(confidence(-RIGHT_MARGIN, language) < 0.01);
        }
    }
}

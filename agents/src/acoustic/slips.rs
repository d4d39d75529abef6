//! Slips of grammar in an answer that is expected: the answer and its variants held against the same sound.
//!
//! Whoever recognises an expected answer hears its own words, whichever were said. So the answer that fits best is searched once
//! more, beside its variants with one slip each, as in extended recognition networks (Harrison, Lo, Qian & Meng 2009). All words but
//! those that differ are the same, so that the difference of two scores is that of these words: it says which were said, or,
//! where it is small, that nobody can tell.

use std::ops::Range;
use std::sync::Arc;

use super::ipa::Sound;
use super::likelihood::StateScores;
use super::phrases::{Courtesies, PhraseNetwork};
use super::pronunciation::{Pronouncer, SpokenPhrase, SpokenWord, words_of};
use super::trellis::Trellis;
use crate::assessment::language::Variant;
use crate::engine::EngineError;
use crate::language::Language;

/// A variant of an answer, pronounced.
#[derive(Clone, Debug)]
pub(super) struct SpokenVariant {
    /// As written.
    pub text: String,
    /// What is wrong in it, in bytes.
    pub at: Range<usize>,
    pub words: SpokenPhrase,
    /// Its words that differ from the answer's, with one around them where there are none.
    pub changed: Range<usize>,
    /// The words of the answer that differ.
    place: Range<usize>,
}

/// What the sound tells of the variants of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Weighed {
    /// The variant that fits better than the answer does by the most, and by how much.
    pub likeliest: Option<(usize, f32)>,
    /// Places at which all variants fit clearly worse than the answer.
    pub right: usize,
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

/// Pronounces the variants of answers whose pronunciation is known, and leaves out those that sound like the answer. Blocks while
/// espeak-ng runs.
pub(super) fn pronounce(
    pronouncer: &Pronouncer,
    language: Language,
    answers: &[SpokenPhrase],
    variants: &[Vec<Variant>],
) -> Result<Vec<Vec<SpokenVariant>>, EngineError> {
    let mut drafts = Vec::new();
    for (answer, (right, variants)) in answers.iter().zip(variants).enumerate() {
        let drafted = variants.iter().filter_map(|variant| Draft::of(answer, right, variant));
        drafts.extend(drafted);
    }
    // What stands around the words that differ changes how they are said; the rest of the answer doesn't.
    let texts: Vec<&str> = drafts.iter().flat_map(|draft| [&*draft.right, &*draft.wrong]).collect();
    let spoken = pronouncer.pronounce(language, &texts)?;
    let mut found = vec![Vec::new(); answers.len()];
    for (draft, spoken) in drafts.into_iter().zip(spoken.chunks_exact(2)) {
        let answer = draft.answer;
        let variant = draft.spoken(&answers[answer], &spoken[0], &spoken[1]);
        // Of those that sound alike, the likeliest stands for all.
        let is_new = |variant: &SpokenVariant| {
            let is_other = |other: &SpokenVariant| is_audible(&sounds(&other.words), &sounds(&variant.words));
            found[answer].iter().all(is_other)
        };
        let variant = variant.filter(is_new);
        found[answer].extend(variant);
    }
    Ok(found)
}

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
    // Variants that change the same words are about one place.
    let mut places: Vec<(Range<usize>, bool)> = Vec::new();
    for (variant, &margin) in variants.iter().zip(&margins) {
        let is_right = margin <= -RIGHT_MARGIN;
        let reach = variant.place.start..variant.place.end.max(variant.place.start + 1);
        match places
            .iter_mut()
            .find(|(place, _)| place.start < reach.end && reach.start < place.end)
        {
            Some((place, all)) => {
                *place = place.start.min(reach.start)..place.end.max(reach.end);
                *all &= is_right;
            }
            None => places.push((reach, is_right)),
        }
    }
    weighed.right = places.iter().filter(|(_, is_right)| *is_right).count();
    weighed
}

/// By how much each variant fits better than the answer, in log-likelihoods.
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
    let mut trellis = Trellis::new(Arc::clone(network.network()));
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
fn freedom(words: &[SpokenWord]) -> f32 {
    let sounds = words.iter().flat_map(|word| &word.sounds);
    let phones = sounds.map(|sound| sound.phones.len().max(1) as f32);
    SOUND_FRAMES * phones.map(f32::ln).sum::<f32>()
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

/// A variant before it is pronounced.
struct Draft<'a> {
    answer: usize,
    variant: &'a Variant,
    /// The words that differ, as written: in the answer, in the variant.
    place: Range<usize>,
    changed: Range<usize>,
    /// The same with a word on each side.
    around: Range<usize>,
    right: String,
    wrong: String,
}

impl<'a> Draft<'a> {
    fn of(answer: usize, right: &SpokenPhrase, variant: &'a Variant) -> Option<Self> {
        let right: Vec<&str> = right.iter().map(|word| word.text.as_str()).collect();
        let wrong = words_of(&variant.text);
        let is_same = |(right, wrong): &(&&str, &&str)| plain(right) == plain(wrong);
        let before = right.iter().zip(&wrong).take_while(is_same).count();
        let rest = right.len().min(wrong.len()) - before;
        let pairs = right.iter().rev().zip(wrong.iter().rev()).take(rest);
        let after = pairs.take_while(is_same).count();
        let (place, changed) = (before..right.len() - after, before..wrong.len() - after);
        let first = before.saturating_sub(1);
        let last = |words: usize, end: usize| words.min(end + 1);
        let (around, other) = (
            first..last(right.len(), place.end),
            first..last(wrong.len(), changed.end),
        );
        let written = |words: &[&str]| words.iter().map(|word| plain(word)).collect::<Vec<_>>().join(" ");
        Some(Self {
            answer,
            variant,
            right: written(&right[around.clone()]),
            wrong: written(&wrong[other]),
            place,
            changed,
            around,
        })
        .filter(|draft| draft.place != draft.changed || draft.right != draft.wrong)
    }

    /// The answer's own words with those in them that differ; none if nobody can hear the difference.
    fn spoken(self, answer: &SpokenPhrase, right: &SpokenPhrase, wrong: &SpokenPhrase) -> Option<SpokenVariant> {
        let written = words_of(&self.variant.text);
        let length = self.around.len() + self.changed.len() - self.place.len();
        if right.len() != self.around.len() || wrong.len() != length {
            return None;
        }
        if !is_audible(&sounds(right), &sounds(wrong)) {
            return None;
        }
        // A neighbour that is said the same in both is said as in the answer.
        let mut middle: Vec<SpokenWord> = wrong.to_vec();
        if self.around.start < self.place.start && right[0].sounds == wrong[0].sounds {
            middle[0] = answer[self.around.start].clone();
        }
        let last = (right.len().checked_sub(1)?, wrong.len().checked_sub(1)?);
        if self.around.end > self.place.end && right[last.0].sounds == wrong[last.1].sounds {
            middle[last.1] = answer[self.around.end - 1].clone();
        }
        let mut words: Vec<SpokenWord> = answer[..self.around.start].to_vec();
        words.append(&mut middle);
        words.extend_from_slice(&answer[self.around.end..]);
        for (word, text) in words.iter_mut().zip(&written) {
            word.text = (*text).to_owned();
        }
        if runs_into_vowel(&sounds(answer), &sounds(&words)) {
            return None;
        }
        let end = words.len();
        let changed = match self.changed.is_empty() {
            true => self.changed.start.saturating_sub(1)..(self.changed.end + 1).min(end),
            false => self.changed,
        };
        Some(SpokenVariant {
            text: self.variant.text.clone(),
            at: self.variant.at.clone(),
            words: words.into(),
            changed,
            place: self.place,
        })
    }
}

/// A word without capitals and marks around it.
fn plain(word: &str) -> String {
    word.trim_matches(|sign: char| !sign.is_alphanumeric()).to_lowercase()
}

fn sounds(words: &[SpokenWord]) -> Vec<Sound> {
    words.iter().flat_map(|word| word.sounds.clone()).collect()
}

/// Whether the model can tell two sequences apart: some sound of one of them has no phone in common with the one in its place in
/// the other. How long a sound lasts tells nothing: one may stand for several that are alike.
fn is_audible(right: &[Sound], wrong: &[Sound]) -> bool {
    let is_alike = |a: &Sound, b: &Sound| a.phones.iter().any(|phone| b.phones.contains(phone));
    // Dynamic time warping without any cost: whether the sounds so far, up to each of `wrong`, can be laid over each other.
    let mut laid: Vec<bool> = (0..=wrong.len()).map(|length| length == 0).collect();
    for sound in right {
        let mut next = vec![false; wrong.len() + 1];
        for at in 1..=wrong.len() {
            next[at] = is_alike(sound, &wrong[at - 1]) && (laid[at] || laid[at - 1] || next[at - 1]);
        }
        laid = next;
    }
    !laid[wrong.len()]
}

/// Whether a vowel that differs meets another vowel. People run the two together ("la conferencia ha sido", "the only"), so that
/// nobody can tell what became of the one that differs.
fn runs_into_vowel(right: &[Sound], wrong: &[Sound]) -> bool {
    let before = right
        .iter()
        .zip(wrong)
        .take_while(|(right, wrong)| right == wrong)
        .count();
    let rest = right.len().min(wrong.len()) - before;
    let pairs = right.iter().rev().zip(wrong.iter().rev()).take(rest);
    let after = pairs.take_while(|(right, wrong)| right == wrong).count();
    let is_vowel = |sound: Option<&Sound>| sound.is_some_and(|sound| sound.phones.iter().any(|phone| phone.is_vowel()));
    let is_run = |sounds: &[Sound]| {
        let (start, end) = (before, sounds.len() - after);
        let meets = |at: usize| at > 0 && is_vowel(sounds.get(at - 1)) && is_vowel(sounds.get(at));
        meets(start) || meets(end)
    };
    is_run(right) || is_run(wrong)
}

#[cfg(test)]
mod tests {
    use super::super::trellis::tests::said;
    use super::*;

    fn learn(pronouncer: &Pronouncer, phrase: &[(&str, &str)]) -> SpokenPhrase {
        let words = phrase.iter().map(|(text, ipa)| SpokenWord::from_ipa(text, ipa));
        let words: SpokenPhrase = words.collect();
        let text: Vec<&str> = phrase.iter().map(|(text, _)| *text).collect();
        pronouncer.learn(Language::French, &text.join(" "), Arc::clone(&words));
        words
    }

    fn variant(text: &str, wrong: &str) -> Variant {
        let start = text.find(wrong).expect("it is in it");
        Variant {
            text: text.to_owned(),
            at: start..start + wrong.len(),
            rule: String::new(),
        }
    }

    /// "Une table libre", its variants "Un table libre" and, which sounds the same, "Une tables libre".
    fn spoken() -> (SpokenPhrase, Vec<SpokenVariant>) {
        let pronouncer = Pronouncer::with_program("no-such-program-here");
        let answer = learn(
            &pronouncer,
            &[("Une", "y_n"), ("table", "t_a_b_l"), ("libre.", "l_i_b_ʁ")],
        );
        learn(&pronouncer, &[("une", "y_n"), ("table", "t_a_b_l")]);
        learn(&pronouncer, &[("un", "œ̃"), ("table", "t_a_b_l")]);
        learn(
            &pronouncer,
            &[("une", "y_n"), ("table", "t_a_b_l"), ("libre", "l_i_b_ʁ")],
        );
        learn(
            &pronouncer,
            &[("une", "y_n"), ("tables", "t_a_b_l"), ("libre", "l_i_b_ʁ")],
        );
        let variants = [variant("Un table libre.", "Un"), variant("Une tables libre.", "tables")];
        let mut spoken = pronounce(
            &pronouncer,
            Language::French,
            std::slice::from_ref(&answer),
            &[variants.to_vec()],
        )
        .unwrap();
        (answer, spoken.remove(0))
    }

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
    fn variants_that_sound_like_the_answer_are_left_out() {
        let (_, variants) = spoken();
        let [variant] = variants.as_slice() else {
            panic!("{variants:?}");
        };
        let texts: Vec<&str> = variant.words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, ["Un", "table", "libre."]);
        assert_eq!((variant.changed.clone(), variant.place.clone()), (0..1, 0..1));
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
        assert_eq!(weighed, Weighed::default());
        let none = weigh(&answer, &[], &Courtesies::default(), Language::French, &[]);
        assert_eq!(none, Weighed::default());
    }

    #[test]
    fn a_larger_margin_is_a_surer_slip() {
        for language in Language::ALL {
            assert!(confidence(32.0, language) > SURE);
            assert!(confidence(40.0, language) > confidence(32.0, language));
            assert!(confidence(-RIGHT_MARGIN, language) < 0.01);
        }
    }

    #[test]
    fn a_vowel_that_runs_into_another_tells_nothing() {
        let sounds = |ipa: &str| SpokenWord::from_ipa("", ipa).sounds;
        for (right, wrong, runs) in [
            ("s_j_a_a_s_i", "s_j_a_e_s_i", true),
            ("l_i_ð_i_o_n", "l_i_o_n", true),
            ("l_i_ð_i_k_a", "l_i_k_a", false),
            ("ɾ_a_u_n_a_m_e", "ɾ_a_u_n_m_e", false),
            ("a_m", "e_m", false),
        ] {
            assert_eq!(runs_into_vowel(&sounds(right), &sounds(wrong)), runs, "{right} {wrong}");
        }
    }

    #[test]
    fn a_sound_more_is_audible_and_one_that_may_be_the_same_is_not() {
        let sounds = |ipa: &str| SpokenWord::from_ipa("", ipa).sounds;
        for (right, wrong, is_told) in [
            ("l_ə", "l_a", false),
            ("l_ə", "l_e", true),
            ("k_a_t", "k_a_t_s", true),
            ("a_l_a", "a_l_l_a", false),
            ("ʒ_ɔ_p", "ʒ_ə_ɔ_p", true),
            ("u_n_k", "u_n_a_k", true),
            ("u_n_a", "u_n_a_a", false),
            ("y_n", "y_n", false),
            ("", "a", true),
            ("", "", false),
        ] {
            assert_eq!(is_audible(&sounds(right), &sounds(wrong)), is_told, "{right} {wrong}");
        }
    }
}

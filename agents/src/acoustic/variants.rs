//! Variants of an expected answer with a slip of grammar in them, pronounced: those that can be told from the answer by ear.

use std::ops::Range;

use super::ipa::Sound;
use super::pronunciation::{Pronouncer, SpokenPhrase, SpokenWord, words_of};
use crate::assessment::language::Variant;
use crate::engine::EngineError;
use crate::language::Language;

/// A variant of an answer, pronounced.
#[derive(Clone, Debug)]
pub struct SpokenVariant {
    /// As written.
    pub(super) text: String,
    /// What is wrong in it, in bytes.
    pub(super) at: Range<usize>,
    pub(super) words: SpokenPhrase,
    /// Its words that differ from the answer's, with one around them where there are none.
    pub(super) changed: Range<usize>,
    /// The words of the answer that differ.
    pub(super) place: Range<usize>,
}

impl SpokenVariant {
    /// Whether nobody can tell this variant from another by ear.
    pub(super) fn sounds_like(&self, other: &Self) -> bool {
        !is_audible(&sounds(&self.words), &sounds(&other.words))
    }

    /// The same slip where the answer, as written and said, names another value: `named` are the words of the answer that name its own, and
    /// `other` is the other answer as written, and the words that it has for them. None if the slip is about the value or the words beside it.
    pub(super) fn naming(
        &self,
        (right, answer): (&str, &[SpokenWord]),
        named: Range<usize>,
        (text, words): (&str, &[SpokenWord]),
    ) -> Option<Self> {
        let is_before = self.place.end < named.start;
        if !is_before && self.place.start <= named.end {
            return None;
        }
        let moved = |at: &Range<usize>, was: usize, is: usize| {
            Some((at.start + is).checked_sub(was)?..(at.end + is).checked_sub(was)?)
        };
        let (before, after) = differing(right, text);
        let written = before..right.len() - after;
        // What comes after the slip stands elsewhere than in the answer.
        let (value, value_written) = match is_before {
            true => (
                moved(&named, answer.len(), self.words.len())?,
                moved(&written, right.len(), self.text.len())?,
            ),
            false => (named.clone(), written.clone()),
        };
        if self.text.get(value_written.clone())? != &right[written] {
            return None;
        }
        let (first, last) = (self.words.get(..value.start)?, self.words.get(value.end..)?);
        let (start, end) = (&self.text[..value_written.start], &self.text[value_written.end..]);
        let shift = |at: &Range<usize>, was: usize, is: usize| match is_before {
            true => Some(at.clone()),
            false => moved(at, was, is),
        };
        Some(Self {
            at: shift(&self.at, right.len(), text.len())?,
            changed: shift(&self.changed, named.len(), words.len())?,
            place: shift(&self.place, named.len(), words.len())?,
            text: [start, &text[before..text.len() - after], end].concat(),
            words: [first, words, last].concat().into(),
        })
    }
}

/// How many bytes two texts have in common at their beginnings, and then at their ends.
fn differing(one: &str, other: &str) -> (usize, usize) {
    let is_same = |(a, b): &(char, char)| a == b;
    let length = |(letter, _): (char, char)| letter.len_utf8();
    let before: usize = one.chars().zip(other.chars()).take_while(is_same).map(length).sum();
    let (one, other) = (&one[before..], &other[before..]);
    let pairs = one.chars().rev().zip(other.chars().rev());
    (before, pairs.take_while(is_same).map(length).sum())
}

/// Pronounces the variants of answers whose pronunciation is known, and leaves out those that sound like the answer. Some may sound
/// like each other. Blocks while espeak-ng runs.
pub(crate) fn pronounce(
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
        found[answer].extend(draft.spoken(&answers[answer], &spoken[0], &spoken[1]));
    }
    Ok(found)
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

/// The words of a text without capitals and marks around them.
pub(super) fn plain_words(text: &str) -> Vec<String> {
    words_of(text).into_iter().map(plain).collect()
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
pub(super) mod tests {
    use std::sync::Arc;

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
    pub(in super::super) fn spoken() -> (SpokenPhrase, Vec<SpokenVariant>) {
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

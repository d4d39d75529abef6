//! What is expected to be heard, made ready for the search.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::courtesy::{self, Before};
use super::ipa;
use super::phone::Phone;
use super::phrases::{Courtesies, PhraseNetwork};
use super::pronunciation::{Pronouncer, SpokenPhrase, SpokenWord};
use super::variants::{self, SpokenVariant, plain_words};
use super::word_loop::WordLoop;
use crate::assessment::language::Variant;
use crate::engine::{EngineError, Expected};
use crate::language::Language;

/// The answers of a step, pronounced and put into networks; shared by everybody who is at that step.
#[derive(Debug)]
pub struct Expectation {
    pub(super) language: Language,
    /// As written, in the order of [`Expected::phrases`].
    pub(super) texts: Vec<String>,
    pub(super) spoken: Vec<SpokenPhrase>,
    /// Whether each ends the conversation.
    pub(super) leaves: Vec<bool>,
    /// Which each is but for a value that it names.
    pub(super) instead_of: Vec<Option<usize>>,
    /// Whether each is a short answer.
    is_short: Vec<bool>,
    pub(super) courtesies: Courtesies,
    pub(super) phrases: PhraseNetwork,
    /// What every phrase is held against.
    pub(super) word_loop: WordLoop,
    /// Slips in each phrase that can be heard, once they are known: without them phrases are heard all the same.
    variants: OnceLock<Vec<SpokenVariants>>,
    /// Whether somebody is to find them.
    is_ordered: AtomicBool,
}

/// Variants of an answer with a slip, pronounced.
pub type SpokenVariants = Arc<[SpokenVariant]>;

impl Expectation {
    /// Finds the pronunciations of what is expected. Blocks while espeak-ng runs, if anything is new.
    pub fn prepare(pronouncer: &Pronouncer, language: Language, expected: &Expected) -> Result<Self, EngineError> {
        let phrases: Vec<&str> = expected
            .phrases
            .iter()
            .map(|phrase| phrase.spoken.as_deref().unwrap_or(&phrase.text))
            .collect();
        let words: Vec<&str> = expected.vocabulary.iter().map(String::as_str).collect();
        let before: Vec<&str> = courtesy::before(language).iter().map(|before| before.text()).collect();
        let after = courtesy::after(language);
        let all = [phrases.as_slice(), words.as_slice(), before.as_slice(), after].concat();
        let mut spoken = pronouncer.pronounce(language, &all)?;
        let after = spoken.split_off(all.len() - after.len());
        let greetings = spoken.split_off(phrases.len() + words.len());
        let courtesies = courtesies(language, greetings, after);
        let vocabulary = spoken.split_off(phrases.len());
        for (spoken, phrase) in spoken.iter_mut().zip(&expected.phrases) {
            if phrase.spoken.is_none() {
                mark_optional(language, &phrase.text, spoken);
            }
            if phrase.leaves {
                *spoken = weakened(spoken).into();
            }
        }
        let listed: Vec<&[SpokenWord]> = spoken.iter().map(|phrase| &phrase[..]).collect();
        // What nobody suggests comes last. A suggested answer is often the beginning of it: "(I'd like) a glass of red wine (for me)".
        let suggested = expected.phrases.iter().take_while(|phrase| phrase.instead_of.is_none());
        let is_short: Vec<bool> = (0..phrases.len()).map(|phrase| expected.is_short(phrase)).collect();
        let cost = |phrase: usize| if is_short[phrase] { SHORT_COST } else { 0.0 };
        let phrases = PhraseNetwork::new(&listed, &courtesies)
            .extended_by_first(suggested.count())
            .at_cost(cost);
        Ok(Self {
            language,
            texts: expected.phrases.iter().map(|phrase| phrase.text.clone()).collect(),
            leaves: expected.phrases.iter().map(|phrase| phrase.leaves).collect(),
            instead_of: expected.phrases.iter().map(|phrase| phrase.instead_of).collect(),
            phrases,
            word_loop: WordLoop::new(&spoken, &vocabulary),
            courtesies,
            variants: OnceLock::new(),
            is_ordered: AtomicBool::new(false),
            is_short,
            spoken,
        })
    }

    /// Learns the variants of each phrase with a slip in it, so that they are heard from now on. Blocks as
    /// [`Expectation::prepare`] does. Does nothing if they are known.
    ///
    /// # Errors
    /// Those of [`Expectation::prepare`]; it is then as before.
    pub fn learn_variants(&self, pronouncer: &Pronouncer, variants: &[Vec<Variant>]) -> Result<(), EngineError> {
        if self.has_variants() {
            return Ok(());
        }
        let spoken = variants::pronounce(pronouncer, self.language, &self.spoken, variants)?;
        self.take_variants(spoken.into_iter().map(Into::into).collect());
        Ok(())
    }

    /// Takes the variants of each phrase, the likeliest first, unless it has some. One that is another phrase of the same step is no
    /// slip in this; of the others that sound alike, the likeliest stands for all.
    pub(crate) fn take_variants(&self, mut variants: Vec<SpokenVariants>) {
        let right: HashSet<Vec<String>> = self.texts.iter().map(|text| plain_words(text)).collect();
        for variants in &mut variants {
            let mut kept: Vec<&SpokenVariant> = Vec::new();
            for variant in variants.iter() {
                let is_slip = !right.contains(&plain_words(&variant.text));
                if is_slip && !kept.iter().any(|other| variant.sounds_like(other)) {
                    kept.push(variant);
                }
            }
            // Those of an answer are shared by all steps that expect it.
            if kept.len() < variants.len() {
                *variants = kept.into_iter().cloned().collect();
            }
        }
        variants.resize(self.texts.len(), SpokenVariants::default());
        // Who was first has made the same.
        let _ = self.variants.set(variants);
    }

    /// Whether the variants of its phrases are known.
    pub fn has_variants(&self) -> bool {
        self.variants.get().is_some()
    }

    /// Whether its variants are neither known nor being found. From now on they are, until [`Expectation::give_variants_up`].
    pub(crate) fn order_variants(&self) -> bool {
        !self.has_variants() && !self.is_ordered.swap(true, Ordering::Relaxed)
    }

    /// Nobody is finding its variants any more: whoever wants them may order them again.
    pub(crate) fn give_variants_up(&self) {
        self.is_ordered.store(false, Ordering::Relaxed);
    }

    /// The phrases as written, and how they are said, but those that stand for others: a learner is shown none of them, so nobody looks for
    /// slips in them.
    pub(crate) fn answers(&self) -> impl Iterator<Item = (&str, &SpokenPhrase)> {
        let texts = self.texts.iter().map(String::as_str);
        let all = texts.zip(&self.spoken).zip(&self.instead_of);
        all.map_while(|(answer, instead_of)| instead_of.is_none().then_some(answer))
    }

    /// The phrases that are the same as one but for a value that they name.
    pub(super) fn others_like(&self, phrase: usize) -> impl Iterator<Item = usize> {
        let of = |phrase: usize| self.instead_of[phrase].unwrap_or(phrase);
        let is_other = move |other: usize| other != phrase && of(other) == of(phrase);
        (0..self.texts.len()).filter(move |&other| is_other(other) && !self.is_within(phrase, other))
    }

    /// Whether a phrase is a short answer, which nobody suggests.
    pub(super) fn is_short(&self, phrase: usize) -> bool {
        self.is_short[phrase]
    }

    /// Whether the words of one of two short answers are all in the other ("take away", "to take away"): they name the same value.
    fn is_within(&self, phrase: usize, other: usize) -> bool {
        self.is_short(phrase) && (self.is_part(phrase, other) || self.is_part(other, phrase))
    }

    /// Whether all words of a phrase stand in another.
    pub(super) fn is_part(&self, phrase: usize, of: usize) -> bool {
        let spelled = |phrase: usize| format!(" {} ", plain_words(&self.texts[phrase]).join(" "));
        spelled(of).contains(&spelled(phrase))
    }

    /// The words of a phrase that are not those of another, or the place where some stand in the other.
    pub(super) fn differing(&self, phrase: usize, other: usize) -> Range<usize> {
        let (own, other) = (&self.spoken[phrase], &self.spoken[other]);
        let is_same = |(a, b): &(&SpokenWord, &SpokenWord)| plain_words(&a.text) == plain_words(&b.text);
        let before = own.iter().zip(other.iter()).take_while(is_same).count();
        let rest = own.len().min(other.len()) - before;
        let after = own
            .iter()
            .rev()
            .zip(other.iter().rev())
            .take(rest)
            .take_while(is_same)
            .count();
        before..own.len() - after
    }

    /// The language that is spoken.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Variants of a phrase that can be heard, as written.
    pub fn variants_of(&self, phrase: usize) -> impl Iterator<Item = &str> {
        self.own_variants(phrase).iter().map(|variant| variant.text.as_str())
    }

    fn own_variants(&self, phrase: usize) -> &[SpokenVariant] {
        self.variants.get().map_or(&[][..], |variants| &variants[phrase])
    }

    /// How a phrase and its variants are said. One that stands for another has those of that one which are not about the value.
    pub(super) fn with_variants_of(&self, phrase: usize) -> (&[SpokenWord], Cow<'_, [SpokenVariant]>) {
        let variants = match self.instead_of[phrase] {
            None => Cow::Borrowed(self.own_variants(phrase)),
            Some(other) => {
                let right = (self.texts[other].as_str(), &self.spoken[other][..]);
                let named = self.differing(other, phrase);
                let own = (
                    self.texts[phrase].as_str(),
                    &self.spoken[phrase][self.differing(phrase, other)],
                );
                let others = self.own_variants(other).iter();
                let moved = others.filter_map(|variant| variant.naming(right, named.clone(), own));
                Cow::Owned(moved.collect())
            }
        };
        (&self.spoken[phrase], variants)
    }

    /// A phrase or one of its variants with the courtesies that were said around it, by their numbers, and where it begins.
    pub(super) fn text(&self, words: &str, before: &[usize], after: Option<usize>) -> (String, usize) {
        let before = before.iter().map(|&number| courtesy::before(self.language)[number]);
        let before: Vec<Before> = before.collect();
        let after = after.map(|number| courtesy::after(self.language)[number]);
        let start = courtesy::around(words, &before, None).len() - words.len();
        (courtesy::around(words, &before, after), start)
    }

    /// The text of the first words of a phrase, as written.
    pub(super) fn beginning(&self, phrase: usize, words: usize) -> String {
        let words: Vec<&str> = self.spoken[phrase]
            .iter()
            .take(words)
            .map(|word| word.text.as_str())
            .collect();
        words.join(" ")
    }
}

/// What may be said around an answer, from how it is pronounced.
fn courtesies(language: Language, mut greetings: Vec<SpokenPhrase>, after: Vec<SpokenPhrase>) -> Courtesies {
    let before = courtesy::before(language);
    let mut requests = greetings.split_off(before.partition_point(|before| !before.is_request()));
    for (spoken, before) in requests.iter_mut().zip(&before[greetings.len()..]) {
        let mut words = weakened(spoken);
        if let (Some(last), Some(liaison)) = (words.last_mut(), before.liaison()) {
            last.sounds.extend(ipa::sounds(liaison));
        }
        *spoken = words.into();
    }
    Courtesies {
        greetings,
        requests,
        after,
    }
}

/// Words in which each [ʁ] may come out as weak as it often does.
fn weakened(words: &[SpokenWord]) -> Vec<SpokenWord> {
    let mut words = words.to_vec();
    for sound in words.iter_mut().flat_map(|word| &mut word.sounds) {
        if sound.ipa == "ʁ" {
            sound.phones.extend(WEAK_R.iter().filter_map(|name| Phone::named(name)));
        }
    }
    words
}

/// Lets the "please" at the end of an answer be left out, if what is left says something.
fn mark_optional(language: Language, text: &str, spoken: &mut SpokenPhrase) {
    let polite = courtesy::polite_words(language, text);
    let left = spoken.len().saturating_sub(polite);
    if polite == 0 || left < LEAST_LEFT {
        return;
    }
    let mut words = spoken.to_vec();
    for word in &mut words[left..] {
        word.is_optional = true;
    }
    *spoken = words.into();
}

/// What the [ʁ] of "je voudrais" and "au revoir" comes out as, too. In all answers too much else would fit.
const WEAK_R: [&str; 2] = ["L", "AA"];
/// Words without which a "please" is left out of nothing: "Yes, please" is more than "yes".
const LEAST_LEFT: usize = 2;
/// How much better a short answer has to fit than one that is suggested, which more people say, in log-likelihoods.
const SHORT_COST: f32 = 12.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acoustic::judgement::tests::{expectation, expectation_of, staying};

    fn variant(text: &str, ipa: &str) -> SpokenVariant {
        SpokenVariant {
            text: text.to_owned(),
            at: 0..text.len(),
            words: [SpokenWord::from_ipa(text, ipa)].into(),
            changed: 0..1,
            place: 0..1,
        }
    }

    #[test]
    fn another_answer_of_the_step_stands_for_no_slip_that_sounds_like_it() {
        let expectation = expectation(&["s_iː", "z_uː"]);
        let found = [
            variant("z_uː", "z_uː"),
            variant("zoo", "z_uː"),
            variant("zou", "z_uː"),
            variant("my", "m_aɪ"),
        ];
        expectation.take_variants(vec![found.to_vec().into()]);
        assert_eq!(expectation.variants_of(0).collect::<Vec<_>>(), ["zoo", "my"]);
        assert_eq!(expectation.variants_of(1).count(), 0);
    }

    #[test]
    fn short_answers_are_held_against_each_other_unless_one_has_all_words_of_the_other() {
        let texts = ["s_iː m_aɪ", "m_aɪ", "z_uː"];
        let instead_of = |first| {
            let phrases = texts.iter().zip([first, Some(0), Some(0)]);
            expectation_of(phrases.map(|(text, of)| staying(text, of)).collect())
        };
        let expectation = instead_of(Some(0));
        assert!(expectation.is_short(2));
        assert_eq!(expectation.others_like(0).collect::<Vec<_>>(), [2]);
        let expectation = instead_of(None);
        assert!(!expectation.is_short(1));
        assert_eq!(expectation.others_like(0).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn variants_that_are_known_are_not_pronounced_again() {
        let expectation = expectation(&["s_iː"]);
        let pronouncer = Pronouncer::with_program("no-such-program-here");
        let wrong = [Variant {
            text: "my".to_owned(),
            at: 0..2,
            rule: String::new(),
        }];
        assert!(expectation.learn_variants(&pronouncer, &[wrong.to_vec()]).is_err());
        assert!(!expectation.has_variants());
        expectation.take_variants(Vec::new());
        assert!(expectation.learn_variants(&pronouncer, &[wrong.to_vec()]).is_ok());
    }

    #[test]
    fn variants_are_ordered_once_and_again_if_nobody_found_them() {
        let expectation = expectation(&["s_iː"]);
        assert!(expectation.order_variants());
        assert!(!expectation.order_variants());
        expectation.give_variants_up();
        assert!(expectation.order_variants());
        expectation.give_variants_up();
        expectation.take_variants(Vec::new());
        assert!(!expectation.order_variants());
    }
}

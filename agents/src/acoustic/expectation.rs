//! What is expected to be heard, made ready for the search.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use super::courtesy;
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
    pub(super) courtesies: Courtesies,
    pub(super) phrases: PhraseNetwork,
    /// What every phrase is held against.
    pub(super) word_loop: WordLoop,
    /// Slips in each phrase that can be heard, once they are known: without them phrases are heard all the same.
    variants: OnceLock<Vec<SpokenVariants>>,
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
        let before = spoken.split_off(phrases.len() + words.len());
        let vocabulary = spoken.split_off(phrases.len());
        let listed: Vec<&[SpokenWord]> = spoken.iter().map(|phrase| &phrase[..]).collect();
        let courtesies = Courtesies { before, after };
        Ok(Self {
            language,
            texts: expected.phrases.iter().map(|phrase| phrase.text.clone()).collect(),
            leaves: expected.phrases.iter().map(|phrase| phrase.leaves).collect(),
            phrases: PhraseNetwork::new(&listed, &courtesies),
            word_loop: WordLoop::new(&spoken, &vocabulary),
            courtesies,
            variants: OnceLock::new(),
            spoken,
        })
    }

    /// Learns the variants of each phrase with a slip in it, so that they are heard from now on. Blocks as
    /// [`Expectation::prepare`] does. Does nothing if they are known.
    ///
    /// # Errors
    /// Those of [`Expectation::prepare`]; it is then as before.
    pub fn learn_variants(&self, pronouncer: &Pronouncer, variants: &[Vec<Variant>]) -> Result<(), EngineError> {
        let spoken = variants::pronounce(pronouncer, self.language, &self.spoken, variants)?;
        self.take_variants(spoken.into_iter().map(Into::into).collect());
        Ok(())
    }

    /// Takes the variants of each phrase, unless it has some. One that is another phrase of the same step is no slip in this.
    pub(crate) fn take_variants(&self, mut variants: Vec<SpokenVariants>) {
        let right: HashSet<Vec<String>> = self.texts.iter().map(|text| plain_words(text)).collect();
        for variants in &mut variants {
            let is_slip = |variant: &&SpokenVariant| !right.contains(&plain_words(&variant.text));
            if !variants.iter().all(|variant| is_slip(&variant)) {
                *variants = variants.iter().filter(is_slip).cloned().collect();
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

    /// The phrases as written, and how they are said.
    pub(crate) fn answers(&self) -> impl Iterator<Item = (&str, &SpokenPhrase)> {
        self.texts.iter().map(String::as_str).zip(&self.spoken)
    }

    /// The language that is spoken.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Variants of a phrase that can be heard, as written.
    pub fn variants_of(&self, phrase: usize) -> impl Iterator<Item = &str> {
        self.with_variants_of(phrase)
            .1
            .iter()
            .map(|variant| variant.text.as_str())
    }

    /// How a phrase and its variants are said.
    pub(super) fn with_variants_of(&self, phrase: usize) -> (&[SpokenWord], &[SpokenVariant]) {
        let variants = self.variants.get().map_or(&[][..], |variants| &variants[phrase]);
        (&self.spoken[phrase], variants)
    }

    /// A phrase or one of its variants with the courtesies that were said around it, by their numbers, and where it begins.
    pub(super) fn text(&self, words: &str, before: Option<usize>, after: Option<usize>) -> (String, usize) {
        let before = before.map(|number| courtesy::before(self.language)[number]);
        let after = after.map(|number| courtesy::after(self.language)[number]);
        let start = courtesy::around(words, before, None).len() - words.len();
        (courtesy::around(words, before, after), start)
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

//! What is expected to be heard, made ready for the search.

use super::courtesy;
use super::phrases::{Courtesies, PhraseNetwork};
use super::pronunciation::{Pronouncer, SpokenPhrase, SpokenWord};
use super::slips::{self, SpokenVariant};
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
    pub(super) courtesies: Courtesies,
    pub(super) phrases: PhraseNetwork,
    /// What every phrase is held against.
    pub(super) word_loop: WordLoop,
    /// Slips in each phrase that can be heard.
    pub(super) variants: Vec<Vec<SpokenVariant>>,
}

impl Expectation {
    /// Finds the pronunciations of what is expected. Blocks while espeak-ng runs, if anything is new.
    pub fn prepare(pronouncer: &Pronouncer, language: Language, expected: &Expected) -> Result<Self, EngineError> {
        let phrases: Vec<&str> = expected
            .phrases
            .iter()
            .map(|phrase| phrase.spoken.as_deref().unwrap_or(&phrase.text))
            .collect();
        let words: Vec<&str> = expected.vocabulary.iter().map(String::as_str).collect();
        let (before, after) = (courtesy::before(language), courtesy::after(language));
        let all = [phrases.as_slice(), words.as_slice(), before, after].concat();
        let mut spoken = pronouncer.pronounce(language, &all)?;
        let after = spoken.split_off(all.len() - after.len());
        let before = spoken.split_off(phrases.len() + words.len());
        let vocabulary = spoken.split_off(phrases.len());
        let listed: Vec<&[SpokenWord]> = spoken.iter().map(|phrase| &phrase[..]).collect();
        let courtesies = Courtesies { before, after };
        Ok(Self {
            language,
            texts: expected.phrases.iter().map(|phrase| phrase.text.clone()).collect(),
            phrases: PhraseNetwork::new(&listed, &courtesies),
            word_loop: WordLoop::new(&spoken, &vocabulary),
            courtesies,
            variants: vec![Vec::new(); spoken.len()],
            spoken,
        })
    }

    /// Learns the variants of each phrase with a slip in it, so that they are heard. Blocks as [`Expectation::prepare`] does.
    ///
    /// # Errors
    /// Those of [`Expectation::prepare`]; it is then as before.
    pub fn learn_variants(&mut self, pronouncer: &Pronouncer, variants: &[Vec<Variant>]) -> Result<(), EngineError> {
        self.variants = slips::pronounce(pronouncer, self.language, &self.spoken, variants)?;
        Ok(())
    }

    /// Variants of a phrase that can be heard, as written.
    pub fn variants_of(&self, phrase: usize) -> impl Iterator<Item = &str> {
        self.variants[phrase].iter().map(|variant| variant.text.as_str())
    }

    /// How a phrase and its variants are said.
    pub(super) fn with_variants_of(&self, phrase: usize) -> (&[SpokenWord], &[SpokenVariant]) {
        (&self.spoken[phrase], &self.variants[phrase])
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

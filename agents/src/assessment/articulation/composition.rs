//! Sounds in IPA, read as one sound of the table with marks: length, nasality, breath, and what it glides to.

use std::collections::BTreeMap;

use super::contrast::Change;
use super::features::{Features, Manner};
use crate::language::Language;

/// The same in several languages.
pub(super) type Texts = BTreeMap<Language, String>;

/// A sound that is described as such.
#[derive(Clone, Debug)]
pub(super) struct Sound {
    pub ipa: String,
    pub aliases: Vec<String>,
    pub features: Features,
    pub advice: Texts,
}

/// A sound of the table with what its signs add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Composed {
    /// The approximant that it begins with, in the table: the /j/ of /jɛ/.
    pub onset: Option<usize>,
    /// In the table.
    pub base: usize,
    /// Of the base.
    pub features: Features,
    /// Marked with ◌̃, which its base isn't.
    pub nasal: bool,
    /// Marked with ː, or written twice.
    pub long: bool,
    /// ʰ or ˭: whether a puff of air follows. None if it doesn't matter.
    pub aspirated: Option<bool>,
    /// What follows in the same syllable, in order.
    pub glides: Vec<Change>,
}

impl Composed {
    /// Reads a sound as [`normal`] leaves it. None if there are other signs in it.
    pub fn parse(table: &[Sound], ipa: &str) -> Option<Self> {
        let (base, mut rest) = longest(table, ipa)?;
        let features = table[base].features;
        let starts = matches!(features, Features::Consonant(consonant) if consonant.manner == Manner::Approximant);
        if starts
            && !rest.is_empty()
            && let Some(syllable) = Self::parse(table, rest)
            && matches!(syllable.features, Features::Vowel(_))
            && syllable.onset.is_none()
        {
            return Some(Self {
                onset: Some(base),
                ..syllable
            });
        }
        let mut composed = Self {
            onset: None,
            base,
            features,
            nasal: false,
            long: false,
            aspirated: None,
            glides: Vec::new(),
        };
        if !rest.is_empty() && rest == table[base].ipa {
            composed.long = true;
            return Some(composed);
        }
        while let Some(sign) = rest.chars().next() {
            rest = &rest[sign.len_utf8()..];
            match (sign, features) {
                ('ː', _) => composed.long = true,
                ('\u{303}', Features::Vowel(_)) => composed.nasal = true,
                ('ʰ', Features::Consonant(_)) => composed.aspirated = Some(true),
                ('˭', Features::Consonant(_)) => composed.aspirated = Some(false),
                (sign, Features::Vowel(_)) => {
                    let (_, glide) = GLIDES.iter().find(|(signs, _)| signs.contains(sign))?;
                    composed.glides.push(*glide);
                    // Whether a glide is long or nasal is heard in the vowel already.
                    rest = rest.trim_start_matches(['ː', '\u{303}']);
                }
                _ => return None,
            }
        }
        Some(composed)
    }

    /// What its marks add to what is said of its base.
    pub fn additions(&self) -> impl Iterator<Item = Change> {
        let is_vowel = matches!(self.features, Features::Vowel(_));
        let long = if is_vowel {
            Change::LongVowel
        } else {
            Change::LongConsonant
        };
        let aspirated = self.aspirated.map(|aspirated| {
            if aspirated {
                Change::Aspirated
            } else {
                Change::Unaspirated
            }
        });
        [
            self.nasal.then_some(Change::NasalVowel),
            aspirated,
            (self.long && self.glides.is_empty()).then_some(long),
        ]
        .into_iter()
        .flatten()
        .chain(self.glides.iter().copied())
    }
}

/// The signs that vowels may end with, and where they glide to.
const GLIDES: [(&str, Change); 7] = [
    ("iɪj", Change::GlideI),
    ("uʊwɯ", Change::GlideU),
    ("yʏø", Change::GlideY),
    ("əɐɜ", Change::GlideSchwa),
    ("ɹɻɚɝ", Change::GlideR),
    ("n", Change::GlideN),
    ("ŋ", Change::GlideNg),
];

/// The sound of the table whose sign is the longest that `ipa` begins with, and what follows it.
fn longest<'a>(table: &[Sound], ipa: &'a str) -> Option<(usize, &'a str)> {
    let signs = table.iter().enumerate().flat_map(|(index, sound)| {
        let signs = std::iter::once(&sound.ipa).chain(&sound.aliases);
        signs.map(move |sign| (index, sign))
    });
    signs
        .filter_map(|(index, sign)| Some((index, ipa.strip_prefix(sign.as_str())?)))
        .min_by_key(|(_, rest)| rest.len())
}

/// A sound in IPA as the tables write it: without stress, ties and marks of shades, with one sign for G and nasal vowels.
pub(super) fn normal(ipa: &str) -> String {
    let mut normal = String::with_capacity(ipa.len());
    for sign in ipa.trim_matches('/').chars() {
        match sign {
            'g' => normal.push('ɡ'),
            'ä' => normal.push('a'),
            'ã' => normal.push_str("a\u{303}"),
            'ẽ' => normal.push_str("e\u{303}"),
            'ĩ' => normal.push_str("i\u{303}"),
            'õ' => normal.push_str("o\u{303}"),
            'ũ' => normal.push_str("u\u{303}"),
            // Nasal, syllabic and dental are sounds of their own.
            '\u{303}' | '\u{329}' | '\u{32a}' => normal.push(sign),
            '\u{300}'..='\u{36f}' => {}
            'ˈ' | 'ˌ' | 'ˑ' | '-' | '_' | '.' | 'ʲ' | 'ᵝ' | '0'..='9' => {}
            _ if sign.is_whitespace() => {}
            _ => normal.push(sign),
        }
    }
    normal
}

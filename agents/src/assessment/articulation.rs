//! How sounds are made: what to do with tongue, lips, voice and air for each phoneme of a language, said in the learner's own,
//! and a word to hear it in. Data: `content/phonemes/`, explained in `docs/content.md`.

use std::collections::BTreeMap;
use std::path::Path;

use super::feedback::joined;
use crate::language::Language;
use crate::scenario::directory::files;
use crate::scenario::{ContentError, Readings};

mod composition;
mod contrast;
mod features;
mod format;

#[cfg(test)]
mod tests;

use composition::{Composed, Sound, Texts, normal};
use contrast::{Change, changes};

/// The phonemes of all languages, and how they are made.
#[derive(Clone, Debug)]
pub struct Phonemes {
    /// Sounds that are described as such; all others are made of them.
    sounds: Vec<Sound>,
    contrasts: BTreeMap<Change, Texts>,
    inventories: BTreeMap<Language, Vec<Phoneme>>,
}

/// One phoneme of a language.
#[derive(Clone, Debug)]
pub struct Phoneme {
    /// The language that is practised.
    pub language: Language,
    /// In IPA, without stress.
    pub ipa: String,
    /// A common word of that language in which it is heard clearly.
    pub example: String,
    /// How that word is read aloud by a voice that can't read the writing system: pinyin.
    spoken: Option<String>,
    /// What else it is written as, or comes out as.
    aliases: Vec<String>,
    /// Its own advice; else that of the sounds it is made of.
    advice: Option<Texts>,
    made: Composed,
}

/// What to do to say a sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The sound in IPA, as the language's own list has it.
    pub ipa: String,
    /// A few short sentences.
    pub text: String,
    /// A word of the practised language with that sound. None for a sound of foreign words.
    pub example: Option<String>,
}

impl Phonemes {
    /// Those that the program is built with.
    pub fn built_in() -> Self {
        let owned = |(file, text): (&str, &str)| (file.to_owned(), text.to_owned());
        let phonemes = format::read(BUILT_IN.into_iter().map(owned).collect());
        phonemes.expect("the built-in content is checked by a test")
    }

    /// Those of a directory of content: `phonemes/*.toml`. Without that directory in it, the built-in ones.
    ///
    /// # Errors
    /// A file that can't be read or parsed, or all faults of those that can.
    pub fn load(dir: &Path) -> Result<Self, ContentError> {
        if !dir.join("phonemes").is_dir() {
            return Ok(Self::built_in());
        }
        format::read(files(dir, "phonemes")?)
    }

    /// The phonemes of a language, in the order of its file; none for a language without one.
    pub fn of(&self, language: Language) -> &[Phoneme] {
        self.inventories.get(&language).map_or(&[], Vec::as_slice)
    }

    /// The phoneme of a language that a sound in IPA is: by its own sign, by another that is written or comes out for it, or
    /// by the same sign but for its length.
    pub fn find(&self, language: Language, ipa: &str) -> Option<&Phoneme> {
        let ipa = normal(ipa);
        let inventory = self.of(language);
        let find = |ipa: &str| {
            let is_it = |phoneme: &&Phoneme| phoneme.ipa == ipa || phoneme.aliases.iter().any(|alias| alias == ipa);
            inventory.iter().find(is_it)
        };
        find(&ipa).or_else(|| ipa.contains('ː').then(|| find(&ipa.replace('ː', ""))).flatten())
    }

    /// The phoneme of that [`Phoneme::id`].
    pub fn by_id(&self, id: &str) -> Option<&Phoneme> {
        let (tag, signs) = id.split_once('-')?;
        let language = Language::ALL.into_iter().find(|language| language.tag() == tag)?;
        let sign = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
        let ipa: String = signs.split('-').map(sign).collect::<Option<_>>()?;
        // One phoneme, one address.
        self.find(language, &ipa).filter(|phoneme| phoneme.id() == id)
    }

    /// What to do to say a sound of the practised language, in the learner's own language, or in English where there is no
    /// such text. `heard` is the sound that it came out as, if one was heard instead: where the two are alike, the advice is
    /// what to change; where they are far apart, how the sound is made from the start.
    ///
    /// None if the sound is not known.
    pub fn advice(&self, practised: Language, native: Language, ipa: &str, heard: Option<&str>) -> Option<Advice> {
        let (shown, phoneme, made) = self.resolve(practised, ipa)?;
        let own = phoneme.and_then(|phoneme| phoneme.advice.as_ref());
        let described = || match own {
            Some(texts) => vec![text_in(texts, native)],
            None => self.described(&made, native),
        };
        let heard = heard.and_then(|heard| self.resolve(practised, heard));
        let sentences = match heard {
            Some((other, _, other_made)) if other != shown && other_made != made => {
                let frame = self.sentence(Change::Heard, native);
                let frame = frame.replace(format::HEARD, &other).replace(format::SHOULD, &shown);
                let changes = changes(&made, &other_made);
                let rest = if changes.is_empty() || own.is_some() {
                    described()
                } else {
                    changes
                        .into_iter()
                        .map(|change| self.sentence(change, native))
                        .collect()
                };
                joined(native, std::iter::once(frame.as_str()).chain(rest))
            }
            _ => joined(native, described()),
        };
        Some(Advice {
            ipa: shown,
            text: sentences,
            example: phoneme.map(|phoneme| phoneme.example.clone()),
        })
    }

    /// Adds how the examples are read aloud where their writing system needs it.
    pub fn add_readings(&self, readings: &mut Readings) {
        for phoneme in self.inventories.values().flatten() {
            if let Some(spoken) = &phoneme.spoken {
                readings.learn(phoneme.language, &phoneme.example, spoken);
            }
        }
    }

    /// A sound as it is shown, its phoneme if it is one of the language's, and how it is made.
    fn resolve(&self, language: Language, ipa: &str) -> Option<(String, Option<&Phoneme>, Composed)> {
        if let Some(phoneme) = self.find(language, ipa) {
            return Some((phoneme.ipa.clone(), Some(phoneme), phoneme.made.clone()));
        }
        let ipa = normal(ipa);
        let made = Composed::parse(&self.sounds, &ipa)?;
        Some((ipa, None, made))
    }

    fn described(&self, made: &Composed, native: Language) -> Vec<&str> {
        let of = |index: usize| text_in(&self.sounds[index].advice, native);
        let additions = made.additions().map(|change| self.sentence(change, native));
        made.onset
            .map(of)
            .into_iter()
            .chain([of(made.base)])
            .chain(additions)
            .collect()
    }

    fn sentence(&self, change: Change, native: Language) -> &str {
        self.contrasts.get(&change).map_or("", |texts| text_in(texts, native))
    }
}

impl Phoneme {
    /// What it is called in addresses, among all languages: the language's tag and the code points of its signs, as in
    /// `fr-0254-0303`.
    pub fn id(&self) -> String {
        let mut id = self.language.tag().to_owned();
        for sign in self.ipa.chars() {
            id.push_str(&format!("-{:04x}", u32::from(sign)));
        }
        id
    }

    /// Whether a word in IPA has it, by its own sign or by another that is written for it.
    pub fn is_in(&self, phonetic: &str) -> bool {
        let phonetic = normal(phonetic);
        let mut signs = std::iter::once(&self.ipa).chain(&self.aliases);
        signs.any(|sign| phonetic.contains(sign.as_str()))
    }
}

/// The text of a language, or else the English one, which content always has.
fn text_in(texts: &Texts, native: Language) -> &str {
    let text = texts.get(&native).or_else(|| texts.get(&Language::English));
    text.map_or("", String::as_str)
}

const BUILT_IN: [(&str, &str); 10] = [
    (format::SOUNDS, include_str!("../../../content/phonemes/sounds.toml")),
    (
        format::CONTRASTS,
        include_str!("../../../content/phonemes/contrasts.toml"),
    ),
    (
        "phonemes/chinese.toml",
        include_str!("../../../content/phonemes/chinese.toml"),
    ),
    (
        "phonemes/english.toml",
        include_str!("../../../content/phonemes/english.toml"),
    ),
    (
        "phonemes/french.toml",
        include_str!("../../../content/phonemes/french.toml"),
    ),
    (
        "phonemes/german.toml",
        include_str!("../../../content/phonemes/german.toml"),
    ),
    (
        "phonemes/italian.toml",
        include_str!("../../../content/phonemes/italian.toml"),
    ),
    (
        "phonemes/japanese.toml",
        include_str!("../../../content/phonemes/japanese.toml"),
    ),
    (
        "phonemes/portuguese.toml",
        include_str!("../../../content/phonemes/portuguese.toml"),
    ),
    (
        "phonemes/spanish.toml",
        include_str!("../../../content/phonemes/spanish.toml"),
    ),
];

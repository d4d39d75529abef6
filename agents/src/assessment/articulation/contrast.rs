//! What to change to get from the sound that was heard to the one that should be said, feature by feature.

use serde::Deserialize;

use super::composition::Composed;
use super::features::{Backness, Consonant, Features, Height, Manner, Vowel};

/// One sentence of `contrasts.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    /// Stands first: what was heard, and what should be said.
    Heard,
    NasalVowel,
    OralVowel,
    Rounded,
    Unrounded,
    Fronter,
    Backer,
    Higher,
    Lower,
    LongVowel,
    ShortVowel,
    /// It doesn't glide.
    Steady,
    GlideI,
    GlideU,
    GlideY,
    GlideSchwa,
    GlideR,
    GlideN,
    GlideNg,
    Voiced,
    Voiceless,
    Aspirated,
    Unaspirated,
    LongConsonant,
    ShortConsonant,
    Plosive,
    Affricate,
    Fricative,
    Nasal,
    Lateral,
    Approximant,
    Tap,
    Trill,
}

impl Change {
    /// Every one.
    pub const ALL: [Self; 33] = [
        Self::Heard,
        Self::NasalVowel,
        Self::OralVowel,
        Self::Rounded,
        Self::Unrounded,
        Self::Fronter,
        Self::Backer,
        Self::Higher,
        Self::Lower,
        Self::LongVowel,
        Self::ShortVowel,
        Self::Steady,
        Self::GlideI,
        Self::GlideU,
        Self::GlideY,
        Self::GlideSchwa,
        Self::GlideR,
        Self::GlideN,
        Self::GlideNg,
        Self::Voiced,
        Self::Voiceless,
        Self::Aspirated,
        Self::Unaspirated,
        Self::LongConsonant,
        Self::ShortConsonant,
        Self::Plosive,
        Self::Affricate,
        Self::Fricative,
        Self::Nasal,
        Self::Lateral,
        Self::Approximant,
        Self::Tap,
        Self::Trill,
    ];
}

/// More than these at once can't be thought of while speaking; then the sound is better described from scratch.
const MOST: usize = 2;

/// What to change in `heard` to make it `target`. Nothing if they don't differ, or by so much that it helps nobody.
pub(super) fn changes(target: &Composed, heard: &Composed) -> Vec<Change> {
    if target.onset != heard.onset {
        return Vec::new();
    }
    let found = match (target.features, heard.features) {
        (Features::Vowel(vowel), Features::Vowel(other)) => of_vowels((target, vowel), (heard, other)),
        (Features::Consonant(consonant), Features::Consonant(other)) => {
            of_consonants((target, consonant), (heard, other))
        }
        _ => Vec::new(),
    };
    if found.len() > MOST { Vec::new() } else { found }
}

fn of_vowels((target, vowel): (&Composed, Vowel), (heard, other): (&Composed, Vowel)) -> Vec<Change> {
    let mut found = Vec::new();
    let mut differ = |is: bool, was: bool, yes: Change, no: Change| {
        if is != was {
            found.push(if is { yes } else { no });
        }
    };
    differ(
        vowel.nasal || target.nasal,
        other.nasal || heard.nasal,
        Change::NasalVowel,
        Change::OralVowel,
    );
    differ(vowel.rounded, other.rounded, Change::Rounded, Change::Unrounded);
    if backness(vowel, other) != backness(other, vowel) {
        let is_fronter = vowel.backness < other.backness;
        found.push(if is_fronter { Change::Fronter } else { Change::Backer });
    }
    if vowel.height != other.height {
        let is_higher = vowel.height > other.height;
        found.push(if is_higher { Change::Higher } else { Change::Lower });
    }
    let glides = |composed: &Composed, vowel: Vowel| {
        let r = vowel.r_coloured.then_some(Change::GlideR);
        composed.glides.iter().copied().chain(r).collect::<Vec<_>>()
    };
    let (wanted, made) = (glides(target, vowel), glides(heard, other));
    if wanted != made {
        let missing = wanted.iter().filter(|glide| !made.contains(glide));
        let before = found.len();
        found.extend(missing);
        if found.len() == before {
            found.push(Change::Steady);
        }
    } else if target.long != heard.long && wanted.is_empty() {
        found.push(if target.long {
            Change::LongVowel
        } else {
            Change::ShortVowel
        });
    }
    found
}

/// How far forward the tongue is, beside that of another vowel. The [a] of most languages is no further forward than a central vowel,
/// though its sign stands for a front one.
fn backness(vowel: Vowel, beside: Vowel) -> Backness {
    let is_a = vowel.height == Height::Open && vowel.backness == Backness::Front;
    match beside.backness {
        Backness::Central if is_a => Backness::Central,
        _ => vowel.backness,
    }
}

fn of_consonants((target, consonant): (&Composed, Consonant), (heard, other): (&Composed, Consonant)) -> Vec<Change> {
    // Where a sound is made, its own description says best: with or without a touch, with which part of the tongue, and what the
    // lips do. A sentence for all sounds of a place would be wrong for some: /t/ touches the ridge, /ɹ/ nothing.
    if consonant.place != other.place {
        return Vec::new();
    }
    let mut found = Vec::new();
    if consonant.manner != other.manner {
        found.push(of_manner(consonant.manner));
    }
    let mut differ = |is: bool, was: bool, yes: Change, no: Change| {
        if is != was {
            found.push(if is { yes } else { no });
        }
    };
    differ(consonant.voiced, other.voiced, Change::Voiced, Change::Voiceless);
    let puffs = |composed: &Composed| composed.aspirated == Some(true);
    differ(puffs(target), puffs(heard), Change::Aspirated, Change::Unaspirated);
    differ(target.long, heard.long, Change::LongConsonant, Change::ShortConsonant);
    found
}

fn of_manner(manner: Manner) -> Change {
    match manner {
        Manner::Plosive => Change::Plosive,
        Manner::Affricate => Change::Affricate,
        Manner::Fricative => Change::Fricative,
        Manner::Nasal => Change::Nasal,
        Manner::Lateral => Change::Lateral,
        Manner::Approximant => Change::Approximant,
        Manner::Tap => Change::Tap,
        Manner::Trill => Change::Trill,
    }
}

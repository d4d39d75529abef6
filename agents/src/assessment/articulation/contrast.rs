//! What to change to get from the sound that was heard to the one that should be said, feature by feature.

use serde::Deserialize;

use super::composition::Composed;
use super::features::{Consonant, Features, Manner, Place, Vowel};

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
    Bilabial,
    Labiodental,
    Dental,
    Alveolar,
    Postalveolar,
    Retroflex,
    AlveoloPalatal,
    Palatal,
    Velar,
    Uvular,
    Glottal,
    LabialVelar,
    LabialPalatal,
}

impl Change {
    /// Every one.
    pub const ALL: [Self; 46] = [
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
        Self::Bilabial,
        Self::Labiodental,
        Self::Dental,
        Self::Alveolar,
        Self::Postalveolar,
        Self::Retroflex,
        Self::AlveoloPalatal,
        Self::Palatal,
        Self::Velar,
        Self::Uvular,
        Self::Glottal,
        Self::LabialVelar,
        Self::LabialPalatal,
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
    if vowel.backness != other.backness {
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

fn of_consonants((target, consonant): (&Composed, Consonant), (heard, other): (&Composed, Consonant)) -> Vec<Change> {
    let (place, manner) = (consonant.place != other.place, consonant.manner != other.manner);
    if place && manner {
        return Vec::new();
    }
    let mut found = Vec::new();
    if place {
        found.push(of_place(consonant.place));
    }
    if manner {
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

fn of_place(place: Place) -> Change {
    match place {
        Place::Bilabial => Change::Bilabial,
        Place::Labiodental => Change::Labiodental,
        Place::Dental => Change::Dental,
        Place::Alveolar => Change::Alveolar,
        Place::Postalveolar => Change::Postalveolar,
        Place::Retroflex => Change::Retroflex,
        Place::AlveoloPalatal => Change::AlveoloPalatal,
        Place::Palatal => Change::Palatal,
        Place::Velar => Change::Velar,
        Place::Uvular => Change::Uvular,
        Place::Glottal => Change::Glottal,
        Place::LabialVelar => Change::LabialVelar,
        Place::LabialPalatal => Change::LabialPalatal,
    }
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

//! What tells sounds apart: the features that the International Phonetic Association names them by, as in "voiced uvular
//! fricative" or "close front rounded vowel".

/// What a sound is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Features {
    Vowel(Vowel),
    Consonant(Consonant),
    /// A melody, which Chinese tells words apart by.
    Tone,
}

/// How the tongue and lips stand for a vowel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vowel {
    pub height: Height,
    pub backness: Backness,
    pub rounded: bool,
    /// Air goes through the nose, too.
    pub nasal: bool,
    /// It holds an American R.
    pub r_coloured: bool,
}

/// Where and how the air is held up for a consonant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Consonant {
    pub place: Place,
    pub manner: Manner,
    pub voiced: bool,
}

/// How high the tongue is, the lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Height {
    Open,
    NearOpen,
    OpenMid,
    Mid,
    CloseMid,
    NearClose,
    Close,
}

/// How far forward the tongue is, the furthest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Backness {
    Front,
    Central,
    Back,
}

/// Where the air is held up, from the lips inwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
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

/// How the air is held up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Plosive,
    Affricate,
    Fricative,
    Nasal,
    Lateral,
    Approximant,
    Tap,
    Trill,
}

impl Features {
    /// Reads the name of a sound: `close-mid front rounded vowel`, `voiced palatal lateral approximant`, `rising tone`. None if
    /// a word of it is not known or missing.
    pub fn parse(name: &str) -> Option<Self> {
        let words: Vec<&str> = name.split(' ').collect();
        match words.as_slice() {
            [.., "tone"] => Some(Self::Tone),
            [rest @ .., "vowel"] => vowel(rest).map(Self::Vowel),
            [voice, place, manner @ ..] => Some(Self::Consonant(Consonant {
                place: named(&PLACES, place)?,
                manner: named(&MANNERS, &manner.join(" "))?,
                voiced: match *voice {
                    "voiced" => true,
                    "voiceless" => false,
                    _ => return None,
                },
            })),
            _ => None,
        }
    }
}

fn vowel(words: &[&str]) -> Option<Vowel> {
    let (r_coloured, words) = match words {
        ["r-coloured", rest @ ..] => (true, rest),
        words => (false, words),
    };
    let (nasal, words) = match words {
        [rest @ .., "nasal"] => (true, rest),
        words => (false, words),
    };
    let [height, backness, lips] = words else {
        return None;
    };
    Some(Vowel {
        height: named(&HEIGHTS, height)?,
        backness: named(&BACKNESSES, backness)?,
        rounded: match *lips {
            "rounded" => true,
            "unrounded" => false,
            _ => return None,
        },
        nasal,
        r_coloured,
    })
}

fn named<T: Copy>(names: &[(&str, T)], name: &str) -> Option<T> {
    names.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

const HEIGHTS: [(&str, Height); 7] = [
    ("open", Height::Open),
    ("near-open", Height::NearOpen),
    ("open-mid", Height::OpenMid),
    ("mid", Height::Mid),
    ("close-mid", Height::CloseMid),
    ("near-close", Height::NearClose),
    ("close", Height::Close),
];
const BACKNESSES: [(&str, Backness); 3] = [
    ("front", Backness::Front),
    ("central", Backness::Central),
    ("back", Backness::Back),
];
const PLACES: [(&str, Place); 13] = [
    ("bilabial", Place::Bilabial),
    ("labiodental", Place::Labiodental),
    ("dental", Place::Dental),
    ("alveolar", Place::Alveolar),
    ("postalveolar", Place::Postalveolar),
    ("retroflex", Place::Retroflex),
    ("alveolo-palatal", Place::AlveoloPalatal),
    ("palatal", Place::Palatal),
    ("velar", Place::Velar),
    ("uvular", Place::Uvular),
    ("glottal", Place::Glottal),
    ("labial-velar", Place::LabialVelar),
    ("labial-palatal", Place::LabialPalatal),
];
const MANNERS: [(&str, Manner); 8] = [
    ("plosive", Manner::Plosive),
    ("affricate", Manner::Affricate),
    ("fricative", Manner::Fricative),
    ("nasal", Manner::Nasal),
    ("lateral approximant", Manner::Lateral),
    ("approximant", Manner::Approximant),
    ("tap", Manner::Tap),
    ("trill", Manner::Trill),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_sounds_are_read_as_phoneticians_write_them() {
        let Some(Features::Vowel(vowel)) = Features::parse("open-mid front unrounded nasal vowel") else {
            panic!("it is a vowel");
        };
        assert_eq!((vowel.height, vowel.backness), (Height::OpenMid, Backness::Front));
        assert!(vowel.nasal && !vowel.rounded && !vowel.r_coloured);
        let lateral = Consonant {
            place: Place::Palatal,
            manner: Manner::Lateral,
            voiced: true,
        };
        assert_eq!(
            Features::parse("voiced palatal lateral approximant"),
            Some(Features::Consonant(lateral))
        );
        assert_eq!(Features::parse("rising tone"), Some(Features::Tone));
        for name in [
            "",
            "vowel",
            "front vowel",
            "voiced plosive",
            "loud velar plosive",
            "voiced velar noise",
        ] {
            assert_eq!(Features::parse(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_read_without_a_panic(name in "[a-z -]{0,40}|\\PC*") {
            Features::parse(&name);
        }
    }
}

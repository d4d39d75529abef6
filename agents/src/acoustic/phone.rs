//! The phones that the acoustic model knows: ARPAbet, silence and two kinds of noise.

/// One phone of the acoustic model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phone(u8);

impl Phone {
    /// How many phones the model knows.
    pub const COUNT: usize = NAMES.len();
    /// Silence.
    pub const SILENCE: Self = Self(32);

    /// Every phone, in the order of the model.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT as u8).map(Self)
    }

    /// The phone of an ARPAbet name (`"AA"`, `"ZH"`, `"SIL"`).
    pub fn named(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .position(|known| *known == name)
            .map(|index| Self(index as u8))
    }

    /// Its ARPAbet name.
    pub fn name(self) -> &'static str {
        NAMES[self.index()]
    }

    /// Whether it is a sound of speech: no silence, no noise.
    pub fn is_speech(self) -> bool {
        self != Self::SILENCE && !self.name().starts_with('+')
    }

    /// Whether it is a vowel or a diphthong: ARPAbet names these, and no others, with a vowel first.
    pub fn is_vowel(self) -> bool {
        self.name().starts_with(['A', 'E', 'I', 'O', 'U'])
    }

    /// Its position in the model, below [`Self::COUNT`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

const NAMES: [&str; 42] = [
    "+NSN+", "+SPN+", "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH", "IH",
    "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "SIL", "T", "TH", "UH", "UW", "V", "W", "Y",
    "Z", "ZH",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_names_its_own_phone() {
        for phone in Phone::all() {
            assert_eq!(Phone::named(phone.name()), Some(phone));
        }
        assert_eq!(Phone::SILENCE.name(), "SIL");
        assert_eq!(Phone::named("XX"), None);
    }

    #[test]
    fn vowels_are_told_from_consonants_silence_and_noise() {
        let vowels: Vec<_> = Phone::all().filter(|phone| phone.is_vowel()).map(Phone::name).collect();
        let expected = [
            "AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW",
        ];
        assert_eq!(vowels, expected);
    }
}

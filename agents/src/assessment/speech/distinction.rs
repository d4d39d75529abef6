//! Which sounds are told from those that learners put in their place, and by what.
//!
//! The acoustic model is English. A sound that English lacks is held to be any of several phones, and the sound that learners put in
//! its place is often one of these: held against the phones alone, "roue" is as good a "rue" as "rue" itself. Three things are done
//! about it, in this order:
//!
//! 1. the phones of the usual rival are left out where others are left ([`narrowed`]);
//! 2. where the vowel resonates tells front from back ([`Contrast`]);
//! 3. a sound that is told from its usual rival by neither has no score ([`is_scored`]).
//!
//! `examples/assess` (`-- pairs`) measures it.

use super::resonance::{Band, bark};
use crate::acoustic::SpokenWord;
use crate::acoustic::ipa::Sound;
use crate::acoustic::phone::Phone;
use crate::language::Language;

/// Two vowels that their resonance tells apart: the one in front, and the one in the back of the mouth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contrast {
    /// What is said instead, in IPA.
    pub rival: &'static str,
    /// Whether it is the rival that is in front.
    is_rival_in_front: bool,
    /// The centre of gravity between both, in Hz.
    border: f32,
}

/// How much further, in Bark, makes the odds e times better. Vowels of one speaker spread by about as much.
const WIDTH: f32 = 0.35;

impl Contrast {
    /// The band whose centre of gravity tells them apart.
    pub const BAND: Band = Band {
        from: 550.0,
        to: 3400.0,
    };

    /// How surely it is the rival that was said, 0 to 1, by the centre of gravity in Bark.
    pub fn likelihood(&self, centre: f32) -> f32 {
        let further = centre - bark(self.border);
        let towards = if self.is_rival_in_front { further } else { -further };
        1.0 / (1.0 + (-towards / WIDTH).exp())
    }
}

/// What tells a vowel by its resonance from the one that learners put in its place; nothing where there is no such thing.
pub fn contrast(ipa: &str, language: Language) -> Option<Contrast> {
    if !matches!(language, Language::French | Language::German) {
        return None;
    }
    let is_german = language == Language::German;
    let (rival, is_rival_in_front, border) = match ipa {
        "y" if is_german => ("ʊ", false, HIGH),
        "ʏ" => ("ʊ", false, HIGH),
        "y" => ("u", false, HIGH),
        "yː" => ("uː", false, HIGH),
        "u" => ("y", true, HIGH),
        "uː" => ("yː", true, HIGH),
        "ø" => ("o", false, MIDDLE),
        "øː" => ("oː", false, MIDDLE),
        _ => return None,
    };
    Some(Contrast {
        rival,
        is_rival_in_front,
        border,
    })
}

/// Between [u] and [y], and between [o] and [ø], in Hz: below what the formants of French men (Calliope 1989) come to for [y] and [ø], who
/// have the lowest, and above most [u] and [o] that people say in French, Italian and Spanish (recordings other than those that the
/// figures are of).
const HIGH: f32 = 1570.0;
const MIDDLE: f32 = 1180.0;

/// Words as they are held against what is said: without the phones of sounds that learners put in the place of one of theirs.
pub fn narrowed(words: &[SpokenWord], language: Language) -> Vec<SpokenWord> {
    let mut words = words.to_vec();
    for sound in words.iter_mut().flat_map(|word| &mut word.sounds) {
        narrow(sound, language);
    }
    words
}

fn narrow(sound: &mut Sound, language: Language) {
    let is_it =
        |(languages, ipa, _): &&(&[Language], &str, &[&str])| languages.contains(&language) && *ipa == sound.ipa;
    let Some((_, _, rivals)) = NARROWED.iter().find(is_it) else {
        return;
    };
    let is_rival = |phone: &Phone| rivals.contains(&phone.name());
    if !sound.phones.iter().all(is_rival) {
        sound.phones.retain(|phone| !is_rival(phone));
    }
}

/// Whether a sound is told from those that learners usually put in its place, so that a score of it means something.
pub fn is_scored(ipa: &str, language: Language) -> bool {
    !UNTOLD
        .iter()
        .any(|(languages, sounds)| languages.contains(&language) && sounds.contains(&ipa))
}

/// Whether a sound is told from another of the same language that is said in its place: only then is that named as what was heard.
pub fn is_told_from(ipa: &str, rival: &str, language: Language) -> bool {
    is_scored(ipa, language)
        && !UNTOLD_FROM
            .iter()
            .any(|(of, sound, rivals)| *of == language && *sound == ipa && rivals.contains(&rival))
}

/// The same of a phone of the model, which stands for every sound that may come out as it.
pub(super) fn is_told_from_phone(ipa: &str, phone: Phone, language: Language) -> bool {
    let untold = UNTOLD_FROM
        .iter()
        .filter(|(of, sound, _)| *of == language && *sound == ipa);
    let mut rivals = untold.flat_map(|(.., rivals)| *rivals);
    !rivals.any(|rival| {
        let word = SpokenWord::from_ipa("", rival);
        word.sounds.iter().any(|sound| sound.phones.contains(&phone))
    })
}

/// Languages, a sound, and the phones of its usual rivals.
const NARROWED: &[(&[Language], &str, &[&str])] = &[
    (&[Language::French], "y", &["IY"]),
    (&[Language::German], "y", &["IY", "IH"]),
    (&[Language::German], "yː", &["IY"]),
    (&[Language::French, Language::German], "ø", &["UW"]),
    (&[Language::German], "ʊ", &["UW"]),
    (&[Language::German], "x", &["K"]),
    (&[Language::German], "ç", &["SH"]),
    (&[Language::English], "θ", &["S"]),
    (&[Language::English], "ð", &["D"]),
    (&[Language::English], "ʊ", &["UW"]),
    (&[Language::Spanish, Language::Portuguese], "x", &["K"]),
    (&[Language::Italian], "ʎ", &["L"]),
];

/// Languages, and sounds that nothing here tells from their usual rivals.
const UNTOLD: &[(&[Language], &[&str])] = &[
    // The English r is among their own phones, which learners put in their place more than any other.
    (
        &[
            Language::French,
            Language::German,
            Language::Spanish,
            Language::Italian,
            Language::Portuguese,
        ],
        &["r", "ɾ", "ʁ", "ʀ"],
    ),
    // That air goes through the nose is not heard.
    (
        &[Language::French, Language::Portuguese],
        &["ɑ̃", "ɔ̃", "ɛ̃", "œ̃", "ɐ̃", "ẽ", "ĩ", "ɪ̃", "õ", "ũ", "ʊ̃"],
    ),
    // [w], the vowel of "her", and vowels that are as open or as close; [z] and [ʒ] are told badly from [s] and [ʃ].
    (&[Language::French], &["ɥ", "œ", "z", "ʒ"]),
    (&[Language::German], &["ɐ", "ɐ̯", "ɜ", "eː", "oː", "ɔ", "ʊ"]),
    (&[Language::Italian], &["ɲ"]),
    (&[Language::Portuguese], &["e", "o", "ɔ", "x"]),
];

/// A language, a sound that is told from those that learners usually put in its place, and others that it isn't told from: the chance
/// that the sound, as people say it, has more quality than the other in its place is less than 0.7.
const UNTOLD_FROM: &[(Language, &str, &[&str])] = &[
    (Language::English, "d", &["t", "ð"]),
    (Language::Spanish, "d", &["t"]),
    (Language::Spanish, "ð", &["t"]),
    (Language::French, "y", &["i"]),
    (Language::French, "a", &["ɛ", "ɛ̃"]),
    (Language::French, "ɛ", &["a", "œ", "ɛ̃"]),
    (Language::French, "ɔ", &["a", "ɔ̃"]),
    (Language::French, "o", &["u", "ɔ̃"]),
    (Language::French, "n", &["m"]),
    (Language::French, "l", &["ʁ"]),
    (Language::Italian, "e", &["a"]),
    (Language::Italian, "o", &["u"]),
    (Language::Italian, "v", &["f"]),
    (Language::Italian, "l", &["r"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_back_vowel_is_no_front_one_and_the_other_way_round() {
        let (y, u) = (
            contrast("y", Language::French).unwrap(),
            contrast("u", Language::French).unwrap(),
        );
        assert!(y.likelihood(bark(900.0)) > 0.99 && y.likelihood(bark(2100.0)) < 0.01);
        assert!(u.likelihood(bark(900.0)) < 0.01 && u.likelihood(bark(2100.0)) > 0.99);
        assert_eq!(contrast("u", Language::Spanish), None, "it has no [y]");
        assert_eq!(contrast("i", Language::French), None);
    }

    /// What learners usually say in the place of a sound.
    const USUAL: &[(Language, &str, &[&str])] = &[
        (Language::French, "y", &["u", "i"]),
        (Language::French, "u", &["y"]),
        (Language::French, "ø", &["o", "e", "u"]),
        (Language::French, "œ", &["ɔ"]),
        (Language::French, "ɑ̃", &["a", "ɔ̃"]),
        (Language::French, "ɔ̃", &["o", "ɔ", "ɑ̃"]),
        (Language::French, "ɛ̃", &["ɛ"]),
        (Language::French, "œ̃", &["œ"]),
        (Language::French, "ʁ", &["ɹ"]),
        (Language::French, "ɥ", &["w"]),
        (Language::French, "ʒ", &["ʃ"]),
        (Language::French, "ə", &["e"]),
        (Language::German, "yː", &["uː", "iː"]),
        (Language::German, "y", &["ʊ", "ɪ"]),
        (Language::German, "uː", &["yː"]),
        (Language::German, "øː", &["oː", "eː"]),
        (Language::German, "œ", &["ɔ", "ɛ"]),
        (Language::German, "eː", &["ɛ"]),
        (Language::German, "oː", &["ɔ"]),
        (Language::German, "ɔ", &["oː"]),
        (Language::German, "ç", &["ʃ", "k"]),
        (Language::German, "x", &["k"]),
        (Language::German, "ʁ", &["ɹ"]),
        (Language::German, "ɾ", &["ɹ"]),
        (Language::German, "ɜ", &["ɝ"]),
        (Language::German, "v", &["w"]),
        (Language::German, "z", &["s"]),
        (Language::English, "θ", &["s", "t", "f"]),
        (Language::English, "ð", &["d", "z"]),
        (Language::English, "ɪ", &["iː"]),
        (Language::English, "iː", &["ɪ"]),
        (Language::English, "ʊ", &["uː"]),
        (Language::English, "æ", &["ɛ"]),
        (Language::English, "v", &["w", "b"]),
        (Language::Spanish, "r", &["ɹ"]),
        (Language::Spanish, "ɾ", &["ɹ"]),
        (Language::Spanish, "x", &["k"]),
        (Language::Italian, "r", &["ɹ"]),
        (Language::Italian, "ʎ", &["l"]),
        (Language::Portuguese, "ɐ̃", &["a"]),
        (Language::Portuguese, "õ", &["o"]),
        (Language::Portuguese, "ẽ", &["e"]),
        (Language::Portuguese, "e", &["ɛ"]),
        (Language::Portuguese, "ɔ", &["o"]),
        (Language::Portuguese, "x", &["k"]),
    ];

    #[test]
    fn a_sound_that_shares_phones_with_its_usual_rival_is_contrasted_with_it_or_has_no_score() {
        for (language, ipa, rivals) in USUAL {
            let phones = |ipa: &str| {
                narrowed(&[SpokenWord::from_ipa("x", ipa)], *language)[0].sounds[0]
                    .phones
                    .clone()
            };
            for rival in *rivals {
                let own = phones(ipa);
                let is_shared = phones(rival).iter().any(|phone| own.contains(phone));
                let is_contrasted = contrast(ipa, *language).is_some_and(|contrast| contrast.rival == *rival);
                assert!(
                    !is_shared || is_contrasted || !is_scored(ipa, *language),
                    "{language}: {ipa} and {rival} share {own:?}"
                );
            }
        }
    }

    #[test]
    fn what_a_sound_is_not_told_from_is_none_of_its_usual_rivals_and_never_named() {
        let phone = |name| Phone::named(name).unwrap();
        assert!(is_told_from("y", "u", Language::French) && !is_told_from("y", "i", Language::French));
        assert!(!is_told_from("z", "v", Language::French), "it has no score");
        assert!(!is_told_from_phone("d", phone("T"), Language::English));
        assert!(is_told_from_phone("d", phone("B"), Language::English));
        assert!(is_told_from_phone("d", phone("T"), Language::French));
        for (language, ipa, rivals) in UNTOLD_FROM {
            assert!(is_scored(ipa, *language), "{language}: {ipa}");
            assert!(!rivals.contains(ipa), "{language}: {ipa}");
        }
    }

    #[test]
    fn every_narrowed_sound_keeps_a_phone_and_loses_one() {
        for (languages, ipa, rivals) in NARROWED {
            for language in *languages {
                let word = SpokenWord::from_ipa("x", ipa);
                let narrow = &narrowed(std::slice::from_ref(&word), *language)[0].sounds[0];
                assert!(!narrow.phones.is_empty(), "{ipa}");
                assert!(narrow.phones.len() < word.sounds[0].phones.len(), "{ipa}");
                assert!(
                    narrow.phones.iter().all(|phone| !rivals.contains(&phone.name())),
                    "{ipa}"
                );
            }
        }
        let word = [SpokenWord::from_ipa("x", "θ")];
        assert_eq!(narrowed(&word, Language::Spanish), word, "there it is no mistake");
    }
}

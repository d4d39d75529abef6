//! From IPA, as espeak-ng writes it, to the phones of the acoustic model.
//!
//! The model was trained on English. A sound that English lacks is described by the phones that it may come out as: a French
//! /y/ fits now "UW", now "IY". Whichever fits a frame best counts.

use super::phone::Phone;

/// One sound of a word, to be held against what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    /// The sound in IPA, without stress.
    pub ipa: String,
    /// The phones it may be, at least one, the closest first.
    pub phones: Vec<Phone>,
    /// Whether it is a further part of the sound before it, which the model has as several phones in a row (`ɔːɹ`, `ɲ`).
    pub continues: bool,
}

/// Reads one segment, with or without marks of stress. Unknown signs are skipped; what is left may be nothing.
pub fn sounds(segment: &str) -> Vec<Sound> {
    let bare: String = segment
        .chars()
        .filter(|sign| !matches!(sign, 'ˈ' | 'ˌ' | '-' | 'ʲ' | 'ˑ' | '\u{32f}' | '\u{361}'))
        .collect();
    let mut found = Vec::new();
    let mut rest = bare.as_str();
    while !rest.is_empty() {
        let (length, phones) = longest(rest);
        for (part, alternatives) in phones.enumerate() {
            found.push(Sound {
                continues: part > 0,
                ipa: rest[..length].to_owned(),
                phones: alternatives
                    .split('|')
                    .map(|name| Phone::named(name).expect("a test reads the whole table"))
                    .collect(),
            });
        }
        rest = &rest[length..];
    }
    found
}

/// A phone of the model in IPA; nothing for silence and noise.
pub fn of(phone: Phone) -> &'static str {
    match phone.name() {
        "AA" => "ɑ",
        "AE" => "æ",
        "AH" => "ʌ",
        "AO" => "ɔ",
        "AW" => "aʊ",
        "AY" => "aɪ",
        "B" => "b",
        "CH" => "tʃ",
        "D" => "d",
        "DH" => "ð",
        "EH" => "ɛ",
        "ER" => "ɝ",
        "EY" => "eɪ",
        "F" => "f",
        "G" => "ɡ",
        "HH" => "h",
        "IH" => "ɪ",
        "IY" => "i",
        "JH" => "dʒ",
        "K" => "k",
        "L" => "l",
        "M" => "m",
        "N" => "n",
        "NG" => "ŋ",
        "OW" => "oʊ",
        "OY" => "ɔɪ",
        "P" => "p",
        "R" => "ɹ",
        "S" => "s",
        "SH" => "ʃ",
        "T" => "t",
        "TH" => "θ",
        "UH" => "ʊ",
        "UW" => "u",
        "V" => "v",
        "W" => "w",
        "Y" => "j",
        "Z" => "z",
        "ZH" => "ʒ",
        _ => "",
    }
}

/// The longest known beginning of `text`: its length and its phones. An unknown sign has none.
fn longest(text: &str) -> (usize, impl Iterator<Item = &'static str> + use<>) {
    let mut best = (text.chars().next().map_or(0, char::len_utf8), "");
    for (ipa, phones) in TABLE {
        if text.starts_with(ipa) && (ipa.len() > best.0 || best.1.is_empty()) {
            best = (ipa.len(), phones);
        }
    }
    (best.0, best.1.split_whitespace())
}

/// IPA, then phones in order; `|` separates what a sound may come out as.
#[rustfmt::skip]
const TABLE: &[(&str, &str)] = &[
    // Vowels
    ("a", "AA|AH|AE"), ("aː", "AA"), ("ɑ", "AA"), ("ɑː", "AA"), ("æ", "AE"), ("ɐ", "AH"), ("ʌ", "AH"), ("ɐ̃", "AH|AE"),
    ("e", "EY|EH"), ("eː", "EY|EH"), ("ɛ", "EH"), ("ɛː", "EH"), ("ẽ", "EY|EH"), ("i", "IY"), ("iː", "IY"), ("ĩ", "IY"),
    ("ɪ", "IH"), ("ɪ̃", "IH"), ("ᵻ", "IH"), ("ɨ", "IH"), ("o", "OW|AO"), ("oː", "OW|AO"), ("õ", "OW|AO"), ("ɔ", "AO|OW"),
    ("ɔː", "AO"), ("ɒ", "AA|AO"), ("u", "UW"), ("uː", "UW"), ("ũ", "UW"), ("ʊ", "UH|UW"), ("ʊ̃", "UH|UW"),
    ("y", "UW|IY|IH"), ("yː", "UW|IY"), ("ʏ", "IH|UH|UW"), ("ø", "ER|UH|AH|UW"), ("øː", "ER|UH"), ("œ", "AH|ER|UH"),
    ("œː", "ER|UH"), ("ə", "AH"), ("ɜ", "ER|AH"), ("ɜː", "ER"), ("ɚ", "ER"), ("ɝ", "ER"),
    ("ɑ̃", "AA|AO"), ("ɔ̃", "AO|OW"), ("ɛ̃", "AE|EH|AH"), ("œ̃", "AH|AE"),
    // Diphthongs and vowels before r
    ("eɪ", "EY"), ("aɪ", "AY"), ("aʊ", "AW"), ("ɔɪ", "OY"), ("oɪ", "OY"), ("ɔø", "OY"), ("ɔʏ", "OY"), ("əʊ", "OW"),
    ("oʊ", "OW"), ("ɪə", "IH|IY"), ("iə", "IY"), ("eə", "EH"), ("ʊə", "UH"), ("eʊ", "EH|OW"), ("eu", "EH|OW"),
    ("ei", "EY"), ("ai", "AY"), ("oi", "OY"), ("au", "AW"), ("aɪə", "AY AH"), ("aʊə", "AW AH"), ("aɪɚ", "AY ER"),
    ("oːɹ", "AO R"), ("ɔːɹ", "AO R"), ("ɑːɹ", "AA R"), ("ɛɹ", "EH R"), ("ɪɹ", "IH R"), ("ʊɹ", "UH R"),
    // Plosives and affricates
    ("p", "P"), ("b", "B"), ("t", "T"), ("d", "D"), ("k", "K"), ("ɡ", "G"), ("g", "G"), ("c", "K"), ("ɟ", "G"),
    ("tʃ", "CH"), ("dʒ", "JH"), ("ts", "T S"), ("dz", "D Z"), ("pf", "P F"), ("ʔ", ""), ("ː", ""),
    // Fricatives
    ("f", "F"), ("v", "V"), ("θ", "TH|S"), ("ð", "DH|D"), ("s", "S"), ("z", "Z"), ("ʃ", "SH"), ("ʒ", "ZH|JH"),
    ("h", "HH"), ("x", "HH|K"), ("χ", "HH|K"), ("ç", "HH|SH"), ("β", "B|V"), ("ɣ", "G|HH"), ("ʝ", "Y|JH"),
    // Nasals
    ("m", "M"), ("n", "N"), ("ŋ", "NG"), ("ɲ", "N Y"), ("n̩", "AH N"),
    // Liquids and glides
    ("l", "L"), ("ɫ", "L"), ("ɬ", "L"), ("ʎ", "Y|L"), ("əl", "AH L"), ("r", "R|D"), ("ɹ", "R"), ("ɾ", "D|R|L"),
    ("ʁ", "R|HH|G"), ("ʀ", "R|HH|G"), ("ɐ̯", "AH|ER"), ("j", "Y|IY"), ("w", "W|UW"), ("ɥ", "W|Y"),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spelled(segment: &str) -> String {
        sounds(segment)
            .iter()
            .map(|sound| {
                sound
                    .phones
                    .iter()
                    .map(|phone| phone.name())
                    .collect::<Vec<_>>()
                    .join("|")
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn every_entry_of_the_table_names_phones() {
        for (ipa, phones) in TABLE {
            assert_eq!(sounds(ipa).len(), phones.split_whitespace().count(), "{ipa}");
        }
    }

    #[test]
    fn every_phone_of_speech_is_read_back_from_its_ipa() {
        for phone in Phone::all() {
            match of(phone) {
                "" => assert!(phone == Phone::SILENCE || phone.name().starts_with('+')),
                ipa => assert_eq!(sounds(ipa)[0].phones[0], phone, "{ipa}"),
            }
        }
    }

    #[test]
    fn the_longest_known_sound_is_taken() {
        assert_eq!(spelled("ˈɔːɹ"), "AO R");
        assert_eq!(spelled("t_ʃ"), "T SH");
        assert_eq!(spelled("tʃ"), "CH");
        assert_eq!(spelled("ɔ̃"), "AO|OW");
        assert_eq!(spelled("ɲ"), "N Y");
        assert_eq!(spelled("aːː"), "AA");
    }

    #[test]
    fn what_is_several_phones_in_a_row_is_one_sound_that_goes_on() {
        let continues = |segment| sounds(segment).iter().map(|sound| sound.continues).collect::<Vec<_>>();
        assert_eq!(continues("fɔːɹ"), [false, false, true]);
        assert_eq!(continues("ɲ"), [false, true]);
        assert_eq!(continues("ɔː"), [false]);
    }

    #[test]
    fn nasal_vowels_are_read_as_espeak_writes_them() {
        for ipa in ["e\u{303}", "i\u{303}", "o\u{303}", "u\u{303}"] {
            let found = sounds(ipa);
            assert_eq!(found.iter().map(|sound| &*sound.ipa).collect::<Vec<_>>(), [ipa]);
        }
    }

    #[test]
    fn unknown_signs_are_skipped() {
        assert_eq!(spelled("☃p5"), "P");
        assert_eq!(spelled("ˈ"), "");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC*") {
            for sound in sounds(&text) {
                prop_assert!(!sound.phones.is_empty());
            }
        }
    }
}

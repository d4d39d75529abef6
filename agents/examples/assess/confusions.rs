//! Which sounds learners confuse: neighbours of one language that tell words apart. Variants of one phoneme are left out ([b] and [β],
//! [d] and [ð] in Spanish; [e] and [ɛ] in French and Italian): whoever says one for the other makes no mistake.

use colloquy_agents::acoustic::SpokenWord;
use colloquy_agents::acoustic::ipa::Sound;
use colloquy_agents::assessment::speech::distinction::narrowed;
use colloquy_agents::language::Language;

/// The pairs of a language that there are recordings of.
pub fn confusions(language: Language) -> &'static [(&'static str, &'static str)] {
    match language {
        Language::English => ENGLISH,
        Language::Spanish => SPANISH,
        Language::French => FRENCH,
        Language::Italian => ITALIAN,
        _ => &[],
    }
}

/// The sounds that learners confuse with one.
pub fn confused_with(ipa: &str, language: Language) -> Vec<Sound> {
    let others = confusions(language).iter().filter_map(|&(one, other)| match ipa {
        ipa if ipa == one => Some(other),
        ipa if ipa == other => Some(one),
        _ => None,
    });
    let sounds = others.flat_map(|other| narrowed(&[SpokenWord::from_ipa("", other)], language));
    sounds.flat_map(|word| word.sounds).collect()
}

#[rustfmt::skip]
const ENGLISH: &[(&str, &str)] = &[
    ("iː", "ɪ"), ("eɪ", "ɛ"), ("ɛ", "æ"), ("æ", "ʌ"), ("ɑː", "ʌ"), ("oʊ", "ɔː"), ("uː", "ʊ"), ("s", "z"), ("s", "θ"), ("ð", "d"),
    ("ð", "z"), ("f", "v"), ("b", "v"), ("w", "v"), ("p", "b"), ("t", "d"), ("k", "ɡ"), ("l", "ɹ"), ("n", "ŋ"), ("m", "n"),
    ("ʃ", "tʃ"), ("s", "ʃ"), ("dʒ", "tʃ"),
];

#[rustfmt::skip]
const SPANISH: &[(&str, &str)] = &[
    ("i", "e"), ("e", "a"), ("o", "u"), ("o", "a"), ("p", "b"), ("t", "d"), ("k", "ɡ"), ("β", "p"), ("ð", "t"), ("ɣ", "k"),
    ("l", "ɾ"), ("l", "r"), ("ð", "ɾ"), ("n", "ɲ"), ("m", "n"), ("x", "k"), ("x", "ɡ"), ("s", "tʃ"), ("f", "p"), ("ʝ", "l"),
    ("ʎ", "l"),
];

#[rustfmt::skip]
const FRENCH: &[(&str, &str)] = &[
    ("y", "u"), ("y", "i"), ("ø", "o"), ("ø", "e"), ("ø", "u"), ("œ", "ɔ"), ("œ", "ɛ"), ("ə", "e"), ("i", "e"), ("u", "o"),
    ("a", "ɛ"), ("a", "ɔ"), ("ɑ̃", "a"), ("ɔ̃", "ɔ"), ("ɔ̃", "o"), ("ɛ̃", "ɛ"), ("ɛ̃", "a"), ("ɑ̃", "ɔ̃"), ("ɑ̃", "ɛ̃"), ("ɥ", "w"),
    ("ɥ", "y"), ("ʒ", "ʃ"), ("ʃ", "s"), ("s", "z"), ("f", "v"), ("v", "b"), ("p", "b"), ("t", "d"), ("k", "ɡ"), ("m", "n"),
    ("n", "ɲ"), ("ʁ", "l"), ("ʁ", "w"),
];

#[rustfmt::skip]
const ITALIAN: &[(&str, &str)] = &[
    ("i", "e"), ("e", "a"), ("o", "u"), ("o", "a"), ("p", "b"), ("t", "d"), ("k", "ɡ"), ("s", "z"), ("f", "v"), ("v", "b"),
    ("ʃ", "s"), ("tʃ", "ʃ"), ("tʃ", "dʒ"), ("tʃ", "k"), ("dʒ", "ɡ"), ("ʎ", "l"), ("ɲ", "n"), ("m", "n"), ("r", "l"),
    ("ɾ", "l"),
];

//! How many syllables a text has.

use crate::acoustic::{Pronouncer, SpokenWord};
use crate::language::Language;

/// As it is pronounced; where that is not known, as it is written. Blocks as [`Pronouncer::pronounce`] does.
pub fn count(pronouncer: &Pronouncer, text: &str, language: Language) -> usize {
    match pronouncer.pronounce(language, &[text]) {
        Ok(phrases) => phrases.iter().flat_map(|phrase| phrase.iter()).map(of_word).sum(),
        Err(_) => written(text),
    }
}

/// Of a word as it is pronounced.
pub fn of_word(word: &SpokenWord) -> usize {
    word.ipa.split([' ', '_']).filter(|segment| is_nucleus(segment)).count()
}

/// Whether a segment of IPA is the middle of a syllable: a vowel, a diphthong, or a consonant that is marked as one.
fn is_nucleus(segment: &str) -> bool {
    let sound = segment.trim_start_matches(['ˈ', 'ˌ']);
    sound.starts_with(|sign| "aeiouyæøœɐɑɒɔəɚɛɜɝɪɨʊʌʏᵻɵɤɯ".contains(sign)) || sound.contains('\u{329}')
}

/// Groups of vowels of an alphabet, and one for each Chinese or Japanese sign.
fn written(text: &str) -> usize {
    let mut count = 0;
    let mut was_vowel = false;
    for c in text.chars().flat_map(char::to_lowercase) {
        // Small kana belong to the sign before them.
        let is_sign = matches!(c, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}') && !"ゃゅょャュョー".contains(c);
        let is_vowel = "aeiouyàáâãäåæèéêëìíîïòóôõöøœùúûüýÿ".contains(c);
        count += usize::from(is_sign || (is_vowel && !was_vowel));
        was_vowel = is_vowel;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pronounced_counts() {
        let pronouncer = Pronouncer::with_program("not-to-be-run");
        let words = [
            SpokenWord::from_ipa("comment", "k_ɔ_m_ˈɑ̃"),
            SpokenWord::from_ipa("table", "t_ˈeɪ_b_əl"),
            SpokenWord::from_ipa("s'il", "s_i_l"),
        ];
        pronouncer.learn(Language::French, "x", words.to_vec().into());
        assert_eq!(count(&pronouncer, "x", Language::French), 5);
        assert_eq!(count(&pronouncer, "Ciao, come stai?", Language::Italian), 4);
    }

    #[test]
    fn without_a_pronunciation_letters_count() {
        for (text, syllables) in [
            ("Buenas tardes", 4),
            ("你好，再见！", 4),
            ("きょうは", 3),
            ("", 0),
            ("hmm", 0),
        ] {
            assert_eq!(written(text), syllables, "{text}");
        }
    }
}

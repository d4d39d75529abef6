//! How many syllables a word has.

use crate::acoustic::SpokenWord;

/// Of a word as it is pronounced.
pub fn of_word(word: &SpokenWord) -> usize {
    word.ipa.split([' ', '_']).filter(|segment| is_nucleus(segment)).count()
}

/// Whether a segment of IPA is the middle of a syllable: a vowel, a diphthong, or a consonant that is marked as one.
pub(super) fn is_nucleus(segment: &str) -> bool {
    let sound = segment.trim_start_matches(['ˈ', 'ˌ']);
    sound.starts_with(|sign| "aeiouyæøœɐɑɒɔəɚɛɜɝɪɨʊʌʏᵻɵɤɯ".contains(sign)) || sound.contains('\u{329}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vowels_diphthongs_and_syllabic_consonants_count() {
        for (ipa, syllables) in [
            ("k_ɔ_m_ˈɑ̃", 2),
            ("t_ˈeɪ_b_əl", 2),
            ("s_i_l", 1),
            ("b_ˈʌ_t_n\u{329}", 2),
            ("h_m", 0),
        ] {
            assert_eq!(of_word(&SpokenWord::from_ipa("x", ipa)), syllables, "{ipa}");
        }
    }
}

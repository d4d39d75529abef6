//! Words as they are compared: case, accents and punctuation don't matter.

use unicode_normalization::UnicodeNormalization;

/// A word or an expression as the key of a deck: lower case, single spaces, no punctuation around its words. Empty if no
/// letter is in it.
pub fn key(text: &str) -> String {
    let words = text
        .nfc()
        .flat_map(char::to_lowercase)
        .map(|c| if is_part_of_a_word(c) { c } else { ' ' })
        .collect::<String>();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of a text, without accents. Where words aren't written apart (Chinese, Japanese), each character is one.
pub fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_inside = false;
    for c in text.nfkd().filter(|c| !is_accent(*c)).flat_map(char::to_lowercase) {
        if is_written_together(c) {
            words.push(c.to_string());
            is_inside = false;
        } else if is_part_of_a_word(c) {
            match words.last_mut().filter(|_| is_inside) {
                Some(word) => word.push(c),
                None => words.push(c.to_string()),
            }
            is_inside = true;
        } else {
            is_inside = false;
        }
    }
    words
}

/// Where the words of an expression stand one after the other among others.
pub fn find(among: &[String], expression: &[String]) -> Option<usize> {
    if expression.is_empty() {
        return None;
    }
    among.windows(expression.len()).position(|window| window == expression)
}

fn is_part_of_a_word(c: char) -> bool {
    // Marks that a script can't do without are no letters of their own: the voicing marks of kana.
    c.is_alphanumeric() || matches!(c, '\u{3099}' | '\u{309a}')
}

/// The combining marks of Latin, Greek and Cyrillic script.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

fn is_written_together(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn says(text: &str, expression: &str) -> bool {
        find(&words(text), &words(expression)).is_some()
    }

    #[test]
    fn expressions_are_found_whatever_their_case_accents_and_punctuation() {
        assert!(says("Je suis VEGETARIEN, merci.", "végétarien"));
        assert!(says("Une carafe d’eau, s'il vous plaît !", "une carafe d'eau"));
        assert!(says("我要一杯咖啡。", "咖啡"));
        assert!(says("コーヒーを ください", "コーヒー"));
        assert!(!says("C'est une carte.", "art"));
        assert!(!says("la carafe", "une carafe d'eau"));
        assert!(!says("anything", "…"));
    }

    #[test]
    fn keys_keep_accents_and_lose_case_and_punctuation() {
        assert_eq!(key("  L'Addition ! "), "l addition");
        assert_eq!(key("año"), "año");
        assert_eq!(key("?!"), "");
    }

    proptest! {
        #[test]
        fn a_text_says_each_of_its_own_words(text: String) {
            let all = words(&text);
            for word in &all {
                prop_assert!(!word.is_empty());
                prop_assert!(find(&all, std::slice::from_ref(word)).is_some());
            }
        }

        #[test]
        fn a_key_is_its_own_key(text: String) {
            let once = key(&text);
            prop_assert_eq!(key(&once), once);
        }
    }
}

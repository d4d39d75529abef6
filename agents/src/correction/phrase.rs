//! Whether a text says certain words.

/// A text's words in lower case with one space between them, without punctuation.
pub(super) fn fold(text: &str) -> String {
    let lower = text.to_lowercase().replace(['’', 'ʼ'], "'");
    let words = lower.split(|c: char| !(c.is_alphanumeric() || c == '\''));
    let words = words
        .map(|word| word.trim_matches('\''))
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Whether a text has these words in this order, as whole words where spaces tell them apart.
pub(super) fn has_words(text: &str, words: &str) -> bool {
    let (text, words) = (fold(text), fold(words));
    if words.is_empty() {
        return false;
    }
    match words.chars().any(is_sign) {
        true => text.contains(&words),
        false => format!(" {text} ").contains(&format!(" {words} ")),
    }
}

/// Whether a word may end after it without a space.
fn is_sign(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole_whatever_their_case() {
        assert!(has_words("Ah, « Une table » !", "une table"));
        assert!(!has_words("Ah, une tablette !", "une table"));
        assert!(has_words("哦，一杯水。", "一杯"));
        assert!(!has_words("Ah !", " "));
    }
}

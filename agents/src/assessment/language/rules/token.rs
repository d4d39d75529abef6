//! Words and marks of a text, and where they stand in it.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::language::Language;

/// The longest text that is looked at, in tokens. What comes after is not judged.
const LONGEST: usize = 600;

/// A word or a single mark of punctuation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::assessment::language) struct Token {
    /// Where it stands, in bytes.
    pub span: Range<usize>,
    /// In lower case, composed (NFC), with straight apostrophes.
    pub lower: String,
    /// The same as it was written.
    pub written: String,
    /// Whether it is a word or a number.
    pub is_word: bool,
}

/// The tokens of a text. Hyphens join words; so do apostrophes, but in French and Italian a word ends after one
/// (`l'` and `eau`).
pub(in crate::assessment::language) fn tokens(text: &str, language: Language) -> Vec<Token> {
    let ends_at_apostrophe = matches!(language, Language::French | Language::Italian);
    let letters: Vec<(usize, char)> = text.char_indices().collect();
    let end_of = |at: usize| letters.get(at).map_or(text.len(), |(byte, _)| *byte);
    let is_letter = |at: usize| letters.get(at).is_some_and(|(_, c)| is_part(*c));
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < letters.len() && tokens.len() < LONGEST {
        let start = at;
        let (_, first) = letters[at];
        at += 1;
        if first.is_whitespace() || first.is_control() {
            continue;
        }
        let is_word = is_part(first);
        while is_word && at < letters.len() {
            let (_, c) = letters[at];
            if is_part(c) {
                at += 1;
            } else if is_apostrophe(c) && is_letter(at + 1) {
                at += 1;
                // "Today" is one word: it is the only one that is common.
                if ends_at_apostrophe && !is_today(&letters[start..at - 1]) {
                    break;
                }
            } else if is_apostrophe(c) && ends_at_apostrophe && !is_letter(at + 1) {
                // "l' eau", as some recognisers write it.
                at += 1;
                break;
            } else if is_hyphen(c) && is_letter(at + 1) {
                at += 1;
            } else {
                break;
            }
        }
        let span = end_of(start)..end_of(at);
        let written: String = text[span.clone()]
            .nfc()
            .map(|c| if is_apostrophe(c) { '\'' } else { c })
            .collect();
        tokens.push(Token {
            span,
            lower: written.to_lowercase(),
            written,
            is_word,
        });
    }
    tokens
}

/// Whether these are the letters before the apostrophe of "aujourd'hui".
fn is_today(letters: &[(usize, char)]) -> bool {
    const BEGINNING: &str = "aujourd";
    letters.len() == BEGINNING.len()
        && letters
            .iter()
            .zip(BEGINNING.chars())
            .all(|((_, c), expected)| c.to_lowercase().eq([expected]))
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | 'ʼ' | '‘')
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '‐' | '\u{2011}')
}

impl Token {
    /// Whether it ends a sentence.
    pub fn ends_sentence(&self) -> bool {
        !self.is_word && matches!(self.lower.as_str(), "." | "!" | "?" | "…")
    }

    /// Whether it begins with a capital.
    pub fn is_capitalised(&self) -> bool {
        self.written.chars().next().is_some_and(char::is_uppercase)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lower(text: &str, language: Language) -> Vec<String> {
        tokens(text, language).into_iter().map(|token| token.lower).collect()
    }

    #[test]
    fn words_end_after_an_apostrophe_where_the_language_elides() {
        for (text, language, expected) in [
            ("L’eau d'ici !", Language::French, &["l'", "eau", "d'", "ici", "!"][..]),
            (
                "Aujourd'hui, est-ce bon?",
                Language::French,
                &["aujourd'hui", ",", "est-ce", "bon", "?"],
            ),
            ("l' eau", Language::French, &["l'", "eau"]),
            ("Un'altra", Language::Italian, &["un'", "altra"]),
            ("I don't. 'Tis", Language::English, &["i", "don't", ".", "'", "tis"]),
            ("¿Qué?", Language::Spanish, &["¿", "qué", "?"]),
            ("E\u{301}te\u{301}", Language::French, &["été"]),
        ] {
            assert_eq!(lower(text, language), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn spans_are_in_order_and_on_letters(text: String, language in 0usize..8) {
            let mut end = 0;
            for token in tokens(&text, Language::ALL[language]) {
                prop_assert!(token.span.start >= end && token.span.end > token.span.start);
                prop_assert!(text.get(token.span.clone()).is_some());
                end = token.span.end;
            }
        }
    }
}

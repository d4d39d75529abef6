//! How likely one word is written for another.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::language::Language;

/// An accent, which is forgotten or put where none is.
const ACCENT: f32 = 0.3;
/// What sounds the same: "berdad" for "verdad", "ecsamen" for "examen".
const SOUND: f32 = 0.45;
/// One letter for two of it, or two for one.
const DOUBLED: f32 = 0.5;
/// Two letters in each other's place.
const SWAPPED: f32 = 0.6;
/// A silent letter.
const SILENT: f32 = 0.6;
/// One vowel for another, or one consonant for another that is like it.
const RELATED: f32 = 0.8;
/// A letter too few or too many.
const LETTER: f32 = 1.0;
/// One letter for another.
const OTHER: f32 = 1.2;
/// The first letter is rarely wrong.
const FIRST: f32 = 0.3;

/// What edits that people make without thinking cost at most: a word that is not common is meant by no others.
pub(super) const SLIGHT: f32 = 0.65;

/// What it costs to make one word of the other, both in lower case, by the likeliest edits of single letters; less where they sound the same.
pub(super) fn cost(word: &str, meant: &str, language: Language) -> f32 {
    let (a, b): (Vec<char>, Vec<char>) = (word.chars().collect(), meant.chars().collect());
    let mut table = vec![vec![0.0f32; b.len() + 1]; a.len() + 1];
    for at in 1..=a.len() {
        table[at][0] = table[at - 1][0] + gap(&a, at - 1);
    }
    for at in 1..=b.len() {
        table[0][at] = table[0][at - 1] + gap(&b, at - 1);
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let first = if i == 1 && j == 1 { FIRST } else { 0.0 };
            let replaced = match substitution(a[i - 1], b[j - 1]) {
                0.0 => 0.0,
                cost => cost + first,
            };
            let mut least = (table[i - 1][j] + gap(&a, i - 1)).min(table[i][j - 1] + gap(&b, j - 1));
            least = least.min(table[i - 1][j - 1] + replaced);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && a[i - 1] != a[i - 2] {
                least = least.min(table[i - 2][j - 2] + SWAPPED);
            }
            table[i][j] = least;
        }
    }
    let letters = table[a.len()][b.len()];
    if letters > SOUND && sound(word, language) == sound(meant, language) {
        return SOUND;
    }
    letters
}

/// What it costs to leave a letter out, or to put it in.
fn gap(word: &[char], at: usize) -> f32 {
    let is_doubled =
        at.checked_sub(1).is_some_and(|before| word[before] == word[at]) || word.get(at + 1) == Some(&word[at]);
    let is_silent = word[at] == 'h' || (word[at] == 'e' && at + 1 == word.len());
    if is_doubled {
        DOUBLED
    } else if is_silent {
        SILENT
    } else {
        LETTER
    }
}

fn substitution(a: char, b: char) -> f32 {
    /// Letters that are written for each other, by their sound.
    const ALIKE: [&str; 7] = ["csz", "bv", "gj", "ckq", "dt", "fv", "mn"];
    const VOWELS: &str = "aeiouy";
    if a == b {
        return 0.0;
    }
    let (a, b) = (plain(a), plain(b));
    if a == b {
        return ACCENT;
    }
    let are_both_in = |letters: &str| letters.contains(a) && letters.contains(b);
    if are_both_in(VOWELS) || ALIKE.into_iter().any(are_both_in) {
        RELATED
    } else {
        OTHER
    }
}

/// A letter without its accent.
fn plain(letter: char) -> char {
    letter.nfd().next().unwrap_or(letter)
}

/// How a word sounds, roughly: words with the same sound are spelled in each other's way.
fn sound(word: &str, language: Language) -> String {
    let plain: Vec<char> = word.nfd().filter(|c| !is_combining_mark(*c)).collect();
    let mut sound = String::new();
    let mut at = 0;
    while at < plain.len() {
        let next = plain.get(at + 1).copied();
        let is_soft = matches!(next, Some('e' | 'i' | 'y'));
        let (made, taken) = match (plain[at], next) {
            ('p', Some('h')) => ("f", 2),
            ('c', Some('s' | 'z')) | ('k', Some('s')) => ("x", 2),
            ('q', Some('u')) => ("k", 2),
            ('c', Some('k')) => ("k", 2),
            // "ch" is a sound of its own.
            ('c' | 's', Some('h')) => ("ʃ", 2),
            ('c' | 'z', _) if language == Language::Spanish && (is_soft || plain[at] == 'z') => ("s", 1),
            ('c', _) if is_soft => ("s", 1),
            ('c' | 'q', _) => ("k", 1),
            ('v', _) if language == Language::Spanish => ("b", 1),
            ('h', _) if language != Language::German => ("", 1),
            ('y', _) => ("i", 1),
            ('ß', _) => ("s", 1),
            _ => ("", 0),
        };
        match taken {
            0 => {
                sound.push(plain[at]);
                at += 1;
            }
            _ => {
                sound.push_str(made);
                at += taken;
            }
        }
    }
    let mut letters: Vec<char> = sound.chars().collect();
    letters.dedup();
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn likely_slips_cost_less_than_others() {
        let cost = |word, meant| cost(word, meant, Language::Spanish);
        for (word, likelier, less_likely) in [
            ("leter", "letter", "later"),
            ("busines", "business", "busies"),
            ("wich", "which", "winch"),
            ("berdad", "verdad", "bardad"),
            ("ecsamen", "examen", "escamen"),
            ("demian", "demain", "damien"),
        ] {
            assert!(cost(word, likelier) < cost(word, less_likely), "{word}");
        }
        assert_eq!(cost("mesa", "mesa"), 0.0);
        assert!(cost("reservacion", "reservación") <= SLIGHT);
        assert!(cost("bevato", "beato") > SLIGHT);
    }

    proptest! {
        #[test]
        fn any_two_words_can_be_compared(word in "\\PC{0,12}", meant in "\\PC{0,12}", language in 0usize..8) {
            let cost = cost(&word, &meant, Language::ALL[language]);
            prop_assert!(cost >= 0.0);
            prop_assert!(word != meant || cost == 0.0);
        }
    }
}

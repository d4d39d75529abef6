//! The words that a recast says, and whether a text says them.

use std::ops::Range;

/// Words that are said in one breath. Of a longer clause only what stands around the correction is said again.
const BREATH: usize = 8;
/// How many words before and after the right ones are said with them, then.
const BEFORE: usize = 2;
const AFTER: usize = 3;
/// The same where no spaces tell words apart, in signs.
const BREATH_SIGNS: usize = 24;
const AROUND_SIGNS: usize = 6;

/// A learner's clause with the right words in the place of those at `at`, or as much of it as is said in a breath. It ends
/// where something else may be wrong, which stands at one of `others`: a tutor says nothing wrong after the learner.
pub(super) fn recast(text: &str, at: Range<usize>, right: &str, others: &[Range<usize>]) -> String {
    let begin = others
        .iter()
        .map(|other| other.end)
        .filter(|end| *end <= at.start)
        .max();
    let end = others
        .iter()
        .map(|other| other.start)
        .filter(|start| *start >= at.end)
        .min();
    let (begin, end) = (begin.unwrap_or(0), end.unwrap_or(text.len()));
    let (Some(before), Some(after)) = (text.get(begin..at.start), text.get(at.end..end)) else {
        return String::new();
    };
    let before = before.rsplit(is_boundary).next().unwrap_or_default();
    let after = after.split(is_boundary).next().unwrap_or_default();
    let count = |text: &str| text.split_whitespace().count();
    let spaced = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let whole = spaced(&format!("{before}{right}{after}"));
    if whole.chars().any(is_sign) {
        if whole.chars().count() <= BREATH_SIGNS {
            return whole;
        }
        let before = before
            .chars()
            .rev()
            .take(AROUND_SIGNS)
            .collect::<Vec<_>>()
            .into_iter()
            .rev();
        return before
            .chain(right.chars())
            .chain(after.chars().take(AROUND_SIGNS))
            .collect::<String>()
            .trim()
            .to_owned();
    }
    if count(&whole) <= BREATH {
        return whole;
    }
    // A word that the correction ends in the middle of belongs to it whole.
    let skipped = before.split_whitespace().count().saturating_sub(BEFORE);
    let from = nth_word(before, skipped).unwrap_or(before.len());
    let from = from + after_conjunction(&before[from..]);
    let glued = usize::from(!after.starts_with(char::is_whitespace));
    let to = nth_word(after, AFTER + glued).unwrap_or(after.len());
    spaced(&format!("{}{right}{}", &before[from..], &after[..to]))
}

/// Where the clause begins that the last conjunction joins to what comes before it: half of another clause is no phrase.
fn after_conjunction(before: &str) -> usize {
    const CONJUNCTIONS: [&str; 14] = [
        "and", "aber", "but", "denn", "e", "et", "ma", "mais", "mas", "oder", "ou", "pero", "und", "y",
    ];
    let words = before.split_whitespace();
    let last = words.collect::<Vec<_>>();
    let last = last
        .iter()
        .rposition(|word| CONJUNCTIONS.contains(&word.to_lowercase().as_str()));
    last.map_or(0, |last| nth_word(before, last + 1).unwrap_or(before.len()))
}

/// Where the word number `n` begins.
fn nth_word(text: &str, n: usize) -> Option<usize> {
    let mut was_space = true;
    text.char_indices()
        .filter(|(_, c)| {
            let begins = was_space && !c.is_whitespace();
            was_space = c.is_whitespace();
            begins
        })
        .nth(n)
        .map(|(at, _)| at)
}

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

fn is_boundary(c: char) -> bool {
    matches!(
        c,
        '.' | ','
            | ';'
            | ':'
            | '!'
            | '?'
            | '…'
            | '¿'
            | '¡'
            | '«'
            | '»'
            | '“'
            | '”'
            | '"'
            | '\n'
            | '。'
            | '、'
            | '，'
            | '！'
            | '？'
    )
}

/// Whether a word may end after it without a space.
fn is_sign(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(text: &str, wrong: &str, right: &str) -> String {
        let at = text.find(wrong).expect("it stands there");
        recast(text, at..at + wrong.len(), right, &[])
    }

    #[test]
    fn a_clause_is_said_again_whole_if_it_is_short() {
        for (text, wrong, right, expected) in [
            ("Bonsoir, un table pour deux !", "un", "une", "une table pour deux"),
            ("Je prends le le vin", "le le", "le", "Je prends le vin"),
            ("Pour la deux", "la ", "", "Pour deux"),
            ("un  table", "un", "une", "une table"),
            ("我要一个水。谢谢", "一个", "一杯", "我要一杯水"),
        ] {
            assert_eq!(said(text, wrong, right), expected, "{text}");
        }
    }

    #[test]
    fn what_else_is_wrong_is_not_said_again() {
        let text = "je veux un table pour le deux";
        assert_eq!(recast(text, 8..16, "une table", &[0..7, 8..16, 17..29]), "une table");
    }

    #[test]
    fn of_a_long_clause_only_what_stands_around_it_is() {
        let text = "hier soir avec ma femme nous avons allé au petit restaurant près de la gare";
        assert_eq!(
            said(text, "avons allé", "sommes allés"),
            "femme nous sommes allés au petit restaurant"
        );
    }

    #[test]
    fn no_half_of_another_clause_is_said() {
        let text = "Ich nehme ein Bier und mein Frau nimmt dann Wasser";
        assert_eq!(said(text, "mein", "meine"), "meine Frau nimmt dann");
        let text = "Je prends une salade verte et je ne aime pas le poisson";
        assert_eq!(said(text, "ne aime", "n'aime"), "je n'aime pas le poisson");
    }

    #[test]
    fn words_are_found_whole_whatever_their_case() {
        assert!(has_words("Ah, « Une table » !", "une table"));
        assert!(!has_words("Ah, une tablette !", "une table"));
        assert!(has_words("哦，一杯水。", "一杯"));
        assert!(!has_words("Ah !", " "));
    }

    proptest! {
        #[test]
        fn any_place_in_any_text_gives_a_phrase(text in "[a-zé,.水 ]{0,60}", start in 0usize..70, length in 0usize..9, right in "[a-zé ]{0,9}") {
            let phrase = recast(&text, start..start + length, &right, &[0..3, 50..60]);
            // Space in the place of a letter makes two words of one.
            prop_assert!(phrase.split_whitespace().count() <= text.split_whitespace().count() + right.split_whitespace().count() + 1);
        }
    }
}

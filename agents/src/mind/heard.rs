//! What was heard of a phrase that was cut off.

use std::time::Duration;

use unicode_segmentation::UnicodeSegmentation;

use crate::engine::WordTiming;

/// How many bytes of `text` were heard when `played` of its speech left.
///
/// A word was heard when at least half of it was. Word timings are matched with the words of the text by their order;
/// where a voice read something as other words than were written (`12` as "twelve"), and where there are no timings, the
/// text is shared out over the time in proportion to its letters. `whole` is the length of the phrase's speech once it is
/// known, else what was made of it so far.
pub(super) fn heard_bytes(
    text: &str,
    words: &[WordTiming],
    played: Duration,
    whole: Option<Duration>,
    made: Duration,
) -> usize {
    if played.is_zero() {
        return 0;
    }
    if whole.is_some_and(|whole| played >= whole) {
        return text.len();
    }
    let written: Vec<(usize, &str)> = text.unicode_word_indices().collect();
    let heard = if words.is_empty() {
        let whole = whole.unwrap_or(made.max(estimate(&written)));
        share(
            &written,
            played.as_secs_f64() / whole.as_secs_f64().max(f64::MIN_POSITIVE),
        )
    } else {
        let is_heard = |word: &&WordTiming| word.start + word.end.saturating_sub(word.start) / 2 <= played;
        let heard = words.iter().filter(is_heard).map(|word| count(&word.word)).sum();
        // Timings may still be on their way while speech is being made; afterwards there are as many as were read.
        if whole.is_none() {
            heard
        } else {
            aligned(&written, words, heard)
        }
    };
    end_of(text, &written, heard)
}

/// How many words a text has.
fn count(text: &str) -> usize {
    text.unicode_words().count()
}

/// How many of the written words the first `heard` of the spoken ones are. Both begin and end with the same words; what
/// was read otherwise in between is shared out evenly.
fn aligned(written: &[(usize, &str)], words: &[WordTiming], heard: usize) -> usize {
    let spoken: Vec<&str> = words.iter().flat_map(|word| word.word.unicode_words()).collect();
    if spoken.len() == written.len() {
        return heard;
    }
    let same = |(a, b): &(&str, &str)| a.to_lowercase() == b.to_lowercase();
    let written_words = || written.iter().map(|(_, word)| *word);
    let start = written_words().zip(spoken.iter().copied()).take_while(same).count();
    let most = written.len().min(spoken.len()) - start;
    let end = written_words()
        .rev()
        .zip(spoken.iter().rev().copied())
        .take_while(same)
        .count()
        .min(most);
    let left = spoken.len() - heard;
    if heard <= start {
        heard
    } else if left <= end {
        written.len() - left
    } else {
        // `spoken` is longer than what it shares with the text, since `heard` and `left` both reach into the middle.
        start + (heard - start) * (written.len() - start - end) / (spoken.len() - start - end)
    }
}

/// How many words lie, by more than half, in the first `share` of the letters.
fn share(written: &[(usize, &str)], share: f64) -> usize {
    let letters = letters(written) as f64;
    let mut before = 0.0;
    written
        .iter()
        .take_while(|(_, word)| {
            let length = word.chars().count() as f64;
            let middle = before + length / 2.0;
            before += length;
            middle <= share * letters
        })
        .count()
}

fn letters(written: &[(usize, &str)]) -> usize {
    written.iter().map(|(_, word)| word.chars().count()).sum()
}

/// About how long the words take to say, before their speech is whole.
fn estimate(written: &[(usize, &str)]) -> Duration {
    Duration::from_millis(letters(written) as u64 * 75)
}

/// The byte after the first `count` words and the marks that close them.
fn end_of(text: &str, written: &[(usize, &str)], count: usize) -> usize {
    match count
        .checked_sub(1)
        .map(|last| last.min(written.len().saturating_sub(1)))
    {
        None => 0,
        Some(last) => {
            let Some((start, word)) = written.get(last) else {
                return 0;
            };
            let end = start + word.len();
            match written.get(last + 1) {
                // Closing marks belong to the word; a space, an opening quote or a dash to the next one.
                Some((next, _)) => {
                    let between = &text[end..*next];
                    end + between.find(char::is_whitespace).unwrap_or(between.len())
                }
                None => text.len(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Every word takes 200 ms.
    fn timings(text: &str) -> Vec<WordTiming> {
        (0..)
            .zip(text.unicode_words())
            .map(|(i, word)| WordTiming {
                word: word.to_owned(),
                start: ms(i * 200),
                end: ms(i * 200 + 200),
            })
            .collect()
    }

    fn heard<'a>(text: &'a str, words: &[WordTiming], played: u64, whole: Option<u64>) -> &'a str {
        &text[..heard_bytes(text, words, ms(played), whole.map(ms), ms(played))]
    }

    #[test]
    fn a_word_is_heard_when_half_of_it_was() {
        let text = "Very well, a table.";
        let words = timings(text);
        for (played, expected) in [
            (0, ""),
            (99, ""),
            (100, "Very"),
            (299, "Very"),
            (300, "Very well,"),
            (500, "Very well, a"),
            (750, "Very well, a table."),
            (900, "Very well, a table."),
        ] {
            assert_eq!(heard(text, &words, played, Some(800)), expected, "{played} ms");
        }
    }

    #[test]
    fn without_timings_text_is_shared_out_over_the_time() {
        let text = "aaaa bbbb cccc dddd";
        assert_eq!(heard(text, &[], 500, Some(1000)), "aaaa bbbb");
        assert_eq!(heard(text, &[], 1000, Some(1000)), text);
        assert_eq!(heard(text, &[], 20, Some(1000)), "");
    }

    #[test]
    fn words_read_otherwise_than_written_are_shared_out_too() {
        let text = "That is 12 euros";
        let words = timings("That is twelve point zero euros");
        assert_eq!(heard(text, &words, 400, Some(1200)), "That is");
    }

    #[test]
    fn timings_on_their_way_count_as_far_as_they_have_come() {
        let text = "Very well, a table.";
        assert_eq!(heard(text, &timings(text)[..2], 380, None), "Very well,");
    }

    #[test]
    fn text_without_spaces_is_cut_between_signs() {
        assert_eq!(heard("请问几位？", &[], 500, Some(1000)), "请问");
    }

    proptest! {
        #[test]
        fn any_text_is_cut_between_characters(text in any::<String>(), words in any::<String>(), played in 0u64..5000, whole in proptest::option::of(0u64..5000)) {
            let bytes = heard_bytes(&text, &timings(&words), ms(played), whole.map(ms), ms(played));
            prop_assert!(text.is_char_boundary(bytes));
        }

        #[test]
        fn more_playing_never_hears_less(text in "[a-zé,. ]{0,60}", played in 0u64..3000, more in 0u64..500, whole in 1u64..4000) {
            for words in [Vec::new(), timings(&text), timings("some other words")] {
                let less = heard_bytes(&text, &words, ms(played), Some(ms(whole)), ms(whole));
                prop_assert!(less <= heard_bytes(&text, &words, ms(played + more), Some(ms(whole)), ms(whole)));
            }
        }
    }
}

//! When the words of a phrase are said.

use std::ops::Range;
use std::time::Duration;

use crate::engine::WordTiming;
use crate::language::Language;

/// Finds words in speech whose text is known, by listening to it. It may take milliseconds: call it on a compute thread.
pub trait WordAligner: Send + Sync + 'static {
    /// The timings of the words of `text` in `pcm`, mono at `rate` Hz; empty where it can't tell.
    fn align(&self, pcm: &[i16], rate: u32, text: &str, language: Language) -> Vec<WordTiming>;
}

/// How long `samples` last at `rate` Hz.
pub fn length(samples: usize, rate: u32) -> Duration {
    Duration::from_micros(samples as u64 * 1_000_000 / u64::from(rate.max(1)))
}

/// An estimate of when words are said, for voices that don't tell: the phrase is shared out in proportion to letters,
/// with a pause after punctuation. Words can be off by some 100 ms; what was heard of a phrase is cut by it only to about a
/// word.
pub fn estimate(text: &str, duration: Duration) -> Vec<WordTiming> {
    let words = words(text);
    let total: f64 = words.iter().map(|word| word.weight() + word.pause()).sum();
    // The pause after the last word was trimmed with the silence.
    let total = total - words.last().map_or(0.0, Word::pause);
    if total <= 0.0 {
        return Vec::new();
    }
    let mut before = 0.0;
    words
        .iter()
        .map(|word| {
            let start = duration.mul_f64((before / total).min(1.0));
            before += word.weight();
            let end = duration.mul_f64((before / total).min(1.0));
            before += word.pause();
            WordTiming {
                word: word.text.to_owned(),
                start,
                end,
            }
        })
        .collect()
}

/// A word as written, with the punctuation that hangs on it.
struct Word<'a> {
    text: &'a str,
}

impl Word<'_> {
    /// How long it takes to say, in letters. A short word takes longer than its letters tell.
    fn weight(&self) -> f64 {
        let letters = self.text.chars().filter(|letter| letter.is_alphanumeric());
        letters
            .map(|letter| if is_ideographic(letter) { 3.0 } else { 1.0 })
            .sum::<f64>()
            + 1.0
    }

    /// How long the voice rests after it, in letters.
    fn pause(&self) -> f64 {
        match self.text.chars().next_back() {
            Some('.' | '!' | '?' | '…' | '。' | '！' | '？') => 5.0,
            Some(',' | ';' | ':' | '、' | '，') => 3.0,
            _ => 0.0,
        }
    }
}

/// The words of a text.
fn words(text: &str) -> Vec<Word<'_>> {
    let word = |range: Range<usize>| Word {
        text: text[range].trim(),
    };
    word_ranges(text).into_iter().map(word).collect()
}

/// Where the words of a text are, in bytes, with the punctuation and the spaces that hang on them. What is added to the text
/// changes only the last one.
///
/// Splits at spaces, and before every character of a script that writes none. Punctuation that stands alone belongs to the word
/// before it: French writes a space before `!`.
pub(super) fn word_ranges(text: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let starts = text
        .char_indices()
        .filter(|&(_, letter)| letter.is_whitespace() || is_ideographic(letter))
        .map(|(at, _)| at);
    let mut from = 0;
    for to in starts.chain([text.len()]) {
        if text[from..to].chars().any(char::is_alphanumeric) {
            ranges.push(from..to);
        } else if let Some(last) = ranges.last_mut() {
            last.end = to;
        }
        from = to;
    }
    ranges
}

/// Chinese characters and Japanese kana.
fn is_ideographic(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str) -> Vec<String> {
        let timings = estimate(text, Duration::from_secs(1));
        timings.into_iter().map(|timing| timing.word).collect()
    }

    #[test]
    fn words_are_written_as_in_the_text() {
        assert_eq!(
            written(" Bonsoir ! Je  m'appelle « Marie »."),
            ["Bonsoir !", "Je", "m'appelle «", "Marie »."]
        );
        assert_eq!(written("你好，两位"), ["你", "好，", "两", "位"]);
        assert_eq!(written("… — !"), Vec::<String>::new());
    }

    #[test]
    fn longer_words_take_longer_and_commas_rest() {
        let timings = estimate("yes, absolutely not", Duration::from_secs(2));
        let lengths: Vec<_> = timings.iter().map(|timing| timing.end - timing.start).collect();
        assert!(lengths[1] > lengths[0] && lengths[1] > lengths[2]);
        assert!(timings[1].start > timings[0].end);
        assert_eq!(timings[2].start, timings[1].end);
        assert_eq!(timings[2].end, Duration::from_secs(2));
    }

    proptest! {
        #[test]
        fn timings_of_any_text_are_in_order_and_inside_the_phrase(text: String, milliseconds in 0u64..10_000) {
            let duration = Duration::from_millis(milliseconds);
            let mut before = Duration::ZERO;
            for timing in estimate(&text, duration) {
                prop_assert!(before <= timing.start && timing.start <= timing.end && timing.end <= duration);
                before = timing.end;
            }
        }
    }
}

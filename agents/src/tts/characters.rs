//! Timings of words from timings of characters, as they come with the speech.

use std::time::Duration;

use serde::Deserialize;

use super::timing::word_ranges;
use crate::engine::WordTiming;

/// When each character of a piece of the text is said, in seconds from the start of the phrase.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Alignment {
    pub characters: Vec<String>,
    #[serde(rename = "character_start_times_seconds")]
    pub starts: Vec<f64>,
    #[serde(rename = "character_end_times_seconds")]
    pub ends: Vec<f64>,
}

/// The characters so far. A word is told once the next one has begun: before that, it may have more letters.
#[derive(Debug, Default)]
pub(super) struct Characters {
    text: String,
    times: Vec<CharacterTime>,
    told: usize,
    is_broken: bool,
}

/// One character.
#[derive(Debug)]
struct CharacterTime {
    /// Its first byte in the text.
    at: usize,
    start: Duration,
    end: Duration,
    /// It belongs to the sound of a word; marks are only waited for.
    is_said: bool,
}

impl Characters {
    /// Takes the next piece. After one that makes no sense no more words are told: all after it would be in the wrong place.
    pub(super) fn handle_alignment(&mut self, alignment: &Alignment) {
        let length = alignment.characters.len();
        self.is_broken |= alignment.starts.len() != length || alignment.ends.len() != length;
        let times = alignment.starts.iter().zip(&alignment.ends);
        for (character, (start, end)) in alignment.characters.iter().zip(times) {
            let seconds = |seconds: &f64| Duration::try_from_secs_f64(*seconds).ok();
            let (Some(start), Some(end)) = (seconds(start), seconds(end)) else {
                self.is_broken = true;
                break;
            };
            if self.is_broken {
                break;
            }
            // Rounding may let neighbours overlap.
            let start = start.max(self.times.last().map_or(Duration::ZERO, |last| last.start));
            self.times.push(CharacterTime {
                at: self.text.len(),
                start,
                end: end.max(start),
                is_said: character.chars().any(char::is_alphanumeric),
            });
            self.text.push_str(character);
        }
    }

    /// The words that are whole since the last time.
    pub(super) fn poll_words(&mut self) -> Vec<WordTiming> {
        let whole = word_ranges(&self.text).len().saturating_sub(1);
        self.tell(whole)
    }

    /// The words that are left when the speech has ended.
    pub(super) fn finish(&mut self) -> Vec<WordTiming> {
        self.tell(usize::MAX)
    }

    /// Whether no word was told: there were no timings.
    pub(super) fn is_silent(&self) -> bool {
        self.told == 0
    }

    fn tell(&mut self, until: usize) -> Vec<WordTiming> {
        if self.is_broken {
            return Vec::new();
        }
        let ranges = word_ranges(&self.text);
        let until = until.min(ranges.len());
        let new = ranges.get(self.told..until).unwrap_or_default();
        self.told = self.told.max(until);
        let timing = |range: &std::ops::Range<usize>| {
            let mut said = self
                .times
                .iter()
                .filter(|time| time.is_said && range.contains(&time.at));
            let first = said.next()?;
            let last = said.next_back().unwrap_or(first);
            Some(WordTiming {
                word: self.text[range.clone()].trim().to_owned(),
                start: first.start,
                end: last.end,
            })
        };
        new.iter().filter_map(timing).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Each character takes 100 ms.
    fn alignment(text: &str, from: usize) -> Alignment {
        let count = text.chars().count();
        let seconds = |number: usize| number as f64 / 10.0;
        Alignment {
            characters: text.chars().map(String::from).collect(),
            starts: (from..from + count).map(seconds).collect(),
            ends: (from + 1..=from + count).map(seconds).collect(),
        }
    }

    fn told(words: Vec<WordTiming>) -> Vec<(String, u128, u128)> {
        let told = |timing: WordTiming| (timing.word, timing.start.as_millis(), timing.end.as_millis());
        words.into_iter().map(told).collect()
    }

    #[test]
    fn words_that_are_cut_between_pieces_are_told_once_and_whole() {
        let mut characters = Characters::default();
        characters.handle_alignment(&alignment(" Bon", 0));
        assert_eq!(told(characters.poll_words()), []);
        characters.handle_alignment(&alignment("soir ! «", 4));
        assert_eq!(told(characters.poll_words()), []);
        characters.handle_alignment(&alignment("Oui», dit", 12));
        assert_eq!(
            told(characters.poll_words()),
            [("Bonsoir !".to_owned(), 100, 800), ("«Oui»,".to_owned(), 1200, 1500)]
        );
        assert!(!characters.is_silent());
        assert_eq!(told(characters.finish()), [("dit".to_owned(), 1800, 2100)]);
        assert_eq!(told(characters.finish()), []);
    }

    #[test]
    fn a_script_without_spaces_is_told_sign_by_sign() {
        let mut characters = Characters::default();
        characters.handle_alignment(&alignment("你好，两位", 0));
        let mut words = told(characters.poll_words());
        words.extend(told(characters.finish()));
        let signs: Vec<&str> = words.iter().map(|(sign, ..)| sign.as_str()).collect();
        assert_eq!(signs, ["你", "好，", "两", "位"]);
        assert_eq!(words[1], ("好，".to_owned(), 100, 200));
    }

    #[test]
    fn timings_that_make_no_sense_end_the_telling() {
        let mut short = alignment("Oui", 0);
        short.ends.pop();
        let mut negative = alignment("Oui", 0);
        negative.starts[1] = -0.5;
        let mut endless = alignment("Oui", 0);
        endless.ends[0] = f64::INFINITY;
        for broken in [short, negative, endless] {
            let mut characters = Characters::default();
            characters.handle_alignment(&broken);
            characters.handle_alignment(&alignment(" et non", 3));
            assert_eq!(characters.poll_words(), []);
            assert_eq!(characters.finish(), []);
            assert!(characters.is_silent());
        }
    }

    proptest! {
        #[test]
        fn words_are_those_of_the_text_however_it_is_cut(
            letters in proptest::collection::vec(prop::sample::select(vec!['a', 'é', ' ', ',', '«', '好', '.']), 0..30),
            cut in 1usize..6,
        ) {
            let mut cut_up = Characters::default();
            let mut words = Vec::new();
            for (number, piece) in letters.chunks(cut).enumerate() {
                let piece: String = piece.iter().collect();
                cut_up.handle_alignment(&alignment(&piece, number * cut));
                words.extend(cut_up.poll_words());
            }
            words.extend(cut_up.finish());
            let mut whole = Characters::default();
            whole.handle_alignment(&alignment(&letters.iter().collect::<String>(), 0));
            prop_assert_eq!(words, whole.finish());
        }

        #[test]
        fn any_timings_are_told_in_order_or_not_at_all(
            pieces in proptest::collection::vec(
                proptest::collection::vec(("[a-z ]{0,2}", any::<f64>(), any::<f64>()), 0..6), 0..5,
            ),
        ) {
            let mut characters = Characters::default();
            let mut before = Duration::ZERO;
            for piece in pieces {
                let (mut texts, mut starts, mut ends) = (Vec::new(), Vec::new(), Vec::new());
                for (text, start, end) in piece {
                    texts.push(text);
                    starts.push(start);
                    ends.push(end);
                }
                characters.handle_alignment(&Alignment { characters: texts, starts, ends });
                for word in characters.poll_words() {
                    prop_assert!(before <= word.start && word.start <= word.end);
                    before = word.start;
                }
            }
        }
    }
}

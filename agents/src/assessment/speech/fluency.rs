//! How smoothly something was said: rate, pauses, fillers.
//!
//! Articulation rate and pauses within clauses are what listeners tell learners from natives by (Saito et al. 2018, "Acoustic
//! characteristics and learner profiles of low-, mid- and high-level second language fluency"; Kahng 2014). Pauses between
//! clauses are no fault: natives make them, too.

use std::ops::Range;
use std::time::Duration;

use super::assessment::{Fluency, Tempo};
use super::reading::Reading;
use super::syllables;
use crate::acoustic::listening::FRAME_RATE;
use crate::acoustic::phone_loop::FreeFrame;
use crate::acoustic::{SpokenWord, fillers};
use crate::language::Language;

/// The shortest silence that is a pause and not part of a word (De Jong & Bosker 2013), in frames.
const PAUSE: usize = FRAME_RATE / 4;
/// Fewer syllables tell no rate.
const FEWEST_SYLLABLES: usize = 5;
/// Articulation rates, as shares of that of natives, that count for nothing and for everything.
const RATES: (f32, f32) = (0.3, 0.75);
/// Shares of the time that are spoken and not paused within clauses or filled, likewise.
const SMOOTHNESS: (f32, f32) = (0.5, 1.0);

impl Tempo {
    /// Of so many syllables in that time, pauses left out.
    pub fn of(syllables: usize, voiced: Duration, language: Language) -> Self {
        let rate = syllables as f64 / voiced.as_secs_f64().max(f64::MIN_POSITIVE);
        let native = native_rate(language);
        if rate < native * 0.5 {
            Self::Slow
        } else if rate < native * 1.2 {
            Self::Appropriate
        } else {
            Self::Fast
        }
    }
}

/// Syllables a second of natives who read aloud, pauses left out (Pellegrino, Coupé & Marsico 2011, "A cross-language
/// perspective on speech information rate", table 1). Portuguese is not in it: the mean of Spanish, French and Italian.
pub fn native_rate(language: Language) -> f64 {
    match language {
        Language::English => 6.19,
        Language::Spanish => 7.82,
        Language::French => 7.18,
        Language::German => 5.97,
        Language::Italian => 6.99,
        Language::Portuguese => 7.33,
        Language::Chinese => 5.18,
        Language::Japanese => 7.84,
    }
}

/// Of a text that was said.
pub fn of_reading(reading: &Reading, words: &[SpokenWord], language: Language) -> Fluency {
    let spoken = reading.spoken();
    let silences = reading.silences(PAUSE);
    let fillers = reading.fillers();
    let in_clauses: Vec<_> = silences.iter().filter(|(next, _)| !ends_clause(words, *next)).collect();
    let frames = |of: &mut dyn Iterator<Item = usize>| of.sum::<usize>();
    let paused = frames(&mut silences.iter().map(|(_, silence)| silence.len()));
    let filled = frames(&mut fillers.iter().map(|(_, filler)| filler.len()));
    let broken = filled + frames(&mut in_clauses.iter().map(|(_, silence)| silence.len()));
    let syllables = words
        .iter()
        .enumerate()
        .filter(|(index, _)| reading.word(*index).is_some())
        .map(|(_, word)| syllables::of_word(word))
        .sum::<usize>();
    let articulation = spoken.len().saturating_sub(paused + filled);
    let is_enough = syllables >= FEWEST_SYLLABLES && articulation > 0;
    let rate = |frames: usize| (syllables * FRAME_RATE) as f32 / frames.max(1) as f32;
    let articulation_rate = is_enough.then(|| rate(articulation));
    let smoothness = 1.0 - broken as f32 / spoken.len().max(1) as f32;
    Fluency {
        score: articulation_rate.map(|rate| score(rate / native_rate(language) as f32, smoothness)),
        pace: is_enough.then(|| Tempo::of(syllables, duration(articulation), language)),
        articulation_rate,
        speech_rate: is_enough.then(|| rate(spoken.len())),
        pauses: silences.len() as u32,
        pauses_in_clauses: Some(in_clauses.len() as u32),
        longest_pause: duration(
            in_clauses
                .iter()
                .map(|(_, silence)| silence.len())
                .max()
                .unwrap_or_default(),
        ),
        paused: duration(paused),
        filler_words: fillers.len() as u32,
        duration: duration(spoken.len()),
    }
}

/// Of speech whose words aren't known: what the free sequence of phones tells. Fillers are those that stand alone.
pub fn of_sound(free: &[FreeFrame]) -> Fluency {
    let phones: Vec<_> = free.iter().map(|frame| frame.phone).collect();
    let spoken = &free[spoken(free)];
    let silences = spoken.chunk_by(|one, other| is_silence(one) == is_silence(other));
    let pauses: Vec<usize> = silences
        .filter(|run| is_silence(&run[0]) && run.len() >= PAUSE)
        .map(<[FreeFrame]>::len)
        .collect();
    Fluency {
        score: None,
        pace: None,
        articulation_rate: None,
        speech_rate: None,
        pauses: pauses.len() as u32,
        pauses_in_clauses: None,
        longest_pause: Duration::ZERO,
        paused: duration(pauses.iter().sum()),
        filler_words: fillers::filled_pauses(&phones),
        duration: duration(spoken.len()),
    }
}

/// From the first sound to the last, in frames of 10 ms; empty if there is none.
pub fn spoken(free: &[FreeFrame]) -> Range<usize> {
    let first = free.iter().position(|frame| !is_silence(frame));
    let last = free.iter().rposition(|frame| !is_silence(frame));
    first.zip(last).map_or(0..0, |(first, last)| first..last + 1)
}

fn is_silence(frame: &FreeFrame) -> bool {
    fillers::is_silence(frame.phone)
}

/// Half for the rate as a share of that of natives, half for the share of time that is not broken.
fn score(rate: f32, smoothness: f32) -> u8 {
    let part = |value: f32, (none, all): (f32, f32)| ((value - none) / (all - none)).clamp(0.0, 1.0);
    (50.0 * part(rate, RATES) + 50.0 * part(smoothness, SMOOTHNESS)).round() as u8
}

/// Whether the word before this one ends a clause, as its punctuation tells.
fn ends_clause(words: &[SpokenWord], next: usize) -> bool {
    next.checked_sub(1)
        .and_then(|before| words.get(before))
        .is_some_and(|word| word.text.ends_with([',', '.', ';', ':', '?', '!', '…', '–']))
}

fn duration(frames: usize) -> Duration {
    Duration::from_millis((frames * 1000 / FRAME_RATE) as u64)
}

#[cfg(test)]
mod tests {
    use super::super::reading::{Part, Segment};
    use super::*;

    /// Words of one sound each from `(text, frames)`, "-" for silence and "~" for hesitation.
    fn reading(parts: &[(&str, usize)]) -> (Reading, Vec<SpokenWord>) {
        let (mut segments, mut words, mut at) = (Vec::new(), Vec::new(), 0);
        for &(text, frames) in parts {
            let part = match text {
                "-" => Part::Silence,
                "~" => Part::Hesitation,
                text => {
                    words.push(SpokenWord::from_ipa(text, "a"));
                    Part::Sound {
                        word: words.len() - 1,
                        sound: 0,
                    }
                }
            };
            segments.push(Segment {
                part,
                frames: at..at + frames,
                score: 0.0,
            });
            at += frames;
        }
        (Reading { segments }, words)
    }

    #[test]
    fn natives_rates_without_pauses_are_fluent() {
        let (reading, words) = reading(&[
            ("-", 30),
            ("un", 15),
            ("café,", 15),
            ("-", 40),
            ("por", 15),
            ("fa", 15),
            ("vor", 15),
        ]);
        let fluency = of_reading(&reading, &words, Language::Spanish);
        assert_eq!((fluency.pauses, fluency.pauses_in_clauses), (1, Some(0)));
        assert_eq!(
            fluency.longest_pause,
            Duration::ZERO,
            "what stands between clauses is no fault"
        );
        assert_eq!(fluency.score, Some(100));
        assert_eq!(fluency.pace, Some(Tempo::Appropriate));
        assert_eq!(fluency.duration, Duration::from_millis(1150));
        assert!((fluency.articulation_rate.unwrap() - 6.67).abs() < 0.01);
    }

    #[test]
    fn pauses_within_a_clause_and_fillers_cost() {
        let fluent = [("a", 15), ("b", 15), ("c", 15), ("d", 15), ("e", 15)];
        let broken = [
            ("a", 15),
            ("b", 15),
            ("-", 60),
            ("c", 15),
            ("~", 30),
            ("d", 15),
            ("e", 15),
        ];
        let of = |parts: &[(&str, usize)]| {
            let (reading, words) = reading(parts);
            of_reading(&reading, &words, Language::English)
        };
        let (fluent, broken) = (of(&fluent), of(&broken));
        assert_eq!(
            (broken.pauses, broken.pauses_in_clauses, broken.filler_words),
            (1, Some(1), 1)
        );
        assert_eq!(fluent.articulation_rate, broken.articulation_rate);
        assert_eq!(broken.longest_pause, Duration::from_millis(600));
        assert!(
            broken.score.unwrap() + 40 <= fluent.score.unwrap(),
            "{fluent:?} {broken:?}"
        );
    }

    #[test]
    fn a_word_or_two_tell_no_rate() {
        let (reading, words) = reading(&[("yes", 30)]);
        let fluency = of_reading(&reading, &words, Language::English);
        assert_eq!((fluency.score, fluency.pace, fluency.speech_rate), (None, None, None));
    }

    #[test]
    fn tempo_is_told_by_what_natives_do() {
        let tempo = |syllables, language| Tempo::of(syllables, Duration::from_secs(2), language);
        assert_eq!(tempo(5, Language::English), Tempo::Slow);
        assert_eq!(tempo(9, Language::English), Tempo::Appropriate);
        assert_eq!(tempo(16, Language::English), Tempo::Fast);
        assert_eq!(tempo(16, Language::Spanish), Tempo::Appropriate);
        assert_eq!(Tempo::of(3, Duration::ZERO, Language::English), Tempo::Fast);
    }
}

//! How the pitch moves at the end of a sentence, against what a sentence of its kind needs.

use std::ops::Range;

use super::assessment::{Intonation, Pattern};
use super::contour::Contour;
use super::reading::{Part, Reading};
use super::statistics::mean;
use crate::acoustic::listening::FRAME_RATE;
use crate::acoustic::{SpokenWord, ipa};
use crate::language::Language;
use crate::melody::Melody;

/// Movements of less than this are level: what listeners just notice in speech ('t Hart 1981, "Differential sensitivity to
/// pitch distance, particularly in speech": 1.5 to 2 semitones).
const LEVEL: f32 = 2.0;
/// Movements of this play a part for sure (the same: more than 3 semitones).
const CLEAR: f32 = 3.0;
/// Frames of 10 ms with a pitch that the end needs to be held against itself.
const ENOUGH: usize = 12;
/// Frames after the last sound that may still be of it: a voice that fades is taken for silence, and a question is highest there.
const AFTER: usize = 6;
/// Frames that a median is taken of, and as many as the end needs to be held against what comes before it.
const SMOOTHED: usize = 5;
/// A rise after a fall is heard as one if it is so much of that.
const RISES_AGAIN: f32 = 0.75;
/// Frames with a pitch before the end that it is held against.
const BEFORE: usize = 20;
/// Where the melody of speech is decided whose stresses aren't known: its last half second, in frames of 10 ms.
const ENDING: usize = FRAME_RATE / 2;
/// A spread of the pitch that is lively, as a standard deviation in semitones.
const LIVELY: f32 = 2.5;
/// What the end counts for in the score; the rest is for the spread.
const END_WEIGHT: f32 = 0.75;

/// Judges the melody of a text that was said. `text` is as written.
pub fn judge(contour: &Contour, reading: &Reading, words: &[SpokenWord], text: &str, language: Language) -> Intonation {
    let (spoken, nucleus) = (reading.spoken(), nucleus(reading, words));
    let movement = movement(contour, &spoken, &nucleus);
    let (expected, may_rise) = (Melody::of(text, language).end(), Melody::may_rise(text, language));
    let range = contour.spread(&spoken, 2 * ENOUGH);
    let accuracy = movement.map(|movement| {
        let as_expected = accuracy(movement, expected);
        if may_rise {
            as_expected.max(accuracy(movement, Pattern::Rising))
        } else {
            as_expected
        }
    });
    Intonation {
        score: accuracy.zip(range).map(|(accuracy, range)| {
            let lively = 100.0 * (range / LIVELY).min(1.0);
            (END_WEIGHT * f32::from(accuracy) + (1.0 - END_WEIGHT) * lively).round() as u8
        }),
        accuracy,
        pattern: movement.map(pattern),
        expected,
        may_rise,
        movement,
        range,
    }
}

/// Of speech whose words aren't known, said in these frames of 10 ms: how the pitch moves in its last half second.
pub fn of_sound(contour: &Contour, spoken: Range<usize>, text: &str, language: Language) -> Intonation {
    let start = spoken.end.saturating_sub(ENDING).max(spoken.start);
    let movement = movement(contour, &spoken, &(start..spoken.end));
    Intonation {
        score: None,
        accuracy: None,
        pattern: movement.map(pattern),
        expected: Melody::of(text, language).end(),
        may_rise: Melody::may_rise(text, language),
        movement,
        range: contour.spread(&spoken, 2 * ENOUGH),
    }
}

/// How far the pitch moves to where it ends. Nothing if there is too little of it.
///
/// It may move on the last stressed syllable, as an English fall does; before it and stay there, as in an Italian statement, which has
/// come down when its last stress begins; or twice, as in a question that dips on the stress and goes up from there. What counts is the
/// way to the end from the highest and from the lowest that was reached.
fn movement(contour: &Contour, spoken: &Range<usize>, end: &Range<usize>) -> Option<f32> {
    let before = contour.within(&(spoken.start..end.start.max(spoken.start)));
    let before = &before[before.len().saturating_sub(BEFORE)..];
    let before = mean(before.iter().copied()).filter(|_| before.len() >= BEFORE / 2);
    let end = contour.within(&(end.start..end.end + AFTER));
    let needed = if before.is_some() { SMOOTHED } else { ENOUGH };
    if end.len() < needed {
        return None;
    }
    // Single frames at the borders of sounds jump.
    let smooth: Vec<f32> = end.windows(SMOOTHED).map(median).collect();
    let last = *smooth.last()?;
    let highest = smooth.iter().copied().chain(before).fold(f32::MIN, f32::max);
    // What comes before may have been low without being the foot of a rise; of a short end, nothing else is known.
    let foot = before.filter(|_| end.len() < ENOUGH);
    let lowest = smooth.iter().copied().chain(foot).fold(f32::MAX, f32::min);
    let (rise, fall) = (last - lowest, highest - last);
    match rise >= LEVEL && rise >= RISES_AGAIN * fall {
        true => Some(rise),
        false if fall >= rise => Some(-fall),
        false => Some(rise),
    }
}

fn median(values: &[f32]) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    sorted[sorted.len() / 2]
}

/// 100 for a clear movement the right way, 50 for none, 0 for a clear one the wrong way.
fn accuracy(movement: f32, expected: Pattern) -> u8 {
    let right = match expected {
        Pattern::Rising => movement,
        Pattern::Falling => -movement,
        Pattern::Level => CLEAR - movement.abs(),
    };
    (50.0 + 50.0 * (right / CLEAR).clamp(-1.0, 1.0)).round() as u8
}

fn pattern(movement: f32) -> Pattern {
    match movement {
        movement if movement >= LEVEL => Pattern::Rising,
        movement if movement <= -LEVEL => Pattern::Falling,
        _ => Pattern::Level,
    }
}

/// From the last stressed vowel to the end, in frames of 10 ms: where the melody of a sentence is decided.
fn nucleus(reading: &Reading, words: &[SpokenWord]) -> Range<usize> {
    let spoken = reading.spoken();
    let stressed = |word: usize, sound: usize| {
        let mut first = 0;
        words[word].ipa.split(['_', ' ']).any(|segment| {
            let sounds = first..first + ipa::sounds(segment).len();
            first = sounds.end;
            segment.contains('ˈ') && sounds.contains(&sound)
        })
    };
    let start = reading.segments.iter().rev().find_map(|segment| match segment.part {
        Part::Sound { word, sound } if stressed(word, sound) => Some(segment.frames.start),
        _ => None,
    });
    start.unwrap_or(spoken.start)..spoken.end
}

#[cfg(test)]
mod tests {
    use super::super::reading::Segment;
    use super::*;

    /// A buzz of a second that glides from one pitch to another.
    fn glide(from: f32, to: f32) -> Vec<i16> {
        let mut phase = 0.0f32;
        (0..16_000)
            .map(|n| {
                phase = (phase + (from + (to - from) * n as f32 / 16_000.0) / 16_000.0).fract();
                ((1.0 - 2.0 * phase) * 6_000.0) as i16
            })
            .collect()
    }

    fn judged(from: f32, to: f32, text: &str) -> Intonation {
        let words = [SpokenWord::from_ipa(text, "ˈa")];
        let reading = Reading {
            segments: vec![Segment {
                part: Part::Sound { word: 0, sound: 0 },
                frames: 0..100,
                score: 0.0,
            }],
        };
        judge(
            &Contour::of(&glide(from, to)),
            &reading,
            &words,
            text,
            Language::English,
        )
    }

    #[test]
    fn questions_rise_and_statements_fall() {
        for (from, to, text, pattern, right) in [
            (120.0, 200.0, "Coffee?", Pattern::Rising, true),
            (200.0, 120.0, "Coffee.", Pattern::Falling, true),
            (120.0, 200.0, "Coffee.", Pattern::Rising, false),
            (200.0, 120.0, "Coffee?", Pattern::Falling, false),
        ] {
            let intonation = judged(from, to, text);
            assert_eq!(intonation.pattern, Some(pattern), "{intonation:?}");
            assert_eq!(intonation.accuracy, Some(if right { 100 } else { 0 }));
            assert_eq!(intonation.score.is_some_and(|score| score >= 75), right);
        }
        // Either is right where a question word asks.
        for (from, to, pattern) in [(120.0, 200.0, Pattern::Rising), (200.0, 120.0, Pattern::Falling)] {
            let intonation = judged(from, to, "Where?");
            assert_eq!(
                (intonation.pattern, intonation.expected),
                (Some(pattern), Pattern::Falling)
            );
            assert_eq!((intonation.accuracy, intonation.may_rise), (Some(100), true));
        }
        let level = judged(150.0, 150.0, "Coffee.");
        assert_eq!((level.pattern, level.accuracy), (Some(Pattern::Level), Some(50)));
    }

    #[test]
    fn without_a_pitch_nothing_is_told() {
        let words = [SpokenWord::from_ipa("s", "s")];
        let reading = Reading { segments: Vec::new() };
        let contour = Contour::of(&[0; 16_000]);
        let told = judge(&contour, &reading, &words, "s", Language::English);
        assert_eq!((told.score, told.pattern, told.range), (None, None, None));
        let told = of_sound(&contour, 0..100, "s", Language::English);
        assert_eq!((told.pattern, told.range), (None, None));
    }

    #[test]
    fn of_words_that_arent_known_the_last_half_second_tells_the_melody() {
        for (from, to, pattern) in [
            (120.0, 220.0, Pattern::Rising),
            (220.0, 120.0, Pattern::Falling),
            (150.0, 150.0, Pattern::Level),
        ] {
            let told = of_sound(&Contour::of(&glide(from, to)), 0..100, "これは？", Language::Japanese);
            assert_eq!(told.pattern, Some(pattern), "{told:?}");
            assert_eq!((told.score, told.accuracy), (None, None));
            assert!(told.range.is_some());
        }
    }

    /// A voice that goes from pitch to pitch, as long at each step as the others, in a second.
    fn voice(pitches: &[f32]) -> Vec<i16> {
        let mut phase = 0.0f32;
        let samples = (0..16_000).map(|n| {
            let place = n as f32 / 16_000.0 * (pitches.len() - 1) as f32;
            let (step, part) = (place as usize, place.fract());
            phase = (phase + (pitches[step] * (1.0 - part) + pitches[step + 1] * part) / 16_000.0).fract();
            ((1.0 - 2.0 * phase) * 6_000.0) as i16
        });
        samples.collect()
    }

    /// Judged with its last stress in the middle.
    fn stressed_late(pitches: &[f32], text: &str) -> Intonation {
        let words = [SpokenWord::from_ipa(text, "a_ˈa")];
        let segment = |sound, frames| Segment {
            part: Part::Sound { word: 0, sound },
            frames,
            score: 0.0,
        };
        let reading = Reading {
            segments: vec![segment(0, 0..50), segment(1, 50..100)],
        };
        judge(&Contour::of(&voice(pitches)), &reading, &words, text, Language::Italian)
    }

    #[test]
    fn what_counts_is_the_way_to_the_end_wherever_it_begins() {
        for (pitches, pattern) in [
            // Down by far more than an octave.
            (&[200.0, 230.0, 180.0, 90.0, 75.0][..], Pattern::Falling),
            // Down before the last stress, and level from there.
            (
                &[200.0, 210.0, 205.0, 92.0, 90.0, 90.0, 90.0, 90.0, 90.0],
                Pattern::Falling,
            ),
            // Down on the stress and up again: a question.
            (&[120.0, 120.0, 115.0, 85.0, 120.0], Pattern::Rising),
            // Up on the stress and down again.
            (&[120.0, 120.0, 120.0, 170.0, 90.0], Pattern::Falling),
            (&[150.0, 150.0, 150.0], Pattern::Level),
        ] {
            let told = stressed_late(pitches, "Sono ora occupati.");
            assert_eq!(told.pattern, Some(pattern), "{pitches:?}: {told:?}");
        }
        let asked = stressed_late(&[120.0, 120.0, 115.0, 85.0, 120.0], "Vieni domani?");
        assert_eq!(asked.accuracy, Some(100), "{asked:?}");
    }
}

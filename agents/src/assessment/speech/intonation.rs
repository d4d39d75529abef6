//! How the pitch moves at the end of a sentence, against what a sentence of its kind needs.

use std::ops::Range;

use colloquy_media::HEARD_FRAME;
use colloquy_media::prosody::PitchTracker;

use super::assessment::{Intonation, Pattern};
use super::reading::{Part, Reading};
use super::statistics::{deviation, mean};
use crate::acoustic::cepstrum::HOP;
use crate::acoustic::listening::FRAME_RATE;
use crate::acoustic::{SpokenWord, ipa};
use crate::language::Language;

/// Movements of less than this are level: what listeners just notice in speech ('t Hart 1981, "Differential sensitivity to
/// pitch distance, particularly in speech": 1.5 to 2 semitones).
const LEVEL: f32 = 2.0;
/// Movements of this play a part for sure (the same: more than 3 semitones).
const CLEAR: f32 = 3.0;
/// Frames with a pitch that the end needs: 120 ms.
const ENOUGH: usize = 6;
/// Where the melody of speech is decided whose stresses aren't known: its last half second, in frames of 10 ms.
const ENDING: usize = FRAME_RATE / 2;
/// Pitches further from the median are errors of an octave.
const FURTHEST: f32 = 9.0;
/// A spread of the pitch that is lively, as a standard deviation in semitones.
const LIVELY: f32 = 2.5;
/// What the end counts for in the score; the rest is for the spread.
const END_WEIGHT: f32 = 0.75;

/// The pitch of a sound, in semitones over 55 Hz, for each frame of 20 ms that has one.
pub struct Melody {
    pitches: Vec<Option<f32>>,
}

impl Melody {
    /// Follows the pitch of mono samples at 16 kHz.
    pub fn of(pcm: &[i16]) -> Self {
        let mut tracker = PitchTracker::default();
        let mut frame = [0; HEARD_FRAME];
        let mut pitches: Vec<Option<f32>> = pcm
            .chunks_exact(HEARD_FRAME)
            .map(|chunk| {
                frame.copy_from_slice(chunk);
                tracker
                    .handle_frame(&frame, true)
                    .map(|hertz| 12.0 * (hertz / 55.0).log2())
            })
            .collect();
        let mut known: Vec<f32> = pitches.iter().flatten().copied().collect();
        known.sort_by(f32::total_cmp);
        if let Some(median) = known.get(known.len() / 2) {
            for pitch in &mut pitches {
                *pitch = pitch.filter(|pitch| (pitch - median).abs() < FURTHEST);
            }
        }
        Self { pitches }
    }

    /// The spread of the pitch within some frames of 10 ms. Nothing if there is too little of it.
    fn spread(&self, frames: &Range<usize>) -> Option<f32> {
        let pitches = self.within(frames);
        deviation(&pitches).filter(|_| pitches.len() >= 2 * ENOUGH)
    }

    /// The pitches within some frames of 10 ms.
    fn within(&self, frames: &Range<usize>) -> Vec<f32> {
        let at = |frame: usize| (frame * HOP / HEARD_FRAME).min(self.pitches.len());
        self.pitches[at(frames.start)..at(frames.end).max(at(frames.start))]
            .iter()
            .flatten()
            .copied()
            .collect()
    }
}

/// Judges the melody of a text that was said. `text` is as written.
pub fn judge(melody: &Melody, reading: &Reading, words: &[SpokenWord], text: &str, language: Language) -> Intonation {
    let expected = expected(text, language);
    let end = melody.within(&nucleus(reading, words));
    let movement = movement(&end);
    let range = melody.spread(&reading.spoken());
    let accuracy = movement.map(|movement| accuracy(movement, expected));
    Intonation {
        score: accuracy.zip(range).map(|(accuracy, range)| {
            let lively = 100.0 * (range / LIVELY).min(1.0);
            (END_WEIGHT * f32::from(accuracy) + (1.0 - END_WEIGHT) * lively).round() as u8
        }),
        accuracy,
        pattern: movement.map(pattern),
        expected,
        movement,
        range,
    }
}

/// Of speech whose words aren't known, said in these frames of 10 ms: how the pitch moves in its last half second.
pub fn of_sound(melody: &Melody, spoken: Range<usize>, text: &str, language: Language) -> Intonation {
    let start = spoken.end.saturating_sub(ENDING).max(spoken.start);
    let movement = movement(&melody.within(&(start..spoken.end)));
    Intonation {
        score: None,
        accuracy: None,
        pattern: movement.map(pattern),
        expected: expected(text, language),
        movement,
        range: melody.spread(&spoken),
    }
}

/// How far the pitch moves in the end of a sentence. Nothing if there is too little of it.
fn movement(end: &[f32]) -> Option<f32> {
    if end.len() < ENOUGH {
        return None;
    }
    // Thirds of it: single frames at the borders of sounds jump.
    let third = end.len() / 3;
    let level = |part: &[f32]| mean(part.iter().copied());
    Some(level(&end[end.len() - third..])? - level(&end[..third])?)
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

/// How the last sentence of a text should end: upwards if it asks for yes or no, and otherwise downwards, as questions with a
/// question word do in all these languages.
pub fn expected(text: &str, language: Language) -> Pattern {
    let is_end = |sign: char| matches!(sign, '.' | '!' | '?' | '…' | '。' | '！' | '？');
    let trimmed = text.trim_end_matches(|sign: char| sign.is_whitespace() || matches!(sign, '"' | '»' | '”' | ')'));
    if !trimmed.ends_with(['?', '？']) {
        return Pattern::Falling;
    }
    let sentence = trimmed.trim_end_matches(is_end);
    let sentence = sentence.rsplit(is_end).next().unwrap_or(sentence).to_lowercase();
    let words = sentence
        .split(|sign: char| !sign.is_alphanumeric())
        .filter(|word| !word.is_empty());
    // A preposition may come first: "À quelle heure", "De dónde", "Mit wem".
    let asks = words.take(2).any(|word| question_words(language).contains(&word));
    if asks { Pattern::Falling } else { Pattern::Rising }
}

fn question_words(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &["what", "who", "whom", "whose", "which", "when", "where", "why", "how"],
        Language::Spanish => &[
            "qué", "quién", "quiénes", "cuál", "cuáles", "cuándo", "dónde", "adónde", "cómo", "cuánto", "cuánta",
            "cuántos", "cuántas",
        ],
        Language::French => &[
            "qui", "que", "qu", "quoi", "quel", "quelle", "quels", "quelles", "quand", "où", "pourquoi", "comment",
            "combien", "lequel", "laquelle",
        ],
        Language::German => &[
            "wer", "wen", "wem", "wessen", "was", "welche", "welcher", "welches", "welchen", "wann", "wo", "woher",
            "wohin", "warum", "wieso", "wie", "womit", "wofür",
        ],
        Language::Italian => &[
            "chi", "che", "cosa", "cos", "quale", "quali", "qual", "quando", "dove", "dov", "perché", "come", "com",
            "quanto", "quanta", "quanti", "quante",
        ],
        Language::Portuguese => &[
            "quem", "que", "quê", "qual", "quais", "quando", "onde", "aonde", "porque", "como", "quanto", "quanta",
            "quantos", "quantas",
        ],
        Language::Chinese | Language::Japanese => &[],
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
        judge(&Melody::of(&glide(from, to)), &reading, &words, text, Language::English)
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
        let level = judged(150.0, 150.0, "Coffee.");
        assert_eq!((level.pattern, level.accuracy), (Some(Pattern::Level), Some(50)));
    }

    #[test]
    fn without_a_pitch_nothing_is_told() {
        let words = [SpokenWord::from_ipa("s", "s")];
        let reading = Reading { segments: Vec::new() };
        let melody = Melody::of(&[0; 16_000]);
        let told = judge(&melody, &reading, &words, "s", Language::English);
        assert_eq!((told.score, told.pattern, told.range), (None, None, None));
        let told = of_sound(&melody, 0..100, "s", Language::English);
        assert_eq!((told.pattern, told.range), (None, None));
    }

    #[test]
    fn of_words_that_arent_known_the_last_half_second_tells_the_melody() {
        for (from, to, pattern) in [
            (120.0, 220.0, Pattern::Rising),
            (220.0, 120.0, Pattern::Falling),
            (150.0, 150.0, Pattern::Level),
        ] {
            let told = of_sound(&Melody::of(&glide(from, to)), 0..100, "これは？", Language::Japanese);
            assert_eq!(told.pattern, Some(pattern), "{told:?}");
            assert_eq!((told.score, told.accuracy), (None, None));
            assert!(told.range.is_some());
        }
    }

    #[test]
    fn questions_with_a_question_word_fall() {
        for (language, text, pattern) in [
            (Language::English, "Where is it?", Pattern::Falling),
            (Language::English, "Is it here?", Pattern::Rising),
            (Language::Spanish, "¿De dónde eres?", Pattern::Falling),
            (Language::Spanish, "Hola. ¿Qué tal? ¿Todo bien?", Pattern::Rising),
            (Language::French, "Qu'est-ce que c'est ?", Pattern::Falling),
            (Language::French, "Vous avez choisi ?", Pattern::Rising),
            (Language::German, "Mit wem kommst du?", Pattern::Falling),
            (Language::Italian, "Com'è?", Pattern::Falling),
            (Language::English, "", Pattern::Falling),
        ] {
            assert_eq!(expected(text, language), pattern, "{text}");
        }
    }
}

//! Filled pauses: how often somebody who reads a text aloud says "euh", "um" or "ähm" between its words.

use std::ops::Range;
use std::sync::Arc;

use super::alignment::Alignment;
use super::listening::{FRAME_RATE, Listening};
use super::model::AcousticModel;
use super::network::{Network, NetworkBuilder};
use super::phone::Phone;
use super::phone_loop::phone_loop;
use super::pronunciation::{Pronouncer, SpokenWord};
use super::trellis::{Ending, IMPOSSIBLE, Span, Trellis};
use super::verdict::confidence;
use crate::engine::EngineError;
use crate::language::Language;

/// A text that somebody reads aloud, and what else there is to hear.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReadAloud {
    /// Filled pauses of 200 ms and more.
    pub fillers: u32,
    /// How sure it is that this is the text, 0 to 1; from 0.5 on it is.
    pub confidence: f32,
}

/// Listens to `text` in `pcm` (mono, 16 kHz). Blocks as [`super::time_words`] does. Nothing if the sound can't hold the text.
pub fn hear_read_aloud(
    pronouncer: &Pronouncer,
    pcm: &[i16],
    text: &str,
    language: Language,
) -> Result<Option<ReadAloud>, EngineError> {
    let words = pronouncer.pronounce(language, &[text])?;
    let mut listening = Listening::new(AcousticModel::embedded());
    listening.hear(pcm);
    Ok(hear(&mut listening, &words[0], language))
}

/// Listens for fillers in `pcm` (mono, 16 kHz) without knowing the words: what stands by itself between silences, and is a vowel
/// of no clear colour, with or without a hum, or any vowel that is held. One that runs into a word is not told from it. Blocks as
/// [`hear_read_aloud`] does.
pub fn hear_fillers(pcm: &[i16]) -> u32 {
    let mut listening = Listening::new(AcousticModel::embedded());
    listening.hear(pcm);
    let mut scores = Vec::new();
    listening.exact(&mut scores);
    let phones: Vec<Phone> = phone_loop(&scores).iter().map(|frame| frame.phone).collect();
    alone(&phones)
}

/// How many stretches of sound between silences are hesitations.
fn alone(phones: &[Phone]) -> u32 {
    let is_quiet = |phone: &Phone| is_one_of(*phone, &QUIET);
    let stretches = phones.chunk_by(|one, other| is_quiet(one) == is_quiet(other));
    let fillers = stretches.filter(|stretch| !is_quiet(&stretch[0]) && is_hesitation(stretch));
    u32::try_from(fillers.count()).unwrap_or(u32::MAX)
}

/// Most of it is what hesitations are made of, or most of it is one vowel, longer than any in a word.
fn is_hesitation(stretch: &[Phone]) -> bool {
    let unclear = stretch.iter().filter(|phone| is_one_of(**phone, &HESITATION)).count();
    let held = stretch
        .chunk_by(|one, other| one == other)
        .filter(|run| is_one_of(run[0], &VOWELS))
        .map(<[Phone]>::len)
        .max()
        .unwrap_or_default();
    stretch.len() >= SHORTEST && (unclear * 10 >= stretch.len() * 7 || held >= HELD && held * 10 >= stretch.len() * 8)
}

fn is_one_of(phone: Phone, names: &[&str]) -> bool {
    names.contains(&phone.name())
}

/// What "euh", "um" and "ähm" are made of.
const HESITATION: [&str; 6] = ["AH", "ER", "UH", "EH", "M", "HH"];
const VOWELS: [&str; 15] = [
    "AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW",
];
/// Silence, and noise that nobody's voice makes.
const QUIET: [&str; 2] = ["SIL", "+NSN+"];
/// A vowel of so many frames is held: 300 ms.
const HELD: usize = FRAME_RATE * 3 / 10;
/// The shortest that is one, in frames of 10 ms: a short vowel between two words may sound like it.
const SHORTEST: usize = FRAME_RATE / 5;

fn hear(listening: &mut Listening, words: &[SpokenWord], language: Language) -> Option<ReadAloud> {
    let mut scores = Vec::new();
    listening.exact(&mut scores);
    let free = phone_loop(&scores);
    let mut builder = NetworkBuilder::new();
    let mut hesitations: Vec<Range<usize>> = Vec::with_capacity(words.len() + 1);
    let mut at = Network::START;
    let mut pause = |builder: &mut NetworkBuilder, at| {
        builder.silence(at);
        let start = builder.position();
        builder.hesitation(at);
        hesitations.push(start..builder.position());
    };
    pause(&mut builder, at);
    for (index, word) in words.iter().enumerate() {
        let next = builder.junction();
        builder.chain(at, &word.sounds, next, 0.0, Some(index));
        pause(&mut builder, next);
        at = next;
    }
    let mut trellis = Trellis::new(Arc::new(builder.build()));
    let trail = trellis.advance_recording(&scores);
    if trellis.at(at) < IMPOSSIBLE / 2.0 {
        return None;
    }
    let path = trail.path(&trellis, &scores, Ending::Junction(at));
    let is_hesitation = |span: &Span| hesitations.iter().any(|nodes| nodes.contains(&span.node));
    // The vowel and the hum of one are spans of their own, and a long vowel may be several.
    let runs = path.chunk_by(|one, other| is_hesitation(one) == is_hesitation(other));
    let lasting = runs.filter(|run| {
        let frames: usize = run.iter().map(|span| span.frames.len()).sum();
        run.first().is_some_and(is_hesitation) && frames >= SHORTEST
    });
    let fillers = u32::try_from(lasting.count()).unwrap_or(u32::MAX);
    let alignment = Alignment::of_path(&path, words, &free);
    Some(ReadAloud {
        fillers,
        // The words alone: fillers are counted, not held against them.
        confidence: confidence(alignment.goodness()?, language),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phones(runs: &[(&str, usize)]) -> Vec<Phone> {
        let run = |(name, frames): &(&str, usize)| vec![Phone::named(name).unwrap(); *frames];
        runs.iter().flat_map(run).collect()
    }

    #[test]
    fn a_filler_stands_by_itself_and_lasts() {
        let said = phones(&[
            ("SIL", 9),
            ("T", 8),
            ("UW", 20),
            ("SIL", 12),
            ("AH", 14),
            ("M", 8),
            ("SIL", 15),
            ("F", 9),
        ]);
        assert_eq!(alone(&said), 1);
        for (runs, why) in [
            (vec![("SIL", 9), ("AH", 19), ("SIL", 9)], "too short"),
            (
                vec![("SIL", 9), ("AH", 30), ("T", 5), ("SIL", 9)],
                "the beginning of a word",
            ),
            (vec![("SIL", 9), ("AY", 30), ("SIL", 9)], "\"I\""),
            (vec![("SIL", 90)], "silence"),
            (vec![], "nothing"),
        ] {
            assert_eq!(alone(&phones(&runs)), 0, "{why}");
        }
        for runs in [
            vec![("ER", 40)],
            vec![("SIL", 9), ("OW", 31), ("SIL", 9)],
            vec![("DH", 4), ("ER", 19), ("EY", 6), ("ER", 13)],
        ] {
            assert_eq!(alone(&phones(&runs)), 1, "{runs:?}");
        }
    }
}

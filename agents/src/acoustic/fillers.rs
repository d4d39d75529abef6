//! Filled pauses: how often somebody who reads a text aloud says "euh", "um" or "ähm" between its words.

use std::ops::Range;
use std::sync::Arc;

use super::alignment::Alignment;
use super::listening::{FRAME_RATE, Listening};
use super::model::AcousticModel;
use super::network::{Network, NetworkBuilder, hesitation_phones};
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

/// Counts filled pauses in `pcm` (mono, 16 kHz) whatever else is said: sounds of hesitation that stand alone, with silence
/// before and after them. Those that run into a word are only found by [`hear_read_aloud`], which knows the words. Blocks as
/// [`super::time_words`] does.
pub fn hear_filled_pauses(pcm: &[i16]) -> u32 {
    let mut listening = Listening::new(AcousticModel::embedded());
    listening.hear(pcm);
    let mut scores = Vec::new();
    listening.exact(&mut scores);
    let phones: Vec<Phone> = phone_loop(&scores).iter().map(|frame| frame.phone).collect();
    filled_pauses(&phones)
}

/// Silence around a sound that stands alone, in frames of 10 ms: longer than before a plosive.
const ALONE: usize = FRAME_RATE / 10;

/// Counts them in the phones of the frames.
pub(crate) fn filled_pauses(phones: &[Phone]) -> u32 {
    let is_silence = |phone: &Phone| *phone == Phone::SILENCE || phone.name() == "+NSN+";
    let runs: Vec<&[Phone]> = phones
        .chunk_by(|one, other| is_silence(one) == is_silence(other))
        .collect();
    let is_apart = |run: Option<&&[Phone]>| run.is_none_or(|silence| silence.len() >= ALONE);
    let is_filled_pause = |index: usize| {
        let sound = runs[index];
        !is_silence(&sound[0])
            && is_hesitation(sound)
            && is_apart(index.checked_sub(1).and_then(|before| runs.get(before)))
            && is_apart(runs.get(index + 1))
    };
    let count = (0..runs.len()).filter(|index| is_filled_pause(*index)).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Whether most of a sound is what hesitations are made of, or one vowel that is held for longer than any in a word.
fn is_hesitation(sound: &[Phone]) -> bool {
    let unclear = sound
        .iter()
        .filter(|phone| hesitation_phones().any(|known| known == **phone));
    let runs = sound.chunk_by(|one, other| one == other);
    let held = runs
        .filter(|run| VOWELS.contains(&run[0].name()))
        .map(<[Phone]>::len)
        .max();
    let held = held.filter(|held| *held >= HELD).unwrap_or_default();
    sound.len() >= SHORTEST && (unclear.count() * 10 >= sound.len() * 7 || held * 10 >= sound.len() * 8)
}

const VOWELS: [&str; 15] = [
    "AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW",
];
/// A vowel that lasts so many frames is held: 300 ms.
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
        let run = |&(name, frames): &(&str, usize)| vec![Phone::named(name).unwrap(); frames];
        runs.iter().flat_map(run).collect()
    }

    #[test]
    fn a_lasting_hum_that_stands_alone_is_a_filled_pause() {
        let um = [
            ("T", 6),
            ("IY", 12),
            ("SIL", 20),
            ("AH", 15),
            ("M", 9),
            ("SIL", 14),
            ("S", 9),
            ("OW", 15),
        ];
        assert_eq!(filled_pauses(&phones(&um)), 1);
        assert_eq!(filled_pauses(&phones(&[("ER", 30)])), 1);
        // A clear vowel is one when it is held.
        let held = |frames| filled_pauses(&phones(&[("SIL", 20), ("AA", frames), ("SIL", 20)]));
        assert_eq!((held(HELD - 1), held(HELD)), (0, 1));
    }

    #[test]
    fn short_sounds_words_and_what_is_joined_to_words_are_none() {
        assert_eq!(filled_pauses(&[]), 0);
        assert_eq!(filled_pauses(&phones(&[("SIL", 50)])), 0);
        assert_eq!(filled_pauses(&phones(&[("SIL", 20), ("AH", 12), ("SIL", 20)])), 0);
        assert_eq!(
            filled_pauses(&phones(&[("SIL", 20), ("AH", 20), ("N", 9), ("OW", 9), ("SIL", 20)])),
            0
        );
        assert_eq!(
            filled_pauses(&phones(&[("T", 9), ("SIL", 5), ("AH", 25), ("SIL", 20)])),
            0
        );
    }
}

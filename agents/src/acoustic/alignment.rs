//! Forced alignment: when each word and sound of a known text was said, and how well.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::likelihood::StateScores;
use super::listening::{FRAME_RATE, Listening};
use super::model::AcousticModel;
use super::network::{Network, NetworkBuilder};
use super::phone::Phone;
use super::phone_loop::{FreeFrame, phone_loop};
use super::pronunciation::{Pronouncer, SpokenWord};
use super::trellis::{Ending, Span, Trellis};
use crate::engine::{EngineError, WordTiming};
use crate::language::Language;

/// A text laid over sound.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alignment {
    /// Its words, in order. A word without sounds of its own has no frames.
    pub words: Vec<AlignedWord>,
}

/// One word of an alignment.
#[derive(Clone, Debug, PartialEq)]
pub struct AlignedWord {
    /// As written.
    pub text: String,
    /// From its first sound to its last, in frames of 10 ms.
    pub frames: Range<usize>,
    /// Its sounds.
    pub sounds: Vec<AlignedSound>,
}

/// One sound of an alignment.
#[derive(Clone, Debug, PartialEq)]
pub struct AlignedSound {
    /// Which it should be, in IPA.
    pub ipa: String,
    /// When it was said, in frames of 10 ms.
    pub frames: Range<usize>,
    /// Mean log-likelihood a frame above that of the best free sequence of phones: 0 is perfect, below -4 is another sound.
    pub goodness: f32,
    /// The phone that fits most of it best.
    pub heard: Phone,
}

impl Alignment {
    /// From a path whose places number `words`.
    pub(super) fn of_path(path: &[Span], words: &[SpokenWord], free: &[FreeFrame]) -> Self {
        let mut aligned: Vec<AlignedWord> = words
            .iter()
            .map(|word| AlignedWord {
                text: word.text.clone(),
                frames: 0..0,
                sounds: Vec::with_capacity(word.sounds.len()),
            })
            .collect();
        let mut end = 0;
        let mut next = 0;
        for span in path {
            let Some(place) = span.place else { continue };
            for silent in &mut aligned[next.min(place.word)..place.word] {
                silent.frames = end..end;
            }
            let word = &mut aligned[place.word];
            if word.sounds.is_empty() {
                word.frames.start = span.frames.start;
            }
            end = span.frames.end;
            next = place.word + 1;
            word.frames.end = end;
            word.sounds.push(AlignedSound {
                ipa: words[place.word].sounds[place.sound].ipa.clone(),
                frames: span.frames.clone(),
                goodness: goodness(span, free),
                heard: heard(&free[span.frames.clone()]),
            });
        }
        for silent in &mut aligned[next..] {
            silent.frames = end..end;
        }
        Self { words: aligned }
    }

    /// Word timings from the start of the sound.
    pub fn timings(&self) -> Vec<WordTiming> {
        self.words
            .iter()
            .map(|word| WordTiming {
                word: word.text.clone(),
                start: at(word.frames.start),
                end: at(word.frames.end),
            })
            .collect()
    }

    /// Mean goodness of the frames of some words, by their numbers; nothing if none of them was said.
    pub fn goodness_of(&self, words: Range<usize>) -> Option<f32> {
        mean(self.words[words].iter().flat_map(|word| &word.sounds))
    }

    /// Mean goodness of all frames of words; nothing if none was said.
    pub fn goodness(&self) -> Option<f32> {
        mean(self.words.iter().flat_map(|word| &word.sounds))
    }
}

impl AlignedWord {
    /// Mean goodness of its frames; nothing if it has none.
    pub fn goodness(&self) -> Option<f32> {
        mean(&self.sounds)
    }
}

/// Lays `words` over what was heard. Nothing if the sound is too short to hold them.
pub fn align(listening: &mut Listening, words: &[SpokenWord]) -> Option<Alignment> {
    let mut scores = Vec::new();
    listening.exact(&mut scores);
    let free = phone_loop(&scores);
    align_scores(&scores, &free, words)
}

/// When the words of `text` are said in `pcm` (mono, 16 kHz). Blocks for some 10 ms a second of sound, and for espeak-ng when the
/// text is new to `pronouncer`. An empty list if the sound can't hold the text.
pub fn time_words(
    pronouncer: &Pronouncer,
    pcm: &[i16],
    text: &str,
    language: Language,
) -> Result<Vec<WordTiming>, EngineError> {
    let words = pronouncer.pronounce(language, &[text])?;
    let mut listening = Listening::new(AcousticModel::embedded());
    listening.hear(pcm);
    Ok(align(&mut listening, &words[0]).map_or_else(Vec::new, |alignment| alignment.timings()))
}

fn align_scores(scores: &[StateScores], free: &[FreeFrame], words: &[SpokenWord]) -> Option<Alignment> {
    let mut builder = NetworkBuilder::new();
    let mut at = Network::START;
    builder.silence(at);
    for (index, word) in words.iter().enumerate() {
        let next = builder.junction();
        builder.chain(at, &word.sounds, next, 0.0, Some(index));
        builder.silence(next);
        at = next;
    }
    let mut trellis = Trellis::new(Arc::new(builder.build()));
    let trail = trellis.advance_recording(scores);
    // Speech that is cut right after its last sound may not have come to that sound's last state.
    if trellis.at(at) < super::trellis::IMPOSSIBLE / 2.0 {
        return None;
    }
    let path = trail.path(&trellis, scores, Ending::Junction(at));
    Some(Alignment::of_path(&path, words, free))
}

/// When a frame begins.
pub(super) fn at(frame: usize) -> Duration {
    Duration::from_millis((frame * 1000 / FRAME_RATE) as u64)
}

fn goodness(span: &Span, free: &[FreeFrame]) -> f32 {
    let best: f32 = free[span.frames.clone()].iter().map(|frame| frame.score).sum();
    (span.score - best) / span.frames.len().max(1) as f32
}

fn heard(free: &[FreeFrame]) -> Phone {
    let mut counts = [0u32; Phone::COUNT];
    for frame in free {
        counts[frame.phone.index()] += 1;
    }
    Phone::all()
        .max_by_key(|phone| counts[phone.index()])
        .unwrap_or(Phone::SILENCE)
}

fn mean<'a>(sounds: impl IntoIterator<Item = &'a AlignedSound>) -> Option<f32> {
    let (sum, frames) = sounds.into_iter().fold((0.0, 0), |(sum, frames), sound| {
        (
            sum + sound.goodness * sound.frames.len() as f32,
            frames + sound.frames.len(),
        )
    });
    (frames > 0).then(|| sum / frames as f32)
}

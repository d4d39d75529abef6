//! What any words and sounds make of an utterance: the rival of every phrase, and all that is known of what is none of them.
//!
//! Its words are not what was said: of those that it finds in a sentence that nobody expected, one in five was. They are never shown.

use std::sync::Arc;

use super::courtesy;
use super::expectation::Expectation;
use super::likelihood::StateScores;
use super::listening::FRAME_RATE;
use super::network::hesitation_phones;
use super::trellis::Trellis;

/// An utterance read as any words of the scenario, with sounds of no word among them.
pub(super) struct OpenReading {
    /// The score of each frame.
    pub scores: Vec<f32>,
    /// Whether it is speech: more than a hesitation or a cough.
    pub is_speech: bool,
    /// Whether it ends in a word after which more must come, or nothing has been said yet.
    pub is_open: bool,
}

impl OpenReading {
    pub(super) fn of(expectation: &Expectation, frames: &[StateScores]) -> Self {
        let word_loop = &expectation.word_loop;
        let mut trellis = Trellis::new(Arc::clone(word_loop.network()));
        let trail = trellis.advance_recording(frames);
        let path = trail.path(&trellis, frames, word_loop.ending(&trellis));
        let (words, path) = word_loop.words_on(&path);
        let mut scores = Vec::with_capacity(frames.len());
        let (mut garbage, mut ends_in_word) = (0, false);
        for span in &path {
            let mean = span.score / span.frames.len().max(1) as f32;
            scores.extend(std::iter::repeat_n(mean, span.frames.len()));
            let phone = word_loop.garbage(span.node);
            if phone.is_some_and(|phone| hesitation_phones().all(|hesitation| hesitation != phone)) {
                garbage += span.frames.len();
                ends_in_word = false;
            }
            ends_in_word |= span.place.is_some();
        }
        scores.resize(frames.len(), 0.0);
        let is_speech = !words.is_empty() || garbage >= SHORTEST;
        let last = words.last().filter(|_| ends_in_word);
        Self {
            scores,
            is_speech,
            is_open: !is_speech || last.is_some_and(|word| courtesy::is_open_ended(expectation.language, &word.text)),
        }
    }
}

/// Sounds of no word that are speech together, in frames: 120 ms.
const SHORTEST: usize = FRAME_RATE * 12 / 100;

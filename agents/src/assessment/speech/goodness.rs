//! How well each sound was made: goodness of pronunciation, after Witt & Young 2000.
//!
//! Two measures of a sound. Its *fit* holds what was said against the best free sequence of phones, frame by frame. Its
//! *margin* holds it against its strongest rival: the phone which, put in the place of the sound between the same two
//! neighbours, explains that stretch best. The borders may move: a wrong sound is otherwise squeezed into a few frames by its
//! neighbours, and what was said instead never seen as a whole.

use std::ops::Range;

use super::reading::{Part, Reading, phones, speech_phones};
use crate::acoustic::likelihood::StateScores;
use crate::acoustic::phone::Phone;
use crate::acoustic::phone_loop::FreeFrame;
use crate::acoustic::trellis::IMPOSSIBLE;
use crate::acoustic::{STATES, SpokenWord};

/// Frames of a neighbour that its border with a sound may move across.
const REACH: usize = 12;
/// No sound counts for worse: a missing one is missing, however badly its frames fit.
const WORST_FIT: f32 = -8.0;

/// How well one sound was made.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundGoodness {
    /// When it was said, in frames of 10 ms.
    pub frames: Range<usize>,
    /// Mean log-likelihood a frame above that of the best free sequence of phones: 0 is perfect, below -4 is another sound.
    pub fit: f32,
    /// Log-likelihood of the stretch with this sound above that with the strongest rival in its place.
    pub margin: f32,
    /// The phones that it should not be, each in its place, the strongest first.
    pub rivals: Vec<Rival>,
    /// The centre of gravity of a vowel's spectrum in Bark ([`Contrast::BAND`]), where that tells it from another.
    ///
    /// [`Contrast::BAND`]: super::distinction::Contrast::BAND
    pub centre: Option<f32>,
}

/// A phone in the place of a sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rival {
    /// The phone.
    pub phone: Phone,
    /// Log-likelihood of the stretch with it in the middle above that with the sound itself.
    pub lead: f32,
}

impl SoundGoodness {
    /// The same for a rival, as if that had been the sound to make. Nothing if there are fewer rivals.
    pub fn of_rival(&self, index: usize) -> Option<Self> {
        let rival = self.rivals.get(index)?;
        let others = self.rivals.iter().enumerate().filter(|(other, _)| *other != index);
        let strongest = others.map(|(_, other)| other.lead).fold(0.0, f32::max);
        // The rest of the stretch is as it was: what the middle gains, its frames gain.
        let gain = rival.lead / self.frames.len().max(1) as f32;
        Some(Self {
            frames: self.frames.clone(),
            fit: (self.fit + gain).clamp(WORST_FIT, 0.0),
            margin: rival.lead - strongest,
            rivals: Vec::new(),
            centre: None,
        })
    }
}

/// How well one word was said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WordGoodness {
    /// Its sounds, those of the pronunciation in order.
    pub sounds: Vec<SoundGoodness>,
    /// What is lost on the silence and hesitation right before and after it, in log-likelihood below the best free sequence
    /// of phones. Of speech that the word should have explained, much is lost there.
    pub beside: f32,
}

/// Judges every sound of every word of a reading.
pub fn judge(reading: &Reading, words: &[SpokenWord], scores: &[StateScores], free: &[FreeFrame]) -> Vec<WordGoodness> {
    let mut judged: Vec<WordGoodness> = vec![WordGoodness::default(); words.len()];
    let segments = &reading.segments;
    let mut lost = 0.0f32;
    let mut last_word: Option<usize> = None;
    for (index, segment) in segments.iter().enumerate() {
        let best: f32 = free[segment.frames.clone()].iter().map(|frame| frame.score).sum();
        let relative = segment.score - best;
        let Part::Sound { word, .. } = segment.part else {
            if segment.part != Part::Other {
                lost += relative;
            }
            continue;
        };
        for word in [last_word, Some(word)].into_iter().flatten() {
            judged[word].beside += lost;
        }
        (lost, last_word) = (0.0, Some(word));
        let before = index.checked_sub(1).map(|index| &segments[index]);
        let after = segments.get(index + 1);
        let first = before.map_or(segment.frames.start, |before| {
            before.frames.start.max(before.frames.end.saturating_sub(REACH))
        });
        let last = after.map_or(segment.frames.end, |after| {
            after.frames.end.min(after.frames.start + REACH)
        });
        let stretch = Stretch {
            scores: &scores[first..last],
            before: before.map(|before| phones(before.part, words)),
            after: after.map(|after| phones(after.part, words)),
        };
        let rivals = stretch.rivals(&phones(segment.part, words));
        judged[word].sounds.push(SoundGoodness {
            frames: segment.frames.clone(),
            fit: (relative / segment.frames.len().max(1) as f32).max(WORST_FIT),
            margin: rivals.first().map_or(0.0, |rival| -rival.lead),
            rivals,
            centre: None,
        });
    }
    if let Some(word) = last_word {
        judged[word].beside += lost;
    }
    judged
}

/// A sound and its neighbours, or what of them its borders may move across.
struct Stretch<'a> {
    scores: &'a [StateScores],
    before: Option<Vec<Phone>>,
    after: Option<Vec<Phone>>,
}

impl Stretch<'_> {
    /// The phones but `targets` that explain the middle best, the best first, each against the best of `targets`.
    fn rivals(&self, targets: &[Phone]) -> Vec<Rival> {
        let (entries, exits) = (self.entries(), self.exits());
        let mut best = [IMPOSSIBLE; Phone::COUNT];
        for phone in speech_phones() {
            best[phone.index()] = self.through(phone, &entries, &exits);
        }
        let of = |phone: &Phone| best[phone.index()];
        let target = targets.iter().map(of).fold(IMPOSSIBLE, f32::max);
        let others = speech_phones().filter(|phone| !targets.contains(phone));
        let mut rivals: Vec<Rival> = others
            .map(|phone| Rival {
                phone,
                lead: of(&phone) - target,
            })
            .collect();
        rivals.sort_by(|a, b| b.lead.total_cmp(&a.lead));
        rivals
    }

    /// The best score of the neighbour before, for each frame that the middle may begin with.
    fn entries(&self) -> Vec<f32> {
        let mut entries = vec![IMPOSSIBLE; self.scores.len() + 1];
        let Some(phones) = &self.before else {
            entries[0] = 0.0;
            return entries;
        };
        let mut states = [0.0; STATES];
        for (frame, scores) in self.scores.iter().enumerate() {
            let emission = emission(scores, phones);
            let [first, middle, last] = states;
            states = if frame == 0 {
                emission
            } else {
                [
                    first + emission[0],
                    middle.max(first) + emission[1],
                    last.max(middle) + emission[2],
                ]
            };
            entries[frame + 1] = states[STATES - 1];
        }
        entries
    }

    /// The best score of the neighbour after, for each frame that it may begin with.
    fn exits(&self) -> Vec<f32> {
        let mut exits = vec![IMPOSSIBLE; self.scores.len() + 1];
        let Some(phones) = &self.after else {
            exits[self.scores.len()] = 0.0;
            return exits;
        };
        let mut states = [0.0; STATES];
        for (frame, scores) in self.scores.iter().enumerate().rev() {
            let emission = emission(scores, phones);
            let [first, middle, last] = states;
            states = if frame + 1 == self.scores.len() {
                emission
            } else {
                [
                    first.max(middle) + emission[0],
                    middle.max(last) + emission[1],
                    last + emission[2],
                ]
            };
            exits[frame] = states[0];
        }
        exits
    }

    /// The best score with `phone` in the middle.
    fn through(&self, phone: Phone, entries: &[f32], exits: &[f32]) -> f32 {
        let mut states = [IMPOSSIBLE; STATES];
        let mut best = IMPOSSIBLE;
        for (frame, scores) in self.scores.iter().enumerate() {
            let row = &scores[phone.index() * STATES..][..STATES];
            let [first, middle, last] = states;
            states = [
                first.max(entries[frame]) + row[0],
                middle.max(first) + row[1],
                last.max(middle) + row[2],
            ];
            best = best.max(states[STATES - 1] + exits[frame + 1]);
        }
        best
    }
}

fn emission(scores: &StateScores, phones: &[Phone]) -> [f32; STATES] {
    let mut best = [IMPOSSIBLE; STATES];
    for phone in phones {
        let row = &scores[phone.index() * STATES..][..STATES];
        for (best, score) in best.iter_mut().zip(row) {
            *best = best.max(*score);
        }
    }
    best
}

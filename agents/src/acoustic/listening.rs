//! One utterance as it arrives: its cepstra, and the scores of the model's states for each frame.
//!
//! Two of the three feature streams are differences, which the mean of the utterance does not touch: they are scored once, as
//! the sound arrives. The cepstra themselves are scored against the mean so far while the person speaks, and again with
//! the exact mean when a result is wanted.

use super::cepstrum::{Cepstrum, FrontEnd, HOP, SAMPLE_RATE};
use super::likelihood::{STATE_COUNT, StateScores, add_scores};
use super::model::{AcousticModel, DIMENSIONS};

/// Frames a second.
pub const FRAME_RATE: usize = SAMPLE_RATE / HOP;
/// Frames after which an utterance is full, unless it is said otherwise: a minute.
pub const FRAME_LIMIT: usize = 60 * FRAME_RATE;

/// Frames on each side that a curvature looks at.
const REACH: usize = 3;
/// The mean cepstra of the model's training speech (its `feat.params`), on the scale of this front end.
const TYPICAL_MEAN: Cepstrum = [
    41.0, -5.29, -0.12, 5.09, 2.48, -4.07, -1.37, -1.78, -5.08, -2.05, -6.45, -1.42, 1.17,
];
/// How many frames the typical mean counts for while few were heard.
const TYPICAL_WEIGHT: f32 = 40.0;
/// How much fainter than the loudest speech may be.
const SPEECH_RANGE_DB: f32 = 40.0;

/// The sound of one utterance, up to a minute or what was allowed.
pub struct Listening {
    model: &'static AcousticModel,
    front_end: FrontEnd,
    cepstra: Vec<Cepstrum>,
    sum: Cepstrum,
    /// Scores of slopes and curvatures; those after `settled` miss frames to come.
    dynamic: Vec<StateScores>,
    settled: usize,
    features: Vec<Cepstrum>,
    limit: usize,
}

impl Listening {
    /// Nothing heard yet, with room for a minute.
    pub fn new(model: &'static AcousticModel) -> Self {
        Self::with_limit(model, FRAME_LIMIT)
    }

    /// The same with room for so many frames.
    pub fn with_limit(model: &'static AcousticModel, limit: usize) -> Self {
        Self {
            model,
            front_end: FrontEnd::new(),
            cepstra: Vec::new(),
            sum: [0.0; DIMENSIONS],
            dynamic: Vec::new(),
            settled: 0,
            features: Vec::new(),
            limit,
        }
    }

    /// The same, with faint noise of this half range added to what it hears, in units of a 16-bit sample. For one that has heard
    /// nothing.
    pub fn with_dither(self, dither: f32) -> Self {
        Self {
            front_end: FrontEnd::with_dither(dither),
            ..self
        }
    }

    /// Hears more samples at 16 kHz. What exceeds the limit is not heard.
    pub fn hear(&mut self, pcm: &[i16]) {
        let room = self.limit.saturating_sub(self.cepstra.len()) * HOP;
        let before = self.cepstra.len();
        self.front_end.hear(&pcm[..pcm.len().min(room)], &mut self.cepstra);
        for cepstrum in &self.cepstra[before..] {
            for (sum, value) in self.sum.iter_mut().zip(cepstrum) {
                *sum += value;
            }
        }
    }

    /// Frames heard.
    pub fn frames(&self) -> usize {
        self.cepstra.len()
    }

    /// Frames whose features no longer change as more is heard.
    pub fn settled_frames(&self) -> usize {
        self.cepstra.len().saturating_sub(REACH)
    }

    /// The loudness of a frame in decibels (an unspecified zero).
    pub fn level_db(&self, frame: usize) -> f32 {
        // The first cepstrum is 5 x the mean natural logarithm of the energies.
        self.cepstra[frame][0] / 5.0 * 10.0 / std::f32::consts::LN_10
    }

    /// The span between the faintest and the loudest frames in decibels. Speech moves by tens; noise and silence hardly do.
    pub fn level_range_db(&self) -> f32 {
        let mut levels: Vec<f32> = (0..self.frames()).map(|frame| self.level_db(frame)).collect();
        levels.sort_by(f32::total_cmp);
        match (levels.get(levels.len() / 20), levels.get(levels.len() * 19 / 20)) {
            (Some(faint), Some(loud)) => loud - faint,
            _ => 0.0,
        }
    }

    /// The scores of the frames from `first` to [`Self::settled_frames`], against the mean so far, into `scores`.
    pub fn provisional(&mut self, first: usize, scores: &mut Vec<StateScores>) {
        scores.clear();
        let end = self.settled_frames();
        self.score_dynamic(end);
        let frames = self.cepstra.len() as f32;
        let mean = std::array::from_fn(|dimension| {
            (self.sum[dimension] + TYPICAL_WEIGHT * TYPICAL_MEAN[dimension]) / (frames + TYPICAL_WEIGHT)
        });
        self.score_static(&mean, first, end, scores);
    }

    /// The scores of everything heard, against its exact mean, into `scores`.
    pub fn exact(&mut self, scores: &mut Vec<StateScores>) {
        scores.clear();
        let frames = self.cepstra.len();
        self.score_dynamic(frames);
        let mean = self.speech_mean();
        self.score_static(&mean, 0, frames, scores);
    }

    /// The mean of the frames of speech: near the loudest. Waiting before and after a short answer would otherwise
    /// outweigh it.
    fn speech_mean(&self) -> Cepstrum {
        let mut levels: Vec<f32> = self.cepstra.iter().map(|cepstrum| cepstrum[0]).collect();
        levels.sort_by(f32::total_cmp);
        let Some(loudest) = levels.get(levels.len() * 95 / 100) else {
            return TYPICAL_MEAN;
        };
        let floor = loudest - SPEECH_RANGE_DB * 5.0 * std::f32::consts::LN_10 / 10.0;
        let mut sum = [0.0; DIMENSIONS];
        let mut count = 0;
        for cepstrum in self.cepstra.iter().filter(|cepstrum| cepstrum[0] >= floor) {
            for (sum, value) in sum.iter_mut().zip(cepstrum) {
                *sum += value;
            }
            count += 1;
        }
        sum.map(|sum| sum / count as f32)
    }

    fn score_dynamic(&mut self, end: usize) {
        let settled = self.settled.min(end);
        self.dynamic.truncate(settled);
        self.dynamic.resize(end, [0.0; STATE_COUNT]);
        let new = settled..end;
        let near = |frame: usize, offset: isize| {
            &self.cepstra[frame.saturating_add_signed(offset).min(self.cepstra.len() - 1)]
        };
        self.features.clear();
        self.features.extend(new.clone().map(|frame| {
            let (after, before) = (near(frame, 2), near(frame, -2));
            std::array::from_fn(|d| after[d] - before[d])
        }));
        add_scores(self.model, 1, &self.features, &mut self.dynamic[new.clone()]);
        self.features.clear();
        self.features.extend(new.clone().map(|frame| {
            let (after, before) = ([near(frame, 3), near(frame, -1)], [near(frame, 1), near(frame, -3)]);
            std::array::from_fn(|d| (after[0][d] - after[1][d]) - (before[0][d] - before[1][d]))
        }));
        add_scores(self.model, 2, &self.features, &mut self.dynamic[new]);
        self.settled = end.min(self.cepstra.len().saturating_sub(REACH));
    }

    /// Appends rows `start..end`, each relative to its best state so that sums over a minute stay exact.
    fn score_static(&mut self, mean: &Cepstrum, start: usize, end: usize, scores: &mut Vec<StateScores>) {
        if start >= end {
            return;
        }
        self.features.clear();
        self.features.extend(
            self.cepstra[start..end]
                .iter()
                .map(|cepstrum| std::array::from_fn(|d| cepstrum[d] - mean[d])),
        );
        let first = scores.len();
        scores.extend_from_slice(&self.dynamic[start..end]);
        add_scores(self.model, 0, &self.features, &mut scores[first..]);
        for row in &mut scores[first..] {
            let best = row.iter().copied().fold(f32::MIN, f32::max);
            for score in row {
                *score -= best;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn murmur(samples: usize) -> Vec<i16> {
        let mut seed = 7u32;
        (0..samples)
            .map(|n| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let envelope = (n as f32 * 0.0007).sin().abs();
                (envelope * ((seed >> 18) as f32 - 8192.0)) as i16
            })
            .collect()
    }

    #[test]
    fn exact_scores_do_not_depend_on_when_they_were_asked_for() {
        let sound = murmur(16_000);
        let mut at_once = Vec::new();
        let mut listening = Listening::new(AcousticModel::embedded());
        listening.hear(&sound);
        listening.exact(&mut at_once);

        let (mut now_and_then, mut provisional, mut provisional_frames) = (Vec::new(), Vec::new(), 0);
        let mut listening = Listening::new(AcousticModel::embedded());
        for piece in sound.chunks(1234) {
            listening.hear(piece);
            listening.provisional(provisional_frames, &mut provisional);
            provisional_frames += provisional.len();
            listening.exact(&mut now_and_then);
        }
        assert_eq!(provisional_frames, listening.settled_frames());
        assert_eq!(at_once.len(), now_and_then.len());
        for (a, b) in at_once.iter().flatten().zip(now_and_then.iter().flatten()) {
            assert!((a - b).abs() < 0.05, "{a} {b}");
        }
    }

    #[test]
    fn nothing_heard_gives_no_frames() {
        let mut scores = Vec::new();
        let mut listening = Listening::new(AcousticModel::embedded());
        listening.exact(&mut scores);
        listening.provisional(0, &mut scores);
        assert!(scores.is_empty());
    }

    #[test]
    fn an_utterance_is_full_after_a_minute() {
        let mut listening = Listening::new(AcousticModel::embedded());
        for _ in 0..70 {
            listening.hear(&[0; 16_000]);
        }
        assert!(listening.frames() <= FRAME_LIMIT);
    }
}

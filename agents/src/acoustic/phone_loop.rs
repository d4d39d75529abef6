//! The free phone loop: how well the best sequence of any phones fits, frame by frame. What a phrase scores below it is how
//! badly it fits ("goodness of pronunciation", Witt & Young 2000).

use super::likelihood::StateScores;
use super::model::STATES;
use super::phone::Phone;
use super::trellis::IMPOSSIBLE;

/// The log-probability lost on each new phone.
const PENALTY: f32 = 12.0;

/// One frame of the best sequence of phones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FreeFrame {
    /// The score of the frame on it.
    pub score: f32,
    /// The phone.
    pub phone: Phone,
}

/// The best sequence of phones for `frames`.
pub fn phone_loop(frames: &[StateScores]) -> Vec<FreeFrame> {
    let phones: Vec<Phone> = Phone::all().collect();
    let mut best = [[IMPOSSIBLE; STATES]; Phone::COUNT];
    let mut steps: Vec<[u8; Phone::COUNT]> = Vec::with_capacity(frames.len());
    let mut entered_from: Vec<u8> = Vec::with_capacity(frames.len());
    let mut enter = 0.0;
    let mut ended = 0u8;
    for scores in frames {
        entered_from.push(ended);
        let mut step = [0u8; Phone::COUNT];
        let (mut exit, mut exit_phone) = (IMPOSSIBLE, 0);
        for (index, states) in best.iter_mut().enumerate() {
            let row = &scores[index * STATES..][..STATES];
            let [first, middle, last] = *states;
            step[index] = u8::from(enter > first) | u8::from(first > middle) << 1 | u8::from(middle > last) << 2;
            *states = [
                first.max(enter) + row[0],
                middle.max(first) + row[1],
                last.max(middle) + row[2],
            ];
            if states[STATES - 1] > exit {
                (exit, exit_phone) = (states[STATES - 1], index as u8);
            }
        }
        steps.push(step);
        (enter, ended) = (exit - PENALTY, exit_phone);
    }

    let (mut phone, mut state) = (0..Phone::COUNT)
        .flat_map(|phone| (0..STATES).map(move |state| (phone, state)))
        .max_by(|a, b| best[a.0][a.1].total_cmp(&best[b.0][b.1]))
        .expect("the model has phones");
    let mut path = Vec::with_capacity(frames.len());
    for (frame, scores) in frames.iter().enumerate().rev() {
        path.push(FreeFrame {
            score: scores[phone * STATES + state],
            phone: phones[phone],
        });
        if steps[frame][phone] >> state & 1 == 1 {
            if state > 0 {
                state -= 1;
            } else {
                (phone, state) = (usize::from(entered_from[frame]), STATES - 1);
            }
        }
    }
    path.reverse();
    path
}

/// The score of the best sequence of phones up to now, each new one at its cost: what a phrase has to be better than.
#[derive(Debug)]
pub struct FreeScore {
    states: [[f32; STATES]; Phone::COUNT],
    enter: f32,
}

impl FreeScore {
    /// Before the first frame.
    pub fn new() -> Self {
        Self {
            states: [[IMPOSSIBLE; STATES]; Phone::COUNT],
            enter: 0.0,
        }
    }

    /// Takes one frame.
    pub fn advance(&mut self, scores: &StateScores) {
        let mut exit = IMPOSSIBLE;
        for (states, row) in self.states.iter_mut().zip(scores.chunks_exact(STATES)) {
            let [first, middle, last] = *states;
            *states = [
                first.max(self.enter) + row[0],
                middle.max(first) + row[1],
                last.max(middle) + row[2],
            ];
            exit = exit.max(states[STATES - 1]);
        }
        self.enter = exit - PENALTY;
    }

    /// The score.
    pub fn best(&self) -> f32 {
        self.states.iter().flatten().copied().fold(IMPOSSIBLE, f32::max)
    }
}

impl Default for FreeScore {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acoustic::likelihood::STATE_COUNT;

    #[test]
    fn the_phones_that_score_best_are_found() {
        let mut frames = vec![[-20.0; STATE_COUNT]; 12];
        for (frame, scores) in frames.iter_mut().enumerate() {
            let phone = if frame < 6 { 5 } else { 9 };
            scores[phone * STATES..(phone + 1) * STATES].fill(-1.0);
        }
        let path = phone_loop(&frames);
        let phones: Vec<usize> = path.iter().map(|free| free.phone.index()).collect();
        assert_eq!(phones, [5, 5, 5, 5, 5, 5, 9, 9, 9, 9, 9, 9]);
        assert!(path.iter().all(|free| free.score == -1.0));
        assert!(phone_loop(&[]).is_empty());
        let mut score = FreeScore::new();
        frames.iter().for_each(|frame| score.advance(frame));
        assert_eq!(score.best(), -12.0 - PENALTY);
    }
}

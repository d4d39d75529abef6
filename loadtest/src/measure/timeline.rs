//! A run by time, for its charts.

use std::time::{Duration, Instant};

use super::Histogram;

/// A run is told in so many pieces at most: then two are made one.
const MOST_MOMENTS: usize = 120;
/// The first length of a piece.
const SHORTEST: Duration = Duration::from_secs(1);

/// A piece of a run.
#[derive(Clone, Debug, Default)]
pub struct Moment {
    /// Offer -> first sound of the agent's, in ms.
    pub joins: Vec<f64>,
    /// Last voiced sample -> reply, in ms.
    pub replies: Vec<f64>,
    /// First voiced packet over the agent -> the agent's last, in ms.
    pub barge_ins: Vec<f64>,
    /// How much later than the earliest of their spurt packets came, in ms.
    pub lateness: Histogram,
    /// Conversations that began less those that ended.
    pub live: i64,
    /// The agent's packets.
    pub packets: u64,
    /// Those that are missing.
    pub lost: u64,
    /// What callers would have had to make up, in ms.
    pub concealed_ms: u64,
    /// Utterances.
    pub utterances: usize,
    /// Of these, answered.
    pub answered: usize,
    /// Failures.
    pub errors: usize,
    /// Callers that were refused.
    pub refused: usize,
}

/// All pieces of a run.
#[derive(Debug)]
pub struct Timeline {
    start: Instant,
    piece: Duration,
    moments: Vec<Moment>,
}

impl Timeline {
    /// A run that begins.
    pub fn new(start: Instant) -> Self {
        Self {
            start,
            piece: SHORTEST,
            moments: Vec::new(),
        }
    }

    /// The piece that a moment belongs to.
    pub fn at(&mut self, now: Instant) -> &mut Moment {
        let since = now.saturating_duration_since(self.start);
        let mut index = (since.as_nanos() / self.piece.as_nanos()) as usize;
        while index >= MOST_MOMENTS {
            self.halve();
            index /= 2;
        }
        if self.moments.len() <= index {
            self.moments.resize_with(index + 1, Moment::default);
        }
        &mut self.moments[index]
    }

    /// How long a piece is.
    pub fn piece(&self) -> Duration {
        self.piece
    }

    /// The pieces, in order.
    pub fn moments(&self) -> &[Moment] {
        &self.moments
    }

    fn halve(&mut self) {
        self.piece *= 2;
        let mut moments = std::mem::take(&mut self.moments).into_iter();
        while let Some(mut first) = moments.next() {
            if let Some(second) = moments.next() {
                first.take_in(second);
            }
            self.moments.push(first);
        }
    }
}

impl Moment {
    fn take_in(&mut self, other: Self) {
        self.joins.extend(other.joins);
        self.replies.extend(other.replies);
        self.barge_ins.extend(other.barge_ins);
        self.lateness.add(&other.lateness);
        self.live += other.live;
        self.packets += other.packets;
        self.lost += other.lost;
        self.concealed_ms += other.concealed_ms;
        self.utterances += other.utterances;
        self.answered += other.answered;
        self.errors += other.errors;
        self.refused += other.refused;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_is_told_in_longer_pieces_and_loses_nothing() {
        let start = Instant::now();
        let mut timeline = Timeline::new(start);
        for second in 0..1_000 {
            let moment = timeline.at(start + Duration::from_secs(second));
            moment.utterances += 1;
            moment.replies.push(second as f64);
            moment.lateness.record(1.0);
        }
        assert!(timeline.moments().len() <= MOST_MOMENTS);
        assert_eq!(timeline.piece(), Duration::from_secs(16));
        assert_eq!(
            timeline.moments().iter().map(|moment| moment.utterances).sum::<usize>(),
            1_000
        );
        assert_eq!(
            timeline
                .moments()
                .iter()
                .map(|moment| moment.lateness.count())
                .sum::<u64>(),
            1_000
        );
        assert_eq!(timeline.moments()[1].replies.first(), Some(&16.0));
        timeline.at(start + Duration::from_secs(3)).errors += 1;
        assert_eq!(timeline.moments()[0].errors, 1);
    }
}

//! How much a media thread can still carry, judged by how late it is with what has a time: frames of speech and ticks.
//!
//! Lateness rises before anything is lost, on a big machine as on a small one, whatever a call costs there. As it rises, less is
//! done, in this order: turns are no longer assessed, speech is encoded with less effort, calls are taken one at a time, and at
//! last none. What a call that is held sounds like is never touched.

use std::time::{Duration, Instant};

/// How hard pressed a thread is. Each level does without what those before it do without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pressure {
    /// Nothing is late.
    #[default]
    Calm,
    /// Turns are not assessed.
    Busy,
    /// Speech is encoded with less effort, and calls are taken one at a time.
    Strained,
    /// No call is taken.
    Full,
}

impl Pressure {
    /// All of them, the least first.
    pub const ALL: [Self; 4] = [Self::Calm, Self::Busy, Self::Strained, Self::Full];

    /// The level of this number; the highest for any number above.
    pub fn of(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Self::Full)
    }

    /// How hard the encoder tries (libopus complexity).
    pub fn complexity(self) -> u8 {
        if self < Self::Strained {
            FULL_EFFORT
        } else {
            LEAST_EFFORT
        }
    }

    /// The part of the most lateness, in percent, from which this level is reached.
    fn threshold(self, most: Duration) -> Duration {
        let percent = match self {
            Self::Calm => 0,
            Self::Busy => 25,
            Self::Strained => 50,
            Self::Full => 100,
        };
        most * percent / 100
    }

    fn one_less(self) -> Self {
        Self::of((self as u8).saturating_sub(1))
    }
}

/// What `EncoderConfig` begins with.
const FULL_EFFORT: u8 = 5;
const LEAST_EFFORT: u8 = 2;
/// A single one that is late is chance: a thread whose calls are silent has but fifty ticks a second to be judged by.
const LEAST_LATE: u32 = 2;
/// How long lateness is gathered before it is judged.
const WINDOW: Duration = Duration::from_secs(1);
/// Windows in a row that must be better before a level is left, one level at a time: what was left out would else come back at
/// once, and with it the lateness.
const PATIENCE: u32 = 10;

/// Judges one thread. Takes the time as an argument.
#[derive(Debug)]
pub struct LoadMeter {
    /// 99 of 100 are to be no later than this.
    most: Duration,
    counted: u32,
    /// How many were later than the threshold of each level above the first.
    late: [u32; 3],
    closes: Instant,
    pressure: Pressure,
    better: u32,
}

impl LoadMeter {
    /// A thread that has done nothing yet. `most`: how late one in a hundred may be before no call is taken.
    pub fn new(most: Duration, now: Instant) -> Self {
        Self {
            most,
            counted: 0,
            late: [0; 3],
            closes: now + WINDOW,
            pressure: Pressure::Calm,
            better: 0,
        }
    }

    /// Something was done, this much after its time.
    pub fn note(&mut self, lateness: Duration) {
        self.counted += 1;
        for (late, level) in self.late.iter_mut().zip(&Pressure::ALL[1..]) {
            *late += u32::from(lateness > level.threshold(self.most));
        }
    }

    /// The level, judged anew once a second.
    pub fn pressure(&mut self, now: Instant) -> Pressure {
        if now >= self.closes {
            self.close();
            self.closes = now + WINDOW;
        }
        self.pressure
    }

    fn close(&mut self) {
        let seen = Pressure::ALL[1..]
            .iter()
            .zip(self.late)
            .rev()
            .find(|(_, late)| *late >= LEAST_LATE && u64::from(*late) * 100 > u64::from(self.counted))
            .map_or(Pressure::Calm, |(level, _)| *level);
        (self.counted, self.late) = (0, [0; 3]);
        if seen >= self.pressure {
            (self.pressure, self.better) = (seen, 0);
            return;
        }
        self.better += 1;
        if self.better == PATIENCE {
            (self.pressure, self.better) = (self.pressure.one_less(), 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use colloquy_media::codec::EncoderConfig;

    use super::*;

    const MOST: Duration = Duration::from_millis(8);

    /// A second with a hundred frames, of which these are late.
    fn second(meter: &mut LoadMeter, now: &mut Instant, late: &[u64]) -> Pressure {
        for frame in 0..100 {
            meter.note(Duration::from_millis(late.get(frame).copied().unwrap_or(0)));
        }
        *now += WINDOW;
        meter.pressure(*now)
    }

    #[test]
    fn two_late_frames_in_a_hundred_count_and_one_does_not() {
        let mut now = Instant::now();
        let mut meter = LoadMeter::new(MOST, now);
        assert_eq!(second(&mut meter, &mut now, &[500]), Pressure::Calm);
        assert_eq!(second(&mut meter, &mut now, &[3, 3]), Pressure::Busy);
        assert_eq!(second(&mut meter, &mut now, &[5, 5, 3]), Pressure::Strained);
        assert_eq!(second(&mut meter, &mut now, &[9, 9]), Pressure::Full);
    }

    #[test]
    fn levels_are_left_one_at_a_time_and_not_for_a_single_good_second() {
        let mut now = Instant::now();
        let mut meter = LoadMeter::new(MOST, now);
        second(&mut meter, &mut now, &[20, 20]);
        let mut seen = Vec::new();
        for _ in 0..3 * PATIENCE {
            seen.push(second(&mut meter, &mut now, &[]));
        }
        let expected: Vec<_> = [
            (Pressure::Full, PATIENCE - 1),
            (Pressure::Strained, PATIENCE),
            (Pressure::Busy, PATIENCE),
        ]
        .into_iter()
        .flat_map(|(level, seconds)| std::iter::repeat_n(level, seconds as usize))
        .chain([Pressure::Calm])
        .collect();
        assert_eq!(seen, expected);
        // A bad second in between begins the count again.
        second(&mut meter, &mut now, &[20, 20]);
        for _ in 1..PATIENCE {
            second(&mut meter, &mut now, &[]);
        }
        second(&mut meter, &mut now, &[20, 20]);
        for _ in 1..PATIENCE {
            assert_eq!(second(&mut meter, &mut now, &[]), Pressure::Full);
        }
        assert_eq!(second(&mut meter, &mut now, &[]), Pressure::Strained);
    }

    #[test]
    fn a_second_is_judged_as_a_whole() {
        let start = Instant::now();
        let mut meter = LoadMeter::new(MOST, start);
        meter.note(MOST * 2);
        meter.note(MOST * 2);
        assert_eq!(meter.pressure(start + WINDOW / 2), Pressure::Calm);
        assert_eq!(meter.pressure(start + WINDOW), Pressure::Full);
    }

    #[test]
    fn what_is_left_out_comes_in_the_stated_order() {
        let efforts = Pressure::ALL.map(Pressure::complexity);
        assert_eq!(efforts, [FULL_EFFORT, FULL_EFFORT, LEAST_EFFORT, LEAST_EFFORT]);
        assert_eq!(Pressure::ALL.map(|level| Pressure::of(level as u8)), Pressure::ALL);
        assert_eq!(Pressure::of(200), Pressure::Full);
        assert_eq!(FULL_EFFORT, EncoderConfig::default().complexity);
    }
}

//! How much a media thread can still carry, judged by how late it is with what has a time, frames of speech and ticks, and by how
//! long recognition waits for a core ([`recognition`]).
//!
//! Lateness rises before anything is lost, on a big machine as on a small one, whatever a call costs there. As it rises, less is
//! done, in this order: packets are handled two at a time (`coalescing`), turns are no longer assessed,
//! speech is encoded with less effort, calls are taken at a slower and slower pace, and at last none. What a call that is held
//! sounds like is never touched.
//!
//! A thread that has too much to do is late again and again, and soon with everything. One that was held up once, for 20 ms by
//! something else on its core, was late with more than a hundredth of that second's frames and has room all the same. So a
//! level is reached by several bad seconds, or by one in which very much was late.

use std::cmp::Ordering;
use std::time::{Duration, Instant};

mod growth;
pub mod recognition;

#[cfg(test)]
mod crowd;

/// How hard pressed a thread is. Each level does without what those before it do without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pressure {
    /// Nothing is late, and nothing waits.
    #[default]
    Calm,
    /// Turns are not assessed, and calls are taken at a slower pace.
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
            Self::Busy => 50,
            Self::Strained => 75,
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
/// Windows that are judged together.
const SPAN: usize = 5;
/// Windows of these in which more than one in a hundred must be late: once or twice is an accident.
const LEAST_BAD: usize = 3;
/// The part of a single window, in percent, that needs no second one to count: no accident, the calls are too many.
const GROSS: u32 = 10;
/// Windows in a row that must be judged better before a level is left, one level at a time.
const PATIENCE: u32 = 3;
/// The same where something is left out and the calls are no fewer: better may be due to that alone, and it would be as bad as
/// before once it comes back.
const DOUBT: u32 = 20;
/// If it is as bad as before within so many windows, the next time is waited for twice as long, up to [`MOST_DOUBT`].
const RELAPSE: u32 = 60;
const MOST_DOUBT: u32 = 80;

/// What is told of a thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// How hard pressed it is.
    pub pressure: Pressure,
    /// Whether it was too much not long ago: calls had better come slowly.
    pub is_wary: bool,
    /// How many calls there were when the level was reached. Of a thread that is but wary, when it was too much, and one in a hundred more for
    /// each second since: what it can carry is found out again little by little. 0: it wasn't too much.
    pub reached_with: usize,
    /// How many calls it may hold for now, where that is limited (`growth`).
    pub allowed: Option<usize>,
}

impl Judgement {
    /// The worse of two that are told of one thread.
    pub fn or(self, other: Self) -> Self {
        let reached_with = match self.pressure.cmp(&other.pressure) {
            Ordering::Greater => self.reached_with,
            Ordering::Less => other.reached_with,
            Ordering::Equal if self.reached_with == 0 => other.reached_with,
            Ordering::Equal if other.reached_with == 0 => self.reached_with,
            Ordering::Equal => self.reached_with.min(other.reached_with),
        };
        Self {
            pressure: self.pressure.max(other.pressure),
            is_wary: self.is_wary || other.is_wary,
            reached_with,
            allowed: [self.allowed, other.allowed].into_iter().flatten().min(),
        }
    }
}

/// What was counted in a window.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    counted: u32,
    /// How many were later than the threshold of each level above the first.
    late: [u32; 3],
}

impl Window {
    /// Something was done, this much after its time, of which `most` is too much.
    fn note(&mut self, lateness: Duration, most: Duration) {
        self.counted += 1;
        for (late, level) in self.late.iter_mut().zip(&Pressure::ALL[1..]) {
            *late += u32::from(lateness > level.threshold(most));
        }
    }

    fn add(&mut self, other: Self) {
        self.counted += other.counted;
        for (late, other) in self.late.iter_mut().zip(other.late) {
            *late += other;
        }
    }

    /// What was counted since `before`, of two counts that never end.
    fn since(&self, before: Self) -> Self {
        Self {
            counted: self.counted.wrapping_sub(before.counted),
            late: [0, 1, 2].map(|level| self.late[level].wrapping_sub(before.late[level])),
        }
    }

    /// Whether more than this part, in percent, was too late for a level.
    fn exceeds(&self, level: usize, percent: u32) -> bool {
        let late = self.late[level];
        late >= LEAST_LATE && u64::from(late) * 100 > u64::from(self.counted) * u64::from(percent)
    }
}

/// Judges one thread. Takes the time as an argument.
#[derive(Debug)]
pub struct LoadMeter {
    /// 99 of 100 are to be no later than this.
    most: Duration,
    /// The window that is open.
    window: Window,
    /// Those before it; each takes the place of the oldest.
    before: [Window; SPAN],
    oldest: usize,
    closes: Instant,
    pressure: Pressure,
    better: u32,
    /// What is known of each level above the first.
    stays: [Stay; 3],
    /// The part of a single window, in percent, that needs no second one to count, if there is one.
    gross: Option<u32>,
}

/// How long a level is kept.
#[derive(Clone, Copy, Debug)]
struct Stay {
    /// The calls there were when it was reached.
    calls: usize,
    /// Better windows in a row before it is left, while there are no fewer calls.
    doubt: u32,
    /// Windows since it was left.
    left: u32,
}

impl Stay {
    const NEW: Self = Self {
        calls: 0,
        doubt: DOUBT,
        left: u32::MAX,
    };

    /// The level is reached.
    fn begin(&mut self, calls: usize) {
        self.doubt = match self.left {
            0..=RELAPSE => (self.doubt * 2).min(MOST_DOUBT),
            _ => DOUBT,
        };
        self.calls = calls;
    }

    /// The calls that may be too many again once it was left.
    fn calls_since(&self) -> usize {
        self.calls * (100 + self.left.min(RELAPSE) as usize) / 100
    }

    /// How many windows must be better before it is left.
    fn patience(&self, calls: usize) -> u32 {
        let has_less_to_do = calls * 10 <= self.calls * 9;
        if has_less_to_do { PATIENCE } else { self.doubt }
    }
}

impl LoadMeter {
    /// A thread that has done nothing yet. `most`: how late one in a hundred may be before no call is taken.
    pub fn new(most: Duration, now: Instant) -> Self {
        Self {
            most,
            window: Window::default(),
            before: [Window::default(); SPAN],
            oldest: 0,
            closes: now + WINDOW,
            pressure: Pressure::Calm,
            better: 0,
            stays: [Stay::NEW; 3],
            gross: Some(GROSS),
        }
    }

    /// The same of what is counted so seldom that a single hold-up makes up much of a window: only what lasts counts.
    fn without_gross(self) -> Self {
        Self { gross: None, ..self }
    }

    /// Something was done, this much after its time.
    pub fn note(&mut self, lateness: Duration) {
        self.window.note(lateness, self.most);
    }

    /// Judges anew once a second. `calls`: how many the thread holds.
    pub fn judge(&mut self, calls: usize, now: Instant) -> Judgement {
        if now >= self.closes {
            self.close(calls);
            self.closes = now + WINDOW;
        }
        let is_wary = self.pressure > Pressure::Calm || self.stays[0].left <= RELAPSE;
        Judgement {
            pressure: self.pressure,
            is_wary,
            reached_with: match self.pressure {
                Pressure::Calm if !is_wary => 0,
                Pressure::Calm => self.stays[0].calls_since(),
                level => self.stays[level as usize - 1].calls,
            },
            allowed: None,
        }
    }

    fn close(&mut self, calls: usize) {
        let newest = std::mem::take(&mut self.window);
        self.before[self.oldest] = newest;
        self.oldest = (self.oldest + 1) % SPAN;
        for stay in &mut self.stays {
            stay.left = stay.left.saturating_add(1);
        }
        let seen = (0..self.stays.len())
            .rev()
            .find(|level| self.gross.is_some_and(|gross| newest.exceeds(*level, gross)) || self.is_lasting(*level))
            .map_or(Pressure::Calm, |level| Pressure::ALL[level + 1]);
        if seen >= self.pressure {
            for stay in &mut self.stays[self.pressure as usize..seen as usize] {
                stay.begin(calls);
            }
            // So few are too many by now.
            for stay in &mut self.stays[..seen as usize] {
                stay.calls = stay.calls.min(calls);
            }
            (self.pressure, self.better) = (seen, 0);
            return;
        }
        self.better += 1;
        let stay = &mut self.stays[self.pressure as usize - 1];
        // Nothing comes back with a few calls more but the calls.
        let patience = match self.pressure {
            Pressure::Full => PATIENCE,
            _ => stay.patience(calls),
        };
        if self.better >= patience {
            stay.left = 0;
            (self.pressure, self.better) = (self.pressure.one_less(), 0);
        }
    }

    /// Whether more than one in a hundred was too late for a level, of all that is remembered and in several windows of it.
    fn is_lasting(&self, level: usize) -> bool {
        let bad = self.before.iter().filter(|window| window.exceeds(level, 1)).count();
        let counted: u32 = self.before.iter().map(|window| window.counted).sum();
        let late: u32 = self.before.iter().map(|window| window.late[level]).sum();
        bad >= LEAST_BAD && u64::from(late) * 100 > u64::from(counted)
    }
}

#[cfg(test)]
mod tests {
    use colloquy_media::codec::EncoderConfig;

    use super::*;

    const MOST: Duration = Duration::from_millis(8);

    /// A second of a hundred calls with a hundred frames, of which these are late.
    fn second(meter: &mut LoadMeter, now: &mut Instant, late: &[u64]) -> Pressure {
        second_of(100, meter, now, late)
    }

    fn second_of(calls: usize, meter: &mut LoadMeter, now: &mut Instant, late: &[u64]) -> Pressure {
        for frame in 0..100 {
            meter.note(Duration::from_millis(late.get(frame).copied().unwrap_or(0)));
        }
        *now += WINDOW;
        meter.judge(calls, *now).pressure
    }

    /// What a fresh meter says after each of these seconds.
    fn seconds(late: &[&[u64]]) -> Vec<Pressure> {
        let mut now = Instant::now();
        let mut meter = LoadMeter::new(MOST, now);
        late.iter().map(|late| second(&mut meter, &mut now, late)).collect()
    }

    #[test]
    fn two_late_frames_in_a_hundred_count_if_it_goes_on_and_one_does_not() {
        use Pressure::*;
        assert_eq!(seconds(&[&[500], &[500], &[500]]), [Calm; 3]);
        assert_eq!(seconds(&[&[5, 5], &[5, 5], &[5, 5]]), [Calm, Calm, Busy]);
        assert_eq!(seconds(&[&[7, 7, 5], &[7, 7], &[7, 7]]), [Calm, Calm, Strained]);
        assert_eq!(seconds(&[&[9, 9], &[9, 9], &[], &[9, 9]]), [Calm, Calm, Calm, Full]);
        assert_eq!(seconds(&[&[3; 100], &[3; 100], &[3; 100]]), [Calm; 3]);
    }

    #[test]
    fn a_thread_that_was_held_up_once_takes_calls_all_the_same() {
        // 100 ms: a tenth of a second's frames, and more than a hundredth of five seconds'. Then once more.
        assert_eq!(
            seconds(&[&[100; 10], &[], &[], &[100; 10], &[], &[]]),
            [Pressure::Calm; 6]
        );
        // Now and then.
        let once: &[u64] = &[20, 20, 20];
        assert_eq!(
            seconds(&[&[], once, &[], &[], once, &[], &[], once, &[]]),
            [Pressure::Calm; 9]
        );
    }

    #[test]
    fn a_second_in_which_much_was_late_is_enough() {
        assert_eq!(seconds(&[&[9; 11]]), [Pressure::Full]);
        assert_eq!(seconds(&[&[9; 10]]), [Pressure::Calm]);
    }

    #[test]
    fn levels_are_left_one_at_a_time_and_not_for_a_single_good_second() {
        let mut now = Instant::now();
        let mut meter = LoadMeter::new(MOST, now);
        second(&mut meter, &mut now, &[20; 30]);
        // Half of the calls have gone.
        let seen: Vec<_> = (0..3 * PATIENCE)
            .map(|_| second_of(50, &mut meter, &mut now, &[]))
            .collect();
        let levels = [Pressure::Full, Pressure::Strained, Pressure::Busy];
        let expected: Vec<_> = levels
            .into_iter()
            .flat_map(|level| std::iter::repeat_n(level, PATIENCE as usize))
            .skip(1)
            .chain([Pressure::Calm])
            .collect();
        assert_eq!(seen, expected);
        // A bad second in between begins the count again.
        for _ in 0..RELAPSE {
            second(&mut meter, &mut now, &[]);
        }
        second(&mut meter, &mut now, &[20; 30]);
        for _ in 1..PATIENCE {
            second(&mut meter, &mut now, &[]);
        }
        second(&mut meter, &mut now, &[20; 30]);
        for _ in 1..PATIENCE {
            assert_eq!(second(&mut meter, &mut now, &[]), Pressure::Full);
        }
        assert_eq!(second(&mut meter, &mut now, &[]), Pressure::Strained);
    }

    #[test]
    fn what_helped_is_kept_for_longer_each_time_it_was_needed_again_unless_there_is_less_to_do() {
        let mut now = Instant::now();
        let mut meter = LoadMeter::new(MOST, now);
        let mut stay = |calls| {
            second(&mut meter, &mut now, &[7; 30]);
            (1..)
                .find(|_| second_of(calls, &mut meter, &mut now, &[]) < Pressure::Strained)
                .expect("it ends")
        };
        assert_eq!([stay(100), stay(100), stay(100)], [20, 40, 80]);
        assert_eq!(stay(91), 80);
        assert_eq!(stay(90), 3);
        assert!(meter.judge(90, now).is_wary);
        // All was well for a minute.
        for _ in 0..DOUBT + RELAPSE + 1 {
            second(&mut meter, &mut now, &[]);
        }
        assert!(!meter.judge(100, now).is_wary);
        second(&mut meter, &mut now, &[7; 30]);
        let kept = (1..).find(|_| second(&mut meter, &mut now, &[]) < Pressure::Strained);
        assert_eq!(kept, Some(DOUBT));
    }

    #[test]
    fn what_was_too_much_is_told_while_calls_had_better_come_slowly_and_more_from_second_to_second() {
        let mut now = Instant::now();
        let mut meter = LoadMeter::new(MOST, now);
        let mut told = |late: &[u64]| {
            second(&mut meter, &mut now, late);
            let judged = meter.judge(100, now);
            (judged.pressure, judged.is_wary, judged.reached_with)
        };
        assert_eq!(told(&[]), (Pressure::Calm, false, 0));
        assert_eq!(told(&[5; 30]), (Pressure::Busy, true, 100));
        let after: Vec<_> = (0..DOUBT + RELAPSE + 1).map(|_| told(&[])).collect();
        let (busy, calm) = after.split_at(DOUBT as usize - 1);
        assert!(busy.iter().all(|told| *told == (Pressure::Busy, true, 100)));
        for (seconds, told) in calm.iter().enumerate().take(RELAPSE as usize + 1) {
            assert_eq!(*told, (Pressure::Calm, true, 100 + seconds), "{seconds}");
        }
        assert_eq!(after.last(), Some(&(Pressure::Calm, false, 0)));
    }

    #[test]
    fn of_two_judgements_the_worse_is_told() {
        let judged = |pressure, is_wary, reached_with| Judgement {
            pressure,
            is_wary,
            reached_with,
            allowed: None,
        };
        use Pressure::{Busy, Calm, Full};
        for (one, other, worse) in [
            (judged(Calm, false, 0), judged(Full, true, 90), judged(Full, true, 90)),
            (
                judged(Busy, true, 100),
                judged(Full, true, 120),
                judged(Full, true, 120),
            ),
            (judged(Busy, true, 100), judged(Busy, true, 90), judged(Busy, true, 90)),
            (judged(Calm, false, 0), judged(Calm, true, 80), judged(Calm, true, 80)),
            (judged(Calm, false, 0), judged(Calm, false, 0), judged(Calm, false, 0)),
        ] {
            assert_eq!(one.or(other), worse);
            assert_eq!(other.or(one), worse);
        }
        let allowing = |allowed| Judgement {
            allowed,
            ..Judgement::default()
        };
        assert_eq!(allowing(Some(90)).or(allowing(Some(80))).allowed, Some(80));
        assert_eq!(allowing(None).or(allowing(Some(80))).allowed, Some(80));
    }

    #[test]
    fn a_second_is_judged_as_a_whole() {
        let start = Instant::now();
        let mut meter = LoadMeter::new(MOST, start);
        meter.note(MOST * 2);
        meter.note(MOST * 2);
        assert_eq!(meter.judge(1, start + WINDOW / 2).pressure, Pressure::Calm);
        assert_eq!(meter.judge(1, start + WINDOW).pressure, Pressure::Full);
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

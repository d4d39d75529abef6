//! Every sample that is taken leaves once, or is dropped.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Play(u8, u8, u16, u8),
    /// Another piece of the phrase that was played last.
    GoOn(u16),
    Encoded(u8, u8),
    Finish(u8),
    Pause,
    Resume,
    Flush,
    Wait(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0u8..8, 0u8..4, 0u16..3_000, 0u8..5).prop_map(|(g, p, n, r)| Step::Play(g, p, n, r)),
        3 => (0u16..500).prop_map(Step::GoOn),
        2 => (0u8..8, 0u8..4).prop_map(|(g, p)| Step::Encoded(g, p)),
        2 => (0u8..8).prop_map(Step::Finish),
        1 => Just(Step::Pause),
        2 => Just(Step::Resume),
        1 => Just(Step::Flush),
        4 => any::<u8>().prop_map(Step::Wait),
    ]
}

/// Pieces of one phrase at one rate that follow each other: one stream, or several where the supply fails in between. Each stream is
/// rounded by itself.
struct Run {
    generation: u8,
    phrase: u8,
    rate: u32,
    pieces: Vec<u64>,
}

impl Run {
    /// Its last piece, to be played.
    fn last(&self) -> Speech {
        let samples = self.pieces.last().map_or(0, |samples| *samples as usize);
        Speech::Pcm {
            rate: self.rate,
            // Some of it is silent.
            samples: vec![if samples.is_multiple_of(3) { 0 } else { 3_000 }; samples].into(),
        }
    }

    /// The least and the most samples that it becomes.
    fn bounds(&self) -> (u64, u64) {
        let rounded = |samples: u64| (samples * u64::from(SENT_RATE) + u64::from(self.rate) / 2) / u64::from(self.rate);
        // Of the first pieces, so many of them.
        let mut bounds = vec![(0, 0)];
        for until in 1..=self.pieces.len() {
            let last_streams = (0..until).map(|from| {
                let stream = rounded(self.pieces[from..until].iter().sum());
                (bounds[from].0 + stream, bounds[from].1 + stream)
            });
            let (least, most): (Vec<u64>, Vec<u64>) = last_streams.unzip();
            bounds.push((least.into_iter().min().unwrap(), most.into_iter().max().unwrap()));
        }
        bounds[self.pieces.len()]
    }
}

#[test]
fn each_stream_is_rounded_by_itself() {
    let bounds = |rate, pieces: &[u64]| {
        let pieces = pieces.to_vec();
        Run {
            generation: 0,
            phrase: 0,
            rate,
            pieces,
        }
        .bounds()
    };
    assert_eq!(bounds(24_000, &[7, 8]), (15, 15));
    // 0.5 each: one alone is rounded up, both together are 1.
    assert_eq!(bounds(48_000, &[1, 1]), (1, 2));
    assert_eq!(bounds(16_000, &[1, 1, 1]), (5, 6));
    assert_eq!(bounds(22_050, &[]), (0, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is asked for in whatever order: every sample taken leaves once or is flushed, timestamps grow by a frame or
    /// more, and polling comes to rest.
    #[test]
    fn samples_are_conserved(steps in prop::collection::vec(step(), 0..40), coalesces: bool) {
        let speech = encoded(70);
        let mut line = Line { coalesces, ..Line::new() };
        // What was encoded before is a run of its own.
        let mut taken: Vec<Run> = Vec::new();
        let mut left = 0;
        let mut dropped = 0;
        for step in steps {
            match step {
                Step::Play(generation, phrase, samples, rate) => {
                    let rate = [8_000, 16_000, 22_050, 24_000, 48_000][usize::from(rate)];
                    let run = Run { generation, phrase, rate, pieces: vec![samples.into()] };
                    if line.downlink.play(generation.into(), phrase.into(), run.last(), line.now).is_ok() {
                        let is_same = |last: &&mut Run| (last.generation, last.phrase, last.rate) == (generation, phrase, rate);
                        match taken.last_mut().filter(is_same) {
                            Some(last) => last.pieces.extend(run.pieces),
                            None => taken.push(run),
                        }
                    }
                }
                Step::GoOn(samples) => {
                    let Some(run) = taken.last_mut() else { continue };
                    run.pieces.push(samples.into());
                    let (generation, phrase) = (run.generation.into(), run.phrase.into());
                    if line.downlink.play(generation, phrase, run.last(), line.now).is_err() {
                        run.pieces.pop();
                    }
                }
                Step::Encoded(generation, phrase) => {
                    if line.downlink.play(generation.into(), phrase.into(), speech.clone(), line.now).is_ok() {
                        taken.push(Run { generation, phrase, rate: SENT_RATE, pieces: vec![70 * 24] });
                    }
                }
                Step::Finish(generation) => line.downlink.finish(generation.into(), line.now),
                Step::Pause => line.downlink.pause(line.now),
                Step::Resume => line.downlink.resume(line.now),
                Step::Flush => {
                    let played = line.downlink.flush(line.now).total();
                    left += played;
                    dropped += 1;
                }
                Step::Wait(ms) => line.run(ms.into()),
            }
        }
        line.downlink.resume(line.now);
        line.run(60_000);
        left += line.downlink.flush(line.now).total();
        for event in line.events() {
            if let DownlinkEvent::Finished { played, .. } = event {
                left += played.total();
            }
        }
        let bounds = taken.iter().map(Run::bounds);
        let (least, most) = bounds.fold((0, 0), |sum, run| (sum.0 + run.0, sum.1 + run.1));
        prop_assert!(left <= most, "{left} of {least} to {most}");
        if dropped == 0 {
            prop_assert!(left >= least, "{left} of {least} to {most}");
        }
        prop_assert!(line.sent.windows(2).all(|pair| pair[0].0 <= pair[1].0), "in order");
        prop_assert!(line.sent.windows(2).all(|pair| pair[1].1.wrapping_sub(pair[0].1) >= FRAME.as_millis() as u32 * 48));
    }
}

//! Compares the judges of voice on recorded speech, alone and behind the gate.

use colloquy_media::HEARD_FRAME;
use colloquy_media::level::dbov;
use colloquy_media::vad::{SpeechDetector, VoiceKind};

use crate::clip::{CLIPS, decode, labels, noise};

/// Counts of frames.
#[derive(Default)]
struct Score {
    hit: f64,
    false_alarm: f64,
    missed: f64,
}

impl Score {
    fn note(&mut self, truth: bool, said: bool) {
        match (truth, said) {
            (true, true) => self.hit += 1.0,
            (false, true) => self.false_alarm += 1.0,
            (true, false) => self.missed += 1.0,
            (false, false) => {}
        }
    }

    fn f1(&self) -> f64 {
        2.0 * self.hit / (2.0 * self.hit + self.false_alarm + self.missed)
    }
}

/// F1 over all clips, each with a second of silence around it, in white noise of a ratio in dB (none: clean): of the
/// judge alone, and behind the gate.
fn measure(kind: VoiceKind, ratio: Option<f32>) -> (f64, f64) {
    let (mut alone, mut gated) = (Score::default(), Score::default());
    for (seed, (_, file)) in CLIPS.iter().enumerate() {
        let speech = decode(file);
        let mut sound = vec![0; 16_000];
        sound.extend(&speech);
        sound.extend([0; 16_000]);
        let truth = labels(&sound);
        if let Some(ratio) = ratio {
            let voiced: Vec<i16> = sound
                .chunks_exact(HEARD_FRAME)
                .zip(&truth)
                .filter(|frame| *frame.1)
                .flat_map(|frame| frame.0.to_vec())
                .collect();
            let noise = noise(sound.len() / 16 + 1, dbov(&voiced) - ratio, seed as u64);
            sound
                .iter_mut()
                .zip(noise)
                .for_each(|(sample, noise)| *sample = sample.saturating_add(noise));
        }
        let mut judge = kind.build();
        let mut detector = SpeechDetector::new(kind.build());
        for (frame, truth) in sound.chunks_exact(HEARD_FRAME).zip(truth) {
            let frame = frame.try_into().unwrap();
            alone.note(truth, judge.probability(frame) >= 0.5);
            gated.note(truth, detector.handle_frame(frame).voiced);
        }
    }
    (alone.f1(), gated.f1())
}

#[test]
fn the_default_judge_is_the_better_one() {
    let mut sums = [0.0; 2];
    for ratio in [None, Some(20.0), Some(10.0), Some(5.0)] {
        for (sum, kind) in sums.iter_mut().zip([VoiceKind::Earshot, VoiceKind::Webrtc]) {
            let (alone, gated) = measure(kind, ratio);
            println!("{kind:?} at {ratio:?} dB: {alone:.3} alone, {gated:.3} gated");
            *sum += gated;
        }
    }
    let better = if sums[0] >= sums[1] {
        VoiceKind::Earshot
    } else {
        VoiceKind::Webrtc
    };
    assert_eq!(VoiceKind::default(), better);
    assert!(sums[0].max(sums[1]) / 4.0 > 0.9, "{sums:?}");
}

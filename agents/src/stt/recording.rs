//! What was heard of a turn, for recognisers that take it whole.

/// The samples of a turn and how loud they were, to tell whether anything was said since they were last sent.
#[derive(Debug, Default)]
pub(super) struct Recording {
    samples: Vec<i16>,
    loudest: f32,
    loudest_since_mark: f32,
    /// How loud the pause was in which the mark was set.
    room: f32,
}

impl Recording {
    /// Adds samples at 16 kHz. What exceeds two minutes is dropped.
    pub(super) fn push(&mut self, samples: &[i16]) {
        let room = LONGEST - self.samples.len();
        self.samples.extend_from_slice(&samples[..samples.len().min(room)]);
        let power = loudest(samples);
        self.loudest = self.loudest.max(power);
        self.loudest_since_mark = self.loudest_since_mark.max(power);
    }

    /// The samples so far.
    pub(super) fn samples(&self) -> &[i16] {
        &self.samples
    }

    /// Marks that everything so far was sent, because the speaker paused.
    pub(super) fn mark(&mut self) {
        self.loudest_since_mark = 0.0;
        let pause = self.samples.len().saturating_sub(PAUSE);
        self.room = loudest(&self.samples[pause..]);
    }

    /// Whether something was said since the mark: 6 dB louder than the pause was. Where the pause tells nothing, because the
    /// speech was cut off or the room is perfectly quiet, it counts from 10 or 20 dB below the loudest of the turn.
    pub(super) fn has_speech_since_mark(&self) -> bool {
        let least = (self.room * 4.0).clamp(self.loudest * 0.01, self.loudest * 0.1);
        self.loudest_since_mark > least.max(FAINT)
    }

    /// Whether it holds nothing that could be speech. Whisper hears words in silence.
    pub(super) fn is_silent(&self) -> bool {
        self.loudest <= FAINT
    }
}

/// The power of the loudest frame.
fn loudest(samples: &[i16]) -> f32 {
    let power = |frame: &[i16]| {
        let energy: f32 = frame.iter().map(|&sample| f32::from(sample).powi(2)).sum();
        // A short last piece counts as what it is of a frame: no click of one sample is speech.
        energy / FRAME as f32
    };
    samples.chunks(FRAME).map(power).fold(0.0, f32::max)
}

/// Two minutes.
const LONGEST: usize = 120 * 16_000;
/// 20 ms.
const FRAME: usize = 320;
/// 100 ms: the end of a pause, however early it was noticed.
const PAUSE: usize = 1600;
/// -60 dBFS.
const FAINT: f32 = 32.768 * 32.768;

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether samples this loud after a pause are speech; the speech before it was at 3000.
    fn resumes(pause: Option<i16>, after: i16) -> bool {
        let mut recording = Recording::default();
        recording.push(&[3000; 3200]);
        if let Some(pause) = pause {
            recording.push(&[pause; 3200]);
        }
        recording.mark();
        assert!(!recording.has_speech_since_mark());
        recording.push(&[after; 640]);
        recording.has_speech_since_mark()
    }

    #[test]
    fn speech_after_a_pause_is_told_from_the_room() {
        for (room, pause, after, speech) in [
            ("quiet", Some(3), 10, false),
            ("quiet", Some(3), 290, false),
            ("quiet", Some(3), 310, true),
            ("noisy", Some(400), 600, false),
            ("noisy", Some(400), 900, true),
            ("cut off", None, 900, false),
            ("cut off", None, 1000, true),
        ] {
            assert_eq!(resumes(pause, after), speech, "{room} {after}");
        }
    }

    #[test]
    fn faint_noise_is_silence() {
        let mut recording = Recording::default();
        assert!(recording.is_silent());
        recording.push(&[30; 640]);
        assert!(recording.is_silent());
        recording.push(&[40; 640]);
        assert!(!recording.is_silent());
    }

    #[test]
    fn a_turn_without_end_is_cut() {
        let mut recording = Recording::default();
        for _ in 0..LONGEST / 16_000 + 2 {
            recording.push(&[1000; 16_000]);
        }
        assert_eq!(recording.samples().len(), LONGEST);
    }
}

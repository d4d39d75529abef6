//! What is done to synthetic speech before it is heard: silence is trimmed at both ends and loudness is matched.

/// Trims the silence around a phrase as it is made, and amplifies it.
///
/// Silence inside a phrase is held back until speech goes on, so that the end of it can still be cut.
#[derive(Debug)]
pub(super) struct Shaper {
    gain: f32,
    /// Most samples of silence kept before the first sound.
    lead: usize,
    /// Most samples of silence kept after the last.
    tail: usize,
    /// Silence that is not given yet.
    quiet: Vec<i16>,
    /// How many samples were cut before the first sound, once that was heard.
    cut: Option<usize>,
}

impl Shaper {
    /// A shaper of speech at `rate` Hz that is `gain_db` too quiet.
    pub(super) fn new(rate: u32, gain_db: f32) -> Self {
        let samples = |milliseconds: u32| (rate * milliseconds / 1000) as usize;
        Self {
            gain: 10f32.powf(gain_db / 20.0),
            lead: samples(LEAD_MS),
            tail: samples(TAIL_MS),
            quiet: Vec::new(),
            cut: None,
        }
    }

    /// Takes the next samples and appends those that are surely kept to `kept`.
    pub(super) fn push(&mut self, samples: &[i16], kept: &mut Vec<i16>) {
        let Some(last) = samples.iter().rposition(is_sound) else {
            self.quiet.extend_from_slice(samples);
            return;
        };
        let mut lead_cut = 0;
        if self.cut.is_none() {
            let first = samples.iter().position(is_sound).unwrap_or(last);
            lead_cut = (self.quiet.len() + first).saturating_sub(self.lead);
            self.cut = Some(lead_cut);
        }
        let (sound, quiet) = samples.split_at(last + 1);
        let gain = self.gain;
        kept.extend(
            self.quiet
                .iter()
                .chain(sound)
                .skip(lead_cut)
                // A cast from float saturates: a peak over full scale is clipped.
                .map(|&sample| (f32::from(sample) * gain) as i16),
        );
        self.quiet.clear();
        self.quiet.extend_from_slice(quiet);
    }

    /// Ends the phrase: appends its tail to `kept`.
    pub(super) fn finish(&mut self, kept: &mut Vec<i16>) {
        if self.cut.is_some() {
            let gain = self.gain;
            let tail = self.quiet.iter().take(self.tail);
            kept.extend(tail.map(|&sample| (f32::from(sample) * gain) as i16));
        }
        self.quiet.clear();
    }

    /// How many samples were cut before the first sound; nothing before that was heard.
    pub(super) fn lead_cut(&self) -> Option<usize> {
        self.cut
    }
}

fn is_sound(sample: &i16) -> bool {
    sample.unsigned_abs() > SILENCE
}

/// Short, because every millisecond of it is a later answer; long enough for the onset of a soft consonant.
const LEAD_MS: u32 = 30;
/// What a speaker leaves after a phrase inside a reply.
const TAIL_MS: u32 = 120;
/// The highest sample of silence: -44 dBFS, above the dither of any voice and below its softest vowel.
const SILENCE: u16 = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn shaped(samples: &[i16], piece: usize, gain_db: f32) -> (Vec<i16>, Option<usize>) {
        let mut shaper = Shaper::new(1000, gain_db);
        let mut kept = Vec::new();
        for samples in samples.chunks(piece) {
            shaper.push(samples, &mut kept);
        }
        shaper.finish(&mut kept);
        (kept, shaper.lead_cut())
    }

    /// Silence, sound, silence, sound, silence; at 1 kHz a sample is a millisecond.
    fn phrase() -> Vec<i16> {
        [(100, 0), (50, 1000), (300, 10), (50, -1000), (400, 20)]
            .into_iter()
            .flat_map(|(length, sample)| std::iter::repeat_n(sample, length))
            .collect()
    }

    #[test]
    fn silence_is_trimmed_at_both_ends_and_kept_inside() {
        let expected = phrase()[100 - 30..500 + 120].to_vec();
        for piece in [1, 7, 64, 100, 2000] {
            assert_eq!(shaped(&phrase(), piece, 0.0), (expected.clone(), Some(70)), "{piece}");
        }
    }

    #[test]
    fn speech_that_begins_at_once_loses_nothing() {
        assert_eq!(shaped(&[900; 10], 4, 0.0), (vec![900; 10], Some(0)));
    }

    #[test]
    fn silence_alone_is_nothing() {
        assert_eq!(shaped(&[3; 500], 20, 6.0), (vec![], None));
    }

    #[test]
    fn peaks_are_clipped_at_full_scale() {
        assert_eq!(
            shaped(&[1000, 30_000, -30_000], 3, 20.0).0,
            [10_000, i16::MAX, i16::MIN]
        );
    }
}

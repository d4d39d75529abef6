//! Streaming conversion of the rate of mono speech, with an exact account of samples.

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler as _};

/// Why a rate can't be converted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResampleError {
    /// One of the rates is out of the range of speech, 8 to 48 kHz.
    #[error("can't convert from {from} Hz to {to} Hz")]
    Unsupported {
        /// The rate of the input, in Hz.
        from: u32,
        /// The rate of the output, in Hz.
        to: u32,
    },
}

/// Converts a stream of mono samples from one rate to another, in blocks of about 10 ms.
///
/// The filter's delay is taken off at the start and given back by [`Resampler::flush`], so a stream of n samples becomes
/// exactly n * to / from samples, rounded, and nothing shifts in time.
pub struct Resampler {
    from: u32,
    to: u32,
    converter: Option<Converter>,
    taken: u64,
    given: u64,
}

struct Converter {
    fft: Fft<f32>,
    input: Vec<f32>,
    filled: usize,
    output: Vec<f32>,
    delay: usize,
    /// Samples of the delay that are still to be dropped.
    skip: usize,
}

impl Resampler {
    /// The lowest and highest rate that is taken, in Hz.
    pub const RATES: std::ops::RangeInclusive<u32> = 8_000..=48_000;

    /// From and to a rate in Hz, each of 8 to 48 kHz.
    pub fn new(from: u32, to: u32) -> Result<Self, ResampleError> {
        let unsupported = ResampleError::Unsupported { from, to };
        if !Self::RATES.contains(&from) || !Self::RATES.contains(&to) {
            return Err(unsupported);
        }
        let converter = if from == to {
            None
        } else {
            let block = (from / 100) as usize;
            let fft =
                Fft::<f32>::new(from as usize, to as usize, block, 1, FixedSync::Both).map_err(|_| unsupported)?;
            let delay = fft.output_delay();
            Some(Converter {
                input: vec![0.0; fft.input_frames_next()],
                filled: 0,
                output: vec![0.0; fft.output_frames_next()],
                delay,
                skip: delay,
                fft,
            })
        };
        Ok(Self {
            from,
            to,
            converter,
            taken: 0,
            given: 0,
        })
    }

    /// The rate of the input, in Hz.
    pub fn from(&self) -> u32 {
        self.from
    }

    /// Takes the next samples and appends what they give to `output`. A part of a block waits for its rest.
    pub fn push(&mut self, mut samples: &[i16], output: &mut Vec<i16>) {
        self.taken += samples.len() as u64;
        let Some(converter) = &mut self.converter else {
            self.given += samples.len() as u64;
            output.extend_from_slice(samples);
            return;
        };
        while !samples.is_empty() {
            let room = converter.input.len() - converter.filled;
            let (now, later) = samples.split_at(room.min(samples.len()));
            for (slot, sample) in converter.input[converter.filled..].iter_mut().zip(now) {
                *slot = f32::from(*sample);
            }
            converter.filled += now.len();
            samples = later;
            if converter.filled == converter.input.len() {
                self.given += converter.convert(u64::MAX, output);
            }
        }
    }

    /// Appends the tail of the stream to `output` and starts a new one.
    pub fn flush(&mut self, output: &mut Vec<i16>) {
        let due = (self.taken * u64::from(self.to) + u64::from(self.from) / 2) / u64::from(self.from);
        if let Some(converter) = &mut self.converter {
            while self.given < due {
                converter.input[converter.filled..].fill(0.0);
                self.given += converter.convert(due - self.given, output);
            }
            converter.fft.reset();
            converter.filled = 0;
            converter.skip = converter.delay;
        }
        self.taken = 0;
        self.given = 0;
    }
}

impl Converter {
    /// Converts the full input block; appends at most `limit` samples and tells how many.
    fn convert(&mut self, limit: u64, output: &mut Vec<i16>) -> u64 {
        let frames = (self.input.len(), self.output.len());
        let input = SequentialSlice::new(&self.input, 1, frames.0).expect("the block has the length it was made with");
        let mut adapter =
            SequentialSlice::new_mut(&mut self.output, 1, frames.1).expect("the block has the length it was made with");
        self.fft
            .process_into_buffer(&input, &mut adapter, None)
            .expect("both blocks have the lengths the converter asked for");
        self.filled = 0;
        let dropped = self.skip.min(frames.1);
        self.skip -= dropped;
        let given = (frames.1 - dropped).min(usize::try_from(limit).unwrap_or(usize::MAX));
        output.extend(
            self.output[dropped..dropped + given]
                .iter()
                .map(|sample| sample.round().clamp(-32_768.0, 32_767.0) as i16),
        );
        given as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FROM: [u32; 6] = [8_000, 16_000, 22_050, 24_000, 44_100, 48_000];

    fn tone(rate: u32, hertz: f32, samples: usize) -> Vec<i16> {
        (0..samples)
            .map(|n| ((n as f32 * hertz * std::f32::consts::TAU / rate as f32).sin() * 12_000.0) as i16)
            .collect()
    }

    #[test]
    fn a_tone_keeps_its_pitch_its_phase_and_its_level_at_every_rate() {
        for from in FROM {
            for to in [16_000, 48_000] {
                let mut resampler = Resampler::new(from, to).unwrap();
                let mut heard = Vec::new();
                resampler.push(&tone(from, 440.0, from as usize / 2), &mut heard);
                resampler.flush(&mut heard);
                let expected = tone(to, 440.0, to as usize / 2);
                assert_eq!(heard.len(), expected.len(), "{from} -> {to}");
                // The ends ring, because the tone starts and stops at once.
                let middle = to as usize / 50..heard.len() - to as usize / 50;
                let worst = middle
                    .map(|n| (i32::from(heard[n]) - i32::from(expected[n])).abs())
                    .max()
                    .unwrap();
                // Blocks of an odd length have their middle between two samples of the input.
                let half_sample = 12_000.0 * 440.0 * std::f32::consts::PI / from as f32;
                assert!(worst as f32 <= half_sample + 60.0, "{from} -> {to}: {worst}");
            }
        }
    }

    #[test]
    fn rates_that_are_no_speech_are_refused() {
        for (from, to) in [(0, 48_000), (7_999, 16_000), (96_000, 48_000), (16_000, 0)] {
            assert!(Resampler::new(from, to).is_err());
        }
    }

    proptest! {
        #[test]
        fn a_stream_keeps_its_length_however_it_is_cut(
            from in prop::sample::select(&FROM[..]),
            to in prop::sample::select(&[16_000u32, 48_000][..]),
            pieces in prop::collection::vec(0usize..2_000, 0..12),
        ) {
            let mut resampler = Resampler::new(from, to).unwrap();
            for _ in 0..2 {
                let mut output = Vec::new();
                let mut taken = 0u64;
                for &piece in &pieces {
                    resampler.push(&vec![1_000; piece], &mut output);
                    taken += piece as u64;
                }
                resampler.flush(&mut output);
                prop_assert_eq!(output.len() as u64, (taken * u64::from(to) + u64::from(from) / 2) / u64::from(from));
            }
        }
    }
}

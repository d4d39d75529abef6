//! Speech of one rate at another, for a voice that takes over in the middle of a phrase.

/// Resamples one stream by windowed-sinc interpolation: about 60 dB of image rejection, no delay.
#[derive(Debug)]
pub(super) struct Resampler {
    /// Input samples per output sample.
    step: f64,
    /// The filter, sampled at [`PHASES`] fractions of an input sample.
    taps: Vec<[f32; 2 * REACH]>,
    /// Input from `start` on, with silence before the stream.
    input: Vec<f32>,
    start: i64,
    /// The next output sample.
    next: u64,
}

/// How many input samples each side an output sample is made of.
const REACH: usize = 16;
const PHASES: usize = 512;

impl Resampler {
    /// From one rate to another, both in Hz and not 0.
    pub(super) fn new(from: u32, to: u32) -> Self {
        let cutoff = (f64::from(to) / f64::from(from)).min(1.0) * 0.97;
        let taps = (0..PHASES)
            .map(|phase| {
                let fraction = phase as f64 / PHASES as f64;
                std::array::from_fn(|i| {
                    let x = i as f64 - (REACH as f64 - 1.0) - fraction;
                    (cutoff * sinc(cutoff * x) * hann(x / REACH as f64)) as f32
                })
            })
            .collect();
        Self {
            step: f64::from(from) / f64::from(to),
            taps,
            input: vec![0.0; REACH],
            start: -(REACH as i64),
            next: 0,
        }
    }

    /// Takes samples, gives what can be made by now.
    pub(super) fn push(&mut self, pcm: &[i16]) -> Vec<i16> {
        self.input.extend(pcm.iter().map(|sample| f32::from(*sample)));
        let mut output = Vec::with_capacity((pcm.len() as f64 / self.step) as usize + 1);
        loop {
            let at = self.next as f64 * self.step;
            // Rounded to a phase; rounding up may reach the next sample.
            let phased = (at * PHASES as f64).round() as i64;
            let (whole, phase) = (phased.div_euclid(PHASES as i64), phased.rem_euclid(PHASES as i64));
            let first = (whole - self.start - (REACH as i64 - 1)) as usize;
            let Some(window) = self.input.get(first..first + 2 * REACH) else {
                let used = first.min(self.input.len());
                self.input.drain(..used);
                self.start += used as i64;
                return output;
            };
            let sum: f32 = window
                .iter()
                .zip(&self.taps[phase as usize])
                .map(|(sample, tap)| sample * tap)
                .sum();
            output.push(sum.round().clamp(f32::from(i16::MIN), f32::from(i16::MAX)) as i16);
            self.next += 1;
        }
    }

    /// Gives the rest, once there is no more input.
    pub(super) fn finish(&mut self) -> Vec<i16> {
        self.push(&[0; REACH])
    }
}

fn sinc(x: f64) -> f64 {
    let x = x * std::f64::consts::PI;
    if x.abs() < 1e-9 { 1.0 } else { x.sin() / x }
}

/// The window at `x` of -1..1.
fn hann(x: f64) -> f64 {
    if x.abs() >= 1.0 {
        0.0
    } else {
        0.5 + 0.5 * (x * std::f64::consts::PI).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate: u32, samples: usize) -> Vec<i16> {
        let wave = |i: usize| (std::f64::consts::TAU * 440.0 * i as f64 / f64::from(rate)).sin() * 10_000.0;
        (0..samples).map(|i| wave(i).round() as i16).collect()
    }

    #[test]
    fn a_tone_stays_the_same_tone_at_any_rate_and_chunk_size() {
        for (from, to) in [(16_000, 24_000), (22_050, 24_000), (24_000, 16_000), (16_000, 22_050)] {
            let mut resampler = Resampler::new(from, to);
            let input = tone(from, from as usize / 2);
            let mut output = Vec::new();
            for chunk in input.chunks(123) {
                output.extend(resampler.push(chunk));
            }
            output.extend(resampler.finish());
            assert!(
                output.len().abs_diff(to as usize / 2) <= 1,
                "{from} -> {to}: {}",
                output.len()
            );
            let expected = tone(to, output.len());
            let inner = 100..output.len() - 100;
            let worst = inner.map(|i| output[i].abs_diff(expected[i])).max().expect("samples");
            assert!(worst < 60, "{from} -> {to}: off by {worst} of 10000");
        }
    }
}

//! A whole recording in memory.

use std::time::Duration;

use colloquy_media::resample::{ResampleError, Resampler};

/// Mono sound of any length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sound {
    /// The samples.
    pub samples: Vec<i16>,
    /// Their rate, in Hz.
    pub rate: u32,
}

impl Sound {
    /// How long it lasts.
    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.samples.len() as f64 / f64::from(self.rate.max(1)))
    }

    /// The same sound at another rate, in Hz.
    ///
    /// # Errors
    /// When one of the rates is out of the range of speech, 8 to 48 kHz.
    pub fn at(self, rate: u32) -> Result<Self, ResampleError> {
        if self.rate == rate {
            return Ok(self);
        }
        let mut resampler = Resampler::new(self.rate, rate)?;
        let mut samples = Vec::with_capacity(self.samples.len() * rate as usize / self.rate as usize + 1);
        resampler.push(&self.samples, &mut samples);
        resampler.flush(&mut samples);
        Ok(Self { samples, rate })
    }

    /// Appends another sound, at this one's rate. Nothing yet takes the other's.
    ///
    /// # Errors
    /// As [`Sound::at`].
    pub fn append(&mut self, other: Self) -> Result<(), ResampleError> {
        if self.samples.is_empty() {
            *self = other;
        } else {
            self.samples.extend(other.at(self.rate)?.samples);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_rate_changes_neither_length_nor_level() {
        let samples: Vec<i16> = (0..24_000)
            .map(|n| ((n as f32 * 0.1).sin() * 10_000.0) as i16)
            .collect();
        let sound = Sound { samples, rate: 24_000 };
        for rate in [16_000, 44_100, 24_000] {
            let other = sound.clone().at(rate).unwrap();
            assert_eq!((other.rate, other.samples.len()), (rate, rate as usize));
            assert_eq!(other.duration(), Duration::from_secs(1));
            let loudest = other.samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
            assert!((9_500..10_500).contains(&loudest), "{rate}: {loudest}");
        }
        assert!(sound.at(96_000).is_err());
    }

    #[test]
    fn what_is_appended_takes_the_rate_of_what_is_there() {
        let mut sound = Sound::default();
        let part = |rate: u32| Sound {
            samples: vec![5; rate as usize],
            rate,
        };
        sound.append(part(16_000)).unwrap();
        sound.append(part(22_050)).unwrap();
        assert_eq!((sound.rate, sound.samples.len()), (16_000, 32_000));
    }
}

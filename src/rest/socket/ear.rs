//! From the pieces of sound that document 004's clients send to samples as they are heard: 16 kHz mono.

use colloquy_agents::pcm::PcmBytes;
use colloquy_agents::wav::WavStream;
use colloquy_media::HEARD_RATE;
use colloquy_media::resample::Resampler;
use colloquy_signaling::stream::StreamError;

use crate::rest::base64;

/// Reads pieces of any length, each with or without the header of a WAV file.
pub(super) struct Ear {
    /// The rate of pieces without a header, in Hz.
    rate: u32,
    bytes: PcmBytes,
    /// Made for the rate that came last, where it is another than is heard.
    resampler: Option<Resampler>,
}

impl Ear {
    pub(super) fn new(rate: u32) -> Self {
        Self {
            rate,
            bytes: PcmBytes::default(),
            resampler: None,
        }
    }

    /// The samples that a piece completes.
    pub(super) fn hear(&mut self, piece: &str) -> Result<Vec<i16>, StreamError> {
        let processing = |reason: String| StreamError::Processing(reason);
        let bytes = base64::decode(piece).ok_or_else(|| processing("audio_data is not base64".to_owned()))?;
        let mut samples = Vec::with_capacity(bytes.len() / 2 + 1);
        let rate = if bytes.starts_with(b"RIFF") {
            let mut wav = WavStream::new();
            wav.push(&bytes, &mut samples)
                .map_err(|error| processing(error.to_string()))?;
            // Samples without a header may go on after it, in the middle of one.
            self.bytes = PcmBytes::default();
            if let [.., last] = bytes[..]
                && bytes.len() % 2 == 1
            {
                self.bytes.push(&[last], &mut samples);
            }
            let rate = wav
                .rate()
                .ok_or_else(|| processing("the WAV header is cut".to_owned()))?;
            self.rate = rate;
            rate
        } else {
            self.bytes.push(&bytes, &mut samples);
            self.rate
        };
        self.heard(samples, rate)
    }

    fn heard(&mut self, samples: Vec<i16>, rate: u32) -> Result<Vec<i16>, StreamError> {
        if rate == HEARD_RATE {
            self.resampler = None;
            return Ok(samples);
        }
        if self.resampler.as_ref().is_none_or(|resampler| resampler.from() != rate) {
            let made = Resampler::new(rate, HEARD_RATE).map_err(|error| StreamError::Processing(error.to_string()))?;
            self.resampler = Some(made);
        }
        let mut heard = Vec::with_capacity(samples.len());
        if let Some(resampler) = self.resampler.as_mut() {
            resampler.push(&samples, &mut heard);
        }
        Ok(heard)
    }
}

#[cfg(test)]
mod tests {
    use colloquy_agents::wav;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_header_may_be_on_every_piece_on_the_first_or_on_none() {
        let samples: Vec<i16> = (0..600).collect();
        let raw: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let file = wav::encode(&samples, 16_000);
        for pieces in [
            vec![&raw[..], &[]],
            vec![&raw[..333], &raw[333..]],
            vec![&file[..], &[]],
            vec![&file[..77], &file[77..]],
        ] {
            let mut ear = Ear::new(16_000);
            let heard: Vec<i16> = pieces
                .iter()
                .flat_map(|piece| ear.hear(&base64::encode(piece)).unwrap())
                .collect();
            assert_eq!(heard, samples);
        }
        let mut ear = Ear::new(16_000);
        for _ in 0..2 {
            assert_eq!(ear.hear(&base64::encode(&file)).unwrap(), samples);
        }
    }

    #[test]
    fn another_rate_is_brought_to_that_which_is_heard() {
        let second = wav::encode(&[7; 48_000], 48_000);
        let heard = Ear::new(16_000).hear(&base64::encode(&second)).unwrap();
        assert!((15_000..=16_000).contains(&heard.len()), "{}", heard.len());
        let raw = base64::encode(&[0; 16_000]);
        let heard = Ear::new(8_000).hear(&raw).unwrap();
        assert!((15_000..=16_000).contains(&heard.len()), "{}", heard.len());
    }

    #[test]
    fn what_is_no_sound_is_told_and_forgotten() {
        let mut ear = Ear::new(16_000);
        for piece in ["?", "UklGRgAAAABOT05F", &base64::encode(b"RIFF")] {
            assert!(matches!(ear.hear(piece), Err(StreamError::Processing(_))), "{piece}");
        }
        assert_eq!(ear.hear("AQA="), Ok(vec![1]));
    }

    proptest! {
        #[test]
        fn any_pieces_are_heard_or_refused(pieces: Vec<Vec<u8>>, text: String) {
            let mut ear = Ear::new(8_000);
            for piece in pieces {
                let _ = ear.hear(&base64::encode(&piece));
                let headed = [b"RIFF".as_slice(), &piece].concat();
                let _ = ear.hear(&base64::encode(&headed));
            }
            let _ = ear.hear(&text);
        }
    }
}

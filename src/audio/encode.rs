//! Sound to files.

use colloquy_agents::wav;
use mp3lame_encoder::{
    Bitrate, BuildError, Builder, EncodeError, FlushGap, MonoPcm, Quality, max_required_buffer_size,
};

use super::{STORED_RATE, Sound};

/// How much an MP3 file takes: 8 kB a second, which is transparent for one voice.
const BITRATE: Bitrate = Bitrate::Kbps64;
/// Samples that are encoded at one go: a second.
const BLOCK: usize = STORED_RATE as usize;

/// Why there is no file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sound can't be encoded: {0}")]
pub struct EncodingError(String);

impl From<BuildError> for EncodingError {
    fn from(error: BuildError) -> Self {
        Self(error.to_string())
    }
}

impl From<EncodeError> for EncodingError {
    fn from(error: EncodeError) -> Self {
        Self(error.to_string())
    }
}

impl From<&tokio::task::JoinError> for EncodingError {
    fn from(error: &tokio::task::JoinError) -> Self {
        Self(error.to_string())
    }
}

/// An MP3 file: mono at [`STORED_RATE`]. Computes for long, so it belongs on the blocking pool.
///
/// # Errors
/// When the rate of the sound can't be converted, or there is no memory.
pub fn mp3(sound: Sound) -> Result<Vec<u8>, EncodingError> {
    let sound = sound
        .at(STORED_RATE)
        .map_err(|error| EncodingError(error.to_string()))?;
    let builder = Builder::new().ok_or_else(|| EncodingError("there is no memory".to_owned()))?;
    let mut encoder = builder
        .with_num_channels(1)?
        .with_sample_rate(STORED_RATE)?
        .with_brate(BITRATE)?
        .with_quality(Quality::Good)?
        // The tag would have to be written once the length is known; players know a constant rate without it.
        .with_to_write_vbr_tag(false)?
        .build()?;
    let mut file = Vec::new();
    for block in sound.samples.chunks(BLOCK) {
        file.reserve(max_required_buffer_size(block.len()));
        encoder.encode_to_vec(MonoPcm(block), &mut file)?;
    }
    file.reserve(max_required_buffer_size(0));
    encoder.flush_to_vec::<FlushGap>(&mut file)?;
    Ok(file)
}

/// A WAV file: mono, 16 bits, at the sound's own rate.
pub fn wav(sound: &Sound) -> Vec<u8> {
    wav::encode(&sound.samples, sound.rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::decode;

    fn tone(rate: u32, seconds: u32) -> Sound {
        let samples = (0..rate * seconds)
            .map(|n| ((n as f32 * 440.0 * std::f32::consts::TAU / rate as f32).sin() * 12_000.0) as i16)
            .collect();
        Sound { samples, rate }
    }

    #[test]
    fn an_mp3_file_is_mono_at_the_stored_rate_and_sounds_like_what_went_in() {
        for rate in [16_000, 22_050, 24_000, 48_000] {
            let file = mp3(tone(rate, 2)).unwrap();
            assert!((15_000..18_000).contains(&file.len()), "{} bytes", file.len());
            let heard = decode(&file).unwrap();
            assert_eq!(heard.rate, STORED_RATE);
            // The encoder's delay and padding come with it.
            let extra = heard.samples.len() as i64 - 2 * i64::from(STORED_RATE);
            assert!((0..4_000).contains(&extra), "{extra}");
            let middle = &heard.samples[20_000..60_000];
            let crossings = middle.windows(2).filter(|pair| (pair[0] < 0) != (pair[1] < 0)).count();
            assert!((790..805).contains(&crossings), "{crossings}");
        }
    }

    #[test]
    fn a_wav_file_is_read_back_as_it_was() {
        let sound = tone(16_000, 1);
        assert_eq!(decode(&wav(&sound)).unwrap(), sound);
    }

    #[test]
    fn no_sound_at_all_is_still_a_file() {
        assert!(
            mp3(Sound {
                samples: Vec::new(),
                rate: 16_000
            })
            .is_ok()
        );
    }
}

//! Sound as the WebSockets carry it: 16-bit samples at 16 kHz in base64, with and without the header of a WAV file.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::clip::PCM_RATE;

/// A WAV file up to its samples.
const HEADER: usize = 44;
/// So much base64 holds the header.
const HEADER_IN_BASE64: usize = 60;

/// Bare samples.
pub(super) fn base64(samples: &[i16]) -> String {
    BASE64_STANDARD.encode(bytes(samples))
}

/// A WAV file.
pub(super) fn encode(samples: &[i16]) -> String {
    let data = bytes(samples);
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut file = Vec::with_capacity(HEADER + data.len());
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&length.saturating_add(36).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16u32.to_le_bytes());
    // PCM, mono.
    file.extend_from_slice(&[1, 0, 1, 0]);
    file.extend_from_slice(&PCM_RATE.to_le_bytes());
    file.extend_from_slice(&(PCM_RATE * 2).to_le_bytes());
    file.extend_from_slice(&[2, 0, 16, 0]);
    file.extend_from_slice(b"data");
    file.extend_from_slice(&length.to_le_bytes());
    file.extend_from_slice(&data);
    BASE64_STANDARD.encode(file)
}

/// How long a WAV file plays, by its header and its size. Nothing that is none plays.
pub(super) fn length(file: &str) -> Option<Duration> {
    let header = BASE64_STANDARD.decode(file.get(..HEADER_IN_BASE64)?).ok()?;
    if !header.starts_with(b"RIFF") {
        return None;
    }
    let bytes_a_second = u32::from_le_bytes(header.get(28..32)?.try_into().ok()?);
    let padding = file.len() - file.trim_end_matches('=').len();
    let bytes = (file.len() / 4 * 3).saturating_sub(HEADER + padding);
    (bytes_a_second > 0).then(|| Duration::from_secs_f64(bytes as f64 / f64::from(bytes_a_second)))
}

fn bytes(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_encoded_is_a_wav_file_that_plays_as_long() {
        for samples in [1usize, 2, 3, 16_000, 24_001] {
            let file = encode(&vec![7; samples]);
            let decoded = BASE64_STANDARD.decode(&file).expect("base64");
            let mut reader = hound::WavReader::new(decoded.as_slice()).expect("a WAV file");
            assert_eq!(reader.spec().sample_rate, PCM_RATE);
            assert_eq!(
                reader
                    .samples::<i16>()
                    .filter(|sample| *sample.as_ref().expect("a sample") == 7)
                    .count(),
                samples
            );
            let played = length(&file).map(|length| (length.as_secs_f64() * f64::from(PCM_RATE)).round() as usize);
            assert!(samples < 8 || played == Some(samples), "{played:?} of {samples}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_length_or_none(text in "\\PC{0,120}", base in "[A-Za-z0-9+/=]{0,120}") {
            let _ = length(&text);
            let _ = length(&format!("UklGR{base}"));
        }
    }
}

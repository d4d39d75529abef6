//! WAV files of mono 16-bit PCM: written whole for uploads, read as a stream from programs that write to a pipe.

use crate::pcm::PcmBytes;

/// Why bytes are no WAV file that can be read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WavError {
    /// It doesn't begin with `RIFF....WAVE`.
    #[error("not a WAV file")]
    NotWav,
    /// The samples come before their format, or after more than 4 KiB of other chunks.
    #[error("the WAV header is malformed")]
    MalformedHeader,
    /// Another encoding, sample size, number of channels or a rate of 0.
    #[error("the WAV file is not mono 16-bit PCM")]
    UnsupportedFormat,
}

/// A whole WAV file of mono 16-bit samples at `rate` Hz.
pub fn encode(samples: &[i16], rate: u32) -> Vec<u8> {
    let data = u32::try_from(samples.len() * 2).unwrap_or(u32::MAX);
    let mut file = Vec::with_capacity(44 + samples.len() * 2);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&data.saturating_add(36).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16u32.to_le_bytes());
    file.extend_from_slice(&PCM.to_le_bytes());
    file.extend_from_slice(&1u16.to_le_bytes());
    file.extend_from_slice(&rate.to_le_bytes());
    file.extend_from_slice(&rate.saturating_mul(2).to_le_bytes());
    file.extend_from_slice(&2u16.to_le_bytes());
    file.extend_from_slice(&16u16.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&data.to_le_bytes());
    for sample in samples {
        file.extend_from_slice(&sample.to_le_bytes());
    }
    file
}

/// Reads a WAV file piece by piece. A length that the writer didn't know (a pipe) may be any number that is too large.
#[derive(Debug)]
pub struct WavStream {
    state: State,
}

#[derive(Debug)]
enum State {
    Header(Vec<u8>),
    Samples { rate: u32, left: usize, pcm: PcmBytes },
}

impl Default for WavStream {
    fn default() -> Self {
        Self::new()
    }
}

impl WavStream {
    /// A reader before the first byte.
    pub fn new() -> Self {
        Self {
            state: State::Header(Vec::new()),
        }
    }

    /// The rate in Hz, once the header was read.
    pub fn rate(&self) -> Option<u32> {
        match self.state {
            State::Header(_) => None,
            State::Samples { rate, .. } => Some(rate),
        }
    }

    /// Appends the samples that `bytes` completes to `samples`; what follows the samples is ignored.
    pub fn push(&mut self, bytes: &[u8], samples: &mut Vec<i16>) -> Result<(), WavError> {
        match &mut self.state {
            State::Header(header) => {
                header.extend_from_slice(bytes);
                let Some((rate, start, length)) = parse_header(header)? else {
                    return if header.len() > LONGEST_HEADER {
                        Err(WavError::MalformedHeader)
                    } else {
                        Ok(())
                    };
                };
                let rest = header.split_off(start);
                self.state = State::Samples {
                    rate,
                    left: length,
                    pcm: PcmBytes::default(),
                };
                self.push(&rest, samples)
            }
            State::Samples { left, pcm, .. } => {
                let taken = bytes.len().min(*left);
                *left -= taken;
                pcm.push(&bytes[..taken], samples);
                Ok(())
            }
        }
    }
}

/// The rate, where the samples start and their length in bytes; nothing while bytes are missing.
fn parse_header(bytes: &[u8]) -> Result<Option<(u32, usize, usize)>, WavError> {
    for (at, expected) in [(0, b"RIFF"), (8, b"WAVE")] {
        let seen = bytes.get(at..).unwrap_or_default();
        let seen = &seen[..seen.len().min(4)];
        if !expected.starts_with(seen) {
            return Err(WavError::NotWav);
        }
    }
    let mut rate = None;
    let mut at = 12;
    while let Some(chunk) = bytes.get(at..at + 8) {
        let length = u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]) as usize;
        at += 8;
        match &chunk[..4] {
            b"data" => {
                let rate = rate.ok_or(WavError::MalformedHeader)?;
                return Ok(Some((rate, at, length)));
            }
            b"fmt " => {
                let Some(format) = bytes.get(at..at + 16) else {
                    break;
                };
                rate = Some(parse_format(format)?);
            }
            _ => {}
        }
        // Chunks are padded to an even length. One that ends past the limit fails there.
        at += (length + length % 2).min(LONGEST_HEADER + 1);
    }
    Ok(None)
}

fn parse_format(format: &[u8]) -> Result<u32, WavError> {
    let field = |at: usize| u16::from_le_bytes([format[at], format[at + 1]]);
    let rate = u32::from_le_bytes([format[4], format[5], format[6], format[7]]);
    if [PCM, EXTENSIBLE].contains(&field(0)) && field(2) == 1 && field(14) == 16 && rate > 0 {
        Ok(rate)
    } else {
        Err(WavError::UnsupportedFormat)
    }
}

/// `WAVE_FORMAT_PCM`.
const PCM: u16 = 1;
/// `WAVE_FORMAT_EXTENSIBLE`.
const EXTENSIBLE: u16 = 0xFFFE;
/// The most bytes before the samples.
const LONGEST_HEADER: usize = 4096;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&[u8]]) -> Result<(Option<u32>, Vec<i16>), WavError> {
        let mut stream = WavStream::new();
        let mut samples = Vec::new();
        for piece in pieces {
            stream.push(piece, &mut samples)?;
        }
        Ok((stream.rate(), samples))
    }

    #[test]
    fn a_pipe_with_an_unknown_length_is_read_to_its_end() {
        let mut file = encode(&[1, -2, 3], 22_050);
        file[40..44].copy_from_slice(&0x7FFF_F000u32.to_le_bytes());
        assert_eq!(read(&[&file]), Ok((Some(22_050), vec![1, -2, 3])));
    }

    #[test]
    fn other_chunks_are_skipped() {
        let plain = encode(&[5, 6], 8_000);
        let mut file = plain[..12].to_vec();
        file.extend_from_slice(b"LIST\x03\0\0\0abc\0");
        file.extend_from_slice(&plain[12..]);
        file.extend_from_slice(b"LIST\x02\0\0\0zz");
        assert_eq!(read(&[&file]), Ok((Some(8_000), vec![5, 6])));
    }

    #[test]
    fn what_is_no_mono_16_bit_wav_is_refused() {
        assert_eq!(read(&[b"ID3"]), Err(WavError::NotWav));
        let mut stereo = encode(&[1], 8_000);
        stereo[22] = 2;
        assert_eq!(read(&[&stereo]), Err(WavError::UnsupportedFormat));
        let mut samples_first = encode(&[1], 8_000);
        samples_first[12..16].copy_from_slice(b"junk");
        assert_eq!(read(&[&samples_first]), Err(WavError::MalformedHeader));
        let mut endless = b"RIFF\0\0\0\0WAVEjunk\xFF\xFF\xFF\xFF".to_vec();
        endless.resize(LONGEST_HEADER + 1, 0);
        assert_eq!(read(&[&endless]), Err(WavError::MalformedHeader));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_in_pieces_of_any_length(samples: Vec<i16>, rate in 1u32.., cut in 1usize..60) {
            let file = encode(&samples, rate);
            let pieces: Vec<&[u8]> = file.chunks(cut).collect();
            prop_assert_eq!(read(&pieces), Ok((Some(rate), samples)));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, chunks in proptest::collection::vec(any::<(u32, u32)>(), 0..4)) {
            let _ = read(&[&bytes]);
            let mut file = b"RIFF\0\0\0\0WAVE".to_vec();
            for (id, length) in chunks {
                file.extend_from_slice(&id.to_le_bytes());
                file.extend_from_slice(&length.to_le_bytes());
            }
            file.extend_from_slice(&bytes);
            let _ = read(&[&file]);
        }
    }
}

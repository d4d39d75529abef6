//! WAV files of mono 16-bit PCM: written whole for uploads, read as a stream from programs that write to a pipe.

use std::io::Cursor;

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
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = Cursor::new(Vec::with_capacity(44 + samples.len() * 2));
    let write = |file: &mut Cursor<Vec<u8>>| {
        let mut writer = hound::WavWriter::new(file, spec)?;
        for sample in samples {
            writer.write_sample(*sample)?;
        }
        writer.finalize()
    };
    // Memory takes every write.
    write(&mut file).expect("a file in memory can be written");
    file.into_inner()
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
    let reader = match hound::WavReader::new(Cursor::new(bytes)) {
        Ok(reader) => reader,
        Err(hound::Error::IoError(_)) if !is_foreign(bytes) => return Ok(None),
        Err(hound::Error::FormatError(_)) if !is_foreign(bytes) => return Err(WavError::MalformedHeader),
        Err(hound::Error::Unsupported) => return Err(WavError::UnsupportedFormat),
        Err(_) => return Err(WavError::NotWav),
    };
    let spec = reader.spec();
    let is_plain = spec.channels == 1 && spec.bits_per_sample == 16 && spec.sample_format == hound::SampleFormat::Int;
    if !is_plain || spec.sample_rate == 0 {
        return Err(WavError::UnsupportedFormat);
    }
    let length = reader.len() as usize * 2;
    let start = usize::try_from(reader.into_inner().position()).unwrap_or(usize::MAX);
    Ok(Some((spec.sample_rate, start, length)))
}

/// Whether the bytes so far are the beginning of no WAV file.
fn is_foreign(bytes: &[u8]) -> bool {
    [(0, b"RIFF"), (8, b"WAVE")].into_iter().any(|(at, expected)| {
        let seen = bytes.get(at..).unwrap_or_default();
        !expected.starts_with(&seen[..seen.len().min(4)])
    })
}

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
        file.extend_from_slice(b"LIST\x04\0\0\0abcd");
        file.extend_from_slice(&plain[12..]);
        file.extend_from_slice(b"LIST\x02\0\0\0zz");
        assert_eq!(read(&[&file]), Ok((Some(8_000), vec![5, 6])));
    }

    #[test]
    fn what_is_no_mono_16_bit_wav_is_refused() {
        assert_eq!(read(&[b"ID3"]), Err(WavError::NotWav));
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 8_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut stereo = Cursor::new(Vec::new());
        let writer = hound::WavWriter::new(&mut stereo, spec).and_then(hound::WavWriter::finalize);
        assert!(writer.is_ok());
        assert_eq!(read(&[stereo.get_ref()]), Err(WavError::UnsupportedFormat));
        let mut samples_first = encode(&[1], 8_000);
        samples_first[12..16].copy_from_slice(b"junk");
        assert_eq!(read(&[&samples_first]), Err(WavError::MalformedHeader));
        let mut endless = b"RIFF\0\0\0\0WAVEjunk\xFF\xFF\xFF\xFF".to_vec();
        endless.resize(LONGEST_HEADER + 1, 0);
        assert_eq!(read(&[&endless]), Err(WavError::MalformedHeader));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_in_pieces_of_any_length(samples: Vec<i16>, rate in 1u32..=768_000, cut in 1usize..60) {
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

//! From a container to samples.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::default::formats::{MkvReader, MpaReader, OggReader, WavReader};

use super::kind::Kind;
use super::opus::{self, OpusPackets};
use super::{DecodeError, LONGEST, wav};
use crate::audio::Sound;

/// The highest rate that is taken as it is, in Hz; a multiple of it or of 44.1 kHz is brought down by averaging.
const HIGHEST_RATE: u32 = 48_000;
/// The lowest rate of speech, in Hz.
const LOWEST_RATE: u32 = 8_000;
/// Packets in a row that give nothing, after which a file is given up.
const PATIENCE: usize = 64;

pub(super) fn decode(kind: Kind, bytes: &[u8]) -> Result<Sound, DecodeError> {
    let mended;
    let bytes = match kind {
        Kind::Wav => {
            mended = wav::mended(bytes);
            mended.as_ref()
        }
        Kind::Mp3 { skip } => &bytes[skip..],
        Kind::Webm | Kind::Ogg => bytes,
    };
    // Symphonia asks for a source that lives as long as it likes.
    let stream = MediaSourceStream::new(Box::new(Forward(Cursor::new(bytes.to_vec()))), Default::default());
    let options = FormatOptions::default();
    let mut reader: Box<dyn FormatReader> = match kind {
        Kind::Wav => Box::new(WavReader::try_new(stream, options).map_err(refused)?),
        Kind::Mp3 { .. } => Box::new(MpaReader::try_new(stream, options).map_err(refused)?),
        Kind::Webm => Box::new(MkvReader::try_new(stream, options).map_err(refused)?),
        Kind::Ogg => Box::new(OggReader::try_new(stream, options).map_err(refused)?),
    };
    let track = reader.default_track(TrackType::Audio).ok_or(DecodeError::Empty)?;
    let id = track.id;
    let Some(CodecParameters::Audio(parameters)) = track.codec_params.clone() else {
        return Err(DecodeError::Empty);
    };
    let mut decoder = if parameters.codec == CODEC_ID_OPUS {
        TrackDecoder::Opus(OpusPackets::new(parameters.extra_data.as_deref())?)
    } else {
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(&parameters, &AudioDecoderOptions::default())
            .map_err(|_| DecodeError::Unsupported("its codec"))?;
        TrackDecoder::Other(decoder, Mixer::default())
    };
    let mut sound = Sound::default();
    let mut fruitless = 0;
    loop {
        let packet = match reader.next_packet() {
            Ok(Some(packet)) => packet,
            // A file that breaks off is heard as far as it goes.
            Ok(None) | Err(Error::IoError(_)) => break,
            // Another stream is chained to this one (RFC 3533, section 4): one is enough.
            Err(Error::ResetRequired) => break,
            Err(_) if !sound.samples.is_empty() => break,
            Err(error) => return Err(refused(error)),
        };
        if packet.track_id != id {
            continue;
        }
        if decoder.decode(&packet, &mut sound)? {
            fruitless = 0;
        } else {
            fruitless += 1;
        }
        if fruitless > PATIENCE {
            return Err(DecodeError::Corrupt("most of it is damaged".to_owned()));
        }
        if sound.duration() > LONGEST {
            return Err(DecodeError::TooLong);
        }
    }
    Ok(sound)
}

enum TrackDecoder {
    Opus(OpusPackets),
    Other(Box<dyn AudioDecoder>, Mixer),
}

impl TrackDecoder {
    /// Appends what a packet holds; false if that is nothing.
    fn decode(&mut self, packet: &symphonia::core::packet::Packet, sound: &mut Sound) -> Result<bool, DecodeError> {
        match self {
            Self::Opus(packets) => {
                sound.rate = opus::RATE;
                Ok(packets.decode(&packet.data, &mut sound.samples))
            }
            Self::Other(decoder, mixer) => match decoder.decode(packet) {
                Ok(buffer) => mixer.mix(&buffer, sound),
                Err(Error::Unsupported(what)) => Err(DecodeError::Unsupported(what)),
                Err(_) => Ok(false),
            },
        }
    }
}

/// Makes one channel of any number, and a rate of speech of any multiple.
#[derive(Default)]
struct Mixer {
    interleaved: Vec<f32>,
    /// The sum of samples that are still to be averaged, and how many they are.
    sum: f32,
    summed: u32,
}

impl Mixer {
    fn mix(&mut self, buffer: &GenericAudioBufferRef<'_>, sound: &mut Sound) -> Result<bool, DecodeError> {
        let (rate, channels) = (buffer.spec().rate(), buffer.num_planes());
        if channels == 0 || buffer.frames() == 0 {
            return Ok(false);
        }
        let factor = rate.div_ceil(HIGHEST_RATE);
        if rate < LOWEST_RATE || rate % factor != 0 {
            return Err(DecodeError::Unsupported("its sample rate"));
        }
        // A file that changes its rate midway is damaged, or made to annoy.
        if !sound.samples.is_empty() && sound.rate != rate / factor {
            return Ok(false);
        }
        sound.rate = rate / factor;
        buffer.copy_to_vec_interleaved(&mut self.interleaved);
        for frame in self.interleaved.chunks_exact(channels) {
            self.sum += frame.iter().sum::<f32>() / channels as f32;
            self.summed += 1;
            if self.summed == factor {
                let sample = self.sum / factor as f32 * 32_768.0;
                sound.samples.push(sample.round().clamp(-32_768.0, 32_767.0) as i16);
                self.sum = 0.0;
                self.summed = 0;
            }
        }
        Ok(true)
    }
}

fn refused(error: Error) -> DecodeError {
    match error {
        Error::Unsupported(what) => DecodeError::Unsupported(what),
        Error::IoError(_) => DecodeError::Corrupt("it breaks off".to_owned()),
        other => DecodeError::Corrupt(other.to_string()),
    }
}

/// A file that is read from its start to its end. Uploads of live recorders have no index to follow, and one that claims
/// to have may lead in circles.
struct Forward(Cursor<Vec<u8>>);

impl Read for Forward {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Seek for Forward {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl MediaSource for Forward {
    fn is_seekable(&self) -> bool {
        false
    }

    /// Not told: a file that breaks off would be refused for claiming more than there is.
    fn byte_len(&self) -> Option<u64> {
        None
    }
}

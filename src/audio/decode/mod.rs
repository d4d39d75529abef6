//! Files that people upload: WAV, MP3, WebM and Ogg (Opus or Vorbis), recognised by what is in them, to mono sound.
//!
//! Names and media types that clients give are often wrong, so nobody asks for them. Files of live recorders, whose headers
//! don't know their length, and files that break off are read as far as they go.

mod container;
mod kind;
mod opus;
mod wav;

#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::time::Duration;

use tokio::sync::Semaphore;

use self::kind::Kind;
use super::{Sound, UPLOAD_LIMIT};

/// The longest recording that is taken.
pub const LONGEST: Duration = Duration::from_secs(10 * 60);
/// The rate of headerless samples, in Hz.
const RAW_RATE: u32 = 16_000;

/// Why bytes are no sound.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// More bytes than are taken.
    #[error("the audio file is larger than {UPLOAD_LIMIT} bytes")]
    TooLarge,
    /// More sound than is taken.
    #[error("the audio is longer than {} minutes", LONGEST.as_secs() / 60)]
    TooLong,
    /// Not WAV, MP3, WebM or Ogg.
    #[error("the audio is not in a format that is supported: WAV, MP3, WebM or Ogg")]
    UnknownFormat,
    /// One of those, but not as it is read here.
    #[error("the audio can't be decoded: {0} is not supported")]
    Unsupported(&'static str),
    /// One of those, but broken.
    #[error("the audio can't be decoded: {0}")]
    Corrupt(String),
    /// A file without a single sample.
    #[error("there is no sound in the audio")]
    Empty,
}

/// Decodes a whole file. Computes for long: see [`decode_elsewhere`].
///
/// # Errors
/// When it is no sound, or too much of it.
pub fn decode(bytes: &[u8]) -> Result<Sound, DecodeError> {
    let kind = Kind::of(bytes).ok_or(DecodeError::UnknownFormat)?;
    decode_as(kind, bytes)
}

/// The same, but what has the mark of no container is read as samples: signed 16-bit little-endian mono at 16 kHz.
///
/// # Errors
/// As [`decode`].
pub fn decode_or_raw(bytes: &[u8]) -> Result<Sound, DecodeError> {
    match Kind::of(bytes) {
        Some(kind) => decode_as(kind, bytes),
        None => raw(bytes),
    }
}

/// Whether bytes are meant as a file that is decoded here, by their beginning: it may be broken after that.
pub fn is_begun(bytes: &[u8]) -> bool {
    kind::is_begun(bytes)
}

/// Decodes on the blocking pool, a few files at a time.
///
/// # Errors
/// As [`decode`].
pub async fn decode_elsewhere(bytes: impl AsRef<[u8]> + Send + 'static) -> Result<Sound, DecodeError> {
    elsewhere(move || decode(bytes.as_ref())).await
}

/// [`decode_or_raw`] on the blocking pool, a few files at a time.
///
/// # Errors
/// As [`decode`].
pub async fn decode_or_raw_elsewhere(bytes: impl AsRef<[u8]> + Send + 'static) -> Result<Sound, DecodeError> {
    elsewhere(move || decode_or_raw(bytes.as_ref())).await
}

/// A recording of ten minutes takes some 60 MB while it is decoded: not more of them than there are cores.
static TURNS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(2, usize::from)));

async fn elsewhere<F>(work: F) -> Result<Sound, DecodeError>
where
    F: FnOnce() -> Result<Sound, DecodeError> + Send + 'static,
{
    let _turn = TURNS.acquire().await.expect("nobody closes it");
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(DecodeError::Corrupt(error.to_string())))
}

fn decode_as(kind: Kind, bytes: &[u8]) -> Result<Sound, DecodeError> {
    if bytes.len() > UPLOAD_LIMIT {
        return Err(DecodeError::TooLarge);
    }
    // The demuxers are other people's, and what they read comes from anyone: a bug in one costs the upload, nothing else.
    // Nothing outlives the call, so nothing can be left half done.
    let decoded = catch_unwind(AssertUnwindSafe(|| container::decode(kind, bytes)));
    let sound = decoded.unwrap_or_else(|_| Err(DecodeError::Corrupt("the decoder gave up".to_owned())))?;
    if sound.samples.is_empty() {
        return Err(DecodeError::Empty);
    }
    Ok(sound)
}

fn raw(bytes: &[u8]) -> Result<Sound, DecodeError> {
    if bytes.len() > UPLOAD_LIMIT {
        return Err(DecodeError::TooLarge);
    }
    let samples: Vec<i16> = bytes
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    if samples.is_empty() {
        return Err(DecodeError::Empty);
    }
    let sound = Sound {
        samples,
        rate: RAW_RATE,
    };
    if sound.duration() > LONGEST {
        return Err(DecodeError::TooLong);
    }
    Ok(sound)
}

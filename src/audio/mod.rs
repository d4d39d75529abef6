//! Sound in files: uploads are decoded, the tutor's words are rendered, and files are kept.
//!
//! | module | what lives there |
//! |---|---|
//! | [`sound`] | a whole recording in memory |
//! | [`mod@decode`] | WAV, MP3, WebM and Ogg to sound, recognised by content |
//! | [`encode`] | sound to MP3 and WAV |
//! | [`voicing`] | a whole text as sound, said by the configured voice |
//! | [`uploads`] | what learners say, kept if they ask for it |
//! | [`store`] | the files under `AUDIO_DIR`, and their URLs |
//!
//! Everything here computes for longer than a millisecond or touches the disk; the `async` functions do so on the blocking
//! pool, a few at a time.

pub mod decode;
pub mod encode;
pub mod sound;
pub mod store;
pub mod uploads;
pub mod voicing;

pub use decode::{DecodeError, decode, decode_or_raw};
pub use sound::Sound;
pub use store::{AudioName, AudioStore, audio_url};
pub use voicing::{VoiceError, Voicing};

/// The rate of files that are kept, in Hz. They are mono.
pub const STORED_RATE: u32 = 44_100;
/// The largest file that is taken, in bytes: 10 MB.
pub const UPLOAD_LIMIT: usize = 10 * 1024 * 1024;

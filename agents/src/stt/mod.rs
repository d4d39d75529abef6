//! Recognisers: speech to text.

pub mod deepgram;
pub mod elevenlabs;
pub mod embedded;
pub mod openai;
pub mod scripted;
#[cfg(feature = "whisper")]
pub mod whisper;

mod judge;
mod likely_slips;
mod pool;
mod prepared;
mod recorded;
mod recording;

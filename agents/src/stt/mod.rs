//! Recognisers: speech to text.

pub mod elevenlabs;
pub mod embedded;
pub mod openai;
pub mod scripted;

mod judge;
mod prepared;
mod recorded;
mod recording;

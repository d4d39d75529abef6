//! Voices: text to speech.
//!
//! | module | voice |
//! |---|---|
//! | [`elevenlabs`] | ElevenLabs |
//! | [`embedded`] | the voices that need nothing else: flite for English, espeak-ng for the rest |
//! | [`espeak`] | espeak-ng as a separate process |
//! | [`flite`] | flite in pure Rust, English |
//! | [`openai`] | any OpenAI-compatible server |
//! | [`scripted`] | canned speech for tests and load tests |
//! | [`timing`] | when words are said |

mod characters;
pub mod elevenlabs;
pub mod embedded;
pub mod espeak;
pub mod flite;
pub mod openai;
pub mod scripted;
mod shape;
pub mod timing;

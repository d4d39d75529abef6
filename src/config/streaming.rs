//! Document 004's sound.

use super::{ConfigError, Environment, flag};

/// How the sound of the WebSocket `/ws` comes and goes.
#[derive(Clone, Copy, Debug)]
pub struct StreamingConfig {
    /// `DEBUG` \[true\]: whether clients are told the reasons of faults that are ours.
    pub debug: bool,
    /// `SAMPLE_RATE` \[16000\]: the rate of sound without a header, and of replies, in Hz.
    pub sample_rate: u32,
    /// `CHUNK_SIZE` \[1024\]: samples that are listened to at once.
    pub chunk_size: usize,
}

impl StreamingConfig {
    /// Reads its variables.
    pub fn from_env(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            debug: environment.required("DEBUG", "true", "true or false", flag)?,
            sample_rate: environment.required("SAMPLE_RATE", "16000", "a rate from 8000 to 48000 Hz", |text| {
                text.parse().ok().filter(|rate| (8_000..=48_000).contains(rate))
            })?,
            chunk_size: environment.required(
                "CHUNK_SIZE",
                "1024",
                "a number of samples from 160 to 65536",
                |text| text.parse().ok().filter(|size| (160..=65_536).contains(size)),
            )?,
        })
    }
}

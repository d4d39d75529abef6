//! Saying once that a service is away, not at every text.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::engine::EngineError;

/// Whether a service was away when it was asked last.
#[derive(Debug, Default)]
pub(super) struct Outage(AtomicBool);

impl Outage {
    /// Takes note of an answer, and passes on what it was.
    pub fn note<T>(&self, service: &'static str, answer: Result<T, EngineError>) -> Option<T> {
        match answer {
            Ok(answer) => {
                if self.0.swap(false, Ordering::Relaxed) {
                    tracing::info!(service, "texts are checked by the service again");
                }
                Some(answer)
            }
            Err(error) => {
                if !self.0.swap(true, Ordering::Relaxed) {
                    tracing::warn!(service, %error, "texts are checked without the service");
                }
                None
            }
        }
    }
}

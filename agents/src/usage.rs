//! What the work of providers costs, in the units in which they count it.

use std::sync::Arc;

use crate::chain::Service;

/// What a provider counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// Tokens that a dialogue model read, as it says.
    InputTokens,
    /// Tokens that it wrote, its thoughts included, as it says.
    OutputTokens,
    /// Characters that a voice was given to say, or a checker to read.
    Characters,
    /// Seconds of sound that a recogniser was given to hear. What is sent again counts again.
    AudioSeconds,
}

/// Told what is used, also by requests whose answer nobody wanted any more: for metrics. Called on the way of a reply, so it
/// must be quick.
pub trait Meter: Send + Sync + 'static {
    /// An engine has used so much more. What no provider tells and nobody can count is not told.
    fn used(&self, _service: Service, _engine: &'static str, _unit: Unit, _amount: f64) {}
}

/// Nobody is told.
impl Meter for () {}

/// A meter that can be printed.
#[derive(Clone)]
pub(crate) struct SharedMeter(pub(crate) Arc<dyn Meter>);

impl Default for SharedMeter {
    fn default() -> Self {
        Self(Arc::new(()))
    }
}

impl std::fmt::Debug for SharedMeter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meter")
    }
}

//! What carries callers: WebRTC on shared threads, WebSockets on tasks, and the REST calls that begin and end both.

mod access;
mod media_thread;
mod seat;
mod socket;
mod wav;
mod web_socket;
mod whip;
mod wires;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::caller::Caller;
use crate::measure::Measures;
use crate::surface::Surface;

pub use access::{Access, Credential};
pub use media_thread::{MediaThread, MediaThreadError, Work};
pub use socket::talk;
pub use whip::{Whip, WhipError, WhipEvent};

/// The measures of all callers, shared by what carries them. Locked a few times a turn and once a second, never for a packet.
pub type Shared = Arc<Mutex<Measures>>;

/// Hands over what a caller saw.
fn report(measures: &Shared, caller: &mut Caller, surface: Surface, conversation: &str, now: Instant) {
    let Some(first) = caller.poll_observation() else {
        return;
    };
    let mut measures = lock(measures);
    measures.observe(surface, conversation, first, now);
    while let Some(observation) = caller.poll_observation() {
        measures.observe(surface, conversation, observation, now);
    }
}

/// Figures are good whoever panicked while adding to them.
pub(crate) fn lock(measures: &Shared) -> std::sync::MutexGuard<'_, Measures> {
    measures.lock().unwrap_or_else(PoisonError::into_inner)
}

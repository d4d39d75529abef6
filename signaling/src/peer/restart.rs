//! What a WHIP PATCH asks of a peer: more candidates, or a new ICE session (RFC 9725 section 4.3).

use std::time::Instant;

use super::{Peer, Phase, setup};
use crate::sdp::{self, Fragment, MAX_CANDIDATES};

/// Why a fragment can't be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestartError {
    /// A restart needs both credentials.
    #[error("the fragment has no ice-ufrag and ice-pwd")]
    NoCredentials,
    /// The credentials are those of the running session.
    #[error("the fragment restarts nothing: its credentials are the current ones")]
    Unchanged,
    /// Candidates of an ICE session that isn't running.
    #[error("the fragment belongs to another ICE session")]
    ForeignSession,
    /// The peer has left.
    #[error("the peer has left")]
    Ended,
    /// The WebRTC core refused the restart.
    #[error("the restart failed: {0}")]
    Core(String),
}

impl Peer {
    /// Whether a fragment speaks of another ICE session than the running one, which makes it a restart.
    pub fn is_restart(&self, fragment: &Fragment) -> bool {
        fragment
            .ufrag
            .as_deref()
            .is_some_and(|ufrag| ufrag != self.offer.ufrag())
    }

    /// Takes in the client's further candidates. Those that can't be used (names, TCP) are left out and counted: the
    /// client's own checks reach us all the same.
    pub fn trickle(&mut self, fragment: &Fragment, now: Instant) -> Result<(), RestartError> {
        if self.is_ended() {
            return Err(RestartError::Ended);
        }
        if self.is_restart(fragment) {
            return Err(RestartError::ForeignSession);
        }
        for candidate in &fragment.candidates {
            let usable = candidate.is_reachable() && self.trickled < MAX_CANDIDATES;
            if usable && self.core.add_remote_candidate(setup::candidate_init(candidate)).is_ok() {
                self.trickled += 1;
            } else {
                self.counters.candidates_ignored += 1;
            }
        }
        self.drain(None, now);
        Ok(())
    }

    /// Begins a new ICE session with the client's new credentials; DTLS, keys and channels stay. Gives back our side of it.
    /// Afterwards register the new [`local_ufrag`](Self::local_ufrag).
    pub fn restart(&mut self, fragment: &Fragment, now: Instant) -> Result<Fragment, RestartError> {
        if self.phase == Phase::Closed {
            return Err(RestartError::Ended);
        }
        let credentials = fragment.credentials().ok_or(RestartError::NoCredentials)?;
        if credentials.ufrag == self.offer.ufrag() {
            return Err(RestartError::Unchanged);
        }
        let offer = self.offer.restarted(credentials, fragment.candidates.clone());
        let own = setup::answer(&mut self.core, &offer, &self.hosts, now)
            .map_err(|error| RestartError::Core(error.to_string()))?;
        let (local, answer) = sdp::local_ice(&own, offer.audio_mid())
            .ok_or_else(|| RestartError::Core("the core's answer is incomplete".to_owned()))?;
        self.offer = offer;
        self.local = local;
        self.trickled = 0;
        self.alias.restarted();
        self.restarting = true;
        if self.phase == Phase::Failed {
            self.phase = Phase::Disconnected;
        }
        self.drain(None, now);
        Ok(answer)
    }
}

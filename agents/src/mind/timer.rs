//! The mind's timers, one table of them.

use std::time::Instant;

/// What the mind waits for. Every wait has one, so that no silence of an engine ends a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    /// The end of an utterance.
    Turn,
    /// The final transcript of a turn that is over.
    Recognition,
    /// The next piece of a reply.
    Reply,
    /// Speech, or progress of its playout.
    Speech,
    /// The verdict on a barge-in.
    BargeIn,
    /// The account of a flush.
    Flush,
    /// Somebody to say something.
    Idle,
}

impl Timer {
    const ALL: [Self; 7] = [
        Self::Turn,
        Self::Recognition,
        Self::Reply,
        Self::Speech,
        Self::BargeIn,
        Self::Flush,
        Self::Idle,
    ];
}

/// When each timer expires.
#[derive(Clone, Debug, Default)]
pub(super) struct Timers([Option<Instant>; Timer::ALL.len()]);

impl Timers {
    pub(super) fn set(&mut self, timer: Timer, at: Instant) {
        self.0[timer as usize] = Some(at);
    }

    pub(super) fn stop(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    pub(super) fn is_set(&self, timer: Timer) -> bool {
        self.0[timer as usize].is_some()
    }

    pub(super) fn stop_all(&mut self) {
        *self = Self::default();
    }

    /// The earliest expiry.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.iter().flatten().min().copied()
    }

    /// Takes the first timer that has expired.
    pub(super) fn expire(&mut self, now: Instant) -> Option<Timer> {
        let timer = Timer::ALL
            .into_iter()
            .find(|timer| self.0[*timer as usize].is_some_and(|at| at <= now))?;
        self.stop(timer);
        Some(timer)
    }
}

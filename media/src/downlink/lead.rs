//! The silence before a reply: whoever waits for an answer doesn't wait for that, too.

use std::time::Instant;

use super::account::Firsts;
use super::source::Next;
use super::{Downlink, INAUDIBLE};
use crate::level;

/// Frames of silence that a reply may begin with and that are passed over: 100 ms. A longer silence is meant.
const LONGEST_LEAD: u8 = 5;

impl Downlink {
    /// Passes over the silence that a reply begins with: nobody waits for an answer longer than they have to. It counts as
    /// heard.
    pub(super) fn pass_over_lead(&mut self, now: Instant) {
        while self.lead < LONGEST_LEAD && self.source.generation() != self.current {
            let account = &mut self.account;
            let begun = &mut self.begun;
            let mut leave = |generation, phrase, samples| {
                if account.leave(generation, phrase, samples, now) {
                    begun.push(generation, phrase);
                }
            };
            match self.source.next() {
                Next::Pcm if level::dbov(self.source.pcm()) <= INAUDIBLE => self.source.take_pcm(&mut leave),
                Next::Packet { speech, index } if speech.packet(index).is_some_and(|(_, level)| level <= INAUDIBLE) => {
                    self.source.take_packet(&mut leave);
                }
                _ => return,
            }
            self.lead += 1;
            // There may have been nothing else.
            self.settle(now);
        }
    }

    pub(super) fn forget_lead(&mut self) {
        self.lead = 0;
        self.begun = Firsts::default();
    }
}

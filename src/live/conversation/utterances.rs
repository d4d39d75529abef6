//! Utterances are numbered by each person's uplink. The agent hears them all under one numbering, in which they rise in the
//! order in which they began, whoever spoke.

use crate::live::PeerId;

/// The utterances of a conversation that are being said.
#[derive(Debug, Default)]
pub(super) struct Utterances {
    newest: u64,
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    number: u64,
    peer: PeerId,
    utterance: u64,
}

impl Utterances {
    /// Somebody begins to speak: gives the conversation's number of the uplink's `utterance`.
    pub(super) fn begin(&mut self, peer: PeerId, utterance: u64) -> u64 {
        self.newest += 1;
        self.open.push(Open {
            number: self.newest,
            peer,
            utterance,
        });
        self.newest
    }

    /// The conversation's number of an utterance that goes on.
    pub(super) fn number(&self, peer: PeerId, utterance: u64) -> Option<u64> {
        self.position(peer, utterance).map(|at| self.open[at].number)
    }

    /// Who says the utterance of that number, and what their uplink calls it.
    pub(super) fn find(&self, number: u64) -> Option<(PeerId, u64)> {
        let open = self.open.iter().find(|open| open.number == number)?;
        Some((open.peer, open.utterance))
    }

    /// An utterance is over; gives its number.
    pub(super) fn end(&mut self, peer: PeerId, utterance: u64) -> Option<u64> {
        let at = self.position(peer, utterance)?;
        Some(self.open.swap_remove(at).number)
    }

    /// Somebody is gone; gives the number of what they were saying.
    pub(super) fn leave(&mut self, peer: PeerId) -> Option<u64> {
        let at = self.open.iter().position(|open| open.peer == peer)?;
        Some(self.open.swap_remove(at).number)
    }

    fn position(&self, peer: PeerId, utterance: u64) -> Option<usize> {
        self.open
            .iter()
            .position(|open| open.peer == peer && open.utterance == utterance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_in_the_order_of_speaking_whoever_joined_first() {
        let mut utterances = Utterances::default();
        assert_eq!(utterances.begin(2, 1), 1);
        assert_eq!(utterances.begin(1, 1), 2);
        assert_eq!(utterances.end(2, 1), Some(1));
        assert_eq!(utterances.begin(2, 2), 3);
        assert_eq!(utterances.number(1, 1), Some(2));
        assert_eq!(utterances.find(3), Some((2, 2)));
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let mut utterances = Utterances::default();
        utterances.begin(1, 1);
        assert_eq!(utterances.end(1, 1), Some(1));
        assert_eq!(utterances.end(1, 1), None);
        assert_eq!(utterances.number(1, 1), None);
        assert_eq!(utterances.find(1), None);
    }

    #[test]
    fn whoever_leaves_inside_an_utterance_leaves_it_to_be_closed_once() {
        let mut utterances = Utterances::default();
        utterances.begin(1, 1);
        utterances.begin(2, 1);
        assert_eq!(utterances.leave(2), Some(2));
        assert_eq!(utterances.leave(2), None);
        assert_eq!(utterances.find(1), Some((1, 1)));
    }
}

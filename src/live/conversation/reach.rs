//! Whom the agent's speech reaches. ICE takes 5 s to say that somebody is gone, and what is said to nobody meanwhile must not
//! count as heard: a reply that ends without anybody giving a sign of life is held to be unheard until somebody does.

use std::time::{Duration, Instant};

use colloquy_agents::mind::Input;
use colloquy_media::downlink::Played;

use super::Conversation;
use crate::live::agent::Heard;

/// Whoever sends sound gives signs of life more often than that; all others by their answers to consent checks, every 2 s.
const FRESH: Duration = Duration::from_millis(500);

/// A reply of which all has left, and that nobody may have heard.
pub(super) struct Unconfirmed {
    generation: u64,
    played: Played,
    at: Instant,
}

impl Conversation {
    /// Notes up to when somebody was surely there.
    pub(super) fn note_life(&mut self) {
        let here = self.people.iter().filter(|person| person.is_here);
        if let Some(latest) = here.map(|person| person.peer.last_sign_of_life()).max() {
            self.last_life = self.last_life.max(latest);
        }
        let last_life = self.last_life;
        if let Some(heard) = self.unconfirmed.take_if(|reply| last_life >= reply.at) {
            self.tell_finished(heard.generation, &heard.played);
        }
    }

    /// All of a reply has left: it was heard if anybody is there.
    pub(super) fn finish_reply(&mut self, generation: u64, played: Played, at: Instant) {
        if self.last_life + FRESH >= at {
            self.tell_finished(generation, &played);
        } else {
            self.unconfirmed = Some(Unconfirmed { generation, played, at });
        }
    }

    /// What was heard of a reply that ends now.
    pub(super) fn flush_reply(&mut self, generation: u64, now: Instant) -> Vec<(usize, Duration)> {
        let mut played = self.downlink.flush(now);
        if let Some(reply) = self.unconfirmed.take_if(|reply| reply.generation == generation) {
            played.phrases.extend(reply.played.phrases);
        }
        if !self.is_attended {
            played.cut(self.last_life);
        }
        let its = played.phrases.iter().filter(|phrase| phrase.generation == generation);
        its.map(|phrase| (phrase.phrase as usize, phrase.duration())).collect()
    }

    /// How far the speech has come.
    pub(super) fn progress(&self) -> Option<Input> {
        let unconfirmed = self.unconfirmed.iter().flat_map(|reply| &reply.played.phrases);
        let last = self.downlink.played().next_back().or(unconfirmed.last())?;
        Some(Input::PlayoutProgress {
            generation: last.generation,
            phrase: last.phrase as usize,
            played: last.duration(),
        })
    }

    fn tell_finished(&self, generation: u64, played: &Played) {
        for phrase in &played.phrases {
            self.inform(Heard::Fact(Input::PlayoutProgress {
                generation: phrase.generation,
                phrase: phrase.phrase as usize,
                played: phrase.duration(),
            }));
        }
        self.inform(Heard::Fact(Input::PlayoutFinished { generation }));
    }
}

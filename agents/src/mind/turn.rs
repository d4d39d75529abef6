//! A turn of the learner, from its first sound to its transcript.

use std::time::Instant;

use super::message::MessageId;
use crate::engine::Transcript;

/// An utterance that is being said or recognised.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub utterance: u64,
    pub id: MessageId,
    pub started: Instant,
    /// The recogniser's last view or guess, in case that it never gives its final word.
    pub guess: Transcript,
    /// Whether the recogniser has given up.
    pub failed: bool,
    /// Whether help was offered.
    pub helped: bool,
    /// Set when the turn is over.
    pub clock: Option<Clock>,
}

impl Turn {
    pub(super) fn new(utterance: u64, id: MessageId, now: Instant) -> Self {
        Self {
            utterance,
            id,
            started: now,
            guess: Transcript::default(),
            failed: false,
            helped: false,
            clock: None,
        }
    }
}

/// The moments of a turn that its latency is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub turn: MessageId,
    pub last_voiced: Instant,
    pub decided: Instant,
    pub transcribed: Instant,
}

/// What the learner has said since the agent was last heard.
#[derive(Clone, Debug)]
pub(super) struct Unanswered {
    /// All of it as one answer.
    pub transcript: Transcript,
    /// How many messages at the end of the history it is.
    pub messages: usize,
    pub clock: Clock,
}

/// One answer out of two that follow each other without a reply between them: the learner went on.
pub(super) fn joined(first: Option<&Transcript>, second: &Transcript) -> Transcript {
    let Some(first) = first.filter(|first| !first.text.is_empty()) else {
        return second.clone();
    };
    if second.text.is_empty() {
        return first.clone();
    }
    Transcript {
        text: format!("{} {}", first.text, second.text),
        // What was said last stands for both: people correct themselves.
        phrase: second.phrase.or(first.phrase),
        confidence: first.confidence.min(second.confidence),
        // Timings belong to one utterance's audio.
        words: Vec::new(),
    }
}

/// Whether the words are only a sign of listening ("mhm"), which takes no turn from an agent that is speaking. Words that
/// may be an answer ("yes") are not.
pub fn is_backchannel(text: &str) -> bool {
    let mut words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .peekable();
    words.peek().is_some()
        && words
            .by_ref()
            .take(4)
            .enumerate()
            .all(|(i, word)| i < 3 && BACKCHANNELS.contains(&word.as_str()))
}

const BACKCHANNELS: &[&str] = &[
    "mhm", "hm", "hmm", "mm", "mmm", "mmh", "uh", "huh", "ah", "aha", "oh", "ok", "okay", "ähm", "äh", "ach", "euh",
    "eh", "um", "嗯", "哦", "うん", "へえ",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_listening_are_no_answers() {
        for text in ["Mhm.", "uh-huh", "Ah, okay", "嗯"] {
            assert!(is_backchannel(text), "{text}");
        }
        for text in ["", "Yes.", "Oui", "Ok, a table", "oh oh oh oh"] {
            assert!(!is_backchannel(text), "{text}");
        }
    }

    #[test]
    fn answers_without_a_reply_between_them_are_one_answer() {
        let said = |text: &str, phrase, confidence| Transcript {
            text: text.to_owned(),
            phrase,
            confidence,
            words: Vec::new(),
        };
        let first = said("A table", Some(1), 0.9);
        assert_eq!(joined(None, &first), first);
        assert_eq!(joined(Some(&first), &said("", None, 0.0)), first);
        assert_eq!(
            joined(Some(&first), &said("for two", None, 0.5)),
            said("A table for two", Some(1), 0.5)
        );
        assert_eq!(
            joined(Some(&first), &said("for four", Some(2), 1.0)),
            said("A table for four", Some(2), 0.9)
        );
    }
}

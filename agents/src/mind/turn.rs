//! A turn of the learner, from its first sound to its transcript.

use std::time::{Duration, Instant};

use super::message::{MessageId, Record, Trouble};
use crate::engine::{Transcript, Wording};
use crate::scenario::Progress;

/// An utterance that is being said or recognised.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub utterance: u64,
    pub id: MessageId,
    pub started: Instant,
    /// How long it was quiet before, since the agent was heard to its end.
    pub response: Option<Duration>,
    /// Where the scenario stood for the recogniser: its answers are what it was recognised against.
    pub listened_at: Progress,
    /// The recogniser's last view or guess, in case that it never gives its final word.
    pub guess: Transcript,
    /// Why no recogniser has a final word, once that is known.
    pub failed: Option<Trouble>,
    /// Whether help was offered.
    pub helped: bool,
    /// Set when the turn is over.
    pub clock: Option<Clock>,
}

impl Turn {
    pub(super) fn new(utterance: u64, id: MessageId, listened_at: Progress, now: Instant) -> Self {
        Self {
            utterance,
            id,
            started: now,
            response: None,
            listened_at,
            guess: Transcript::default(),
            failed: None,
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
    /// How long the learner took to begin.
    pub response: Option<Duration>,
}

/// An answer on its way into the history.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub record: Record,
    pub transcript: Transcript,
    /// Where it was recognised; nothing where it was typed.
    pub listened_at: Option<Progress>,
    pub clock: Clock,
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

/// The transcript as it counts where the scenario stands now. Of an answer that was recognised against those of another step,
/// which was only about to be asked, the words hold; the number names another phrase here.
pub(super) fn read_at(mut transcript: Transcript, listened_at: Option<&Progress>, now_at: &Progress) -> Transcript {
    if !listened_at.is_some_and(|listened_at| listened_at.is_at_step_of(now_at)) {
        transcript.phrase = None;
        transcript.wording = Wording::default();
    }
    transcript
}

/// One answer out of two that follow each other without a reply between them: the learner went on. Both have been read at the
/// step that they answer.
pub(super) fn joined(first: Option<&Transcript>, second: &Transcript) -> Transcript {
    // What wasn't understood adds nothing to what is.
    let Some(first) = first.filter(|first| !first.text.is_empty()) else {
        return second.clone();
    };
    if second.text.is_empty() || second.is_unheard() {
        return first.clone();
    }
    if first.is_unheard() {
        return second.clone();
    }
    let mut wording = second.wording.clone();
    wording.shift(first.text.len() + 1);
    if first.phrase.is_some() {
        wording.slips.splice(0..0, first.wording.slips.iter().cloned());
    }
    // Of words that are no phrase nobody knows whether they are right.
    (wording.right, wording.contested) = match (first.phrase, second.phrase) {
        (Some(_), Some(_)) => (
            first.wording.right + second.wording.right,
            first.wording.contested + second.wording.contested,
        ),
        _ => (0, 0),
    };
    Transcript {
        text: format!("{} {}", first.text, second.text),
        wording,
        // An expected answer that was said last stands for both: people correct themselves. Any other words only add to the
        // first answer, which is then no longer the phrase that it was.
        phrase: second.phrase,
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
    use crate::engine::OwnWords;

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
            ..Transcript::default()
        };
        let first = said("A table", Some(1), 0.9);
        assert_eq!(joined(None, &first), first);
        assert_eq!(joined(Some(&first), &said("", None, 0.0)), first);
        let unheard = said("…", None, 0.1);
        assert_eq!(joined(Some(&unheard), &first), first);
        assert_eq!(joined(Some(&unheard), &said("", None, 0.0)), unheard);
        assert_eq!(joined(Some(&first), &unheard), first, "a noise takes no answer back");
        assert_eq!(
            joined(Some(&first), &said("for two", None, 0.5)),
            said("A table for two", None, 0.5)
        );
        assert_eq!(
            joined(Some(&first), &said("for four", Some(2), 1.0)),
            said("A table for four", Some(2), 0.9)
        );
    }

    #[test]
    fn a_slip_stays_where_it_was_said_and_only_phrases_together_are_right() {
        let slip = |at| OwnWords { at, confidence: 0.9 };
        let said = |text: &str, phrase, slips, right| Transcript {
            text: text.to_owned(),
            phrase,
            wording: Wording {
                slips,
                right,
                contested: right,
            },
            ..Transcript::default()
        };
        let first = said("Un table", Some(0), vec![slip(0..2)], 0);
        let second = said("Une table pour deux", Some(1), Vec::new(), 1);
        assert_eq!(
            joined(Some(&first), &second),
            said("Un table Une table pour deux", Some(1), vec![slip(0..2)], 1)
        );
        let twice = joined(Some(&second), &first);
        assert_eq!(twice.wording.slips, [slip(20..22)]);
        let other = said("Un table", None, Vec::new(), 0);
        assert_eq!(
            joined(Some(&other), &second),
            said("Un table Une table pour deux", Some(1), Vec::new(), 0)
        );
    }
}

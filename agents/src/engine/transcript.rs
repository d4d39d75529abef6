//! What a recogniser makes of speech.

use std::ops::Range;
use std::time::Duration;

/// When a word was said, measured from the start of its audio.
#[derive(Clone, Debug, PartialEq)]
pub struct WordTiming {
    /// The word as written.
    pub word: String,
    /// Its first sample.
    pub start: Duration,
    /// The sample after its last.
    pub end: Duration,
}

/// The text of speech whose words are not known.
pub const UNHEARD: &str = "…";

/// What was said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcript {
    /// The words; empty when there was no speech in the audio, [`UNHEARD`] when none of them is known.
    pub text: String,
    /// The index in [`Expected::phrases`](super::Expected::phrases) of the answer it is, if it is one of them.
    pub phrase: Option<usize>,
    /// How sure the recogniser is, 0 to 1.
    pub confidence: f32,
    /// Word timings, when the engine has them.
    pub words: Vec<WordTiming>,
    /// Of one of the expected answers, how it was worded; nothing where the engine can't tell.
    pub wording: Wording,
}

/// How an expected answer was worded, as far as its sound tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wording {
    /// Words that were said in place of the answer's, in the order of the text. All others are the answer's, whichever were
    /// said.
    pub slips: Vec<OwnWords>,
    /// Places at which a likely slip would have been heard, and the answer's words were.
    pub right: usize,
    /// All places at which a likely slip would have been heard, whatever was.
    pub contested: usize,
}

/// Words of a speaker's own in an expected answer.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnWords {
    /// Where they stand in [`Transcript::text`], in bytes.
    pub at: Range<usize>,
    /// How sure it is that they were said, and not the answer's, 0 to 1.
    pub confidence: f32,
}

impl Wording {
    /// The same for a text that begins so many bytes later.
    pub fn shift(&mut self, by: usize) {
        for own in &mut self.slips {
            own.at = own.at.start + by..own.at.end + by;
        }
    }

    /// Whether the answer's words were heard at every place at which a likely slip would have been, and there is one. At a place that
    /// the sound leaves open a slip may have been likelier than the right words.
    pub fn is_right(&self) -> bool {
        self.slips.is_empty() && self.right > 0 && self.right == self.contested
    }

    /// How sure it is that words, in bytes, are the speaker's own in place of the answer's, 0 to 1.
    pub fn confidence_in(&self, words: &Range<usize>) -> f32 {
        let meets = |own: &&OwnWords| own.at.start < words.end && words.start < own.at.end;
        let own = self.slips.iter().find(meets);
        own.map_or(0.0, |own| own.confidence)
    }
}

impl Transcript {
    /// Whether its words are an expected answer's, whichever were said: they are no evidence of what the speaker makes of them.
    pub fn is_verbatim(&self) -> bool {
        self.phrase.is_some() && self.wording.slips.is_empty()
    }

    /// How sure it is that some of its words, in bytes, are what was said, 0 to 1. Of an expected answer, only its slips are.
    pub fn confidence_in(&self, words: &Range<usize>) -> f32 {
        match self.phrase {
            None => self.confidence,
            Some(_) => self.wording.confidence_in(words),
        }
    }

    /// The same without a comma at its end, which an answer has where it goes on otherwise: "By the window," is all that was said.
    pub fn ended(mut self) -> Self {
        let end = self.text.trim_end_matches([',', ';', '、', '，', ' ']).len();
        if end > 0 {
            self.text.truncate(end);
        }
        self
    }

    /// Whether something was said, and it isn't known what.
    pub fn is_unheard(&self) -> bool {
        self.text == UNHEARD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_ends_without_a_comma() {
        for (text, ended) in [
            ("By the window,", "By the window"),
            ("Una mesa, para tres, ", "Una mesa, para tres"),
            ("Inside, please.", "Inside, please."),
            ("…", "…"),
            ("", ""),
        ] {
            let transcript = Transcript {
                text: text.to_owned(),
                ..Transcript::default()
            };
            assert_eq!(transcript.ended().text, ended);
        }
    }

    #[test]
    fn an_answer_is_right_if_it_was_heard_to_be_wherever_a_slip_is_likely() {
        let of = |right, contested, slips| {
            Wording {
                slips,
                right,
                contested,
            }
            .is_right()
        };
        assert!(of(1, 1, Vec::new()) && of(3, 3, Vec::new()));
        assert!(!of(0, 0, Vec::new()), "nothing was listened for");
        assert!(!of(2, 3, Vec::new()), "nobody knows what was said at the third place");
        let slip = OwnWords {
            at: 0..2,
            confidence: 0.9,
        };
        assert!(!of(1, 1, vec![slip]));
    }
}
